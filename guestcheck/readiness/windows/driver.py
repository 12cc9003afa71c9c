"""Whether the driver of the new controller is installed, starts at boot, and has its file."""

from __future__ import annotations

from typing import Iterator, List

from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Reason, Target
from guestcheck.model.windows import (
    WINDOWS_8,
    ControlSet,
    Needs,
    Windows,
)
from guestcheck.readiness.windows.binding import bound_services, rival_services
from guestcheck.readiness.windows.service import file_reasons, other_sets, start_reasons
from guestcheck.readiness.windows.shared import SERVICE_KEY, once_on, ready_actions
from guestcheck.readiness.windows.signature import signature_reasons


def driver_reasons(
    target: Target, needs: Needs, windows: Windows, one: ControlSet
) -> Iterator[Reason]:
    """Yield what is wrong with the binding, and with the services that it leads to."""
    bound: List[str] = []
    reasons: List[Reason] = []
    for hardware in needs.hardware:
        services, reason = bound_services(hardware, target, needs, windows, one)
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
    names = list(dict.fromkeys([*(bound or [expected]), *rival_services(needs, windows, one)]))
    yield from _one_of(
        [list(_starts(name, target, needs, windows, one, sure)) for name in names], names
    )
    for other, hardware in needs.others:
        services, reason = bound_services(hardware, target, needs, windows, one)
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
    settle = "" if all(stopping) else message("find-out.which-driver", names=tuple(names))
    for reason in (reason for group in groups for reason in group):
        yield (
            reason._replace(weight=OPEN, settle=settle)
            if settle and reason.weight == STOPS
            else reason
        )


def _starts(
    name: str, target: Target, needs: Needs, windows: Windows, one: ControlSet, sure: bool
) -> Iterator[Reason]:
    """Yield why a service would not be started by the boot loader, or has no file to start. `sure`:
    no other one can run the device.
    """
    key = SERVICE_KEY.format(one.path, name)
    service = one.services.get(name.lower())
    if service is None and name.lower() in windows.unread:
        yield Reason(
            "service-unread",
            message("service-unread", name=name),
            (),
            OPEN,
            message("find-out.key", key=key),
        )
        return
    if service is None and not one.whole:
        yield Reason(
            "service-unread",
            message("service-unread.list", name=name),
            (),
            OPEN,
            message("find-out.key", key=key),
        )
        return
    if service is None or (service.start is None and service.image == ""):
        why = "is not there" if service is None else "has no Start: the driver was never installed"
        # What Windows itself has may have been replaced by another maker's.
        weight, settle = (STOPS, "") if needs.package or sure else (OPEN, once_on(target))
        yield Reason(
            "service-missing",
            message("service-missing", name=name),
            (Hint(key, why),),
            weight,
            settle,
            ready_actions(target, name, "missing"),
        )
        return
    yield from start_reasons(service, key, target)
    if service.type not in (1, None):
        yield Reason(
            "service-odd",
            message("service-odd.kind", name=name),
            (Hint(key, f"Type = {service.type}"),),
            OPEN,
            message("find-out.service"),
        )
    yield from file_reasons(service, key, target, windows)
    if needs.package and windows.build is None:
        settle = message("find-out.build")
        yield Reason(
            "build-unknown",
            message("build-unknown.signature", name=name),
            (),
            OPEN,
            settle,
        )
    elif needs.package:
        yield from signature_reasons(name, target, windows, one)
    yield from other_sets(service, windows, one)
