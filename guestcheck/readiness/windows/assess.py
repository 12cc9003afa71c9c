"""Whether Windows boots from another disk's controller, and has its network on another NIC.

A boot driver that is not started at boot, or is bound to nothing, ends in stop code 0x7B
(INACCESSIBLE_BOOT_DEVICE). `boots` is said only where all is there that virt-v2v writes into such a
guest before it boots from virtio: the file, a service with Start 0 that no StartOverride demotes,
and the device's ids bound to it. What all disks need has to start at boot too, and no filter on the
way may lack its driver. What of that was not read leaves it unknown.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.target import BOOTS, Readiness, Target
from guestcheck.model.windows import (
    Windows,
)
from guestcheck.readiness.verdicts import once, verdict
from guestcheck.readiness.windows.disk import (
    bad_builds,
    disk_reasons,
    disk_unseen,
    proof_of_boot,
    warnings,
)
from guestcheck.readiness.windows.network import assess_nics
from guestcheck.readiness.windows.shared import doubted


def assess(
    inventory: Inventory,
    targets: Sequence[Target],
    disks: Tuple[str, ...],
    nics: Tuple[str, ...],
) -> Tuple[Readiness, ...]:
    """Return for each target whether Windows would boot, or have its network there."""
    windows = inventory.guest.windows or Windows()
    found: List[Readiness] = []
    name = windows.name
    for target in targets:
        if target.kind == "disk":
            devices, same = _moved(target, inventory, disks)
            reasons = (
                ()
                if same
                else once(
                    doubted(
                        [
                            *disk_reasons(target, windows),
                            *bad_builds(target, windows),
                            *warnings(windows),
                        ],
                        windows,
                    )
                )
            )
            said = verdict("disk", reasons)
            proof = tuple(proof_of_boot(target, windows)) if said == BOOTS and not same else ()
            found.append(
                Readiness(
                    target.id,
                    "disk",
                    devices,
                    name,
                    True,
                    said,
                    reasons,
                    disk_unseen(target, windows),
                    proof,
                )
            )
        else:
            found += assess_nics(target, inventory, windows, name, nics)
    return tuple(found)


def _moved(target: Target, inventory: Inventory, names: Tuple[str, ...]) -> Tuple[str, bool]:
    """Return which disks are moved, and whether they are what they would be."""
    disks = inventory.disks or ()
    moved = [disk for disk in disks if (disk.name in names if names else "root" in disk.roles)]
    return " ".join(disk.name for disk in moved), bool(moved) and all(
        disk.verdict.interface == target.id for disk in moved
    )
