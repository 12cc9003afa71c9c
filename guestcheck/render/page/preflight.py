"""What preflight found as a page: a verdict for each target and kernel with its reasons and steps,
or a table of all targets with the reasons numbered; then what was not examined.
"""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from guestcheck.catalogue.families import WORDING
from guestcheck.messages import words
from guestcheck.model.check import PASS, SKIP
from guestcheck.model.family import Family
from guestcheck.model.message import Text
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report
from guestcheck.model.target import OPEN, STOPS, WARNS, Readiness, Reason
from guestcheck.render.escaping import plain
from guestcheck.render.page.findings import bare_finding, plain_hints, plain_step
from guestcheck.render.page.guest import windows_lines
from guestcheck.render.page.parts import (
    EVIDENCE,
    REASON,
    REASONS,
    TITLE,
    VERDICT,
    Account,
    Cell,
    Lines,
    Matrix,
    Page,
    Pairs,
    Paragraph,
    Said,
    Section,
    evidence_said,
    steps_said,
)
from guestcheck.render.sentences import policy_pairs, verdict_line

_SAYS = {
    "boots": "boots",
    "does-not-boot": "does not boot",
    "network-up": "network comes up",
    "network-lost": "network lost",
    "unknown": "unknown",
}
_LABELS = {STOPS: "STOPS", OPEN: "OPEN", WARNS: "WARN"}
_TONES = {STOPS: "fail", OPEN: "unknown", WARNS: "warn"}


def preflight_page(report: Report, verbose: bool) -> Page:
    """Lay out what preflight found."""
    sections = [*(_matrix(report) if report.as_table else _verdicts(report)), *_rest(report)]
    judgement = report.judgement
    if judgement is None:
        return Page("", tuple(sections))
    return Page(
        "",
        (*sections, *_findings(report, judgement, verbose)),
        verdict_line(judgement),
        judgement.outcome,
        (Section("Policy", (Pairs(tuple(policy_pairs(judgement))),)),),
    )


def _verdicts(report: Report) -> Iterator[Section]:
    yield Section(
        "",
        tuple(
            Account(
                VERDICT,
                one.verdict,
                (
                    Said(TITLE, f"{_title(one)}: {_SAYS[one.verdict].upper()}", "", one.verdict),
                    *_reasons(one.reasons, [_LABELS[reason.weight] for reason in one.reasons]),
                    *steps_said(map(plain_step, report.repairs.get(number, ()))),
                ),
            )
            for number, one in enumerate(report.readiness)
        ),
    )


def _title(one: Readiness) -> str:
    device = f"{plain(one.device)} on " if one.device else ""
    return f"{device}{one.target}, {_started(one.family, one.kernel, one.default)}"


def _started(family: Family, kernel: str, default: Optional[bool]) -> str:
    wording = WORDING[family]
    return plain(wording.starts.format(kernel or "unknown")) + (wording.default if default else "")


def _reasons(reasons: Iterable[Reason], labels: Iterable[str]) -> Iterator[Said]:
    for reason, label in zip(reasons, labels):
        yield Said(REASON, plain(words(reason.says)), label, _TONES[reason.weight])
        yield from evidence_said(plain_hints(reason.evidence), EVIDENCE)
        if reason.settle:
            yield Said(EVIDENCE, f"To find out: {plain(words(reason.settle))}")


def _matrix(report: Report) -> Iterator[Section]:
    reasons: Dict[Tuple[str, Text], Reason] = {}
    for one in report.readiness:
        for reason in _deciding(one):
            reasons.setdefault((reason.id, reason.says), reason)
    numbers = {key: number for number, key in enumerate(reasons, 1)}
    for kind, title in (("disk", "Disk"), ("nic", "Network card")):
        verdicts = [one for one in report.readiness if one.kind == kind]
        if verdicts:
            yield Section(title, (_table(verdicts, numbers),))
    if reasons:
        said = _reasons(reasons.values(), (f"[{number}]" for number in numbers.values()))
        yield Section("Why", (Account(REASONS, "", tuple(said)),))
        text = "guestcheck preflight --target NAME shows what to do for one of them."
        yield Section("", (Paragraph(text),))


def _deciding(one: Readiness) -> Tuple[Reason, ...]:
    """Return the reasons that make the verdict what it is: what is open does not matter where
    something stops it.
    """
    stops = tuple(reason for reason in one.reasons if reason.weight == STOPS)
    return stops or tuple(reason for reason in one.reasons if reason.weight == OPEN)


def _table(verdicts: List[Readiness], numbers: Dict[Tuple[str, Text], int]) -> Matrix:
    """Return a row for each target, of NICs for each of them too, and a column for each kernel."""
    columns = list(dict.fromkeys((one.kernel, one.default) for one in verdicts))
    cells: Dict[Tuple[Tuple[str, str], Tuple[str, Optional[bool]]], Cell] = {}
    for one in verdicts:
        row = one.target, one.device if one.kind == "nic" else ""
        cells.setdefault((row, (one.kernel, one.default)), _cell(one, numbers))
    return Matrix(
        tuple(_started(verdicts[0].family, *column) for column in columns),
        tuple(
            (
                f"{target}{f' ({plain(device)})' if device else ''}",
                tuple(cells.get(((target, device), column), Cell("")) for column in columns),
            )
            for target, device in dict.fromkeys(row for row, _ in cells)
        ),
    )


def _cell(one: Readiness, numbers: Dict[Tuple[str, Text], int]) -> Cell:
    own = sorted({numbers[reason.id, reason.says] for reason in _deciding(one)})
    why = f" [{','.join(map(str, own))}]" if own else ""
    return Cell(_SAYS[one.verdict] + why, one.verdict)


def _rest(report: Report) -> Iterator[Section]:
    """Yield what nobody asked for and is worth knowing, what was not examined, and what the source
    itself lacks.
    """
    if report.besides:
        rows = tuple((target, plain(says)) for target, says in windows_lines(report.besides))
        yield Section("For information", (Pairs(rows, short=True),))
    unseen = dict.fromkeys(text for one in report.readiness for text in one.not_examined)
    if unseen:
        yield Section("Not examined", (Lines(tuple(map(plain, unseen))),))
    gaps = tuple(
        (
            plain(gap.asked),
            plain(gap.reason + (f"; leaves open: {gap.leaves_open}" if gap.leaves_open else "")),
        )
        for gap in report.gaps
        if gap.question == "source"
    )
    if gaps:
        yield Section("Gaps", (Pairs(gaps),))


def _findings(report: Report, judgement: Judgement, verbose: bool) -> Iterator[Section]:
    """Yield what the policy finds apart from readiness, which is above."""
    shown = tuple(
        bare_finding(result.outcome, plain(f"{words(result.summary)} ({result.id})"))
        for result in report.results
        if result.outcome not in (PASS, SKIP)
        and not result.id.startswith("readiness-")
        and (verbose or result in judgement.deciding or result.id.startswith("policy-"))
    )
    if shown:
        yield Section("Findings", shown, dense=True)
