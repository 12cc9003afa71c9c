"""A store seen as a guest's root: links are followed as the guest would follow them, and what only a running kernel shows is left alone.

In a chroot, /proc, /sys, /run and /dev below the root are those of the machine that we run on, and would be taken for the guest's.
So nothing there is read, whatever name or link leads to it.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Iterator, List, Tuple

from guestcheck.model.source import Gap
from guestcheck.sources._store import LARGEST_FILE, Folder, Store

RUNNING = ("proc", "sys", "run", "dev")
_MOST_LINKS = 40  # in a row: as many as Linux follows
_MOST_STEPS = 256


class Chroot:
    """The part of `store` below `top` ("" or "NAME/"), as a store of its own."""

    def __init__(self, store: Store, top: str = "") -> None:
        self.name = store.name
        self.troubles: Tuple[Gap, ...] = ()  # those of the store are told by whoever opened it
        self._store = store
        self._top = top

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return a file's bytes and whether there is more."""
        return self._store.read(self._top + self._real(path), limit)

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Return a file, open and able to seek, and whether there is more than it holds."""
        return self._store.open(self._top + self._real(path))

    def glob(self, pattern: str) -> List[str]:
        """Return what matches; names that cannot be shown are no guest's own."""
        found = [""]
        for part in pattern.split("/"):
            found = [path for before in found for path in self._matching(before, part)]
        return found

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the files below the folder `top`."""
        try:
            real = self._top + self._real(top)
        except KeyError:
            return
        for path in self._store.walk(real, suffixes):
            if path.isprintable():
                yield top + path[len(real) :]

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder `path`."""
        try:
            return self._store.is_folder(self._top + self._real(path))
        except KeyError:
            return False

    def link(self, path: str) -> str:
        """Return what the link at `path` holds."""
        folder, _, name = path.rpartition("/")
        try:
            return self._link(f"{self._real(folder)}/{name}".lstrip("/"))
        except KeyError:
            return ""

    def is_denied(self, path: str) -> bool:
        """Tell whether the folder `path`, or one on the way to it, is not ours to look into."""
        if not isinstance(self._store, Folder):
            return False
        folder = os.path.realpath(self._store.name)
        try:
            for part in ("", *self._real(path).split("/")):
                folder = f"{folder}/{part}" if part else folder
                if not os.access(folder, os.R_OK | os.X_OK) and os.path.lexists(folder):
                    return True
        except (KeyError, ValueError):
            pass
        return False

    def _real(self, path: str) -> str:
        """Follow every link; raises KeyError where they never end, and for what only a running kernel shows."""
        waiting = path.split("/")[::-1]
        done: List[str] = []
        links = steps = 0
        while waiting:
            part = waiting.pop()
            steps += 1
            if part == "..":
                del done[-1:]  # above the top is the top, as in a chroot
            elif part not in ("", "."):
                target = self._link("/".join([*done, part]))
                links += bool(target)
                done = [] if target.startswith("/") else done if target else [*done, part]
                waiting += target.split("/")[::-1]
            if links > _MOST_LINKS or steps + len(waiting) > _MOST_STEPS:
                raise KeyError(path)
        if done[:1] and done[0] in RUNNING:
            raise KeyError(path)
        return "/".join(done)

    def _link(self, path: str) -> str:
        # Links below the running kernel's folders are not even looked at.
        return "" if path.partition("/")[0] in RUNNING and "/" in path else self._store.link(self._top + path)

    def _matching(self, before: str, part: str) -> List[str]:
        try:
            folder = self._real(before)
        except KeyError:
            return []
        if part in RUNNING and not folder:
            return []
        real = f"{self._top}{folder}/" if folder else self._top
        start = f"{before}/" if before else ""
        names = (path[len(real) :] for path in self._store.glob(real + part) if path.startswith(real))
        return [start + name for name in names if "/" not in name and name.isprintable()]
