"""What an initramfs waits for beside the root file system, and whether it loads drivers at all.

dracut writes, for each device that the machine it was made on had to have, a hook that is true when
that device's name exists (dracut-lib.sh, wait_for_dev; modules.d/99base). Where one stays away the
boot ends in its emergency shell (dracut-initqueue.sh). Names that begin with /dev/disk/by-uuid come
along with the disk. An fstab in an image is mounted by systemd in it: systemd-fstab-generator(8).
mkinitcpio loads by alias in the hooks `udev` and `systemd` alone, and by name what MODULES holds:
mkinitcpio(8).
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterator, Tuple

from guestcheck.model.action import GenericInitramfs, NameByUuid, PrepareDriver
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Need, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.device_names import GONE, UNSURE, Move

_HOOK = compile_pattern(
    r"(?:(?:usr/|var/)?lib/dracut/hooks/)?initqueue[/-]finished/devexists-(.+)\.sh\Z"
)
_UDEV = ("systemd-udevd", "/udevd", "/udevadm")


def waits(move: Move, boot: Boot, tool: str) -> Iterator[Reason]:
    """Yield what the initramfs of `boot` would wait for in vain; it is made by `tool`, where it
    does not tell itself.
    """
    yield from _hooks(move, boot, tool)
    yield from _fstab(move, boot)


def _hooks(move: Move, boot: Boot, tool: str) -> Iterator[Reason]:
    for image in boot.images:
        for file in sorted(image.files):
            match = _HOOK.match(file)
            spec = match[1].replace("\\x2f", "/").replace("\\x20", " ") if match else ""
            fate = move.fate(spec) if spec else None
            if fate is None or fate.state not in (GONE, UNSURE):
                continue
            says = message("initramfs-waits", spec=spec, says=fate.says)
            settle = "" if fate.state == GONE else message("find-out.names-after-move")
            yield Reason(
                "initramfs-waits",
                says,
                (Hint(image.path, file),),
                STOPS if fate.state == GONE else OPEN,
                settle,
                (GenericInitramfs(*boot.initramfs(tool)),),
            )


def _fstab(move: Move, boot: Boot) -> Iterator[Reason]:
    for image, path, text in boot.texts("etc/fstab"):
        for number, row in enumerate(text.split("\n"), 1):
            words = row.split()
            if len(words) < 2 or words[0].startswith("#"):
                continue
            fate = move.fate(words[0])
            if fate is None or fate.state not in (GONE, UNSURE):
                continue
            lax = len(words) > 3 and {"nofail", "noauto"} & set(words[3].split(","))
            says = message("initramfs-fstab", words=words[0], says=fate.says)
            settle = "" if lax else message("find-out.initramfs-waits")
            hint = Hint(f"{path} in {image}, line {number}", row.strip())
            action = NameByUuid(words[0], "/etc/fstab", rebuild=True)
            yield Reason(
                "initramfs-fstab", says, (hint,), WARNS if lax else OPEN, settle, (action,)
            )


def unloading(needs: Tuple[Need, ...], boot: Boot) -> Iterator[Reason]:
    """Yield why nothing would load the drivers that are in the initramfs: no hook does by alias,
    and none of them is named.
    """
    if boot.generator != "mkinitcpio" or any(
        file.endswith(_UDEV) for image in boot.images for file in image.files
    ):
        return
    told = (
        " ".join(text for _, path, text in boot.texts("config") if path == "config")
        .replace('"', " ")
        .replace("(", " ")
        .replace(")", " ")
    )
    listed = {word.replace("-", "_") for word in told.split()}
    for need in needs:
        inside = [
            module
            for module in need.modules
            if any(module in image.modules for image in boot.images)
        ]
        if inside and not listed & set(inside):
            hint = Hint(boot.images[-1].path, "has no udev in it, and MODULES does not name it")
            action = PrepareDriver((inside[0],), *boot.initramfs(""))
            settle = message("find-out.what-loads")
            yield Reason(
                "initramfs-without-udev",
                message("initramfs-without-udev", inside=inside[0]),
                (hint,),
                OPEN,
                settle,
                (action,),
            )
