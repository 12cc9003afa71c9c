"""What the judgement of disks and that of NICs share: the control set that boots, doubts about the
registry, and the words of both.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from guestcheck.catalogue.windows import DATABASE_SINCE
from guestcheck.model.action import Action, WindowsReady
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import OPEN, STOPS, Reason, Target
from guestcheck.model.windows import (
    ControlSet,
    Hardware,
    Service,
    Windows,
)

SERVICE_KEY = "{}\\Services\\{}"
STARTS = {0: "boot", 1: "system", 2: "automatic", 3: "on demand", 4: "never"}


ASK_RUNNING = message("find-out.preflight-as-administrator")


def once_on(target: Target) -> Message:
    """Return what would settle most: Windows started once with such a disk and its own."""
    return message("find-out.start-once", target=target.id)


def is_demoted(service: Service) -> bool:
    """Tell whether StartOverride keeps a service from being started at boot."""
    return bool((service.overrides or {}).get("0"))


def doubted(reasons: List[Reason], windows: Windows) -> List[Reason]:
    """Leave open what is read in a registry that may not be so."""
    if not windows.doubts:
        return reasons
    settle = message("find-out.shut-down")
    hints = tuple(Hint("registry", says) for says in windows.doubts[:3])
    doubt = Reason("registry-doubtful", message("registry-doubtful"), hints, OPEN, settle)
    return [
        reason._replace(weight=OPEN, settle=settle) if reason.weight == STOPS else reason
        for reason in reasons
    ] + [doubt]


def set_that_boots(windows: Windows) -> Optional[ControlSet]:
    """Return the control set that Windows boots with; None where it is unknown or not there."""
    return next((one for one in windows.sets or () if one.number == windows.boots_with), None)


def no_set(windows: Windows) -> Reason:
    """Return why there is no control set to look into."""
    if windows.sets is None:
        return Reason(
            "registry-unread",
            message("registry-unread"),
            (),
            OPEN,
            ASK_RUNNING,
        )
    there = ", ".join(f"ControlSet{one.number:03d}" for one in windows.sets) or "none"
    if windows.boots_with is None:
        hint = Hint("HKLM\\SYSTEM\\Select", f"names no control set; there are: {there}")
        return Reason(
            "control-set-unknown",
            message("control-set-unknown"),
            (hint,),
            OPEN,
            message("find-out.key-select"),
        )
    hint = Hint("HKLM\\SYSTEM\\Select", f"Default = {windows.boots_with}; there are: {there}")
    return Reason(
        "control-set-missing",
        message("control-set-missing"),
        (hint,),
        OPEN,
        message("find-out.boot-now"),
    )


def is_of(instance: str, hardware: Hardware) -> bool:
    """Tell whether a device that was there is of this hardware; ids of classes are in no instance's
    name.
    """
    device = instance.rpartition("\\")[0]
    return any(device == id_ or device.startswith(id_ + "&") for id_ in hardware.ids)


def looks_into_database(windows: Windows) -> Optional[bool]:
    """Tell whether Windows binds by the driver database, as it does from 8 on."""
    if windows.build is not None:
        return windows.build >= DATABASE_SINCE
    return windows.has_database


def ready_actions(
    target: Target, service: str, state: str, what: str = "disk"
) -> Tuple[Action, ...]:
    """Return the action that makes Windows ready for `target`: `state` is what is wrong with the
    service, `what` is "disk" or "nic".
    """
    return (WindowsReady(target.id, service, state, what),)
