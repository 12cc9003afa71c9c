"""Guest + catalogue → Inventory: what each disk, controller and NIC is, and on what evidence."""

from typing import Dict, NamedTuple, Optional, Tuple

from guestcheck.model.family import Family
from guestcheck.model.guest import Guest, Hint
from guestcheck.model.windows import Needs

# The kinds, and what they mean.
PARAVIRTUAL = "paravirtual"  # the guest knows the hypervisor and talks to it
EMULATED = "emulated"  # the hypervisor imitates real hardware
PASSTHROUGH = "passthrough"  # hardware, or a slice of it, is given to the guest
PHYSICAL = "physical"  # a device of a machine that is no guest
UNKNOWN = "unknown"  # not enough evidence

KINDS = (PARAVIRTUAL, EMULATED, PASSTHROUGH, PHYSICAL, UNKNOWN)


SCSI_PATH = "-scsi-"  # what stands in most names under /dev/disk/by-path
ELSEWHERE = "elsewhere"  # in `Interface.best_on`: hypervisors that no other row names


class Need(NamedTuple):
    """Modules of which one has to be reachable. Where `each` holds, which of them depends on the
    machine: then all have to.
    """

    modules: Tuple[str, ...]
    each: bool = False
    says: str = ""


class OldDriver(NamedTuple):
    """The driver that kernels up to the release `until` may have in place of a row's: the modules
    that it needs, its own first, and how it calls disks.
    """

    until: Tuple[int, ...]
    needs: Tuple[Need, ...]
    prefix: "Prefix"


class Prefix(NamedTuple):
    """How the kernel calls disks: `letters`, then what counts them ("a", "0", "0n1" for the first),
    then `part` before a partition's number.

    Disks with `is_in_order` are numbered as they are found: one that comes or goes moves the names
    behind it. Those of Xen, IDE and DASD are given by the host or the channel. `majors` are their
    device numbers: each with the place of its first disk, and how many minors a disk has
    (Documentation/admin-guide/devices.txt). Multipath's built-in list takes disks with
    `by_multipath`.
    """

    letters: str
    first: str = "a"
    part: str = ""
    is_in_order: bool = False
    majors: Tuple[Tuple[int, int, int], ...] = ()
    by_multipath: bool = False

    @property
    def first_disk(self) -> str:
        """The name of the first disk."""
        return self.letters + self.first


class Bus(NamedTuple):
    """A subsystem of the kernel on the way from a disk or NIC up to its bus, by its name in /sys.

    `named` is a pattern of how its devices are called in a path below /sys/devices. `has_ids` says
    that its devices have ids of their own, `is_own` that hypervisors alone have it, `is_layer` that
    it lies between a disk and its controller. `attributes` are the files in /sys that
    `udevadm info -a` prints and that are read; `enumerators` the first part of ids in Windows.
    """

    id: str
    named: str = ""
    has_ids: bool = False
    is_own: bool = False
    is_layer: bool = False
    attributes: Tuple[str, ...] = ()
    enumerators: Tuple[str, ...] = ()


class Interface(NamedTuple):
    """What a device speaks, as users name it: virtio-blk, sata, e1000. Rows of `guestcheck explain
    interfaces`.

    `symbols` are the kernel options a guest needs for it, `modules` those that an initramfs needs
    to reach a root disk on it (transport apart); `windows` the service. The texts are sentences for
    people, without a full stop.

    `is_target` says that preflight judges a move to it. `needs` differs from "each of `modules`"
    where modules are alternatives. `depends` are modules that its driver pulls in, `old_driver` is
    what kernels before libata have. `bus` is what lies between PCI and the device ("virtio",
    "scsi"). `prefixes` are how the kernel calls such disks, today's first. `sole_names` is a
    pattern of names that one driver alone gives, and that driver; `sole_maker` what one driver of
    its bus alone makes below its device in /sys, and that driver. `subsystems` are words that all
    stand in lsblk's SUBSYSTEMS of its disks; the row with the most of them counts. `by_id` are the
    beginnings of its names under /dev/disk/by-id, `by_path` what stands before the address in those
    under by-path, `path_buses` buses there that it alone has, `cloud_links` the folders of names
    that a cloud's rules give it. `grub` is what GRUB's own drivers call its disks, `transports`
    what lsblk's TRAN says of them, `transports_on` those that under a hypervisor can be nothing
    else, `windows_bus` is MSFT_Disk.BusType. `pci_classes` are the classes of controllers that
    speak it, `drivers_alike` the beginnings of names of other drivers for it. Nobody waits for
    disks with `is_found_late`. With `is_opened_by_guest` no device of the hypervisor is behind it.

    `best_on` are hypervisors (systemd-detect-virt's words) and platforms where devices should move
    to it, `platforms` the bundles of targets that have it. Hypervisors in `absent_on` do not offer
    it; those in `imitated_on` have it as an aid to move away from another hypervisor.

    `devices` and `options` are its models and its driver's options where they are few; those of
    interfaces with many models are in `catalogue/storage.py`, `network.py` and `kernel.py`.
    `windows_needs` is what Windows needs to run it, `windows_install` how its driver gets there,
    and `virtio_win` its folder on virtio-win's CD.
    """

    id: str
    device: str  # "disk" or "nic"
    name: str
    kind: str
    modules: Tuple[str, ...] = ()
    symbols: Tuple[str, ...] = ()
    windows: str = ""
    names: str = ""
    compatibility: str = ""
    performance: str = ""
    limit: str = ""
    hotplug: str = ""
    notes: str = ""
    source: str = ""
    is_target: bool = False
    needs: Tuple[Need, ...] = ()
    depends: Tuple[str, ...] = ()
    old_driver: Optional[OldDriver] = None
    bus: str = ""
    prefixes: Tuple[Prefix, ...] = ()
    sole_names: Tuple[str, str] = ("", "")
    sole_maker: Tuple[str, str] = ("", "")
    subsystems: Tuple[str, ...] = ()
    by_id: Tuple[str, ...] = ()
    by_path: str = SCSI_PATH
    path_buses: Tuple[str, ...] = ()
    cloud_links: Tuple[str, ...] = ()
    grub: Tuple[str, ...] = ()
    transports: Tuple[str, ...] = ()
    transports_on: Dict[str, Tuple[str, ...]] = {}
    windows_bus: int = 0
    pci_classes: Tuple[str, ...] = ()
    drivers_alike: Tuple[str, ...] = ()
    is_found_late: bool = False
    is_opened_by_guest: bool = False
    best_on: Tuple[str, ...] = ()
    platforms: Tuple[str, ...] = ()
    absent_on: Tuple[str, ...] = ()
    imitated_on: Tuple[str, ...] = ()
    devices: Tuple["Device", ...] = ()
    options: Tuple["Symbol", ...] = ()
    windows_needs: Optional[Needs] = None
    windows_install: str = ""
    virtio_win: str = ""


class Device(NamedTuple):
    """A device model: the ids by which it is known, and what it is.

    `pci` holds "vvvv:dddd" or, where only the subsystem tells, "vvvv:dddd/ssss:ssss". `drivers` are
    the Linux drivers that bind to it. `kind` holds in any guest; `kind_by` overrides it by
    hypervisor (systemd-detect-virt's words). `revision` is the PCI revision that the row holds for,
    where an imitation has its own and real cards another. `text` are beginnings of the model or
    vendor text that support the verdict. `decides` is False for facts that nobody measured or read
    in a source: they only support.
    """

    interface: str
    name: str
    kind: str
    pci: Tuple[str, ...] = ()
    virtio: int = 0
    vmbus: Tuple[str, ...] = ()
    xen: Tuple[str, ...] = ()
    usb: Tuple[str, ...] = ()
    vio: Tuple[str, ...] = ()
    ccw: Tuple[str, ...] = ()
    drivers: Tuple[str, ...] = ()
    kind_by: Dict[str, str] = {}
    text: Tuple[str, ...] = ()
    vf: bool = False
    revision: str = ""
    decides: bool = True
    source: str = ""
    note: str = ""


class Hypervisor(NamedTuple):
    """A hypervisor: systemd-detect-virt's word, its name, and what gives it away.

    `dmi` holds "field=text" pairs joined by "; " (all must match; a trailing * matches any rest),
    `cpuid` the vendor string or lscpu's name for it, `pci` markers "vvvv:dddd" or "/ssss" for a
    subsystem vendor.
    """

    id: str
    name: str
    cpuid: Tuple[str, ...] = ()
    dmi: Tuple[str, ...] = ()
    pci: Tuple[str, ...] = ()
    advice: Tuple[str, ...] = ()
    source: str = ""


class Platform(NamedTuple):
    """A cloud or management layer on top of a hypervisor, by what gives it away; `advice` names the
    files that word its remedies. `serial` is a pattern of serial numbers that it gives to disks,
    `mac` how its NICs' addresses begin.
    """

    id: str
    name: str
    dmi: Tuple[str, ...] = ()
    hypervisors: Tuple[str, ...] = ()
    advice: Tuple[str, ...] = ()
    source: str = ""
    serial: str = ""
    mac: str = ""


class Symbol(NamedTuple):
    """A kernel option that matters here.

    `modules` are the modules it builds, `parents` the options without which it cannot be chosen,
    `since` the first mainline version; `until` is set where newer kernels have the driver without
    the option.
    """

    symbol: str
    modules: Tuple[str, ...]
    parents: Tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    serves: str = ""
    architectures: Tuple[str, ...] = ()
    note: str = ""
    source: str = ""


class Unpacker(NamedTuple):
    """The option by which a kernel unpacks an initramfs of one kind, and the first release that has
    it (git tags of the commits that added lib/decompress_*); distributions took some of them back.
    """

    symbol: str
    since: Tuple[int, ...] = ()


class DriverState(NamedTuple):
    """Whether one installed kernel has a driver: `state` is built-in, module, off, absent or
    unknown, and why.

    `file` and `loaded` say whether the module's file is there and whether it is loaded (None: not
    seen); `initramfs` whether the module is in the initramfs (None: that was not looked at, or
    nothing is to be looked for in it).
    """

    symbol: str
    module: str
    state: str
    says: str
    file: Optional[bool] = None
    loaded: Optional[bool] = None
    initramfs: Optional[bool] = None


class KernelDrivers(NamedTuple):
    """An installed kernel and the state of each driver that matters."""

    release: str
    running: Optional[bool]
    default: Optional[bool]
    drivers: Tuple[DriverState, ...]
    config: str = ""


class Virtio(NamedTuple):
    """What a virtio device negotiated: `generation` is legacy, transitional or modern; `features`
    are decoded names.
    """

    generation: Optional[str]
    version_1: Optional[bool]
    features: Tuple[str, ...]
    bits: Tuple[int, ...]
    transport: str


class Verdict(NamedTuple):
    """What a device is: the catalogue's interface ("" where unknown), the kind, and the evidence
    that decided it.
    """

    interface: str
    kind: str
    evidence: Tuple[Hint, ...] = ()
    settle: str = ""  # where unknown: what would settle it
    name: str = ""


class Disk(NamedTuple):
    """A disk with its verdict. `roles` are root, boot, efi, swap, data …; `stack` what is built on
    it, outermost last.
    """

    name: str
    verdict: Verdict
    driver: str = ""
    address: str = ""
    controller: str = ""
    size_bytes: Optional[int] = None
    model: str = ""
    serial: str = ""
    roles: Tuple[str, ...] = ()
    stack: Tuple[str, ...] = ()
    queues: Optional[int] = None
    discard: Optional[bool] = None
    virtio: Optional[Virtio] = None
    transport: str = ""
    offline: Optional[bool] = None


class Nic(NamedTuple):
    """A network card with its verdict; `name` is "" where only its address is known; `carries` is
    the software above it.
    """

    name: str
    verdict: Verdict
    driver: str = ""
    address: str = ""
    mac: str = ""
    state: str = ""
    queues: Optional[int] = None
    max_queues: Optional[int] = None
    carries: Tuple[str, ...] = ()
    addresses: Tuple[str, ...] = ()
    pair: str = ""
    virtio: Optional[Virtio] = None
    controller: str = ""
    speed: Optional[int] = None
    modules: Tuple[str, ...] = ()


class Controller(NamedTuple):
    """A storage controller with its verdict and the names of the disks on it."""

    address: str
    name: str
    verdict: Verdict
    driver: Optional[str] = None
    disks: Tuple[str, ...] = ()
    modules: Tuple[str, ...] = ()


class Ignored(NamedTuple):
    """A device that is listed and never judged, and why: optical drives, floppies, loop, zram, dm,
    bridges …
    """

    name: str
    what: str
    says: str = ""


class Inventory(NamedTuple):
    """The guest with every device judged."""

    guest: Guest
    hypervisor: Optional[str]
    hypervisor_name: str
    hypervisor_evidence: Tuple[Hint, ...]
    container: Optional[str]
    platform: Optional[str]
    platform_name: str
    platform_evidence: Tuple[Hint, ...]
    advice: Tuple[str, ...]
    disks: Optional[Tuple[Disk, ...]]
    nics: Optional[Tuple[Nic, ...]]
    controllers: Optional[Tuple[Controller, ...]]
    ignored: Tuple[Ignored, ...]
    kernels: Optional[Tuple[KernelDrivers, ...]]
    disagreements: Tuple[Hint, ...] = ()

    @property
    def family(self) -> Family:
        """The family of the guest."""
        return self.guest.family

    @property
    def has_emulated(self) -> bool:
        """Whether the hypervisor emulates a disk or a NIC."""
        return any(disk.verdict.kind == EMULATED for disk in self.disks or ()) or any(
            nic.verdict.kind == EMULATED for nic in self.nics or ()
        )
