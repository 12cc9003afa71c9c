"""What the root file system lies on, down to the disk: encryption, LVM, MD RAID, multipath, several
disks of btrfs.

A running guest shows it: each block device names what is below it. Of files it is inferred: from
root= and the line of / in fstab, from the words of the command line that open layers, from the
modules that GRUB loads for the file system with the kernels, and from the files of LVM, mdadm and
cryptsetup. What one of the first kind says is `sure`; the others say that such a layer exists, and
not that root lies on it.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.guest import BlockDevice, Guest
from guestcheck.model.hint import Hint
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.references import root_of

CRYPT, LVM, MD, MULTIPATH, BTRFS = "crypt", "lvm", "md", "multipath", "btrfs"
NAMES = {
    CRYPT: "an encrypted device",
    LVM: "LVM",
    MD: "an MD array",
    MULTIPATH: "a multipath device",
    BTRFS: "several disks of a btrfs",
}


class Layer(NamedTuple):
    """A kind of layer that is below the root file system, or may be, and the line that says so."""

    kind: str
    sure: bool
    hint: Hint


class Layers(NamedTuple):
    """The layers below the root file system by kind. `exact`: all of them were seen, so a kind that
    is missing is not there. `early` are those below an encrypted device that the initramfs opens,
    where it is not certain that root lies on that device.
    """

    found: Dict[str, Layer]
    exact: bool
    root: str = ""  # root=, as it is written
    early: Dict[str, Layer] = {}

    def sure(self, kind: str) -> Optional[Layer]:
        """Return the layer of this kind where root certainly lies on one."""
        layer = self.found.get(kind)
        return layer if layer and layer.sure else None

    def possible(self, kind: str) -> Optional[Layer]:
        """Return the layer of this kind where root lies on one, or may."""
        return self.found.get(kind)


def layers_of(boot: Boot, guest: Guest) -> Layers:
    """Return what the root file system of `boot` lies on."""
    root, where = root_of(boot)
    seen = _seen(guest)
    named = {layer.kind for layer in _by_name(root, where, boot, guest)}
    # What is mounted now tells nothing of an entry with another root file system.
    if (
        seen is not None
        and named <= {layer.kind for layer in seen}
        and not _is_another(root, guest)
    ):
        return Layers({layer.kind: layer for layer in seen}, True, root)
    device = _device_on_image(root, guest)
    if device.startswith(_PLAIN_DISKS):
        return Layers({}, True, root)
    found: Dict[str, Layer] = {}
    here = Hint("file systems of the image", f"root={root} is on {device}")
    seen_there = (layer._replace(sure=True) for layer in _by_name(device, here, boot, guest))
    own, others = _below_encrypted(root, boot, guest)
    for layer in (*seen_there, *own, *_inferred(root, boot, guest)):
        if layer.kind not in found or (layer.sure and not found[layer.kind].sure):
            found[layer.kind] = layer
    return Layers(found, False, root, {layer.kind: layer for layer in others})


# As libguestfs names the disks of an image: guestfs(3), "BLOCK DEVICE NAMING".
_PLAIN_DISKS = ("/dev/sd", "/dev/vd", "/dev/hd")


def _device_on_image(root: str, guest: Guest) -> str:
    """Return the device that holds the file system which root= names by UUID or label; "" where it
    is not a disk image, or not certain.
    """
    tag, _, value = root.partition("=")
    field = {"UUID": "uuid", "LABEL": "label"}.get(tag, "")
    wanted = value.strip("\"'").casefold()
    devices = [
        one.device
        for one in guest.setup.file_systems or ()
        if field and wanted and getattr(one, field).casefold() == wanted
    ]
    return devices[0] if len(devices) == 1 else ""


def _is_another(root: str, guest: Guest) -> bool:
    """Tell whether root= names the UUID of another file system than the one that is mounted."""
    uuid = root.partition("=")[2].strip("\"'").lower() if root.startswith("UUID=") else ""
    known = {
        block.uuid.lower() for block in guest.block or () if "/" in block.mounts and block.uuid
    }
    return bool(uuid and known) and uuid not in known


# lsblk's words for device types; an array's type is its level.
_TYPES = {"lvm": LVM, "crypt": CRYPT, "mpath": MULTIPATH, "md": MD, "linear": MD, "container": MD}
_ENDS = ("disk", "part", "rom")
_DEEPEST = 12


def _seen(guest: Guest) -> Optional[List[Layer]]:
    """Return the layers from the mounted root file system down to its disks; None where not each
    step was seen.
    """
    blocks = {block.name: block for block in guest.block or ()}
    mounted = [block for block in blocks.values() if "/" in block.mounts]
    if not mounted:
        return None
    found: List[Layer] = []
    current, seen = list(mounted), set()
    for _ in range(_DEEPEST):
        following: List[BlockDevice] = []
        for block in current:
            if block.name in seen:
                continue
            seen.add(block.name)
            kind = MD if block.type.startswith("raid") else _TYPES.get(block.type, "")
            below = [blocks[name] for name in block.parents if name in blocks]
            if kind:
                found.append(
                    Layer(
                        kind,
                        True,
                        Hint(
                            block.source or "block devices",
                            f"{block.mapper_name or block.name} is {block.type}",
                        ),
                    )
                )
            if not below and (block.type != "disk" or block.parents):
                return None
            if not kind and block.type not in _ENDS:
                return None
            following += below
        current = following
    return None if current else [*found, *_several(mounted[0], guest)]


def _several(mounted: BlockDevice, guest: Guest) -> Iterator[Layer]:
    """A btrfs of several devices has the same UUID on each."""
    if mounted.filesystem == "btrfs" and mounted.uuid:
        alike = [
            block.name
            for block in guest.block or ()
            if block.uuid == mounted.uuid and block.filesystem == "btrfs"
        ]
        if len(alike) > 1:
            yield Layer(
                BTRFS, True, Hint("block devices", f"{' and '.join(alike[:3])} hold the same btrfs")
            )


def _inferred(root: str, boot: Boot, guest: Guest) -> Iterator[Layer]:
    where = root_of(boot)[1]
    yield from _by_name(root, where, boot, guest)
    line = next((line for line in guest.setup.fstab or () if line.where == "/"), None)
    if line is not None:
        yield from _by_name(line.spec, line.line.hint, boot, guest)
    yield from _by_words(boot)
    yield from _by_grub(guest)
    yield from _by_files(boot, guest)


_SINGLE_DASH = compile_pattern(r"(?:[^-]|--)+-(?!-)(?:[^-]|--)+\Z")
_MULTIPATH_NAME = compile_pattern(
    r"(?:mpath[a-z]+|3[0-9a-f]{16}(?:[0-9a-f]{16})?)(?:(?:-part|p)?[0-9]{1,3})?\Z"
)
# /dev/FOLDER/NAME is a logical volume unless FOLDER is one of the kernel's or udev's.
_FOLDERS = frozenset(
    [
        "disk",
        "block",
        "char",
        "bus",
        "mapper",
        "md",
        "cciss",
        "ida",
        "rd",
        "i2o",
        "ataraid",
        "zvol",
        "bcache",
        "input",
        "net",
        "pts",
    ]
)


def _by_name(spec: str, hint: Hint, boot: Boot, guest: Guest) -> Iterator[Layer]:
    """Yield what a device's name says of it: md0, /dev/mapper/VG-LV (dashes in names are doubled),
    /dev/VG/LV.
    """
    name = spec[len("/dev/") :] if spec.startswith("/dev/") else ""
    if name.startswith("md") and not name.startswith("mdp"):
        yield Layer(MD, True, hint)
    elif name.startswith("mapper/"):
        yield from _by_mapper(name[len("mapper/") :], hint, boot, guest)
    elif name.count("/") == 1 and name.partition("/")[0] not in _FOLDERS:
        yield Layer(LVM, name.partition("/")[0] in _groups(boot, guest), hint)


def _by_mapper(name: str, hint: Hint, boot: Boot, guest: Guest) -> Iterator[Layer]:
    if name in opened_names(boot, guest) or name.startswith("luks-"):
        yield Layer(CRYPT, True, hint)
    elif _MULTIPATH_NAME.match(name) or _PART.sub("", name) in _aliases(guest):
        yield Layer(MULTIPATH, True, hint)
    elif _SINGLE_DASH.match(name):
        yield Layer(LVM, True, hint)
    else:
        yield Layer(CRYPT, False, hint)


class _Encrypted(NamedTuple):
    """An encrypted device that is opened early, and the name that it gets ("" where any may be)."""

    name: str
    device: str
    hint: Hint


def _encrypted(boot: Boot) -> Iterator[_Encrypted]:
    """Yield what the initramfs opens: by its own crypttab, by the command line (mkinitcpio's hook
    encrypt, cryptsetup-initramfs, Alpine's nlplug-findfs, genkernel).
    """
    for image in boot.images:
        for line in image.crypttab:
            yield _Encrypted(line.name, line.device, line.line.hint)
    for word in boot.options or ():
        key, _, value = word.partition("=")
        hint = Hint(boot.options_from, word)
        if key == "cryptdevice":
            device, _, name = value.partition(":")
            yield _Encrypted(name.partition(":")[0], device, hint)
        elif key == "cryptopts":
            parts = dict(part.partition("=")[::2] for part in value.split(","))
            yield _Encrypted(parts.get("target", ""), parts.get("source", ""), hint)
        elif key == "cryptroot":
            yield _Encrypted(boot.option("cryptdm") or "", value, hint)
        elif key == "crypt_root":
            yield _Encrypted("root", value, hint)


def _below_encrypted(root: str, boot: Boot, guest: Guest) -> Tuple[List[Layer], List[Layer]]:
    """Return what lies below the encrypted device that root= names, and below the others."""
    own: List[Layer] = []
    others: List[Layer] = []
    for one in _encrypted(boot):
        found = _by_name(one.device, one.hint, boot, guest)
        (own if root == f"/dev/mapper/{one.name}" else others).extend(found)
    for line in guest.setup.crypttab or ():
        if root == f"/dev/mapper/{line.name}":
            own.extend(_by_name(line.device, line.line.hint, boot, guest))
    return own, others


_PART = compile_pattern(r"(?:-part|p)?[0-9]{1,3}\Z")


def _aliases(guest: Guest) -> Tuple[str, ...]:
    return tuple(
        setting.value.strip("\"'")
        for setting in guest.setup.multipath or ()
        if setting.name == "alias"
    )


def opened_names(boot: Boot, guest: Guest) -> Tuple[str, ...]:
    """Return the names that encrypted devices get: by crypttab, by the image's own table, by the
    command line.
    """
    names = [
        line.name
        for line in (
            *(guest.setup.crypttab or ()),
            *(line for image in boot.images for line in image.crypttab),
        )
    ]
    for word in boot.options or ():
        key, _, value = word.partition("=")
        if key in ("rd.luks.name", "luks.name"):
            names.append(value.partition("=")[2])
        elif key == "cryptdevice":
            names.append(
                value.rpartition(":")[2]
                if value.count(":") == 1
                else value.split(":")[-2]
                if value.count(":") > 1
                else ""
            )
        elif key in ("cryptopts", "cryptdm"):
            names += (
                [part[len("target=") :] for part in value.split(",") if part.startswith("target=")]
                if key == "cryptopts"
                else [value]
            )
    return tuple(dict.fromkeys(name for name in names if name))


def _groups(boot: Boot, guest: Guest) -> Tuple[str, ...]:
    """Return the names of volume groups that are certain: of which LVM has a backup, or that the
    command line activates.
    """
    named = [
        word.partition("=")[2].partition("/")[0]
        for word in boot.options or ()
        if word.startswith(("rd.lvm.lv=", "rd.lvm.vg=", "rd_LVM_LV=", "rd_LVM_VG="))
    ]
    return (*guest.setup.volume_groups, *named)


_WORDS = (
    (LVM, ("rd.lvm.lv=", "rd.lvm.vg=", "rd_LVM_LV=", "rd_LVM_VG=")),
    (CRYPT, ("rd.luks.", "luks.", "rd_LUKS_UUID=", "cryptopts=", "cryptroot=", "crypt_root=")),
    (MD, ("rd.md.uuid=", "rd_MD_UUID=", "md=")),
)


def _by_words(boot: Boot) -> Iterator[Layer]:
    for kind, starts in _WORDS:
        for word in boot.options or ():
            if word.startswith(starts) and not word.endswith(("=0", "=no")):
                yield Layer(kind, False, Hint(boot.options_from, word))
                break


_GRUB = {
    "lvm": LVM,
    "diskfilter": "",
    "luks": CRYPT,
    "luks2": CRYPT,
    "cryptodisk": CRYPT,
    "mdraid09": MD,
    "mdraid09_be": MD,
    "mdraid1x": MD,
}


def _by_grub(guest: Guest) -> Iterator[Layer]:
    """What GRUB loads in a menu entry is for the file system with /boot: that of root, unless /boot
    is one of its own.
    """
    fstab = guest.setup.fstab
    one = (
        fstab is not None
        and any(line.where == "/" for line in fstab)
        and not any(line.where == "/boot" for line in fstab)
    )
    for module in guest.setup.grub_modules:
        kind = _GRUB.get(module.name, "")
        if kind:
            yield Layer(kind, one and module.in_entry, module.line.hint)
    for entry in guest.setup.entries or ():
        place = entry.place.root if entry.default and entry.place else ""
        for start, kind in (("lvm", LVM), ("md", MD), ("cryptouuid/", CRYPT)):
            if place.startswith(start) and entry.place:
                yield Layer(kind, one, entry.place.line.hint)


def _by_files(boot: Boot, guest: Guest) -> Iterator[Layer]:
    """What exists somewhere in this guest, and may be below root."""
    setup = guest.setup
    for group in setup.volume_groups[:1]:
        yield Layer(LVM, False, Hint(f"/etc/lvm/backup/{group}", "LVM has a volume group"))
    for setting in setup.arrays or ():
        if setting.name == "ARRAY":
            yield Layer(MD, False, setting.line.hint)
            break
    early = [line for image in boot.images for line in image.crypttab]
    early += [
        line
        for line in setup.crypttab or ()
        if {"initramfs", "x-initrd.attach"} & set(line.options)
    ]
    for line in early[:1]:
        yield Layer(CRYPT, False, line.line.hint)


def outside(file: str) -> str:
    """Return the guest's own file of which an image has a copy: that is where a repair is done.

    >>> outside("etc/mdadm/mdadm.conf in /boot/initrd.img-6.1"), outside("/etc/lvm/lvm.conf")
    ('/etc/mdadm/mdadm.conf', '/etc/lvm/lvm.conf')
    """
    name, inside, _ = file.partition(" in /")
    return "/" + name if inside and name.startswith("etc/") else file
