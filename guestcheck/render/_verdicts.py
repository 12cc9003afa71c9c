"""A verdict of readiness as the JSON has it, in a report and of preflight alike."""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.model.advice import Step
from guestcheck.model.target import Readiness, Reason


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
        "repairs": [{"where": step.where, "text": step.text, "code": list(step.code), "note": step.note or None} for step in repairs],
        "not_examined": list(one.not_examined),
    }


def _reason(reason: Reason) -> Dict[str, object]:
    return {
        "id": reason.id,
        "says": reason.says,
        "weight": reason.weight,
        "settle": reason.settle or None,
        "evidence": [{"source": hint.source, "says": hint.says} for hint in reason.evidence],
    }
