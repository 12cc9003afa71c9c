"""Which further files a disk image opens: only names that this list allows.

QEMU parses the same heads again, and more loosely: sscanf takes tabs, strstr finds a word in a
comment. What is not written exactly as VMware and qemu-img write it is refused, and a further file
is a regular file in the image's own folder that begins as a disk image. Source: QEMU's
docs/interop/qcow2.rst, block/vmdk.c, block/qcow2.c; VMware's "Virtual Disk Format 5.0".
"""

from __future__ import annotations

import os
import stat
from re import compile as compile_pattern
from typing import List, NamedTuple, Optional

from guestcheck.errors import NoEvidenceError
from guestcheck.stores.disk_image import disk_format

_MOST_FILES = 16  # in a chain of overlays
_SECTOR = 512
_LONGEST_NAME = 255

_LONGEST_DESCRIPTOR = 1 << 20  # QEMU reads no more of one
_QEMU_READS = 20 * _SECTOR  # of a descriptor, when it looks for the parent
_EMBEDDED = 0x200  # where QEMU looks for an embedded descriptor, whatever the header says
_LINE = compile_pattern(r'#[ -~]*|[A-Za-z][A-Za-z0-9_.]* *= *(?:"[ !#-~]*"|[!#-~]*) *')
_EXTENT = compile_pattern(
    r'(?:RW|RDONLY|NOACCESS) [0-9]{1,18} (FLAT|SPARSE|ZERO|VMFS|VMFSSPARSE)(?: "([ '
    r'!#-~]+)"(?: [0-9]{1,18})?)?'
)
_PARENT = b"parentFileNameHint"

# qcow2's incompatible features that concern the image alone: dirty, corrupt, compression type,
# extended L2 entries.
_PLAIN_FEATURES = 1 | 2 | 8 | 16
_DATA_FILE = 4
_BACKING_FORMAT = 0xE2792ACA


class _File(NamedTuple):
    """A further file of an image, with the format that the image opens it as: "" where QEMU would
    guess it.
    """

    path: str
    form: str = ""


def check_chain(path: str, kind: str) -> None:
    """Raise NoEvidenceError unless all files that QEMU opens for this image are known, and lie in
    its folder.

    `kind` is its format as `disk_format` names it.
    """
    folder = os.path.realpath(os.path.dirname(path) or ".")
    for _ in range(_MOST_FILES):
        below = _backing(path, folder) if kind == "qcow2" else None
        if kind == "vmdk":
            _check_vmdk(path, folder)
        if below is None:
            return
        path, kind = below.path, disk_format(below.path)
        if not kind or below.form not in ("", kind):
            expected = f"of the format {below.form}" if below.form else "that guestcheck knows"
            raise NoEvidenceError(f"{path!a}: this backing file is no disk image {expected}")
    raise NoEvidenceError(f"{path}: a chain of more than {_MOST_FILES} overlays")


def _further(path: str, name: bytes, folder: str) -> str:
    """Return the path of a further file that the image at `path` names."""
    text = name.decode("utf-8", "replace")
    real = os.path.realpath(os.path.join(os.path.dirname(path), text)) if text.isprintable() else ""
    # A colon before the first slash is a protocol: nbd:, json:, https:.
    plain = (
        0 < len(text) <= 1023
        and ":" not in text.partition("/")[0]
        and bool(real)
        and _is_regular(real)
    )
    if not plain:
        raise NoEvidenceError(f"{path}: it leads to {text!a}, which is no regular file here")
    if os.path.dirname(real) != folder and not real.startswith(folder.rstrip("/") + "/"):
        raise NoEvidenceError(
            f"{path}: it leads to {text!a}, outside the image's folder, and guestcheck does "
            "not follow that;"
            " if you trust the image, merge both (qemu-img convert -O qcow2 IMAGE WHOLE) and "
            "examine WHOLE"
        )
    return real


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _backing(path: str, folder: str) -> Optional[_File]:
    """Return the backing file of a qcow2."""
    with open(path, "rb") as file:
        head = file.read(112)
        version = int.from_bytes(head[4:8], "big")
        features = int.from_bytes(head[72:80], "big") if version > 2 else 0
        if version not in (2, 3):
            raise NoEvidenceError(
                f"{path}: version {version} of qcow is not read; qemu-img convert makes a newer one"
            )
        if any(head[32:36]):
            raise NoEvidenceError(f"{path}: it is encrypted; open it, mount it and use --root DIR")
        if features & _DATA_FILE:
            raise NoEvidenceError(
                f"{path}: its data are in another file (data_file); qemu-img convert makes "
                "one image of both"
            )
        if features & ~_PLAIN_FEATURES:
            raise NoEvidenceError(
                f"{path}: it has features of qcow2 that guestcheck does not know ({features:#x})"
            )
        place, size = int.from_bytes(head[8:16], "big"), int.from_bytes(head[16:20], "big")
        if not place and not size:
            return None
        file.seek(min(place, 1 << 62))
        name = file.read(min(size, 1024))
        file.seek(int.from_bytes(head[100:104], "big") if version > 2 else 72)
        extensions = file.read(1 << 16)
    return _File(_further(path, name, folder), _backing_format(extensions))


def _backing_format(extensions: bytes) -> str:
    """Return the format that the header extensions name for the backing file, "" where none does."""
    place = 0
    while place + 8 <= len(extensions):
        mark, size = (
            int.from_bytes(extensions[place : place + 4], "big"),
            int.from_bytes(extensions[place + 4 : place + 8], "big"),
        )
        if mark == _BACKING_FORMAT:
            return extensions[place + 8 : place + 8 + size].decode("ascii", "backslashreplace")[:32]
        if not mark:
            break
        place += 8 + (size + 7) // 8 * 8
    return ""


def _check_vmdk(path: str, folder: str) -> None:
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic in (b"KDMV", b"COWD"):
        _check_sparse(path)
        return
    with open(path, "rb") as file:
        data = file.read(_LONGEST_DESCRIPTOR + 1)
    for name, form in _extents(path, data):
        further = _further(path, name.encode(), folder)
        if "/" in name or len(name) > _LONGEST_NAME:
            raise NoEvidenceError(
                f"{path}: it leads to {name!a}, which is not a name in its folder"
            )
        if form.endswith("SPARSE"):
            _check_sparse(further)


def _extents(path: str, data: bytes) -> "List[tuple[str, str]]":
    """Return (file, type) of each extent that a descriptor names."""
    if len(data) > _LONGEST_DESCRIPTOR:
        raise NoEvidenceError(f"{path}: the descriptor of a VMDK is at most 1 MiB")
    if _PARENT in data:
        raise NoEvidenceError(f"{path}: {_SNAPSHOT}")
    extents = []
    for number, line in enumerate(data.rstrip(b"\0").decode("latin-1").split("\n"), 1):
        text = line[:-1] if line.endswith("\r") else line
        extent = _EXTENT.fullmatch(text)
        if extent and extent[2]:
            extents.append((extent[2], extent[1]))
        elif text and not (extent and extent[1] == "ZERO") and not _LINE.fullmatch(text):
            raise NoEvidenceError(
                f"{path}: line {number} of its descriptor is not written as VMware and "
                f"qemu-img write it: {text[:80]!a}"
            )
    return extents


_SNAPSHOT = (
    "it is a snapshot that leads to another VMDK; consolidate it, or if you trust it: qemu-img "
    "convert -O qcow2 IMAGE WHOLE"
)


def _check_sparse(path: str) -> None:
    """Raise NoEvidenceError unless a sparse extent holds its own data, and no descriptor in it
    leads to a parent.
    """
    with open(path, "rb") as file:
        head = file.read(_EMBEDDED + _QEMU_READS)
        if head[:4] not in (b"KDMV", b"COWD"):
            raise NoEvidenceError(f"{path}: it is no sparse extent of a VMDK")
        descriptor = b""
        if head[:4] == b"KDMV":
            # With a capacity of 0 QEMU takes the embedded descriptor for the image.
            if not any(head[12:20]):
                raise NoEvidenceError(f"{path}: this VMDK has no data of its own")
            file.seek(min(int.from_bytes(head[28:36], "little") * _SECTOR, 1 << 62))
            descriptor = file.read(
                min(int.from_bytes(head[36:44], "little") * _SECTOR, _LONGEST_DESCRIPTOR)
            )
    if _PARENT in head or _PARENT in descriptor:
        raise NoEvidenceError(f"{path}: {_SNAPSHOT}")
