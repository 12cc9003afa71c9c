"""tiny-initramfs: its init loads the modules of one list, in that order, and finds root by few
kinds of names.
"""

from __future__ import annotations

from typing import Sequence

import pytest

from tests.readiness.making import RELEASE, machine, on, said

INITRD = f"/boot/initrd.img-{RELEASE}"
IN_ORDER = (
    "virtio",
    "virtio_ring",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_blk",
    "jbd2",
    "mbcache",
    "crc16",
    "ext4",
)


def image(listed: Sequence[str], inside: Sequence[str] = IN_ORDER, text: bool = True) -> str:
    """Make what the reader writes of an image as mktirfs makes it."""
    lines = [
        "image 900",
        "part 0 gzip",
        *(f"100644 9 {name}.ko" for name in inside),
        "100755 9 init",
        "100644 9 modules",
    ]
    lines += ["text modules 9", *(f"|/{name}.ko" for name in listed)] if text else []
    return "\n".join([*lines, "whole"]) + "\n"


def judged(
    listed: Sequence[str] = IN_ORDER,
    root: str = "root=UUID=1",
    fstab: str = "UUID=1 / ext4 defaults 0 1",
    text: bool = True,
) -> str:
    return said(
        on("virtio-blk", machine(root=root, fstab=fstab, images={INITRD: image(listed, text=text)}))
    )


def test_what_it_lists_in_order_is_loaded() -> None:
    assert judged() == "boots"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([name for name in IN_ORDER if name != "virtio_blk"], "does-not-boot: driver-not-loaded"),
        (
            ["virtio_blk", *(name for name in IN_ORDER if name != "virtio_blk")],
            "does-not-boot: driver-not-loaded",
        ),
        (
            [*(name for name in IN_ORDER if name != "jbd2"), "jbd2"],
            "does-not-boot: driver-not-loaded",
        ),
    ],
)
def test_what_it_does_not_list_or_lists_too_early_is_not(
    listed: Sequence[str], expected: str
) -> None:
    assert judged(listed) == expected


def test_a_list_that_was_not_read_leaves_it_open() -> None:
    assert judged(text=False).startswith("unknown: ?driver-not-loaded")


@pytest.mark.parametrize(
    ("root", "kind", "expected"),
    [
        ("root=PARTUUID=1", "ext4", "does-not-boot: root-not-understood"),
        ("root=LABEL=root", "ext4", "does-not-boot: root-not-understood"),
        ("root=/dev/disk/by-uuid/1", "ext4", "does-not-boot: root-not-understood"),
        ("root=UUID=1", "f2fs", "does-not-boot: root-not-understood driver-not-in-kernel"),
        (
            "root=/dev/mapper/vg-root",
            "ext4",
            "does-not-boot: driver-not-in-initramfs initramfs-does-not-open-root",
        ),
    ],
)
def test_it_finds_root_by_few_kinds_of_names(root: str, kind: str, expected: str) -> None:
    assert judged(root=root, fstab=f"UUID=1 / {kind} defaults 0 1") == expected


def test_any_other_image_with_a_list_of_modules_is_not_taken_for_one() -> None:
    text = image(IN_ORDER).replace("100755 9 init", "100755 9 init\n100755 9 bin/busybox")
    assert (
        said(on("virtio-blk", machine(images={INITRD: text})))
        == "unknown: ?initramfs-of-unknown-make"
    )
