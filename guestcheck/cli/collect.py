"""`guestcheck collect`: record the evidence of this guest, to judge it later or elsewhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from guestcheck.errors import EXIT_OK

SUMMARY = "record this guest's evidence in an archive, to judge it elsewhere"


def configure(parser: ArgumentParser) -> None:
    """Add the options of the recording."""
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the archive to write (FILE.tar.gz)")


def execute(options: Namespace) -> int:
    """Ask this guest everything and write the answers down."""
    from guestcheck.evidence import questions
    from guestcheck.sources.bundle import write
    from guestcheck.sources.live import Live

    raw = Live().gather(questions(deep=True))  # what the recording lacks can never be asked again
    size = write(raw, options.output)
    sys.stderr.write(f"guestcheck: {sum(map(len, raw.answers.values()))} answers, {size} bytes in {options.output}\n")
    return EXIT_OK
