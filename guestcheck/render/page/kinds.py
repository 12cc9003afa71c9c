"""The kinds of pages. What lays out one of them is imported where one is made: a report does not
wait for what compares two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guestcheck.model.report import Report

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Listing
    from guestcheck.render.page.parts import Page


def report_page(report: Report, verbose: bool) -> Page:
    """Lay out a report; of what preflight found also the guest that it is on, to be kept."""
    from guestcheck.render.page.report import page_of

    return page_of(report, verbose)


def answer_page(report: Report, verbose: bool) -> Page:
    """Lay out a report, or what preflight found and no more: it is the answer to a question."""
    from guestcheck.render.page.preflight import preflight_page

    return preflight_page(report, verbose) if report.preflight else report_page(report, verbose)


def difference_page(comparison: Comparison) -> Page:
    """Lay out what two reports differ in."""
    from guestcheck.render.page import difference

    return difference.difference_page(comparison)


def several_page(listing: Listing, alone: bool) -> Page:
    """Lay out a table of several guests; `alone` where nothing follows on each of them."""
    from guestcheck.render.page import several

    return several.several_page(listing, alone)
