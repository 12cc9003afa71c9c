"""What has to be done so that the initramfs opens what the root file system lies on: its packages,
its tables, its keys.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import kernel, plain
from guestcheck.advice.linux import packages
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the guest"
# Debian splits off what works inside the initramfs.
_DEBIAN = {"cryptsetup": "cryptsetup-initramfs", "multipath-tools": "multipath-tools-boot"}
_RED_HAT = {"multipath-tools": "device-mapper-multipath"}
_PARTS = {
    "crypt": ("crypt", "encrypt (or sd-encrypt)"),
    "lvm": ("lvm", "lvm2"),
    "md": ("mdraid", "mdadm_udev"),
    "multipath": ("multipath", "multipath"),
    "btrfs": ("btrfs", "btrfs"),
}


def open_root(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how the initramfs comes to open what root lies on: with the program there, and / mounted
    from that device, it is rebuilt.
    """
    release, tool = kernel(about), about.get("tool") or inventory.guest.initramfs_tool
    package = plain(about.get("package"), "PACKAGE")
    names = {"debian": _DEBIAN, "ubuntu": _DEBIAN, "rhel": _RED_HAT}.get(
        packages.family(inventory), {}
    )
    dracut, hook = _PARTS.get(about.get("layer", ""), ("MODULE", "HOOK"))
    yield Step(
        _WHERE,
        "Install what opens it in the initramfs, if it is not there.",
        packages.install(inventory, names.get(package, package)),
    )
    code = {
        "initramfs-tools": (
            f"update-initramfs -u -k {release}",
            f"lsinitramfs /boot/initrd.img-{release} | grep -E 'crypt|lvm|mdadm|multipath'",
        ),
        "dracut": (f"dracut -f --add {dracut} --kver {release}", f"lsinitrd -k {release} -m"),
        "mkinitcpio": (
            f"HOOKS=(... {hook} ...)   # in /etc/mkinitcpio.conf, before filesystems",
            "mkinitcpio -P",
        ),
    }.get(tool, ())
    yield Step(
        _WHERE,
        "Rebuild the initramfs in the running guest, where its tool sees what / is mounted "
        "from: not in a chroot without that.",
        code,
        "What opens an encrypted root stands in /etc/crypttab (Debian: with the option "
        "initramfs), or in rd.luks.uuid= or cryptdevice=.",
    )


def fix_mdadm_devices(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how mdadm comes to look at every disk."""
    file = about.get("file", "")
    shown = file if file in ("/etc/mdadm/mdadm.conf", "/etc/mdadm.conf") else "mdadm.conf"
    yield Step(
        _WHERE,
        f"In {shown} have DEVICE name all partitions, and arrays by their UUID without "
        "devices=; then rebuild the initramfs, which has a copy.",
        (
            f"cp -p {shown} /root/",
            "mdadm --detail --scan",
            f"${{EDITOR:-vi}} {shown}   # DEVICE partitions",
        ),
        "Without a line DEVICE mdadm looks at all partitions.",
    )


def keep_tpm(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word what a key in the TPM needs before the machine becomes another."""
    yield Step(
        _WHERE,
        "Have a passphrase or recovery key for the encrypted device, and enrol the new "
        "machine's TPM after the move.",
        ("systemd-cryptenroll DEVICE", "systemd-cryptenroll DEVICE --recovery-key"),
        "A virtual TPM keeps its keys where its state moves along with the guest.",
    )
