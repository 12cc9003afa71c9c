"""Disk images by their first bytes: which format a file is of; `_chain.py` checks to which files it
leads.

Marks are those of QEMU's docs/interop/qcow2.rst, VMware's "Virtual Disk Format 5.0", Microsoft's
VHD and VHDX specifications, VirtualBox's VDICore.h, the UEFI specification (GPT) and the file
systems' own superblocks. A raw image of another kind is not taken for one.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, Tuple

from guestcheck.stores.store import Store
from guestcheck.unpack.tar import FOLDER, OTHER

_HEAD = 1 << 17
_SECTOR = 512
_MARKS: Tuple[Tuple[str, int, bytes], ...] = (
    ("qcow2", 0, b"QFI\xfb"),
    ("vmdk", 0, b"KDMV"),
    ("vmdk", 0, b"COWD"),
    ("vmdk", 0, b"# Disk DescriptorFile"),
    ("vhdx", 0, b"vhdxfile"),
    ("vpc", 0, b"conectix"),
    ("vdi", 0x40, b"\x7f\x10\xda\xbe"),
    ("raw", 0, b"LUKS\xba\xbe"),
    ("raw", 0, b"XFSB"),
    ("raw", 512, b"EFI PART"),
    ("raw", 4096, b"EFI PART"),
    ("raw", 512, b"LABELONE"),
    ("raw", 1024, b"LABELONE"),
    ("raw", 0x10040, b"_BHRfS_M"),
)
_EXT_MAGIC, _EXT_STATE = 0x438, 0x43A


class DiskImage(Store):
    """A store of one disk image, of which nothing is read but its head: it shows no files; see
    `sources/image.py`.
    """

    def __init__(self, path: str, form: str) -> None:
        super().__init__(path)
        self.path = path
        self.form = form

    def kind(self, path: str) -> str:
        """Tell that it is an empty folder."""
        return OTHER if path else FOLDER

    def inside(self, path: str) -> Tuple[str, ...]:  # noqa: ARG002
        """Return no names."""
        return ()

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Say that no file of it can be opened so."""
        raise KeyError(path)


def disk_format(path: str) -> str:
    """Return the format of the disk image at `path` as QEMU names it (qcow2, vmdk, vhdx, vpc, vdi,
    raw), "" where it is none.
    """
    head, foot = _ends(path)
    form = format_of(head)
    if form in ("", "raw") and foot.startswith(b"conectix"):
        return "vpc"  # of a fixed size: the disk as it is, and a footer
    return form


def image_not_read(path: str) -> str:
    """Return what the file at `path` is where that is an image that is not read, "" where it is
    none.
    """
    head, _ = _ends(path)
    return what_image(head) if not format_of(head) else ""


def _ends(path: str) -> Tuple[bytes, bytes]:
    """Return the beginning and the last sector of a file or disk; nothing where it cannot be read."""
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            return b"", b""
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            if file.seek(0, os.SEEK_END) > 2 * _SECTOR:
                file.seek(-_SECTOR, os.SEEK_END)
            return head, file.read(_SECTOR)
    except (OSError, ValueError):
        return b"", b""


def format_of(head: bytes) -> str:
    """Return the format of a disk image that begins with `head`, as `disk_format` does."""
    found = next(
        (name for name, place, mark in _MARKS if head[place : place + len(mark)] == mark), ""
    )
    return found or ("raw" if _has_table(head) or _is_ext(head) else "")


# Images and file systems that are not read, and are no text either: what they are, and what to do.
_CONVERT = "; qemu-img convert -O qcow2 makes an image that is read"
_NOT_READ: Tuple[Tuple[int, bytes, str], ...] = (
    (0, b"QED\0", "a QED disk image" + _CONVERT),
    (0, b"WithoutFreeSpace", "a Parallels disk image" + _CONVERT),
    (0, b"WithouFreSpacExt", "a Parallels disk image" + _CONVERT),
    (0, b"Bochs Virtual HD Image", "a Bochs disk image" + _CONVERT),
    (0, b"#!/bin/sh\n#V2.0 Format\nmodprobe cloop", "a compressed loop image" + _CONVERT),
    (0, b"hsqs", "a squashfs, not a whole disk; mount it read-only and use --root DIR"),
    (0x8001, b"CD001", "a CD or DVD; an installer is no guest"),
    (4086, b"SWAPSPACE2", "swap space; no guest is on it"),
    (4086, b"SWAP-SPACE", "swap space; no guest is on it"),
    (
        0x1000,
        b"\xfc\x4e\x2b\xa9",
        "a member of an md RAID; assemble and mount it, and use --root DIR",
    ),
)


def what_image(head: bytes) -> str:
    """Return what a file that begins with `head` is where that is a disk image or file system, with
    what to do; else "".

    >>> what_image(b"QED\\0")[:16]
    'a QED disk image'
    """
    unread = next(
        (says for place, mark, says in _NOT_READ if head[place : place + len(mark)] == mark), ""
    )
    form = format_of(head)
    return unread or (f"a disk image ({form}); give it by itself: guestcheck IMAGE" if form else "")


def _has_table(head: bytes) -> bool:
    """Tell whether there is a DOS partition table; kernels and boot sectors bear its mark too, and
    code in place of entries.
    """
    entries = [head[place : place + 16] for place in range(446, 510, 16)]
    return (
        head[510:512] == b"\x55\xaa"
        and all(entry[0] in (0, 0x80) for entry in entries)
        and any(entry[4] for entry in entries)
    )


def _is_ext(head: bytes) -> bool:
    return head[_EXT_MAGIC : _EXT_MAGIC + 2] == b"\x53\xef" and head[
        _EXT_STATE : _EXT_STATE + 2
    ] in (b"\0\0", b"\1\0", b"\2\0", b"\3\0", b"\4\0", b"\5\0")
