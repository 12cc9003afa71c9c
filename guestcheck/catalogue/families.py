"""What differs in words between guests of Linux and of Windows: where each shows what it has, and what
starts there.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

from guestcheck.model.family import LINUX, WINDOWS, Family


class Wording(NamedTuple):
    """The words of a family. Evidence names `devices` and their drivers (`pasted` where all is from
    pasted texts), `pci` devices, the `way` from a device up to its bus, the buses of Hyper-V and
    Xen, the `processor`, and where `agents` were looked for.

    `starts` and `default` are what is said of what starts there ("{}" is its release), `system` is
    the heading of a column of these, and `release` what a release of it is called. `agent_names`
    are agents that are called otherwise than in the catalogue. A family that `has_kernels` has
    several to choose from.
    """

    devices: str
    pasted: str
    pci: str
    way: str
    vmbus: str
    xen_bus: str
    processor: str
    agents: str
    agent_names: Dict[str, str]
    starts: str
    default: str
    system: str
    release: str
    has_kernels: bool


_AGENTS_IN_WINDOWS = {
    "open-vm-tools": "VMware Tools",
    "hyperv-daemons": "Hyper-V's integration services",
    "xe-guest-utilities": "Xen's guest agent",
    "virtualbox-guest-utils": "VirtualBox Guest Additions",
    "waagent": "Azure's guest agent",
}

WORDING: Dict[Family, Wording] = {
    LINUX: Wording(
        devices="/sys",
        pasted="lspci",
        pci="/sys/bus/pci/devices",
        way="/sys",
        vmbus="/sys/bus/vmbus",
        xen_bus="/sys/bus/xen",
        processor="/proc/cpuinfo",
        agents="file system",
        agent_names={},
        starts="kernel {}",
        default=" (default)",
        system="Kernel",
        release="kernel",
        has_kernels=True,
    ),
    WINDOWS: Wording(
        devices="Device Manager",
        pasted="Device Manager",
        pci="PCI devices",
        way="device tree",
        vmbus="VMBus",
        xen_bus="Xen bus",
        processor="Win32_ComputerSystem",
        agents="services",
        agent_names=_AGENTS_IN_WINDOWS,
        starts="{}",
        default="",
        system="System",
        release="version",
        has_kernels=False,
    ),
}
