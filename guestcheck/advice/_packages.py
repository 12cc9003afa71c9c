"""What distributions call a package and its service, and how they install the one and start the other.

Read in the packages of Debian 12 (qemu-guest-agent, open-vm-tools, hyperv-daemons, waagent, google-guest-agent) and in
XCP-ng's guide; the names of other distributions are general knowledge.
"""

from typing import Dict, NamedTuple, Tuple

from guestcheck.model.device import Inventory

_FAMILIES = {
    "ubuntu": "ubuntu",
    "debian": "debian",
    "rhel": "rhel",
    "fedora": "rhel",
    "centos": "rhel",
    "amzn": "rhel",
    "suse": "suse",
    "opensuse": "suse",
    "sles": "suse",
    "alpine": "alpine",
    "arch": "arch",
}
_INSTALL = {
    "ubuntu": "apt-get install",
    "debian": "apt-get install",
    "rhel": "dnf install",
    "suse": "zypper install",
    "alpine": "apk add",
    "arch": "pacman -S",
}


class _Agent(NamedTuple):
    """A package and its service, and where a distribution calls them otherwise."""

    package: str
    service: str
    others: Dict[str, Tuple[str, str]]


_AGENTS = {
    "qemu-ga": _Agent("qemu-guest-agent", "qemu-guest-agent", {}),
    "open-vm-tools": _Agent(
        "open-vm-tools",
        "vmtoolsd",
        {"debian": ("open-vm-tools", "open-vm-tools"), "ubuntu": ("open-vm-tools", "open-vm-tools")},
    ),
    "hyperv-daemons": _Agent(
        "hyperv-daemons",
        "hypervkvpd",
        {
            "debian": ("hyperv-daemons", "hv-kvp-daemon"),
            "ubuntu": ("linux-cloud-tools-virtual", "hv-kvp-daemon"),
            "suse": ("hyper-v", "hv_kvp_daemon"),
            "arch": ("hyperv", "hv_kvp_daemon"),
            "alpine": ("hvtools", "hv_kvp_daemon"),
        },
    ),
    "xe-guest-utilities": _Agent(
        "xe-guest-utilities",
        "xe-linux-distribution",
        {
            "rhel": ("xe-guest-utilities-latest", "xe-linux-distribution"),
            "alpine": ("xe-guest-utilities", "xe-guest-utilities"),
        },
    ),
    "waagent": _Agent(
        "WALinuxAgent",
        "waagent",
        {
            "debian": ("waagent", "walinuxagent"),
            "ubuntu": ("walinuxagent", "walinuxagent"),
            "suse": ("python-azure-agent", "waagent"),
        },
    ),
    "google-guest-agent": _Agent("google-guest-agent", "google-guest-agent", {}),
    "virtualbox-guest-utils": _Agent(
        "virtualbox-guest-utils",
        "vboxservice",
        {
            "debian": ("virtualbox-guest-utils", "virtualbox-guest-utils"),
            "ubuntu": ("virtualbox-guest-utils", "virtualbox-guest-utils"),
            "rhel": ("virtualbox-guest-additions", "vboxservice"),
            "suse": ("virtualbox-guest-tools", "vboxservice"),
            "alpine": ("virtualbox-guest-additions", "virtualbox-guest-additions"),
        },
    ),
}


def family(inventory: Inventory) -> str:
    """Return the family of the guest's distribution, "" where it is none of those known here."""
    guest = inventory.guest
    return next((_FAMILIES[word] for word in (guest.os_id, *guest.os_like) if word in _FAMILIES), "")


def install(inventory: Inventory, package: str) -> Tuple[str, ...]:
    """Return the line that installs `package`, none where the distribution is not known."""
    guest, kind = inventory.guest, family(inventory)
    if kind == "rhel" and guest.os_id != "fedora" and guest.os_version.split(".")[0] in ("2", "5", "6", "7"):
        return (f"yum install {package}",)
    return (f"{_INSTALL[kind]} {package}",) if kind else ()


def agent(inventory: Inventory, name: str) -> Tuple[str, str]:
    """Return the package and the service of the guest agent `name`, empty where it is not known."""
    known = _AGENTS.get(name)
    return known.others.get(family(inventory), (known.package, known.service)) if known else ("", "")


def start(inventory: Inventory, service: str) -> Tuple[str, ...]:
    """Return the lines that start `service` now and at each boot."""
    if family(inventory) == "alpine":
        return (f"rc-update add {service}", f"rc-service {service} start")
    if service == "qemu-guest-agent":  # udev starts it where its channel is; often there is nothing to enable
        return (f"systemctl start {service}",)
    return (f"systemctl enable --now {service}",)
