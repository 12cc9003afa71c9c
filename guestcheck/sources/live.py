"""This Linux guest, as it runs: commands are started side by side while files and /sys are read.

A program that is missing, hangs, fails or is killed costs its own answer and no more. Nothing is
written, and nothing is read but what a question names. psutil and pyudev are imported here alone,
when a question calls for them.
"""

from __future__ import annotations

import os
from time import monotonic
from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple

from guestcheck.model.digits import number_of
from guestcheck.model.source import (
    ABSENT,
    CUT,
    FAILED,
    OK,
    TIMEOUT,
    UNASKED,
    Answer,
    Ask,
    Cim,
    Command,
    File,
    FirstOf,
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
from guestcheck.sources._libraries import called
from guestcheck.sources._live_files import (
    BLANK,
    attribute_text,
    decode,
    fixed_part,
    gunzip,
    matching_paths,
    read_file,
    read_once,
    resolved,
    status_of,
    walked,
    why_absent,
    with_escapes,
)
from guestcheck.sources._running import Programs, Watch, is_waited_for, most_printed
from guestcheck.unpack.clock import Clock


class Live(Source):
    """The guest that guestcheck runs in. With `root`, files are looked up below it (tests use
    this).
    """

    name = "live"
    running = True  # deep questions are not asked in passing

    def __init__(self, root: str = "", path: Optional[str] = None) -> None:
        self._root = root
        self._programs = Programs(path)
        self.watch: Watch = _unwatched
        self._clock = Clock()

    def start(self, questions: Sequence[Question[object]]) -> None:
        """Start the programs that are sure to be needed, so that they run while other things are
        done.
        """
        for question in questions:
            for ask in question.asks:
                first = ask.words[0] if isinstance(ask, FirstOf) else ask
                if isinstance(first, Command) and not first.needs:
                    for argv in self._argvs(first):
                        self._programs.start(
                            argv, first.seconds, most_printed(first, question.name)
                        )

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer everything; see `Source.gather`."""
        self.start(questions)
        # Files first, commands last: they run meanwhile.
        quick: Dict[Tuple[str, int], Tuple[Answer, ...]] = {}
        for question in questions:
            for number, ask in enumerate(question.asks):
                if not is_waited_for(ask):
                    quick[question.name, number] = self._answer(ask, question.name)
            self._programs.peek()
        answers = {}
        for done, question in enumerate(questions):
            if any(map(is_waited_for, question.asks)):
                self.watch(done, len(questions), question.summary)
            parts = [
                quick.pop((question.name, i), ())
                if not is_waited_for(ask)
                else self._answer(ask, question.name)
                for i, ask in enumerate(question.asks)
            ]
            answers[question.name] = tuple(answer for part in parts for answer in part)
        for question in questions:
            if question.follow:
                further = (
                    answer
                    for word in question.follow(answers)
                    for answer in self._word(word, question.name)
                )
                answers[question.name] = (*answers[question.name], *further)
        self.close()
        return Raw(self.name, answers, running=True)

    def close(self) -> None:
        """Stop the programs that still run."""
        self._programs.close()

    def _answer(self, ask: Ask, question: str) -> Tuple[Answer, ...]:
        if not isinstance(ask, FirstOf):
            return self._word(ask, question)
        tried: Tuple[Answer, ...] = ()
        hung = ""
        for word in ask.words:
            if isinstance(word, Command) and word.argv[0] == hung:
                continue  # it hung with one set of arguments, and would with another
            answers = self._word(word, question)
            if isinstance(word, Command) and any(answer.status == TIMEOUT for answer in answers):
                hung = word.argv[0]
            if any(answer.status in (OK, CUT) for answer in answers):
                return answers
            # Of several that failed the one that said most is kept: a refusal tells more than an
            # absence.
            if not tried or (tried[0].status == ABSENT and answers and answers[0].status != ABSENT):
                tried = answers
        return tried

    def _word(self, word: Word, question: str) -> Tuple[Answer, ...]:
        if isinstance(word, File):
            return tuple(self._files(word))
        if isinstance(word, Command):
            if word.needs and not os.path.exists(self._root + word.needs):
                return (Answer(" ".join(word.argv), ABSENT, detail=f"{word.needs} is not there"),)
            most = most_printed(word, question)
            return tuple(
                _accepted(self._programs.finish(argv, word.seconds, most), word.codes)
                for argv in self._argvs(word)
            )
        if isinstance(word, Tree):
            return (self._tree(word),)
        if isinstance(word, Listing):
            return (self._listing(word),)
        if isinstance(word, Initramfs):
            return tuple(self._initramfs(word))
        if isinstance(word, Cim):
            return (Answer(word.name, UNASKED, detail="only Windows has it"),)
        if isinstance(word, Registry):
            return (Answer(word.key, UNASKED),)
        return (called(word),)

    def _argvs(self, word: Command) -> List[Tuple[str, ...]]:
        if not word.each:
            return [word.argv]
        # The part of the path with the star, and what stands in it before and behind that.
        place, part = next(
            (number, part) for number, part in enumerate(word.each.split("/")) if "*" in part
        )
        before, behind = map(len, part.split("*"))
        parts = [path.split("/")[place] for path in self._glob(word.each)]
        found = [name[before : len(name) - behind] for name in parts]
        # A name that begins with a dash would be taken for an option.
        return [
            tuple(part.replace("{}", name) for part in word.argv)
            for name in found
            if not name.startswith("-")
        ]

    def _glob(self, pattern: str) -> List[str]:
        return [path[len(self._root) :] for path in matching_paths(self._root + pattern)]

    def _files(self, word: File) -> Iterator[Answer]:
        paths = self._glob(word.path)
        if not paths:
            yield Answer(word.path, ABSENT, detail=why_absent(self._root + word.path))
        for path in paths:
            yield self._file(path, word)

    def _file(self, path: str, word: File) -> Answer:
        started = monotonic()
        try:
            data, more = read_file(self._root + path, word.limit)
            if path.endswith(".gz"):
                data, more = gunzip(data, word.limit * 4, more)
        except OSError as error:
            return Answer(
                path, status_of(error), detail=error.strerror or "", seconds=monotonic() - started
            )
        except ValueError as error:
            return Answer(path, FAILED, detail=str(error), seconds=monotonic() - started)
        size = len(data)
        if word.picks:
            data = pick(data, word)
        looks = Looks()
        data = mask(data, looks)
        status = CUT if more and not word.head else OK
        detail = f"{size} bytes" if status == CUT else ""
        return unlooked(Answer(path, status, decode(data), detail, monotonic() - started), looks, 0)

    def _tree(self, word: Tree) -> Answer:
        started = monotonic()
        lines: List[str] = []
        reals: List[str] = []
        for path in self._glob(word.pattern):
            real = os.path.realpath(self._root + path)[len(self._root) :]
            if real != path:
                lines.append(f"{path} -> {real}")
            reals.append(real)
            there = self._entries(path)
            for name in word.names:
                # Half of the names are there for some devices only; looking is cheaper than failing
                # to open each.
                if name.partition("/")[0] in there:
                    self._attribute(path, name, lines)
        if word.ancestors:
            self._ancestors(reals, lines)
        if not lines:
            return Answer(
                word.pattern,
                ABSENT,
                detail=why_absent(self._root + word.pattern),
                seconds=monotonic() - started,
            )
        return Answer(word.pattern, OK, "\n".join(lines) + "\n", seconds=monotonic() - started)

    def _entries(self, path: str) -> Set[str]:
        try:
            return {*os.listdir(self._root + path), "."}
        except OSError:
            return set()

    def _attribute(self, path: str, name: str, lines: List[str]) -> None:
        full = f"{self._root}{path}/{name}"
        try:
            if name.endswith("/"):
                lines.append(
                    f"{path}/{name} "
                    f": {' '.join(with_escapes(entry).replace(' ', BLANK) for entry in sorted(os.listdir(full)))}"
                )
            elif name in _LINKS and os.path.islink(full):
                lines.append(
                    f"{path}/{name} -> {resolved(f'{path}/{name}', os.readlink(full), self._root)}"
                )
            else:
                lines.append(
                    f"{path}/{name} = {with_escapes(attribute_text(read_once(full)).rstrip())}"
                )
        except OSError:
            return  # most attributes are there for some devices only

    def _ancestors(self, reals: List[str], lines: List[str]) -> None:
        seen: Set[str] = set()
        for real in reals:
            while real.count("/") > 2 and real not in seen:
                seen.add(real)
                for name in ("driver", "subsystem"):
                    self._attribute(real, name, lines)
                real = real.rpartition("/")[0]

    def _listing(self, word: Listing) -> Answer:
        started = monotonic()
        patterns = word.pattern.split()
        paths = [path for pattern in patterns for path in self._glob(pattern)]
        if word.suffixes:
            paths = [
                path[len(self._root) :]
                for top in paths
                for path in walked(self._root + top, word.suffixes)
            ]
        if not paths and not any(
            os.path.isdir(self._root + fixed_part(pattern)) for pattern in patterns
        ):
            return Answer(word.pattern, ABSENT, seconds=monotonic() - started)
        return Answer(
            word.pattern, OK, "".join(path + "\n" for path in paths), seconds=monotonic() - started
        )

    def _initramfs(self, word: Initramfs) -> Iterator[Answer]:
        patterns = word.pattern.split()
        found = [path for pattern in patterns for path in self._glob(pattern)]
        if not found:
            there = any(os.path.isdir(self._root + fixed_part(pattern)) for pattern in patterns)
            yield Answer(word.pattern, OK if there else ABSENT)
            return
        from guestcheck.unpack.initramfs import describe, open_regular

        seen: Set[str] = set()
        for path in word.chosen(found):
            real = os.path.realpath(self._root + path)
            if real not in seen:
                seen.add(real)
                yield describe(path, self._root + path, word, open_regular, mask, self._clock)


# Attributes that may be links ("device" is one for a NIC and a number for a PCI function); all
# others are files or, with a "/" at the end, folders.
_LINKS = frozenset({"driver", "subsystem", "device", "master", "physfn"})


def _accepted(answer: Answer, codes: Tuple[int, ...]) -> Answer:
    """Take a program's failure for success where its exit code is one that its manual gives a good
    meaning.
    """
    code = answer.detail.partition(":")[0].rpartition(" ")[2]
    if answer.status == FAILED and answer.text and number_of(code) in codes:
        return answer._replace(status=OK, detail="")
    return answer


def _unwatched(done: int, total: int, waiting: str) -> None:
    """Tell nobody."""
