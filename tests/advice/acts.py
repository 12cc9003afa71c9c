"""What a place says of an action, which a test names and gives values for."""

from __future__ import annotations

from typing import Any, List, Mapping

from guestcheck.advice import worded
from guestcheck.model.advice import Step
from guestcheck.model.device import Inventory
from tools.remedies import actions
from tools.remedies.actions import made as made

WORDED = actions.worded()


def say(place: str, name: str, values: Mapping[str, Any], inventory: Inventory) -> List[Step]:
    """Return what a place says of the action called `name`."""
    assert (place, name) in WORDED
    return list(worded(place, made(name, values), inventory))
