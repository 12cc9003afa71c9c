"""Where evidence comes from: a file a source. Each answers the words of `model/source.py` as far as
it can.

A file here imports `model` and `errors` alone. To add a source that is recognised by what it holds:
a class with `name` and `gather` (most are an `Offline`), a function `recognise(store)` that returns
one where the store is of its kind and None otherwise, the patterns `WANTS` of the files that it may
read, relative to a top folder, and a recorded example under `tests/fixtures/`. Where its files lie
in a folder, `is_at(store, top)` tells whether they lie right in the folder `top`, and `AT` names
what then is in it: so several guests in one folder are found (`_guests.py`). A source whose marks
others have too says with `RANK` (0, where it says nothing) after which of them it is tried; one
whose archives are sorted may say with `END` where what is of use in them ends.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, List, Sequence

from guestcheck.discovery import modules
from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import Source

if TYPE_CHECKING:
    from guestcheck.stores.sorted_archive import End
    from guestcheck.stores.store import Store


def open_source(paths: Sequence[str]) -> Source:
    """Return the source that `paths` name, recognised by what it holds: this guest, where there are
    none.
    """
    if not paths:
        from guestcheck.sources.live import Live

        return Live()
    from guestcheck.stores.opening import open_store

    return recognised(open_store(paths, wanted(), ends()))


def known_modules() -> List[ModuleType]:
    """Return the sources that are recognised by what they hold, in the order in which they are
    tried.
    """
    import guestcheck.sources as package

    known = [module for module in modules(package) if hasattr(module, "recognise")]
    return sorted(known, key=lambda module: int(getattr(module, "RANK", 0)))


def wanted() -> List[str]:
    """Return the patterns of the files that any source may read of an archive."""
    return [want for module in known_modules() for want in module.WANTS]


def ends() -> "List[End]":
    """Return where what is of use in archives ends."""
    return [module.END for module in known_modules() if hasattr(module, "END")]


def recognised(store: Store) -> Source:
    """Return the source that `store` is; raise NoEvidenceError where it is none."""
    from guestcheck.model.pasting import BEST
    from guestcheck.stores.files import Files

    for module in known_modules():
        source: "Source | None" = module.recognise(store)
        if source is not None:
            return source
    if store.damage:
        raise NoEvidenceError(
            f"{store.name}: {store.damage}; nothing that guestcheck knows is in what could be read"
        )
    said = f"{store.name}: nothing in it that guestcheck knows"
    if isinstance(store, Files):
        raise NoEvidenceError(
            f"{said}; paste what one or more of these print: {', '.join(BEST)} (or make a "
            "recording: guestcheck collect -o FILE)"
        )
    raise NoEvidenceError(f"{said} (a recording is made by guestcheck collect -o FILE)")
