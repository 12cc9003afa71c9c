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
from shlex import quote
from time import monotonic
from typing import (
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    List,
    Sequence,
    Tuple,
    cast,
)
from zipfile import ZipFile, ZipInfo

from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import Gap, Source
from guestcheck.sources import bundle, ends, open_source, pasted, recognised, wanted
from guestcheck.sources._guest_nodes import (
    ARCHIVE,
    DEEPEST,
    DISK,
    EXTENT,
    IMAGE,
    LONGEST_DESCRIPTOR,
    LOOSE,
    LOST,
    MOST_GUESTS,
    MOST_NAMED,
    PACKED,
    PART,
    TEXT,
    At,
    Found,
    Guests,
    Node,
    Scan,
    Single,
    Texts,
    gap_naming,
    joined_path,
    unknown_files,
)
from guestcheck.stores.archive import Archive
from guestcheck.stores.disk_image import disk_format, image_not_read
from guestcheck.stores.folder import Folder
from guestcheck.stores.held import HeldFiles, HeldPart
from guestcheck.stores.opening import is_archive, open_archive
from guestcheck.stores.store import Store, Within
from guestcheck.unpack.bounds import LONGEST_SECONDS, MOST_UNPACKED
from guestcheck.unpack.stream import EnoughError, Stream
from guestcheck.unpack.tar import FILE, Tar

_DEEPEST_HELD = 2
_LARGEST_ZIP = 64 << 20  # in another archive: it is read whole, for its list is at its end


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
        sort = LOOSE if path == "-" else PACKED if os.path.isdir(path) else _sort_of(path)
        real = os.path.realpath(path)
        if sort == LOOSE and not (ARCHIVE(path) and os.path.isfile(path)):
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
    elif sort == PACKED:
        yield from _archive(path, name, path, True)
    else:
        yield Found(name or path, path, lambda: open_source([path]))


def _sort_of(path: str) -> str:
    """Tell what a file is by how it begins; what cannot be read is loose: who reads it says why."""
    try:
        if disk_format(path) or image_not_read(path):
            return DISK
        if is_archive(path):
            return PACKED
        if not os.path.isfile(path):
            return LOOSE  # what is read of a pipe is gone
        with open(path, "rb") as file:
            start = file.read(4096)
        if bundle.is_one(start[:256]):
            return TEXT
        return DISK if b"\0" in start and IMAGE(path) else LOOSE
    except OSError:
        return LOOSE
    except NoEvidenceError as error:
        from subprocess import SubprocessError

        # Where there was no time to look it may be an archive, and is never read as a text.
        late = isinstance(error.__cause__, (EnoughError, SubprocessError))
        return PACKED if late else LOOSE


def _sort_in(store: Folder, path: str) -> str:
    try:
        return _sort_of(store.place(store.resolve(path)))
    except KeyError:  # it went away
        return LOOSE


def _folder(path: str, name: str) -> Guests:
    store = Folder(path)
    scan = Scan(store, partial(_sort_in, store), DEEPEST)
    parts = _parts(store, scan.nodes)
    nodes = [node for node in scan.nodes if node.path not in parts]
    if not nodes or (len(nodes) == 1 and isinstance(nodes[0], (At, Texts)) and not nodes[0].path):
        yield from scan.gaps(path)
        yield Found(
            name or path, path, lambda: open_source([path])
        )  # what is in it is one guest, or none
        return
    nodes, nothing = _without_nothing(
        nodes, lambda node: _Only(store, node.path, node.files, joined_path(path, node.path))
    )
    yield from (unknown_files(joined_path(path, node.path), node.files) for node in nothing)
    alone = len(nodes) == 1
    yield from scan.gaps(path, scan.unknown)
    yield from store.troubles
    if parts:
        yield gap_naming("a part of another image", [joined_path(path, part) for part in parts], "")
    for node in nodes:
        below = joined_path(name, node.path) or _name_of(path, nodes)
        place = joined_path(path, node.path)
        if isinstance(node, Single) and node.sort == PACKED:
            yield from _archive(store.place(store.resolve(node.path)), below, place, False)
        elif isinstance(node, Texts):
            words = " ".join(quote(joined_path(path, file)) for file in node.files[:MOST_NAMED])
            words += " ..." if len(node.files) > MOST_NAMED else ""
            yield from _texts(node, below, place, _Only(store, node.path, node.files, place), words)
        else:
            yield Found(
                below,
                place,
                _opener(store, node, path if alone and isinstance(node, At) else place),
            )


def _without_nothing(
    nodes: Sequence[Node], store_of: Callable[[Texts], Store]
) -> Tuple[List[Node], List[Texts]]:
    """Part off the loose texts beside an only guest in which nothing is recognised: then it is one
    guest, and no list.
    """
    texts = [node for node in nodes if isinstance(node, Texts)]
    if len(nodes) - len(texts) != 1:
        return [*nodes], []
    nothing = [node for node in texts if _is_nothing(store_of(node))]
    return [node for node in nodes if node not in nothing], nothing


def _is_nothing(store: Store) -> bool:
    try:
        return pasted.recognise(store) is None
    except Exception:  # what it is, who opens it says
        return False


def _parts(store: Folder, nodes: Sequence[Node]) -> List[str]:
    """Return the files that the descriptor of a VMDK names as its parts: these are no guests of
    their own.
    """
    there = {node.path for node in nodes if isinstance(node, Single) and PART(node.path)}
    found: List[str] = []
    for node in nodes if there else ():
        if isinstance(node, Single) and node.sort == DISK and node.path not in there:
            try:
                head = store.read(node.path, LONGEST_DESCRIPTOR)[0]
            except (KeyError, OSError, ValueError):
                continue
            names = EXTENT.findall(head) if head.startswith(b"# Disk DescriptorFile") else ()
            folder = node.path.rpartition("/")[0]
            found += [
                path
                for path in (joined_path(folder, name.decode("utf-8", "replace")) for name in names)
                if path in there
            ]
    return sorted(set(found))


def _name_of(path: str, nodes: Sequence[Node]) -> str:
    """Return the folder's own name for what lies loose in it; with a "/" where something in it is
    called so too.
    """
    base = os.path.basename(os.path.realpath(path))
    return base + "/" * any(node.path.rstrip("/") == base for node in nodes)


def _opener(store: Folder, node: Node, name: str) -> Callable[[], Source]:
    """Return what opens a guest in a folder of the disk; its report calls it `name`."""

    def opened() -> Source:
        real = store.place(store.resolve(node.path))
        source = node.module.recognise(Folder(real)) if isinstance(node, At) else None
        source = source or open_source([real])
        if not (
            isinstance(node, Single) and node.sort == DISK
        ):  # an image's name is what is opened
            source.name = name
        return cast(Source, source)

    return opened


def _texts(node: Texts, name: str, place: str, store: Store, words: str = "") -> Guests:
    """Yield the texts of a folder as one guest, if anything is recognised in them."""
    try:
        source = pasted.recognise(store)
    except Exception as error:
        yield _failed(name, place, error)
        return
    if source is None:
        yield unknown_files(place, node.files)
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
        scan = Scan(store, lambda below: _held_sort(store, below), DEEPEST)
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
            yield from (
                unknown_files(joined_path(place, node.path), node.files) for node in nothing
            )
        packed += [node.path for node in whole if isinstance(node, Single) and node.sort == PACKED]
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
                yield Gap("source", joined_path(place, apart[0]), why, "the rest of this guest")
            elif not (isinstance(node, Single) and node.sort == PACKED):
                yield from _held_node(store, node, name, place)
            gone += node.files if isinstance(node, Texts) else [node.path]
        judged.update(node.path for node in whole if isinstance(node, At))
        if last:
            break
        store.resume(gone)
    yield from scan.gaps(place, scan.unknown)
    for gap in store.troubles:
        yield gap._replace(
            asked=joined_path(place, gap.asked.replace(store.name, "")),
            leaves_open=gap.leaves_open or "what it holds",
        )
    if packed and not path:
        yield gap_naming(
            "in an archive that lies in an archive; unpack it",
            [joined_path(place, one) for one in packed],
            LOST,
        )
    elif packed:
        yield from _inner(path, packed, name, place)


def _above(path: str) -> Iterator[str]:
    """Yield a path and the folders that it is in, as they are written: "a/", "a/b/"."""
    parts = path.split("/")
    yield from ("/".join(parts[:number]) + "/" for number in range(1, len(parts)))
    yield path


def _only_one(
    store: Archive, nodes: Sequence[Node], scan: "Scan", name: str, place: str, asked: bool
) -> Guests:
    """Yield the one guest of an archive, which may lie in whatever folder of it."""
    yield from scan.gaps(place, scan.unknown if nodes and not isinstance(nodes[0], Texts) else ())
    if not asked and not store.damage and all(isinstance(node, Texts) for node in nodes):
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
    module = nodes[0].module if nodes and isinstance(nodes[0], At) else None
    yield Found(
        name or place, place, lambda: (module and module.recognise(store)) or recognised(store)
    )


def _held_node(store: Archive, node: Node, name: str, place: str) -> Guests:
    below, there = joined_path(name, node.path) or place, joined_path(place, node.path)
    if _is_deep(node):
        yield Gap("source", there, "too deep in the archive; unpack it", "this guest")
    elif isinstance(node, Texts):
        yield from _texts(node, below, there, HeldFiles(store, node.path, node.files, there))
    elif isinstance(node, At):
        part, module = HeldPart(store, node.path, there), node.module
        yield Found(below, there, lambda: module.recognise(part) or recognised(part))
    elif node.sort == TEXT:
        text = HeldFiles(store, node.path.rpartition("/")[0], [node.path], there)
        yield Found(below, there, lambda: recognised(text))
    else:
        yield Gap("source", there, "a disk image in an archive; unpack it", "this guest")


def _is_deep(node: Node) -> bool:
    """Tell whether it lies so deep in an archive that its files were not kept."""
    return not isinstance(node, Single) and node.path.rstrip("/").count("/") >= _DEEPEST_HELD


def _held_sort(store: Store, path: str) -> str:
    if ARCHIVE(path):
        return PACKED
    if IMAGE(path):
        return DISK
    return TEXT if bundle.begins(store, path) else LOOSE


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
                yield from _inner_one(file, joined_path(name, one), joined_path(place, one))
                pause(monotonic() - since)
    except Exception as error:  # of damage zlib, lzma and bz2 raise what they like
        if left:
            why = f"the archive cannot be read any further ({str(error) or type(error).__name__})"
            yield gap_naming(why, [joined_path(place, one) for one in left], LOST)


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
                    LOST,
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
