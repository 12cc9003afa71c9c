"""Which device of one report is which of the other, as a person would say.

Disks by their serial number, else by the UUIDs on them, else by what is on them, else by name, else
by a size that no other has; cards by their MAC address, else by address, else by name. A mark
counts where one device alone on each side has it. Numbers that QEMU and others hand out by place
(QM00001, drive-scsi0) name the place, and are no mark.
"""

from __future__ import annotations

import re
from typing import (
    Callable,
    Dict,
    FrozenSet,
    Hashable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from guestcheck.compare._report import Json, text, value

Identities = Mapping[str, FrozenSet[str]]
Marks = Callable[[Json], Sequence[Hashable]]

_BY_PLACE = re.compile(r"qm[0-9]{5}|drive-[a-z]+[0-9-]+|vmware nvme[ _][0-9]{4}|0+", re.IGNORECASE)
_VIRTIO_BLK_SERIAL = (
    20  # characters that virtio-blk has room for; on other interfaces there may be more
)


class Pair(NamedTuple):
    """A device before and after; None where it is not. `by` is the mark that both have."""

    before: Optional[Json]
    after: Optional[Json]
    by: str = ""

    @property
    def same_contents(self) -> bool:
        """Tell whether the same stands on both disks, whatever the disks and their partitions are
        called.
        """
        return (
            self.before is not None
            and self.after is not None
            and _stack(self.before) == _stack(self.after)
        )


def pair_disks(
    before: Optional[List[Json]],
    after: Optional[List[Json]],
    known_before: Identities,
    known_after: Identities,
) -> List[Pair]:
    """Pair the disks of two reports."""
    uuids: Dict[int, FrozenSet[str]] = {}
    for disks, known in ((before or (), known_before), (after or (), known_after)):
        uuids.update(
            (id(disk), known.get(text(disk.get("name")) or "", frozenset())) for disk in disks
        )
    return _pairs(
        before,
        after,
        (
            ("serial", _serial),
            ("uuid", lambda disk: sorted(uuids[id(disk)])),
            ("contents", _contents),
            ("contents", _root),
            ("name", _field("name")),
            ("size", _field("size_bytes")),
        ),
    )


def pair_nics(before: Optional[List[Json]], after: Optional[List[Json]]) -> List[Pair]:
    """Pair the cards of two reports; those of a bond share a MAC address, and are told apart by
    name or address.
    """
    return _pairs(
        before,
        after,
        (
            ("mac", _field("mac")),
            ("mac", _mac_and_name),
            ("address", _field("address")),
            ("name", _field("name")),
        ),
    )


def pair_controllers(before: Optional[List[Json]], after: Optional[List[Json]]) -> List[Pair]:
    """Pair the storage controllers of two reports."""
    return _pairs(before, after, (("address", _field("address")), ("name", _field("name"))))


def _pairs(
    before: Optional[List[Json]], after: Optional[List[Json]], ways: Sequence[Tuple[str, Marks]]
) -> List[Pair]:
    if before is None or after is None:
        return []
    partner: Dict[int, Tuple[int, str]] = {}
    taken: Set[int] = set()
    for by, marks in ways:
        left = _index(
            [(number, device) for number, device in enumerate(before) if number not in partner],
            marks,
        )
        right = _index(
            [(number, device) for number, device in enumerate(after) if number not in taken], marks
        )
        for mark, numbers in left.items():
            others = right.get(mark, set())
            # Two disks may have several UUIDs in common; after the first they are paired.
            if len(numbers) == len(others) == 1:
                (one,), (two,) = numbers, others
                if one not in partner and two not in taken:
                    partner[one] = (two, by)
                    taken.add(two)
    pairs = [
        Pair(device, after[partner[n][0]], partner[n][1]) if n in partner else Pair(device, None)
        for n, device in enumerate(before)
    ]
    return pairs + [
        Pair(None, device) for number, device in enumerate(after) if number not in taken
    ]


def _index(devices: List[Tuple[int, Json]], marks: Marks) -> Dict[Hashable, Set[int]]:
    index: Dict[Hashable, Set[int]] = {}
    for number, device in devices:
        for mark in marks(device):
            index.setdefault(mark, set()).add(number)
    return index


def _field(name: str) -> Marks:
    def marks(device: Json) -> Sequence[Hashable]:
        held = value(device, name)
        return (held.lower() if isinstance(held, str) else held,) if held else ()

    return marks


def _serial(disk: Json) -> Sequence[Hashable]:
    serial = re.sub(r"[\s_]+", " ", (text(disk.get("serial")) or "").strip().lower())
    return (serial[:_VIRTIO_BLK_SERIAL],) if serial and not _BY_PLACE.fullmatch(serial) else ()


def _contents(disk: Json) -> Sequence[Hashable]:
    stack = _stack(disk)
    return ((stack, value(disk, "size_bytes")),) if stack else ()


def _root(disk: Json) -> Sequence[Hashable]:
    roles = value(disk, "roles")
    return ("root",) if isinstance(roles, tuple) and "root" in roles else ()


def _mac_and_name(nic: Json) -> Sequence[Hashable]:
    mac, name = value(nic, "mac"), value(nic, "name")
    return ((mac, name),) if mac and name else ()


def _stack(disk: Json) -> Tuple[str, ...]:
    """Return what is built on a disk, with numbers in place of the names of its partitions: sda1
    and vda1 are both 1.
    """
    stack = value(disk, "stack")
    name = text(disk.get("name")) or ""
    if not isinstance(stack, tuple) or not name:
        return stack if isinstance(stack, tuple) else ()
    return tuple(re.sub(rf"^{re.escape(name)}p?(?=[0-9]*\b)", "", line) for line in stack)
