"""Whether the boot loader starts a service: its Start, its StartOverride, and its file."""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.model.action import Action
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason, Target
from guestcheck.model.windows import (
    ODD,
    ControlSet,
    Service,
    Windows,
    file_of,
)
from guestcheck.readiness.windows.shared import ASK_RUNNING, STARTS, ready_actions


def start_reasons(service: Service, key: str, target: Target) -> Iterator[Reason]:
    """Yield why the boot loader would not start a service, or may not."""
    if service.start is None:
        yield Reason(
            "service-odd",
            message("service-odd.start", name=service.name),
            (Hint(key, "has no Start"),),
            OPEN,
            message("find-out.value-start", key=key),
        )
    elif service.start != 0:
        says = message("service-not-boot", name=service.name)
        hint = Hint(key, f"Start = {service.start} ({STARTS.get(service.start, 'unknown')})")
        yield Reason(
            "service-not-boot",
            says,
            (hint,),
            STOPS,
            actions=ready_actions(target, service.name, "start"),
        )
    if service.overrides is None:
        yield Reason(
            "override-unread",
            message("override-unread", name=service.name),
            (),
            OPEN,
            ASK_RUNNING,
        )
        return
    for name, value in service.overrides.items():
        if value == 0 and service.start == 0:
            continue
        if value == ODD:
            hint = Hint(f"{key}\\StartOverride", f"{name} is no number")
            yield Reason(
                "service-overridden",
                message("service-overridden.maybe", name=service.name),
                (hint,),
                OPEN,
                message("find-out.without-it"),
            )
            continue
        hint = Hint(f"{key}\\StartOverride", f"{name} = {value} ({STARTS.get(value, 'unknown')})")
        actions = ready_actions(target, service.name, "override")
        if name == "0" and value != 0:
            yield Reason(
                "service-overridden",
                message("service-overridden", name=service.name),
                (hint,),
                STOPS,
                actions=actions,
            )
        elif value != (service.start or 0):
            yield Reason(
                "service-overridden",
                message("service-overridden.maybe", name=service.name),
                (hint,),
                OPEN,
                message("find-out.without-it"),
                actions,
            )


def file_reasons(service: Service, key: str, target: Target, windows: Windows) -> Iterator[Reason]:
    """Yield why a service's file is missing, unknown, or no driver for this Windows."""
    if service.image is None:
        settle = message("find-out.image-path", key=key)
        yield Reason(
            "driver-file-unread",
            message("driver-file-unread.service", name=service.name),
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
            message("driver-file-unknown", name=service.name),
            (hint,),
            OPEN,
            message("find-out.such-a-file"),
        )
        return
    shown = "C:" + path.replace("/", "\\")
    if windows.files is not None and path in windows.files:
        yield from file_kind_reasons(
            service.name, path, windows, ready_actions(target, service.name, "file")
        )
        return
    folder = path.rpartition("/")[0]
    whole = folder in windows.files_whole or (
        folder.rpartition("/")[0] + "/*" in windows.files_whole
    )
    if windows.files is None or not whole:
        yield Reason(
            "driver-file-unread",
            message("driver-file-unread", shown=shown),
            (hint,),
            OPEN,
            message("find-out.file", shown=shown),
        )
        return
    says = message("driver-file-missing.service", name=service.name, shown=shown)
    yield Reason(
        "driver-file-missing",
        says,
        (hint,),
        STOPS,
        actions=ready_actions(target, service.name, "file"),
    )


def file_kind_reasons(
    name: str, path: str, windows: Windows, actions: Tuple[Action, ...]
) -> Iterator[Reason]:
    """Yield why a file that is there is no driver for this Windows, as far as its head was read."""
    kind = windows.file_kinds.get(path, "")
    shown = "C:" + path.replace("/", "\\")
    mine = windows.architecture
    if not kind or kind == mine:
        return
    if kind == "empty":
        yield Reason(
            "driver-file-empty",
            message("driver-file-empty", name=name, shown=shown),
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
            message("driver-file-odd", name=name, odd=odd),
            (hint,),
            OPEN,
            message("find-out.whole-driver", shown=shown),
            actions,
        )
    elif kind in _PROCESSORS and mine in _PROCESSORS:
        says = message("driver-file-foreign", name=name, kind=kind, mine=mine)
        yield Reason(
            "driver-file-foreign",
            says,
            (Hint(shown, f"is a program for {kind}"),),
            STOPS,
            actions=actions,
        )
    else:
        settle = (
            message("find-out.processor-of-windows")
            if kind in _PROCESSORS
            else message("find-out.processor-of-file", shown=shown)
        )
        says = message("driver-file-foreign.unknown", name=name)
        yield Reason(
            "driver-file-odd",
            says,
            (Hint(shown, f"is a program for {kind}"),),
            OPEN,
            settle,
            actions,
        )


_PROCESSORS = ("amd64", "x86", "arm64")


def other_sets(service: Service, windows: Windows, one: ControlSet) -> Iterator[Reason]:
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
            select = (
                f"Default = {windows.boots_with}, Current = {windows.current}, "
                f"LastKnownGood = {windows.last_good}"
            )
            which = "which Windows may fall back to, does not start"
            if other.number not in (windows.current, windows.last_good):
                which = (
                    "with which Windows does not start unless Select is changed, would not start"
                )
            says = message(
                "other-set-not-ready", number=other.number, which=which, name=service.name
            )
            yield Reason(
                "other-set-not-ready", says, (Hint("HKLM\\SYSTEM\\Select", select),), WARNS
            )
