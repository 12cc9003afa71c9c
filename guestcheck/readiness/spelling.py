"""What becomes of a disk's name when the disk is moved: it stays, it is gone, or that cannot be told.

Names by what stands on the disk (UUID, LABEL, PARTUUID, volume groups, arrays) stay. The kernel's own names have the driver's letters. Names
under by-id hold the bus and what the device calls itself, under by-path the bus: 60-persistent-storage.rules and udev's path_id.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from guestcheck.model.device import Disk, Inventory
from guestcheck.model.target import Target

STAYS = "stays"
GONE = "gone"
UNSURE = "unsure"
OTHER = "other"  # it names a disk that is not moved

_BY_CONTENT: Tuple[str, ...] = ("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=", "/dev/disk/by-uuid/", "/dev/disk/by-label/", "/dev/disk/by-partuuid/")
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

    `links` tell of names under /dev/disk which disk they lead to now.
    """

    target: Target
    disks: Tuple[Disk, ...]
    others: Tuple[Disk, ...]
    known: bool
    links: Dict[str, str] = {}

    @property
    def same(self) -> bool:
        """Whether the disks are there already."""
        return bool(self.disks) and all(disk.verdict.interface == self.target.id for disk in self.disks)

    def fate(self, spec: str) -> Optional[Fate]:
        """Tell what becomes of the name `spec`; None where it names no disk."""
        if spec.startswith(_BY_CONTENT):
            return Fate(STAYS, "it names what is on the disk")
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
        if len(alike) > 1 or len(self.disks) > 1 or disk not in _FIRST:
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
        good = disk[:1].isdigit() and (not part or part.isdigit()) and disk.replace("n", "").isdigit()
        return (prefix, prefix + disk) if good else ("", "")
    letters = rest.rstrip("0123456789")
    return (prefix, prefix + letters) if prefix and letters.isalpha() and letters.islower() and len(letters) <= 4 else ("", "")


def move(target: Target, inventory: Inventory, names: Tuple[str, ...]) -> Move:
    """Return what is moved: the disks called `names`, else those that carry the root file system and /boot, else the only one."""
    disks = inventory.disks or ()
    moved = tuple(disk for disk in disks if disk.name in names)
    if not moved:
        moved = tuple(disk for disk in disks if {"root", "boot", "efi"} & set(disk.roles)) or (disks if len(disks) == 1 else ())
    return Move(target, moved, tuple(disk for disk in disks if disk not in moved), bool(moved), _links(inventory))


def _links(inventory: Inventory) -> Dict[str, str]:
    blocks = {block.name: block for block in inventory.guest.block or ()}
    found = {}
    for block in blocks.values():
        disk = block.parents[0] if block.type == "part" and block.parents else block.name
        found.update(dict.fromkeys((*block.by_id, *block.by_path), disk))
    return found
