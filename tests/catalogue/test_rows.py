"""What stages ask of the rows: who offers an interface, and what a class or a word stands for."""

from __future__ import annotations

from collections import Counter

import pytest

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.rows import (
    BY_ID,
    PREFIXES,
    device_on,
    first_disk,
    is_offered,
    of_class,
    on_bus,
    recommended,
)
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.model.device import Interface

DEVICES = (*STORAGE, *NETWORK)


@pytest.mark.parametrize(
    ("interface", "hypervisor", "offered"),
    [
        ("virtio-blk", "vmware", False),
        ("virtio-blk", "kvm", True),
        ("virtio-scsi", "oracle", True),
        ("pvscsi", "vmware", True),
        ("pvscsi", "qemu", False),
        ("storvsc", "microsoft", True),
        ("storvsc", "kvm", False),
        ("xen-blkfront", "xen", True),
        ("xen-blkfront", "oracle", False),
        ("nvme", "vmware", True),
    ],
)
def test_who_offers_it(interface: str, hypervisor: str, offered: bool) -> None:
    assert is_offered(BY_ID[interface], hypervisor) == offered


@pytest.mark.parametrize("row", INTERFACES, ids=lambda row: row.id)
def test_what_is_best_somewhere_is_offered_there(row) -> None:
    assert not set(row.best_on) & {*row.absent_on, *row.imitated_on}


@pytest.mark.parametrize(
    ("class_id", "interface"),
    [
        ("010000", "scsi-hba"),
        ("01018a", "ide"),
        ("010400", "scsi-hba"),
        ("010520", "ide"),
        ("010601", "sata"),
        ("010700", "scsi-hba"),
        ("010802", "nvme"),
        ("080501", "sd-card"),
        ("0c0400", "scsi-hba"),
        ("020000", "pci-nic"),
        ("028000", "pci-nic"),
        ("030000", ""),
        ("", ""),
    ],
)
def test_interface_by_pci_class(class_id: str, interface: str) -> None:
    assert of_class(class_id) == interface


@pytest.mark.parametrize("field", ["grub", "transports", "pci_classes", "path_buses"])
def test_a_word_that_tells_an_interface_is_of_one_row(field: str) -> None:
    words = Counter(word for row in INTERFACES for word in getattr(row, field))
    assert [word for word, times in words.items() if times > 1] == []


@pytest.mark.parametrize(
    ("interface", "disk"),
    [("virtio-blk", "vda"), ("nvme", "nvme0n1"), ("pvscsi", "sda"), ("xen-blkfront", "xvda")],
)
def test_the_first_disk(interface: str, disk: str) -> None:
    assert first_disk(BY_ID[interface]) == disk


def test_buses() -> None:
    assert on_bus("ata") == {"sata", "ide", "ata"}
    assert on_bus("vmbus") == {"storvsc", "netvsc"}
    assert {"virtio-blk", "virtio-scsi", "virtio-net"} <= on_bus("virtio")


@pytest.mark.parametrize(
    "row", [row for row in INTERFACES if row.windows_needs], ids=lambda row: row.id
)
def test_windows_runs_it_by_one_service(row) -> None:
    assert row.windows.lower() == row.windows_needs.service.lower()
    assert bool(row.virtio_win) == (row.windows_needs.package == "virtio-win")


@pytest.mark.parametrize("row", recommended(), ids=lambda row: row.id)
def test_windows_driver_of_the_best_one_is_told(row) -> None:
    assert bool(row.windows_install) != bool(row.virtio_win)


@pytest.mark.parametrize(
    ("bus", "device", "interface"),
    [("usb", "disk", "usb"), ("usb", "nic", "usb-net"), ("mmc_host", "disk", "sd-card")],
)
def test_interface_of_a_device_on_a_bus(bus: str, device: str, interface: str) -> None:
    assert device_on(bus, device) == interface


def test_prefixes_that_rows_share_are_the_same_everywhere() -> None:
    of_rows = {prefix for row in INTERFACES for prefix in row.prefixes}
    assert len({prefix.letters for prefix in of_rows}) == len(of_rows)


def test_a_number_is_of_one_prefix() -> None:
    majors = Counter(major for prefix in PREFIXES.values() for major, _, _ in prefix.majors)
    assert set(majors.values()) == {1}


@pytest.mark.parametrize("field", ["sole_names", "sole_maker", "windows_bus"])
def test_what_one_driver_alone_does_is_in_one_row(field: str) -> None:
    said = Counter((row.bus, getattr(row, field)) for row in INTERFACES if any_in(row, field))
    assert set(said.values()) == {1}


def any_in(row: Interface, field: str) -> bool:
    value = getattr(row, field)
    return value not in (("", ""), 0)


@pytest.mark.parametrize(
    "row", [row for row in INTERFACES if row.sole_maker[0]], ids=lambda row: row.id
)
def test_what_alone_makes_a_device_is_a_driver_of_the_row(row: Interface) -> None:
    own = {driver for device in DEVICES if device.interface == row.id for driver in device.drivers}
    assert row.sole_maker[1] in own
