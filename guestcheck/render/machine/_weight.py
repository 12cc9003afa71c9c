"""How much a result counts, for formats that know only good, bad and unsure."""

from __future__ import annotations

from guestcheck.model.check import ERROR, LEVELS, UNKNOWN, Result
from guestcheck.model.report import Report


def counts(report: Report, result: Result) -> bool:
    """Tell whether the exit code says that there is a finding because of this result."""
    level = report.judgement.fail_on if report.judgement else report.fail_on
    return result.outcome in LEVELS[level]


def is_open(report: Report, result: Result) -> bool:
    """Tell whether the exit code may say that something is not known because of this result."""
    if result.outcome not in (UNKNOWN, ERROR):
        return False
    if report.judgement and report.judgement.outcome == UNKNOWN:
        return result in report.judgement.deciding
    return report.strict or report.preflight
