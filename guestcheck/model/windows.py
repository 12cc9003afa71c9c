"""What decides whether a Windows guest boots and has its network elsewhere. None is not known, an
empty tuple is none.
"""

from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

# The first builds of releases that do something otherwise than those before.
VISTA, WINDOWS_7, WINDOWS_8, WINDOWS_8_1, WINDOWS_10 = 6000, 7600, 9200, 9600, 10240


# Classes of devices between Windows and its disk, by their ids in lower case: filters of a class
# are put upon each device of it.
SCSI_ADAPTERS = "{4d36e97b-e325-11ce-bfc1-08002be10318}"
ATA_CONTROLLERS = "{4d36e96a-e325-11ce-bfc1-08002be10318}"
CLASSES = {
    SCSI_ADAPTERS: "SCSI adapters",
    ATA_CONTROLLERS: "IDE and ATA controllers",
    "{4d36e967-e325-11ce-bfc1-08002be10318}": "disks",
    "{71a27cdd-812a-11d0-bec7-08002be2092f}": "volumes",
    "{4d36e97d-e325-11ce-bfc1-08002be10318}": "system devices",
}


class Service(NamedTuple):
    """A driver's service: when it is started (0 boot, 1 system, 2 automatic, 3 on demand, 4 never),
    and its file as it is written there.

    `overrides` are the values of its StartOverride by name, ODD for what is no number; None where
    that was not read. `image` is "" where it has none, None where it was not read.
    """

    name: str
    start: Optional[int] = None
    type: Optional[int] = None
    image: Optional[str] = ""
    group: str = ""
    overrides: Optional[Dict[str, int]] = None


def file_of(service: Service) -> str:
    """Return where a driver's file lies, "/windows/system32/drivers/x.sys"; "" where that cannot be
    said.

    >>> file_of(Service("a", image="\\\\SystemRoot\\\\System32\\\\drivers\\\\a.sys")), file_of(Service("a")), file_of(Service("a", image="D:\\\\a.sys"))
    ('/windows/system32/drivers/a.sys', '/windows/system32/drivers/a.sys', '')
    """
    image = (service.image or "").strip().strip('"').replace("/", "\\").lower()
    if not image:
        return f"/windows/system32/drivers/{service.name.lower()}.sys"
    image = image[4:] if image.startswith("\\??\\") else image
    for start, instead in (
        ("\\systemroot\\", "windows\\"),
        ("%systemroot%\\", "windows\\"),
        ("system32\\", "windows\\system32\\"),
        ("c:\\", ""),
        ("\\windows\\", "windows\\"),
    ):
        if image.startswith(start):
            path = instead + image[len(start) :]
            return (
                ""
                if ".." in path or ":" in path
                else "/" + "/".join(part for part in path.split("\\") if part)
            )
    return ""


ODD = -1  # in place of a number that is there and is none, or was not read
# in place of the number of a control set: the one that Windows last started with, whichever that is
CURRENT = 0


class Filter(NamedTuple):
    """A driver that is put upon all devices of a class: the class's id in lower case, the value
    that names it, and the service.
    """

    of: str
    value: str  # UpperFilters, LowerFilters
    service: str


class ControlSet(NamedTuple):
    """A control set by its number, with its services by their names in lower case. Unless it is
    `whole`, there may be others.

    `critical` maps ids ("pci#ven_1af4&dev_1001") to services, as Windows 7 and earlier ones look
    them up (None: not read); `instances` maps the ids of devices that were once there
    ("pci\\ven_1af4&dev_1001&subsys_00021af4&rev_00\\3&13c0b0c5&0&20") to theirs. `filters` are
    those of the classes between Windows and its disk (None: not read).
    """

    number: int
    services: Dict[str, Service] = {}
    critical: Optional[Dict[str, str]] = None
    instances: Optional[Dict[str, str]] = None
    whole: bool = True
    filters: Optional[Tuple[Filter, ...]] = None

    @property
    def path(self) -> str:
        """Its key in the registry."""
        return (
            f"HKLM\\SYSTEM\\ControlSet{self.number:03d}"
            if self.number != CURRENT
            else "HKLM\\SYSTEM\\CurrentControlSet"
        )


class Binding(NamedTuple):
    """What a driver package says of an id ("pci\\ven_1af4&dev_1001"): the service that runs it (""
    where not told), and the package.

    `versioned` tells whether the package has its Version, without which Windows 10 and newer take
    it for none when they find the device.
    """

    id: str
    service: str
    package: str
    versioned: bool = True


class Package(NamedTuple):
    """A driver package: the INF it came as, how it is called here (oem3.inf), its version ("" where
    not known) and who made it.
    """

    name: str
    inf: str
    version: str
    provider: str
    score: Optional[int] = None  # SignerScore


class Address(NamedTuple):
    """A connection with addresses that somebody wrote down: its name, its card's instance id (""
    where not known), and whether DHCP is off.

    `present` tells whether the card is there; None where that was not read. `masks`, `gateway` and
    `dns` are what was written down with the addresses, as far as it was read.
    """

    interface: str
    name: str
    instance: str
    addresses: Tuple[str, ...]
    static: bool
    present: Optional[bool] = None
    masks: Tuple[str, ...] = ()
    gateway: str = ""
    dns: Tuple[str, ...] = ()

    @property
    def ghost(self) -> bool:
        """Whether its card is known not to be there."""
        return self.present is False


class Windows(NamedTuple):
    """A Windows guest. `boots_with` is the number of the control set that the next boot uses,
    `sets` are all there are.

    `bindings` are those of the driver database, which Windows has from 8 on (None: it has none, or
    it was not read; `has_database` tells). A binding without a service is of a package that is in
    the driver store and was never installed. `files` are paths in lower case
    ("/windows/system32/drivers/viostor.sys"); `files_whole` names the folders of which all drivers
    were seen. `unread` are services that something is bound to, or that are filters, in lower case,
    that were not asked for: where `sets` have none of them, that says nothing.
    """

    build: Optional[int] = None
    product: str = ""
    edition: str = ""
    server: Optional[bool] = None
    architecture: str = ""  # amd64, x86, arm64
    boots_with: Optional[int] = None
    current: Optional[int] = None
    last_good: Optional[int] = None
    sets: Optional[Tuple[ControlSet, ...]] = None
    has_database: Optional[bool] = None
    bindings: Optional[Tuple[Binding, ...]] = None
    packages: Tuple[Package, ...] = ()
    unread: FrozenSet[str] = frozenset()
    staged: Optional[FrozenSet[str]] = None  # ids that some package that is in the driver store has
    files: Optional[FrozenSet[str]] = None
    files_whole: FrozenSet[str] = frozenset()
    file_kinds: Dict[
        str, str
        # of some of them by their paths, for which processor they were made (sources/_program.py)
    ] = {}
    updates: Optional[FrozenSet[str]] = None  # "KB4474419"
    listed_updates: FrozenSet[str] = frozenset()  # by a list that need not have all
    restrictions: Optional[Tuple[str, ...]] = None  # policies that keep drivers out, in words
    load_policy: Optional[int] = (
        None  # DriverLoadPolicy; ODD where it is no number, or was not read
    )
    secure_boot: Optional[bool] = None
    start_options: Optional[Tuple[str, ...]] = (
        None  # what the last start was given, in capitals: TESTSIGNING
    )
    running: Tuple[
        Tuple[str, str], ...
    ] = ()  # services in lower case that run a device that is there, and their versions
    firmware: str = ""  # "efi" or "bios", "" where it is not known
    bitlocker: Optional[bool] = None
    fast_startup: Optional[bool] = None
    hibernated: Optional[bool] = None  # hiberfil.sys is there
    san_policy: Optional[int] = None
    addresses: Optional[Tuple[Address, ...]] = None
    doubts: Tuple[str, ...] = ()  # why what the registry says may not be so

    @property
    def name(self) -> str:
        """What it is called, with its build."""
        return f"{self.product or 'Windows'}" + (
            f" (build {self.build})" if self.build is not None else ""
        )


class Hardware(NamedTuple):
    """A device that the target may be, and the ids under any of which its driver may be bound, in
    lower case.
    """

    name: str
    ids: Tuple[str, ...]


class Needs(NamedTuple):
    """What a target needs. `service` runs it; `others` have to start with it and be bound to
    theirs; `hardware` are the devices that it may be.

    `package` says what brings the driver, "" for Windows itself, which has it from build `since`
    on. `old` is the service before Windows 8. `rivals` are ids of single devices of a class that
    hypervisors give, to which makers of drivers bind their own. `of` is the class of the controller
    that it runs. `sha1` is the build for 7 and 2008 R2 that virtio-win's CDs have since 0.1.173: it
    has one SHA-1 signature, and is cross-signed.
    """

    service: str
    hardware: Tuple[Hardware, ...]
    others: Tuple[Tuple[str, Hardware], ...] = ()
    package: str = ""
    since: int = 0
    old: str = ""
    rivals: Tuple[str, ...] = ()
    of: str = SCSI_ADAPTERS
    sha1: int = 0


def virtio_forms(old: str, new: str, subsystem: str) -> Tuple[Hardware, ...]:
    """Return the two forms of a virtio device: a machine decides which of them its guests get."""
    return tuple(
        Hardware(
            f"the {name} virtio device (1af4:{device})",
            tuple(
                f"pci\\ven_1af4&dev_{device}{rest}"
                for rest in (f"&subsys_{sub}&rev_{rev}", f"&subsys_{sub}", f"&rev_{rev}", "")
            ),
        )
        for name, device, sub, rev in (
            ("transitional", old, subsystem, "00"),
            ("modern", new, "11001af4", "01"),
        )
    )


def pci_device(name: str, vendor: str, device: str) -> Hardware:
    """Return the PCI device `vendor`:`device`, by whatever subsystem."""
    return Hardware(f"{name} ({vendor}:{device})", (f"pci\\ven_{vendor}&dev_{device}",))
