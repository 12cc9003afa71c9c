"""How much a result counts, for formats that know only good, bad and unsure; and the report in a
sentence.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.model.check import ERROR, FAIL, LEVELS, NOTE, PASS, UNKNOWN, WARN, Result
from guestcheck.model.report import Report
from guestcheck.render._words import headline, plain, verdict_line


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


def sentence(report: Report) -> str:
    """Return the report in a sentence: what the policy says, else what would become of the targets,
    else what the devices are.
    """
    if report.judgement:
        return verdict_line(report.judgement)
    if not report.preflight:
        return headline(report)
    # Worst first: of several kernels the first decides; those that do not boot by default are
    # notes.
    outcomes: Dict[str, str] = {}
    for result in report.results:
        if result.id.startswith(_READINESS) and result.outcome != NOTE:
            outcomes.setdefault(
                f"{result.id[len(_READINESS) :]} ({result.subject})", result.outcome
            )
    words = (
        (FAIL, "NOT ready for"),
        (UNKNOWN, "not known whether ready for"),
        (WARN, "ready, with a warning, for"),
        (PASS, "ready for"),
    )
    said = [
        (label, [name for name, ended in outcomes.items() if ended == outcome])
        for outcome, label in words
    ]
    text = (
        "; ".join(f"{label} {', '.join(names)}" for label, names in said if names)
        or "nothing was asked for"
    )
    return plain(text[0].upper() + text[1:]) + "."


_READINESS = "readiness-"
