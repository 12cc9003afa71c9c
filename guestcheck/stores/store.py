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

import os
import stat
import sys
from functools import lru_cache
from io import BytesIO
from itertools import islice
from re import DOTALL, escape
from re import compile as compile_pattern
from time import monotonic
from typing import (
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    Union,
)

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.model.source import LONGEST_LISTING, MEBIBYTE, MOST_TEXT, Gap
from guestcheck.stores.beneath import HAS_FOLDERS, Beneath
from guestcheck.stores.sorted_archive import End, Order
from guestcheck.unpack.stream import EnoughError, Stream, is_packed
from guestcheck.unpack.tar import FILE, FOLDER, HARD_LINK, LINK, OTHER, Member, Tar, begins
from guestcheck.unpack.waiting import open_waiting, waiting

# What an archive may cost. A sosreport has 10,000 to 60,000 members and unpacks to 0.2 to 1 GB, of
# which 1 to 30 MB are of use here.
MOST_MEMBERS = 500_000
MOST_FOLDERS = 200_000  # a whole root file system has 30,000 to 60,000
MOST_UNPACKED = 4 << 30
MOST_KEPT = 256 << 20
LARGEST_KEPT = LONGEST_LISTING + MEBIBYTE  # of so much it is seen that it is too long
LARGEST_FILE = LONGEST_LISTING + MEBIBYTE
LONGEST_SECONDS = 120.0
MOST_FOUND = 100_000
MOST_LISTED = 200_000
# Two questions may ask for one text, and three for some.
MOST_READ = MOST_TEXT * 3 // 2
_MOST_NAMES = 64 << 20  # characters of names
_MOST_LINKS = 40  # in a row: as many as Linux follows
_MOST_STEPS = 256  # on the way to one file: a link may hold a thousand
_LONGEST_NAME = 255  # of a part of a path: Linux has no longer ones
_LONGEST_TARGET = 4095
# Windows knows only the first and the last of these.
_READING = sum(
    getattr(os, name, 0)
    for name in ("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW", "O_BINARY")
)
_DEEPEST = 64
_MOST_TOPS = 1000  # folders among which that is looked for in which an archive holds its files
_IMAGES = frozenset(
    ("boot", "efi", "EFI")
)  # where kernels and initramfs images lie, which a reader of their own reads


class Store:
    """Where a source's files are: folders, files and links, of whatever they are made. Reading
    raises KeyError for what is not there, OSError or ValueError for what cannot be read.

    How paths are found and links followed is here. What is made of it says for a path without links
    of which kind the thing there is, what a link holds and what a folder has, and reads.
    """

    def __init__(self, name: str) -> None:
        self.name = _shown(name)
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
                if kind == FOLDER and folder.count("/") < _DEEPEST:
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


class Unpacks(Protocol):
    """What unpacks the member that an archive is read at."""

    def data(self, most: int) -> bytes:
        """Return at most `most` bytes of it."""
        ...


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


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a path matches `pattern`; a star stands for anything but a slash,
    two for anything.
    """
    if "**" in pattern:
        parts = (
            escape(part).replace(r"\*", "*").replace("*", "[^/]*") for part in pattern.split("**")
        )
        match = compile_pattern("(?s:" + ".*".join(parts) + r")\Z").match
        return lambda path: match(path) is not None
    steps = [_part_matcher(part) for part in pattern.split("/")]
    if len(steps) == 1:
        return lambda path: "/" not in path and steps[0](path)

    def matches(path: str) -> bool:
        parts = path.split("/")
        return len(parts) == len(steps) and all(step(part) for step, part in zip(steps, parts))

    return matches


def _part_matcher(pattern: str) -> Callable[[str], bool]:
    """Match a name in linear time, whatever stars there are: regular expressions try every place
    for each of them.
    """
    first, *middle = pattern.split("*")
    if not middle:
        return pattern.__eq__
    last = middle.pop()

    def matches(name: str) -> bool:
        at, end = len(first), len(name) - len(last)
        if at > end or not (name.startswith(first) and name.endswith(last)):
            return False
        for piece in middle:
            at = name.find(piece, at, end) + len(piece)
            if at < len(piece):
                return False
        return True

    return matches


def open_store(paths: Sequence[str], wants: Sequence[str], ends: Sequence[End] = ()) -> Store:
    """Open what `paths` name: one folder, one archive, one disk image, or any number of plain files
    ("-" is standard input).

    Of an archive only files are kept that match one of the patterns `wants` below any folder; the
    names of all are, unless one of `ends` says that what follows is of no use.
    """
    if len(paths) == 1 and paths[0] != "-":
        path = paths[0]
        if os.path.isdir(path):
            return Folder(path)
        from guestcheck.stores.disk_image import DiskImage, disk_format, image_not_read

        kind = disk_format(path)
        if kind:
            return DiskImage(path, kind)
        unread = image_not_read(path)
        if unread:
            raise NoEvidenceError(f"{_shown(path)}: {unread}")
        if is_archive(path):
            return open_archive(path, wants, ends)
    return Files(paths)


def open_archive(
    path: str, wants: Sequence[str], ends: Sequence[End] = (), pauses: bool = False
) -> Archive:
    """Open the tar or zip archive at `path`; for `pauses` see `Archive`."""
    if _is_zip(path):
        from guestcheck.stores.zip_archive import ZipArchive

        return ZipArchive(path, wants, (), pauses)
    return Archive(path, wants, ends, pauses)


def is_archive(path: str) -> bool:
    """Tell whether a file is a tar or zip archive, by how it begins."""
    return os.path.isfile(path) and (_is_zip(path) or _is_archive(path))


def _is_zip(path: str) -> bool:
    """Tell whether a file is a zip archive, by its first member or, where it has none, its end."""
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def _is_archive(path: str) -> bool:
    """Tell whether a file is a tar archive, packed or not, by its first header."""
    try:
        with open(path, "rb") as file:
            return begins(_start(file, 512))
    # damaged from its first byte on, or packed so that nothing here can unpack it: that is said
    # when it is read
    except Exception:
        return False


def _start(file: BinaryIO, size: int) -> bytes:
    stream = Stream(file, MOST_UNPACKED, LONGEST_SECONDS)
    try:
        return stream.read(size)
    finally:
        stream.close()


def _reason(error: Exception) -> str:
    """Say in words what went wrong; zlib, lzma and bz2 each raise what they like for damaged data."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _shown(name: str) -> str:
    """Return a path as it can be written on one line."""
    return name if name.isprintable() else ascii(name)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_name(name: str) -> bool:
    """Tell whether a name can be of something in a folder, and be shown."""
    return name not in ("", ".", "..") and len(name) <= _LONGEST_NAME and name.isprintable()


def is_target(target: str) -> bool:
    """Tell whether what a link holds can be followed, and shown."""
    return 0 < len(target) <= _LONGEST_TARGET and target.isprintable()


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
                _shown(path),
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
            names = [entry.name for entry in found if _is_name(entry.name)]
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


class _Inside(Dict[str, "_Thing"]):
    """What is in a folder that is held in memory, and which patterns hold for it."""

    __slots__ = ("depth", "wants")

    def __init__(self, wants: Tuple["_Want", ...] = (), depth: int = 0) -> None:
        super().__init__()
        self.wants = wants
        self.depth = depth


class _Beginning(bytes):
    """The beginning of a file that has more."""


# A folder; a file's bytes, None where they were not kept; what a link holds.
_Thing = Union[_Inside, bytes, None, str]


class _Held(Store):
    """Files that are held in memory: what an archive and single files have in common."""

    def __init__(self, name: str, wants: Tuple["_Want", ...] = ()) -> None:
        super().__init__(name)
        self._all = _Inside(wants)
        self._kept = 0

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Open what was kept of the file."""
        data = self._bytes(path)
        return BytesIO(data), isinstance(data, _Beginning)

    def _bytes(self, path: str) -> bytes:
        data = self._thing(self.resolve(path))
        if not isinstance(data, bytes):
            raise KeyError(path)
        return data

    def _thing(self, path: str) -> _Thing:
        """Return what is at a path without links; raises KeyError where nothing is."""
        thing: _Thing = self._all
        for part in path.split("/") if path else ():
            if not isinstance(thing, _Inside):
                raise KeyError(path)
            thing = thing[part]
        return thing

    def kind(self, path: str) -> str:
        """Return the kind."""
        try:
            thing = self._thing(path)
        except KeyError:
            return OTHER
        return FOLDER if isinstance(thing, _Inside) else LINK if isinstance(thing, str) else FILE

    def target(self, path: str) -> str:
        """Return what a link holds."""
        return str(self._thing(path))

    def inside(self, path: str) -> List[str]:
        """Return the names."""
        thing = self._thing(path)
        return sorted(thing) if isinstance(thing, _Inside) else []


class HeldPart(_Held):
    """What an archive holds in its folder `top`, which stays when the archive drops it; see
    `Archive.resume`.
    """

    def __init__(self, store: _Held, top: str, name: str) -> None:
        super().__init__(name)
        inside = store._thing(top.strip("/"))
        self._all = inside if isinstance(inside, _Inside) else _Inside()
        self._troubles = store._troubles
        self.damage = store.damage


class HeldFiles(_Held):
    """Some files of a folder of an archive, or one of them, likewise."""

    def __init__(self, store: _Held, top: str, paths: Sequence[str], name: str) -> None:
        super().__init__(name)
        self._troubles = store._troubles
        for path in paths:
            folder = self._all
            *before, last = path[len(top) :].split("/")
            for part in before:
                inside = folder.setdefault(part, _Inside())
                folder = inside if isinstance(inside, _Inside) else folder
            folder[last] = store._thing(store.resolve(path))


def _kept(folder: _Inside, image: bool) -> Tuple[int, int]:
    """Return how many bytes of files are in a folder, and how many of them are texts'."""
    kept = texts = 0
    for name, thing in folder.items():
        if isinstance(thing, _Inside):
            inner, inner_texts = _kept(thing, image or name in _IMAGES)
            kept, texts = kept + inner, texts + inner_texts
        elif isinstance(thing, bytes):
            kept, texts = kept + len(thing), texts + len(thing) * (not image)
    return kept, texts


_NAMED = 3


class Files(_Held):
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
                    raise NoEvidenceError(f"{_shown(path)}: {why} ({_reason(error)})") from error
                self._trouble(_shown(path), f"cannot be read ({_reason(error)})")
                continue
            self._kept += len(data)
            if self._kept > MOST_KEPT:
                self._trouble(
                    _shown(path),
                    f"not read: all files together have more than {MOST_KEPT >> 20} MiB",
                )
                continue
            name = (
                "standard input" if path == "-" else _shown(path).strip("/").replace("/", "\u2215")
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
        return _cut(_start(waiting(sys.stdin.buffer, LONGEST_SECONDS), LARGEST_KEPT + 1))
    kind = os.stat(path).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):  # as in `guestcheck check <(lspci)`
        raise ValueError("it is no file")
    with open_waiting(path, LONGEST_SECONDS) as file:
        return _cut(_start(file, LARGEST_KEPT + 1))


def _cut(data: bytes) -> bytes:
    return _Beginning(data[:LARGEST_KEPT]) if len(data) > LARGEST_KEPT else data


class _Want(NamedTuple):
    """What is left of a pattern below some folder: a part for each further folder, and behind them
    what has two stars.
    """

    parts: Tuple[Callable[[str], bool], ...]
    rest: Optional[Callable[[str], bool]]
    before: str = ""

    def below(self, name: str) -> "Optional[_Want]":
        """Return what is left of it in the folder `name`."""
        if not self.parts:
            return self._replace(before=f"{self.before}{name}/")
        goes_on = len(self.parts) > 1 or self.rest is not None
        return _shorter(self) if goes_on and self.parts[0](name) else None

    def takes(self, name: str) -> bool:
        """Tell whether the file `name` is wanted here."""
        if self.rest is not None:
            return not self.parts and self.rest(self.before + name)
        return len(self.parts) == 1 and self.parts[0](name)


@lru_cache(1024)
def _shorter(want: _Want) -> _Want:
    """Return what is left of a pattern behind its first part: one for all folders that match that,
    for there may be half a million.
    """
    return want._replace(parts=want.parts[1:])


def _want(pattern: str) -> _Want:
    parts = pattern.split("/")
    plain = next((number for number, part in enumerate(parts) if "**" in part), len(parts))
    return _Want(
        tuple(_part_matcher(part) for part in parts[:plain]),
        matcher("/".join(parts[plain:])) if plain < len(parts) else None,
    )


class Archive(_Held):
    """A tar archive, packed or not, read once from its beginning on; what is wanted is kept in
    memory, the rest passed over.

    It is read to its end, or to where by its order nothing of use can follow; see `_order.py`.
    """

    def __init__(
        self,
        path: str,
        wants: Sequence[str],
        ends: Sequence[End] = (),
        pauses: bool = False,
        file: Optional[BinaryIO] = None,
    ) -> None:
        """Read the archive at `path`, or what `file` holds, a member of another archive.

        With `pauses` the bounds of what is kept do not end the reading: it pauses there, see
        `resume`.
        """
        self._wants = tuple(_want(pattern) for pattern in dict.fromkeys(wants))
        super().__init__(path, self._wants)
        self._members = self._length = self._texts = self._folders = 0
        self._passed: Dict[str, Tuple[str, int]] = {}
        self._last: Tuple[str, Optional[_Inside]] = ("", self._all)
        self._order = Order(ends, os.path.basename(path))
        self._pauses, self._file = pauses, file
        self.paused = ""  # the name of the member at which the reading pauses
        self._reading = self._read(path)
        self._go_on()

    def resume(self, tops: Sequence[str]) -> None:
        """Drop the folders and files `tops`, which are whole and judged, and read on.

        Where that makes no room, the archive is read in part.
        """
        for top in tops:
            folder, _, name = top.strip("/").rpartition("/")
            inside = self._thing(folder)
            if isinstance(inside, _Inside):
                inside.pop(name, None)
        self._followed.clear()
        self._tops = {0: [""]}
        self._kept, self._texts = _kept(self._all, False)
        self._last = ("/", None)
        self._pauses = bool(tops)
        self._go_on()

    def _go_on(self) -> None:
        self.paused = next(self._reading, "")
        if self.paused:
            return
        for reason, (first, many) in self._passed.items():
            self._trouble(
                f"{first} and {many - 1} more" if many > 1 else first, f"passed over: {reason}"
            )

    def _read(self, path: str) -> Iterator[str]:
        """Read all members; yield the name of one before which there has to be made room."""
        try:
            with self._file or open(path, "rb") as file:
                stream = Stream(file, MOST_UNPACKED, LONGEST_SECONDS)
                try:
                    for name in self._scan(Tar(stream)):
                        since = monotonic()
                        yield name
                        stream.wait(monotonic() - since)
                finally:
                    stream.close()
        except EnoughError as enough:
            self.damage = f"read in part: {enough}"
            self._trouble(self.name, self.damage, "whatever stands behind that in the archive")
        except Exception as error:
            if not self._all:
                raise NoEvidenceError(
                    f"{self.name}: a damaged archive, or one cut short ({_reason(error)})"
                ) from error
            self.damage = f"damaged or cut short ({_reason(error)})"
            self._trouble(
                self.name,
                f"damaged, read as far as it goes ({_reason(error)})",
                "whatever stands behind that in the archive",
            )

    def _is_full(self) -> bool:
        return self._pauses and (self._kept >= MOST_KEPT or self._texts >= MOST_TEXT)

    def _scan(self, tar: Tar) -> Iterator[str]:
        for member in tar:
            if self._order.is_over(member):
                return
            if self._is_full():
                yield member.name
            self._count(len(member.name) + len(member.target))
            before, _, name = member.name.rstrip("/").rpartition("/")
            folder = self._folder(before if before or not member.name.startswith("/") else "/")
            if folder is not None and name in ("", ".") and member.kind == FOLDER:
                continue  # "./", the archive's own folder
            if folder is None or not _is_name(name):
                self._pass(
                    member.name,
                    "a name that leads out of the archive, or into a file, or cannot be shown",
                )
            elif member.kind == FOLDER:
                self._enter(folder, name)
            elif isinstance(folder.get(name), _Inside):
                self._pass(member.name, "a file that has the name of a folder")
            else:
                self._add(folder, name, member, tar)

    def _count(self, length: int) -> None:
        self._members += 1
        self._length += length
        if self._members > MOST_MEMBERS:
            raise EnoughError(f"it has more than {MOST_MEMBERS} members")
        if self._length > _MOST_NAMES:
            raise EnoughError("its names are too long")

    def _folder(self, path: str) -> Optional[_Inside]:
        """Return the folder at `path`, None where no member can be; members stand beside each
        other, so the last one's is at hand.
        """
        if path == self._last[0]:
            return self._last[1]
        folder: Optional[_Inside] = (
            None if path.startswith("/") or path.count("/") > _DEEPEST else self._all
        )
        for part in path.split("/"):
            if folder is None:
                break
            inside = folder.get(part)
            folder = inside if isinstance(inside, _Inside) else self._enter(folder, part)
        self._last = (path, folder)
        return folder

    def _enter(self, folder: _Inside, name: str) -> Optional[_Inside]:
        """Return the folder `name` of another one, made where there is none; None where it cannot
        be.
        """
        if name in ("", "."):
            return folder
        if name not in folder and _is_name(name):
            self._folders += 1
            if self._folders > MOST_FOLDERS:
                raise EnoughError(f"it has more than {MOST_FOLDERS} folders")
            below = [want.below(name) for want in folder.wants]
            wants = tuple(want for want in below if want is not None)
            self._count(sum(len(want.before) for want in wants))
            # An archive holds its files in a folder of its own, and that perhaps in another.
            folder[name] = _Inside(
                (*wants, *self._wants) if folder.depth < 2 else wants, folder.depth + 1
            )
        inside = folder.get(name)
        return inside if isinstance(inside, _Inside) else None

    def _add(self, folder: _Inside, name: str, member: Member, tar: Unpacks) -> None:
        """Take a member that is no folder; of two with one name the later one counts, as it would
        when they are unpacked.
        """
        wanted = any(want.takes(name) for want in folder.wants)
        if member.kind == FILE:
            folder[name] = None  # stays so if the archive ends in the midst of it
            if wanted:
                folder[name] = self._data(member, tar)
        elif member.kind == LINK:
            folder[name] = member.target if is_target(member.target) else ""
        elif member.kind == HARD_LINK:
            self._add_again(folder, name, member, wanted)
        elif wanted:
            self._pass(member.name, f"a {member.kind}")

    def _add_again(self, folder: _Inside, name: str, member: Member, wanted: bool) -> None:
        """Take a hard link: what it names stands before it in the archive."""
        path = "/".join(part for part in member.target.split("/") if part not in ("", "."))
        if self.kind(path) in (FILE, LINK):
            folder[name] = self._thing(path)
        if wanted and folder.get(name) is None:
            self._pass(member.name, "a hard link to something that was not kept")

    def _data(self, member: Member, tar: Unpacks) -> bytes:
        if self._kept >= MOST_KEPT:
            raise EnoughError(
                f"its files that are of use here have more than {MOST_KEPT >> 20} MiB"
            )
        is_text = _IMAGES.isdisjoint(member.name.split("/")[:-1])
        if is_text and self._texts >= MOST_TEXT:
            raise EnoughError(
                f"its texts that are of use here have more than {MOST_TEXT >> 20} MiB"
            )
        data = tar.data(LARGEST_KEPT)
        if len(data) < min(member.size, LARGEST_KEPT):
            raise EOFError("it ends too early")
        self._kept += len(data)
        self._texts += len(data) * is_text
        return _Beginning(data) if member.size > len(data) else data

    def _pass(self, name: str, reason: str) -> None:
        first, many = self._passed.get(reason, (_shown(name[:80]), 0))
        self._passed[reason] = (first, many + 1)
