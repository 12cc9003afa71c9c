"""The words that name a source, which several sub-commands take."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Sequence

from guestcheck.errors import UsageError
from guestcheck.model.source import Source

HELP = "a recording, an archive, a disk image or pasted text to judge (default: this guest)"


def add_source(parser: ArgumentParser, says: str = HELP) -> None:
    """Add the words that name a source; `says` is their help."""
    group = parser.add_argument_group("input")
    group.add_argument("source", nargs="*", metavar="SOURCE", help=says)
    group.add_argument("--root", metavar="DIR", default="", help="judge the guest whose root file system is mounted at DIR")


def open_named(paths: Sequence[str], root: str = "") -> Source:
    """Return the source that the words of a command line name, `root` after --root; this guest, where there are none."""
    if root:
        from guestcheck.sources.root import open_root

        if paths:
            raise UsageError("either --root DIR or a SOURCE, and not both")
        return open_root(root)
    from guestcheck.sources import open_source

    if not paths and sys.platform == "win32":
        from guestcheck.collectors.powershell import make
        from guestcheck.sources.powershell import PowerShell

        return PowerShell(make)
    for path in paths:
        if path != "-" and not os.path.exists(path):
            import guestcheck.cli as package
            from guestcheck.folders import names

            raise UsageError(f"there is no file, folder or sub-command '{path}'; sub-commands are {', '.join(names(package))}")
    return open_source(paths)
