"""Inside a Windows guest: get the driver to start at boot before the disk's bus or the NIC's model is changed.

Packages, services and addresses are those of virtio-win; that an installed package is not yet a driver that starts at
boot, and that StartOverride switches one off, was read in virt-v2v, virtio-win's issues and Microsoft's own scripts.
"""

from typing import Dict, NamedTuple, Tuple

from guestcheck.advice._quoting import device
from guestcheck.advice._windows_ready import WORDS
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in a Windows guest"
_STABLE = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso"


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


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    to = about.get("to", "")
    way = _WAYS.get(to)
    if way:
        yield Step(_WHERE, way.text)
    else:
        yield from _virtio_win()
    if about.get("what") == "nic":
        yield from _nic()
    elif not way or way.service:
        yield from _disk(about, way.service if way else "vioscsi" if to == "virtio-scsi" else "viostor")


def _virtio_win() -> Steps:
    yield Step(
        _WHERE,
        "No Windows has virtio drivers in the box. Mount the virtio-win CD and run the installer of its guest tools.",
        (_STABLE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart"),
        "The installer is for Windows 10 and Server 2016 and newer; for 2012 R2 and older add the folders of the CD by hand "
        "(pnputil -i -a E:\\viostor\\2k12R2\\amd64\\viostor.inf; 0.1.240 is the last with fresh drivers for it). XP and 2003 have "
        "no virtio-scsi driver and need transitional devices.",
    )


def _disk(about: Dict[str, str], service: str) -> Steps:
    yield Step(
        _WHERE,
        "An installed driver does not always start at boot. The safe way: attach a helper disk of 1 GB on the new bus, start "
        "Windows from the old one, and see that its controller works.",
        ("Get-PnpDevice -PresentOnly -Class SCSIAdapter | Format-Table Status, FriendlyName, InstanceId",),
        "Suspend BitLocker and switch Fast Startup off first, and keep a snapshot.",
    )
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}"
    yield Step(
        _WHERE,
        f"Right before the switch, see that {service} starts at boot (Start is 0) and that no StartOverride switches it off.",
        (f"reg query {key} /v Start", f"reg query {key}\\StartOverride", f"reg delete {key}\\StartOverride /f"),
        "The last line only if the second shows StartOverride (0 is 3): Windows may write it at each start without the device.",
    )
    yield Step(
        _WHERE,
        f"Shut down, change the bus of {device(about, 'the disk')} on the host, take the helper disk out, and start. Other disks may be offline after that.",
        ("Get-Disk | Where IsOffline | Set-Disk -IsOffline $false",),
        "Stop code 0x7B (INACCESSIBLE_BOOT_DEVICE): change the bus back, Windows starts again as before.",
    )


def _nic() -> Steps:
    yield Step(
        _WHERE,
        "A new model is a new adapter to Windows: write a static address down, as it stays with the old, hidden adapter.",
        _NIC_CODE,
        "The second line shows the ghosts; remove the old one with pnputil /remove-device before the address is set again.",
    )


_NIC_CODE: Tuple[str, ...] = (
    "Get-NetIPConfiguration -Detailed",
    "Get-PnpDevice -Class Net | Where Present -eq $false | Format-Table FriendlyName, InstanceId",
)

ADVICE = Advice(id="windows", name="Windows guests", words={"windows-drivers": _windows_drivers, **WORDS})
