"""Which question wins where several tell of a block device, and what its way up to the bus is."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from guestcheck.facts.linux.disks import type_by_name
from guestcheck.model.guest import BlockDevice, Link
from guestcheck.model.source import OK, Answer
from tests.makers import disk, guest, part, scsi, virtual

WAY = ("0000:00:01.1 pci ata_piix 8086:7010 0101", "ata1 ata_port", *scsi())
LSBLK = (
    'NAME="sda" KNAME="sda" TYPE="disk" SIZE="99" MODEL="of lsblk" SERIAL="L1" VENDOR="lsblk" '
    'TRAN="ata" HCTL="9:9:9:9" FSTYPE="ext4" UUID="u-l" LABEL="l"\n'
)
UDEV = """\
P: /devices/x/block/sda
N: sda
S: disk/by-id/ata-X
S: disk/by-path/pci-X
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: ID_MODEL=of_udev
E: ID_SERIAL_SHORT=U1
E: ID_BUS=ata
E: ID_FS_TYPE=xfs
E: ID_FS_UUID=u-u
"""
LSSCSI = """\
[0:0:0:0]    disk    ATA      QEMU HARDDISK    2.5+  /dev/sda
[1:0:0:0]    cd/dvd  QEMU     QEMU DVD-ROM     2.5+  /dev/sr0
[3:0:0:0]    process Marvell  Console          1.01  -
"""


def blocks(*texts: str, **told: Any) -> Dict[str, BlockDevice]:
    found = guest(*texts, **told).block
    assert found is not None
    return {one.name: one for one in found}


def test_sys_wins_over_lsblk_and_lsblk_over_udev() -> None:
    tree = disk("sda", *WAY, size=1024, model="of sys ", device__serial="S1")
    one = blocks(tree, block=LSBLK, udev=UDEV)["sda"]
    assert (one.size_bytes, one.model, one.serial, one.hctl, one.source) == (
        1024,
        "of sys",
        "S1",
        "0:0:0:0",
        "/sys/class/block/sda",
    )
    assert (one.transport, one.filesystem, one.uuid, one.label) == ("ata", "ext4", "u-l", "l")
    assert one.by_id == ("/dev/disk/by-id/ata-X",)
    alone = blocks(disk("sda", *WAY), udev=UDEV)["sda"]
    assert (alone.serial, alone.transport, alone.filesystem, alone.uuid) == (
        "U1",
        "",
        "xfs",
        "u-u",
    )  # ID_BUS=ata is IDE and SATA alike


def test_without_sys_the_list_is_lsblk_s_and_without_that_udev_s() -> None:
    assert (blocks(block=LSBLK, udev=UDEV)["sda"].source, blocks(udev=UDEV)["sda"].source) == (
        "lsblk",
        "udev",
    )
    assert blocks(udev=UDEV)["sda"][:2] == ("sda", "disk")


def test_the_way_up_names_each_device_with_its_driver_and_subsystem() -> None:
    assert blocks(disk("sda", *WAY))["sda"].chain == (
        Link("sda", "", "block"),
        Link("0:0:0:0", "sd", "scsi"),
        Link("target0:0:0", "", "scsi"),
        Link("host0", "", "scsi"),
        Link("ata1", "", "ata_port"),
        Link("0000:00:01.1", "ata_piix", "pci"),
    )


def test_a_device_right_below_devices_is_on_the_way_too() -> None:
    assert blocks(disk("xvda", "vbd-51712 xen vbd vbd"))["xvda"].chain[-1] == Link(
        "vbd-51712", "vbd", "xen"
    )


def test_hidden_paths_of_nvme_are_no_disks() -> None:
    way = ("0000:00:04.0 pci nvme 1b36:0010 0108", "nvme0 nvme")
    assert list(blocks(disk("nvme0c0n1", *way, hidden=1), disk("nvme0n1", *way, hidden=0))) == [
        "nvme0n1"
    ]


def test_a_virtio_disk_s_vendor_is_no_maker() -> None:
    way = ("0000:00:05.0 pci virtio-pci 1af4:1042", "virtio0 virtio virtio_blk 2 32")
    assert blocks(disk("vda", *way, vendor="0x1af4"))["vda"].vendor == ""


def test_an_nvme_namespace_has_its_controller_s_model() -> None:
    controller = (
        "/sys/class/nvme/nvme0/model = QEMU NVMe Ctrl  \n/sys/class/nvme/nvme0/transport = pcie"
    )
    one = blocks(disk("nvme0n1", "0000:00:04.0 pci nvme 1b36:0010 0108", "nvme0 nvme"), controller)[
        "nvme0n1"
    ]
    assert (one.model, one.nvme_transport) == ("QEMU NVMe Ctrl", "pcie")


@pytest.mark.parametrize(
    ("told", "driver"), [("virtio_scsi", "virtio_scsi"), ("<NULL>", ""), ("(null)", ""), ("", "")]
)
def test_the_scsi_host_names_its_driver(told: str, driver: str) -> None:
    assert (
        blocks(disk("sda", *WAY), f"/sys/class/scsi_host/host0/proc_name = {told}")[
            "sda"
        ].host_driver
        == driver
    )


@pytest.mark.parametrize(
    ("tree", "kind", "parents"),
    [
        (disk("sda", *WAY), "disk", ()),
        (part("sda1", *WAY, of="sda"), "part", ("sda",)),
        (disk("sr0", *WAY, device__type=5), "rom", ()),
        (virtual("loop0"), "loop", ()),
        (virtual("md0", slaves=["sda1", "sdb1"], md__level="raid1"), "raid1", ("sda1", "sdb1")),
        (virtual("md127", slaves=["sda"]), "md", ("sda",)),
        (
            virtual("dm-0", slaves=["sda2"], dm__name="vg-root", dm__uuid="LVM-abc"),
            "lvm",
            ("sda2",),
        ),
        (
            virtual("dm-1", slaves=["sda2"], dm__name="secret", dm__uuid="CRYPT-LUKS2-abc"),
            "crypt",
            ("sda2",),
        ),
        (
            virtual("dm-2", slaves=["sda", "sdb"], dm__name="mpatha", dm__uuid="mpath-3600"),
            "mpath",
            ("sda", "sdb"),
        ),
        (
            virtual("dm-3", slaves=["dm-2"], dm__name="mpatha1", dm__uuid="part1-mpath-3600"),
            "part",
            ("dm-2",),
        ),
        (virtual("dm-4", dm__name="own"), "dm", ()),
        (virtual("zram0"), "zram", ()),
        (virtual("bcache0", slaves=["sda"]), "bcache", ("sda",)),
    ],
)
def test_the_type_is_what_the_kernel_says(tree: str, kind: str, parents: Tuple[str, ...]) -> None:
    ((_, one),) = blocks(tree).items()
    assert (one.type, one.parents) == (kind, parents)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("loop0", "loop"),
        ("sr0", "rom"),
        ("ram3", "ram"),
        ("fd0", "floppy"),
        ("nbd1", "nbd"),
        ("sdr", "disk"),
        ("fda", "disk"),
        ("loop", "disk"),
        ("", "disk"),
    ],
)
def test_a_name_tells_software_and_removable_devices_alone(name: str, kind: str) -> None:
    assert type_by_name(name) == kind


class TestMounts:
    TABLE = (
        "27 1 8:1 / / rw - ext4 /dev/root rw\n28 27 8:1 /sub /srv rw - ext4 /dev/root rw\n29 "
        "27 0:21 "
        "/ /proc rw - proc proc rw\n"
    )

    def test_the_device_number_decides_whatever_the_table_calls_the_device(self) -> None:
        assert blocks(part("sda1", *WAY, of="sda", dev="8:1"), mounts=self.TABLE)[
            "sda1"
        ].mounts == ("/", "/srv")

    def test_lsblk_adds_what_the_table_lacks(self) -> None:
        lsblk = 'NAME="sda1" KNAME="sda1" TYPE="part" SIZE="9" MOUNTPOINT="/mnt/elsewhere"\n'
        assert blocks(part("sda1", *WAY, of="sda", dev="8:1"), mounts=self.TABLE, block=lsblk)[
            "sda1"
        ].mounts == ("/", "/srv", "/mnt/elsewhere")

    def test_a_mapped_device_is_found_by_its_mapper_s_name(self) -> None:
        mounts = "27 1 0:30 / / rw - btrfs /dev/mapper/vg-root rw\n"
        swaps = "Filename Type Size Used Priority\n/dev/mapper/vg-swap partition 1 0 -2\n"
        found = blocks(
            virtual("dm-0", dm__name="vg-root"),
            virtual("dm-1", dm__name="vg-swap"),
            mounts=mounts,
            swaps=swaps,
        )
        assert {name: one.mounts for name, one in found.items()} == {
            "dm-0": ("/",),
            "dm-1": ("[SWAP]",),
        }

    def test_without_sys_names_decide(self) -> None:
        assert blocks(block=LSBLK, mounts="27 1 8:0 / / rw - ext4 /dev/sda rw\n")["sda"].mounts == (
            "/",
        )

    def test_a_network_file_system_is_on_no_disk(self) -> None:
        assert (
            blocks(
                disk("sda", *WAY, dev="8:0"), mounts="27 1 0:50 / /net rw - nfs4 server:/sda rw\n"
            )["sda"].mounts
            == ()
        )


def test_lsscsi_alone_gives_disks_and_drives() -> None:
    found = blocks(
        scsi=(
            Answer("lsscsi", OK, LSSCSI),
            Answer("lsscsi -H", OK, "[0]    ata_piix\n[1]    ata_piix\n"),
        )
    )
    assert {name: (one.type, one.model, one.host_driver) for name, one in found.items()} == {
        "sda": ("disk", "QEMU HARDDISK", "ata_piix"),
        "sr0": ("rom", "QEMU DVD-ROM", "ata_piix"),
    }
