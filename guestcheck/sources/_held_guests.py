"""The guests that an archive holds: its own, loose texts, and archives in it."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from time import monotonic
from typing import (
    BinaryIO,
    Callable,
    Iterator,
    List,
    Sequence,
    Tuple,
    cast,
)
from zipfile import ZipFile, ZipInfo

from guestcheck.model.source import Gap
from guestcheck.sources import bundle, ends, pasted, recognised, wanted
from guestcheck.sources._guest_nodes import (
    ARCHIVE,
    DEEPEST,
    DISK,
    IMAGE,
    LOOSE,
    LOST,
    PACKED,
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
from guestcheck.sources._loose_texts import guest_of_texts, unopened, without_nothing
from guestcheck.stores.archive import Archive
from guestcheck.stores.held import HeldFiles, HeldPart
from guestcheck.stores.store import Store
from guestcheck.unpack.bounds import LONGEST_SECONDS, MOST_UNPACKED
from guestcheck.unpack.stream import Stream
from guestcheck.unpack.tar import FILE, Tar

_DEEPEST_HELD = 2
_LARGEST_ZIP = 64 << 20  # in another archive: it is read whole, for its list is at its end


def held_guests(store: Archive, name: str, place: str, asked: bool, path: str = "") -> Guests:
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
            whole, nothing = without_nothing(
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
            yield unopened(name or place, place, error)
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
        yield from guest_of_texts(
            node, below, there, HeldFiles(store, node.path, node.files, there)
        )
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
        yield unopened(name, place, error)
        return
    yield from held_guests(store, name, place, False)


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
