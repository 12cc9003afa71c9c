"""Inside a Windows guest: drivers that start at boot before the host changes a device, and agents.

Packages, services and addresses are those of virtio-win; that an installed package is not yet a driver that starts at
boot, and that StartOverride switches one off, was read in virt-v2v, virtio-win's issues and Microsoft's own scripts.
"""

from typing import Dict, NamedTuple, Tuple

from guestcheck.advice._quoting import device, plain, sentence
from guestcheck.advice._virtio_win import LAST, STABLE, disc, has_installer, package_for, pci_ids, pnputil, release_of
from guestcheck.advice._windows_address import remove_hidden
from guestcheck.advice._windows_commands import at_least, bring_online, controllers, instances, suspending
from guestcheck.advice._windows_ready import WORDS
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.windows import WINDOWS_8

_WHERE = "in a Windows guest"


class _Way(NamedTuple):
    service: str  # that must start at boot; "" where Windows sees to it
    text: str


_WAYS = {
    "pvscsi": _Way("pvscsi", "Install or update VMware Tools: they hold the driver for PVSCSI."),
    "vmxnet3": _Way("", "Install or update VMware Tools: they hold the driver for VMXNET3."),
    "storvsc": _Way("", "Windows has the driver for Hyper-V's disks in the box."),
    "netvsc": _Way("", "Windows has the driver for Hyper-V's network adapters in the box."),
    "xen-blkfront": _Way("", "Install the Xen PV drivers of your platform (XenServer VM Tools, XCP-ng PV tools)."),
    "xen-netfront": _Way("", "Install the Xen PV drivers of your platform (XenServer VM Tools, XCP-ng PV tools)."),
    "nvme": _Way("stornvme", "Windows has an NVMe driver in the box since 8.1 and 2012 R2."),
    "ena": _Way("", "Install AWS's ENA driver before the NIC is changed."),
    "gve": _Way("", "Install Google's gVNIC driver before the NIC is changed."),
}


def _windows_drivers(about: Dict[str, str], inventory: Inventory) -> Steps:
    to = about.get("to", "")
    way = _WAYS.get(to)
    if way:
        yield Step(_WHERE, way.text)
    else:
        yield from _virtio_win(inventory, "vioscsi" if to == "virtio-scsi" else "NetKVM" if about.get("what") == "nic" else "viostor")
    if about.get("what") == "nic":
        yield from _nic(inventory)
    elif not way or way.service:
        yield from _disk(about, way.service if way else "vioscsi" if to == "virtio-scsi" else "viostor", inventory)


def _virtio_win(inventory: Inventory, package: str) -> Steps:
    release = release_of(inventory)
    if release and has_installer(inventory):
        yield Step(
            _WHERE,
            "No Windows has virtio drivers in the box. Mount the virtio-win CD and run the installer of its guest tools.",
            (STABLE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart"),
            f"Without the installer: {pnputil(inventory, package)}",
        )
    elif release:
        yield Step(
            _WHERE,
            "No Windows has virtio drivers in the box. Mount the virtio-win CD and add the driver by hand: its installer is for "
            "Windows 10 and Server 2016 and newer, and not for ARM.",
            (disc(inventory), pnputil(inventory, package)),
            f"virtio-win {LAST[release]} is the last with fresh drivers for this Windows." if release in LAST else "",
        )
    else:
        yield Step(
            _WHERE,
            "No Windows has virtio drivers in the box. Mount the virtio-win CD and run the installer of its guest tools.",
            (STABLE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart"),
            "The installer is for Windows 10 and Server 2016 and newer; for 2012 R2 and older add the folders of the CD by hand "
            "(pnputil -i -a E:\\viostor\\2k12R2\\amd64\\viostor.inf; 0.1.240 is the last with fresh drivers for it). XP and 2003 have "
            "no virtio-scsi driver and need transitional devices.",
        )


def _disk(about: Dict[str, str], service: str, inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "An installed driver does not always start at boot. The safe way: attach a helper disk of 1 GB on the new bus, start "
        "Windows from the old one, and see that its controller works.",
        (controllers(inventory, about.get("to", "")),),
        _before(inventory),
    )
    yield _still_boots(service)
    yield _switch(about, inventory)


def _before(inventory: Inventory) -> str:
    bitlocker = f"suspend BitLocker ({suspending(inventory)})"
    sleep = " and switch Fast Startup off (powercfg /hibernate off)" if at_least(inventory, WINDOWS_8) else ""
    return f"Keep a snapshot; first {bitlocker}{sleep}."


def _still_boots(service: str) -> Step:
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}"
    return Step(
        _WHERE,
        f"Right before the switch, see that {service} starts at boot (Start is 0) and that no StartOverride switches it off.",
        (f"reg query {key} /v Start", f"reg query {key}\\StartOverride", f"reg delete {key}\\StartOverride /f"),
        "The last line only if the second shows StartOverride (0 is 3): Windows may write it at each start without the device.",
    )


def _switch(about: Dict[str, str], inventory: Inventory) -> Step:
    return Step(
        _WHERE,
        f"Shut down, change the bus of {device(about, 'the disk')} on the host, take a helper disk out, and start. Other disks may be offline after that.",
        bring_online(inventory),
        "Stop code 0x7B (INACCESSIBLE_BOOT_DEVICE): change the bus back, Windows starts again as before.",
    )


def _nothing_to_prepare(about: Dict[str, str], inventory: Inventory) -> Steps:
    to = plain(about.get("to"), "TARGET")
    evidence, warning = sentence(about.get("evidence"), ""), sentence(about.get("warning"), "")
    by = f"By {evidence}." if evidence else ""
    if about.get("what") == "nic":
        yield Step(_WHERE, f"Nothing has to be made ready for {to}: Windows has its driver, and no address is bound to the old card.", (), by)
        return
    way = _WAYS.get(about.get("to", ""))
    service = way.service if way else "vioscsi" if to == "virtio-scsi" else "viostor"
    ready = f"Windows has the driver for {to}, starts it at boot, and has bound it"
    yield Step(_WHERE, f"{ready}; but {warning}." if warning else f"Nothing has to be made ready for {to}: {ready}.", (), f"{by} {_before(inventory)}".strip())
    if service:
        yield _still_boots(service)
    yield _switch(about, inventory)


def _nic(inventory: Inventory) -> Steps:
    removal = remove_hidden(inventory, "")
    yield Step(
        _WHERE,
        "A new model is a new adapter to Windows: write a static address down before, as it stays with the old, hidden adapter.",
        ("ipconfig /all > C:\\addresses.txt",),
    )
    yield Step(_WHERE, f"If there was one, after the change {removal.text} Then give its address to the new one.", removal.code, removal.note)


_MAKERS = {
    "15ad": "Install or update VMware Tools: they hold the driver.",
    "5853": "Install the Xen PV drivers of your platform (XenServer VM Tools, XCP-ng PV tools).",
    "1d0f": "Install AWS's drivers for it (ENA, NVMe, PV).",
    "1ae0": "Install Google's drivers for it (googet).",
    "80ee": "Install the VirtualBox Guest Additions.",
}


def _bind_driver(about: Dict[str, str], inventory: Inventory) -> Steps:
    address = about.get("address", "")
    vendor, number = pci_ids(address, inventory)
    package, inf = package_for(vendor, number)
    if package:
        yield Step(
            _WHERE,
            f"Install the driver {package} from the virtio-win CD"
            + ("; the installer of its guest tools has all of them." if has_installer(inventory) else "."),
            (disc(inventory), pnputil(inventory, package, inf)),
        )
    else:
        yield Step(_WHERE, _MAKERS.get(vendor, "Install the driver of the device's maker, by its hardware id."))
    if about.get("code", "28") != "28":
        yield Step(
            _WHERE,
            f"Look up what code {plain(about.get('code'), 'N')} means, and what Windows says of the device (Device Manager: Events).",
            (instances(inventory, "Win32_PnPEntity", "Name, ConfigManagerErrorCode, HardwareID", "ConfigManagerErrorCode<>0"),),
            "39 and 52: the driver's file is damaged, or Windows does not accept its signature.",
        )


_AGENTS = {
    "qemu-ga": ("Install QEMU's guest agent from the virtio-win CD", ("msiexec /i E:\\guest-agent\\qemu-ga-x86_64.msi /qn", "sc.exe query QEMU-GA")),
    "open-vm-tools": ("Install VMware Tools, which hold the agent", ("sc.exe query VMTools",)),
    "hyperv-daemons": ("Switch the integration services on in the VM's settings", ("sc.exe query vmicheartbeat",)),
    "xe-guest-utilities": ("Install the guest tools of your Xen platform, which hold the agent", ("powershell Get-Service *xen*",)),
    "virtualbox-guest-utils": ("Install the VirtualBox Guest Additions", ("sc.exe query VBoxService",)),
    "waagent": ("Install the Azure VM agent", ("sc.exe query WindowsAzureGuestAgent",)),
    "google-guest-agent": ("Install Google's guest agent", ("sc.exe query GCEAgent",)),
}
_AGENT_SERVICES = {"qemu-ga": "QEMU-GA", "open-vm-tools": "VMTools", "virtualbox-guest-utils": "VBoxService", "google-guest-agent": "GCEAgent"}


def _run_agent(about: Dict[str, str], inventory: Inventory) -> Steps:
    name = about.get("agent", "")
    text, code = _AGENTS.get(name, ("Install the guest tools that your platform offers", ()))
    if about.get("installed") == "yes" and name in _AGENT_SERVICES:
        text, code = "Start the agent's service", (f"sc.exe start {_AGENT_SERVICES[name]}",)
    elif name == "qemu-ga":
        text, code = _qemu_agent(inventory, code)
    note = "It needs the driver vioserial, and the channel that the host gives the machine." if name == "qemu-ga" else ""
    yield Step(_WHERE, f"{text}.", code, note)


def _qemu_agent(inventory: Inventory, code: Tuple[str, ...]) -> Tuple[str, Tuple[str, ...]]:
    if inventory.guest.architecture == "aarch64":
        return "virtio-win has no guest agent for Windows on ARM", ()
    text = "Install QEMU's guest agent from the virtio-win CD"
    text += "; the installer of its guest tools brings it and its driver along" if has_installer(inventory) else ""
    return text, tuple(line.replace("x86_64", "i386") for line in code) if inventory.guest.architecture == "i686" else code


def _settle(about: Dict[str, str], inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Run guestcheck as an administrator, or without Python what guestcheck collector powershell prints, or look at the ids; the host's definition of the "
        "VM decides.",
        (
            instances(inventory, "Win32_ComputerSystem", "Manufacturer, Model, HypervisorPresent"),
            instances(inventory, "Win32_DiskDrive", "DeviceID, Model, PNPDeviceID"),
        )
        if about.get("sort") != "nic"
        else (instances(inventory, "Win32_NetworkAdapter", "NetConnectionID, Name, PNPDeviceID"),),
    )


def _unplug_emulated(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(_WHERE, "Once the Xen PV drivers are installed, they unplug the emulated devices at the next start by themselves.")


def _enable_discard(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Once the host passes discard on, see that Windows sends it (0: it does), and trim.",
        ("fsutil behavior query DisableDeleteNotify", "defrag C: /L"),
    )


ADVICE = Advice(
    id="windows",
    name="Windows guests",
    words={
        **WORDS,
        "windows-drivers": _windows_drivers,
        "nothing-to-prepare": _nothing_to_prepare,
        "bind-driver": _bind_driver,
        "run-agent": _run_agent,
        "settle": _settle,
        "unplug-emulated": _unplug_emulated,
        "enable-discard": _enable_discard,
    },
)
