"""Which checks are run: those that --select names, without those that --ignore names."""

from __future__ import annotations

from typing import FrozenSet, Tuple

from guestcheck.errors import UsageError, nearest
from guestcheck.model.check import Check


def selection(
    checks: Tuple[Check, ...], select: FrozenSet[str], ignore: FrozenSet[str]
) -> Tuple[Check, ...]:
    """Return the checks that `select` names (all, where it is empty) and `ignore` does not;
    families count as all of theirs.
    """
    known = {check.id for check in checks} | {check.id.partition("-")[0] for check in checks}
    for name in sorted((select | ignore) - known):
        raise UsageError(
            f"there is no check '{name}'; guestcheck list checks names all{nearest(name, known)}"
        )
    wanted = [
        check
        for check in checks
        if not select or check.id in select or check.id.partition("-")[0] in select
    ]
    return tuple(
        check
        for check in wanted
        if check.id not in ignore and check.id.partition("-")[0] not in ignore
    )
