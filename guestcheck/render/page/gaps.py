"""How gaps are told: what could not be read and what that leaves open; of pasted texts, what is
worth adding to them.
"""

from collections import Counter
from typing import Dict, List, Tuple, Union

from guestcheck.model.device import UNKNOWN
from guestcheck.model.pasting import NOT_PASTED, WANTED, Wanted
from guestcheck.model.report import Report
from guestcheck.model.source import FILES, ONLY_RUNNING, TEXTS, Gap
from guestcheck.render.escaping import plain

# From this many on, gaps of one reason are told together.
_MANY_GAPS = 3
# Nobody asks for more at once; the rest is for --verbose.
_MOST_WANTED = 5
_LONGEST_ASKED = 70
_ADD_THESE = (
    "the output of these commands, the most useful first; add it to the same text, each behind its "
    "command"
)
_RUNNING = (
    "its disks, cards and controllers with their drivers, what lies beneath it, its "
    "processors and memory; guestcheck in the guest, "
    "or a recording that guestcheck collect makes there, tells"
)


def gap_rows(report: Report, verbose: bool) -> List[Tuple[str, str]]:
    """Return the gaps of a report as pairs of a label and a text; a row for each command whose
    output a pasted text lacks.
    """
    if report.inventory.guest.origin == FILES and not verbose:
        rows = gap_lines(tuple(gap for gap in report.gaps if gap.reason != ONLY_RUNNING))
        return [(ONLY_RUNNING, _RUNNING), *rows] if len(rows) < len(report.gaps) else rows
    if report.inventory.guest.origin != TEXTS:
        return gap_lines(report.gaps)
    others = tuple(gap for gap in report.gaps if NOT_PASTED not in gap.reason)
    return [*gap_lines(others), *_wanted_rows(report, verbose)]


def _wanted_rows(report: Report, verbose: bool) -> List[Tuple[str, str]]:
    """Return a row for each command whose output a pasted text lacks, the most useful first."""
    lacking = {gap.question for gap in report.gaps if NOT_PASTED in gap.reason}
    wanted = [one for one in WANTED if lacking & set(one.questions)]
    if not wanted:
        return []
    if not _in_doubt(report):
        wanted.sort(key=lambda one: bool(set(one.questions) & _SETTLING))
    shown = wanted if verbose else wanted[:_MOST_WANTED]
    rows = [(NOT_PASTED, _ADD_THESE)]
    rows += [(_command(one, report), f"would tell {one.tells}") for one in shown]
    if len(wanted) > len(shown):
        more = f"and {len(wanted) - len(shown)} more"
        rows.append((more, "guestcheck -v names them; guestcheck in the guest asks them all"))
    return rows


# What is asked for the sake of devices that the others leave in doubt.
_SETTLING = {"sysfs", "nic_driver", "scsi", "udev"}


def _in_doubt(report: Report) -> bool:
    """Tell whether of any disk or card it is not known what it is."""
    found = report.inventory
    return UNKNOWN in {
        *(disk.verdict.kind for disk in found.disks or ()),
        *(nic.verdict.kind for nic in found.nics or ()),
    }


def _command(one: Wanted, report: Report) -> str:
    """Return the command, with the name of a card that it is needed for."""
    name = next(
        (nic.name for nic in report.inventory.nics or () if nic.name and not nic.driver), "eth0"
    )
    return one.command.replace("NAME", plain(name) if name.replace(".", "").isalnum() else "eth0")


def gap_lines(gaps: Tuple[Gap, ...]) -> List[Tuple[str, str]]:
    """Return gaps as pairs of a label and a text; many of one reason are told together, by what
    they leave open.
    """
    reasons = Counter(gap.reason for gap in gaps)
    lines: Dict[Union[str, int], Tuple[str, List[str]]] = {}
    for number, gap in enumerate(gaps):
        if gap.leaves_open and reasons[gap.reason] >= _MANY_GAPS:
            lines.setdefault(gap.reason, (gap.reason, []))[1].append(gap.leaves_open)
        else:
            opens = f"; leaves open: {gap.leaves_open}" if gap.leaves_open else ""
            lines[number] = (_short(gap.asked), [gap.reason + opens])
    return [(plain(label), plain("; ".join(texts))) for label, texts in lines.values()]


def _short(asked: str) -> str:
    """Return what was asked in a few words: of a registry key with many alternatives the first of
    them.
    """
    return (
        asked
        if "|" not in asked or len(asked) <= _LONGEST_ASKED
        else asked[: _LONGEST_ASKED - 3] + "..."
    )
