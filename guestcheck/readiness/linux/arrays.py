"""Would mdadm still assemble its arrays: which devices mdadm.conf permits, by the image's copy for
root, by the guest's own for others.

DEVICE names the devices that may be members (patterns, or `partitions`, the default), an ARRAY's
devices= those of that one array. Each new device is held against them (mdadm.conf(5); mdadm
--incremental: "not permitted by mdadm.conf").
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Iterator, NamedTuple, Optional, Tuple

from guestcheck.model.action import FixMdadmDevices
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Setting
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import READ, Boot
from guestcheck.readiness.linux.device_names import STAYS, UNSURE, Move
from guestcheck.readiness.linux.layers import MD, Layers, outside
from guestcheck.readiness.linux.local_fs import LocalFs


class Refusal(NamedTuple):
    """A line of mdadm.conf that permits none of the new names; `sure` is False where it has names
    that may be right.
    """

    setting: Setting
    words: Tuple[str, ...]
    sure: bool


def arrays(move: Move, boot: Boot, guest: Guest, layers: Layers) -> Iterator[Reason]:
    """Yield which lines of mdadm.conf keep arrays from being assembled after `move`, and whether
    that stops the boot.
    """
    if move.same:
        return
    root = layers.possible(MD)
    ignored = boot.generator == "dracut" and boot.option("rd.md.conf") in ("0", "no")
    inside = () if ignored else tuple(setting for image in boot.images for setting in image.arrays)
    early, late = list(_refusals(inside, move)), list(_refusals(guest.setup.arrays or (), move))
    decided = bool(inside) and boot.state == READ
    if decided and root is not None:
        for refusal in early:
            yield _reason(
                refusal,
                STOPS if root.sure and not move.others else OPEN,
                "which array the boot needs (lsblk)",
                "the initramfs's mdadm",
            )
    needed = bool(late) and any(
        line.spec.startswith("/dev/md") for line in LocalFs(guest, boot).required()
    )
    maybe = root is not None and not decided
    stacked = any("md" in layer.lower() for disk in move.disks for layer in disk.stack)
    for refusal in late:
        if needed and decided and early:
            yield _reason(
                refusal,
                STOPS if not move.others else OPEN,
                "which array is on the disk that is moved",
                "mdadm",
            )
        else:
            yield _reason(
                refusal,
                OPEN if needed or maybe or stacked else WARNS,
                "which array the boot needs",
                "mdadm",
            )


def _refusals(settings: Tuple[Setting, ...], move: Move) -> Iterator[Refusal]:
    devices = [setting for setting in settings if setting.name == "DEVICE"]
    words = tuple(word for setting in devices for word in setting.values)
    if devices and not {"partitions", "containers"} & set(words):
        permitted = _permits(words, move)
        if not permitted:
            yield Refusal(devices[0], words, permitted is False)
    for setting in settings:
        listed = tuple(
            part
            for word in setting.values
            if setting.name == "ARRAY" and word.lower().startswith("devices=")
            for part in word[8:].split(",")
        )
        permitted = _permits(listed, move) if listed else True
        if not permitted:
            yield Refusal(setting, listed, permitted is False)


def _permits(words: Tuple[str, ...], move: Move) -> Optional[bool]:
    """Tell whether one of the patterns takes a name of the moved disk; None where a name may be
    right.
    """
    from guestcheck.readiness.linux.stacks import new_names

    names = new_names(move.target.names)
    unsure = False
    for word in words:
        if any(fnmatchcase(name, word) for name in names):
            return True
        if move.is_gone(word):
            continue
        plain = word.split("*", 1)[0].split("[", 1)[0].split("?", 1)[0]
        fate = move.fate(plain)
        content = fate is not None and fate.state == STAYS and not word.startswith("/dev/md")
        unsure = unsure or content or (fate is not None and fate.state == UNSURE)
    return None if unsure else False


def _reason(refusal: Refusal, weight: str, settle: Text, who: str) -> Reason:
    says = message("mdadm-by-name", who=who, words=" ".join(refusal.words[:5]))
    action = FixMdadmDevices(outside(refusal.setting.line.file))
    if weight == STOPS and not refusal.sure:
        weight, settle = OPEN, message("find-out.names-under-dev-disk")
    return Reason(
        "mdadm-by-name",
        says,
        (refusal.setting.line.hint,),
        weight,
        settle if weight == OPEN else "",
        (action,),
    )
