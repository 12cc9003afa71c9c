"""cpio archives as the Linux kernel reads them from an initramfs: the formats 070701 ("newc") and
070702 ("crc").

See Documentation/driver-api/early-userspace/buffer-format.rst: a header of 110 characters, the name
and the data, each filled up to a multiple of four; an entry TRAILER!!! ends the archive, zeros and
further archives may follow.
"""

from __future__ import annotations

import stat
from re import compile as compile_pattern
from time import monotonic
from typing import Callable, Iterator, NamedTuple

from guestcheck.unpack.clock import Clock
from guestcheck.unpack.packed import Slice, Stream
from guestcheck.unpack.stream import EnoughError

# What an image may cost. One of 60 MB unpacks to 100 to 300 MB and has 1,000 to 5,000 entries.
MOST_UNPACKED = 2 << 30
LONGEST_SECONDS = 30.0
MOST_ENTRIES = 200_000
_MOST_NAMES = 8 << 20  # characters of all names together
_LONGEST_NAME = 4096  # PATH_MAX: the kernel passes longer ones over
_PORTION = 1 << 18
_HEADER = compile_pattern(rb"07070[12]((?:[0-9A-Fa-f]{8}){13})\Z")


class Entry(NamedTuple):
    """An entry: its name as it stands there, `mode` as in stat(2), its size, and of its data as
    much as was asked for.
    """

    name: bytes
    mode: int
    size: int
    data: bytes


class Budget:
    """What may still be spent on an image, over all of its parts; `clock` is that of all images of
    a guest.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.bytes = MOST_UNPACKED
        self.entries = MOST_ENTRIES
        self.names = _MOST_NAMES
        self._until = monotonic() + LONGEST_SECONDS

    def spend(self, size: int) -> None:
        """Take note that `size` bytes were read; raises EnoughError where that is too much, or has
        taken too long.
        """
        self.bytes -= size
        if self.bytes < 0:
            raise EnoughError(f"it unpacks to more than {MOST_UNPACKED >> 30} GiB")
        if self._clock.is_late:
            raise EnoughError(self._clock.says)
        if monotonic() > self._until:
            raise EnoughError(f"reading it takes more than {LONGEST_SECONDS:g} s")

    def name(self, length: int) -> None:
        """Take note of an entry with a name of `length`."""
        self.entries -= 1
        self.names -= length
        if self.entries < 0 or self.names < 0:
            raise EnoughError(
                f"it has more than {MOST_ENTRIES} entries"
                if self.entries < 0
                else "its names are too long"
            )


class Feed:
    """A stream that is read in exact portions and counts them; what is passed over of a plain file
    is not even read.
    """

    def __init__(self, stream: Stream, budget: Budget) -> None:
        # What is there already is taken at once, where a stream can say so.
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._budget = budget
        self._jump = stream.jump if isinstance(stream, Slice) else None
        self._data = b""
        self._next = 0  # the place in `_data` of what comes next
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without taking them, fewer at the end only."""
        while len(self._data) - self._next < size:
            more = self._read(max(size, 4096) if self._jump else _PORTION)
            if not more:
                break
            self._budget.spend(len(more))
            self._data = self._data[self._next :] + more
            self._next = 0
        return self._data[self._next : self._next + size]

    def take(self, size: int) -> bytes:
        """Return exactly `size` bytes; raises EOFError where there are fewer."""
        data = self.peek(size)
        if len(data) < size:
            raise EOFError("it ends too early")
        self._next += size
        self.position += size
        return data

    def skip(self, size: int) -> None:
        """Pass over exactly `size` bytes; raises EOFError where there are fewer."""
        self.position += size
        held = min(size, len(self._data) - self._next)
        self._next += held
        size -= held
        if self._jump:
            size -= self._jump(size)
            if size:
                raise EOFError("it ends too early")
        while size > 0:
            data = self._read(min(size, _PORTION))
            if not data:
                raise EOFError("it ends too early")
            self._budget.spend(len(data))
            size -= len(data)

    def skip_zeros(self) -> None:
        """Pass over zeros."""
        while True:
            data = self.peek(1 << 16)
            left = data.lstrip(b"\0")
            self._next += len(data) - len(left)
            self.position += len(data) - len(left)
            if left or not data:
                return


def entries(feed: Feed, budget: Budget, kept: Callable[[bytes, int], int]) -> Iterator[Entry]:
    """Yield the entries of one archive up to its trailer; raises ValueError or EOFError where it is
    damaged.

    `kept` tells of a regular file's name and size how many bytes of its data are wanted. A link's
    target is always.
    """
    start = feed.position
    while True:
        match = _HEADER.match(feed.take(110))
        if match is None:
            raise ValueError("damaged cpio: no header where one should be")
        fields = [int(match.group(1)[place : place + 8], 16) for place in range(0, 104, 8)]
        mode, size, length = fields[1], fields[6], fields[11]
        if not 0 < length <= _LONGEST_NAME:
            raise ValueError("damaged cpio: a name that is too long")
        budget.name(length)
        name = feed.take(length).rstrip(b"\0")
        _fill_up(feed, start)
        if name == b"TRAILER!!!":
            feed.skip(size)
            return
        wanted = (
            min(size, _LONGEST_NAME)
            if stat.S_ISLNK(mode)
            else min(size, kept(name, size))
            if stat.S_ISREG(mode)
            else 0
        )
        data = feed.take(wanted)
        feed.skip(size - wanted)
        _fill_up(feed, start)
        yield Entry(name, mode, size, data)


def _fill_up(feed: Feed, start: int) -> None:
    """Pass over what fills the archive up to a multiple of four; at the end of a stream that may be
    missing.
    """
    missing = (start - feed.position) % 4
    feed.skip(min(missing, len(feed.peek(missing))))
