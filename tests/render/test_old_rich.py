"""The rich of Debian 11 draws as well: there the class that holds several things has another name."""

from __future__ import annotations

import subprocess
import sys

_OLD = """
import rich.console
rich.console.RenderGroup = rich.console.Group
del rich.console.Group
import guestcheck.render.people.terminal
print(guestcheck.render.people.terminal.Group.__module__)
"""


def test_rich_without_group_is_taken() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _OLD], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "rich.console\n", "")
