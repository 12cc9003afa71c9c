"""Every guest that a command line names: recordings, archives and disk images, by themselves, in a
folder or in an archive.

What is a guest of its own: a recording (an archive, a folder or one text), an archive or a folder
of sos, supportconfig, insights-client or CollectSystemInfo.ps1, a root file system or Windows
volume in a folder, and a disk image. Texts that lie loose in a folder and in the folders right
below it are one guest together; where two of these folders have a file of the same name, each
folder is a guest. So are all loose texts that are named on one command line.

Guests come one after the other, and each is opened when it is asked for: nothing stays in memory
that was judged. What may be a guest and is not judged comes as a gap; it has `leaves_open` where a
guest may be lost for it. Names that begin with a dot are passed over; so are links to what is found
by itself.

The bounds: MOST_GUESTS of one command line, folders DEEPEST below the argument, LONGEST_LOOK
seconds for looking into one folder, and of an archive what lies two folders deep, as for every
archive. An archive in an archive is read, one in that is not.
"""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO
from itertools import islice
from re import IGNORECASE, MULTILINE
from re import compile as compile_pattern
from shlex import quote
from time import monotonic
from types import ModuleType
from typing import (
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Sequence,
    Tuple,
    Union,
    cast,
)
from zipfile import ZipFile, ZipInfo

from guestcheck.model.source import Gap, Source
from guestcheck.sources import bundle, ends, known_modules, open_source, pasted, recognised, wanted
from guestcheck.stores.archive import Archive
from guestcheck.stores.disk_image import disk_format, image_not_read
from guestcheck.stores.folder import Folder
from guestcheck.stores.held import HeldFiles, HeldPart
from guestcheck.stores.opening import is_archive, open_archive
from guestcheck.stores.store import Store, Within
from guestcheck.unpack.bounds import LONGEST_SECONDS, MOST_UNPACKED
from guestcheck.unpack.stream import Stream
from guestcheck.unpack.tar import FILE, LINK, Tar

MOST_GUESTS = 20_000
DEEPEST = 6
LONGEST_LOOK = 120.0
_DEEPEST_HELD = 2
_LARGEST_ZIP = 64 << 20  # in another archive: it is read whole, for its list is at its end
_MOST_NAMED = 5
_LOST = "the guests in it"

_ARCHIVE = compile_pattern(r".*\.(?:tar(?:\.\w{1,4})?|t[gbx]z2?|tzst|zip)\Z", IGNORECASE).match
_IMAGE = compile_pattern(r".*\.(?:qcow2?|qed|vmdk|vhdx?|vdi|hds|hdd|img|raw)\Z", IGNORECASE).match


# What VMware calls the parts of an image, and where its descriptor names them ("Virtual Disk Format
# 5.0").
_PART = compile_pattern(r".*-(?:flat|[sf][0-9]{3,}|delta|sesparse)\.vmdk\Z", IGNORECASE).match
_EXTENT = compile_pattern(
    rb'^(?:RW|RDONLY|NOACCESS) \d{1,18} [A-Z]{1,16} "([^"/\n]{1,255})"', MULTILINE
)
_LONGEST_DESCRIPTOR = 1 << 16


class Found(NamedTuple):
    """A guest: its `name` below the argument, the word for a command line that means it alone, and
    what opens it.
    """

    name: str
    place: str
    open: Callable[[], Source]


Guests = Iterator[Union[Found, Gap]]


class _At(NamedTuple):
    """A guest whose files lie in the folder `path` ("" or "NAME/"), of the source `module`."""

    path: str
    module: ModuleType


class _Single(NamedTuple):
    """A file that is a guest, or an archive with any number of them."""

    path: str
    sort: str


class _Texts(NamedTuple):
    """The loose texts that belong to the folder `path`."""

    path: str
    files: Tuple[str, ...]


_Node = Union[_At, _Single, _Texts]
_LOOSE, _TEXT, _PACKED, _DISK = "loose", "recording", "archive", "image"


def find_guests(paths: Sequence[str]) -> Guests:
    """Yield every guest that `paths` name, and what is not judged; there is at least one guest.

    Raises nothing: what cannot be opened is a guest, and opening it raises.
    """
    number = 0
    for found in _find(paths):
        number += isinstance(found, Found)
        if number > MOST_GUESTS:
            yield Gap(
                "source",
                found[0],
                f"not judged: there are more than {MOST_GUESTS} guests",
                "it and all that follow",
            )
            return
        yield found


def _find(paths: Sequence[str]) -> Guests:
    one = len(paths) == 1
    loose: List[str] = []
    seen: Dict[str, str] = {}
    for path in paths:
        sort = _LOOSE if path == "-" else _PACKED if os.path.isdir(path) else _sort_of(path)
        real = os.path.realpath(path)
        if sort == _LOOSE and not (_ARCHIVE(path) and os.path.isfile(path)):
            loose.append(path)
        elif real in seen:
            yield Gap("source", path, f"named twice: {seen[real]}", "")
        else:
            seen[real] = path
            yield from _argument(path, sort, "" if one else path.rstrip("/"))
    if loose:
        name = " ".join(loose[:3]) + (f" and {len(loose) - 3} more" if len(loose) > 3 else "")
        yield Found(name, name, lambda: open_source(loose))


def _argument(path: str, sort: str, name: str) -> Guests:
    """Yield what `path` names; `name` is what the names of its guests begin with, "" where it is
    the only argument.
    """
    if os.path.isdir(path):
        yield from _folder(path, name)
    elif sort == _PACKED:
        yield from _archive(path, name, path, True)
    else:
        yield Found(name or path, path, lambda: open_source([path]))


def _sort_of(path: str) -> str:
    """Tell what a file is by how it begins; what cannot be read is loose: who reads it says why."""
    try:
        if disk_format(path) or image_not_read(path):
            return _DISK
        if is_archive(path):
            return _PACKED
        if not os.path.isfile(path):
            return _LOOSE  # what is read of a pipe is gone
        with open(path, "rb") as file:
            start = file.read(4096)
        if bundle.is_one(start[:256]):
            return _TEXT
        return _DISK if b"\0" in start and _IMAGE(path) else _LOOSE
    except OSError:
        return _LOOSE


def _sort_in(store: Folder, path: str) -> str:
    try:
        return _sort_of(store.place(store.resolve(path)))
    except KeyError:  # it went away
        return _LOOSE


def _joined(*parts: str) -> str:
    return "/".join(
        part.strip("/") if number else part.rstrip("/") for number, part in enumerate(parts) if part
    )


def _folder(path: str, name: str) -> Guests:
    store = Folder(path)
    scan = _Scan(store, partial(_sort_in, store), DEEPEST)
    parts = _parts(store, scan.nodes)
    nodes = [node for node in scan.nodes if node.path not in parts]
    if not nodes or (len(nodes) == 1 and isinstance(nodes[0], (_At, _Texts)) and not nodes[0].path):
        yield from scan.gaps(path)
        yield Found(
            name or path, path, lambda: open_source([path])
        )  # what is in it is one guest, or none
        return
    nodes, nothing = _without_nothing(
        nodes, lambda node: _Only(store, node.path, node.files, _joined(path, node.path))
    )
    yield from (_unknown(_joined(path, node.path), node.files) for node in nothing)
    alone = len(nodes) == 1
    yield from scan.gaps(path, scan.unknown)
    yield from store.troubles
    if parts:
        yield _named("a part of another image", [_joined(path, part) for part in parts], "")
    for node in nodes:
        below = _joined(name, node.path) or _name_of(path, nodes)
        place = _joined(path, node.path)
        if isinstance(node, _Single) and node.sort == _PACKED:
            yield from _archive(store.place(store.resolve(node.path)), below, place, False)
        elif isinstance(node, _Texts):
            words = " ".join(quote(_joined(path, file)) for file in node.files[:_MOST_NAMED])
            words += " ..." if len(node.files) > _MOST_NAMED else ""
            yield from _texts(node, below, place, _Only(store, node.path, node.files, place), words)
        else:
            yield Found(
                below,
                place,
                _opener(store, node, path if alone and isinstance(node, _At) else place),
            )


def _without_nothing(
    nodes: Sequence[_Node], store_of: Callable[[_Texts], Store]
) -> Tuple[List[_Node], List[_Texts]]:
    """Part off the loose texts beside an only guest in which nothing is recognised: then it is one
    guest, and no list.
    """
    texts = [node for node in nodes if isinstance(node, _Texts)]
    if len(nodes) - len(texts) != 1:
        return [*nodes], []
    nothing = [node for node in texts if _is_nothing(store_of(node))]
    return [node for node in nodes if node not in nothing], nothing


def _is_nothing(store: Store) -> bool:
    try:
        return pasted.recognise(store) is None
    except Exception:  # what it is, who opens it says
        return False


def _parts(store: Folder, nodes: Sequence[_Node]) -> List[str]:
    """Return the files that the descriptor of a VMDK names as its parts: these are no guests of
    their own.
    """
    there = {node.path for node in nodes if isinstance(node, _Single) and _PART(node.path)}
    found: List[str] = []
    for node in nodes if there else ():
        if isinstance(node, _Single) and node.sort == _DISK and node.path not in there:
            try:
                head = store.read(node.path, _LONGEST_DESCRIPTOR)[0]
            except (KeyError, OSError, ValueError):
                continue
            names = _EXTENT.findall(head) if head.startswith(b"# Disk DescriptorFile") else ()
            folder = node.path.rpartition("/")[0]
            found += [
                path
                for path in (_joined(folder, name.decode("utf-8", "replace")) for name in names)
                if path in there
            ]
    return sorted(set(found))


def _name_of(path: str, nodes: Sequence[_Node]) -> str:
    """Return the folder's own name for what lies loose in it; with a "/" where something in it is
    called so too.
    """
    base = os.path.basename(os.path.realpath(path))
    return base + "/" * any(node.path.rstrip("/") == base for node in nodes)


def _opener(store: Folder, node: _Node, name: str) -> Callable[[], Source]:
    """Return what opens a guest in a folder of the disk; its report calls it `name`."""

    def opened() -> Source:
        real = store.place(store.resolve(node.path))
        source = node.module.recognise(Folder(real)) if isinstance(node, _At) else None
        source = source or open_source([real])
        if not (
            isinstance(node, _Single) and node.sort == _DISK
        ):  # an image's name is what is opened
            source.name = name
        return cast(Source, source)

    return opened


def _texts(node: _Texts, name: str, place: str, store: Store, words: str = "") -> Guests:
    """Yield the texts of a folder as one guest, if anything is recognised in them."""
    try:
        source = pasted.recognise(store)
    except Exception as error:
        yield _failed(name, place, error)
        return
    if source is None:
        yield _unknown(place, node.files)
        return
    said = Gap("source", place, f"its {len(node.files)} loose texts are one guest", "")
    source.troubles.append(said)
    yield Found(name, words or place, lambda: source)


class _Only(Within):
    """Some files of a folder."""

    def __init__(self, store: Store, top: str, files: Sequence[str], name: str) -> None:
        super().__init__(store, top)
        self.name = name
        self._files = {path[len(top) :] for path in files}

    def glob(self, pattern: str) -> List[str]:
        """Return those of the files that match."""
        return [path for path in super().glob(pattern) if path in self._files]


def _archive(path: str, name: str, place: str, asked: bool) -> Guests:
    """Yield the guests in the archive at `path`; where it was not `asked` for by name it may have
    none.
    """
    try:
        store = open_archive(path, wanted(), ends(), pauses=True)
    except Exception as error:
        yield _failed(name or place, place, error)
        return
    store.name = place
    yield from _held(store, name, place, asked, path)


def _failed(name: str, place: str, error: Exception) -> Found:
    def opened() -> Source:
        raise error

    return Found(name, place, opened)


def _held(store: Archive, name: str, place: str, asked: bool, path: str = "") -> Guests:
    """Yield the guests in an opened archive; `path` is its file, "" of one that lies in another."""
    packed: List[str] = []
    judged: set[str] = set()
    many = False
    while True:
        scan = _Scan(store, lambda below: _held_sort(store, below), DEEPEST)
        whole = (
            [node for node in scan.nodes if not store.paused.startswith(node.path)]
            if store.paused
            else scan.nodes
        )
        if store.paused and not whole:
            store.resume(())
            continue
        if not store.paused and not many and not any(map(_is_deep, whole)):
            whole, nothing = _without_nothing(
                whole, lambda node: HeldFiles(store, node.path, node.files, place)
            )
            yield from (_unknown(_joined(place, node.path), node.files) for node in nothing)
        packed += [
            node.path for node in whole if isinstance(node, _Single) and node.sort == _PACKED
        ]
        last = not store.paused
        if last and not many and not packed and len(whole) < 2 and not any(map(_is_deep, whole)):
            yield from _only_one(store, whole, scan, name, place, asked)
            return
        many = True
        gone: List[str] = []
        for node in whole:
            apart = [one for one in _above(node.path) if one in judged]
            if apart:
                why = "its members lie apart in the archive; unpack it"
                yield Gap("source", _joined(place, apart[0]), why, "the rest of this guest")
            elif not (isinstance(node, _Single) and node.sort == _PACKED):
                yield from _held_node(store, node, name, place)
            gone += node.files if isinstance(node, _Texts) else [node.path]
        judged.update(node.path for node in whole if isinstance(node, _At))
        if last:
            break
        store.resume(gone)
    yield from scan.gaps(place, scan.unknown)
    for gap in store.troubles:
        yield gap._replace(
            asked=_joined(place, gap.asked.replace(store.name, "")),
            leaves_open=gap.leaves_open or "what it holds",
        )
    if packed and not path:
        yield _named(
            "in an archive that lies in an archive; unpack it",
            [_joined(place, one) for one in packed],
            _LOST,
        )
    elif packed:
        yield from _inner(path, packed, name, place)


def _above(path: str) -> Iterator[str]:
    """Yield a path and the folders that it is in, as they are written: "a/", "a/b/"."""
    parts = path.split("/")
    yield from ("/".join(parts[:number]) + "/" for number in range(1, len(parts)))
    yield path


def _only_one(
    store: Archive, nodes: Sequence[_Node], scan: "_Scan", name: str, place: str, asked: bool
) -> Guests:
    """Yield the one guest of an archive, which may lie in whatever folder of it."""
    yield from scan.gaps(place, scan.unknown if nodes and not isinstance(nodes[0], _Texts) else ())
    if not asked and not store.damage and all(isinstance(node, _Texts) for node in nodes):
        try:
            source = pasted.recognise(store)
        except Exception as error:
            yield _failed(name or place, place, error)
            return
        if source is None:
            yield Gap("source", place, "nothing in it that guestcheck knows", "what it holds")
        else:
            yield Found(name or place, place, lambda: source)
        return
    module = nodes[0].module if nodes and isinstance(nodes[0], _At) else None
    yield Found(
        name or place, place, lambda: (module and module.recognise(store)) or recognised(store)
    )


def _held_node(store: Archive, node: _Node, name: str, place: str) -> Guests:
    below, there = _joined(name, node.path) or place, _joined(place, node.path)
    if _is_deep(node):
        yield Gap("source", there, "too deep in the archive; unpack it", "this guest")
    elif isinstance(node, _Texts):
        yield from _texts(node, below, there, HeldFiles(store, node.path, node.files, there))
    elif isinstance(node, _At):
        part, module = HeldPart(store, node.path, there), node.module
        yield Found(below, there, lambda: module.recognise(part) or recognised(part))
    elif node.sort == _TEXT:
        text = HeldFiles(store, node.path.rpartition("/")[0], [node.path], there)
        yield Found(below, there, lambda: recognised(text))
    else:
        yield Gap("source", there, "a disk image in an archive; unpack it", "this guest")


def _is_deep(node: _Node) -> bool:
    """Tell whether it lies so deep in an archive that its files were not kept."""
    return not isinstance(node, _Single) and node.path.rstrip("/").count("/") >= _DEEPEST_HELD


def _held_sort(store: Store, path: str) -> str:
    if _ARCHIVE(path):
        return _PACKED
    if _IMAGE(path):
        return _DISK
    return _TEXT if bundle.begins(store, path) else _LOOSE


def _inner(path: str, packed: Sequence[str], name: str, place: str) -> Guests:
    """Yield the guests of the archives `packed` that lie in the archive at `path`, in the order in
    which they lie there.
    """
    left = dict.fromkeys(packed)
    try:
        for member, file, pause in _members(path):
            one = "/".join(part for part in member.split("/") if part not in ("", "."))
            if one in left:
                del left[one]
                since = monotonic()
                yield from _inner_one(file, _joined(name, one), _joined(place, one))
                pause(monotonic() - since)
    except Exception as error:  # of damage zlib, lzma and bz2 raise what they like
        if left:
            why = f"the archive cannot be read any further ({str(error) or type(error).__name__})"
            yield _named(why, [_joined(place, one) for one in left], _LOST)


def _inner_one(opened: "Callable[[], _MemberFile]", name: str, place: str) -> Guests:
    try:
        file = opened()
        start = file.peek(4)
        if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            from guestcheck.stores.zip_archive import ZipArchive

            data = (
                b"".join(iter(lambda: file.read(1 << 20), b""))
                if file.size <= _LARGEST_ZIP
                else None
            )
            if data is None:
                yield Gap(
                    "source",
                    place,
                    f"a zip archive of more than {_LARGEST_ZIP >> 20} MiB in an archive; unpack it",
                    _LOST,
                )
                return
            store: Archive = ZipArchive(place, wanted(), (), True, BytesIO(data))
        else:
            store = Archive(place, wanted(), ends(), True, cast(BinaryIO, file))
    except Exception as error:
        yield _failed(name, place, error)
        return
    yield from _held(store, name, place, False)


class _MemberFile:
    """A member of an archive as a file that is read from its beginning on."""

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        self._read = read
        self._start = b""
        self.size = size

    def peek(self, size: int) -> bytes:
        """Return the first bytes and leave them to be read."""
        if not self._start:
            self._start = self._read(size)
        return self._start

    def read(self, size: int = 1 << 18) -> bytes:
        """Return the next bytes, none at the end."""
        data, self._start = self._start or self._read(size), b""
        return data

    def fileno(self) -> int:
        """Say that one cannot move about in it."""
        raise OSError("a member of an archive")

    def __enter__(self) -> "_MemberFile":
        return self

    def __exit__(self, *_: object) -> None:
        pass


_Member = Tuple[str, Callable[[], _MemberFile], Callable[[float], None]]


def _members(path: str) -> Iterator[_Member]:
    """Yield each file of an archive: its name, what opens it, and what is to be told for how long
    nobody read.
    """
    with open(path, "rb") as file:
        if file.peek(4)[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            from guestcheck.stores.zip_archive import Bounded, check_end

            check_end(file)
            with ZipFile(cast(BinaryIO, Bounded(file))) as archive:
                for info in archive.infolist():
                    name = (
                        info.filename if "/" in info.filename else info.filename.replace("\\", "/")
                    )
                    yield name, partial(_in_zip, archive, info), _no_clock
            return
        stream = Stream(file, MOST_UNPACKED, LONGEST_SECONDS)
        try:
            tar = Tar(stream)
            for member in tar:
                if member.kind == FILE:
                    yield member.name, partial(_MemberFile, tar.some, member.size), stream.wait
        finally:
            stream.close()


def _in_zip(archive: ZipFile, info: ZipInfo) -> _MemberFile:
    return _MemberFile(archive.open(info).read, info.file_size)


def _no_clock(_: float) -> None:
    """Do nothing: a zip archive is read at once where a member lies."""


class _Scan:
    """Which guests are in a store, by names and by how files begin; nothing is opened that is not
    needed to know.
    """

    def __init__(self, store: Store, sort: Callable[[str], str], deepest: int) -> None:
        self._store, self._sort, self._deepest = store, sort, deepest
        self._ends = monotonic() + LONGEST_LOOK
        self._modules = [module for module in known_modules() if hasattr(module, "is_at")]
        self._marks = {name.lower() for module in self._modules for name in module.AT}
        self.nodes: List[_Node] = []
        self.unknown: List[str] = []
        self._deep: List[str] = []
        self._denied: List[str] = []
        self._outside: List[str] = []
        self._late: List[str] = []
        self._look("", 0)
        self.nodes.sort(key=lambda node: (node.path, isinstance(node, _Texts)))

    def gaps(self, place: str, unknown: Sequence[str] = ()) -> Iterator[Gap]:
        """Yield what was not looked into, and files that are nothing that is known."""
        told = (
            (self._deep, f"not looked into: more than {self._deepest} folders below", _LOST),
            (self._denied, "may not be looked into", _LOST),
            (
                self._outside,
                "a link that leads out of the folder, or nowhere; it is not followed",
                "what it leads to",
            ),
            (self._late, f"not looked into: the folder takes more than {LONGEST_LOOK:g} s", _LOST),
            (
                list(getattr(self._store, "unshown", ())),
                "a name in it cannot be shown, and was passed over",
                "what has that name",
            ),
            (unknown, "not judged: nothing that guestcheck knows", ""),
        )
        for paths, reason, opens in told:
            if paths:
                yield _named(reason, [_joined(place, path) for path in paths], opens)

    def _look(self, top: str, depth: int) -> List[str]:
        """Find what is below the folder `top`; return its texts where it has nothing else, for the
        folder above to take.
        """
        module = self._module(top)
        if module is not None:
            self.nodes.append(_At(top, module))
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
            self.nodes += [_Texts(path + "/", tuple(texts)) for path, texts in below]
            below = []
        if depth and not below and len(self.nodes) == before:
            return loose
        texts = [*loose, *(path for _, inner in below for path in inner)]
        if texts:
            self.nodes.append(_Texts(top, tuple(texts)))
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
            if self._sort(path) != _LOOSE:
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
        """Note a file that is a guest, or is nothing that is known; tell of a text that it is none."""
        sort = self._sort(path)
        if sort == _LOOSE and not (_ARCHIVE(path) or _IMAGE(path)):
            if pasted.may_be_text(path):
                return False
            self.unknown.append(path)
        else:
            self.nodes.append(_Single(path, sort))
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


def _unknown(place: str, files: Sequence[str]) -> Gap:
    return _named(
        "not judged: nothing in it that guestcheck knows",
        [_joined(place, path.rpartition("/")[2]) for path in files],
        "",
    )


def _named(reason: str, paths: Sequence[str], leaves_open: str) -> Gap:
    """Return a gap that names the first of `paths`, and says how many more there are."""
    first = ", ".join(islice(paths, _MOST_NAMED))
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return Gap("source", first + more, reason, leaves_open)
