"""A shell script that does what preflight found: to be read and run by the operator in the guest,
never by us.

It is POSIX sh, stops at the first error, keeps a copy of each file that it changes, and changes
nothing when it is run again. The copies lie in a folder of their own: of some folders every file is
read, whatever its name (/etc/initramfs-tools/conf.d). What the guest says of itself goes into it
only as a path, a module or a release that is inert in every shell; all else is left to be done by
hand, and says so. An initramfs that it makes stays only if it has the drivers, and all that the one
before had to open the root file system.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple, Type

from guestcheck.advice._quoting import kernel, plain, tokens
from guestcheck.advice.linux.boot_menu import Menu, menu
from guestcheck.advice.linux.edits import takes_option
from guestcheck.advice.linux.initramfs import BY_HAND, Image, tool
from guestcheck.advice.linux.network import before_others, edit_for_nic, name_for_nic
from guestcheck.advice.script import shell
from guestcheck.catalogue.buses import DISK_DRIVERS
from guestcheck.messages import words
from guestcheck.model.action import (
    Action,
    AddOption,
    BindNic,
    DropDeviceMap,
    DropLvmDevices,
    DropOption,
    FixLvmFilter,
    FixMdadmDevices,
    GenericInitramfs,
    GrubBySearch,
    GrubByUuid,
    LiftBlacklist,
    MakeInitramfs,
    NameByUuid,
    OrderNetworks,
    PinNic,
    PrepareDriver,
    rebuilds,
)
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.model.source import FILES
from guestcheck.model.target import (
    BOOTS,
    NETWORK_UP,
    OPEN,
    STOPS,
    WARNS,
    Readiness,
    Reason,
)

_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:-]{0,200}")
_NAME = re.compile(r"[a-z][a-z0-9]{0,14}")
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_.=,-]{0,60}")

_HEAD = """#!/bin/sh
# Made by guestcheck {version} for a guest that is to be moved to {targets}.
# Read it, then run it as root in the guest, before the machine's definition is changed. It can be run again, and keeps
# a copy of each file that it changes below /var/backups/guestcheck.
{offline}{{ # All of it is read before the first step is done: no program takes its lines for input, and a part of it does nothing.
set -eu
LC_ALL=C
export LC_ALL

[ "$(id -u)" -eq 0 ] || {{ echo "this must be run as root" >&2; exit 1; }}
case ":$PATH:" in *:[!/]*) echo "PATH has a folder that is not absolute" >&2; exit 1 ;; esac
undone=

"""
_BACKUP = "backup=/var/backups/guestcheck\n"
_OFFLINE = """# The guest does not run: mount its file systems (/boot too), bind /dev, /proc and /sys into them, and run this in a chroot there.
# Programs of the guest run as root then: with a guest of a stranger do this in a VM of its own.
"""
_WORK = """mkdir -p "$backup"
work=$(mktemp -d "$backup/work.XXXXXX")
making=
finish() { # an image that is half made is not left behind
    code=$?
    if [ -n "$making" ]; then put_back "$making" "the script was interrupted"; fi
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"""
_END = """if [ -n "$undone" ]; then
    echo "not all is done: see above, and guestcheck preflight" >&2
    exit 1
fi
echo "done: guestcheck preflight tells whether that was all"
} </dev/null
"""


# What the boot goes on without does not end the script, where the device has no UUID or is not
# there.
_BY_UUID = ("field_by_uuid", "unit_by_uuid", "option_by_uuid", "lilo_by_uuid")
_WITH_MODULES = "with_modules"


class Step(NamedTuple):
    """Lines of the script: why, what is done, and which functions that calls. `hand` marks what is
    left to be done by hand.

    `modules` are those of the initramfs, which the tools are told of together; `menu` tells that
    the boot menu is to be written at the end.
    """

    why: str
    code: Tuple[str, ...] = ()
    uses: Tuple[str, ...] = ()
    modules: Tuple[str, ...] = ()
    hand: bool = False
    menu: bool = False


class Build(NamedTuple):
    """An initramfs to be made again: the modules that it must have then."""

    image: Image
    modules: Tuple[str, ...]


def script(report: Preflight) -> str:
    """Return the script that takes away what can be taken away in the guest."""
    inventory, boot = report.inventory, menu(report.inventory)
    steps = _steps(report)
    builds = _builds(report)
    lines = [
        _HEAD.format(
            version=report.version,
            targets=", ".join(dict.fromkeys(one.target for one in report.readiness)),
            offline=_offline(inventory),
        )
    ]
    done = [
        *_checked(builds),
        *_told(builds),
        *steps,
        *(_made(build) for build in builds),
        *_menus(steps, builds, boot),
    ]
    lines += _written(done, builds, inventory)
    if not done:
        settled = all(one.verdict in (BOOTS, NETWORK_UP) for one in report.readiness)
        lines.append(
            "# Nothing is to be done in the guest.\n"
            if settled
            else "# No repair is known.\nundone=yes\n"
        )
    return "".join([*lines, _END])


def _offline(inventory: Inventory) -> str:
    return _OFFLINE if inventory.guest.origin == FILES else ""


def _steps(report: Preflight) -> List[Step]:
    """Return what is done about each reason, each thing once however many targets ask for it."""
    found: List[Step] = []
    for one in report.readiness:
        for reason in one.reasons:
            for made in _of_reason(reason, one, report.inventory):
                if made not in found and (
                    not made.code or made.hand or all(step.code != made.code for step in found)
                ):
                    found.append(made)
    return found


def _of_reason(reason: Reason, one: Readiness, inventory: Inventory) -> Iterator[Step]:
    if not reason.actions and reason.weight in (STOPS, OPEN):
        word = (
            "no repair is known"
            if reason.weight == STOPS
            else "it is not known whether this stops the boot"
        )
        yield _matters(
            Step(words(reason.says), (f"left '{reason.id}: {word}'",), ("left",), hand=True),
            reason,
            one,
        )
    for action in reason.actions:
        make = _STEPS.get(type(action))
        why = words(reason.says)
        made = make(action, why, inventory) if make else _by_hand(why)
        if made.code and reason.weight == WARNS and made.code[0].split(" ")[0] in _BY_UUID:
            made = made._replace(code=(f'{made.code[0]} || echo "it is left as it is" >&2',))
        yield _matters(
            made._replace(code=tuple(line.replace("@", reason.id) for line in made.code))
            if made.hand
            else made,
            reason,
            one,
        )


def _matters(made: Step, reason: Reason, one: Readiness) -> Step:
    """Return a step; what is left by hand and stops nothing that boots by default does not let the
    script fail.
    """
    if not made.hand or (reason.weight != WARNS and one.default is not False):
        return made
    return made._replace(
        code=tuple(line.replace("left '", "echo '", 1) + " >&2" for line in made.code), uses=()
    )


def _builds(report: Preflight) -> List[Build]:
    """Return the images that are to be made again, and the modules that each of them must have
    then: what is missing, and what the target needs.
    """
    found: Dict[Image, Dict[str, None]] = {}
    for one in report.readiness:
        actions = [
            action
            for reason in one.reasons
            for action in reason.actions
            if reason.weight != WARNS and rebuilds(action)
        ]
        # None is made for a kernel that has none, unless that is what is asked for.
        if not actions or (
            _is_bare(one.kernel, report.inventory)
            and all(not isinstance(action, MakeInitramfs) for action in actions)
        ):
            continue
        image = _image(one, report.inventory)
        if image.release:
            found.setdefault(image, {}).update(dict.fromkeys(_modules(actions)))
    for one in report.readiness:
        image = _image(one, report.inventory)
        if image in found:
            found[image].update(dict.fromkeys(_modules(one.again)))
    return [Build(image, tuple(modules)) for image, modules in found.items()]


def _image(one: Readiness, inventory: Inventory) -> Image:
    path = one.image if _PATH.fullmatch(one.image) and "/../" not in one.image else ""
    maker = tool(one.maker, path, inventory)
    release = plain_release(one.kernel)
    # An image of another kernel is that one's: it is never written for this.
    read = next(
        (image for image in inventory.guest.setup.images or () if image.path == one.image), None
    )
    if read is not None and read.releases and one.kernel not in read.releases:
        path = ""
    return Image(
        maker,
        release,
        path or _usual_path(maker, release, inventory),
        inventory.guest.origin == FILES,
    )


def _usual_path(maker: str, release: str, inventory: Inventory) -> str:
    """Return where the tool writes the image of a kernel, where none was read."""
    named = next(
        (
            one.initramfs
            for one in inventory.guest.kernels or ()
            if one.release == release
            and release in one.initramfs
            and _PATH.fullmatch(one.initramfs)
        ),
        "",
    )
    if named:
        return named
    return {
        "dracut": f"/boot/initramfs-{release}.img",
        "mkinitrd": f"/boot/initrd-{release}.img",
        "make-initrd": f"/boot/initrd-{release}.img",
    }.get(maker, f"/boot/initrd.img-{release}")


def _modules(actions: Sequence[Action]) -> List[str]:
    return [
        module
        for action in actions
        if isinstance(action, PrepareDriver)
        for module in tokens(action.modules)
    ]


def _checked(builds: List[Build]) -> Iterator[Step]:
    """Yield what is looked at before anything is changed: whether there is room."""
    made_here = [build.image for build in builds if build.image.tool not in BY_HAND]
    if made_here:
        kernels = dict.fromkeys(f"has_kernel {image.release}" for image in made_here)
        paths = dict.fromkeys(f"room_for {image.path}" for image in made_here)
        yield Step(
            "Is this the guest, and is there room for the images?",
            (*kernels, *paths),
            ("has_kernel", "room_for"),
        )


def _told(builds: List[Build]) -> Iterator[Step]:
    """Yield how each tool is told of the modules, for all images that it makes."""
    for maker in dict.fromkeys(build.image.tool for build in builds):
        modules = tuple(
            dict.fromkeys(
                module for build in builds if build.image.tool == maker for module in build.modules
            )
        )
        if modules and maker not in BY_HAND:
            why = "An initramfs is to hold what the target needs, whatever is attached while it is made."
            yield Step(
                why,
                (f"{_slug(_WITH_MODULES, maker, builds)} {' '.join(modules)}",),
                (f"{_WITH_MODULES} {maker}",),
            )


def _slug(function: str, maker: str, builds: List[Build]) -> str:
    """Return a function's name, with the tool's where several tools make images of this guest."""
    several = len({build.image.tool for build in builds if build.image.tool not in BY_HAND}) > 1
    return f"{function}_{maker.replace('-', '_')}" if several else function


def _made(build: Build) -> Step:
    image = build.image
    if image.tool in BY_HAND:
        wanted = f" ({' '.join(build.modules)})" if build.modules else ""
        return Step(
            f"The initramfs of {image.release}{wanted}.",
            (f"left 'the initramfs of {image.release}: {_words(BY_HAND[image.tool])}'",),
            ("left",),
            hand=True,
        )
    why = f"The initramfs of {image.release}, and what it must hold."
    return Step(
        why,
        (f"rebuild {' '.join((image.release, image.path, *build.modules))}",),
        ("rebuild", f"make_image {image.tool}"),
    )


def _words(text: str) -> str:
    return text.replace("'", "")


def _menus(steps: List[Step], builds: List[Build], boot: Menu) -> Iterator[Step]:
    """Yield what writes the boot menu: after the initramfs, which it does not load otherwise; of
    LILO and zipl after every change.
    """
    wanted = any(step.menu for step in steps)
    if boot.maps and (
        wanted
        or builds
        or any(
            name in step.uses
            for step in steps
            for name in ("option_by_uuid", "lilo_by_uuid", "allow", "without_option")
        )
    ):
        yield Step(
            "It keeps the places of kernel and initramfs on the disk.",
            (f"write_menu '' {boot.line}",),
            ("write_menu",),
        )
    elif wanted and boot.kind == "grub":
        yield Step("The boot menu.", (f"write_menu {boot.output} {boot.line}",), ("write_menu",))
    elif wanted and boot.kind != "grubby":
        yield Step(
            "The boot menu.",
            (f"left 'the boot menu is to be changed by hand: {_words(boot.name)}'",),
            ("left",),
            hand=True,
        )


def _is_bare(release: str, inventory: Inventory) -> bool:
    """Tell whether this kernel has no initramfs: the boot menu starts it without, or knows as
    little of it as /boot does.

    What a removed kernel leaves in /lib/modules is no kernel to make an initramfs for; the tools
    fail there, for want of its configuration.
    """
    guest = inventory.guest
    entries = [entry for entry in guest.setup.entries or () if entry.release == release]
    if entries:
        return not any(entry.initrds or entry.linux.endswith(".efi") for entry in entries)
    # Where none is seen for any kernel, /boot was not seen.
    seen = {kernel.release for kernel in guest.kernels or () if kernel.initramfs} | {
        name for image in guest.setup.images or () for name in image.releases
    }
    starts = any(
        kernel.running or kernel.default
        for kernel in guest.kernels or ()
        if kernel.release == release
    )
    return bool(seen) and release not in seen and not starts


def plain_release(release: str) -> str:
    """Return the release where it is inert in a shell, else nothing."""
    told = kernel(release)
    return "" if told == "KERNEL" else told


def _written(steps: List[Step], builds: List[Build], inventory: Inventory) -> Iterator[str]:
    """Yield the functions that the steps call, and the steps."""
    used: Set[str] = {name for step in steps for name in step.uses}
    tools = [name.partition(" ")[2] for name in sorted(used) if name.startswith("make_image ")]
    told = [name.partition(" ")[2] for name in sorted(used) if name.startswith(_WITH_MODULES)]
    used |= {name for maker in tools for name in shell.MAKE_IMAGE_CALLS.get(maker, ())} | (
        set(shell.WITH_MODULES_CALLS) if told else set()
    )
    for _ in range(6):
        used |= {name for one in used for name in shell.CALLS.get(one, ())}
    if tools or {"keep", "room_for"} & used:
        yield _BACKUP
    if tools:
        yield _WORK
        yield f"opens='{opens(inventory)}'\n"
    if any("elsewhere" in shell.MAKE_IMAGE_CALLS.get(maker, ()) for maker in tools):
        yield f"offline={'yes' if inventory.guest.origin == FILES else ''}\n"
    if "mkinitrd" in (*tools, *told):
        yield "extra=  # what an old mkinitrd is told\n"
    for name, text in shell.FUNCTIONS.items():
        if name in used:
            yield text + "\n"
    for maker in told:
        does = f"# MODULE...: have every initramfs that {maker} makes from now on hold them"
        yield f"{_slug(_WITH_MODULES, maker, builds)}() {{ {does}{shell.WITH_MODULES[maker]}}}\n\n"
    for maker in tools:
        yield (
            f"{_slug('make_image', maker, builds)}() {{ # RELEASE IMAGE: have {maker} make "
            f"it{shell.MAKE_IMAGE[maker]}}}\n\n"
        )
    if len(tools) > 1:
        yield from _by_release(builds)
    for step in steps:
        if step.code:
            yield f"# {_inert(step.why)}\n" + "".join(f"{line}\n" for line in step.code) + "\n"


def _by_release(builds: List[Build]) -> Iterator[str]:
    yield "make_image() { # RELEASE IMAGE: have the tool that made it make it\n    case $2 in\n"
    for build in builds:
        if build.image.tool not in BY_HAND:
            yield (
                f"        {build.image.path}) {_slug('make_image', build.image.tool, builds)} "
                '"$@" ;;\n'
            )
    yield "    esac\n}\n\n"


_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")


def opens(inventory: Inventory) -> str:
    """Return the pattern of what an image may not lose: what all root file systems may need, this
    one's type, and the drivers of its disk.
    """
    guest = inventory.guest
    mounts = [line.type for line in guest.setup.fstab or () if line.where in ("/", "/usr")]
    disks = [disk.name for disk in inventory.disks or () if "root" in disk.roles]
    drivers = [
        link.driver for block in guest.block or () if block.name in disks for link in block.chain
    ]
    names = [
        DISK_DRIVERS.get(name, name.replace("-", "_"))
        for name in (*mounts, *drivers)
        if _WORD.fullmatch(name) and name != "auto"
    ]
    more = "".join(f"|{name}" for name in dict.fromkeys(names))
    return f"^({'|'.join(shell.OPENS)})$".replace("{more}", more)


def _inert(text: str) -> str:
    """Return text for a comment: one line of printable ASCII. yash reads no other character in the
    locale C, and then nothing of the script.
    """
    text = text.replace("\u2026", "...")
    shown = (one if one.isascii() and one.isprintable() else "?" for one in text)
    return "".join(shown)[:300]


def _by_hand(why: str) -> Step:
    return Step(
        f"{why}: this is to be done by hand, see guestcheck preflight.",
        ("left '@: to be done by hand, see guestcheck preflight'",),
        ("left",),
        hand=True,
    )


def _drivers(about: PrepareDriver, why: str, _inventory: Inventory) -> Step:
    """The tools are told of all modules together, see `_told`."""
    modules = tokens(about.modules)
    return Step(why, modules=modules) if modules else _by_hand(why)


def _name(about: NameByUuid, why: str, _inventory: Inventory) -> Step:
    device, file = about.device, about.file
    if not _PATH.fullmatch(device) or not device.startswith("/dev/"):
        return _by_hand(why)
    if about.by == "hand":
        return _by_hand(why)
    if file.startswith("/etc/systemd/system/") and _PATH.fullmatch(file) and about.is_unit:
        return Step(why, (f"unit_by_uuid {file} {device}",), ("unit_by_uuid",))
    if file in ("/etc/fstab", "/etc/crypttab"):
        return Step(why, (f"field_by_uuid {file} {device}",), ("field_by_uuid",))
    tag = "PARTUUID" if about.by == "PARTUUID" else "UUID"
    if file.endswith("/lilo.conf"):
        return Step(
            why,
            (f"lilo_by_uuid {file} {device} PARTUUID", f"option_by_uuid {device} {tag} {file}"),
            ("lilo_by_uuid", "option_by_uuid"),
        )
    if file.endswith(".efi"):
        return _by_hand(why)
    if "/crypttab" not in file and not takes_option(about.option):
        return _by_hand(why)
    if (
        file.startswith(
            (
                "/boot/",
                "/efi/",
                "/etc/default/",
                "/proc/cmdline",
                "conf/",
                "etc/cmdline",
                "/etc/kernel/",
                "/etc/zipl",
            )
        )
        or not file
    ):
        place = file if _PATH.fullmatch(file) else "''"
        return Step(why, (f"option_by_uuid {device} {tag} {place}",), ("option_by_uuid",))
    if file == "cryptroot/crypttab":
        return Step(why, (f"field_by_uuid /etc/crypttab {device}",), ("field_by_uuid",))
    return _by_hand(why)


def _allow(about: LiftBlacklist, why: str, _inventory: Inventory) -> Step:
    module = plain(about.module, "")
    if not module or not re.fullmatch(r"\w+", module):
        return _by_hand(why)
    return Step(why, (f"allow '{module.replace('_', '[_-]')}'",), ("allow",))


def _lvm_devices(_about: DropLvmDevices, why: str, _inventory: Inventory) -> Step:
    file = "/etc/lvm/devices/system.devices"
    return Step(
        f"{why}. After the move vgimportdevices -a writes a new one.",
        (f"if [ -e {file} ]; then", f"    keep {file}", f"    rm {file}", "fi"),
        ("keep",),
    )


def _lvm_filter(about: FixLvmFilter, why: str, _inventory: Inventory) -> Step:
    if not about.whole:
        return _by_hand(why)
    file = (
        "/etc/lvm/lvmlocal.conf" if about.file.endswith("/lvmlocal.conf") else "/etc/lvm/lvm.conf"
    )
    pattern = "^[[:space:]]*(global_)?filter[[:space:]]*="
    return Step(
        why,
        (f"if grep -qE '{pattern}' {file}; then change {file} 's/{pattern}/# &/'; fi",),
        ("change",),
    )


def _bind(about: BindNic, why: str, _inventory: Inventory) -> Step:
    code = edit_for_nic(about)
    return Step(why, code, ("bind", "keep")) if code else _by_hand(why)


def _pin(about: PinNic, why: str, inventory: Inventory) -> Step:
    code = name_for_nic(about, inventory)
    return Step(why, code, ("change", "keep")) if code else _by_hand(why)


def _order(about: OrderNetworks, why: str, _inventory: Inventory) -> Step:
    code = before_others(about)
    return Step(why, code) if code else _by_hand(why)


def _mdadm(about: FixMdadmDevices, why: str, _inventory: Inventory) -> Step:
    """Without DEVICE mdadm looks at all partitions, and without devices= it finds an array's
    members by its UUID: mdadm.conf(5).
    """
    file = about.file
    if file not in ("/etc/mdadm/mdadm.conf", "/etc/mdadm.conf"):
        return _by_hand(why)
    script_ = "s/^[[:space:]]*DEV/# &/I; s/[[:space:]]devices=[^[:space:]]*//I"
    return Step(
        why,
        (f"if grep -qiE '^[[:space:]]*DEV|devices=' {file}; then change {file} '{script_}'; fi",),
        ("change",),
    )


def _grub(_about: GrubByUuid, why: str, _inventory: Inventory) -> Step:
    pattern = "^GRUB_DISABLE_LINUX_UUID="
    return Step(
        why,
        (
            f"if grep -q '{pattern}' /etc/default/grub; then change /etc/default/grub "
            f"'s/{pattern}/# &/'; fi",
        ),
        ("change",),
        menu=True,
    )


def _generic(about: GenericInitramfs, why: str, inventory: Inventory) -> Step:
    if tool(about.tool, about.image, inventory) != "dracut":
        return _by_hand(why)
    return Step(
        why,
        ("add_line /etc/dracut.conf.d/guestcheck-generic.conf 'hostonly=\"no\"'",),
        ("add_line",),
    )


def _search(_about: GrubBySearch, why: str, inventory: Inventory) -> Step:
    if menu(inventory).kind != "grub":
        return _by_hand(why)
    return Step(f"{why}. What writes the menu has it searched for.", menu=True)


def _option(about: AddOption, why: str, inventory: Inventory) -> Step:
    option, boot = plain(about.option, ""), menu(inventory)
    if not re.fullmatch(r"[a-z]+", option):
        return _by_hand(why)
    if boot.kind == "grubby":
        return Step(why, (f"grubby --update-kernel=ALL --args={option}",))
    if boot.kind not in ("grub", "none"):
        return _by_hand(why)
    return Step(why, (f"with_option {option}",), ("with_option",), menu=True)


def _drop(about: DropOption, why: str, inventory: Inventory) -> Step:
    option, boot = about.option, menu(inventory)
    known = boot.kind in ("grub", "grubby", "entries") or (
        boot.kind == "file" and not boot.source.startswith("/etc/nixos")
    )
    if not _OPTION.fullmatch(option) or not known:
        return _by_hand(why)
    code: Tuple[str, ...] = (f"without_option {option}",)
    if boot.kind == "grubby":
        code = (f"grubby --update-kernel=ALL --remove-args={option}", *code)
    return Step(why, code, ("without_option",), menu=boot.kind == "grub")


def _device_map(about: DropDeviceMap, why: str, _inventory: Inventory) -> Step:
    file = about.file
    if not re.fullmatch(r"/boot/grub2?/device\.map", file):
        return _by_hand(why)
    return Step(
        why, (f"if [ -e {file} ]; then", f"    keep {file}", f"    rm {file}", "fi"), ("keep",)
    )


def _initramfs(_about: MakeInitramfs, why: str, _inventory: Inventory) -> Step:
    return Step(f"{why}. It is made above; the boot menu has to load it.", menu=True)


_STEPS: Dict[Type[Action], Callable[..., Step]] = {
    PrepareDriver: _drivers,
    NameByUuid: _name,
    LiftBlacklist: _allow,
    DropLvmDevices: _lvm_devices,
    FixLvmFilter: _lvm_filter,
    BindNic: _bind,
    OrderNetworks: _order,
    PinNic: _pin,
    MakeInitramfs: _initramfs,
    FixMdadmDevices: _mdadm,
    GrubByUuid: _grub,
    GenericInitramfs: _generic,
    GrubBySearch: _search,
    AddOption: _option,
    DropOption: _drop,
    DropDeviceMap: _device_map,
}
