"""What lies between a disk and a file system: encryption, arrays, volumes; and by which names they
look for the disk.

Debian's hook for encrypted devices writes UUIDs into the initramfs for names like /dev/sda2, and
leaves by-id and by-path (cryptsetup-initramfs, hooks/cryptroot). Of LVM's files the initramfs has a
copy (lvm2, hooks/lvm2; dracut, modules.d/90lvm), which decides for the root file system. See
crypttab(5), mdadm.conf(5), lvm.conf(5), lvmdevices(8).
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from guestcheck.catalogue.interfaces import ATA
from guestcheck.catalogue.rows import BY_ID, PREFIXES, on_bus
from guestcheck.model.action import DropLvmDevices, FixLvmFilter
from guestcheck.model.device import Prefix
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Fstab, Lvm
from guestcheck.model.hint import Hint
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.arrays import arrays
from guestcheck.readiness.linux.boots import READ, Boot
from guestcheck.readiness.linux.crypttab import encrypted
from guestcheck.readiness.linux.device_names import OTHER, Move
from guestcheck.readiness.linux.layers import CRYPT, LVM, MD, MULTIPATH, Layers, layers_of, outside
from guestcheck.readiness.linux.local_fs import LocalFs
from guestcheck.readiness.linux.opening import unopened


def unstacked(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield what would not be opened, assembled or activated after `move`, and whether that stops
    the boot.
    """
    layers = layers_of(boot, guest)
    yield from encrypted(move, boot, guest, layers)
    yield from arrays(move, boot, guest, layers)
    yield from _lvm(move, boot, guest, layers)
    if not (move.same and boot.kernel.running):  # it has been opened there
        yield from unopened(boot, guest, layers)


def _lvm(move: Move, boot: Boot, guest: Guest, layers: Layers) -> Iterator[Reason]:
    """Judge LVM's choice of devices: for the root file system by the initramfs's own copy of its
    files, for others by the guest's.
    """
    if move.same:
        return
    for_root = layers.possible(LVM)
    unsure = (
        ""
        if for_root is None or for_root.sure
        else "whether the root file system lies on LVM (lsblk)"
    )
    if for_root and boot.state == READ:
        for image in boot.images:
            yield from _choice(move, image.lvm, unsure, layers)
        for reason in (
            _choice(move, guest.setup.lvm or Lvm(), "", layers)
            if not any(image.lvm.settings or image.lvm.devices is not None for image in boot.images)
            else ()
        ):
            yield reason._replace(
                id=f"{reason.id}-later",
                says=message("next-initramfs-too", says=reason.says),
                weight=WARNS,
                settle="",
            )
    others = guest.setup.lvm is not None and any(
        _may_be_volume(line, guest) for line in LocalFs(guest, boot).required()
    )
    if guest.setup.lvm is not None and (
        others or (for_root and (boot.state != READ or boot.unread("etc/lvm/")))
    ):
        yield from _choice(
            move,
            guest.setup.lvm,
            "which of the volumes that the boot needs are on the disk that is moved"
            if others
            else "what the initramfs has of LVM's files",
            layers,
        )


# What the firmware or GRUB reads is no volume, or is found by them.
_BOOT = ("/", "/boot/efi", "/efi")


def _may_be_volume(line: Fstab, guest: Guest) -> bool:
    """Tell whether a line of fstab mounts a logical volume: by its name, or by a UUID where there
    are volume groups.
    """
    if line.where in _BOOT:
        return False
    if line.spec.startswith("/dev/mapper/") or (
        line.spec.startswith("/dev/")
        and line.spec.count("/") == 3
        and not line.spec.startswith("/dev/disk/")
    ):
        return line.spec not in {
            f"/dev/mapper/{other.name}" for other in guest.setup.crypttab or ()
        }
    if not guest.setup.volume_groups or not line.spec.startswith(
        ("UUID=", "LABEL=", "/dev/disk/by-uuid/", "/dev/disk/by-label/")
    ):
        return False
    there = [block for block in guest.block or () if line.where in block.mounts]
    return not there or any(block.type != "part" for block in there)


def _choice(move: Move, lvm: Lvm, settle: Text, layers: Layers) -> Iterator[Reason]:
    """Yield why LVM would not take the disk; with `settle` that leaves the verdict open."""
    yield from _lvm_devices(move, lvm, settle)
    # Of several lines the last counts.
    for setting in {
        setting.name: setting
        for setting in lvm.settings
        if setting.name in ("filter", "global_filter")
    }.values():
        taken = _takes(setting.values, move, layers)
        if taken:
            continue
        action = FixLvmFilter(outside(setting.line.file), _is_whole(setting.line.text))
        if taken is None:
            says = message("lvm-filter.unknown", name=setting.name)
            yield Reason(
                "lvm-filter",
                says,
                (setting.line.hint,),
                OPEN,
                settle or message("find-out.names-under-dev-disk"),
                (action,),
            )
        else:
            says = message("lvm-filter", name=setting.name, names=move.target.names)
            yield Reason(
                "lvm-filter",
                says,
                (setting.line.hint,),
                OPEN if settle else STOPS,
                settle,
                (action,),
            )


# The partitions that a volume may be on: the one that is there now is not always known.
_PARTITIONS = 16


def new_names(prefix: str) -> List[str]:
    """Return the names of a first disk and its partitions.

    >>> new_names("vd")[:3], new_names("nvme")[:2]
    (['/dev/vda', '/dev/vda1', '/dev/vda2'], ['/dev/nvme0n1', '/dev/nvme0n1p1'])
    """
    row = PREFIXES.get(prefix, Prefix(prefix))
    disk = f"/dev/{row.first_disk}"
    return [disk, *(f"{disk}{row.part}{number}" for number in range(1, _PARTITIONS + 1))]


def _is_whole(line: str) -> bool:
    """Tell whether a list of patterns begins and ends in one line.

    >>> _is_whole('filter = [ "a|.*|" ]'), _is_whole("filter = [")
    (True, False)
    """
    return line.count("[") == line.count("]")


def _lvm_devices(move: Move, lvm: Lvm, settle: Text) -> Iterator[Reason]:
    """LVM with a devices file sees nothing but what is in it: lvmdevices(8). By name it looks for
    the volume's own id elsewhere too.
    """
    told = [setting for setting in lvm.settings if setting.name == "use_devicesfile"]
    if lvm.devices is None or (told and told[-1].value == "0"):
        return
    if not lvm.devices:
        yield _no_devices(lvm, bool(told) and told[-1].value == "1", settle)
    for device in lvm.devices:
        fate = move.fate(device.devname) if device.devname else None
        if device.idtype in _BY_CONTENT or (fate is not None and fate.state == OTHER):
            continue
        # From 2.03.24 on LVM searches once the machine's own UUID or name is another:
        # device_ids_refresh in lvm.conf(5).
        certain = (
            told
            and told[-1].value == "1"
            and not lvm.refreshes
            and device.idname.lower().startswith("t10.ata")
            and move.target.id not in on_bus(ATA)
            and not settle
        )
        says = message(
            "lvm-devices-file",
            devname=device.devname or "the disk",
            idtype=device.idtype,
            idname=device.idname,
        )
        open_ = settle or message("find-out.devices-file-id")
        yield Reason(
            "lvm-devices-file",
            says,
            (device.line.hint,),
            STOPS if certain else OPEN,
            "" if certain else open_,
            (DropLvmDevices(),),
        )


def _no_devices(lvm: Lvm, used: bool, settle: Text) -> Reason:
    """Word that LVM's devices file is there and names no device: then LVM uses none. Whether LVM
    uses the file at all without a word in lvm.conf was chosen when it was built: lvm.conf(5).
    """
    other = any(one.name == "devicesfile" for one in lvm.settings)
    open_ = settle or (
        message("find-out.devices-file-which") if other else message("find-out.devices-file-used")
    )
    certain = used and not settle and not other
    return Reason(
        "lvm-devices-file",
        message("lvm-devices-file.empty"),
        (Hint(lvm.file, "holds no line with IDTYPE="),),
        STOPS if certain else OPEN,
        "" if certain else open_,
        (DropLvmDevices(),),
    )


# Kinds of ids that the volume brings along, and names, for which LVM looks elsewhere when they are
# wrong.
_BY_CONTENT = ("devname", "mpath_uuid", "crypt_uuid", "lvmlv_uuid", "md_uuid", "loop_file")


_MOST_PATTERNS = 50
_LONGEST_PATTERN = 500
_MOST_REPEATS = 8


# Names of plain disks that a filter was written for.
_OLD = tuple(
    dict.fromkeys(
        prefix.letters for row in BY_ID.values() if row.is_target for prefix in row.prefixes
    )
)
_ABOVE = {
    MD: ("/dev/md0", "/dev/md127", "/dev/md/0"),
    CRYPT: ("/dev/mapper/crypt", "/dev/mapper/luks-1", "/dev/dm-0"),
    MULTIPATH: ("/dev/mapper/mpatha",),
}


def _takes(patterns: Tuple[str, ...], move: Move, layers: Layers) -> Optional[bool]:
    """Tell whether LVM's filter takes the moved disk or one of its partitions; None where that
    cannot be told.

    A device is taken where one of its names matches an accepting pattern before a rejecting one
    (lvm.conf(5)). A filter that takes no plain disk at all is for volumes on arrays or encrypted
    devices, whose names stay.
    """
    if any(map(_is_odd, patterns)) or len(patterns) > _MOST_PATTERNS:
        return None
    if any(_accepts(patterns, name) for name in new_names(move.target.names)):
        return True
    links = [
        pattern[2:].lstrip("^").replace("\\", "")
        for pattern in patterns
        if pattern.startswith("a") and "/dev/disk/by-" in pattern
    ]
    if not links and not any(
        _accepts(patterns, name) for prefix in _OLD for name in new_names(prefix)
    ):
        return True
    for kind, names in _ABOVE.items():
        if layers.possible(kind) and any(_accepts(patterns, name) for name in names):
            return True if layers.sure(kind) else None
    return None if any(not move.is_gone(spec.rstrip("|$/*.")) for spec in links) else False


def _body(pattern: str) -> str:
    """Return the regular expression of a pattern like "a|x|", whose second sign is a bracket or any
    other that ends it too.
    """
    closing = {"(": ")", "[": "]", "{": "}"}.get(pattern[1], pattern[1])
    return pattern[2 : pattern.rfind(closing)] if closing in pattern[2:] else pattern[2:]


def _is_odd(pattern: str) -> bool:
    """Tell whether a pattern is none that is understood, or one that it could take for ever to
    match.
    """
    from re import compile as compile_pattern
    from re import error

    if not 3 <= len(pattern) <= _LONGEST_PATTERN or pattern[0] not in "ar":
        return True
    body = _body(pattern)
    if sum(map(body.count, "*+{")) > _MOST_REPEATS:
        return True
    try:
        compile_pattern(body)
    except (error, RecursionError, OverflowError):
        return True
    return False


def _accepts(patterns: Tuple[str, ...], name: str) -> bool:
    """Tell whether LVM's filter takes the device `name`: the first pattern that matches decides,
    none takes it (lvm.conf(5)).
    """
    from re import search

    return next((pattern[0] == "a" for pattern in patterns if search(_body(pattern), name)), True)
