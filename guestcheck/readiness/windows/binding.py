"""To which services Windows binds the new controller: by its driver database, or by its critical
device database before Windows 8.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from guestcheck.model.action import Action
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import OPEN, Reason, Target
from guestcheck.model.windows import (
    WINDOWS_10,
    Binding,
    ControlSet,
    Hardware,
    Needs,
    Windows,
)
from guestcheck.readiness.windows.shared import (
    ASK_RUNNING,
    is_of,
    looks_into_database,
    once_on,
    ready_actions,
)


def rival_services(needs: Needs, windows: Windows, one: ControlSet) -> Iterator[str]:
    """Yield the services that other makers bound to single devices of the class, which come before
    what is bound to the class.
    """
    if looks_into_database(windows):
        bound = [(binding.id, binding.service) for binding in windows.bindings or ()]
    else:
        bound = [(id_.replace("#", "\\"), service) for id_, service in (one.critical or {}).items()]
    for id_, service in bound:
        if service and any(
            id_ == device or id_.startswith(device + "&") for device in needs.rivals
        ):
            yield service


def bound_services(
    hardware: Hardware, target: Target, needs: Needs, windows: Windows, one: ControlSet
) -> Tuple[List[str], Optional[Reason]]:
    """Return the services that run a device, several where packages differ on its closest id, or
    why none does.
    """
    seen = [
        service
        for id_, service in (one.instances or {}).items()
        if service and is_of(id_, hardware)
    ]
    by_database = looks_into_database(windows)
    if by_database is None:
        says = message("build-unknown.database")
        return [], Reason("build-unknown", says, (), OPEN, message("find-out.build"))
    all_ids, where = _database(by_database, windows, one)
    if all_ids is None:
        if by_database and seen:
            return seen[:1], None
        says = message("database-unread", name=hardware.name)
        return [], Reason("database-unread", says, (), OPEN, ASK_RUNNING)
    found = [binding for id_ in hardware.ids for binding in all_ids if binding.id == id_]
    closest = next((binding.id for binding in found if binding.service), "")
    if closest:
        bound = [binding for binding in found if binding.id == closest and binding.service]
        services = list(dict.fromkeys(binding.service for binding in bound))
        return services, _without_version(bound, hardware, target, windows, where)
    actions = ready_actions(target, needs.service, "unbound")
    once = once_on(target)
    if found:
        return [], _staged_only(found[0], hardware, where, once, actions)
    if seen:
        says = message("driver-bound-once", name=hardware.name, seen=seen[0])
        hint = _has_none(where, hardware)
        return seen[:1], Reason("driver-bound-once", says, (hint,), OPEN, once, actions)
    return [], _unbound(all_ids, hardware, where, once, actions)


def _database(
    by_database: bool, windows: Windows, one: ControlSet
) -> Tuple[Optional[Sequence[Binding]], str]:
    """Return what Windows binds to services, None where it was not read, and where that stands."""
    if by_database:
        return windows.bindings, "HKLM\\SYSTEM\\DriverDatabase\\DeviceIds"
    where = f"{one.path}\\Control\\CriticalDeviceDatabase"
    if one.critical is None:
        return None, where
    critical = [
        Binding(id_.replace("#", "\\"), service, "")
        for id_, service in one.critical.items()
        if service
    ]
    return critical, where


def _has_none(where: str, hardware: Hardware) -> Hint:
    return Hint(where, f"has none of {', '.join(hardware.ids).upper()}")


def _staged_only(
    binding: Binding, hardware: Hardware, where: str, once: Message, actions: Tuple[Action, ...]
) -> Reason:
    hint = Hint(
        f"{where}\\{binding.id}",
        f"names {binding.package}, whose package has no configuration for it yet",
    )
    says = message("driver-staged-only", name=hardware.name)
    return Reason("driver-staged-only", says, (hint,), OPEN, once, actions)


def _unbound(
    all_ids: Sequence[Binding],
    hardware: Hardware,
    where: str,
    once: Message,
    actions: Tuple[Action, ...],
) -> Reason:
    """Return that no driver is bound to a device, or only to some kinds of it."""
    settle = message("find-out.host-gives-device", once=once)
    some = next(
        (
            binding
            for binding in all_ids
            if binding.service and any(binding.id.startswith(id_ + "&") for id_ in hardware.ids)
        ),
        None,
    )
    if some:
        says = message("driver-bound-to-some", name=hardware.name)
        hint = Hint(f"{where}\\{some.id}", f"binds it to {some.service}")
        return Reason("driver-bound-to-some", says, (hint,), OPEN, settle, actions)
    says = message("driver-not-bound", name=hardware.name)
    return Reason("driver-not-bound", says, (_has_none(where, hardware),), OPEN, settle, actions)


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
    says = message("package-without-version", name=hardware.name, service=bound[0].service)
    return Reason(
        "package-without-version",
        says,
        (hint,),
        OPEN,
        once_on(target),
        ready_actions(target, bound[0].service, "unbound"),
    )
