"""`guestcheck collect`: record the evidence of this guest or of another source, to judge it later
or elsewhere.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from guestcheck.cli._progress import Progress
from guestcheck.cli._source import add_source, open_named
from guestcheck.errors import EXIT_OK
from guestcheck.model.source import Raw

SUMMARY = "record a guest's evidence in an archive, to judge it elsewhere"


def configure(parser: ArgumentParser) -> None:
    """Add the options of the recording."""
    add_source(parser, "what to record: an archive, a recording, pasted text (default: this guest)")
    output = parser.add_argument_group("output")
    output.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the archive to write (FILE.tar.gz)"
    )
    output.add_argument(
        "--redact",
        action="store_true",
        help="replace addresses, serial numbers, UUIDs, host and user names; each value has the "
        "same token everywhere. Comments, unknown words of command "
        "lines and network shares are left out. Labels and the names of volume groups, "
        "volumes, arrays, connections, files and mount points stay: look "
        "before you send it",
    )


def execute(options: Namespace) -> int:
    """Ask the source everything and write the answers down."""
    from guestcheck.privacy.lines import hide
    from guestcheck.sources.bundle import check_place, write

    check_place(options.output)
    raw = hide(_gather(options))
    if options.redact:
        from guestcheck.privacy.redact import LEFT, redact

        raw = redact(raw)
    size = write(raw, options.output, options.redact)
    if options.redact:
        sys.stderr.write(f"guestcheck: not replaced: {LEFT}; look before you send it\n")
    answers = [answer for given in raw.answers.values() for answer in given]
    found = sum(
        1 for answer in answers if answer.text
    )  # what was asked for and is not there is written down too, and is no find
    sys.stderr.write(
        f"guestcheck: {found} answers, {len(answers) - found} not to be had, {size} bytes "
        f"in {options.output}\n"
    )
    return EXIT_OK


def _gather(options: Namespace) -> Raw:
    from guestcheck.evidence import questions

    source = open_named(options.source, options.root)
    progress = Progress()
    if hasattr(source, "watch"):
        source.watch = lambda done, total, waiting: progress.show(
            f"{done} of {total} questions, waiting for: {waiting}"
        )
    try:
        # Everything: what the recording lacks can never be asked again.
        return source.gather(questions(source.family, deep=True))
    finally:
        progress.erase()
        source.close()  # also when it was interrupted: no program that was started stays behind
