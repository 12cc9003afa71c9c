"""Files that are held in memory."""

from __future__ import annotations

from io import BytesIO
from typing import (
    BinaryIO,
    Dict,
    List,
    Sequence,
    Tuple,
    Union,
)

from guestcheck.stores.patterns import Want
from guestcheck.stores.store import Store
from guestcheck.unpack.tar import FILE, FOLDER, LINK, OTHER


class Inside(Dict[str, "_Thing"]):
    """What is in a folder that is held in memory, and which patterns hold for it."""

    __slots__ = ("depth", "wants")

    def __init__(self, wants: Tuple["Want", ...] = (), depth: int = 0) -> None:
        super().__init__()
        self.wants = wants
        self.depth = depth


class Truncated(bytes):
    """The beginning of a file that has more."""


# A folder; a file's bytes, None where they were not kept; what a link holds.
_Thing = Union[Inside, bytes, None, str]


class HeldStore(Store):
    """Files that are held in memory: what an archive and single files have in common."""

    def __init__(self, name: str, wants: Tuple["Want", ...] = ()) -> None:
        super().__init__(name)
        self._all = Inside(wants)
        self._kept = 0

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Open what was kept of the file."""
        data = self._bytes(path)
        return BytesIO(data), isinstance(data, Truncated)

    def _bytes(self, path: str) -> bytes:
        data = self._thing(self.resolve(path))
        if not isinstance(data, bytes):
            raise KeyError(path)
        return data

    def _thing(self, path: str) -> _Thing:
        """Return what is at a path without links; raises KeyError where nothing is."""
        thing: _Thing = self._all
        for part in path.split("/") if path else ():
            if not isinstance(thing, Inside):
                raise KeyError(path)
            thing = thing[part]
        return thing

    def kind(self, path: str) -> str:
        """Return the kind."""
        try:
            thing = self._thing(path)
        except KeyError:
            return OTHER
        return FOLDER if isinstance(thing, Inside) else LINK if isinstance(thing, str) else FILE

    def target(self, path: str) -> str:
        """Return what a link holds."""
        return str(self._thing(path))

    def inside(self, path: str) -> List[str]:
        """Return the names."""
        thing = self._thing(path)
        return sorted(thing) if isinstance(thing, Inside) else []


class HeldPart(HeldStore):
    """What an archive holds in its folder `top`, which stays when the archive drops it; see
    `Archive.resume`.
    """

    def __init__(self, store: HeldStore, top: str, name: str) -> None:
        super().__init__(name)
        inside = store._thing(top.strip("/"))
        self._all = inside if isinstance(inside, Inside) else Inside()
        self._troubles = store._troubles
        self.damage = store.damage


class HeldFiles(HeldStore):
    """Some files of a folder of an archive, or one of them, likewise."""

    def __init__(self, store: HeldStore, top: str, paths: Sequence[str], name: str) -> None:
        super().__init__(name)
        self._troubles = store._troubles
        for path in paths:
            folder = self._all
            *before, last = path[len(top) :].split("/")
            for part in before:
                inside = folder.setdefault(part, Inside())
                folder = inside if isinstance(inside, Inside) else folder
            folder[last] = store._thing(store.resolve(path))
