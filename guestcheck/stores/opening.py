"""Open what a path names: a folder, an archive, a disk image, plain files."""

from __future__ import annotations

import os
from typing import (
    Sequence,
)

from guestcheck.errors import NoEvidenceError
from guestcheck.stores.archive import Archive
from guestcheck.stores.files import Files, first_bytes
from guestcheck.stores.folder import Folder
from guestcheck.stores.sorted_archive import End
from guestcheck.stores.store import Store, printable
from guestcheck.unpack.tar import begins


def open_store(paths: Sequence[str], wants: Sequence[str], ends: Sequence[End] = ()) -> Store:
    """Open what `paths` name: one folder, one archive, one disk image, or any number of plain files
    ("-" is standard input).

    Of an archive only files are kept that match one of the patterns `wants` below any folder; the
    names of all are, unless one of `ends` says that what follows is of no use.
    """
    if len(paths) == 1 and paths[0] != "-":
        path = paths[0]
        if os.path.isdir(path):
            return Folder(path)
        from guestcheck.stores.disk_image import DiskImage, disk_format, image_not_read

        kind = disk_format(path)
        if kind:
            return DiskImage(path, kind)
        unread = image_not_read(path)
        if unread:
            raise NoEvidenceError(f"{printable(path)}: {unread}")
        if is_archive(path):
            return open_archive(path, wants, ends)
    return Files(paths)


def open_archive(
    path: str, wants: Sequence[str], ends: Sequence[End] = (), pauses: bool = False
) -> Archive:
    """Open the tar or zip archive at `path`; for `pauses` see `Archive`."""
    if _is_zip(path):
        from guestcheck.stores.zip_archive import ZipArchive

        return ZipArchive(path, wants, (), pauses)
    return Archive(path, wants, ends, pauses)


def is_archive(path: str) -> bool:
    """Tell whether a file is a tar or zip archive, by how it begins."""
    return os.path.isfile(path) and (_is_zip(path) or _is_archive(path))


def _is_zip(path: str) -> bool:
    """Tell whether a file is a zip archive, by its first member or, where it has none, its end."""
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def _is_archive(path: str) -> bool:
    """Tell whether a file is a tar archive, packed or not, by its first header."""
    try:
        with open(path, "rb") as file:
            return begins(first_bytes(file, 512))
    # damaged from its first byte on, or packed so that nothing here can unpack it: that is said
    # when it is read
    except Exception:
        return False
