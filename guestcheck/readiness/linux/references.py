"""Names of disks that are written down somewhere and read at boot: which of them would be wrong,
and what comes of it.

systemd waits 90 seconds for a device of fstab and then fails the mount, and with it
local-fs.target, unless the line has nofail, noauto or x-systemd.automount; the line of / is not
waited for, since it is mounted (systemd-fstab-generator(8), systemd.mount(5)). Swap and a device to
resume from are waited for and then done without: measured by booting.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterable, Iterator, List, Tuple

from guestcheck.catalogue.rows import BY_ID, is_offered
from guestcheck.model.check import Action
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Fstab
from guestcheck.model.hint import Hint
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import NONE, Boot
from guestcheck.readiness.linux.device_names import GONE, OTHER, STAYS, UNSURE, Fate, Move, numbered
from guestcheck.readiness.linux.local_fs import (
    LocalFs,
    Outcome,
    extra_lines,
    is_extra_known,
    is_swap,
    required_devices,
)
from guestcheck.readiness.linux.overlay_root import overlay

_NETWORK_TYPES = (
    "nfs",
    "nfs4",
    "cifs",
    "smbfs",
    "smb3",
    "ceph",
    "glusterfs",
    "sshfs",
    "fuse.sshfs",
    "9p",
    "virtiofs",
    "tmpfs",
    "proc",
    "sysfs",
    "overlay",
)
_LOCAL_FROM = _NETWORK_TYPES.index("9p")  # those before are mounted over the network
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
    yield from _fstab(move, boot, guest)


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
        says = (
            f"the command line of {boot.release} is not known, and so not by which name it "
            "finds its root "
            "file system"
        )
        yield Reason(
            "root-unread",
            says,
            (Hint("boot loader", "no command line was seen"),),
            OPEN,
            "the boot loader's configuration, or /boot mounted",
        )
        return
    if not root:
        yield Reason(
            "root-unread",
            "no root= is on the command line",
            (Hint(boot.options_from, "no root="),),
            OPEN,
            "what the initramfs takes for root",
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
            f"without an initramfs nobody looks up root={root}",
            (hint,),
            STOPS,
            actions=(Action("make-initramfs", {"kernel": boot.release}),),
        )
    if (
        boot.state == NONE
        and move.target.id in _FOUND_LATE
        and not any(word == "rootwait" or word.startswith("rootdelay=") for word in boot.options)
    ):
        says = (
            "without an initramfs and without rootwait the kernel looks for its root file "
            "system once, "
            f"and {move.target.id} is found late"
        )
        hint = Hint(boot.options_from, "no rootwait")
        yield Reason(
            "root-not-waited-for",
            says,
            (hint,),
            OPEN,
            "rootwait on the command line",
            (Action("add-option", {"option": "rootwait"}),),
        )
    fate = move.fate(number.partition(":")[2] if number.startswith(("block:", "live:")) else number)
    if fate is not None and fate.state == UNSURE and move.by_multipath(root):
        yield Reason(
            "root-by-multipath",
            f"root={root}: {fate.says}",
            (hint,),
            OPEN,
            "the WWID that the host gives the disk, and multipath.conf",
        )
    elif fate is not None and fate.state in (GONE, UNSURE):
        reason = named("root-by-name", f"root={root}", fate, hint, STOPS, root)
        # A kernel alone can find a partition by its own id, and nothing that is on it.
        by = "PARTUUID" if boot.state == NONE else "UUID"
        yield reason._replace(
            actions=tuple(
                action._replace(about={**action.about, "by": by}) for action in reason.actions
            )
        )
    elif fate is None and not _ROOTS.match(root):
        settle = "what the initramfs takes for the root file system by that word"
        yield Reason(
            "root-not-understood",
            f"root={root} names nothing that is understood",
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


def named(
    name: str, what: str, fate: Fate, hint: Hint, weight: str, spec: str, more: str = ""
) -> Reason:
    """Make a reason of a name that is gone; one of which that is not sure leaves the verdict open,
    where it would stop the boot.
    """
    action = Action("name-by-uuid", {"file": hint.source, "line": hint.says, "device": spec})
    if fate.state == GONE:
        return Reason(name, f"{what}: {fate.says}{more}", (hint,), weight, actions=(action,))
    open_weight = OPEN if weight == STOPS else WARNS
    settle = "the names of the disks after the move" if open_weight == OPEN else ""
    return Reason(name, f"{what}: {fate.says}{more}", (hint,), open_weight, settle, (action,))


# Other words of the command line that name a device to be found before root.
_BEFORE_ROOT = ("cryptdevice", "cryptopts", "rd.luks.name", "luks", "crypt_root", "cryptroot")
# Disks on these buses are found by workers that nobody waits for: usb-storage(4),
# Documentation/admin-guide/kernel-parameters.rst, rootwait.
_FOUND_LATE = frozenset(row.id for row in BY_ID.values() if row.is_found_late)
# Options of file systems that name another device, without which they are not mounted: btrfs(5),
# xfs(5), ext4(5).
_DEVICE_OPTIONS = ("device=", "logdev=", "rtdev=", "journal_path=")


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
                f"{name}={value}",
                fate,
                Hint(boot.options_from, f"{name}={value}"),
                STOPS,
                spec,
            )
    named_there = [("mount.usr", boot.option("mount.usr") or "")]
    named_there += [
        ("rootflags", spec) for spec in _devices_in((boot.option("rootflags") or "").split(","))
    ]
    for name, spec in named_there:
        fate = move.fate(spec)
        if fate is not None and fate.state in (GONE, UNSURE):
            hint = Hint(boot.options_from, f"{name}={boot.option(name)}")
            reason = named("root-by-name", f"{name}= has {spec}", fate, hint, STOPS, spec)
            yield reason if name == "mount.usr" else _by_hand(reason)
    yield from _boot_device(move, boot)
    yield from overlay(move, boot, guest)
    if "noresume" in (boot.options or ()):
        return
    for spec, hint in _resumes(boot):
        fate = move.fate(spec)
        if fate is not None and fate.state in (GONE, UNSURE):
            yield named(
                "resume-by-name",
                f"resume={spec}",
                fate,
                hint,
                WARNS,
                spec,
                "; the boot waits for it, 30 to 90 seconds, and goes on without",
            )


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
        yield named("boot-by-name", f"boot={spec}, which fips=1 needs,", fate, hint, STOPS, spec)
    elif checks or boot.option("ostree") is not None:
        says = f"boot={spec}: {fate.says}; whether the boot needs it is not known"
        settle = "whether the initramfs has dracut's module fips (lsinitrd -m)"
        if not checks:
            settle = "what mounts /boot (systemctl cat boot.mount)"
        yield Reason("boot-by-name", says, (hint,), OPEN, settle)


def _by_hand(reason: Reason) -> Reason:
    """Of a file system's other devices a UUID is not enough to tell them apart: btrfs has one for
    all.
    """
    return reason._replace(
        actions=tuple(
            action._replace(about={**action.about, "by": "hand"}) for action in reason.actions
        )
    )


def _devices_in(options: Iterable[str]) -> List[str]:
    """Return the devices that a file system's options name."""
    return [option.partition("=")[2] for option in options if option.startswith(_DEVICE_OPTIONS)]


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


def _fstab(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    if guest.setup.fstab is None:
        says = "fstab was not read, and a line in it may wait for a disk by its old name"
        yield Reason(
            "fstab-unread",
            says,
            (Hint("/etc/fstab", "was not read"),),
            OPEN,
            "/etc/fstab (guestcheck preflight reads it)",
        )
    local = LocalFs(guest, boot)
    ignored = guest.setup.init == "systemd" and (boot.option("fstab") or "").lower() in _NO
    for line in guest.setup.fstab or () if not ignored else ():
        yield from _fstab_devices(line, move, local, guest)
        yield from _share(line, move, local)
    for line in extra_lines(boot, guest):
        for reason in _fstab_devices(line, move, local, guest):
            known = is_extra_known(guest) or reason.weight == WARNS
            yield reason if known else reason._replace(weight=OPEN, settle="systemctl --version")


def _fstab_devices(line: Fstab, move: Move, local: LocalFs, guest: Guest) -> Iterator[Reason]:
    """Judge the device of a line, those that its file system's options name, and those that it
    requires.
    """
    for spec in _devices_in(line.options):
        beside = move.fate(spec)
        # The root file system's are on the command line too, and were asked there.
        if beside is not None and line.where != "/":
            yield from map(_by_hand, _fstab_line(line._replace(spec=spec), beside, local, guest))
    for spec in required_devices(line) if guest.setup.init in ("systemd", "") else ():
        beside = move.fate(spec)
        if beside is not None and beside.state in (GONE, UNSURE):
            yield _required(line, spec, beside, local)
    fate = move.fate(line.spec)
    if fate is None or fate.state == STAYS or line.type in _NETWORK_TYPES or "bind" in line.options:
        return
    yield from _fstab_line(line, fate, local, guest)


# Boolean words, as systemd reads fstab= of the command line: systemd-fstab-generator(8).
_NO = ("no", "0", "off", "false", "n", "f")
# Folders of the host, by the hypervisor that alone has them: its name and systemd-detect-virt's.
_VMWARE = ("VMware", "vmware")
_QEMU = ("QEMU", "qemu")
_SHARES = {
    "vboxsf": ("VirtualBox", "oracle"),
    "vmhgfs": _VMWARE,
    "fuse.vmhgfs-fuse": _VMWARE,
    "virtiofs": _QEMU,
    "9p": _QEMU,
}


def _share(line: Fstab, move: Move, local: LocalFs) -> Iterator[Reason]:
    """Yield what a folder of the host is elsewhere: it is not there, and its mount fails."""
    host, hypervisor = _SHARES.get(line.type, ("", ""))
    if not host or move.same or line.where == "/" or "trans=tcp" in line.options:
        return
    row = BY_ID[move.target.id]
    gone = bool(move.target.platform) or (bool(row.best_on) and not is_offered(row, hypervisor))
    # VirtualBox has one of virtio's disks, and a move to it may be one to QEMU as well.
    may_go = hypervisor == "oracle" and row.bus == "virtio"
    if not gone and not may_go:
        return
    outcome = local.without(line)
    says = (
        f"fstab mounts {line.where} as a folder of the host, which {host} alone has{outcome.says}"
    )
    weight = OPEN if outcome.weight == STOPS and not gone else outcome.weight
    settle = outcome.settle or (f"whether the guest stays on {host}" if weight == OPEN else "")
    actions = (Action("mount-nofail", {}),) if weight != WARNS else ()
    yield Reason("share-of-host", says, (line.line.hint,), weight, settle, actions)


def _required(line: Fstab, spec: str, fate: Fate, local: LocalFs) -> Reason:
    """Judge a device of x-systemd.requires=: without it systemd does not mount the line, though its
    own device is there.
    """
    what = f"x-systemd.requires= in fstab has {spec} for {line.where}"
    if line.where == "/":
        reason = named("fstab-by-name", what, fate, line.line.hint, STOPS, spec)
        return reason._replace(
            weight=OPEN, settle="what systemd does with a requirement of the root file system"
        )
    remote = line.type in _NETWORK_TYPES[:_LOCAL_FROM] or is_swap(line)
    outcome = Outcome(WARNS, "; the boot goes on without it") if remote else local.without(line)
    return _with(
        outcome,
        named("fstab-by-name", what + outcome.says, fate, line.line.hint, outcome.weight, spec),
    )


def _fstab_line(line: Fstab, fate: Fate, local: LocalFs, guest: Guest) -> Iterator[Reason]:
    what = (
        f"{'fstab' if line.line.number else 'the command line'} mounts {line.where} by {line.spec}"
    )
    hint = line.line.hint
    if fate.state == OTHER:
        return
    if is_swap(line):
        yield _swap(line, fate, guest)
    elif line.where == "/":
        yield named(
            "fstab-root-by-name",
            what,
            fate,
            hint,
            _root_line(guest),
            line.spec,
            "; the root file system is mounted already by root=",
        )
    else:
        outcome = local.without(line)
        yield _with(
            outcome,
            named("fstab-by-name", what, fate, hint, outcome.weight, line.spec, outcome.says),
        )


def _with(outcome: Outcome, reason: Reason) -> Reason:
    """Leave a reason open where the outcome is; a name of which it is not sure that it is gone is
    open by itself.
    """
    return reason._replace(weight=OPEN, settle=outcome.settle) if outcome.weight == OPEN else reason


def _swap(line: Fstab, fate: Fate, guest: Guest) -> Reason:
    """Judge a swap that is not found: the boot waits for it, which has no end where the line says
    so (systemd.mount(5)).
    """
    what, hint = f"fstab swaps to {line.spec}", line.line.hint
    if {"noauto", "nofail"} & set(line.options) or guest.setup.init not in ("systemd", ""):
        return named(
            "swap-by-name", what, fate, hint, WARNS, line.spec, "; the boot goes on without swap"
        )
    waits = [
        option.partition("=")[2]
        for option in line.options
        if option.startswith("x-systemd.device-timeout=")
    ]
    if waits and waits[-1] in ("0", "0s", "infinity"):
        return named(
            "swap-by-name",
            what,
            fate,
            hint,
            STOPS if guest.setup.init else OPEN,
            line.spec,
            f"; with x-systemd.device-timeout={waits[-1]} the boot waits for it without end",
        )
    seconds = waits[-1] if waits else "90 seconds"
    return named(
        "swap-by-name",
        what,
        fate,
        hint,
        WARNS,
        line.spec,
        f"; the boot waits {seconds} for it and goes on without swap",
    )


def _root_line(guest: Guest) -> str:
    return WARNS if guest.setup.init == "systemd" else OPEN
