"""Names of disks that are written down somewhere and read at boot: which of them would be wrong, and what comes of it.

systemd waits 90 seconds for a device of fstab and then fails the mount, and with it local-fs.target, unless the line has nofail, noauto or
x-systemd.automount; the line of / is not waited for, since it is mounted (systemd-fstab-generator(8), systemd.mount(5)). Swap and a device to
resume from are waited for and then done without: measured by booting.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from guestcheck.model.check import Action
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Crypt, Fstab, Line, Lvm
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.boots import NONE, READ, Boot
from guestcheck.readiness.spelling import GONE, OTHER, STAYS, UNSURE, Fate, Move

_NETWORK_TYPES = ("nfs", "nfs4", "cifs", "smbfs", "smb3", "ceph", "glusterfs", "sshfs", "fuse.sshfs", "9p", "virtiofs", "tmpfs", "proc", "sysfs", "overlay")
# What a kernel takes for root= without an initramfs to look names up: Documentation/admin-guide/kernel-parameters.rst, init/do_mounts.c.
_KERNEL_KNOWS = ("/dev/", "PARTUUID=", "PARTLABEL=")


def broken(move: Move, boot: Boot, guest: Guest, essential: bool) -> Iterator[Reason]:
    """Yield what names would be wrong after `move`, and whether that stops the boot; `essential` where root is on what is moved."""
    if essential:
        yield from _root(move, boot)
    yield from _command_line(move, boot)
    yield from _fstab(move, guest)
    yield from _crypttab(move, boot, guest)
    yield from _arrays(move, boot, guest)
    yield from _lvm(move, boot, guest)
    yield from _others(move, guest)


def root_of(boot: Boot) -> Tuple[str, Hint]:
    """Return the root file system's name and where it stands: on the command line, else in the initramfs ("" where nowhere)."""
    told = boot.option("root")
    if told:
        return told, Hint(boot.options_from, f"root={told}")
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
        says = f"the command line of {boot.release} is not known, and so not by which name it finds its root file system"
        yield Reason("root-unread", says, (Hint("boot loader", "no command line was seen"),), OPEN, "the boot loader's configuration, or /boot mounted")
        return
    if not root:
        yield Reason("root-unread", "no root= is on the command line", (Hint(boot.options_from, "no root="),), OPEN, "what the initramfs takes for root")
        return
    if root.startswith("/dev/mapper/mpath") and not move.same:
        says = f"root={root} is multipath's name for a disk with a certain WWID, and the new disk may have another"
        yield Reason("root-by-multipath", says, (hint,), OPEN, "the WWID that the host gives the disk, and multipath.conf")
    if boot.state == NONE and not root.startswith(_KERNEL_KNOWS):
        yield Reason("root-needs-initramfs", f"without an initramfs nobody looks up root={root}", (hint,), STOPS)
    fate = move.fate(root)
    if fate is not None and fate.state in (GONE, UNSURE):
        reason = _named("root-by-name", f"root={root}", fate, hint, STOPS, root)
        # A kernel alone can find a partition by its own id, and nothing that is on it.
        by = "PARTUUID" if boot.state == NONE else "UUID"
        yield reason._replace(actions=tuple(action._replace(about={**action.about, "by": by}) for action in reason.actions))


def _named(name: str, what: str, fate: Fate, hint: Hint, weight: str, spec: str, more: str = "") -> Reason:
    """Make a reason of a name that is gone; one of which that is not sure leaves the verdict open, where it would stop the boot."""
    action = Action("name-by-uuid", {"file": hint.source, "line": hint.says, "device": spec})
    if fate.state == GONE:
        return Reason(name, f"{what}: {fate.says}{more}", (hint,), weight, actions=(action,))
    open_weight = OPEN if weight == STOPS else WARNS
    settle = "the names of the disks after the move" if open_weight == OPEN else ""
    return Reason(name, f"{what}: {fate.says}{more}", (hint,), open_weight, settle, (action,))


# Other words of the command line that name a device to be found before root.
_BEFORE_ROOT = ("cryptdevice", "cryptopts", "rd.luks.name", "luks")


def _command_line(move: Move, boot: Boot) -> Iterator[Reason]:
    for name in _BEFORE_ROOT:
        value = boot.option(name) or ""
        spec = next((part.rpartition("source=")[2] for part in value.replace(":", ",").split(",") if part.rpartition("source=")[2].startswith("/dev/")), "")
        fate = move.fate(spec) if spec else None
        if fate is not None and fate.state in (GONE, UNSURE):
            yield _named("root-by-name", f"{name}={value}", fate, Hint(boot.options_from, f"{name}={value}"), STOPS, spec)
    if "noresume" in (boot.options or ()):
        return
    for spec, hint in _resumes(boot):
        fate = move.fate(spec)
        if fate is not None and fate.state in (GONE, UNSURE):
            yield _named("resume-by-name", f"resume={spec}", fate, hint, WARNS, spec, "; the boot waits for it, 30 to 90 seconds, and goes on without")


def _resumes(boot: Boot) -> Iterator[Tuple[str, Hint]]:
    told = boot.option("resume")
    if told:
        yield told, Hint(boot.options_from, f"resume={told}")
        return
    for image, path, text in boot.texts("conf/conf.d/"):
        for number, row in enumerate(text.split("\n"), 1):
            if row.strip().startswith("RESUME="):
                yield row.strip()[7:].strip("\"'"), Hint(f"{path} in {image}, line {number}", row.strip())


def _fstab(move: Move, guest: Guest) -> Iterator[Reason]:
    if guest.setup.fstab is None:
        says = "fstab was not read, and a line in it may wait for a disk by its old name"
        yield Reason("fstab-unread", says, (Hint("/etc/fstab", "was not read"),), OPEN, "/etc/fstab (guestcheck preflight reads it)")
        return
    for line in guest.setup.fstab:
        fate = move.fate(line.spec)
        if fate is None or fate.state == STAYS or line.type in _NETWORK_TYPES or "bind" in line.options:
            continue
        yield from _fstab_line(line, fate, guest)


def _fstab_line(line: Fstab, fate: Fate, guest: Guest) -> Iterator[Reason]:
    what = f"fstab mounts {line.where} by {line.spec}"
    hint = line.line.hint
    if fate.state == OTHER:
        return
    if line.type == "swap" or line.where in ("none", "swap"):
        yield _named("swap-by-name", f"fstab swaps to {line.spec}", fate, hint, WARNS, line.spec, "; the boot waits 90 seconds for it and goes on without swap")
    elif line.where == "/":
        yield _named("fstab-root-by-name", what, fate, hint, _root_line(guest), line.spec, "; the root file system is mounted already by root=")
    elif "noauto" in line.options or "x-systemd.automount" in line.options:
        yield _named("fstab-by-name", what, fate, hint, WARNS, line.spec, "; it is not mounted by itself, so the boot goes on")
    elif "nofail" in line.options:
        yield _named("fstab-by-name", what, fate, hint, WARNS, line.spec, "; it has nofail, so the boot goes on without it")
    elif guest.setup.init == "systemd":
        yield _named("fstab-by-name", what, fate, hint, STOPS, line.spec, "; without nofail the boot ends in emergency mode")
    else:
        reason = _named("fstab-by-name", what, fate, hint, STOPS, line.spec)
        init = guest.setup.init or "an init that was not seen"
        yield reason._replace(weight=OPEN, settle=f"what {init} does when a file system of fstab is missing", says=f"{reason.says}; this guest runs {init}")


def _root_line(guest: Guest) -> str:
    return WARNS if guest.setup.init == "systemd" else OPEN


def _crypttab(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Judge the initramfs's own table, and the root file system's.

    Debian's hook writes UUIDs into the first for names like /dev/sda2 (cryptsetup-initramfs, hooks/cryptroot), and leaves by-id and by-path.
    """
    inside = {line.name: line for image in boot.images for line in image.crypttab}
    for line in inside.values():
        fate = move.fate(line.device)
        if fate is not None and fate.state in (GONE, UNSURE):
            yield _named("crypttab-by-name", f"the initramfs opens {line.name} by {line.device}", fate, line.line.hint, STOPS, line.device)
    for line in guest.setup.crypttab or ():
        fate = move.fate(line.device)
        if fate is None or fate.state in (STAYS, OTHER):
            continue
        what = f"crypttab opens {line.name} by {line.device}"
        if line.name in inside or (_for_root(line, boot) and _rd_luks(boot)):
            yield _named(
                "crypttab-by-name", what, fate, line.line.hint, WARNS, line.device, "; it is open by then, and the boot waits 90 seconds for that name"
            )
        elif _for_root(line, boot):
            settle = f"what the initramfs opens {line.name} by" if boot.state != NONE else ""
            reason = _named("crypttab-by-name", what, fate, line.line.hint, STOPS, line.device, "; the root file system may be on it")
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
        yield _named("crypttab-by-name", what, fate, line.line.hint, STOPS, line.device, f"; fstab mounts {needed[0].where} from it, without nofail")
        return
    more = "; swap is made anew on whatever has that name then" if "swap" in line.options else "; the boot goes on without it"
    yield _named("crypttab-by-name", what, fate, line.line.hint, WARNS, line.device, more)


def _arrays(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    root, _ = root_of(boot)
    for setting in guest.setup.arrays or ():
        words = [word for word in setting.values if word.startswith("/dev/") and not word.startswith("/dev/md")]
        if setting.name == "ARRAY":
            words = [part for word in setting.values if word.lower().startswith("devices=") for part in word[8:].split(",")]
        elif setting.name != "DEVICE" or {"partitions", "containers"} & set(setting.values):
            continue
        gone = [word for word in words if _gone(move, word)]
        if not gone or len(gone) < len(words):
            continue
        needed = root.startswith("/dev/md") or any(entry.spec.startswith("/dev/md") and "nofail" not in entry.options for entry in guest.setup.fstab or ())
        says = f"mdadm looks for the members of its arrays at {' '.join(gone)} alone"
        weight = OPEN if needed or _stacked(move, "md") else WARNS
        action = Action("name-by-uuid", {"file": setting.line.file, "line": setting.line.text, "device": gone[0]})
        yield Reason("mdadm-by-name", says, (setting.line.hint,), weight, "which array the boot needs" if weight == OPEN else "", (action,))


def _gone(move: Move, spec: str) -> bool:
    plain = spec.split("*", 1)[0].split("[", 1)[0].split("?", 1)[0]
    fate = move.fate(plain if len(plain) > len("/dev/sd") else plain + "a")
    return fate is not None and fate.state == GONE


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
        if setting.name in ("filter", "global_filter") and not _accepts(setting.values, f"/dev/{move.target.names}a2"):
            says = f"LVM's {setting.name} takes no disk that is called {move.target.names}…"
            action = Action("fix-lvm-filter", {"file": setting.line.file, "line": setting.line.text})
            yield Reason("lvm-filter", says, (setting.line.hint,), OPEN if settle else STOPS, settle, (action,))


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
        certain = told and told[-1].value == "1" and device.idname.lower().startswith("t10.ata") and move.target.id not in ("sata", "ide") and not settle
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


def _others(move: Move, guest: Guest) -> Iterator[Reason]:
    """Yield what does not stop a boot, and would be found out later."""
    grub = guest.setup.grub
    for setting in grub.defaults if grub else ():
        if setting.name == "GRUB_DISABLE_LINUX_UUID" and setting.value == "true" and not move.same:
            says = "the next update of GRUB's menu writes root= by the name that the disk has then"
            yield Reason("grub-defaults-by-name", says, (setting.line.hint,), WARNS, actions=(Action("grub-by-uuid", {"file": setting.line.file}),))
        for word in setting.value.split():
            spec = word.partition("=")[2]
            fate = move.fate(spec) if word.startswith(("root=", "resume=", "cryptdevice=")) else None
            if fate is not None and fate.state == GONE:
                says = f"the next update of GRUB's menu writes {word} again"
                yield Reason("grub-defaults-by-name", says, (setting.line.hint,), WARNS, actions=(_uuid(setting.line, spec),))
    for setting in grub.map if grub else ():
        if any(_gone(move, word) for word in setting.values):
            yield Reason("device-map", f"GRUB's device.map takes {setting.name} for {setting.value}", (setting.line.hint,), WARNS)
    for setting in grub.install if grub else ():
        gone = [word for word in setting.values if _gone(move, word)]
        if gone:
            says = f"the next update of grub-pc installs GRUB on {gone[0]}, which is gone then, and asks or fails"
            yield Reason("grub-install-device", says, (setting.line.hint,), WARNS, actions=(Action("choose-grub-device", {"device": gone[0]}),))
    for line in guest.setup.cloud or ():
        named = [word.strip("[]'\",:") for word in line.text.split()]
        gone = [word for word in named if word.startswith("/dev/") and _gone(move, word)]
        if gone:
            says = f"cloud-init is told to part, format or mount {gone[0]}; what has that name later may be another disk"
            yield Reason("cloud-init-disks", says, (line.hint,), WARNS, actions=(_uuid(line, gone[0]),))
    others = _other_disks(move, guest)
    if others:
        says = f"these lines name disks that are not moved, whose own names may change as well: {', '.join(sorted(others))}"
        yield Reason("other-disks-by-name", says, tuple(hint for _, hint in sorted(others.items())), WARNS)


def _uuid(line: Line, spec: str) -> Action:
    return Action("name-by-uuid", {"file": line.hint.source, "line": line.text, "device": spec})


def _other_disks(move: Move, guest: Guest) -> "dict[str, Hint]":
    found = {}
    for line in guest.setup.fstab or ():
        fate = move.fate(line.spec)
        if fate is not None and fate.state == OTHER:
            found[line.spec] = line.line.hint
    return found


def order(move: Move) -> Optional[Reason]:
    """Warn where several disks move together."""
    if len(move.disks) < 2 or move.same:
        return None
    names: List[str] = [disk.name for disk in move.disks]
    return Reason("disks-change-order", f"{' and '.join(names)} move together: in which order they are found afterwards is up to the machine", (), WARNS)
