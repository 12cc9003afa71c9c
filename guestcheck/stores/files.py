"""Plain files, and standard input, as a store."""

from __future__ import annotations

import os
import stat
import sys
from re import DOTALL
from re import compile as compile_pattern
from typing import (
    BinaryIO,
    Sequence,
)

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.stores.held import HeldStore, Truncated
from guestcheck.stores.store import printable, reason_of
from guestcheck.unpack.bounds import LARGEST_KEPT, LONGEST_SECONDS, MOST_KEPT, MOST_UNPACKED
from guestcheck.unpack.stream import EnoughError, Stream, is_packed
from guestcheck.unpack.waiting import open_waiting, waiting


def first_bytes(file: BinaryIO, size: int) -> bytes:
    """Return at most `size` bytes from the beginning of what a file unpacks to."""
    stream = Stream(file, MOST_UNPACKED, LONGEST_SECONDS)
    try:
        return stream.read(size)
    finally:
        stream.close()


_NAMED = 3


class Files(HeldStore):
    """Plain files by the names they were given with, packed perhaps; "-" is standard input."""

    def __init__(self, paths: Sequence[str]) -> None:
        # A name for people, who know what they named: of many files the first are enough.
        super().__init__(
            " ".join(paths)
            if len(paths) <= _NAMED
            else f"{' '.join(paths[:_NAMED])} and {len(paths) - _NAMED} more"
        )
        if len(paths) == 1 and _ARCHIVE_NAME(paths[0]):
            self.damage = "an archive by its name that does not begin as one: damaged or cut short"
        for path in paths:
            try:
                data = _plain(path)
            except Exception as error:
                if len(paths) == 1:
                    why = (
                        "cannot be read, damaged or cut short"
                        if _is_damage(path, error)
                        else "cannot be read"
                    )
                    raise NoEvidenceError(
                        f"{printable(path)}: {why} ({reason_of(error)})"
                    ) from error
                self._trouble(printable(path), f"cannot be read ({reason_of(error)})")
                continue
            self._kept += len(data)
            if self._kept > MOST_KEPT:
                self._trouble(
                    printable(path),
                    f"not read: all files together have more than {MOST_KEPT >> 20} MiB",
                )
                continue
            name = (
                "standard input"
                if path == "-"
                else printable(path).strip("/").replace("/", "\u2215")
            )
            # A name that began with a dot would be a hidden one.
            name = "\u2215" + name if name.startswith(".") else name
            self._all[name] = data

    def forget(self) -> None:
        """Let go of all files: their text is held elsewhere."""
        self._all.clear()


_ARCHIVE_NAME = compile_pattern(r".*\.(?:tar(?:\.\w{1,4})?|t[gbx]z2?|tzst)\Z", DOTALL).match


def _is_damage(path: str, error: Exception) -> bool:
    """Tell whether it is for damage that a packed file cannot be unpacked, and not for want of a
    program, of memory or of time.
    """
    if (
        isinstance(error, (UsageError, EnoughError))
        or getattr(error, "errno", None)
        or "limit" in str(error)
        or not os.path.isfile(path)
    ):
        return False
    with open(path, "rb") as file:
        return is_packed(file.read(8))


def _plain(path: str) -> bytes:
    """Return at most LARGEST_KEPT bytes of a file, unpacked where it is packed."""
    if path == "-":
        if sys.stdin is None:
            raise ValueError("it is closed")
        return _cut(first_bytes(waiting(sys.stdin.buffer, LONGEST_SECONDS), LARGEST_KEPT + 1))
    kind = os.stat(path).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):  # as in `guestcheck check <(lspci)`
        raise ValueError("it is no file")
    with open_waiting(path, LONGEST_SECONDS) as file:
        return _cut(first_bytes(file, LARGEST_KEPT + 1))


def _cut(data: bytes) -> bytes:
    return Truncated(data[:LARGEST_KEPT]) if len(data) > LARGEST_KEPT else data
