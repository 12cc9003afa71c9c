"""Names of disks that are written down somewhere and read at boot: which of them would be wrong,
and what comes of it.

The command line is judged here, fstab in `fstab`. A device to resume from is waited for and then
done without: measured by booting.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterator, Tuple

from guestcheck.catalogue.rows import BY_ID
from guestcheck.model.action import AddOption, MakeInitramfs
from guestcheck.model.digits import is_digits
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import NONE, Boot
from guestcheck.readiness.linux.device_names import GONE, UNSURE, Move, numbered, split
from guestcheck.readiness.linux.fstab import fstab_reasons
from guestcheck.readiness.linux.gone_names import by_uuid, devices_in, named, renamed_by_hand
from guestcheck.readiness.linux.overlay_root import overlay

# What a kernel takes for root= without an initramfs to look names up:
# Documentation/admin-guide/kernel-parameters.rst, init/do_mounts.c.
_KERNEL_KNOWS = ("/dev/", "PARTUUID=", "PARTLABEL=")


def broken(move: Move, boot: Boot, guest: Guest, essential: bool) -> Iterator[Reason]:
    """Yield what names would be wrong after `move`, and whether that stops the boot; `essential`
    where root is on what is moved.
    """
    if essential:
        yield from _root(move, boot)
    yield from _command_line(move, boot, guest)
    yield from fstab_reasons(move, boot, guest)


def root_of(boot: Boot) -> Tuple[str, Hint]:
    """Return the root file system's name and where it stands: on the command line, else in the
    initramfs ("" where nowhere).
    """
    for option in (
        "real_root",
        "root",
    ):  # genkernel's initramfs takes the first, and root=/dev/ram0 for itself
        told = boot.option(option)
        if told:
            return told, Hint(boot.options_from, f"{option}={told}")
    for image, path, text in boot.texts("conf/", "etc/cmdline"):
        for word in text.split():
            if word.startswith(("ROOT=", "root=")) and len(word) > 5:
                return word[5:].strip("\"'"), Hint(f"{path} in {image}", word)
    return "", Hint("", "")


def _root(move: Move, boot: Boot) -> Iterator[Reason]:
    root, hint = root_of(boot)
    if move.same and boot.kernel.running:
        return  # it has been found there
    if boot.options is None:
        says = message("root-unread", release=boot.release)
        yield Reason(
            "root-unread",
            says,
            (Hint("boot loader", "no command line was seen"),),
            OPEN,
            message("find-out.boot-loader"),
        )
        return
    if not root:
        yield Reason(
            "root-unread",
            message("root-unread.no-root"),
            (Hint(boot.options_from, "no root="),),
            OPEN,
            message("find-out.root-of-initramfs"),
        )
        return
    number = numbered(root)
    if (
        boot.state == NONE
        and not number.startswith(_KERNEL_KNOWS)
        and number == root
        and ":" not in root
    ):
        yield Reason(
            "root-needs-initramfs",
            message("root-needs-initramfs", root=root),
            (hint,),
            STOPS,
            actions=(MakeInitramfs(boot.release),),
        )
    if (
        boot.state == NONE
        and move.target.id in _FOUND_LATE
        and not any(word == "rootwait" or word.startswith("rootdelay=") for word in boot.options)
    ):
        says = message("root-not-waited-for", target=move.target.id)
        hint = Hint(boot.options_from, "no rootwait")
        yield Reason(
            "root-not-waited-for",
            says,
            (hint,),
            OPEN,
            message("find-out.rootwait"),
            (AddOption("rootwait"),),
        )
    fate = move.fate(number.partition(":")[2] if number.startswith(("block:", "live:")) else number)
    if fate is not None and fate.state == UNSURE and move.by_multipath(root):
        yield Reason(
            "root-by-multipath",
            message("root-by-name", root=root, says=fate.says),
            (hint,),
            OPEN,
            message("find-out.wwid"),
        )
    elif fate is not None and fate.state in (GONE, UNSURE):
        reason = named("root-by-name", message("name-in.root", root=root), fate, hint, STOPS, root)
        # A kernel alone can find a partition by its own id, and nothing that is on it.
        by = "PARTUUID" if boot.state == NONE else "UUID"
        yield reason._replace(actions=(by_uuid(hint, root)._replace(by=by),))
    elif fate is None and not _ROOTS.match(root):
        settle = message("find-out.root-word")
        yield Reason(
            "root-not-understood",
            message("root-not-understood", root=root),
            (hint,),
            OPEN,
            settle,
        )


# Words for root= that name no disk by a name of /dev: file systems and networks that the initramfs
# knows (dracut.cmdline(7), nfsroot.rst, zfs-dracut), images, and what systemd finds by itself.
_ROOTS = compile_pattern(
    r"(?i)(?:zfs\b|bootfs\b|gpt-auto\b|dissect\b|tmpfs\b|fstab\b|overlay|live|nfs|cifs|iscsi|"
    r"nbd|fcoe|dhcp|https?:|ftp|tftp|virtiofs|9p|aoe|off\b"
    r"|csi:|bind:|/dev/(?:root|nfs|ram[0-9])\b|/dev/(?:cdrom|sr[0-9]))"
)
# Other words of the command line that name a device to be found before root.
_BEFORE_ROOT = ("cryptdevice", "cryptopts", "rd.luks.name", "luks", "crypt_root", "cryptroot")
# Disks on these buses are found by workers that nobody waits for: usb-storage(4),
# Documentation/admin-guide/kernel-parameters.rst, rootwait.
_FOUND_LATE = frozenset(row.id for row in BY_ID.values() if row.is_found_late)


def _command_line(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    for name in _BEFORE_ROOT:
        value = boot.option(name) or ""
        spec = next(
            (
                part.rpartition("source=")[2]
                for part in value.replace(":", ",").split(",")
                if part.rpartition("source=")[2].startswith("/dev/")
            ),
            "",
        )
        fate = move.fate(spec) if spec else None
        if fate is not None and fate.state in (GONE, UNSURE):
            yield named(
                "root-by-name",
                message("name-in.option-value", name=name, value=value),
                fate,
                Hint(boot.options_from, f"{name}={value}"),
                STOPS,
                spec,
            )
    named_there = [("mount.usr", boot.option("mount.usr") or "")]
    named_there += [
        ("rootflags", spec) for spec in devices_in((boot.option("rootflags") or "").split(","))
    ]
    for name, spec in named_there:
        fate = move.fate(spec)
        if fate is not None and fate.state in (GONE, UNSURE):
            hint = Hint(boot.options_from, f"{name}={boot.option(name)}")
            reason = named(
                "root-by-name",
                message("name-in.option", name=name, spec=spec),
                fate,
                hint,
                STOPS,
                spec,
            )
            yield reason if name == "mount.usr" else renamed_by_hand(reason)
    yield from _array(move, boot)
    yield from _boot_device(move, boot)
    yield from overlay(move, boot, guest)
    yield from _other_words(move, boot)
    if "noresume" in (boot.options or ()):
        return
    for spec, hint in _resumes(boot):
        fate = move.fate(spec)
        if fate is not None and fate.state in (GONE, UNSURE):
            yield named(
                "resume-by-name",
                message("name-in.resume", spec=spec),
                fate,
                hint,
                WARNS,
                spec,
                message("without-it.waits-90"),
            )


# Words whose names of disks are judged elsewhere, or that nothing of the boot itself reads.
_JUDGED = frozenset(
    {
        "root",
        "real_root",
        "netroot",
        "resume",
        "rootflags",
        "mount.usr",
        "boot",
        "overlayroot",
        "md",
    }
    | {"overlayroot_cfgdisk", "BOOT_IMAGE", "initrd", "console", "noresume", "ks", "repo", "stage2"}
    | {"rd.luks.key", "cryptkey", "init", "rdinit", "real_resume", "swap", "real_rootflags"}
    | set(_BEFORE_ROOT)
)
_NOT_OF_THE_BOOT = (
    "inst.",
    "systemd.",
    "rd.systemd.",
    "rd.luks.",
    "rd.md",
    "rd.lvm",
    "luks.",
    "rd.iscsi",
    "udev.",
)
_DEVICE = compile_pattern(r"/dev/[A-Za-z0-9]+")


def _other_words(move: Move, boot: Boot) -> Iterator[Reason]:
    """Yield words that name a disk by a name that is gone, where it is not known what reads them:
    live-boot's fromiso=, archiso's img_dev= and whatever scripts of an initramfs take.
    """
    for word in boot.options or ():
        key, _, value = word.partition("=")
        if key in _JUDGED or key.startswith(_NOT_OF_THE_BOOT):
            continue
        for spec in _DEVICE.findall(value):
            fate = move.fate(spec) if split(spec[len("/dev/") :])[0] else None
            if fate is not None and fate.state == GONE:
                hint = Hint(boot.options_from, word)
                says = message("option-by-name", key=key, spec=spec, says=fate.says)
                settle = message("find-out.option", key=key)
                yield Reason("option-by-name", says, (hint,), OPEN, settle)


def _array(move: Move, boot: Boot) -> Iterator[Reason]:
    """Yield what becomes of md=, by which the kernel assembles an array without an initramfs: it
    takes names with and without /dev/ (Documentation/admin-guide/md.rst).
    """
    for word in boot.options or () if boot.state == NONE else ():
        for part in word[len("md=") :].split(",")[1:] if word.startswith("md=") else ():
            spec = part if part.startswith("/dev/") else f"/dev/{part}"
            fate = move.fate(spec) if not is_digits(part) else None
            # Which member has which of the target's names does not matter to an array.
            ours = split(spec[len("/dev/") :])[0] == move.target.names
            if fate is not None and (fate.state == GONE or (fate.state == UNSURE and not ours)):
                reason = named(
                    "root-by-name", word, fate, Hint(boot.options_from, word), STOPS, spec
                )
                yield renamed_by_hand(reason)


def _boot_device(move: Move, boot: Boot) -> Iterator[Reason]:
    """Yield what becomes of boot=: with fips=1 dracut mounts /boot from there and checks the
    kernel, and halts where it cannot (modules.d/01fips); CoreOS mounts /boot by it
    (coreos-boot-mount-generator).
    """
    spec = boot.option("boot") or ""
    fate = move.fate(spec)
    if fate is None or fate.state not in (GONE, UNSURE):
        return
    hint = Hint(boot.options_from, f"boot={spec}")
    checks = boot.option("fips") == "1" and boot.generator in ("dracut", "")
    files = [path.rpartition("/")[2] for image in boot.images for path in image.files]
    if checks and "fips.sh" in files:
        yield named(
            "boot-by-name", message("name-in.fips-boot", spec=spec), fate, hint, STOPS, spec
        )
    elif checks or boot.option("ostree") is not None:
        says = message("boot-by-name", spec=spec, says=fate.says)
        settle = message("find-out.fips")
        if not checks:
            settle = message("find-out.boot-mount")
        yield Reason("boot-by-name", says, (hint,), OPEN, settle)


def _resumes(boot: Boot) -> Iterator[Tuple[str, Hint]]:
    told = boot.option("resume")
    if told:
        yield told, Hint(boot.options_from, f"resume={told}")
        return
    for image, path, text in boot.texts("conf/conf.d/"):
        for number, row in enumerate(text.split("\n"), 1):
            if row.strip().startswith("RESUME="):
                yield (
                    row.strip()[7:].strip("\"'"),
                    Hint(f"{path} in {image}, line {number}", row.strip()),
                )
    for image, path, text in boot.texts("etc/cmdline"):
        for word in text.split():
            if word.startswith("resume="):
                yield word[7:].strip("\"'"), Hint(f"{path} in {image}", word)
