"""The order of things; this file alone knows it.

source ──Raw──▶ evidence ──Evidence──▶ facts ──Guest──▶ classify ──Inventory──┬▶ checks
                                                       Results ──▶ advice     └▶ readiness

The source names the family of the guest, Linux or Windows. Each stage has a folder for each.
"""

from __future__ import annotations

from typing import FrozenSet, Optional, Sequence, Tuple

from guestcheck import __version__
from guestcheck.evidence import questions, read
from guestcheck.evidence.narrowing import Questions, deep_questions, narrowed
from guestcheck.evidence.nothing import nothing_to_judge
from guestcheck.model.check import Result
from guestcheck.model.device import Inventory
from guestcheck.model.family import Family
from guestcheck.model.guard import troubles
from guestcheck.model.known import has_anything_to_judge, hypervisor_known
from guestcheck.model.policy import Judgement, Policy
from guestcheck.model.report import Preflight, Report, now
from guestcheck.model.source import Evidence, Source
from guestcheck.model.target import Target

Ids = FrozenSet[str]
NONE: Ids = frozenset()
Results = Tuple[Result, ...]
Judged = Tuple[Results, Optional[Judgement]]


def examine(
    source: Source, select: Ids = NONE, ignore: Ids = NONE, policy: Optional[Policy] = None
) -> Report:
    """Ask `source` everything and judge what it says, with a `policy` by that too; `select` and
    `ignore` name checks or families of them.
    """
    if select or ignore:
        from guestcheck.checks import selected

        selected(select, ignore)  # a wrong name is an error before anything is asked
    family, running = source.family, source.running
    deep = not running or bool(policy and policy.targets)
    evidence, inventory = _asked(source, family, questions(family, deep))
    if not (has_anything_to_judge(inventory) or hypervisor_known(inventory)):
        raise nothing_to_judge(evidence)
    from guestcheck.readiness.moves import images_to_read, of_emulated

    if running and not evidence.deep and inventory.has_emulated:
        # Whether it could move is worth the second that an initramfs takes; others start fast.
        further = deep_questions(family, images_to_read(inventory))
        evidence, inventory = _asked(source, family, further, evidence)
    from guestcheck.advice.planning import remedies, repairs
    from guestcheck.checks import judge, selected

    results = judge(inventory, selected(select, ignore))
    if policy:
        from guestcheck.readiness.results import results_on

        results += results_on(inventory, policy.target_names, policy.every_kernel)
    results, judgement = _by_policy(policy, inventory, results)
    ready = of_emulated(inventory, running)  # before the advice: what is ready is not advised
    return Report(
        version=__version__,
        time=now(),
        inventory=inventory,
        results=results,
        remedies=remedies(results, inventory, ready),
        repairs=repairs(ready, inventory),
        gaps=(*evidence.gaps, *troubles()),
        readiness=ready,
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
    of `targets`; a `policy` may name more, and with one the checks are run too.
    """
    evidence, inventory = _asked(source, source.family, questions(source.family, deep=True))
    if not has_anything_to_judge(inventory):
        raise nothing_to_judge(evidence)
    from guestcheck.advice.planning import remedies, repairs
    from guestcheck.catalogue.rows import targets_of
    from guestcheck.readiness.moves import to_targets
    from guestcheck.readiness.results import as_results

    named = (*targets, *targets_of(policy.target_names if policy else ()))
    verdicts, besides = to_targets(inventory, named, disks, nics)
    results = as_results(verdicts, bool(policy and policy.every_kernel))
    if policy:
        from guestcheck.checks import judge, selected

        results += judge(inventory, selected())
    results, judgement = _by_policy(policy, inventory, results)
    return Preflight(
        version=__version__,
        time=now(),
        inventory=inventory,
        readiness=verdicts,
        results=results,
        remedies=remedies(results, inventory, ()),
        repairs=repairs(verdicts, inventory),
        gaps=(*evidence.gaps, *troubles()),
        judgement=judgement,
        besides=besides,
    )


def fix_script(report: Preflight) -> str:
    """Return a shell script with the repairs in the guest, for its operator to read and run."""
    from guestcheck.advice.planning import script

    return script(report)


def _asked(
    source: Source, family: Family, asked: Questions, before: Optional[Evidence] = None
) -> Tuple[Evidence, Inventory]:
    """Return what `source` answers, and what the guest is by that and by what it said `before`."""
    if before is None:
        troubles()  # what broke at another guest is no gap of this one
    try:
        source.start(asked)  # the programs run while what follows is imported
        from guestcheck.classify import classify
        from guestcheck.facts import builder

        build = builder(family)
        given = [narrowed(source.gather(asked), asked)]
    finally:
        source.close()  # also when it was interrupted: no program that was started stays behind
    evidence = read(given.pop(), asked, family)  # not kept here: a text is freed once parsed
    evidence = before.joined(evidence) if before else evidence
    return evidence, classify(build(evidence))


def _by_policy(policy: Optional[Policy], inventory: Inventory, results: Results) -> Judged:
    if policy is None:
        return results, None
    from guestcheck.policy import judge

    return judge(policy, inventory, results, now()[:10])
