"""Several guests: the line that stays of each, and the words on all, for every format. The table
that people read is laid out in `page/several.py`.

A format that can show several has `part(entry, sink)`, the text of one guest, and `whole(listing,
parts, sink)`, which yields the text of all from these.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple, Union

from guestcheck.model.check import OUTCOMES, PASS, SKIP
from guestcheck.model.device import EMULATED, Disk, Nic
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.report import Report
from guestcheck.model.several import Count, Entry, Listing, Row
from guestcheck.model.target import (
    BOOTS,
    DOES_NOT_BOOT,
    NETWORK_LOST,
    NETWORK_UP,
    UNKNOWN,
    WARNS,
    counting,
)
from guestcheck.render.escaping import plain

# Worst first.
_VERDICTS = {
    DOES_NOT_BOOT: "DOES NOT BOOT",
    NETWORK_LOST: "NETWORK LOST",
    UNKNOWN: "UNKNOWN",
    BOOTS: "boots",
    NETWORK_UP: "network comes up",
}
_MOST_CELLS = 4  # targets that have a word each; of more their numbers are told


def row_of(entry: Entry) -> Row:
    """Return the line that stays of a guest."""
    report = entry.report
    if report is None:
        return Row(entry.number, entry.name, entry.code, error=plain(entry.error))
    inventory = report.inventory
    return Row(
        entry.number,
        entry.name,
        entry.code,
        host_of(report),
        _count(inventory.disks),
        _count(inventory.nics),
        _says(report),
        min((result.outcome for result in report.results), key=OUTCOMES.index, default=PASS),
        len(report.gaps),
    )


def host_of(report: Optional[Report]) -> str:
    """Return the name that a guest gives itself, "" where it has none."""
    name = plain(report.inventory.guest.hostname) if report else ""
    return "" if name == "(none)" else name


def _count(devices: Optional[Sequence[Union[Disk, Nic]]]) -> Optional[Count]:
    if devices is None:
        return None
    kinds = [device.verdict.kind for device in devices]
    return Count(len(kinds), kinds.count(EMULATED), kinds.count(UNKNOWN_KIND))


def _says(report: Report) -> str:
    if report.judgement:
        return f"policy: {report.judgement.outcome.upper()}, {plain(report.judgement.says)}"
    if report.preflight:
        return _verdicts(report)
    found = [result for result in report.results if result.outcome not in (PASS, SKIP)]
    if not found:
        return "nothing to change"
    worst = min((result.outcome for result in found), key=OUTCOMES.index)
    ids = list(dict.fromkeys(result.id for result in found if result.outcome == worst))
    more = f" and {len(ids) - 2} more" if len(ids) > 2 else ""
    return f"{worst.upper()} {', '.join(ids[:2])}{more}"


def _verdicts(report: Report) -> str:
    """Return the worst verdict on each target, for the kernels that count."""
    by_target: Dict[str, str] = {}
    for (target, _), group in counting(report.readiness).items():
        words = [
            _VERDICTS[one.verdict] + _warned(one.verdict, [reason.weight for reason in one.reasons])
            for one in group
        ]
        words += [by_target[target]] if target in by_target else []
        by_target[target] = min(words, key=_rank)
    if len(by_target) <= _MOST_CELLS:
        return (
            ", ".join(f"{target}: {word}" for target, word in by_target.items())
            or "nothing was asked for"
        )
    counts = {
        word: sum(1 for one in by_target.values() if one == word) for word in by_target.values()
    }
    return ", ".join(f"{counts[word]} {word}" for word in sorted(counts, key=_rank))


def _warned(verdict: str, weights: Sequence[str]) -> str:
    return " with a warning" if verdict in (BOOTS, NETWORK_UP) and WARNS in weights else ""


def _rank(word: str) -> Tuple[int, int]:
    bare = word.replace(" with a warning", "")
    return list(_VERDICTS.values()).index(bare), -len(word)


def count_words(count: Optional[Count]) -> str:
    """Say how many devices there are, and how many of them are emulated.

    >>> count_words(Count(2, 1, 0)), count_words(Count(1, 0, 0)), count_words(None)
    ('1/2 emulated', '0/1 emulated', 'not known')
    """
    if count is None:
        return "not known"
    if not count.all:
        return "none"
    unsure = f", {count.unknown} unknown" if count.unknown else ""
    return f"{count.emulated}/{count.all} emulated{unsure}"


def counted(count: Optional[Count], preflight: bool) -> str:
    """Return what stands in a row of devices. The files of a guest do not show which it has, and
    preflight judges what they name: there it is no lack.
    """
    return "" if preflight and count is None else count_words(count)


def summary(listing: Listing) -> str:
    """Say of all guests in a sentence what was found."""
    rows = listing.rows
    judged = [row for row in rows if not row.error]
    parts = [f"{len(rows)} guest{'' if len(rows) == 1 else 's'}"]
    if listing.preflight:
        for code, words in ((1, "not ready"), (3, "not known"), (0, "ready")):
            parts += _some(sum(1 for row in judged if row.code == code), words)
    else:
        emulated = sum(
            1 for row in judged if any(one and one.emulated for one in (row.disks, row.nics))
        )
        parts.append(
            f"{emulated} with emulated devices" if emulated else "none with emulated devices"
        )
        unsure = sum(
            1 for row in judged if any(one is None or one.unknown for one in (row.disks, row.nics))
        )
        parts += _some(unsure, "with devices that are not known")
    parts += _some(len(rows) - len(judged), "could not be judged")
    lost = sum(1 for gap in listing.gaps if gap.leaves_open)
    if lost:
        parts.append("and there may be more: see what was not judged")
    return ", ".join(parts)


def _some(count: int, words: str) -> List[str]:
    return [f"{count} {words}"] if count else []
