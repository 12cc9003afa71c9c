"""One deadline for all that is read of a guest: images, archives and texts have bounds of their
own, and a hundred of them have this one together.
"""

from __future__ import annotations

from time import monotonic

LONGEST_RUN = 180.0  # seconds; the largest real sosreport with its images takes some 20


class Clock:
    """How long may still be read; it runs from when it is made."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds or LONGEST_RUN
        self._until = monotonic() + self.seconds

    @property
    def is_late(self) -> bool:
        """Tell whether nothing more may be read."""
        return self.left() <= 0

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._until - monotonic()

    @property
    def says(self) -> str:
        """Say why something was not read."""
        return f"not in time: all that is read of a guest may take {self.seconds:g} s together"
