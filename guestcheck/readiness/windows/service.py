"""Whether the boot loader starts a service: its Start, its StartOverride, and its file."""

from __future__ import annotations

from typing import Iterator, Tuple

from guestcheck.model.check import Action
from guestcheck.model.hint import Hint
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
            f"when {service.name} is started is not known",
            (Hint(key, "has no Start"),),
            OPEN,
            f"the value Start of {key}",
        )
    elif service.start != 0:
        says = f"{service.name} is not started at boot"
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
            f"whether something demotes {service.name} at boot was not read",
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
                f"StartOverride may keep {service.name} from being started at boot",
                (hint,),
                OPEN,
                "without it",
            )
            continue
        hint = Hint(f"{key}\\StartOverride", f"{name} = {value} ({STARTS.get(value, 'unknown')})")
        actions = ready_actions(target, service.name, "override")
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


def file_reasons(service: Service, key: str, target: Target, windows: Windows) -> Iterator[Reason]:
    """Yield why a service's file is missing, unknown, or no driver for this Windows."""
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
            f"whether {shown} is there is not known",
            (hint,),
            OPEN,
            f"whether there is {shown}",
        )
        return
    says = f"the file of {service.name} is not there: {shown}"
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
            says = f"ControlSet{other.number:03d}, {which} {service.name} at boot"
            yield Reason(
                "other-set-not-ready", says, (Hint("HKLM\\SYSTEM\\Select", select),), WARNS
            )
