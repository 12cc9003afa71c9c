"""Check every command of the catalogue of remedies, print a line for each, and end with 1 if one is wrong."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Dict, List, Tuple

from tools.remedies import clouds, libvirt, powershell, qemu, shell
from tools.remedies.commands import OK, SYNTAX, UNCHECKED, WRONG, Check, Outcome, plans

CHECKS: Tuple[Tuple[str, Check], ...] = (
    ("shell", shell.check),
    ("powershell", powershell.check),
    ("qemu", qemu.check),
    ("clouds", clouds.check),
    ("libvirt", libvirt.check),
)
# Worst first: a command that several checkers took has the worst of what they say, and the best of what was only not checked.
_RANK = (WRONG, OK, SYNTAX, UNCHECKED)


def main(names: List[str]) -> int:
    """Run the checkers, all or those that are named."""
    found = plans()
    outcomes: Dict[Tuple[str, str], List[Outcome]] = {}
    for name, check in CHECKS:
        if names and name not in names:
            continue
        started = time.monotonic()
        for one in check(found):
            outcomes.setdefault((one.place, one.command), []).append(one)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    states: "Counter[str]" = Counter()
    for (place, command), several in sorted(outcomes.items()):
        state = min((one.state for one in several), key=_RANK.index)
        says = "; ".join(dict.fromkeys(one.by for one in several if one.state == state))
        states[state] += 1
        print(f"{state:<11} {place}: {command}  [{says}]")
    checked, wrong = states[OK] + states[SYNTAX], states[WRONG]
    print(f"remedies: {states[OK]} commands taken by their own programs, {states[SYNTAX]} by syntax alone, {states[UNCHECKED]} not checked, {wrong} wrong")
    print(f"{checked} passed, {wrong} failed, {states[UNCHECKED]} skipped")
    return int(wrong > 0 or not outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
