"""A report in some format, also where one of its devices, results or verdicts breaks that: it is
left out, and a gap says so.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Tuple, TypeVar

from guestcheck.model import guard
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight, Report
from guestcheck.model.source import Cut, Gap

R = TypeVar("R", Report, Preflight)
Items = Tuple[object, ...]

_LISTS = ("disks", "nics", "controllers", "ignored", "results", "readiness")


def rendered(render: Callable[[R], str], report: R) -> str:
    """Return the report as `render` writes it."""
    try:
        return render(report)
    except Exception as error:
        if guard.STRICT:
            raise
        return _without_what_breaks(render, report, error)


def _without_what_breaks(render: Callable[[R], str], report: R, error: Exception) -> str:
    for name in _LISTS:
        items = _items(report, name)
        if not items or not _works(render, _with(report, name, ())):
            continue  # it breaks without these too
        bad = guard.culprits(partial(_works_with, render, report, name), items)
        if bad:
            left = tuple(item for item in items if not any(item is one for one in bad))
            return render(_and_say_so(_with(report, name, left), bad, error))
    raise error


def _works(render: Callable[[R], str], report: R) -> bool:
    try:
        render(report)
    except Exception:
        return False
    return True


def _works_with(render: Callable[[R], str], report: R, name: str, items: Items) -> bool:
    return _works(render, _with(report, name, items))


def _items(report: R, name: str) -> Items:
    of: Items = getattr(report if hasattr(report, name) else report.inventory, name) or ()
    return of


def _with(report: R, name: str, items: Items) -> R:
    """Return the report with other `items`; steps are told by the number of a result, which stays
    its own.
    """
    if not hasattr(report, name):
        lists: Dict[str, Any] = {name: items}
        return report._replace(inventory=report.inventory._replace(**lists))
    steps = {"results": "remedies", "readiness": "repairs"}[name]
    numbers = {id(item): number for number, item in enumerate(getattr(report, name))}
    told = getattr(report, steps)
    kept = {
        place: told[numbers[id(item)]]
        for place, item in enumerate(items)
        if numbers[id(item)] in told
    }
    changed: Dict[str, Any] = {name: items, steps: kept}
    return report._replace(**changed)


def _and_say_so(report: R, bad: List[object], error: Exception) -> R:
    """Return the report with a gap for each thing that was left out; what is not shown may be
    anything, and the headline says that too.
    """
    gaps: Tuple[Gap, ...] = tuple(
        Gap("render", _name(item), guard.bug(error), "what would be said of it") for item in bad
    )
    inventory: Inventory = report.inventory
    before: Tuple[Gap, ...] = report.gaps
    cut = (*inventory.guest.cut, *(Cut(gap.asked, gap.reason, False) for gap in gaps))
    changed: Dict[str, Any] = {
        "gaps": (*before, *gaps),
        "inventory": inventory._replace(guest=inventory.guest._replace(cut=cut)),
    }
    return report._replace(**changed)


def _name(item: object) -> str:
    return " ".join(
        str(getattr(item, field))
        for field in ("id", "subject", "target", "device", "name", "address")
        if getattr(item, field, "")
    )
