"""There is no fix script for a Windows guest."""

from __future__ import annotations

from guestcheck.errors import UsageError
from guestcheck.model.report import Preflight


def script(report: Preflight) -> str:
    """Raise UsageError: what Windows needs is done by hand."""
    del report
    raise UsageError(
        "--fix-script writes a shell script for a Linux guest; what Windows needs stands in the "
        "report"
    )
