"""The parts of a page: a page has sections, a section blocks. All text is plain: one line, without
control characters. Escaping is the painter's.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, NamedTuple, Tuple, Union

from guestcheck.model.advice import Step
from guestcheck.model.hint import Hint

# When a column is shown: in every table; in one that is wide, while else its words stand beneath
# the row; in one without lines beneath its rows.
ALWAYS, WIDE, BRIEF = "always", "wide", "brief"


class Column(NamedTuple):
    """A column of a table. `names` is true where it names what its row is on, `folds` where its
    cells may be broken into lines; the lists of a `compact` one need no blanks.
    """

    heading: str
    shown: str = ALWAYS
    names: bool = False
    folds: bool = False
    compact: bool = False


class Cell(NamedTuple):
    """A cell of a table. `tone` is what its colour says (a kind, an outcome, a driver's state),
    `alone` how it reads without its heading. `ours` is true for guestcheck's own numbers, in which
    no mark means anything. `link` names the part of the page that it leads to.
    """

    text: str
    tone: str = ""
    alone: str = ""
    ours: bool = False
    link: str = ""


class Row(NamedTuple):
    """A row, and what is said of it beneath: `aside` are words of the first line there."""

    cells: Tuple[Cell, ...]
    aside: Tuple[str, ...] = ()
    more: Tuple[str, ...] = ()


class Table(NamedTuple):
    """Rows under columns. Without `aligned` a text has a line for each row, without headings."""

    columns: Tuple[Column, ...]
    rows: Tuple[Row, ...]
    aligned: bool = True


class Grid(NamedTuple):
    """The same things of several subjects (drivers of kernels): `heads` names the subjects, and
    each row its thing and a cell for each subject, whose `alone` says why, "" where that need not
    be said. `note` is on all of it. `full` is true where nothing may be left out.
    """

    heading: str
    heads: Tuple[str, ...]
    rows: Tuple[Tuple[str, Tuple[Cell, ...]], ...]
    note: str = ""
    full: bool = False


class Pairs(NamedTuple):
    """Labels with their texts; `short` labels are a word or two, and align."""

    rows: Tuple[Tuple[str, str], ...]
    short: bool = False


class Lines(NamedTuple):
    """Texts of equal standing, a line each."""

    texts: Tuple[str, ...]


class Paragraph(NamedTuple):
    """A text; `tone` as of a cell."""

    text: str
    tone: str = ""


# What a line is to who reads it: the head of a finding (BARE: of one that has nothing else), the
# title of an account, a reason or a changed field with its label, evidence of the line before (OWN)
# or of all, where a step is done, what it says, its lines of code, what to know before.
HEAD, BARE, TITLE, REASON, FIELD = "head", "bare", "title", "reason", "field"
OWN, EVIDENCE, WHY, ASIDE, MORE = "own", "evidence", "why", "aside", "more"
PLACE, STEP, CODE, NOTE = "place", "step", "code", "note"
# What an account is on: a check's finding, a verdict of preflight, reasons alone, something that is
# another now, a row that has no room as one.
FINDING, VERDICT, REASONS, CHANGE, ROW = "finding", "verdict", "reasons", "change", "row"


class Said(NamedTuple):
    """A line of an account. `label` stands before it, `tone` is the colour of that, of a title its
    own. That of CODE has the lines of the code, with line breaks between.
    """

    role: str
    text: str
    label: str = ""
    tone: str = ""


class Account(NamedTuple):
    """What is said of one thing, in the order in which it is read."""

    kind: str
    tone: str
    lines: Tuple[Said, ...]


def steps_said(steps: Iterable[Step]) -> Iterator[Said]:
    """Yield steps as lines, and before the first at each place where that is."""
    place = ""
    for step in steps:
        if step.where != place:
            place = step.where
            yield Said(PLACE, place)
        yield Said(STEP, step.text)
        if step.code:
            yield Said(CODE, "\n".join(step.code))
        if step.note:
            yield Said(NOTE, step.note)


def evidence_said(hints: Iterable[Hint], role: str, before: str = "") -> Iterator[Said]:
    """Yield evidence as lines that begin with `before`."""
    for hint in hints:
        yield Said(role, f"{before}{hint.source}: {hint.says}")


class Matrix(NamedTuple):
    """Short words in rows and columns, the columns with long heads that a text tells by letters."""

    heads: Tuple[str, ...]
    rows: Tuple[Tuple[str, Tuple[Cell, ...]], ...]


Block = Union[Table, Grid, Pairs, Lines, Paragraph, Account, Matrix]


class Section(NamedTuple):
    """A part of a page, under a title if that is not "". With `detail` it is left out where the
    page is a summary; in a `dense` one a text has no empty lines.
    """

    title: str
    blocks: Tuple[Block, ...]
    detail: bool = False
    dense: bool = False


class Page(NamedTuple):
    """A page. `headline` says what the devices are, or how ready the guest is, "" where the
    sections say it; `tone` is its colour; `pointer` says what follows.

    `result` is the policy's verdict, "" where there is none, `outcome` what that is in a word, and
    `grounds` the sections that go with it. `name` is the guest's, `made` says by what version, when
    and of which source the page was made, "" where that does not apply.
    """

    headline: str
    sections: Tuple[Section, ...]
    result: str = ""
    outcome: str = ""
    grounds: Tuple[Section, ...] = ()
    pointer: str = ""
    tone: str = ""
    name: str = ""
    made: Tuple[str, str, str] = ("", "", "")


def fitted(table: Table, wide: bool = False, brief: bool = False) -> Table:
    """Return a table as one that is `wide`, or has no lines beneath its rows (`brief`), shows it:
    without columns that are empty, and with what has no column beneath its row.
    """
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.shown == ALWAYS
        or (column.shown == WIDE and wide)
        or (column.shown == BRIEF and brief)
    ]
    kept = [place for place in kept if any(row.cells[place].text for row in table.rows)]
    rows = tuple(
        Row(
            tuple(row.cells[place] for place in kept),
            (),
            () if brief else _beneath(table, row, wide),
        )
        for row in table.rows
    )
    return Table(tuple(table.columns[place] for place in kept), rows, table.aligned)


def _beneath(table: Table, row: Row, wide: bool) -> Tuple[str, ...]:
    words: List[str] = [
        cell.alone
        for column, cell in zip(table.columns, row.cells)
        if column.shown == WIDE and not wide
    ]
    first = ", ".join(word for word in (*words, *row.aside) if word)
    return (first, *row.more) if first else row.more


def as_table(block: Union[Grid, Matrix]) -> Table:
    """Return a grid or a matrix as a table with a column for each head."""
    if isinstance(block, Matrix):
        return as_table(Grid("", block.heads, block.rows))
    columns = (Column(block.heading, names=True), *map(Column, block.heads))
    return Table(columns, tuple(Row((Cell(label), *cells)) for label, cells in known_rows(block)))


def known_rows(grid: Grid) -> Iterator[Tuple[str, Tuple[Cell, ...]]]:
    """Yield the rows of which anything is known."""
    for label, cells in grid.rows:
        if any(cell.text for cell in cells):
            yield label, cells


def lettered(matrix: Matrix) -> Tuple[Lines, Matrix]:
    """Return a matrix with letters for its long heads, and what each letter is."""
    letters = [_letters(place) for place in range(len(matrix.heads))]
    legend = (f"{letter}: {head}" for letter, head in zip(letters, matrix.heads))
    return Lines(tuple(legend)), Matrix(tuple(letters), matrix.rows)


def _letters(place: int) -> str:
    """Return A for 0, B for 1, and AA after Z."""
    before = _letters(place // 26 - 1) if place >= 26 else ""
    return before + chr(ord("A") + place % 26)


def cells_apart(matrix: Matrix) -> Tuple[Account, ...]:
    """Return the rows of a matrix as an account each, a line for each column."""
    return tuple(
        Account(
            ROW,
            "",
            (
                Said(TITLE, label),
                *(
                    Said(FIELD, cell.text, head, cell.tone)
                    for head, cell in zip(matrix.heads, cells)
                ),
            ),
        )
        for label, cells in matrix.rows
    )


def widths(table: Table) -> List[int]:
    """Return the columns of text that each column of a table takes."""
    return [
        max([len(column.heading), *(len(row.cells[place].text) for row in table.rows)])
        for place, column in enumerate(table.columns)
    ]


def fits(table: Table, width: int) -> bool:
    """Tell whether a table has room where its long texts are folded, with two blanks between its
    columns.
    """
    wide = (
        min(found, _LEAST) if column.folds else found
        for column, found in zip(table.columns, widths(table))
    )
    return sum(wide) + 2 * (len(table.columns) - 1) <= width


# Columns that the last cells of a table need for prose.
_LEAST = 24


def has_prose(table: Table) -> bool:
    """Tell whether the last column of a table holds sentences."""
    return table.columns[-1].folds and not table.columns[-1].compact


def stacked(table: Table, width: int) -> Tuple[Account, ...]:
    """Return the rows of a table whose last column has sentences as an account each, where these
    have no room within `width` beside the other columns; none where they have.
    """
    others = widths(table)[:-1]
    if not has_prose(table) or sum(others) + 2 * len(others) + _LEAST <= width:
        return ()
    return tuple(map(_stacked, table.rows))


def _stacked(row: Row) -> Account:
    first, *others = [cell.alone or cell.text for cell in row.cells]
    rest = "; ".join(word for word in others if word)
    tone = row.cells[-1].tone
    return Account(ROW, tone, (Said(TITLE, first, tone=tone), Said(ASIDE, rest)))
