"""`guestcheck diff A B`: what changed between two recordings or reports."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from typing import Dict, FrozenSet, Set, Tuple

from guestcheck.errors import EXIT_FINDINGS, EXIT_OK, NoEvidenceError, UsageError
from guestcheck.model.report import Report, Sink

SUMMARY = "say what changed between two recordings or reports"

FORMATS = ("text", "json")  # those that define `compared`; a test holds them equal
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
        "-f", "--format", choices=FORMATS, default="text", help="text or json (default: text)"
    )
    output.add_argument(
        "--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)"
    )
    parser.epilog = "exit codes: 0 no difference, 1 differences, 2 wrong usage,\n3 nothing to look at in one of them"


def execute(options: Namespace) -> int:
    """Compare, print, and return 1 where there is a difference."""
    from guestcheck import __version__
    from guestcheck.compare import compare
    from guestcheck.render.formats import load

    before, known_before = _told(options.before)
    after, known_after = _told(options.after or "")
    comparison = compare(__version__, before, after, known_before, known_after)
    encoding = sys.stdout.encoding or "ascii"
    compared = load(options.format).compared
    text = compared(comparison, _sink(options, encoding)) if compared else ""
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    return EXIT_FINDINGS if comparison.differs else EXIT_OK


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
        return {
            **read_report(sys.stdin.buffer.read(_LARGEST_REPORT), "standard input"),
            "source": "standard input",
        }, {}
    return _examined(path)


def _read(path: str) -> bytes:
    """Return the file's bytes where it is a report; of another its beginning."""
    try:
        with open(path, "rb") as file:
            data = file.read(_MARK_WITHIN)
            if any(mark in data for mark in _MARKS):
                data += file.read(_LARGEST_REPORT)
                if file.read(1):
                    raise NoEvidenceError(f"{path}: too large for a report")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
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


def _sink(options: Namespace, encoding: str) -> Sink:
    from guestcheck.cli.check import sink_width

    return Sink(
        sink_width(options.width, sys.stdout.isatty()),
        False,
        encoding.lower().replace("-", "").startswith("utf"),
        False,
    )
