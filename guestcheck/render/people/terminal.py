"""For a person at a terminal: tables that fit 80 columns and use more, colour where the sink takes
it. Needs rich.

All text of the guest goes in as `Text`, never as markup.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Iterable, Iterator, List, NamedTuple, Sequence, Union

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Drawn
from rich.text import Text

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import ascii_only
from guestcheck.render.page import parts as p
from guestcheck.render.page.kinds import answer_page, difference_page, several_page
from guestcheck.render.people import text as text_format
from guestcheck.render.people.text import part as part  # several guests are a table

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Listing

# Colours that a light and a dark terminal both show well, of kinds, outcomes and drivers' states.
_TONES = {
    "paravirtual": "green",
    "emulated": "bold yellow",
    "passthrough": "cyan",
    "unknown": "magenta",
    "fail": "bold red",
    "error": "bold red",
    "warn": "bold yellow",
    "note": "cyan",
    "pass": "green",
    "skip": "dim",
    "boots": "green",
    "network-up": "green",
    "does-not-boot": "bold red",
    "network-lost": "bold red",
    "built-in": "green",
    "module, loaded": "green",
    "off": "yellow",
    "absent": "yellow",
    "module, FILE MISSING": "bold red",
}
# How the words of a line look, by its role; a head is bold, and a title has the colour of its tone.
_STYLES = {
    p.HEAD: "bold",
    p.OWN: "dim",
    p.EVIDENCE: "dim",
    p.ASIDE: "dim",
    p.PLACE: "bold cyan",
    p.CODE: "green",
    p.NOTE: "dim",
    p.MORE: "dim italic",
}
# What stands before a line that has no label of its own.
_MARKS = {(p.FINDING, p.PLACE): "     →", (p.VERDICT, p.STEP): ">"}
_ALONE = (p.TITLE, p.ASIDE, p.CODE)  # lines that are not beside a column of labels
_SILENT = {(p.VERDICT, p.PLACE)}  # what preflight says to do is done in the guest
# Columns that the labels of an account take at least.
_LABELS = {p.FINDING: 7, p.CHANGE: 1, p.ROW: 1}
# From this width on the address and the controller get columns of their own.
_WIDE = 120
# rich takes a millisecond for each row, and as many are read by a program.
_MOST_LAID_OUT = 2000


class _Code(NamedTuple):
    """Lines to be copied, which are not broken where they are longer than the terminal is wide."""

    text: str
    indent: int


Piece = Union[RenderableType, _Code]


def render(report: Report, sink: Sink) -> str:
    """Return the report with escape codes for colour, if the sink takes them."""
    return paint(answer_page(report, sink.verbose), sink)


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield a line for each of several guests."""
    yield paint(several_page(listing, alone=True), sink)


def compared(comparison: Comparison, sink: Sink) -> str:
    """Return what two reports differ in."""
    return paint(difference_page(comparison), sink)


def paint(page: p.Page, sink: Sink) -> str:
    """Return the page, with escape codes for colour if the sink takes them; one of very many rows
    is plain text.
    """
    if _rows(page) > _MOST_LAID_OUT:
        return text_format.paint(page, sink)
    out = StringIO()
    console = Console(
        file=out,
        width=sink.width,
        force_terminal=sink.colour,
        color_system="standard" if sink.colour else None,
        no_color=not sink.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        safe_box=not sink.unicode,
        _environ={},  # rich would take COLUMNS=² for a number
    )
    show(page, sink, console)
    text = out.getvalue()
    if not sink.colour:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    return text if sink.unicode else ascii_only(text)


def _rows(page: p.Page) -> int:
    blocks = [block for section in page.sections for block in section.blocks]
    return sum(
        len(block.rows)
        if isinstance(block, p.Table)
        else len(block.lines)
        if isinstance(block, p.Account)
        else 1
        for block in blocks
    )


def show(page: p.Page, sink: Sink, console: Console) -> None:
    """Print the page on `console`."""
    if page.headline:
        console.print(Text(page.headline, style="bold yellow" if page.tone else "bold"))
    if page.pointer:
        console.print(Text(page.pointer))
    for number, section in enumerate((*page.sections, *page.grounds)):
        if number or page.headline:
            console.print(Text(""))
        if section.title:
            console.print(Text(section.title, style="bold underline"))
        indent = 2 if section.title else 0
        for piece in _pieces(section, sink, sink.width - indent):
            _show(piece, indent, console)
    if page.result:
        # Not broken: programs look for it in the last line.
        console.print(Text(""))
        console.print(Text(page.result, style=_tone(page.outcome)), soft_wrap=True)


def _show(piece: Piece, indent: int, console: Console) -> None:
    if not isinstance(piece, _Code):
        console.print(Padding(piece, (0, 0, 0, indent)))
        return
    for line in piece.text.split("\n"):
        text = Text(" " * (indent + piece.indent) + line, style=_STYLES[p.CODE])
        console.print(text, soft_wrap=True)


def _tone(word: str) -> str:
    return _TONES.get(word, "default") if word else ""


def _pieces(section: p.Section, sink: Sink, width: int) -> Iterator[Piece]:
    for number, block in enumerate(section.blocks):
        if isinstance(block, p.Account):
            if number and not section.dense:
                yield Text("")
            yield from _account(block, sink.unicode)
        elif isinstance(block, p.Table):
            yield from _table(block, sink.width >= _WIDE, width)
        elif isinstance(block, p.Matrix):
            yield from _matrix(block, width)
        elif isinstance(block, p.Grid):
            yield from _grid_in_full(block) if block.full else _grid(block, sink)
        elif isinstance(block, p.Pairs):
            yield _pairs(block)
        elif isinstance(block, p.Lines):
            yield _list(block.texts)
        else:
            yield Text(block.text, style=_tone(block.tone))


def _list(texts: Sequence[str]) -> RenderableType:
    """Draw lines; of several a dot says where each begins."""
    if len(texts) < 2:
        return Text("\n".join(texts), style="dim")
    drawn = _columns(1)
    for text in texts:
        drawn.add_row(Text("•", style="dim"), Text(text, style="dim"))
    return drawn


def _pairs(block: p.Pairs) -> Drawn:
    drawn = Drawn.grid(padding=(0, 2, 0, 0))
    if block.short:
        drawn.add_column(style="dim", no_wrap=True)
    else:
        drawn.add_column(overflow="fold", max_width=34)
    drawn.add_column(overflow="fold")
    for label, text in block.rows:
        drawn.add_row(Text(label), Text(text, style="" if block.short else "dim"))
    return drawn


def _drawn(gap: int) -> Drawn:
    return Drawn(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, gap, 0, 0),
        header_style="dim",
    )


def _cell(cell: p.Cell, bold: bool = False) -> Text:
    return Text(cell.text, style="bold" if bold else _tone(cell.tone))


def _table(table: p.Table, wide: bool, width: int) -> Iterator[Piece]:
    """Draw rows, and beneath the table the lines that belong to each."""
    table = p.fitted(table, wide=wide)
    accounts = p.stacked(table, width)
    for account in accounts:
        yield from _account(account, True)
    if accounts:
        return
    drawn = _drawn(1)
    # Verdicts and names stay whole; what may fold are the long texts, and all where else something
    # would be cut.
    whole = p.fits(table, width)
    for column in table.columns:
        drawn.add_column(column.heading, no_wrap=whole and not column.folds, overflow="fold")
    names = [column.names for column in table.columns]
    for row in table.rows:
        drawn.add_row(*(_cell(cell, name) for cell, name in zip(row.cells, names)))
    yield drawn
    if not any(row.more for row in table.rows):
        return
    detail = Drawn.grid(padding=(0, 1, 0, 0))
    detail.add_column(no_wrap=True)
    detail.add_column(overflow="fold")
    for row in table.rows:
        for number, line in enumerate(row.more):
            name = "" if number else row.cells[0].text
            detail.add_row(Text(name, style="bold"), Text(line, style="dim"))
    yield Text("")
    yield detail


def _matrix(matrix: p.Matrix, width: int) -> Iterator[Piece]:
    """Draw columns with their heads where these have room, else with letters, else one by one."""
    legend, short = p.lettered(matrix)
    if p.fits(p.as_table(matrix), width):
        short = matrix
    else:
        yield _list(legend.texts)
    if p.fits(p.as_table(short), width):
        yield from _table(p.as_table(short), True, width)
        return
    for account in p.cells_apart(short):
        yield from _account(account, True)


def _grid(grid: p.Grid, sink: Sink) -> Iterator[Piece]:
    """Draw subjects side by side: two of them fit 80 columns, more of them need more."""
    heads = grid.heads[: 2 if sink.width < _WIDE else 4]
    drawn = _drawn(2)
    drawn.add_column(grid.heading, no_wrap=True)
    for head in heads:
        drawn.add_column(Text(head), overflow="fold")
    notes: List[str] = []
    for label, cells in grid.rows:
        shown = cells[: len(heads)]
        if any(cell.text for cell in shown):
            drawn.add_row(Text(label), *map(_cell, shown))
            notes += [cell.alone for cell in shown if cell.alone and cell.alone not in notes]
    yield drawn
    if grid.note:
        notes.append(grid.note)
    if len(grid.heads) > len(heads):
        notes.append(f"and {len(grid.heads) - len(heads)} more kernels: -v shows them")
    if notes:
        yield Text("\n".join(notes), style="dim")


def _grid_in_full(grid: p.Grid) -> Iterator[Piece]:
    for number, head in enumerate(grid.heads):
        drawn = _drawn(1)
        for heading in (grid.heading, "State", "Says"):
            drawn.add_column(heading, no_wrap=heading != "Says", overflow="fold")
        for label, cells in grid.rows:
            cell = cells[number]
            if cell.text:
                drawn.add_row(Text(label), _cell(cell), Text(cell.alone, style="dim"))
        yield from (Text(head, style="bold"), drawn, Text(""))


def _account(account: p.Account, takes_unicode: bool) -> Iterator[Piece]:
    """Yield the lines of an account, the labels as a column."""
    lines = [line for line in account.lines if (account.kind, line.role) not in _SILENT]
    marks = [_MARKS.get((account.kind, line.role), line.label) for line in lines]
    marks = marks if takes_unicode else [mark.replace("→", ">") for mark in marks]
    room = max([_LABELS.get(account.kind, 0), *map(len, marks)]) + (account.kind == p.CHANGE)
    drawn, label = _columns(room), ""
    for line, mark in zip(lines, marks):
        if line.role in _ALONE and drawn.row_count:
            yield drawn
            drawn = _columns(room)
        if line.role == p.CODE:
            yield _Code(line.text, room + 3 if room else 4)
            continue
        if line.role == p.TITLE:
            yield Text(line.text, style=_tone(line.tone) or "bold")
            continue
        if line.role == p.ASIDE:
            yield Padding(Text(line.text, style="dim"), (0, 0, 0, 2))
            continue
        again = line.role in (p.HEAD, p.BARE) and line.label == label
        label = line.label or label
        drawn.add_row(
            Text("" if again else mark, style=_tone(line.tone) or "dim"),
            Text(line.text, style=_STYLES.get(line.role, "")),
        )
    if drawn.row_count:
        yield drawn


def _columns(room: int) -> Drawn:
    drawn = Drawn.grid(padding=(0, 1, 0, 0))
    drawn.add_column(no_wrap=True, min_width=room)
    drawn.add_column(overflow="fold")
    return drawn
