"""What lsscsi prints, with whichever options, comes out as the same devices and hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux.scsi import SCSI, Scsi, ScsiDevice, ScsiHost, parse_scsi
from guestcheck.model.source import FAILED, OK, Answer

FOLDER = Path(__file__).parent / "samples" / "lsscsi"
DEVICES = sorted(FOLDER.glob("lsscsi*.txt"))
HOSTS = sorted(FOLDER.glob("hosts*.txt"))

GUEST = (
    ScsiDevice("2:0:0:0", "disk", "QEMU", "QEMU HARDDISK", "2.5+", "/dev/sda"),
    ScsiDevice("2:0:1:0", "disk", "VMware,", "VMware Virtual S", "1.0", "/dev/sdb"),
    ScsiDevice("3:0:0:0", "cd/dvd", "QEMU", "QEMU DVD-ROM", "2.5+", "/dev/sr0"),
    ScsiDevice("4:0:0:0", "storage", "IET", "Controller", "0001", ""),
    ScsiDevice("4:0:0:1", "no dev", "", "", "", ""),
    ScsiDevice("12:2:10:11", "disk", "Msft", "Virtual Disk", "1.0", "/dev/sdc"),
)


@pytest.mark.parametrize("sample", DEVICES, ids=lambda sample: sample.stem)
def test_every_option_gives_the_same_devices(sample: Path) -> None:
    found = parse_scsi(sample.read_text())
    assert found.hosts is None
    assert found.devices is not None
    option = sample.stem.partition("-")[2]
    for device, expected in zip(found.devices, GUEST):
        if option in ("kt", "kU"):  # something else stands in their place
            expected = expected._replace(vendor="", model="", rev="")
        if option == "kb":
            expected = expected._replace(type="", vendor="", model="", rev="")
        if option == "c":
            expected = expected._replace(node="")
        assert device._replace(path="", transport="") == expected
    assert len(found.devices) == len(GUEST)


@pytest.mark.parametrize("sample", HOSTS, ids=lambda sample: sample.stem)
def test_every_option_gives_the_same_hosts(sample: Path) -> None:
    found = parse_scsi(sample.read_text())
    assert found.devices is None
    assert found.hosts is not None
    assert [(host.host, host.driver) for host in found.hosts] == [
        ("2", "virtio_scsi"),
        ("3", "ata_piix"),
        ("4", ""),
        ("12", "storvsc"),
    ]


def test_the_way_in_sys_is_read_where_it_is_printed() -> None:
    devices = parse_scsi((FOLDER / "lsscsi-kv.txt").read_text()).devices
    hosts = parse_scsi((FOLDER / "hosts-Hv.txt").read_text()).hosts
    assert devices
    assert hosts
    assert devices[0].path == "/sys/devices/pci0000:00/0000:00:02.0/host2/target2:0:0/2:0:0:0"
    assert hosts[0].path == "/sys/devices/pci0000:00/0000:00:02.0/host2"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "[1:0:0:0]    disk    sata:5000c500a1b2c3d4           /dev/sda ",
            ScsiDevice("1:0:0:0", "disk", node="/dev/sda", transport="sata:5000c500a1b2c3d4"),
        ),
        (
            "[6:0:0:0]    disk    iqn.2003-01.org.example.target:disk-0123456789,t,0x1  /dev/sdb ",
            ScsiDevice(
                "6:0:0:0",
                "disk",
                node="/dev/sdb",
                transport="iqn.2003-01.org.example.target:disk-0123456789,t,0x1",
            ),
        ),
        (
            "[1:0:0:0]    disk    600140512345678901234567890abcde  /dev/sda ",
            ScsiDevice("1:0:0:0", "disk", node="/dev/sda"),
        ),
        (
            "[0:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sda[8:0]",
            ScsiDevice("0:0:0:0", "disk", "QEMU", "QEMU HARDDISK", "2.5+", "/dev/sda"),
        ),
        (
            "[N:0:1:1]    disk    QEMU NVMe Ctrl__1                          /dev/nvme0n1",
            ScsiDevice("N:0:1:1", "disk", model="QEMU NVMe Ctrl", node="/dev/nvme0n1"),
        ),
        (
            "[N:0:1:1]    dsk/nvm QEMU NVMe Ctrl__1                          -       ",
            ScsiDevice("N:0:1:1", "disk", model="QEMU NVMe Ctrl"),
        ),
        (
            "[N:0:1:1]    disk    pcie 0x1af4:0x1100                         /dev/nvme0n1",
            ScsiDevice("N:0:1:1", "disk", node="/dev/nvme0n1", transport="pcie 0x1af4:0x1100"),
        ),
        ("[N:0:1:1]    /dev/nvme0n1", ScsiDevice("N:0:1:1", node="/dev/nvme0n1")),
        (
            "[0:0:0:0] disk ATA QEMU HARDDISK 2.5+ /dev/sda",
            ScsiDevice("0:0:0:0", "disk", "ATA", "QEMU HARDDISK", "2.5+", "/dev/sda"),
        ),
        ("[0:0:0:0] no dev QEMU Thing -", ScsiDevice("0:0:0:0", "no dev", "QEMU", "Thing")),
        (
            "\t[0:0:0:0]\tdisk\tMsft\tVirtual Disk\t1.0\t/dev/sda\r",
            ScsiDevice("0:0:0:0", "disk", "Msft", "Virtual Disk", "1.0", "/dev/sda"),
        ),
        (
            "[0:0:0:0]    tape    HP       Ultrium 5-SCSI   Z64D  /dev/st0  /dev/sg3",
            ScsiDevice("0:0:0:0", "tape", "HP", "Ultrium 5-SCSI", "Z64D", "/dev/st0"),
        ),
        (
            "[0:0:0:0]    enclosu VENDOR   Box              1     -         /dev/sg3",
            ScsiDevice("0:0:0:0", "enclosu", "VENDOR", "Box", "1", ""),
        ),
        ("[0:0:0:0]    disk    A ", ScsiDevice("0:0:0:0", "disk", "A")),
        ("[0:0:0:0]", ScsiDevice("0:0:0:0")),
    ],
)
def test_single_lines(line: str, expected: ScsiDevice) -> None:
    assert parse_scsi(line).devices == (expected,)


def test_proc_scsi_scsi_is_read() -> None:
    found = parse_scsi(
        "Attached devices:\nHost: scsi2 Channel: 00 Id: 01 Lun: 00\n  Vendor: LSI      Model: "
        "Virtual disk     Rev: 1.0 \n"
        "  Type:   RAID                             ANSI  SCSI revision: 02\n"
    )
    assert found.devices == (ScsiDevice("2:0:1:0", "storage", "LSI", "Virtual disk", "1.0"),)
    assert parse_scsi("Attached devices:\n").devices == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[0]    ata_piix", ScsiHost("0", "ata_piix")),
        ("[10]    <NULL>", ScsiHost("10", "")),
        ("[1]    (null)", ScsiHost("1", "")),
        ("[N:0]  /dev/nvme0  QEMU NVMe Ctrl  D1  1.0", ScsiHost("N:0", "nvme")),
        ("[3]", ScsiHost("3", "")),
    ],
)
def test_hosts(line: str, expected: ScsiHost) -> None:
    assert parse_scsi(line).hosts == (expected,)


def test_both_answers_make_one_record() -> None:
    listed = Answer(
        "lsscsi", OK, "[2:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sda \n"
    )
    hosts = Answer("lsscsi -H", OK, "[2]    virtio_scsi   \n")
    assert SCSI.parse([listed, hosts]) == Scsi((GUEST[0],), (ScsiHost("2", "virtio_scsi"),))
    assert SCSI.parse([listed]).hosts is None
    assert (
        SCSI.parse([listed, Answer("lsscsi -H", FAILED, "lsscsi: unrecognized option")]).hosts
        is None
    )


def test_no_output_means_no_devices() -> None:
    assert SCSI.parse([Answer("lsscsi", OK, ""), Answer("lsscsi -H", OK, "\n")]) == Scsi((), ())
    assert parse_scsi("").devices == ()
    with pytest.raises(ValueError, match="nothing"):
        SCSI.parse([Answer("lsscsi", FAILED, "")])


@pytest.mark.parametrize("text", ["Usage: lsscsi [--classic]", "[dev?]", "[[[[", "\x00"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no SCSI device"):
        SCSI.parse([Answer("lsscsi", OK, text)])


PIECES = st.sampled_from(
    [
        "[0:0:0:0]",
        "[N:0:1:1]",
        "[2]",
        "[0:0:0:0x0b]",
        " ",
        "        ",
        "disk    ",
        "no dev  ",
        "0x5",
        "QEMU     ",
        "-",
        "/dev/sda",
        "\n",
        "Host: scsi",
        "Channel: ",
        "  Vendor: a",
        "  Type:   x",
        "dir: [",
        "]",
        "__1",
        "pcie ",
        "\t",
        "�",
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=4)).map("".join))
def test_any_text_gives_devices_or_is_refused(text: str) -> None:
    try:
        found = parse_scsi(text)
    except ValueError:
        return
    assert isinstance(found, Scsi)
    for device in found.devices or ():
        assert device.node == "" or device.node.startswith("/dev/")


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    "piece", ["[0:0:0:0] disk\n", "[", "/dev/sda ", "- ", "[0]\n", "Host: scsi0\n", "dir: [a]\n"]
)
def test_a_megabyte_of_one_piece_is_read_or_refused(piece: str) -> None:
    text = "[0:0:0:0] disk " + piece * (1_000_000 // len(piece))
    assert isinstance(parse_scsi(text), tuple)
