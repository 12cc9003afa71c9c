"""Write what the documentation says of the program from the program: `make docs`.

Whole pages: docs/checks.md, docs/devices.md, docs/evidence.md. Parts of pages, between `<!-- NAME
-->` and `<!-- end of NAME -->`: the help and the exit codes in README.md, these in docs/usage.md
too, the fields of the JSON in docs/formats.md. A test compares them with the program, so that a
page which was left behind is noticed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, Tuple

from guestcheck.errors import EXIT_CODES
from tools.pages.checks import checks
from tools.pages.devices import devices
from tools.pages.evidence import evidence
from tools.pages.fields import fields
from tools.pages.markdown import table, text

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write every page and part anew."""
    for path, words in pages().items():
        (ROOT / path).write_text(words, encoding="utf-8")
    return 0


def pages() -> Dict[str, str]:
    """Return what each page should say, by its path."""
    found = {path: make() for path, make in _PAGES}
    for path, name, make in _PARTS:
        found[path] = _with_part(
            found.get(path) or (ROOT / path).read_text(encoding="utf-8"), name, make()
        )
    return found


def _with_part(page: str, name: str, part: str) -> str:
    before, found, rest = page.partition(f"<!-- {name} -->\n")
    _, ended, after = rest.partition(f"<!-- end of {name} -->")
    if not found or not ended:
        raise SystemExit(f"the marks of '{name}' are missing")
    return f"{before}{found}\n{part}\n{ended}{after}"


def help_words() -> str:
    """Return what `guestcheck --help` prints on 80 columns."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "guestcheck", "--help"]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def _help() -> str:
    return f"```text\n{help_words()}```\n"


def exit_codes() -> str:
    """Return the table of the exit codes."""
    return table(
        ("Code", "When"),
        [
            (str(number), text(re.sub(r"(--[a-z-]+)", r"`\1`", when)))
            for number, when in EXIT_CODES.items()
        ],
    )


_PAGES: Tuple[Tuple[str, Callable[[], str]], ...] = (
    ("docs/checks.md", checks),
    ("docs/devices.md", devices),
    ("docs/evidence.md", evidence),
)
_PARTS: Tuple[Tuple[str, str, Callable[[], str]], ...] = (
    ("README.md", "help", _help),
    ("README.md", "exit codes", exit_codes),
    ("docs/usage.md", "exit codes", exit_codes),
    ("docs/formats.md", "fields", fields),
)

if __name__ == "__main__":
    sys.exit(main())
