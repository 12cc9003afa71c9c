"""What somebody wants of their guests, written down in a file: Results + Policy → Results and a
verdict.

`load` reads the file, `judge` applies it: it adds what its own rules find, changes how much a
finding counts, and leaves out what is ignored, which the report still names. Files here import
`model` and each other. The form of the file has a version; a key that is new needs a line in
`file.py`, in `schema.py`, in the text that `guestcheck policy init` writes, and in docs/policy.md.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Iterator, List, Tuple

from guestcheck.model.check import (
    ERROR,
    FAIL,
    LEVELS,
    NOTE,
    OUTCOMES,
    PASS,
    SKIP,
    UNKNOWN,
    WARN,
    Result,
)
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.policy import Accepted, Judgement, Policy
from guestcheck.policy.file import EXPIRED, NOT_RUN, UNUSED
from guestcheck.policy.kinds import kinds
from guestcheck.policy.pages import why

_COUNTED = (FAIL, WARN, NOTE)
_UNTOLD = (UNKNOWN, ERROR)
_FAMILIES = ("policy", "readiness")
_NAMED = 6


def judge(
    policy: Policy, inventory: Inventory, results: Tuple[Result, ...], today: str
) -> Tuple[Tuple[Result, ...], Judgement]:
    """Return `results` as the policy has them, with what its own rules find, worst first; and its
    verdict. `today` is a day: 2026-12-31.
    """
    found = [*results, *kinds(policy, inventory), *_not_run(policy, results)]
    weighed = [_weighed(policy, result) for result in found]
    kept, accepted = _without_ignored(policy, weighed, today)
    kept += [_weighed(policy, result) for result in _ignores(policy, weighed, today)]
    final = tuple(sorted(kept, key=lambda result: OUTCOMES.index(result.outcome)))
    return final, _judgement(policy, final, accepted)


def _not_run(policy: Policy, results: Tuple[Result, ...]) -> Iterator[Result]:
    ran = {result.id for result in results}
    for check, line in policy.must_pass.items():
        if check not in ran:
            hint = Hint(f"{policy.file}, line {line}", f"{check} must pass")
            yield Result(
                NOT_RUN,
                UNKNOWN,
                check,
                f"{check} must pass, and was not run",
                why(NOT_RUN),
                (hint,),
            )


def _weighed(policy: Policy, result: Result) -> Result:
    """Let a finding count as much as the policy says; what passed, does not apply or could not be
    told stays as it is.
    """
    if result.outcome not in _COUNTED:
        return result
    if result.id in policy.must_pass:
        hint = Hint(f"{policy.file}, line {policy.must_pass[result.id]}", f"{result.id} must pass")
        return result._replace(outcome=FAIL, evidence=(*result.evidence, hint))
    if result.id in policy.severity:
        outcome, line = policy.severity[result.id]
        return result._replace(
            outcome=outcome,
            evidence=(
                *result.evidence,
                Hint(f"{policy.file}, line {line}", f"{result.id} counts as {outcome}"),
            ),
        )
    return result


def _without_ignored(
    policy: Policy, results: List[Result], today: str
) -> Tuple[List[Result], Tuple[Accepted, ...]]:
    kept: List[Result] = []
    accepted: List[Accepted] = []
    for result in results:
        ignore = next(
            (
                one
                for one in policy.ignores
                if one.until >= today and _covers(one.check, one.subject, result)
            ),
            None,
        )
        if ignore is None:
            kept.append(result)
            continue
        accepted.append(Accepted(result, ignore))
        hint = Hint(
            f"{policy.file}, line {ignore.line}", f"ignored until {ignore.until}: {ignore.reason}"
        )
        kept.append(
            result._replace(
                outcome=SKIP,
                summary=message("ignored-until", says=result.summary, until=ignore.until),
                evidence=(*result.evidence, hint),
                actions=(),
            )
        )
    return kept, tuple(accepted)


def _covers(check: str, subject: str, result: Result) -> bool:
    pattern = subject.replace("[", "[[]").replace("?", "[?]")  # a star alone means something
    return (
        result.id == check
        and result.outcome not in (PASS, SKIP)
        and fnmatchcase(result.subject, pattern)
    )


def _ignores(policy: Policy, results: List[Result], today: str) -> Iterator[Result]:
    """Yield what is wrong with the policy's own exceptions."""
    for one in policy.ignores:
        what = one.check if one.subject == "*" else f"{one.check} of {one.subject}"
        hint = Hint(f"{policy.file}, line {one.line}", f"until {one.until}: {one.reason}")
        if one.until < today:
            yield Result(
                EXPIRED,
                FAIL,
                one.check,
                f"{what} was to be ignored until {one.until}, which has passed",
                why(EXPIRED),
                (hint,),
            )
        elif not any(_covers(one.check, one.subject, result) for result in results):
            yield Result(
                UNUSED,
                NOTE,
                one.check,
                f"{what} is ignored, and there is nothing of it to be ignored",
                why(UNUSED),
                (hint,),
            )


def _judgement(
    policy: Policy, results: Tuple[Result, ...], accepted: Tuple[Accepted, ...]
) -> Judgement:
    level = policy.fail_on or FAIL
    at = level if level == FAIL else f"{level} or worse"
    broken = tuple(result for result in results if result.outcome in LEVELS[level])
    unsure = tuple(
        result for result in results if result.outcome in _UNTOLD and _needed(policy, result)
    )
    if broken:
        outcome, deciding = FAIL, broken
        says = f"{len(broken)} finding{'' if len(broken) == 1 else 's'} at {at}: {_some(broken)}"
    elif unsure:
        outcome, deciding = UNKNOWN, unsure
        says = f"it could not be told of: {_some(unsure)}"
    else:
        outcome, deciding = PASS, ()
        says = "nothing counts (fail-on never)" if level == "never" else f"no finding at {at}"
    if accepted:
        says += f"; {len(accepted)} ignored"
    return Judgement(policy.file, policy.title, outcome, says, level, deciding, accepted)


def _needed(policy: Policy, result: Result) -> bool:
    return (
        bool(policy.strict)
        or result.id in policy.must_pass
        or result.id.partition("-")[0] in _FAMILIES
    )


def _some(results: Tuple[Result, ...]) -> str:
    named = [
        *dict.fromkeys(
            result.id
            if result.subject in ("guest", result.id)
            else f"{result.id} ({result.subject})"
            for result in results
        )
    ]
    return ", ".join(named[:_NAMED]) + (
        f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    )
