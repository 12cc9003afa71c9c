"""Disks and volumes of a Windows guest."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue.buses import LAYERS
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.evidence.windows.devices import PnpDevice
from guestcheck.evidence.windows.disks import WINDOWS_DISKS, Volume, WindowsDisk
from guestcheck.evidence.windows.system import WindowsSystem
from guestcheck.facts.windows.devices import (
    ACCELERATOR,
    GUID,
    HARDWARE,
    PCI,
    Devices,
    chain_of,
    class_of,
    link_of,
)
from guestcheck.model.guest import (
    BlockDevice,
    Link,
)
from guestcheck.model.source import Evidence

# MSFT_Disk.BusType (Windows Storage Management API) in lsblk's words; 1 (SCSI), 8 (RAID) and 10
# (SAS) are what drivers of any disk claim.
_TRANSPORTS = {row.windows_bus: row.transports[0] for row in INTERFACES if row.windows_bus}
_OPENED_BY_WINDOWS = tuple(row.windows_bus for row in INTERFACES if row.is_opened_by_guest)
_MADE_BY_WINDOWS = (14, 15, 16)  # virtual, file-backed virtual, storage spaces


def block_devices(
    evidence: Evidence, devices: Devices, system: Optional[WindowsSystem]
) -> Optional[Tuple[BlockDevice, ...]]:
    """Return the disks and volumes; None where they were not asked for."""
    told = evidence.get(WINDOWS_DISKS)
    if told is None:
        return None
    accelerated = _accelerated(told.disks, devices)
    found: List[BlockDevice] = []
    for disk in told.disks:
        chain = (
            (link_of(disk.device, devices), accelerated[disk.number])
            if disk.number in accelerated
            else _way(disk, devices)
        )
        says = next(
            (devices.drivers[path] for path in _paths(chain, devices) if path in devices.drivers),
            "",
        )
        found.append(_disk(disk, chain, says))
        found += [
            _volume(volume, disk, system) for volume in told.volumes if volume.disk == disk.number
        ]
    return (
        *found,
        *(
            BlockDevice(name.rstrip(":"), "rom", path=device, source="Win32_CDROMDrive")
            for name, device in told.optical
        ),
    )


def _paths(chain: Tuple[Link, ...], devices: Devices) -> List[str]:
    """Return the ids, in capitals, of what is on the way up from a device, the device left out."""
    names = {address: identity for identity, address in devices.addresses.items()}
    return [names.get(link.name, link.name.upper()) for link in chain[1:]]


def _way(disk: WindowsDisk, devices: Devices) -> Tuple[Link, ...]:
    chain = chain_of(disk.device, devices)
    if (
        len(chain) == 1
        and chain[0].subsystem in LAYERS
        and not disk.doubtful
        and disk.bus not in (*_OPENED_BY_WINDOWS, *_MADE_BY_WINDOWS)
    ):
        only = _only_controller(devices)
        if only:
            return (*chain, link_of(only, devices))
    return chain


def _only_controller(devices: Devices) -> str:
    """Return the storage controller where there is but one, "" else: iSCSI's and others of Windows'
    own making count too.
    """
    found = [device.id for device in devices.by_id.values() if _stores(device)]
    if any(
        device.id.upper().startswith(("PCI\\VEN_5853", "XEN")) for device in devices.by_id.values()
    ):
        return ""  # Xen's disks hang on no controller on PCI
    return found[0] if len(found) == 1 else ""


def _stores(device: PnpDevice) -> bool:
    matched, guid = PCI.match(device.id), GUID.match(device.id)
    if matched:
        virtio = matched[1].lower() == "1af4" and matched[2].lower() in (
            "1001",
            "1042",
            "1004",
            "1048",
        )
        return virtio or (class_of(device).startswith("01") and matched[1].lower() != "5853")
    if guid:
        return guid[1].lower() in ("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f", ACCELERATOR)
    return device.id.upper().startswith(
        ("XENVBD\\", "ROOT\\ISCSIPRT", "ROOT\\SPACEPORT", "ROOT\\VHDMP")
    )


def _accelerated(disks: Tuple[WindowsDisk, ...], devices: Devices) -> Dict[int, Link]:
    """Return, of Hyper-V's IDE disks by number, the VMBus channels by which Windows reads them
    instead, if there is one for each.
    """
    channels = []
    for device in devices.by_id.values():
        guid = GUID.match(device.id)
        if guid and guid[1].lower() == ACCELERATOR and device.problem == 0 and device.service:
            channels.append(device.id)
    imitated = [
        disk.number for disk in disks if disk.device.upper().startswith("IDE\\DISKVIRTUAL_HD")
    ]
    return (
        {number: link_of(channel, devices) for number, channel in zip(imitated, channels)}
        if len(channels) >= len(imitated)
        else {}
    )


def _disk(disk: WindowsDisk, chain: Tuple[Link, ...], says: str) -> BlockDevice:
    model = disk.model
    for end in (" SCSI Disk Device", " ATA Device", " USB Device"):
        model = model[: -len(end)] if model.endswith(end) else model
    return BlockDevice(
        name=f"PhysicalDrive{disk.number}",
        type="virtual" if disk.bus in _MADE_BY_WINDOWS else "disk",
        path=disk.device,
        size_bytes=disk.size,
        chain=chain if any(link.subsystem in HARDWARE for link in chain) else (),
        model=model,
        serial=disk.serial.strip(),
        transport=_TRANSPORTS.get(disk.bus or 0, ""),
        driver_says=says,
        source="Win32_DiskDrive",
        offline=disk.offline,
    )


def _volume(volume: Volume, disk: WindowsDisk, system: Optional[WindowsSystem]) -> BlockDevice:
    mounts = []
    if volume.boot:
        mounts.append("EFI system partition" if volume.gpt else "active partition")
    if system and system.drive and system.drive in volume.letters:
        mounts.append("Windows")
    elif volume.letters:
        mounts.append("data")
    return BlockDevice(
        name=f"PhysicalDrive{disk.number} partition {volume.place + 1}",
        type="part",
        size_bytes=volume.size,
        parents=(f"PhysicalDrive{disk.number}",),
        filesystem=volume.filesystem,
        mounts=tuple(mounts),
        mapper_name=" ".join(volume.letters) or f"partition {volume.place + 1}",
    )
