"""The rich of Debian 11 draws as well: it has no `Group`, and none is used."""

from __future__ import annotations

import subprocess
import sys

_OLD = """
import rich.console
del rich.console.Group
from guestcheck.model.report import Sink
from guestcheck.render.page.report import page_of
from guestcheck.render.people.terminal import paint
from tests.render.conftest import REPORTS
print(len(paint(page_of(REPORTS["full"], True), Sink(80))) > 1000)
"""


def test_rich_without_group_is_taken() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _OLD], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
