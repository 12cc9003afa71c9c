"""What becomes of a disk's name when the disk is moved: it stays, it is gone, or that cannot be
told.

Names by what stands on the disk (UUID, LABEL, PARTUUID, volume groups, arrays) stay. The kernel's
own names have the driver's letters. Names under by-id hold the bus and what the device calls
itself, under by-path the bus: 60-persistent-storage.rules and udev's path_id. A name that none of
these explains is unsure: it is never taken for one that stays.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Dict, FrozenSet, Iterator, NamedTuple, Optional, Tuple

from guestcheck.catalogue.buses import VMBUS
from guestcheck.catalogue.interfaces import ATA, SD
from guestcheck.catalogue.rows import BY_ID, PREFIXES
from guestcheck.model.device import SCSI_PATH, Disk, Interface, Inventory
from guestcheck.model.digits import is_digits
from guestcheck.model.message import Text, message
from guestcheck.model.target import Target
from guestcheck.readiness.linux.boots import Boot

STAYS = "stays"
GONE = "gone"
UNSURE = "unsure"
OTHER = "other"  # it names a disk that is not moved

_WORST = (GONE, UNSURE, OTHER, STAYS)

_BY_CONTENT: Tuple[str, ...] = (
    "UUID=",
    "LABEL=",
    "PARTUUID=",
    "PARTLABEL=",
    "/dev/disk/by-uuid/",
    "/dev/disk/by-label/",
    "/dev/disk/by-partuuid/",
)
_BY_CONTENT += ("/dev/disk/by-partlabel/",)
# Links of CoreOS' rules for what is on a multipath device (90-coreos-device-mapper.rules).
_MULTIPATH_LABELS = ("/dev/disk/by-label/dm-mpath-", "/dev/disk/by-uuid/dm-mpath-")
# Names below /dev that the guest's own software gives by what it reads from its disks, whatever bus
# they are on: md(4), zfs, bcache, loop(4), zram, ram disks, systemd-gpt-auto-generator(8).
_BY_SOFTWARE = compile_pattern(
    r"md(?:_d)?[0-9]{1,4}(?:p[0-9]{1,3})?\Z|md/|zvol/|zd[0-9]{1,5}(?:p[0-9]{1,3})?\Z|"
    r"bcache[0-9]{1,3}(?:p[0-9]{1,3})?\Z"
    r"|bcache/by-(?:uuid|label)/|loop[0-9]{1,4}(?:p[0-9]{1,3})?\Z|zram[0-9]{1,3}\Z|ram[0-9]{1,"
    r"3}\Z|gpt-auto-root"
)
# What no disk is: terminals, removable media, and what programs talk to.
_NO_DISK = compile_pattern(
    r"(?:root|nfs|shm|null|zero|full|u?random|hwrng|cdrom[0-9]?|cdrw[0-9]?|dvd[0-9]?|"
    r"dvdrw[0-9]?|floppy|fd[0-9]\w*|sr[0-9]+"
    r"|scd[0-9]+|n?st[0-9]+\w*|sg[0-9]+|ptmx|console|log|kmsg|mem|port|kvm|fuse|cuse|ppp|"
    r"rfkill|hpet|uinput|uhid|autofs|vsock|vmci"
    r"|vga_arbiter|loop-control|btrfs-control|nvme-fabrics|nvme[0-9]+|mapper/control|(?:tty|"
    r"hvc|xvc|vcs|rtc|watchdog|tpm|vport|vhost|video|media"
    r"|ptp|pps|fb|i2c-|gpio|lp|parport|vbox|ipmi|mei|virtio-ports/|pts/|mqueue|hugepages|"
    r"pktcdvd|cpu/|net/|dri/|snd/|input/|usb/|bus/|char/"
    r"|bsg/|vfio/|xen/|dma_heap/|serial/).*)\Z"
)
# The first part of a name below /dev that a driver, a volume manager or udev gives: no volume group
# by itself. See Documentation/admin-guide/devices.txt.
_NO_VOLUME_GROUPS = compile_pattern(
    r"(?:cciss|ida|rd|i2o|ataraid|iseries|sx8|etherd|rbd|nbd|drbd|vx|evms|mpath|emcpower|"
    r"oracleasm|flash|ide|scsi|discs|loop|disk"
    r"|block|raw|tapdev|dasd|ubi|mtd|mtdblock|xvd|nvme|md|mapper|by-.*|asm|nst|cdroms|floppy|"
    r"ram|zvol|bcache|infiniband)\Z"
)
_VOLUME_GROUP = compile_pattern(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}\Z")
# Arrays of the mainboard's or controller's firmware, by the names that dmraid(8) gives.
_FIRMWARE_RAID = (
    "isw_",
    "ddf1_",
    "pdc_",
    "sil_",
    "via_",
    "nvidia_",
    "jmicron_",
    "hpt37x_",
    "hpt45x_",
    "lsi_",
    "asr_",
    "adaptec_",
    "dos_",
)
_LINKS_BY_CONTENT = ("dm-", "md-", "lvm-", "zfs-")
# Names of ATA disks that udev's older rules, and those of sg3_utils, give: no other bus has them.
_ATA_LINKS = compile_pattern(r"(?:scsi-[0-9S]ATA_|ata-)")
# Buses in names under by-path that one kind of machine alone has, and folders that clouds' rules fill.
_PATH_BUSES = tuple((word, row.id) for row in BY_ID.values() for word in row.path_buses)
_CLOUD_LINKS = tuple({link for row in BY_ID.values() for link in row.cloud_links})
# What stands before the address in names under by-path; in those of USB disks SCSI's does too. No
# row has "-sas-", which udev writes behind SAS expanders.
_PATH_WORDS = (
    *{row.by_path: "" for row in BY_ID.values() if row.by_path not in ("", SCSI_PATH)},
    SCSI_PATH,
    "-sas-",
)


class Fate(NamedTuple):
    """What becomes of a name, and in half a sentence why."""

    state: str
    says: Text


class Move(NamedTuple):
    """A target, and the disks that are moved to it (empty where it is not known which there are).

    `links` tell of names under /dev/disk which disk they lead to now. `mentioned` are disks that
    the guest's files name, and `aliases` names that multipath gives to a disk by its WWID. `rooted`
    are the disks that the boot entry and the guest's files name for what the boot itself needs:
    where it is not known which disks there are, these are moved. `volumes` are names of volume
    groups, `mapped` names below /dev/mapper that are understood.
    """

    target: Target
    disks: Tuple[Disk, ...]
    others: Tuple[Disk, ...]
    known: bool
    links: Dict[str, str] = {}
    mentioned: FrozenSet[str] = frozenset()
    aliases: FrozenSet[str] = frozenset()
    rooted: FrozenSet[str] = frozenset()
    volumes: FrozenSet[str] = frozenset()
    mapped: FrozenSet[str] = frozenset()
    unmapped: FrozenSet[str] = (
        frozenset()
    )  # names of multipath that are moved, where it leaves disks of the target alone

    @property
    def _row(self) -> Interface:
        return BY_ID[self.target.id]

    @property
    def same(self) -> bool:
        """Whether the disks are there already."""
        return bool(self.disks) and all(
            disk.verdict.interface == self.target.id for disk in self.disks
        )

    def fate(self, spec: str) -> Optional[Fate]:
        """Tell what becomes of the name `spec`; None where it names no disk."""
        if (
            spec.startswith("/dev/") and ":/dev/" in spec
        ):  # several disks of one file system: bcachefs(8)
            return self._of_several(spec)
        if spec.startswith("ID="):  # libblkid: a name under by-id
            spec = f"/dev/disk/by-id/{spec[3:]}"
        if self.by_multipath(spec) and not self.same:
            if _multipath_name(spec) in self.unmapped:
                return Fate(
                    GONE,
                    message("name.multipath-list", names=self.target.names),
                )
            return Fate(
                UNSURE,
                message("name.multipath-wwid"),
            )
        if spec.startswith(_MULTIPATH_LABELS) and not self.same:
            return Fate(UNSURE, message("name.multipath-link"))
        if spec.startswith(_BY_CONTENT):
            return Fate(STAYS, message("name.content"))
        number = _NUMBER.match(spec)
        if number:
            return (
                Fate(STAYS, message("name.disk-stays"))
                if self.same
                else self._by_number(int(number[1]), int(number[2]))
            )
        name = spec[len("/dev/") :]
        if not spec.startswith("/dev/") or not name or _NO_DISK.match(name):
            return None
        if self.same:
            return Fate(STAYS, message("name.disk-stays"))
        if spec.startswith(("/dev/disk/by-id/", "/dev/disk/by-path/")):
            return self._by_link(spec)
        if _BY_SOFTWARE.match(name):
            return Fate(STAYS, message("name.content"))
        return self._by_volume(name) or self._by_folder(spec) or self._by_name(name)

    def _of_several(self, spec: str) -> Fate:
        found = [
            self.fate(part if number == 0 else f"/dev/{part}")
            for number, part in enumerate(spec.split(":/dev/"))
        ]
        worst = min(
            (fate for fate in found if fate),
            key=lambda fate: _WORST.index(fate.state),
            default=None,
        )
        return worst or Fate(UNSURE, message("name.not-understood"))

    def by_multipath(self, spec: str) -> bool:
        """Tell whether `spec` is a name that multipath gives: mpatha and the like, an alias of its
        configuration, or a WWID.
        """
        name = _multipath_name(spec)
        return bool(name) and (
            spec.startswith("/dev/disk/by-id/dm-uuid-mpath-")
            or bool(_MULTIPATH.match(name))
            or name in self.aliases
        )

    def _by_number(self, major: int, minor: int) -> Fate:
        """A number is the driver's, and the disk's place in it:
        Documentation/admin-guide/devices.txt.
        """
        if major not in _MAJORS:
            return Fate(UNSURE, message("name.number-depends", major=major, minor=minor))
        name = _numbered(major, minor)
        fate = self._by_name(name) if name else None
        return fate or Fate(UNSURE, message("name.number-unknown", major=major, minor=minor))

    def is_gone(self, spec: str) -> bool:
        """Tell whether `spec`, which may be a pattern, certainly names nothing after the move."""
        plain = spec.split("*", 1)[0].split("[", 1)[0].split("?", 1)[0]
        fate = self.fate(plain if len(plain) > len("/dev/sd") else plain + "a")
        return fate is not None and fate.state == GONE

    def _by_volume(self, name: str) -> Optional[Fate]:
        """Judge VG/LV and mapper/NAME; None where `name` is neither."""
        first, slash, rest = name.partition("/")
        if first == "mapper":
            known = rest in self.mapped or _PART.sub("", rest) in self.mapped
            if known or ("-" in rest and not rest.startswith(_FIRMWARE_RAID)):
                return Fate(STAYS, message("name.content"))
            return Fate(UNSURE, message("name.maker-unseen", name=name))
        if not slash or not rest or "/" in rest or not _VOLUME_GROUP.match(first):
            return None
        if first in self.volumes or not _NO_VOLUME_GROUPS.match(first):
            return Fate(STAYS, message("name.volume"))
        return None

    def _by_folder(self, spec: str) -> Optional[Fate]:
        """Judge names in a folder of /dev/disk that is neither by-id nor by-path, nor by content."""
        if not spec.startswith("/dev/disk/"):
            return None
        if spec.startswith(_CLOUD_LINKS):
            if self.target.platform == "azure" or (
                not self.target.platform and spec.startswith(self._row.cloud_links or ("?",))
            ):
                return Fate(UNSURE, message("name.azure"))
            return Fate(GONE, message("name.azure-not", target=self.target.id))
        return Fate(UNSURE, message("name.udev-unknown"))

    def _by_name(self, name: str) -> Fate:
        prefix, disk = split(name)
        if not prefix:
            return Fate(UNSURE, message("name.giver-unknown", name=name))
        moved = self._moved(disk, prefix)
        if moved is None:
            return Fate(
                UNSURE,
                message("name.moved-unknown", disk=disk),
            )
        if not moved:
            return self._beside(disk, prefix)
        if prefix != self.target.names:
            return Fate(
                GONE,
                message("name.never", target=self.target.id, names=self.target.names, disk=disk),
            )
        alike = [one for one in (*self.disks, *self.others) if split(one.name)[0] == prefix]
        more = (
            any(split(name)[0] == prefix and name != disk for name in self.mentioned)
            and not self.known
        )
        if len(alike) > 1 or len(self.disks) > 1 or more or disk not in _FIRST:
            return Fate(UNSURE, message("name.order", disk=disk))
        return Fate(STAYS, message("name.same", disk=disk))

    def _moved(self, disk: str, prefix: str) -> Optional[bool]:
        """Tell whether `disk` is among what is moved; None where that is not known."""
        if self.target.platform:  # a cloud builds a new machine: every disk is moved
            return True
        if self.known:
            return any(one.name == disk for one in self.disks) or not any(
                one.name == disk for one in self.others
            )
        if disk in self.rooted:
            return True
        return True if not self.rooted and (disk in _FIRST or prefix in _NUMBERED) else None

    def _beside(self, disk: str, prefix: str) -> Fate:
        """Judge the name of a disk that is not moved: where names are given in order, another that
        comes or goes may change it.
        """
        leaving = [one.name for one in self.disks if split(one.name)[0] == prefix]
        comes = self.target.names == prefix
        goes = any((len(name), name) < (len(disk), disk) for name in leaving)
        if _is_in_order(prefix) and (comes or goes):
            return Fate(
                UNSURE,
                message("name.not-moved-order", disk=disk),
            )
        return Fate(OTHER, message("name.not-moved", disk=disk))

    def _by_link(self, spec: str) -> Fate:
        disk = self.links.get(spec, "")
        if disk and all(one.name != disk for one in self.disks) and self.known:
            return Fate(OTHER, message("name.not-moved", disk=disk))
        fate = self._by_id(spec) if "/by-id/" in spec else self._by_path(spec)
        if fate.state == GONE and not disk and self.others:
            return Fate(UNSURE, message("name.which-unknown"))
        return fate

    def _by_id(self, spec: str) -> Fate:
        link = spec[len("/dev/disk/by-id/") :]
        if link.startswith("dm-uuid-DMRAID-"):
            return Fate(UNSURE, message("name.firmware-array"))
        if link.startswith(_LINKS_BY_CONTENT):
            return Fate(STAYS, message("name.content"))
        if _ATA_LINKS.match(link) and self._row.bus != ATA:
            return Fate(
                GONE,
                message("name.ata-link", target=self.target.id, partition=link.partition("_")[0]),
            )
        if link.startswith("google-") and self.target.platform == "gce":
            return Fate(UNSURE, message("name.cloud-link"))
        if link.startswith(self.target.links or ("?",)):
            return Fate(UNSURE, message("name.serial-link"))
        return Fate(
            GONE,
            message("name.no-link", target=self.target.id, partition=link.partition("-")[0]),
        )

    def _by_path(self, spec: str) -> Fate:
        bus = next((target for word, target in _PATH_BUSES if word in spec), self.target.id)
        if bus != self.target.id:
            return Fate(GONE, message("name.bus-link", target=self.target.id))
        word = self._row.by_path
        found = next((one for one in _PATH_WORDS if one in spec), "")
        if (
            found == word
            or (found == SCSI_PATH and self.target.names == SD.letters)
            or VMBUS in spec.lower()
        ):
            return Fate(UNSURE, message("name.slot-link"))
        return Fate(GONE, message("name.bus-link", target=self.target.id))


_NEVER_MULTIPATH = frozenset(
    letters for letters, prefix in PREFIXES.items() if not prefix.by_multipath
)


def _is_in_order(letters: str) -> bool:
    prefix = PREFIXES.get(letters)
    return prefix is not None and prefix.is_in_order


def _multipath_name(spec: str) -> str:
    """Return what may be a name of multipath in `spec`, without its partition; "" where there is
    none.

    >>> _multipath_name("/dev/mapper/mpatha2"), _multipath_name("/dev/disk/by-id/dm-name-mpatha-part1"), _multipath_name("/dev/sda1")
    ('mpatha', 'mpatha', '')
    """
    for start in ("/dev/mapper/", "/dev/disk/by-id/dm-name-", "/dev/disk/by-id/dm-uuid-mpath-"):
        if spec.startswith(start):
            return _PART.sub("", spec[len(start) :])
    return ""


def _unmapped(target: Target, inventory: Inventory, boot: Optional[Boot]) -> FrozenSet[str]:
    """Return by which names of multipath the boot finds what is moved, where multipath would leave
    the disk alone there.

    Since multipath-tools 0.8 its built-in list takes sd, dasd and nvme alone; from 0.4.9 on it left
    out vd and hd (multipath.conf(5)). A devnode of its configuration may say otherwise.
    """
    if target.names not in _NEVER_MULTIPATH or (
        boot and any(mark in boot.release for mark in (".el5", ".el6"))
    ):
        return frozenset()
    if any(_may_match(pattern, f"{target.names}a") for pattern in _devnodes(inventory, boot)):
        return frozenset()
    return frozenset(map(_multipath_name, _rooted(inventory, boot))) - {""}


def _may_match(pattern: str, name: str) -> bool:
    """Tell whether a devnode of multipath.conf, a regular expression with "!" before one that is
    turned round, may take `name`.
    """
    from re import error, search

    if (
        len(pattern) > _LONGEST_PATTERN or sum(map(pattern.count, "*+{")) > _MOST_REPEATS
    ):  # such a pattern could take for ever
        return True
    try:
        return (search(pattern.lstrip("!"), name) is not None) != pattern.startswith("!")
    except (error, RecursionError, OverflowError):
        return True


_LONGEST_PATTERN = 200
_MOST_REPEATS = 8
_MOST_PATTERNS = 100


def _devnodes(inventory: Inventory, boot: Optional[Boot]) -> Tuple[str, ...]:
    """Return the patterns for names of multipath.conf: in which section they stand, to take or to
    leave, is not asked.
    """
    found = [
        " ".join(setting.values)
        for setting in inventory.guest.setup.multipath or ()
        if setting.name == "devnode"
    ]
    for _, _, text in boot.texts("etc/multipath.conf") if boot else ():
        found += [
            row.split(None, 1)[1]
            for row in text.split("\n")
            if row.split()[:1] == ["devnode"] and len(row.split()) > 1
        ]
    if len(found) > _MOST_PATTERNS:
        found = ["."]  # which may be any of them
    return tuple(pattern.strip().strip("\"'") for pattern in found)


# Names that multipath gives: multipath.conf(5), user_friendly_names; a partition's stands behind.
_MULTIPATH = compile_pattern(r"mpath[a-z]+\Z|[23][0-9a-f]{16}(?:[0-9a-f]{16})?\Z|eui\.[0-9a-f]+\Z")
_PART = compile_pattern(r"(?:-part|p)?[0-9]{1,3}\Z")
_NUMBER = compile_pattern(r"(?:/dev/block/)?([0-9]{1,4}):([0-9]{1,6})\Z")
# Of each number what its disks are called, the first one's place, and how many numbers a disk has.
_MAJORS = {
    major: (prefix, place, each)
    for prefix in PREFIXES.values()
    for major, place, each in prefix.majors
}
# Disks of cards in slots, which the host numbers.
_NUMBERED = frozenset(
    prefix.letters for prefix, _, _ in _MAJORS.values() if is_digits(prefix.first)
)


def _numbered(major: int, minor: int) -> str:
    """Return the disk that has this number, "" where it is beyond the 26th or not known.

    >>> _numbered(8, 17), _numbered(22, 0), _numbered(179, 8), _numbered(8, 9999)
    ('sdb', 'hdc', 'mmcblk1', '')
    """
    prefix, first, each = _MAJORS[major]
    place = first + minor // each
    if place >= 26:
        return ""
    return prefix.letters + (str(place) if is_digits(prefix.first) else chr(97 + place))


def numbered(root: str) -> str:
    """Return root= as MAJOR:MINOR where it is a number in the kernel's and lilo's older spelling,
    else as it is (init/do_mounts.c).

    >>> numbered("801"), numbered("0x0302"), numbered("UUID=1"), numbered("8:1")
    ('8:1', '3:2', 'UUID=1', '8:1')
    """
    digits = root[2:] if root.startswith("0x") else root
    if not 3 <= len(digits) <= 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return root
    number = int(digits, 16)
    return f"{number >> 8}:{number & 255}"


# The first disks, today's and of drivers and of devfs of old.
_FIRST = frozenset(
    (
        *(prefix.first_disk for prefix in PREFIXES.values()),
        *("cciss/c0d0", "ida/c0d0", "rd/c0d0", "i2o/hda", "discs/disc0"),
        *("ide/host0/bus0/target0/lun0", "scsi/host0/bus0/target0/lun0"),
    )
)


def _counted_by(first: str) -> str:
    return "|".join(one.letters for one in PREFIXES.values() if one.first == first)


# Names that the kernel's drivers give, and devfs of old: the driver's letters, the disk, a
# partition. See Documentation/admin-guide/devices.txt.
_NAMES = tuple(
    map(
        compile_pattern,
        (
            rf"(({_counted_by('a')})[a-z]{{1,4}})[0-9]{{0,3}}\Z",
            rf"(({_counted_by('0n1')})[0-9]{{1,4}}n[0-9]{{1,4}})(?:p[0-9]{{1,3}})?\Z",
            rf"(({_counted_by('0')})[0-9]{{1,4}})(?:[ps][0-9]{{1,3}}|boot[01]|rpmb)?\Z",
            r"((cciss|ida|rd)/c[0-9]{1,2}d[0-9]{1,3})(?:p[0-9]{1,3})?\Z",
            r"((i2o)/hd[a-z]{1,3})[0-9]{0,3}\Z",
            r"((ide|scsi)/host[0-9]{1,3}/bus[0-9]{1,3}/target[0-9]{1,3}/lun[0-9]{1,3})(?:/"
            r"(?:disc|part[0-9]{1,3}))?\Z",
            r"((discs)/disc[0-9]{1,3})(?:/(?:disc|part[0-9]{1,3}))?\Z",
        ),
    )
)


def split(name: str) -> Tuple[str, str]:
    """Return the driver's letters and the disk's name of a kernel name, ("", "") where it is none.

    >>> split("sda2"), split("nvme0n1p3"), split("xvda"), split("cciss/c0d0p2"), split("emcpowera")
    (('sd', 'sda'), ('nvme', 'nvme0n1'), ('xvd', 'xvda'), ('cciss', 'cciss/c0d0'), ('', ''))
    """
    match = next((match for match in (pattern.match(name) for pattern in _NAMES) if match), None)
    return (match[2], match[1]) if match else ("", "")


def move(
    target: Target, inventory: Inventory, names: Tuple[str, ...], boot: Optional[Boot] = None
) -> Move:
    """Return what is moved: the disks called `names`, else those that carry the root file system
    and /boot, else the only one.

    A cloud builds a new machine: then all are moved. `boot` is the boot entry that is judged.
    """
    disks = inventory.disks or ()
    wanted = frozenset(names)
    moved = tuple(disk for disk in disks if disk.name in wanted)
    if target.platform:
        moved = disks
    if not moved:
        moved = tuple(disk for disk in disks if {"root", "boot", "efi"} & set(disk.roles)) or (
            disks if len(disks) == 1 else ()
        )
    those = {disk.name for disk in moved}
    others = tuple(disk for disk in disks if disk.name not in those)
    return Move(
        target,
        moved,
        others,
        bool(moved),
        _links(inventory),
        _mentioned(inventory),
        _aliases(inventory),
        frozenset(_disks_of(_rooted(inventory, boot))),
        _volumes(inventory, boot),
        _mapped(inventory, boot),
        _unmapped(target, inventory, boot),
    )


# What the boot itself needs, whatever else is mounted later.
_OF_THE_BOOT = ("/", "/usr", "/boot", "/boot/efi", "/efi")


def _rooted(inventory: Inventory, boot: Optional[Boot]) -> Iterator[str]:
    """Yield by which names the boot entry, fstab and crypttab find what the boot itself needs."""
    setup = inventory.guest.setup
    for name in ("root", "real_root", "mount.usr", "cryptdevice", "crypt_root") if boot else ():
        yield (boot.option(name) or "") if boot else ""
    yield from (line.spec for line in setup.fstab or () if line.where in _OF_THE_BOOT)
    root = (boot.option("root") or "") if boot else ""
    # What an initramfs opens is for the root file system, or for what it resumes from.
    yield from (line.device for image in (boot.images if boot else ()) for line in image.crypttab)
    for line in setup.crypttab or ():
        if root == f"/dev/mapper/{line.name}" or {"initramfs", "x-initrd.attach"} & set(
            line.options
        ):
            yield line.device


def _disks_of(specs: Iterator[str]) -> Iterator[str]:
    """Yield the disks that `specs` name by the kernel's own names or numbers."""
    for spec in (part for names in specs for part in names.replace(":/dev/", " /dev/").split(" ")):
        number = _NUMBER.match(numbered(spec))
        if number and int(number[1]) in _MAJORS:
            named = _numbered(int(number[1]), int(number[2]))
            if named:
                yield named
        name = spec.rpartition("/dev/")[2] if "/dev/" in spec else ""
        disk = split(name.partition(":")[0])[1]
        if disk:
            yield disk


def _volumes(inventory: Inventory, boot: Optional[Boot]) -> FrozenSet[str]:
    """Return the names of volume groups that the command line, LVM's backups or the guest's own
    devices tell.
    """
    found = set(inventory.guest.setup.volume_groups)
    for word in (boot.options or ()) if boot else ():
        name, _, value = word.partition("=")
        if name in ("rd.lvm.lv", "rd.lvm.vg", "rd_LVM_LV", "rd_LVM_VG"):
            found.add(value.partition("/")[0])
    for block in inventory.guest.block or ():
        if block.type == "lvm" and "-" in block.mapper_name:
            group = block.mapper_name.replace("--", "\0").partition("-")[0]
            found.add(group.replace("\0", "-"))
    return frozenset(found)


def _mapped(inventory: Inventory, boot: Optional[Boot]) -> FrozenSet[str]:
    """Return the names below /dev/mapper that crypttab, the command line or the guest's own devices
    explain.
    """
    setup = inventory.guest.setup
    found = {line.name for line in setup.crypttab or ()}
    found.update(
        block.mapper_name for block in inventory.guest.block or () if block.type in ("crypt", "lvm")
    )
    for image in boot.images if boot else ():
        found.update(line.name for line in image.crypttab)
    for word in (boot.options or ()) if boot else ():
        name, _, value = word.partition("=")
        if name == "rd.luks.name":
            found.add(value.partition("=")[2])
        elif name == "cryptdevice":
            parts = value.split(":")
            found.add(parts[1] if len(parts) > 1 else "")
        elif name == "cryptopts":
            found.update(
                part[len("target=") :] for part in value.split(",") if part.startswith("target=")
            )
        elif name == "cryptdm":  # Alpine's mkinitfs
            found.add(value)
        elif name in (
            "crypt_root",
            "roothash",
        ):  # genkernel's init, systemd-veritysetup-generator(8)
            found.add("root")
        elif name == "usrhash":
            found.add("usr")
    return frozenset(found - {""})


def _mentioned(inventory: Inventory) -> FrozenSet[str]:
    """Return the disks that files of the guest name, and that are there at each boot."""
    setup = inventory.guest.setup
    specs = [line.spec for line in setup.fstab or () if "noauto" not in line.options] + [
        line.device for line in setup.crypttab or ()
    ]
    return frozenset(
        split(spec[len("/dev/") :])[1] for spec in specs if spec.startswith("/dev/")
    ) - {""}


def _aliases(inventory: Inventory) -> FrozenSet[str]:
    return frozenset(
        setting.value.strip("\"'")
        for setting in inventory.guest.setup.multipath or ()
        if setting.name == "alias"
    )


def _links(inventory: Inventory) -> Dict[str, str]:
    blocks = {block.name: block for block in inventory.guest.block or ()}
    found = {}
    for block in blocks.values():
        disk = block.parents[0] if block.type == "part" and block.parents else block.name
        found.update(dict.fromkeys((*block.by_id, *block.by_path), disk))
    return found
