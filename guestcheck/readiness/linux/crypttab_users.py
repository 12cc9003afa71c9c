"""Who needs a mapping of crypttab: file systems, swap, volumes that lie on it."""

from __future__ import annotations

from typing import Dict, List

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Crypt, Fstab
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.local_fs import LocalFs


class Users:
    """Who needs which mapping: the lines of fstab that the boot requires and the units, made once
    for a guest.
    """

    def __init__(self, guest: Guest, boot: Boot) -> None:
        lines = guest.setup.crypttab or ()
        required = LocalFs(guest, boot).required() if lines else ()
        names = {f"/dev/mapper/{line.name}" for line in lines}
        self._mounts = {
            entry.spec: f"fstab mounts {entry.where} from it, without nofail"
            for entry in reversed(required)
        }
        self._units = {
            unit.device: f"{unit.unit} needs it"
            for unit in guest.setup.units or ()
            if unit.needed and unit.device
        }
        self._above: Dict[
            str, List[str]
            # by a mapping's name those that are opened on it, or with a key derived from its own
        ] = {}
        for line in lines:
            below = (
                line.device[len("/dev/mapper/") :] if line.device.startswith("/dev/mapper/") else ""
            )
            derived = (
                line.key if crypt_option(line, "keyscript").endswith("decrypt_derived") else ""
            )
            for name in {below, derived} - {""}:
                self._above.setdefault(name, []).append(line.name)
        self.perhaps = [
            entry for entry in required if entry.spec not in names and _may_lie_on_one(entry)
        ][:_MOST_PERHAPS]
        self._blocks = {block.name: block for block in guest.block or ()}

    def of(self, line: Crypt) -> str:
        """Say who needs the mapping of `line`, "" where nothing was seen that does."""
        waiting, seen = [line.name], {line.name}
        while waiting and len(seen) < _MOST_ABOVE:
            name = waiting.pop()
            for path in (f"/dev/mapper/{name}", f"/dev/disk/by-id/dm-name-{name}"):
                said = self._mounts.get(path) or self._units.get(path)
                if said:
                    return said
            above = [other for other in self._above.get(name, ()) if other not in seen]
            seen.update(above)
            waiting += above
        return ""

    def is_elsewhere(self, entry: Fstab, line: Crypt) -> bool:
        """Tell whether it was seen that the file system of `entry` lies on other devices than the
        mapping.
        """
        tag, _, value = entry.spec.partition("=")
        blocks = self._blocks
        current = [
            block.name
            for block in blocks.values()
            if entry.where in block.mounts
            or (tag == "UUID" and block.uuid == value)
            or (tag == "LABEL" and block.label == value)
        ]
        if not current:
            return False
        for _ in range(_DEEPEST):
            if any(name not in blocks or blocks[name].mapper_name == line.name for name in current):
                return False
            current = list(
                dict.fromkeys(parent for name in current for parent in blocks[name].parents)
            )
        return True


_MOST_PERHAPS = 20
_MOST_ABOVE = 10_000
_DEEPEST = 12
# Found by the firmware or by GRUB, neither of which opens what crypttab names.
_NEVER_ENCRYPTED = ("/boot", "/boot/efi", "/efi", "/")
_PLAIN = (
    "/dev/sd",
    "/dev/vd",
    "/dev/hd",
    "/dev/xvd",
    "/dev/nvme",
    "PARTUUID=",
    "PARTLABEL=",
    "/dev/disk/by-part",
    "/dev/disk/by-path/",
)


def _may_lie_on_one(entry: Fstab) -> bool:
    """Tell whether what `entry` mounts may lie on a mapping: by a UUID, a label or as a volume."""
    by_content = entry.spec.startswith(
        (
            "UUID=",
            "LABEL=",
            "/dev/disk/by-uuid/",
            "/dev/disk/by-label/",
            "/dev/mapper/",
            "/dev/dm-",
            "/dev/md",
        )
    )
    volume = (
        entry.spec.startswith("/dev/")
        and entry.spec.count("/") == 3
        and not entry.spec.startswith("/dev/disk/")
    )
    return (
        entry.where not in _NEVER_ENCRYPTED
        and not entry.spec.startswith(_PLAIN)
        and (by_content or volume)
    )


def crypt_option(line: Crypt, name: str) -> str:
    """Return the value of an option NAME=VALUE, "" where it has none."""
    return next(
        (option[len(name) + 1 :] for option in line.options if option.startswith(name + "=")), ""
    )
