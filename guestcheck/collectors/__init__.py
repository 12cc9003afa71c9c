"""What records a guest where Python does not run: a file a kind of collector, and beside it the
text that it fills in.

A file here imports `model` alone: what is asked comes from the caller, and stands in what it makes,
so that a collector never asks less than the program that made it. What a collector writes is a
recording (see `sources/bundle.py`), so a guest recorded by one is judged like any other. To add
one: a file whose name is the word on the command line, and which is a `Collector`.
"""

from __future__ import annotations

from typing import Protocol, Sequence

from guestcheck.model.family import Family
from guestcheck.model.source import Question


class Collector(Protocol):
    """The file of a collector. `FAMILY` is the family of the guests that it runs in."""

    FAMILY: Family

    def make(self, questions: Sequence[Question[object]]) -> str:
        """Return the collector's text, with `questions` in it."""
