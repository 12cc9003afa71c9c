"""What follows from reasons: one that stops is enough, one that is open leaves it unknown."""

from __future__ import annotations

from typing import Sequence, Tuple

from guestcheck.model.target import OPEN, STOPS, UNKNOWN, VERDICTS, WEIGHTS, Reason


def once(reasons: Sequence[Reason]) -> Tuple[Reason, ...]:
    """Put what stops it first, then what is open; the same thing is said once."""
    seen = {(reason.id, reason.says): reason for reason in reasons}
    return tuple(sorted(seen.values(), key=lambda reason: WEIGHTS.index(reason.weight)))


def verdict(kind: str, reasons: Sequence[Reason]) -> str:
    """Return the verdict that follows from `reasons`."""
    good, bad, _ = VERDICTS[kind]
    weights = {reason.weight for reason in reasons}
    return bad if STOPS in weights else UNKNOWN if OPEN in weights else good
