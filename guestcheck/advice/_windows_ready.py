r"""In a Windows guest, before its disk or card is another: what preflight found that stands in the way, each with its remedy.

The safe way comes first: Windows prepares a driver by itself when it sees a device of its kind once. The registry's way is what virt-v2v and
XCP-ng's scripts do; programs and their options are Microsoft's (pnputil, reg, bcdedit, powercfg, manage-bde, dism).
"""

from __future__ import annotations

import re
from typing import Dict

from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the Windows guest"
_RESCUE = "in WinRE, or where the volume is mounted"
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ISO = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso"
# What brings the driver, by service.
_BROUGHT_BY = {
    "pvscsi": "Install or update VMware Tools: they hold the driver for PVSCSI.",
    "vmxnet3ndis6": "Install or update VMware Tools: they hold the driver for VMXNET3.",
    "ena": "Install AWS's ENA driver.",
    "gvnic": "Install Google's gVNIC driver.",
}
_VIRTIO = ("viostor", "vioscsi", "netkvm")
# Folders of virtio-win's CD by the first build that they are for.
_FOLDERS = ((26100, "w11"), (22000, "w11"), (10240, "w10"), (9600, "w8.1"), (9200, "w8"), (7600, "w7"), (6000, "2k8"), (0, "xp"))
_SERVER_FOLDERS = (
    (26100, "2k25"),
    (20348, "2k22"),
    (17763, "2k19"),
    (10240, "2k16"),
    (9600, "2k12R2"),
    (9200, "2k12"),
    (7600, "2k8R2"),
    (6000, "2k8"),
    (0, "2k3"),
)
_GUEST_TOOLS_SINCE = 10586  # Windows 10 1511; Server 2016 is newer


def _name(about: Dict[str, str]) -> str:
    service = about.get("service", "")
    return service if _SERVICE.fullmatch(service) else "SERVICE"


def folder(inventory: Inventory) -> str:
    """Return the folder of virtio-win's CD that is for this Windows, such as "2k22\\amd64"; placeholders for what is not known."""
    windows = inventory.guest.windows
    arch = {"x86": "x86", "arm64": "ARM64", "amd64": "amd64"}.get(windows.architecture if windows else "", "ARCH")
    if windows is None or windows.build is None or windows.server is None:
        return f"WINDOWS\\{arch}"
    build = windows.build
    return next(name for since, name in (_SERVER_FOLDERS if windows.server else _FOLDERS) if build >= since) + f"\\{arch}"


def windows_ready(about: Dict[str, str], inventory: Inventory) -> Steps:
    """Word how a driver comes to be ready for the next boot."""
    state, service = about.get("state", ""), _name(about)
    if state in ("missing", "unbound", "file", "unknown"):
        yield from _install(service, inventory)
    if about.get("what") == "nic":
        yield Step(
            _WHERE, "See that its driver is in the driver store, or add a second card of the new model and start Windows once.", ("pnputil /enum-drivers",)
        )
        return
    if state == "signature":
        yield Step(
            _WHERE,
            f"See who signed {service} and how; on Windows 7 and 2008 R2 install KB4474419 first, which makes them take signatures of SHA-2.",
            (f"powershell Get-AuthenticodeSignature C:\\Windows\\System32\\drivers\\{service}.sys", "wmic qfe where HotFixID='KB4474419' get InstalledOn"),
        )
    if state == "policy":
        yield Step(
            _WHERE,
            "Lift the policy until the disk has been moved; a domain's policy comes back by itself, so have its administrator make an exception.",
            ("reg query HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions /s", "gpresult /h C:\\policies.html"),
        )
    yield from _once(about)
    if state in ("start", "override"):
        yield from _registry(service, state)


def _install(service: str, inventory: Inventory) -> Steps:
    if service in _BROUGHT_BY:
        yield Step(_WHERE, _BROUGHT_BY[service])
    if service not in _VIRTIO:
        return
    windows = inventory.guest.windows
    build = windows.build if windows else None
    inf = f"E:\\{'NetKVM' if service == 'netkvm' else service}\\{folder(inventory)}\\{service}.inf"
    if build is None or build >= _GUEST_TOOLS_SINCE:
        yield Step(
            _WHERE,
            f"Mount virtio-win's CD (here E:) and install its guest tools, or {service} alone.",
            (_ISO, "E:\\virtio-win-guest-tools.exe /install /passive /norestart", f"pnputil /add-driver {inf} /install"),
        )
        return
    old = "pnputil -i -a"
    note = "0.1.240 is the last with fresh drivers for 8.1 and 2012 R2; those for 7 and 2008 R2 were last made for 0.1.173 or so."
    yield Step(_WHERE, f"Mount virtio-win's CD (here E:) and add {service} by hand: its installer is for Windows 10 and newer.", (f"{old} {inf}",), note)


def _once(about: Dict[str, str]) -> Steps:
    to = about.get("to", "")
    to = to if _SERVICE.fullmatch(to) else "the new bus"
    yield Step(
        _WHERE,
        f"The safe way: shut down, attach a helper disk of 1 GB on {to} beside the old one, start Windows, see that the new controller works, and shut "
        "down again. Windows has then installed the driver and starts it at boot.",
        ('powershell "Get-PnpDevice -PresentOnly -Class SCSIAdapter | ft Status, FriendlyName, InstanceId"', "shutdown /s /t 0"),
        "Keep a snapshot; suspend BitLocker before. On Windows 7: mmc devmgmt.msc shows the same. Ask guestcheck again before the disk is moved.",
    )


def _registry(service: str, state: str) -> Steps:
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}"
    offline = f"HKLM\\GUEST\\ControlSet001\\Services\\{service}"
    lines = (f"reg add {key} /v Start /t REG_DWORD /d 0 /f",) if state == "start" else ()
    yield Step(
        _WHERE,
        f"Or by the registry, right before the move: have {service} started at boot, and take away what demotes it.",
        (*lines, f"reg query {key} /v Start", f"reg delete {key}\\StartOverride /f"),
        "Windows may write StartOverride again at each start without the device: do it last. A driver that was never installed is not made ready by this.",
    )
    away = (f"reg add {offline} /v Start /t REG_DWORD /d 0 /f",) if state == "start" else ()
    yield Step(
        _RESCUE,
        "If it does not start any more (stop code 0x7B): put the disk back on the old bus; or change the same values in its registry from outside.",
        ("reg load HKLM\\GUEST C:\\Windows\\System32\\config\\SYSTEM", *away, f"reg delete {offline}\\StartOverride /f", "reg unload HKLM\\GUEST"),
        "The number of the control set is that of Default in HKLM\\GUEST\\Select.",
    )


def suspend_bitlocker(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how BitLocker is kept from asking."""
    yield Step(
        _WHERE,
        "Write the recovery key down, and suspend BitLocker over the move.",
        ("manage-bde -protectors -get C:", "manage-bde -protectors -disable C: -rebootcount 2"),
    )


def shut_down_whole(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how Windows is shut down so that nothing of it sleeps."""
    yield Step(
        _WHERE,
        "Switch hibernation and with it Fast Startup off, and shut down.",
        ("powercfg /hibernate off", "shutdown /s /t 0"),
        "powercfg /hibernate on brings it back after the move.",
    )


def disks_online(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how disks come online after the move."""
    yield Step(
        _WHERE,
        "After the move, see which disks are offline, and bring them online.",
        ('powershell "Get-Disk | Where IsOffline | Set-Disk -IsOffline $false"', 'powershell "Get-Disk | Where IsReadOnly | Set-Disk -IsReadOnly $false"'),
        "On Windows 7 and 2008 R2: diskpart, then san, select disk, online disk.",
    )


def keep_address(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    """Word how a static address comes to the new card."""
    yield Step(
        _WHERE,
        "Write the addresses down before; after the move remove the hidden old card, and give its addresses to the new one.",
        (
            "netsh interface ipv4 dump > C:\\addresses.txt",
            'powershell "Get-PnpDevice -Class Net | Where Present -eq $false | ft FriendlyName, InstanceId"',
            'pnputil /remove-device "INSTANCE-ID"',
        ),
        "An address that a hidden card still has is refused to the new one. On Windows 7: set devmgr_show_nonpresent_devices=1, then devmgmt.msc.",
    )


WORDS = {
    "windows-ready": windows_ready,
    "windows-suspend-bitlocker": suspend_bitlocker,
    "windows-shut-down-whole": shut_down_whole,
    "windows-disks-online": disks_online,
    "windows-keep-address": keep_address,
}
