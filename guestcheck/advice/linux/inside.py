"""How steps are laid out for a Linux guest: the words of hosts are its own."""

from __future__ import annotations

from typing import Tuple

from guestcheck.model.action import Action
from guestcheck.model.advice import Step

PLACE = "guest"
SAYS_NO_REPAIR = True


def in_order(actions: Tuple[Action, ...]) -> Tuple[Action, ...]:
    """Return the actions as they are."""
    return actions


def adapted(step: Step, place: str) -> Step:
    """Return the step as it is."""
    del place
    return step
