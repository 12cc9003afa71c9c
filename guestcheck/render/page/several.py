"""Several guests as a page: a table with a line for each, what was not judged, and the result."""

from __future__ import annotations

from guestcheck.model.several import Listing
from guestcheck.model.several import Row as Guest
from guestcheck.model.source import Gap
from guestcheck.render.escaping import plain
from guestcheck.render.page.parts import (
    ASIDE,
    CODE,
    ROW,
    TITLE,
    Account,
    Cell,
    Column,
    Lines,
    Page,
    Row,
    Said,
    Section,
    Table,
)
from guestcheck.render.several import counted, summary

_COLUMNS = (
    Column("Guest", names=True),
    Column("Host"),
    Column("Disks"),
    Column("NICs"),
    Column("Gaps"),
)


def several_page(listing: Listing, alone: bool) -> Page:
    """Lay out the table; the result is the headline, and comes last where it stands `alone`."""
    says = summary(listing)
    last = Column("Answer" if listing.preflight else "Finding", folds=True)
    table = Table(
        (*_COLUMNS, last), tuple(_row(guest, listing.preflight) for guest in listing.rows)
    )
    sections = [Section("" if alone else "Guests", (table,))]
    if listing.gaps:
        sections.append(Section("Not judged", (Lines(tuple(map(_gap, listing.gaps))),)))
    if alone:
        sections.append(Section("", (_result(listing, says),)))
    made = (listing.version, listing.time, plain(listing.source))
    name = f"{len(listing.rows)} guests"
    return Page("" if alone else says, tuple(sections), name=name, made=made)


def _row(guest: Guest, preflight: bool) -> Row:
    name = plain(guest.name)
    link = f"guest-{guest.number}"
    if guest.error:
        blank = (Cell(""),) * (len(_COLUMNS) - 1)
        return Row((Cell(name, link=link), *blank, Cell(f"NOT JUDGED: {guest.error}", "error")))
    return Row(
        (
            Cell(name, link=link),
            _labelled("host", guest.host),
            _labelled("disks", counted(guest.disks, preflight)),
            _labelled("NICs", counted(guest.nics, preflight)),
            _labelled("gaps", str(guest.gaps or "")),
            Cell(guest.says, guest.outcome),
        )
    )


def _labelled(label: str, text: str) -> Cell:
    return Cell(text, alone=f"{label}: {text}" if text else "")


def _gap(gap: Gap) -> str:
    opens = f"; leaves open: {gap.leaves_open}" if gap.leaves_open else ""
    return plain(f"{gap.asked}: {gap.reason}{opens}")


def _result(listing: Listing, says: str) -> Account:
    return Account(
        ROW,
        "",
        (
            Said(TITLE, f"RESULT  {says}"),
            Said(ASIDE, "One of them whole:"),
            Said(CODE, plain(listing.command)),
        ),
    )
