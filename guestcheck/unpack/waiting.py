"""Reading pipes and standard input without waiting for ever: a writer that stalls is given up after
a while.

A regular file is read as it is. A terminal is waited for as long as the person at it likes.
"""

from __future__ import annotations

import io
import os
import select
import stat
from time import monotonic
from typing import BinaryIO, cast

from guestcheck.unpack.stream import EnoughError

# Windows can select sockets alone.
_CAN_WAIT = os.name == "posix" and hasattr(os, "O_NONBLOCK")


def open_waiting(path: str, seconds: float) -> BinaryIO:
    """Open the file, pipe or character device `path`; raises OSError, and EnoughError when a read
    meets the end of `seconds`.
    """
    if not _CAN_WAIT:
        return open(path, "rb")
    # Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return _file(descriptor, True, seconds)


def waiting(file: BinaryIO, seconds: float) -> BinaryIO:
    """Return `file`, such as standard input, as one that is waited for for at most `seconds` in
    all; it stays open at the end.
    """
    try:
        descriptor = file.fileno()
    except (OSError, ValueError, AttributeError):  # no file of the system's
        return file
    return _file(descriptor, False, seconds) if _CAN_WAIT else file


def _file(descriptor: int, ours: bool, seconds: float) -> BinaryIO:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or os.isatty(descriptor):
        if ours:
            os.set_blocking(descriptor, True)
        return os.fdopen(descriptor, "rb", closefd=ours)
    return cast("BinaryIO", io.BufferedReader(_Waiting(descriptor, ours, seconds)))


class _Waiting(io.RawIOBase):
    def __init__(self, descriptor: int, ours: bool, seconds: float) -> None:
        self._descriptor = descriptor
        self._ours = ours
        self._seconds, self._until = seconds, monotonic() + seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what has come, waiting for the first of it."""
        while True:
            left = self._until - monotonic()
            ready = select.select([self._descriptor], [], [], max(0.0, left))[0]
            if not ready:
                raise EnoughError(f"its writer sent no end of it within {self._seconds:g} s")
            try:
                data = os.read(self._descriptor, len(buffer))
            except BlockingIOError:  # somebody else took it
                continue
            buffer[: len(data)] = data
            return len(data)

    def close(self) -> None:
        """Close the descriptor, if it was opened here."""
        if not self.closed and self._ours:
            os.close(self._descriptor)
        super().close()
