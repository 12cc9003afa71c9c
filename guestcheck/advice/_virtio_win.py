"""The virtio-win CD: which folder holds the driver for which device and which Windows, and where the CD is to be had.

Folders, INFs and the last builds for old releases are those of virtio-win's own packaging.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from guestcheck.advice._windows_commands import SLASHES, at_least
from guestcheck.model.device import Inventory
from guestcheck.model.guest import PciFunction
from guestcheck.model.lookup import kept

STABLE = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso"
# The CD's folder for a build of Windows, of a client and of a server.
_FOLDERS = (
    (26100, "w11", "2k25"),
    (22000, "w11", "2k22"),
    (20348, "w10", "2k22"),
    (17763, "w10", "2k19"),
    (10240, "w10", "2k16"),
    (9600, "w8.1", "2k12R2"),
    (9200, "w8", "2k12"),
    (7600, "w7", "2k8R2"),
    (6000, "2k8", "2k8"),
    (0, "xp", "2k3"),
)
WITH_INSTALLER = ("w10", "w11", "2k16", "2k19", "2k22", "2k25")
LAST = {"w8.1": "0.1.240", "2k12R2": "0.1.240", "w8": "0.1.240", "2k12": "0.1.240", "w7": "0.1.173", "2k8R2": "0.1.173"}
OLDER = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/archive-virtio/"


def release_of(inventory: Inventory) -> str:
    """Return the CD's folder for this Windows, "" where the build is not known."""
    windows = inventory.guest.windows
    if windows is None or windows.build is None or windows.server is None:
        return ""
    return next(names[windows.server] for least, *names in _FOLDERS if windows.build >= least)


def has_installer(inventory: Inventory) -> bool:
    """Tell whether the CD's installer is for this Windows, or may be: there is none for Windows before 10 and Server 2016, nor for ARM."""
    return release_of(inventory) in ("", *WITH_INSTALLER) and inventory.guest.architecture != "aarch64"


def disc(inventory: Inventory) -> str:
    """Return where the CD is to be had for this Windows."""
    return STABLE if release_of(inventory) in ("", *WITH_INSTALLER) else OLDER


def driver_file(inventory: Inventory, package: str, inf: str = "") -> str:
    """Return where on the CD, which is E:, the INF of a package is for this Windows; placeholders stand for what is not known."""
    folder = {"x86_64": "amd64", "i686": "x86", "aarch64": "ARM64"}.get(inventory.guest.architecture, "ARCHITECTURE")
    return f"E:\\{package}\\{release_of(inventory) or 'RELEASE'}\\{folder}\\{inf or package.lower()}.inf"


def pnputil(inventory: Inventory, package: str, inf: str = "") -> str:
    """Return the command that adds a package of the CD."""
    path = driver_file(inventory, package, inf)
    return f"pnputil /add-driver {path} /install" if at_least(inventory, SLASHES) else f"pnputil -i -a {path}"


# The packages of virtio-win by the virtio device's number (virtio 1.2, section 5), and their INFs where they are called otherwise.
_PACKAGES = {
    1: ("NetKVM", ""),
    2: ("viostor", ""),
    3: ("vioserial", "vioser"),
    4: ("viorng", ""),
    5: ("Balloon", ""),
    8: ("vioscsi", ""),
    16: ("viogpudo", ""),
    18: ("vioinput", ""),
    19: ("viosock", ""),
    24: ("viomem", ""),
    26: ("viofs", ""),
}
_TRANSITIONAL = {0x1000: 1, 0x1001: 2, 0x1002: 5, 0x1003: 3, 0x1004: 8, 0x1005: 4, 0x1009: 0}


def package_for(vendor: str, number: int) -> Tuple[str, str]:
    """Return the package for a PCI device and its INF ("" where that is called like the package); empty texts where there is none."""
    return _PACKAGES.get(_TRANSITIONAL.get(number, number - 0x1040), ("", "")) if vendor == "1af4" else ("", "")


def pci_ids(address: str, inventory: Inventory) -> Tuple[str, int]:
    """Return the PCI ids of the device that a check names by its address or by Windows' id."""
    function = _by_address(inventory.guest.pci or ()).get(address)
    if function is None:
        problem = next((one for one in inventory.guest.problems or () if one.id == address), None)
        matched = re.match(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", problem.id.upper()) if problem else None
        return (matched[1].lower(), int(matched[2], 16)) if matched else ("", 0)
    return function.vendor, int(function.device or "0", 16)


@kept
def _by_address(functions: Tuple[PciFunction, ...]) -> Dict[str, PciFunction]:
    return {function.address: function for function in reversed(functions)}
