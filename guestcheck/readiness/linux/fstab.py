"""Which lines of fstab name a disk that has another name after the move, and what comes of it.

systemd waits 90 seconds for a device of fstab and then fails the mount, and with it
local-fs.target, unless the line has nofail, noauto or x-systemd.automount; it does not wait for the
line of /, which is mounted (systemd-fstab-generator(8), systemd.mount(5)). Swap is waited for and
then done without: measured by booting.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.catalogue.rows import BY_ID, is_offered
from guestcheck.model.action import MountNofail
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Fstab
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.device_names import GONE, OTHER, STAYS, UNSURE, Fate, Move
from guestcheck.readiness.linux.gone_names import devices_in, named, renamed_by_hand
from guestcheck.readiness.linux.local_fs import (
    LocalFs,
    Outcome,
    extra_lines,
    is_extra_known,
    is_swap,
    required_devices,
)

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


def fstab_reasons(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield what lines of fstab would lose by the move."""
    if guest.setup.fstab is None:
        says = message("fstab-unread")
        yield Reason(
            "fstab-unread",
            says,
            (Hint("/etc/fstab", "was not read"),),
            OPEN,
            message("find-out.fstab"),
        )
    local = LocalFs(guest, boot)
    ignored = guest.setup.init == "systemd" and (boot.option("fstab") or "").lower() in _NO
    for line in guest.setup.fstab or () if not ignored else ():
        yield from _fstab_devices(line, move, local, guest)
        yield from _share(line, move, local)
    for line in extra_lines(boot, guest):
        for reason in _fstab_devices(line, move, local, guest):
            known = is_extra_known(guest) or reason.weight == WARNS
            yield (
                reason
                if known
                else reason._replace(weight=OPEN, settle=message("find-out.systemd-version"))
            )


def _fstab_devices(line: Fstab, move: Move, local: LocalFs, guest: Guest) -> Iterator[Reason]:
    """Judge the device of a line, those that its file system's options name, and those that it
    requires.
    """
    for spec in devices_in(line.options):
        beside = move.fate(spec)
        # The root file system's are on the command line too, and were asked there.
        if beside is not None and line.where != "/":
            yield from map(
                renamed_by_hand, _fstab_line(line._replace(spec=spec), beside, local, guest)
            )
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
    says = message("share-of-host", where=line.where, host=host, says=outcome.says)
    weight = OPEN if outcome.weight == STOPS and not gone else outcome.weight
    settle = outcome.settle or (
        message("find-out.guest-stays", host=host) if weight == OPEN else ""
    )
    actions = (MountNofail(),) if weight != WARNS else ()
    yield Reason("share-of-host", says, (line.line.hint,), weight, settle, actions)


def _required(line: Fstab, spec: str, fate: Fate, local: LocalFs) -> Reason:
    """Judge a device of x-systemd.requires=: without it systemd does not mount the line, though its
    own device is there.
    """
    what = message("name-in.requires", spec=spec, where=line.where)
    if line.where == "/":
        reason = named("fstab-by-name", what, fate, line.line.hint, STOPS, spec)
        return reason._replace(weight=OPEN, settle=message("find-out.root-requirement"))
    remote = line.type in _NETWORK_TYPES[:_LOCAL_FROM] or is_swap(line)
    outcome = Outcome(WARNS, message("without-it.goes-on")) if remote else local.without(line)
    return _with(
        outcome,
        named(
            "fstab-by-name",
            message("also-joined", what=what, more=outcome.says),
            fate,
            line.line.hint,
            outcome.weight,
            spec,
        ),
    )


def _fstab_line(line: Fstab, fate: Fate, local: LocalFs, guest: Guest) -> Iterator[Reason]:
    what = message(
        "name-in.mount",
        value="fstab" if line.line.number else "the command line",
        where=line.where,
        spec=line.spec,
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
            message("without-it.root-mounted"),
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
        return named("swap-by-name", what, fate, hint, WARNS, line.spec, message("without-it.swap"))
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
            message("without-it.no-timeout", waits=waits[-1]),
        )
    seconds = waits[-1] if waits else "90 seconds"
    return named(
        "swap-by-name",
        what,
        fate,
        hint,
        WARNS,
        line.spec,
        message("without-it.swap-waits", seconds=seconds),
    )


def _root_line(guest: Guest) -> str:
    return WARNS if guest.setup.init == "systemd" else OPEN
