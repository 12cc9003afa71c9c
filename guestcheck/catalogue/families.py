"""What differs in words between guests of Linux and of Windows: where each shows what it has, and what
starts there.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.model.family import LINUX, WINDOWS, Family, Wording

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
