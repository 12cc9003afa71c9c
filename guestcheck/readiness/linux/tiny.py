"""tiny-initramfs: what its init, a program of 30 kB, can do, and which modules it loads
(mktirfs(8), README.md).

It inserts the files that /modules names, in that order, without looking for what they depend on; it
finds root= by the kernel's own name, by a number, or by the UUID of ext2 to ext4, XFS and btrfs. It
knows neither udev's links nor PARTUUID= nor LABEL=.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from guestcheck.model.action import PrepareDriver
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Need, Reason
from guestcheck.readiness.linux.boots import READ, Boot
from guestcheck.readiness.linux.gone_names import by_uuid
from guestcheck.readiness.linux.modules import Modules
from guestcheck.readiness.linux.references import root_of

_BY_UUID = ("ext2", "ext3", "ext4", "xfs", "btrfs", "auto", "")


def tiny(needs: Tuple[Need, ...], boot: Boot, guest: Guest, modules: Modules) -> Iterator[Reason]:
    """Yield why tiny-initramfs would not load a driver that it holds, or not find root."""
    if boot.generator != "tiny-initramfs" or boot.state != READ:
        return
    listed = _listed(boot)
    for module in (module for need in needs for module in need.modules):
        if not modules.built_in(module) and any(module in image.modules for image in boot.images):
            yield from _unloaded(module, listed, boot, modules)
    yield from _root(boot, guest)


def _listed(boot: Boot) -> Optional[List[str]]:
    """Return the modules in the order in which they are loaded; None where the list was not read."""
    texts = [text for _, path, text in boot.texts("modules") if path == "modules"]
    if not texts:
        return None
    names = [line.split()[0].rpartition("/")[2] for line in texts[0].split("\n") if line.split()]
    return [name.partition(".ko")[0].replace("-", "_") for name in names]


def _unloaded(
    module: str, listed: Optional[List[str]], boot: Boot, modules: Modules
) -> Iterator[Reason]:
    path = boot.images[-1].path
    action = PrepareDriver((module,), boot.release, boot.generator)
    if listed is None:
        hint = Hint(path, "its list of modules was not read")
        says = message("driver-not-loaded.unknown", module=module)
        yield Reason("driver-not-loaded", says, (hint,), OPEN, message("find-out.modules-list"))
        return
    if module not in listed:
        says = message("driver-not-loaded", module=module)
        yield Reason(
            "driver-not-loaded",
            says,
            (Hint(f"/modules in {path}", f"no {module}"),),
            STOPS,
            "",
            (action,),
        )
        return
    before = listed[: listed.index(module)]
    late = [
        name
        for name in modules.closure(module)
        if not modules.built_in(name) and name not in before
    ]
    if late:
        says = message("driver-not-loaded.order", module=module, late=late[0])
        yield Reason(
            "driver-not-loaded",
            says,
            (Hint(f"/modules in {path}", f"{module} does not stand behind {late[0]}"),),
            STOPS,
            "",
            (action,),
        )


def _root(boot: Boot, guest: Guest) -> Iterator[Reason]:
    root, hint = root_of(boot)
    kind = next((line.type for line in guest.setup.fstab or () if line.where == "/"), "")
    link = root.startswith(("/dev/disk/", "PARTUUID=", "LABEL=", "PARTLABEL="))
    unknown_type = root.startswith("UUID=") and kind not in _BY_UUID
    if link or unknown_type:
        why = f"a {kind} by its UUID" if unknown_type else "it"
        says = message("root-not-understood.tiny", root=root, why=why)
        action = by_uuid(hint, root)._replace(by="UUID" if link else "hand")
        yield Reason("root-not-understood", says, (hint,), STOPS, "", (action,))
