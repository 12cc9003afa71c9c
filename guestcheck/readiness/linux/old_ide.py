"""IDE on kernels with the drivers that libata replaced: piix and hda, where newer ones have
ata_piix and sda.

RHEL 5 and older, SLES 10 and Debian 5 have both. Where piix is built in it takes the controller
before any module does; where both are modules, which of them is loaded first decides the disk's
name. See Documentation/ide/ide.rst of Linux 2.6, and drivers/ide/Kconfig.
"""

from __future__ import annotations

from typing import Iterator, Optional

from guestcheck.catalogue.rows import BY_ID, driver_of, first_disk
from guestcheck.model.device import OldDriver
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.modules import Modules


def as_kernel_has_it(target: Target, boot: Boot, guest: Guest) -> Target:
    """Return `target` with the drivers and names that this kernel has for it."""
    old = _may_be_old(target, boot)
    if old is None or not Modules(boot.kernel, guest.setup.dependencies, boot).built_in(_own(old)):
        return target
    return target._replace(needs=old.needs, names=old.prefix.letters)


def unsure(target: Target, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield that either driver may take the controller, where both are modules."""
    old = _may_be_old(target, boot)
    if old is None or target.needs == old.needs:
        return
    modules, own = Modules(boot.kernel, guest.setup.dependencies, boot), _own(old)
    inside = any(own in image.modules for image in boot.images)
    if inside or own in (boot.kernel.files or {}) or not modules.knows_built_in(own):
        new = driver_of(BY_ID[target.id])
        hint = Hint(f"kernel {boot.release}", "has drivers for IDE of both kinds")
        says = message(
            "old-ide-unsure",
            own=own,
            new=new,
            first_disk=old.prefix.first_disk,
            second_disk=first_disk(BY_ID[target.id]),
        )
        yield Reason(
            "old-ide-unsure",
            says,
            (hint,),
            OPEN,
            message("find-out.dmesg-on-ide"),
        )


def _own(old: OldDriver) -> str:
    return old.needs[0].modules[0]


def _may_be_old(target: Target, boot: Boot) -> Optional[OldDriver]:
    old = BY_ID[target.id].old_driver
    parts = boot.release.split("-")[0].split(".")[:3]
    numbers = tuple(
        int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 6
    )
    return old if old and len(numbers) > 1 and numbers <= old.until else None
