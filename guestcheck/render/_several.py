"""Several guests: the line that stays of each, and the words on all, for every format.

A format that can show several has `part(entry, sink)`, the text of one guest, and `whole(listing,
parts, sink)`, which yields the text of all from these.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Dict, Iterator, List, Optional, Sequence, Tuple, Union

from guestcheck.model.check import OUTCOMES, PASS, SKIP
from guestcheck.model.device import EMULATED, Disk, Nic
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.report import Report, Sink
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
from guestcheck.render.escaping import ascii_only, plain

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


def _counted(count: Optional[Count], preflight: bool) -> str:
    """Return a cell of devices. The files of a guest do not show which it has, and preflight judges
    what they name: there it is no lack.
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


def gap_lines(listing: Listing) -> Iterator[str]:
    """Say what was found and not judged, and why."""
    for gap in listing.gaps:
        yield plain(
            f"{gap.asked}: {gap.reason}{f'; leaves open: {gap.leaves_open}' if gap.leaves_open else ''}"
        )


def cells(row: Row, preflight: bool = False) -> Tuple[str, ...]:
    """Return a guest's line as cells: name, host, disks, cards, gaps and finding."""
    if row.error:
        return (plain(row.name), "", "", "", "", f"NOT JUDGED: {row.error}")
    return (
        plain(row.name),
        row.host,
        *(_counted(count, preflight) for count in (row.disks, row.nics)),
        str(row.gaps or ""),
        row.says,
    )


HEADINGS = ("GUEST", "HOST", "DISKS", "NICS", "GAPS", "FINDING")
_LEAST = 24  # columns for what was found; with less a guest takes several lines


def as_text(listing: Listing, sink: Sink) -> str:
    """Return the table of all guests, what was not judged, and the result, which comes last."""
    lines = list(_table(listing, sink.width))
    if listing.gaps:
        lines += ["", "NOT JUDGED"]
        lines += [
            line for text in gap_lines(listing) for line in _wrapped(text, sink.width, "  ", "    ")
        ]
    lines += ["", *_wrapped(f"RESULT  {summary(listing)}", sink.width, "", " " * 8)]
    lines += _wrapped(f"One of them whole: {plain(listing.command)}", sink.width, " " * 8, " " * 10)
    text = "\n".join(lines) + "\n"
    return text if sink.unicode else ascii_only(text)


def _table(listing: Listing, width: int) -> Iterator[str]:
    last = "ANSWER" if listing.preflight else HEADINGS[-1]
    rows = [(*HEADINGS[:-1], last), *(cells(row, listing.preflight) for row in listing.rows)]
    kept = [place for place in range(len(HEADINGS) - 1) if any(row[place] for row in rows[1:])]
    # What is said of a guest that was not judged begins behind its name.
    wide = {place: max(len(row[place]) for row in rows) for place in kept}
    before = sum(wide.values()) + 2 * len(kept)
    if before + _LEAST > width:
        yield from _stacked(rows[1:], width)
        return
    for row in rows:
        if row[-1].startswith("NOT JUDGED: "):
            start = f"{row[0]:<{wide[0]}}  "
            yield from _wrapped(row[-1], width, start, " " * len(start))
        else:
            start = "".join(f"{row[place]:<{wide[place]}}  " for place in kept)
            yield from _wrapped(row[-1], width, start, " " * before)


def _stacked(rows: Sequence[Tuple[str, ...]], width: int) -> Iterator[str]:
    """Yield a guest's line in several, where the columns have no room."""
    for name, host, disks, nics, gaps, says in rows:
        yield from _wrapped(f"{name}{f' ({host})' if host else ''}", width, "", "  ")
        told = (
            f"disks: {disks}" if disks else "",
            f"NICs: {nics}" if nics else "",
            f"gaps: {gaps}" if gaps else "",
            says,
        )
        yield from _wrapped("; ".join(word for word in told if word), width, "    ", "    ")


def _wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other, break_on_hyphens=False
    ) or [first.rstrip()]
