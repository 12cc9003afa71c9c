"""Inside a Windows guest: drivers that start at boot before the host changes a device, and agents.

Packages, services and addresses are those of virtio-win; that an installed package is not yet a
driver that starts at boot, and that StartOverride switches one off, was read in virt-v2v,
virtio-win's issues and Microsoft's own scripts.
"""

from typing import Callable, Dict, Tuple, Union

from guestcheck.advice._quoting import plain, proof, sentence
from guestcheck.advice.windows.address import remove_hidden
from guestcheck.advice.windows.address import windows_ghost_address as windows_ghost_address
from guestcheck.advice.windows.address import windows_keep_address as windows_keep_address
from guestcheck.advice.windows.commands import (
    ONLY_MEANT,
    at_least,
    bring_online,
    controllers,
    instances,
    suspending,
)
from guestcheck.advice.windows.ready import windows_disk_online as windows_disk_online
from guestcheck.advice.windows.ready import windows_disks_online as windows_disks_online
from guestcheck.advice.windows.ready import windows_driver_build as windows_driver_build
from guestcheck.advice.windows.ready import windows_ready as windows_ready
from guestcheck.advice.windows.ready import windows_shut_down_whole as windows_shut_down_whole
from guestcheck.advice.windows.ready import windows_suspend_bitlocker as windows_suspend_bitlocker
from guestcheck.advice.windows.virtio_win import (
    ARCHIVE,
    adding,
    cd_of,
    has_installer,
    how_added,
    makers_own,
    package_for,
    pci_ids,
    why_that_cd,
)
from guestcheck.catalogue.rows import BY_ID, best
from guestcheck.model.action import (
    BindDriver,
    EnableDiscard,
    NothingToPrepare,
    RunAgent,
    Settle,
    UnplugEmulated,
    WindowsDrivers,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Interface, Inventory
from guestcheck.model.lookup import kept
from guestcheck.model.windows import WINDOWS_8

NAME = "Windows guests"
_WHERE = "in a Windows guest"


def _row(about: Union[WindowsDrivers, NothingToPrepare]) -> Interface:
    """Return what the device moves to; where that is not told, virtio's."""
    row = BY_ID.get(about.to)
    if row and (row.windows_install or row.virtio_win):
        return row
    return best("nic" if about.kind == "nic" else "disk", None)


def _service(row: Interface) -> str:
    """Return the service that must start at boot; "" where Windows sees to it or none is known."""
    in_hyper_v = row.bus == "vmbus"
    return row.windows_needs.service if row.windows_needs and not in_hyper_v else ""


def windows_drivers(about: WindowsDrivers, inventory: Inventory) -> Steps:
    row = _row(about)
    if row.windows_install:
        yield Step(_WHERE, row.windows_install)
    else:
        package = row.virtio_win
        yield from _once(_worded(inventory), package, lambda: _virtio_win(inventory, package))
    if about.kind == "nic":
        yield from _nic(inventory)
    elif _service(row):
        yield from _disk(about, _service(row), inventory)


def _virtio_win(inventory: Inventory, package: str) -> Steps:
    own = makers_own(inventory)
    if own:
        yield Step(_WHERE, f"No Windows has virtio drivers in the box. {own}")
        return
    commands, why = adding(inventory, package), why_that_cd(inventory)
    mount = (
        f"No Windows has virtio drivers in the box. Mount the CD of {cd_of(inventory)} (here E:)"
    )
    if has_installer(inventory):
        alone = f"Without the installer: {commands[0]}." if commands else ""
        yield Step(
            _WHERE,
            f"{mount} and run the installer of its guest tools, which is for Windows 10 "
            "(above build 10240), Server 2016 and newer.",
            (ARCHIVE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart"),
            " ".join(word for word in (why, alone) if word),
        )
        return
    yield Step(
        _WHERE,
        f"{mount} and add the driver by hand: its installer is for Windows 10 (above build "
        "10240), Server 2016 and newer, and not for ARM.",
        (ARCHIVE, *commands),
        " ".join(word for word in (why, how_added(inventory, package)) if word),
    )


@kept
def _worded(_inventory: Inventory) -> Dict[str, Tuple[Step, ...]]:
    """Return the steps worded for this guest already; they are the same for each device."""
    return {}


def _once(
    worded: Dict[str, Tuple[Step, ...]], what: str, word: Callable[[], Steps]
) -> Tuple[Step, ...]:
    if what not in worded:
        worded[what] = tuple(word())
    return worded[what]


def _disk(about: WindowsDrivers, service: str, inventory: Inventory) -> Steps:
    to = about.to
    yield from _once(
        _worded(inventory), f"{service} to {to}", lambda: _before_the_switch(service, to, inventory)
    )
    yield _switch(about, inventory)


def _before_the_switch(service: str, to: str, inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "An installed driver does not always start at boot. The safe way: attach a helper "
        "disk of 1 GB on the new bus, start "
        "Windows from the old one, and see that its controller works.",
        (controllers(inventory, to),),
        _before(inventory),
    )
    yield _still_boots(service)


def _before(inventory: Inventory) -> str:
    bitlocker = f"suspend BitLocker ({suspending(inventory)})"
    sleep = (
        " and switch Fast Startup off (powercfg /hibernate off)"
        if at_least(inventory, WINDOWS_8)
        else ""
    )
    return f"Keep a snapshot; first {bitlocker}{sleep}."


def _still_boots(service: str) -> Step:
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}"
    return Step(
        _WHERE,
        f"Right before the switch, see that {service} starts at boot (Start is 0) and that no "
        "StartOverride switches it off.",
        (
            f"reg query {key} /v Start",
            f"reg query {key}\\StartOverride",
            f"reg delete {key}\\StartOverride /f",
        ),
        "The last line only if the second shows StartOverride (0 is 3): Windows may write it "
        "at each start without the device.",
    )


def _switch(about: Union[WindowsDrivers, NothingToPrepare], inventory: Inventory) -> Step:
    return Step(
        _WHERE,
        f"Shut down, change the bus of {plain(about.device, 'the disk')} on the host, take a "
        "helper disk out, and start. Other disks may be offline after that: "
        "bring online those that were moved, N being a disk's number.",
        bring_online(inventory),
        f"{ONLY_MEANT} Stop code 0x7B (INACCESSIBLE_BOOT_DEVICE): change the bus back, "
        "Windows starts again as before.",
    )


def nothing_to_prepare(about: NothingToPrepare, inventory: Inventory) -> Steps:
    to = plain(about.to, "TARGET")
    evidence, warning = proof(about.evidence), sentence(about.warning, "")
    by = f"By {evidence}." if evidence else ""
    if about.kind == "nic":
        yield Step(
            _WHERE,
            f"Nothing has to be made ready for {to}: Windows has its driver, and no address "
            "is bound to the old card.",
            (),
            by,
        )
        return
    service = _service(_row(about))
    ready = f"Windows has the driver for {to}, starts it at boot, and has bound it"
    yield Step(
        _WHERE,
        f"{ready}; but {warning}."
        if warning
        else f"Nothing has to be made ready for {to}: {ready}.",
        (),
        f"{by} {_before(inventory)}".strip(),
    )
    if service:
        yield _still_boots(service)
    yield _switch(about, inventory)


def _nic(inventory: Inventory) -> Steps:
    removal = remove_hidden(inventory, "")
    yield Step(
        _WHERE,
        "A new model is a new adapter to Windows: write a static address down before, as it "
        "stays with the old, hidden adapter.",
        ("ipconfig /all > C:\\addresses.txt",),
    )
    yield Step(
        _WHERE,
        f"If there was one, after the change {removal.text} Then give its address to the new one.",
        removal.code,
        removal.note,
    )


_MAKERS = {
    "15ad": "Install or update VMware Tools: they hold the driver.",
    "5853": "Install the Xen PV drivers of your platform (XenServer VM Tools, XCP-ng PV tools).",
    "1d0f": "Install AWS's drivers for it (ENA, NVMe, PV).",
    "1ae0": "Install Google's drivers for it (googet).",
    "80ee": "Install the VirtualBox Guest Additions.",
}


# What a problem code asks for before any driver (Microsoft: "Error codes in Device Manager in
# Windows"; kvm-guest-drivers-windows #31, #629, #745, #1203).
_ANOTHER = (
    "The driver cannot start: often it is the package of another Windows. Compare its folder on "
    "the CD with the one for this Windows."
)
_NETWORK = (
    "Other network software may be in the way: a VPN client, a filter driver or an antivirus. "
    "Update it or take it off, and restart."
)
_CODES = {
    10: _ANOTHER,
    31: _ANOTHER,
    39: "The driver's file is damaged or missing, or Windows does not accept its signature.",
    43: _NETWORK,
    52: "Windows does not accept the driver's signature: another build of it may be signed for "
    "this Windows.",
    56: _NETWORK,
}


def bind_driver(about: BindDriver, inventory: Inventory) -> Steps:
    code = 28 if about.code is None else about.code
    if code == 22:
        yield Step(
            _WHERE,
            "The device is disabled. Enable it in Device Manager: its driver is there.",
            ("devmgmt.msc",),
        )
        return
    if code != 28:
        yield Step(
            _WHERE,
            _CODES.get(
                code,
                f"Look up what code {plain(str(code), 'N')} means, and what Windows says of the "
                "device (Device Manager: Events).",
            ),
            (
                instances(
                    inventory,
                    "Win32_PnPEntity",
                    "Name, ConfigManagerErrorCode, HardwareID",
                    "ConfigManagerErrorCode<>0",
                ),
            ),
        )
    if code not in (43, 56):
        yield _driver_for(about, inventory, code == 28)


def _driver_for(about: BindDriver, inventory: Inventory, has_none: bool) -> Step:
    """Word which driver a device wants. `has_none`: it has no driver yet."""
    vendor, number = pci_ids(about.address, inventory)
    package, inf = package_for(vendor, number)
    if not package and vendor == "1af4":
        return Step(
            _WHERE,
            _WITHOUT.get(number, "The virtio-win CD has no driver for it that guestcheck knows."),
        )
    if not package:
        return Step(
            _WHERE,
            _MAKERS.get(vendor, "Install the driver of the device's maker, by its hardware id."),
        )
    if makers_own(inventory):
        return Step(_WHERE, makers_own(inventory))
    all_of_them = (
        "; the installer of its guest tools has all of them"
        if has_none and has_installer(inventory)
        else ""
    )
    return Step(
        _WHERE,
        f"Install the driver {package} from the virtio-win CD{all_of_them}. The CD for this "
        f"Windows: {cd_of(inventory)}."
        if has_none
        else f"If nothing else helps, install {package} of {cd_of(inventory)}.",
        (ARCHIVE, *adding(inventory, package, inf)),
        " ".join(
            word for word in (why_that_cd(inventory), how_added(inventory, package, inf)) if word
        ),
    )


# virtio devices that no package of the CD is for, by their PCI device's number.
_NO_DRIVER = "There is no Windows driver for it; without need of it take it out on the host."
_WITHOUT = {
    0x1009: "There is no Windows driver for virtio-9p: share folders by virtio-fs (viofs) instead.",
    0x1049: "There is no Windows driver for virtio-9p: share folders by virtio-fs (viofs) instead.",
    0x1054: "Its driver, viocrypt, is not on the CD.",
    0x1057: _NO_DRIVER,
    0x1059: _NO_DRIVER,
    0x105B: _NO_DRIVER,
    0x1110: "Its driver, ivshmem, is not on the CD.",
}


_AGENTS = {
    "qemu-ga": (
        "Install QEMU's guest agent from the virtio-win CD",
        ("msiexec /i E:\\guest-agent\\qemu-ga-x86_64.msi /qn", "sc.exe query QEMU-GA"),
    ),
    "open-vm-tools": ("Install VMware Tools, which hold the agent", ("sc.exe query VMTools",)),
    "hyperv-daemons": (
        "Switch the integration services on in the VM's settings",
        ("sc.exe query vmicheartbeat",),
    ),
    "xe-guest-utilities": (
        "Install the guest tools of your Xen platform, which hold the agent",
        ("powershell Get-Service *xen*",),
    ),
    "virtualbox-guest-utils": (
        "Install the VirtualBox Guest Additions",
        ("sc.exe query VBoxService",),
    ),
    "waagent": ("Install the Azure VM agent", ("sc.exe query WindowsAzureGuestAgent",)),
    "google-guest-agent": ("Install Google's guest agent", ("sc.exe query GCEAgent",)),
}
_AGENT_SERVICES = {
    "qemu-ga": "QEMU-GA",
    "open-vm-tools": "VMTools",
    "virtualbox-guest-utils": "VBoxService",
    "google-guest-agent": "GCEAgent",
}


def run_agent(about: RunAgent, inventory: Inventory) -> Steps:
    name = about.agent
    text, code = _AGENTS.get(name, ("Install the guest tools that your platform offers", ()))
    if about.installed and name in _AGENT_SERVICES:
        text, code = "Start the agent's service", (f"sc.exe start {_AGENT_SERVICES[name]}",)
    elif name == "qemu-ga" and makers_own(inventory):
        yield Step(
            _WHERE,
            "Nutanix AHV has an agent of its own: enable and mount Nutanix Guest Tools (NGT) "
            "in Prism, and run the installer on its CD.",
        )
        return
    elif name == "qemu-ga":
        text, code = _qemu_agent(inventory, code)
    note = (
        "It needs the driver vioserial, and the channel that the host gives the machine."
        if name == "qemu-ga"
        else ""
    )
    yield Step(_WHERE, f"{text}.", code, note)


def _qemu_agent(inventory: Inventory, code: Tuple[str, ...]) -> Tuple[str, Tuple[str, ...]]:
    if inventory.guest.architecture == "aarch64":
        return "virtio-win has no guest agent for Windows on ARM", ()
    text = "Install QEMU's guest agent from the virtio-win CD"
    text += (
        "; the installer of its guest tools brings it and its driver along"
        if has_installer(inventory)
        else ""
    )
    return text, tuple(
        line.replace("x86_64", "i386") for line in code
    ) if inventory.guest.architecture == "i686" else code


def settle(about: Settle, inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Run guestcheck as an administrator, or without Python what guestcheck collector "
        "powershell prints, or look at the ids; the host's definition of the "
        "VM decides.",
        (
            instances(inventory, "Win32_ComputerSystem", "Manufacturer, Model, HypervisorPresent"),
            instances(inventory, "Win32_DiskDrive", "DeviceID, Model, PNPDeviceID"),
        )
        if about.kind != "nic"
        else (instances(inventory, "Win32_NetworkAdapter", "NetConnectionID, Name, PNPDeviceID"),),
    )


def unplug_emulated(_about: UnplugEmulated, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Once the Xen PV drivers are installed, they unplug the emulated devices at the next "
        "start by themselves.",
    )


def enable_discard(_about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Once the host passes discard on, see that Windows sends it (0: it does), and trim.",
        ("fsutil behavior query DisableDeleteNotify", "defrag C: /L"),
    )
