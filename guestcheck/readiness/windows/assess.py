"""Would a Windows guest boot, and have its network, if its disk or NIC were another."""

from __future__ import annotations

from typing import Sequence, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.target import Readiness, Target
from guestcheck.readiness.windows.drivers import assess_windows


def assess(
    inventory: Inventory,
    targets: Sequence[Target],
    disks: Tuple[str, ...],
    nics: Tuple[str, ...],
) -> Tuple[Readiness, ...]:
    """Return a verdict for each target."""
    windows = inventory.guest.windows
    return assess_windows(inventory, windows, targets, disks, nics) if windows else ()
