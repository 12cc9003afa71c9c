"""To which services Windows binds the new controller: by its driver database, or by its critical
device database before Windows 8.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from guestcheck.model.hint import Hint
from guestcheck.model.message import message
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
    if looks_into_database(windows) is None:
        settle = message("find-out.build")
        return [], Reason(
            "build-unknown",
            message("build-unknown.database"),
            (),
            OPEN,
            settle,
        )
    actions = ready_actions(target, needs.service, "unbound")
    if looks_into_database(windows):
        if windows.bindings is None:
            if seen:
                return seen[:1], None
            return [], Reason(
                "database-unread",
                message("database-unread", name=hardware.name),
                (),
                OPEN,
                ASK_RUNNING,
            )
        all_ids: Sequence[Binding] = windows.bindings
        where = "HKLM\\SYSTEM\\DriverDatabase\\DeviceIds"
    else:
        if one.critical is None:
            return [], Reason(
                "database-unread",
                message("database-unread", name=hardware.name),
                (),
                OPEN,
                ASK_RUNNING,
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
        says = message("driver-staged-only", name=hardware.name)
        return [], Reason("driver-staged-only", says, (hint,), OPEN, once_on(target), actions)
    hint = Hint(where, f"has none of {', '.join(hardware.ids).upper()}")
    if seen:
        says = message("driver-bound-once", name=hardware.name, seen=seen[0])
        return seen[:1], Reason("driver-bound-once", says, (hint,), OPEN, once_on(target), actions)
    settle = message("find-out.host-gives-device", once=once_on(target))
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
            message("driver-bound-to-some", name=hardware.name),
            (hint,),
            OPEN,
            settle,
            actions,
        )
    return [], Reason(
        "driver-not-bound",
        message("driver-not-bound", name=hardware.name),
        (hint,),
        OPEN,
        settle,
        actions,
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
    says = message("package-without-version", name=hardware.name, service=bound[0].service)
    return Reason(
        "package-without-version",
        says,
        (hint,),
        OPEN,
        once_on(target),
        ready_actions(target, bound[0].service, "unbound"),
    )
