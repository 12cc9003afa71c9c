"""What Windows had not yet written into a hive when it stopped: the logs beside it, and which of
their pages are newer than the hive's own.

SYSTEM.LOG1 and .LOG2 hold entries since Windows 8.1, before that (and SYSTEM.LOG) a map of sectors;
both as M. Suhanov's "Windows registry file format specification" describes them. An entry counts if
its hashes are right and its number is the next; what follows a wrong one does not. Nothing is
written: the pages are laid over the hive as it is read.
"""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.unpack.hive import BASE, LARGEST_HIVE, Head, HiveError, checksum, read_head

LARGEST_LOG = 16 << 20  # bytes, of which the hashes take ten seconds
_SECTOR = 512
_OWN = slice(48, 144)  # of a head: the end of the hive's file name, and its ids
_SEED = 0x82EF4D887A4E55C5
_MASK = 0xFFFFFFFF


class Recovered(NamedTuple):
    """A hive's head as it is after its logs, and their pages with their offsets in the file, in the
    order in which they were written: a later one may

    cover a part of an earlier one. `says` is "" where nothing is in doubt.
    """

    head: Head
    changes: Tuple[Tuple[int, bytes], ...]
    says: str


class _Entries(NamedTuple):
    head: Head
    first: int
    pages: Tuple[
        Tuple[int, Tuple[Tuple[int, bytes], ...], int], ...
    ]  # number, pages, bytes of all bins then
    broken: bool  # an entry in it is damaged, and a later one stands behind that


def recover(start: bytes, logs: Sequence[Optional[bytes]]) -> Recovered:
    """Return what is so once Windows has applied `logs` to the hive that begins with `start`;
    raises HiveError where nothing can be found.

    None stands for a log that is there and cannot be read.
    """
    head = read_head(start)
    if not head.dirty:
        return Recovered(head, (), "")
    own = [log for log in logs if log is not None and not _is_foreign(start, log)]
    found = _recovered(head, own)
    if None in logs:
        return found._replace(says=found.says or "a log beside it cannot be read")
    if len(own) < len(logs):
        return found._replace(says=found.says or "a log beside it is another hive's")
    return found


def _recovered(head: Head, logs: Sequence[bytes]) -> Recovered:
    read = [one for one in map(_log, logs) if one is not None]
    found = _applied(head, read)
    if any(isinstance(one, _Entries) and not one.pages for one in read):
        return found._replace(says=found.says or "a log beside it is damaged")
    return found


def _applied(head: Head, read: "Sequence[_Entries | Recovered]") -> Recovered:
    entries = sorted(
        (one for one in read if isinstance(one, _Entries) and one.pages), key=lambda one: one.first
    )
    maps = [one for one in read if isinstance(one, Recovered)]
    usable = [one for one in entries if not head.sound or one.first >= head.second]
    if usable:
        found = _by_entries(head, usable)
        if not head.sound and found.head.first < head.second:
            return found._replace(
                says=found.says or "its head is damaged, and the logs beside it are older"
            )
        return found
    if maps:
        newest = max(maps, key=lambda one: one.head.first)
        if not head.sound or newest.head.first >= head.second:
            return newest
    if not head.sound:
        # How long it says that it is may be wrong too; where the file ends reading ends.
        return Recovered(
            head._replace(size=LARGEST_HIVE),
            (),
            "its head is damaged, and no log beside it has another",
        )
    return Recovered(
        head, (), "Windows was not shut down, and what it had still to write is in no log beside it"
    )


def _is_foreign(start: bytes, log: bytes) -> bool:
    """Tell whether a log was made for another hive: it has the hive's own file name and ids in its
    head.
    """
    return log[:4] == b"regf" and len(log) >= _SECTOR and log[_OWN] != start[_OWN]


def head_after(start: bytes, head: Head) -> bytes:
    """Return the first 512 bytes that a hive which begins with `start` has once it is as `head`
    says.

    >>> read_head(head_after(b"regf" + bytes(508), Head(7, 7, 32, 4096, True)))
    Head(first=7, second=7, root=32, size=4096, sound=True)
    """
    data = bytearray(start[:_SECTOR])
    struct.pack_into("<II", data, 4, head.first, head.first)
    struct.pack_into("<II", data, 36, head.root, head.size)
    struct.pack_into("<I", data, 508, checksum(bytes(data)))
    return bytes(data)


def _by_entries(head: Head, logs: List[_Entries]) -> Recovered:
    changes: List[Tuple[int, bytes]] = []
    last, size, says = -1, head.size, ""
    root = head.root if head.sound else logs[0].head.root
    for log in logs:
        if last >= 0 and log.first != last + 1:
            says = "its logs do not follow one another: only the first was applied"
            break
        for number, pages, bins in log.pages:
            changes += pages
            last, size = number, bins
        if log.broken:
            says = "an entry of its logs is damaged, and what stands behind it was not applied"
            break
    return Recovered(Head(last, last, root, size, True), tuple(changes), says)


def _log(data: bytes) -> "_Entries | Recovered | None":
    """Read a log; None where it holds nothing that counts."""
    try:
        head = read_head(data[:_SECTOR])
    except HiveError:
        return None
    if not head.sound:
        return _Entries(head, head.first, (), True)
    if data[_SECTOR : _SECTOR + 4] == b"HvLE":
        pages, end = _entries(data, head.first)
        broken = _goes_on(data, end, pages[-1][0] if pages else head.first - 1)
        return (
            _Entries(head, pages[0][0] if pages else head.first, tuple(pages), broken)
            if pages or broken
            else None
        )
    if data[_SECTOR : _SECTOR + 4] == b"DIRT" and head.first == head.second:
        return _map(data, head)
    return None


def _goes_on(data: bytes, at: int, last: int) -> bool:
    """Tell whether an entry that is newer than the last good one begins behind it; what is left of
    older rounds has lower numbers.
    """
    at = data.find(b"HvLE", at)
    while at >= 0:
        if (
            at % _SECTOR == 0
            and len(data) >= at + 16
            and struct.unpack_from("<I", data, at + 12)[0] > last
        ):
            return True
        at = data.find(b"HvLE", at + 1)
    return False


def _entries(
    data: bytes, number: int
) -> "Tuple[List[Tuple[int, Tuple[Tuple[int, bytes], ...], int]], int]":
    """Return the entries that are good, in their order, and where the first that is not begins."""
    found: List[Tuple[int, Tuple[Tuple[int, bytes], ...], int]] = []
    at = _SECTOR
    while data[at : at + 4] == b"HvLE" and len(data) >= at + 40:
        size, _, own, bins, count, first_hash, second_hash = struct.unpack_from(
            "<IIIIIQQ", data, at + 4
        )
        entry = data[at : at + size]
        if (
            own != number
            or size % _SECTOR
            or len(entry) < max(size, 40 + 8 * count)
            or bins > LARGEST_HIVE
        ):
            break
        if marvin32(entry[:32]) != second_hash or marvin32(entry[40:]) != first_hash:
            break
        pages: List[Tuple[int, bytes]] = []
        place = 40 + 8 * count
        for page in range(count):
            offset, length = struct.unpack_from("<II", entry, 40 + 8 * page)
            if not length or length % _SECTOR:
                return found, at
            pages.append((BASE + offset, entry[place : place + length]))
            place += length
        if place > len(entry):
            break
        found.append((own, tuple(pages), bins))
        at, number = at + size, number + 1
    return found, at


def _map(data: bytes, head: Head) -> "Recovered | None":
    """Read a log of old: a bit for each 512 bytes of the hive, and behind that those that are set."""
    length = head.size // _SECTOR // 8
    bits = data[_SECTOR + 4 : _SECTOR + 4 + length]
    place = -(-(_SECTOR + 4 + length) // _SECTOR) * _SECTOR
    changes: List[Tuple[int, bytes]] = []
    for number, byte in enumerate(bits):
        for bit in range(8):
            if byte >> bit & 1:
                page = data[place : place + _SECTOR]
                if len(page) < _SECTOR:
                    return None
                changes.append((BASE + (number * 8 + bit) * _SECTOR, page))
                place += _SECTOR
    return Recovered(head, tuple(changes), "") if len(bits) == length else None


def marvin32(data: bytes) -> int:
    """Return Marvin32 of `data` with the seed that the registry has.

    >>> f"{marvin32(b''):016x}"
    'b39efca403966e08'
    """
    low, high = _SEED & _MASK, _SEED >> 32
    whole = len(data) & ~3
    rest = data[whole:] + b"\x80"
    words = (*struct.unpack_from(f"<{whole // 4}I", data), int.from_bytes(rest, "little"), 0)
    for word in words:
        low = (low + word) & _MASK
        high ^= low
        low = ((low << 20 | low >> 12) + high) & _MASK
        high = (high << 9 | high >> 23) & _MASK ^ low
        low = ((low << 27 | low >> 5) + high) & _MASK
        high = (high << 19 | high >> 13) & _MASK
    return high << 32 | low
