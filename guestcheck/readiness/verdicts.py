"""What follows from reasons: one that stops is enough, one that is open leaves it unknown."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

from guestcheck.model.message import Text
from guestcheck.model.target import OPEN, STOPS, UNKNOWN, VERDICTS, WEIGHTS, Reason


def once(reasons: Sequence[Reason]) -> Tuple[Reason, ...]:
    """Put what stops it first, then what is open; the same thing is said once, with the heaviest
    weight that it has.
    """
    seen: Dict[Tuple[str, Text], Reason] = {}
    for reason in sorted(reasons, key=lambda reason: WEIGHTS.index(reason.weight)):
        seen.setdefault((reason.id, reason.says), reason)
    return tuple(seen.values())


def verdict(kind: str, reasons: Sequence[Reason]) -> str:
    """Return the verdict that follows from `reasons`."""
    good, bad, _ = VERDICTS[kind]
    weights = {reason.weight for reason in reasons}
    return bad if STOPS in weights else UNKNOWN if OPEN in weights else good
