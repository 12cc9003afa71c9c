"""A Nagios or Icinga plugin's output: one line with a status and numbers, then a line for each finding.

By the Monitoring Plugins' guidelines. On standard output it brings its own exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. A check
that ended with fail is CRITICAL, with warn WARNING; with --strict, a policy or preflight what could not be told is UNKNOWN.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, UNKNOWN, WARN
from guestcheck.model.device import EMULATED
from guestcheck.model.report import Report, Sink
from guestcheck.render._weight import is_open, sentence
from guestcheck.render._words import ascii_only, plain

OK, WARNING, CRITICAL, NOT_KNOWN = 0, 1, 2, 3
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
# A plugin's output is cut after 4 or 8 KiB, and a line is shown on a pager.
_MOST = 20
_LONGEST = 300


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the status line with its numbers, and a line for each finding."""
    return "\n".join((f"GUESTCHECK {_WORDS[exit_code(report)]} - {_safe(sentence(report))} | {_numbers(report)}", *_findings(report))) + "\n"


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
    nothing = report.inventory.disks is None and report.inventory.nics is None and not report.inventory.kernels
    return NOT_KNOWN if nothing or any(is_open(report, result) for result in report.results) else OK


def trouble(message: str) -> Tuple[str, int]:
    """Return what is printed where nothing could be looked at, and the exit code."""
    return f"GUESTCHECK UNKNOWN - {_safe(message)}\n", NOT_KNOWN


def _numbers(report: Report) -> str:
    inventory = report.inventory
    counts = {outcome: sum(1 for result in report.results if result.outcome == outcome) for outcome in (FAIL, WARN, UNKNOWN, NOTE, PASS)}
    numbers = [f"{name}={count};;;0" for name, count in counts.items()]
    for name, devices in (("disks", inventory.disks), ("nics", inventory.nics)):
        if devices is not None:
            emulated = sum(1 for device in devices if device.verdict.kind == EMULATED)
            numbers.append(f"emulated_{name}={emulated};;;0;{len(devices)}")
    return " ".join(numbers)


def _findings(report: Report) -> Iterator[str]:
    told = [result for result in report.results if result.outcome in (FAIL, WARN, ERROR) or is_open(report, result)]
    yield from (_safe(f"[{result.outcome.upper()}] {result.summary} ({result.id})") for result in told[:_MOST])
    if len(told) > _MOST:
        yield f"and {len(told) - _MOST} more"


def _safe(text: str) -> str:
    """Return one line without what begins the numbers, or what the web pages of some monitors take for markup."""
    text = ascii_only(plain(text))
    for mark in "|<>":
        text = text.replace(mark, f"\\x{ord(mark):02x}")
    return text[:_LONGEST]
