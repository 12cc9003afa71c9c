"""Is a module there once the root file system is mounted: those of NICs and of further disks."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from guestcheck.model.action import InstallDriver
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN as LEAVES_OPEN
from guestcheck.model.target import STOPS, WARNS, Need, Reason
from guestcheck.readiness.linux.boots import NONE, Boot
from guestcheck.readiness.linux.drivers import reach
from guestcheck.readiness.linux.forbidden import Forbidden, in_initramfs
from guestcheck.readiness.linux.modules import Modules, symbol_of


def after_root(
    needs: Tuple[Need, ...], boot: Boot, modules: Modules, forbidden: Forbidden
) -> Iterator[Reason]:
    """Yield why a device that `needs` these modules would have no driver once the root file system,
    with all modules, is there.
    """
    early = in_initramfs(boot)
    for need in needs:
        found = [
            _or_loaded_early(
                _from_root(module, boot, modules, forbidden), module, boot, modules, early
            )
            for module in need.modules
        ]
        lacking = [reason for reason in found if reason and reason.weight != WARNS]
        if not lacking:
            yield from (reason for reason in found if reason)
        elif len(lacking) == len(found):
            yield lacking[0]
        elif lacking and need.each:
            yield lacking[0]._replace(
                says=message("also", says=lacking[0].says, rest=need.says),
                weight=LEAVES_OPEN,
                settle=message("find-out.which-the-machine-has"),
            )


def _or_loaded_early(
    reason: Optional[Reason], module: str, boot: Boot, modules: Modules, early: Forbidden
) -> Optional[Reason]:
    """What the root file system forbids comes too late for what an older initramfs has loaded: udev
    there loads all it has a driver for.
    """
    if reason is None or reason.id != "driver-blacklisted" or boot.state == NONE:
        return reason
    found = reach(module, boot, modules, early, "")
    if found.there and boot.generator != "mkinitrd":
        return reason._replace(
            id="driver-blacklisted-later",
            says=message("after-next-rebuild", says=reason.says),
            weight=WARNS,
            settle="",
        )
    if found.reason and found.reason.weight == LEAVES_OPEN:
        return reason._replace(
            weight=LEAVES_OPEN,
            settle=message(
                "find-out.loaded-before",
                module=module,
                settle=boot.settle or message("find-out.in-image"),
            ),
        )
    return reason


def _from_root(module: str, boot: Boot, modules: Modules, forbidden: Forbidden) -> Optional[Reason]:
    if modules.built_in(module):
        return None
    lacks = modules.lacks(module)
    if lacks:
        return Reason(
            "driver-not-in-kernel",
            message("driver-not-in-kernel", release=boot.release, module=module),
            (lacks,),
            actions=(InstallDriver(boot.release, module, symbol_of(module)),),
        )
    files = boot.kernel.files
    if files is None:
        hint = Hint(f"/lib/modules/{boot.release}", "was not listed")
        return Reason(
            "driver-unread",
            message("driver-unread", release=boot.release, module=module),
            (hint,),
            LEAVES_OPEN,
            message("find-out.modules-folder", release=boot.release),
        )
    missing = [
        name
        for name in (module, *modules.closure(module))
        if name not in files and not modules.built_in(name)
    ]
    if missing:
        hint = Hint(f"/lib/modules/{boot.release}", f"no file of {missing[0]}")
        says = (
            message("driver-file-missing", module=module)
            if missing[0] == module
            else message("driver-file-missing.dependency", needed=missing[0], module=module)
        )
        known = modules.knows_built_in(missing[0])
        settle = "" if known else message("find-out.modules-builtin", release=boot.release)
        return Reason("driver-file-missing", says, (hint,), STOPS if known else LEAVES_OPEN, settle)
    return forbidden.bars(module, modules.closure(module))
