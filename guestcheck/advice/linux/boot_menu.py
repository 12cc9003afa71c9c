"""Which program writes the boot menu, and where options of the kernel's command line are kept: by
what was read, then by distribution and firmware.

Sources: grub-mkconfig and update-grub of Debian's grub2; grubby(8); Red Hat's documentation of RHEL
7 (GRUB reads EFI/redhat/grub.cfg), 8 (loader entries) and 9 (that file is a stub, which is never
written); zipl(8); lilo(8); u-boot-update(8); Alpine's update-extlinux.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Tuple

from guestcheck.advice.linux import packages
from guestcheck.model.device import Inventory

GRUB = "/etc/default/grub"
EDITOR = "${EDITOR:-vi}"
_PLAIN = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
# Folders below EFI of those whose GRUB reads its menu there, up to RHEL 8 and its rebuilds.
_VENDORS = {
    "rhel": "redhat",
    "ol": "redhat",
    "centos": "centos",
    "almalinux": "almalinux",
    "rocky": "rocky",
    "fedora": "fedora",
    "openeuler": "openEuler",
}


class Menu(NamedTuple):
    """A boot menu: `kind` (grub, grubby, entries, file, unified, none), the file that options are
    kept in, and the command that writes it anew.

    `output` is the file that the command writes ("" for none), `maps` whether the boot loader keeps
    the places of the files on the disk, and so has to be run after every change of one.
    """

    kind: str
    source: str
    command: Tuple[str, ...] = ()
    output: str = ""
    maps: bool = False

    @property
    def line(self) -> str:
        """The command as it is typed."""
        return " ".join(self.command)

    @property
    def name(self) -> str:
        """The file to name where options are changed."""
        return self.source or "the boot loader's own file"


def menu(inventory: Inventory, read: str = "") -> Menu:
    """Return the boot menu of this guest; `read` is the file of it that something was found in,
    where no entries were seen.
    """
    entries = inventory.guest.setup.entries or ()
    file = next(
        (entry.file for entry in entries if entry.default),
        entries[0].file if entries else read if read.startswith("/boot/") else "",
    )
    found = _by_file(file, inventory) if _PLAIN.fullmatch(file) else _by_family(inventory)
    return (
        found._replace(command=("zipl",), maps=True)
        if inventory.guest.architecture.startswith("s390") and found.kind != "grub"
        else found
    )


def _by_file(file: str, inventory: Inventory) -> Menu:
    kind = packages.family(inventory)
    name = file.rpartition("/")[2]
    if file.endswith(".efi"):
        return Menu("unified", "/etc/kernel/cmdline")
    if "/loader" in file and name.endswith(".conf") and "/entries" in file:
        return (
            Menu("grubby", GRUB)
            if kind == "rhel" and packages.major(inventory) >= (8 if _is_rhel(inventory) else 0)
            else Menu("entries", file)
        )
    if name == "grub.cfg":
        return _grub(file, inventory)
    if name == "extlinux.conf":
        if kind == "alpine":
            return Menu("file", "/etc/update-extlinux.conf", ("update-extlinux",), file)
        return (
            Menu("file", "/etc/default/u-boot", ("u-boot-update",), file)
            if kind in ("debian", "ubuntu") and "/boot/extlinux/" in file
            else Menu("file", file)
        )
    if name == "lilo.conf":
        return Menu("file", file, ("lilo",), maps=True)
    return Menu("file", file)


def _grub(file: str, inventory: Inventory) -> Menu:
    kind = packages.family(inventory)
    if kind in ("debian", "ubuntu"):
        return Menu("grub", GRUB, ("update-grub",), "/boot/grub/grub.cfg")
    if kind in ("photon", "nixos"):  # the installer, or the system's own generator, writes it
        return Menu("file", file if kind == "photon" else "/etc/nixos/configuration.nix")
    if kind == "rhel" and "/EFI/" in file and _stub_is_below_efi(inventory):
        file = "/boot/grub2/grub.cfg"
    program = "grub2-mkconfig" if "/grub2/" in file or kind in ("rhel", "suse") else "grub-mkconfig"
    return Menu("grub", GRUB, (program, "-o", file), file)


def _by_family(inventory: Inventory) -> Menu:
    kind, number, efi = (
        packages.family(inventory),
        packages.major(inventory),
        inventory.guest.firmware == "efi",
    )
    if kind in ("debian", "ubuntu"):
        return Menu("grub", GRUB, ("update-grub",), "/boot/grub/grub.cfg")
    if kind == "suse":
        return _grub("/boot/grub2/grub.cfg", inventory)
    if kind == "rhel":
        if not _is_rhel(inventory) or number >= 8 or not number:
            return Menu("grubby", GRUB)
        if number == 7:
            vendor = _VENDORS.get(inventory.guest.os_id.lower(), "redhat")
            return _grub(
                f"/boot/efi/EFI/{vendor}/grub.cfg" if efi else "/boot/grub2/grub.cfg", inventory
            )
        return Menu("file", "/boot/grub/grub.conf")
    if kind in ("arch", "alpine", "gentoo", "void"):
        return Menu("none", "")  # GRUB, systemd-boot and extlinux are all common there
    return Menu("none", "/etc/nixos/configuration.nix" if kind == "nixos" else "")


def _is_rhel(inventory: Inventory) -> bool:
    """Tell whether versions are counted as Red Hat Enterprise Linux counts them."""
    return inventory.guest.os_id.lower() not in ("fedora", "amzn", "openeuler", "kylin", "euleros")


def _stub_is_below_efi(inventory: Inventory) -> bool:
    """Tell whether grub.cfg below EFI does no more than lead to /boot/grub2: RHEL 9, Fedora 34,
    Amazon Linux 2023.
    """
    first = {"fedora": 34, "amzn": 2023, "openeuler": 10**6, "kylin": 10**6, "euleros": 10**6}.get(
        inventory.guest.os_id.lower(), 9
    )
    return packages.major(inventory) >= first
