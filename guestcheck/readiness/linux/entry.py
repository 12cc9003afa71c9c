"""Does the boot get as far as the kernel: which boot loader starts, and whether the files that its
entry names are there and whole.

What firmware and boot sector do before is not examined. A file is missing where its folder was seen
without it; a folder that was not seen, since its file system is not mounted, proves nothing.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.catalogue.kernel import UNPACKER_OPTIONS, UNPACKERS
from guestcheck.model.action import DropOption
from guestcheck.model.digits import number_of
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Entry, KernelFile
from guestcheck.model.hint import Hint
from guestcheck.model.located import locate
from guestcheck.model.message import message
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
    yield from _unpacked(boot)
    yield from _held(boot)
    yield from _boot_config(boot)


def _loader(guest: Guest) -> Iterator[Reason]:
    loader = guest.setup.loader
    if loader is None:
        return
    if loader.empty:
        hint = Hint(loader.empty, "holds no command")
        yield Reason("boot-menu-empty", message("boot-menu-empty", empty=loader.empty), (hint,))
    if loader.kind == "kernel-install":
        hint = Hint("/etc/kernel/cmdline", "is what entries are made from")
        says = message("boot-entry-unseen")
        yield Reason("boot-entry-unseen", says, (hint,), OPEN, message("find-out.efi-partition"))
    if loader.cut:
        file, _, why = loader.cut.partition(": ")
        says = message("boot-entry-unseen.truncated")
        yield Reason(
            "boot-entry-unseen",
            says,
            (Hint(file, why),),
            OPEN,
            message("find-out.whole-menu", file=file),
        )
    if loader.unread:
        says = message("boot-entry-unseen.included")
        settle = message("find-out.included-files")
        yield Reason("boot-entry-unseen", says, loader.unread[:3], OPEN, settle)
    if loader.other:
        hint = Hint(loader.other, "is the default, and starts no Linux kernel that is known")
        says = message("boot-entry-unseen.other", title=loader.other)
        yield Reason("boot-entry-unseen", says, (hint,), OPEN, message("find-out.which-entry"))
    if loader.rivals:
        named = " and ".join(hint.source for hint in loader.rivals)
        says = message("boot-loader-unsure", named=named)
        yield Reason(
            "boot-loader-unsure",
            says,
            loader.rivals,
            OPEN,
            message("find-out.which-loader"),
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
            message("kernel-file-missing", linux=entry.linux),
            (hint,),
        )
    elif not _made_from(entry.linux, guest):
        hint = Hint(entry.file, f"names {entry.linux}, whose folder was not seen")
        says = message("kernel-file-unseen", linux=entry.linux)
        yield Reason(
            "kernel-file-unseen",
            says,
            (hint,),
            OPEN,
            message("find-out.file-system-mounted", linux=entry.linux),
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
            message("kernel-file-damaged", path=file.path, trouble=file.trouble),
            (hint,),
        )


def _initramfs(boot: Boot, guest: Guest) -> Iterator[Reason]:
    if boot.lost:
        kind = guest.setup.loader.kind if guest.setup.loader else ""
        empty = boot.is_empty
        # GRUB shows an error, waits for a key, and starts the kernel without it.
        weight = OPEN if kind in _GRUB or empty else STOPS
        settle = message("find-out.without-initramfs") if weight == OPEN else ""
        yield Reason(
            "initramfs-file-missing",
            message(
                "initramfs-file-missing", value="empty" if empty else "missing", lost=boot.lost
            ),
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
            says = message("initramfs-not-whole", path=image.path, trouble=image.trouble)
            yield Reason(
                "initramfs-not-whole",
                says,
                (Hint(image.path, image.trouble),),
                OPEN,
                message("find-out.whole-file", path=image.path),
            )


def _is_older(boot: Boot, packing: str) -> bool:
    """Tell whether the kernel is older than the release that came to unpack `packing`."""
    parts = boot.release.split("-")[0].split(".")[:3]
    numbers = tuple(number for number in map(number_of, parts) if number is not None)
    return packing in UNPACKERS and len(numbers) > 1 and numbers < UNPACKERS[packing].since


def _unpacked(boot: Boot) -> Iterator[Reason]:
    """Yield why the kernel would not unpack its initramfs."""
    config = boot.kernel.config or {}
    known = any(name.startswith(UNPACKER_OPTIONS) for name in config)
    parts = [(image, packing) for image in boot.images for packing in image.packings]
    for image, packing in parts:
        if packing == "lz4-frame":
            says = message("initramfs-packing.lz4", path=image.path)
            hint = Hint(image.path, "has lz4's frame format; lz4 -l writes the one for kernels")
            yield Reason("initramfs-packing", says, (hint,))
            continue
        if not known and _is_older(boot, packing):
            first = ".".join(map(str, UNPACKERS[packing].since))
            says = message(
                "initramfs-packing.too-old", path=image.path, packing=packing, first=first
            )
            hint = Hint(f"kernel {boot.release}", "is older, and its configuration was not read")
            settle = message(
                "find-out.symbols", symbol=UNPACKERS[packing].symbol, release=boot.release
            )
            yield Reason("initramfs-packing", says, (hint,), OPEN, settle)
            continue
        symbol = UNPACKERS[packing].symbol if packing in UNPACKERS else ""
        value = config.get(symbol, "" if known else "y")
        if symbol and value in ("n", ""):
            says = message(
                "initramfs-packing", path=image.path, packing=packing, release=boot.release
            )
            hint = Hint(boot.kernel.config_path, f"{symbol} is not set")
            sure = value == "n"
            yield Reason(
                "initramfs-packing",
                says
                if sure
                else message(
                    "initramfs-packing.unseen", path=image.path, packing=packing, symbol=symbol
                ),
                (hint,),
                STOPS if sure else OPEN,
                "" if sure else message("find-out.unpacks", release=boot.release, packing=packing),
            )


def _boot_config(boot: Boot) -> Iterator[Reason]:
    """Yield that options may follow the initramfs: Documentation/admin-guide/bootconfig.rst."""
    if "bootconfig" in (boot.options or ()):
        says, settle = message("bootconfig-unread"), message("find-out.bootconfig")
        hint = Hint(boot.options_from, "bootconfig")
        yield Reason("bootconfig-unread", says, (hint,), OPEN, settle)


# Words for which an initramfs stops in a shell, and the places where it does: initramfs-tools(7),
# dracut.cmdline(7), mkinitcpio(8).
_BREAKS = {
    "initramfs-tools": ("break", "top modules premount mount mountroot bottom init"),
    "dracut": (
        "rd.break",
        "cmdline pre-udev pre-trigger initqueue pre-mount mount pre-pivot cleanup",
    ),
    "mkinitcpio": ("break", "y premount postmount"),
}


def _held(boot: Boot) -> Iterator[Reason]:
    """Yield the word of the command line for which the initramfs ends in a shell."""
    name, places = _BREAKS.get(boot.generator, ("", ""))
    for word in boot.options or () if name else ():
        key, mark, place = word.partition("=")
        if key == name and (not mark or place in places.split()):
            says = message("initramfs-stops", word=word)
            action = DropOption(word)
            hint = Hint(boot.options_from, word)
            yield Reason("initramfs-stops", says, (hint,), actions=(action,))
