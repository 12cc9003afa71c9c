"""Of udev's database the disks, the interfaces and the drivers on the way to them are kept, as they
were written.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux.udev import UDEV, UdevDevice, UdevWalk, parse_udev, parse_walk
from guestcheck.model.guest import Link
from guestcheck.model.source import CUT, OK, Answer

DATABASE = r"""P: /devices/LNXSYSTM:00
E: DEVPATH=/devices/LNXSYSTM:00
E: SUBSYSTEM=acpi

P: /devices/pci0000:00/0000:00:03.0
E: DEVPATH=/devices/pci0000:00/0000:00:03.0
E: DRIVER=virtio-pci
E: PCI_CLASS=20000
E: PCI_ID=1AF4:1000
E: SUBSYSTEM=pci

P: /devices/pci0000:00/0000:00:01.0
E: DEVPATH=/devices/pci0000:00/0000:00:01.0
E: SUBSYSTEM=pci

P: /devices/pci0000:00/0000:00:03.0/virtio0
E: DRIVER=virtio_net
E: SUBSYSTEM=virtio

P: /devices/pci0000:00/0000:00:03.0/virtio0/net/eth0
E: INTERFACE=eth0
E: ID_NET_NAME_PATH=enp0s3
E: SUBSYSTEM=net

P: /devices/pci0000:00/0000:00:07.0/cciss0/block/cciss!c0d0
N: cciss/c0d0
L: 0
S: disk/by-id/scsi-3600508b1001
S: disk/by-path/pci-0000:00:07.0
E: DEVNAME=/dev/cciss/c0d0
E: DEVTYPE=disk
E: ID_MODEL_ENC=LOGICAL\x20VOLUME\x20
E: ID_WITH_EQUALS=a=b=c
E: SUBSYSTEM=block

P: /devices/pci0000:00/0000:00:03.0/virtio0/net/eth0/queues/rx-0
E: DEVPATH=/devices/pci0000:00/0000:00:03.0/virtio0/net/eth0/queues/rx-0
E: SUBSYSTEM=queues
"""


def test_what_matters_is_kept() -> None:
    assert [device.name for device in parse_udev(DATABASE)] == [
        "0000:00:03.0",
        "virtio0",
        "eth0",
        "cciss/c0d0",
    ]


def test_a_device_is_read() -> None:
    disk = parse_udev(DATABASE)[-1]
    assert disk.path == "/devices/pci0000:00/0000:00:07.0/cciss0/block/cciss!c0d0"
    assert disk.links == ("/dev/disk/by-id/scsi-3600508b1001", "/dev/disk/by-path/pci-0000:00:07.0")
    assert disk.properties["ID_MODEL_ENC"] == r"LOGICAL\x20VOLUME\x20"
    assert disk.properties["ID_WITH_EQUALS"] == "a=b=c"


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", "\n  ").replace("P:", "  P:", 1),
        lambda text: f"some heading\n\n{text}",
    ],
)
def test_blank_lines_ends_and_indents_do_not_matter(mangle) -> None:
    assert parse_udev(mangle(DATABASE)) == parse_udev(DATABASE)


def test_new_versions_say_more() -> None:
    (disk,) = parse_udev(
        "P: /devices/pci0000:00/0000:00:04.0/virtio1/block/vda\nM: vda\nR: 0\nJ: b254:0\nU: "
        "block\nT: disk\nD: b 254:0\nN: vda\nL: 0\n"
        "S: disk/by-path/virtio-pci-0000:00:04.0\nQ: 1\nV: virtio_blk\nE: DEVNAME=/dev/vda\n"
    )
    assert (disk.name, disk.properties) == (
        "vda",
        {"DEVNAME": "/dev/vda", "SUBSYSTEM": "block", "DEVTYPE": "disk", "DRIVER": "virtio_blk"},
    )


@pytest.mark.parametrize("mark", ["", "E: "])
def test_properties_alone_are_a_device(mark: str) -> None:
    (disk,) = parse_udev(
        f"{mark}DEVPATH=/devices/virtual/block/loop0\n{mark}DEVLINKS=/dev/disk/by-label/a "
        f"/dev/disk/by-id/b\n{mark}SUBSYSTEM=block\n"
    )
    assert (disk.path, disk.name) == ("/devices/virtual/block/loop0", "loop0")
    assert disk.links == ("/dev/disk/by-label/a", "/dev/disk/by-id/b")


@pytest.mark.parametrize(
    "subsystem", ["scsi", "pci", "virtio", "nvme", "usb", "mmc", "vmbus", "xen", "ccw", "vio"]
)
def test_a_bus_device_is_kept_for_its_driver(subsystem: str) -> None:
    text = f"P: /devices/a\nE: SUBSYSTEM={subsystem}\n"
    assert parse_udev(text) == ()
    assert len(parse_udev(f"{text}E: DRIVER=some\n")) == 1
    assert parse_udev(f"{text}E: DRIVER=\n") == ()


@pytest.mark.parametrize(
    "text",
    ["", "Unknown device, --name=, --path=, or absolute path in /dev/ or /sys expected.\n", "\x00"],
)
def test_what_is_no_database_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no device of udev"):
        parse_udev(text)


def test_the_question_reads_a_cut_answer() -> None:
    assert len(UDEV.parse([Answer("udevadm info --export-db", CUT, DATABASE[:600])])) == 3
    assert UDEV.parse([Answer("pyudev", OK, "")]) == ()


WALK = """
Udevadm info starts with the device specified by the devpath and then
walks up the chain of parent devices.

  looking at device '/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda':
    KERNEL=="sda"
    SUBSYSTEM=="block"
    DRIVER==""
    ATTR{ro}=="0"

  looking at parent device '/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0':
    KERNELS=="2:0:0:0"
    SUBSYSTEMS=="scsi"
    DRIVERS=="sd"
    ATTRS{model}=="QEMU HARDDISK   "

  looking at parent device '/devices/pci0000:00/0000:00:05.0/virtio2':
    KERNELS=="virtio2"
    SUBSYSTEMS=="virtio"
    DRIVERS=="virtio_scsi"
"""


def test_a_walk_leads_upwards() -> None:
    assert parse_walk(WALK) == (
        UdevWalk(
            "/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda",
            (
                Link("sda", "", "block"),
                Link("2:0:0:0", "sd", "scsi"),
                Link("virtio2", "virtio_scsi", "virtio"),
            ),
        ),
    )


def test_several_walks_are_kept_apart() -> None:
    assert [len(walk.chain) for walk in parse_walk(WALK + WALK)] == [3, 3]


def test_what_is_no_walk_is_refused() -> None:
    with pytest.raises(ValueError, match="no device"):
        parse_walk("nothing here")


PIECES = st.sampled_from(
    [
        "P: /devices/a",
        "\n",
        "\n\n",
        "E: ",
        "SUBSYSTEM=block",
        "DRIVER=x",
        "DEVPATH=/a",
        "S: ",
        "N: sda",
        "U: net",
        "V: ",
        "=",
        "\r",
        "looking at device '",
        "looking at parent device '/x'",
        'KERNEL=="',
        "DRIVERS==",
        "'",
        "�",
    ]
)


@given(
    st.text() | st.lists(PIECES | st.text(max_size=4)).map("".join),
    st.sampled_from([parse_udev, parse_walk]),
)
def test_any_text_gives_records_or_is_refused(text: str, parse) -> None:
    try:
        records = parse(text)
    except ValueError:
        return
    assert all(isinstance(record, (UdevDevice, UdevWalk)) for record in records)


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    "piece",
    [
        "P: /a\n",
        "\nP: /a\nE: SUBSYSTEM=block\n",
        "E: A=1\n",
        "DEVPATH=/a\n\n",
        "looking at device '/a'\n",
    ],
)
@pytest.mark.parametrize("parse", [parse_udev, parse_walk])
def test_a_megabyte_of_one_piece_is_read_or_refused(piece: str, parse) -> None:
    said: object = ()
    with suppress(ValueError):
        said = parse(piece * (1_000_000 // len(piece)))
    assert isinstance(said, tuple)
