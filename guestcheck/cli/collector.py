"""`guestcheck collector`: print what records the evidence of a guest that has no Python."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import cast

from guestcheck.collectors import Collector
from guestcheck.discovery import names
from guestcheck.errors import EXIT_OK

SUMMARY = "print a script that records a guest without Python"


def configure(parser: ArgumentParser) -> None:
    """Add the words of the sub-command."""
    import guestcheck.collectors as package

    kinds = names(package)
    parser.add_argument(
        "kind",
        choices=kinds,
        metavar="KIND",
        help=f"what it is to run in: {', '.join(kinds)} (sh collect.sh [FILE]; powershell -File "
        "collect.ps1 [FILE])",
    )


def execute(options: Namespace) -> int:
    """Print the script, with all questions in it."""
    from importlib import import_module

    from guestcheck.evidence import questions

    collector = cast(Collector, import_module(f"guestcheck.collectors.{options.kind}"))
    sys.stdout.write(collector.make(questions(collector.FAMILY, deep=True)))
    return EXIT_OK
