"""Open what a path names: a folder, an archive, a disk image, plain files."""

from __future__ import annotations

import os
from typing import (
    Sequence,
)

from guestcheck.errors import GuestcheckError, NoEvidenceError
from guestcheck.stores.archive import Archive
from guestcheck.stores.files import Files, first_bytes
from guestcheck.stores.folder import Folder
from guestcheck.stores.sorted_archive import End
from guestcheck.stores.store import Store, printable, reason_of
from guestcheck.unpack.stream import EnoughError
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
    """Tell whether a file is a tar or zip archive, by how it begins; raises NoEvidenceError where
    that could not be found out.
    """
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
    except Exception as error:
        if _is_no_answer(error):
            says = f"{printable(path)}: cannot be read ({reason_of(error)})"
            raise NoEvidenceError(says) from error
        return False  # damaged from its first byte on: that is said when it is read


def _is_no_answer(error: Exception) -> bool:
    """Tell whether an error says nothing about the file: no time, memory or program to unpack it.
    Damage is what zlib, lzma, bz2 (an OSError without a number) and zstd raise.
    """
    from subprocess import SubprocessError

    kinds = (EnoughError, GuestcheckError, MemoryError, SubprocessError)
    return isinstance(error, kinds) or bool(isinstance(error, OSError) and error.errno)
