"""What is so: the records of many questions joined into one `Guest`. A file a subject; each says
which question wins.

A file here imports `model` and the record types of `evidence`; each family has a folder, and its
file `guest` joins all. To add a fact: a field in `model/guest.py` with None for unknown, and a
function here that builds it from `evidence.get(QUESTION)`.
"""

from __future__ import annotations

from typing import Callable, Protocol

from guestcheck.discovery import of_family
from guestcheck.model.family import Family
from guestcheck.model.guest import Guest
from guestcheck.model.source import Evidence


class Facts(Protocol):
    """The file `guest` in the folder of a family."""

    def build(self, evidence: Evidence) -> Guest:
        """Join all evidence into one guest."""


def builder(family: Family) -> Callable[[Evidence], Guest]:
    """Return what joins the evidence of such a guest; to import it takes a while."""
    facts: Facts = of_family(__name__, family, "guest")
    return facts.build


def build(evidence: Evidence) -> Guest:
    """Join all evidence into one guest."""
    return builder(evidence.family)(evidence)
