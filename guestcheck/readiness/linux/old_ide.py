"""IDE on kernels with the drivers that libata replaced: piix and hda, where newer ones have
ata_piix and sda.

RHEL 5 and older, SLES 10 and Debian 5 have both. Where piix is built in it takes the controller
before any module does; where both are modules, which of them is loaded first decides the disk's
name. See Documentation/ide/ide.rst of Linux 2.6, and drivers/ide/Kconfig.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, Need, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.modules import Modules

# Distributions changed to libata by then: Fedora 7, Debian 6 and openSUSE 10.3 did.
_LAST = (2, 6, 31)
_NEEDS = (Need(("piix",)), Need(("ide_disk", "ide_gd_mod")))


def as_kernel_has_it(target: Target, boot: Boot, guest: Guest) -> Target:
    """Return `target` with the drivers and names that this kernel has for it."""
    if not _may_be_old(target, boot) or not Modules(
        boot.kernel, guest.setup.dependencies, boot
    ).built_in("piix"):
        return target
    return target._replace(needs=_NEEDS, names="hd")


def unsure(target: Target, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield that either driver may take the controller, where both are modules."""
    if not _may_be_old(target, boot) or target.needs == _NEEDS:
        return
    modules = Modules(boot.kernel, guest.setup.dependencies, boot)
    inside = any("piix" in image.modules for image in boot.images)
    if inside or "piix" in (boot.kernel.files or {}) or not modules.knows_built_in("piix"):
        hint = Hint(f"kernel {boot.release}", "has drivers for IDE of both kinds")
        says = message("old-ide-unsure")
        yield Reason(
            "old-ide-unsure",
            says,
            (hint,),
            OPEN,
            message("find-out.dmesg-on-ide"),
        )


def _may_be_old(target: Target, boot: Boot) -> bool:
    parts = boot.release.split("-")[0].split(".")[:3]
    numbers = tuple(
        int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 6
    )
    return target.id == "ide" and len(numbers) > 1 and numbers <= _LAST
