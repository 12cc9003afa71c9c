r"""In a Windows guest, before its disk or card is another: what preflight found that stands in the way, each with its remedy.

The safe way comes first: Windows prepares a driver by itself when it sees a device of its kind once. The registry's way is what virt-v2v and
XCP-ng's scripts do; programs and their options are Microsoft's (pnputil, reg, bcdedit, powercfg, manage-bde, dism).
"""

from __future__ import annotations

import re
from typing import Dict

from guestcheck.advice._virtio_win import LAST, OLDER, STABLE, WITH_INSTALLER, driver_file, pnputil, release_of
from guestcheck.advice._windows_address import ghost_address, keep_address
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the Windows guest"
_RESCUE = "in WinRE, or where the volume is mounted"
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# What brings the driver, by service.
_BROUGHT_BY = {
    "pvscsi": "Install or update VMware Tools: they hold the driver for PVSCSI.",
    "vmxnet3ndis6": "Install or update VMware Tools: they hold the driver for VMXNET3.",
    "ena": "Install AWS's ENA driver.",
    "gvnic": "Install Google's gVNIC driver.",
}
_VIRTIO = ("viostor", "vioscsi", "netkvm")


def _name(about: Dict[str, str]) -> str:
    service = about.get("service", "")
    return service if _SERVICE.fullmatch(service) else "SERVICE"


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
    yield from _rescue(service, state, inventory)


def _install(service: str, inventory: Inventory) -> Steps:
    if service in _BROUGHT_BY:
        yield Step(_WHERE, _BROUGHT_BY[service])
    if service not in _VIRTIO:
        return
    package = "NetKVM" if service == "netkvm" else service
    command = pnputil(inventory, package)
    release = release_of(inventory)
    if release in ("", *WITH_INSTALLER):
        yield Step(
            _WHERE,
            f"Mount virtio-win's CD (here E:) and install its guest tools, or {service} alone.",
            (STABLE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart", command),
            "The guest tools are for Windows 10 and Server 2016 and newer." if not release else "",
        )
        return
    note = f"virtio-win {LAST[release]} is the last with fresh drivers for this Windows." if release in LAST else ""
    yield Step(_WHERE, f"Mount virtio-win's CD (here E:) and add {service} by hand: its installer is for Windows 10 and newer.", (OLDER, command), note)


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
    lines = (f"sc.exe config {service} start= boot",) if state == "start" else ()
    yield Step(
        _WHERE,
        f"Or by the registry, right before the move: have {service} started at boot, and take away what demotes it.",
        (*lines, f"reg query {key} /v Start", f"reg delete {key}\\StartOverride /f"),
        "Windows may write StartOverride again at each start without the device: do it last. A driver that was never installed is not made ready by this: it "
        "starts, finds nothing that it is bound to, and Windows stops with 0x7B all the same.",
    )


def _rescue(service: str, state: str, inventory: Inventory) -> Steps:
    """Word what helps where Windows is moved already and stops with 0x7B."""
    yield Step(
        _RESCUE,
        "If it does not start any more (stop code 0x7B): put the disk back on the old bus, and Windows starts as before. Nothing on it was altered.",
    )
    if state in ("start", "override"):
        windows = inventory.guest.windows
        number = windows.boots_with if windows else None
        offline = f"HKLM\\GUEST\\ControlSet{number or 1:03d}\\Services\\{service}"
        away = (f"reg add {offline} /v Start /t REG_DWORD /d 0 /f",) if state == "start" else ()
        yield Step(
            _RESCUE,
            "Where that cannot be: change the same values in its registry from outside (Shift+F10 in Windows' setup opens a prompt).",
            ("reg load HKLM\\GUEST C:\\Windows\\System32\\config\\SYSTEM", *away, f"reg delete {offline}\\StartOverride /f", "reg unload HKLM\\GUEST"),
            "" if number else "The number of the control set is that of Default in HKLM\\GUEST\\Select.",
        )
        yield Step(
            _RESCUE,
            "Or start it once in safe mode, in which Windows tries every boot driver, and leave safe mode again from there.",
            ("bcdedit /set {default} safeboot minimal", "bcdedit /deletevalue {default} safeboot"),
            "The first line in WinRE, the second in Windows, where {current} is meant if {default} is another one.",
        )
    if service in ("viostor", "vioscsi"):
        inf = driver_file(inventory, service)
        yield Step(
            _RESCUE,
            "Or load the driver in WinRE, so that it sees the disk, and put it into the Windows that is on it (C: may have another letter there).",
            (f"drvload {inf}", f"dism /image:C:\\ /add-driver /driver:{inf}"),
            "WinRE is on Windows' setup CD: Repair your computer, Troubleshoot, Command Prompt; virtio-win's CD has to be in a drive too.",
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


WORDS = {
    "windows-ready": windows_ready,
    "windows-suspend-bitlocker": suspend_bitlocker,
    "windows-shut-down-whole": shut_down_whole,
    "windows-disks-online": disks_online,
    "windows-keep-address": keep_address,
    "windows-ghost-address": ghost_address,
}
