"""Commands for a Windows guest that its release has, typed in cmd or PowerShell alike: what is
PowerShell's is started from either.

Since when there is what (Microsoft: "PnPUtil Command Syntax" and the modules' pages): pnputil's
words with a slash from Windows 10 1607, module PnpDevice from 10 and Server 2016, module Storage
and CIM's cmdlets from 8 and Server 2012. Where the build is not known the newer ones are named.
"""

from __future__ import annotations

from typing import Optional, Tuple

from guestcheck.catalogue.interfaces import ATA
from guestcheck.catalogue.rows import on_bus
from guestcheck.model.device import Inventory
from guestcheck.model.windows import VISTA, WINDOWS_8, WINDOWS_10

SLASHES = 14393  # the build of Windows 10 1607 and Server 2016
_HDC = on_bus(ATA)  # whose controllers are of the class HDC; others are of SCSIAdapter


def build_of(inventory: Inventory) -> Optional[int]:
    """Return the build of this Windows."""
    return inventory.guest.windows.build if inventory.guest.windows else None


def at_least(inventory: Inventory, build: int) -> bool:
    """Tell whether this Windows is of that build or newer, as one is taken to be whose build is not
    known.
    """
    mine = build_of(inventory)
    return mine is None or mine >= build


def controllers(inventory: Inventory, to: str) -> str:
    """Return what shows whether the controllers of disks work."""
    if not at_least(inventory, WINDOWS_10):
        return "devmgmt.msc"
    return (
        'powershell "Get-PnpDevice -PresentOnly '
        f"-Class {'HDC' if to in _HDC else 'SCSIAdapter'} | ft "
        'Status, FriendlyName, InstanceId"'
    )


def hidden_cards(inventory: Inventory) -> Tuple[str, ...]:
    """Return what shows network cards that are not there; Device Manager alone does in older ones."""
    shown = 'powershell "Get-PnpDevice -Class Net | Where Present -ne True | ft FriendlyName, InstanceId"'
    return (shown,) if at_least(inventory, WINDOWS_10) else ()


def bring_online(inventory: Inventory, number: str = "N") -> Tuple[str, ...]:
    """Return what shows disks and brings one online, by its number: never all that are offline,
    some may be a cluster's.
    """
    if at_least(inventory, WINDOWS_8):
        # 0 and not $false, which a PowerShell that this is typed in would put a text for.
        return (
            'powershell "Get-Disk | ft Number, FriendlyName, BusType, IsOffline, '
            'OfflineReason, IsClustered"',
            f'powershell "Set-Disk -Number {number} -IsOffline 0"',
            f'powershell "Set-Disk -Number {number} -IsReadOnly 0"',
        )
    return (
        "diskpart",
        "list disk",
        f"select disk {number}",
        "detail disk",
        "online disk",
        "attributes disk clear readonly",
    )


ONLY_MEANT = (
    "Only the disks that were moved (their FriendlyName is like *VirtIO* on virtio). Leave "
    "disks of a failover cluster and shared iSCSI or Fibre Channel "
    "LUNs as they are: written by two machines at once they lose their data."
)


def suspending(inventory: Inventory) -> str:
    """Return what suspends BitLocker until it is resumed; Windows 7 knows no other way, newer ones
    resume it at the next start if nothing is said.
    """
    return "manage-bde -protectors -disable C:" + (
        " -rebootcount 0" if at_least(inventory, WINDOWS_8) else ""
    )


def packages(inventory: Inventory) -> str:
    """Return what lists the driver packages of other makers."""
    if not at_least(inventory, VISTA):
        return "devmgmt.msc"  # XP and 2003 have no pnputil
    return "pnputil /enum-drivers" if at_least(inventory, SLASHES) else "pnputil -e"


def instances(inventory: Inventory, class_: str, shown: str, where: str = "") -> str:
    """Return what shows instances of a class of Windows' management database."""
    get = "Get-CimInstance" if at_least(inventory, WINDOWS_8) else "Get-WmiObject"
    only = f" -Filter '{where}'" if where else ""
    return f'powershell "{get} {class_}{only} | fl {shown}"'
