"""What differs in a Windows guest: the words for what would settle a verdict, and Hyper-V's IDE
disks, which show themselves as imitated.

Where Windows has a VMBus channel for such a disk, that was taken for its bus. Where none was seen,
the disk may be read through one all the same: Windows has had the driver for it (storflt) since
2008, and the disk looks the same with and without.
"""

from __future__ import annotations

from typing import Optional, Tuple, TypeVar

from guestcheck.model.device import EMULATED, UNKNOWN, Controller, Disk, Nic
from guestcheck.model.guest import Guest, Hint

_ON_HYPER_V = "IDE\\DISKVIRTUAL_HD"
_SETTLES = (
    "its hardware ids (Device Manager: Details, Hardware Ids), or the machine's definition on the "
    "host"
)
_WHICH_MACHINE = "what this runs on: msinfo32, System Manufacturer and System Model"

Device = TypeVar("Device", Disk, Nic, Controller)
Devices = Tuple[
    Optional[Tuple[Disk, ...]], Optional[Tuple[Nic, ...]], Optional[Tuple[Controller, ...]]
]


def reworded(
    guest: Guest,
    disks: Optional[Tuple[Disk, ...]],
    nics: Optional[Tuple[Nic, ...]],
    controllers: Optional[Tuple[Controller, ...]],
) -> Devices:
    """Return the devices with verdicts that hold for Windows and speak its words."""
    paths = {block.name: block.path.upper() for block in guest.block or ()}
    if disks is not None:
        disks = tuple(
            _hyper_v(disk) if paths.get(disk.name, "").startswith(_ON_HYPER_V) else disk
            for disk in disks
        )
    return (
        None if disks is None else tuple(map(_words, disks)),
        None if nics is None else tuple(map(_words, nics)),
        None if controllers is None else tuple(map(_words, controllers)),
    )


def _hyper_v(disk: Disk) -> Disk:
    if disk.verdict.kind != EMULATED:
        return disk
    hint = Hint(
        "catalogue",
        "Hyper-V's IDE disk: Windows reads it through VMBus where its accelerator (storflt) "
        "has a channel, and none was seen",
    )
    settle = (
        "whether Device Manager has a VMBus device {32412632-86cb-44a2-9b5c-50d1417354f5} "
        "(View: Show "
        "hidden devices)"
    )
    return disk._replace(
        verdict=disk.verdict._replace(
            kind=UNKNOWN, evidence=(*disk.verdict.evidence, hint), settle=settle
        )
    )


def _words(device: Device) -> Device:
    settle = device.verdict.settle
    if not settle or "Device Manager" in settle:
        return device
    machine = "systemd-detect-virt" in settle
    return device._replace(
        verdict=device.verdict._replace(settle=_WHICH_MACHINE if machine else _SETTLES)
    )
