"""`guestcheck diff A B`: what changed between two recordings or reports."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, BinaryIO, Dict, FrozenSet, List, Set, Tuple

from guestcheck.errors import EXIT_FINDINGS, EXIT_OK, NoEvidenceError, UsageError
from guestcheck.model.report import Report, Sink

if TYPE_CHECKING:
    from guestcheck.cli.check import Formats

SUMMARY = "say what changed between two recordings or reports"

_LARGEST_REPORT = 128 << 20  # 18,278 emulated disks on an unknown platform have 91 MB
_MARKS = (b'"guestcheck.report/', b'"guestcheck.guests/')
_MARK_WITHIN = 4096

Told = Tuple[Dict[str, object], Dict[str, FrozenSet[str]]]


def configure(parser: ArgumentParser) -> None:
    """Add the words of the comparison."""
    group = parser.add_argument_group("input")
    group.add_argument(
        "before", metavar="A", help="a recording, an archive, or a report written by -f json"
    )
    group.add_argument(
        "after", metavar="B", nargs="?", help="another of them (default: this guest)"
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "-f",
        "--format",
        action="append",
        metavar="FORMAT[:FILE]",
        help="terminal, text, html, markdown or json; may be given again (default: terminal on a "
        "terminal, else text)",
    )
    output.add_argument(
        "--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)"
    )
    parser.epilog = "exit codes: 0 no difference, 1 differences, 2 wrong usage,\n3 nothing to look at in one of them"


def execute(options: Namespace) -> int:
    """Compare, print, and return 1 where there is a difference."""
    from guestcheck import __version__
    from guestcheck.cli.check import default_format, put, sink_for
    from guestcheck.compare import compare

    formats = _formats(options.format or [default_format()])
    before, known_before = _told(options.before)
    after, known_after = _told(options.after or "")
    comparison = compare(__version__, before, after, known_before, known_after)
    for format_, path in formats:
        if format_.compared:
            put(format_.compared(comparison, sink_for(path, options)), path, format_)
    return EXIT_FINDINGS if comparison.differs else EXIT_OK


def _formats(words: List[str]) -> Formats:
    """Return the format and the file of each -f, all of which can show a comparison."""
    from guestcheck.cli.check import chosen_formats
    from guestcheck.render.formats import comparing

    formats = chosen_formats(words)
    for format_, _ in formats:
        if not format_.compared:
            raise UsageError(
                f"-f {format_.name} shows no comparison; these do: {', '.join(comparing())}"
            )
    return formats


def _told(path: str) -> Told:
    """Return the report on what `path` names in its JSON form, and by disk the UUIDs on it, where
    they are known.
    """
    from guestcheck.compare import read_report

    if path and path != "-" and os.path.isfile(path):
        data = _read(path)
        if data.lstrip()[:1] == b"{" and any(mark in data[:_MARK_WITHIN] for mark in _MARKS):
            return {**read_report(data, path), "source": path}, {}
    elif path == "-":
        data = _rest(sys.stdin.buffer, "standard input")
        return {**read_report(data, "standard input"), "source": "standard input"}, {}
    return _examined(path)


def _read(path: str) -> bytes:
    """Return the file's bytes where it is a report; of another its beginning."""
    try:
        with open(path, "rb") as file:
            data = file.read(_MARK_WITHIN)
            if any(mark in data for mark in _MARKS):
                data += _rest(file, path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    return data


def _rest(file: BinaryIO, name: str) -> bytes:
    """Return what a report has from here on; one of which only the beginning is read is none."""
    data = file.read(_LARGEST_REPORT)
    if file.read(1):
        most = _LARGEST_REPORT >> 20
        raise NoEvidenceError(f"{name}: too large for a report, which has {most} MiB at most")
    return data


def _examined(path: str) -> Told:
    from guestcheck.cli._source import open_named
    from guestcheck.compare import compared
    from guestcheck.render.machine import json as json_format
    from guestcheck.run import examine

    report = examine(open_named([path] if path else []))
    # Steps are not compared, and of thousands of devices they are a hundred megabytes.
    report = report._replace(remedies={}, repairs={})
    uuids = _uuids(report)
    text = json_format.render(report, Sink())
    del report  # before as much again is made of its text
    # When a recording was judged, which is now, tells nothing.
    return {**compared(text), "time": None}, uuids


def _uuids(report: Report) -> Dict[str, FrozenSet[str]]:
    """Return by disk the UUIDs of the file systems and volumes on it and on its partitions."""
    found: Dict[str, Set[str]] = {disk.name: set() for disk in report.inventory.disks or ()}
    for device in report.inventory.guest.block or ():
        for name in (device.name, *device.parents):
            # Of what several disks carry together (a volume, an array) the UUID is no mark of one.
            if device.uuid and name in found and (name == device.name or device.type == "part"):
                found[name].add(device.uuid.lower())
    return {name: frozenset(uuids) for name, uuids in found.items()}
