"""The words that name a source, which several sub-commands take."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Sequence

from guestcheck.errors import UsageError
from guestcheck.model.source import Source

HELP = "a recording, an archive or pasted text to judge (default: this guest)"


def add_source(parser: ArgumentParser, says: str = HELP) -> None:
    """Add the words that name a source; `says` is their help."""
    group = parser.add_argument_group("input")
    group.add_argument("source", nargs="*", metavar="SOURCE", help=says)


def open_named(paths: Sequence[str]) -> Source:
    """Return the source that the words of a command line name; this guest, where there are none."""
    from guestcheck.sources import open_source

    for path in paths:
        if path != "-" and not os.path.exists(path):
            import guestcheck.cli as package
            from guestcheck.folders import names

            raise UsageError(f"there is no file, folder or sub-command '{path}'; sub-commands are {', '.join(names(package))}")
    return open_source(paths)
