"""A disk without a way up to its bus: what the texts of lsblk, lsscsi and udev prove, and what they
only suggest.

`subsystems` (lsblk) and a host's driver (lsscsi -H) are bindings and decide, and so does a kernel's
name that one driver alone gives. A name such as sda or a model text such as QEMU HARDDISK is the
same on several controllers: it supports, and what would settle it is said. An NVMe controller's
model is its own and not that of something behind it: in a guest it decides.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Optional, Tuple

from guestcheck.catalogue.buses import NVME as NVME_CLASS
from guestcheck.catalogue.buses import VMBUS
from guestcheck.catalogue.interfaces import ATA, EITHER_ATA, NVME, VIRTIO_BLK
from guestcheck.catalogue.rows import BY_ID, driver_of, of_class, on_bus
from guestcheck.catalogue.vendors import VIRTIO_VENDOR
from guestcheck.classify.index import Context
from guestcheck.classify.pci import kind_in
from guestcheck.model.device import (
    EMULATED,
    PARAVIRTUAL,
    PASSTHROUGH,
    PHYSICAL,
    UNKNOWN,
    Device,
    Verdict,
)
from guestcheck.model.guest import BlockDevice, Hint, PciFunction

_SETTLE = "ls -l /sys/class/block/{name}, or lspci -nnk"

# Model texts that a hypervisor gives its disks on an ATA bus; on SCSI the same text stands behind
# virtio too.
_ATA_MODELS = (
    "QEMU HARDDISK",
    "QEMU DVD",
    "VBOX HARDDISK",
    "VMware Virtual IDE",
    "VMware Virtual SATA",
    "BHYVE SATA",
    "Virtual HD",
)
# A prefix of several interfaces tells nothing.
_PREFIXES = Counter(prefix for row in BY_ID.values() for prefix in row.prefixes)
_NAMES = tuple(
    (prefix.letters, row.id)
    for row in BY_ID.values()
    for prefix in row.prefixes
    if _PREFIXES[prefix] == 1
)
_NVME = BY_ID[NVME]
_NVME_NAMES = tuple(prefix.letters for prefix in _NVME.prefixes)
_OWN_NAMES = tuple(
    (re.compile(row.sole_names[0]), row.id, row.sole_names[1])
    for row in BY_ID.values()
    if row.sole_names[0]
)


def _settling(name: str) -> str:
    """Return the command that settles what a disk is. Of an NVMe disk /sys shows the PCI function
    alone, and not whose it is.
    """
    return "lspci -nnk" if name.startswith(_NVME_NAMES) else _SETTLE.format(name=name)


def judge_text(block: BlockDevice, context: Context) -> Verdict:
    """Say what the texts about a disk prove."""
    ways = (
        _by_subsystems(block, context),
        _by_host(block, context),
        _by_model(block, context),
        _by_transport(block, context),
    )
    found = [verdict for verdict in ways if verdict]
    return next(
        (verdict for verdict in found if verdict.kind != UNKNOWN),
        found[0] if found else _by_name(block, context),
    )


# By lsblk's SUBSYSTEMS: the row with the most words that are all there.
_BY_SUBSYSTEMS = sorted(
    (row for row in BY_ID.values() if row.subsystems), key=lambda row: -len(row.subsystems)
)


def _by_subsystems(block: BlockDevice, context: Context) -> Optional[Verdict]:
    parts = block.subsystems.split(":")
    hint = Hint("lsblk SUBSYSTEMS", block.subsystems)
    row = next((row for row in _BY_SUBSYSTEMS if set(row.subsystems) <= set(parts)), None)
    if row:
        return Verdict(row.id, row.kind, (hint,))
    if VMBUS in parts and NVME_CLASS in parts and context.hypervisor == "microsoft":
        says = "Hyper-V offers PCI devices over its VMBus only where they are handed through"
        return Verdict(NVME, PASSTHROUGH, (hint, Hint("catalogue", says)))
    return _by_virtio(block)


def _by_virtio(block: BlockDevice) -> Optional[Verdict]:
    """Judge a disk of virtio by lsblk's transport, or by the vendor, which is the bus's number."""
    row = BY_ID[VIRTIO_BLK]
    if block.transport in row.transports:
        return Verdict(row.id, row.kind, (Hint("lsblk", f"transport {block.transport}"),))
    if block.vendor == f"0x{VIRTIO_VENDOR}":
        says = f"vendor {block.vendor}, the number of the virtio bus"
        return Verdict(row.id, row.kind, (Hint("lsblk", says),))
    return None


def _by_host(block: BlockDevice, context: Context) -> Optional[Verdict]:
    if not block.host_driver:
        return None
    # A row that holds for one PCI revision says nothing of the driver's other cards.
    rows = [
        row
        for row in context.catalogue.drivers.get(block.host_driver.replace("-", "_"), ())
        if row.decides and not row.revision
    ]
    hint = Hint("SCSI host", f"driver {block.host_driver}")
    if len({row.interface for row in rows}) > 1:
        said = f"{block.vendor} {block.model}"
        rows = [row for row in rows if any(text in said for text in row.text)]
    if not rows or len({row.interface for row in rows}) > 1:
        return None
    return _agreed(rows, context, (hint,), block)


def _agreed(
    rows: "list[Device]", context: Context, evidence: Tuple[Hint, ...], block: BlockDevice
) -> Verdict:
    """Return the kind that all rows of one driver share, else unknown."""
    kinds = {
        row.kind if row.kind == PARAVIRTUAL and not row.kind_by else kind_in(row, None, context)[0]
        for row in rows
    }
    interface = rows[0].interface
    if len(kinds) == 1:
        kind = kinds.pop()
        return Verdict(
            interface,
            kind,
            evidence,
            "" if kind != UNKNOWN else _settling(block.name),
            rows[0].name,
        )
    return Verdict(interface, UNKNOWN, evidence, _settling(block.name), rows[0].name)


def _by_model(block: BlockDevice, context: Context) -> Optional[Verdict]:
    if not (block.name.startswith(_NVME_NAMES) and block.model and context.is_guest):
        return None
    rows = [
        row
        for row in context.catalogue.drivers.get(driver_of(_NVME), ())
        if row.decides and row.pci and any(block.model.startswith(text) for text in row.text)
    ]
    return _agreed(rows[:1], context, (Hint("NVMe model", block.model),), block) if rows else None


# TRAN of lsblk is by the controller's driver: "sata" of ahci, "ata" of ata_piix and its like
# (util-linux, lsblk.c).
_BY_TRAN = {tran: row.id for row in BY_ID.values() for tran in row.transports}
_ALONE = {
    (hypervisor, tran): row
    for row in reversed(tuple(BY_ID.values()))  # of several the first counts
    for hypervisor, transports in row.transports_on.items()
    for tran in transports
}


def _by_transport(block: BlockDevice, context: Context) -> Optional[Verdict]:
    interface = _BY_TRAN.get(block.transport, "")
    model = f"{block.vendor} {block.model}".strip()
    if not interface and block.vendor == "ATA":
        return _by_ata(block, context)
    if not interface:
        return None
    # Under this hypervisor the transport can be nothing else.
    imitated = _ALONE.get((context.hypervisor or "", block.transport))
    if imitated:
        says = "the parallel SCSI adapter that VMware and VirtualBox imitate is LSI's"
        transport = Hint("lsblk", f"transport {block.transport}")
        return Verdict(imitated.id, imitated.kind, (transport, Hint("catalogue", says)))
    hint = Hint("lsblk", f"transport {block.transport}" + (f", model {model}" if model else ""))
    return _judge_ata(interface, hint, block, context)


def _by_ata(block: BlockDevice, context: Context) -> Verdict:
    """Judge a disk of which only ATA is known, as lsscsi's vendor and udev's ID_BUS say of IDE and
    of AHCI alike.

    The controller decides, if the text has exactly one for ATA disks.
    """
    hint = Hint(block.source or "lsscsi", f"ATA, model {block.model}" if block.model else "ATA")
    driver = block.host_driver
    interface = _by_ata_driver(driver)
    if interface:
        verdict = _judge_ata(interface, hint, block, context)
        return verdict._replace(evidence=(Hint("SCSI host", f"driver {driver}"), *verdict.evidence))
    found = [(word, one) for one in context.guest.pci or () for word in (_ata_class(one),) if word]
    if len(found) != 1:
        return _judge_ata(EITHER_ATA, hint, block, context)
    interface, function = found[0]
    only = Hint(
        f"lspci {function.address}",
        f"the only ATA controller: {function.device_name or function.class_name}",
    )
    verdict = _judge_ata(interface, hint, block, context)
    return verdict._replace(evidence=(*verdict.evidence, only))


def _by_ata_driver(driver: str) -> str:
    """Return the interface of a controller for ATA disks by its driver, "" for any other driver."""
    rows = (row for row in BY_ID.values() if row.bus == ATA)
    return next(
        (
            row.id
            for row in rows
            if driver == driver_of(row) or driver.startswith(row.drivers_alike)
        ),
        "",
    )


def _ata_class(function: PciFunction) -> str:
    """Return the interface of a controller for ATA disks, by its PCI class; "" for any other
    function.
    """
    for number, name in (("0101", "IDE interface"), ("0106", "SATA controller")):
        if function.class_id.startswith(number) or (
            not function.class_id and function.class_name == name
        ):
            return of_class(number)
    return ""


def _judge_ata(interface: str, hint: Hint, block: BlockDevice, context: Context) -> Verdict:
    ata = interface in on_bus(ATA)
    if (
        ata
        and any(text in f"{block.vendor} {block.model}" for text in _ATA_MODELS)
        and context.hypervisor != "none"
    ):
        return Verdict(
            interface, EMULATED, (hint, Hint("model", "a hypervisor's own disk on an ATA bus"))
        )
    if context.hypervisor == "none":
        return Verdict(interface, PHYSICAL, (hint, Hint("hypervisor", "none was found")))
    return Verdict(interface, UNKNOWN, (hint,), _settling(block.name))


def _by_name(block: BlockDevice, context: Context) -> Verdict:
    settle = _settling(block.name)
    for own, word, driver in _OWN_NAMES:
        if block.type == "disk" and own.match(block.name):
            return Verdict(
                word,
                PARAVIRTUAL,
                (Hint("kernel's name", f"{block.name}, as {driver} alone names its disks"),),
            )
    interface = next((word for start, word in _NAMES if block.name.startswith(start)), "")
    hint = Hint(
        "name",
        f"{block.name} suggests {interface}"
        if interface
        else f"{block.name} tells nothing of what it hangs on",
    )
    if context.hypervisor == "none":
        return Verdict(interface, PHYSICAL, (hint, Hint("hypervisor", "none was found")))
    return Verdict(interface, UNKNOWN, (hint,), settle)
