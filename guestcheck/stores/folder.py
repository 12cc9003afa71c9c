"""A folder of the disk as a store."""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import (
    BinaryIO,
    Dict,
    List,
    Tuple,
)

from guestcheck.stores.beneath import HAS_FOLDERS, Beneath
from guestcheck.stores.store import Store, is_name, is_target, printable
from guestcheck.unpack.bounds import MOST_FOUND, MOST_LISTED
from guestcheck.unpack.tar import FILE, FOLDER, LINK, OTHER

# Windows knows only the first and the last of these.
_READING = sum(
    getattr(os, name, 0)
    for name in ("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW", "O_BINARY")
)


class Folder(Store):
    """A folder of the disk; links are followed as in a chroot, and never lead out of it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._top = os.path.realpath(path)
        self._listed = 0
        self.unshown: Dict[
            str, int
        ] = {}  # how many names in a folder are passed over since they cannot be shown
        self._beneath = Beneath(self._top) if HAS_FOLDERS else None

    def place(self, path: str) -> str:
        """Return where on the disk a path without links lies."""
        return f"{self._top}/{path}"

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Open a regular file; nothing else is, for opening a device may do something."""
        real = self.resolve(path)
        if self.kind(real) != FILE:
            raise KeyError(path)
        descriptor = (
            self._beneath.file(real, _READING)
            if self._beneath
            else os.open(self.place(real), _READING)
        )
        return os.fdopen(descriptor, "rb"), False

    def kind(self, path: str) -> str:
        """Return the kind."""
        try:
            mode = self._beneath.mode(path) if self._beneath else os.lstat(self.place(path)).st_mode
        except (OSError, ValueError):
            return OTHER
        return (
            FILE
            if stat.S_ISREG(mode)
            else FOLDER
            if stat.S_ISDIR(mode)
            else LINK
            if stat.S_ISLNK(mode)
            else OTHER
        )

    def target(self, path: str) -> str:
        """Return what a link holds."""
        try:
            target = self._beneath.target(path) if self._beneath else os.readlink(self.place(path))
        except OSError:
            return ""
        return target if is_target(target) else ""

    def inside(self, path: str) -> List[str]:
        """Return the names."""
        self._listed += 1
        if self._listed > MOST_LISTED:
            self._trouble(
                self.name,
                f"only {MOST_LISTED} of its folders were looked into",
                "whatever is in the others",
            )
            return []
        try:
            names = self._names(path)
        except OSError:
            return []
        if len(names) > MOST_FOUND:
            self._trouble(
                printable(path),
                f"only {MOST_FOUND} of the names in it were looked at",
                "whatever the others are",
            )
            del names[MOST_FOUND:]
        return sorted(names)

    def _names(self, path: str) -> List[str]:
        descriptor = self._beneath.folder(path) if self._beneath else None
        try:
            with os.scandir(self.place(path) if descriptor is None else descriptor) as entries:
                found = [entry for entry in islice(entries, MOST_FOUND + 1) if _is_there(entry)]
            names = [entry.name for entry in found if is_name(entry.name)]
            if len(names) < len(found):
                self.unshown[path] = len(found) - len(names)
            return names
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _is_there(entry: "os.DirEntry[str]") -> bool:
    return (
        entry.is_symlink()
        or entry.is_dir(follow_symlinks=False)
        or entry.is_file(follow_symlinks=False)
    )
