"""One line at a terminal that says how far a run is, and is gone at the end.

Written by hand and not by rich, which takes 60 to 100 ms to import, hides the cursor (a run that is
killed leaves the terminal so) and is not on every guest: this line would be needed anyway.
"""

from __future__ import annotations

import os
import sys

_ERASE = "\r\x1b[K"  # ECMA-48: to the line's beginning, and all of it erased


class Progress:
    """The line, at a terminal alone: where standard error is none, nothing is written."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False

    def show(self, line: str) -> None:
        """Replace the line, cut to the terminal's width."""
        if self._shows:
            self._write(line[: _columns() - 1])
            self._shown = True

    def erase(self) -> None:
        """Leave nothing on the terminal."""
        if self._shown:
            self._write("")
            self._shown = False

    def _write(self, line: str) -> None:
        sys.stderr.write(f"{_ERASE}{line}")
        sys.stderr.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
