"""The reason for a name of a disk that is gone after the move, on the command line and in fstab."""

from __future__ import annotations

import re
from typing import Iterable, List

from guestcheck.model.action import NameByUuid
from guestcheck.model.hint import Hint
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.device_names import GONE, Fate

# A file as hints name it: with a line, with an entry's title, or as a file in an image.
_PLACE = re.compile(r"(.*?)(?:, line [0-9]+|, '.*')?(?: in /.*)?\Z", re.DOTALL)
_OPTION = re.compile(r"([a-z][a-z0-9._]{0,30})(?:=|\Z)")
# Files of which makers put a copy into the initramfs; menus and fstab are read from where they are.
_COPIED = (
    " in /",
    "crypttab",
    "mdadm",
    "multipath",
    "initramfs-tools",
    "dracut",
    "mkinitcpio",
    "/etc/cmdline.d",
)


def by_uuid(hint: Hint, spec: str) -> NameByUuid:
    """Return what puts a UUID in place of a device's name."""
    place = _PLACE.match(hint.source)
    option = _OPTION.match(hint.says)
    return NameByUuid(
        spec,
        place[1] if place else "",
        option[1] if option else "",
        hint.says.startswith("What"),
        rebuild=is_copied(hint.source),
    )


def is_copied(file: str) -> bool:
    """Tell whether makers of an initramfs put a copy of a file into it."""
    return any(word in file for word in _COPIED)


def named(
    name: str, what: Text, fate: Fate, hint: Hint, weight: str, spec: str, more: Text = ""
) -> Reason:
    """Make a reason of a name that is gone; one of which that is not sure leaves the verdict open,
    where it would stop the boot.
    """
    action = by_uuid(hint, spec)
    if fate.state == GONE:
        return Reason(
            name,
            message("disk-by-name", what=what, says=fate.says, more=more),
            (hint,),
            weight,
            actions=(action,),
        )
    open_weight = OPEN if weight == STOPS else WARNS
    settle = message("find-out.names-after-move") if open_weight == OPEN else ""
    return Reason(
        name,
        message("disk-by-name", what=what, says=fate.says, more=more),
        (hint,),
        open_weight,
        settle,
        (action,),
    )


# Options of file systems that name another device, without which they are not mounted: btrfs(5),
# xfs(5), ext4(5).
_DEVICE_OPTIONS = ("device=", "logdev=", "rtdev=", "journal_path=")


def renamed_by_hand(reason: Reason) -> Reason:
    """Of a file system's other devices a UUID is not enough to tell them apart: btrfs has one for
    all.
    """
    return reason._replace(
        actions=tuple(
            action._replace(by="hand") if isinstance(action, NameByUuid) else action
            for action in reason.actions
        )
    )


def devices_in(options: Iterable[str]) -> List[str]:
    """Return the devices that a file system's options name."""
    return [option.partition("=")[2] for option in options if option.startswith(_DEVICE_OPTIONS)]
