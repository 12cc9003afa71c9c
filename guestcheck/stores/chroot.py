"""A store seen as a guest's root: what only a running kernel shows is left alone.

In a chroot, /proc, /sys, /run and /dev below the root are those of the machine that we run on, and
would be taken for the guest's. So nothing there is there, whatever name or link leads to it.
"""

from __future__ import annotations

import os
from typing import Iterator, Sequence, Tuple

from guestcheck.stores.folder import Folder
from guestcheck.stores.store import Within
from guestcheck.unpack.tar import OTHER

RUNNING = ("proc", "sys", "run", "dev")
_MOST_LINKS = 8


class Chroot(Within):
    """The part of a store below its folder `top` ("" or "NAME/"), as the guest would see it."""

    def kind(self, path: str) -> str:
        """Return the kind; what is below the running kernel's folders is not even looked at."""
        return OTHER if path.partition("/")[0] in RUNNING else super().kind(path)

    def inside(self, path: str) -> Sequence[str]:
        """Return the names in a folder."""
        names = super().inside(path)
        return names if path else [name for name in names if name not in RUNNING]

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the files below the folder `top`; the store may know a quicker way than folder by
        folder.
        """
        try:
            path = self.resolve(top)
        except KeyError:
            return
        if not path:  # the whole, in which the running kernel's folders are
            yield from super().walk(top, suffixes)
            return
        real = self._real(path)
        for found in self._store.walk(real, suffixes):
            yield top + found[len(real) :]

    def is_denied(self, path: str, links: int = 0) -> bool:
        """Tell whether the folder `path`, or one on the way to it, is not ours to look into;
        `links` is how many have led to it.
        """
        if not isinstance(self._store, Folder):
            return False
        parts = path.split("/") if path else []
        for number in range(len(parts) + 1):
            part = "/".join(parts[:number])
            try:
                place = self._store.place(self._real(part))
            except KeyError:
                there = os.path.join("/", os.path.dirname(part), self.link(part))
                return (
                    links < _MOST_LINKS
                    and bool(self.link(part))
                    and self.is_denied(os.path.normpath(there)[1:], links + 1)
                )
            if not os.access(place, os.R_OK | os.X_OK) and os.path.lexists(place):
                return True
        return False
