"""Evidence → Guest: what is so in the guest, joined from many questions. No judgement yet."""

from typing import Dict, NamedTuple, Optional, Tuple

from guestcheck.model.family import LINUX, WINDOWS, Family
from guestcheck.model.guest_config import Setup
from guestcheck.model.hint import Hint as Hint
from guestcheck.model.source import GUEST, Cut
from guestcheck.model.windows import Windows


class Link(NamedTuple):
    """A device on the way from a disk or NIC up to its bus: its name, driver and subsystem (""
    where none).
    """

    name: str
    driver: str
    subsystem: str


class PciFunction(NamedTuple):
    """A PCI function. Ids are four lower-case hex digits; `subsystem` is "vvvv:dddd" or "";
    `class_id` six digits or "".
    """

    address: str
    vendor: str
    device: str
    subsystem: str = ""
    class_id: str = ""
    revision: str = ""
    driver: Optional[str] = None  # None: not known; "": none is bound
    modules: Tuple[str, ...] = ()
    vendor_name: str = ""
    device_name: str = ""
    class_name: str = ""
    subsystem_name: str = ""
    is_vf: Optional[bool] = None
    source: str = ""

    @property
    def id(self) -> str:
        """The id as `vendor:device`."""
        return f"{self.vendor}:{self.device}"

    @property
    def place(self) -> str:
        """Where it is, as evidence names it; where of Windows only a long id of its own is known,
        which device it is.
        """
        return f"PCI device {self.id}" if self.address.startswith("PCI") else f"PCI {self.address}"


class VirtioDevice(NamedTuple):
    """A device on the virtio bus; `features` are the negotiated bits, left is bit 0; `parent` is
    "pci", "mmio" or "ccw".
    """

    name: str
    type: Optional[int]
    features: str
    status: Optional[int]
    driver: Optional[str]
    parent: str
    parent_name: str
    path: str


class BlockDevice(NamedTuple):
    """A block device as the kernel has it. `type` is lsblk's word: disk, part, rom, loop, lvm,
    crypt, raid1 …

    `chain` leads from the device up to its bus; `parents` are the devices beneath it (the disk of a
    partition, the members of an array). Sizes are bytes.
    """

    name: str
    type: str
    path: str = ""
    size_bytes: Optional[int] = None
    parents: Tuple[str, ...] = ()
    chain: Tuple[Link, ...] = ()
    removable: Optional[bool] = None
    read_only: Optional[bool] = None
    model: str = ""
    vendor: str = ""
    serial: str = ""
    transport: str = ""
    hctl: str = ""
    subsystems: str = ""
    queues: Optional[int] = None
    discard_bytes: Optional[int] = None
    filesystem: str = ""
    label: str = ""
    uuid: str = ""
    mounts: Tuple[str, ...] = ()
    mapper_name: str = ""
    nvme_transport: str = ""
    host_driver: str = ""
    driver_says: str = ""
    by_id: Tuple[str, ...] = ()
    by_path: Tuple[str, ...] = ()
    source: str = ""
    offline: Optional[bool] = None  # Windows keeps it from being used


class NetInterface(NamedTuple):
    """A network interface. `type` is hardware, loopback, bridge, bond, vlan, tun, veth, dummy … or
    other (software).
    """

    name: str
    type: str
    mac: str = ""
    state: str = ""
    chain: Tuple[Link, ...] = ()
    path: str = ""
    driver: str = ""
    driver_source: str = ""
    bus_info: str = ""
    queues: Optional[int] = None
    max_queues: Optional[int] = None
    master: str = ""
    lower: Tuple[str, ...] = ()
    addresses: Tuple[str, ...] = ()
    speed: Optional[int] = None
    mtu: Optional[int] = None
    slave: Optional[bool] = None
    driver_says: str = ""
    addresses_read: bool = False


class BusDevice(NamedTuple):
    """A device of a bus that is not PCI: vmbus, xen, usb, vio, ccw. `id` is the bus's own (class
    GUID, type, vendor:product).
    """

    bus: str
    name: str
    id: str
    driver: str
    path: str
    label: str = ""


class Kernel(NamedTuple):
    """An installed kernel. Each of `config`, `builtin`, `files` is None where it could not be read.

    `config` maps symbols ("CONFIG_VIRTIO_BLK") to y, m, n or a value: n stands for an explicit "is
    not set", a symbol without an entry has no line. `files` maps module names (with `_`) to paths;
    `loaded` holds for the running kernel. `initramfs_modules` are the modules that this kernel
    finds in its initramfs; where that is not complete, there may be more.
    """

    release: str
    running: Optional[bool]
    default: Optional[bool]
    config: Optional[Dict[str, str]] = None
    config_path: str = ""
    config_complete: bool = True
    builtin: Optional[frozenset[str]] = None
    builtin_complete: bool = True
    files: Optional[Dict[str, str]] = None
    loaded: Optional[frozenset[str]] = None
    image: str = ""
    initramfs: str = ""
    initramfs_modules: Optional[frozenset[str]] = None
    initramfs_complete: bool = True


class Clues(NamedTuple):
    """What was seen of the machine beneath: texts that name a hypervisor or container, by where
    they were read.
    """

    vm: Optional[str] = None  # systemd-detect-virt --vm: its word, "none", or None where not asked
    container: Optional[str] = None
    container_source: str = ""
    cpuid: str = ""  # hypervisor vendor as lscpu prints it
    cpu_flag: Optional[bool] = None  # the "hypervisor" flag in /proc/cpuinfo
    sys_hypervisor: str = ""
    dmi: Dict[str, str] = {}
    devicetree: Tuple[Hint, ...] = ()
    acpi_oem: str = ""
    sysinfo: str = ""  # /proc/sysinfo (s390x): the control program
    vmbus: Optional[bool] = None
    xen_bus: Optional[bool] = None
    cloud: Tuple[Hint, ...] = ()
    wsl: bool = False


class Agent(NamedTuple):
    """A guest agent: whether its program is there and whether it runs (None: not seen)."""

    name: str
    installed: Optional[bool]
    running: Optional[bool]
    source: str


class Problem(NamedTuple):
    """A device that Windows' Device Manager marks, with the code of its problem (28: no driver is
    installed) and its hardware ids.
    """

    id: str
    name: str
    code: int
    hardware: Tuple[str, ...]
    bus: str = ""


class Guest(NamedTuple):
    """Everything that is so, from all questions; what could not be read is None."""

    source: str
    os_name: str = ""
    os_id: str = ""
    os_like: Tuple[str, ...] = ()
    os_version: str = ""
    kernel: str = ""
    architecture: str = ""
    hostname: str = ""
    clues: Clues = Clues()
    cpus: Optional[int] = None
    memory_bytes: Optional[int] = None
    swap_bytes: Optional[int] = None
    firmware: Optional[str] = None  # "efi" or "bios"
    cmdline: Optional[str] = None
    pci: Optional[Tuple[PciFunction, ...]] = None
    virtio: Optional[Tuple[VirtioDevice, ...]] = None
    bus_devices: Tuple[BusDevice, ...] = ()
    block: Optional[Tuple[BlockDevice, ...]] = None
    nics: Optional[Tuple[NetInterface, ...]] = None
    kernels: Optional[Tuple[Kernel, ...]] = None
    initramfs_tool: str = ""
    agents: Optional[Tuple[Agent, ...]] = None
    agent_channel: Optional[bool] = None
    root_readable: Optional[bool] = None
    problems: Optional[Tuple[Problem, ...]] = None
    setup: Setup = Setup()
    cut: Tuple[Cut, ...] = ()  # answers of which only the beginning was read
    origin: str = GUEST  # what the source is, see `model/source.py`
    windows: Optional[Windows] = None  # None: it is no Windows guest

    @property
    def family(self) -> Family:
        """The family of the guest; one that is not known is asked, and judged, as Linux."""
        return LINUX if self.windows is None else WINDOWS
