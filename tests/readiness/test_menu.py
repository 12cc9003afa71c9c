"""GRUB finds the kernel by what it searches; by a disk's number, or its own driver's name, it may
not.
"""

from __future__ import annotations

from typing import List, Tuple

import pytest

from guestcheck.evidence.linux._grub import parse_grub, parse_legacy
from guestcheck.model.source import Answer
from tests.readiness.making import RELEASE, ide_disk, ide_part, machine, on, said, told

SEARCH = "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint='hd0,msdos1'  {}"
HERE = "0a1b2c3d-0000-4000-8000-000000000001"


def menu(inside: str, before: str = "") -> str:
    return (
        f"set default=0\n{before}\nmenuentry 'Linux' {{\n {inside}\n linux /boot/vmlinuz-{RELEASE} "
        f"root=UUID=1 ro\n initrd /boot/initrd.img-{RELEASE}\n}}\n"
    )


def verdict(
    text: str, target: str = "virtio-blk", disks: int = 1, more: Tuple[Tuple[str, Answer], ...] = ()
) -> str:
    devices: List[str] = [
        ide_disk(),
        ide_part(),
        *(ide_disk(f"sd{letter}") for letter in "bcd"[: disks - 1]),
    ]
    udev = (
        "P: /devices/x/block/sda/sda1\nN: sda1\nE: DEVNAME=/dev/sda1\nE: SUBSYSTEM=block\nE: "
        "DEVTYPE=partition\n"
        f"E: ID_FS_TYPE=ext4\nE: ID_FS_UUID={HERE}\nE: ID_FS_LABEL=root\n\n"
    )
    return said(
        on(target, machine(menu=text, devices=devices, more=(told("udev", "pyudev", udev), *more)))
    )


@pytest.mark.parametrize(
    ("inside", "target", "disks", "expected"),
    [
        ("set root='hd0,msdos1'", "virtio-blk", 1, "boots"),
        ("set root='hd0,msdos1'", "virtio-blk", 2, "boots: !grub-root-by-number"),
        ("set root='hd1,msdos1'", "virtio-blk", 2, "unknown: ?grub-root-by-number"),
        ("set root=(hd1,gpt2)", "virtio-scsi", 1, "unknown: ?grub-root-by-number"),
        ("set root='hd1,msdos1'\n" + SEARCH.format(HERE), "virtio-blk", 2, "boots"),
        (
            SEARCH.format(HERE) + "\nset root='hd1,msdos1'",
            "virtio-blk",
            2,
            "unknown: ?grub-root-by-number",
        ),
        ("set root='ahci0,gpt2'", "virtio-blk", 1, "does-not-boot: grub-root-by-number"),
        ("set root='ata0,msdos1'", "sata", 1, "does-not-boot: grub-root-by-number"),
        ("set root='ahci0,gpt2'", "sata", 1, "unknown: ?grub-root-by-number"),
        ("set root='lvmid/abc/def'", "virtio-blk", 1, "boots"),
        ("set root='(mduuid/abc)'", "virtio-blk", 1, "boots"),
        ("search --set=root --file /boot/vmlinuz", "virtio-blk", 2, "boots"),
        ("search --label root --set root", "virtio-blk", 2, "boots"),
        ("search --fs-uuid --set=root $wanted", "virtio-blk", 1, "boots"),
        (SEARCH.format("ffff-0000"), "virtio-blk", 1, "boots: !grub-search-stale"),
        (
            "set root='hd1,msdos1'\n" + SEARCH.format("ffff-0000"),
            "virtio-blk",
            2,
            "unknown: ?grub-root-by-number !grub-search-stale",
        ),
        ("search --label other --set root", "virtio-blk", 1, "boots: !grub-search-stale"),
        ("set root=$other", "virtio-blk", 2, "boots"),
    ],
)
def test_where_grub_looks(inside: str, target: str, disks: int, expected: str) -> None:
    assert verdict(menu(inside), target, disks) == expected


def test_what_stands_before_the_entries_counts_for_those_that_say_nothing() -> None:
    assert verdict(menu("", "set root=(hd1,1)"), disks=2) == "unknown: ?grub-root-by-number"
    assert verdict(menu(SEARCH.format(HERE), "set root=(hd1,1)"), disks=2) == "boots"


def test_a_stub_on_the_efi_partition_has_to_find_the_other_file() -> None:
    found = told(
        "boot_entries",
        "/boot/efi/EFI/debian/grub.cfg",
        f"search.fs_uuid {HERE} root hd0,gpt2\nset prefix=($root)'/boot/grub'\nconfigfile x\n",
    )
    assert verdict(menu(SEARCH.format(HERE)), more=(found,)) == "boots"
    lost = told(
        "boot_entries",
        "/boot/efi/EFI/debian/grub.cfg",
        "set root=(hd1,gpt2)\nset prefix=($root)'/boot/grub'\nconfigfile x\n",
    )
    assert verdict(menu(SEARCH.format(HERE)), more=(lost,)) == "unknown: ?grub-root-by-number"


def test_the_reason_names_file_and_line() -> None:
    found = on("virtio-blk", machine(menu=menu("set root='hd1,msdos1'")))
    assert found.reasons[0].evidence[0] == ("/boot/grub/grub.cfg, line 4", "set root=hd1,msdos1")


def test_of_early_forms_and_hints_the_value_is_taken() -> None:
    places = [entry.place for entry in parse_grub(menu(SEARCH.format(HERE)), "f").entries]
    assert [(place.root, place.search) for place in places if place] == [("", f"fs-uuid {HERE}")]
    early = parse_grub("search.fs_uuid 1-2 root hd0,gpt2\n", "f").place
    assert early is not None
    assert early.search == "fs-uuid 1-2"


def test_legacy_grub_says_it_too() -> None:
    entries, _ = parse_legacy(
        "default 0\ntitle A\n root (hd1,0)\n kernel /vmlinuz-2.6.32 ro root=/dev/sda1\n "
        "initrd /initrd\ntitle B\n uuid 1-2\n kernel /v\n",
        "f",
    )
    assert [(entry.place.root, entry.place.search) for entry in entries if entry.place] == [
        ("hd1,0", ""),
        ("", "fs-uuid 1-2"),
    ]
