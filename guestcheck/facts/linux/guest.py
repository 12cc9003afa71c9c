"""What is so of a Linux guest: the records of many questions joined into one `Guest`."""

from __future__ import annotations

import re
from typing import List, Optional, Tuple, TypeVar

from guestcheck.catalogue.rows import PREFIXES
from guestcheck.evidence.linux.agents import AGENT_PROGRAMS, AGENT_SERVICES, AGENTS, TOOLS
from guestcheck.evidence.linux.hypervisor import CPU
from guestcheck.evidence.linux.sysfs import SYSFS, Sysfs
from guestcheck.evidence.linux.system import CMDLINE, MACHINE, SYSTEM, System
from guestcheck.facts.linux.buses import bus_devices, pci_functions, virtio_devices
from guestcheck.facts.linux.disks import block_devices
from guestcheck.facts.linux.kernels import architecture_of, installed_kernels
from guestcheck.facts.linux.loader import firmware_of
from guestcheck.facts.linux.lshw import add_cards, add_disks, add_functions
from guestcheck.facts.linux.nics import net_interfaces
from guestcheck.facts.linux.platform import clues
from guestcheck.model.digits import is_digits
from guestcheck.model.guard import cuts, guarded
from guestcheck.model.guest import Agent, BlockDevice, Clues, Guest, NetInterface
from guestcheck.model.guest_config import Setup
from guestcheck.model.source import Evidence

Named = TypeVar("Named", BlockDevice, NetInterface)


def build(evidence: Evidence) -> Guest:
    """Join all evidence of a Linux guest."""
    guest = _guest(evidence)
    return guest._replace(cut=(*guest.cut, *cuts()))


def _guest(evidence: Evidence) -> Guest:
    system = evidence.get(SYSTEM) or System({}, "", "", "", "")
    machine = evidence.get(MACHINE)
    cpu = evidence.get(CPU)
    sysfs = evidence.get(SYSFS)
    release = system.release
    kernel = system.kernel or _kernel_of(system.version)
    tools = evidence.get(TOOLS) or ()
    return Guest(
        source=evidence.source,
        origin=evidence.origin,
        os_name=release.get("PRETTY_NAME") or release.get("NAME", ""),
        os_id=release.get("ID", ""),
        os_like=tuple(release.get("ID_LIKE", "").split()),
        os_version=release.get("VERSION_ID", ""),
        kernel=kernel,
        architecture=system.architecture
        or (cpu.architecture if cpu else "")
        or architecture_of(evidence),
        hostname=system.hostname,
        clues=guarded("facts", "what lies beneath", lambda: clues(evidence), Clues()),
        cpus=machine.cpus if machine else None,
        memory_bytes=machine.memory if machine else None,
        swap_bytes=machine.swap if machine else None,
        firmware=firmware_of(evidence),
        cmdline=evidence.get(CMDLINE),
        pci=guarded(
            "facts", "PCI functions", lambda: add_functions(pci_functions(evidence), evidence), None
        ),
        virtio=guarded("facts", "virtio devices", lambda: virtio_devices(evidence), None),
        bus_devices=guarded("facts", "devices of other buses", lambda: bus_devices(evidence), ()),
        block=guarded(
            "facts", "disks", lambda: _ordered(add_disks(block_devices(evidence), evidence)), None
        ),
        nics=guarded(
            "facts",
            "network cards",
            lambda: _ordered(add_cards(net_interfaces(evidence), evidence)),
            None,
        ),
        kernels=guarded("facts", "kernels", lambda: installed_kernels(evidence, kernel), None),
        initramfs_tool=tools[0] if tools else "",
        agents=guarded("facts", "guest agents", lambda: _agents(evidence), None),
        setup=guarded("facts", "what names disks and cards", lambda: _setup(evidence), Setup()),
        agent_channel=_agent_channel(sysfs),
        cut=evidence.cut,
    )


def _setup(evidence: Evidence) -> Setup:
    if not evidence.deep:
        return Setup()
    from guestcheck.facts.linux.guest_config import setup

    return setup(evidence)


def _ordered(devices: "Tuple[Named, ...] | None") -> "Tuple[Named, ...] | None":
    """Put devices in the order that people count in: ens8 before ens10, and sdz before sdaa."""
    if devices is None:
        return None
    return tuple(
        sorted(
            devices,
            key=lambda device: guarded("facts", device.name, lambda: _counted(device.name), []),
        )
    )


_Counted = Tuple[int, str, int, str]


def _counted(name: str) -> List[_Counted]:
    """Return letters and numbers in turn; a number is its length and its digits, for a name may
    have thousands of them.
    """
    parts: List[_Counted] = []
    letters = ""
    lettered = name.startswith(_LETTERED)
    for part in _PARTS.findall(name + "\0"):
        if is_digits(part):
            digits = part.lstrip("0")
            parts.append((len(letters) * lettered, letters, len(digits), digits))
            letters = ""
        else:
            letters = part
    return [*parts, (len(letters) * lettered, letters, 0, "")]


_PARTS = re.compile(r"[0-9]+|[^0-9]+")
# Disks that letters count: behind sdz comes sdaa.
_LETTERED = tuple(one.letters for one in PREFIXES.values() if one.first == "a")


def _agent_channel(sysfs: Optional[Sysfs]) -> Optional[bool]:
    """Tell whether the host offers a channel to QEMU's agent; where /sys was not read none seen
    proves nothing.
    """
    if sysfs is None:
        return None
    ports = sysfs.names("/sys/class/virtio-ports")
    if any(
        sysfs.value(f"/sys/class/virtio-ports/{port}/name") == "org.qemu.guest_agent.0"
        for port in ports
    ):
        return True
    return False if sysfs.whole else None


def _kernel_of(version: str) -> str:
    """Take the release out of /proc/version's "Linux version 6.1.0 (…"."""
    words = version.split()
    return words[2] if words[:2] == ["Linux", "version"] and len(words) > 2 else ""


def _agents(evidence: Evidence) -> "tuple[Agent, ...] | None":
    found = evidence.get(AGENTS)
    if found is None:
        return None
    agents = []
    for name, programs in AGENT_PROGRAMS.items():
        ends = tuple(path.rpartition("/")[2] for path in programs)
        path = next((path for path in found.programs if path.rpartition("/")[2] in ends), "")
        running = (
            None
            if found.services is None
            else any(service in AGENT_SERVICES[name] for service in found.services)
        )
        if path or running:
            agents.append(
                Agent(name, bool(path) or None, running, path or "systemd's running services")
            )
    return tuple(agents)
