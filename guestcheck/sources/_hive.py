"""A hive: a file with a part of a Windows registry, read within bounds and never written.

The layout is that of Windows 2000 and later (version 1.3 to 1.6), as M. Suhanov's "Windows registry file format specification" describes it. What a
hive's own numbers say is believed nowhere: every offset is checked, a key is looked at MOST_KEYS times at most, and reading ends at a deadline.
A damaged part costs what is in it; that it was damaged is told.
"""

from __future__ import annotations

import struct
from time import monotonic
from typing import BinaryIO, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

MOST_KEYS = 400_000
LARGEST_VALUE = 16344  # bytes; longer ones lie in parts, and what decides is shorter
LONGEST_SECONDS = 30.0
LARGEST_HIVE = 2 << 30  # bytes: Windows has none above
BASE = 4096  # bytes before the first bin
_BLOCK = 1 << 16
_MOST_BLOCKS = 256  # held in memory
_LARGEST_CELL = 1 << 20  # bytes: a list of 65,535 keys has half of it
_NONE = 0xFFFFFFFF
_MOST_DAMAGES = 20

# Reads so many bytes at an offset of the file: fewer at its end.
Read = Callable[[int, int], bytes]


class HiveError(ValueError):
    """It is no hive, or its head is damaged so that nothing can be found in it."""


class TooMuchError(Exception):
    """It has more than is looked at, or took too long."""


class Head(NamedTuple):
    """The first block of a hive or of a log: where the first key is, and by what it is told whether all was written."""

    first: int
    second: int
    root: int
    size: int  # bytes of all bins
    sound: bool  # its checksum is right

    @property
    def dirty(self) -> bool:
        """Whether something was being written when Windows stopped."""
        return self.first != self.second or not self.sound


def read_head(data: bytes) -> Head:
    """Read the first 512 bytes; raises HiveError."""
    if len(data) < 512 or data[:4] != b"regf":
        raise HiveError("it does not begin as a hive does")
    first, second = struct.unpack_from("<II", data, 4)
    root, size = struct.unpack_from("<II", data, 36)
    return Head(first, second, root, size, checksum(data) == struct.unpack_from("<I", data, 508)[0])


def checksum(data: bytes) -> int:
    """Return what the last four of a first block's 512 bytes should be."""
    total = 0
    for word in struct.unpack_from("<127I", data):
        total ^= word
    return 1 if total == 0 else 0xFFFFFFFE if total == _NONE else total


class Pages:
    """A file's bytes, a few blocks of them in memory, with `changes`, at their offsets, laid over one after the other."""

    def __init__(self, file: BinaryIO, changes: Sequence[Tuple[int, bytes]] = ()) -> None:
        self._file = file
        self._changes: Dict[int, List[Tuple[int, bytes]]] = {}
        self._blocks: Dict[int, bytes] = {}
        for at, data in changes:
            for block in range(at // _BLOCK, (at + len(data) - 1) // _BLOCK + 1):
                self._changes.setdefault(block, []).append((at, data))

    def read(self, at: int, size: int) -> bytes:
        """Return `size` bytes at `at`, fewer at the end."""
        block, start = divmod(at, _BLOCK)
        data = self._block(block)[start : start + size]
        while len(data) < size:
            block += 1
            more = self._block(block)
            if not more:
                break
            data += more[: size - len(data)]
        return data

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.pop(next(iter(self._blocks)))
            self._file.seek(number * _BLOCK)
            self._blocks[number] = self._laid_over(number, self._file.read(_BLOCK))
        return self._blocks[number]

    def _laid_over(self, number: int, data: bytes) -> bytes:
        changes = self._changes.get(number)
        if not changes:
            return data
        whole = bytearray(data)
        for at, change in changes:
            start = at - number * _BLOCK
            piece = change[max(0, -start) : _BLOCK - start]
            start = max(0, start)
            if len(whole) < start + len(piece):
                whole.extend(bytes(start + len(piece) - len(whole)))
            whole[start : start + len(piece)] = piece
        return bytes(whole)


class KeyNode(NamedTuple):
    """A key as it lies in the hive."""

    name: str
    children: int
    list_at: int
    values: int
    values_at: int


class RawValue(NamedTuple):
    """A value as it lies in the hive; `data` is None where it is too long to be of use."""

    name: str
    type: int
    data: Optional[bytes]
    size: int


class Hive:
    """A hive of which `read` gives bytes; `damages` says what could not be read, each with its place."""

    def __init__(self, read: Read, head: Head, seconds: float = LONGEST_SECONDS) -> None:
        self._read = read
        self._head = head
        self._deadline = monotonic() + seconds
        self._looked = 0
        self._children: Dict[int, Tuple[Tuple[str, int], ...]] = {}
        self._spoilt: Dict[int, List[str]] = {}  # what was damaged among the keys below one
        self.damages: List[str] = []
        self.root = head.root
        self._node(self.root)  # without it there is nothing; raises HiveError

    def children(self, at: int) -> Tuple[Tuple[str, int], ...]:
        """Return the names of the keys below the one at `at`, and where they lie; those that are damaged are left out, and told of each time."""
        if at not in self._children:
            before = len(self.damages)
            self._children[at] = tuple(self._find_children(at))
            self._spoilt[at] = self.damages[before:]
        else:
            for says in self._spoilt[at]:
                self._damage(says)
        return self._children[at]

    def values(self, at: int) -> List[RawValue]:
        """Return the values of the key at `at`, but for what is damaged."""
        found: List[RawValue] = []
        try:
            node = self._node(at)
            if not node.values:
                return found
            listed = self._cell(node.values_at)
            places = struct.unpack_from(f"<{min(node.values, len(listed) // 4)}I", listed)
            if len(places) < node.values:
                self._damage("a list of values is too short")
        except HiveError as error:
            self._damage(str(error))
            return found
        for place in places:
            try:
                found.append(self._value(place))
            except HiveError as error:  # noqa: PERF203 (each stands for itself)
                self._damage(str(error))
        return found

    def _find_children(self, at: int) -> Iterator[Tuple[str, int]]:
        try:
            node = self._node(at)
            places = self._listed(node.list_at) if node.children else []
        except HiveError as error:
            self._damage(str(error))
            return
        if len(places) < node.children:
            self._damage("a list of keys is too short")
        for place in places:
            try:
                yield self._node(place).name, place
            except HiveError as error:  # noqa: PERF203 (each stands for itself)
                self._damage(str(error))

    def _listed(self, at: int, deep: bool = False) -> List[int]:
        """Return where the keys of a list lie."""
        data = self._cell(at)
        kind, count = data[:2], int.from_bytes(data[2:4], "little")
        step = 8 if kind in (b"lf", b"lh") else 4
        if kind not in (b"lf", b"lh", b"li", b"ri") or (kind == b"ri" and deep) or len(data) < 4 + count * step:
            raise HiveError(f"no list of keys at {at:#x}")
        places = [int.from_bytes(data[place : place + 4], "little") for place in range(4, 4 + count * step, step)]
        if kind != b"ri":
            return places
        found: List[int] = []
        for place in places:
            found += self._listed(place, deep=True)
            if len(found) > MOST_KEYS:
                raise HiveError(f"more keys than there can be at {at:#x}")
        return found

    def _node(self, at: int) -> KeyNode:
        self._looked += 1
        if self._looked > MOST_KEYS:
            raise TooMuchError(f"it has more than {MOST_KEYS} keys in what was asked for")
        if self._looked % 512 == 0 and monotonic() > self._deadline:
            raise TooMuchError("it took too long")
        data = self._cell(at)
        if len(data) < 76 or data[:2] != b"nk":
            raise HiveError(f"no key at {at:#x}")
        flags, children, list_at, values, values_at, length = _KEY.unpack_from(data)
        name = data[76 : 76 + length]
        if len(name) < length:
            raise HiveError(f"a key's name ends too early at {at:#x}")
        return KeyNode(name.decode("latin-1") if flags & 0x20 else _utf16(name), children, list_at, values, values_at)

    def _value(self, at: int) -> RawValue:
        data = self._cell(at)
        if len(data) < 20 or data[:2] != b"vk":
            raise HiveError(f"no value at {at:#x}")
        length, size, place, type_, flags = struct.unpack_from("<HIIIH", data, 2)
        written = data[20 : 20 + length]
        if len(written) < length:
            raise HiveError(f"a value's name ends too early at {at:#x}")
        name = written.decode("latin-1") if flags & 1 else _utf16(written)
        if size & 0x80000000:  # so few bytes that they stand where else their place would
            size &= 0x7FFFFFFF
            if size > 4:
                raise HiveError(f"a value's data is nowhere at {at:#x}")
            return RawValue(name, type_, struct.pack("<I", place)[:size], size)
        if size > LARGEST_VALUE:
            return RawValue(name, type_, None, size)
        stored = self._cell(place)[:size] if size else b""
        if len(stored) < size:
            raise HiveError(f"a value's data ends too early at {place:#x}")
        return RawValue(name, type_, stored, size)

    def _cell(self, at: int) -> bytes:
        """Return what is in the cell at `at`, counted from the first bin."""
        if at == _NONE or at % 8 or not 32 <= at < min(self._head.size, LARGEST_HIVE):
            raise HiveError(f"an offset that leads nowhere: {at:#x}")
        head = self._read(BASE + at, 4)
        size = -int.from_bytes(head, "little", signed=True)
        if len(head) < 4 or not 8 <= size <= _LARGEST_CELL or at + size > self._head.size:
            raise HiveError(f"what is not in use, or has no end, at {at:#x}")
        data = self._read(BASE + at + 4, size - 4)
        if len(data) < size - 4:
            raise HiveError(f"the file ends within what is at {at:#x}")
        return data

    def _damage(self, says: str) -> None:
        if len(self.damages) < _MOST_DAMAGES and says not in self.damages:
            self.damages.append(says)


# Flags; how many keys are below it, and their list; how many values, and theirs; and the length of its name.
_KEY = struct.Struct("<2xH16xI4xI4xII28xH")


def _utf16(data: bytes) -> str:
    return data[: len(data) & ~1].decode("utf-16-le", "replace")
