"""Advice → Report: everything a format needs, and nothing more to decide."""

from time import gmtime, strftime
from typing import Dict, NamedTuple, Optional, Tuple

from guestcheck.model.advice import Step
from guestcheck.model.check import Result
from guestcheck.model.device import Inventory
from guestcheck.model.policy import Judgement
from guestcheck.model.source import Gap
from guestcheck.model.target import Readiness


class Report(NamedTuple):
    """What is said of one guest. `remedies` holds, by the number of the result in `results`, the
    steps to take; `repairs` likewise by that of

    the verdict in `readiness`, which has one for each emulated device and kernel. `judgement` is
    what the policy says, where there is one. With `preflight` it says what preflight found, in this
    form: `readiness` and `results` are of the targets that were asked for, `besides` as of
    `Preflight`; with `as_table` people are shown a table of the
    targets. `fail_on` and `strict` are what the exit code goes by.
    """

    version: str
    time: str
    inventory: Inventory
    results: Tuple[Result, ...]
    remedies: Dict[int, Tuple[Step, ...]]
    gaps: Tuple[Gap, ...]
    readiness: Tuple[Readiness, ...] = ()
    repairs: Dict[int, Tuple[Step, ...]] = {}
    judgement: Optional[Judgement] = None
    preflight: bool = False
    fail_on: str = "fail"
    strict: bool = False
    besides: Tuple[Readiness, ...] = ()
    as_table: bool = False


class Preflight(NamedTuple):
    """What is said of moving a guest's disks and cards. `repairs` holds, by the number of the
    verdict in `readiness`, the steps to take.

    `results` say the same in the form of a report's, and with a policy what its checks and rules
    found; `remedies` are theirs. `besides` are verdicts that nobody asked for and that are told for
    information alone: on Windows those on virtio-blk and virtio-scsi.
    """

    version: str
    time: str
    inventory: Inventory
    readiness: Tuple[Readiness, ...]
    repairs: Dict[int, Tuple[Step, ...]]
    gaps: Tuple[Gap, ...]
    results: Tuple[Result, ...] = ()
    remedies: Dict[int, Tuple[Step, ...]] = {}
    judgement: Optional[Judgement] = None
    besides: Tuple[Readiness, ...] = ()


def as_report(preflight: Preflight) -> Report:
    """Return what preflight found in the form of a report, which every format can show."""
    return Report(
        preflight.version,
        preflight.time,
        preflight.inventory,
        preflight.results,
        preflight.remedies,
        preflight.gaps,
        readiness=preflight.readiness,
        repairs=preflight.repairs,
        judgement=preflight.judgement,
        preflight=True,
        besides=preflight.besides,
    )


class Sink(NamedTuple):
    """What the place that a report goes to can show: columns, colour, and whether it takes more
    than ASCII.
    """

    width: int = 80
    colour: bool = False
    unicode: bool = True
    verbose: bool = False


def now() -> str:
    """Return the time of a report: now, in UTC."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
