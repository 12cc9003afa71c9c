"""Times guestcheck against the other tools inside guests: TCG is slow for all alike, so the ratios
hold.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from lab import cache, guests, image
from lab.artifact import PACKAGE
from lab.boot import boot

CHOSEN = ("virtio", "mixed-pc", "lvm")
COMPARE = PACKAGE.parent / "bench" / "compare.py"
# The programs are slow here and run one after the other: an hour is far above what they take, and
# an end all the same.
LIMIT = 3600

JOB = """
mkdir /run/bench && cd /run/bench
python3 -c 'import zipfile; zipfile.ZipFile("/run/guestcheck.pyz").extractall()'
python3 -m compileall -q guestcheck
PYTHONPATH=/run/bench python3 compare.py --runs {runs} --guestcheck "$(command -v python3) -m guestcheck"
"""


def main(names: list[str], release: str, runs: int) -> int:
    """Print the comparison that was made in each guest."""
    failed = 0
    for name in names or CHOSEN:
        folder = cache.folder("bench", f"{name}-{release}")
        outcome = boot(
            dataclasses.replace(guests.named(name), limit=LIMIT),
            image.get(release),
            JOB.format(runs=runs),
            _packed(folder),
            folder,
        )
        shown = outcome.serial.partition("@@READY")[2].partition("\n")[2].partition("@@FINISHED")[0]
        print(f"## {name}, {release}\n\n{shown.strip()}\n", flush=True)
        print(
            f"lab: {name}: {outcome.seconds:.0f} s, {outcome.ended or 'finished'}", file=sys.stderr
        )
        failed += bool(outcome.ended)
    return 1 if failed else 0


def _packed(folder: Path) -> Path:
    """Pack the checkout's guestcheck and the comparison; unpacked in the guest, as where a package
    is installed.
    """
    with tempfile.TemporaryDirectory() as top:
        shutil.copytree(
            PACKAGE, Path(top, "guestcheck"), ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(COMPARE, top)
        with zipfile.ZipFile(folder / "bench.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(Path(top).rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(top))
    return folder / "bench.zip"
