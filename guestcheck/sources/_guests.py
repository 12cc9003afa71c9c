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
from shlex import quote
from typing import (
    Callable,
    Dict,
    List,
    Sequence,
    cast,
)

from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import Gap, Source
from guestcheck.sources import bundle, ends, open_source, wanted
from guestcheck.sources._guest_nodes import (
    ARCHIVE,
    DEEPEST,
    DISK,
    EXTENT,
    IMAGE,
    LONGEST_DESCRIPTOR,
    LOOSE,
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
from guestcheck.sources._held_guests import held_guests
from guestcheck.sources._loose_texts import guest_of_texts, unopened, without_nothing
from guestcheck.stores.disk_image import disk_format, image_not_read
from guestcheck.stores.folder import Folder
from guestcheck.stores.opening import is_archive, open_archive
from guestcheck.stores.store import Store, Within
from guestcheck.unpack.stream import EnoughError


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
    nodes, nothing = without_nothing(
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
            yield from guest_of_texts(
                node, below, place, _Only(store, node.path, node.files, place), words
            )
        else:
            yield Found(
                below,
                place,
                _opener(store, node, path if alone and isinstance(node, At) else place),
            )


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
        yield unopened(name or place, place, error)
        return
    store.name = place
    yield from held_guests(store, name, place, asked, path)
