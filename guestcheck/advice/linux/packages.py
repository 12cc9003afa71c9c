"""What distributions call a package and its service, and how they install the one and start the
other.

Read in the packages of Debian 12 (qemu-guest-agent, open-vm-tools, hyperv-daemons, waagent,
google-guest-agent) and in XCP-ng's guide; the names of other distributions are general knowledge.
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
    "openeuler": "rhel",
    "anolis": "rhel",
    "kylin": "rhel",
    "euleros": "rhel",
    "photon": "photon",
    "gentoo": "gentoo",
    "void": "void",
    "nixos": "nixos",
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
    "photon": "tdnf install",
    "gentoo": "emerge --ask",
    "void": "xbps-install -S",
}


_NO_PACKAGE = ("", "")
# NixOS installs and starts by its configuration.
_NIXOS = {
    "qemu-ga": "services.qemuGuest.enable = true;",
    "open-vm-tools": "virtualisation.vmware.guest.enable = true;",
    "hyperv-daemons": "virtualisation.hypervGuest.enable = true;",
    "xe-guest-utilities": "services.xe-guest-utilities.enable = true;",
    "virtualbox-guest-utils": "virtualisation.virtualbox.guest.enable = true;",
}


class _Agent(NamedTuple):
    """A package and its service, and where a distribution calls them otherwise."""

    package: str
    service: str
    others: Dict[str, Tuple[str, str]]


_AGENTS = {
    "qemu-ga": _Agent(
        "qemu-guest-agent",
        "qemu-guest-agent",
        {
            "gentoo": ("app-emulation/qemu-guest-agent", "qemu-guest-agent"),
            "void": ("qemu-ga", "qemu-ga"),
            "photon": _NO_PACKAGE,
        },
    ),
    "open-vm-tools": _Agent(
        "open-vm-tools",
        "vmtoolsd",
        {
            "debian": ("open-vm-tools", "open-vm-tools"),
            "ubuntu": ("open-vm-tools", "open-vm-tools"),
            "alpine": ("open-vm-tools", "open-vm-tools"),
            "gentoo": ("app-emulation/open-vm-tools", "vmware-tools"),
        },
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
            "gentoo": _NO_PACKAGE,
            "void": _NO_PACKAGE,
            "photon": _NO_PACKAGE,
        },
    ),
    "xe-guest-utilities": _Agent(
        "xe-guest-utilities",
        "xe-linux-distribution",
        {
            "debian": _NO_PACKAGE,
            "gentoo": _NO_PACKAGE,
            "void": _NO_PACKAGE,
            "photon": _NO_PACKAGE,
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
            "debian": _NO_PACKAGE,
            "photon": _NO_PACKAGE,
            "gentoo": ("app-emulation/virtualbox-guest-additions", "virtualbox-guest-additions"),
            "void": _NO_PACKAGE,
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
    return next(
        (
            _FAMILIES[word.lower()]
            for word in (guest.os_id, *guest.os_like)
            if word.lower() in _FAMILIES
        ),
        "",
    )


def major(inventory: Inventory) -> int:
    """Return the first number of the distribution's version, 0 where it has none."""
    word = inventory.guest.os_version.split(".")[0]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0


def install(inventory: Inventory, package: str) -> Tuple[str, ...]:
    """Return the line that installs `package`, none where the distribution is not known."""
    guest, kind = inventory.guest, family(inventory)
    if not package or kind not in _INSTALL:
        return ()
    # Amazon Linux 2 and RHEL up to 7 have no dnf.
    if (
        kind == "rhel"
        and guest.os_id != "fedora"
        and guest.os_version.split(".")[0] in ("2", "5", "6", "7")
    ):
        return (f"yum install {package}",)
    return (f"{_INSTALL[kind]} {package}",)


def by_configuration(inventory: Inventory, name: str) -> str:
    """Return the line that NixOS' configuration needs for the guest agent `name`, "" elsewhere."""
    return _NIXOS.get(name, "") if family(inventory) == "nixos" else ""


def agent(inventory: Inventory, name: str) -> Tuple[str, str]:
    """Return the package and the service of the guest agent `name`, empty where it is not known, or
    this distribution has none.
    """
    known = _AGENTS.get(name)
    return (
        known.others.get(family(inventory), (known.package, known.service))
        if known
        else _NO_PACKAGE
    )


def start(inventory: Inventory, service: str) -> Tuple[str, ...]:
    """Return the lines that start `service` now and at each boot."""
    kind, init = family(inventory), inventory.guest.setup.init
    if kind == "alpine":
        level = " boot" if service == "open-vm-tools" else ""
        return (f"rc-update add {service}{level}", f"rc-service {service} start")
    if kind == "gentoo" and init != "systemd":
        return (f"rc-update add {service} default", f"rc-service {service} start")
    if kind == "void":
        return (f"ln -s /etc/sv/{service} /var/service/",)
    if (
        service == "qemu-guest-agent"
    ):  # udev starts it where its channel is; often there is nothing to enable
        return (f"systemctl start {service}",)
    return (f"systemctl enable --now {service}",)


def kernel_packages(inventory: Inventory, release: str) -> str:
    """Return the packages with the drivers that small kernels leave out, "" where the distribution
    has one kernel package, or is not known.
    """
    guest, kind = inventory.guest, family(inventory)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(guest.architecture, "ARCHITECTURE")
    if kind == "rhel":
        return _of_red_hat(guest.os_id.lower(), major(inventory), release)
    return {
        "ubuntu": f"linux-modules-extra-{release}",
        "debian": f"linux-image-{machine}",
        "suse": "kernel-default",
        "alpine": "linux-lts",
        "arch": "linux",
        "void": "linux",
        "photon": "linux",
    }.get(kind, "")


def _of_red_hat(name: str, number: int, release: str) -> str:
    """Return the packages of Fedora and what is like it: an unknown name stops dnf, so none is
    named that may not be there.
    """
    if "uek" in release:  # Oracle's, in parts since UEK 7 with Linux 5.15
        return (
            ""
            if release.startswith(("2.", "3.", "4.", "5.4"))
            else "kernel-uek-modules kernel-uek-modules-extra"
        )
    if name == "amzn":
        return "kernel-modules-extra" if number >= 2023 else ""
    if name in ("openeuler", "kylin", "euleros", "anolis") or (
        name != "fedora" and number and number < 8
    ):
        return ""
    return "kernel-modules kernel-modules-extra"
