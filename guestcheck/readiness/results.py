"""Verdicts of readiness in the form of a check's results, for formats and policies:
`readiness-virtio-scsi` of `sda`.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from guestcheck.catalogue.rows import targets_of
from guestcheck.model.check import FAIL, NOTE, OUTCOMES, PASS, WARN, Result
from guestcheck.model.check import UNKNOWN as UNTOLD
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import (
    BOOTS,
    NETWORK_UP,
    OPEN,
    STOPS,
    UNKNOWN,
    WARNS,
    Readiness,
    Reason,
    actions_of,
    counting,
)
from guestcheck.readiness import assess

_GOOD = (BOOTS, NETWORK_UP)
# Several kernels of which it is not known which boots: more than these are not named.
_NAMED = 2


def results_on(
    inventory: Inventory, names: Sequence[str], every_kernel: bool
) -> Tuple[Result, ...]:
    """Return the results for the targets that `names` of interfaces and platforms stand for."""
    return as_results(assess(inventory, targets_of(names)), every_kernel)


def as_results(found: Tuple[Readiness, ...], every_kernel: bool = False) -> Tuple[Result, ...]:
    """Return a result for each target and device by the kernel that boots by default, worst first.

    Where it is not known which kernel that is, all have to agree. Other kernels that are not ready
    are worth a note; with `every_kernel` they count like the default one.
    """
    told: List[Result] = []
    groups = counting(found).values()
    for group in groups:
        told += [_result((one,)) for one in group] if every_kernel else [_result(group)]
    told_of = {id(one) for group in groups for one in group}
    for one in found:
        if id(one) not in told_of:
            other = _result((one,))
            told.append(
                other
                if every_kernel
                else other._replace(outcome=NOTE if other.outcome in (FAIL, UNTOLD) else PASS)
            )
    return tuple(sorted(told, key=lambda result: OUTCOMES.index(result.outcome)))


def _result(group: Tuple[Readiness, ...]) -> Result:
    verdicts = {one.verdict for one in group}
    one = group[0]
    place, kind = _place(one, group), one.kind
    if verdicts <= set(_GOOD):
        warned = _by_weight(group, WARNS)
        outcome = WARN if warned else PASS
        says = (
            message(f"ready.{kind}.but", place=place, says=warned[0].says)
            if warned
            else message(f"ready.{kind}", place=place)
        )
        evidence = tuple(hint for reason in warned for hint in reason.evidence) or one.evidence
    elif UNKNOWN in verdicts or len(verdicts) > 1:
        reasons = _by_weight(group, OPEN) or _by_weight(group, STOPS)
        settle = next((reason.settle for reason in reasons if reason.settle), "")
        outcome = UNTOLD
        says = message(f"ready.{kind}.unknown", place=place, says=reasons[0].says)
        if settle:
            says = message("would-be-settled", says=says, settle=settle)
        evidence = _hints(reasons)
    else:
        reasons = _by_weight(group, STOPS)
        outcome = FAIL
        says = message(f"ready.{kind}.not", place=place, says=reasons[0].says)
        if len(reasons) > 1:
            says = message("and-more", says=says, count=len(reasons) - 1)
        evidence = _hints(reasons)
    return Result(
        f"readiness-{one.target}",
        outcome,
        one.device or "guest",
        says,
        "",
        evidence,
        actions_of(one),
    )


def _by_weight(group: Tuple[Readiness, ...], weight: str) -> Tuple[Reason, ...]:
    found = {
        (reason.id, reason.says): reason
        for one in group
        for reason in one.reasons
        if reason.weight == weight
    }
    return tuple(found.values())


def _hints(reasons: Tuple[Reason, ...]) -> Tuple[Hint, ...]:
    return tuple(dict.fromkeys(hint for reason in reasons for hint in reason.evidence))


def _place(one: Readiness, group: Tuple[Readiness, ...]) -> Message:
    """Return of what the result is: the device, the target, and the kernels."""
    releases = tuple(kernel.kernel or "unknown" for kernel in group)
    more = len(releases) - _NAMED
    system = (
        message(f"system.{one.family}.more", releases=releases[:_NAMED], count=more)
        if more > 0
        else message(f"system.{one.family}", releases=releases)
    )
    if one.device:
        return message("place.device", device=one.device, target=one.target, system=system)
    return message("place", target=one.target, system=system)
