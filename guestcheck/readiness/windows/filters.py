"""Whether a filter driver on the way to the disk stops the boot."""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.catalogue.windows import STACK
from guestcheck.model.action import DISK, Action, WindowsReady
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Reason, Target
from guestcheck.model.windows import (
    ATA_CONTROLLERS,
    CLASSES,
    SCSI_ADAPTERS,
    ControlSet,
    Filter,
    Needs,
    Service,
    Windows,
    file_of,
)
from guestcheck.readiness.windows.binding import rival_services
from guestcheck.readiness.windows.service import file_kind_reasons
from guestcheck.readiness.windows.shared import SERVICE_KEY, STARTS, is_demoted, once_on


def filter_reasons(
    target: Target, needs: Needs, windows: Windows, one: ControlSet
) -> Iterator[Reason]:
    """Yield filters that keep a class's devices from starting: without its driver, or Xen's away
    from Xen. What was not asked for is passed over.
    """
    # Another maker's driver may make its controller one of the other class.
    rivals = any(rival_services(needs, windows, one))
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
            for reason in _filter_file(service, windows, (_without(found, target),)):
                sure = reason.weight != STOPS or not (rivals and found.of in controllers)
                yield (reason if sure else reason._replace(weight=OPEN, settle=once_on(target)))


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
        yield from file_kind_reasons(service.name, path, windows, actions)
    elif path.rpartition("/")[0] in windows.files_whole:
        shown = "C:" + path.replace("/", "\\")
        says = message("driver-file-missing.filter", name=service.name, shown=shown)
        yield Reason(
            "driver-file-missing", says, (Hint(shown, "is not there"),), STOPS, actions=actions
        )


def _without(found: Filter, target: Target) -> WindowsReady:
    return WindowsReady(target.id, found.service, "filter", DISK, found.of, found.value)


def _filter(found: Filter, target: Target, one: ControlSet, sure: bool) -> Iterator[Reason]:
    """Yield why one filter may stop the boot. `sure`: the disk is behind a device of its class."""
    name, what = found.service, CLASSES[found.of]
    key = SERVICE_KEY.format(one.number, name)
    service = one.services.get(name.lower())
    named = Hint(
        f"HKLM\\SYSTEM\\ControlSet{one.number:03d}\\Control\\Class\\{found.of}",
        f"{found.value} names {name}",
    )
    actions = (_without(found, target),)
    weight, settle = (STOPS, "") if sure else (OPEN, once_on(target))
    if service is None or (service.start is None and not service.image):
        says = message("filter-missing", name=name, what=what)
        yield Reason(
            "filter-missing", says, (named, Hint(key, "is not there")), weight, settle, actions
        )
        return
    starts = Hint(
        key,
        f"Start = {service.start} ({STARTS.get(service.start, 'unknown')})"
        if service.start is not None
        else "has no Start",
    )
    if service.start == 4:
        yield Reason(
            "filter-disabled",
            message("filter-disabled", name=name, what=what),
            (named, starts),
            weight,
            settle,
            actions,
        )
    elif name.lower().startswith("xen") or name.lower() == "scsifilt":
        says = message("filter-of-xen", name=name, what=what)
        yield Reason(
            "filter-of-xen",
            says,
            (named, starts),
            OPEN,
            message("find-out.at-new-place", once=once_on(target)),
            actions,
        )
    elif service.start != 0 or is_demoted(service):
        starts = (
            Hint(f"{key}\\StartOverride", "0 = " + str((service.overrides or {}).get("0")))
            if service.start == 0
            else starts
        )
        says = message("filter-not-boot", name=name, what=what)
        yield Reason("filter-not-boot", says, (named, starts), OPEN, once_on(target), actions)
