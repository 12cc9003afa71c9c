"""What is judged without being asked for: the moves of emulated devices, and targets that a family
of guests is always judged on.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Protocol, Sequence, Tuple

from guestcheck.catalogue.rows import TARGETS, best
from guestcheck.discovery import of_family
from guestcheck.model.device import Inventory
from guestcheck.model.guard import guarded
from guestcheck.model.target import UNKNOWN, Readiness, Reason, Target
from guestcheck.readiness import assess


class Move(NamedTuple):
    """A device ("": the one with the system), "disk" or "nic", and the target's id. With `open` the
    move is not judged, for that reason.
    """

    device: str
    kind: str
    target: str
    open: Optional[Reason] = None


class Moves(Protocol):
    """The file `moves` in the folder of a family."""

    def moves(self, inventory: Inventory) -> Sequence[Move]:
        """Return the moves that a report judges, in its order."""

    def usual_targets(self, inventory: Inventory) -> Tuple[Target, ...]:
        """Return the targets that preflight judges in any case."""

    def images_to_read(self, inventory: Inventory) -> Tuple[str, ...]:
        """Return the initramfs images by which a report judges moves; nothing where that cannot be
        told, or there are none.
        """


def of_emulated(inventory: Inventory, running: bool) -> Tuple[Readiness, ...]:
    """Say of each emulated device whether it could move to what is faster here; of a guest that is
    `running` by the kernel that boots by default alone.
    """
    return guarded(
        "readiness", "emulated devices", lambda: tuple(_of_emulated(inventory, running)), ()
    )


def to_targets(
    inventory: Inventory, named: Tuple[Target, ...], disks: Tuple[str, ...], nics: Tuple[str, ...]
) -> Tuple[Tuple[Readiness, ...], Tuple[Readiness, ...]]:
    """Return the verdicts on the targets that are named, or else on the usual ones of the family;
    and those on the usual ones for disks that were not among them.
    """
    usual = _of(inventory).usual_targets(inventory)
    asked = tuple(dict.fromkeys(named)) or usual
    others = tuple(one for one in usual if one.kind == "disk" and one not in asked)
    return assess(inventory, asked, disks, nics), assess(inventory, others, disks, nics)


def images_to_read(inventory: Inventory) -> Tuple[str, ...]:
    """Return the initramfs images that a report reads of a running guest."""
    return _of(inventory).images_to_read(inventory)


def faster(kind: str, inventory: Inventory) -> str:
    """Return the target that a disk ("disk") or NIC ("nic") should move to here."""
    return best(kind, inventory.hypervisor, inventory.platform).id


def _of(inventory: Inventory) -> Moves:
    family: Moves = of_family("guestcheck.readiness", inventory.family, "moves")
    return family


def _of_emulated(inventory: Inventory, running: bool) -> Iterator[Readiness]:
    for move in _of(inventory).moves(inventory):
        if move.open:
            yield Readiness(
                move.target, move.kind, move.device, "", None, UNKNOWN, (move.open,), ()
            )
        else:
            yield from _judged(move, inventory, running)


def _judged(move: Move, inventory: Inventory, running: bool) -> Tuple[Readiness, ...]:
    targets = tuple(one for one in TARGETS if one.id == move.target)
    names = (move.device,) if move.device else ()
    verdicts = (
        assess(inventory, targets, disks=names)
        if move.kind == "disk"
        else assess(inventory, targets, nics=names)
    )
    # Of a running guest no other kernel's initramfs was read.
    return (running and tuple(one for one in verdicts if one.default)) or verdicts
