"""Where evidence comes from: a file a source. Each answers the words of `model/source.py` as far as it can.

A file here imports `model` and `errors` alone. To add a source that is recognised by what it holds: a class with `name` and `gather`
(most are an `Offline`), a function `recognise(store)` that returns one where the store is of its kind and None otherwise, the patterns
`WANTS` of the files that it may read, relative to a top folder, and a recorded example under `tests/fixtures/`. A source whose marks
others have too says with `RANK` (0, where it says nothing) after which of them it is tried; one whose archives are sorted may say with
`END` where what is of use in them ends.
"""

from __future__ import annotations

from typing import List, Sequence

from guestcheck.errors import NoEvidenceError
from guestcheck.folders import modules
from guestcheck.model.source import Source


def open_source(paths: Sequence[str]) -> Source:
    """Return the source that `paths` name, recognised by what it holds: this guest, where there are none."""
    if not paths:
        from guestcheck.sources.live import Live

        return Live()
    import guestcheck.sources as package
    from guestcheck.model.pasting import BEST
    from guestcheck.sources._store import Files, open_store

    known = [module for module in modules(package) if hasattr(module, "recognise")]
    known.sort(key=lambda module: int(getattr(module, "RANK", 0)))
    wants: List[str] = [want for module in known for want in module.WANTS]
    store = open_store(paths, wants, [module.END for module in known if hasattr(module, "END")])
    for module in known:
        source: "Source | None" = module.recognise(store)
        if source is not None:
            return source
    if store.damage:
        raise NoEvidenceError(f"{store.name}: {store.damage}; nothing that guestcheck knows is in what could be read")
    said = f"{store.name}: nothing in it that guestcheck knows"
    if isinstance(store, Files):
        raise NoEvidenceError(f"{said}; paste what one or more of these print: {', '.join(BEST)} (or make a recording: guestcheck collect -o FILE)")
    raise NoEvidenceError(f"{said} (a recording is made by guestcheck collect -o FILE)")
