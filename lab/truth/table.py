"""The truth table for a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import datetime
import json as plain
from collections import Counter
from collections.abc import Sequence

from lab.measure import qemu_version
from lab.table import MARKS
from lab.table import TRUTH as MARK
from lab.truth.cell import BOOTS, FAILS, UNKNOWN, Row

END = "<!-- truth: end -->\n"


def line(row: Row) -> str:
    """One cell on one line."""
    kernel = "" if row.default else f" kernel {row.kernel}"
    return (
        f"{MARKS[row.right]:6}{row.variant} {row.release} on {row.target}{kernel}: said {row.said}, booted: {row.booted or 'not known'} ({row.seconds:.0f} s)"
    )


def counts(rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """How often each verdict met each outcome."""
    return Counter((row.said, row.booted or UNKNOWN) for row in rows)


def text(rows: Sequence[Row]) -> str:
    """The cells that are not right, and the counts."""
    lines = [f"{line(row)}\n      {'; '.join(row.reasons) or 'no reasons'}\n      {row.console}" for row in rows if not row.right]
    return "\n".join([*lines, *(f"said {said}, booted {booted}: {number}" for (said, booted), number in sorted(counts(rows).items()))])


def markdown(rows: Sequence[Row]) -> str:
    """The counts as a table of verdicts by outcomes, then every cell."""
    today = datetime.date.today().isoformat()
    found = counts(rows)
    lines = [f"{today}, {qemu_version()}, TCG: {len(rows)} cells, {sum(row.right is False for row in rows)} wrong.", ""]
    lines += ["| preflight said | it booted | it did not boot | no outcome |", "| --- | --- | --- | --- |"]
    for said in (BOOTS, FAILS, UNKNOWN):
        lines.append(f"| {said} | {found[said, BOOTS]} | {found[said, FAILS]} | {found[said, UNKNOWN]} |")
    lines += ["", "| | variant | release | target | kernel | said | outcome | s | why, and the console's last words |", "|" + " --- |" * 9]
    for row in rows:
        kernel = row.kernel if row.default else f"{row.kernel}, not the default"
        why = "; ".join([*row.reasons, *([f"`{row.console}`"] if row.console else ())])
        parts = (MARKS[row.right], row.variant, row.release, row.target, kernel, row.said, row.booted or "not known", f"{row.seconds:.0f}", why)
        lines.append("| " + " | ".join("".join(c if c.isprintable() else "?" for c in part).replace("|", "\\|") for part in parts) + " |")
    return "\n".join(lines) + "\n"


def into(page: str, rows: Sequence[Row]) -> str:
    """`page` with what stands between the marks replaced; the marks are put at its end where it has none."""
    before, mark, rest = page.partition(MARK)
    after = rest.partition(END)[2] if mark else ""
    return f"{before if mark else before.rstrip() + chr(10) * 2}{MARK}\n{markdown(rows)}\n{END}{after}"


def json(rows: Sequence[Row]) -> str:
    """The rows, and the counts."""
    found = [{"said": said, "booted": booted, "cells": number} for (said, booted), number in sorted(counts(rows).items())]
    return plain.dumps({"qemu": qemu_version(), "counts": found, "cells": [row._asdict() for row in rows]}, indent=1) + "\n"
