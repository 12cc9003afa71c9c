"""What need not be advised: where a device is ready to be moved, nothing has to be made ready, and
that is said with its evidence.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from guestcheck.messages import words
from guestcheck.model.action import (
    DISK,
    Action,
    ChangeNic,
    MoveDisk,
    NothingToPrepare,
    PrepareDriver,
    WindowsDrivers,
)
from guestcheck.model.family import WINDOWS
from guestcheck.model.lookup import kept
from guestcheck.model.target import BOOTS, NETWORK_UP, WARNS, Readiness, deciding


def drop_unneeded(actions: Tuple[Action, ...], ready: Tuple[Readiness, ...]) -> Tuple[Action, ...]:
    """Return `actions` without those that the kernel that boots by default does not need, and one
    that says why.
    """
    move = next((action for action in actions if isinstance(action, (MoveDisk, ChangeNic))), None)
    one = deciding(ready, move.device) if move else None
    if (
        move is None
        or one is None
        or one.target != move.to
        or one.verdict not in (BOOTS, NETWORK_UP)
    ):
        return actions
    return tuple(_needed(actions, one, _nothing_to_prepare(one, ready)))


def _nothing_to_prepare(one: Readiness, ready: Tuple[Readiness, ...]) -> NothingToPrepare:
    others = tuple(
        other.kernel
        for other in _alike(ready)[one.device, one.target]
        if other.verdict != one.verdict
    )
    return NothingToPrepare(
        one.device,
        one.kind,
        one.target,
        one.kernel,
        one.evidence,
        any("initr" in hint.source for hint in one.evidence),
        next((words(reason.says) for reason in one.reasons if reason.weight == WARNS), ""),
        others,
    )


@kept
def _alike(ready: Tuple[Readiness, ...]) -> Dict[Tuple[str, str], List[Readiness]]:
    """Return the verdicts on all kernels by device and target."""
    found: Dict[Tuple[str, str], List[Readiness]] = {}
    for one in ready:
        found.setdefault((one.device, one.target), []).append(one)
    return found


def _needed(
    actions: Tuple[Action, ...], one: Readiness, nothing: NothingToPrepare
) -> Iterator[Action]:
    yield nothing
    for action in actions:
        if isinstance(action, MoveDisk):
            yield action._replace(ready=True, warned=bool(nothing.warning) and one.kind == DISK)
        elif isinstance(action, ChangeNic):
            yield action._replace(ready=True)
        elif isinstance(action, WindowsDrivers) and one.family == WINDOWS:
            # What is there is not installed; `NothingToPrepare` says what is looked at before and
            # after.
            continue
        elif not isinstance(action, PrepareDriver):
            yield action
