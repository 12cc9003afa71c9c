"""Every guest of the lab, and so the truth: what was attached, hence what must be said.

To add a guest, write a `Guest` in the module of its kind and name it in that module's `GUESTS`.
Nothing else knows it.
"""

from __future__ import annotations

from lab.errors import LabError
from lab.guest import Guest
from lab.guests import buses, mixed, scale, stacks

GUESTS: tuple[Guest, ...] = (*buses.GUESTS, *mixed.GUESTS, *stacks.GUESTS, *scale.GUESTS)


def named(name: str) -> Guest:
    """The guest called `name`."""
    for guest in GUESTS:
        if guest.name == name:
            return guest
    raise LabError(
        f"no guest is called {name}; they are: {' '.join(guest.name for guest in GUESTS)}"
    )
