"""The findings: results of one check together, worst first, with their steps."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Tuple, Union

from guestcheck.messages import words
from guestcheck.model.action import BindDriver, WindowsGhostAddress
from guestcheck.model.advice import Step, for_guest
from guestcheck.model.check import OUTCOMES, PASS, SKIP, UNKNOWN, Result
from guestcheck.model.family import WINDOWS
from guestcheck.model.hint import Hint
from guestcheck.model.message import Text
from guestcheck.model.report import Report
from guestcheck.model.target import BOOTS, NETWORK_UP, deciding
from guestcheck.render.escaping import plain, plain_code
from guestcheck.render.page.parts import (
    BARE,
    EVIDENCE,
    FINDING,
    HEAD,
    MORE,
    OWN,
    WHY,
    Account,
    Paragraph,
    Said,
    evidence_said,
    steps_said,
)
from guestcheck.render.sentences import some

_EVIDENCE = 2  # pieces of a finding's evidence that are shown where not all are


def findings(report: Report, verbose: bool) -> Iterator[Union[Account, Paragraph]]:
    """Yield the findings; with `verbose` also what passed, and all evidence."""
    found = groups(report, verbose)
    if not found:
        yield Paragraph("none: nothing here should be changed", PASS)
    for group in found:
        outcome = group.first.outcome
        yield Account(FINDING, outcome, tuple(_lines(group, report, verbose)))


def bare_finding(outcome: str, text: str) -> Account:
    """Return a finding of which nothing is said but what it is."""
    return Account(FINDING, outcome, (Said(BARE, text, outcome.upper(), outcome),))


def _lines(group: Group, report: Report, verbose: bool) -> Iterator[Said]:
    first, outcome = group.first, group.first.outcome
    bare = outcome in (PASS, SKIP)
    for one in _shown_results(group, verbose):
        yield Said(BARE if bare else HEAD, plain(words(one.summary)), outcome.upper(), outcome)
        if verbose:
            yield from evidence_said(plain_hints(one.evidence), OWN, "evidence: ")
    if bare:
        return
    if _why(first):
        yield Said(WHY, plain(_why(first)))
    if not verbose:
        evidence = plain_hints(first.evidence[:_EVIDENCE])
        yield from evidence_said(evidence, EVIDENCE, "Evidence: ")
    steps, left_out = _shown_steps(group, report, verbose)
    yield from steps_said(map(plain_step, steps))
    yield Said(MORE, f"More: {_joined(_more(group), left_out)}")


def plain_hints(hints: Tuple[Hint, ...]) -> Tuple[Hint, ...]:
    """Return evidence as lines of plain text."""
    return tuple(Hint(plain(hint.source), plain(hint.says)) for hint in hints)


def plain_step(step: Step) -> Step:
    """Return a step as lines of plain text, its place as a heading."""
    return step._replace(
        where="In the guest" if step.where == _IN_GUEST else plain(step.where),
        text=plain(step.text),
        code=tuple(map(plain_code, step.code)),
        note=plain(step.note),
    )


def pointer(report: Report) -> str:
    """Say how many findings there are, and that they stand below: as many as there are lines to be
    found there.
    """
    found = groups(report, False)
    counts = [
        (sum(len(group.results) for group in found if group.first.outcome == outcome), outcome)
        for outcome in OUTCOMES
    ]
    said = ", ".join(f"{count} {outcome.upper()}" for count, outcome in counts if count)
    return f"Findings, below with what to do: {said}" if said else ""


class Group(NamedTuple):
    """Results of one check with one outcome, whose remedy is shown once."""

    results: Tuple[Result, ...]
    steps: Tuple[Step, ...]

    @property
    def first(self) -> Result:
        """The result that stands for the group."""
        return self.results[0]


def groups(report: Report, verbose: bool) -> Tuple[Group, ...]:
    """Return the results to show, worst first, those of one check and outcome together. Of what
    could not be said, the checks that found something doubtful come before those that had nothing
    to look at.
    """
    found: Dict[Tuple[object, ...], List[int]] = {}
    for number, result in enumerate(report.results):
        if verbose or result.outcome not in (PASS, SKIP):
            found.setdefault(_alike(report, number), []).append(number)
    made = (
        Group(
            _told_once([report.results[number] for number in numbers]),
            report.remedies.get(numbers[0], ()),
        )
        for numbers in found.values()
    )
    return tuple(
        sorted(made, key=lambda one: (OUTCOMES.index(one.first.outcome), _is_bare(one.first)))
    )


def _alike(report: Report, number: int) -> Tuple[object, ...]:
    """Return what the results of a group have in common. What is ready to be moved has other steps
    than what is not.
    """
    result = report.results[number]
    if _is_bare(result):
        return (result.outcome,)
    ready = _is_ready(report, result.subject)
    return (result.outcome, result.id, ready, _own_steps(report, number))


# Of so many devices of which the same is not known each has its line; the others are named.
_MOST_ALIKE = 3


def _shown_results(group: Group, verbose: bool) -> Tuple[Result, ...]:
    """Return the results of a group to be shown a line each; many that leave the same open are told
    by the names of their devices.
    """
    results = group.results
    if (
        verbose
        or group.first.outcome != UNKNOWN
        or _is_bare(group.first)
        or len(results) <= _MOST_ALIKE
    ):
        return results
    shown, rest = results[: _MOST_ALIKE - 1], results[_MOST_ALIKE - 1 :]
    return (
        *shown,
        rest[0]._replace(
            summary=f"and the same of {len(rest)} more: {some([result.subject for result in rest])}"
        ),
    )


def _more(group: Group) -> str:
    """Say where more is told of a group."""
    return (
        "the gaps, below, say what is missing"
        if _is_bare(group.first)
        else f"guestcheck explain {group.first.id}"
    )


def _why(result: Result) -> str:
    """Return why a result matters; why a device should be another says nothing of one of which it
    is not known what it is.
    """
    return "" if result.outcome == UNKNOWN and not result.id.endswith("-unknown") else result.why


def _is_bare(result: Result) -> bool:
    """Tell whether a check ended for the lack of a fact; others may lack the same."""
    return result.outcome == UNKNOWN and not result.why and not result.evidence


def _told_once(results: List[Result]) -> Tuple[Result, ...]:
    """Name after each fact that is lacking the checks that cannot say for the lack of it."""
    if not _is_bare(results[0]):
        return tuple(results)
    lacking: Dict[Text, List[Result]] = {}
    for result in results:
        lacking.setdefault(result.summary, []).append(result)
    return tuple(
        found[0]._replace(summary=f"{words(summary)}; open: {', '.join(one.id for one in found)}")
        for summary, found in lacking.items()
    )


# The place in which the machine's definition is not changed.
_IN_GUEST = "in the guest"


def _shown_steps(group: Group, report: Report, verbose: bool) -> Tuple[Tuple[Step, ...], str]:
    """Return the steps to show of a group, and what was left out.

    The steps of a platform are a plan: all are shown with their notes, or none. Steps for Windows
    guests are for --verbose where the guest is none.
    """
    likewise = _likewise(group)
    places = {step.where for step in for_guest(group.steps)} - {_IN_GUEST}
    several = (
        ""
        if report.inventory.platform is not None or len(places) < 2
        else "the platform is not known: take the steps of yours alone"
    )
    if verbose:
        return group.steps, _joined(likewise, several)
    steps = for_guest(group.steps)
    return steps, _joined(
        likewise, several, "-v: also for Windows guests" if len(steps) < len(group.steps) else ""
    )


def _likewise(group: Group) -> str:
    """Say for which devices the steps are to be done again; they name the first."""
    subjects = [*dict.fromkeys(result.subject for result in group.results)]
    return (
        plain(f"the steps name {subjects[0]}; do the same for {some(subjects[1:])}")
        if group.steps and len(subjects) > 1
        else ""
    )


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _own_steps(report: Report, number: int) -> Tuple[Tuple[str, ...], ...]:
    """Return the commands of a result that are another's no more than in form: another driver's
    file, another card's addresses.
    """
    own = report.inventory.family == WINDOWS and any(
        isinstance(action, (BindDriver, WindowsGhostAddress))
        for action in report.results[number].actions
    )
    return tuple(step.code for step in report.remedies.get(number, ())) if own else ()


def _is_ready(report: Report, device: str) -> bool:
    one = deciding(report.readiness, device)
    return one is not None and one.verdict in (BOOTS, NETWORK_UP)
