"""In the guest, before its disk is moved: names that would be wrong, what keeps a driver from
loading, and LVM's and GRUB's own lists.

Files and commands are those of util-linux (blkid), LVM2 (lvmdevices, vgimportdevices), kmod,
grubby(8), and Debian's grub-pc.
"""

from __future__ import annotations

import re
from typing import Sequence, Tuple

from guestcheck.advice._quoting import kernel, plain
from guestcheck.advice.linux import edits, initramfs
from guestcheck.advice.linux.boot_menu import EDITOR, GRUB, Menu, menu
from guestcheck.advice.linux.packages import family
from guestcheck.model.action import (
    AddOption,
    ChooseGrubDevice,
    DropDeviceMap,
    DropLvmDevices,
    DropOption,
    FixLvmFilter,
    GenericInitramfs,
    GrubBySearch,
    GrubByUuid,
    LiftBlacklist,
    MakeInitramfs,
    MountNofail,
    NameByUuid,
    RebuildInitramfs,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.source import FILES

_WHERE = "in the guest"
# What stands in a path or a device's name and is inert in every shell.
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
_OPTION = re.compile(r"[a-z][a-z0-9._]{0,30}")


def _path(value: str, placeholder: str) -> str:
    return value if _PATH.fullmatch(value) and "/../" not in value else placeholder


def name_by_uuid(about: NameByUuid, inventory: Inventory) -> Steps:
    """Word how a name in a file becomes a UUID."""
    device, file = _path(about.device, "DEVICE"), _path(about.file, "FILE")
    tag = "PARTUUID" if about.by == "PARTUUID" else "UUID"
    boot = menu(inventory, file)
    if file.endswith(".efi"):
        yield Step(
            _WHERE,
            f"By hand: put what this prints in place of {device} into the command line of which "
            "the unified image is made, and rebuild that.",
            (f"blkid -o export {device} | grep ^{tag}=", f"{EDITOR} /etc/kernel/cmdline"),
            "kernel-install, mkinitcpio, dracut and ukify make such images. One that a vendor "
            "signed cannot be rebuilt here.",
        )
        return
    kind = _kind(about, file)
    where = _mounted(device, inventory)
    if kind == "options" and not edits.takes_option(about.option):
        kind = ""
    code = _NAMES[kind](device, tag, file, boot, about, inventory) if kind else ()
    offline = inventory.guest.origin == FILES
    if device == "DEVICE" or not code or about.by == "hand" or (offline and not where):
        yield _by_hand(device, tag, file, boot, offline)
        return
    if file.endswith("/lilo.conf"):
        tag = "PARTUUID"
    yield Step(
        _WHERE,
        f"Put the {tag} in place of {device}"
        + (" on the kernel's command line." if kind == "options" else f" in {_shown(kind, file)}."),
        (*edits.uuid(device, tag, where if offline else ""), *code),
        (
            "Of a guest that does not run the device is here what is mounted in its place: mount "
            f"its file systems where it has them, {where} among them. "
            if offline
            else ""
        )
        + "Nothing is changed where no id is printed, or where another disk has the same; a copy "
        "of each file is put into /root."
        + (
            " A line that the boot can do without may have the option nofail instead."
            if kind == "field"
            else ""
        ),
    )


def _kind(about: NameByUuid, file: str) -> str:
    """Return what names the device: a field of a table, a unit, an option; "" for what has no
    command.
    """
    if about.is_unit and file.startswith("/etc/systemd/system/"):
        return "unit"
    if file in ("/etc/fstab", "/etc/crypttab") or about.file.startswith("cryptroot/crypttab"):
        return "field"
    if file.startswith(_COMMAND_LINES) or about.file.startswith(("conf/", "etc/cmd")):
        return "options"
    return "options" if not about.file else ""


_COMMAND_LINES = (
    "/boot/",
    "/efi/",
    "/etc/default/",
    "/proc/cmdline",
    "/etc/kernel/",
    "/etc/cmdline.d/",
    "/etc/initramfs-tools/conf.d/",
    "/etc/zipl",
    "/etc/lilo",
    "/etc/update-extlinux.conf",
)


def _shown(kind: str, file: str) -> str:
    return "/etc/crypttab" if kind == "field" and file == "FILE" else file


def _mounted(device: str, inventory: Inventory) -> str:
    """Return where the device is mounted, in a guest that does not run; "" where that is not
    known.
    """
    setup = inventory.guest.setup
    for line in setup.fstab or ():
        if line.spec == device and (line.where == "/" or _path(line.where, "")):
            return line.where
    named = re.compile(rf"(?:^|\s)root=\"?{re.escape(device)}(?![A-Za-z0-9_-])")
    return "/" if any(named.search(entry.options) for entry in setup.entries or ()) else ""


def _by_hand(device: str, tag: str, file: str, boot: Menu, offline: bool) -> Step:
    place = boot.source if file == "FILE" or file.startswith("/proc/") else file
    return Step(
        _WHERE,
        f"By hand: in {place or boot.name} put what this prints in place of {device}.",
        (
            f"blkid -o export {device} | grep ^{tag}=",
            *((edits.kept_copy(place), f"{EDITOR} {place}") if place else ()),
        ),
        (
            "The guest does not run: here another device may have that name."
            if offline
            else "The command line is kept by the boot loader: grub.cfg is written from "
            "/etc/default/grub, systemd-boot has loader/entries, extlinux its own file."
            if not place
            else ""
        ),
    )


def _fields(
    device: str, _tag: str, file: str, _boot: Menu, _about: NameByUuid, _inventory: Inventory
) -> Tuple[str, ...]:
    return (edits.field(_shown("field", file), device),)


def _units(
    device: str, _tag: str, file: str, _boot: Menu, _about: NameByUuid, _inventory: Inventory
) -> Tuple[str, ...]:
    return (edits.unit(file, device),)


def _options(
    device: str, tag: str, file: str, boot: Menu, about: NameByUuid, inventory: Inventory
) -> Tuple[str, ...]:
    """Return the lines for the kernel's command line: the files that the menu is written from, what
    writes it, and the menu where it still names the device.
    """
    if file.endswith("/lilo.conf"):
        return (edits.lilo(file, device), edits.option(file, device, "PARTUUID"), boot.line)
    sources, menus = _command_lines(file, boot, inventory)
    # With no menu read, the command line of the running kernel may be the host's.
    bare = inventory.guest.setup.entries in (None, ()) and not file.startswith(("/boot", "/etc"))
    if bare or (not sources and not menus):
        return ()
    code = [edits.option(name, device, tag) for name in sources]
    if boot.kind == "grubby":
        word = about.option if _OPTION.fullmatch(about.option) else "root"
        code.append(
            f'[ -n "$uuid" ] && grubby --update-kernel=ALL --remove-args={word}={device} '
            f'--args="{word}={tag}=$uuid"'
        )
    # With this setting the program that writes the menu takes the device's name again. By PARTUUID
    # that program names no root file system that has an initramfs.
    if tag == "UUID" and boot.kind in ("grub", "file") and not boot.maps and boot.command:
        if boot.source == GRUB:
            disabled = "^GRUB_DISABLE_LINUX_UUID="
            code.append(edits.edit(GRUB, disabled, f"s/{disabled}/# &/"))
        code.append(boot.line)
    code += [edits.option(name, device, tag) for name in menus]
    return (*code, boot.line) if boot.maps else tuple(code)


def _command_lines(
    file: str, boot: Menu, inventory: Inventory
) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """Return the files that a boot menu is written from, and those of the menu itself."""
    entries = [entry.file for entry in inventory.guest.setup.entries or ()]
    menus = [] if boot.kind == "grubby" else [*dict.fromkeys(entries), boot.output]
    more = [GRUB, "/etc/kernel/cmdline"] if boot.kind in ("grubby", "entries") else []
    sources = [boot.source, *more] if boot.kind != "unified" else []
    (menus if file.startswith(("/boot/", "/efi/")) and boot.kind != "grubby" else sources).append(
        file
    )
    sources = [name for name in sources if name not in menus]
    return _plain_files(sources), _plain_files(menus)


def _plain_files(names: Sequence[str]) -> Tuple[str, ...]:
    """Return those that are texts to edit: no image, no environment block, nothing of /proc."""
    texts = (name for name in names if _path(name, "") and _TEXTS.search(name))
    return tuple(dict.fromkeys(texts))[:8]


_TEXTS = re.compile(r"^/etc/|^/(?:boot|efi)/.*\.(?:cfg|conf|lst|txt)$")


_NAMES = {"field": _fields, "unit": _units, "options": _options}


def lift_blacklist(about: LiftBlacklist, inventory: Inventory) -> Steps:
    """Word how a module is allowed again."""
    module = plain(about.module, "MODULE")
    yield Step(
        _WHERE,
        f"Take {module} out of what forbids it"
        + (
            ", and rebuild the initramfs, which has a copy of modprobe.d."
            if about.rebuild
            else "; the initramfs of now loads it, the next one would not."
        ),
        (*edits.allow(module), *_allowed_options(module, about, inventory)),
        "A copy of each file that is changed is put into /root. On the command line: "
        "module_blacklist=, modprobe.blacklist= and rd.driver.blacklist=.",
    )


def _allowed_options(module: str, about: LiftBlacklist, inventory: Inventory) -> Tuple[str, ...]:
    """Return the lines for the kernel's command line; none where nothing on it forbids a module."""
    entries = inventory.guest.setup.entries or ()
    words = [pair for entry in entries for pair in edits.without_module(entry.options, module)]
    if not words and "modprobe" in about.where:
        return ()
    boot = menu(inventory)
    sources, menus = _command_lines("", boot, inventory)
    code = [edits.allow_option(name, module) for name in sources]
    if boot.kind == "grubby":
        code += [
            f"grubby --update-kernel=ALL --remove-args={word}" + (f" --args={rest}" if rest else "")
            for word, rest in dict.fromkeys(words)
        ]
        return tuple(code)
    if boot.command and not boot.maps:
        code.append(boot.line)
    code += [edits.allow_option(name, module) for name in menus]
    return (*code, boot.line) if boot.maps else tuple(code)


def make_initramfs(about: MakeInitramfs, inventory: Inventory) -> Steps:
    """Word how a kernel gets an initramfs."""
    release, boot = kernel(about.kernel), menu(inventory)
    image = initramfs.image_of(release, about.tool, "", inventory)
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


def generic_initramfs(about: GenericInitramfs, inventory: Inventory) -> Steps:
    """Word how dracut makes an initramfs that knows nothing of the machine it was made on."""
    image = initramfs.image_of(kernel(about.kernel), about.tool, about.image, inventory)
    yield from initramfs.for_any_machine(image)


def rebuild_initramfs(about: RebuildInitramfs, inventory: Inventory) -> Steps:
    """Word how an initramfs comes to have the files of now."""
    image = initramfs.image_of(kernel(about.kernel), about.tool, about.image, inventory)
    code = initramfs.build(image, family(inventory) != "rhel")
    yield Step(
        _WHERE,
        "Rebuild the initramfs, which has copies of such files."
        if code
        else "By hand: rebuild the initramfs, which has copies of such files.",
        code,
        order=1,
    )


def fix_lvm_filter(about: FixLvmFilter, _inventory: Inventory) -> Steps:
    """Word how LVM comes to take the disk under its new name."""
    file = _path(about.file, "FILE")
    again = ", and rebuild the initramfs." if about.rebuild else "."
    if not about.whole:
        yield Step(
            _WHERE,
            f"By hand: change the filter in {file}, which has several lines, so that it takes the "
            f"disk under any name{again}",
            (edits.kept_copy(file), f"{EDITOR} {file}", "lvmconfig devices/filter && pvs"),
        )
        return
    setting = "^[[:space:]]*(global_)?filter[[:space:]]*="
    yield Step(
        _WHERE,
        f"Take the filter in {file} out{again}",
        (edits.edit(file, setting, f"s/{setting}/# &/"), "lvmconfig devices/filter; pvs"),
        "Without a filter LVM takes every disk that has a volume of its own on it: where it keeps "
        "LVM from disks of others, as those of guests on this machine, write another one by hand "
        f"that takes the disk under any name. A copy of {file} is put into /root.",
    )


def drop_lvm_devices(about: DropLvmDevices, _inventory: Inventory) -> Steps:
    """Word how LVM's devices file is put aside over the move."""
    yield Step(
        _WHERE,
        "Put LVM's devices file "
        f"aside, {'rebuild the initramfs, ' if about.rebuild else ''}and write a new one after "
        "the move.",
        ("mv /etc/lvm/devices/system.devices /etc/lvm/devices/system.devices.guestcheck",),
        "Without the file LVM looks at every disk. After the move vgimportdevices -a writes a new "
        "one.",
    )


def choose_grub_device(_about: ChooseGrubDevice, _inventory: Inventory) -> Steps:
    """Word how Debian's package learns where GRUB is."""
    yield Step(
        _WHERE,
        "After the move, tell the package on which disk GRUB is.",
        ("dpkg-reconfigure grub-pc",),
    )


def grub_by_uuid(_about: GrubByUuid, inventory: Inventory) -> Steps:
    """Word how GRUB's menu comes to name the root file system by its UUID."""
    boot = menu(inventory)
    yield Step(
        _WHERE,
        "Take GRUB_DISABLE_LINUX_UUID out of GRUB's defaults"
        + (", and have the boot menu written from them." if boot.command else "."),
        (
            f"sed -i 's/^GRUB_DISABLE_LINUX_UUID=/# &/' {edits.linked(GRUB)}",
            *((boot.line,) if boot.command else ()),
        ),
    )


def grub_by_search(_about: GrubBySearch, inventory: Inventory) -> Steps:
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


def add_option(about: AddOption, inventory: Inventory) -> Steps:
    """Word how the kernel is told one option more."""
    option, boot = plain(about.option, "OPTION"), menu(inventory)
    if boot.kind == "grubby":
        yield Step(
            _WHERE,
            f"Put {option} on the kernel's command line.",
            (f"grubby --update-kernel=ALL --args={option}",),
        )
        return
    code = _with_option(option, boot)
    yield Step(
        _WHERE,
        ("" if code else "By hand: ")
        + f"put {option} on the kernel's command line"
        + (
            ", and have the boot menu written from that."
            if boot.kind == "grub"
            else f", in {boot.name}."
        ),
        code
        or (
            (f"{EDITOR} {boot.source}", *((boot.line,) if boot.command else ()))
            if boot.source
            else ()
        ),
    )


def _with_option(option: str, boot: Menu) -> Tuple[str, ...]:
    """Return the lines that put an option on the kernel's command line once; () where the form of
    the file is the boot loader's own.
    """
    there = f"(^|[^A-Za-z0-9_.]){edits.literal(option)}([^A-Za-z0-9_.=]|$)"
    if boot.kind == "grub":
        line = f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {option}"'
        return (
            f"[ -e /root/etc-default-grub ] || {edits.kept_copy(GRUB)}",
            f"grep -qE '^GRUB_CMDLINE_LINUX=.*{there}' {GRUB} || "
            f'sed -i -r "s/^GRUB_CMDLINE_LINUX=[\\"\']/&{option} /" {edits.linked(GRUB)}',
            # The file is the shell's: this holds for a value without quotes, and for none.
            f"grep -qE '^GRUB_CMDLINE_LINUX=.*{there}' {GRUB} ||",
            f"  printf '\\n%s\\n' '{line}' >> {GRUB}",
            boot.line,
        )
    if boot.kind == "entries" and boot.source.endswith(".conf"):
        return (
            f"grep -qE '^options.*{there}' {boot.source} || "
            + edits.edit(
                boot.source, "^options[[:space:]]", f"s/^options[[:space:]].*/& {option}/"
            ),
        )
    return ()


_WORD = re.compile(r"[A-Za-z][\w.=,-]{0,99}", re.ASCII)


def drop_option(about: DropOption, inventory: Inventory) -> Steps:
    """Word how an option is taken off the kernel's command line."""
    option, boot = about.option, menu(inventory)
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
    sources, menus = _command_lines("", boot, inventory)
    code = [edits.drop(name, option) for name in sources]
    if boot.command and not boot.maps:
        code.append(boot.line)
    code += [edits.drop(name, option) for name in menus]
    if boot.maps:
        code.append(boot.line)
    known = option != "OPTION" and (sources or menus)
    yield Step(
        _WHERE,
        ("Take" if known else "By hand: take")
        + f" {option} off the kernel's command line"
        + (", and have the boot menu written from that." if boot.command else f", in {boot.name}."),
        tuple(code)
        if known
        else (f"{EDITOR} {boot.source or 'FILE'}", *((boot.line,) if boot.command else ())),
        "A copy of each file that is changed is put into /root." if known else "",
    )


def mount_nofail(_about: MountNofail, _inventory: Inventory) -> Steps:
    """Word how the boot comes to go on without a mount."""
    yield Step(
        _WHERE,
        "By hand: give that line of /etc/fstab the option nofail: the boot then goes on without "
        "it.",
        (edits.kept_copy("/etc/fstab"), f"{EDITOR} /etc/fstab"),
        "Where nothing needs the folder after the move, take the line out.",
    )


def drop_device_map(about: DropDeviceMap, _inventory: Inventory) -> Steps:
    """Word how GRUB's list of disks is put aside; grub-install and grub-mkconfig look at the disks
    themselves without one.
    """
    file = _path(about.file, "FILE")
    yield Step(
        _WHERE,
        "Put GRUB's device.map aside: without one GRUB's programs look at the disks there are.",
        (f"mv {file} {file}.guestcheck",),
    )
