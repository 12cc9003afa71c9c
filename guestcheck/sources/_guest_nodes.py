"""What a folder or an archive holds: a guest of its own, or loose texts of one."""

from __future__ import annotations

import os
from itertools import islice
from re import IGNORECASE, MULTILINE
from re import compile as compile_pattern
from time import monotonic
from types import ModuleType
from typing import (
    Callable,
    Iterator,
    List,
    NamedTuple,
    Sequence,
    Tuple,
    Union,
)

from guestcheck.model.source import Gap, Source
from guestcheck.sources import known_modules
from guestcheck.stores.folder import Folder
from guestcheck.stores.store import Store
from guestcheck.unpack.tar import FILE, LINK

MOST_GUESTS = 20_000
DEEPEST = 6
MOST_NAMED = 5
LOST = "the guests in it"
ARCHIVE = compile_pattern(r".*\.(?:tar(?:\.\w{1,4})?|t[gbx]z2?|tzst|zip)\Z", IGNORECASE).match
IMAGE = compile_pattern(r".*\.(?:qcow2?|qed|vmdk|vhdx?|vdi|hds|hdd|img|raw)\Z", IGNORECASE).match
# What VMware calls the parts of an image, and where its descriptor names them ("Virtual Disk Format
# 5.0").
PART = compile_pattern(r".*-(?:flat|[sf][0-9]{3,}|delta|sesparse)\.vmdk\Z", IGNORECASE).match
EXTENT = compile_pattern(
    rb'^(?:RW|RDONLY|NOACCESS) \d{1,18} [A-Z]{1,16} "([^"/\n]{1,255})"', MULTILINE
)
LONGEST_DESCRIPTOR = 1 << 16

LOOSE, TEXT, PACKED, DISK = "loose", "recording", "archive", "image"
LONGEST_LOOK = 120.0


class Found(NamedTuple):
    """A guest: its `name` below the argument, the word for a command line that means it alone, and
    what opens it.
    """

    name: str
    place: str
    open: Callable[[], Source]


Guests = Iterator[Union[Found, Gap]]


class At(NamedTuple):
    """A guest whose files lie in the folder `path` ("" or "NAME/"), of the source `module`."""

    path: str
    module: ModuleType


class Single(NamedTuple):
    """A file that is a guest, or an archive with any number of them."""

    path: str
    sort: str


class Texts(NamedTuple):
    """The loose texts that belong to the folder `path`."""

    path: str
    files: Tuple[str, ...]


Node = Union[At, Single, Texts]


class Scan:
    """Which guests are in a store, by names and by how files begin; nothing is opened that is not
    needed to know.
    """

    def __init__(self, store: Store, sort: Callable[[str], str], deepest: int) -> None:
        self._store, self._sort, self._deepest = store, sort, deepest
        self._ends = monotonic() + LONGEST_LOOK
        self._modules = [module for module in known_modules() if hasattr(module, "is_at")]
        self._marks = {name.lower() for module in self._modules for name in module.AT}
        self.nodes: List[Node] = []
        self.unknown: List[str] = []
        self._deep: List[str] = []
        self._denied: List[str] = []
        self._outside: List[str] = []
        self._late: List[str] = []
        self._look("", 0)
        self.nodes.sort(key=lambda node: (node.path, isinstance(node, Texts)))

    def gaps(self, place: str, unknown: Sequence[str] = ()) -> Iterator[Gap]:
        """Yield what was not looked into, and files that are nothing that is known."""
        told = (
            (self._deep, f"not looked into: more than {self._deepest} folders below", LOST),
            (self._denied, "may not be looked into", LOST),
            (
                self._outside,
                "a link that leads out of the folder, or nowhere; it is not followed",
                "what it leads to",
            ),
            (self._late, f"not looked into: the folder takes more than {LONGEST_LOOK:g} s", LOST),
            (
                list(getattr(self._store, "unshown", ())),
                "a name in it cannot be shown, and was passed over",
                "what has that name",
            ),
            (unknown, "not judged: nothing that guestcheck knows", ""),
        )
        for paths, reason, opens in told:
            if paths:
                yield gap_naming(reason, [joined_path(place, path) for path in paths], opens)

    def _look(self, top: str, depth: int) -> List[str]:
        """Find what is below the folder `top`; return its texts where it has nothing else, for the
        folder above to take.
        """
        module = self._module(top)
        if module is not None:
            self.nodes.append(At(top, module))
            self._look_beside(top, module, depth)
            return []
        before = len(self.nodes)
        files, folders = self._inside(top)
        loose = [path for path in files if not self._take(path)]
        below = (
            [(path, self._look(path + "/", depth + 1)) for path in folders]
            if self._goes_on(folders, depth)
            else []
        )
        below = [(path, texts) for path, texts in below if texts]
        if _alike([loose, *(texts for _, texts in below)]):
            self.nodes += [Texts(path + "/", tuple(texts)) for path, texts in below]
            below = []
        if depth and not below and len(self.nodes) == before:
            return loose
        texts = [*loose, *(path for _, inner in below for path in inner)]
        if texts:
            self.nodes.append(Texts(top, tuple(texts)))
        return []

    def _goes_on(self, folders: Sequence[str], depth: int) -> bool:
        if depth < self._deepest and monotonic() < self._ends and len(self.nodes) <= MOST_GUESTS:
            return True
        left = self._deep if depth >= self._deepest else self._late
        left += folders
        return False

    def _look_beside(self, top: str, module: ModuleType, depth: int) -> None:
        """Find what somebody laid beside a guest's own files: archives, images and other
        recordings.

        The files of a root file system are its own.
        """
        if module.__name__.endswith((".root", ".windows")):
            return
        files, folders = self._inside(top)
        for path in files:
            if self._sort(path) != LOOSE:
                self._take(path)
        for path in folders:
            inner = self._module(path + "/")
            own = inner is module and path == top + "data"  # newer archives of insights-client
            if inner is not None and not own and not inner.__name__.endswith((".root", ".windows")):
                self._look(path + "/", depth + 1)

    def _inside(self, top: str) -> Tuple[List[str], List[str]]:
        """Return the files and the folders in a folder; links only where what they lead to is not
        found by itself.
        """
        files: List[str] = []
        folders: List[str] = []
        for name in self._store.inside(top.rstrip("/")):
            path = top + name
            if name.startswith("."):
                continue
            kind = self._store.kind(path)
            if kind == LINK:
                try:
                    real = self._store.resolve(path)
                except KeyError:
                    self._outside.append(path)
                    continue
                if not any(part.startswith(".") for part in real.split("/")):
                    continue
                kind = self._store.kind(real)
            (files if kind == FILE else folders).append(path)
        if isinstance(self._store, Folder):
            denied = [
                path
                for path in folders
                if not os.access(self._store.place(path), os.R_OK | os.X_OK)
            ]
            self._denied += denied
            folders = [path for path in folders if path not in denied]
        return files, folders

    def _take(self, path: str) -> bool:
        """Note a file that is a guest, or is nothing that is known; return False for a text."""
        from guestcheck.sources._paste.texts import may_be_text

        sort = self._sort(path)
        if sort == LOOSE and not (ARCHIVE(path) or IMAGE(path)):
            if may_be_text(path):
                return False
            self.unknown.append(path)
        else:
            self.nodes.append(Single(path, sort))
        return True

    def _module(self, top: str) -> "ModuleType | None":
        names = {name.lower() for name in self._store.inside(top.rstrip("/"))}
        if self._marks.isdisjoint(names):
            return None
        return next((module for module in self._modules if module.is_at(self._store, top)), None)


def _alike(groups: Sequence[Sequence[str]]) -> bool:
    """Tell whether two of the folders have a text of the same name."""
    names = [path.rpartition("/")[2].lower() for group in groups for path in group]
    return len(set(names)) < len(names)


def unknown_files(place: str, files: Sequence[str]) -> Gap:
    return gap_naming(
        "not judged: nothing in it that guestcheck knows",
        [joined_path(place, path.rpartition("/")[2]) for path in files],
        "",
    )


def gap_naming(reason: str, paths: Sequence[str], leaves_open: str) -> Gap:
    """Return a gap that names the first of `paths`, and says how many more there are."""
    first = ", ".join(islice(paths, MOST_NAMED))
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return Gap("source", first + more, reason, leaves_open)


def joined_path(*parts: str) -> str:
    return "/".join(
        part.strip("/") if number else part.rstrip("/") for number, part in enumerate(parts) if part
    )
