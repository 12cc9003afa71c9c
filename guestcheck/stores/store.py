"""Files that may come from anyone: a folder, a tar or zip archive or single files. Read only,
bounded, and never unpacked to the disk.

A store is asked by paths with "/" between their parts and none at the beginning. Whatever a path or
a link says, nothing outside of the store is ever read: links are followed inside it, and those that
lead out are as good as missing. So are devices, pipes, and what has a name that cannot be shown.

The bounds, which a test each holds: an archive is read for LONGEST_SECONDS at most and up to
MOST_UNPACKED bytes of what it unpacks to, has MOST_MEMBERS members and folders, MOST_FOLDERS of
them folders; of it MOST_KEPT bytes are kept, LARGEST_KEPT of one file, and MOST_TEXT of all that do
not lie where kernels and initramfs images do. Unpacking takes 128 MiB at most beside that. Of a
folder MOST_FOUND names are looked at, a pattern finds as many paths, a walk passes MOST_MEMBERS,
and MOST_LISTED folders are looked into. Of texts MOST_READ bytes are read, each counted as often as
it is read.
"""

from __future__ import annotations

from itertools import islice
from typing import (
    BinaryIO,
    Dict,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from guestcheck.model.source import Gap
from guestcheck.stores.patterns import matcher
from guestcheck.unpack.bounds import DEEPEST, LARGEST_FILE, MOST_FOUND, MOST_MEMBERS, MOST_READ
from guestcheck.unpack.tar import FILE, FOLDER, LINK, OTHER

_MOST_LINKS = 40  # in a row: as many as Linux follows
_MOST_STEPS = 256  # on the way to one file: a link may hold a thousand
_LONGEST_NAME = 255  # of a part of a path: Linux has no longer ones
_LONGEST_TARGET = 4095
_MOST_TOPS = 1000  # folders among which that is looked for in which an archive holds its files


class Store:
    """Where a source's files are: folders, files and links, of whatever they are made. Reading
    raises KeyError for what is not there, OSError or ValueError for what cannot be read.

    How paths are found and links followed is here. What is made of it says for a path without links
    of which kind the thing there is, what a link holds and what a folder has, and reads.
    """

    def __init__(self, name: str) -> None:
        self.name = printable(name)
        self._troubles: List[Gap] = []
        self._followed: Dict[str, str] = {}
        self._tops: Dict[int, List[str]] = {0: [""]}
        self._unread = MOST_READ
        self.damage = ""  # why nothing can be read behind some place, if it is so

    @property
    def troubles(self) -> Tuple[Gap, ...]:
        """Tell what could not be read, and why."""
        return tuple(self._troubles)

    def kind(self, path: str) -> str:
        """Return FILE, FOLDER, LINK, or OTHER for what is as good as missing."""
        raise NotImplementedError

    def target(self, path: str) -> str:
        """Return what the link at `path` holds, "" for what cannot be followed."""
        raise NotImplementedError

    def inside(self, path: str) -> Sequence[str]:
        """Return the names in the folder at `path`, sorted."""
        raise NotImplementedError

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Return a file, open and able to seek, and whether there is more than it holds; links are
        followed inside the store.
        """
        raise NotImplementedError

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return at most `limit` bytes of a file and whether there is more."""
        file, cut = self.open(path)
        most = self.allowed(limit)
        with file:
            data = file.read(most + 1) or b""  # None of a file in /proc that would wait
        self.spend(min(len(data), most))
        return data[:most], cut or len(data) > most

    def allowed(self, limit: int) -> int:
        """Return how many bytes of a text may be read: `limit`, or what is left of what all
        together may have.
        """
        if self._unread < limit:
            self._trouble(
                self.name,
                f"all its texts together are read up to {MOST_READ >> 20} MiB",
                "what stands in the others",
            )
        return min(limit, self._unread)

    def spend(self, size: int) -> None:
        """Count `size` bytes of text as read."""
        self._unread -= min(size, self._unread)

    def tops(self, depth: int) -> List[str]:
        """Return the folders, `depth` below the store's own, that may hold all that an archive is
        of: "", "NAME/" or "NAME/NAME/".
        """
        if depth not in self._tops:
            below = (
                path + "/"
                for top in self.tops(depth - 1)
                for path in self.glob(top + "*")[:_MOST_TOPS]
                if self.is_folder(path)
            )
            self._tops[depth] = list(islice(below, _MOST_TOPS))
        return self._tops[depth]

    def glob(self, pattern: str) -> List[str]:
        """Return the paths of files, links and folders that match, sorted; a star stands for
        anything but a slash.

        Names that begin with a dot are found only where the pattern has it too.
        """
        found = [""]
        for part in pattern.split("/"):
            found = list(islice(self._following(found, part), MOST_FOUND + 1))
            if len(found) > MOST_FOUND:
                found.pop()
                self._trouble(
                    pattern,
                    f"only {MOST_FOUND} of what matches were looked at",
                    "whatever the others are",
                )
        return found

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the paths of all files and links below the folder `top`, at any depth, whose names
        end so; links to folders are not entered.
        """
        try:
            waiting = [(top.strip("/"), self.resolve(top))]
        except KeyError:
            return
        passed = 0
        while waiting:
            shown, folder = waiting.pop()
            inner = []
            for name in self.inside(folder):
                passed += 1
                if passed > MOST_MEMBERS:
                    return
                path, kind = _join(shown, name), self.kind(_join(folder, name))
                if kind == FOLDER and folder.count("/") < DEEPEST:
                    inner.append((path, _join(folder, name)))
                elif kind in (FILE, LINK) and (not suffixes or name.endswith(suffixes)):
                    yield path
            waiting += reversed(inner)

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder `path`, perhaps behind links."""
        try:
            return self.kind(self.resolve(path)) == FOLDER
        except KeyError:
            return False

    def link(self, path: str) -> str:
        """Return what the link at `path` holds, "" where it is none."""
        folder, _, name = path.rpartition("/")
        try:
            real = _join(self.resolve(folder), name)
        except KeyError:
            return ""
        return self.target(real) if name not in ("", ".", "..") and self.kind(real) == LINK else ""

    def _following(self, found: Sequence[str], part: str) -> Iterator[str]:
        """Yield what matches `part` in each folder that was found; many links may lead to one
        folder, which is looked at once.
        """
        known: Dict[str, List[str]] = {}
        for before in found:
            try:
                folder = self.resolve(before)
            except KeyError:
                continue
            if folder not in known:
                known[folder] = self._matching(folder, part)
            for name in known[folder]:
                yield _join(before, name) if name else before + "/" * bool(before)

    def _matching(self, folder: str, part: str) -> List[str]:
        if part in ("", ".", ".."):
            return [""] if part == "" and self.kind(folder) == FOLDER else []
        if "*" not in part:
            return [part] if self.kind(_join(folder, part)) != OTHER else []
        matches, hidden = matcher(part), part.startswith(".")
        return [
            name
            for name in self.inside(folder)
            if matches(name) and (hidden or not name.startswith("."))
        ]

    def resolve(self, path: str) -> str:
        """Return where `path` leads when every link is followed, inside of the store; raises
        KeyError where they never end, or end nowhere.
        """
        if path not in self._followed:
            if len(self._followed) > MOST_FOUND:
                self._followed.clear()
            self._followed[path] = self._follow(path)
        if self._followed[path] == "..":
            raise KeyError(path)
        return self._followed[path]

    def _follow(self, path: str) -> str:
        """Return where `path` leads, ".." where it leads nowhere."""
        waiting = path.split("/")[::-1]
        done: List[str] = []
        links = steps = 0
        while waiting:
            part = waiting.pop()
            steps += 1
            if part == "..":
                del done[-1:]  # above the top is the top, as in a chroot
            elif part not in ("", "."):
                kind = self.kind("/".join([*done, part]))
                if kind == LINK:
                    links += 1
                    target = self.target("/".join([*done, part]))
                    done = [] if target.startswith("/") else done
                    waiting += target.split("/")[::-1] if target else [""] * _MOST_STEPS
                elif kind == FOLDER or (kind == FILE and not waiting):
                    done.append(part)
                else:
                    return ".."
            if links > _MOST_LINKS or steps + len(waiting) > _MOST_STEPS:
                return ".."
        return "/".join(done)

    def _trouble(self, asked: str, reason: str, leaves_open: str = "") -> None:
        gap = Gap("source", asked, reason, leaves_open)
        if gap not in self._troubles:
            self._troubles.append(gap)


class Within(Store):
    """The part of `store` below its folder `top` ("" or "NAME/"), as a store of its own: it is what
    absolute links count from, and no link leads out.
    """

    def __init__(self, store: Store, top: str) -> None:
        super().__init__(store.name)
        self._store = store
        self._top = store.resolve(top)
        self._troubles = store._troubles
        self.damage = store.damage

    def kind(self, path: str) -> str:
        """Return the kind."""
        return self._store.kind(_join(self._top, path) if path else self._top)

    def target(self, path: str) -> str:
        """Return what a link holds."""
        return self._store.target(_join(self._top, path))

    def inside(self, path: str) -> Sequence[str]:
        """Return the names."""
        return self._store.inside(_join(self._top, path) if path else self._top)

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Open a file."""
        return self._store.open(self._real(path))

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return a file's bytes."""
        return self._store.read(self._real(path), limit)

    def allowed(self, limit: int) -> int:
        """Return how many bytes of a text may be read."""
        return self._store.allowed(limit)

    def spend(self, size: int) -> None:
        """Count bytes of text as read."""
        self._store.spend(size)

    def _real(self, path: str) -> str:
        return _join(self._top, self.resolve(path))


def find_top(store: Store, *marks: str) -> Optional[str]:
    """Return the folder of the store in which one of `marks` lies: "" or "NAME/"; None where there
    is none.

    Archives hold their files in one folder of their own, a folder of folders may hold another.
    """
    for depth in range(3):
        for mark in marks:
            found = next((top for top in store.tops(depth) if store.glob(top + mark)), None)
            if found is not None:
                return found
    return None


def reason_of(error: Exception) -> str:
    """Say in words what went wrong; zlib, lzma and bz2 each raise what they like for damaged data."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def printable(name: str) -> str:
    """Return a path as it can be written on one line."""
    return name if name.isprintable() else ascii(name)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def is_name(name: str) -> bool:
    """Tell whether a name can be of something in a folder, and be shown."""
    return name not in ("", ".", "..") and len(name) <= _LONGEST_NAME and name.isprintable()


def is_target(target: str) -> bool:
    """Tell whether what a link holds can be followed, and shown."""
    return 0 < len(target) <= _LONGEST_TARGET and target.isprintable()
