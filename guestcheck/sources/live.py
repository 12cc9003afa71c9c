"""This Linux guest, as it runs: commands are started side by side while files and /sys are read.

A program that is missing, hangs, fails or is killed costs its own answer and no more. Nothing is
written, and nothing is read but what a question names. psutil and pyudev are imported here alone,
when a question calls for them.
"""

from __future__ import annotations

import os
import selectors
import subprocess
from fnmatch import translate
from re import compile as compile_pattern
from time import monotonic
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from guestcheck.model.bounds import BEGINNING, longest
from guestcheck.model.digits import number_of
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    KILLED,
    OK,
    TIMEOUT,
    UNASKED,
    Answer,
    Ask,
    Call,
    Cim,
    Command,
    File,
    FirstOf,
    Initramfs,
    Listing,
    Question,
    Raw,
    Registry,
    Tree,
    Word,
)
from guestcheck.privacy.lines import Looks, mask, pick, unlooked
from guestcheck.unpack.clock import Clock
from guestcheck.unpack.programs import environment, find, search_path

# More programs at a time do not end sooner: they wait for the kernel and each other.
_AT_ONCE = 8
_LONGEST_VALUE = 4096
# What all programs that run may have printed together; the one that printed most is stopped then.
_MOST_PRINTED = 160 << 20
_LONGEST_OF_EACH = 256 << 10  # of a program that runs once for each device: a page or two
# How long a program that was killed may take to be gone.
_LAST_WAIT = 2.0


# Is told how many questions are answered, how many there are, and what is waited for.
Watch = Callable[[int, int, str], None]


class Live:
    """The guest that guestcheck runs in. With `root`, files are looked up below it (tests use
    this).
    """

    name = "live"
    running = True  # deep questions are not asked in passing

    def __init__(self, root: str = "", path: Optional[str] = None) -> None:
        self._root = root
        self._programs = _Programs(path)
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
                        self._programs.start(argv, first.seconds, _most(first, question.name))

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer everything; see `Source.gather`."""
        self.start(questions)
        # Files first, commands last: they run meanwhile.
        quick: Dict[Tuple[str, int], Tuple[Answer, ...]] = {}
        for question in questions:
            for number, ask in enumerate(question.asks):
                if not _waits(ask):
                    quick[question.name, number] = self._answer(ask, question.name)
            self._programs.peek()
        answers = {}
        for done, question in enumerate(questions):
            if any(map(_waits, question.asks)):
                self.watch(done, len(questions), question.summary)
            parts = [
                quick.pop((question.name, i), ())
                if not _waits(ask)
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
            most = _most(word, question)
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
        return (_call(word),)

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
        return [path[len(self._root) :] for path in _glob(self._root + pattern)]

    def _files(self, word: File) -> Iterator[Answer]:
        paths = self._glob(word.path)
        if not paths:
            yield Answer(word.path, ABSENT, detail=_why_absent(self._root + word.path))
        for path in paths:
            yield self._file(path, word)

    def _file(self, path: str, word: File) -> Answer:
        started = monotonic()
        try:
            data, more = _read(self._root + path, word.limit)
            if path.endswith(".gz"):
                data, more = _unpack(data, word.limit * 4, more)
        except OSError as error:
            return Answer(
                path, _status_of(error), detail=error.strerror or "", seconds=monotonic() - started
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
                detail=_why_absent(self._root + word.pattern),
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
                    f": {' '.join(_escape(entry).replace(' ', _BLANK) for entry in sorted(os.listdir(full)))}"
                )
            elif name in _LINKS and os.path.islink(full):
                lines.append(
                    f"{path}/{name} -> {_resolve(f'{path}/{name}', os.readlink(full), self._root)}"
                )
            else:
                lines.append(
                    f"{path}/{name} = {_escape(_attribute_text(_read_once(full)).rstrip())}"
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
                for path in _walk(self._root + top, word.suffixes)
            ]
        if not paths and not any(
            os.path.isdir(self._root + _fixed_part(pattern)) for pattern in patterns
        ):
            return Answer(word.pattern, ABSENT, seconds=monotonic() - started)
        return Answer(
            word.pattern, OK, "".join(path + "\n" for path in paths), seconds=monotonic() - started
        )

    def _initramfs(self, word: Initramfs) -> Iterator[Answer]:
        patterns = word.pattern.split()
        found = [path for pattern in patterns for path in self._glob(pattern)]
        if not found:
            there = any(os.path.isdir(self._root + _fixed_part(pattern)) for pattern in patterns)
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


def _most(word: Command, question: str) -> int:
    """Return how many bytes a program may print in answer to a question."""
    return _LONGEST_OF_EACH if word.each else longest(question)


def _unwatched(done: int, total: int, waiting: str) -> None:
    """Tell nobody."""


def _waits(ask: Ask) -> bool:
    words = ask.words if isinstance(ask, FirstOf) else (ask,)
    return isinstance(words[0], Command)


def decode(data: bytes) -> str:
    """Turn bytes into text; what is no UTF-8 is shown as \\xNN, so that the text can be written
    anywhere.
    """
    return data.decode("utf-8", "backslashreplace")


def _attribute_text(data: bytes) -> str:
    """Turn an attribute into text, a character a byte where it is no UTF-8: some are binary pages."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _escape(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if c.isprintable() and c != "\\" else _escaped(ord(c)) for c in text)


def _escaped(code: int) -> str:
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


_BLANK = "\\x20"  # in a list of names a blank parts them


def _resolve(path: str, target: str, root: str) -> str:
    if target.startswith("/"):
        return target
    folder = os.path.realpath(root + path.rpartition("/")[0])[len(root) :]
    return os.path.normpath(f"{folder}/{target}")


def _read_once(path: str) -> bytes:
    """Return what one read gives: an attribute under /sys comes whole at once, and there are
    thousands of them.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LONGEST_VALUE)
    finally:
        os.close(descriptor)


def _read(path: str, limit: int) -> Tuple[bytes, bool]:
    """Return at most `limit` bytes of the file, and whether there is more. Never waits for a pipe's
    other end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        parts, size = [], 0
        while size <= limit:
            part = os.read(descriptor, min(limit + 1 - size, 1 << 18))
            if not part:
                break
            parts.append(part)
            size += len(part)
    finally:
        os.close(descriptor)
    data = b"".join(parts)
    return data[:limit], len(data) > limit


def _unpack(data: bytes, limit: int, more: bool) -> Tuple[bytes, bool]:
    """Return at most `limit` bytes of what is packed in `data`, and whether there is more; so it is
    where `data` was cut.
    """
    import zlib

    unpacker = zlib.decompressobj(31)
    try:
        unpacked = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"damaged gzip: {error}") from error
    more = more or bool(unpacker.unconsumed_tail)
    if not unpacker.eof and not more and len(unpacked) < limit:
        raise ValueError("damaged gzip: it ends too early")
    return unpacked, more


def _status_of(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return DENIED
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return ABSENT
    return FAILED


def _why_absent(pattern: str) -> str:
    folder = _fixed_part(pattern)
    return "" if os.path.isdir(folder) else f"{folder} is not there"


def _fixed_part(pattern: str) -> str:
    return pattern.split("*", 1)[0].rpartition("/")[0] or "/"


def _glob(pattern: str) -> List[str]:
    """Return the paths that match, sorted. A few lines where the glob module would cost half as
    much as re to import.
    """
    if "*" not in pattern:
        return [pattern] if os.path.lexists(pattern) else []
    found = [""]
    for part in pattern.split("/")[1:]:
        if "*" not in part:
            found = [f"{folder}/{part}" for folder in found]
            continue
        matches = bool if part == "*" else compile_pattern(translate(part)).match
        found = [
            f"{folder}/{name}"
            for folder in found
            for name in _names(folder or "/")
            if matches(name) and not name.startswith(".")
        ]
    return found if "*" in part else [path for path in found if os.path.lexists(path)]


def _names(folder: str) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _walk(top: str, suffixes: Tuple[str, ...]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(top), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, suffixes)
        elif entry.name.endswith(suffixes):
            yield entry.path


def _call(word: Call) -> Answer:
    started = monotonic()
    calls = {"psutil": _psutil, "pyudev": _pyudev, "uname": _uname}
    if word.name not in calls:
        return Answer(word.name, UNASKED)
    try:
        text = calls[word.name]()
    except (ImportError, FileNotFoundError) as error:
        return Answer(
            word.name, ABSENT, detail=str(error).split("\n", 1)[0], seconds=monotonic() - started
        )
    except (
        Exception
    ) as error:  # a library's own trouble with a strange guest is an answer that failed, not ours
        said = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        return Answer(word.name, FAILED, detail=said, seconds=monotonic() - started)
    return Answer(word.name, OK, text, seconds=monotonic() - started)


def _uname() -> str:
    told = os.uname()
    return f"{told.sysname} {told.release} {told.machine}\n"


def _psutil() -> str:
    import json

    import psutil

    def part(ask: Callable[[], object]) -> object:
        # Each reads files of its own; that one of them is missing must not cost the others.
        try:
            return ask()
        except (OSError, ValueError, RuntimeError, KeyError, IndexError):
            return None

    def cards() -> object:
        addresses = psutil.net_if_addrs()
        return {
            name: {
                "up": stats.isup,
                "speed": stats.speed,
                "mtu": stats.mtu,
                "addresses": [
                    entry.address
                    for entry in addresses.get(name, ())
                    if entry.family in _IP_FAMILIES
                ],
            }
            for name, stats in psutil.net_if_stats().items()
        }

    told = {
        "version": psutil.__version__,
        "cpus": part(psutil.cpu_count),
        "memory": part(lambda: psutil.virtual_memory().total),
        "swap": part(lambda: psutil.swap_memory().total),
        "partitions": part(
            lambda: [[p.device, p.mountpoint, p.fstype] for p in psutil.disk_partitions()]
        ),
        "nics": part(cards) or {},
    }
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


_IP_FAMILIES = (2, 10)  # AF_INET and AF_INET6 on Linux


def _pyudev() -> str:
    # Without a running udev there is no database, and what pyudev shows is what /sys says already.
    if not os.path.isdir("/run/udev/data"):
        raise FileNotFoundError("udev does not run here")
    import pyudev

    context = pyudev.Context()
    lines: List[str] = []
    for subsystem in ("block", "net"):
        for device in context.list_devices(subsystem=subsystem):
            lines.append(f"P: {device.device_path}")
            lines += [f"S: {link[5:]}" for link in sorted(device.device_links)]
            lines += sorted(
                f"E: {name}={_escape(value)}" for name, value in device.properties.items()
            )
            lines.append("")
    return "\n".join(lines)


class _Program:
    """A program that was started: its output so far, and when it has to be done."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float, most: int) -> None:
        self.process = process
        self.most = most
        self.started = monotonic()
        self.deadline = self.started + seconds
        self.output: Dict[str, List[bytes]] = {"out": [], "err": []}
        self.size = 0
        self.open = 2
        self.ended = 0.0
        self.stopped = ""

    @property
    def runs(self) -> bool:
        """Whether more may come of it."""
        return self.open > 0 and not self.stopped

    def drop(self) -> None:
        """Forget what it printed but for the beginning: the rest of a flood is of no use, and
        others need the room.
        """
        self.output = {name: [b"".join(parts)[:BEGINNING]] for name, parts in self.output.items()}


class _Programs:
    """Programs that run side by side; each is started once and asked for at most once."""

    def __init__(self, path: Optional[str]) -> None:
        # A plain user's path often lacks the folders where lspci, ethtool and lsblk's friends live.
        self._path = path
        self._environment = environment(path)
        self._running: Dict[Tuple[str, ...], _Program] = {}
        self._live: List[_Program] = []  # those of them of which more may come
        self._waiting: Dict[Tuple[str, ...], Tuple[float, int]] = {}
        self._answered: Dict[Tuple[str, ...], Answer] = {}
        self._clock = (
            Clock()
        )  # a program has seconds of its own; on a guest of many cards hundreds are run
        self._printed = 0  # bytes that the programs which run have printed so far
        self._selector = selectors.DefaultSelector()

    def start(self, argv: Tuple[str, ...], seconds: float, most: int) -> None:
        """Start `argv`, now or when others have ended, once; it may print `most` bytes."""
        if argv in self._running or argv in self._answered or argv in self._waiting:
            return
        if len(self._live) >= _AT_ONCE:
            self._waiting[argv] = (seconds, most)
        else:
            self._spawn(argv, seconds, most)

    def finish(self, argv: Tuple[str, ...], seconds: float, most: int) -> Answer:
        """Return what `argv` printed, waiting for it at most until its limit."""
        self.start(argv, seconds, most)
        while argv in self._waiting:
            self._turn()
        if argv in self._answered:
            return self._answered[argv]
        program = self._running[argv]
        while program.runs:
            self._turn()
        answer = self._answer(argv, program)
        program.output = {"out": [], "err": []}
        self._answered[argv] = answer
        return answer

    def peek(self) -> None:
        """Take what has been printed so far, without waiting: a full pipe would hold its program
        up.
        """
        if self._selector.get_map() is None:
            return  # closed: no program runs any more
        for key, _ in self._selector.select(0):
            self._take(key.fileobj, *key.data)

    def close(self) -> None:
        """Stop whatever still runs."""
        if self._selector.get_map() is None:
            return  # closed before
        for program in self._running.values():
            if program.process.poll() is None and not program.stopped:
                self._stop(program, TIMEOUT)
        self._selector.close()
        self._running.clear()  # what they printed is handed on
        self._answered.clear()

    def _spawn(self, argv: Tuple[str, ...], seconds: float, most: int) -> None:
        asked = " ".join(argv)
        program = find(argv[0], self._path)
        if self._clock.is_late:
            self._answered[argv] = Answer(
                asked, TIMEOUT, detail="not run: those before it took too long"
            )
            return
        if program is None:
            self._answered[argv] = self._absent(argv)
            return
        try:
            # A session of its own, so that a program that hangs can be stopped with all its
            # children.
            process = subprocess.Popen(
                [program, *argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            status = _status_of(error) if isinstance(error, OSError) else FAILED
            said = error.strerror if status == DENIED and isinstance(error, OSError) else str(error)
            self._answered[argv] = Answer(
                asked, FAILED if status == ABSENT else status, detail=said or ""
            )
            return
        running = self._running[argv] = _Program(process, seconds, most)
        self._live.append(running)
        for stream, name in ((process.stdout, "out"), (process.stderr, "err")):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream, selectors.EVENT_READ, (running, name))

    def _absent(self, argv: Tuple[str, ...]) -> Answer:
        """Say why `argv` cannot be started: its mount may refuse a program that is there."""
        paths = [f"{folder}/{argv[0]}" for folder in search_path(self._path).split(":") if folder]
        if any(os.path.isfile(path) and os.stat(path).st_mode & 0o111 for path in paths):
            return Answer(" ".join(argv), DENIED, detail="Permission denied")
        return Answer(" ".join(argv), ABSENT, detail=f"{argv[0]} is not installed")

    def _turn(self) -> None:
        """Take what has been printed, stop what is late, start what waits."""
        live = list(self._live)
        nearest = min((program.deadline for program in live), default=monotonic())
        for key, _ in self._selector.select(max(0.0, min(nearest - monotonic(), 1.0))):
            running, name = key.data
            self._take(key.fileobj, running, name)
        now = monotonic()
        for program in live:
            if program.open and now >= program.deadline:
                # We may be late ourselves: a program that has ended is read to its end, not
                # stopped.
                if program.process.poll() is None:
                    self._stop(program, TIMEOUT)
                else:
                    self._drain(program)
        while self._waiting and len(self._live) < _AT_ONCE:
            argv = next(iter(self._waiting))
            self._spawn(argv, *self._waiting.pop(argv))

    def _take(self, stream: object, program: _Program, name: str) -> None:
        if program.stopped:
            return  # both streams were ready, and with the first the limit was reached
        try:
            data = os.read(stream.fileno(), 1 << 16)  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(stream)  # type: ignore[arg-type]
            stream.close()  # type: ignore[attr-defined]
            self._closed_one(program)
            program.ended = monotonic()
            return
        program.size += len(data)
        self._printed += len(data)
        program.output[name].append(data)
        if program.size > program.most:
            self._stop(program, CUT)
        elif self._printed > _MOST_PRINTED:
            self._stop(max(self._live, key=lambda one: one.size), CUT)

    def _closed_one(self, program: _Program) -> None:
        """Count a stream as closed."""
        program.open -= 1
        if not program.open:
            self._ended(program)

    def _ended(self, program: _Program) -> None:
        """Count a program as one of which no more comes."""
        if program in self._live:
            self._live.remove(program)
            self._printed -= program.size

    def _drain(self, program: _Program) -> None:
        """Take all that an ended program has left; a child of it that keeps the pipe open is not
        waited for.
        """
        for stream, name in ((program.process.stdout, "out"), (program.process.stderr, "err")):
            while stream is not None and not stream.closed:
                size = program.size
                self._take(stream, program, name)
                if not stream.closed and program.size == size:
                    self._selector.unregister(stream)
                    stream.close()
                    self._closed_one(program)
        program.ended = monotonic()

    def _stop(self, program: _Program, why: str) -> None:
        program.stopped = why
        program.ended = monotonic()
        self._ended(program)
        if why == CUT:
            program.drop()
        for stream in (program.process.stdout, program.process.stderr):
            if stream is not None and not stream.closed:
                self._selector.unregister(stream)
                stream.close()
        try:
            os.killpg(program.process.pid, 9)
            program.process.wait(_LAST_WAIT)
        except (OSError, subprocess.TimeoutExpired):
            # Asleep in the kernel: nothing can stop it, and nobody waits for it. Python takes it
            # for ended and does not warn.
            program.process.returncode = -9

    def _answer(self, argv: Tuple[str, ...], program: _Program) -> Answer:
        looks = Looks()
        text = decode(mask(b"".join(program.output["out"]), looks))
        return unlooked(self._ended_so(" ".join(argv), program, text), looks, 0)

    def _ended_so(self, asked: str, program: _Program, text: str) -> Answer:
        """Return what a program printed as an answer that says how it ended."""
        spent = program.ended - program.started
        if program.stopped:
            limit = (
                f"{program.deadline - program.started:g} s"
                if program.stopped == TIMEOUT
                else f"it printed more than {min(program.size, program.most)} bytes"
            )
            return Answer(asked, program.stopped, text, limit, spent)
        try:
            # Its exit follows at once; while we wait the others fill their pipes and stand still.
            code = program.process.wait(0.5)
        except subprocess.TimeoutExpired:  # it closed its output and lives on
            self._stop(program, TIMEOUT)
            return Answer(asked, OK, text, "", spent)
        said = decode(mask(b"".join(program.output["err"]).strip().split(b"\n", 1)[0])).strip()
        if code < 0:
            return Answer(asked, KILLED, text, f"signal {-code}", spent)
        if code > 0:
            return Answer(
                asked,
                FAILED,
                text,
                f"exit code {code}: {said}" if said else f"exit code {code}",
                spent,
            )
        return Answer(asked, OK, text, "", spent)
