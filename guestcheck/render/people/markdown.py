"""Markdown: for a ticket, a merge request or a wiki; tables and fenced code as GitHub, GitLab and
Forgejo show them.

Text of the guest is escaped so that it makes no markup, no link and mentions nobody. Its look may
change.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, Sequence, Tuple

from guestcheck.model.check import PASS, SKIP
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render import _words as words
from guestcheck.render._gaps import gap_rows
from guestcheck.render._several import HEADINGS, cells, gap_lines, host_of, summary
from guestcheck.render._weight import sentence
from guestcheck.render._words import plain
from guestcheck.render.people.text import plain_code

_MARKS = re.compile(r"([\\`*_\[\]#|~$])")
# What sites make links and mentions of, wherever it stands: the comment parts it and is not shown.
_PARTED = re.compile(r"(@|\bwww|#(?=[0-9])|:(?=//)|(?<=[A-Za-z0-9])!(?=[0-9]))")


def render(report: Report, sink: Sink) -> str:
    """Return the report as Markdown."""
    text = "\n".join(_lines(report, sink)) + "\n"
    return text if sink.unicode else words.ascii_only(text)


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as a section."""
    host = host_of(entry.report)
    title = f"## {escaped(entry.name)}{f' ({escaped(host)})' if host else ''}\n\n"
    return title + (
        render(entry.report, sink) if entry.report else f"**NOT JUDGED** {escaped(entry.error)}\n"
    )


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:
    """Yield a table of several guests, what was not judged, and a section for each guest."""
    rows = [tuple(map(escaped, cells(row))) for row in listing.rows]
    lines = [
        f"**{escaped(summary(listing))}**",
        "",
        *_table(tuple(map(str.capitalize, HEADINGS)), rows),
    ]
    if listing.gaps:
        lines += ["", "Not judged:", "", *(f"- {escaped(text)}" for text in gap_lines(listing))]
    text = "\n".join(lines) + "\n"
    yield text if sink.unicode else words.ascii_only(text)
    yield from ("\n" + text for text in parts)


def escaped(text: str) -> str:
    r"""Return one line of text in which no mark means anything.

    >>> escaped("a|b *c* <i> @all http://x")
    'a\\|b \\*c\\* &lt;i&gt; @<!-- -->all http:<!-- -->//x'
    """
    text = _MARKS.sub(
        r"\\\1", plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    )
    text = _PARTED.sub(r"\1<!-- -->", text)
    return re.sub(r"^([0-9]*)([.)+=-])", r"\1\\\2", text)  # lists and headings


def _lines(report: Report, sink: Sink) -> Iterator[str]:
    inventory = report.inventory
    yield f"**{escaped(sentence(report))}**"
    yield ""
    yield from _table(
        ("Guest", ""), [(label, escaped(text)) for label, text in words.guest_lines(report)]
    )
    yield from ("", "### Disks", "")
    if inventory.disks:
        rows = [
            (
                escaped(d.name),
                words.size(d.size_bytes),
                d.verdict.kind,
                escaped(d.verdict.interface),
                escaped(d.driver),
                words.queues(d.queues, inventory.guest.cpus),
                words.yes_no(d.discard),
                ", ".join(d.roles),
                escaped(", ".join(word for word in (d.model, d.serial) if word)),
            )
            for d in inventory.disks
        ]
        yield from _table(
            (
                "Disk",
                "Size",
                "Kind",
                "Interface",
                "Driver",
                "Queues",
                "Trim",
                "Roles",
                "Model, serial",
            ),
            rows,
        )
    else:
        yield words.none_of(report) if inventory.disks is not None else words.unread(report)
    yield from ("", "### Network cards", "")
    if inventory.nics:
        cards = [
            (
                escaped(n.name or n.address),
                escaped(n.state),
                n.verdict.kind,
                escaped(n.verdict.interface),
                escaped(n.driver),
                escaped(n.mac),
            )
            for n in inventory.nics
        ]
        yield from _table(("Card", "State", "Kind", "Interface", "Driver", "MAC"), cards)
    else:
        yield words.none_of(report) if inventory.nics is not None else words.unread(report)
    if report.preflight:
        yield from _readiness(report)
    yield from ("", "### Findings", "")
    yield from _findings(report, sink)
    if report.gaps:
        yield from ("", "### Gaps", "")
        yield from (
            f"- {escaped(label)}: {escaped(text)}" for label, text in gap_rows(report, sink.verbose)
        )
    if report.judgement and report.judgement.accepted:
        yield from ("", "### Ignored by the policy", "")
        yield from (
            f"- {escaped(label)}: {escaped(text)}"
            for label, text in words.policy_lines(report.judgement)[1:]
        )
    yield ""
    yield (
        f"<sub>guestcheck {escaped(report.version)}, {escaped(report.time)},"
        f" {escaped(inventory.guest.source)}</sub>"
    )


def _readiness(report: Report) -> Iterator[str]:
    yield from ("", "### Readiness", "")
    rows = [
        (one.target, escaped(one.device), escaped(words.started(one)), one.verdict)
        for one in report.readiness
    ]
    yield from _table(("Target", "Device", words.started_title(report.inventory), "Verdict"), rows)


def _findings(report: Report, sink: Sink) -> Iterator[str]:
    found = words.groups(report, sink.verbose)
    if not found:
        yield "None: nothing here should be changed."
    for group in found:
        first = group.first
        for result in words.told(group, sink.verbose):
            yield f"- **{result.outcome.upper()}** {escaped(result.summary)}"
        if first.outcome in (PASS, SKIP):
            continue
        if words.why_of(first):
            yield from ("", f"  {escaped(first.why)}")
        yield ""
        yield from (
            f"  Evidence: {escaped(hint.source)}: {escaped(hint.says)}  "
            for hint in (first.evidence if sink.verbose else first.evidence[:2])
        )
        steps, left_out = words.shown_steps(group, report, sink.verbose)
        for step in steps:
            yield from ("", f"  *{escaped(words.place_title(step))}*: {escaped(step.text)}")
            yield from _fenced([plain_code(line) for line in step.code])
            if step.note:
                yield from ("", f"  ({escaped(step.note)})")
        yield from (
            "",
            f"  More: {escaped(words.more_of(group) + (f'; {left_out}' if left_out else ''))}",
            "",
        )


def _fenced(lines: List[str]) -> Iterator[str]:
    """Yield lines as code; the fence is longer than any row of backticks in it."""
    if lines:
        longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        yield from ("", f"  {fence}", *(f"  {line}" for line in lines), f"  {fence}")


def _table(headings: Sequence[str], rows: Sequence[Tuple[str, ...]]) -> Iterator[str]:
    kept = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    yield "| " + " | ".join(headings[place] for place in kept) + " |"
    yield "|" + " --- |" * len(kept)
    for row in rows:
        yield "| " + " | ".join(row[place] for place in kept) + " |"
