"""For a person at a terminal: tables that fit 80 columns and use more, colour where the sink takes
it. Needs rich.

All text of the guest goes in as `Text`, never as markup.
"""

from __future__ import annotations

from io import StringIO
from typing import Iterator, List

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Drawn
from rich.text import Text

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import ascii_only
from guestcheck.render.page.parts import (
    Block,
    Cell,
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
from guestcheck.render.people import text as text_format
from guestcheck.render.people.text import part as part  # several guests are a table of plain lines
from guestcheck.render.people.text import whole as whole

try:
    from rich.console import Group
except ImportError:  # before rich 10.10 it had another name; Debian 11 has 9.11
    from rich.console import RenderGroup as Group  # type: ignore[attr-defined,no-redef]

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
# From this width on the address and the controller get columns of their own.
_WIDE = 120
# rich takes a millisecond for each device, and as many pages are read by a program.
_MOST_LAID_OUT = 2000


def render(report: Report, sink: Sink) -> str:
    """Return the report with escape codes for colour, if the sink takes them; one on very many
    devices, and preflight's, as plain text.
    """
    devices = len(report.inventory.disks or ()) + len(report.inventory.nics or ())
    if report.preflight or devices > _MOST_LAID_OUT:
        return text_format.render(report, sink)
    from guestcheck.render.page.report import page_of

    return paint(page_of(report, sink.verbose), sink)


def paint(page: Page, sink: Sink) -> str:
    """Return the page, with escape codes for colour if the sink takes them."""
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


def show(page: Page, sink: Sink, console: Console) -> None:
    """Print the page on `console`."""
    if page.headline:
        console.print(Text(page.headline, style="bold yellow" if page.tone else "bold"))
    if page.pointer:
        console.print(Text(page.pointer))
    for section in (*page.sections, *page.grounds):
        console.print(Text(""))
        if section.title:
            console.print(Text(section.title, style="bold underline"))
        console.print(Padding(Group(*_blocks(section, sink)), (0, 0, 0, 2)))
    if page.result:
        # Not broken: programs look for it in the last line.
        console.print(Text(""))
        console.print(Text(page.result, style=_tone(page.outcome)), soft_wrap=True)


def _tone(word: str) -> str:
    return _TONES.get(word, "default") if word else ""


def _blocks(section: Section, sink: Sink) -> Iterator[RenderableType]:
    for number, block in enumerate(section.blocks):
        if number and isinstance(block, (Finding, Verdict)):
            yield Text("")
        yield _block(block, sink)


def _block(block: Block, sink: Sink) -> RenderableType:
    if isinstance(block, Table):
        return _table(block, sink)
    if isinstance(block, Grid):
        return _grid_in_full(block) if block.full else _grid(block, sink)
    if isinstance(block, Pairs):
        return _pairs(block)
    if isinstance(block, Finding):
        return _finding(block, sink)
    if isinstance(block, Verdict):
        return _verdict(block)
    if isinstance(block, Matrix):
        return _table(as_table(block), sink)
    if isinstance(block, Lines):
        return Text("\n".join(block.texts), style="dim")
    return Text(block.text, style=_tone(block.tone))


def _pairs(block: Pairs) -> Drawn:
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


def _cell(cell: Cell, bold: bool = False) -> Text:
    return Text(cell.text, style="bold" if bold else _tone(cell.tone))


def _table(table: Table, sink: Sink) -> RenderableType:
    """Draw rows, and beneath the table the lines that belong to each."""
    table = fitted(table, wide=sink.width >= _WIDE)
    drawn = _drawn(1)
    for column in table.columns:
        # Verdicts and names must stay whole; what may fold are the long texts.
        drawn.add_column(column.heading, no_wrap=not column.folds, overflow="fold")
    names = [column.names for column in table.columns]
    for row in table.rows:
        drawn.add_row(*(_cell(cell, name) for cell, name in zip(row.cells, names)))
    if not any(row.more for row in table.rows):
        return drawn
    detail = Drawn.grid(padding=(0, 1, 0, 0))
    detail.add_column(no_wrap=True)
    detail.add_column(overflow="fold")
    for row in table.rows:
        for number, line in enumerate(row.more):
            name = "" if number else row.cells[0].text
            detail.add_row(Text(name, style="bold"), Text(line, style="dim"))
    return Group(drawn, Text(""), detail)


def _grid(grid: Grid, sink: Sink) -> RenderableType:
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
    pieces: List[RenderableType] = [drawn]
    if notes:
        pieces.append(Text("\n".join(notes), style="dim"))
    if grid.note:
        pieces.append(Text(grid.note, style="dim"))
    if len(grid.heads) > len(heads):
        more = f"and {len(grid.heads) - len(heads)} more kernels: -v shows them"
        pieces.append(Text(more, style="dim"))
    return Group(*pieces)


def _grid_in_full(grid: Grid) -> RenderableType:
    pieces: List[RenderableType] = []
    for number, head in enumerate(grid.heads):
        drawn = _drawn(1)
        for heading in (grid.heading, "State", "Says"):
            drawn.add_column(heading, no_wrap=heading != "Says", overflow="fold")
        for label, cells in grid.rows:
            cell = cells[number]
            if cell.text:
                drawn.add_row(Text(label), _cell(cell), Text(cell.alone, style="dim"))
        pieces += [Text(head, style="bold"), drawn, Text("")]
    return Group(*pieces)


def _verdict(verdict: Verdict) -> RenderableType:
    drawn = Drawn.grid(padding=(0, 1, 0, 0))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for reason in verdict.reasons:
        drawn.add_row(Text(reason.label), Text(reason.says))
        lines = [f"{hint.source}: {hint.says}" for hint in reason.evidence]
        lines += [f"would be settled by: {reason.settle}"] if reason.settle else []
        for line in lines:
            drawn.add_row(Text(""), Text(line, style="dim"))
    for step in verdict.steps:
        drawn.add_row(Text(">"), Text(step.text))
        if step.code:
            drawn.add_row(
                Text(""), Padding(Text("\n".join(step.code), style="green"), (0, 0, 0, 2))
            )
        if step.note:
            drawn.add_row(Text(""), Text(step.note, style="dim"))
    title = [Text(verdict.title, style=_tone(verdict.tone))] if verdict.title else []
    return Group(*title, drawn)


def _finding(finding: Finding, sink: Sink) -> Drawn:
    drawn = Drawn.grid(padding=(0, 1, 0, 0))
    drawn.add_column(no_wrap=True, min_width=7)
    drawn.add_column(overflow="fold")
    label, blank = Text(finding.outcome.upper(), style=_tone(finding.outcome)), Text("")
    each = False
    for head, evidence in finding.heads:
        drawn.add_row(label, Text(head, style="" if finding.bare else "bold"))
        label = blank
        for hint in evidence:
            each = True
            drawn.add_row(blank, Text(f"evidence: {hint.source}: {hint.says}", style="dim"))
    if finding.bare:
        return drawn
    if finding.why:
        drawn.add_row(blank, Text(finding.why))
    for hint in () if each else finding.evidence:
        drawn.add_row(blank, Text(f"Evidence: {hint.source}: {hint.says}", style="dim"))
    place = ""
    for step in finding.steps:
        if step.where != place:
            place = step.where
            arrow = Text("     →" if sink.unicode else "     >", style="dim")
            drawn.add_row(arrow, Text(place, style="bold cyan"))
        drawn.add_row(blank, Text(step.text))
        if step.code:
            code = Text("\n".join(step.code), style="green")
            drawn.add_row(blank, Padding(code, (0, 0, 0, 2)))
        if step.note:
            drawn.add_row(blank, Text(step.note, style="dim"))
    drawn.add_row(blank, Text(f"More: {finding.more}", style="dim italic"))
    return drawn
