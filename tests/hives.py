"""Writes hives: small registries of our own making, laid out as Windows lays them out (M. Suhanov's
"Windows registry file format specification").
"""

from __future__ import annotations

import struct
from typing import Dict, List, Tuple, Union

from guestcheck.unpack.hive import checksum
from guestcheck.unpack.hive_log import marvin32

# A number, a text ("%…" in a tuple for one that is expanded), texts, or bytes.
Value = Union[int, str, Tuple[str, ...], bytes]
_LIST = 507  # keys in one list; of more there is a list of lists, as Windows makes them
Tree = Dict[str, "Union[Tree, Value]"]


def hive(tree: Tree, first: int = 1, second: int = 1) -> bytes:
    """Return the hive that holds `tree`: dicts are keys, all else values; `first` and `second`
    differ in one that is dirty.
    """
    return _Writer().whole(tree, first, second)


class _Writer:
    def __init__(self) -> None:
        self._cells = bytearray()

    def whole(self, tree: Tree, first: int, second: int) -> bytes:
        root = self._key("ROOT", tree, flags=0x2C)
        size = -(-(32 + len(self._cells)) // 4096) * 4096
        free = size - 32 - len(self._cells)
        bins = (
            struct.pack("<4sII20x", b"hbin", 0, size)
            + bytes(self._cells)
            + (struct.pack("<i", free) + bytes(free - 4) if free else b"")
        )
        return head(root, size, first, second) + bytes(4096 - 512) + bins

    def _cell(self, data: bytes) -> int:
        at = 32 + len(self._cells)
        size = -(-(len(data) + 4) // 8) * 8
        self._cells += struct.pack("<i", -size) + data + bytes(size - 4 - len(data))
        return at

    def _key(self, name: str, tree: Tree, flags: int = 0x20) -> int:
        children = sorted(
            ((key, below) for key, below in tree.items() if isinstance(below, dict)),
            key=lambda pair: pair[0].upper(),
        )
        places = [
            (self._key(key, below), key) for key, below in children if isinstance(below, dict)
        ]
        listed = 0xFFFFFFFF
        lists = [
            self._list(places[start : start + _LIST]) for start in range(0, len(places), _LIST)
        ]
        if lists:
            listed = (
                lists[0]
                if len(lists) == 1
                else self._cell(
                    struct.pack("<2sH", b"ri", len(lists)) + struct.pack(f"<{len(lists)}I", *lists)
                )
            )
        values = [
            self._value(key, value) for key, value in tree.items() if not isinstance(value, dict)
        ]
        values_at = self._cell(struct.pack(f"<{len(values)}I", *values)) if values else 0xFFFFFFFF
        node = struct.pack(
            "<2sHQIIIIIIIIII20xHH",
            b"nk",
            flags,
            0,
            0,
            0,
            len(places),
            0,
            listed,
            0xFFFFFFFF,
            len(values),
            values_at,
            0xFFFFFFFF,
            0xFFFFFFFF,
            len(name),
            0,
        )
        at = self._cell(node + name.encode("latin-1"))
        for below, _ in places:
            struct.pack_into("<I", self._cells, below - 32 + 4 + 16, at)  # whose child it is
        return at

    def _list(self, places: List[Tuple[int, str]]) -> int:
        return self._cell(
            struct.pack("<2sH", b"lh", len(places))
            + b"".join(struct.pack("<II", at, _hash(key)) for at, key in places)
        )

    def _value(self, name: str, value: Value) -> int:
        type_, data = _stored(value)
        size, at = len(data), 0
        if size <= 4:
            size, at = size | 0x80000000, int.from_bytes(data.ljust(4, b"\0"), "little")
        else:
            at = self._cell(data)
        return self._cell(
            struct.pack("<2sHIIIHH", b"vk", len(name), size, at, type_, 1, 0)
            + name.encode("latin-1")
        )


def _hash(name: str) -> int:
    found = 0
    for character in name.upper():
        found = (found * 37 + ord(character)) & 0xFFFFFFFF
    return found


def _stored(value: Value) -> Tuple[int, bytes]:
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, bytes):
        return 3, value
    if isinstance(value, tuple):
        return 7, "".join(text + "\0" for text in (*value, "")).encode("utf-16-le")
    return (2 if "\\" in value else 1), (value + "\0").encode("utf-16-le")


def head(root: int, size: int, first: int, second: int) -> bytes:
    """Return the first 512 bytes of a hive or log."""
    data = struct.pack("<4sIIQIIIIIII", b"regf", first, second, 0, 1, 5, 0, 1, root, size, 1).ljust(
        508, b"\0"
    )
    return data + struct.pack("<I", checksum(data + bytes(4)))


def log(before: bytes, after: bytes, number: int) -> bytes:
    """Return the log that makes the hive `before` into `after`, which is as long: an entry with the
    pages that differ.
    """
    root, size = struct.unpack_from("<II", after, 36)
    pages: List[Tuple[int, bytes]] = [
        (at - 4096, after[at : at + 4096])
        for at in range(4096, len(after), 4096)
        if before[at : at + 4096] != after[at : at + 4096]
    ]
    return head(root, size, number, number) + entry(number, size, pages)


def entry(number: int, size: int, pages: List[Tuple[int, bytes]]) -> bytes:
    """Return an entry of a log, with pages by their offsets behind the hive's head; `size` is that
    of all bins then.
    """
    body = b"".join(struct.pack("<II", at, len(data)) for at, data in pages) + b"".join(
        data for _, data in pages
    )
    whole = -(-(40 + len(body)) // 512) * 512
    body = body.ljust(whole - 40, b"\0")
    start = struct.pack("<4sIIIIIQ", b"HvLE", whole, 0, number, size, len(pages), marvin32(body))
    return start + struct.pack("<Q", marvin32(start)) + body
