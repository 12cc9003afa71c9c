"""What every Windows needs to reach a disk, whatever runs its controller; what each interface needs
is in its row (`windows_needs`).

Read in the driver databases of Windows 7, 8.1 and 10. Builds: Microsoft's documentation.
"""

from __future__ import annotations

from guestcheck.model.windows import WINDOWS_8

# What the controller's driver and Windows' volumes stand on: of Windows itself, and started at boot
# without a StartOverride in each of 7, 8.1 and 10. On a PCI bus `pci` besides: what found its disk
# on VMBus alone may have demoted it.
STACK = ("acpi", "disk", "partmgr", "volmgr")
BUS = "pci"
# Hyper-V gives NVMe behind a bus of its own, which `vpci` runs: Windows demotes that wherever there
# is none.
HYPERV_BUS = "vpci"
# The first Windows that looks into the driver database, and the last that looks into
# CriticalDeviceDatabase is the one before.
DATABASE_SINCE = WINDOWS_8
