"""The truth table for a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import datetime
import json as plain
from collections import Counter
from collections.abc import Iterator, Sequence

from lab.measure import qemu_version
from lab.table import MARKS
from lab.table import TRUTH as MARK
from lab.truth.cell import BOOTS, FAILS, UNKNOWN, Row

KINDS = {
    "disk": ("Disks: would it boot there", (BOOTS, FAILS)),
    "nic": ("Network: would it have its address there", ("network-up", "network-lost")),
    "repair": (
        "Repairs: does it boot there once preflight's script was run (`said`: preflight after "
        "the script, run twice)",
        (BOOTS, FAILS),
    ),
}
"""Each kind's heading, and its two verdicts, which are its outcomes too."""
END = "<!-- truth: end -->\n"


def line(row: Row) -> str:
    """One cell on one line."""
    kernel = "" if row.default else f" kernel {row.kernel}"
    return (
        f"{MARKS[row.right]:6}{row.variant} {row.release} on {row.target}{kernel}: "
        f"said {row.said}, "
        f"came out: {row.booted or 'not known'} ({row.seconds:.0f} s)"
    )


def counts(rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """How often each verdict met each outcome."""
    return Counter((row.said, row.booted or UNKNOWN) for row in rows)


def by_kind(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each kind that there is, in the order of the table."""
    found = {kind: [row for row in rows if row.kind == kind] for kind in KINDS}
    return {kind: there for kind, there in found.items() if there}


def text(rows: Sequence[Row]) -> str:
    """The cells that are not right, and the counts of each kind."""
    lines = [
        f"{line(row)}\n      {'; '.join(row.reasons) or 'no reasons'}\n     "
        f" {'; '.join(_seen(row))}"
        for row in rows
        if not row.right
    ]
    for kind, there in by_kind(rows).items():
        lines += [
            f"{kind}: said {said}, came out {booted}: {number}"
            for (said, booted), number in sorted(counts(there).items())
        ]
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """For each kind the counts as a table of verdicts by outcomes, then every cell."""
    today = datetime.date.today().isoformat()
    lines = [
        f"{today}, {qemu_version()}, TCG: {len(rows)} "
        f"cells, {sum(row.right is False for row in rows)} wrong."
    ]
    for kind, there in by_kind(rows).items():
        lines += ["", *_section(kind, there)]
    return "\n".join(lines) + "\n"


def _section(kind: str, rows: Sequence[Row]) -> Iterator[str]:
    heading, (good, bad) = KINDS[kind]
    found = counts(rows)
    yield f"{heading}: {len(rows)} cells, {sum(row.right is False for row in rows)} wrong."
    yield ""
    yield f"| preflight said | {good} | {bad} | no outcome |"
    yield "| --- | --- | --- | --- |"
    for said in (good, bad, UNKNOWN):
        yield f"| {said} | {found[said, good]} | {found[said, bad]} | {found[said, UNKNOWN]} |"
    yield ""
    yield "| | variant | release | target | kernel | said | outcome | s | why, and what was seen |"
    yield "|" + " --- |" * 9
    for row in rows:
        kernel = row.kernel if row.default else f"{row.kernel}, not the default"
        why = "; ".join([*row.reasons, *(f"`{seen}`" for seen in _seen(row))])
        parts = (
            MARKS[row.right],
            row.variant,
            row.release,
            row.target,
            kernel,
            row.said,
            row.booted or "not known",
            f"{row.seconds:.0f}",
            why,
        )
        yield (
            "| "
            + " | ".join(
                "".join(c if c.isprintable() else "?" for c in part).replace("|", "\\|")
                for part in parts
            )
            + " |"
        )


def _seen(row: Row) -> list[str]:
    return [text for text in (row.console, row.flaw) if text]


def into(page: str, rows: Sequence[Row]) -> str:
    """`page` with what stands between the marks replaced; the marks are put at its end where it has
    none.
    """
    before, mark, rest = page.partition(MARK)
    after = rest.partition(END)[2] if mark else ""
    return (
        f"{before if mark else before.rstrip() + chr(10) * 2}{MARK}\n{markdown(rows)}\n{END}{after}"
    )


def json(rows: Sequence[Row]) -> str:
    """The rows, and the counts of each kind."""
    found = [
        {"kind": kind, "said": said, "booted": booted, "cells": number}
        for kind, there in by_kind(rows).items()
        for (said, booted), number in sorted(counts(there).items())
    ]
    return (
        plain.dumps(
            {"qemu": qemu_version(), "counts": found, "cells": [row._asdict() for row in rows]},
            indent=1,
        )
        + "\n"
    )
