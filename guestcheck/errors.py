"""What stops a run, and the exit code it ends with.

GuestcheckError                     (70, a bug: every other one is named below)
├── UsageError               2      the command line is wrong
└── NoEvidenceError          3      nothing could be looked at
"""

from __future__ import annotations

from typing import Iterable

# Exit codes; a table in the README says the same, and a test compares them.
EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_EVIDENCE = 3
EXIT_INTERNAL = 70

EXIT_CODES = {
    EXIT_OK: "looked; nothing at or above --fail-on",
    EXIT_FINDINGS: "looked; found something at or above --fail-on",
    EXIT_USAGE: "the command line or the policy is wrong",
    EXIT_NO_EVIDENCE: "nothing could be looked at, with --strict a check ended unknown, or what --policy "
    "requires could not be told",
    EXIT_INTERNAL: "a bug in guestcheck",
}


class GuestcheckError(Exception):
    """The run cannot go on; the message is one line for a person."""

    exit_code = EXIT_INTERNAL


class UsageError(GuestcheckError):
    """The command line asks for something that does not exist."""

    exit_code = EXIT_USAGE


class NoEvidenceError(GuestcheckError):
    """The source holds nothing that could be judged."""

    exit_code = EXIT_NO_EVIDENCE


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what a misspelt name may mean, as the end of a sentence, or "".

    >>> nearest("virtio-scs", ["virtio-blk", "virtio-scsi"]), nearest("floppy", ["virtio-blk"])
    ('; did you mean virtio-scsi?', '')
    """
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name[:80], names, 1)
    return f"; did you mean {close[0]}?" if close and name not in names else ""
