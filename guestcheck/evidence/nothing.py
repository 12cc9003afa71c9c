"""What is said of a source that holds nothing to judge."""

from __future__ import annotations

from guestcheck.errors import NoEvidenceError
from guestcheck.model.pasting import BEST, NOT_READ
from guestcheck.model.source import TEXTS, Evidence


def nothing_to_judge(evidence: Evidence) -> NoEvidenceError:
    """Return the error, which names what could be added to a pasted text."""
    add = f"; add what these print: {', '.join(BEST)}" if evidence.origin == TEXTS else ""
    unread = next((gap for gap in evidence.gaps if gap.question == NOT_READ), None)
    if unread:
        return NoEvidenceError(f"{evidence.source}: {unread.reason}{add}")
    return NoEvidenceError(
        f"{evidence.source}: nothing here tells of a disk, a network card or a kernel{add}"
    )
