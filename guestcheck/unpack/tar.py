"""The members of a tar archive, read from its beginning to its end: POSIX ustar and pax, GNU, and
what was before them.

Python's tarfile is not used: it takes quadratic time for some headers, reads as many bytes of a
header into memory as that claims to have, keeps every member, and ends at a damaged one as if the
archive were over. What is needed of the format is little. See
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html and
https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Tuple
from zlib import adler32

from guestcheck.unpack.stream import EnoughError, Stream

FILE, FOLDER, LINK, HARD_LINK, SPARSE, OTHER = (
    "file",
    "folder",
    "link",
    "hard link",
    "sparse file",
    "device or pipe",
)
_KINDS = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"1": HARD_LINK,
    b"2": LINK,
    b"5": FOLDER,
    b"S": SPARSE,
}
_DATALESS = b"123456"  # their size, if they tell one, is that of something else
_LARGEST_HEADER = 1 << 20  # a member's extended headers: a name, some times and attributes
_MOST_RECORDS = 4_000_000  # in all pax headers; a member has some ten
_END = bytes(512)


class Member(NamedTuple):
    """One member: its name and, of a link, its target, as they stand there; the size of its data in
    bytes.
    """

    name: str
    kind: str
    target: str
    size: int


class Tar:
    """The members of the archive that `stream` holds, one after the other; raises ValueError or
    EOFError where it is damaged.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._left = self._size = self._records = 0

    def __iter__(self) -> Iterator[Member]:
        """Yield each member; its data can be read until the next one is asked for."""
        told: Dict[str, str] = {}
        while True:
            self._stream.skip(self._left)
            header = self._stream.read(512)
            if header == _END:
                return
            if len(header) < 512:
                raise EOFError("it ends before its end mark")
            mark = header[156:157]
            size = _size(header)
            if mark in b"xgLK":
                told.update(self._extended(mark, size))
                continue
            member = _member(header, size, told)
            if mark == b"S":
                self._pass_map(header)
            self._size = 0 if mark in _DATALESS else member.size
            self._left = self._size + -self._size % 512
            yield member
            told = {}

    def data(self, most: int) -> bytes:
        """Return at most `most` bytes of the present member's data; to be called once."""
        data = self._stream.read(min(most, self._size))
        self._left -= len(data)
        return data

    def some(self, most: int) -> bytes:
        """Return the next bytes of the present member's data, `most` of them at most; none at its
        end.
        """
        data = self._stream.read(min(most, self._size))
        self._left -= len(data)
        self._size -= len(data)
        return data

    def _extended(self, mark: bytes, size: int) -> Dict[str, str]:
        """Return what a header that stands before another says of it: "path", "linkpath", "size"
        and others.
        """
        if size > _LARGEST_HEADER:
            raise EnoughError("a header in it is too large")
        data = self._stream.read(size)
        self._left = -size % 512
        if mark == b"g":  # for all that follow: comments, times, owners
            return {}
        if mark == b"x":
            told = dict(self._counted(_records(data)))
            return {key: value for key, value in told.items() if key}
        return {"path" if mark == b"L" else "linkpath": _text(data)}

    def _counted(self, records: Iterator[Tuple[str, str]]) -> Iterator[Tuple[str, str]]:
        """Yield the records as they come: a hundred bytes may hold ten of them, and an archive
        millions of headers.
        """
        for record in records:
            self._records += 1
            if self._records > _MOST_RECORDS:
                raise EnoughError(f"it has more than {_MOST_RECORDS} records in its headers")
            yield record

    def _pass_map(self, header: bytes) -> None:
        """Pass over the rest of an old sparse member's map, which stands before its data."""
        more = header[482]
        while more:
            block = self._stream.read(512)
            more = block[504] if len(block) == 512 else 0


def begins(header: bytes) -> bool:
    """Tell whether a file whose first 512 bytes are `header` is a tar archive."""
    try:
        return len(header) == 512 and _size(header) >= 0
    except ValueError:
        return False


def _member(header: bytes, size: int, told: Dict[str, str]) -> Member:
    name = told.get("name") or told.get("path") or _text(header[:100])
    if "path" not in told and header[257:263] == b"ustar\0" and header[345]:
        name = f"{_text(header[345:500])}/{name}"
    mark = header[156:157]
    kind = SPARSE if "sparse" in told else _KINDS.get(mark, OTHER)
    if mark == b"\0" and name.endswith("/"):
        kind = FOLDER
    target = told.get("linkpath") or _text(header[157:257]) if kind in (LINK, HARD_LINK) else ""
    return Member(name, kind, target, _natural(int(told["size"])) if "size" in told else size)


def _size(header: bytes) -> int:
    """Return the size that a header tells; raises ValueError for what is no header."""
    told = header[148:156].strip(b" \0")
    # Adler's checksum has the sum of all bytes and 1 in its lower half, modulo 65521, and is in C.
    if (
        not told
        or (int(told, 8) + 1) % 65521 != adler32(header[:148] + b"        " + header[156:]) & 0xFFFF
    ):
        raise ValueError("a header in it is damaged")
    field = header[124:136]
    return _natural(
        int.from_bytes(field[1:], "big")
        if field[0] == 0x80
        else int(field.strip(b" \0") or b"0", 8)
    )


def _natural(number: int) -> int:
    if not 0 <= number < 1 << 63:
        raise ValueError("a size in it is none")
    return number


def _records(data: bytes) -> Iterator[Tuple[str, str]]:
    """Yield what the records LENGTH KEY=VALUE of a pax header say, "" for what is of no use."""
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        length = int(data[at:space]) if space > 0 else 0
        if length <= max(space - at, 0) or at + length > len(
            data
        ):  # also what would never come to its end
            raise ValueError("a header in it is damaged")
        key, _, value = data[space + 1 : at + length - 1].partition(b"=")
        if key in (b"path", b"linkpath", b"size"):
            yield key.decode(), _text(value)
        elif key.startswith(b"GNU.sparse."):
            yield "sparse", ""
            if key == b"GNU.sparse.name":
                yield "name", _text(value)
        else:
            yield "", ""
        at += length


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
