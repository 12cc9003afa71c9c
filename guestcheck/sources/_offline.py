"""What sources have in common that answer from files somebody else wrote: an archive, an image, a
folder.

`Offline` answers `File`, `Listing` and `Initramfs` from a store and says of all other words that
they cannot be asked. A source of its own kind overrides what it can do better: where a guest's
files lie (`place`), and what a program had printed (`command`).
"""

from __future__ import annotations

import zlib
from os.path import normpath
from typing import Dict, List, Sequence, Tuple

from guestcheck.model.source import (
    ABSENT,
    ARCHIVE,
    CUT,
    DENIED,
    FAILED,
    OK,
    ONLY_RUNNING,
    UNASKED,
    Answer,
    Ask,
    Call,
    Cim,
    Command,
    File,
    FirstOf,
    Gap,
    Initramfs,
    Listing,
    Question,
    Raw,
    Registry,
    Source,
    Tree,
    Word,
)
from guestcheck.privacy.lines import Looks, mask, pick, unlooked
from guestcheck.stores.store import Store, Within
from guestcheck.unpack.clock import Clock

_MOST_LOOKED = 8 << 20


class Offline(Source):
    """A source that answers from `store`, in which the guest's root lies at `top` ("" or "NAME/"):
    the part below that is its `store`.

    `origin` says what it is.
    """

    origin = ARCHIVE

    def __init__(self, store: Store, top: str = "") -> None:
        self.name = store.name
        self.store = Within(store, top) if top else store
        self.troubles: List[Gap] = []
        self.looks = Looks(_MOST_LOOKED)
        self.clock = Clock()

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer what can be answered; see `Source.gather`."""
        answers: Dict[str, Tuple[Answer, ...]] = {}
        late: List[str] = []
        for question in questions:
            if self.clock.is_late:
                answers[question.name] = (Answer(question.name, UNASKED, detail=self.clock.says),)
                late.append(question.name)
            else:
                answers[question.name] = self.put(question)
        if late:
            self.troubles.append(
                Gap(
                    "source",
                    self.name,
                    f"{self.clock.says}; not asked: {', '.join(late)}",
                    "what they would tell",
                )
            )
        for question in questions:
            if question.follow and not self.clock.is_late:
                further = (
                    answer for word in question.follow(answers) for answer in self.word(word)
                )
                answers[question.name] = (*answers[question.name], *further)
        return Raw(self.name, answers, (*self.store.troubles, *self.troubles), origin=self.origin)

    def put(self, question: Question[object]) -> Tuple[Answer, ...]:
        """Answer a question in its own words; where these do not say all, also in those that say
        the same.
        """
        own = tuple(answer for ask in question.asks for answer in self.answer(ask))
        if own and all(answer.status == OK for answer in own):
            return own
        return (*own, *(answer for ask in question.also for answer in self.answer(ask)))

    def answer(self, ask: Ask) -> Tuple[Answer, ...]:
        """Answer one ask; of several words for the same thing the first that is answered."""
        if not isinstance(ask, FirstOf):
            return self.word(ask)
        tried: Tuple[Answer, ...] = ()
        for word in ask.words:
            answers = self.word(word)
            if any(answer.status in (OK, CUT) for answer in answers):
                return answers
            if not tried or tried[0].status in (ABSENT, UNASKED):
                tried = answers or tried
        return tried

    def word(self, word: Word) -> Tuple[Answer, ...]:
        """Answer one word."""
        if isinstance(word, File):
            return self.file(word)
        if isinstance(word, Listing):
            return self.listing(word)
        if isinstance(word, Command):
            return self.command(word)
        if isinstance(word, Initramfs):
            return self.initramfs(word)
        if isinstance(word, Cim):
            return self.cim(word)
        if isinstance(word, Registry):
            return self.registry(word)
        return self.tree(word) if isinstance(word, Tree) else self.call(word)

    def cim(self, word: Cim) -> Tuple[Answer, ...]:
        """Say that only a running Windows can be asked."""
        return (Answer(word.name, UNASKED, detail=ONLY_RUNNING),)

    def place(self, path: str) -> str:
        """Return where in the store the guest's file `path` (absolute, perhaps a pattern) lies; ""
        where it is never there.
        """
        return path.lstrip("/")

    def original(self, path: str) -> str:
        """Return what the file at `path` in the store is called in the guest: the opposite of
        `place`.
        """
        return "/" + path

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file that matches."""
        place = self.place(word.path)
        if not place:
            return (Answer(word.path, UNASKED),)
        found = self.store.glob(place)
        if not found:
            return (Answer(word.path, ABSENT),)
        return tuple(self.text(path, self.original(path), word) for path in found)

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Return which paths there are."""
        places = [place for place in map(self.place, word.pattern.split()) if place]
        if not places:
            return (Answer(word.pattern, UNASKED),)
        paths = [path for place in places for path in self.store.glob(place)]
        if word.suffixes:
            paths = [path for top in paths for path in self.store.walk(top, word.suffixes)]
        if not paths and not any(
            self.store.is_folder(place.split("*", 1)[0].rpartition("/")[0]) for place in places
        ):
            return (Answer(word.pattern, ABSENT),)
        return (Answer(word.pattern, OK, "".join(self.original(path) + "\n" for path in paths)),)

    def initramfs(self, word: Initramfs) -> Tuple[Answer, ...]:
        """Return what is in each image that matches."""
        from guestcheck.unpack.initramfs import describe

        places = [place for place in map(self.place, word.pattern.split()) if place]
        if not places:
            return (Answer(word.pattern, UNASKED),)
        found = {
            self.original(path): path
            for place in places
            for path in self.store.glob(place)
            if not self.store.is_folder(path)
        }
        if not found:
            there = any(
                self.store.is_folder(place.split("*", 1)[0].rpartition("/")[0]) for place in places
            )
            return (Answer(word.pattern, OK if there else ABSENT),)
        # A link to an image that is asked for by itself would be read twice.
        once = [
            path
            for path in word.chosen(tuple(found))
            if not self.store.link(found[path]) or self._target(found[path]) not in found.values()
        ]
        return tuple(
            describe(path, found[path], word, self.store.open, mask, self.clock) for path in once
        )

    def _target(self, path: str) -> str:
        target = self.store.link(path)
        return (
            self.place(target)
            if target.startswith("/")
            else normpath(f"{path.rpartition('/')[0]}/{target}")
        )

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Return what a program had printed when the archive was made: nothing, unless a source
        knows better.
        """
        return (Answer(" ".join(word.argv), UNASKED),)

    def call(self, word: Call) -> Tuple[Answer, ...]:
        """Say that no library can be asked."""
        return (Answer(word.name, UNASKED),)

    def registry(self, word: Registry) -> Tuple[Answer, ...]:
        """Say that no registry can be asked, unless a source has one."""
        return (Answer(word.key, UNASKED),)

    def tree(self, word: Tree) -> Tuple[Answer, ...]:
        """Say that /sys cannot be asked, unless a source has a copy of it."""
        return (Answer(word.pattern, UNASKED),)

    def text(self, path: str, asked: str, word: File) -> Answer:
        """Return the file at `path` of the store as the answer to `asked`."""
        try:
            data, more = self.store.read(path, word.limit)
            if path.endswith(".gz"):
                data, more = _unpacked(data, self.store.allowed(word.limit * 4), more)
                self.store.spend(len(data))
        except KeyError:
            if self.store.link(path) == "/dev/null":
                return Answer(
                    asked, OK
                )  # what masks a file: there it is empty, whether or not we have its /dev
            return Answer(
                asked,
                ABSENT,
                detail="it leads to where nothing is"
                if self.store.link(path)
                else "not in the archive",
            )
        except PermissionError as error:
            return Answer(asked, DENIED, detail=error.strerror or "")
        except (OSError, ValueError) as error:
            return Answer(asked, FAILED, detail=getattr(error, "strerror", None) or str(error))
        status = CUT if more and not word.head else OK
        detail = f"{len(data)} bytes" if status == CUT else ""
        if word.picks:
            data = pick(data, word)
        before = self.looks.starred
        text = mask(data, self.looks).decode("utf-8", "backslashreplace")
        return unlooked(Answer(asked, status, text, detail), self.looks, before)


def _unpacked(data: bytes, limit: int, more: bool) -> Tuple[bytes, bool]:
    """Return at most `limit` bytes of what is packed in `data`, and whether there is more."""
    unpacker = zlib.decompressobj(31)
    try:
        unpacked = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"damaged gzip: {error}") from error
    if not unpacker.eof and not unpacker.unconsumed_tail and not more:
        raise ValueError("damaged gzip: it ends too early")
    return unpacked, more or bool(unpacker.unconsumed_tail)
