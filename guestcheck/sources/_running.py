"""Programs of a running guest: started together, each within its limits."""

from __future__ import annotations

import os
import selectors
import subprocess
from time import monotonic
from typing import Callable, Dict, List, Optional, Tuple

from guestcheck.model.bounds import BEGINNING, longest
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    KILLED,
    OK,
    TIMEOUT,
    Answer,
    Ask,
    Command,
    FirstOf,
)
from guestcheck.privacy.lines import Looks, mask, unlooked
from guestcheck.sources._live_files import decode, status_of
from guestcheck.unpack.clock import Clock
from guestcheck.unpack.programs import environment, find, search_path

# More programs at a time do not end sooner: they wait for the kernel and each other.
_AT_ONCE = 8
# What all programs that run may have printed together; the one that printed most is stopped then.
_MOST_PRINTED = 160 << 20
_LONGEST_OF_EACH = 256 << 10  # of a program that runs once for each device: a page or two
# How long a program that was killed may take to be gone.
_LAST_WAIT = 2.0
# Is told how many questions are answered, how many there are, and what is waited for.
Watch = Callable[[int, int, str], None]


def most_printed(word: Command, question: str) -> int:
    """Return how many bytes a program may print in answer to a question."""
    return _LONGEST_OF_EACH if word.each else longest(question)


def is_waited_for(ask: Ask) -> bool:
    words = ask.words if isinstance(ask, FirstOf) else (ask,)
    return isinstance(words[0], Command)


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


class Programs:
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
            status = status_of(error) if isinstance(error, OSError) else FAILED
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
