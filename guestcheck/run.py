"""The order of things; this file alone knows it.

source ──Raw──▶ evidence ──Evidence──▶ facts ──Guest──▶ classify ──Inventory──▶ checks ──Results──▶ advice ──▶ Report
where from      what is asked          what is so       what it is               what should be so   what to do
"""

from __future__ import annotations

from time import gmtime, strftime
from typing import FrozenSet, Tuple

from guestcheck import __version__
from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.evidence import questions, read
from guestcheck.model.check import Check
from guestcheck.model.report import Report
from guestcheck.model.source import Source


def examine(source: Source, select: FrozenSet[str] = frozenset(), ignore: FrozenSet[str] = frozenset()) -> Report:
    """Ask `source` everything and judge what it says; `select` and `ignore` name checks or families of them."""
    if select or ignore:
        from guestcheck.checks import all_checks

        chosen(all_checks(), select, ignore)  # a wrong name is told before anything is asked
    # Of a running guest only what costs little is asked in passing.
    asked = questions(deep=not getattr(source, "running", False))
    start = getattr(source, "start", None)
    if start:
        start(asked)  # the programs run while what follows is imported

    try:
        from guestcheck.advice import advise
        from guestcheck.checks import all_checks, judge
        from guestcheck.classify import classify
        from guestcheck.facts import build

        raw = source.gather(asked)
    finally:
        close = getattr(source, "close", None)
        if close:
            close()  # also when it was interrupted: no program that was started stays behind
    evidence = read(raw, asked)
    guest = build(evidence)
    kernels = any(kernel.config or kernel.builtin or kernel.files for kernel in guest.kernels or ())
    if guest.block is None and guest.nics is None and guest.pci is None and not kernels:
        raise NoEvidenceError(f"{source.name}: nothing here tells of a disk, a network card or a kernel")
    inventory = classify(guest)
    results = judge(inventory, chosen(all_checks(), select, ignore))
    return Report(
        version=__version__,
        time=strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()),
        inventory=inventory,
        results=results,
        remedies=advise(results, inventory),
        gaps=evidence.gaps,
        platform_known=inventory.platform is not None,
    )


def chosen(checks: Tuple[Check, ...], select: FrozenSet[str], ignore: FrozenSet[str]) -> Tuple[Check, ...]:
    """Return the checks that `select` names (all, where it is empty) and `ignore` does not; families count as all of theirs."""
    known = {check.id for check in checks} | {check.id.partition("-")[0] for check in checks}
    for name in sorted((select | ignore) - known):
        raise UsageError(f"there is no check '{name}'; guestcheck list checks names all")
    wanted = [check for check in checks if not select or check.id in select or check.id.partition("-")[0] in select]
    return tuple(check for check in wanted if check.id not in ignore and check.id.partition("-")[0] not in ignore)
