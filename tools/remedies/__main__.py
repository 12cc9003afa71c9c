"""Check every command of the catalogue of remedies, print a line for each, and end with 1 if one is
wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Tuple

from tools.remedies import clouds, libvirt, powershell, qemu, shell
from tools.remedies.commands import OK, SYNTAX, UNCHECKED, WRONG, Check, Outcome, Plan, plans

# The longest first: two run at a time.
CHECKS: Tuple[Tuple[str, Check], ...] = (
    ("libvirt", libvirt.check),
    ("clouds", clouds.check),
    ("qemu", qemu.check),
    ("powershell", powershell.check),
    ("shell", shell.check),
)
# Worst first: a command that several checkers took has the worst of what they say, and the best of
# what was only not checked.
_RANK = (WRONG, OK, SYNTAX, UNCHECKED)


def main(names: List[str]) -> int:
    """Run the checkers, all or those that are named."""
    found = plans()
    outcomes: Dict[Tuple[str, str], List[Outcome]] = {}
    with ThreadPoolExecutor(2) as pool:
        for several in pool.map(
            lambda one: _timed(one[0], one[1], found),
            [one for one in CHECKS if not names or one[0] in names],
        ):
            for one in several:
                outcomes.setdefault((one.place, one.command), []).append(one)
    states: "Counter[str]" = Counter()
    for (place, command), several in sorted(outcomes.items()):
        state = min((one.state for one in several), key=_RANK.index)
        says = "; ".join(dict.fromkeys(one.by for one in several if one.state == state))
        states[state] += 1
        print(f"{state:<11} {place}: {command}  [{says}]")
    checked, wrong = states[OK] + states[SYNTAX], states[WRONG]
    print(
        f"remedies: {states[OK]} commands taken by their own programs, {states[SYNTAX]} by "
        f"syntax alone, {states[UNCHECKED]} not checked, {wrong} wrong"
    )
    print(f"{checked} passed, {wrong} failed, {states[UNCHECKED]} skipped")
    return int(wrong > 0 or not outcomes)


def _timed(name: str, check: Check, found: Tuple[Plan, ...]) -> List[Outcome]:
    started = time.monotonic()
    several = list(check(found))
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return several


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
