"""Devices by bus: /sys decides ids and drivers, lspci adds names; where /sys was not read, udev's
database and lspci say what they can.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue import buses
from guestcheck.evidence.linux.pci import PCI
from guestcheck.evidence.linux.sysfs import SYSFS, Sysfs
from guestcheck.model.guard import each
from guestcheck.model.guest import BusDevice, Link, PciFunction, VirtioDevice
from guestcheck.model.lookup import kept
from guestcheck.model.source import Evidence

_PCI = "/sys/bus/pci/devices"
_VIRTIO = "/sys/bus/virtio/devices"


def pci_functions(evidence: Evidence) -> Optional[Tuple[PciFunction, ...]]:
    """Return all PCI functions by address; None where neither /sys nor lspci told, empty where
    there is no PCI.
    """
    sysfs = evidence.get(SYSFS)
    told = evidence.get(PCI)
    if sysfs is None or (not sysfs.names(_PCI) and (told or not sysfs.whole)):
        return told
    by_address = {function.address: function for function in told or ()}
    if sysfs.whole:
        return tuple(
            each(
                "facts",
                sysfs.names(_PCI),
                lambda address: _function(sysfs, address, by_address.get(address)),
                str,
            )
        )
    addresses = sorted({*sysfs.names(_PCI), *by_address})
    found = (
        _joined(_function(sysfs, address, by_address.get(address)), by_address.get(address))
        for address in addresses
    )
    # Of some nothing is known but that they lie on the way to a disk: with them nothing could be
    # judged, without them texts can.
    return tuple(function for function in found if function.vendor or function.device_name) or told


def _joined(seen: PciFunction, told: Optional[PciFunction]) -> PciFunction:
    """Add what lspci told to a function of which /sys was not read: only its way was seen, or
    udev's words on it.
    """
    if told is None:
        return seen._replace(driver=seen.driver or None, source="udev")
    whole = bool(seen.vendor and seen.device)
    return told._replace(
        vendor=seen.vendor if whole else told.vendor,
        device=seen.device if whole else told.device,
        subsystem=seen.subsystem or told.subsystem,
        class_id=seen.class_id or told.class_id,
        revision=seen.revision or told.revision,
        driver=seen.driver or told.driver,
        is_vf=seen.is_vf,
    )


def with_drivers(chain: Tuple[Link, ...], evidence: Evidence) -> Tuple[Link, ...]:
    """Return `chain` with the drivers that lspci told of PCI functions on the way, where /sys did
    not.
    """
    # Of a USB device the PCI function is the host controller, whose driver is not the device's.
    if any(link.subsystem == buses.USB for link in chain) or not any(
        link.subsystem == buses.PCI and not link.driver for link in chain
    ):
        return chain
    drivers = _drivers(evidence.get(PCI) or ())
    return tuple(
        link._replace(driver=drivers.get(link.name, ""))
        if link.subsystem == buses.PCI and not link.driver
        else link
        for link in chain
    )


@kept
def _drivers(functions: Tuple[PciFunction, ...]) -> Dict[str, str]:
    return {function.address: function.driver or "" for function in functions}


def _function(sysfs: Sysfs, address: str, told: Optional[PciFunction]) -> PciFunction:
    path = f"{_PCI}/{address}"
    vendor, device = (
        _hex(sysfs, f"{path}/subsystem_vendor", 4),
        _hex(sysfs, f"{path}/subsystem_device", 4),
    )
    return PciFunction(
        address=address,
        vendor=_hex(sysfs, f"{path}/vendor", 4),
        device=_hex(sysfs, f"{path}/device", 4),
        subsystem=f"{vendor}:{device}" if vendor else "",
        class_id=_hex(sysfs, f"{path}/class", 6),
        revision=_hex(sysfs, f"{path}/revision", 2),
        driver=sysfs.target(f"{path}/driver").rpartition("/")[2],
        modules=told.modules if told else (),
        vendor_name=told.vendor_name if told else "",
        device_name=told.device_name if told else "",
        class_name=told.class_name if told else "",
        subsystem_name=told.subsystem_name if told else "",
        is_vf=True if sysfs.target(f"{path}/physfn") else None,
        source=path,
    )


def _hex(sysfs: Sysfs, path: str, digits: int) -> str:
    number = sysfs.number(path, 16)
    return "" if number is None else f"{number:0{digits}x}"


def virtio_devices(evidence: Evidence) -> Optional[Tuple[VirtioDevice, ...]]:
    """Return the devices of the virtio bus; None where nothing told of that bus."""
    sysfs = evidence.get(SYSFS)
    if sysfs is None or not (sysfs.whole or sysfs.names(_VIRTIO)):
        return None
    devices = []
    for name in sysfs.names(_VIRTIO):
        path = f"{_VIRTIO}/{name}"
        real = sysfs.target(path)
        parent = real.rpartition("/")[0].rpartition("/")[2]
        devices.append(
            VirtioDevice(
                name=name,
                type=sysfs.number(f"{path}/device", 16),
                features=sysfs.value(f"{path}/features"),
                status=sysfs.number(f"{path}/status", 16),
                driver=sysfs.target(f"{path}/driver").rpartition("/")[2],
                parent=_transport(real, parent),
                parent_name=parent,
                path=real,
            )
        )
    return tuple(devices)


def _transport(real: str, parent: str) -> str:
    if parent.count(":") == 2 and "." in parent:
        return buses.PCI
    # ccw bus ids have the form 0.0.0001; virtio-mmio devices are named by ACPI (LNRO0005:00) or by
    # address.
    return "ccw" if "/css" in real or parent.count(".") == 2 else "mmio"


def bus_devices(evidence: Evidence) -> Tuple[BusDevice, ...]:
    """Return the devices of vmbus, xen, usb, vio and ccw, as far as /sys told."""
    sysfs = evidence.get(SYSFS)
    if sysfs is None:
        return ()
    found: List[BusDevice] = []
    for bus in buses.OTHERS:
        folder = f"/sys/bus/{bus}/devices"
        for name in sysfs.names(folder):
            path = f"{folder}/{name}"
            driver = sysfs.target(f"{path}/driver").rpartition("/")[2]
            found.append(
                BusDevice(
                    bus,
                    name,
                    _bus_id(sysfs, bus, path),
                    driver,
                    sysfs.target(path),
                    _label(sysfs, path),
                )
            )
    return tuple(found)


def _bus_id(sysfs: Sysfs, bus: str, path: str) -> str:
    if bus == buses.VMBUS:
        return sysfs.value(f"{path}/class_id").strip("{}").lower()
    if bus == buses.XEN:
        return sysfs.value(f"{path}/devtype") or path.rpartition("/")[2].partition("-")[0]
    if bus == buses.USB:
        vendor, product = sysfs.value(f"{path}/idVendor"), sysfs.value(f"{path}/idProduct")
        return f"{vendor}:{product}" if vendor else ""
    if bus == buses.VIO:
        return sysfs.value(f"{path}/modalias") or sysfs.value(f"{path}/name")
    return sysfs.value(f"{path}/cutype")


def _label(sysfs: Sysfs, path: str) -> str:
    words = (sysfs.value(f"{path}/manufacturer"), sysfs.value(f"{path}/product"))
    return " ".join(word for word in words if word)
