"""Plain text: for a serial console, a log or a ticket; no colour, no control character, lines
within the width.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Iterable, Iterator, List

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import ascii_only
from guestcheck.render.page.parts import (
    Finding,
    Grid,
    Lines,
    Matrix,
    Page,
    Pairs,
    Section,
    Table,
    Verdict,
    fitted,
)

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Entry, Listing


def render(report: Report, sink: Sink) -> str:
    """Return the report as plain text."""
    if report.preflight:
        from guestcheck.render.page.preflight import preflight_page

        return paint(preflight_page(report, sink.verbose), sink)
    from guestcheck.render.page.report import page_of

    return paint(page_of(report, sink.verbose), sink)


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return nothing: of several guests a line each is shown."""
    return ""


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield a line for each of several guests."""
    from guestcheck.render._several import as_text

    yield as_text(listing, sink)


def compared(comparison: Comparison, sink: Sink) -> str:
    """Return what two reports differ in as plain text."""
    from guestcheck.render.people._difference import render_text

    return render_text(comparison, sink)


def paint(page: Page, sink: Sink) -> str:
    """Return the page as plain text. The result is the last line, and is not broken: programs look
    for it.
    """
    lines = wrapped(page.headline, sink.width) if page.headline else []
    lines += wrapped(page.pointer, sink.width) if page.pointer else []
    for section in (*page.sections, *page.grounds):
        lines += ["", section.title.upper()] if section.title else [""]
        lines += _section(section, sink.width)
    lines += ["", page.result] if page.result else []
    text = "\n".join(lines if page.headline else lines[1:]) + "\n"
    return text if sink.unicode else ascii_only(text)


def _section(section: Section, width: int) -> Iterator[str]:
    for number, block in enumerate(section.blocks):
        if isinstance(block, Table):
            yield from _table(block, width) if block.aligned else _listed(block, width)
        elif isinstance(block, Grid):
            yield from _grid(block, width)
        elif isinstance(block, Pairs):
            yield from pairs(block, width)
        elif isinstance(block, Matrix):
            yield from _matrix(block, width)
        elif isinstance(block, (Finding, Verdict)):
            yield from ("",) if number and not section.dense else ()
            if isinstance(block, Finding):
                yield from _finding(block, width)
            else:
                yield from _verdict(block, width)
        else:
            texts = block.texts if isinstance(block, Lines) else (block.text,)
            for text in texts:
                first = "  " if section.title else ""
                yield from wrapped(
                    text, width, first, "    " if isinstance(block, Lines) else first
                )


def wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    """Return a text as lines: the first begins with `first`, the others with `other`."""
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other or first, break_on_hyphens=False
    ) or [first.rstrip()]


def pairs(block: Pairs, width: int) -> Iterator[str]:
    """Yield labels with their texts, short labels as a column."""
    for label, text in block.rows:
        if block.short:
            yield from wrapped(text, width, f"  {label:<11} ", " " * 14)
        else:
            yield from wrapped(f"{label}: {text}", width, "  ", "    ")


def _table(table: Table, width: int) -> Iterator[str]:
    """Yield aligned columns, and beneath each row what is said of it."""
    table = fitted(table)
    rows = [["NAME" if one.names else one.heading.upper() for one in table.columns]]
    for row in table.rows:
        cells = zip(row.cells, table.columns)
        rows.append([c.text.replace(", ", ",") if one.compact else c.text for c, one in cells])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for number, cells_ in enumerate(rows):
        yield "  " + "  ".join(f"{c:<{wide}}" for c, wide in zip(cells_, widths)).rstrip()
        for line in table.rows[number - 1].more if number else ():
            yield from wrapped(line, width, "    ", "      ")


def _listed(table: Table, width: int) -> Iterator[str]:
    for row in table.rows:
        words = [cell.alone or cell.text for cell in row.cells]
        yield from wrapped("  ".join(word for word in words if word), width, "  ", "    ")


# So many rows of which the same is said are one line.
_MANY_ALIKE = 3


def _grid(grid: Grid, width: int) -> Iterator[str]:
    """Yield the subjects one after the other."""
    for number, head in enumerate(grid.heads):
        yield f"  {head}"
        rows = [(label, cells[number]) for label, cells in grid.rows if cells[number].text]
        alike = len({(cell.text, cell.alone) for _, cell in rows}) == 1
        if len(rows) >= _MANY_ALIKE and alike and not grid.full and rows[0][1].alone:
            rows = [(f"all of these {grid.heading.lower()}s", rows[0][1])]
        wide = max((len(label) for label, _ in rows), default=0)
        for label, cell in rows:
            text = f"{cell.text}: {cell.alone}" if cell.alone else cell.text
            if wide + 26 <= width:
                yield from wrapped(text, width, f"    {label:<{wide}}  ", " " * (wide + 6))
            else:  # no room for a column beside the names
                yield f"    {label}"
                yield from wrapped(text, width, " " * 8)
    if grid.note:
        yield from wrapped(grid.note, width, "  ")


def _finding(finding: Finding, width: int) -> Iterator[str]:
    indent = " " * 10
    start = f"  {finding.outcome.upper():<8}"
    each = False
    for head, evidence in finding.heads:
        yield from wrapped(head, width, start, indent)
        for hint in evidence:
            each = True
            text = f"evidence: {hint.source}: {hint.says}"
            yield from wrapped(text, width, " " * 12, " " * 14)
        start = indent
    if finding.bare:
        return
    if finding.why:
        yield from wrapped(f"Why: {finding.why}", width, indent)
    for hint in () if each else finding.evidence:
        yield from wrapped(f"Evidence: {hint.source}: {hint.says}", width, indent, " " * 12)
    place = ""
    for step in finding.steps:
        if step.where != place:
            place = step.where
            yield f"        > {place}"
        yield from wrapped(step.text, width, indent)
        yield from (f"              {line}" for line in step.code)
        if step.note:
            yield from wrapped(f"({step.note})", width, indent)
    yield from wrapped(f"More: {finding.more}", width, indent)


def _verdict(verdict: Verdict, width: int) -> Iterator[str]:
    if verdict.title:
        yield from wrapped(verdict.title, width)
    room = 5 if verdict.title else 4
    for reason in verdict.reasons:
        start = f"  {reason.label:<{room}} "
        below = " " * len(start)
        yield from wrapped(reason.says, width, start, below)
        lines = [f"{hint.source}: {hint.says}" for hint in reason.evidence]
        lines += [f"would be settled by: {reason.settle}"] if reason.settle else []
        for line in lines:
            yield from wrapped(line, width, below + "  ", below + "    ")
    for step in verdict.steps:
        yield from wrapped(f"> {step.text}", width, "  ", "    ")
        yield from (f"      {line}" for line in step.code)
        if step.note:
            yield from wrapped(f"({step.note})", width, "    ")


def _matrix(matrix: Matrix, width: int) -> Iterator[str]:
    """Yield a legend and columns named by letters; where these have no room, a line a column."""
    letters = [chr(65 + place) for place in range(len(matrix.heads))]
    for letter, head in zip(letters, matrix.heads):
        yield from wrapped(f"{letter}: {head}", width, "  ", "     ")
    rows = [("", *letters), *((label, *cells) for label, cells in matrix.rows)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        line = "  " + "  ".join(f"{c:<{wide}}" for c, wide in zip(row, widths)).rstrip()
        if len(line) <= width:
            yield line
            continue
        yield f"  {row[0]}"
        for letter, cell in zip(letters, row[1:]):
            yield from wrapped(f"{letter}: {cell}", width, "      ", "         ")
