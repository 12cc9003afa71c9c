"""How steps are laid out for a Windows guest, which has no initramfs and other names."""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import DRIVER_FIRST, NAMES_CHANGE
from guestcheck.model.action import Action, WindowsDrivers
from guestcheck.model.advice import Step

PLACE = "windows"
SAYS_NO_REPAIR = False  # what Windows needs has its own words
_HERE = "in the guest"
_BOOT_START = (
    "The guest boots from this disk: first see that the new driver starts at boot. If it does not "
    "boot, change it back: nothing on the disk was altered."
)
_OTHER_ADAPTER = "The MAC address stays; to Windows it is another adapter all the same."


def in_order(actions: Tuple[Action, ...]) -> Tuple[Action, ...]:
    """Return the driver first: without it the machine's definition may not be changed."""
    return tuple(sorted(actions, key=lambda action: not isinstance(action, WindowsDrivers)))


def adapted(step: Step, place: str) -> Step:
    """Return a step in the words that hold for Windows: what hosts say of the initramfs and of
    names holds for Linux.
    """
    note = step.note.replace(DRIVER_FIRST, _BOOT_START).replace(NAMES_CHANGE, _OTHER_ADAPTER)
    return step._replace(note=note, where=_HERE if place == PLACE else step.where)
