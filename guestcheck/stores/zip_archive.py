"""The members of a zip archive, read within the bounds of every store; Windows makes these where
others make tar archives.

Python's own module reads the format: unlike its tarfile it unpacks a stream and no more of it than
is asked for. What it would read into memory unasked is the list of members, so that is counted as
it is read. See https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import os
from struct import unpack_from
from time import monotonic
from typing import BinaryIO, Iterator, cast
from zipfile import ZipFile, ZipInfo

from guestcheck.errors import NoEvidenceError
from guestcheck.stores.archive import Archive
from guestcheck.unpack.bounds import LARGEST_KEPT, LONGEST_SECONDS, MOST_MEMBERS, MOST_UNPACKED
from guestcheck.unpack.stream import EnoughError
from guestcheck.unpack.tar import FILE, Member

_LARGEST_LIST = 64 << 20  # bytes: 500,000 members with names of 80 characters
_PIECE = 1 << 20
_ENCRYPTED = 1
_LISTED = b"PK\x01\x02"


class ZipArchive(Archive):
    """A zip archive; what is wanted is kept in memory, the rest is not even unpacked."""

    def _read(self, path: str) -> Iterator[str]:
        try:
            with self._file or open(path, "rb") as file:
                check_end(file)
                with ZipFile(cast("BinaryIO", Bounded(file))) as archive:
                    yield from self._members_of(archive)
        except EnoughError as enough:
            self.damage = f"read in part: {enough}"
            self._trouble(self.name, self.damage, "whatever stands behind that in the archive")
        except Exception as error:
            if not self._all:
                raise NoEvidenceError(f"{self.name}: a damaged archive ({error})") from error
            self.damage = f"damaged ({error})"
            self._trouble(
                self.name,
                f"damaged, read as far as it goes ({error})",
                "whatever stands behind that in the archive",
            )

    def _members_of(self, archive: ZipFile) -> Iterator[str]:
        reader = _Reader(archive)
        for info in archive.infolist():
            if self._is_full():
                since = monotonic()
                yield info.filename
                reader.wait(monotonic() - since)
            # Before 4.6.1, .NET wrote the names as Windows has them.
            name = info.filename if "/" in info.filename else info.filename.replace("\\", "/")
            self._count(len(name))
            before, _, last = name.rstrip("/").rpartition("/")
            folder = self._folder(before if before or not name.startswith("/") else "/")
            if (
                folder is None
                or last in ("", ".", "..")
                or not last.isprintable()
                or len(last) > 255
            ):
                self._pass(
                    name, "a name that leads out of the archive, or into a file, or cannot be shown"
                )
            elif name.endswith("/"):
                self._enter(folder, last)
            elif info.flag_bits & _ENCRYPTED:
                self._pass(name, "it is encrypted")
            elif not isinstance(folder.get(last), dict):
                reader.info = info
                try:
                    self._add(folder, last, Member(name, FILE, "", info.file_size), reader)
                except EnoughError:
                    raise
                except (
                    Exception
                ) as error:  # zlib, lzma and bz2 each raise what they like for damaged data
                    self._pass(name, f"it cannot be unpacked ({type(error).__name__})")


class _Reader:
    """Unpacks one member at a time, all of them together within the bounds."""

    info: ZipInfo

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._ends = monotonic() + LONGEST_SECONDS
        self._unpacked = 0

    def wait(self, seconds: float) -> None:
        """Do not count `seconds` in which nobody read."""
        self._ends += seconds

    def data(self, most: int = LARGEST_KEPT) -> bytes:
        """Return at most `most` bytes of the member `info`."""
        pieces = []
        left = most
        with self._archive.open(self.info) as member:
            while left:
                piece = member.read(min(_PIECE, left))
                if not piece:
                    break
                left -= len(piece)
                self._unpacked += len(piece)
                pieces.append(piece)
                if self._unpacked > MOST_UNPACKED:
                    raise EnoughError(f"it unpacks to more than {MOST_UNPACKED >> 30} GiB")
                if monotonic() > self._ends:
                    raise EnoughError(f"it takes longer than {LONGEST_SECONDS:g} s")
        return b"".join(pieces)


class Bounded:
    """The archive's file as ZipFile reads it: a list of members that is too long is refused before
    ZipFile makes an object of each.

    What the archive says of its number of members is not believed. Nor is the list looked for here:
    what ZipFile reads as one is counted.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = (
            file.seek,
            file.tell,
            file.seekable,
            file.close,
        )

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; raise EnoughError where they are too many, or list too many
        members.
        """
        data = self._file.read(size if 0 <= size <= _LARGEST_LIST else _LARGEST_LIST + 1)
        if len(data) > _LARGEST_LIST:
            raise EnoughError(f"its list of members has more than {_LARGEST_LIST >> 20} MiB")
        place = members = 0
        while data.startswith(_LISTED, place):
            # A header of 46 bytes, with the lengths of what follows it (APPNOTE 4.3.12).
            place += (
                46 + sum(unpack_from("<HHH", data, place + 28)) if place + 46 <= len(data) else 46
            )
            members += 1
            if members > MOST_MEMBERS:
                raise EnoughError(f"it has more than {MOST_MEMBERS} members")
        return data


def check_end(file: BinaryIO) -> None:
    """Raise ValueError where the archive has no end record (APPNOTE 4.3.16)."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - 65_557))
    if b"PK\x05\x06" not in file.read():
        raise ValueError("it has no end, so that it was cut short")
    file.seek(0)
