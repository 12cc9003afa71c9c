"""The members of a zip archive, read within the bounds of every store; Windows makes these where others make tar archives.

Python's own module reads the format: unlike its tarfile it unpacks a stream and no more of it than is asked for. What it would read into
memory unasked is the list of members, so that is measured first. See https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import os
from struct import unpack
from time import monotonic
from typing import BinaryIO, Iterator, Tuple
from zipfile import ZipFile, ZipInfo

from guestcheck.errors import NoEvidenceError
from guestcheck.sources._store import LARGEST_KEPT, LONGEST_SECONDS, MOST_MEMBERS, MOST_UNPACKED, Archive
from guestcheck.sources._tar import FILE, Member
from guestcheck.sources._unpack import EnoughError

_LARGEST_LIST = 64 << 20  # bytes: 500,000 members with names of 80 characters
_PIECE = 1 << 20
_ENCRYPTED = 1


class ZipArchive(Archive):
    """A zip archive; what is wanted is kept in memory, the rest is not even unpacked."""

    def _read(self, path: str) -> Iterator[str]:
        try:
            with self._file or open(path, "rb") as file:
                _measure(file)
                with ZipFile(file) as archive:
                    yield from self._members_of(archive)
        except EnoughError as enough:
            self.damage = f"read in part: {enough}"
            self._trouble(self.name, self.damage, "whatever stands behind that in the archive")
        except Exception as error:
            if not self._all:
                raise NoEvidenceError(f"{self.name}: a damaged archive ({error})") from error
            self.damage = f"damaged ({error})"
            self._trouble(self.name, f"damaged, read as far as it goes ({error})", "whatever stands behind that in the archive")

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
            if folder is None or last in ("", ".", "..") or not last.isprintable() or len(last) > 255:
                self._pass(name, "a name that leads out of the archive, or into a file, or cannot be shown")
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
                except Exception as error:  # zlib, lzma and bz2 each raise what they like for damaged data
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


def _measure(file: BinaryIO) -> None:
    """Raise EnoughError where the list of members is larger than any that is of use."""
    members, size = _list_of(file)
    if members > MOST_MEMBERS or size > _LARGEST_LIST:
        raise EnoughError("it has more members, or longer names, than are read")
    file.seek(0)


def _list_of(file: BinaryIO) -> Tuple[int, int]:
    """Return how many members the archive says that it has, and the size of its list of them (APPNOTE 4.3.16, 4.3.14)."""
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - 65_557 - 76)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise ValueError("it has no end, so that it was cut short")
    members, size = unpack("<HI", tail[place + 10 : place + 16])
    large = tail.rfind(b"PK\x06\x06", 0, place)
    if large >= 0 and len(tail) >= large + 48:
        members, size = unpack("<QQ", tail[large + 32 : large + 48])
    return members, size
