"""The order of things; this file alone knows it.

source ──Raw──▶ evidence ──Evidence──▶ facts ──Guest──▶ classify ──Inventory──▶ checks ──Results──▶ advice ──▶ Report
where from      what is asked          what is so       what it is    │          what should be so   what to do
                                                                      └────▶ readiness ──▶ advice ──▶ Preflight
                                                                             would it boot there
"""

from __future__ import annotations

from time import gmtime, strftime
from typing import FrozenSet, List, Sequence, Tuple

from guestcheck import __version__
from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.evidence import questions, read
from guestcheck.model.check import Check
from guestcheck.model.device import EMULATED, Inventory
from guestcheck.model.guest import Guest
from guestcheck.model.report import Preflight, Report
from guestcheck.model.source import Evidence, Source
from guestcheck.model.target import Readiness, Target


def examine(source: Source, select: FrozenSet[str] = frozenset(), ignore: FrozenSet[str] = frozenset()) -> Report:
    """Ask `source` everything and judge what it says; `select` and `ignore` name checks or families of them."""
    if select or ignore:
        from guestcheck.checks import all_checks

        chosen(all_checks(), select, ignore)  # a wrong name is told before anything is asked
    # Of a running guest only what costs little is asked in passing.
    inventory, evidence = _look(source, deep=not getattr(source, "running", False))
    from guestcheck.advice import advise
    from guestcheck.checks import all_checks, judge

    results = judge(inventory, chosen(all_checks(), select, ignore))
    return Report(
        version=__version__,
        time=_now(),
        inventory=inventory,
        results=results,
        remedies=advise(results, inventory),
        gaps=evidence.gaps,
        platform_known=inventory.platform is not None,
        readiness=_in_passing(inventory),
    )


def preflight(source: Source, targets: Sequence[Target], disks: Tuple[str, ...] = (), nics: Tuple[str, ...] = ()) -> Preflight:
    """Ask `source` everything and say whether the guest would boot, and have its network, on each of `targets`."""
    inventory, evidence = _look(source, deep=True)
    from guestcheck.advice import repair
    from guestcheck.readiness import assess

    found = assess(inventory, targets, disks, nics)
    repairs = {number: repair((action for reason in one.reasons for action in reason.actions), inventory) for number, one in enumerate(found)}
    return Preflight(__version__, _now(), inventory, found, {number: steps for number, steps in repairs.items() if steps}, evidence.gaps)


def _look(source: Source, deep: bool) -> Tuple[Inventory, Evidence]:
    asked = questions(deep=deep)
    start = getattr(source, "start", None)
    if start:
        start(asked)  # the programs run while what follows is imported

    try:
        from guestcheck.classify import classify
        from guestcheck.facts import build

        raw = source.gather(asked)
    finally:
        close = getattr(source, "close", None)
        if close:
            close()  # also when it was interrupted: no program that was started stays behind
    evidence = read(raw, asked)
    guest = build(evidence)
    if guest.block is None and guest.nics is None and guest.pci is None and not _kernels(guest):
        raise NoEvidenceError(f"{source.name}: nothing here tells of a disk, a network card or a kernel")
    return classify(guest), evidence


def _kernels(guest: Guest) -> bool:
    return any(kernel.config or kernel.builtin or kernel.files for kernel in guest.kernels or ())


def _in_passing(inventory: Inventory) -> Tuple[Readiness, ...]:
    """Say of each emulated device whether it could move to what is faster here, where what that takes was asked."""
    setup = inventory.guest.setup
    if setup.fstab is None and setup.images is None and setup.network is None:
        return ()
    from guestcheck.catalogue.targets import TARGETS
    from guestcheck.checks.support import disk_target, nic_target
    from guestcheck.readiness import assess

    by_id = {target.id: target for target in TARGETS}
    found: List[Readiness] = []
    for disk in inventory.disks or ():
        if disk.verdict.kind == EMULATED and disk_target(inventory) in by_id:
            found += assess(inventory, (by_id[disk_target(inventory)],), disks=(disk.name,))
    for nic in inventory.nics or ():
        if nic.verdict.kind == EMULATED and nic.name and nic_target(inventory) in by_id:
            found += assess(inventory, (by_id[nic_target(inventory)],), nics=(nic.name,))
    return tuple(found)


def _now() -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())


def chosen(checks: Tuple[Check, ...], select: FrozenSet[str], ignore: FrozenSet[str]) -> Tuple[Check, ...]:
    """Return the checks that `select` names (all, where it is empty) and `ignore` does not; families count as all of theirs."""
    known = {check.id for check in checks} | {check.id.partition("-")[0] for check in checks}
    for name in sorted((select | ignore) - known):
        raise UsageError(f"there is no check '{name}'; guestcheck list checks names all")
    wanted = [check for check in checks if not select or check.id in select or check.id.partition("-")[0] in select]
    return tuple(check for check in wanted if check.id not in ignore and check.id.partition("-")[0] not in ignore)
