"""What is done about results and verdicts, in order: which actions, and in whose words.

What a verdict needs is done inside the guest. What a check finds may also be done on the host.
"""

from __future__ import annotations

from typing import Dict, Protocol, Tuple

from guestcheck.advice import advise, repair, without_repair
from guestcheck.discovery import of_family
from guestcheck.model.action import Action
from guestcheck.model.advice import Step
from guestcheck.model.check import Result
from guestcheck.model.device import Inventory
from guestcheck.model.guard import guarded
from guestcheck.model.report import Preflight
from guestcheck.model.target import Readiness, actions_of

Steps = Dict[int, Tuple[Step, ...]]


def remedies(
    results: Tuple[Result, ...], inventory: Inventory, ready: Tuple[Readiness, ...]
) -> Steps:
    """Return the steps for each result, by its number: for a result of readiness those inside the
    guest alone, with all modules of an initramfs in one step.
    """
    of_readiness = {
        number: result
        for number, result in enumerate(results)
        if result.id.startswith("readiness-")
    }
    others = advise(
        tuple(
            result._replace(actions=()) if number in of_readiness else result
            for number, result in enumerate(results)
        ),
        inventory,
        ready,
    )
    inside = {
        number: _repair(result.actions, inventory, result.id)
        for number, result in of_readiness.items()
    }
    return {**others, **{number: steps for number, steps in inside.items() if steps}}


def repairs(verdicts: Tuple[Readiness, ...], inventory: Inventory) -> Steps:
    """Return the steps inside the guest for each verdict, by its number."""
    worded = {
        number: (
            *_repair(actions_of(one), inventory, f"{one.target}, kernel {one.kernel}"),
            *without_repair(one.reasons, inventory),
        )
        for number, one in enumerate(verdicts)
    }
    return {number: steps for number, steps in worded.items() if steps}


class FixScript(Protocol):
    """The file `fix_script` in the folder of a family."""

    def script(self, report: Preflight) -> str:
        """Return the script; raises UsageError where there is none for such a guest."""


def script(report: Preflight) -> str:
    """Return a script with the repairs in the guest, for its operator to read and run."""
    family: FixScript = of_family("guestcheck.advice", report.inventory.family, "fix_script")
    return family.script(report)


def _repair(actions: Tuple[Action, ...], inventory: Inventory, what: str) -> Tuple[Step, ...]:
    return guarded("advice", what, lambda: repair(actions, inventory), ())
