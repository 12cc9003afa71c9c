"""Where a device should go, and what of its driver has to be there, is what its row says."""

from __future__ import annotations

from typing import Tuple

import pytest

from guestcheck.catalogue.hypervisors import HYPERVISORS, PLATFORMS
from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.catalogue.rows import (
    BUNDLES,
    BY_ID,
    TARGETS,
    best,
    driver_of,
    modules_of,
    needs_of,
    on_bus,
    option_of,
    recommended,
    transport_of,
)
from guestcheck.checks.support import disk_target, nic_target
from guestcheck.model.device import ELSEWHERE, EMULATED, Interface
from guestcheck.model.target import Target
from tests.makers import an_inventory

KNOWN = {row.id for row in (*HYPERVISORS, *PLATFORMS)}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_an_emulated_target_is_nowhere_the_best_one(target: Target) -> None:
    row = BY_ID[target.id]
    assert not row.best_on or row.kind != EMULATED


@pytest.mark.parametrize("row", recommended(), ids=lambda row: row.id)
def test_the_best_one_is_a_target_of_one_driver_with_its_option(row: Interface) -> None:
    assert row.is_target
    assert driver_of(row) in next(
        found.modules for found in SYMBOLS if found.symbol == option_of(row)
    )
    assert {module for need in needs_of(row) for module in need.modules} <= set(modules_of(row))
    assert set(row.best_on) <= KNOWN | {ELSEWHERE}


@pytest.mark.parametrize("device", ["disk", "nic"])
def test_each_hypervisor_and_platform_has_one_best_interface(device: str) -> None:
    words = [word for row in recommended() if row.device == device for word in row.best_on]
    assert len(words) == len(set(words))
    assert ELSEWHERE in words


@pytest.mark.parametrize(
    ("hypervisor", "platform", "disk", "nic"),
    [
        ("kvm", "", "virtio-blk", "virtio-net"),
        ("kvm", "proxmox", "virtio-scsi", "virtio-net"),
        ("kvm", "openstack", "virtio-blk", "virtio-net"),
        ("vmware", "", "pvscsi", "vmxnet3"),
        ("microsoft", "azure", "storvsc", "netvsc"),
        ("xen", "", "xen-blkfront", "xen-netfront"),
        ("oracle", "", "virtio-scsi", "virtio-net"),
        ("amazon", "ec2", "nvme", "ena"),
        ("google", "gce", "virtio-blk", "virtio-net"),
        ("", "", "virtio-blk", "virtio-net"),
    ],
)
def test_where_a_device_should_go(hypervisor: str, platform: str, disk: str, nic: str) -> None:
    inventory = an_inventory(hypervisor, platform=platform)
    assert (disk_target(inventory), nic_target(inventory)) == (disk, nic)
    assert best("disk", None).id == "virtio-blk"


@pytest.mark.parametrize(
    ("bundle", "targets"),
    [
        ("kvm", ("virtio-blk", "virtio-scsi", "virtio-net")),
        ("openstack", ("virtio-blk", "virtio-scsi", "virtio-net")),
        ("proxmox", ("virtio-scsi", "virtio-blk", "virtio-net")),
        ("vmware", ("pvscsi", "vmxnet3")),
        ("hyperv", ("storvsc", "netvsc")),
        ("azure", ("storvsc", "netvsc")),
        ("aws", ("nvme", "ena")),
        ("gce", ("virtio-scsi", "virtio-net")),
        ("xen", ("xen-blkfront", "xen-netfront")),
    ],
)
def test_a_platform_s_interfaces_with_its_best_disk_first(
    bundle: str, targets: Tuple[str, ...]
) -> None:
    assert next(one.targets for one in BUNDLES if one.id == bundle) == targets


def test_every_platform_of_a_row_is_a_bundle() -> None:
    assert {word for row in BY_ID.values() for word in row.platforms} == {one.id for one in BUNDLES}


@pytest.mark.parametrize(
    ("interface", "architecture", "modules"),
    [
        ("virtio-blk", "x86_64", ("virtio_pci",)),
        ("virtio-net", "s390x", ("virtio_ccw",)),
        ("nvme", "s390x", ()),
        ("storvsc", "x86_64", ()),
    ],
)
def test_virtio_needs_the_transport_of_its_architecture(
    interface: str, architecture: str, modules: Tuple[str, ...]
) -> None:
    assert transport_of(BY_ID[interface], architecture) == modules


def test_emulated_scsi_adapters() -> None:
    assert on_bus("scsi") == {"lsi", "lsi-sas", "megaraid", "am53c974", "buslogic"}
    assert all(BY_ID[one].kind == EMULATED for one in on_bus("scsi"))
