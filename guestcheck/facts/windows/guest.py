"""A Windows guest: its devices joined into the same records as those of Linux, so that they are
judged by the same ids.

Win32_PnPEntity decides which devices there are, what their ids are and which have a driver; the
associations of controllers make the way up from a disk, Win32_PnPSignedDriver tells where on the
PCI bus a function lies. Where no association told what a disk hangs on and there is but one storage
controller, it is that one. Everything else is left open.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.evidence.windows.bitlocker import WINDOWS_PROTECTION
from guestcheck.evidence.windows.devices import WINDOWS_DEVICES, PnpDevice, PnpDevices
from guestcheck.evidence.windows.disks import WINDOWS_DISKS
from guestcheck.evidence.windows.drivers import WINDOWS_DRIVERS
from guestcheck.evidence.windows.lists import WINDOWS_STARTS, WINDOWS_UPDATES
from guestcheck.evidence.windows.network import WINDOWS_NICS, WindowsNic
from guestcheck.evidence.windows.services import AGENT_SERVICES, WINDOWS_SERVICES
from guestcheck.evidence.windows.system import WINDOWS_SYSTEM, WindowsSystem
from guestcheck.facts.windows.devices import (
    HARDWARE,
    Devices,
    bus_device_of,
    bus_of,
    chain_of,
    devices_of,
    functions_of,
)
from guestcheck.facts.windows.disks import block_devices
from guestcheck.facts.windows.registry import windows
from guestcheck.model.guest import (
    Agent,
    BusDevice,
    Clues,
    Guest,
    NetInterface,
    Problem,
)
from guestcheck.model.source import Evidence
from guestcheck.model.windows import CURRENT, Address, ControlSet, Service, Windows

# PROCESSOR_ARCHITECTURE in Linux' words.
_ARCHITECTURES = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64"}


def build(evidence: Evidence) -> Guest:
    """Join what Windows tells into one guest."""
    system = evidence.get(WINDOWS_SYSTEM)
    tree = evidence.get(WINDOWS_DEVICES)
    told = tree.devices if tree else None
    devices = devices_of(evidence, told or ())
    functions = (
        tuple(function for device in told or () for function in functions_of(device, devices))
        if told is not None
        else None
    )
    others = tuple(other for device in told or () for other in bus_device_of(device))
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
        block=block_devices(evidence, devices, system),
        nics=_nics(evidence, devices),
        agents=_agents(evidence),
        problems=None if told is None else tuple(_problems(told)),
        windows=found,
    )


def _running(evidence: Evidence, devices: Devices) -> Tuple[Tuple[str, str], ...]:
    """Return the services that run devices, each with the versions of its driver."""
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


def _nics(evidence: Evidence, devices: Devices) -> Optional[Tuple[NetInterface, ...]]:
    told = evidence.get(WINDOWS_NICS)
    if told is None:
        return None
    return tuple(_nic(nic, devices) for nic in told if nic.name or bus_of(nic.device) in HARDWARE)


def _nic(nic: WindowsNic, devices: Devices) -> NetInterface:
    chain = chain_of(nic.device, devices)
    device = devices.by_id.get(nic.device.upper())
    service = nic.service or (device.service if device else "") or ""
    return NetInterface(
        name=nic.name or nic.label,
        type="hardware" if bus_of(nic.device) in HARDWARE else "other",
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
        Problem(device.id, device.name, device.problem, device.hardware, bus_of(device.id))
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
