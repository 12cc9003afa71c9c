"""`guestcheck explain`: a check's page, or the comparison of disk and network interfaces."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from textwrap import wrap
from typing import Iterator, List, Tuple

from guestcheck.errors import EXIT_OK, UsageError, nearest
from guestcheck.model.device import Interface

SUMMARY = "explain a check or an interface, or compare the interfaces"

_FIELDS = (
    ("Kind", "kind"),
    ("Compatibility", "compatibility"),
    ("Performance", "performance"),
    ("Names", "names"),
    ("How many", "limit"),
    ("Hot plug", "hotplug"),
    ("Windows driver", "windows"),
    ("Notes", "notes"),
)


def configure(parser: ArgumentParser) -> None:
    """Add the words of the sub-command."""
    parser.add_argument(
        "id",
        metavar="ID",
        help="a check's id, an interface or its module, 'interfaces' or 'nic-interfaces'",
    )
    parser.add_argument(
        "--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)"
    )


def execute(options: Namespace) -> int:
    """Print the page."""
    from shutil import get_terminal_size

    from guestcheck.catalogue.interfaces import INTERFACES

    width = max(40, options.width or get_terminal_size((80, 24)).columns)
    word = options.id
    if word in ("interfaces", "disk-interfaces", "nic-interfaces"):
        device = "nic" if word == "nic-interfaces" else "disk"
        lines = list(_comparison([row for row in INTERFACES if row.device == device], width))
    else:
        row = next((row for row in INTERFACES if row.id == word.replace("_", "-")), None)
        row = row or next(
            (row for row in INTERFACES if word.replace("-", "_") in row.modules), None
        )
        lines = list(_interface(row, width)) if row else list(_check(word, width))
    text = "\n".join(lines) + "\n"
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    return EXIT_OK


def _check(word: str, width: int) -> Iterator[str]:
    from guestcheck.checks import all_checks, page_of

    check = next((check for check in all_checks() if check.id == word), None)
    if check is not None:
        yield from _page(check.id, page_of(check), width)
        return
    from guestcheck.cli._policy import names
    from guestcheck.policy.pages import READINESS, other_pages, readiness_page

    pages = {READINESS: readiness_page(), **other_pages(names())}
    if word not in pages:
        from guestcheck.catalogue.interfaces import INTERFACES

        known = (*pages, *(check.id for check in all_checks()), *(row.id for row in INTERFACES))
        raise UsageError(
            f"there is nothing to explain under '{word}'; guestcheck list checks, and explain "
            f"interfaces{nearest(word, known)}"
        )
    yield from _page(word, pages[word], width)


def _page(id_: str, page: str, width: int) -> Iterator[str]:
    title, *paragraphs = page.split("\n\n")
    yield f"{id_}: {title}"
    for paragraph in paragraphs:
        yield ""
        yield from wrap(" ".join(paragraph.split()), width, break_on_hyphens=False)


def _interface(row: Interface, width: int) -> Iterator[str]:
    yield f"{row.id}: {row.name}"
    yield ""
    for label, field in _FIELDS:
        value = getattr(row, field)
        if value:
            yield from wrap(
                value,
                width,
                initial_indent=f"  {label:<15} ",
                subsequent_indent=" " * 18,
                break_on_hyphens=False,
            )
    for label, values in (("Kernel options", row.symbols), ("Modules", row.modules)):
        if values:
            yield from wrap(
                ", ".join(values),
                width,
                initial_indent=f"  {label:<15} ",
                subsequent_indent=" " * 18,
                break_on_hyphens=False,
            )


# The columns of the comparison: heading, field, and the share of the width that its text gets.
_COLUMNS = (
    ("Interface", "id", 13),
    ("Kind", "kind", 12),
    ("Compatibility", "compatibility", 22),
    ("Performance", "performance", 20),
    ("Names", "names", 16),
    ("How many, and what limits it", "limit", 26),
    ("Hot plug", "hotplug", 16),
    ("Notes", "notes", 26),
)
_TABLE_WIDTH = 150


def _comparison(rows: List[Interface], width: int) -> Iterator[str]:
    """Print a table where it fits, else a block for each interface: a cell of three letters helps
    nobody.
    """
    if width < _TABLE_WIDTH:
        for row in rows:
            yield from _interface(row, width)
            yield ""
        return
    total = sum(share for _, _, share in _COLUMNS)
    space = width - 2 * (len(_COLUMNS) - 1)
    widths = [max(share * space // total, 12) for _, _, share in _COLUMNS]
    yield from _row([heading for heading, _, _ in _COLUMNS], widths)
    yield "  ".join("-" * wide for wide in widths)
    for row in rows:
        yield from _row([str(getattr(row, field)) for _, field, _ in _COLUMNS], widths)
        yield ""


def _row(cells: List[str], widths: List[int]) -> Iterator[str]:
    columns: List[Tuple[int, List[str]]] = [
        (wide, wrap(cell, wide, break_on_hyphens=False) or [""])
        for cell, wide in zip(cells, widths)
    ]
    for number in range(max(len(lines) for _, lines in columns)):
        yield "  ".join(
            f"{lines[number] if number < len(lines) else '':<{wide}}" for wide, lines in columns
        ).rstrip()
