"""Which moves of a Linux guest's devices are judged without being asked for."""

from __future__ import annotations

from typing import List, Tuple

from guestcheck.model.device import EMULATED, Inventory
from guestcheck.model.message import message
from guestcheck.model.source import GUEST
from guestcheck.model.target import OPEN, Reason, Target
from guestcheck.readiness.moves import Move, faster

# Each is compared with all files that name disks and NICs. Root's disk is among them, and preflight
# asks for any other.
_MOST = 64


def moves(inventory: Inventory) -> List[Move]:
    """Return a move for each emulated device; where its files were not read, or there are too many
    devices, with a reason that says what would tell.
    """
    disks = [disk for disk in inventory.disks or () if disk.verdict.kind == EMULATED]
    if len(disks) > _MOST:
        disks.sort(key=lambda disk: not disk.roles)
    emulated = [Move(disk.name, "disk", faster("disk", inventory)) for disk in disks]
    emulated += [
        Move(nic.name, "nic", faster("nic", inventory))
        for nic in inventory.nics or ()
        if nic.verdict.kind == EMULATED and nic.name
    ]
    setup = inventory.guest.setup
    was_read = {
        "disk": setup.fstab is not None or setup.images is not None,
        "nic": setup.network is not None,
    }
    return [
        move._replace(open=_unread(inventory, move))
        if not was_read[move.kind]
        else move._replace(open=_left_out(move))
        if number >= _MOST
        else move
        for number, move in enumerate(emulated)
    ]


def usual_targets(inventory: Inventory) -> Tuple[Target, ...]:
    """Return nothing: where a Linux guest moves to is for its owner to say."""
    del inventory
    return ()


def images_to_read(inventory: Inventory) -> Tuple[str, ...]:
    """Return the images of the kernel that boots by default."""
    from guestcheck.readiness.linux.boots import default_images

    return default_images(inventory.guest)


def _left_out(move: Move) -> Reason:
    settle = message("find-out.preflight-of-device", target=move.target, kind=move.kind)
    return Reason("not-asked", message("not-asked.many", most=_MOST), (), OPEN, settle)


def _unread(inventory: Inventory, move: Move) -> Reason:
    settle = (
        message("find-out.preflight-to", target=move.target)
        if inventory.guest.origin == GUEST
        else message("find-out.preflight-to-in-guest", target=move.target)
    )
    return Reason("not-asked", message("not-asked.unread"), (), OPEN, settle)
