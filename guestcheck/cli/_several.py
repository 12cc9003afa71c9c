"""Several guests on one command line: which there are, and each judged after the other.

Nothing of a guest stays in memory but its line: what a format says of it goes to a temporary file
until all are judged.
"""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import ExitStack
from shlex import quote
from tempfile import SpooledTemporaryFile
from time import gmtime, strftime
from typing import TYPE_CHECKING, Callable, Iterator, List, Sequence, Tuple

from guestcheck import __version__
from guestcheck.cli._named import Named, names
from guestcheck.cli._progress import Progress
from guestcheck.errors import (
    EXIT_FINDINGS,
    EXIT_INTERNAL,
    EXIT_NO_EVIDENCE,
    EXIT_OK,
    EXIT_USAGE,
    GuestcheckError,
    NoEvidenceError,
    UsageError,
)
from guestcheck.model.report import Sink
from guestcheck.model.several import Entry, Listing, Row
from guestcheck.model.source import Gap, Source
from guestcheck.sources._guest_nodes import Found

if TYPE_CHECKING:
    from guestcheck.render.formats import Format

# Of several guests the worst counts. What was found in one is not hidden by another that could not
# be read.
WORST = (EXIT_OK, EXIT_NO_EVIDENCE, EXIT_FINDINGS, EXIT_USAGE, EXIT_INTERNAL)

Judge = Callable[[Source, str, int], Entry]
_IN_MEMORY = 32 << 20


def judge_all(
    options: Namespace,
    formats: Sequence[Tuple[Format, str]],
    named: Named,
    judge: Judge,
    about: str,
) -> int:
    """Judge each guest, write each format, and return the exit code; `about` is the sub-command."""
    for format_, _ in formats:
        if not format_.whole:
            raise UsageError(
                f"-f {format_.name} is of one guest, and here are several; add --detail with one "
                f"of: {names(options)}"
            )
    with ExitStack() as stack:
        spools = [stack.enter_context(_Spool()) for _ in formats]
        return _judge_all(options, formats, named, judge, about, spools)


def _judge_all(
    options: Namespace,
    formats: Sequence[Tuple[Format, str]],
    named: Named,
    judge: Judge,
    about: str,
    spools: "Sequence[_Spool]",
) -> int:
    from guestcheck.cli.check import put_pieces, sink_for
    from guestcheck.render.escaping import plain

    sinks = [sink_for(path, options) for _, path in formats]
    chosen = [format_ for format_, _ in formats]
    rows: List[Row] = []
    gaps: List[Gap] = []
    progress = Progress()
    for found in named.all or ():
        if isinstance(found, Gap):
            gaps.append(found)
            continue
        progress.show(f"guest {len(rows) + 1}: {plain(found.name)}")
        row, parts = _told(found, len(rows) + 1, judge, chosen, sinks)
        rows.append(row)
        for part, spool in zip(parts, spools):
            spool.add(part)
        del found
    progress.erase()
    listing = _listing(options, rows, gaps, about)
    for (format_, path), sink, spool in zip(formats, sinks, spools):
        if format_.whole:
            put_pieces(format_.whole(listing, spool.parts(), sink), path, format_)
    own = [
        format_.code_of(listing, spool.parts())
        for (format_, path), spool in zip(formats, spools)
        if not path and format_.code_of
    ]
    return own[0] if own else listing.code


def _told(
    found: Found,
    number: int,
    judge: Judge,
    formats: Sequence[Format],
    sinks: Sequence[Sink],
) -> Tuple[Row, List[str]]:
    """Judge a guest and return its line and what each format says of it; what goes wrong with one
    is said there.
    """
    from guestcheck.render.several import row_of

    try:
        entry = _judged(found, number, judge)._replace(version=__version__)
        return row_of(entry), _parts(entry, formats, sinks)
    except UsageError:
        raise  # it is wrong for every guest
    except GuestcheckError as error:
        code, says = error.exit_code, str(error)
    except Exception as error:
        if os.environ.get("GUESTCHECK_DEBUG"):
            raise
        code, says = EXIT_INTERNAL, f"a bug: {type(error).__name__}: {error}"
    path, _, rest = says.partition(": ")
    says = rest if rest and os.path.basename(path) == os.path.basename(found.place) else says
    entry = Entry(number, found.name, code, error=says, version=__version__)
    return row_of(entry), _parts(entry, formats, sinks)


def _parts(entry: Entry, formats: Sequence[Format], sinks: Sequence[Sink]) -> List[str]:
    return [one.part(entry, sink) for one, sink in zip(formats, sinks) if one.part]


def _judged(found: Found, number: int, judge: Judge) -> Entry:
    try:
        source = found.open()
    except UsageError as error:  # for want of a program that unpacks, say: of this guest alone
        raise NoEvidenceError(str(error)) from error
    return judge(source, found.name, number)


def _listing(options: Namespace, rows: Sequence[Row], gaps: Sequence[Gap], about: str) -> Listing:
    lost = [EXIT_NO_EVIDENCE] if any(gap.leaves_open for gap in gaps) else []
    code = max([EXIT_OK, *lost, *(row.code for row in rows)], key=WORST.index)
    words = ["guestcheck", *([about] if about else []), *map(quote, options.source)]
    targets = [
        word for target in getattr(options, "target", []) for word in ("--target", quote(target))
    ]
    command = " ".join(
        [
            *words,
            *targets,
            *(["--all"] if getattr(options, "all", False) else []),
            "--detail",
            "GUEST",
        ]
    )
    time = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
    return Listing(
        __version__,
        time,
        " ".join(options.source),
        tuple(rows),
        tuple(gaps),
        code,
        command,
        bool(about),
    )


class _Spool:
    """Texts that are kept one after the other, on the disk where they are many."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (it lives as long as this)
        self._sizes: List[int] = []

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, text: str) -> None:
        """Keep a text."""
        self._sizes.append(self._file.write(text.encode("utf-8", "backslashreplace")))

    def parts(self) -> Iterator[str]:
        """Yield the texts, in their order."""
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size).decode("utf-8")
