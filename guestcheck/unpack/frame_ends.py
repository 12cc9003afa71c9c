"""Where a packed stream ends, by its own headers: zstd, lz4, lzop."""

from __future__ import annotations

from typing import BinaryIO

from guestcheck.unpack.packed import EXTRA, FILTER, LEGACY, PACKED_LEGACY, SUMS, SUMS_OF_PACKED

_MOST_LOOKS = 200_000  # an image of 60 MB has 500 to 1000 blocks


class _Walk:
    """A file that is looked into here and there, and not too often: damaged sizes could lead to a
    million places.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._looks = 0

    def look(self, place: int, size: int) -> bytes:
        """Return the `size` bytes at `place`; raises ValueError where there are fewer."""
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise ValueError("it has too many blocks")
        self._file.seek(place)
        data = self._file.read(size)
        if len(data) < size:
            raise ValueError("it ends too early")
        return data

    def number(self, place: int, size: int) -> int:
        """Return the number that stands at `place`, its lowest byte first."""
        return int.from_bytes(self.look(place, size), "little")


def zstd_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the zstd frames that begin at `start` end, in a file of `size` bytes; raises
    ValueError where one is damaged.
    """
    walk = _Walk(file)
    at = start
    while at + 4 <= size:
        mark = walk.look(at, 4)
        if mark == b"\x28\xb5\x2f\xfd":
            at = _frame_end(walk, at)
        elif (
            at > start and mark[1:] == b"\x2a\x4d\x18" and 0x50 <= mark[0] <= 0x5F
        ):  # a frame to be skipped
            at += 8 + walk.number(at + 4, 4)
        else:
            break
    if at > size:
        raise ValueError("it ends too early")
    return at


def _frame_end(walk: _Walk, at: int) -> int:
    flags = walk.number(at + 4, 1)
    whole = bool(
        flags & 0x20
    )  # a single segment: no size of a window, and one of the content in any case
    at += 5 + (0 if whole else 1) + (0, 1, 2, 4)[flags & 3] + (int(whole), 2, 4, 8)[flags >> 6]
    last = False
    while not last:
        head = walk.number(at, 3)
        last, kind = bool(head & 1), head >> 1 & 3
        if kind == 3:
            raise ValueError("damaged zstd")
        at += 3 + (1 if kind == 1 else head >> 3)
    return at + (4 if flags & 4 else 0)


def lz4_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the lz4 stream that begins at `start` ends, in a file of `size` bytes; raises
    ValueError where it is damaged.
    """
    walk = _Walk(file)
    at = (
        _legacy_end(walk, start, size)
        if walk.look(start, 1) == b"\x02"
        else _modern_end(walk, start)
    )
    if at > size:
        raise ValueError("it ends too early")
    return at


def _legacy_end(walk: _Walk, at: int, size: int) -> int:
    """Blocks follow each other until something else does: the format has no mark of its end."""
    while at + 4 <= size:
        length = walk.number(at, 4)
        if length == LEGACY:
            length = 0
        elif not 0 < length <= PACKED_LEGACY:
            break
        at += 4 + length
    return at


def _modern_end(walk: _Walk, at: int) -> int:
    flags = walk.number(at + 4, 1)
    at += 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    while True:
        length = (
            walk.number(at, 4) & 0x7FFFFFFF
        )  # the highest bit says that the block is not packed
        at += 4
        if not length:
            return at + (4 if flags & 4 else 0)
        at += length + (4 if flags & 0x10 else 0)


def lzo_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the stream of lzop that begins at `start` ends, in a file of `size` bytes;
    raises ValueError where it is damaged.
    """
    walk = _Walk(file)
    at = start + 9
    newer = _big(walk, at, 2) >= 0x0940
    at += 4 + (2 if newer else 0) + 1 + (1 if newer else 0)
    flags = _big(walk, at, 4)
    at += 4 + (4 if flags & FILTER else 0) + 8 + (4 if newer else 0)
    at += 1 + _big(walk, at, 1) + 4
    if flags & EXTRA:
        at += 8 + _big(walk, at, 4)
    while True:
        length = _big(walk, at, 4)
        at += 4
        if not length:
            break
        packed = _big(walk, at, 4)
        at += 4 + 4 * sum(1 for flag in SUMS if flags & flag)
        at += packed + (
            4 * sum(1 for flag in SUMS_OF_PACKED if flags & flag) if packed < length else 0
        )
        if at > size:
            raise ValueError("it ends too early")
    return at


def _big(walk: _Walk, place: int, size: int) -> int:
    return int.from_bytes(walk.look(place, size), "big")
