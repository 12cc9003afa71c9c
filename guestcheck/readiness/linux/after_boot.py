"""What does not stop a boot, and would be found out later: an update of GRUB, cloud-init, names of
disks that are not moved.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.action import (
    ChooseGrubDevice,
    DropDeviceMap,
    GrubByUuid,
    LiftBlacklist,
    NameByUuid,
)
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Line, Setting
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import WARNS, Reason
from guestcheck.readiness.linux.device_names import GONE, OTHER, UNSURE, Move, split
from guestcheck.readiness.linux.gone_names import by_uuid


def later(move: Move, guest: Guest) -> Iterator[Reason]:
    """Yield what does not stop a boot, and would be found out later."""
    grub = guest.setup.grub
    for setting in grub.defaults if grub else ():
        if setting.name == "GRUB_DISABLE_LINUX_UUID" and setting.value == "true" and not move.same:
            says = message("grub-defaults-by-name.next-update")
            yield Reason(
                "grub-defaults-by-name",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(GrubByUuid(),),
            )
        yield from _forbidden_later(move, setting)
        device = move.fate(setting.value) if setting.name == "GRUB_DEVICE" else None
        if device is not None and device.state == GONE:
            says = message("grub-defaults-by-name.device", value=setting.value)
            yield Reason(
                "grub-defaults-by-name",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(_uuid(setting.line, setting.value),),
            )
        for word in setting.value.split():
            spec = word.partition("=")[2]
            fate = (
                move.fate(spec) if word.startswith(("root=", "resume=", "cryptdevice=")) else None
            )
            if fate is not None and fate.state == GONE:
                says = message("grub-defaults-by-name.word", word=word)
                yield Reason(
                    "grub-defaults-by-name",
                    says,
                    (setting.line.hint,),
                    WARNS,
                    actions=(_uuid(setting.line, spec),),
                )
    for setting in grub.map if grub else ():
        if any(move.is_gone(word) for word in setting.values):
            says = message("device-map", name=setting.name, value=setting.value)
            yield Reason(
                "device-map",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(DropDeviceMap(setting.line.file),),
            )
    for setting in grub.install if grub else ():
        gone = [word for word in setting.values if move.is_gone(word)]
        if gone:
            says = message("grub-install-device", gone=gone[0])
            yield Reason(
                "grub-install-device",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(ChooseGrubDevice(),),
            )
    yield from _cloud(move, guest)
    for setting in guest.setup.resume or ():
        if move.is_gone(setting.value):
            says = message("resume-by-name-later", name=setting.name, value=setting.value)
            yield Reason(
                "resume-by-name-later",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(_uuid(setting.line, setting.value),),
            )
    if len(move.disks) > 1 and not move.same:
        names = " and ".join(disk.name for disk in move.disks)
        hint = Hint("disks", f"{names} are moved")
        yield Reason(
            "disks-change-order",
            message("disks-change-order", names=names),
            (hint,),
            WARNS,
        )
    others = _other_disks(move, guest)
    if others:
        says = message("other-disks-by-name", others=tuple(sorted(others)))
        yield Reason(
            "other-disks-by-name", says, tuple(hint for _, hint in sorted(others.items())), WARNS
        )


_FORBIDS = (
    "module_blacklist=",
    "modprobe.blacklist=",
    "rd.driver.blacklist=",
    "rdblacklist=",
    "rd.blacklist=",
)


def _forbidden_later(move: Move, setting: Setting) -> Iterator[Reason]:
    """GRUB's defaults may forbid what the menu that was written from them before does not."""
    wanted = {module for need in move.target.needs for module in need.modules}
    for word in setting.value.split():
        listed = (
            {name.replace("-", "_") for name in word.partition("=")[2].split(",")}
            if word.startswith(_FORBIDS)
            else set()
        )
        if wanted & listed:
            says = message("grub-defaults-forbid", word=word, value=tuple(sorted(wanted & listed)))
            yield Reason(
                "grub-defaults-forbid",
                says,
                (setting.line.hint,),
                WARNS,
                actions=(LiftBlacklist(min(wanted & listed)),),
            )


def _cloud(move: Move, guest: Guest) -> Iterator[Reason]:
    """A disk that cloud-init is told to part or format by name may be another one after the move;
    it takes names without /dev/ too.
    """
    for line in () if move.same else guest.setup.cloud or ():
        for word in (word.strip("[]'\",:") for word in line.text.split()):
            spec = word if word.startswith("/dev/") else f"/dev/{word}" if split(word)[0] else ""
            fate = move.fate(spec) if spec else None
            disk = split(spec[len("/dev/") :])
            fresh = (
                bool(disk[0])
                and disk[0] == move.target.names
                and move.known
                and all(one.name != disk[1] for one in (*move.disks, *move.others))
            )
            if fate is None or not (fate.state in (GONE, UNSURE) or fresh):
                continue
            what = (
                "which is a name that the moved disk may get"
                if fresh
                else "what has that name later may be another disk"
            )
            says = message("cloud-init-disks", word=word, what=what)
            yield Reason(
                "cloud-init-disks", says, (line.hint,), WARNS, actions=(_uuid(line, spec),)
            )


def _uuid(line: Line, spec: str) -> NameByUuid:
    return by_uuid(line.hint, spec)


def _other_disks(move: Move, guest: Guest) -> "dict[str, Hint]":
    found = {}
    for line in guest.setup.fstab or ():
        fate = move.fate(line.spec)
        if fate is not None and fate.state == OTHER:
            found[line.spec] = line.line.hint
    return found
