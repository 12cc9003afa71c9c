"""`guestcheck [check]`: the report."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, FrozenSet, Iterable, List, Optional, Sequence, Tuple

from guestcheck.cli._named import add_detail, guests_named, with_gaps
from guestcheck.cli._policy import add_policy, chosen_policy
from guestcheck.cli._rendered import rendered
from guestcheck.cli._source import add_source
from guestcheck.errors import (
    EXIT_FINDINGS,
    EXIT_NO_EVIDENCE,
    EXIT_OK,
    GuestcheckError,
    UsageError,
    nearest,
)
from guestcheck.model.check import ERROR, FAIL, LEVELS, PASS, UNKNOWN, Result
from guestcheck.model.digits import number_of
from guestcheck.model.known import has_evidence
from guestcheck.model.report import Report, Sink
from guestcheck.output_file import PRIVATE, PUBLIC, write_output

if TYPE_CHECKING:
    from guestcheck.cli._several import Judge
    from guestcheck.model.several import Entry
    from guestcheck.model.source import Source
    from guestcheck.render.formats import Format

SUMMARY = "report what every disk and NIC is, on what evidence, and what to do"

# What a policy's verdict ends with.
VERDICTS = {PASS: EXIT_OK, FAIL: EXIT_FINDINGS, UNKNOWN: EXIT_NO_EVIDENCE}


def configure(parser: ArgumentParser) -> None:
    """Add the options of the report."""
    add_source(parser)
    add_detail(parser)
    chosen = parser.add_argument_group("checks")
    chosen.add_argument(
        "--select",
        metavar="ID,...",
        default="",
        help="run only these checks or families (nic, nic-emulated)",
    )
    chosen.add_argument(
        "--ignore", metavar="ID,...", default="", help="leave these checks or families out"
    )
    chosen.add_argument(
        "--fail-on",
        choices=tuple(LEVELS),
        default=None,
        help="exit with 1 from this outcome on (default: fail, or the policy's)",
    )
    chosen.add_argument(
        "--strict", action="store_true", help="exit with 3 if a check could not say"
    )
    add_policy(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "-f",
        "--format",
        action="append",
        metavar="FORMAT[:FILE]",
        help="terminal, text, json, html, junit, ... (guestcheck list formats); may be given again "
        "(default: terminal on a terminal, else text)",
    )
    output.add_argument(
        "--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)"
    )
    output.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show what passed, all evidence, and remedies for Windows too",
    )


def execute(options: Namespace) -> int:
    """Examine the source, write each format, and return the exit code."""
    formats = chosen_formats(options.format or [default_format()])
    try:
        named = guests_named(options)
        if named.all is not None:
            from guestcheck.cli._several import judge_all

            return judge_all(options, formats, named, _judge(options), "")
        report = _examine(options, named.one())
    except GuestcheckError as error:
        return failed(error, formats)
    report = report._replace(gaps=(*report.gaps, *named.gaps))
    for format_, path in formats:
        sink = sink_for(path, options)
        put(rendered(lambda one: format_.render(one, sink), report), path, format_)  # noqa: B023
    return own_code(report, formats, with_gaps(_code(report), named.gaps))


def _judge(options: Namespace) -> Judge:
    from guestcheck.model.several import Entry

    def judge(source: Source, name: str, number: int) -> Entry:
        report = _examine(options, source)
        return Entry(number, name, _code(report), report)

    return judge


def _code(report: Report) -> int:
    judged = report.judgement
    code = (
        VERDICTS[judged.outcome]
        if judged
        else exit_code(report.results, report.fail_on, report.strict)
    )
    return (
        code if code or has_evidence(report.inventory) else EXIT_NO_EVIDENCE
    )  # what lies beneath may be known, and nothing of the guest itself


Formats = Sequence[Tuple["Format", str]]


def chosen_formats(words: List[str]) -> Formats:
    """Return the format and the file of each -f; a wrong name is an error before the guest is
    examined.
    """
    return [(_renderer(name), path) for name, path in (_target(word) for word in words)]


def own_code(report: Report, formats: Formats, code: int) -> int:
    """Return the exit code: where standard output is read by something with codes of its own,
    theirs.
    """
    own = [one.exit_code(report) for one, path in formats if not path and one.exit_code]
    return own[0] if own else code


def failed(error: GuestcheckError, formats: Formats) -> int:
    """Tell an error where something else than a person reads standard output, in its words; raise
    it again where nothing does.
    """
    own = [one.trouble for one, path in formats if not path and one.trouble]
    if not own:
        raise error
    text, code = own[0](str(error))
    put(text, "")
    return code


def _examine(options: Namespace, source: Source) -> Report:
    from guestcheck.run import examine

    policy = chosen_policy(options)
    report = examine(source, _ids(options.select), _ids(options.ignore), policy)
    return report._replace(fail_on=options.fail_on or "fail", strict=options.strict)


def _ids(words: str) -> FrozenSet[str]:
    return frozenset(word.strip() for word in words.split(",") if word.strip())


def _target(word: str) -> Tuple[str, str]:
    name, _, path = word.partition(":")
    return name, path


def default_format() -> str:
    """Return the format that is shown where none was asked for."""
    return "terminal" if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else "text"


def _renderer(name: str) -> Format:
    from guestcheck.render.formats import folders, load

    names = [*folders()]
    if name not in names:
        raise UsageError(
            f"there is no format '{name}'; there are: {', '.join(names)}{nearest(name, names)}"
        )
    if name == "terminal":
        try:
            import rich  # noqa: F401
        except ImportError:
            sys.stderr.write("guestcheck: rich is not installed; -f text is shown instead\n")
            name = "text"
    return load(name)


def put(text: str, path: str, format_: Optional[Format] = None) -> None:
    """Write `text`, which the format made, to the file at `path`, or to standard output
    where that is "".
    """
    if path:
        write_file(path, text, _mode(format_))
        return
    stream = sys.stdout
    encoding = stream.encoding or "ascii"
    for start in range(
        0, len(text), _WRITTEN
    ):  # a report on thousands of devices is large, and copies of it are too
        stream.write(text[start : start + _WRITTEN].encode(encoding, "replace").decode(encoding))
    stream.flush()


_WRITTEN = 1 << 20  # characters at a time


def put_pieces(pieces: Iterable[str], path: str, format_: Format) -> None:
    """Write a text that comes in pieces, as `put` does."""
    if path:
        encoded = (piece.encode("utf-8") for piece in pieces)
        write_output(path, encoded, _mode(format_))
        return
    for piece in pieces:
        put(piece, "", format_)


def _mode(format_: Optional[Format]) -> int:
    return PUBLIC if format_ and format_.read_by_others else PRIVATE


def write_file(path: str, text: str, mode: int = PRIVATE) -> None:
    """Write `text` to `path` whole or not at all; see `output_file`."""
    write_output(path, text.encode("utf-8"), mode)


# Nobody has more columns; a larger number is a mistake, and drawing it would take all memory.
_WIDEST = 1000


def sink_for(path: str, options: Namespace) -> Sink:
    """Decide once what the place that a report goes to can show."""
    terminal = not path and sys.stdout.isatty()
    encoding = "utf-8" if path else sys.stdout.encoding or "ascii"
    try:
        "→│•".encode(encoding)
        takes_unicode = True
    except (UnicodeEncodeError, LookupError):
        takes_unicode = False
    colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width, verbose = sink_width(options.width, terminal), getattr(options, "verbose", False)
    return Sink(width, colour, takes_unicode, verbose)


def sink_width(width: Optional[int], terminal: bool) -> int:
    """Return the columns to fill: as many as asked for, else those of the terminal, else 80."""
    if width is None:
        told = number_of(os.environ.get("COLUMNS", ""), 6)
        width = told if told is not None else os.get_terminal_size(1).columns if terminal else 80
    return min(max(40, width or 80), _WIDEST)


def exit_code(results: Tuple[Result, ...], fail_on: str, strict: bool) -> int:
    """Return the exit code for `results`; a table of the codes is in the README."""
    outcomes: List[str] = [result.outcome for result in results]
    if any(outcome in LEVELS[fail_on] for outcome in outcomes):
        return EXIT_FINDINGS
    if strict and any(outcome in (UNKNOWN, ERROR) for outcome in outcomes):
        return EXIT_NO_EVIDENCE
    return EXIT_OK
