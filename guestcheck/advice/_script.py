"""A shell script that does what preflight found: to be read and run by the operator in the guest, never by us.

It is POSIX sh, stops at the first error, keeps a copy of each file that it changes, and changes nothing when it is run again. The copies lie
in a folder of their own: of some folders every file is read, whatever its name (/etc/initramfs-tools/conf.d).
What the guest says of itself goes into it only as a path, a module or a release that is inert in every shell; all else is left to be done by
hand, and says so.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, NamedTuple, Set, Tuple

from guestcheck.advice._quoting import kernel, mac, plain, tokens
from guestcheck.model.check import Action
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.model.target import REBUILDS, WARNS

_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:-]{0,200}")
_PLACE = re.compile(r"(.*?)(?:, line [0-9]+|, '.*')?(?: in /.*)?\Z", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9]{0,14}")

_HEAD = """#!/bin/sh
# Made by guestcheck {version} for a guest that is to be moved to {targets}.
# Read it, then run it as root in the guest, before the machine's definition is changed. It can be run again, and keeps
# a copy of each file that it changes below /var/backups/guestcheck.
set -eu
LC_ALL=C
export LC_ALL

[ "$(id -u)" -eq 0 ] || {{ echo "this must be run as root" >&2; exit 1; }}

"""
# What the steps call; those that no step calls are left out.
_FUNCTIONS = {
    "command_lines": r"""# Where options of a kernel's command line stand.
command_lines="/etc/default/grub /etc/default/grub.d/*.cfg /etc/kernel/cmdline /etc/cmdline.d/*.conf /etc/dracut.conf
    /etc/dracut.conf.d/*.conf /etc/initramfs-tools/conf.d/* /etc/update-extlinux.conf /boot/grub/grub.cfg /boot/grub2/grub.cfg
    /boot/efi/EFI/*/grub.cfg /boot/grub/grub.conf /boot/grub/menu.lst /boot/loader/entries/*.conf /boot/efi/loader/entries/*.conf
    /efi/loader/entries/*.conf /boot/extlinux/extlinux.conf /boot/extlinux.conf /boot/syslinux/syslinux.cfg"
""",
    "keep": r"""backup=/var/backups/guestcheck
keep() { # FILE: keep a copy of it, the first time
    [ -e "$backup$1" ] && return 0
    mkdir -p "$backup${1%/*}"
    cp -p "$1" "$backup$1"
}
""",
    "real_file": r"""real_file() { # FILE: print what it is, or leads to as a link: a plain file with a harmless name
    found=$(readlink -f "$1") || found=
    case $found in
        "" | [!/]* | *[!A-Za-z0-9/._@:+-]*) ;;
        *) [ -f "$found" ] && echo "$found" && return 0 ;;
    esac
    echo "$1 leads to no plain file with a harmless name: it is left as it is" >&2
    return 1
}
""",
    "change": r"""change() { # FILE SCRIPT: edit it as sed is told; where it is a link, what it leads to
    real=$(real_file "$1") || return 1
    keep "$real" || return 1
    sed -i -r "$2" "$real"
}
""",
    "change_saved": r"""change_saved() { # SCRIPT: edit the kernelopts that GRUB keeps in its environment block, which has a fixed size
    for file in /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; do
        { [ -f "$file" ] && command -v grub2-editenv >/dev/null; } || continue
        before=$(grub2-editenv "$file" list | sed -n 's/^kernelopts=//p')
        # One line of plain characters, or it is not what GRUB wrote.
        case $before in
            *[!\ -~]*) echo "kernelopts in $file holds odd characters: it is left as it is" >&2; return 1 ;;
        esac
        after=$(printf '%s\n' "$before" | sed -r "$1")
        [ "$before" = "$after" ] && continue
        real=$(real_file "$file") || return 1
        keep "$real" || return 1
        grub2-editenv "$real" set "kernelopts=$after"
    done
}
""",
    "uuid_of": r"""uuid_of() { # DEVICE TAG: print its UUID, or PARTUUID
    found=$(blkid "$1" | sed -n "s/.*[: ]$2=\"\([^\"]*\)\".*/\1/p" || true)
    [ -n "$found" ] || { echo "$1 has no $2, or is not there" >&2; return 1; }
    # What stands on a disk goes into a sed program below. A LUKS header's UUID can be any 40 characters.
    case $found in
        *[!A-Za-z0-9-]*) found= ;;
    esac
    if [ "${#found}" -lt 4 ] || [ "${#found}" -gt 40 ]; then
        echo "the $2 of $1 has other characters than a $2 has: it is not used" >&2
        return 1
    fi
    echo "$found"
}
""",
    "field_by_uuid": r"""field_by_uuid() { # FILE DEVICE: put UUID=... where a field of the file is DEVICE
    grep -qE "^([^#]*[[:space:]])?$2([[:space:]]|\$)" "$1" || return 0
    uuid=$(uuid_of "$2" UUID) || return 1
    change "$1" "/^[[:space:]]*#/!s,(^|[[:space:]])$2([[:space:]]|\$),\1UUID=$uuid\2,"
}
""",
    "unit_by_uuid": r"""unit_by_uuid() { # FILE DEVICE: let a mount or swap of systemd be found by UUID
    grep -qE "^What[[:space:]]*=[[:space:]]*$2[[:space:]]*\$" "$1" || return 0
    uuid=$(uuid_of "$2" UUID) || return 1
    change "$1" "s,^(What[[:space:]]*=[[:space:]]*)$2[[:space:]]*\$,\1/dev/disk/by-uuid/$uuid,"
}
""",
    "option_by_uuid": r"""option_by_uuid() { # DEVICE TAG: put UUID=..., or PARTUUID=..., where an option on a kernel's command line is DEVICE
    names='(root|resume|ROOT|RESUME|source|cryptdevice|mount\.usr)'
    for file in $command_lines; do
        [ -f "$file" ] || continue
        grep -qE "$names=\"?$1([^A-Za-z0-9_-]|\$)" "$file" || continue
        uuid=$(uuid_of "$1" "$2") || return 1
        change "$file" "s,$names=(\"?)$1([^A-Za-z0-9_-]|\$),\1=\2$2=$uuid\3,g"
    done
    grep -qsE "$names=\"?$1([^A-Za-z0-9_-]|\$)" /boot/grub2/grubenv /boot/efi/EFI/*/grubenv || return 0
    uuid=$(uuid_of "$1" "$2") || return 1
    change_saved "s,$names=(\"?)$1([^A-Za-z0-9_-]|\$),\1=\2$2=$uuid\3,g"
}
""",
    "allow": r"""allow() { # PATTERN: let modprobe and the kernel load the modules that match it
    for file in /etc/modprobe.d/*.conf /etc/modprobe.conf /usr/lib/modprobe.d/*.conf /lib/modprobe.d/*.conf; do
        [ -f "$file" ] || continue
        grep -qE "^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$)" "$file" || continue
        change "$file" "s,^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$),# &,"
    done
    without="s;(blacklist=([^[:space:]\"']*,)?)$1,;\1;g
        s;(blacklist=[^[:space:]\"']*),$1([[:space:]\"']|\$);\1\2;g
        s;[a-z_.]*blacklist=$1([[:space:]\"']|\$);\1;g"
    for file in $command_lines; do
        [ -f "$file" ] || continue
        grep -qE "blacklist=([^[:space:]\"']*,)?$1([,[:space:]\"']|\$)" "$file" || continue
        change "$file" "$without"
    done
    change_saved "$without"
}
""",
    "with_modules": r"""with_modules() { # MODULE...: have every initramfs that is made from now on hold them
    if [ -f /etc/initramfs-tools/modules ] && command -v update-initramfs >/dev/null; then
        for module in "$@"; do
            grep -qxF "$module" /etc/initramfs-tools/modules && continue
            keep /etc/initramfs-tools/modules
            echo "$module" >>/etc/initramfs-tools/modules
        done
    elif command -v dracut >/dev/null; then
        mkdir -p /etc/dracut.conf.d
        for module in "$@"; do
            grep -qsF " $module " /etc/dracut.conf.d/guestcheck.conf && continue
            echo "add_drivers+=\" $module \"" >>/etc/dracut.conf.d/guestcheck.conf
        done
    elif command -v mkinitcpio >/dev/null; then
        for module in "$@"; do
            grep -qE "^MODULES=[(\"'](.* )?${module}[ )\"']" /etc/mkinitcpio.conf && continue
            change /etc/mkinitcpio.conf "s,^MODULES=[(\"'],&$module ,"
            # An array over several lines, or none at all.
            grep -qE "^MODULES=.*${module}" /etc/mkinitcpio.conf || echo "MODULES=($module)" >>/etc/mkinitcpio.conf
        done
    elif command -v mkinitfs >/dev/null; then
        for module in "$@"; do
            name=$(echo "$module" | sed 's/_/[_-]/g')
            find /lib/modules -name "$name.ko*" | sed 's,.*/kernel/,kernel/,; s,\.ko.*,.ko*,' >>/etc/mkinitfs/features.d/guestcheck.modules
        done
        sort -u -o /etc/mkinitfs/features.d/guestcheck.modules /etc/mkinitfs/features.d/guestcheck.modules
        grep -qE '^features=.*guestcheck' /etc/mkinitfs/mkinitfs.conf || change /etc/mkinitfs/mkinitfs.conf "s,^features=[\"'],&guestcheck ,"
    elif command -v booster >/dev/null; then
        [ -e /etc/booster.yaml ] || touch /etc/booster.yaml
        grep -q '^modules:' /etc/booster.yaml || echo 'modules: ext4' >>/etc/booster.yaml
        for module in "$@"; do
            grep -qE "^modules:.*[ ,]${module}(,|\$)" /etc/booster.yaml && continue
            change /etc/booster.yaml "s/^modules:.*[^ ]/&,$module/"
        done
    elif grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
        for module in "$@"; do
            grep -qE "^INITRD_MODULES=\"(.* )?${module}[ \"]" /etc/sysconfig/kernel && continue
            change /etc/sysconfig/kernel "s,^INITRD_MODULES=\",&$module ,"
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
        # The oldest know no --kver.
        if [ -e "/boot/initramfs-$1.img" ]; then dracut -f "/boot/initramfs-$1.img" "$1"; else dracut -f --kver "$1"; fi
    elif command -v mkinitcpio >/dev/null; then
        mkinitcpio -P
    elif command -v mkinitfs >/dev/null; then
        mkinitfs "$1"
    elif command -v booster >/dev/null; then
        /usr/lib/booster/regenerate_images
    elif grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
        mkinitrd
    elif command -v mkinitrd >/dev/null; then
        # shellcheck disable=SC2086 # these are several options
        mkinitrd -f $extra "/boot/initrd-$1.img" "$1"
    else
        echo "no program was found here that makes an initramfs: one has to be installed first, dracut for one" >&2
        exit 1
    fi
}
""",
    "with_option": r"""with_option() { # OPTION: put it on the kernel's command line, where the boot menu is made from
    if grep -qs '^GRUB_CMDLINE_LINUX=' /etc/default/grub; then
        grep -qE "^GRUB_CMDLINE_LINUX=.*[\"' ]$1([\"' ]|\$)" /etc/default/grub && return 0
        change /etc/default/grub "s,^(GRUB_CMDLINE_LINUX=[\"']),\1$1 ,; s,^(GRUB_CMDLINE_LINUX=)([^\"']*)\$,\1\"$1 \2\","
    elif [ -f /etc/default/grub ]; then
        keep /etc/default/grub
        echo "GRUB_CMDLINE_LINUX=\"$1\"" >>/etc/default/grub
    else
        echo "$1 is to be put on the kernel's command line by hand" >&2
    fi
}
""",
    "menu": r"""menu() { # write the boot menu anew
    if command -v update-grub >/dev/null; then
        if [ -f /boot/grub/grub.cfg ]; then keep /boot/grub/grub.cfg; fi
        update-grub
    elif command -v grub2-mkconfig >/dev/null && [ -f /boot/grub2/grub.cfg ]; then
        keep /boot/grub2/grub.cfg
        grub2-mkconfig -o /boot/grub2/grub.cfg
    elif command -v grub-mkconfig >/dev/null && [ -f /boot/grub/grub.cfg ]; then
        keep /boot/grub/grub.cfg
        grub-mkconfig -o /boot/grub/grub.cfg
    else
        echo "no program was found here that writes the boot menu: that is to be done by hand" >&2
    fi
}
""",
}
_CALLS = {
    "real_file": (),
    "change": ("keep", "real_file"),
    "change_saved": ("keep", "real_file"),
    "field_by_uuid": ("change", "keep", "uuid_of"),
    "unit_by_uuid": ("change", "keep", "uuid_of"),
    "option_by_uuid": ("command_lines", "change", "change_saved", "keep", "uuid_of"),
    "allow": ("command_lines", "change", "change_saved", "keep"),
    "with_modules": ("change", "keep"),
    "with_option": ("change", "keep"),
    "menu": ("keep",),
}


_NOTHING = (":",)
# What the boot goes on without does not end the script, where the device has no UUID or is not there.
_BY_UUID = ("field_by_uuid", "unit_by_uuid", "option_by_uuid")


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
                if reason.weight == WARNS and made.code[0].split(" ")[0] in _BY_UUID:
                    made = made._replace(code=(f'{made.code[0]} || echo "it is left as it is" >&2',))
                # The same thing is done once, however many targets ask for it.
                if made not in steps and (made.code == _NOTHING or all(step.code != made.code for step in steps)):
                    steps.append(made)
                # Not for a mere warning: an initramfs that serves is left alone. Nor where there is none, and none is to be made.
                if action.name in REBUILDS and reason.weight != WARNS and (action.name == "make-initramfs" or not _is_bare(one.kernel, report.inventory)):
                    releases[plain_release(one.kernel)] = None
    kept = (action for one in report.readiness if plain_release(one.kernel) in releases for action in one.again)
    told = {word for step in steps if "with_modules" in step.uses for line in step.code for word in line.split()}
    steps += _what_is_kept(kept, told, report.inventory)
    # A menu that is made before the initramfs does not load it.
    after = [step for step in steps if "menu" in step.uses]
    steps = [step for step in steps if step not in after]
    rebuilds = [Step(f"The initramfs of {release} has a copy of what was changed.", (f"rebuild {release}",), ("rebuild",)) for release in releases if release]
    targets = ", ".join(dict.fromkeys(one.target for one in report.readiness))
    return "".join(_written(_HEAD.format(version=report.version, targets=targets), [*steps, *rebuilds, *after]))


def _what_is_kept(actions: Iterable[Action], told: Set[str], inventory: Inventory) -> Iterator[Step]:
    modules = dict.fromkeys(module for action in actions for module in tokens(action.about.get("modules")) if module not in told)
    if modules:
        yield _drivers({"modules": " ".join(modules)}, "A new initramfs is to hold what the target needs, whatever is attached while it is made.", inventory)


def _is_bare(release: str, inventory: Inventory) -> bool:
    """Tell whether this kernel has no initramfs: the boot menu starts it without, or knows as little of it as /boot does.

    What a removed kernel leaves in /lib/modules is no kernel to make an initramfs for; the tools fail there, for want of its configuration.
    """
    guest = inventory.guest
    entries = [entry for entry in guest.setup.entries or () if entry.release == release]
    if entries:
        return not any(entry.initrds or entry.linux.endswith(".efi") for entry in entries)
    # Where none is seen for any kernel, /boot was not seen.
    seen = {kernel.release for kernel in guest.kernels or () if kernel.initramfs} | {name for image in guest.setup.images or () for name in image.releases}
    starts = any(kernel.running or kernel.default for kernel in guest.kernels or () if kernel.release == release)
    return bool(seen) and release not in seen and not starts


def plain_release(release: str) -> str:
    """Return the release where it is inert in a shell, else nothing."""
    told = kernel({"kernel": release})
    return "" if told == "KERNEL" else told


def _written(head: str, steps: List[Step]) -> Iterator[str]:
    yield head
    used: Set[str] = {name for step in steps for name in step.uses}
    used |= {name for one in used for name in _CALLS.get(one, ())}
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
    return Step(f"{why}: this is to be done by hand, see guestcheck preflight.", _NOTHING)


def _drivers(about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    modules = tokens(about.get("modules"))
    return Step(why, (f"with_modules {' '.join(modules)}",), ("with_modules",)) if modules else _by_hand(about, why, _inventory)


def _name(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    device, match = about.get("device", ""), _PLACE.match(about.get("file", ""))
    file = match.group(1) if match else ""
    if not _PATH.fullmatch(device) or not device.startswith("/dev/"):
        return _by_hand(about, why, inventory)
    if about.get("by") == "hand":
        return _by_hand(about, why, inventory)
    if file.startswith("/etc/systemd/system/") and _PATH.fullmatch(file) and about.get("line", "").startswith("What"):
        return Step(why, (f"unit_by_uuid {file} {device}",), ("unit_by_uuid",))
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
    file = "/etc/lvm/lvmlocal.conf" if "lvmlocal" in about.get("file", "") else "/etc/lvm/lvm.conf"
    pattern = "^[[:space:]]*(global_)?filter[[:space:]]*="
    return Step(why, (f"if grep -qE '{pattern}' {file}; then change {file} 's/{pattern}/# &/'; fi",), ("change",))


def _card(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    name, address = about.get("device", ""), mac(about)
    init = inventory.guest.setup.init
    if address == "MAC" or not _NAME.fullmatch(name) or init not in ("systemd", "sysvinit", ""):
        return _by_hand(about, why, inventory)
    if init == "sysvinit":
        rule = f"""SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{address}", ATTR{{type}}=="1", NAME="{name}\""""
        rules = "/etc/udev/rules.d/70-persistent-net.rules"
        return Step(why, (f"if [ -f {rules} ]; then keep {rules}; fi", f"grep -qsF '{address}' {rules} || echo '{rule}' >>{rules}"), ("keep",))
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
    return Step(why, ("change /etc/default/grub 's/^GRUB_DISABLE_LINUX_UUID=/# &/'",), ("change",))


def _generic(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    if about.get("tool") != "dracut":
        return _by_hand(about, why, inventory)
    return Step(why, ("echo 'hostonly=\"no\"' >/etc/dracut.conf.d/guestcheck-generic.conf",))


def _search(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    return Step(f"{why}. What writes the menu has it searched for.", ("menu",), ("menu",))


def _option(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    option = plain(about.get("option"), "")
    if not re.fullmatch(r"[a-z]+", option):
        return _by_hand(about, why, inventory)
    return Step(why, (f"with_option {option}", "menu"), ("with_option", "menu"))


def _device_map(about: Dict[str, str], why: str, inventory: Inventory) -> Step:
    match = _PLACE.match(about.get("file", ""))
    file = match.group(1) if match else ""
    if not re.fullmatch(r"/boot/grub2?/device\.map", file):
        return _by_hand(about, why, inventory)
    return Step(why, (f"if [ -e {file} ]; then", f"    keep {file}", f"    rm {file}", "fi"), ("keep",))


def _initramfs(_about: Dict[str, str], why: str, _inventory: Inventory) -> Step:
    return Step(f"{why}. It is made above; the boot menu has to load it.", ("menu",), ("menu",))


_STEPS = {
    "prepare-driver": _drivers,
    "name-by-uuid": _name,
    "lift-blacklist": _allow,
    "drop-lvm-devices": _lvm_devices,
    "fix-lvm-filter": _lvm_filter,
    "change-nic": _card,
    "make-initramfs": _initramfs,
    "grub-by-uuid": _grub,
    "generic-initramfs": _generic,
    "grub-by-search": _search,
    "add-option": _option,
    "drop-device-map": _device_map,
}
