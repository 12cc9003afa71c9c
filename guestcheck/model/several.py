"""Several guests, judged one after the other: what is kept of each, and what is said of all."""

from typing import NamedTuple, Optional, Tuple

from guestcheck.model.report import Preflight, Report
from guestcheck.model.source import Gap


class Entry(NamedTuple):
    """One guest while it is in memory: its number from 1 on, its name below the argument, and its
    report or its error.

    `preflight` is there where that was asked for; `report` is then the same in a report's form.
    `code` is the exit code that it would end with alone.
    """

    number: int
    name: str
    code: int
    report: Optional[Report] = None
    preflight: Optional[Preflight] = None
    error: str = ""
    version: str = ""


class Count(NamedTuple):
    """How many disks or network cards a guest has, and how many of them are emulated or could not
    be told.
    """

    all: int
    emulated: int
    unknown: int


class Row(NamedTuple):
    """What stays of a guest: a line.

    `disks` and `nics` are None where it is not known which there are; `says` is the worst finding,
    what the policy says, or the verdicts of preflight; `outcome` is that of the worst result, ""
    where there is no report.
    """

    number: int
    name: str
    code: int
    host: str = ""
    disks: Optional[Count] = None
    nics: Optional[Count] = None
    says: str = ""
    outcome: str = ""
    gaps: int = 0
    error: str = ""


class Listing(NamedTuple):
    """What is said of all: `rows` in the order in which the guests were found, and what was found
    and not judged.

    `source` is what the command line named, `command` the command line that shows one of them
    whole.
    """

    version: str
    time: str
    source: str
    rows: Tuple[Row, ...]
    gaps: Tuple[Gap, ...]
    code: int
    command: str
    preflight: bool = False
