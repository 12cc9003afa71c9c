"""How many examples hypothesis tries: few while somebody works, all in CI.

`.ci/run` sets GUESTCHECK_EXAMPLES=all.
"""

from __future__ import annotations

import os

ALL = os.environ.get("GUESTCHECK_EXAMPLES") == "all"
FEW = 20


def examples(count: int = 100) -> int:
    """Return `count` in CI, and no more than 20 elsewhere."""
    return count if ALL else min(count, FEW)
