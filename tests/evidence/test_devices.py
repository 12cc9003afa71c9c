"""udev's database, its walks and links under /sys become the facts that /sys itself would have
given.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux import udev_as_sysfs
from guestcheck.evidence.linux.sysfs import Sysfs, parse
from guestcheck.evidence.linux.udev_as_sysfs import (
    lines_of_database,
    lines_of_listing,
    lines_of_walk,
    lines_of_way,
)
from guestcheck.model.guest import Link
from guestcheck.model.source import Answer, ReadInPartError

DATABASE = """P: /devices/LNXSYSTM:00/VMBUS:00/f8b3781a-1e82-4818-a1c3-63d806ec15bb
E: SUBSYSTEM=vmbus
E: DRIVER=hv_storvsc
E: MODALIAS=vmbus:d96361baa104294db60572e2ffb1dc7f

P: /devices/pci0000:00/0000:00:1c.0/usb2/2-1
E: SUBSYSTEM=usb
E: DRIVER=usb
E: DEVTYPE=usb_device
E: PRODUCT=46f4/1/0
E: ID_VENDOR_ENC=QEMU
E: ID_MODEL_ENC=QEMU\\x20USB\\x20HARDDRIVE

P: /devices/vbd-51712
E: SUBSYSTEM=xen
E: DRIVER=vbd
E: MODALIAS=xen:vbd

P: /devices/pci0000:00/0000:00:04.0/virtio1
E: SUBSYSTEM=virtio
E: DRIVER=virtio_blk
E: MODALIAS=virtio:d00000002v00001AF4

P: /devices/pci0000:00/0000:00:04.0
E: SUBSYSTEM=pci
E: DRIVER=virtio-pci
E: PCI_CLASS=10000
E: PCI_ID=1AF4:1001
E: PCI_SUBSYS_ID=1AF4:0002

P: /devices/pci0000:00/0000:00:04.0/virtio1/block/vda
N: vda
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: MAJOR=254
E: MINOR=0
E: ID_SERIAL=GC0001

P: /devices/virtual/block/dm-0
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: DM_NAME=vg-root
E: DM_UUID=LVM-x
"""

WALK = """
  looking at device '/devices/pci0000:00/0000:00:04.0/virtio1/block/vda':
    KERNEL=="vda"
    SUBSYSTEM=="block"
    DRIVER==""
    ATTR{size}=="2048"
    ATTR{mq/0/cpu_list}=="0"
    ATTR{mq/1/cpu_list}=="1"
    ATTR{ro}=="0"

  looking at parent device '/devices/pci0000:00/0000:00:04.0/virtio1':
    KERNELS=="virtio1"
    SUBSYSTEMS=="virtio"
    DRIVERS=="virtio_blk"
    ATTRS{device}=="0x0002"
    ATTRS{features}=="0010"
"""


def facts(asked: str, text: str) -> Sysfs:
    return parse([Answer(asked, "ok", text)])


def test_a_database_gives_buses_and_their_ids() -> None:
    found = facts("udevadm info --export-db", DATABASE)
    assert not found.whole
    assert (
        found.value("/sys/bus/vmbus/devices/f8b3781a-1e82-4818-a1c3-63d806ec15bb/class_id")
        == "{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}"
    )
    assert found.value("/sys/bus/usb/devices/2-1/idProduct") == "0001"
    assert found.value("/sys/bus/usb/devices/2-1/product") == "QEMU USB HARDDRIVE"
    assert found.value("/sys/bus/xen/devices/vbd-51712/devtype") == "vbd"
    assert found.value("/sys/bus/pci/devices/0000:00:04.0/class") == "0x010000"
    assert found.value("/sys/class/block/dm-0/dm/name") == "vg-root"


def test_a_database_gives_the_way_from_a_disk_to_its_bus() -> None:
    found = facts("udevadm info --export-db", DATABASE)
    chain = found.chain(found.target("/sys/class/block/vda"))
    assert chain == (
        Link("vda", "", "block"),
        Link("virtio1", "virtio_blk", "virtio"),
        Link("0000:00:04.0", "virtio-pci", "pci"),
    )
    assert found.value("/sys/class/block/vda/serial") == "GC0001"


def test_a_walk_gives_the_attributes_too() -> None:
    found = facts("udevadm info -a /dev/vda", WALK)
    assert found.number("/sys/class/block/vda/size") == 2048
    assert found.entries["/sys/class/block/vda/mq"] == ("0", "1")
    assert found.value("/sys/bus/virtio/devices/virtio1/features") == "0010"


@pytest.mark.parametrize(
    ("way", "driver"),
    [
        ("pci0000:00/0000:00:04.0/virtio1/block/vda", "virtio_blk"),
        ("pci0000:00/0000:00:04.0/virtio1/host2/target2:0:0/2:0:0:0/block/sda", "virtio_scsi"),
        (
            "LNXSYSTM:00/VMBUS:00/f8b3781a-1e82-4818-a1c3-63d806ec15bb/host0/target0:0:0/"
            "0:0:0:0/block/sda",
            "hv_storvsc",
        ),
        ("vbd-51712/block/xvda", "vbd"),
    ],
)
def test_a_link_alone_proves_the_driver_where_only_one_makes_such_a_thing(
    way: str, driver: str
) -> None:
    found = facts("ls -l /sys/block", f"lrwxrwxrwx 1 0 0 0 May  1 09:00 x -> ../devices/{way}\n")
    assert driver in [link.driver for link in found.chain(found.target("/sys/class/block/x"))]


def test_a_link_proves_no_driver_of_a_controller() -> None:
    line = (
        "lrwxrwxrwx 1 0 0 0 May  1 09:00 sda -> "
        "../devices/pci0000:00/0000:00:01.1/ata1/host0/target0:0:0/0:0:0:0/block/sda\n"
    )
    found = facts("ls -l /sys/block", line)
    assert found.chain(found.target("/sys/class/block/sda"))[-1] == Link("0000:00:01.1", "", "pci")


@pytest.mark.parametrize(
    ("path", "bus", "driver"),
    [
        ("0000:00:04.0/virtio1/block/vda", "virtio", "virtio_blk"),
        ("0000:00:04.0/virtio1/host2/target2:0:0/2:0:0:0/block/sda", "virtio", "virtio_scsi"),
        ("0000:00:04.0/virtio12/net/eth0", "virtio", "virtio_net"),
        ("0000:00:04.0/virtio1/ndbus0/region0/namespace0.0/block/pmem0", "virtio", "virtio_pmem"),
        ("vmbus_0_11/host0/target0:0:0/0:0:0:0/block/sda", "vmbus", "hv_storvsc"),
        ("vmbus_0_15/net/eth0", "vmbus", "hv_netvsc"),
        ("vbd-51712/block/xvda", "xen", "vbd"),
        ("vif-0/net/eth0", "xen", "vif"),
        ("0000:00:05.0/nvme/nvme0/nvme0n1", "pci", "nvme"),
        ("0000:00:05.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", "pci", ""),
        ("0000:00:05.0/virtio1/virtio-ports/vport1p1", "virtio", ""),
    ],
)
def test_what_stands_below_a_device_names_the_driver_that_alone_makes_it(
    path: str, bus: str, driver: str
) -> None:
    lines = list(lines_of_way(f"/sys/devices/x/{path}"))
    named = [line.rpartition(" -> ")[2] for line in lines if f"/sys/bus/{bus}/drivers/" in line]
    assert set(named) == ({f"/sys/bus/{bus}/drivers/{driver}"} if driver else set())


def test_what_udev_says_wins_over_what_a_path_suggests() -> None:
    text = "P: /devices/platform/1-1\nE: SUBSYSTEM=mmc\nE: DRIVER=mmcblk\n"
    found = facts("udevadm info --export-db", text)
    assert found.chain("/sys/devices/platform/1-1") == (Link("1-1", "mmcblk", "mmc"),)


def test_a_real_tree_takes_nothing_from_elsewhere() -> None:
    found = facts(
        "/sys/class/block/*", "/sys/class/block/vda -> /sys/devices/x/virtio1/block/vda\n"
    )
    assert found.whole
    assert found.chain("/sys/devices/x/virtio1/block/vda") == ()


HOSTILE = [
    "lrwxrwxrwx 1 0 0 0 x vda -> ../../../etc/devices/passwd",
    "lrwxrwxrwx 1 0 0 0 x vda -> ../devices/../../etc/passwd",
    f"lrwxrwxrwx 1 0 0 0 x vda -> ../devices/{'a/' * 5000}",
    "-rw-r--r-- 1 0 0 0 x vda -> ../devices/x/block/vda",
    "vda -> ",
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_link_that_leads_elsewhere_is_none(line: str) -> None:
    assert list(lines_of_listing(line)) == []


def test_a_path_of_a_thousand_parts_is_left_alone() -> None:
    assert list(lines_of_way("/sys/devices" + "/virtio1" * 1000)) == []


LINES = [
    *(
        "P: /devices/x",
        "P:",
        "E: SUBSYSTEM=pci",
        "E: SUBSYSTEM=block",
        "E: SUBSYSTEM=usb",
        "E: DRIVER=a/b",
        "E: MODALIAS=vmbus:00",
        "E: MODALIAS=virtio:d0v0",
    ),
    *(
        "E: PCI_ID=x",
        "E: PRODUCT=1",
        "E: DEVTYPE=usb_device",
        "S: virtio-ports/\\x",
        "E:",
        "  looking at device '/devices/y':",
        "looking at parent device",
    ),
    *('SUBSYSTEM=="block"', 'DRIVERS=="', 'ATTR{size}=="\\"', "ATTR{mq/", "ATTR{mq/==", ""),
]
pieces = st.lists(st.sampled_from(LINES))


@given(pieces)
def test_whatever_udev_is_said_to_have_said_is_read(lines: "list[str]") -> None:
    text = "\n".join(lines)
    for read in (lines_of_database, lines_of_walk, lines_of_listing):
        assert all("\n" not in line for line in read(text))


LARGEST = "\n\n".join(
    f"P: /devices/virtio{number}/block/vd{number}\nE: SUBSYSTEM=block\nE: DEVTYPE=disk"
    for number in range(18_278)
)


def test_a_database_is_bounded_well_above_the_largest_guest() -> None:
    assert len(facts("udevadm info --export-db", LARGEST).names("/sys/class/block")) == 18_278


def test_of_a_longer_one_it_is_said_that_it_was_read_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(udev_as_sysfs, "_MOST_DEVICES", 50)
    with pytest.raises(ReadInPartError, match="more than 50 devices") as raised:
        facts("udevadm info --export-db", LARGEST)
    assert len(raised.value.records.names("/sys/class/block")) == 50
