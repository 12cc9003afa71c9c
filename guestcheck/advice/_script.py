"""A shell script that does what preflight found: to be read and run by the operator in the guest, never by us.

It is POSIX sh, stops at the first error, keeps a copy of each file that it changes, and changes nothing when it is run again. The copies lie
in a folder of their own: of some folders every file is read, whatever its name (/etc/initramfs-tools/conf.d).
What the guest says of itself goes into it only as a path, a module or a release that is inert in every shell; all else is left to be done by
hand, and says so.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

from guestcheck.advice._quoting import kernel, mac, plain, tokens
from guestcheck.model.check import Action
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.model.target import WARNS

_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:-]{0,200}")
_PLACE = re.compile(r"(.*?)(?:, line \d+|, '.*')?(?: in /.*)?\Z", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9]{0,14}")

_HEAD = """#!/bin/sh
# Made by guestcheck {version} for a guest that is to be moved to {targets}.
# Read it, then run it as root in the guest, before the machine's definition is changed. It can be run again, and keeps
# a copy of each file that it changes below /var/backups/guestcheck.
set -eu

[ "$(id -u)" -eq 0 ] || {{ echo "this must be run as root" >&2; exit 1; }}

"""
# What the steps call; those that no step calls are left out.
_FUNCTIONS = {
    "keep": r"""backup=/var/backups/guestcheck
keep() { # FILE: keep a copy of it, the first time
    [ -e "$backup$1" ] && return 0
    mkdir -p "$backup${1%/*}"
    cp -p "$1" "$backup$1"
}
""",
    "uuid_of": r"""uuid_of() { # DEVICE TAG: print its UUID, or PARTUUID
    found=$(blkid -s "$2" -o value "$1" || true)
    [ -n "$found" ] || { echo "$1 has no $2, or is not there" >&2; exit 1; }
    echo "$found"
}
""",
    "field_by_uuid": r"""field_by_uuid() { # FILE DEVICE: put UUID=... where a field of the file is DEVICE
    grep -qE "^([^#]*[[:space:]])?$2([[:space:]]|\$)" "$1" || return 0
    uuid=$(uuid_of "$2" UUID)
    keep "$1"
    sed -i -E "/^[[:space:]]*#/!s,(^|[[:space:]])$2([[:space:]]|\$),\1UUID=$uuid\2," "$1"
}
""",
    "option_by_uuid": r"""option_by_uuid() { # DEVICE TAG: put UUID=..., or PARTUUID=..., where an option on a kernel's command line is DEVICE
    for file in /etc/default/grub /etc/default/grub.d/*.cfg /etc/kernel/cmdline /etc/initramfs-tools/conf.d/* \
        /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg /boot/loader/entries/*.conf \
        /boot/efi/loader/entries/*.conf /boot/grub/menu.lst /boot/extlinux/extlinux.conf /boot/syslinux/syslinux.cfg; do
        [ -f "$file" ] || continue
        grep -qE "(root|resume|RESUME|source|cryptdevice)=\"?$1([^A-Za-z0-9_-]|\$)" "$file" || continue
        uuid=$(uuid_of "$1" "$2")
        keep "$file"
        sed -i -E "s,(root|resume|RESUME|source|cryptdevice)=(\"?)$1([^A-Za-z0-9_-]|\$),\1=\2$2=$uuid\3,g" "$file"
    done
}
""",
    "allow": r"""allow() { # PATTERN: let modprobe and the kernel load the modules that match it
    for file in /etc/modprobe.d/*.conf /etc/modprobe.conf /usr/lib/modprobe.d/*.conf; do
        [ -f "$file" ] || continue
        grep -qE "^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$)" "$file" || continue
        keep "$file"
        sed -i -E "s,^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$),# &," "$file"
    done
    for file in /etc/default/grub /etc/default/grub.d/*.cfg /etc/kernel/cmdline /boot/grub/grub.cfg /boot/grub2/grub.cfg \
        /boot/loader/entries/*.conf; do
        [ -f "$file" ] || continue
        grep -qE "blacklist=([^[:space:]\"']*,)?$1([,[:space:]\"']|\$)" "$file" || continue
        keep "$file"
        sed -i -E "s;(blacklist=([^[:space:]\"']*,)?)$1,;\1;g
            s;(blacklist=[^[:space:]\"']*),$1([[:space:]\"']|\$);\1\2;g
            s;[a-z_.]*blacklist=$1([[:space:]\"']|\$);\1;g" "$file"
    done
}
""",
    "with_modules": r"""with_modules() { # MODULE...: have every initramfs that is made from now on hold them
    if command -v update-initramfs >/dev/null; then
        for module in "$@"; do
            grep -qxF "$module" /etc/initramfs-tools/modules && continue
            keep /etc/initramfs-tools/modules
            echo "$module" >>/etc/initramfs-tools/modules
        done
    elif command -v dracut >/dev/null; then
        for module in "$@"; do
            grep -qsF " $module " /etc/dracut.conf.d/guestcheck.conf && continue
            echo "add_drivers+=\" $module \"" >>/etc/dracut.conf.d/guestcheck.conf
        done
    elif command -v mkinitcpio >/dev/null; then
        for module in "$@"; do
            grep -qE "^MODULES=\((.* )?${module}[ )]" /etc/mkinitcpio.conf && continue
            keep /etc/mkinitcpio.conf
            sed -i -E "s,^MODULES=\(,&$module ," /etc/mkinitcpio.conf
        done
    elif grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
        for module in "$@"; do
            grep -qE "^INITRD_MODULES=\"(.* )?${module}[ \"]" /etc/sysconfig/kernel && continue
            keep /etc/sysconfig/kernel
            sed -i -E "s,^INITRD_MODULES=\",&$module ," /etc/sysconfig/kernel
        done
    else
        for module in "$@"; do extra="$extra --with=$module"; done
    fi
}
""",
    "rebuild": r"""rebuild() { # RELEASE: make the initramfs of this kernel anew
    if command -v update-initramfs >/dev/null; then
        if [ -e "/boot/initrd.img-$1" ]; then update-initramfs -u -k "$1"; else update-initramfs -c -k "$1"; fi
    elif command -v dracut >/dev/null; then
        dracut -f --kver "$1"
    elif command -v mkinitcpio >/dev/null; then
        mkinitcpio -P
    elif grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
        mkinitrd
    else
        # shellcheck disable=SC2086 # these are several options
        mkinitrd -f $extra "/boot/initrd-$1.img" "$1"
    fi
}
""",
}
_CALLS = {"field_by_uuid": ("keep", "uuid_of"), "option_by_uuid": ("keep", "uuid_of"), "allow": ("keep",), "with_modules": ("keep",), "rebuild": ()}


class Step(NamedTuple):
    """Lines of the script: why, what is done, and which functions that calls."""

    why: str
    code: Tuple[str, ...]
    uses: Tuple[str, ...] = ()


def script(report: Preflight) -> str:
    """Return the script that takes away what can be taken away in the guest."""
    steps: List[Step] = []
    releases: Dict[str, None] = {}
    for one in report.readiness:
        for reason in one.reasons:
            for action in reason.actions:
                made = _step(action, reason.says, report.inventory)
                if made not in steps:
                    steps.append(made)
                # Not for a mere warning: an initramfs that serves is left alone.
                if action.name in _REBUILDS and reason.weight != WARNS:
                    releases[plain_release(one.kernel)] = None
    rebuilds = [Step(f"The initramfs of {release} has a copy of what was changed.", (f"rebuild {release}",), ("rebuild",)) for release in releases if release]
    # A menu that is made before the initramfs does not load it.
    menus = [_MENU] if any(action.name == "make-initramfs" for one in report.readiness for reason in one.reasons for action in reason.actions) else []
    targets = ", ".join(dict.fromkeys(one.target for one in report.readiness))
    return "".join(_written(_HEAD.format(version=report.version, targets=targets), [*steps, *rebuilds, *menus]))


def plain_release(release: str) -> str:
    """Return the release where it is inert in a shell, else nothing."""
    told = kernel({"kernel": release})
    return "" if told == "KERNEL" else told


def _written(head: str, steps: List[Step]) -> Iterator[str]:
    yield head
    used: Set[str] = {name for step in steps for name in step.uses}
    used |= {name for one in used for name in _CALLS.get(one, ())}
    if {"with_modules", "rebuild"} & used:
        yield "extra=  # what an old mkinitrd is told\n\n"
    for name, text in _FUNCTIONS.items():
        if name in used:
            yield text + "\n"
    for step in steps:
        yield f"# {_inert(step.why)}\n" + "".join(f"{line}\n" for line in step.code) + "\n"
    if not steps:
        yield "# Nothing is to be done in the guest.\n"
    yield 'echo "done: guestcheck preflight tells whether that was all"\n'


def _inert(text: str) -> str:
    """Return text for a comment: one line, of characters that can be shown."""
    return "".join(character if character.isprintable() else "?" for character in text)[:300]


def _step(action: Action, why: str, inventory: Inventory) -> Step:
    return _STEPS.get(action.name, _by_hand)(action.about, why, inventory)


def _by_hand(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    return Step(f"{why}: this is to be done by hand, see guestcheck preflight.", (":",))


def _drivers(about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    modules = tokens(about.get("modules"))
    return Step(why, (f"with_modules {' '.join(modules)}",), ("with_modules",)) if modules else _by_hand(about, why, _inventory)


def _name(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    device, match = about.get("device", ""), _PLACE.match(about.get("file", ""))
    file = match.group(1) if match else ""
    if not _PATH.fullmatch(device) or not device.startswith("/dev/"):
        return _by_hand(about, why, inventory)
    if file in ("/etc/fstab", "/etc/crypttab"):
        return Step(why, (f"field_by_uuid {file} {device}",), ("field_by_uuid",))
    if file.startswith(("/boot/", "/etc/default/", "/proc/cmdline", "conf/", "etc/cmdline")) or not file:
        tag = "PARTUUID" if about.get("by") == "PARTUUID" else "UUID"
        return Step(why, (f"option_by_uuid {device} {tag}",), ("option_by_uuid",))
    if file == "cryptroot/crypttab":
        return Step(why, (f"field_by_uuid /etc/crypttab {device}",), ("field_by_uuid",))
    return _by_hand(about, why, inventory)


def _allow(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    module = plain(about.get("module"), "")
    if not module or not re.fullmatch(r"\w+", module):
        return _by_hand(about, why, inventory)
    return Step(why, (f"allow '{module.replace('_', '[_-]')}'",), ("allow",))


def _lvm_devices(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    file = "/etc/lvm/devices/system.devices"
    return Step(
        f"{why}. After the move vgimportdevices -a writes a new one.", (f"if [ -e {file} ]; then", f"    keep {file}", f"    rm {file}", "fi"), ("keep",)
    )


def _lvm_filter(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    line = about.get("line", "")
    if line.count("[") != line.count("]"):
        return _by_hand(about, why, inventory)
    file = "/etc/lvm/lvm.conf"
    pattern = "^[[:space:]]*(global_)?filter[[:space:]]*="
    code = (f"if grep -qE '{pattern}' {file}; then", f"    keep {file}", f"    sed -i -E 's/{pattern}/# &/' {file}", "fi")
    return Step(why, code, ("keep",))


def _card(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    name, address = about.get("device", ""), mac(about)
    if address == "MAC" or not _NAME.fullmatch(name) or inventory.guest.setup.init not in ("systemd", ""):
        return _by_hand(about, why, inventory)
    file = f"/etc/systemd/network/10-guestcheck-{name}.link"
    code = (
        "mkdir -p /etc/systemd/network",
        f"[ -e {file} ] || cat >{file} <<'EOF'",
        "[Match]",
        f"MACAddress={address}",
        "",
        "[Link]",
        f"Name={name}",
        "EOF",
    )
    return Step(why, code)


def _grub(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    code = ("keep /etc/default/grub", "sed -i -E 's/^GRUB_DISABLE_LINUX_UUID=/# &/' /etc/default/grub")
    return Step(why, code, ("keep",))


def _initramfs(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    return Step(f"{why}. It is made below; the boot menu has to load it.", (":",))


_MENU = Step(
    "The boot menu has to load what was made.",
    (
        "if command -v update-grub >/dev/null; then",
        "    keep /boot/grub/grub.cfg",
        "    update-grub",
        "elif command -v grub2-mkconfig >/dev/null && [ -f /boot/grub2/grub.cfg ]; then",
        "    keep /boot/grub2/grub.cfg",
        "    grub2-mkconfig -o /boot/grub2/grub.cfg",
        "else",
        '    echo "let the boot menu load the initramfs that was made: how is not known here" >&2',
        "fi",
    ),
    ("keep",),
)

_STEPS = {
    "prepare-driver": _drivers,
    "name-by-uuid": _name,
    "lift-blacklist": _allow,
    "drop-lvm-devices": _lvm_devices,
    "fix-lvm-filter": _lvm_filter,
    "change-nic": _card,
    "make-initramfs": _initramfs,
    "grub-by-uuid": _grub,
}
# After these the initramfs is made anew: it holds drivers, modprobe.d, crypttab, LVM's files and .link files.
_REBUILDS = frozenset(_STEPS) - {"grub-by-uuid"}
