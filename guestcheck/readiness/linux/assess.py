"""Would a Linux guest boot, and have its network, if its disk or NIC were another: by each of its
kernels.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.guard import guarded
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.pasting import NOT_PASTED
from guestcheck.model.source import TEXTS
from guestcheck.model.target import (
    BOOTS,
    OPEN,
    UNKNOWN,
    WARNS,
    Need,
    Readiness,
    Reason,
    Target,
)
from guestcheck.readiness.linux.after_boot import later
from guestcheck.readiness.linux.boots import NONE, Boot, boots
from guestcheck.readiness.linux.device_names import Move, move
from guestcheck.readiness.linux.drivers import generation, kept, needed, reached, transport
from guestcheck.readiness.linux.entry import entered
from guestcheck.readiness.linux.forbidden import (
    Forbidden,
    by_odd_words,
    in_initramfs,
    in_root,
    unseen,
)
from guestcheck.readiness.linux.grub_paths import menu
from guestcheck.readiness.linux.image_disks import missing
from guestcheck.readiness.linux.initramfs_waits import unloading, waits
from guestcheck.readiness.linux.late_drivers import after_root
from guestcheck.readiness.linux.modules import Modules
from guestcheck.readiness.linux.old_ide import as_kernel_has_it, unsure
from guestcheck.readiness.linux.references import broken, root_of
from guestcheck.readiness.linux.stacks import unstacked
from guestcheck.readiness.linux.systemd_units import units
from guestcheck.readiness.linux.tiny import tiny
from guestcheck.readiness.linux.unknown_options import judged_network
from guestcheck.readiness.verdicts import once, verdict

_FIRMWARE = "the target's firmware (BIOS or UEFI, and what it can boot from) and machine type"
_ORDER = "in which order firmware and kernel find several disks"
_UNITS = "scripts of the guest's own that name disks"


def assess(
    inventory: Inventory,
    targets: Sequence[Target],
    disks: Tuple[str, ...],
    nics: Tuple[str, ...],
) -> Tuple[Readiness, ...]:
    """Return a verdict for each target and each installed kernel."""
    found: List[Readiness] = []
    starts = boots(inventory.guest)
    for target in targets:
        if not starts:
            found.append(_without_kernel(target, inventory))
        for boot in starts:
            judged = guarded(
                "readiness",
                f"{target.id}, kernel {boot.release}",
                lambda: _judged(target, boot, inventory, disks, nics),  # noqa: B023
                None,
            )
            if judged is None:
                judged = [_broken(target, boot, disks if target.kind == "disk" else nics)]
            maker = boot.maker(inventory.guest.initramfs_tool)
            found += [one._replace(image=boot.loaded, maker=maker) for one in judged]
    return tuple(found)


def _judged(
    target: Target, boot: Boot, inventory: Inventory, disks: Tuple[str, ...], nics: Tuple[str, ...]
) -> List[Readiness]:
    return (
        [_disk(target, boot, inventory, disks)]
        if target.kind == "disk"
        else judged_network(target, boot, inventory, nics)
    )


def _broken(target: Target, boot: Boot, names: Tuple[str, ...]) -> Readiness:
    """Return the verdict where judging broke: unknown, and the gap names the bug."""
    reason = Reason(
        "not-judged",
        message("not-judged"),
        (),
        OPEN,
        message("find-out.newer-guestcheck"),
    )
    return Readiness(
        target.id, target.kind, " ".join(names), boot.release, boot.default, UNKNOWN, (reason,), ()
    )


def _disk(target: Target, boot: Boot, inventory: Inventory, names: Tuple[str, ...]) -> Readiness:
    target = as_kernel_has_it(target, boot, inventory.guest)
    moved = move(target, inventory, names, boot)
    essential = _carries_root(moved)
    guest = inventory.guest
    reasons = once(
        [
            *entered(boot, guest),
            *unsure(target, boot, guest),
            *_driver_reasons(target, boot, inventory, essential),
            *(() if moved.same else generation(target, boot)),
            *broken(moved, boot, guest, essential),
            *missing(boot, guest),
            *unstacked(moved, boot, guest),
            *(
                ()
                if moved.same
                else (*waits(moved, boot, guest.initramfs_tool), *menu(moved, boot, guest))
            ),
            *units(moved, boot, guest),
            *later(moved, guest),
        ]
    )
    unseen = (
        (_FIRMWARE, _ORDER, _UNITS)
        if moved.known
        else (
            _FIRMWARE,
            _ORDER,
            _UNITS,
            "how many disks there are: the names in the guest's files were taken for those of one",
        )
    )
    device = " ".join(disk.name for disk in moved.disks)
    found = verdict("disk", reasons)
    needs = (*transport(target, guest.architecture), *target.needs)
    evidence = reached(needs, boot, guest, essential) if found == BOOTS else ()
    again = (
        kept(
            needs, boot, Modules(boot.kernel, guest.setup.dependencies, boot), guest.initramfs_tool
        )
        if essential
        else ()
    )
    return Readiness(
        target.id,
        "disk",
        device,
        boot.release,
        boot.default,
        found,
        reasons,
        unseen,
        evidence,
        again,
    )


def _carries_root(moved: Move) -> bool:
    """Tell whether the root file system is on what is moved, or may be: then its driver has to be
    in the initramfs.
    """
    everywhere = [disk for disk in (*moved.disks, *moved.others) if "root" in disk.roles]
    return not moved.known or not everywhere or any("root" in disk.roles for disk in moved.disks)


def _driver_reasons(
    target: Target, boot: Boot, inventory: Inventory, essential: bool
) -> Iterator[Reason]:
    guest = inventory.guest
    needs = (*transport(target, guest.architecture), *target.needs)
    yield from by_odd_words(needs, boot)
    yield from unseen(target, boot)
    if not essential:
        yield from after_root(
            needs,
            boot,
            Modules(boot.kernel, guest.setup.dependencies),
            in_root(boot, guest.setup.modprobe or ()),
        )
        return
    modules = Modules(boot.kernel, guest.setup.dependencies, boot)
    forbidden = in_initramfs(boot)
    yield from unloading(needs, boot)
    yield from tiny((*needs, *_below_root(boot, inventory)), boot, guest, modules)
    yield from needed(
        (*needs, *_below_root(boot, inventory)), boot, modules, forbidden, guest.initramfs_tool
    )
    unread = [
        name
        for name in boot.unread("etc/modprobe", "lib/modprobe.d/", "usr/lib/modprobe.d/")
        if name.endswith(".conf")
    ]
    if unread and guest.setup.modprobe is None:
        hint = Hint(boot.images[-1].path, f"holds {unread[0]}, of which only the name is known")
        yield Reason(
            "modprobe-unread",
            message("modprobe-unread"),
            (hint,),
            OPEN,
            message("find-out.modprobe-files"),
        )
    if boot.state != NONE:
        later = _at_next_rebuild(
            needs, modules, forbidden, in_root(boot, guest.setup.modprobe or ())
        )
        for reason in later:
            yield (
                reason._replace(
                    weight=OPEN, settle=message("find-out.file-in-initramfs", unread=unread[0])
                )
                if unread
                else reason
            )


def _at_next_rebuild(
    needs: Tuple[Need, ...], modules: Modules, now: Forbidden, then: Forbidden
) -> Iterator[Reason]:
    """Warn of what modprobe.d forbids today and the next initramfs forbids too, since the tools
    copy it.
    """
    for module in (module for need in needs for module in need.modules):
        closure = modules.closure(module)
        if modules.built_in(module) or now.bars(module, closure):
            continue
        barred = then.bars(module, closure)
        if barred:
            yield barred._replace(
                id="driver-blacklisted-later",
                says=message("after-next-rebuild", says=barred.says),
                weight=WARNS,
                settle="",
            )


_FILE_SYSTEMS = {
    "ext2": ("ext4", "ext2"),
    "ext3": ("ext4", "ext3"),
    "ext4": ("ext4",),
    "xfs": ("xfs",),
    "btrfs": ("btrfs",),
    "f2fs": ("f2fs",),
    "jfs": ("jfs",),
    "reiserfs": ("reiserfs",),
    "nilfs2": ("nilfs2",),
    "bcachefs": ("bcachefs",),
    "zfs": ("zfs",),
}


def _below_root(boot: Boot, inventory: Inventory) -> Tuple[Need, ...]:
    """Return what the root file system needs whatever it lies on: its own driver, the mapper's."""
    guest = inventory.guest
    type_ = next((line.type for line in guest.setup.fstab or () if line.where == "/"), "")
    if type_ in ("", "auto"):
        type_ = next((block.filesystem for block in guest.block or () if "/" in block.mounts), "")
    root, _ = root_of(boot)
    if root.lower().startswith(("zfs=", "zfs:")):
        type_ = "zfs"
    elif type_ in ("", "auto"):
        type_ = boot.option("rootfstype") or ""
    needs = [Need(_FILE_SYSTEMS[type_])] if type_ in _FILE_SYSTEMS else []
    crypt = any(root == f"/dev/mapper/{line.name}" for line in guest.setup.crypttab or ())
    if root.startswith("/dev/mapper/") or any(
        word.startswith(("rd.lvm.", "rd.luks.", "cryptdevice=")) for word in boot.options or ()
    ):
        needs.append(Need(("dm_mod",)))
    if crypt or any(word.startswith(("rd.luks.", "cryptdevice=")) for word in boot.options or ()):
        needs.append(Need(("dm_crypt",)))
    if root.startswith("/dev/md"):
        needs.append(Need(("md_mod",)))
    return tuple(needs)


def _without_kernel(target: Target, inventory: Inventory) -> Readiness:
    pasted = inventory.guest.origin == TEXTS
    settle = (
        message("find-out.preflight-or-recording")
        if pasted
        else message("find-out.boot-and-modules")
    )
    hint = Hint("kernels", NOT_PASTED if pasted else "none was found")
    reason = Reason("no-kernel-seen", message("no-kernel-seen"), (hint,), OPEN, settle)
    device: Optional[bool] = None
    return Readiness(target.id, target.kind, "", "", device, UNKNOWN, (reason,), (_FIRMWARE,))
