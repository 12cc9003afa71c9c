"""Which moves of a Windows guest are judged without being asked for: to virtio's disks too, because
often one of their two drivers is there and the other is not.
"""

from __future__ import annotations

from typing import List, Tuple

from guestcheck.catalogue.rows import TARGETS
from guestcheck.model.device import EMULATED, Inventory
from guestcheck.model.target import Target
from guestcheck.readiness.moves import Move, faster


def moves(inventory: Inventory) -> List[Move]:
    """Return a move of the system's disk to what is faster here where it is emulated, then to each
    of virtio's; and one for each emulated NIC.
    """
    on_emulated = any(
        disk.verdict.kind == EMULATED for disk in inventory.disks or () if "root" in disk.roles
    )
    targets = dict.fromkeys(
        (
            *((faster("disk", inventory),) if on_emulated else ()),
            *(target.id for target in TARGETS if target.virtio and target.kind == "disk"),
        )
    )
    return [
        *(Move("", "disk", target) for target in targets),
        *(
            Move(nic.name, "nic", faster("nic", inventory))
            for nic in inventory.nics or ()
            if nic.verdict.kind == EMULATED and nic.name
        ),
    ]


def usual_targets(inventory: Inventory) -> Tuple[Target, ...]:
    """Return virtio's disks, and where the guest has a NIC virtio's NIC."""
    windows = inventory.guest.windows
    has_nic = any(nic.name for nic in inventory.nics or ()) or any(
        not one.ghost for one in (windows and windows.addresses) or ()
    )
    kinds = ("disk", "nic") if has_nic else ("disk",)
    return tuple(target for target in TARGETS if target.virtio and target.kind in kinds)


def images_to_read(inventory: Inventory) -> Tuple[str, ...]:
    """Return nothing: Windows has no initramfs."""
    del inventory
    return ()
