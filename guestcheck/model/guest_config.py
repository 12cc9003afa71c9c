"""What a guest's own files say of disks and networks by name: read at boot, and wrong once a device
is another.

Each record knows its file and line, so that a verdict can name them. `None` is not read, an empty
tuple is nothing in it.
"""

from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

from guestcheck.model.hint import Hint


class Line(NamedTuple):
    """Where something stands: a file, its line (0 where it has no lines), and the line itself,
    blanks made one.
    """

    file: str
    number: int
    text: str

    @property
    def hint(self) -> Hint:
        """The line as a piece of evidence."""
        return Hint(f"{self.file}, line {self.number}" if self.number else self.file, self.text)


class Fstab(NamedTuple):
    """A line of fstab; `spec` is what is mounted, as it is written there."""

    line: Line
    spec: str
    where: str
    type: str
    options: Tuple[str, ...]
    passno: int


class Crypt(NamedTuple):
    """A line of crypttab: what it opens (`device`, as it is written there) and how that is called
    then.
    """

    line: Line
    name: str
    device: str
    key: str
    options: Tuple[str, ...]


class Setting(NamedTuple):
    """A name and its value; a list's words stand apart."""

    line: Line
    name: str
    values: Tuple[str, ...]

    @property
    def value(self) -> str:
        """The value of a setting that has one."""
        return self.values[0] if self.values else ""


class LvmDevice(NamedTuple):
    """An entry of LVM's devices file: by what kind of id (`devname`, `sys_wwid` …) a physical
    volume is found.
    """

    line: Line
    idtype: str
    idname: str
    devname: str
    pvid: str


class Lvm(NamedTuple):
    """LVM's settings that choose devices, and its devices file (None: there is none, or it was
    not read whole and named none).

    `file` is the path of the devices file.
    `refreshes` holds where that file says on which machine it was written: on another one LVM looks
    for its volumes elsewhere too.
    """

    settings: Tuple[Setting, ...] = ()
    devices: Optional[Tuple[LvmDevice, ...]] = None
    refreshes: bool = False
    file: str = ""


class GrubFiles(NamedTuple):
    """GRUB's defaults, its device.map, and where Debian's package installs GRUB at its next update."""

    defaults: Tuple[Setting, ...]
    map: Tuple[Setting, ...]
    install: Tuple[Setting, ...]


class Rule(NamedTuple):
    """A line of modprobe.d: its command (blacklist, install, softdep, alias, options), the module,
    and the rest.
    """

    line: Line
    command: str
    module: str
    rest: str


class Binding(NamedTuple):
    """A piece of network configuration and to which cards it applies: by `name`, by `mac`, by
    `driver`, by `path`.

    `kind` is ifcfg, ifupdown, netplan, networkmanager, networkd, link, udev or wicked. What of a
    card it does not ask is "". Names and drivers may be patterns, several with blanks between.
    `sets` is the name that it gives to the card, `method` static, dhcp, other, or "" where it
    configures no address; `software` marks bridges, bonds and the like, whose members are
    `members`. `other` names what has to hold besides and is not understood. Of a .link file
    `policy` is its NamePolicy. A name or driver with "!" before it is one that must not match.
    `renderer` is the manager that alone takes the piece, where one is named; `unmanaged` marks one
    that takes the NIC and leaves it without a configuration.
    """

    line: Line
    kind: str
    name: str = ""
    mac: str = ""
    driver: str = ""
    path: str = ""
    sets: str = ""
    method: str = ""
    software: bool = False
    members: Tuple[str, ...] = ()
    other: str = ""
    policy: str = ""
    renderer: str = ""
    unmanaged: bool = False


# What is known of a manager's start at boot; "" where nothing is.
ENABLED = "enabled"
DISABLED = "disabled"  # installed, and nothing starts it
MASKED = "masked"
MISSING = "missing"  # not installed


class Manager(NamedTuple):
    """A program that configures NICs, as a binding's `kind` names it, and whether it starts at
    boot.

    `only` are the instances that are started, of NICs or profiles; () where there are none.
    """

    name: str
    state: str
    hint: Hint
    only: Tuple[str, ...] = ()


class Managers(NamedTuple):
    """All managers; whether udev and netplan are installed, whether NetworkManager reads ifcfg
    files (None: not seen).

    `numbers` is the rule that gives a new NIC the next free name of the kernel's ("eth1"), "" where
    there is none.
    """

    found: Tuple[Manager, ...] = ()
    udev: Optional[bool] = None
    netplan: Optional[bool] = None
    ifcfg_plugin: Optional[bool] = None
    numbers: str = ""


class DeviceList(NamedTuple):
    """A setting of NetworkManager that is for a list of devices: `what` is unmanaged, managed,
    not-managed or no-auto-default.
    """

    line: Line
    what: str
    devices: str


class Network(NamedTuple):
    """All network configuration that was found, and the files of it that were not understood.

    `renames` holds where Red Hat's rule gives a card the DEVICE of the ifcfg file with its HWADDR.
    """

    bindings: Tuple[Binding, ...]
    unread: Tuple[Hint, ...] = ()
    names_off: Tuple[
        Hint, ...
    ] = ()  # what switches predictable names off: a masked rule or .link file
    renames: bool = False
    lists: Tuple[DeviceList, ...] = ()


class Place(NamedTuple):
    """Where GRUB looks for its files: `root` as it is set ("hd0,msdos1", "" where it is not), then
    by what it searches for the file system

    ("fs-uuid 0a-1b", "label x", "file /x", "" where it does not). What is found comes before what
    is set.
    """

    root: str
    search: str
    line: Line


class Entry(NamedTuple):
    """An entry of the boot loader: the kernel's release ("" where its image does not tell),
    options, and images as written there.
    """

    title: str
    release: str
    linux: str
    initrds: Tuple[str, ...]
    options: str
    file: str
    default: bool
    place: Optional[Place] = None


class KernelFile(NamedTuple):
    """A kernel's file: its size in bytes, its format ("" where it is none that is known), and what
    is wrong with it ("" for nothing).
    """

    path: str
    size: int
    format: str
    trouble: str


class Loader(NamedTuple):
    """The boot loader that starts: its kind (grub, grub-efi, systemd-boot …), and where others
    stand that may start in its place.

    `empty` is a menu of it without any command, "" where there is none. `unread` are files that its
    menu reads, where the default entry may be in one of them. `cut` says of which menu not all was
    read: then any other entry may be the default. `other` is the default entry where it starts no
    Linux.
    """

    kind: str
    rivals: Tuple[Hint, ...] = ()
    empty: str = ""
    unread: Tuple[Hint, ...] = ()
    cut: str = ""
    other: str = ""


class Unit(NamedTuple):
    """A line of one of systemd's units that names a device, what it does (What, BindsTo, Requires
    …), and the device's path.

    `needed` tells whether the boot cannot do without the unit: it is in a .requires folder of
    local-fs.target and the like.
    """

    line: Line
    unit: str
    key: str
    device: str
    needed: bool = False


class Image(NamedTuple):
    """An initramfs: what made it, and of each module inside its paths. `texts` holds its small
    files by their path, `files` all names.

    `complete` is False where a part of it could not be read; `trouble` says why, "" where all is
    well. The rest is what its own copies of files say that the root file system has too;
    `dependencies` and `builtin` are by the kernel's release.
    """

    path: str
    generator: str
    modules: Dict[str, Tuple[str, ...]]
    releases: Tuple[str, ...] = ()
    texts: Dict[str, str] = {}
    files: FrozenSet[str] = frozenset()
    complete: bool = True
    trouble: str = ""
    crypttab: Tuple[Crypt, ...] = ()
    arrays: Tuple[Setting, ...] = ()
    lvm: Lvm = Lvm()
    modprobe: Tuple[Rule, ...] = ()
    overlay: Tuple[Setting, ...] = ()  # of overlayroot
    empty: FrozenSet[str] = frozenset()  # modules without a byte
    dependencies: Dict[str, Dict[str, Tuple[str, ...]]] = {}
    builtin: Dict[str, FrozenSet[str]] = {}
    packings: Tuple[str, ...] = ()  # of its parts: plain, gzip, zstd …


class GrubModule(NamedTuple):
    """A module that GRUB loads (lvm, mdraid1x, luks …); `in_entry` where a menu entry does, for the
    file system with its kernel.
    """

    line: Line
    name: str
    in_entry: bool


class FileSystem(NamedTuple):
    """A file system of a disk image, as blkid reports it: "" for what it does not have. `part_*`
    are the partition's own.
    """

    device: str
    type: str
    uuid: str = ""
    label: str = ""
    part_uuid: str = ""
    part_label: str = ""


class Setup(NamedTuple):
    """All of the above for one guest."""

    fstab: Optional[Tuple[Fstab, ...]] = None
    crypttab: Optional[Tuple[Crypt, ...]] = None
    arrays: Optional[Tuple[Setting, ...]] = None
    lvm: Optional[Lvm] = None
    multipath: Optional[Tuple[Setting, ...]] = None
    volume_groups: Tuple[str, ...] = ()  # of which LVM keeps a backup of its metadata
    grub: Optional[GrubFiles] = None
    cloud: Optional[Tuple[Line, ...]] = None
    resume: Optional[Tuple[Setting, ...]] = None
    overlay: Optional[Tuple[Setting, ...]] = None  # of overlayroot; one not understood has no name
    modprobe: Optional[Tuple[Rule, ...]] = None
    dependencies: Dict[str, Dict[str, Tuple[str, ...]]] = {}
    network: Optional[Network] = None
    managers: Optional[Managers] = None
    init: str = ""  # systemd, openrc, sysvinit, or "" where it is not known
    init_program: str = ""  # by which that was seen: rc.sysinit is Red Hat's of old
    systemd: Optional[int] = None  # its version, where it is known
    grub_modules: Tuple[GrubModule, ...] = ()
    entries: Optional[Tuple[Entry, ...]] = None
    stubs: Tuple[Place, ...] = ()  # of a grub.cfg that leads to another alone
    loader: Optional[Loader] = None
    boot_files: Optional[FrozenSet[str]] = (
        None  # all paths below /boot and the EFI system partition
    )
    kernel_files: Dict[str, KernelFile] = {}  # of kernels that boot entries name, by path
    units: Optional[Tuple[Unit, ...]] = None
    images: Optional[Tuple[Image, ...]] = None
    images_refused: Tuple[Hint, ...] = ()
    file_systems: Optional[Tuple[FileSystem, ...]] = (
        None  # of a disk image, all of them; None where that is not known
    )
