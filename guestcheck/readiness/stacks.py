"""What lies between a disk and a file system: encryption, arrays, volumes; and by which names they look for the disk.

Debian's hook for encrypted devices writes UUIDs into the initramfs for names like /dev/sda2, and leaves by-id and by-path
(cryptsetup-initramfs, hooks/cryptroot). Of LVM's files the initramfs has a copy (lvm2, hooks/lvm2; dracut, modules.d/90lvm), which decides
for the root file system. See crypttab(5), mdadm.conf(5), lvm.conf(5), lvmdevices(8).
"""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.model.check import Action
from guestcheck.model.guest import Guest
from guestcheck.model.setup import Crypt, Lvm
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.boots import NONE, READ, Boot
from guestcheck.readiness.names import named, root_of
from guestcheck.readiness.spelling import GONE, OTHER, STAYS, UNSURE, Fate, Move


def unstacked(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield what would not be opened, assembled or activated after `move`, and whether that stops the boot."""
    yield from _crypttab(move, boot, guest)
    yield from _arrays(move, boot, guest)
    yield from _lvm(move, boot, guest)


def _crypttab(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Judge the initramfs's own table, and the root file system's.

    Debian's hook writes UUIDs into the first for names like /dev/sda2 (cryptsetup-initramfs, hooks/cryptroot), and leaves by-id and by-path.
    """
    inside = {line.name: line for image in boot.images for line in image.crypttab}
    for line in inside.values():
        fate = move.fate(line.device)
        if fate is not None and fate.state in (GONE, UNSURE):
            yield named("crypttab-by-name", f"the initramfs opens {line.name} by {line.device}", fate, line.line.hint, STOPS, line.device)
    for line in guest.setup.crypttab or ():
        fate = move.fate(line.device)
        if fate is None or fate.state in (STAYS, OTHER):
            continue
        what = f"crypttab opens {line.name} by {line.device}"
        if line.name in inside or (_for_root(line, boot) and _rd_luks(boot)):
            yield named("crypttab-by-name", what, fate, line.line.hint, WARNS, line.device, "; it is open by then, and the boot waits 90 seconds for that name")
        elif _for_root(line, boot):
            settle = f"what the initramfs opens {line.name} by" if boot.state != NONE else ""
            reason = named("crypttab-by-name", what, fate, line.line.hint, STOPS, line.device, "; the root file system may be on it")
            yield reason._replace(weight=OPEN, settle=settle or reason.settle or "what the boot opens")
        else:
            yield from _crypt_beside(line, what, fate, guest)


def _for_root(line: Crypt, boot: Boot) -> bool:
    root, _ = root_of(boot)
    return root == f"/dev/mapper/{line.name}" or bool({"initramfs", "x-initrd.attach"} & set(line.options)) or _on_lvm(root)


def _on_lvm(root: str) -> bool:
    return root.startswith("/dev/mapper/") or (root.count("/") == 3 and not root.startswith("/dev/disk/"))


def _rd_luks(boot: Boot) -> bool:
    return any(word.startswith(("rd.luks.uuid=", "rd.luks.name=", "rd_LUKS_UUID=")) for word in boot.options or ())


def _crypt_beside(line: Crypt, what: str, fate: Fate, guest: Guest) -> Iterator[Reason]:
    users = [entry for entry in guest.setup.fstab or () if entry.spec == f"/dev/mapper/{line.name}"]
    needed = [entry for entry in users if entry.type != "swap" and not {"nofail", "noauto", "x-systemd.automount"} & set(entry.options)]
    if needed and "nofail" not in line.options:
        yield named("crypttab-by-name", what, fate, line.line.hint, STOPS, line.device, f"; fstab mounts {needed[0].where} from it, without nofail")
        return
    more = "; swap is made anew on whatever has that name then" if "swap" in line.options else "; the boot goes on without it"
    yield named("crypttab-by-name", what, fate, line.line.hint, WARNS, line.device, more)


def _arrays(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    root, _ = root_of(boot)
    for setting in guest.setup.arrays or ():
        words = [word for word in setting.values if word.startswith("/dev/") and not word.startswith("/dev/md")]
        if setting.name == "ARRAY":
            words = [part for word in setting.values if word.lower().startswith("devices=") for part in word[8:].split(",")]
        elif setting.name != "DEVICE" or {"partitions", "containers"} & set(setting.values):
            continue
        gone = [word for word in words if move.is_gone(word)]
        if not gone or len(gone) < len(words):
            continue
        needed = root.startswith("/dev/md") or any(entry.spec.startswith("/dev/md") and "nofail" not in entry.options for entry in guest.setup.fstab or ())
        says = f"mdadm looks for the members of its arrays at {' '.join(gone)} alone"
        weight = OPEN if needed or _stacked(move, "md") else WARNS
        action = Action("name-by-uuid", {"file": setting.line.file, "line": setting.line.text, "device": gone[0]})
        yield Reason("mdadm-by-name", says, (setting.line.hint,), weight, "which array the boot needs" if weight == OPEN else "", (action,))


def _stacked(move: Move, word: str) -> bool:
    return any(word in layer.lower() for disk in move.disks for layer in disk.stack)


def _lvm(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Judge LVM's choice of devices: for the root file system by the initramfs's own copy of its files, for others by the guest's."""
    if move.same:
        return
    root, _ = root_of(boot)
    for_root = _stacked(move, "lvm") or any(word.startswith("rd.lvm.") for word in boot.options or ()) or (_on_lvm(root) and not _is_crypt(root, guest))
    if for_root and boot.state == READ:
        for image in boot.images:
            yield from _choice(move, image.lvm, "")
        for reason in _choice(move, guest.setup.lvm or Lvm(), "") if not any(image.lvm.settings or image.lvm.devices for image in boot.images) else ():
            yield reason._replace(id=f"{reason.id}-later", says=f"{reason.says}, and the next initramfs may have that too", weight=WARNS, settle="")
    others = any(_on_lvm(line.spec) and line.where != "/" and not {"nofail", "noauto"} & set(line.options) for line in guest.setup.fstab or ())
    if guest.setup.lvm is not None and (others or (for_root and (boot.state != READ or boot.unread("etc/lvm/")))):
        yield from _choice(
            move,
            guest.setup.lvm,
            "which of the volumes that the boot needs are on the disk that is moved" if others else "what the initramfs has of LVM's files",
        )


def _choice(move: Move, lvm: Lvm, settle: str) -> Iterator[Reason]:
    """Yield why LVM would not take the disk; with `settle` that leaves the verdict open."""
    yield from _lvm_devices(move, lvm, settle)
    for setting in lvm.settings:
        if setting.name in ("filter", "global_filter") and not _accepts(setting.values, _partition(move.target.names)):
            says = f"LVM's {setting.name} takes no disk that is called {move.target.names}…"
            action = Action("fix-lvm-filter", {"file": setting.line.file, "line": setting.line.text})
            yield Reason("lvm-filter", says, (setting.line.hint,), OPEN if settle else STOPS, settle, (action,))


def _partition(prefix: str) -> str:
    """Return the name of a first disk's partition.

    >>> _partition("vd"), _partition("nvme")
    ('/dev/vda2', '/dev/nvme0n1p2')
    """
    return f"/dev/{prefix}" + {"nvme": "0n1p2", "mmcblk": "0p2"}.get(prefix, "a2")


def _is_crypt(root: str, guest: Guest) -> bool:
    return any(root == f"/dev/mapper/{line.name}" for line in guest.setup.crypttab or ())


def _lvm_devices(move: Move, lvm: Lvm, settle: str) -> Iterator[Reason]:
    """LVM with a devices file sees nothing but what is in it: lvmdevices(8). By name it looks for the volume's own id elsewhere too."""
    told = [setting for setting in lvm.settings if setting.name == "use_devicesfile"]
    if not lvm.devices or (told and told[-1].value == "0"):
        return
    for device in lvm.devices:
        fate = move.fate(device.devname) if device.devname else None
        if device.idtype in _BY_CONTENT or (fate is not None and fate.state == OTHER):
            continue
        # From 2.03.24 on LVM searches once the machine's own UUID or name is another: device_ids_refresh in lvm.conf(5).
        certain = (
            told
            and told[-1].value == "1"
            and not lvm.refreshes
            and device.idname.lower().startswith("t10.ata")
            and move.target.id not in ("sata", "ide")
            and not settle
        )
        says = f"LVM's devices file knows {device.devname or 'the disk'} by {device.idtype} {device.idname}, which is the old device's"
        open_ = settle or "whether the host keeps that id, and whether LVM uses its devices file here"
        action = Action("drop-lvm-devices", {"file": device.line.file, "device": device.devname})
        yield Reason("lvm-devices-file", says, (device.line.hint,), STOPS if certain else OPEN, "" if certain else open_, (action,))


# Kinds of ids that the volume brings along, and names, for which LVM looks elsewhere when they are wrong.
_BY_CONTENT = ("devname", "mpath_uuid", "crypt_uuid", "lvmlv_uuid", "md_uuid", "loop_file")


def _accepts(patterns: Tuple[str, ...], name: str) -> bool:
    """Tell whether LVM's filter takes the device `name`: the first pattern that matches decides, none takes it (lvm.conf(5))."""
    from re import error, search

    for pattern in patterns:
        if len(pattern) < 3 or pattern[0] not in "ar":
            continue
        closing = {"(": ")", "[": "]", "{": "}"}.get(pattern[1], pattern[1])
        body = pattern[2 : pattern.rfind(closing)] if closing in pattern[2:] else pattern[2:]
        try:
            matches = search(body, name) is not None
        except (error, RecursionError, OverflowError):
            continue
        if matches:
            return pattern[0] == "a"
    return True
