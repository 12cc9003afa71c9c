"""A Windows guest: its devices joined into the same records as those of Linux, so that they are
judged by the same ids.

Win32_PnPEntity decides which devices there are, what their ids are and which have a driver; the
associations of controllers make the way up from a disk, Win32_PnPSignedDriver tells where on the
PCI bus a function lies. Where no association told what a disk hangs on and there is but one storage
controller, it is that one. Everything else is left open.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows.devices import (
    AGENT_SERVICES,
    WINDOWS_CONTROLLERS,
    WINDOWS_DEVICES,
    WINDOWS_DISKS,
    WINDOWS_DRIVERS,
    WINDOWS_NICS,
    WINDOWS_PROTECTION,
    WINDOWS_SERVICES,
    WINDOWS_SYSTEM,
    PnpDevice,
    PnpDevices,
    Volume,
    WindowsDisk,
    WindowsDriver,
    WindowsNic,
    WindowsSystem,
)
from guestcheck.evidence.windows.lists import WINDOWS_STARTS, WINDOWS_UPDATES
from guestcheck.facts.windows.registry import windows
from guestcheck.model.guest import (
    Agent,
    BlockDevice,
    BusDevice,
    Clues,
    Guest,
    Link,
    NetInterface,
    PciFunction,
    Problem,
)
from guestcheck.model.source import Evidence
from guestcheck.model.windows import CURRENT, Address, ControlSet, Service, Windows

_PCI = re.compile(
    r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})(?:&SUBSYS_([0-9A-F]{4})([0-9A-F]{4}))"
    r"?(?:&REV_([0-9A-F]{2}))?",
    re.IGNORECASE,
)
_CLASS = re.compile(r"&CC_([0-9A-F]{6})\Z", re.IGNORECASE)
_SHORT_CLASS = re.compile(r"[\\&]CC_([0-9A-F]{4})\Z", re.IGNORECASE)
_GUID = re.compile(r"VMBUS\\\{([0-9A-F-]{36})\}", re.IGNORECASE)
_USB = re.compile(r"USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)
# the VMBus channel by which Hyper-V speeds an IDE disk up
_ACCELERATOR = "32412632-86cb-44a2-9b5c-50d1417354f5"
# A device's enumerator (the first part of its id) and the bus that this is in the model's words.
_BUSES = {
    "PCI": "pci",
    "VMBUS": "vmbus",
    "XENVBD": "xen",
    "XENVIF": "xen",
    "XENBUS": "xen",
    "XEN": "xen",
    "USB": "usb",
    "USBSTOR": "usb",
    "SCSI": "scsi",
    "IDE": "ide",
    "PCIIDE": "ide",
}
_HARDWARE = ("pci", "vmbus", "xen", "usb")
# MSFT_Disk.BusType (Windows Storage Management API) in lsblk's words; 1 (SCSI), 8 (RAID) and 10
# (SAS) are what drivers of any disk claim.
_TRANSPORTS = {3: "ata", 7: "usb", 9: "iscsi", 11: "sata", 12: "mmc", 17: "nvme"}
_MADE_BY_WINDOWS = (14, 15, 16)  # virtual, file-backed virtual, storage spaces
_DEEPEST = 8
# PROCESSOR_ARCHITECTURE in Linux' words.
_ARCHITECTURES = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64"}


class _Devices(NamedTuple):
    """The device tree: by a device's id in capitals the device, its parent's id, a PCI function's
    address, and words on its driver.
    """

    by_id: Dict[str, PnpDevice]
    parents: Dict[str, str]
    addresses: Dict[str, str]
    drivers: Dict[str, str]


def windows_guest(evidence: Evidence) -> Guest:
    """Join what Windows tells into one guest."""
    system = evidence.get(WINDOWS_SYSTEM)
    tree = evidence.get(WINDOWS_DEVICES)
    told = tree.devices if tree else None
    devices = _devices(evidence, told or ())
    functions = (
        tuple(function for device in told or () for function in _function(device, devices))
        if told is not None
        else None
    )
    others = tuple(other for device in told or () for other in _bus_device(device))
    found = _with_lists(windows(evidence), evidence)
    if system:  # the hive may be one that Windows has in memory
        found = found._replace(
            build=found.build or system.build,
            product=found.product or system.name,
            server=system.server if found.server is None else found.server,
        )
    found = found._replace(running=_running(evidence, devices))
    protected = _protected(evidence, system)
    if protected is not None:  # what BitLocker itself says
        found = found._replace(bitlocker=protected)
    if found.addresses and tree:
        found = found._replace(
            addresses=tuple(
                one._replace(present=_present(one, tree, evidence)) for one in found.addresses
            )
        )
    return Guest(
        source=evidence.source,
        origin=evidence.origin,
        cut=evidence.cut,
        os_name=system.name if system else found.name,
        os_id="windows",
        os_version=system.version if system else "",
        kernel=system.version if system else "",
        architecture=(system.architecture if system else "")
        or _ARCHITECTURES.get(found.architecture, found.architecture),
        hostname=system.hostname if system else "",
        clues=_clues(system, others if told is not None else None),
        cpus=system.cpus if system else None,
        memory_bytes=system.memory if system else None,
        firmware=_firmware(evidence, found),
        pci=functions,
        bus_devices=others,
        block=_block(evidence, devices, system),
        nics=_nics(evidence, devices),
        agents=_agents(evidence),
        problems=None if told is None else tuple(_problems(told)),
        windows=found,
    )


def _running(evidence: Evidence, devices: _Devices) -> Tuple[Tuple[str, str], ...]:
    """Return the services that run devices which are there, each with the versions of its driver."""
    found: Dict[Tuple[str, str], None] = {}
    for driver in evidence.get(WINDOWS_DRIVERS) or ():
        device = devices.by_id.get(driver.device.upper()) if driver.device else None
        if device and device.service and driver.version:
            found[device.service.lower(), driver.version] = None
    return tuple(found)


def _with_lists(found: Windows, evidence: Evidence) -> Windows:
    """Add what lists say that somebody made of the registry: when drivers are started, and which
    updates are there. What was read itself wins.
    """
    starts, updates = evidence.get(WINDOWS_STARTS), evidence.get(WINDOWS_UPDATES)
    if found.sets is None and starts:
        services = {
            name.lower(): Service(name, start, image=None)
            for name, start in starts.services.items()
        }
        found = found._replace(
            sets=(ControlSet(CURRENT, services, whole=starts.whole),), boots_with=CURRENT
        )
    if found.updates is None and updates:
        found = found._replace(listed_updates=updates)
    return found


def _present(address: Address, tree: PnpDevices, evidence: Evidence) -> Optional[bool]:
    """Tell whether the card of a connection is there; None where no list of all devices tells, or
    Windows contradicts itself.
    """
    identity = address.instance.upper()
    if any(device.id.upper() == identity for device in tree.devices):
        return True
    if any(
        nic.guid == address.interface.upper() and nic.device.upper() not in tree.gone
        for nic in evidence.get(WINDOWS_NICS) or ()
    ):
        return None  # an adapter is there for this connection, under another id
    return False if tree.whole or identity in tree.gone else None


def _protected(evidence: Evidence, system: Optional[WindowsSystem]) -> Optional[bool]:
    """Tell whether BitLocker protects the system drive; None where that is not known."""
    drive = system.drive if system else "C:"
    state = next(
        (one.protection for one in evidence.get(WINDOWS_PROTECTION) or () if one.drive == drive),
        None,
    )
    return None if state not in (0, 1) else state == 1


def _firmware(evidence: Evidence, found: Windows) -> Optional[str]:
    """Tell UEFI or BIOS: by what the boot loader left in the registry, else by the partition that
    is started from, which only UEFI has on GPT.
    """
    if found.firmware:
        return found.firmware
    told = evidence.get(WINDOWS_DISKS)
    starts = [volume for volume in told.volumes if volume.boot] if told else []
    kinds = {"efi" if volume.gpt else "bios" for volume in starts}
    return kinds.pop() if len(kinds) == 1 else None


def _devices(evidence: Evidence, told: Tuple[PnpDevice, ...]) -> _Devices:
    by_id = {device.id.upper(): device for device in told}
    associated = evidence.get(WINDOWS_CONTROLLERS)
    parents = dict(associated or {})
    # A USB disk's id ends in the serial number of the USB device that carries it.
    serials = {
        device.id.upper().rpartition("\\")[2]: device.id
        for device in told
        if device.id.upper().startswith("USB\\VID_")
    }
    for identity in by_id:
        if identity.startswith("USBSTOR\\"):
            carrier = serials.get(identity.rpartition("\\")[2].rpartition("&")[0])
            if carrier:
                above = parents.get(identity, "")
                parents[identity] = carrier
                if above:
                    parents.setdefault(carrier.upper(), above)
    addresses = {}
    for driver in evidence.get(WINDOWS_DRIVERS) or ():
        place = [int(digits) for digits in re.findall(r"[0-9]{1,5}", driver.location)]
        # "PCI bus 0, device 4, function 0": the words are Windows' own in each language, their
        # order is the same.
        if (
            driver.device.upper().startswith("PCI\\")
            and len(place) == 3
            and place[0] < 256
            and place[1] < 32
            and place[2] < 8
        ):
            addresses[driver.device.upper()] = f"0000:{place[0]:02x}:{place[1]:02x}.{place[2]}"
    times = Counter(addresses.values())
    drivers = {
        driver.device.upper(): _said(driver)
        for driver in evidence.get(WINDOWS_DRIVERS) or ()
        if driver.device
    }
    addresses = {
        identity: address for identity, address in addresses.items() if times[address] == 1
    }
    return _Devices(by_id, parents, addresses, drivers)


def _said(driver: WindowsDriver) -> str:
    """Say a driver's version, date, maker, INF and signer on one line."""
    by = f"of {driver.provider}" if driver.provider else ""
    signed = (
        "not signed"
        if driver.signed is False
        else f"signed by {driver.signer}"
        if driver.signer
        else ""
    )
    return ", ".join(
        word
        for word in (
            " ".join(w for w in (driver.version, by) if w),
            driver.date,
            driver.inf,
            signed,
        )
        if word
    )


def _function(device: PnpDevice, devices: _Devices) -> List[PciFunction]:
    matched = _PCI.match(device.id)
    if not matched:
        return []
    vendor, number, subsystem, subvendor, revision = (
        group.lower() if group else "" for group in matched.groups()
    )
    return [
        PciFunction(
            address=devices.addresses.get(device.id.upper(), device.id),
            vendor=vendor,
            device=number,
            subsystem=f"{subvendor}:{subsystem}" if subvendor else "",
            class_id=_class(device),
            revision=revision,
            driver=device.service,
            device_name=device.name,
            source="Win32_PnPEntity" if device.hardware or device.compatible else "msinfo32",
        )
    ]


def _class(device: PnpDevice) -> str:
    """Return the PCI class, which stands in some of the ids that a driver may be found by."""
    for pattern in (_CLASS, _SHORT_CLASS):
        for identity in (*device.hardware, *device.compatible):
            matched = pattern.search(identity)
            if matched:
                return matched[1].lower().ljust(6, "0")
    return ""


def _bus(identity: str) -> str:
    return _BUSES.get(identity.partition("\\")[0].upper(), "")


def _bus_device(device: PnpDevice) -> List[BusDevice]:
    bus = _bus(device.id)
    upper = device.id.upper()
    guid, usb = _GUID.match(device.id), _USB.match(device.id)
    if bus == "vmbus" and guid:
        return [
            BusDevice(
                "vmbus", device.id, guid[1].lower(), device.service or "", device.id, device.name
            )
        ]
    if bus == "usb" and usb:
        return [
            BusDevice(
                "usb",
                device.id,
                f"{usb[1]}:{usb[2]}".lower(),
                device.service or "",
                device.id,
                device.name,
            )
        ]
    if bus == "xen":
        kind = (
            "vbd"
            if upper.startswith("XENVBD\\") or "VBD" in upper
            else "vif"
            if upper.startswith("XENVIF\\") or "VIF" in upper
            else ""
        )
        return [BusDevice("xen", device.id, kind, device.service or "", device.id, device.name)]
    return []


def _link(identity: str, devices: _Devices) -> Link:
    device = devices.by_id.get(identity.upper())
    bus = _bus(identity)
    name = (
        devices.addresses.get(identity.upper(), device.id if device else identity)
        if bus == "pci"
        else device.id
        if device
        else identity
    )
    return Link(name, (device.service or "") if device else "", bus)


def _chain(identity: str, devices: _Devices) -> Tuple[Link, ...]:
    """Return the way from a device up to its bus, as far as it is known."""
    found: List[Link] = []
    while identity and len(found) < _DEEPEST:
        found.append(_link(identity, devices))
        identity = devices.parents.get(identity.upper(), "")
    return tuple(found)


def _block(
    evidence: Evidence, devices: _Devices, system: Optional[WindowsSystem]
) -> Optional[Tuple[BlockDevice, ...]]:
    told = evidence.get(WINDOWS_DISKS)
    if told is None:
        return None
    accelerated = _accelerated(told.disks, devices)
    found: List[BlockDevice] = []
    for disk in told.disks:
        chain = (
            (_link(disk.device, devices), accelerated[disk.number])
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


def _paths(chain: Tuple[Link, ...], devices: _Devices) -> List[str]:
    """Return the ids, in capitals, of what is on the way up from a device, the device left out."""
    names = {address: identity for identity, address in devices.addresses.items()}
    return [names.get(link.name, link.name.upper()) for link in chain[1:]]


def _way(disk: WindowsDisk, devices: _Devices) -> Tuple[Link, ...]:
    chain = _chain(disk.device, devices)
    if (
        len(chain) == 1
        and chain[0].subsystem in ("scsi", "ide")
        and not disk.doubtful
        and disk.bus not in (9, *_MADE_BY_WINDOWS)
    ):
        only = _only_controller(devices)
        if only:
            return (*chain, _link(only, devices))
    return chain


def _only_controller(devices: _Devices) -> str:
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
    matched, guid = _PCI.match(device.id), _GUID.match(device.id)
    if matched:
        virtio = matched[1].lower() == "1af4" and matched[2].lower() in (
            "1001",
            "1042",
            "1004",
            "1048",
        )
        return virtio or (_class(device).startswith("01") and matched[1].lower() != "5853")
    if guid:
        return guid[1].lower() in ("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f", _ACCELERATOR)
    return device.id.upper().startswith(
        ("XENVBD\\", "ROOT\\ISCSIPRT", "ROOT\\SPACEPORT", "ROOT\\VHDMP")
    )


def _accelerated(disks: Tuple[WindowsDisk, ...], devices: _Devices) -> Dict[int, Link]:
    """Return, of Hyper-V's IDE disks by number, the VMBus channels by which Windows reads them
    instead, if there is one for each.
    """
    channels = []
    for device in devices.by_id.values():
        guid = _GUID.match(device.id)
        if guid and guid[1].lower() == _ACCELERATOR and device.problem == 0 and device.service:
            channels.append(device.id)
    imitated = [
        disk.number for disk in disks if disk.device.upper().startswith("IDE\\DISKVIRTUAL_HD")
    ]
    return (
        {number: _link(channel, devices) for number, channel in zip(imitated, channels)}
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
        chain=chain if any(link.subsystem in _HARDWARE for link in chain) else (),
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


def _nics(evidence: Evidence, devices: _Devices) -> Optional[Tuple[NetInterface, ...]]:
    told = evidence.get(WINDOWS_NICS)
    if told is None:
        return None
    return tuple(_nic(nic, devices) for nic in told if nic.name or _bus(nic.device) in _HARDWARE)


def _nic(nic: WindowsNic, devices: _Devices) -> NetInterface:
    chain = _chain(nic.device, devices)
    device = devices.by_id.get(nic.device.upper())
    service = nic.service or (device.service if device else "") or ""
    return NetInterface(
        name=nic.name or nic.label,
        type="hardware" if _bus(nic.device) in _HARDWARE else "other",
        mac=nic.mac,
        state=nic.state,
        chain=chain,
        path=nic.device,
        driver=service,
        driver_source="Win32_NetworkAdapter" if service else "",
        addresses=nic.addresses,
        speed=nic.speed if nic.state == "up" else None,
        driver_says=devices.drivers.get(nic.device.upper(), ""),
    )


def _agents(evidence: Evidence) -> Optional[Tuple[Agent, ...]]:
    services = evidence.get(WINDOWS_SERVICES)
    if services is None:
        return None
    states = {service.name.lower(): service for service in services}
    found = []
    for agent, names in AGENT_SERVICES.items():
        service = next((states[name.lower()] for name in names if name.lower() in states), None)
        if service:
            runs = service.state == "Running" if service.state else None
            found.append(
                Agent(
                    agent,
                    True,
                    runs,
                    f"service {service.name}, {service.state.lower() or 'state unknown'}",
                )
            )
    return tuple(found)


def _problems(told: Tuple[PnpDevice, ...]) -> List[Problem]:
    return [
        Problem(device.id, device.name, device.problem, device.hardware, _bus(device.id))
        for device in told
        if device.problem
    ]


def _clues(system: Optional[WindowsSystem], told: Optional[Tuple[BusDevice, ...]]) -> Clues:
    """Return what hints at a hypervisor; `told` is None where no device was: then that there is no
    bus proves nothing.
    """
    others = told or ()
    if system is None or told is None:
        return Clues(
            cpu_flag=False if system and system.hypervisor is False else None,
            dmi=system.dmi if system else {},
            vmbus=True if any(one.bus == "vmbus" for one in others) else None,
            xen_bus=True if any(one.bus == "xen" for one in others) else None,
        )
    return Clues(
        # Where a real machine's Windows isolates a part of itself it says that there is a
        # hypervisor: only that there is none proves something.
        cpu_flag=False if system.hypervisor is False else None,
        dmi=system.dmi,
        vmbus=any(one.bus == "vmbus" for one in others),
        xen_bus=any(one.bus == "xen" for one in others),
    )
