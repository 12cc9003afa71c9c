"""The rows of `interfaces`, as stages ask for them: by id, as the target of a move, as the best one
on a hypervisor.

Nothing here is a fact about an interface: those are in its row.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, FrozenSet, Optional, Sequence, Tuple

from guestcheck.catalogue.hypervisors import BUNDLES as _BUNDLES
from guestcheck.catalogue.interfaces import (
    INTERFACES,
    OTHER_PREFIXES,
    SHARED_MODULES,
    SHARED_SYMBOLS,
)
from guestcheck.catalogue.virtio import TRANSPORT, TRANSPORT_ON
from guestcheck.model.device import ELSEWHERE, Interface, Need, Prefix
from guestcheck.model.target import Bundle, Target, chosen
from guestcheck.model.windows import Needs

BY_ID: Dict[str, Interface] = {row.id: row for row in INTERFACES}
# How disks are called: of interfaces first.
PREFIXES: Dict[str, Prefix] = {
    prefix.letters: prefix
    for prefix in (*(one for row in INTERFACES for one in row.prefixes), *OTHER_PREFIXES)
}


def needs_of(row: Interface) -> Tuple[Need, ...]:
    """Return the modules without which a guest does not reach a device, the transport apart."""
    return row.needs or tuple(Need((module,)) for module in row.modules)


def _target(row: Interface) -> Target:
    prefix = row.prefixes[0].letters if row.prefixes else ""
    return Target(row.id, row.device, needs_of(row), prefix, row.bus == "virtio", row.by_id)


def _of_bundle(id_: str) -> Tuple[str, ...]:
    """Return the interfaces of a platform: disks first, and of each kind the best one."""
    rows = [row for row in INTERFACES if id_ in row.platforms]
    rows.sort(key=lambda row: (row.device != "disk", id_ not in row.best_on))
    return tuple(row.id for row in rows)


_BY_CLASS = tuple((start, row.id) for row in INTERFACES for start in row.pci_classes)
TARGETS: Tuple[Target, ...] = tuple(_target(row) for row in INTERFACES if row.is_target)
BUNDLES: Tuple[Bundle, ...] = tuple(
    bundle._replace(targets=_of_bundle(bundle.id)) for bundle in _BUNDLES
)


@lru_cache(maxsize=256)
def targets_of(names: Sequence[str]) -> Tuple[Target, ...]:
    """Return the targets that names of interfaces and platforms stand for, in the table's order.

    >>> [target.id for target in targets_of(("vmware", "virtio-blk"))][:2]
    ['virtio-blk', 'pvscsi']
    """
    order = [target.id for target in TARGETS]
    return tuple(sorted(chosen(names, TARGETS, BUNDLES), key=lambda target: order.index(target.id)))


def best(device: str, hypervisor: Optional[str], platform: Optional[str] = None) -> Interface:
    """Return what a disk ("disk") or NIC ("nic") should move to.

    A platform counts before its hypervisor. Where no row names either, it is the row of ELSEWHERE:
    a Proxmox VE that nothing names is KVM, and gets that.

    >>> best("disk", "kvm").id, best("disk", "kvm", "proxmox").id, best("nic", "vmware").id
    ('virtio-blk', 'virtio-scsi', 'vmxnet3')
    """
    rows = [row for row in recommended() if row.device == device]
    for word in (platform, hypervisor):
        for row in rows:
            if word and word in row.best_on:
                return row
    return next(row for row in rows if ELSEWHERE in row.best_on)


@lru_cache(maxsize=1)
def recommended() -> Tuple[Interface, ...]:
    """Return what devices should move to somewhere."""
    return tuple(row for row in INTERFACES if row.best_on)


def is_offered(row: Interface, hypervisor: str) -> bool:
    """Return whether guests of that hypervisor stay on it with `row`, and do not come from another."""
    return hypervisor not in (*row.absent_on, *row.imitated_on)


def of_class(class_id: str) -> str:
    """Return the interface of a PCI function by its class, "" where no row names that.

    >>> of_class("010601"), of_class("020000"), of_class("060100")
    ('sata', 'pci-nic', '')
    """
    return next((id_ for start, id_ in _BY_CLASS if class_id.startswith(start)), "")


def first_disk(row: Interface) -> str:
    """Return what the kernel calls the first disk on `row`.

    >>> first_disk(BY_ID["virtio-blk"]), first_disk(BY_ID["nvme"])
    ('vda', 'nvme0n1')
    """
    return row.prefixes[0].first_disk


def windows_needs(id_: str) -> Optional[Needs]:
    """Return what Windows needs to run that interface, None where that is not known."""
    row = BY_ID.get(id_)
    return row.windows_needs if row else None


def driver_of(row: Interface) -> str:
    """Return the module that is the interface's own, without buses and layers; "" where it has none.

    >>> driver_of(BY_ID["storvsc"]), driver_of(BY_ID["virtio-scsi"])
    ('hv_storvsc', 'virtio_scsi')
    """
    return next((name for name in row.modules if name not in SHARED_MODULES), "")


def option_of(row: Interface) -> str:
    """Return the kernel option of that module.

    >>> option_of(BY_ID["storvsc"]), option_of(BY_ID["virtio-scsi"])
    ('CONFIG_HYPERV_STORAGE', 'CONFIG_SCSI_VIRTIO')
    """
    return next((name for name in row.symbols if name not in SHARED_SYMBOLS), "")


def transport_of(row: Interface, architecture: str) -> Tuple[str, ...]:
    """Return the module of virtio's transport where `row` needs one: no driver depends on it by
    modules.dep, and without it none finds a device.
    """
    if row.bus != "virtio":
        return ()
    return (
        next(
            (module for start, module in TRANSPORT_ON.items() if architecture.startswith(start)),
            TRANSPORT,
        ),
    )


def modules_of(row: Interface, architecture: str = "") -> Tuple[str, ...]:
    """Return all modules that an initramfs has to hold for a disk on `row`, the transport first.

    >>> modules_of(BY_ID["virtio-scsi"]), modules_of(BY_ID["nvme"])
    (('virtio_pci', 'virtio_scsi', 'sd_mod'), ('nvme', 'nvme_core'))
    """
    return (*transport_of(row, architecture), *row.modules, *row.depends)


@lru_cache(maxsize=32)
def on_bus(bus: str) -> FrozenSet[str]:
    """Return the ids of the interfaces of that bus: those on "scsi" are adapters that hypervisors
    imitate.
    """
    return frozenset(row.id for row in INTERFACES if row.bus == bus)


def device_on(bus: str, device: str) -> str:
    """Return the interface of a disk ("disk") or NIC ("nic") of that bus.

    >>> device_on("usb", "disk"), device_on("usb", "nic"), device_on("mmc_host", "disk")
    ('usb', 'usb-net', 'sd-card')
    """
    return next(row.id for row in INTERFACES if (row.bus, row.device) == (bus, device))
