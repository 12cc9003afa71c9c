"""A piece of evidence, as every stage hands it on."""

from typing import NamedTuple


class Hint(NamedTuple):
    """One piece of evidence: where it was read and what it says there."""

    source: str
    says: str
