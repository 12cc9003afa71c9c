"""What becomes of a disk's name when the disk is moved: it stays, it is gone, or that cannot be told.

Names by what stands on the disk (UUID, LABEL, PARTUUID, volume groups, arrays) stay. The kernel's own names have the driver's letters. Names
under by-id hold the bus and what the device calls itself, under by-path the bus: 60-persistent-storage.rules and udev's path_id.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

from guestcheck.model.device import Disk, Inventory
from guestcheck.model.digits import is_digits
from guestcheck.model.target import Target

STAYS = "stays"
GONE = "gone"
UNSURE = "unsure"
OTHER = "other"  # it names a disk that is not moved

_BY_CONTENT: Tuple[str, ...] = ("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/disk/by-uuid/", "/dev/disk/by-label/", "/dev/disk/by-partuuid/")
_BY_CONTENT += ("/dev/disk/by-partlabel/", "/dev/mapper/", "/dev/dm-", "/dev/md", "/dev/zvol/", "/dev/bcache", "/dev/loop", "/dev/zram", "/dev/ram")
_FOLDERS = ("disk/", "block/", "char/", "bus/", "input/", "pts/", "net/")
_LINKS_BY_CONTENT = ("dm-", "md-", "lvm-", "zfs-")
_PREFIXES = ("sd", "vd", "hd", "xvd", "nvme", "mmcblk", "dasd", "pmem")
# What stands before the address in a name under by-path, by the target's names.
_PATH_WORDS = {"virtio-blk": "", "nvme": "-nvme-", "sata": "-ata-", "ide": "-ata-", "usb": "-usb-"}


class Fate(NamedTuple):
    """What becomes of a name, and in half a sentence why."""

    state: str
    says: str


class Move(NamedTuple):
    """A target, and the disks that are moved to it (empty where it is not known which there are).

    `links` tell of names under /dev/disk which disk they lead to now. `mentioned` are disks that the guest's files name, and `aliases`
    names that multipath gives to a disk by its WWID.
    """

    target: Target
    disks: Tuple[Disk, ...]
    others: Tuple[Disk, ...]
    known: bool
    links: Dict[str, str] = {}
    mentioned: FrozenSet[str] = frozenset()
    aliases: FrozenSet[str] = frozenset()

    @property
    def same(self) -> bool:
        """Whether the disks are there already."""
        return bool(self.disks) and all(disk.verdict.interface == self.target.id for disk in self.disks)

    def fate(self, spec: str) -> Optional[Fate]:
        """Tell what becomes of the name `spec`; None where it names no disk."""
        if spec.startswith("ID="):  # libblkid: a name under by-id
            spec = f"/dev/disk/by-id/{spec[3:]}"
        if self.by_multipath(spec) and not self.same:
            return Fate(UNSURE, "multipath gives that name to a disk with a certain WWID, and the host gives the new one another or none")
        if spec.startswith(_BY_CONTENT):
            return Fate(STAYS, "it names what is on the disk")
        number = _NUMBER.match(spec)
        if number:
            return Fate(STAYS, "the disk stays on its interface") if self.same else self._by_number(int(number[1]), int(number[2]))
        if not spec.startswith("/dev/") or spec in ("/dev/root", "/dev/nfs", "/dev/shm", "/dev/null", "/dev/cdrom", "/dev/urandom", "/dev/random"):
            return None
        if self.same:
            return Fate(STAYS, "the disk stays on its interface")
        if spec.startswith(("/dev/disk/by-id/", "/dev/disk/by-path/")):
            return self._by_link(spec)
        name = spec[len("/dev/") :]
        if "/" in name:
            return Fate(STAYS, "it names a logical volume") if name.count("/") == 1 and not name.startswith(_FOLDERS) else None
        return self._by_name(name)

    def by_multipath(self, spec: str) -> bool:
        """Tell whether `spec` is a name that multipath gives: mpatha and the like, an alias of its configuration, or a WWID."""
        if not spec.startswith("/dev/mapper/"):
            return False
        name = _PART.sub("", spec[len("/dev/mapper/") :])
        return bool(_MULTIPATH.match(name)) or name in self.aliases

    def _by_number(self, major: int, minor: int) -> Fate:
        """A number is the driver's, and the disk's place in it: Documentation/admin-guide/devices.txt."""
        found = _MAJORS.get(major)
        if found is None:
            return Fate(UNSURE, f"whose number {major}:{minor} is then depends on what the kernel gives it")
        prefix, first, each = found
        place = first + minor // each
        fate = self._by_name(f"{prefix}{place}" if prefix == "mmcblk" else f"{prefix}{chr(97 + place)}") if place < 26 else None
        return fate or Fate(UNSURE, f"which disk has the number {major}:{minor} then is not known")

    def is_gone(self, spec: str) -> bool:
        """Tell whether `spec`, which may be a pattern, certainly names nothing after the move."""
        plain = spec.split("*", 1)[0].split("[", 1)[0].split("?", 1)[0]
        fate = self.fate(plain if len(plain) > len("/dev/sd") else plain + "a")
        return fate is not None and fate.state == GONE

    def _by_name(self, name: str) -> Optional[Fate]:
        prefix, disk = split(name)
        if not prefix:
            return None
        if not self._moved(disk, prefix):
            return Fate(OTHER, f"{disk} is not moved")
        if prefix != self.target.names:
            return Fate(GONE, f"a disk on {self.target.id} is called {self.target.names}…, never {disk}")
        alike = [one for one in (*self.disks, *self.others) if split(one.name)[0] == prefix]
        more = any(split(name)[0] == prefix and name != disk for name in self.mentioned) and not self.known
        if len(alike) > 1 or len(self.disks) > 1 or more or disk not in _FIRST:
            return Fate(UNSURE, f"which disk is called {disk} depends on the order in which they are found")
        return Fate(STAYS, f"the only disk is called {disk} there too")

    def _moved(self, disk: str, prefix: str) -> bool:
        if self.known:
            return any(one.name == disk for one in self.disks) or not any(one.name == disk for one in self.others)
        return disk in _FIRST or prefix == "mmcblk"

    def _by_link(self, spec: str) -> Fate:
        disk = self.links.get(spec, "")
        if disk and all(one.name != disk for one in self.disks) and self.known:
            return Fate(OTHER, f"{disk} is not moved")
        fate = self._by_id(spec) if "/by-id/" in spec else self._by_path(spec)
        if fate.state == GONE and not disk and self.others:
            return Fate(UNSURE, "which of the disks it names is not known")
        return fate

    def _by_id(self, spec: str) -> Fate:
        link = spec[len("/dev/disk/by-id/") :]
        if link.startswith(_LINKS_BY_CONTENT):
            return Fate(STAYS, "it names what is on the disk")
        if link.startswith(self.target.links or ("?",)):
            return Fate(UNSURE, "such a name holds the serial number or WWN, which the host sets")
        return Fate(GONE, f"a disk on {self.target.id} has no name that begins with {link.partition('-')[0]}-")

    def _by_path(self, spec: str) -> Fate:
        word = _PATH_WORDS.get(self.target.id, "-scsi-")
        found = next((one for one in ("-nvme-", "-ata-", "-usb-", "-scsi-", "-sas-") if one in spec), "")
        if found == word or (found == "-scsi-" and self.target.names == "sd"):
            return Fate(UNSURE, "such a name holds the slot, which the host chooses")
        return Fate(GONE, f"it holds the bus, and {self.target.id} is another")


# Names that multipath gives: multipath.conf(5), user_friendly_names; a partition's stands behind.
_MULTIPATH = compile_pattern(r"mpath[a-z]+\Z|[23][0-9a-f]{16}(?:[0-9a-f]{16})?\Z|eui\.[0-9a-f]+\Z")
_PART = compile_pattern(r"(?:-part|p)?[0-9]{1,3}\Z")
_NUMBER = compile_pattern(r"(?:/dev/block/)?([0-9]{1,4}):([0-9]{1,6})\Z")
# Of each number the letters of the driver, the first disk's place, and how many numbers a disk has.
_MAJORS = {8: ("sd", 0, 16), 3: ("hd", 0, 64), 22: ("hd", 2, 64), 202: ("xvd", 0, 16), 179: ("mmcblk", 0, 8)}


def numbered(root: str) -> str:
    """Return root= as MAJOR:MINOR where it is a number in the kernel's and lilo's older spelling, else as it is (init/do_mounts.c).

    >>> numbered("801"), numbered("0x0302"), numbered("UUID=1"), numbered("8:1")
    ('8:1', '3:2', 'UUID=1', '8:1')
    """
    digits = root[2:] if root.startswith("0x") else root
    if not 3 <= len(digits) <= 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return root
    number = int(digits, 16)
    return f"{number >> 8}:{number & 255}"


_FIRST = ("sda", "vda", "hda", "xvda", "nvme0n1", "mmcblk0", "dasda", "pmem0")


def split(name: str) -> Tuple[str, str]:
    """Return the driver's letters and the disk's name of a kernel name, ("", "") where it is none.

    >>> split("sda2"), split("nvme0n1p3"), split("xvda"), split("cciss")
    (('sd', 'sda'), ('nvme', 'nvme0n1'), ('xvd', 'xvda'), ('', ''))
    """
    prefix = next((one for one in _PREFIXES if name.startswith(one)), "")
    rest = name[len(prefix) :]
    if prefix in ("nvme", "mmcblk"):
        disk, _, part = rest.partition("p")
        good = is_digits(disk[:1]) and (not part or is_digits(part)) and is_digits(disk.replace("n", ""))
        return (prefix, prefix + disk) if good else ("", "")
    letters = rest.rstrip("0123456789")
    return (prefix, prefix + letters) if prefix and letters.isalpha() and letters.islower() and len(letters) <= 4 else ("", "")


def move(target: Target, inventory: Inventory, names: Tuple[str, ...]) -> Move:
    """Return what is moved: the disks called `names`, else those that carry the root file system and /boot, else the only one."""
    disks = inventory.disks or ()
    wanted = frozenset(names)
    moved = tuple(disk for disk in disks if disk.name in wanted)
    if not moved:
        moved = tuple(disk for disk in disks if {"root", "boot", "efi"} & set(disk.roles)) or (disks if len(disks) == 1 else ())
    those = {disk.name for disk in moved}
    others = tuple(disk for disk in disks if disk.name not in those)
    return Move(target, moved, others, bool(moved), _links(inventory), _mentioned(inventory), _aliases(inventory))


def _mentioned(inventory: Inventory) -> FrozenSet[str]:
    """Return the disks that files of the guest name, and that are there at each boot."""
    setup = inventory.guest.setup
    specs = [line.spec for line in setup.fstab or () if "noauto" not in line.options] + [line.device for line in setup.crypttab or ()]
    return frozenset(split(spec[len("/dev/") :])[1] for spec in specs if spec.startswith("/dev/")) - {""}


def _aliases(inventory: Inventory) -> FrozenSet[str]:
    return frozenset(setting.value.strip("\"'") for setting in inventory.guest.setup.multipath or () if setting.name == "alias")


def _links(inventory: Inventory) -> Dict[str, str]:
    blocks = {block.name: block for block in inventory.guest.block or ()}
    found = {}
    for block in blocks.values():
        disk = block.parents[0] if block.type == "part" and block.parents else block.name
        found.update(dict.fromkeys((*block.by_id, *block.by_path), disk))
    return found
