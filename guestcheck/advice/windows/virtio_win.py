"""The virtio-win CD: which build of it a Windows takes, which folder holds the driver for which
device and Windows, and where it can be downloaded.

Folders and INFs are those of virtio-win's own packaging. A CD is named by its number: what "stable"
leads to changes, and was 0.1.285, whose disk drivers corrupt paging (kvm-guest-drivers-windows
#1453, #1466, #1614). Builds after 0.1.215 are only test-signed for 8 to 2012 R2 (#1112).
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from guestcheck.advice.windows.commands import SLASHES, at_least
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.virtio import TRANSITIONAL
from guestcheck.model.device import Inventory
from guestcheck.model.guest import PciFunction
from guestcheck.model.lookup import kept
from guestcheck.model.windows import VISTA

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
_SINCE_10 = ("w10", "w11", "2k16", "2k19", "2k22", "2k25")
_BEFORE_10 = ("w8.1", "2k12R2", "w8", "2k12", "w7", "2k8R2", "2k8", "xp", "2k3")
# Packages that the CD does not have for a release or an architecture.
_NO_RELEASE = {
    "viosock": _BEFORE_10,
    "viomem": _BEFORE_10,
    "viofs": ("w7", "2k8R2", "2k8", "xp", "2k3"),
    "viogpudo": ("w7", "2k8R2", "2k8", "xp", "2k3"),
    "vioinput": ("2k8", "xp", "2k3"),
    **{row.virtio_win: row.virtio_win_lacks for row in INTERFACES if row.virtio_win_lacks},
    "viorng": ("xp", "2k3"),
}
_NO_ARCHITECTURE = {"viosock": ("i686", "aarch64"), "viomem": ("i686",)}
_NO_PAIR = (("viofs", "2k25", "aarch64"),)
_CDS = {
    **dict.fromkeys(_SINCE_10, "0.1.271"),
    **dict.fromkeys(("w8.1", "2k12R2", "w8", "2k12"), "0.1.215"),
    **dict.fromkeys(("w7", "2k8R2"), "0.1.173"),
}
ANY_CD = (
    "virtio-win 0.1.271 for Windows 10, Server 2016 and newer, 0.1.215 for 8, 8.1, 2012 and 2012 "
    "R2, 0.1.173 for 7 and 2008 R2"
)
ARCHIVE = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/archive-virtio/"


def release_of(inventory: Inventory) -> str:
    """Return the CD's folder for this Windows, "" where the build is not known."""
    windows = inventory.guest.windows
    if windows is None or windows.build is None or windows.server is None:
        return ""
    return next(names[windows.server] for least, *names in _FOLDERS if windows.build >= least)


def has_installer(inventory: Inventory) -> bool:
    """Tell whether the CD's installer is for this Windows, or may be: it wants a build above 10240
    (10 LTSB 2015 is that), and there is none for ARM.
    """
    return (
        release_of(inventory) in ("", *_SINCE_10)
        and at_least(inventory, 10241)
        and inventory.guest.architecture != "aarch64"
    )


def makers_own(inventory: Inventory) -> str:
    """Return what a platform has in place of virtio-win, "" where it has nothing of its own."""
    if inventory.platform == "nutanix":
        return (
            "Install Nutanix VirtIO, Nutanix' own package of the drivers, from its support "
            "portal, and "
            "restart if it asks for that."
        )
    return ""


def cd_of(inventory: Inventory) -> str:
    """Return which CD is for this Windows: "virtio-win 0.1.271"; words for several where the
    release is not known.
    """
    release = release_of(inventory)
    if not release:
        return ANY_CD
    return (
        f"virtio-win {_CDS[release]}"
        if release in _CDS
        else "an old virtio-win (which build is the last for this Windows is not known here)"
    )


def why_that_cd(inventory: Inventory) -> str:
    """Return why it is that CD and no newer one."""
    cd = _CDS.get(release_of(inventory), "")
    return {
        "0.1.271": "Not 0.1.285: its disk drivers have a bug that corrupts paging.",
        "0.1.215": "Builds after 0.1.215 are only test-signed for this Windows: with them it does not "
        "start (0xC0000428).",
        "0.1.173": "Its drivers for this Windows have SHA-1 signatures, which need no update.",
    }.get(cd, "")


def driver_file(inventory: Inventory, package: str, inf: str = "") -> str:
    """Return where on the CD, which is E:, the INF of a package is for this Windows; placeholders
    stand for what is not known.
    """
    folder = {"x86_64": "amd64", "i686": "x86", "aarch64": "ARM64"}.get(
        inventory.guest.architecture, "ARCHITECTURE"
    )
    return f"E:\\{package}\\{release_of(inventory) or 'RELEASE'}\\{folder}\\{inf or package.lower()}.inf"


def on_cd(inventory: Inventory, package: str) -> bool:
    """Tell whether the CD has a package for this Windows, or may have it."""
    release, architecture = release_of(inventory), inventory.guest.architecture
    lacks = release in _NO_RELEASE.get(package, ()) or architecture in _NO_ARCHITECTURE.get(
        package, ()
    )
    return not lacks and (package, release, architecture) not in _NO_PAIR


def adding(inventory: Inventory, package: str, inf: str = "") -> Tuple[str, ...]:
    """Return the commands that add a package of the CD: none where it has none, Device Manager on
    XP and 2003, which have no pnputil.
    """
    if not on_cd(inventory, package):
        return ()
    if not at_least(inventory, VISTA):
        return ("devmgmt.msc",)
    path = driver_file(inventory, package, inf)
    return (
        f"pnputil /add-driver {path} /install"
        if at_least(inventory, SLASHES)
        else f"pnputil -i -a {path}",
    )


def how_added(inventory: Inventory, package: str, inf: str = "") -> str:
    """Return a note on how a package is added, where a command alone does not say it."""
    if not on_cd(inventory, package):
        return f"The CD has no {package} for this Windows."
    if not at_least(inventory, VISTA):
        return (
            f"In Device Manager: Update Driver, Have Disk, {driver_file(inventory, package, inf)}."
        )
    return ""


# The packages of virtio-win by the virtio device's number (virtio 1.2, section 5), and their INFs
# where they are called otherwise.
_PACKAGES = {
    **{
        device.virtio: (row.virtio_win, "")
        for row in INTERFACES
        for device in row.devices
        if row.virtio_win and device.virtio
    },
    3: ("vioserial", "vioser"),
    4: ("viorng", ""),
    5: ("Balloon", ""),
    16: ("viogpudo", ""),
    18: ("vioinput", ""),
    19: ("viosock", ""),
    24: ("viomem", ""),
    26: ("viofs", ""),
}


def package_for(vendor: str, number: int) -> Tuple[str, str]:
    """Return the package for a PCI device and its INF ("" where that is called like the package);
    empty texts where there is none.
    """
    return (
        _PACKAGES.get(TRANSITIONAL.get(f"{number:04x}", number - 0x1040), ("", ""))
        if vendor == "1af4"
        else ("", "")
    )


def pci_ids(address: str, inventory: Inventory) -> Tuple[str, int]:
    """Return the PCI ids of the device that a check names by its address or by Windows' id."""
    function = _by_address(inventory.guest.pci or ()).get(address)
    if function is None:
        problem = next((one for one in inventory.guest.problems or () if one.id == address), None)
        matched = (
            re.match(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", problem.id.upper())
            if problem
            else None
        )
        return (matched[1].lower(), int(matched[2], 16)) if matched else ("", 0)
    return function.vendor, int(function.device or "0", 16)


@kept
def _by_address(functions: Tuple[PciFunction, ...]) -> Dict[str, PciFunction]:
    return {function.address: function for function in reversed(functions)}
