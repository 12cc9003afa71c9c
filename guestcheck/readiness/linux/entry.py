"""Does the boot get as far as the kernel: which boot loader starts, and whether the files that its
entry names are there and whole.

What firmware and boot sector do before is not examined. A file is missing where its folder was seen
without it; a folder that was not seen, since its file system is not mounted, proves nothing.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Entry, KernelFile
from guestcheck.model.hint import Hint
from guestcheck.model.source import locate
from guestcheck.model.target import OPEN, STOPS, Reason
from guestcheck.readiness.linux.boots import Boot

_GRUB = ("grub", "grub-efi")
# Why an image was not read to its end, and that is no damage of it.
_NO_DAMAGE = (
    "holds more, which is not looked into",
    "the listing may not be whole",
    "only root may read it",
)


def entered(boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield why the boot loader may not start this kernel, or something else in its place."""
    yield from _loader(guest)
    if boot.entry is not None and boot.entry.linux:
        yield from _kernel(boot.entry, guest)
    yield from _initramfs(boot, guest)


def _loader(guest: Guest) -> Iterator[Reason]:
    loader = guest.setup.loader
    if loader is None:
        return
    if loader.empty:
        hint = Hint(loader.empty, "holds no command")
        yield Reason(
            "boot-menu-empty", f"{loader.empty} is empty: GRUB starts nothing by itself", (hint,)
        )
    if loader.kind == "kernel-install":
        hint = Hint("/etc/kernel/cmdline", "is what entries are made from")
        says = "the boot loader's entry was not seen, only what it is made from"
        yield Reason("boot-entry-unseen", says, (hint,), OPEN, "the EFI system partition, mounted")
    if loader.unread:
        says = (
            "the default entry is in none of the menus that were read, and may be in a file "
            "that one of "
            "them reads"
        )
        settle = "the files that grub.cfg reads with source or configfile"
        yield Reason("boot-entry-unseen", says, loader.unread[:3], OPEN, settle)
    if loader.rivals:
        named = " and ".join(hint.source for hint in loader.rivals)
        says = f"another boot loader may start: {named} has a menu too, with another default"
        yield Reason(
            "boot-loader-unsure",
            says,
            loader.rivals,
            OPEN,
            "which boot loader the machine starts: efibootmgr -v, bootctl status",
        )


def _kernel(entry: Entry, guest: Guest) -> Iterator[Reason]:
    paths = guest.setup.boot_files
    if paths is None:
        return
    place = locate(entry.linux, entry.file, paths)
    if place.path:
        yield from _whole(guest.setup.kernel_files.get(place.path))
    elif place.missing:
        hint = Hint(entry.file, f"names {entry.linux}, which is not there")
        yield Reason(
            "kernel-file-missing",
            f"the kernel of the boot entry is missing: {entry.linux}",
            (hint,),
        )
    elif not _made_from(entry.linux, guest):
        hint = Hint(entry.file, f"names {entry.linux}, whose folder was not seen")
        says = f"the kernel of the boot entry was not seen: {entry.linux}"
        yield Reason(
            "kernel-file-unseen",
            says,
            (hint,),
            OPEN,
            f"the file system that holds {entry.linux}, mounted",
        )


def _made_from(name: str, guest: Guest) -> bool:
    """Tell whether the file is there that clr-boot-manager copies to the EFI system partition under
    this name.
    """
    last = name.rpartition("/")[2]
    source = f"/usr/lib/kernel/{last[len('kernel-') :]}"
    return last.startswith("kernel-") and source in (guest.setup.boot_files or ())


def _whole(file: "KernelFile | None") -> Iterator[Reason]:
    if file is None or not file.trouble:
        return
    hint = Hint(file.path, file.trouble)
    if file.trouble.startswith(("damaged: ", "it is empty", "it leads to where nothing is")):
        yield Reason(
            "kernel-file-damaged",
            f"the kernel {file.path} cannot be started: {file.trouble}",
            (hint,),
        )


def _initramfs(boot: Boot, guest: Guest) -> Iterator[Reason]:
    if boot.lost:
        kind = guest.setup.loader.kind if guest.setup.loader else ""
        # GRUB shows an error, waits for a key, and starts the kernel without it.
        weight = OPEN if kind in _GRUB else STOPS
        settle = "whether the kernel boots without an initramfs" if weight == OPEN else ""
        yield Reason(
            "initramfs-file-missing",
            f"the initramfs of the boot entry is missing: {boot.lost}",
            (boot.why,),
            weight,
            settle,
        )
    for image in boot.images:
        if (
            not image.complete
            and image.trouble
            and not any(words in image.trouble for words in _NO_DAMAGE)
        ):
            says = f"{image.path} was not read to its end: {image.trouble}"
            yield Reason(
                "initramfs-not-whole",
                says,
                (Hint(image.path, image.trouble),),
                OPEN,
                f"{image.path}, made again or read whole",
            )
