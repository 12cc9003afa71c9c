"""The verdicts on a Linux guest's devices hold as they are: ids and drivers decide, and their words
are Linux'.
"""

from __future__ import annotations

from typing import Optional, Tuple

from guestcheck.model.device import Controller, Disk, Nic
from guestcheck.model.guest import Guest

Devices = Tuple[
    Optional[Tuple[Disk, ...]], Optional[Tuple[Nic, ...]], Optional[Tuple[Controller, ...]]
]


def reworded(
    guest: Guest,
    disks: Optional[Tuple[Disk, ...]],
    nics: Optional[Tuple[Nic, ...]],
    controllers: Optional[Tuple[Controller, ...]],
) -> Devices:
    """Return the devices as they are."""
    del guest
    return disks, nics, controllers
