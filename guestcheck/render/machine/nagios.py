"""A Nagios or Icinga plugin's output: one line with a status and numbers, then a line for each
finding.

By the Monitoring Plugins' guidelines. On standard output it brings its own exit codes: 0 OK, 1
WARNING, 2 CRITICAL, 3 UNKNOWN. A check that ended with fail is CRITICAL, with warn WARNING; with
--strict, a policy or preflight what could not be told is UNKNOWN.
"""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, Sequence, Tuple

from guestcheck.messages import words
from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, UNKNOWN, WARN
from guestcheck.model.device import EMULATED
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render.escaping import ascii_only, plain
from guestcheck.render.machine._weight import is_open
from guestcheck.render.sentences import sentence
from guestcheck.render.several import summary

OK, WARNING, CRITICAL, NOT_KNOWN = 0, 1, 2, 3
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
# A plugin's output is cut after 4 or 8 KiB, and a line is shown on a pager.
_MOST = 20
_LONGEST = 300


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the status line with its numbers, and a line for each finding."""
    return (
        "\n".join(
            (
                f"GUESTCHECK {_WORDS[exit_code(report)]} - {_safe(sentence(report))} "
                f"| {_numbers(report)}",
                *_findings(report),
            )
        )
        + "\n"
    )


def exit_code(report: Report) -> int:
    """Return the plugin's exit code."""
    if report.judgement:
        outcomes = {result.outcome for result in report.judgement.deciding}
        if report.judgement.outcome == FAIL:
            return CRITICAL if FAIL in outcomes else WARNING
        return NOT_KNOWN if report.judgement.outcome == UNKNOWN else OK
    outcomes = {result.outcome for result in report.results}
    if FAIL in outcomes or WARN in outcomes:
        return CRITICAL if FAIL in outcomes else WARNING
    nothing = (
        report.inventory.disks is None
        and report.inventory.nics is None
        and not report.inventory.kernels
    )
    return NOT_KNOWN if nothing or any(is_open(report, result) for result in report.results) else OK


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001
    """Return the exit code and the sentence of one of several guests."""
    if entry.report is None:
        return f"{NOT_KNOWN} {_safe(f'{entry.name}: {entry.error}')}\n"
    return f"{exit_code(entry.report)} {_safe(f'{entry.name}: {sentence(entry.report)}')}\n"


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield one line with the worst status, and then a line for each guest that is not OK."""
    bad = [(int(text[0]), text[2:].rstrip("\n")) for text in parts if not text.startswith("0 ")]
    bad.sort(key=lambda pair: _WORST.index(pair[0]), reverse=True)
    status = _WORDS[_code([code for code, _ in bad], listing)]
    numbers = " ".join(f"{name}={count};;;0" for name, count in _several(listing).items())
    yield f"GUESTCHECK {status} - {_safe(summary(listing))} | {numbers}\n"
    yield from (f"[{_WORDS[code]}] {text}\n" for code, text in bad[:_MOST])
    if len(bad) > _MOST:
        yield f"and {len(bad) - _MOST} more\n"


def code_of(listing: Listing, parts: Iterable[str]) -> int:
    """Return the plugin's exit code for several guests: that of the worst."""
    return _code([int(text[0]) for text in parts], listing)


def _code(codes: Sequence[int], listing: Listing) -> int:
    lost = [NOT_KNOWN] if any(gap.leaves_open for gap in listing.gaps) else []
    return max([OK, *lost, *codes], key=_WORST.index)


# The worst last: what is known to be bad counts more than what is not known.
_WORST = (OK, NOT_KNOWN, WARNING, CRITICAL)


def _several(listing: Listing) -> Dict[str, int]:
    rows = listing.rows
    return {
        "guests": len(rows),
        "failed": sum(1 for row in rows if row.error),
        "emulated_disks": sum(row.disks.emulated for row in rows if row.disks),
        "emulated_nics": sum(row.nics.emulated for row in rows if row.nics),
    }


def trouble(message: str) -> Tuple[str, int]:
    """Return what is printed where nothing could be looked at, and the exit code."""
    return f"GUESTCHECK UNKNOWN - {_safe(message)}\n", NOT_KNOWN


def _numbers(report: Report) -> str:
    inventory = report.inventory
    counts = {
        outcome: sum(1 for result in report.results if result.outcome == outcome)
        for outcome in (FAIL, WARN, UNKNOWN, NOTE, PASS)
    }
    numbers = [f"{name}={count};;;0" for name, count in counts.items()]
    for name, devices in (("disks", inventory.disks), ("nics", inventory.nics)):
        if devices is not None:
            emulated = sum(1 for device in devices if device.verdict.kind == EMULATED)
            numbers.append(f"emulated_{name}={emulated};;;0;{len(devices)}")
    return " ".join(numbers)


def _findings(report: Report) -> Iterator[str]:
    told = [
        result
        for result in report.results
        if result.outcome in (FAIL, WARN, ERROR) or is_open(report, result)
    ]
    yield from (
        _safe(f"[{result.outcome.upper()}] {words(result.summary)} ({result.id})")
        for result in told[:_MOST]
    )
    if len(told) > _MOST:
        yield f"and {len(told) - _MOST} more"


def _safe(text: str) -> str:
    """Return one line without what begins the numbers, or what the web pages of some monitors take
    for markup.
    """
    text = ascii_only(plain(text))
    for mark in "|<>":
        text = text.replace(mark, f"\\x{ord(mark):02x}")
    return text[:_LONGEST]
