"""Would Windows boot from another disk's controller, or have its network on another card: its
services, what they are bound to, and their files.

A boot driver that is not started at boot, or is bound to nothing, ends in stop code 0x7B
(INACCESSIBLE_BOOT_DEVICE). `boots` is said only where all is there that virt-v2v writes into such a
guest before it boots from virtio: the file, a service with Start 0 that no StartOverride demotes,
and the device's ids bound to it; what all disks stand on has to start at boot too, and no filter on
the way may lack its driver. What of that was not read leaves it unknown.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from guestcheck.catalogue.interfaces import NVME
from guestcheck.catalogue.rows import windows_needs
from guestcheck.catalogue.windows import BUS, DATABASE_SINCE, HYPERV_BUS, STACK
from guestcheck.model.action import (
    DISK,
    Action,
    WindowsDisksOnline,
    WindowsDriverBuild,
    WindowsGhostAddress,
    WindowsKeepAddress,
    WindowsReady,
    WindowsShutDownWhole,
    WindowsSuspendBitlocker,
)
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.target import BOOTS, OPEN, STOPS, WARNS, Readiness, Reason, Target
from guestcheck.model.virtio_win import (
    ATTESTED,
    CORRUPTING,
    LAST_SIGNED,
    build_of,
    is_sha1,
    versions_of,
)
from guestcheck.model.windows import (
    ATA_CONTROLLERS,
    CLASSES,
    ODD,
    SCSI_ADAPTERS,
    WINDOWS_8,
    WINDOWS_10,
    Address,
    Binding,
    ControlSet,
    Filter,
    Hardware,
    Needs,
    Service,
    Windows,
    file_of,
)
from guestcheck.readiness.verdicts import once, verdict

_DISK_UNSEEN = (
    "the target's firmware (BIOS or UEFI) and whether the new disk comes first in its boot order",
    "whether the driver's file is whole and made for this Windows",
)
_FILE_SEEN = "what is in the driver's file beyond its head, which names the processor"
_FILTERS_UNSEEN = "filters of other vendors (antivirus, backup, encryption) on the way to the disk"
_NIC_UNSEEN = (
    "whether the host keeps the card's MAC address",
    "what answers in the network (DHCP, gateways)",
    "whether the driver's file is whole",
)
_SERVICES = "{}\\Services\\{}"
_STARTS = {0: "boot", 1: "system", 2: "automatic", 3: "on demand", 4: "never"}
_ONCE = "start Windows once with a small disk on {} beside the old one, shut it down and look again"
_SETTLE_RUNNING = (
    "guestcheck preflight, or a recording by collect.ps1, as administrator in the guest"
)
# Updates after which Windows 7 and 2008 R2 take signatures of SHA-2.
_SHA2 = ("KB4474419", "KB3033929")


def assess_windows(
    inventory: Inventory,
    windows: Windows,
    targets: Sequence[Target],
    disks: Tuple[str, ...],
    nics: Tuple[str, ...],
) -> Tuple[Readiness, ...]:
    """Return for each target whether Windows would boot, or have its network there."""
    found: List[Readiness] = []
    name = windows.name
    for target in targets:
        if target.kind == "disk":
            devices, same = _moved(target, inventory, disks)
            reasons = (
                ()
                if same
                else once(
                    _doubted(
                        [
                            *_disk(target, windows),
                            *_corrupting(target, windows),
                            *_warnings(windows),
                        ],
                        windows,
                    )
                )
            )
            said = verdict("disk", reasons)
            proof = tuple(_proof(target, windows)) if said == BOOTS and not same else ()
            found.append(
                Readiness(
                    target.id,
                    "disk",
                    devices,
                    name,
                    True,
                    said,
                    reasons,
                    _disk_unseen(target, windows),
                    proof,
                )
            )
        else:
            found += _nics(target, inventory, windows, name, nics)
    return tuple(found)


def _moved(target: Target, inventory: Inventory, names: Tuple[str, ...]) -> Tuple[str, bool]:
    """Return which disks are moved, and whether they are what they would be."""
    disks = inventory.disks or ()
    moved = [disk for disk in disks if (disk.name in names if names else "root" in disk.roles)]
    return " ".join(disk.name for disk in moved), bool(moved) and all(
        disk.verdict.interface == target.id for disk in moved
    )


def _disk_unseen(target: Target, windows: Windows) -> Tuple[str, ...]:
    """Return what is not looked at, by what was read."""
    one = _set_that_boots(windows)
    bus = one.services.get(HYPERV_BUS) if one else None
    seen = [_DISK_UNSEEN[0], _FILE_SEEN if windows.file_kinds else _DISK_UNSEEN[1]]
    if one is None or one.filters is None:
        seen.append(_FILTERS_UNSEEN + ", and those of Xen's tools: they were not asked for")
    else:
        others = dict.fromkeys(
            found.service for found in one.filters if found.service.lower() in windows.unread
        )
        seen.append(_FILTERS_UNSEEN + (f": {', '.join(others)}" if others else ""))
    if target.id == NVME and bus is not None and (bus.start != 0 or _demoted(bus)):
        seen.append(
            f"whether Hyper-V or Azure gives the disk: then {HYPERV_BUS} has to start at boot "
            "too, and it does not"
        )
    return tuple(seen)


def _demoted(service: Service) -> bool:
    return bool((service.overrides or {}).get("0"))


def _doubted(reasons: List[Reason], windows: Windows) -> List[Reason]:
    """Leave open what is read in a registry that may not be so."""
    if not windows.doubts:
        return reasons
    settle = "shut Windows down (not only its window), and look again"
    hints = tuple(Hint("registry", says) for says in windows.doubts[:3])
    doubt = Reason("registry-doubtful", "what the registry says may not be so", hints, OPEN, settle)
    return [
        reason._replace(weight=OPEN, settle=settle) if reason.weight == STOPS else reason
        for reason in reasons
    ] + [doubt]


def _proof(target: Target, windows: Windows) -> Iterator[Hint]:
    """Yield where that stands which makes Windows boot: the service, what is bound to it, and its
    file.
    """
    needs, one = windows_needs(target.id), _set_that_boots(windows)
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
    yield Hint(_SERVICES.format(one.path, service.name), f"Start = 0 ({_STARTS[0]})")
    if bound:
        yield Hint(
            f"HKLM\\SYSTEM\\DriverDatabase\\DeviceIds\\{bound.id.upper()}",
            f"{bound.package} binds it to {bound.service}",
        )
    yield Hint("C:" + file_of(service).replace("/", "\\"), "is there")


def _set_that_boots(windows: Windows) -> Optional[ControlSet]:
    return next((one for one in windows.sets or () if one.number == windows.boots_with), None)


def _disk(target: Target, windows: Windows) -> Iterator[Reason]:
    needs = windows_needs(target.id)
    if needs is None:
        says = f"what Windows needs to boot from {target.id} is not among the facts here"
        yield Reason(
            "windows-target-unknown",
            says,
            (),
            OPEN,
            _ONCE.format(target.id),
            _actions(target, "", "unknown"),
        )
        return
    one = _set_that_boots(windows)
    if windows.sets is None or one is None:
        yield _no_set(windows)
        return
    yield from _driver(target, needs, windows, one)
    yield from _stack(target, needs, windows, one)
    yield from _filters(target, needs, windows, one)
    yield from _policies(target, needs, windows, one)


def _no_set(windows: Windows) -> Reason:
    if windows.sets is None:
        return Reason(
            "registry-unread",
            "the services in the registry were not read",
            (),
            OPEN,
            _SETTLE_RUNNING,
        )
    there = ", ".join(f"ControlSet{one.number:03d}" for one in windows.sets) or "none"
    if windows.boots_with is None:
        hint = Hint("HKLM\\SYSTEM\\Select", f"names no control set; there are: {there}")
        return Reason(
            "control-set-unknown",
            "which control set Windows boots with is not known",
            (hint,),
            OPEN,
            "the key HKLM\\SYSTEM\\Select",
        )
    hint = Hint("HKLM\\SYSTEM\\Select", f"Default = {windows.boots_with}; there are: {there}")
    return Reason(
        "control-set-missing",
        "the control set that Windows would boot with is not there",
        (hint,),
        OPEN,
        "a boot of this Windows as it is now",
    )


def _driver(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield what is wrong with the binding, and with the services that it leads to."""
    bound: List[str] = []
    reasons: List[Reason] = []
    for hardware in needs.hardware:
        services, reason = _bound(hardware, target, needs, windows, one)
        bound += services
        reasons += [reason] if reason else []
    nothing = not bound and all(reason.id == "driver-not-bound" for reason in reasons)
    absent = needs.service not in one.services
    too_old = windows.build is not None and windows.build < needs.since and absent
    # Of a class there are devices that only their makers' own drivers name; of one device all that
    # is bound to it was read.
    unknown_here = (
        absent
        and not needs.old
        and not any("\\cc_" in id_ for hardware in needs.hardware for id_ in hardware.ids)
    )
    # Which of several devices it is, the host decides. Where none of them is bound, and nobody else
    # can have a driver, that decides it.
    stops = nothing and bool(needs.package or too_old or unknown_here)
    yield from (reason._replace(weight=STOPS, settle="") if stops else reason for reason in reasons)
    expected = (
        needs.old
        if needs.old and windows.build is not None and windows.build < WINDOWS_8
        else needs.service
    )
    sure = bool(bound) or stops
    names = list(dict.fromkeys([*(bound or [expected]), *_rivals(needs, windows, one)]))
    yield from _one_of(
        [list(_starts(name, target, needs, windows, one, sure)) for name in names], names
    )
    for other, hardware in needs.others:
        services, reason = _bound(hardware, target, needs, windows, one)
        if reason is not None:
            yield reason
        names = list(dict.fromkeys(services or [other]))
        yield from _one_of(
            [list(_starts(name, target, needs, windows, one, bool(services))) for name in names],
            names,
        )


def _one_of(groups: List[List[Reason]], names: List[str]) -> Iterator[Reason]:
    """Yield the reasons of several services of which Windows takes one: they stop it only where
    none of these would do.
    """
    stopping = [any(reason.weight == STOPS for reason in group) for group in groups]
    settle = (
        ""
        if all(stopping)
        else f"which of the drivers {', '.join(names)} Windows takes for the host's device"
    )
    for reason in (reason for group in groups for reason in group):
        yield (
            reason._replace(weight=OPEN, settle=settle)
            if settle and reason.weight == STOPS
            else reason
        )


def _rivals(needs: Needs, windows: Windows, one: ControlSet) -> Iterator[str]:
    """Yield the services that other makers bound to single devices of the class, which come before
    what is bound to the class.
    """
    if _looks_into_database(windows):
        bound = [(binding.id, binding.service) for binding in windows.bindings or ()]
    else:
        bound = [(id_.replace("#", "\\"), service) for id_, service in (one.critical or {}).items()]
    for id_, service in bound:
        if service and any(
            id_ == device or id_.startswith(device + "&") for device in needs.rivals
        ):
            yield service


def _bound(
    hardware: Hardware, target: Target, needs: Needs, windows: Windows, one: ControlSet
) -> Tuple[List[str], Optional[Reason]]:
    """Return the services that run a device, several where packages differ on its closest id, or
    why none does.
    """
    seen = [
        service
        for id_, service in (one.instances or {}).items()
        if service and _is_of(id_, hardware)
    ]
    if _looks_into_database(windows) is None:
        settle = "which build it is (Windows/System32/config/SOFTWARE)"
        return [], Reason(
            "build-unknown",
            "in which database this Windows looks for drivers is not known",
            (),
            OPEN,
            settle,
        )
    actions = _actions(target, needs.service, "unbound")
    if _looks_into_database(windows):
        if windows.bindings is None:
            if seen:
                return seen[:1], None
            return [], Reason(
                "database-unread",
                f"to what {hardware.name} is bound was not read",
                (),
                OPEN,
                _SETTLE_RUNNING,
            )
        all_ids: Sequence[Binding] = windows.bindings
        where = "HKLM\\SYSTEM\\DriverDatabase\\DeviceIds"
    else:
        if one.critical is None:
            return [], Reason(
                "database-unread",
                f"to what {hardware.name} is bound was not read",
                (),
                OPEN,
                _SETTLE_RUNNING,
            )
        all_ids = [
            Binding(id_.replace("#", "\\"), service, "")
            for id_, service in one.critical.items()
            if service
        ]
        where = f"{one.path}\\Control\\CriticalDeviceDatabase"
    found = [binding for id_ in hardware.ids for binding in all_ids if binding.id == id_]
    closest = next((binding.id for binding in found if binding.service), "")
    if closest:
        bound = [binding for binding in found if binding.id == closest and binding.service]
        return list(dict.fromkeys(binding.service for binding in bound)), _without_version(
            bound, hardware, target, windows, where
        )
    if found:
        hint = Hint(
            f"{where}\\{found[0].id}",
            f"names {found[0].package}, whose package has no configuration for it yet",
        )
        says = f"the driver for {hardware.name} is in the driver store, and was never installed for a device"
        return [], Reason(
            "driver-staged-only", says, (hint,), OPEN, _ONCE.format(target.id), actions
        )
    hint = Hint(where, f"has none of {', '.join(hardware.ids).upper()}")
    if seen:
        says = f"{hardware.name} was there once, and nothing binds another one to {seen[0]}"
        return seen[:1], Reason(
            "driver-bound-once", says, (hint,), OPEN, _ONCE.format(target.id), actions
        )
    settle = f"whether the host gives this device; {_ONCE.format(target.id)}"
    some = next(
        (
            binding
            for binding in all_ids
            if binding.service and any(binding.id.startswith(id_ + "&") for id_ in hardware.ids)
        ),
        None,
    )
    if some:
        hint = Hint(f"{where}\\{some.id}", f"binds it to {some.service}")
        return [], Reason(
            "driver-bound-to-some",
            f"a driver is bound only to some kinds of {hardware.name}",
            (hint,),
            OPEN,
            settle,
            actions,
        )
    return [], Reason(
        "driver-not-bound", f"no driver is bound to {hardware.name}", (hint,), OPEN, settle, actions
    )


def _without_version(
    bound: List[Binding], hardware: Hardware, target: Target, windows: Windows, where: str
) -> Optional[Reason]:
    """Return that what somebody wrote into the driver database lacks what Windows 10 and newer look
    for (libguestfs' list, March 2017).
    """
    if (
        any(binding.versioned for binding in bound)
        or windows.build is None
        or windows.build < WINDOWS_10
    ):
        return None
    hint = Hint(
        f"{where}\\{bound[0].id}", f"names {bound[0].package}, whose package has no Version"
    )
    says = (
        f"the package that binds {hardware.name} to {bound[0].service} has no version, and "
        "Windows 10 "
        "and newer may pass it over"
    )
    return Reason(
        "package-without-version",
        says,
        (hint,),
        OPEN,
        _ONCE.format(target.id),
        _actions(target, bound[0].service, "unbound"),
    )


def _is_of(instance: str, hardware: Hardware) -> bool:
    """Tell whether a device that was there is of this hardware; ids of classes are in no instance's
    name.
    """
    device = instance.rpartition("\\")[0]
    return any(device == id_ or device.startswith(id_ + "&") for id_ in hardware.ids)


def _looks_into_database(windows: Windows) -> Optional[bool]:
    """Tell whether Windows binds by the driver database, as it does from 8 on."""
    if windows.build is not None:
        return windows.build >= DATABASE_SINCE
    return windows.has_database


def _starts(
    name: str, target: Target, needs: Needs, windows: Windows, one: ControlSet, sure: bool
) -> Iterator[Reason]:
    """Yield why a service would not be started by the boot loader, or has no file to start. `sure`:
    no other one can run the device.
    """
    key = _SERVICES.format(one.path, name)
    service = one.services.get(name.lower())
    if service is None and name.lower() in windows.unread:
        yield Reason(
            "service-unread",
            f"the driver {name}, which it is bound to, is not among those that were read",
            (),
            OPEN,
            f"the key {key}",
        )
        return
    if service is None and not one.whole:
        yield Reason(
            "service-unread",
            f"the driver {name} is not in the list of services, which is not whole",
            (),
            OPEN,
            f"the key {key}",
        )
        return
    if service is None or (service.start is None and service.image == ""):
        why = "is not there" if service is None else "has no Start: the driver was never installed"
        # What Windows itself has may have been replaced by another maker's.
        weight, settle = (STOPS, "") if needs.package or sure else (OPEN, _ONCE.format(target.id))
        yield Reason(
            "service-missing",
            f"the driver {name} is not installed",
            (Hint(key, why),),
            weight,
            settle,
            _actions(target, name, "missing"),
        )
        return
    yield from _start(service, key, target)
    if service.type not in (1, None):
        yield Reason(
            "service-odd",
            f"{name} is no driver of the kernel",
            (Hint(key, f"Type = {service.type}"),),
            OPEN,
            "what this service is",
        )
    yield from _file(service, key, target, windows)
    if needs.package and windows.build is None:
        settle = "which build it is (Windows/System32/config/SOFTWARE)"
        yield Reason(
            "build-unknown",
            f"which signature of {name} this Windows takes is not known",
            (),
            OPEN,
            settle,
        )
    elif needs.package:
        yield from _signature(name, target, windows, one)
    yield from _other_sets(service, windows, one)


def _stack(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield what all disks stand on, and does not start at boot: Windows may have been without it,
    as without a PCI bus on Hyper-V.
    """
    on_pci = any(id_.startswith("pci\\") for hardware in needs.hardware for id_ in hardware.ids)
    for name in (*((BUS,) if on_pci else ()), *STACK):
        service = one.services.get(name)
        key = _SERVICES.format(one.number, name)
        if service is None or (service.start is None and not service.image):
            says = (
                f"{name}, which Windows itself has and every disk needs, is not among its services"
            )
            hint = Hint(key, "is not there" if service is None else "has no Start")
            yield Reason(
                "stack-missing",
                says,
                (hint,),
                OPEN,
                f"whether this is the registry that Windows starts with: the key {key}",
            )
            continue
        path = file_of(service)
        yield from _kind(name, path, windows, _actions(target, name, "own-file"))
        # That overrides were not read is said of the controller's driver.
        yield from _start(
            service if service.overrides is not None else service._replace(overrides={}),
            key,
            target,
        )
        yield from _other_sets(service, windows, one)


def _filters(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield filters that keep a class's devices from starting: without its driver, or Xen's away
    from Xen. What was not asked for is passed over.
    """
    # Another maker's driver may make its controller one of the other class.
    rivals = any(_rivals(needs, windows, one))
    controllers = {SCSI_ADAPTERS, ATA_CONTROLLERS}
    passed = controllers - {needs.of} if not rivals else set()
    for found in one.filters or ():
        name = found.service.lower()
        # Of partmgr, a filter of Windows' own upon disks, all is said by what disks stand on.
        if found.of in passed or name in windows.unread or (name in STACK and name in one.services):
            continue
        yield from _filter(found, target, one, not (rivals and found.of in controllers))
        service = one.services.get(name)
        if service is not None and service.start in (0, 1):
            actions = (_without_filter(found, target),)
            for reason in _filter_file(service, windows, actions):
                sure = reason.weight != STOPS or not (rivals and found.of in controllers)
                yield (
                    reason if sure else reason._replace(weight=OPEN, settle=_ONCE.format(target.id))
                )


def _filter_file(
    service: Service, windows: Windows, actions: Tuple[Action, ...]
) -> Iterator[Reason]:
    """Yield why a filter's file is none, where a volume was there to look into. Recordings list
    some files alone.
    """
    path = file_of(service)
    if not windows.file_kinds or windows.files is None or not path:
        return
    if path in windows.files:
        yield from _kind(service.name, path, windows, actions)
    elif path.rpartition("/")[0] in windows.files_whole:
        shown = "C:" + path.replace("/", "\\")
        says = f"the file of the filter {service.name} is not there: {shown}"
        yield Reason(
            "driver-file-missing", says, (Hint(shown, "is not there"),), STOPS, actions=actions
        )


def _without_filter(found: Filter, target: Target) -> WindowsReady:
    return WindowsReady(target.id, found.service, "filter", DISK, found.of, found.value)


def _filter(found: Filter, target: Target, one: ControlSet, sure: bool) -> Iterator[Reason]:
    """Yield why one filter may stop the boot. `sure`: the disk is behind a device of its class."""
    name, what = found.service, CLASSES[found.of]
    key = _SERVICES.format(one.number, name)
    service = one.services.get(name.lower())
    named = Hint(
        f"HKLM\\SYSTEM\\ControlSet{one.number:03d}\\Control\\Class\\{found.of}",
        f"{found.value} names {name}",
    )
    actions = (_without_filter(found, target),)
    weight, settle = (STOPS, "") if sure else (OPEN, _ONCE.format(target.id))
    if service is None or (service.start is None and not service.image):
        says = f"{name} is put upon all {what}, and there is no such driver: none of them starts"
        yield Reason(
            "filter-missing", says, (named, Hint(key, "is not there")), weight, settle, actions
        )
        return
    starts = Hint(
        key,
        f"Start = {service.start} ({_STARTS.get(service.start, 'unknown')})"
        if service.start is not None
        else "has no Start",
    )
    if service.start == 4:
        yield Reason(
            "filter-disabled",
            f"{name} is put upon all {what}, and is disabled: none of them starts",
            (named, starts),
            weight,
            settle,
            actions,
        )
    elif name.lower().startswith("xen") or name.lower() == "scsifilt":
        says = f"{name} of Xen's tools is put upon all {what}, and may not let them start away from Xen"
        yield Reason(
            "filter-of-xen",
            says,
            (named, starts),
            OPEN,
            f"{_ONCE.format(target.id)}, at the new place",
            actions,
        )
    elif service.start != 0 or _demoted(service):
        starts = (
            Hint(f"{key}\\StartOverride", "0 = " + str((service.overrides or {}).get("0")))
            if service.start == 0
            else starts
        )
        says = f"{name} is put upon all {what}, and is not started at boot"
        yield Reason(
            "filter-not-boot", says, (named, starts), OPEN, _ONCE.format(target.id), actions
        )


def _start(service: Service, key: str, target: Target) -> Iterator[Reason]:
    if service.start is None:
        yield Reason(
            "service-odd",
            f"when {service.name} is started is not known",
            (Hint(key, "has no Start"),),
            OPEN,
            f"the value Start of {key}",
        )
    elif service.start != 0:
        says = f"{service.name} is not started at boot"
        hint = Hint(key, f"Start = {service.start} ({_STARTS.get(service.start, 'unknown')})")
        yield Reason(
            "service-not-boot",
            says,
            (hint,),
            STOPS,
            actions=_actions(target, service.name, "start"),
        )
    if service.overrides is None:
        yield Reason(
            "override-unread",
            f"whether something demotes {service.name} at boot was not read",
            (),
            OPEN,
            _SETTLE_RUNNING,
        )
        return
    for name, value in service.overrides.items():
        if value == 0 and service.start == 0:
            continue
        if value == ODD:
            hint = Hint(f"{key}\\StartOverride", f"{name} is no number")
            yield Reason(
                "service-overridden",
                f"StartOverride may keep {service.name} from being started at boot",
                (hint,),
                OPEN,
                "without it",
            )
            continue
        hint = Hint(f"{key}\\StartOverride", f"{name} = {value} ({_STARTS.get(value, 'unknown')})")
        actions = _actions(target, service.name, "override")
        if name == "0" and value != 0:
            yield Reason(
                "service-overridden",
                f"StartOverride keeps {service.name} from being started at boot",
                (hint,),
                STOPS,
                actions=actions,
            )
        elif value != (service.start or 0):
            yield Reason(
                "service-overridden",
                f"StartOverride may keep {service.name} from being started at boot",
                (hint,),
                OPEN,
                "without it",
                actions,
            )


def _file(service: Service, key: str, target: Target, windows: Windows) -> Iterator[Reason]:
    if service.image is None:
        settle = f"the value ImagePath of {key}, and whether that file is there"
        yield Reason(
            "driver-file-unread",
            f"whether the file of {service.name} is there was not read",
            (),
            OPEN,
            settle,
        )
        return
    path = file_of(service)
    hint = Hint(
        key,
        f"ImagePath = {service.image}"
        if service.image
        else "has no ImagePath: then it is System32\\drivers\\NAME.sys",
    )
    if not path:
        yield Reason(
            "driver-file-unknown",
            f"where the file of {service.name} lies is not known",
            (hint,),
            OPEN,
            "whether there is such a file",
        )
        return
    shown = "C:" + path.replace("/", "\\")
    if windows.files is not None and path in windows.files:
        yield from _kind(service.name, path, windows, _actions(target, service.name, "file"))
        return
    folder = path.rpartition("/")[0]
    whole = folder in windows.files_whole or (
        folder.rpartition("/")[0] + "/*" in windows.files_whole
    )
    if windows.files is None or not whole:
        yield Reason(
            "driver-file-unread",
            f"whether {shown} is there is not known",
            (hint,),
            OPEN,
            f"whether there is {shown}",
        )
        return
    says = f"the file of {service.name} is not there: {shown}"
    yield Reason(
        "driver-file-missing", says, (hint,), STOPS, actions=_actions(target, service.name, "file")
    )


def _kind(name: str, path: str, windows: Windows, actions: Tuple[Action, ...]) -> Iterator[Reason]:
    """Yield why a file that is there is no driver for this Windows, as far as its head was read."""
    kind = windows.file_kinds.get(path, "")
    shown = "C:" + path.replace("/", "\\")
    mine = windows.architecture
    if not kind or kind == mine:
        return
    if kind == "empty":
        yield Reason(
            "driver-file-empty",
            f"the file of {name} is empty: {shown}",
            (Hint(shown, "has 0 bytes"),),
            STOPS,
            actions=actions,
        )
    elif kind in ("no program", "truncated"):
        odd = "is no program" if kind == "no program" else "is truncated"
        hint = Hint(
            shown,
            "does not begin as a program does"
            if kind == "no program"
            else "ends before the end of its last section",
        )
        yield Reason(
            "driver-file-odd",
            f"the file of {name} {odd}",
            (hint,),
            OPEN,
            f"a whole {shown}",
            actions,
        )
    elif kind in _PROCESSORS and mine in _PROCESSORS:
        says = f"the file of {name} is made for {kind}, and this Windows is {mine}"
        yield Reason(
            "driver-file-foreign",
            says,
            (Hint(shown, f"is a program for {kind}"),),
            STOPS,
            actions=actions,
        )
    else:
        settle = (
            "for which processor this Windows is (PROCESSOR_ARCHITECTURE)"
            if kind in _PROCESSORS
            else f"for which processor {shown} is"
        )
        says = f"whether the file of {name} is for this processor is not known"
        yield Reason(
            "driver-file-odd",
            says,
            (Hint(shown, f"is a program for {kind}"),),
            OPEN,
            settle,
            actions,
        )


_PROCESSORS = ("amd64", "x86", "arm64")


def _signature(name: str, target: Target, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield why Windows may refuse another maker's driver."""
    if windows.build is not None and WINDOWS_8 <= windows.build < WINDOWS_10:
        yield from _test_signed(name, target, windows)
        return
    # One that runs a device, or ran one, was not refused.
    if (
        name.lower() in {service.lower() for service in (one.instances or {}).values()}
        or windows.build is None
    ):
        return
    actions = _actions(target, name, "signature")
    if windows.build < WINDOWS_8 and windows.architecture != "x86":
        versions = versions_of(name, windows)
        if windows.listed_updates.intersection(_SHA2) or (
            versions and all(is_sha1(name, version) for version in versions)
        ):
            return
        if windows.updates is None:
            yield Reason(
                "signature-unknown",
                "whether this Windows takes signatures of SHA-2 was not read",
                (),
                OPEN,
                "whether KB4474419 is installed",
                actions,
            )
        elif not windows.updates.intersection(_SHA2):
            says = (
                f"this Windows takes no signature of SHA-2, which {name} has unless it is of "
                "a virtio-win CD "
                "(0.1.173 and newer: SHA-1)"
            )
            hint = Hint(
                "Component Based Servicing\\Packages",
                f"has neither of {', '.join(_SHA2)} as installed (CurrentState 112)",
            )
            yield Reason(
                "signature-sha2",
                says,
                (hint,),
                OPEN,
                f"whether {name} is signed with SHA-1, or KB4474419 is installed",
                actions,
            )
    elif windows.build >= WINDOWS_10 and windows.secure_boot:
        old = [
            version
            for version in versions_of(name, windows)
            if (build_of(version) or ATTESTED) < ATTESTED
        ]
        if old and name.lower() in ("viostor", "vioscsi"):
            says = (
                f"with Secure Boot this Windows may refuse {name} {old[0]}: virtio-win's "
                "builds before "
                f"0.1.{ATTESTED} are not signed by Microsoft"
            )
            hint = Hint("Control\\SecureBoot\\State", "UEFISecureBootEnabled = 1")
            yield Reason(
                "signature-attestation", says, (hint,), OPEN, f"who signed {name}.sys", actions
            )


def _test_signed(
    name: str, target: Target, windows: Windows, what: str = "disk"
) -> Iterator[Reason]:
    """Yield why Windows 8, 8.1, Server 2012 and 2012 R2 refuse a driver of virtio-win, with Secure
    Boot or without, unless test signatures count.
    """
    service = name.lower()
    if service not in ("viostor", "vioscsi", "netkvm") or (
        windows.architecture == "x86" and not windows.secure_boot
    ):
        return
    if "TESTSIGNING" in (windows.start_options or ()) and not windows.secure_boot:
        return
    versions = versions_of(service, windows)
    # What is made for Windows 10 alone is signed in a way that these do not take.
    numbers = [
        build_of(version) if version.startswith(("62.", "63.")) else None
        for version in versions
        if not is_sha1(service, version)
    ]
    if versions and all(number is not None and number <= LAST_SIGNED for number in numbers):
        return
    actions = _actions(target, name, "signature", what)
    late = [version for version in versions if (build_of(version) or 0) > LAST_SIGNED]
    if not late:
        says = (
            f"whether this Windows takes the signature of {name} is not known: builds after "
            f"0.1.{LAST_SIGNED} are only test-signed"
        )
        hint = Hint(
            "DriverDatabase\\DriverPackages", f"Version is {', '.join(versions) or 'not known'}"
        )
        yield Reason(
            "signature-test",
            says,
            (hint,),
            OPEN,
            f"the version of {name}.sys, and who signed it",
            actions,
        )
        return
    says = (
        f"this Windows refuses {name} {late[0]}: virtio-win's builds after 0.1.{LAST_SIGNED} "
        "are only "
        "test-signed"
    )
    options = " ".join(windows.start_options) if windows.start_options else "nothing"
    hints = (
        Hint(f"driver version of {name}", late[0]),
        Hint("Control", f"SystemStartOptions = {options}"),
    )
    certified = any(
        package.version in late and package.score in _CERTIFIED for package in windows.packages
    )
    if windows.start_options is None:
        yield Reason(
            "signature-test",
            says,
            hints[:1],
            OPEN,
            "whether SystemStartOptions below Control has TESTSIGNING",
            actions,
        )
    elif (
        certified
        or "TESTSIGNING" in windows.start_options
        or len(late) < len(versions)
        or windows.architecture not in ("amd64", "arm64")
    ):
        yield Reason("signature-test", says, hints, OPEN, f"who signed {name}.sys", actions)
    else:
        yield Reason("signature-test", says, hints, STOPS, actions=actions)


# SignerScore of what Microsoft signed (setupapi: SIGNERSCORE_LOGO_PREMIUM to SIGNERSCORE_WHQL);
# image builders write it too, whoever signed.
_CERTIFIED = range(0x0D000001, 0x0D000006)


def _other_sets(service: Service, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Warn of another control set that would not start the driver: a boot may fall back to it, or
    somebody may have Windows start with it.
    """
    for other in windows.sets or ():
        if other.number == one.number:
            continue
        same = other.services.get(service.name.lower())
        bad = (
            same is None
            or same.start != 0
            or any(same.overrides.values() if same.overrides else ())
        )
        if bad and service.start == 0:
            select = f"Default = {windows.boots_with}, Current = {windows.current}, LastKnownGood = {windows.last_good}"
            which = "which Windows may fall back to, does not start"
            if other.number not in (windows.current, windows.last_good):
                which = (
                    "with which Windows does not start unless Select is changed, would not start"
                )
            says = f"ControlSet{other.number:03d}, {which} {service.name} at boot"
            yield Reason(
                "other-set-not-ready", says, (Hint("HKLM\\SYSTEM\\Select", select),), WARNS
            )


def _policies(target: Target, needs: Needs, windows: Windows, one: ControlSet) -> Iterator[Reason]:
    """Yield policies that can keep a new device from its driver."""
    actions = _actions(target, needs.service, "policy")
    if windows.restrictions is None:
        settle = (
            "the key Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions of the hive SOFTWARE"
        )
        yield Reason(
            "policy-unread",
            "whether a policy keeps new devices from being installed was not read",
            (),
            OPEN,
            settle,
        )
    for says in windows.restrictions or ():
        key, _, means = says.partition(": ")
        yield Reason(
            "policy-restricts",
            f"a policy may keep the new controller from its driver: {means}",
            (Hint(key, "is set"),),
            OPEN,
            _ONCE.format(target.id),
            actions,
        )
    if windows.load_policy == ODD and needs.package:
        settle = f"the value DriverLoadPolicy of {one.path}\\Policies\\EarlyLaunch"
        yield Reason(
            "policy-unread",
            "whether only drivers that are known as good are started at boot was not read",
            (),
            OPEN,
            settle,
        )
    if windows.load_policy == 8 and needs.package:
        hint = Hint(f"{one.path}\\Policies\\EarlyLaunch", "DriverLoadPolicy = 8 (good only)")
        yield Reason(
            "policy-early-launch",
            "only boot drivers that the antivirus knows as good are started",
            (hint,),
            OPEN,
            _ONCE.format(target.id),
            actions,
        )


def _corrupting(target: Target, windows: Windows) -> Iterator[Reason]:
    """Warn of a build of the disk's driver that is known to be bad."""
    needs = windows_needs(target.id)
    for version in (
        versions_of(needs.service, windows) if needs and needs.package == "virtio-win" else ()
    ):
        number = build_of(version)
        if needs and number in CORRUPTING:
            says = f"{needs.service} of virtio-win 0.1.{number} has a bug that corrupts paging and reads"
            actions = (WindowsDriverBuild(needs.service),)
            yield Reason(
                "driver-build-bad",
                says,
                (Hint(f"driver version of {needs.service}", version),),
                WARNS,
                actions=actions,
            )


def _warnings(windows: Windows) -> Iterator[Reason]:
    if windows.bitlocker:
        hint = Hint("HKLM\\SYSTEM\\CurrentControlSet\\Control\\BitlockerStatus", "BootStatus = 1")
        actions = (WindowsSuspendBitlocker(),)
        yield Reason(
            "bitlocker",
            "BitLocker may ask for its recovery key once the disk's controller is another",
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
        says = (
            "Windows may be hibernated, also after it was shut down, and then wakes up with "
            "the old disk "
            "in mind"
        )
        yield Reason("hibernated", says, (hint,), WARNS, actions=(WindowsShutDownWhole(),))
    if windows.san_policy in (2, 3, 4):
        hint = Hint(
            "HKLM\\SYSTEM\\CurrentControlSet\\Services\\partmgr\\Parameters",
            f"SanPolicy = {windows.san_policy}",
        )
        says = "other disks may be offline after the move"
        yield Reason("san-policy", says, (hint,), WARNS, actions=(WindowsDisksOnline(),))


def _nics(
    target: Target, inventory: Inventory, windows: Windows, name: str, names: Tuple[str, ...]
) -> Iterator[Readiness]:
    cards = [nic for nic in inventory.nics or () if nic.name and (not names or nic.name in names)]
    reasons = list(_card_driver(target, windows))
    for card, interface in [(nic.name, nic.verdict.interface) for nic in cards] or [("", "")]:
        mine = (
            []
            if interface == target.id
            else _doubted([*reasons, *_addresses(card, windows)], windows)
        )
        found = once(mine) if mine else ()
        yield Readiness(
            target.id, "nic", card, name, True, verdict("nic", found), found, _NIC_UNSEEN
        )


def _card_driver(target: Target, windows: Windows) -> Iterator[Reason]:
    """Yield why a card would have no driver. Windows installs what is in its driver store when it
    finds the card.
    """
    needs = windows_needs(target.id)
    one = _set_that_boots(windows)
    if needs is None:
        yield Reason(
            "windows-target-unknown",
            f"what Windows needs for {target.id} is not among the facts here",
            (),
            OPEN,
            _ONCE_CARD,
        )
        return
    if windows.sets is None or one is None:
        yield _no_set(windows)
        return
    actions = _actions(target, needs.service, "missing", "nic")
    open_: List[Reason] = []
    for hardware in needs.hardware:
        seen = [
            service
            for id_, service in (one.instances or {}).items()
            if service and _is_of(id_, hardware)
        ]
        staged = windows.staged is not None and any(id_ in windows.staged for id_ in hardware.ids)
        if seen or staged:
            continue
        if windows.staged is None:
            says = f"whether the driver store has a driver for {hardware.name} was not read"
            open_.append(Reason("card-driver-unknown", says, (), OPEN, _ONCE_CARD, actions))
            continue
        hint = Hint(
            "HKLM\\DRIVERS and HKLM\\SYSTEM\\DriverDatabase",
            f"have none of {', '.join(hardware.ids)}",
        )
        open_.append(
            Reason(
                "card-driver-unknown",
                f"no driver for {hardware.name} was found in the driver store",
                (hint,),
                OPEN,
                _ONCE_CARD,
                actions,
            )
        )
    file = f"/windows/system32/drivers/{needs.service}.sys"
    absent = (
        needs.package
        and one.services.get(needs.service) is None
        and windows.files is not None
        and "/windows/system32/drivers" in windows.files_whole
    )
    if (
        absent
        and len(open_) == len(needs.hardware)
        and windows.files is not None
        and not any(path.endswith(f"/{needs.service}.sys") for path in windows.files)
    ):
        hints = (
            Hint(_SERVICES.format(one.path, needs.service), "is not there"),
            Hint("C:" + file.replace("/", "\\"), "is not there"),
        )
        yield Reason(
            "card-driver-missing",
            f"the driver for {target.id} ({needs.service}) is not installed",
            hints,
            STOPS,
            actions=actions,
        )
        return
    yield from open_
    if windows.build is not None and WINDOWS_8 <= windows.build < WINDOWS_10:
        yield from _test_signed(needs.service, target, windows, "nic")
    service = one.services.get(needs.service)
    if service is not None and service.start == 4:
        yield Reason(
            "card-driver-disabled",
            f"{needs.service} is disabled",
            (Hint(_SERVICES.format(one.path, needs.service), "Start = 4 (never)"),),
            STOPS,
        )


_ONCE_CARD = "start Windows once with a second card of this model"


def _addresses(card: str, windows: Windows) -> Iterator[Reason]:
    """Yield that a new card is a new connection: what was written down for the old one stays with
    that.
    """
    if windows.addresses is None:
        yield Reason(
            "addresses-unread",
            "whether an address is bound to the old card was not read",
            (),
            OPEN,
            _SETTLE_RUNNING,
        )
        return
    here = [one for one in windows.addresses if not one.ghost]
    named = [one for one in here if one.name == card] or here
    static = [one for one in named if one.static]
    ghosts = [one for one in windows.addresses if one.ghost and one.static]
    if static:
        hints = tuple(_kept(one) for one in static[:4])
        actions = (WindowsKeepAddress(*_settings(static)),)
        says = "a static address stays with the old card: the new one has none of its own"
        if len(static) == len(named):
            yield Reason("static-address", says, hints, STOPS, actions=actions)
        else:
            yield Reason(
                "static-address", says, hints, OPEN, "which of these connections is in use", actions
            )
    if ghosts:
        says = (
            f"a card that is no longer there keeps {', '.join(ghosts[0].addresses)}: a new "
            "card of its "
            "model in its slot takes that over"
        )
        free = WindowsGhostAddress(ghosts[0].instance, True, *_settings(ghosts[:1]))
        yield Reason(
            "ghost-address", says, tuple(_kept(one) for one in ghosts[:4]), WARNS, actions=(free,)
        )


# Addresses, their masks, the gateway, and DNS servers.
_Settings = Tuple[Tuple[str, ...], Tuple[str, ...], str, Tuple[str, ...]]


def _kept(one: Address) -> Hint:
    return Hint(
        f"Tcpip\\Parameters\\Interfaces\\{one.interface}",
        f"{one.name} has {', '.join(one.addresses)}",
    )


def _settings(static: List[Address]) -> _Settings:
    """Return the addresses and what goes with them, where they are those of one connection."""
    if len(static) != 1:
        return (), (), "", ()
    one = static[0]
    return one.addresses, one.masks, one.gateway, one.dns


def _actions(target: Target, service: str, state: str, what: str = "disk") -> Tuple[Action, ...]:
    return (WindowsReady(target.id, service, state, what),)
