"""In the guest, before its disk is moved: names that would be wrong, what keeps a driver from loading, and LVM's and GRUB's own lists.

Files and commands are those of util-linux (blkid), LVM2 (lvmdevices, vgimportdevices), kmod, and Debian's grub-pc.
"""

from __future__ import annotations

import re
from typing import Dict

from guestcheck.advice._quoting import kernel, plain
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the guest"
# What stands in a path or a device's name and is inert in every shell.
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
_PLACE = re.compile(r"(.*?)(?:, line [0-9]+|, '.*')?(?: in /.*)?\Z", re.DOTALL)


def _path(value: str, placeholder: str) -> str:
    return value if _PATH.fullmatch(value) and "/../" not in value else placeholder


def _anew(about: Dict[str, str]) -> bool:
    """Tell whether the initramfs has to be made anew; for a mere warning one that serves is left alone."""
    return about.get("rebuild") != "no"


def _file(about: Dict[str, str]) -> str:
    match = _PLACE.match(about.get("file", ""))
    return _path(match.group(1) if match else "", "FILE")


def name_by_uuid(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how a name in a file becomes a UUID."""
    device, file = _path(about.get("device", ""), "DEVICE"), _file(about)
    tag = "PARTUUID" if about.get("by") == "PARTUUID" else "UUID"
    if file.endswith(".efi"):
        yield Step(
            _WHERE,
            f"Put what this prints in place of {device} into the command line of which the unified image is made, and make that anew.",
            (f"blkid -o export {device} | grep ^{tag}=", "editor /etc/kernel/cmdline", "mkinitcpio -P || dracut -f --regenerate-all"),
        )
        return
    if file.endswith("grub.cfg") or file.startswith(("/etc/default/grub", "/proc/")) or file == "FILE":
        grub = "update-grub" if inventory.guest.initramfs_tool == "initramfs-tools" else "grub2-mkconfig -o /boot/grub2/grub.cfg"
        yield Step(
            _WHERE,
            f"Put what this prints in place of {device} on the kernel's command line, and write the boot menu anew.",
            (f"blkid -o export {device} | grep ^{tag}=", "editor /etc/default/grub", grub),
            f"On Red Hat's systems with loader entries: grubby --update-kernel=ALL --args='root={tag}=...'.",
        )
        return
    tag = tag if file.startswith("/boot/") else "UUID"
    yield Step(
        _WHERE,
        f"In {file} put what this prints in place of {device}.",
        (f"cp -p {file} /root/", f"blkid -o export {device} | grep ^{tag}=", f"editor {file}"),
        "A line that the boot can do without may have the option nofail instead.",
    )


def lift_blacklist(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how a module is allowed again."""
    module = plain(about.get("module"), "MODULE")
    pattern = module.replace("_", "[_-]")
    yield Step(
        _WHERE,
        f"Take {module} out of what forbids it"
        + (", and rebuild the initramfs, which has a copy of modprobe.d." if _anew(about) else "; the initramfs of now loads it, the next one would not."),
        (
            f"grep -rnE '{pattern}' /etc/modprobe.d /etc/modprobe.conf /usr/lib/modprobe.d /lib/modprobe.d",
            f"grep -nE 'blacklist=[^ ]*{pattern}' /etc/default/grub /proc/cmdline",
        ),
        "On the command line: module_blacklist=, modprobe.blacklist= and rd.driver.blacklist=.",
    )


def make_initramfs(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how a kernel gets an initramfs."""
    release = kernel(about)
    yield Step(
        _WHERE,
        f"Make an initramfs for {release}, and have the boot menu load it.",
        (f"update-initramfs -c -k {release} && update-grub", f"dracut -f --kver {release} && grub2-mkconfig -o /boot/grub2/grub.cfg"),
        "The first line is for Debian and Ubuntu, the second for systems with dracut.",
    )


def generic_initramfs(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how dracut makes an initramfs that knows nothing of the machine it was made on."""
    yield Step(
        _WHERE,
        "Have dracut make an initramfs for any machine, which waits for no device but the root file system's.",
        ("echo 'hostonly=\"no\"' > /etc/dracut.conf.d/guestcheck-generic.conf", f"dracut -f --kver {kernel(about)}"),
        "After the move the file may be removed, and the initramfs made anew.",
    )


def fix_lvm_filter(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how LVM comes to take the disk under its new name."""
    file = _file(about)
    yield Step(
        _WHERE,
        f"Change the filter in {file} so that it takes the disk under any name" + (", and rebuild the initramfs." if _anew(about) else "."),
        (f"cp -p {file} /root/", f"grep -nE '^[[:space:]]*(global_)?filter' {file}", f"editor {file}", "lvmconfig devices/filter && pvs"),
        "Without a filter LVM takes every disk that has a volume of its own on it.",
    )


def drop_lvm_devices(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how LVM's devices file is put aside over the move."""
    yield Step(
        _WHERE,
        f"Put LVM's devices file aside, {'rebuild the initramfs, ' if _anew(about) else ''}and write a new one after the move.",
        ("mv /etc/lvm/devices/system.devices /etc/lvm/devices/system.devices.guestcheck", "vgimportdevices -a   # after the move"),
        "Without the file LVM looks at every disk.",
    )


def choose_grub_device(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how Debian's package learns where GRUB is."""
    yield Step(_WHERE, "After the move, tell the package on which disk GRUB is.", ("dpkg-reconfigure grub-pc",))


def grub_by_uuid(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how GRUB's menu comes to name the root file system by its UUID."""
    yield Step(
        _WHERE,
        "Take GRUB_DISABLE_LINUX_UUID out of GRUB's defaults, and write the boot menu anew.",
        ("sed -i 's/^GRUB_DISABLE_LINUX_UUID=/# &/' /etc/default/grub", "update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg"),
    )


def grub_by_search(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how GRUB comes to search for its file system, wherever the disk is."""
    yield Step(
        _WHERE,
        "Write the boot menu anew: grub-mkconfig puts a search for the file system's UUID into each entry.",
        ("update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg",),
        "In a menu.lst of old, a line `uuid ...` takes the place of `root (hd1,0)` where that GRUB knows it.",
    )


def add_option(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how the kernel is told one option more."""
    option = plain(about.get("option"), "OPTION")
    grub = "update-grub" if inventory.guest.initramfs_tool == "initramfs-tools" else "grub2-mkconfig -o /boot/grub2/grub.cfg"
    yield Step(
        _WHERE,
        f"Put {option} on the kernel's command line, and write the boot menu anew.",
        (f"sed -i 's/^GRUB_CMDLINE_LINUX=[\"]/&{option} /' /etc/default/grub", grub),
        f"On Red Hat's systems with loader entries: grubby --update-kernel=ALL --args={option}. Other boot loaders have the line in their own file.",
    )


def drop_device_map(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how GRUB's list of disks is put aside; grub-install and grub-mkconfig look at the disks themselves without one."""
    file = _file(about)
    yield Step(_WHERE, "Put GRUB's device.map aside: without one GRUB's programs look at the disks there are.", (f"mv {file} {file}.guestcheck",))


WORDS = {
    "add-option": add_option,
    "drop-device-map": drop_device_map,
    "grub-by-search": grub_by_search,
    "grub-by-uuid": grub_by_uuid,
    "name-by-uuid": name_by_uuid,
    "lift-blacklist": lift_blacklist,
    "make-initramfs": make_initramfs,
    "generic-initramfs": generic_initramfs,
    "fix-lvm-filter": fix_lvm_filter,
    "drop-lvm-devices": drop_lvm_devices,
    "choose-grub-device": choose_grub_device,
}
