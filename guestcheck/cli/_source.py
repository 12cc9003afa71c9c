"""The words that name a source, which several sub-commands take."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from itertools import chain
from re import compile as compile_pattern
from typing import TYPE_CHECKING, List, Sequence

from guestcheck.errors import UsageError, nearest
from guestcheck.model.source import Source
from guestcheck.sources import open_source

if TYPE_CHECKING:
    from guestcheck.sources._guest_nodes import Guests

# How a sub-command may be written; a file's name mostly has a dot, a slash or a digit.
_SUB_COMMAND = compile_pattern(r"[a-z]+(?:-[a-z]+)*\Z").match

HELP = (
    "a recording, an archive, a disk image, pasted text, or a folder of them; of several guests "
    "each is judged (default: this guest)"
)


def add_source(parser: ArgumentParser, says: str = HELP) -> None:
    """Add the words that name a source; `says` is their help."""
    group = parser.add_argument_group("input")
    group.add_argument("source", nargs="*", metavar="SOURCE", help=says)
    group.add_argument(
        "--root",
        metavar="DIR",
        default="",
        help="judge the guest whose root file system is mounted at DIR",
    )


def open_named(paths: Sequence[str], root: str = "") -> Source:
    """Return the source that the words of a command line name, `root` after --root; this guest,
    where there are none.
    """
    if root:
        from guestcheck.sources.root import open_root

        if paths:
            raise UsageError("either --root DIR or a SOURCE, and not both")
        return open_root(root)
    if not paths and sys.platform == "win32":
        from guestcheck.collectors.powershell import make
        from guestcheck.sources.powershell import PowerShell

        return PowerShell(make)
    if not paths:
        return open_source(paths)
    return _only(paths)


def _only(paths: Sequence[str]) -> Source:
    """Return the one guest that `paths` name; raise UsageError with the words for each where there
    are several.
    """
    from guestcheck.sources._guest_nodes import Found

    guests: List[Found] = []
    for found in opens(paths):
        if isinstance(found, Found):
            guests.append(found if not guests else found._replace(open=_not_kept))
        elif found.leaves_open:
            sys.stderr.write(f"guestcheck: {found.asked}: {found.reason}\n")
    if len(guests) > 1:
        shown = some([found.place for found in guests])
        raise UsageError(
            f"{' '.join(paths)}: {len(guests)} guests, and one is needed; name one of: {shown}"
        )
    return guests[0].open() if guests else open_source(paths)


def opens(paths: Sequence[str]) -> "Guests":
    """Return every guest that `paths` name, one after the other, and what is not judged.

    A path may go on into an archive: ARCHIVE/NAME is the guest NAME in it. Raises UsageError for
    what is not there.
    """
    from guestcheck.sources._guests import find_guests

    inside = {path: _archive_of(path) for path in paths if path != "-" and not os.path.exists(path)}
    for path, archive in inside.items():
        if not archive:
            import guestcheck.cli as package
            from guestcheck.discovery import names

            if not _SUB_COMMAND(path):
                raise UsageError(f"there is no file or folder '{path}'")
            raise UsageError(
                f"there is no file, folder or sub-command '{path}'; sub-commands "
                f"are {', '.join(names(package))}{nearest(path, names(package))}"
            )
    plain = [path for path in paths if path not in inside]
    named = (find_guests(plain),) if plain else ()
    return chain(*named, *(_in_archive(archive, path) for path, archive in inside.items()))


def _not_kept() -> Source:
    """Stand for what opens a guest of several, of which only the name is wanted."""
    raise AssertionError


_MOST_NAMED = 20


def some(words: Sequence[str]) -> str:
    """Return the first of many words."""
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return ", ".join(words[:_MOST_NAMED]) + more


def _archive_of(path: str) -> str:
    """Return the file in which `path`, which does not exist, would lie; "" where there is none."""
    above = path.rstrip("/")
    while above.rpartition("/")[0]:
        above = above.rpartition("/")[0]
        if os.path.exists(above):
            return above if os.path.isfile(above) else ""
    return ""


def _in_archive(archive: str, path: str) -> "Guests":
    from guestcheck.sources._guest_nodes import Found
    from guestcheck.sources._guests import find_guests

    for found in find_guests([archive]):
        if isinstance(found, Found) and found.place == path.rstrip("/"):
            yield found._replace(name=path)
            return
    raise UsageError(f"{archive}: there is no guest '{path[len(archive) + 1 :]}' in it")
