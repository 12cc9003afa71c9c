"""Inventory → Results: what a check finds, and how it ended."""

from typing import Callable, Iterator, NamedTuple, Optional, Tuple

from guestcheck.model.action import Action
from guestcheck.model.device import Inventory
from guestcheck.model.family import Family
from guestcheck.model.guest import Hint
from guestcheck.model.message import Text

PASS = "pass"  # looked, and it is as it should be
NOTE = "note"  # worth knowing
WARN = "warn"  # works, but should be changed
FAIL = "fail"  # broken, or would not boot
UNKNOWN = "unknown"  # could not be looked at
SKIP = "skip"  # does not apply here
ERROR = "error"  # the check itself crashed

# Worst first: the order in which results are shown.
OUTCOMES = (FAIL, WARN, ERROR, UNKNOWN, NOTE, PASS, SKIP)

# --fail-on: the outcomes that count, by the mildest one that does.
LEVELS = {"note": (NOTE, WARN, FAIL), "warn": (WARN, FAIL), "fail": (FAIL,), "never": ()}


class Finding(NamedTuple):
    """One result of a check about one `subject` (a device's or kernel's name, or "guest")."""

    outcome: str
    subject: str
    summary: str
    evidence: Tuple[Hint, ...] = ()
    actions: Tuple[Action, ...] = ()


Findings = Iterator[Finding]


class Only(NamedTuple):
    """The family that a check is for, and what it says of guests of others."""

    family: Family
    otherwise: str


class Check(NamedTuple):
    """A check: its id is its address, its docstring its page; `only` is None where it is for guests
    of all families.
    """

    id: str
    title: str
    page: str
    run: Callable[[Inventory], Findings]
    only: Optional[Only] = None


class Result(NamedTuple):
    """A finding with the id of its check and the remedy in words."""

    id: str
    outcome: str
    subject: str
    summary: Text
    why: str = ""
    evidence: Tuple[Hint, ...] = ()
    actions: Tuple[Action, ...] = ()


class CannotSayError(Exception):
    """Raised by a check that lacks a fact; the message names it."""
