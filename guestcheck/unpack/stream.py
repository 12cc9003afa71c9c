"""A file's bytes from its beginning to its end, unpacked where it is packed: gzip, bzip2, xz, lzma
and zstd.

The readers of the standard library are not used: they know no bound of memory (xz), none of time (a
gigabyte of empty gzip members), and throw away what they had unpacked when they come upon damage.
"""

from __future__ import annotations

import os
import stat
from time import monotonic
from typing import BinaryIO, Callable, Iterator, Protocol, Tuple, cast

_MOST_MEMORY = 128 << 20  # for unpacking: what zstd allows itself; xz -9 takes 65 MiB
_CHUNK = 1 << 18
_LITTLE = 1 << 16


class EnoughError(Exception):
    """A file costs more than it may; what was read of it counts."""


class Stream:
    """What `file` holds or unpacks to: no more than `most` bytes of it, for no longer than
    `seconds`; then EnoughError.

    Damaged data raises whatever zlib, bz2 and lzma each like to raise.
    """

    def __init__(self, file: BinaryIO, most: int, seconds: float) -> None:
        self.file = file
        self._left, self._most = most, most
        self._until, self._seconds = monotonic() + seconds, seconds
        self._data = b""
        self._at = 0
        start = file.peek(8)[:8] if hasattr(file, "peek") else b""
        unpack = next((unpack for mark, unpack in _PACKINGS if start.startswith(mark)), None)
        self._size = -1 if unpack else _size(file)
        self._chunks = (unpack or _plain)(self)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes, less at the end only."""
        end = self._at + size
        if end <= len(self._data):
            data = self._data[self._at : end]
            self._at = end
            return data
        parts = [self._data[self._at :]]
        size -= len(parts[0])
        while size > 0 and self._fill():
            parts.append(self._data[:size])
            self._at = len(parts[-1])
            size -= self._at
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass `size` bytes over; raises EOFError where there are less."""
        size -= len(self._data) - self._at
        if size > 0 and self._size >= 0:
            if self.file.seek(size, os.SEEK_CUR) > self._size:
                raise EOFError("it ends too early")
            self._data, self._at = b"", 0
            return
        while size > 0:
            if not self._fill():
                raise EOFError("it ends too early")
            size -= len(self._data)
        self._at = len(self._data) + size

    def raw(self) -> bytes:
        """Return some of the file's bytes as they are, none at its end."""
        self._look()
        return self.file.read(_CHUNK)

    def wait(self, seconds: float) -> None:
        """Do not count `seconds` in which nobody read."""
        self._until += seconds

    def close(self) -> None:
        """Stop the program that unpacks, if there is one; the file itself stays open."""
        self._chunks.close()  # type: ignore[attr-defined]

    def _fill(self) -> bool:
        """Take the next bytes that are not none into `_data`; say whether there were any."""
        self._data, self._at = b"", 0
        for data in self._chunks:
            self._look()
            if data:
                self._left -= len(data)
                if self._left < 0:
                    raise EnoughError(f"it has more than {self._most >> 20} MiB")
                self._data = data
                return True
        return False

    def _look(self) -> None:
        if monotonic() > self._until:
            raise EnoughError(f"reading it takes more than {self._seconds:g} s")


def _size(file: BinaryIO) -> int:
    """Return the size of a file in which one can move about, -1 for a pipe."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1


class _Unpacker(Protocol):
    """What lzma, bz2 and zstd have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _plain(stream: Stream) -> Iterator[bytes]:
    yield from iter(stream.raw, b"")


def _unpacked(stream: Stream, new: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """Yield what the packed parts of a file hold, one after the other; empty bytes in between, so
    that the time can be looked at.
    """
    data = stream.raw()
    while data:
        unpacker = new()
        while not unpacker.eof:
            if unpacker.needs_input and not data:
                data = stream.raw()
                if not data:
                    raise EOFError("it ends too early")
            yield unpacker.decompress(data, _CHUNK)
            data = b""
        data = (unpacker.unused_data or stream.raw()).lstrip(
            b"\0"
        )  # tapes and xz fill up with those


class _Zlib:
    """A gzip member, unpacked in the manner of the other modules."""

    def __init__(self) -> None:
        import zlib

        self._one = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._one.eof

    @property
    def needs_input(self) -> bool:
        return not self._one.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._one.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._one.decompress(self._one.unconsumed_tail + data, max_length)


def _gzip(stream: Stream) -> Iterator[bytes]:
    return _unpacked(stream, _Zlib)


def _bzip2(stream: Stream) -> Iterator[bytes]:
    from bz2 import BZ2Decompressor

    return _unpacked(stream, BZ2Decompressor)


def _xz(stream: Stream) -> Iterator[bytes]:
    from lzma import FORMAT_AUTO, LZMADecompressor

    return _unpacked(stream, lambda: LZMADecompressor(FORMAT_AUTO, memlimit=_MOST_MEMORY))


def _zstd(stream: Stream) -> Iterator[bytes]:
    from guestcheck.unpack.packed import Piped, unzstd

    reader = unzstd(cast(BinaryIO, _Raw(stream)), stream.file)
    if isinstance(reader, Piped) and _size(stream.file) < 0:
        raise ValueError(
            "packed by zstd: unpack it first, zstd -dc FILE | guestcheck check -"
        )  # for how long the program reads is not ours to say
    try:
        # Little at a time: a library that comes upon damage keeps what it had unpacked for this one
        # call.
        yield from iter(lambda: reader.read1(_LITTLE), b"")  # type: ignore[attr-defined]
    finally:
        reader.close()  # type: ignore[attr-defined]


class _Raw:
    """A stream's file in the form that libraries read from, as long as there is time."""

    def __init__(self, stream: Stream) -> None:
        self._raw = stream.raw

    def read(self, _: int = -1) -> bytes:
        return self._raw()


_PACKINGS: Tuple[Tuple[bytes, Callable[[Stream], Iterator[bytes]]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", _bzip2),
    (b"\xfd7zXZ\0", _xz),
    (b"\x5d\0\0", _xz),
    (b"\x28\xb5\x2f\xfd", _zstd),
)


def is_packed(start: bytes) -> bool:
    """Tell by a file's first bytes whether it is packed."""
    return any(start.startswith(mark) for mark, _ in _PACKINGS)
