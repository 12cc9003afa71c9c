"""Findings and reasons → Advice: the remedies that there are, a type each.

A place words an action by a function of its name: `MoveDisk` by `move_disk`.
"""

import re
from typing import Optional, Tuple, Type, Union

from guestcheck.model.hint import Hint
from guestcheck.model.record import Record

DISK = "disk"
NIC = "nic"

# What a configuration of a NIC is bound to now.
BY_NAME = "name"
BY_DRIVER = "driver"
BY_MAC = "mac"


# What checks name: done on the host, or in the guest.


class MoveDisk(Record):
    """Move a disk to the interface `to`. `bus` is the kind of its emulated controller ("scsi" for
    all of SCSI, else the interface), `serial` "" where it has none. `ready`: its driver is where it
    is needed; `warned`: but preflight warns of something.
    """

    device: str
    to: str
    bus: str = ""
    is_root: bool = False
    serial: str = ""
    firmware: Optional[str] = None
    ready: bool = False
    warned: bool = False


class ChangeNic(Record):
    """Make a NIC one of the model `to`; `device` is "" where it has no name. `ready`: the guest has
    its driver, and its network would be up.
    """

    device: str
    mac: str
    to: str
    ready: bool = False


class WindowsDrivers(Record):
    """Give Windows the driver of `to`, for a disk or a NIC (`kind`), before the machine changes."""

    device: str
    kind: str
    to: str


class AddQueues(Record):
    """Give a disk or a NIC as many queues as there are vCPUs."""

    device: str
    kind: str
    interface: str
    cpus: Optional[int]
    mac: str = ""


class UseQueues(Record):
    """Use that many `queues` of those that a NIC has."""

    device: str
    queues: int


class EnableDiscard(Record):
    """Have a disk take discard."""

    device: str
    interface: str


class RunAgent(Record):
    """Run a guest agent; `channel` tells whether the machine has one for it, if known."""

    agent: str
    installed: bool
    channel: Optional[bool] = None


class ModernVirtio(Record):
    """Have a virtio device speak virtio 1; `mac` is that of a NIC."""

    device: str
    interface: str
    mac: str = ""


class SpreadDisks(Record):
    """Put virtio disks where they take no PCI slot each."""


class FixFlush(Record):
    """Give a disk a cache mode that has flushes."""

    device: str


class UnplugEmulated(Record):
    """Have a Xen guest unplug the emulated twin of a device."""

    device: str


class Settle(Record):
    """Find out what is not known of a disk, a NIC, a PCI function (`kind`), or of the machine
    itself: then both are "".
    """

    device: str = ""
    kind: str = ""


class BindDriver(Record):
    """Bind a driver to the device at an address (PCI's, or Windows' instance id). `module` is "",
    and `code`, of Windows' Device Manager, None, where they are not known.
    """

    address: str
    module: str = ""
    code: Optional[int] = None


class InstallDriver(Record):
    """Boot a kernel that has a module; `symbol` is the option by which it is built."""

    kernel: str
    module: str
    symbol: str


class PrepareDriver(Record):
    """Put modules into a kernel's initramfs: `tool` makes it, `image` is its path. `keep`: they are
    in it, and the next one must have them too. `rebuild`: the one of now is not enough.
    """

    modules: Tuple[str, ...]
    kernel: str = ""
    tool: str = ""
    image: str = ""
    keep: bool = False
    rebuild: bool = True


class NothingToPrepare(Record):
    """Say that a device can be moved to `to` as the guest is, with `kernel`. `evidence` says where
    its drivers are (`in_initramfs`: there), `warning` what else is to be known ("" for nothing),
    `others` of which kernels this is not so, or not known.
    """

    device: str
    kind: str
    to: str
    kernel: str
    evidence: Tuple[Hint, ...] = ()
    in_initramfs: bool = False
    warning: str = ""
    others: Tuple[str, ...] = ()


# What preflight names in a Linux guest.


class MakeInitramfs(Record):
    """Make an initramfs for a kernel that has none."""

    kernel: str
    tool: str = ""
    rebuild: bool = True


class RebuildInitramfs(Record):
    """Have the initramfs take over files that were changed."""

    kernel: str
    tool: str
    image: str


class GenericInitramfs(Record):
    """Make an initramfs that knows nothing of the machine it is made on."""

    kernel: str
    tool: str
    image: str
    rebuild: bool = True


class OpenRoot(Record):
    """Have the initramfs open what root lies on: a layer ("lvm"), by a package of Debian's."""

    kernel: str
    tool: str
    image: str
    layer: str
    package: str
    rebuild: bool = True


class NameByUuid(Record):
    """Put a UUID in place of a device's name. `file` is where the name was read: a path of the
    guest or, without a first slash, of its initramfs; "" where that is not known. `option` is the
    option that has the name ("root"), "" where it is none; `is_unit`: it is What= of a unit. `by`
    is "PARTUUID" where nothing else is found, "hand" where a UUID would not do.
    """

    device: str
    file: str
    option: str = ""
    is_unit: bool = False
    by: str = ""
    rebuild: bool = False


class LiftBlacklist(Record):
    """Let a module load that is forbidden; `where` is the file that was seen to forbid it."""

    module: str
    where: str = ""
    rebuild: bool = True


class FixLvmFilter(Record):
    """Have LVM's filter in a file take the disk under its new name; `whole`: it is one line."""

    file: str
    whole: bool = True
    rebuild: bool = True


class DropLvmDevices(Record):
    """Put LVM's devices file aside over the move."""

    rebuild: bool = True


class FixMdadmDevices(Record):
    """Have mdadm look at every disk."""

    file: str
    rebuild: bool = True


class DropOption(Record):
    """Take a word off the kernel's command line."""

    option: str


class AddOption(Record):
    """Put a word on the kernel's command line."""

    option: str


class GrubBySearch(Record):
    """Have GRUB search for its file system."""


class GrubByUuid(Record):
    """Have the program that writes GRUB's menu name root by its UUID."""


class DropDeviceMap(Record):
    """Put GRUB's device.map aside."""

    file: str


class ChooseGrubDevice(Record):
    """Tell Debian's grub-pc on which disk GRUB is."""


class MountNofail(Record):
    """Let the boot go on without a mount."""


class KeepTpm(Record):
    """Have another way to open what the TPM unlocks."""


class BindNic(Record):
    """Bind a piece of network configuration to a NIC's MAC address ("" where that will be another).

    `file` has the piece in the form of `tool`; `by` is what it is bound to now (`BY_NAME` …): a
    `name`, which else is the NIC's, or `drivers`. `id` is netplan's where that is the NIC's name,
    `definition` its id. `pin` is a name that no other NIC gets, `modules` are the new driver's.
    """

    file: str
    tool: str
    by: str
    name: str
    mac: str
    pin: str
    drivers: Tuple[str, ...] = ()
    id: str = ""
    definition: str = ""
    modules: Tuple[str, ...] = ()


class PinNic(Record):
    """Give a NIC a name that no other gets, and its configuration that name; the fields are those
    of `BindNic`.
    """

    file: str
    tool: str
    by: str
    name: str
    mac: str
    pin: str
    drivers: Tuple[str, ...] = ()
    id: str = ""
    definition: str = ""
    modules: Tuple[str, ...] = ()
    rebuild: bool = True


class ManageNic(Record):
    """Have NetworkManager take a NIC that a list in `file` excludes."""

    device: str
    file: str


class OrderNetworks(Record):
    """Have networkd find a file before another that it finds first now."""

    file: str
    before: str


# What checks and preflight name in a Windows guest.


class WindowsReady(Record):
    """Have a driver's service start at boot; `state` says what is amiss ("missing", "start" …). Of
    a filter (state "filter") `value` names it in the key of a device class.
    """

    to: str
    service: str
    state: str
    kind: str
    device_class: str = ""
    value: str = ""


class WindowsKeepAddress(Record):
    """Give a static address to the new card; `static` and what goes with it are empty where they
    were not read, or are those of several connections.
    """

    static: Tuple[str, ...] = ()
    masks: Tuple[str, ...] = ()
    gateway: str = ""
    dns: Tuple[str, ...] = ()
    card: str = ""


class WindowsGhostAddress(Record):
    """Free a static address that a card keeps which is no longer there (`address` is its instance
    id). `card` is the connection to give it to, `has_address`: that has one.
    """

    address: str
    has_address: bool
    static: Tuple[str, ...] = ()
    masks: Tuple[str, ...] = ()
    gateway: str = ""
    dns: Tuple[str, ...] = ()
    card: str = ""


class WindowsDiskOnline(Record):
    """Bring a disk online, by Windows' number of it."""

    number: Optional[int]


class WindowsDisksOnline(Record):
    """Bring disks online after the move."""


class WindowsDriverBuild(Record):
    """Put a build of a driver in place that is not known to be bad."""

    service: str


class WindowsSuspendBitlocker(Record):
    """Suspend BitLocker over the move."""


class WindowsShutDownWhole(Record):
    """Shut Windows down so that nothing of it sleeps."""


Action = Union[
    MoveDisk,
    ChangeNic,
    WindowsDrivers,
    AddQueues,
    UseQueues,
    EnableDiscard,
    RunAgent,
    ModernVirtio,
    SpreadDisks,
    FixFlush,
    UnplugEmulated,
    Settle,
    BindDriver,
    InstallDriver,
    PrepareDriver,
    NothingToPrepare,
    MakeInitramfs,
    RebuildInitramfs,
    GenericInitramfs,
    OpenRoot,
    NameByUuid,
    LiftBlacklist,
    FixLvmFilter,
    DropLvmDevices,
    FixMdadmDevices,
    DropOption,
    AddOption,
    GrubBySearch,
    GrubByUuid,
    DropDeviceMap,
    ChooseGrubDevice,
    MountNofail,
    KeepTpm,
    BindNic,
    PinNic,
    ManageNic,
    OrderNetworks,
    WindowsReady,
    WindowsKeepAddress,
    WindowsGhostAddress,
    WindowsDiskOnline,
    WindowsDisksOnline,
    WindowsDriverBuild,
    WindowsSuspendBitlocker,
    WindowsShutDownWhole,
]

# After these the initramfs is made again, where their `rebuild` says so: it holds drivers,
# modprobe.d, crypttab, LVM's files and .link files.
_REBUILDING = (
    PrepareDriver,
    MakeInitramfs,
    GenericInitramfs,
    OpenRoot,
    NameByUuid,
    LiftBlacklist,
    FixLvmFilter,
    DropLvmDevices,
    FixMdadmDevices,
    PinNic,
)
# These end with the rebuild.
_MAKING = (PrepareDriver, MakeInitramfs, GenericInitramfs, OpenRoot)


def rebuilds(action: Action) -> bool:
    """Tell whether the initramfs has to be made again after `action`."""
    return isinstance(action, _REBUILDING) and action.rebuild


def makes_initramfs(action: Action) -> bool:
    """Tell whether the steps of `action` make the initramfs themselves."""
    return isinstance(action, _MAKING)


def without_rebuild(action: Action) -> Action:
    """Return an action after which the initramfs of now is left as it is."""
    return action._replace(rebuild=False) if isinstance(action, _REBUILDING) else action


def name_of(kind: Type[Action]) -> str:
    """Return the id of an action's type.

    >>> name_of(MoveDisk), name_of(NameByUuid)
    ('move-disk', 'name-by-uuid')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()
