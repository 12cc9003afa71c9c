"""What starts of each kernel: its entry in the boot loader, the command line, and the initramfs
with it.

The boot loader's entries decide, and not what runs now. Where there are none (a direct boot), the
running kernel's command line and the initramfs that is named after the kernel stand in.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.kernel import BUILT_IN_ALONE, BUILT_IN_LINE, BUILT_IN_SWITCH
from guestcheck.model.digits import is_digits
from guestcheck.model.guest import Guest, Kernel
from guestcheck.model.guest_config import Entry, Image, Place
from guestcheck.model.hint import Hint
from guestcheck.model.located import Located, locate, same_file
from guestcheck.model.message import Message, Text, message

READ = "read"  # every initramfs of it was read
NONE = "none"  # it starts without one
OPEN = "open"  # there is one, or may be one, and it was not read


class Boot(NamedTuple):
    """One kernel as it would start: `options` is None where its command line is not known; `why`
    says why `state` is open.

    `place` is where GRUB looks for it, where it is GRUB; `entry` is its entry in the boot loader.
    """

    kernel: Kernel
    default: Optional[bool]
    options: Optional[Tuple[str, ...]]
    options_from: str
    images: Tuple[Image, ...]
    state: str
    why: Hint
    settle: Text = ""
    place: Optional[Place] = None
    entry: Optional[Entry] = None
    lost: str = ""  # the initramfs that the entry names and that is not there, or empty
    is_empty: bool = False  # what is lost is there, and empty

    @property
    def release(self) -> str:
        """The kernel's release."""
        return self.kernel.release

    def option(self, name: str) -> Optional[str]:
        """Return the value of the last option NAME=, which is the one that counts; None where there
        is none.
        """
        found = [
            word.partition("=")[2] for word in self.options or () if word.startswith(name + "=")
        ]
        return found[-1].strip("\"'") if found else None

    def lists(self, *names: str) -> Dict[str, Hint]:
        """Return the words of all options NAME=a,b with `-` as `_`, each with where it stands."""
        found = {}
        for word in self.options or ():
            name, mark, value = word.partition("=")
            if mark and name in names:
                found.update(
                    {
                        part.replace("-", "_"): Hint(self.options_from, word)
                        for part in value.strip("\"'").split(",")
                        if part
                    }
                )
        return found

    def texts(self, *starts: str) -> List[Tuple[str, str, str]]:
        """Return (image, path, text) of each small file in the images whose path begins with one of
        `starts`.
        """
        return [
            (image.path, path, text)
            for image in self.images
            for path, text in image.texts.items()
            if path.startswith(starts)
        ]

    def unread(self, *starts: str) -> List[str]:
        """Return the files in the images whose path begins with one of `starts` and of which only
        the name is known.
        """
        return [
            name
            for image in self.images
            for name in sorted(image.files)
            if name.startswith(starts) and name not in image.texts
        ]

    @property
    def generator(self) -> str:
        """What made the initramfs: dracut, initramfs-tools …, "" where it is not known."""
        return next((image.generator for image in self.images if image.generator), "")

    def maker(self, installed: str) -> str:
        """Return what makes the next initramfs: what made this one ("unknown" where that cannot be
        seen in it), else what is `installed`.
        """
        return self.generator or ("unknown" if self.images else installed)

    def initramfs(self, installed: str) -> Tuple[str, str, str]:
        """Return what an action on the initramfs is about: the kernel, what makes it, and its path."""
        return self.release, self.maker(installed), self.loaded

    @property
    def loaded(self) -> str:
        """The path of the image that holds the modules, as the guest calls it; "" where none was
        read.
        """
        return next(
            (image.path for image in reversed(self.images) if image.generator or image.modules), ""
        )


def boots(guest: Guest) -> Tuple[Boot, ...]:
    """Return every installed kernel as it would start, the default first."""
    return tuple(_boot(kernel, guest) for kernel in guest.kernels or ())


def default_images(guest: Guest) -> Tuple[str, ...]:
    """Return what the kernel that boots by default is started with, in the boot loader's words;
    nothing where that cannot be told.
    """
    kernel = next((kernel for kernel in guest.kernels or () if kernel.default), None)
    if kernel is None:
        return ()
    entry = _entry(kernel, guest)
    if entry is None:
        return (kernel.initramfs,) if kernel.initramfs else ()
    return entry.initrds or ((entry.linux,) if entry.linux.endswith(".efi") else ())


def _unsure(kernel: Kernel, cut: str) -> Boot:
    """Return a kernel whose entry may be in what was not read of the menu `cut`: neither its command
    line nor its initramfs is known.
    """
    file, _, why = cut.partition(": ")
    return Boot(kernel, kernel.default, None, "", (), OPEN, Hint(file, why), f"the whole of {file}")


def _boot(kernel: Kernel, guest: Guest) -> Boot:
    if guest.setup.loader is not None and guest.setup.loader.cut:
        return _unsure(kernel, guest.setup.loader.cut)
    entry = _entry(kernel, guest)
    options, said = _options(entry, kernel, guest)
    blank = Boot(
        kernel,
        kernel.default,
        options,
        said,
        (),
        OPEN,
        Hint("", ""),
        place=entry.place if entry else None,
        entry=entry,
    )
    if entry is not None and not entry.linux:
        return _with_images(
            blank,
            (kernel.initramfs,) if kernel.initramfs else (),
            guest,
            kernel.initramfs or "initramfs",
        )
    if entry is None and guest.setup.entries:
        # Not in the menu: what is named after it would most likely be started with it.
        return _with_images(
            blank,
            (kernel.initramfs,) if kernel.initramfs else (),
            guest,
            kernel.initramfs or "initramfs",
        )
    if entry is None:
        if not kernel.initramfs:
            return blank._replace(
                why=Hint(
                    "boot loader",
                    "no entry was seen, and no initramfs that is named after this kernel",
                ),
                settle=_SETTLE_LOADER,
            )
        return _with_images(blank, (kernel.initramfs,), guest, kernel.initramfs)
    if not entry.initrds:
        if entry.linux.endswith(".efi"):
            return _with_images(blank, (entry.linux,), guest, entry.linux)
        return blank._replace(
            state=NONE, why=Hint(entry.file, f"the entry '{entry.title}' has no initrd")
        )
    return _with_images(blank, entry.initrds, guest, entry.file)


_SETTLE_LOADER = message("find-out.boot-loader-config")


def _entry(kernel: Kernel, guest: Guest) -> Optional[Entry]:
    entries = guest.setup.entries or ()
    mine = [entry for entry in entries if entry.release == kernel.release]
    if not mine and len(guest.kernels or ()) == 1:
        mine = [entry for entry in entries if not entry.release]
    mine = mine or [entry for entry in entries if not entry.linux]  # such a menu is for each kernel
    if kernel.default is not False:
        chosen = [entry for entry in mine if entry.default]
        if chosen:
            return chosen[0]
    usual = [
        entry
        for entry in mine
        if not _RESCUE & set(entry.options.split()) and "rescue" not in entry.title.lower()
    ]
    return next(iter(usual or mine), None)


_RESCUE = {
    "single",
    "recovery",
    "rescue",
    "emergency",
    "1",
    "systemd.unit=rescue.target",
    "systemd.unit=emergency.target",
}


def _options(
    entry: Optional[Entry], kernel: Kernel, guest: Guest
) -> Tuple[Optional[Tuple[str, ...]], str]:
    """Return the command line, with what is built into the kernel: that comes first, or
    in place of the boot loader's (arch/x86/Kconfig, arch/arm64/Kconfig).
    """
    options, source = _given_options(entry, kernel, guest)
    config = kernel.config or {}
    built_in = tuple(config.get(BUILT_IN_LINE, "").strip('"').split())
    if not built_in or config.get(BUILT_IN_SWITCH) == "n":
        return options, source
    if any(config.get(name) == "y" for name in BUILT_IN_ALONE):
        return built_in, f"{kernel.config_path}, {BUILT_IN_LINE}"
    return (None if options is None else (*built_in, *options)), source


def _given_options(
    entry: Optional[Entry], kernel: Kernel, guest: Guest
) -> Tuple[Optional[Tuple[str, ...]], str]:
    if entry is not None and not entry.linux and kernel.running and guest.cmdline:
        return tuple(guest.cmdline.split()), "/proc/cmdline"
    if entry is not None and entry.options and "$" not in entry.options:
        return tuple(entry.options.split()), f"{entry.file}, '{entry.title}'"
    if kernel.running and guest.cmdline:
        return tuple(guest.cmdline.split()), "/proc/cmdline"
    default = next(
        (
            one
            for one in guest.setup.entries or ()
            if one.default and one.options and "$" not in one.options
        ),
        None,
    )
    if entry is None and default is not None:
        return tuple(default.options.split()), f"{default.file}, '{default.title}'"
    return None, ""


def _with_images(boot: Boot, paths: Tuple[str, ...], guest: Guest, said: str) -> Boot:
    """Find the images that `paths` name; a boot loader may see /boot as the root of a file system
    of its own.
    """
    found: List[Image] = []
    for path in paths or (said,):
        place = Located(path)
        if guest.setup.boot_files is not None and boot.entry is not None:
            place = locate(path, boot.entry.file, guest.setup.boot_files)
        if place.missing:
            why = Hint(
                boot.entry.file if boot.entry else said, f"it names {path}, which is not there"
            )
            # GRUB says so and goes on without it: its linux loader has the kernel by then.
            return boot._replace(state=NONE, why=why, lost=path)
        if "ucode" in path.rpartition("/")[2]:
            continue  # microcode alone
        image = _image(place.path or path, boot.release, guest)
        if image is None:
            return _unread(boot, path, guest)
        is_empty = image.trouble.startswith("it is empty") and not image.files
        if is_empty and len(paths) == 1:
            return boot._replace(
                state=NONE, why=Hint(image.path, image.trouble), lost=path, is_empty=True
            )
        found.append(image)
    if not found:
        return boot._replace(state=NONE, why=Hint(said, "loads microcode, and no initramfs"))
    troubled = next((image for image in found if not image.complete), None)
    if troubled is not None:
        hint = Hint(troubled.path, troubled.trouble or "was not read to its end")
        return boot._replace(
            images=tuple(found), state=OPEN, why=hint, settle=_settle(hint.says, troubled.path)
        )
    return boot._replace(images=tuple(found), state=READ, why=Hint(found[-1].path, "was read"))


def _image(path: str, release: str, guest: Guest) -> Optional[Image]:
    images = guest.setup.images or ()
    # What an archive lists as /initrd.img is a link, and is this kernel's where it holds nothing of
    # another.
    linked = [
        image
        for image in images
        if image.releases == (release,) and not any(map(is_digits, image.path))
    ]
    return next(
        (image for image in images if same_file(image.path, path)), next(iter(linked), None)
    )


def _unread(boot: Boot, path: str, guest: Guest) -> Boot:
    name = path.rpartition("/")[2]
    refused = next(
        (
            hint
            for hint in guest.setup.images_refused
            if hint.source.rpartition("/")[2] == name or "*" in hint.source
        ),
        None,
    )
    if refused is not None:
        return boot._replace(why=refused, settle=_settle(refused.says, refused.source))
    if not guest.setup.images:
        return boot._replace(
            why=Hint(path, "was not read"),
            settle=message("find-out.as-root"),
        )
    return boot._replace(
        why=Hint(path, "is not among the images that were read"),
        settle=message("find-out.boot-mounted", path=path),
    )


def _settle(says: str, path: str) -> Message:
    return (
        message("find-out.preflight-as-root")
        if "permission" in says.lower() or "denied" in says.lower()
        else message("find-out.content-of", path=path)
    )
