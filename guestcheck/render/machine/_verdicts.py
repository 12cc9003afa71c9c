"""What the JSON of a report and that of preflight have alike: verdicts of readiness, results, and
what a policy says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, List, Optional, Tuple

from guestcheck.messages import words
from guestcheck.model.advice import Step
from guestcheck.model.check import Result
from guestcheck.model.hint import Hint
from guestcheck.model.policy import Judgement
from guestcheck.model.target import Readiness, Reason
from guestcheck.render.machine._pieces import dumps


def entry(one: Readiness, repairs: Tuple[Step, ...]) -> Dict[str, object]:
    """Return one verdict as the JSON has it."""
    return {
        "target": one.target,
        "kind": one.kind,
        "device": one.device or None,
        "kernel": one.kernel or None,
        "default": one.default,
        "verdict": one.verdict,
        "reasons": [_reason(reason) for reason in one.reasons],
        "repairs": steps(repairs),
        "not_examined": list(one.not_examined),
    }


def _reason(reason: Reason) -> Dict[str, object]:
    return {
        "id": reason.id,
        "says": words(reason.says),
        "weight": reason.weight,
        "settle": words(reason.settle) or None,
        "evidence": hints(reason.evidence),
    }


class Line(str):
    """JSON that is written as it is."""

    __slots__ = ()


def result_line(result: Result, remedy: Tuple[Step, ...]) -> Line:
    """Return one result as JSON.

    Of thousands of results most of the text are steps that others have too: each of these becomes
    JSON once.
    """
    told = dumps(
        {
            "id": result.id,
            "outcome": result.outcome,
            "subject": result.subject,
            "summary": words(result.summary),
            "evidence": hints(result.evidence),
        }
    )
    return Line(f'{told[:-1]}, "remedy": [{", ".join(map(_step_text, remedy))}]}}')


@lru_cache(maxsize=256)
def _step_text(step: Step) -> str:
    return dumps(steps((step,))[0])


def judged(judgement: Optional[Judgement]) -> Optional[Dict[str, object]]:
    """Return what a policy says as the JSON has it."""
    if judgement is None:
        return None
    return {
        "file": judgement.file,
        "title": judgement.title or None,
        "verdict": judgement.outcome,
        "says": judgement.says,
        "fail_on": judgement.fail_on,
        "ignored": [
            {
                "id": one.result.id,
                "outcome": one.result.outcome,
                "subject": one.result.subject,
                "summary": words(one.result.summary),
                "reason": one.ignore.reason,
                "until": one.ignore.until,
            }
            for one in judgement.accepted
        ],
    }


def hints(told: Tuple[Hint, ...]) -> List[Dict[str, object]]:
    """Return pieces of evidence as the JSON has them."""
    return [{"source": hint.source, "says": hint.says} for hint in told]


def steps(told: Tuple[Step, ...]) -> List[Dict[str, object]]:
    """Return steps as the JSON has them."""
    return [
        {"where": step.where, "text": step.text, "code": list(step.code), "note": step.note or None}
        for step in told
    ]
