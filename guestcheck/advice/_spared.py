"""What need not be advised: where a device is ready to be moved, nothing has to be made ready, and
that is said with its evidence.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from guestcheck.messages import words
from guestcheck.model.check import Action
from guestcheck.model.lookup import kept
from guestcheck.model.target import BOOTS, NETWORK_UP, WARNS, Readiness, deciding, is_windows

_MOVES = ("move-disk", "change-nic")


def spared(actions: Tuple[Action, ...], ready: Tuple[Readiness, ...]) -> Tuple[Action, ...]:
    """Return `actions` without those that the kernel that boots by default does not need, and one
    that says why.
    """
    move = next((action for action in actions if action.name in _MOVES), None)
    one = deciding(ready, move.about.get("device", "")) if move else None
    if (
        move is None
        or one is None
        or one.target != move.about.get("to")
        or one.verdict not in (BOOTS, NETWORK_UP)
    ):
        return actions
    return tuple(_kept(actions, one, _about(one, ready)))


def _about(one: Readiness, ready: Tuple[Readiness, ...]) -> Dict[str, str]:
    told: Dict[str, List[str]] = {}
    for hint in one.evidence:
        told.setdefault(hint.source, []).append(hint.says)
    others = [
        other.kernel
        for other in _alike(ready)[one.device, one.target]
        if other.verdict != one.verdict
    ]
    return {
        "device": one.device,
        "what": one.kind,
        "to": one.target,
        "kernel": one.kernel,
        "evidence": ", ".join(f"{source}: {' and '.join(said)}" for source, said in told.items()),
        "where": "initramfs" if any("initr" in source for source in told) else "",
        "warning": next(
            (words(reason.says) for reason in one.reasons if reason.weight == WARNS), ""
        ),
        "others": " ".join(others),
    }


@kept
def _alike(ready: Tuple[Readiness, ...]) -> Dict[Tuple[str, str], List[Readiness]]:
    """Return the verdicts on all kernels by device and target."""
    found: Dict[Tuple[str, str], List[Readiness]] = {}
    for one in ready:
        found.setdefault((one.device, one.target), []).append(one)
    return found


def _kept(actions: Tuple[Action, ...], one: Readiness, about: Dict[str, str]) -> Iterator[Action]:
    yield Action("nothing-to-prepare", about)
    for action in actions:
        if action.name in _MOVES:
            yield action._replace(
                about={
                    **action.about,
                    "ready": "warned" if about["warning"] and one.kind == "disk" else "yes",
                }
            )
        elif action.name == "windows-drivers" and is_windows(one.kernel):
            # what is there is not installed; "nothing-to-prepare" says what is looked at before and
            # after
            continue
        elif action.name != "prepare-driver":
            yield action
