"""`python3 -m tools.packages build|check|try|install`: what `make dist`, `make dist-check` and
`make dist-try` run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import List, Optional

from tools.packages.build import KINDS, Job, MissingError, sums
from tools.packages.stage import ROOT, epoch_of, stage


def main(arguments: Optional[List[str]] = None) -> int:
    """Do what the command line asks; 1 where something differs or is missing."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.packages", description="what is handed out of guestcheck"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    verb = verbs.add_parser("build", help="make the packages")
    verb.add_argument("kind", nargs="*", help=f"default: all of {', '.join(KINDS)}")
    verb.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="folder for them, made anew (default: dist)"
    )
    verb = verbs.add_parser(
        "check", help="make them once more elsewhere, and compare with those in --out"
    )
    verb.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="where they are (default: dist)"
    )
    verb = verbs.add_parser(
        "try", help="install the deb and the rpm in clean roots, run and remove them (root)"
    )
    verb.add_argument(
        "release", nargs="*", default=["bookworm"], help="of Debian (default: bookworm)"
    )
    verb.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="where they are (default: dist)"
    )
    verb = verbs.add_parser("install", help="put the files of the deb and the rpm into a root")
    verb.add_argument("root", type=Path)
    verb.add_argument(
        "--zsh", default="usr/share/zsh/site-functions", help="folder for zsh's completion below it"
    )
    options = parser.parse_args(arguments)
    if options.verb == "install":
        from tools.packages.install import install

        install(options.root, epoch_of(), options.zsh)
        return 0
    try:
        if options.verb == "try":
            from tools.packages.roots import main as try_in_roots

            return try_in_roots(options.out, options.release)
        return _build(options.kind, options.out) if options.verb == "build" else _check(options.out)
    except MissingError as error:
        sys.stderr.write(f"cannot build: {error}; see docs/packages.md\n")
        return 1


def _build(kinds: List[str], out: Path) -> int:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        sys.stderr.write(f"there is no package '{unknown[0]}'; there are: {', '.join(KINDS)}\n")
        return 2
    build(kinds or [*KINDS], out)
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:>9}  {path}")
    return 0


def build(kinds: List[str], out: Path) -> None:
    """Make packages of these kinds in the folder `out`, which is made anew."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    epoch = epoch_of()
    with tempfile.TemporaryDirectory(prefix="guestcheck-dist-") as folder:
        source = stage(Path(folder, "source"), epoch)
        for kind in (kind for kind in KINDS if kind in kinds):
            work = Path(folder, kind)
            work.mkdir()
            KINDS[kind](Job(source, work, out.resolve(), epoch))
    sums(out)


def _check(out: Path) -> int:
    """Build once more, in other folders, and say which files have other bytes."""
    kinds = [kind for kind, pattern in _PATTERNS.items() if list(out.glob(pattern))]
    with tempfile.TemporaryDirectory(prefix="again-") as folder:
        again = Path(folder, "a", "longer", "path")
        build(kinds, again)
        same = {
            path.name: path.read_bytes() == (out / path.name).read_bytes()
            if (out / path.name).is_file()
            else False
            for path in sorted(again.iterdir())
        }
    for name, equal in same.items():
        print(f"{'same bytes' if equal else 'DIFFERS   '}  {name}")
    return 0 if same and all(same.values()) else 1


_PATTERNS = {"python": "*.whl", "pyz": "*.pyz", "deb": "*.deb", "rpm": "*.rpm"}

if __name__ == "__main__":
    sys.exit(main())
