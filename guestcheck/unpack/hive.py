"""A hive: a file with a part of a Windows registry, read by libregf within bounds and never
written.

Where its head and its logs are concerned the layout is that of M. Suhanov's "Windows registry file
format specification", version 1.3 to 1.6; keys and values are the library's to find
(https://github.com/libyal/libregf, the extra `guestcheck[windows]`). It is asked for each key by
itself, so that a damaged one costs what is in it; that it was damaged is told. A key is looked at
MOST_KEYS times at most, and reading ends at a deadline.
"""

from __future__ import annotations

import struct
from importlib import import_module
from time import monotonic
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

MOST_KEYS = 400_000
LARGEST_VALUE = 16344  # bytes; longer ones lie in parts, and what decides is shorter
LONGEST_SECONDS = 30.0
LARGEST_HIVE = 2 << 30  # bytes: Windows has none above
BASE = 4096  # bytes before the first bin
NO_LIBRARY = (
    "reading a Windows registry's files takes the library libregf: pip install "
    "'guestcheck[windows]', or Debian's package python3-libregf"
)
_BLOCK = 1 << 16
_MOST_BLOCKS = 256  # held in memory
_NONE = 0xFFFFFFFF
_MOST_DAMAGES = 20
# What the library raises: of damage, of names that are no text, of sizes that no memory has. Where
# a key has the numbers of keys and of values below it, each with where the list of them is: offsets
# in it.
_CHILDREN_AT, _VALUES_AT = (20, 28), (36, 40)
# Of a key its flags, what it is below, and how many bytes its name has; of a value the bytes of its
# name, and its flags.
_KEY, _LINK, _ASCII_KEY = struct.Struct("<2xH12xI52xH"), 0x10, 0x20
_VALUE, _ASCII_VALUE = struct.Struct("<2xH12xH"), 1
_LIST = struct.Struct("<2sH")  # of what kind a list of keys is, and how many it has
_RAISED = (OSError, ValueError, RuntimeError, MemoryError, OverflowError, SystemError)


class HiveError(ValueError):
    """It is no hive, or damaged so that nothing can be found in it."""


class TooMuchError(Exception):
    """It has more than is looked at, or took too long."""


class Head(NamedTuple):
    """The first block of a hive or of a log: where the first key is, and by what it is told whether
    all was written.
    """

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


def has_library() -> bool:
    """Tell whether hives can be read here."""
    return _library() is not None


def _library() -> Any:
    try:
        return import_module("pyregf")
    except ImportError:
        return None


class Pages:
    """A file's bytes, a few blocks of them in memory, with `changes`, at their offsets, laid over
    one after the other; read as a file is.

    What the disk beneath raises is kept in `trouble`, and the file ends there.
    """

    def __init__(self, file: BinaryIO, changes: Sequence[Tuple[int, bytes]] = ()) -> None:
        self._file = file
        self._changes: Dict[int, List[Tuple[int, bytes]]] = {}
        self._blocks: Dict[int, bytes] = {}
        self._at = 0
        self._size = max([file.seek(0, 2), *(at + len(data) for at, data in changes)])
        self.trouble: Optional[OSError] = None
        for at, data in changes:
            for block in range(at // _BLOCK, (at + len(data) - 1) // _BLOCK + 1):
                self._changes.setdefault(block, []).append((at, data))

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, fewer at the end."""
        data = self.piece(self._at, size if size >= 0 else max(0, self._size - self._at))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset of the file, from its beginning (0), from where it is (1), or from its
        end (2).
        """
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        """Return where it is."""
        return self._at

    def get_size(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def piece(self, at: int, size: int) -> bytes:
        """Return `size` bytes at `at`, fewer at the end."""
        block, start = divmod(at, _BLOCK)
        found = [self._block(block)[start : start + size]]
        left = size - len(found[0])
        while left > 0:
            block += 1
            more = self._block(block)[:left]
            if not more:
                break
            found.append(more)
            left -= len(more)
        return b"".join(found)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.pop(next(iter(self._blocks)))
            self._blocks[number] = self._laid_over(number, self._stored(number))
        return self._blocks[number]

    def _stored(self, number: int) -> bytes:
        try:
            self._file.seek(number * _BLOCK)
            return self._file.read(_BLOCK)
        except OSError as error:
            self.trouble = self.trouble or error
            return b""

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


class RawValue(NamedTuple):
    """A value as it lies in the hive; `data` is None where it is too long to be of use."""

    name: str
    type: int
    data: Optional[bytes]
    size: int


class Hive:
    """The hive in `pages`; `damages` says what could not be read, each with its place. A key is
    what the library has for it.
    """

    def __init__(self, pages: Pages, seconds: float = LONGEST_SECONDS) -> None:
        """Open it; raises HiveError where it cannot be, and TooMuchError."""
        library = _library()
        if library is None:
            raise HiveError(NO_LIBRARY)
        self._pages = pages
        self._deadline = monotonic() + seconds
        self._looked = 0
        self.damages: List[str] = []
        self._refuse_lists_of_lists()
        self._file = library.file()
        try:
            self._file.open_file_object(pages)
            self.root = self._file.get_root_key()
        except _RAISED as error:
            self._raise_trouble()
            raise HiveError(f"its first key cannot be read ({_cause(error)})") from error
        if self.root is None:
            raise HiveError("it has no first key")

    def children(self, key: Any) -> Iterator[Tuple[str, Any]]:
        """Yield the keys below one, each with its name; those that are damaged are left out, and
        told of.
        """
        seen: Set[str] = set()
        for number in range(self._count(key, "number_of_sub_keys", _CHILDREN_AT, "keys")):
            self._look()
            try:
                child = key.get_sub_key(number)
                name = child.name or ""
                at = child.offset
            except _RAISED as error:
                self._damage(f"a key ({_cause(error)})")
                continue
            flags, parent, length = _KEY.unpack(
                self._pages.piece(at, _KEY.size).ljust(_KEY.size, b"\0")
            )
            if (
                parent != key.offset - 4 - BASE
                or not _is_named(name, length, flags & _ASCII_KEY)
                or flags & _LINK
                or name.lower() in seen
            ):
                self._damage(f"the key at {at:#x}, or another with its name")
            seen.add(name.lower())
            yield name, child

    def values(self, key: Any) -> List[RawValue]:
        """Return the values of a key, but for what is damaged."""
        found: List[RawValue] = []
        seen: Set[str] = set()
        for number in range(self._count(key, "number_of_values", _VALUES_AT, "values")):
            self._look()
            try:
                value = key.get_value(number)
                name, at, size = value.name or "", value.offset, value.data_size
                data = None if size > LARGEST_VALUE else value.data or b""
                damaged = value.is_corrupted()
            except _RAISED as error:
                self._damage(f"a value ({_cause(error)})")
                continue
            length, flags = _VALUE.unpack(
                self._pages.piece(at, _VALUE.size).ljust(_VALUE.size, b"\0")
            )
            if not _is_named(name, length, flags & _ASCII_VALUE) or name.lower() in seen:
                self._damage(f"the value at {at:#x}, or another with its name")
            seen.add(name.lower())
            if damaged:
                self._damage(f"the value {name} at {at:#x}")
            else:
                found.append(RawValue(name, value.type, data, size))
        return found

    def leave_out(self, value: RawValue) -> None:
        """Tell of a value that was asked for and is longer than is read."""
        self._damage(f"the value {value.name} has {value.size} bytes")

    def _count(self, key: Any, what: str, at: Tuple[int, int], called: str) -> int:
        """Return how many keys or values there are below a key.

        Where the list of them is damaged the library says that there are none: the key itself says
        how many there should be. None with a list of them is no better; Windows keeps no list of
        nothing.
        """
        try:
            count = int(getattr(key, what))
            place = key.offset
        except _RAISED as error:
            self._damage(f"a list of {called} ({_cause(error)})")
            return 0
        said, listed = (int.from_bytes(self._pages.piece(place + one, 4), "little") for one in at)
        if count != said or (not said and listed != _NONE):
            self._damage(f"the list of {called} of the key at {place:#x}")
        return count

    def _look(self) -> None:
        self._looked += 1
        if self._looked > MOST_KEYS:
            raise TooMuchError(f"it has more than {MOST_KEYS} keys in what was asked for")
        if monotonic() > self._deadline:
            raise TooMuchError("it took too long")

    def _damage(self, says: str) -> None:
        self._raise_trouble()
        if len(self.damages) < _MOST_DAMAGES and says not in self.damages:
            self.damages.append(says)

    def _raise_trouble(self) -> None:
        if self._pages.trouble is not None:
            raise self._pages.trouble

    def _refuse_lists_of_lists(self) -> None:
        """Raise HiveError where a list of lists of keys names another such list, or more keys than
        are looked at.

        Windows makes none of these. The library follows them however deep they go (that of 2020
        until its stack ends) and holds all that they name.
        """
        for at in self._lists_of_lists():
            count = int.from_bytes(self._pages.piece(at + 2, 2), "little")
            named = self._pages.piece(at + 4, 4 * count)
            total = 0
            for number, (place,) in enumerate(struct.iter_unpack("<I", named[: len(named) & ~3])):
                if number % 512 == 0 and monotonic() > self._deadline:
                    raise TooMuchError("it took too long")
                kind, keys = _LIST.unpack(self._pages.piece(BASE + place + 4, 4).ljust(4, b"\0"))
                if kind not in (b"lf", b"lh", b"li", b"ri"):
                    # there the library ends too; or these are no lists but four letters somewhere
                    break
                total += keys
                if kind == b"ri" or total > MOST_KEYS:
                    raise HiveError(f"its lists of keys lead into one another at {at:#x}")

    def _lists_of_lists(self) -> Iterator[int]:
        """Yield where one may lie: what is called so, in a cell that is long enough for it, and no
        longer than the hive.
        """
        size = self._pages.get_size()
        for start in range(BASE, size, _BLOCK):
            if monotonic() > self._deadline:
                raise TooMuchError("it took too long")
            data = self._pages.piece(start, _BLOCK + 3)
            at = data.find(b"ri")
            while 0 <= at < _BLOCK:
                cell = abs(
                    int.from_bytes(self._pages.piece(start + at - 4, 4), "little", signed=True)
                )
                if 8 + 4 * int.from_bytes(data[at + 2 : at + 4], "little") <= cell <= size:
                    yield start + at
                at = data.find(b"ri", at + 1)


def _is_named(name: str, length: int, ascii_: int) -> bool:
    """Tell whether a name is as long as it should be: the library ends one at a null character."""
    return length == (
        len(name)
        if ascii_
        else 2 * len(name)
        if name.isascii()
        else len(name.encode("utf-16-le", "surrogatepass"))
    )


def _cause(error: BaseException) -> str:
    """Return what it comes from, of all that the library says: the innermost of its functions
    speaks second, after the outermost.

    >>> _cause(OSError("pyregf_key_get_sub_key: no sub key: 1. libregf_cell_read: no cell at offset: 64. libregf_key_read: no key."))
    'no cell at offset: 64'
    """
    said = [part.partition(": ")[2] or part for part in str(error).rstrip(".").split(". ")]
    return (said[1] if len(said) > 1 else said[0]) or type(error).__name__
