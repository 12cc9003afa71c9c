"""What preflight says, as text for people: verdicts, their reasons with evidence,
repairs, and what was not examined.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Dict, Iterator, List, Optional, Tuple

from guestcheck.model.check import PASS, SKIP
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.model.target import OPEN, STOPS, WARNS, Readiness, Reason, is_windows, what_starts
from guestcheck.render._words import ascii_only, plain, windows_lines
from guestcheck.render.people.text import plain_code, policy_part

_SAYS = {
    "boots": "boots",
    "does-not-boot": "does not boot",
    "network-up": "network comes up",
    "network-lost": "network lost",
    "unknown": "unknown",
}
_LABELS = {STOPS: "STOPS", OPEN: "OPEN", WARNS: "WARN"}


def as_text(report: Report, sink: Sink) -> str:
    """Return the verdicts as text: a table of all targets where the report asks for one, else a part for each."""
    lines = list(_matrix(report, sink) if report.as_table else _parts(report, sink))
    lines += _besides(report, sink)
    lines += _unseen(report, sink)
    lines += _gaps(report, sink)
    if report.judgement:
        lines += _policy(report, report.judgement, sink)
    text = "\n".join(lines) + "\n"
    return text if sink.unicode else ascii_only(text)


def _parts(report: Report, sink: Sink) -> Iterator[str]:
    for number, one in enumerate(report.readiness):
        if number:
            yield ""
        yield from _wrapped(f"{_title(one)}: {_SAYS[one.verdict].upper()}", sink.width)
        for reason in one.reasons:
            yield from _told(reason, sink, "  ", f"{_LABELS[reason.weight]:<6}")
        for step in report.repairs.get(number, ()):
            yield from _wrapped(f"> {plain(step.text)}", sink.width, "  ", "    ")
            for line in step.code:
                yield f"      {plain_code(line)}"
            if step.note:
                yield from _wrapped(f"({plain(step.note)})", sink.width, "    ")


def _policy(report: Report, judgement: Judgement, sink: Sink) -> Iterator[str]:
    """Yield what the policy finds beside readiness, which stands above, and its verdict."""
    found = [
        result
        for result in report.results
        if result.outcome not in (PASS, SKIP) and not result.id.startswith("readiness-")
    ]
    found = (
        found
        if sink.verbose
        else [
            result
            for result in found
            if result in judgement.deciding or result.id.startswith("policy-")
        ]
    )
    if found:
        yield from ("", "FINDINGS")
    for result in found:
        yield from _wrapped(
            plain(f"{result.summary} ({result.id})"),
            sink.width,
            f"  {result.outcome.upper():<8}",
            " " * 10,
        )
    yield from policy_part(judgement, sink)


def _title(one: Readiness) -> str:
    mark = " (default)" if one.default else ""
    device = f"{plain(one.device)} on " if one.device else ""
    return f"{device}{one.target}, {plain(what_starts(one.kernel))}{'' if is_windows(one.kernel) else mark}"


def _told(reason: Reason, sink: Sink, indent: str, label: str) -> Iterator[str]:
    below = indent + " " * len(label)
    yield from _wrapped(plain(reason.says), sink.width, indent + label, below)
    for hint in reason.evidence:
        yield from _wrapped(
            plain(f"{hint.source}: {hint.says}"), sink.width, below + "  ", below + "    "
        )
    if reason.settle:
        yield from _wrapped(
            plain(f"would be settled by: {reason.settle}"), sink.width, below + "  ", below + "    "
        )


def _matrix(report: Report, sink: Sink) -> Iterator[str]:
    reasons = _numbered(report)
    numbers = {(reason.id, reason.says): number for number, reason in reasons.items()}
    for kind, title in (("disk", "DISK"), ("nic", "NETWORK CARD")):
        found = [one for one in report.readiness if one.kind == kind]
        if not found:
            continue
        columns = list(dict.fromkeys((one.kernel, one.default) for one in found))
        yield title
        for number, (kernel, default) in enumerate(columns, 1):
            yield from _wrapped(
                f"{chr(64 + number)}: {plain(what_starts(kernel))}{' (default)' if default and not is_windows(kernel) else ''}",
                sink.width,
                "  ",
                "     ",
            )
        yield from _rows(found, columns, numbers, sink)
        yield ""
    if reasons:
        yield "WHY"
        for number, reason in reasons.items():
            yield from _told(reason, sink, "  ", f"{f'[{number}]':<5}")
        yield ""
        yield from _wrapped(
            "guestcheck preflight --target NAME shows what to do for one of them.", sink.width
        )


Numbers = Dict[Tuple[str, str], int]


def _numbered(report: Report) -> Dict[int, Reason]:
    """Number the reasons that decide, each once."""
    found: Dict[Tuple[str, str], Reason] = {}
    for one in report.readiness:
        for reason in deciding(one):
            found.setdefault((reason.id, reason.says), reason)
    return dict(enumerate(found.values(), 1))


def deciding(one: Readiness) -> Tuple[Reason, ...]:
    """Return the reasons that make the verdict what it is: what is open does not matter where
    something stops it.
    """
    stops = tuple(reason for reason in one.reasons if reason.weight == STOPS)
    return stops or tuple(reason for reason in one.reasons if reason.weight == OPEN)


def _rows(
    found: List[Readiness], columns: List[Tuple[str, Optional[bool]]], reasons: Numbers, sink: Sink
) -> Iterator[str]:
    rows: List[List[str]] = []
    for target, device in dict.fromkeys(
        (one.target, one.device if one.kind == "nic" else "") for one in found
    ):
        cells = [f"{target}{f' ({plain(device)})' if device else ''}"]
        for kernel, default in columns:
            mine = [
                one
                for one in found
                if (one.target, one.kernel, one.default) == (target, kernel, default)
                and device in ("", one.device)
            ]
            cells.append(_cell(mine[0], reasons) if mine else "")
        rows.append(cells)
    head = ["", *(chr(65 + place) for place in range(len(columns)))]
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        line = "  " + "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths)).rstrip()
        if len(line) <= sink.width:
            yield line
            continue
        yield f"  {row[0]}"  # no room for columns: a line a kernel
        for letter, cell in zip(head[1:], row[1:]):
            yield from _wrapped(f"{letter}: {cell}", sink.width, "      ", "         ")


def _cell(one: Readiness, reasons: Numbers) -> str:
    numbers = sorted({reasons[reason.id, reason.says] for reason in deciding(one)})
    return _SAYS[one.verdict] + (f" [{','.join(map(str, numbers))}]" if numbers else "")


def _besides(report: Report, sink: Sink) -> Iterator[str]:
    """Yield in a line each what was not asked for and is worth knowing."""
    if report.besides:
        yield from ("", "FOR INFORMATION")
    for target, says in windows_lines(report.besides):
        yield from _wrapped(plain(says), sink.width, f"  {target:<12}", " " * 14)


def _unseen(report: Report, sink: Sink) -> Iterator[str]:
    unseen = dict.fromkeys(text for one in report.readiness for text in one.not_examined)
    yield from ("", "NOT EXAMINED")
    for text in unseen:
        yield from _wrapped(plain(text), sink.width, "  ", "    ")


def _gaps(report: Report, sink: Sink) -> Iterator[str]:
    """Yield what the source itself lacks: that it was cut, or what of it could not be read."""
    gaps = [gap for gap in report.gaps if gap.question == "source"]
    if gaps:
        yield from ("", "GAPS")
    for gap in gaps:
        left = f"; leaves open: {gap.leaves_open}" if gap.leaves_open else ""
        yield from _wrapped(plain(f"{gap.asked}: {gap.reason}{left}"), sink.width, "  ", "    ")


def _wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other or first, break_on_hyphens=False
    ) or [first.rstrip()]
