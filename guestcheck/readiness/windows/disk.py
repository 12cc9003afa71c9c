"""What keeps Windows from booting from another controller, what to know before the move, and what
proves that it boots.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.catalogue.interfaces import NVME
from guestcheck.catalogue.rows import windows_needs
from guestcheck.catalogue.windows import BUS, HYPERV_BUS, STACK
from guestcheck.model.action import (
    WindowsDisksOnline,
    WindowsDriverBuild,
    WindowsShutDownWhole,
    WindowsSuspendBitlocker,
)
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, WARNS, Reason, Target
from guestcheck.model.virtio_win import (
    CORRUPTING,
    build_of,
    versions_of,
)
from guestcheck.model.windows import (
    ODD,
    ControlSet,
    Needs,
    Windows,
    file_of,
)
from guestcheck.readiness.windows.driver import driver_reasons
from guestcheck.readiness.windows.filters import filter_reasons
from guestcheck.readiness.windows.service import file_kind_reasons, other_sets, start_reasons
from guestcheck.readiness.windows.shared import (
    SERVICE_KEY,
    STARTS,
    is_demoted,
    no_set,
    once_on,
    ready_actions,
    set_that_boots,
)

_DISK_UNSEEN = (
    "the target's firmware (BIOS or UEFI) and whether the new disk comes first in its boot order",
    "whether the driver's file is whole and made for this Windows",
)
_FILE_SEEN = "what is in the driver's file beyond its head, which names the processor"
_FILTERS_UNSEEN = "filters of other vendors (antivirus, backup, encryption) on the way to the disk"


def disk_unseen(target: Target, windows: Windows) -> Tuple[str, ...]:
    """Return what is not looked at, by what was read."""
    one = set_that_boots(windows)
    bus = one.services.get(HYPERV_BUS) if one else None
    seen = [_DISK_UNSEEN[0], _FILE_SEEN if windows.file_kinds else _DISK_UNSEEN[1]]
    if one is None or one.filters is None:
        seen.append(_FILTERS_UNSEEN + ", and those of Xen's tools: they were not asked for")
    else:
        others = dict.fromkeys(
            found.service for found in one.filters if found.service.lower() in windows.unread
        )
        seen.append(_FILTERS_UNSEEN + (f": {', '.join(others)}" if others else ""))
    if target.id == NVME and bus is not None and (bus.start != 0 or is_demoted(bus)):
        seen.append(
            f"whether Hyper-V or Azure gives the disk: then {HYPERV_BUS} has to start at boot "
            "too, and it does not"
        )
    return tuple(seen)


def proof_of_boot(target: Target, windows: Windows) -> Iterator[Hint]:
    """Yield where that stands which makes Windows boot: the service, what is bound to it, and its
    file.
    """
    needs, one = windows_needs(target.id), set_that_boots(windows)
    if needs is None:
        return
    expected = {needs.service, needs.old} - {""}
    ids = {id_ for hardware in needs.hardware for id_ in hardware.ids}
    bound = next(
        (binding for binding in windows.bindings or () if binding.id in ids and binding.service),
        None,
    )
    service = (
        next(
            (
                one.services[name]
                for name in (bound.service.lower() if bound else "", *sorted(expected))
                if name in one.services
            ),
            None,
        )
        if one
        else None
    )
    if one is None or service is None:
        return
    yield Hint(SERVICE_KEY.format(one.path, service.name), f"Start = 0 ({STARTS[0]})")
    if bound:
        yield Hint(
            f"HKLM\\SYSTEM\\DriverDatabase\\DeviceIds\\{bound.id.upper()}",
            f"{bound.package} binds it to {bound.service}",
        )
    yield Hint("C:" + file_of(service).replace("/", "\\"), "is there")


def disk_reasons(target: Target, windows: Windows) -> Iterator[Reason]:
    """Yield what keeps Windows from booting from the new controller, or may."""
    needs = windows_needs(target.id)
    if needs is None:
        says = message("windows-target-unknown", target=target.id)
        yield Reason(
            "windows-target-unknown",
            says,
            (),
            OPEN,
            once_on(target),
            ready_actions(target, "", "unknown"),
        )
        return
    one = set_that_boots(windows)
    if windows.sets is None or one is None:
        yield no_set(windows)
        return
    yield from driver_reasons(target, needs, windows, one)
    yield from _stack(target, needs, windows, one)
    yield from filter_reasons(target, needs, windows, one)
    yield from _policies(target, needs, windows, one)


def _stack(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield what all disks stand on, and does not start at boot: Windows may have been without it,
    as without a PCI bus on Hyper-V.
    """
    on_pci = any(id_.startswith("pci\\") for hardware in needs.hardware for id_ in hardware.ids)
    for name in (*((BUS,) if on_pci else ()), *STACK):
        service = one.services.get(name)
        key = SERVICE_KEY.format(one.number, name)
        if service is None or (service.start is None and not service.image):
            says = message("stack-missing", name=name)
            hint = Hint(key, "is not there" if service is None else "has no Start")
            yield Reason(
                "stack-missing",
                says,
                (hint,),
                OPEN,
                message("find-out.right-registry", key=key),
            )
            continue
        path = file_of(service)
        yield from file_kind_reasons(name, path, windows, ready_actions(target, name, "own-file"))
        # That overrides were not read is said of the controller's driver.
        yield from start_reasons(
            service if service.overrides is not None else service._replace(overrides={}),
            key,
            target,
        )
        yield from other_sets(service, windows, one)


def _policies(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield policies that can keep a new device from its driver."""
    actions = ready_actions(target, needs.service, "policy")
    if windows.restrictions is None:
        settle = message("find-out.key-restrictions")
        yield Reason(
            "policy-unread",
            message("policy-unread.install"),
            (),
            OPEN,
            settle,
        )
    for says in windows.restrictions or ():
        key, _, means = says.partition(": ")
        yield Reason(
            "policy-restricts",
            message("policy-restricts", means=means),
            (Hint(key, "is set"),),
            OPEN,
            once_on(target),
            actions,
        )
    if windows.load_policy == ODD and needs.package:
        settle = message("find-out.early-launch", path=one.path)
        yield Reason(
            "policy-unread",
            message("policy-unread.early-launch"),
            (),
            OPEN,
            settle,
        )
    if windows.load_policy == 8 and needs.package:
        hint = Hint(f"{one.path}\\Policies\\EarlyLaunch", "DriverLoadPolicy = 8 (good only)")
        yield Reason(
            "policy-early-launch",
            message("policy-early-launch"),
            (hint,),
            OPEN,
            once_on(target),
            actions,
        )


def bad_builds(target: Target, windows: Windows) -> Iterator[Reason]:
    """Warn of a build of the disk's driver that is known to be bad."""
    needs = windows_needs(target.id)
    for version in (
        versions_of(needs.service, windows) if needs and needs.package == "virtio-win" else ()
    ):
        number = build_of(version)
        if needs and number is not None and number in CORRUPTING:
            says = message("driver-build-bad", service=needs.service, number=number)
            actions = (WindowsDriverBuild(needs.service),)
            yield Reason(
                "driver-build-bad",
                says,
                (Hint(f"driver version of {needs.service}", version),),
                WARNS,
                actions=actions,
            )


def warnings(windows: Windows) -> Iterator[Reason]:
    """Warn of BitLocker, hibernation, and disks that would be offline after the move."""
    if windows.bitlocker:
        hint = Hint("HKLM\\SYSTEM\\CurrentControlSet\\Control\\BitlockerStatus", "BootStatus = 1")
        actions = (WindowsSuspendBitlocker(),)
        yield Reason(
            "bitlocker",
            message("bitlocker"),
            (hint,),
            WARNS,
            actions=actions,
        )
    if (windows.hibernated and windows.fast_startup is not False) or (
        windows.hibernated is None and windows.fast_startup
    ):
        hint = Hint(
            "C:\\hiberfil.sys",
            ("is there" if windows.hibernated else "was not looked for")
            + ("; Fast Startup is on" if windows.fast_startup else ""),
        )
        says = message("hibernated")
        yield Reason("hibernated", says, (hint,), WARNS, actions=(WindowsShutDownWhole(),))
    if windows.san_policy in (2, 3, 4):
        hint = Hint(
            "HKLM\\SYSTEM\\CurrentControlSet\\Services\\partmgr\\Parameters",
            f"SanPolicy = {windows.san_policy}",
        )
        says = message("san-policy")
        yield Reason("san-policy", says, (hint,), WARNS, actions=(WindowsDisksOnline(),))
