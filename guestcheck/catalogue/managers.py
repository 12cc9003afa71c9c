"""Which manager of networks each distribution starts: for a root file system of which no unit and
no init script is to be seen.

From the distributions' own documentation: Ubuntu's netplan, Debian's ifupdown, Fedora's and RHEL's
NetworkManager (before RHEL 8 the scripts of `network` too), SUSE's wicked, networkd of Photon,
Flatcar, Clear Linux and Amazon Linux 2023, dhcpcd of Void.
"""

from typing import Dict, Tuple

# By the ID of os-release; before a version's number the row for that version alone.
STARTED: Dict[str, Tuple[str, ...]] = {
    "debian": ("ifupdown",),
    "devuan": ("ifupdown",),
    "alpine": ("ifupdown",),
    "ubuntu": ("netplan", "networkd"),
    "fedora": ("networkmanager", "network"),
    "rhel": ("networkmanager", "network"),
    "centos": ("networkmanager", "network"),
    "sles": ("wicked",),
    "suse": ("wicked",),
    "photon": ("networkd",),
    "flatcar": ("networkd",),
    "clear-linux-os": ("networkd",),
    "amzn 2023": ("networkd",),
    "amzn 2": ("network",),
    "void": ("dhcpcd",),
    "gentoo": ("netifrc",),
    "openwrt": ("network",),
}
# The last release that names NICs as the kernel does, by the number before the first point: later
# ones name them by slot.
KERNEL_NAMES: Dict[str, Tuple[int, ...]] = {
    "rhel": (6,),
    "centos": (6,),
    "ol": (6,),
    "scientific": (6,),
    "sles": (11,),
    "sled": (11,),
    "debian": (8,),
    "ubuntu": (14, 4),
}
# Beginnings of names of NICs that the kernel and udev's own rules give (systemd.net-naming-scheme(7)).
NAMES_BY_RULE = ("eth", "en", "usb", "wl", "ib", "sl")
