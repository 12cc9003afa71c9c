"""Run tests against mutants: a plug-in of pytest that runs some of the tests for each of them."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
import types
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from tools.mutate.mutants import Mutant, make

Place = Tuple[str, int]  # a file, and the first line of a function in it
NOTICED = ("killed", "timeout", "crashed")
_BROKEN = 70  # the exit code of a forked process that could not do its work


class Row(NamedTuple):
    """What became of one mutant.

    `outcome`: "killed", "timeout" or "crashed" where a test noticed it; else "survived",
    "not called" (no test calls the function) or "hidden" (behind a decorator).
    """

    id: str
    line: int
    kind: str
    before: str
    after: str
    outcome: str
    killer: str
    tests: int
    seconds: float

    @property
    def noticed(self) -> bool:
        """Say whether a test fails with this mutant."""
        return self.outcome in NOTICED


class Calls(NamedTuple):
    """Of each test, by its number: the functions that it calls, and how many seconds it takes."""

    places: Dict[int, Set[Place]]
    seconds: Dict[int, float]

    def of(self, path: str, first: int, last: int) -> List[int]:
        """Return the tests that call the code between two lines, the quickest first."""
        found = [
            number
            for number, places in self.places.items()
            if any(file == path and first <= line <= last for file, line in places)
        ]
        return sorted(found, key=lambda number: self.seconds[number])


class Plugin:
    """Run the tests once without a mutant, then for each mutant those that call it.

    `report` takes each row as it comes, `say` a line for people. `sound` is false where a test
    fails without a mutant.
    """

    def __init__(
        self,
        folder: Path,
        chosen: List[Mutant],
        limit: Optional[float],
        report: Callable[[Row], None],
        say: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self.chosen = chosen
        self.limit = limit
        self.report = report
        self.say = say
        self.sound = False

    def pytest_runtestloop(self, session: Any) -> bool:
        """Take the place of pytest's own loop over the tests."""
        if session.testsfailed or not session.items:
            return True
        # Its dots would mix with our lines, and come from every forked process again.
        session.config.pluginmanager.unregister(name="terminalreporter")
        self.say(f"{len(session.items)} tests; a first run without a mutant ...")
        first = _in_fork(lambda result: _first_run(session, self.folder, result), None)
        if first.status != 0:
            failed = first.result or f"the process ended with {first.status}"
            self.say(f"a test fails without a mutant: {failed}")
            return True
        self.sound = True
        self.say(f"{first.seconds:.0f} s. {len(self.chosen)} mutants:")
        for mutant in self.chosen:
            self.report(_judge(session, mutant, first.result, self.limit))
        return True


def _judge(session: Any, mutant: Mutant, calls: Calls, limit: Optional[float]) -> Row:
    """Run the tests that call the mutant's function."""
    change, function = make(mutant), _function(mutant)
    tests = calls.of(str(mutant.path.resolve()), change.first_line, change.last_line)
    outcome, killer, seconds = "not called" if function else "hidden", "", 0.0
    if function and tests:
        most = limit or 10 + 5 * sum(calls.seconds[number] for number in tests)
        run = _in_fork(lambda out: _with_change(session, function, change.code, tests, out), most)
        outcome = {0: "survived", 1: "killed", None: "timeout"}.get(run.status, "crashed")
        killer, seconds = run.result or "", round(run.seconds, 1)
    what = (change.line, change.kind, change.before, change.after)
    return Row(mutant.id, *what, outcome, killer, len(tests), seconds)


def _function(mutant: Mutant) -> Optional[types.FunctionType]:
    """Return the function object that the program uses; None where a decorator hides it."""
    dotted = ".".join(mutant.path.with_suffix("").parts)
    end = ".__init__"
    name = dotted[: -len(end)] if dotted.endswith(end) else dotted
    found: Any = importlib.import_module(name)
    for part in mutant.name.split("."):
        found = vars(found).get(part)
    for attribute in ("fget", "__func__", "func", "__wrapped__"):
        found = getattr(found, attribute, found)
    return found if isinstance(found, types.FunctionType) else None


def _first_run(session: Any, folder: Path, result: List[Any]) -> int:
    """Run all tests; leave which functions in `folder` they call, or the name of one that fails."""
    start = str(folder.resolve())
    calls = Calls({}, {})
    called: Set[Place] = set()

    def trace(frame: types.FrameType, _event: str, _argument: Any) -> None:
        code = frame.f_code
        if code.co_filename.startswith(start):
            called.add((code.co_filename, code.co_firstlineno))

    sys.settrace(trace)
    threading.settrace(trace)
    for number, (item, taken, passed) in enumerate(_run(session, session.items)):
        if not passed:
            result.append(item.nodeid)
            return 1
        calls.places[number], calls.seconds[number] = set(called), taken
        called.clear()
    result.append(calls)
    return 0


def _with_change(
    session: Any,
    function: types.FunctionType,
    code: types.CodeType,
    numbers: List[int],
    result: List[Any],
) -> int:
    """Exchange the function's code and run tests until one fails; leave that one's name."""
    session.config.option.maxfail = 1
    function.__code__ = code
    for item, _, passed in _run(session, [session.items[number] for number in numbers]):
        if not passed:
            result.append(item.nodeid)
            return 1
    return 0


def _run(session: Any, items: List[Any]) -> Iterator[Tuple[Any, float, bool]]:
    """Run tests one after the other; yield each with its seconds and whether it passed."""
    for index, item in enumerate(items):
        after = items[index + 1] if index + 1 < len(items) else None
        start = time.monotonic()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        yield item, time.monotonic() - start, not session.testsfailed


class _Ended(NamedTuple):
    """How a forked process ended: exit code (None: stopped at its limit), result and seconds."""

    status: Optional[int]
    result: Any
    seconds: float


def _in_fork(work: Callable[[List[Any]], int], limit: Optional[float]) -> _Ended:
    """Run work(result) in a forked process; the first item put into `result` comes back."""
    handle, name = tempfile.mkstemp(prefix="mutate-")
    os.close(handle)
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _forked(work, name)
    status = _wait(pid, start + limit if limit is not None else None)
    left = Path(name).read_bytes()
    os.unlink(name)
    return _Ended(status, pickle.loads(left) if left else None, time.monotonic() - start)


def _forked(work: Callable[[List[Any]], int], name: str) -> None:
    """Do the work of a forked process, leave its result in the file `name`, and end."""
    status = _BROKEN
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        result: List[Any] = []
        status = work(result)
        with open(name, "wb") as file:
            pickle.dump(result[0] if result else None, file)
    finally:
        os._exit(status)


def _wait(pid: int, end: Optional[float]) -> Optional[int]:
    """Return the exit code of a process, None where it had to be stopped at the time `end`."""
    while end is None or time.monotonic() < end:
        done, word = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(word)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None
