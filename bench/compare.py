"""Compare guestcheck with other tools on the same guest, in one run: time of whole processes, and
peak memory.

    python bench/compare.py [--runs N] [--guestcheck CMD] [--json FILE]

How it measures:

- A program is timed from its start to its end, as a user waits for it: interpreter, imports and all
  programs it starts.
- After a warm-up of each, the programs run in rounds, one run each per round, and every round
  begins elsewhere and turns round:
  what else the machine does hits all alike. The median of a program's runs counts; the minimum stands beside it.
- Ratios are medians against the median of a bare `python -c pass` of the interpreter that runs
  guestcheck, in the same run.
- Python may keep compiled files, as it may where a package is installed: PYTHONDONTWRITEBYTECODE is
  not handed on.
- Standard output goes to /dev/null, for inxi to a pseudo-terminal, without which it takes itself
  for a chat client.
- CPU is the processor time of a program with all it started and waited for. Peak memory is that of
  its largest single
  process (ru_maxrss of wait4). Linux counts the starting process in there, so what is not above this script's own peak is
  shown as "<=".
- A program that fails or does not end within a minute is shown with that, and its time says
  nothing.

Stdlib only; run it with the interpreter of the environment that guestcheck is installed in.
"""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import signal
import sys
from argparse import ArgumentParser, Namespace
from time import perf_counter
from typing import Dict, List, NamedTuple, Optional, Tuple

_FEWEST = 15
_MINUTE = 60.0
_BARE = "python -c pass"
_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
}
# What is compared, if it is there: name, command, whether it wants a terminal.
_OTHERS = (
    ("inxi -F", ("inxi", "-F", "-c0"), True),
    ("lshw", ("lshw",), False),
    ("hwinfo --short", ("hwinfo", "--short"), False),
    ("hwinfo --disk --netcard", ("hwinfo", "--disk", "--netcard"), False),
    ("virt-what", ("virt-what",), False),
    ("lsblk", ("lsblk",), False),
    ("lspci -nnk", ("lspci", "-nnk"), False),
)


class Program(NamedTuple):
    """A command to time."""

    name: str
    argv: Tuple[str, ...]
    terminal: bool = False


class Run(NamedTuple):
    """One run of a program: seconds, processor seconds, peak memory in bytes, and how it ended (""
    for well).
    """

    seconds: float
    cpu: float
    peak: int
    trouble: str


class Measured(NamedTuple):
    """All runs of a program, summed up."""

    program: Program
    median: float
    least: float
    cpu: float
    peak: int
    trouble: str


def main() -> int:
    """Measure, print the table, and write the JSON that was asked for."""
    options = _options()
    guestcheck = shlex.split(options.guestcheck) if options.guestcheck else installed()
    python = _interpreter(guestcheck)
    programs, missing = _programs(guestcheck, python)
    if options.runs < _FEWEST:
        sys.stderr.write(
            f"{options.runs} runs are too few for a median worth quoting: take {_FEWEST} or more\n"
        )
    measured = measure(programs, options.runs)
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(_table(measured, missing, options.runs, floor))
    if options.json:
        _write(options.json, measured, missing, options.runs, python, floor)
    return 0


def _options() -> Namespace:
    parser = ArgumentParser(description="compare guestcheck with other tools on this guest")
    parser.add_argument(
        "--runs", type=int, default=21, metavar="N", help="runs of each program (default: 21)"
    )
    parser.add_argument(
        "--guestcheck",
        metavar="CMD",
        help="the guestcheck to time (default: that of this interpreter's environment)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the numbers to FILE")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be 1 or more")
    return options


def installed() -> List[str]:
    beside = os.path.join(os.path.dirname(sys.executable), "guestcheck")
    return [beside] if os.access(beside, os.X_OK) else [sys.executable, "-m", "guestcheck"]


def _interpreter(command: List[str]) -> str:
    """Find the interpreter that runs `command`: named in it, or in the first line of the script
    that it is.
    """
    if os.path.basename(command[0]).startswith("python"):
        return shutil.which(command[0]) or command[0]
    path = shutil.which(command[0])
    if path:
        with open(path, "rb") as file:
            words = file.readline(512).decode("utf-8", "replace").split()
        if words and words[0].startswith("#!") and "python" in words[-1]:
            return words[-1] if os.path.basename(words[0]) == "env" else words[0][2:]
    return sys.executable


def _programs(guestcheck: List[str], python: str) -> Tuple[List[Program], List[str]]:
    programs = [
        Program(_BARE, (python, "-c", "pass")),
        Program("guestcheck -f json", (*guestcheck, "-f", "json")),
        Program("guestcheck -f text", (*guestcheck, "-f", "text")),
        Program("guestcheck -f terminal", (*guestcheck, "-f", "terminal", "--width", "120")),
    ]
    # A plain user's path lacks the folders where some of these live.
    path = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]
    )
    missing = []
    for name, argv, terminal in _OTHERS:
        found = shutil.which(argv[0], path=path)
        if found:
            programs.append(Program(name, (found, *argv[1:]), terminal))
        elif argv[0] not in missing:
            missing.append(argv[0])
    return programs, missing


def measure(programs: List[Program], runs: int) -> List[Measured]:
    found: Dict[str, List[Run]] = {program.name: [] for program in programs}
    for number in range(-1, runs):
        order = programs[number % len(programs) :] + programs[: number % len(programs)]
        for program in order if number % 2 else reversed(order):
            run = _run(program)
            if number >= 0:  # the round before the first is the warm-up
                found[program.name].append(run)
        if sys.stderr.isatty():
            sys.stderr.write(f"\rround {number + 1} of {runs} ")
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 24 + "\r")
    return [_summed(program, found[program.name]) for program in programs]


def _summed(program: Program, runs: List[Run]) -> Measured:
    seconds = [run.seconds for run in runs]
    trouble = next((run.trouble for run in runs if run.trouble), "")
    return Measured(
        program,
        _median(seconds),
        min(seconds),
        _median([run.cpu for run in runs]),
        max(run.peak for run in runs),
        trouble,
    )


def _median(numbers: List[float]) -> float:
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _run(program: Program) -> Run:
    """Start `program`, wait for its end, and take what the kernel counted."""
    master: Optional[int] = None
    if program.terminal:
        master, out = os.openpty()
    else:
        out = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, out, stream) for stream in (0, 1, 2)]
    signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, _MINUTE)
    started = perf_counter()
    try:
        child = os.posix_spawn(
            program.argv[0], program.argv, _ENVIRONMENT, file_actions=actions, setpgroup=0
        )
    except OSError as error:
        sys.exit(f"cannot start {program.argv[0]}: {error.strerror}")
    finally:
        os.close(out)
    late = False
    try:
        if master is not None:
            _drain(master)
        _, status, usage = os.wait4(child, 0)
    except TimeoutError:
        late = True
        os.killpg(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    seconds = perf_counter() - started
    signal.setitimer(signal.ITIMER_REAL, 0)
    if master is not None:
        os.close(master)
    trouble = "did not end" if late else _ending(os.waitstatus_to_exitcode(status))
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, trouble)


def _late(*_: object) -> None:
    raise TimeoutError


def _drain(master: int) -> None:
    """Read what a program prints to its terminal, until it has closed it."""
    try:
        while os.read(master, 1 << 16):
            pass
    except TimeoutError:
        raise
    except OSError:
        return  # EIO: the other end is closed


def _ending(code: int) -> str:
    return "" if code == 0 else f"exit code {code}" if code > 0 else f"signal {-code}"


def _table(measured: List[Measured], missing: List[str], runs: int, floor: int) -> str:
    by_name = {one.program.name: one for one in measured}
    bare = by_name[_BARE].median
    as_json, as_terminal = (
        by_name["guestcheck -f json"].median,
        by_name["guestcheck -f terminal"].median,
    )
    rows = [("", "median", "min", "CPU", "peak", "to bare", "json to it", "terminal to it", "")]
    for one in measured:
        ours = one.program.name.startswith(("guestcheck", _BARE))
        peak = f"{'<= ' if one.peak <= floor else ''}{one.peak / 1e6:.0f} MB"
        against = (
            ("", "")
            if ours or one.trouble
            else (_times(as_json, one.median), _times(as_terminal, one.median))
        )
        cells = (
            _milli(one.median),
            _milli(one.least),
            _milli(one.cpu),
            peak,
            f"{one.median / bare:.1f}",
        )
        rows.append((one.program.name, *cells, *against, one.trouble))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{wide}}" for cell, wide in zip(row[1:], widths[1:]))
        for row in rows
    ]
    about = (
        f"{runs} runs each, after a warm-up; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, "
        f"user {os.getuid()}"
    )
    not_there = (
        f"not installed: {', '.join(missing)}"
        if missing
        else "every tool to compare with was there"
    )
    return "\n".join(line.rstrip() for line in [*lines, "", about, not_there]) + "\n"


def _times(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}"


def _milli(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def _write(
    path: str, measured: List[Measured], missing: List[str], runs: int, python: str, floor: int
) -> None:
    from json import dumps

    bare = measured[0].median
    told = {
        "schema": "guestcheck.bench/1",
        "runs": runs,
        "python": python,
        "kernel": os.uname().release,
        "cpus": os.cpu_count(),
        "peak_floor_bytes": floor,
        "programs": [
            {
                "name": one.program.name,
                "argv": list(one.program.argv),
                "median_ms": round(one.median * 1000, 3),
                "min_ms": round(one.least * 1000, 3),
                "cpu_ms": round(one.cpu * 1000, 3),
                "peak_bytes": one.peak,
                "to_bare": round(one.median / bare, 3),
                "trouble": one.trouble or None,
            }
            for one in measured
        ],
        "missing": missing,
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write(dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
