"""Markdown: for a ticket, a merge request or a wiki; tables and fenced code as GitHub, GitLab and
Forgejo show them.

Text of the guest is escaped so that it makes no markup, no link and mentions nobody. Sections of
detail are left out. Its look may change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterable, Iterator, Sequence, Tuple

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import ascii_only, plain
from guestcheck.render.page import parts as p
from guestcheck.render.page.kinds import difference_page, report_page, several_page
from guestcheck.render.several import host_of

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Entry, Listing

_MARKS = re.compile(r"([\\`*_\[\]#|~$])")
# What sites make links and mentions of, wherever it stands: the comment parts it and is not shown.
_PARTED = re.compile(r"(@|\bwww|#(?=[0-9])|:(?=//)|(?<=[A-Za-z0-9])!(?=[0-9]))")


# How a line of an account looks, by its role; those with a mark in front are of one list.
_LINES = {
    p.HEAD: "- **{label}** {text}",
    p.BARE: "- **{label}** {text}",
    p.TITLE: "- **{text}**",
    p.REASON: "  - {label}: {text}",
    p.FIELD: "  - {label}: {text}",
    p.OWN: "  - {text}",
    p.EVIDENCE: "  {text}  ",
    p.NOTE: "  ({text})",
}
_OTHERS = "  {text}"
_LISTED = {p.HEAD, p.BARE, p.OWN, p.TITLE, p.REASON, p.FIELD}


def render(report: Report, sink: Sink) -> str:
    """Return the report as Markdown."""
    return paint(report_page(report, sink.verbose), sink)


def compared(comparison: Comparison, sink: Sink) -> str:
    """Return what two reports differ in as Markdown."""
    return paint(difference_page(comparison), sink)


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as a section."""
    host = host_of(entry.report)
    title = f"## {escaped(entry.name)}{f' ({escaped(host)})' if host else ''}\n\n"
    return title + (
        render(entry.report, sink) if entry.report else f"**NOT JUDGED** {escaped(entry.error)}\n"
    )


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:
    """Yield a table of several guests, what was not judged, and a section for each guest."""
    yield paint(several_page(listing, alone=False), sink)
    yield from ("\n" + text for text in parts)


def paint(page: p.Page, sink: Sink) -> str:
    """Return the page as Markdown."""
    text = "\n".join(_lines(page)) + "\n"
    return text if sink.unicode else ascii_only(text)


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


def _lines(page: p.Page) -> Iterator[str]:
    if page.result or page.headline:
        yield f"**{escaped(page.result or page.headline)}**"
    for section in (*page.sections, *page.grounds):
        if not section.detail:
            yield from _section(section)
    version, *others = page.made
    made = ", ".join(escaped(word) for word in (f"guestcheck {version}", *others) if word)
    yield from ("", f"<sub>{made}</sub>")


def _section(section: p.Section) -> Iterator[str]:
    first = section.blocks[0] if section.blocks else None
    if isinstance(first, p.Pairs) and first.short:  # the title heads a table
        rows = [(escaped(label), escaped(text)) for label, text in first.rows]
        yield from ("", *_rows((section.title, ""), rows))
        return
    yield from ("", f"### {escaped(section.title)}", "") if section.title else ("",)
    for block in section.blocks:
        yield from _block(block)


def _block(block: p.Block) -> Iterator[str]:
    if isinstance(block, p.Account):
        yield from _account(block)
    elif isinstance(block, p.Table):
        table = p.fitted(block, brief=True)
        rows = [tuple(c.text if c.ours else escaped(c.text) for c in r.cells) for r in table.rows]
        yield from _rows([escaped(column.heading) for column in table.columns], rows)
    elif isinstance(block, (p.Grid, p.Matrix)):
        yield from _block(p.as_table(block))
        if isinstance(block, p.Grid) and block.note:
            yield from ("", escaped(block.note))
    elif isinstance(block, p.Pairs):
        yield from (f"- {escaped(label)}: {escaped(text)}" for label, text in block.rows)
    elif isinstance(block, p.Lines):
        yield from (f"- {escaped(text)}" for text in block.texts)
    else:
        yield escaped(block.text)


def _account(account: p.Account) -> Iterator[str]:
    place, before = "", account.lines[0].role
    for line in account.lines:
        if line.role == p.PLACE:
            place = f"*{escaped(line.text)}*: "
            continue
        if not (line.role == before == p.EVIDENCE or {line.role, before} <= _LISTED):
            yield ""
        before = line.role
        text = place + escaped(line.text) if line.role == p.STEP else escaped(line.text)
        if line.role == p.CODE:
            yield from _fenced(line.text.split("\n"))
        else:
            form = _LINES.get(line.role, _OTHERS)
            yield form.format(text=text, label=escaped(line.label))
    if before not in _LISTED:
        yield ""


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as code; the fence is longer than any row of backticks in it."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"  {fence}", *(f"  {line}" for line in lines), f"  {fence}")


def _rows(headings: Sequence[str], rows: Sequence[Tuple[str, ...]]) -> Iterator[str]:
    kept = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    yield "| " + " | ".join(headings[place] for place in kept) + " |"
    yield "|" + " --- |" * len(kept)
    for row in rows:
        yield "| " + " | ".join(row[place] for place in kept) + " |"
