r"""In a Windows guest, before its disk or card is another: what preflight found that stands in the
way, each with its remedy.

The safe way comes first: Windows prepares a driver by itself when it sees a device of its kind
once. The registry's way is what virt-v2v and XCP-ng's scripts do; programs and their options are
Microsoft's (pnputil, reg, bcdedit, powercfg, manage-bde, dism).
"""

from __future__ import annotations

import re

from guestcheck.advice.windows.commands import (
    ONLY_MEANT,
    at_least,
    bring_online,
    controllers,
    packages,
    suspending,
)
from guestcheck.advice.windows.virtio_win import (
    ARCHIVE,
    adding,
    cd_of,
    driver_file,
    has_installer,
    how_added,
    makers_own,
    on_cd,
    why_that_cd,
)
from guestcheck.catalogue.interfaces import VMWARE_TOOLS
from guestcheck.catalogue.rows import BY_ID
from guestcheck.model.action import (
    WindowsDiskOnline,
    WindowsDisksOnline,
    WindowsDriverBuild,
    WindowsReady,
    WindowsShutDownWhole,
    WindowsSuspendBitlocker,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.windows import VISTA, WINDOWS_8, WINDOWS_8_1

_WHERE = "in the Windows guest"
_RESCUE = "in WinRE, or where the volume is mounted"
# In which order steps are done, whatever the reasons that ask for them.
FIRST, INSTALLED, PREPARED, LAST_BEFORE, AFTER, WHERE_IT_FAILS = -2, -1, 0, 1, 2, 3
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TOOLS = (
    "Install or update VMware Tools: they hold the driver for {}. Their installer runs on "
    "VMware alone: for elsewhere copy the driver's folder from a "
    "guest that has them, and add its INF (Device Manager: Have Disk)."
)
# What brings the driver, by service.
_BROUGHT_BY = {
    row.windows_needs.service: (
        _TOOLS.format(row.windows_needs.hardware[0].name.partition(" ")[0])
        if row.windows_needs.package == VMWARE_TOOLS
        else f"Install {row.windows_needs.package}."
    )
    for row in BY_ID.values()
    if row.windows_needs and row.windows_needs.package and not row.virtio_win
}
# Folders of virtio-win, by service.
_VIRTIO = {
    row.windows_needs.service: row.virtio_win
    for row in BY_ID.values()
    if row.windows_needs and row.virtio_win
}


def _name(service: str) -> str:
    return service if _SERVICE.fullmatch(service) else "SERVICE"


def windows_ready(about: WindowsReady, inventory: Inventory) -> Steps:
    """Word how a driver comes to be ready for the next boot."""
    state, service = about.state, _name(about.service)
    if state == "own-file":
        yield Step(
            _RESCUE,
            f"Have Windows restore its own file of {service}: the first line in the running "
            "guest, the second in WinRE (C: may have another letter there).",
            ("sfc /scannow", "sfc /scannow /offbootdir=C:\\ /offwindir=C:\\Windows"),
            "Keep a snapshot first.",
            order=FIRST,
        )
    if state in ("missing", "unbound", "file", "unknown"):
        yield from _install(service, inventory)
    if about.kind == "nic":
        if state == "signature":
            yield from _signed(service, inventory)
        yield Step(
            _WHERE,
            "See that its driver is in the driver store, or add a second card of the new "
            "model and start Windows once.",
            (packages(inventory),),
            order=PREPARED,
        )
        return
    if state == "signature":
        yield from _signed(service, inventory)
    if state == "policy":
        yield Step(
            _WHERE,
            "Lift the policy until the disk has been moved; a domain's policy comes back by "
            "itself, so have its administrator make an exception.",
            (
                "reg query HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions "
                "/s",
                "gpresult /h C:\\policies.html",
            ),
            order=FIRST,
        )
    if state == "filter":
        yield _without_filter(service, about)
    yield _once(about, inventory)
    if state in ("start", "override"):
        yield _registry(service, state)
    yield from _rescue(service, about, inventory)


def _signed(service: str, inventory: Inventory) -> Steps:
    """Word which driver this Windows takes."""
    package = _VIRTIO.get(service, service)
    note = why_that_cd(inventory)
    if not at_least(inventory, WINDOWS_8):
        note += (
            " For a driver of another maker, see Digital Signatures in the properties of its file: "
            "SHA-256 there needs KB4490628 and KB4474419."
        )
    if makers_own(inventory):
        yield Step(_WHERE, makers_own(inventory), order=FIRST)
    else:
        yield Step(
            _WHERE,
            f"Install {service} of {cd_of(inventory)} (here E:).",
            (ARCHIVE, *adding(inventory, package)),
            note.strip(),
            order=FIRST,
        )


def _install(service: str, inventory: Inventory) -> Steps:
    if service in _BROUGHT_BY:
        yield Step(_WHERE, _BROUGHT_BY[service], order=INSTALLED)
    if service == "stornvme" and not at_least(inventory, WINDOWS_8_1):
        yield Step(
            _WHERE,
            "Windows has an NVMe driver since 8.1 and Server 2012 R2; for 7 and 2008 R2 the "
            "update KB2990941 brings one (restart after it), for 8 and 2012 "
            "there is none of Microsoft's.",
            order=INSTALLED,
        )
    if service not in _VIRTIO:
        return
    if makers_own(inventory):
        yield Step(_WHERE, makers_own(inventory), order=INSTALLED)
        return
    package = _VIRTIO.get(service, service)
    command = adding(inventory, package)
    why = " ".join(word for word in (why_that_cd(inventory), how_added(inventory, package)) if word)
    if has_installer(inventory):
        yield Step(
            _WHERE,
            f"Mount virtio-win's CD (here E:; for this Windows {cd_of(inventory)}) and "
            f"install its guest tools, or {service} alone; "
            "if it asks for a restart, restart before anything else.",
            (ARCHIVE, "E:\\virtio-win-guest-tools.exe /install /passive /norestart", *command),
            why or "The guest tools are for Windows 10 (above build 10240), Server 2016 and newer.",
            order=INSTALLED,
        )
        return
    yield Step(
        _WHERE,
        f"Mount virtio-win's CD (here E:; for this Windows {cd_of(inventory)}) and "
        f"add {service} by hand: its installer is for {_INSTALLED_ON}.",
        (ARCHIVE, *command),
        why,
        order=INSTALLED,
    )


_INSTALLED_ON = "Windows 10 (above build 10240) and Server 2016 and newer, and not for ARM"


def _once(about: WindowsReady, inventory: Inventory) -> Step:
    """Word how Windows prepares a driver by itself, here or, where there is no such disk, at the
    new place.
    """
    to = about.to
    row = BY_ID.get(to)
    if row and inventory.hypervisor in row.absent_on:
        more = (
            " virt-v2v, which converts such a machine for KVM, puts the driver in by itself."
            if to.startswith("virtio-")
            else ""
        )
        more += f" Give it the CD of {cd_of(inventory)}." if more else ""
        buses = "--target sata --target ide"
        if row.bus == "vmbus":
            more, buses = " Hyper-V has IDE in machines of generation 1 alone.", "--target ide"
        return Step(
            _WHERE,
            f"This hypervisor has no disk on {to} to prepare Windows by. At the new place "
            "start Windows from a bus whose driver is ready (guestcheck "
            f"preflight {buses}), attach a helper disk of 1 GB on {to} there, see that its "
            "controller works, shut down, and change the "
            f"bus.{more}",
            (controllers(inventory, to), "shutdown /s /t 0"),
            "Keep a snapshot; suspend BitLocker before.",
        )
    named = to if _SERVICE.fullmatch(to) else "the new bus"
    return Step(
        _WHERE,
        f"The safe way: keep a snapshot, shut down, attach a helper disk of 1 GB on {named} "
        "beside the old one, start Windows, see that the new controller "
        "works, and shut down again. Windows has then installed the driver and starts it at boot.",
        (controllers(inventory, to), "shutdown /s /t 0"),
        "Suspend BitLocker before. Ask guestcheck again before the disk is moved.",
    )


def _registry(service: str, state: str) -> Step:
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}"
    lines = (f"sc.exe config {service} start= boot",) if state == "start" else ()
    return Step(
        _WHERE,
        f"Or by the registry, as administrator and right before the move: have {service} "
        "started at boot, and take away what demotes it.",
        (*lines, f"reg query {key} /v Start", f"reg delete {key}\\StartOverride /f"),
        "Windows may write StartOverride again at each start without the device: do it last. "
        "A driver that was never installed is not made ready by this: it "
        "starts, finds nothing that it is bound to, and Windows stops with 0x7B all the same.",
        order=LAST_BEFORE,
    )


def _without_filter(service: str, about: WindowsReady) -> Step:
    """Word how a filter is taken from a class. Other names stay: without partmgr, fvevol or volsnap
    Windows starts no better.
    """
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{about.device_class}"
    value = about.value
    return Step(
        _WHERE,
        f"Take the filter {service} away: by the uninstaller of the product that it belongs "
        f"to, else in regedit out of {value} of the key below (all other "
        "names stay), and restart. If it is one of Windows' own, have it started at boot "
        "again instead.",
        (
            f'reg query "{key}" /v {value}',
            f"reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}",
        ),
        "Export the key first. On Xen do it as the last thing before the move.",
        order=FIRST,
    )


def _rescue(service: str, about: WindowsReady, inventory: Inventory) -> Steps:
    """Word what helps where Windows is moved already and stops with 0x7B."""
    yield Step(
        _RESCUE,
        "If it does not start any more (stop code 0x7B): put the disk back on the old bus, "
        "and Windows starts as before. Nothing on it was altered.",
        order=WHERE_IT_FAILS,
    )
    state, windows = about.state, inventory.guest.windows
    number = windows.boots_with if windows else None
    if state == "filter":
        classes = f"HKLM\\GUEST\\ControlSet{number or 1:03d}\\Control\\Class\\{about.device_class}"
        yield Step(
            _RESCUE,
            f"Where that does not help: take {service} out of {about.value} from "
            "outside, in regedit between these two (Shift+F10 in Windows' setup "
            "opens a prompt; C: may have another letter there).",
            (
                "reg load HKLM\\GUEST C:\\Windows\\System32\\config\\SYSTEM",
                f'reg query "{classes}" /v {about.value}',
                "reg unload HKLM\\GUEST",
            ),
            order=WHERE_IT_FAILS,
        )
    if state in ("start", "override"):
        offline = f"HKLM\\GUEST\\ControlSet{number or 1:03d}\\Services\\{service}"
        away = (f"reg add {offline} /v Start /t REG_DWORD /d 0 /f",) if state == "start" else ()
        yield Step(
            _RESCUE,
            "Where that cannot be: change the same values in its registry from outside "
            "(Shift+F10 in Windows' setup opens a prompt; C: may have another "
            "letter there).",
            (
                "reg load HKLM\\GUEST C:\\Windows\\System32\\config\\SYSTEM",
                *away,
                f"reg delete {offline}\\StartOverride /f",
                "reg unload HKLM\\GUEST",
            ),
            ""
            if number
            else "The number of the control set is that of Default in HKLM\\GUEST\\Select.",
            order=WHERE_IT_FAILS,
        )
        yield Step(
            _RESCUE,
            "Or start it once in safe mode, in which Windows tries every boot driver: the "
            "first line in WinRE; then, in Windows as administrator, the second, "
            "and restart.",
            (
                'bcdedit /set "{default}" safeboot minimal',
                'bcdedit /deletevalue "{current}" safeboot',
            ),
            order=WHERE_IT_FAILS,
        )
    if (
        service in ("viostor", "vioscsi")
        and on_cd(inventory, service)
        and not makers_own(inventory)
        and at_least(inventory, VISTA)
    ):
        inf = driver_file(inventory, service)
        yield Step(
            _RESCUE,
            "Or load the driver in WinRE, so that it sees the disk, and put it into the "
            "Windows that is on it (C: may have another letter there).",
            (f"drvload {inf}", f"dism /image:C:\\ /add-driver /driver:{inf}"),
            "WinRE is on Windows' setup CD: Repair your computer, Troubleshoot, Command "
            "Prompt; virtio-win's CD has to be in a drive too.",
            order=WHERE_IT_FAILS,
        )


def windows_suspend_bitlocker(_about: WindowsSuspendBitlocker, inventory: Inventory) -> Steps:
    """Word how BitLocker is kept from asking."""
    yield Step(
        _WHERE,
        "Write the recovery key down, and suspend BitLocker over the move.",
        ("manage-bde -protectors -get C:", suspending(inventory)),
        "It stays suspended through all restarts until it is resumed.",
        order=FIRST,
    )
    yield Step(
        _WHERE,
        "After the move resume BitLocker, which then knows the new controller.",
        ("manage-bde -protectors -enable C:",),
        order=AFTER,
    )


def windows_shut_down_whole(_about: WindowsShutDownWhole, _inventory: Inventory) -> Steps:
    """Word how Windows is shut down so that nothing of it sleeps."""
    yield Step(
        _WHERE,
        "Switch hibernation and with it Fast Startup off, and shut down.",
        ("powercfg /hibernate off", "shutdown /s /t 0"),
        "powercfg /hibernate on brings it back after the move.",
        order=FIRST,
    )


def windows_disks_online(_about: WindowsDisksOnline, inventory: Inventory) -> Steps:
    """Word how disks come online after the move."""
    yield Step(
        _WHERE,
        "After the move, see which disks are offline, and bring those online that were moved, "
        "N being a disk's number.",
        bring_online(inventory),
        ONLY_MEANT,
        order=AFTER,
    )


def windows_disk_online(about: WindowsDiskOnline, inventory: Inventory) -> Steps:
    """Word how one disk comes online."""
    number = "N" if about.number is None else str(about.number)
    yield Step(
        _WHERE,
        f"See why PhysicalDrive{number} is offline, and whether it is this machine's alone; "
        "then bring it online.",
        bring_online(inventory, number),
        ONLY_MEANT,
    )


def windows_driver_build(about: WindowsDriverBuild, inventory: Inventory) -> Steps:
    """Word which build is to be installed in place of a bad one."""
    service = _name(about.service)
    if makers_own(inventory):
        yield Step(_WHERE, makers_own(inventory))
        return
    yield Step(
        _WHERE,
        f"Keep a snapshot, install {service} of {cd_of(inventory)} (here E:) in its place, "
        "and restart. Windows keeps the newer driver unless Device "
        "Manager is given the older one: Update driver, Browse my computer, Let me pick, "
        f"Have Disk, {driver_file(inventory, service)}.",
        (ARCHIVE, "devmgmt.msc"),
        why_that_cd(inventory),
    )
