"""Markdown: for a ticket, a merge request or a wiki; tables and fenced code as GitHub, GitLab and
Forgejo show them.

Text of the guest is escaped so that it makes no markup, no link and mentions nobody. Sections of
detail are left out. Its look may change.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Sequence, Tuple

from guestcheck.model.advice import Step
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render._several import HEADINGS, cells, gap_lines, host_of, summary
from guestcheck.render.escaping import ascii_only, plain
from guestcheck.render.page.parts import (
    Block,
    Finding,
    Grid,
    Lines,
    Matrix,
    Page,
    Pairs,
    Section,
    Table,
    Verdict,
    as_table,
    fitted,
)
from guestcheck.render.page.report import page_of

_MARKS = re.compile(r"([\\`*_\[\]#|~$])")
# What sites make links and mentions of, wherever it stands: the comment parts it and is not shown.
_PARTED = re.compile(r"(@|\bwww|#(?=[0-9])|:(?=//)|(?<=[A-Za-z0-9])!(?=[0-9]))")


def render(report: Report, sink: Sink) -> str:
    """Return the report as Markdown."""
    return paint(page_of(report, sink.verbose), sink)


def paint(page: Page, sink: Sink) -> str:
    """Return the page as Markdown."""
    text = "\n".join(_lines(page)) + "\n"
    return text if sink.unicode else ascii_only(text)


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as a section."""
    host = host_of(entry.report)
    title = f"## {escaped(entry.name)}{f' ({escaped(host)})' if host else ''}\n\n"
    return title + (
        render(entry.report, sink) if entry.report else f"**NOT JUDGED** {escaped(entry.error)}\n"
    )


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:
    """Yield a table of several guests, what was not judged, and a section for each guest."""
    rows = [tuple(map(escaped, cells(row, listing.preflight))) for row in listing.rows]
    lines = [
        f"**{escaped(summary(listing))}**",
        "",
        *_rows(tuple(map(str.capitalize, HEADINGS)), rows),
    ]
    if listing.gaps:
        lines += ["", "Not judged:", "", *(f"- {escaped(text)}" for text in gap_lines(listing))]
    text = "\n".join(lines) + "\n"
    yield text if sink.unicode else ascii_only(text)
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


def _lines(page: Page) -> Iterator[str]:
    if page.result or page.headline:
        yield f"**{escaped(page.result or page.headline)}**"
    for section in (*page.sections, *page.grounds):
        if not section.detail:
            yield from _section(section)
    version, time, source = map(escaped, page.made)
    yield from ("", f"<sub>guestcheck {version}, {time}, {source}</sub>")


def _section(section: Section) -> Iterator[str]:
    first = section.blocks[0] if section.blocks else None
    if isinstance(first, Pairs) and first.short:  # the title heads a table
        rows = [(label, escaped(text)) for label, text in first.rows]
        yield from ("", *_rows((section.title, ""), rows))
        return
    yield from ("", f"### {escaped(section.title)}", "") if section.title else ("",)
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        table = fitted(block, brief=True)
        rows = [tuple(c.text if c.ours else escaped(c.text) for c in r.cells) for r in table.rows]
        yield from _rows([escaped(column.heading) for column in table.columns], rows)
    elif isinstance(block, (Grid, Matrix)):
        yield from _block(as_table(block))
        if isinstance(block, Grid) and block.note:
            yield from ("", escaped(block.note))
    elif isinstance(block, Verdict):
        yield from _verdict(block)
    elif isinstance(block, Pairs):
        yield from (f"- {escaped(label)}: {escaped(text)}" for label, text in block.rows)
    elif isinstance(block, Lines):
        yield from (f"- {escaped(text)}" for text in block.texts)
    elif isinstance(block, Finding):
        yield from _finding(block)
    else:
        yield escaped(block.text)


def _finding(finding: Finding) -> Iterator[str]:
    for head, _ in finding.heads:
        yield f"- **{finding.outcome.upper()}** {escaped(head)}"
    if finding.bare:
        return
    if finding.why:
        yield from ("", f"  {escaped(finding.why)}")
    yield ""
    for hint in finding.evidence:
        yield f"  Evidence: {escaped(hint.source)}: {escaped(hint.says)}  "
    yield from _steps(finding.steps)
    yield from ("", f"  More: {escaped(finding.more)}", "")


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield from ("", f"  *{escaped(step.where)}*: {escaped(step.text)}")
        yield from _fenced(step.code)
        if step.note:
            yield from ("", f"  ({escaped(step.note)})")


def _verdict(verdict: Verdict) -> Iterator[str]:
    yield from (f"- **{escaped(verdict.title)}**", "") if verdict.title else ()
    for reason in verdict.reasons:
        yield f"  - {escaped(reason.label)}: {escaped(reason.says)}"
        for hint in reason.evidence:
            yield f"    - {escaped(hint.source)}: {escaped(hint.says)}"
        if reason.settle:
            yield f"    - would be settled by: {escaped(reason.settle)}"
    yield from _steps(verdict.steps)
    yield ""


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as code; the fence is longer than any row of backticks in it."""
    if lines:
        longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        yield from ("", f"  {fence}", *(f"  {line}" for line in lines), f"  {fence}")


def _rows(headings: Sequence[str], rows: Sequence[Tuple[str, ...]]) -> Iterator[str]:
    kept = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    yield "| " + " | ".join(headings[place] for place in kept) + " |"
    yield "|" + " --- |" * len(kept)
    for row in rows:
        yield "| " + " | ".join(row[place] for place in kept) + " |"
