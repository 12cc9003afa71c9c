"""How steps are laid out for a Windows guest, which has no initramfs and other names."""

from __future__ import annotations

from typing import Tuple

from guestcheck.model.action import Action, WindowsDrivers
from guestcheck.model.advice import Step

PLACE = "windows"
SAYS_NO_REPAIR = False  # what Windows needs has its own words
_HERE = "in the guest"


def in_order(actions: Tuple[Action, ...]) -> Tuple[Action, ...]:
    """Return the driver first: without it the machine's definition may not be changed."""
    return tuple(sorted(actions, key=lambda action: not isinstance(action, WindowsDrivers)))


def adapted(step: Step, place: str) -> Step:
    """Return a step of Windows' own place as one in the guest."""
    return step._replace(where=_HERE) if place == PLACE else step
