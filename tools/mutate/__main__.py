"""`python -m tools.mutate FOLDER`: which small changes in a folder's code no test notices.

Exit code: 1 if less than `--fail-under PERCENT` of the mutants were noticed, 2 if a test fails
without a mutant, else 0.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from pathlib import Path
from typing import Dict, List

import pytest

from tools.mutate.judge import Plugin, Row
from tools.mutate.mutants import Mutant, mutants
from tools.mutate.tests import own_tests


def main() -> int:
    """Read the command line, run the tests against the mutants, and print what survived."""
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    parser = _parser()
    options = parser.parse_args(own[:cut])
    folder = options.folder.resolve()
    if not folder.exists() or Path.cwd() not in folder.parents:
        parser.error(f"there is no {options.folder} below {Path.cwd()}")
    folder = folder.relative_to(Path.cwd())
    possible = mutants(folder)
    chosen = _chosen(possible, options.sample, options.seed, options.only)
    _say(f"{len(possible)} possible mutants in {folder}")
    rows: List[Row] = []

    def report(row: Row) -> None:
        rows.append(row)
        _record(row, options.out)

    os.environ["GUESTCHECK_MUTATE"] = "yes"  # so that each test makes what it looks at
    plugin = Plugin(folder, chosen, options.limit, report, _say)
    words = own[cut + 1 :] or ["-m", "not slow", *own_tests(folder)]
    # xdist would run the tests in other processes, where the mutant is not.
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words], plugins=[plugin])
    if not plugin.sound:
        return 2
    return 1 if _summary(rows) < options.fail_under else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools.mutate",
        description="Change the code in small ways and see whether a test notices.",
        epilog="after --: arguments for pytest (default: the tests of the folder)",
    )
    add = parser.add_argument
    add("folder", type=Path, help="a folder or a file, such as guestcheck/readiness")
    add("--sample", type=int, metavar="N", help="a random choice of N mutants (default: all)")
    add("--seed", type=int, default=1, metavar="S", help="of the random choice (default: 1)")
    add("--only", action="append", metavar="ID", help="this mutant; may be given again")
    add("--limit", type=float, metavar="SECONDS", help="for one mutant (default: by its tests)")
    add("--out", metavar="FILE", help="append a JSON line for each mutant")
    add("--fail-under", type=float, default=0, metavar="PERCENT", help="what must be noticed")
    return parser


def _chosen(possible: List[Mutant], sample: int, seed: int, only: List[str]) -> List[Mutant]:
    if only:
        return [mutant for mutant in possible if mutant.id in only]
    return random.Random(seed).sample(possible, min(sample or len(possible), len(possible)))


def _record(row: Row, out: str) -> None:
    """Print a mutant that no test noticed; write any to the file."""
    if not row.noticed:
        path = row.id.partition("::")[0]
        where = f"{path}:{row.line}"
        _say(f"  {row.outcome:10}  {where}  {row.kind}: {row.before}  ->  {row.after}")
        _say(f"{'':14}--only '{row.id}', {row.tests} tests")
    if out:
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps(row._asdict()) + "\n")


def _summary(rows: List[Row]) -> float:
    """Print a table by file, the weakest first; return how many percent were noticed."""
    files: Dict[str, List[Row]] = {}
    for row in rows:
        files.setdefault(row.id.partition("::")[0], []).append(row)
    _say(f"\n{'killed':>6} {'survived':>8} {'not called':>10} {'hidden':>6}  file")
    for path, own in sorted(files.items(), key=lambda pair: _share(pair[1])):
        outcomes = [row.outcome for row in own]
        left = f"{outcomes.count('survived'):8} {outcomes.count('not called'):10}"
        killed = sum(row.noticed for row in own)
        _say(f"{killed:6} {left} {outcomes.count('hidden'):6}  {path}")
    seconds = sum(row.seconds for row in rows)
    killed = sum(row.noticed for row in rows)
    _say(f"{killed} of {len(rows)} noticed ({_share(rows):.0f} %), {seconds:.0f} s")
    return _share(rows)


def _share(rows: List[Row]) -> float:
    """Return how many percent were noticed; what no test calls was not, "hidden" does not count."""
    counted = [row for row in rows if row.outcome != "hidden"]
    return 100 * sum(row.noticed for row in counted) / len(counted) if counted else 100.0


def _say(text: str) -> None:
    """Print to the terminal, past pytest's capturing."""
    print(text, file=_TERMINAL, flush=True)


_TERMINAL = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")

if __name__ == "__main__":
    sys.exit(main())
