"""In the guest, before its disk is moved: names that would be wrong, what keeps a driver from
loading, and LVM's and GRUB's own lists.

Files and commands are those of util-linux (blkid), LVM2 (lvmdevices, vgimportdevices), kmod,
grubby(8), and Debian's grub-pc.
"""

from __future__ import annotations

import re
from typing import Dict

from guestcheck.advice._quoting import kernel, plain
from guestcheck.advice.linux import initramfs
from guestcheck.advice.linux.boot_menu import EDITOR, GRUB, Menu, menu
from guestcheck.advice.linux.packages import family
from guestcheck.advice.linux.root_openers import fix_mdadm_devices, keep_tpm, open_root
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the guest"
# What stands in a path or a device's name and is inert in every shell.
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
_OPTION = re.compile(r"[a-z][a-z0-9._]{0,30}")
_PLACE = re.compile(r"(.*?)(?:, line [0-9]+|, '.*')?(?: in /.*)?\Z", re.DOTALL)


def _path(value: str, placeholder: str) -> str:
    return value if _PATH.fullmatch(value) and "/../" not in value else placeholder


def _anew(about: Dict[str, str]) -> bool:
    """Tell whether the initramfs has to be made anew; for a mere warning one that serves is left
    alone.
    """
    return about.get("rebuild") != "no"


def _file(about: Dict[str, str]) -> str:
    match = _PLACE.match(about.get("file", ""))
    return _path(match.group(1) if match else "", "FILE")


def name_by_uuid(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how a name in a file becomes a UUID."""
    device, file = _path(about.get("device", ""), "DEVICE"), _file(about)
    tag = "PARTUUID" if about.get("by") == "PARTUUID" else "UUID"
    boot = menu(inventory, file)
    if file.endswith(".efi"):
        yield Step(
            _WHERE,
            f"Put what this prints in place of {device} into the command line of which the "
            "unified image is made, and rebuild that.",
            (f"blkid -o export {device} | grep ^{tag}=", f"{EDITOR} /etc/kernel/cmdline"),
            "kernel-install, mkinitcpio, dracut and ukify make such images. One that a vendor "
            "signed cannot be rebuilt here.",
        )
        return
    if (
        file.endswith("grub.cfg")
        or file.startswith(("/etc/default/grub", "/proc/"))
        or file == "FILE"
        or (boot.kind == "grubby" and "/loader" in file)
    ):
        boot = boot._replace(source=boot.source or (file if file.startswith(GRUB) else ""))
        yield from _on_the_command_line(device, tag, about, boot, inventory)
        return
    tag = tag if file.startswith("/boot/") or file.endswith("lilo.conf") else "UUID"
    more = (
        (boot.source,)
        if boot.kind == "file" and boot.output == file
        else ("/etc/kernel/cmdline",)
        if boot.kind == "entries" and file == boot.source
        else ()
    )
    yield Step(
        _WHERE,
        f"In {' and in '.join((file, *more))} put what this prints in place of {device}."
        + (" The first is written from the second." if more else ""),
        (
            f"cp -p {file} /root/",
            f"blkid -o export {device} | grep ^{tag}=",
            *(f"{EDITOR} {name}" for name in (file, *more)),
            *(
                (boot.line,)
                if boot.maps and file.startswith(("/boot/", "/etc/lilo", "/etc/zipl"))
                else ()
            ),
        ),
        "A line that the boot can do without may have the option nofail instead.",
    )


def _on_the_command_line(
    device: str, tag: str, about: Dict[str, str], boot: Menu, inventory: Inventory
) -> Steps:
    option = about.get("line", "").partition("=")[0]
    option = option if _OPTION.fullmatch(option) else "root"
    if boot.kind == "grubby":
        yield Step(
            _WHERE,
            f"Put the {tag} in place of {device} into every entry of the boot menu.",
            (
                f"value={tag}=$(blkid -s {tag} -o value {device}); echo $value",
                f"grubby --update-kernel=ALL --remove-args={option}={device} "
                f'--args="{option}=$value"',
                f"grep -n {device} /etc/default/grub /etc/kernel/cmdline   # new kernels get "
                "what is there",
            ),
        )
        return
    # With this setting the program that writes the menu takes the device's name again.
    by_name = any(
        setting.name == "GRUB_DISABLE_LINUX_UUID"
        for setting in (inventory.guest.setup.grub.defaults if inventory.guest.setup.grub else ())
    )
    yield Step(
        _WHERE,
        f"Put what this prints in place of {device} on the kernel's command line"
        + (", and have the boot menu written from that." if boot.command else "."),
        (
            f"blkid -o export {device} | grep ^{tag}=",
            *(
                ("sed -i 's/^GRUB_DISABLE_LINUX_UUID=/# &/' /etc/default/grub",)
                if by_name and boot.source == GRUB
                else ()
            ),
            *((f"{EDITOR} {boot.source}",) if boot.source else ()),
            *(
                (boot.line, f"grep -n {device} {boot.output}   # prints nothing")
                if boot.output
                else (boot.line,)
                if boot.command
                else ()
            ),
        ),
        ""
        if boot.source
        else "The command line is kept by the boot loader: grub.cfg is written from "
        "/etc/default/grub, systemd-boot has loader/entries, extlinux its own file.",
    )


def lift_blacklist(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how a module is allowed again."""
    module = plain(about.get("module"), "MODULE")
    pattern = module.replace("_", "[_-]")
    yield Step(
        _WHERE,
        f"Take {module} out of what forbids it"
        + (
            ", and rebuild the initramfs, which has a copy of modprobe.d."
            if _anew(about)
            else "; the initramfs of now loads it, the next one would not."
        ),
        (
            f"grep -rnE '{pattern}' /etc/modprobe.d /etc/modprobe.conf /usr/lib/modprobe.d "
            "/lib/modprobe.d",
            "grep -nE 'blacklist=[^ "
            f"]*{pattern}' {menu(inventory).source or '/etc/default/grub'} /proc/cmdline",
        ),
        "On the command line: module_blacklist=, modprobe.blacklist= and rd.driver.blacklist=.",
    )


def make_initramfs(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how a kernel gets an initramfs."""
    release, boot = kernel(about), menu(inventory)
    image = initramfs.image_of(about, release, inventory)
    build = {
        "initramfs-tools": f"update-initramfs -c -k {release}",
        "dracut": f"dracut -f --kver {release}",
        "mkinitcpio": "mkinitcpio -P",
        "booster": "/usr/lib/booster/regenerate_images",
        "mkinitfs": f"mkinitfs {release}",
        "make-initrd": f"make-initrd -k {release}",
        "genkernel": "genkernel --all-ramdisk-modules initramfs",
        "tiny-initramfs": f"update-tirfs -k {release}",
        "mkinitrd": f"mkinitrd -f /boot/initrd-{release}.img {release}"
        if family(inventory) == "rhel"
        else "mkinitrd",
    }.get(image.tool, "")
    yield Step(
        _WHERE,
        f"Make an initramfs for {release}, and have the boot menu load it."
        + ("" if build else " Which program makes one here is not known.")
        + ("" if boot.command else f" Name it in {boot.name}."),
        (*((build,) if build else ()), *((boot.line,) if boot.command else ())),
    )


def generic_initramfs(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how dracut makes an initramfs that knows nothing of the machine it was made on."""
    release = kernel(about)
    image = initramfs.image_of(about, release, inventory)
    yield from initramfs.for_any_machine(image)


def fix_lvm_filter(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how LVM comes to take the disk under its new name."""
    file = _file(about)
    yield Step(
        _WHERE,
        f"Change the filter in {file} so that it takes the disk under any name"
        + (", and rebuild the initramfs." if _anew(about) else "."),
        (
            f"cp -p {file} /root/",
            f"grep -nE '^[[:space:]]*(global_)?filter' {file}",
            f"{EDITOR} {file}",
            "lvmconfig devices/filter && pvs",
        ),
        "Without a filter LVM takes every disk that has a volume of its own on it.",
    )


def drop_lvm_devices(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how LVM's devices file is put aside over the move."""
    yield Step(
        _WHERE,
        "Put LVM's devices file "
        f"aside, {'rebuild the initramfs, ' if _anew(about) else ''}and write a new one after "
        "the move.",
        (
            "mv /etc/lvm/devices/system.devices /etc/lvm/devices/system.devices.guestcheck",
            "vgimportdevices -a   # after the move",
        ),
        "Without the file LVM looks at every disk.",
    )


def choose_grub_device(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how Debian's package learns where GRUB is."""
    yield Step(
        _WHERE,
        "After the move, tell the package on which disk GRUB is.",
        ("dpkg-reconfigure grub-pc",),
    )


def grub_by_uuid(_about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how GRUB's menu comes to name the root file system by its UUID."""
    boot = menu(inventory)
    yield Step(
        _WHERE,
        "Take GRUB_DISABLE_LINUX_UUID out of GRUB's defaults"
        + (", and have the boot menu written from them." if boot.command else "."),
        (
            "sed -i 's/^GRUB_DISABLE_LINUX_UUID=/# &/' /etc/default/grub",
            *((boot.line,) if boot.command else ()),
        ),
    )


def grub_by_search(_about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how GRUB comes to search for its file system, wherever the disk is."""
    boot = menu(inventory)
    if boot.kind == "grub":
        yield Step(
            _WHERE,
            "Have the boot menu written again: grub-mkconfig puts a search for the file "
            "system's UUID into each entry.",
            (boot.line,),
        )
        return
    yield Step(
        _WHERE,
        f"In {boot.name} have GRUB search for its file system: search --no-floppy --fs-uuid "
        "--set=root and the UUID, in place of set root=.",
        (),
        "In a menu.lst of old, a line `uuid ...` takes the place of `root (hd1,0)` where that "
        "GRUB knows it.",
    )


def add_option(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how the kernel is told one option more."""
    option, boot = plain(about.get("option"), "OPTION"), menu(inventory)
    if boot.kind == "grubby":
        yield Step(
            _WHERE,
            f"Put {option} on the kernel's command line.",
            (f"grubby --update-kernel=ALL --args={option}",),
        )
        return
    code = (
        (f"sed -i 's/^GRUB_CMDLINE_LINUX=[\"]/&{option} /' /etc/default/grub", boot.line)
        if boot.kind == "grub"
        else ()
    )
    yield Step(
        _WHERE,
        f"Put {option} on the kernel's command line"
        + (", and have the boot menu written from that." if code else f", in {boot.name}."),
        code
        or (
            (f"{EDITOR} {boot.source}", *((boot.line,) if boot.command else ()))
            if boot.source
            else ()
        ),
    )


_WORD = re.compile(r"[A-Za-z][\w.=,-]*", re.ASCII)


def drop_option(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how an option is taken off the kernel's command line."""
    option, boot = about.get("option", ""), menu(inventory)
    option = option if _WORD.fullmatch(option) else "OPTION"
    if boot.kind == "grubby":
        yield Step(
            _WHERE,
            f"Take {option} off the kernel's command line.",
            (
                f"grubby --update-kernel=ALL --remove-args={option}",
                f"grep -nF {option} /etc/default/grub /etc/kernel/cmdline   # new kernels get "
                "what is there",
            ),
        )
        return
    commands = (f"{EDITOR} {boot.source}",) if boot.source else ()
    yield Step(
        _WHERE,
        f"Take {option} off the kernel's command line"
        + (", and have the boot menu written from that." if boot.command else f", in {boot.name}."),
        (*commands, *((boot.line,) if boot.command else ())),
    )


def mount_nofail(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how the boot comes to go on without a mount."""
    yield Step(
        _WHERE,
        "Give that line of /etc/fstab the option nofail: the boot then goes on without it.",
        ("cp -p /etc/fstab /root/", f"{EDITOR} /etc/fstab"),
        "Where nothing needs the folder after the move, take the line out.",
    )


def drop_device_map(about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how GRUB's list of disks is put aside; grub-install and grub-mkconfig look at the disks
    themselves without one.
    """
    file = _file(about)
    yield Step(
        _WHERE,
        "Put GRUB's device.map aside: without one GRUB's programs look at the disks there are.",
        (f"mv {file} {file}.guestcheck",),
    )


WORDS = {
    "add-option": add_option,
    "drop-device-map": drop_device_map,
    "drop-option": drop_option,
    "mount-nofail": mount_nofail,
    "grub-by-search": grub_by_search,
    "grub-by-uuid": grub_by_uuid,
    "name-by-uuid": name_by_uuid,
    "lift-blacklist": lift_blacklist,
    "make-initramfs": make_initramfs,
    "generic-initramfs": generic_initramfs,
    "fix-lvm-filter": fix_lvm_filter,
    "drop-lvm-devices": drop_lvm_devices,
    "choose-grub-device": choose_grub_device,
    "open-root": open_root,
    "fix-mdadm-devices": fix_mdadm_devices,
    "keep-tpm": keep_tpm,
}
