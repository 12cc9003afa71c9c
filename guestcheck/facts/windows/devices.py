"""Devices of a Windows guest: PCI functions, bus devices, and what a device hangs on."""

from __future__ import annotations

import re
from collections import Counter
from typing import Dict, List, NamedTuple, Tuple

from guestcheck.catalogue import buses
from guestcheck.evidence.windows.devices import PnpDevice
from guestcheck.evidence.windows.disks import WINDOWS_CONTROLLERS
from guestcheck.evidence.windows.drivers import WINDOWS_DRIVERS, WindowsDriver
from guestcheck.model.guest import (
    BusDevice,
    Link,
    PciFunction,
)
from guestcheck.model.source import Evidence

PCI = re.compile(
    r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})(?:&SUBSYS_([0-9A-F]{4})([0-9A-F]{4}))"
    r"?(?:&REV_([0-9A-F]{2}))?",
    re.IGNORECASE,
)
_CLASS = re.compile(r"&CC_([0-9A-F]{6})\Z", re.IGNORECASE)
_SHORT_CLASS = re.compile(r"[\\&]CC_([0-9A-F]{4})\Z", re.IGNORECASE)
GUID = re.compile(r"VMBUS\\\{([0-9A-F-]{36})\}", re.IGNORECASE)
_USB = re.compile(r"USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)
# the VMBus channel by which Hyper-V speeds an IDE disk up
ACCELERATOR = "32412632-86cb-44a2-9b5c-50d1417354f5"
_BUSES = {word: bus.id for bus in buses.BUSES for word in bus.enumerators}
HARDWARE = tuple(bus.id for bus in buses.BUSES if bus.has_ids and bus.enumerators)
_DEEPEST = 8


class Devices(NamedTuple):
    """The device tree: by a device's id in capitals the device, its parent's id, a PCI function's
    address, and words on its driver.
    """

    by_id: Dict[str, PnpDevice]
    parents: Dict[str, str]
    addresses: Dict[str, str]
    drivers: Dict[str, str]


def devices_of(evidence: Evidence, told: Tuple[PnpDevice, ...]) -> Devices:
    """Return the devices by their identities, with what each hangs on."""
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
    return Devices(by_id, parents, addresses, drivers)


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


def functions_of(device: PnpDevice, devices: Devices) -> List[PciFunction]:
    """Return the PCI function that a device is, or nothing."""
    matched = PCI.match(device.id)
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
            class_id=class_of(device),
            revision=revision,
            driver=device.service,
            device_name=device.name,
            source="Win32_PnPEntity" if device.hardware or device.compatible else "msinfo32",
        )
    ]


def class_of(device: PnpDevice) -> str:
    """Return the PCI class, which stands in some of the ids that a driver may be found by."""
    for pattern in (_CLASS, _SHORT_CLASS):
        for identity in (*device.hardware, *device.compatible):
            matched = pattern.search(identity)
            if matched:
                return matched[1].lower().ljust(6, "0")
    return ""


def bus_of(identity: str) -> str:
    """Return the bus that a device's identity names."""
    return _BUSES.get(identity.partition("\\")[0].upper(), "")


def bus_device_of(device: PnpDevice) -> List[BusDevice]:
    """Return the device of another bus that a device is, or nothing."""
    bus = bus_of(device.id)
    upper = device.id.upper()
    guid, usb = GUID.match(device.id), _USB.match(device.id)
    if bus == buses.VMBUS and guid:
        return [
            BusDevice(
                buses.VMBUS,
                device.id,
                guid[1].lower(),
                device.service or "",
                device.id,
                device.name,
            )
        ]
    if bus == buses.USB and usb:
        return [
            BusDevice(
                buses.USB,
                device.id,
                f"{usb[1]}:{usb[2]}".lower(),
                device.service or "",
                device.id,
                device.name,
            )
        ]
    if bus == buses.XEN:
        kind = (
            "vbd"
            if upper.startswith("XENVBD\\") or "VBD" in upper
            else "vif"
            if upper.startswith("XENVIF\\") or "VIF" in upper
            else ""
        )
        return [BusDevice(buses.XEN, device.id, kind, device.service or "", device.id, device.name)]
    return []


def link_of(identity: str, devices: Devices) -> Link:
    """Return one device of a chain."""
    device = devices.by_id.get(identity.upper())
    bus = bus_of(identity)
    name = (
        devices.addresses.get(identity.upper(), device.id if device else identity)
        if bus == buses.PCI
        else device.id
        if device
        else identity
    )
    return Link(name, (device.service or "") if device else "", bus)


def chain_of(identity: str, devices: Devices) -> Tuple[Link, ...]:
    """Return the way from a device up to its bus, as far as it is known."""
    found: List[Link] = []
    while identity and len(found) < _DEEPEST:
        found.append(link_of(identity, devices))
        identity = devices.parents.get(identity.upper(), "")
    return tuple(found)
