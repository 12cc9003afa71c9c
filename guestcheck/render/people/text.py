"""Plain text: for a serial console, a log or a ticket; no colour, no control character, lines
within the width.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Tuple

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import ascii_only
from guestcheck.render.page import parts as p
from guestcheck.render.page.kinds import answer_page, difference_page, several_page

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Entry, Listing

# How a line of an account looks, by the account's kind and its own role: what stands before it, its
# words, and how far the next lines of the same are indented (-1: as far as the first).
_LOOKS: Dict[Tuple[str, str], Tuple[str, str, int]] = {
    (p.FINDING, p.HEAD): ("  {label:<8}", "{}", 10),
    (p.FINDING, p.BARE): ("  {label:<8}", "{}", 10),
    (p.FINDING, p.OWN): (" " * 12, "{}", 14),
    (p.FINDING, p.WHY): (" " * 10, "Why: {}", 10),
    (p.FINDING, p.EVIDENCE): (" " * 10, "{}", 12),
    (p.FINDING, p.PLACE): (" " * 8 + "> ", "{}", 10),
    (p.FINDING, p.STEP): (" " * 10, "{}", 10),
    (p.FINDING, p.CODE): (" " * 14, "{}", 0),
    (p.FINDING, p.NOTE): (" " * 10, "({})", 10),
    (p.FINDING, p.MORE): (" " * 10, "{}", 10),
    (p.VERDICT, p.TITLE): ("", "{}", 0),
    (p.VERDICT, p.REASON): ("  {label:<5} ", "{}", -1),
    (p.VERDICT, p.EVIDENCE): (" " * 10, "{}", 12),
    (p.VERDICT, p.STEP): ("  ", "> {}", 4),
    (p.VERDICT, p.CODE): (" " * 6, "{}", 0),
    (p.VERDICT, p.NOTE): (" " * 4, "({})", 4),
    (p.REASONS, p.REASON): ("  {label:<4} ", "{}", -1),
    (p.REASONS, p.EVIDENCE): (" " * 9, "{}", 11),
    (p.CHANGE, p.TITLE): ("  ", "{}", 6),
    (p.CHANGE, p.ASIDE): (" " * 4, "{}", 4),
    (p.CHANGE, p.FIELD): ("    {label:<{wide}}  ", "{}", -1),
    (p.ROW, p.TITLE): ("", "{}", 2),
}
_OTHERS = (" " * 4, "{}", 4)
_SILENT = {(p.VERDICT, p.PLACE)}  # what preflight says to do is done in the guest
_WIDEST_LABEL = 13


def render(report: Report, sink: Sink) -> str:
    """Return the report as plain text."""
    return paint(answer_page(report, sink.verbose), sink)


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return nothing: of several guests a line each is shown."""
    return ""


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield a line for each of several guests."""
    yield paint(several_page(listing, alone=True), sink)


def compared(comparison: Comparison, sink: Sink) -> str:
    """Return what two reports differ in as plain text."""
    return paint(difference_page(comparison), sink)


def paint(page: p.Page, sink: Sink) -> str:
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


def _section(section: p.Section, width: int) -> Iterator[str]:
    indent = "  " if section.title else ""
    for number, block in enumerate(section.blocks):
        if isinstance(block, p.Account):
            yield from ("",) if number and not section.dense else ()
            yield from _account(block, width)
        elif isinstance(block, p.Table):
            yield from _table(block, width, indent)
        elif isinstance(block, p.Grid):
            yield from _grid(block, width)
        elif isinstance(block, p.Pairs):
            yield from _pairs(block, width)
        elif isinstance(block, p.Matrix):
            yield from _matrix(block, width)
        elif isinstance(block, p.Lines):
            for text in block.texts:
                yield from wrapped(text, width, indent, "    ")
        else:
            yield from wrapped(block.text, width, indent, indent)


def wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    """Return a text as lines: the first begins with `first`, the others with `other`."""
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other or first, break_on_hyphens=False
    ) or [first.rstrip()]


def _pairs(block: p.Pairs, width: int) -> Iterator[str]:
    """Yield labels with their texts, short labels as a column."""
    wide = max(11, *(min(len(label), _WIDEST_LABEL) for label, _ in block.rows or (("", ""),)))
    for label, text in block.rows:
        if block.short:
            yield from wrapped(text, width, f"  {label:<{wide}} ", " " * (wide + 3))
        else:
            yield from wrapped(f"{label}: {text}", width, "  ", "    ")


def _table(table: p.Table, width: int, indent: str) -> Iterator[str]:
    """Yield aligned columns, and beneath each row what is said of it; sentences in the last column
    take several lines.
    """
    if not table.aligned:
        yield from _listed(table, width)
        return
    table = p.fitted(table)
    accounts = p.stacked(table, width - len(indent))
    for account in accounts:
        yield from _account(account, width)
    if accounts:
        return
    rows = [["NAME" if one.names and indent else one.heading.upper() for one in table.columns]]
    for row in table.rows:
        cells = zip(row.cells, table.columns)
        rows.append([c.text.replace(", ", ",") if one.compact else c.text for c, one in cells])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for number, words in enumerate(rows):
        if p.has_prose(table):
            yield from _prose(words, widths, width, indent)
        else:
            yield indent + "  ".join(f"{c:<{wide}}" for c, wide in zip(words, widths)).rstrip()
        for line in table.rows[number - 1].more if number else ():
            yield from wrapped(line, width, "    ", "      ")


def _prose(words: List[str], widths: List[int], width: int, indent: str) -> List[str]:
    """Return a row that ends with sentences; they begin behind the first cell where nothing is
    between.
    """
    before = words[:-1] if any(words[1:-1]) else words[:1]
    start = indent + "".join(f"{cell:<{wide}}  " for cell, wide in zip(before, widths))
    return wrapped(words[-1], width, start, " " * len(start))


def _listed(table: p.Table, width: int) -> Iterator[str]:
    for row in table.rows:
        words = [cell.alone or cell.text for cell in row.cells]
        yield from wrapped("  ".join(word for word in words if word), width, "  ", "    ")


# So many rows of which the same is said are one line.
_MANY_ALIKE = 3


def _grid(grid: p.Grid, width: int) -> Iterator[str]:
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


def _account(account: p.Account, width: int) -> Iterator[str]:
    label = ""
    labels = [len(line.label) for line in account.lines if line.role == p.FIELD]
    wide = min(max(labels, default=0), _WIDEST_LABEL)
    for line in account.lines:
        if (account.kind, line.role) in _SILENT:
            continue
        before, words, other = _LOOKS.get((account.kind, line.role), _OTHERS)
        again = line.role in (p.HEAD, p.BARE) and line.label == label
        label = line.label or label
        start = before.format(label="" if again else line.label, wide=wide)
        if line.role == p.CODE:  # never broken: it is to be copied
            yield from (start + one for one in line.text.split("\n"))
            continue
        if len(start) > width // 2:  # a name that leaves no room beside it
            yield start.rstrip()
            start = " " * 6
        yield from wrapped(
            words.format(line.text), width, start, " " * (len(start) if other < 0 else other)
        )


def _matrix(matrix: p.Matrix, width: int) -> Iterator[str]:
    """Yield a legend and columns named by letters; where these have no room, a line a column."""
    legend, short = p.lettered(matrix)
    for text in legend.texts:
        yield from wrapped(text, width, "  ", "     ")
    table = p.as_table(short)
    wide = p.widths(table)
    rows = [[one.heading for one in table.columns]]
    rows += [[cell.text for cell in row.cells] for row in table.rows]
    for words in rows:
        line = "  " + "  ".join(f"{word:<{room}}" for word, room in zip(words, wide)).rstrip()
        if len(line) <= width:
            yield line
            continue
        yield f"  {words[0]}"
        for letter, word in zip(short.heads, words[1:]):
            yield from wrapped(f"{letter}: {word}", width, "      ", "         ")
