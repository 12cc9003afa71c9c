"""The order of things; this file alone knows it.

source ──Raw──▶ evidence ──Evidence──▶ facts ──Guest──▶ classify ──Inventory──▶ checks ──Results──▶
advice ──▶ Report where from      what is asked          what is so       what it is    │
what should be so   what to do
                                                                      └────▶ readiness ──▶ advice ──▶ Preflight
                                                                             would it boot there
"""

from __future__ import annotations

from time import gmtime, strftime
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck import __version__
from guestcheck.errors import NoEvidenceError, UsageError, nearest
from guestcheck.evidence import questions, read
from guestcheck.model.action import Action, makes_initramfs, rebuilds, without_rebuild
from guestcheck.model.advice import Step
from guestcheck.model.check import Check, Result
from guestcheck.model.device import EMULATED, Inventory
from guestcheck.model.guard import guarded, troubles
from guestcheck.model.guest import Guest
from guestcheck.model.policy import Judgement, Policy
from guestcheck.model.report import Preflight, Report
from guestcheck.model.source import GUEST, TEXTS, Evidence, Initramfs, Question, Raw, Source
from guestcheck.model.target import OPEN, UNKNOWN, WARNS, Readiness, Reason, Target
from guestcheck.model.target import chosen as chosen_targets

Words = FrozenSet[str]
NONE: Words = frozenset()


def examine(
    source: Source, select: Words = NONE, ignore: Words = NONE, policy: Optional[Policy] = None
) -> Report:
    """Ask `source` everything and judge what it says; `select` and `ignore` name checks or families
    of them.

    With a `policy`, the guest is judged by that too.
    """
    if select or ignore:
        from guestcheck.checks import all_checks

        chosen(all_checks(), select, ignore)  # a wrong name is told before anything is asked
    running = getattr(source, "running", False)
    look = _look(source, _asked(source, deep=not running or bool(policy and policy.targets)))
    if not (seen(look.inventory) or _names_what_is_beneath(look.inventory)):
        raise _nothing(look)
    if running and not look.evidence.deep and _emulated(look.inventory):
        # Whether such a guest could move is worth the second that its initramfs takes to read;
        # others start fast.
        look = _look(source, _further(source, look.inventory), look)
    inventory, evidence = look.inventory, look.evidence
    from guestcheck.checks import all_checks, judge

    results = judge(inventory, chosen(all_checks(), select, ignore))
    judgement: Optional[Judgement] = None
    if policy:
        results, judgement = _by_policy(
            policy, inventory, (*results, *_readiness_results(policy, inventory))
        )
    ready = guarded(
        "readiness", "emulated devices", lambda: _in_passing(inventory, running), ()
    )  # before the advice: what is ready need not be made so
    remedies, repairs = _remedies(results, inventory, ready), _repairs(ready, inventory)
    return Report(
        version=__version__,
        time=_now(),
        inventory=inventory,
        results=results,
        remedies=remedies,
        gaps=(*evidence.gaps, *troubles()),
        platform_known=inventory.platform is not None,
        readiness=ready,
        repairs=repairs,
        judgement=judgement,
    )


def preflight(
    source: Source,
    targets: Sequence[Target],
    disks: Tuple[str, ...] = (),
    nics: Tuple[str, ...] = (),
    policy: Optional[Policy] = None,
) -> Preflight:
    """Ask `source` everything and say whether the guest would boot, and have its network, on each
    of `targets`.

    A `policy` may name more of them; with one the guest's checks are run too, and what it says of
    them is among the results. Of Windows virtio's disks are told of in any case, and where no
    target is named they are the targets, with virtio's card where there is a card.
    """
    look = _look(source, _asked(source, deep=True))
    if not seen(look.inventory):
        raise _nothing(look)
    from guestcheck.readiness import assess
    from guestcheck.readiness.results import results as in_results

    inventory = look.inventory
    named = tuple(dict.fromkeys((*targets, *_targets(policy)))) or _usual(inventory)
    found = assess(inventory, named, disks, nics)
    besides = assess(
        inventory,
        tuple(one for one in _usual(inventory) if one.kind == "disk" and one not in named),
        disks,
        nics,
    )
    results = in_results(found, tuple(map(_actions, found)), bool(policy and policy.every_kernel))
    judgement: Optional[Judgement] = None
    if policy:
        from guestcheck.checks import all_checks, judge

        results, judgement = _by_policy(
            policy, inventory, (*results, *judge(inventory, all_checks()))
        )
    remedies = _remedies(results, inventory, ())
    return Preflight(
        __version__,
        _now(),
        inventory,
        found,
        _repairs(found, inventory),
        (*look.evidence.gaps, *troubles()),
        results,
        remedies,
        judgement,
        besides,
    )


def in_report(found: Preflight) -> Report:
    """Return what preflight found in the form of a report, for the formats that have no other for
    it.
    """
    known = found.inventory.platform is not None
    head = (
        found.version,
        found.time,
        found.inventory,
        found.results,
        found.remedies,
        found.gaps,
        known,
    )
    return Report(
        *head,
        readiness=found.readiness,
        repairs=found.repairs,
        judgement=found.judgement,
        preflight=True,
        besides=found.besides,
    )


def _by_policy(
    policy: Policy, inventory: Inventory, results: Tuple[Result, ...]
) -> Tuple[Tuple[Result, ...], Judgement]:
    from guestcheck.policy import judge

    return judge(policy, inventory, results, _now()[:10])


def _usual(inventory: Inventory) -> Tuple[Target, ...]:
    """Return what is asked of every Windows: virtio's disks, of whose drivers one is often there
    and the other not, and where it has a card virtio's.
    """
    from guestcheck.catalogue.rows import TARGETS

    windows = inventory.guest.windows
    if windows is None:
        return ()
    card = any(nic.name for nic in inventory.nics or ()) or any(
        not one.ghost for one in windows.addresses or ()
    )
    kinds = ("disk", "nic") if card else ("disk",)
    return tuple(target for target in TARGETS if target.virtio and target.kind in kinds)


def _targets(policy: Optional[Policy]) -> Tuple[Target, ...]:
    from guestcheck.catalogue.rows import BUNDLES, TARGETS

    order = [target.id for target in TARGETS]
    found = chosen_targets(policy.target_names if policy else (), TARGETS, BUNDLES)
    return tuple(sorted(found, key=lambda target: order.index(target.id)))


def _readiness_results(policy: Policy, inventory: Inventory) -> Tuple[Result, ...]:
    """Say in the form of a check's results whether the guest is ready for what the policy names."""
    if not policy.targets:
        return ()
    from guestcheck.readiness import assess
    from guestcheck.readiness.results import results

    found = assess(inventory, _targets(policy))
    return results(found, tuple(map(_actions, found)), policy.every_kernel)


def _remedies(
    results: Tuple[Result, ...], inventory: Inventory, ready: Tuple[Readiness, ...]
) -> Dict[int, Tuple[Step, ...]]:
    """Word what is to be done about each result: of readiness inside the guest alone, and all
    modules of an initramfs together.
    """
    from guestcheck.advice import advise

    ours = {
        number: result
        for number, result in enumerate(results)
        if result.id.startswith("readiness-")
    }
    others = advise(
        tuple(
            result._replace(actions=()) if number in ours else result
            for number, result in enumerate(results)
        ),
        inventory,
        ready,
    )
    repairs = {
        number: _repair(result.actions, inventory, result.id) for number, result in ours.items()
    }
    return {**others, **{number: steps for number, steps in repairs.items() if steps}}


def fix_script(report: Preflight) -> str:
    """Return a shell script with what can be repaired in the guest, for its operator to read and
    run.
    """
    from guestcheck.advice.script.fix_script import script

    return script(report)


def _repairs(found: Tuple[Readiness, ...], inventory: Inventory) -> Dict[int, Tuple[Step, ...]]:
    from guestcheck.advice import without_repair

    worded = {
        number: (
            *_repair(_actions(one), inventory, f"{one.target}, kernel {one.kernel}"),
            *without_repair(one.reasons, inventory),
        )
        for number, one in enumerate(found)
    }
    return {number: steps for number, steps in worded.items() if steps}


def _repair(actions: Tuple[Action, ...], inventory: Inventory, what: str) -> Tuple[Step, ...]:
    from guestcheck.advice import repair

    return guarded("advice", what, lambda: repair(actions, inventory), ())


def _actions(one: Readiness) -> Tuple[Action, ...]:
    """Return what mends what stands in the way, and what a new initramfs then has to keep."""
    actions = tuple(action for reason in one.reasons for action in _mending(reason))
    if not any(map(rebuilds, actions)):
        return actions
    # Making an initramfs, and the steps for modules of one, end with the rebuild.
    if one.again or any(map(makes_initramfs, actions)):
        return (*one.again, *actions)
    from guestcheck.readiness.linux.nic_repairs import rebuild

    return (*actions, rebuild(one))


def _mending(reason: Reason) -> Tuple[Action, ...]:
    """Return what mends a reason; an initramfs that serves is not to be rebuilt for a warning."""
    if reason.weight != WARNS:
        return reason.actions
    return tuple(map(without_rebuild, reason.actions))


def _asked(source: Source, deep: bool) -> Tuple[Question[object], ...]:
    return questions(deep=deep, windows=getattr(source, "windows", False))


class _Look(NamedTuple):
    """What the answers say, and what the guest is by that."""

    source: str
    origin: str
    evidence: Evidence
    inventory: Inventory


def _look(
    source: Source, asked: Tuple[Question[object], ...], before: Optional[_Look] = None
) -> _Look:
    """Ask `source` and judge what each device is, by what was answered `before` too."""
    if before is None:
        troubles()  # what broke at another guest is no gap of this one
    try:
        start = getattr(source, "start", None)
        if start:
            start(asked)  # the programs run while what follows is imported
        from guestcheck.classify import classify
        from guestcheck.facts import build

        given = [_narrow(source.gather(asked), asked)]
    finally:
        close = getattr(source, "close", None)
        if close:
            close()  # also when it was interrupted: no program that was started stays behind
    evidence = read(given.pop(), asked)  # handed over: a text is let go of when it is parsed
    if before:
        evidence = before.evidence.joined(evidence)
    return _Look(evidence.source, evidence.origin, evidence, classify(build(evidence)))


def _further(source: Source, inventory: Inventory) -> Tuple[Question[object], ...]:
    """Return what a report asks besides of a guest with emulated devices; of the initramfs images
    only that of the default kernel.
    """
    from guestcheck.readiness.linux.boots import default_images

    named = default_images(inventory.guest)
    deep = (question for question in _asked(source, deep=True) if question.deep)
    return tuple(
        question.asking(
            [
                ask._replace(named=named) if isinstance(ask, Initramfs) else ask
                for ask in question.asks
            ]
        )
        for question in deep
    )


def _names_what_is_beneath(inventory: Inventory) -> bool:
    """Tell whether the hypervisor or the platform is known; that a text shows none of either is no
    proof that there is none.
    """
    return inventory.platform is not None or inventory.hypervisor not in (None, "none")


def seen(inventory: Inventory) -> bool:
    """Tell whether there was anything to judge: disks, cards and controllers, or a kernel; what was
    asked and is no guest has nothing.
    """
    guest = inventory.guest
    return (
        guest.windows is not None
        or guest.clues.vm == "none"
        or guest.block is not None
        or guest.nics is not None
        or guest.pci is not None
        or _kernels(guest)
    )


def told(inventory: Inventory) -> bool:
    """Tell whether anything was told of the guest; of a Windows that answers nothing it is known
    that it is one, and no more.
    """
    windows = inventory.guest.windows
    return seen(inventory) and not (
        windows is not None
        and windows.sets is None
        and inventory.disks is None
        and inventory.nics is None
    )


def _nothing(look: _Look) -> NoEvidenceError:
    from guestcheck.model.pasting import BEST, NOT_READ

    add = f"; add what these print: {', '.join(BEST)}" if look.origin == TEXTS else ""
    unread = next((gap for gap in look.evidence.gaps if gap.question == NOT_READ), None)
    if unread:
        return NoEvidenceError(f"{look.source}: {unread.reason}{add}")
    return NoEvidenceError(
        f"{look.source}: nothing here tells of a disk, a network card or a kernel{add}"
    )


def _emulated(inventory: Inventory) -> bool:
    verdicts = (
        *(disk.verdict for disk in inventory.disks or ()),
        *(nic.verdict for nic in inventory.nics or ()),
    )
    return any(verdict.kind == EMULATED for verdict in verdicts)


def _narrow(raw: Raw, asked: Tuple[Question[object], ...]) -> Raw:
    """Leave out the images that are not asked for: a recording holds all, and its report is the one
    that the guest would have given.
    """
    words = {
        question.name: ask
        for question in asked
        for ask in question.asks
        if isinstance(ask, Initramfs) and ask.named
    }
    kept = {}
    for name, word in words.items():
        paths = word.chosen([answer.asked for answer in raw.answers.get(name, ())])
        kept[name] = tuple(answer for answer in raw.answers.get(name, ()) if answer.asked in paths)
    return raw._replace(answers={**raw.answers, **kept}) if kept else raw


def _kernels(guest: Guest) -> bool:
    return any(kernel.config or kernel.builtin or kernel.files for kernel in guest.kernels or ())


def _in_passing(inventory: Inventory, running: bool) -> Tuple[Readiness, ...]:
    """Say of each emulated device whether it could move to what is faster here, if it runs only
    with the kernel that boots by default.

    Where that was not asked, say what would tell.
    """
    from guestcheck.checks.support import disk_target, nic_target

    if inventory.guest.windows is not None:
        return _windows_in_passing(inventory, running)
    disks = [disk for disk in inventory.disks or () if disk.verdict.kind == EMULATED]
    if len(disks) > _MOST_IN_PASSING:
        disks.sort(key=lambda disk: not disk.roles)
    emulated = [(disk.name, "disk", disk_target(inventory)) for disk in disks]
    emulated += [
        (nic.name, "nic", nic_target(inventory))
        for nic in inventory.nics or ()
        if nic.verdict.kind == EMULATED and nic.name
    ]
    setup = inventory.guest.setup
    asked = {
        "disk": setup.fstab is not None or setup.images is not None,
        "nic": setup.network is not None,
    }
    found: List[Readiness] = []
    for number, (name, kind, target) in enumerate(emulated):
        if not asked[kind]:
            found.append(_unasked(inventory, name, kind, target))
        elif number >= _MOST_IN_PASSING:
            found.append(_left_out(name, kind, target))
        else:
            found += _ready(inventory, name, kind, target, running)
    return tuple(found)


# Each is held against all files that name disks and cards. Root's disk is among them, and preflight
# asks for any other.
_MOST_IN_PASSING = 64


def _left_out(name: str, kind: str, target: str) -> Readiness:
    says = f"only {_MOST_IN_PASSING} emulated devices are looked at in passing"
    reason = Reason(
        "not-asked", says, (), OPEN, f"guestcheck preflight --target {target} --{kind} NAME"
    )
    return Readiness(target, kind, name, "", None, UNKNOWN, (reason,), ())


def _windows_in_passing(inventory: Inventory, running: bool) -> Tuple[Readiness, ...]:
    """Say of viostor and of vioscsi each whether Windows would boot with it: one of them is often
    there, and the other one not.

    Where its disk is emulated, what is faster here comes first.
    """
    from guestcheck.catalogue.rows import TARGETS
    from guestcheck.checks.support import disk_target, nic_target

    moves = any(
        disk.verdict.kind == EMULATED for disk in inventory.disks or () if "root" in disk.roles
    )
    targets = dict.fromkeys(
        (
            *((disk_target(inventory),) if moves else ()),
            *(target.id for target in TARGETS if target.virtio and target.kind == "disk"),
        )
    )
    ready = [one for target in targets for one in _ready(inventory, "", "disk", target, running)]
    emulated = [
        nic.name for nic in inventory.nics or () if nic.verdict.kind == EMULATED and nic.name
    ]
    return (
        *ready,
        *(
            one
            for name in emulated
            for one in _ready(inventory, name, "nic", nic_target(inventory), running)
        ),
    )


def _ready(
    inventory: Inventory, name: str, kind: str, target: str, running: bool
) -> Tuple[Readiness, ...]:
    from guestcheck.catalogue.rows import TARGETS
    from guestcheck.readiness import assess

    targets = tuple(one for one in TARGETS if one.id == target)
    found = (
        assess(inventory, targets, disks=(name,) if name else ())
        if kind == "disk"
        else assess(inventory, targets, nics=(name,))
    )
    # Of a running guest no other kernel's initramfs was read.
    return (running and tuple(one for one in found if one.default)) or found


def _unasked(inventory: Inventory, name: str, kind: str, target: str) -> Readiness:
    says = "the initramfs and the files that name disks and cards were not read by this report"
    where = (
        ""
        if inventory.guest.origin == GUEST
        else " in the guest, or on a recording that guestcheck collect made there"
    )
    reason = Reason("not-asked", says, (), OPEN, f"guestcheck preflight --target {target}{where}")
    return Readiness(target, kind, name, "", None, UNKNOWN, (reason,), ())


def _now() -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())


def chosen(
    checks: Tuple[Check, ...], select: FrozenSet[str], ignore: FrozenSet[str]
) -> Tuple[Check, ...]:
    """Return the checks that `select` names (all, where it is empty) and `ignore` does not;
    families count as all of theirs.
    """
    known = {check.id for check in checks} | {check.id.partition("-")[0] for check in checks}
    for name in sorted((select | ignore) - known):
        raise UsageError(
            f"there is no check '{name}'; guestcheck list checks names all{nearest(name, known)}"
        )
    wanted = [
        check
        for check in checks
        if not select or check.id in select or check.id.partition("-")[0] in select
    ]
    return tuple(
        check
        for check in wanted
        if check.id not in ignore and check.id.partition("-")[0] not in ignore
    )
