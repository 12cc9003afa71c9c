"""A Windows system volume that does not run: a mounted image. Its registry's hives and the names of
its files are read, nothing else.

The case of names means nothing there, as Windows has it; links and junctions are followed inside
the volume. Devices only a running guest shows.
"""

from __future__ import annotations

from os import SEEK_END
from typing import BinaryIO, Dict, List, Optional, Sequence, Tuple

from guestcheck.errors import NoEvidenceError
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import (
    ABSENT,
    FAILED,
    FILES,
    OK,
    ONLY_RUNNING,
    UNASKED,
    Answer,
    Call,
    Command,
    Listing,
    Question,
    Raw,
    Registry,
)
from guestcheck.sources._offline import Offline
from guestcheck.sources._program import HEAD, kind_of
from guestcheck.sources._registry import Hives
from guestcheck.stores.folder import Folder
from guestcheck.stores.patterns import matcher
from guestcheck.stores.store import Store, Within
from guestcheck.unpack.hive import NO_LIBRARY, has_library
from guestcheck.unpack.tar import FILE

RANK = 2
WANTS: Tuple[str, ...] = ()

_CONFIG = "Windows/System32/config"


class AnyCase:
    """Paths of a store in whatever case, as they are written there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: Dict[str, Dict[str, List[str]]] = {}

    def find(self, pattern: str) -> List[str]:
        """Return what matches; a star stands for anything but a slash."""
        found = [""]
        for part in pattern.split("/"):
            found = [path for before in found for path in self._matching(before, part.lower())]
        return found

    def _matching(self, folder: str, part: str) -> List[str]:
        names = self._inside(folder)
        start = f"{folder}/" if folder else ""
        if "*" not in part:
            return [start + name for name in names.get(part, ())]
        matches = matcher(part)
        return [
            start + name for lower, written in names.items() if matches(lower) for name in written
        ]

    def _inside(self, folder: str) -> Dict[str, List[str]]:
        """Return the names in a folder by what they are in lower case: Linux can have made two of
        one.
        """
        if folder not in self._names:
            names: Dict[str, List[str]] = {}
            start = f"{folder}/" if folder else ""
            for path in self._store.glob(f"{start}*") + self._store.glob(f"{start}.*"):
                name = path[len(start) :]
                names.setdefault(name.lower(), []).append(name)
            self._names[folder] = names
        return self._names[folder]


class Volume(Offline):
    """The system volume in `store`."""

    family = WINDOWS
    origin = FILES

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._paths = AnyCase(store)
        self._hives = Hives(self._open)

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer what files can answer; see `Source.gather`."""
        try:
            raw = super().gather(questions)
        finally:
            self._hives.close()
        return raw._replace(troubles=(*raw.troubles, *self._hives.troubles))

    def registry(self, word: Registry) -> Tuple[Answer, ...]:
        """Return keys of the hive that has them."""
        return (self._hives.answer(word),)

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Return which paths there are, in the guest's own case."""
        patterns = [pattern.lstrip("/") for pattern in word.pattern.split()]
        paths = [path for pattern in patterns for path in self._paths.find(pattern)]
        odd = [path for path in paths if not self._is_file(path)]
        if odd:
            # What Windows packed (CompactOS) may look like a link that leads nowhere: it is there,
            # and what it is cannot be told.
            left_out = set(odd)
            text = "".join(
                f"/{path}{self._program(path, word)}\n" for path in paths if path not in left_out
            )
            return (
                Answer(
                    word.pattern,
                    FAILED,
                    text,
                    f"/{odd[0]}{f' and {len(odd) - 1} more' if len(odd) > 1 else ''}: no file "
                    "that can be read",
                ),
            )
        if not paths and not any(self._has_folder(pattern) for pattern in patterns):
            return (Answer(word.pattern, ABSENT),)
        return (
            Answer(
                word.pattern, OK, "".join(f"/{path}{self._program(path, word)}\n" for path in paths)
            ),
        )

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Say that no program runs here."""
        return (Answer(" ".join(word.argv), UNASKED, detail=ONLY_RUNNING),)

    def call(self, word: Call) -> Tuple[Answer, ...]:
        """Say that no library can be asked."""
        return (Answer(word.name, UNASKED, detail=ONLY_RUNNING),)

    def _program(self, path: str, word: Listing) -> str:
        """Return a tab and what program a file is, where that is asked; "" where it cannot be read."""
        if not word.kinds:
            return ""
        try:
            head, more = self.store.read(path, HEAD)
            return "\t" + kind_of(head, more, self._size(path))
        except (KeyError, OSError, ValueError):
            return ""

    def _size(self, path: str) -> Optional[int]:
        """Return the size of a file, None where the store holds its beginning alone."""
        file, cut = self.store.open(path)
        with file:
            return None if cut else file.seek(0, SEEK_END)

    def _is_file(self, path: str) -> bool:
        try:
            return self.store.kind(self.store.resolve(path)) == FILE
        except KeyError:
            return False

    def _has_folder(self, pattern: str) -> bool:
        fixed = pattern.split("*", 1)[0].rpartition("/")[0]
        return not fixed or any(map(self.store.is_folder, self._paths.find(fixed)))

    def _open(self, name: str) -> BinaryIO:
        found = self._paths.find(f"{_CONFIG}/{name}")
        if not found:
            raise KeyError(name)
        if len(found) > 1:
            raise ValueError(f"there are several: /{' and /'.join(found[:2])}")
        try:
            return self.store.open(found[0])[0]
        except KeyError:  # a folder, a device, or a link that leads nowhere
            raise ValueError(f"/{found[0]}: no file that can be read") from None


def looks_like_one(store: Store) -> bool:
    """Tell whether a Windows system volume is in `store`."""
    return bool(AnyCase(store).find(f"{_CONFIG}/SYSTEM"))


AT = ("Windows",)


def is_at(store: Store, top: str) -> bool:
    """Tell whether a Windows system volume lies right in the folder `top` of a folder on the disk."""
    return isinstance(store, Folder) and looks_like_one(Within(store, top) if top else store)


def recognise(store: Store) -> Optional[Volume]:
    """Open `store` if it is a folder with Windows in it; raises NoEvidenceError where hives cannot
    be read here.
    """
    return _opened(store) if isinstance(store, Folder) and looks_like_one(store) else None


def open_volume(store: Store) -> Optional[Volume]:
    """Return the volume in `store`, None where Windows is not on it; raises NoEvidenceError where
    its registry is missing or cannot be read here.
    """
    if looks_like_one(store):
        return _opened(store)
    if AnyCase(store).find("Windows/System32"):
        raise NoEvidenceError(
            f"{store.name}: Windows is on it, and its registry "
            "(Windows/System32/config/SYSTEM) is not"
        )
    return None


def _opened(store: Store) -> Volume:
    if not has_library():
        raise NoEvidenceError(f"{store.name}: Windows is on it, and {NO_LIBRARY}")
    return Volume(store)
