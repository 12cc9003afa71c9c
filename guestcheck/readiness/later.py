"""What does not stop a boot, and would be found out later: an update of GRUB, cloud-init, names of disks that are not moved."""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.check import Action
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Line
from guestcheck.model.target import WARNS, Reason
from guestcheck.readiness.spelling import GONE, OTHER, Move


def later(move: Move, guest: Guest) -> Iterator[Reason]:
    """Yield what does not stop a boot, and would be found out later."""
    grub = guest.setup.grub
    for setting in grub.defaults if grub else ():
        if setting.name == "GRUB_DISABLE_LINUX_UUID" and setting.value == "true" and not move.same:
            says = "the next update of GRUB's menu writes root= by the name that the disk has then"
            yield Reason("grub-defaults-by-name", says, (setting.line.hint,), WARNS, actions=(Action("grub-by-uuid", {"file": setting.line.file}),))
        for word in setting.value.split():
            spec = word.partition("=")[2]
            fate = move.fate(spec) if word.startswith(("root=", "resume=", "cryptdevice=")) else None
            if fate is not None and fate.state == GONE:
                says = f"the next update of GRUB's menu writes {word} again"
                yield Reason("grub-defaults-by-name", says, (setting.line.hint,), WARNS, actions=(_uuid(setting.line, spec),))
    for setting in grub.map if grub else ():
        if any(move.is_gone(word) for word in setting.values):
            yield Reason("device-map", f"GRUB's device.map takes {setting.name} for {setting.value}", (setting.line.hint,), WARNS)
    for setting in grub.install if grub else ():
        gone = [word for word in setting.values if move.is_gone(word)]
        if gone:
            says = f"the next update of grub-pc installs GRUB on {gone[0]}, which is gone then, and asks or fails"
            yield Reason("grub-install-device", says, (setting.line.hint,), WARNS, actions=(Action("choose-grub-device", {"device": gone[0]}),))
    for line in guest.setup.cloud or ():
        named = [word.strip("[]'\",:") for word in line.text.split()]
        gone = [word for word in named if word.startswith("/dev/") and move.is_gone(word)]
        if gone:
            says = f"cloud-init is told to part, format or mount {gone[0]}; what has that name later may be another disk"
            yield Reason("cloud-init-disks", says, (line.hint,), WARNS, actions=(_uuid(line, gone[0]),))
    if len(move.disks) > 1 and not move.same:
        names = " and ".join(disk.name for disk in move.disks)
        hint = Hint("disks", f"{names} are moved")
        yield Reason("disks-change-order", f"{names} move together: in which order they are found afterwards is up to the machine", (hint,), WARNS)
    others = _other_disks(move, guest)
    if others:
        says = f"these lines name disks that are not moved, whose own names may change as well: {', '.join(sorted(others))}"
        yield Reason("other-disks-by-name", says, tuple(hint for _, hint in sorted(others.items())), WARNS)


def _uuid(line: Line, spec: str) -> Action:
    return Action("name-by-uuid", {"file": line.hint.source, "line": line.text, "device": spec})


def _other_disks(move: Move, guest: Guest) -> "dict[str, Hint]":
    found = {}
    for line in guest.setup.fstab or ():
        fate = move.fate(line.spec)
        if fate is not None and fate.state == OTHER:
            found[line.spec] = line.line.hint
    return found
