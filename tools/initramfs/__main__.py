"""Compare each stand-in with its program, in each configuration, run the repairs with the programs,
and print a line for each; 1 where two images differ or a repair repairs nothing.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Callable, Iterator, List, Tuple

from tools.initramfs.cases import CASES
from tools.initramfs.compare import Comparison
from tools.initramfs.repairs import faults, repairs
from tools.initramfs.roots import make, missing

RELEASES = ("bookworm",)
Trial = Callable[[], Tuple[str, List[str]]]


def main(releases: List[str]) -> int:
    """Compare on each release of Debian."""
    why = missing()
    if why:
        print(f"initramfs: nothing could be compared: {why}")
        return 1
    failed = passed = 0
    for release in releases or list(RELEASES):
        for name, trial in _trials(Comparison(make(release))):
            started = time.monotonic()
            compared, wrong = trial()
            state = "WRONG" if wrong else "same"
            seconds = time.monotonic() - started
            print(f"{state:<6} Debian {release}, {name}  [{compared}; {seconds:.0f} s]")
            for line in wrong:
                print(f"       {line}")
            sys.stdout.flush()
            failed += bool(wrong)
            passed += not wrong
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


def _trials(comparison: Comparison) -> Iterator[Tuple[str, Trial]]:
    for repair in repairs(comparison):
        yield f"{repair.tool}, {repair.name}", partial(faults, comparison, repair)
    for case in CASES:
        yield f"{case.tool}, {case.name}", partial(comparison.differences, case)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
