"""What names the machine beneath: joins CPUID, DMI, the device tree, ACPI, buses and container
marks; judges nothing.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from guestcheck.evidence.linux.hypervisor import CONTAINER, CPU, DETECTED, DMI, FIRMWARE
from guestcheck.evidence.linux.sysfs import BUSES, SYSFS, Sysfs
from guestcheck.evidence.linux.system import SYSTEM
from guestcheck.model.guest import Clues, Hint
from guestcheck.model.source import Evidence


def clues(evidence: Evidence) -> Clues:
    """Gather every clue; systemd-detect-virt's word and the files are kept apart, so that they can
    disagree.
    """
    detected = evidence.get(DETECTED)
    cpu = evidence.get(CPU)
    firmware = evidence.get(FIRMWARE) or ()
    marks = evidence.get(CONTAINER) or ()
    buses = evidence.get(BUSES)
    sysfs = evidence.get(SYSFS)
    by_file: Dict[str, str] = {hint.source: hint.says for hint in firmware}
    trees: List[Hint] = [
        hint for hint in firmware if "devicetree" in hint.source or "device-tree" in hint.source
    ]
    container = detected.container if detected and detected.container else None
    source = "systemd-detect-virt --container"
    if container in (None, "none") and marks:
        container, source = marks[0].says, marks[0].source
    flag = cpu.hypervisor_flag if cpu else None
    system = evidence.get(SYSTEM)
    return Clues(
        vm=detected.vm or None if detected else None,
        container=container,
        container_source=source if container else "",
        cpuid=detected.cpuid if detected else "",
        cpu_flag=bool(flag) if flag is not None else None,
        sys_hypervisor=by_file.get("/sys/hypervisor/type", ""),
        dmi=evidence.get(DMI) or {},
        devicetree=tuple(trees),
        acpi_oem=by_file.get("/sys/firmware/acpi/tables/FACP", ""),
        sysinfo=by_file.get("/proc/sysinfo", ""),
        vmbus=_has_devices("vmbus", sysfs) if sysfs is None or not sysfs.whole or buses else None,
        xen_bus=_has_devices("xen", sysfs),
        wsl="microsoft" in system.version.lower() and "wsl" in system.version.lower()
        if system
        else False,
    )


def _has_devices(bus: str, sysfs: Optional[Sysfs]) -> Optional[bool]:
    """Tell whether a bus has devices; where /sys was not read none seen proves nothing."""
    if sysfs is None:
        return None
    return True if sysfs.names(f"/sys/bus/{bus}/devices") else False if sysfs.whole else None
