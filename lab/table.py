"""The result as a table: for a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import datetime
import json as plain
from collections.abc import Sequence

from lab.compare import Row, merged
from lab.measure import Measured, qemu_version

HEADINGS = ("", "guest", "release", "device", "expected", "said", "s")
BELOW = "<!-- below: written by the lab -->\n"
TRUTH = "<!-- truth: written by the lab -->\n"
MARKS = {True: "right", False: "WRONG", None: "-"}


def text(rows: Sequence[Row]) -> str:
    """The wrong rows in full, and a count of the right ones."""
    lines = [cells for row, cells in _lines(rows) if row.right is not True]
    if not lines:
        return f"all {len(rows)} verdicts are right"
    widths = [
        max(len(line[column]) for line in (HEADINGS, *lines)) for column in range(len(HEADINGS))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in (HEADINGS, *lines)
    )


def markdown(rows: Sequence[Row], done: Sequence[Measured]) -> str:
    """Every row, under what it was measured with."""
    today = datetime.date.today().isoformat()
    wrong = sum(row.right is False for row in rows)
    head = f"{today}, {qemu_version()}, TCG: {len(done)} guests, {len(rows)} verdicts, {wrong} wrong.\n"
    lines = [f"| {' | '.join(HEADINGS)} |", "|" + " --- |" * len(HEADINGS)]
    lines += [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        for _, cells in _lines(rows)
    ]
    return head + "\n" + "\n".join(lines) + "\n"


def into(page: str, rows: Sequence[Row], done: Sequence[Measured]) -> str:
    """`page` with what stood below its mark replaced by the table; the truth table, which may come
    after it, stays.
    """
    before, _, below = page.partition(BELOW)
    _, mark, truth = below.partition(TRUTH)
    return before + BELOW + "\n" + markdown(rows, done) + (f"\n{mark}{truth}" if mark else "")


def json(rows: Sequence[Row], done: Sequence[Measured]) -> str:
    """The rows as they are, and the seconds of each guest and of each command in it."""
    guests = [
        {
            "guest": m.rows[0].guest,
            "release": m.rows[0].release,
            "seconds": m.seconds,
            "in_guest": m.times,
        }
        for m in done
        if m.rows
    ]
    report = {"qemu": qemu_version(), "rows": [row._asdict() for row in rows], "guests": guests}
    return plain.dumps(report, indent=1) + "\n"


def _lines(rows: Sequence[Row]) -> list[tuple[Row, tuple[str, ...]]]:
    lines = []
    for count, row in merged(rows):
        device = f"{count} × {row.device}" if count > 1 else row.device
        cells = (
            MARKS[row.right],
            row.guest,
            row.release,
            device,
            row.expected,
            row.said,
            f"{row.seconds:.1f}",
        )
        lines.append(
            (row, tuple("".join(c if c.isprintable() else "?" for c in cell) for cell in cells))
        )
    return lines
