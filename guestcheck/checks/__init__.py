"""What should be so: a file a family, a function a check; `nic-emulated` is `nic.py`, `def emulated`.

A check is a generator of findings over an `Inventory`; it names its remedy as an `Action`, and
`advice` words it. Files here import `model` and `checks/support.py` alone. To add a check: a public
function with a docstring (first line: what is wrong; then `Why:`, `Fix:`, `See:`) in the family's
file, a test in `tests/checks/`, a line in CHANGELOG under "Checks". Ids never change.
"""

from __future__ import annotations

from types import FunctionType
from typing import FrozenSet, Iterator, List, Optional, Sequence, Tuple, Union

from guestcheck.checks._selection import selection
from guestcheck.checks.support import ONLY
from guestcheck.discovery import modules
from guestcheck.model.check import (
    ERROR,
    OUTCOMES,
    PASS,
    SKIP,
    UNKNOWN,
    CannotSayError,
    Check,
    Finding,
    Result,
)
from guestcheck.model.device import Disk, Inventory, Nic
from guestcheck.model.guard import bug, culprits


def all_checks() -> Tuple[Check, ...]:
    """Return every check, by family."""
    import guestcheck.checks as package

    found: List[Check] = []
    for module in modules(package):
        family = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            if (
                isinstance(value, FunctionType)
                and value.__module__ == module.__name__
                and not name.startswith("_")
                and value.__doc__
            ):
                page = value.__doc__
                id_ = f"{family}-{name.replace('_', '-')}"
                found.append(Check(id_, page.split("\n", 1)[0], page, value, ONLY.get(value)))
    return tuple(check for check in found if not check.id.startswith("support-"))


def selected(
    select: FrozenSet[str] = frozenset(), ignore: FrozenSet[str] = frozenset()
) -> Tuple[Check, ...]:
    """Return the checks, or families of them, that `select` names (all, where it is empty) and
    `ignore` does not; a wrong name is an error.
    """
    return selection(all_checks(), select, ignore)


def page_of(check: Check) -> str:
    """Return a check's page without the indentation of its source."""
    from inspect import cleandoc

    return cleandoc(check.page)


def judge(inventory: Inventory, checks: Tuple[Check, ...]) -> Tuple[Result, ...]:
    """Run `checks`, worst results first; one that cannot say or crashes ends as unknown or error and stops no other."""
    results = [result for check in checks for result in _results(check, inventory)]
    return tuple(sorted(results, key=lambda result: OUTCOMES.index(result.outcome)))


def _results(check: Check, inventory: Inventory) -> Iterator[Result]:
    why = _section(check, "Why")
    silent = True
    found: List[Result] = []
    if check.only and check.only.family != inventory.family:
        yield _result(check, Finding(SKIP, "guest", check.only.otherwise), why)
        return
    try:
        for finding in check.run(inventory):
            silent = False
            found.append(_result(check, _as_far_as_read(finding, inventory), why))
            yield found[-1]
        if silent:
            yield _result(
                check,
                _as_far_as_read(
                    Finding(SKIP, "guest", "there is nothing here that it applies to"), inventory
                ),
                why,
            )
    except CannotSayError as error:
        yield _result(check, Finding(UNKNOWN, "guest", f"not known: {error}"), "")
    except Exception as error:  # a bug in one check must not cost the others' results
        yield from _failed(check, inventory, why, error, found)


def _failed(
    check: Check, inventory: Inventory, why: str, error: Exception, before: List[Result]
) -> Iterator[Result]:
    """Say that a check broke: at some device, and of the others what it finds; or altogether."""
    devices: Tuple[Union[Disk, Nic], ...] = (*(inventory.disks or ()), *(inventory.nics or ()))

    def only(some: Sequence[Union[Disk, Nic]]) -> Inventory:
        kept = set(map(id, some))
        disks = (
            None
            if inventory.disks is None
            else tuple(disk for disk in inventory.disks if id(disk) in kept)
        )
        nics = (
            None
            if inventory.nics is None
            else tuple(nic for nic in inventory.nics if id(nic) in kept)
        )
        return inventory._replace(disks=disks, nics=nics)

    def works(some: Tuple[Union[Disk, Nic], ...]) -> bool:
        return _works(check, only(some))

    bad = culprits(works, devices) if works(()) else []
    for one in bad[:_MOST_FAILED]:
        name = one.name or one.address
        yield _result(check, Finding(ERROR, name, f"the check failed at {name}: {bug(error)}"), why)
    if not bad or len(bad) > _MOST_FAILED:
        yield _result(
            check,
            Finding(ERROR, "guest", f"the check failed: {type(error).__name__}: {error}"),
            why,
        )
        return
    told = {(result.subject, result.summary) for result in before}
    wrong = set(map(id, bad))
    rest = only([one for one in devices if id(one) not in wrong])
    results = (
        _result(check, finding, why)
        for finding in check.run(rest)
        if finding.outcome not in (PASS, SKIP)
    )
    yield from (result for result in results if (result.subject, result.summary) not in told)


_MOST_FAILED = 20


def _works(check: Check, inventory: Inventory) -> bool:
    try:
        for _ in check.run(inventory):
            pass
    except CannotSayError:
        return True
    except Exception:
        return False
    return True


def _as_far_as_read(finding: Finding, inventory: Inventory) -> Finding:
    """Return a finding that all is well, or that there is nothing, as an unknown one where only the beginning of an answer was read."""
    cut = [answer for answer in inventory.guest.cut if not answer.deep]
    if not cut or finding.outcome not in (PASS, SKIP):
        return finding
    return finding._replace(
        outcome=UNKNOWN,
        summary=f"{finding.summary}, as far as was read ({cut[0].asked}: {cut[0].says})",
        actions=(),
    )


def _result(check: Check, finding: Finding, why: str) -> Result:
    return Result(
        check.id,
        finding.outcome,
        finding.subject,
        finding.summary,
        why,
        finding.evidence,
        finding.actions,
    )


def _section(check: Check, name: str) -> str:
    """Return a section of a check's page as one paragraph."""
    text: Optional[List[str]] = None
    for line in check.page.split("\n"):
        stripped = line.strip()
        if stripped.startswith(f"{name}:"):
            text = [stripped[len(name) + 1 :].strip()]
        elif text is not None:
            if not stripped or stripped.partition(":")[0] in ("Fix", "See", "Why"):
                break
            text.append(stripped)
    return " ".join(text) if text else ""
