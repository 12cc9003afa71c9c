"""A tar archive as a store: what is wanted is kept, the rest is passed over."""

from __future__ import annotations

import os
from time import monotonic
from typing import (
    BinaryIO,
    Dict,
    Iterator,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import MOST_TEXT
from guestcheck.stores.held import HeldStore, Inside, Truncated
from guestcheck.stores.patterns import want_of
from guestcheck.stores.sorted_archive import End, Order
from guestcheck.stores.store import is_name, is_target, printable, reason_of
from guestcheck.unpack.bounds import (
    DEEPEST,
    LARGEST_KEPT,
    LONGEST_SECONDS,
    MOST_FOLDERS,
    MOST_KEPT,
    MOST_MEMBERS,
    MOST_UNPACKED,
)
from guestcheck.unpack.stream import EnoughError, Stream
from guestcheck.unpack.tar import FILE, FOLDER, HARD_LINK, LINK, Member, Tar

_MOST_NAMES = 64 << 20  # characters of names
_IMAGES = frozenset(
    ("boot", "efi", "EFI")
)  # where kernels and initramfs images lie, which a reader of their own reads


class Unpacks(Protocol):
    """What unpacks the member that an archive is read at."""

    def data(self, most: int) -> bytes:
        """Return at most `most` bytes of it."""
        ...


def _kept(folder: Inside, image: bool) -> Tuple[int, int]:
    """Return how many bytes of files are in a folder, and how many of them are texts'."""
    kept = texts = 0
    for name, thing in folder.items():
        if isinstance(thing, Inside):
            inner, inner_texts = _kept(thing, image or name in _IMAGES)
            kept, texts = kept + inner, texts + inner_texts
        elif isinstance(thing, bytes):
            kept, texts = kept + len(thing), texts + len(thing) * (not image)
    return kept, texts


class Archive(HeldStore):
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
        self._wants = tuple(want_of(pattern) for pattern in dict.fromkeys(wants))
        super().__init__(path, self._wants)
        self._members = self._length = self._texts = self._folders = 0
        self._passed: Dict[str, Tuple[str, int]] = {}
        self._last: Tuple[str, Optional[Inside]] = ("", self._all)
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
            if isinstance(inside, Inside):
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
                    f"{self.name}: a damaged archive, or one cut short ({reason_of(error)})"
                ) from error
            self.damage = f"damaged or cut short ({reason_of(error)})"
            self._trouble(
                self.name,
                f"damaged, read as far as it goes ({reason_of(error)})",
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
            if folder is None or not is_name(name):
                self._pass(
                    member.name,
                    "a name that leads out of the archive, or into a file, or cannot be shown",
                )
            elif member.kind == FOLDER:
                self._enter(folder, name)
            elif isinstance(folder.get(name), Inside):
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

    def _folder(self, path: str) -> Optional[Inside]:
        """Return the folder at `path`, None where no member can be; members stand beside each
        other, so the last one's is at hand.
        """
        if path == self._last[0]:
            return self._last[1]
        folder: Optional[Inside] = (
            None if path.startswith("/") or path.count("/") > DEEPEST else self._all
        )
        for part in path.split("/"):
            if folder is None:
                break
            inside = folder.get(part)
            folder = inside if isinstance(inside, Inside) else self._enter(folder, part)
        self._last = (path, folder)
        return folder

    def _enter(self, folder: Inside, name: str) -> Optional[Inside]:
        """Return the folder `name` of another one, made where there is none; None where it cannot
        be.
        """
        if name in ("", "."):
            return folder
        if name not in folder and is_name(name):
            self._folders += 1
            if self._folders > MOST_FOLDERS:
                raise EnoughError(f"it has more than {MOST_FOLDERS} folders")
            below = [want.below(name) for want in folder.wants]
            wants = tuple(want for want in below if want is not None)
            self._count(sum(len(want.before) for want in wants))
            # An archive holds its files in a folder of its own, and that perhaps in another.
            folder[name] = Inside(
                (*wants, *self._wants) if folder.depth < 2 else wants, folder.depth + 1
            )
        inside = folder.get(name)
        return inside if isinstance(inside, Inside) else None

    def _add(self, folder: Inside, name: str, member: Member, tar: Unpacks) -> None:
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

    def _add_again(self, folder: Inside, name: str, member: Member, wanted: bool) -> None:
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
        return Truncated(data) if member.size > len(data) else data

    def _pass(self, name: str, reason: str) -> None:
        first, many = self._passed.get(reason, (printable(name[:80]), 0))
        self._passed[reason] = (first, many + 1)
