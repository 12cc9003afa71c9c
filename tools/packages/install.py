"""Put guestcheck into a root, as the deb and the rpm have it: `python3 -m tools.packages install
ROOT`.

The program lies in /usr/share/guestcheck, beside Python's own folders, since it is a program and no
library: so the same files serve every Python 3 that a distribution may have, and go on serving when
that one changes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict

from tools.packages import completions, man
from tools.packages.stage import VENDOR

SOURCE = Path(__file__).parents[2]

# -I: neither the user's environment nor the folder one stands in says what root imports.
_PROGRAM = """\
#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "/usr/share/guestcheck")

from guestcheck.cli import entry

entry()
"""


def install(root: Path, epoch: int, zsh: str = "usr/share/zsh/site-functions") -> None:
    """Write all files below `root`; `zsh` is the folder below it for zsh's completions, which
    differs between distributions.
    """
    for name, text in texts(epoch, zsh).items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(0o755 if name == "usr/bin/guestcheck" else 0o644)
    program = root / "usr/share/guestcheck"
    for package in (SOURCE / "guestcheck", *sorted((SOURCE / VENDOR).iterdir())):
        shutil.copytree(
            package, program / package.name, ignore=shutil.ignore_patterns("__pycache__")
        )


def texts(epoch: int, zsh: str) -> Dict[str, str]:
    """Return what is no part of the program itself, by its place."""
    scripts = completions.scripts()
    units = {
        unit.name: unit.read_text(encoding="utf-8")
        for unit in sorted((SOURCE / "packaging" / "systemd").glob("guestcheck.*"))
    }
    return {
        "usr/bin/guestcheck": _PROGRAM,
        "usr/share/bash-completion/completions/guestcheck": scripts["bash"],
        "usr/share/fish/vendor_completions.d/guestcheck.fish": scripts["fish"],
        f"{zsh}/_guestcheck": scripts["zsh"],
        **{f"usr/share/man/man1/{name}": page for name, page in man.pages(epoch).items()},
        **{f"usr/lib/systemd/system/{name}": unit for name, unit in units.items()},
    }
