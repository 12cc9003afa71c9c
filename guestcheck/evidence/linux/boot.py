"""What is asked of what boots: boot loaders' files, the files that they may name, and kernels."""

from typing import Dict, FrozenSet, List, Sequence, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.evidence.linux.boot_loader import BootLoader, loader_in, parse_loader
from guestcheck.evidence.linux.initramfs import UNIFIED
from guestcheck.model.digits import is_digits
from guestcheck.model.guest_config import KernelFile
from guestcheck.model.located import locate
from guestcheck.model.source import (
    CUT,
    DENIED,
    OK,
    Answer,
    File,
    Initramfs,
    Listing,
    Question,
    Word,
)

# Options of one unified kernel image, and of all: systemd-stub(7), "Companion Files".
ADDONS = (
    "/boot/efi/EFI/Linux/*.efi.extra.d/*.addon.efi /efi/EFI/Linux/*.efi.extra.d/*.addon.efi "
    "/boot/EFI/Linux/*.efi.extra.d/*.addon.efi"
    " /boot/efi/loader/addons/*.addon.efi /efi/loader/addons/*.addon.efi "
    "/boot/loader/addons/*.addon.efi"
)
_EFI_VARIABLE = "/sys/firmware/efi/efivars/{}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
BOOT = Question[BootLoader](
    "boot_entries",
    "the boot loader's entries and its default",
    (
        File("/boot/grub2/grub.cfg"),
        File("/boot/grub/grub.cfg"),
        File("/boot/efi/EFI/*/grub.cfg"),
        File("/efi/EFI/*/grub.cfg"),
        File("/boot/EFI/*/grub.cfg"),
        File("/boot/grub2/custom.cfg"),
        File("/boot/grub/custom.cfg"),
        File("/boot/photon.cfg", limit=65536),
        File("/boot/grub2/grubenv", limit=65536),
        File("/boot/grub/grubenv", limit=65536),
        File("/boot/efi/EFI/*/grubenv", limit=65536),
        File("/boot/loader/entries/*.conf", limit=65536),
        File("/boot/loader/loader.conf", limit=65536),
        File("/boot/efi/loader/entries/*.conf", limit=65536),
        File("/boot/efi/loader/loader.conf", limit=65536),
        File("/efi/loader/entries/*.conf", limit=65536),
        File("/efi/loader/loader.conf", limit=65536),
        File(_EFI_VARIABLE.format("LoaderEntryOneShot"), limit=4096),
        File(_EFI_VARIABLE.format("LoaderEntryDefault"), limit=4096),
        File(_EFI_VARIABLE.format("LoaderInfo"), limit=4096),
        Initramfs(UNIFIED, contents=False),
        Initramfs(ADDONS, contents=False),
        File("/boot/grub/menu.lst", limit=65536),
        File("/boot/grub/grub.conf", limit=65536),
        File("/boot/grub/default", limit=65536),
        File("/boot/extlinux/extlinux.conf", limit=65536),
        File("/boot/extlinux.conf", limit=65536),
        File("/boot/syslinux/syslinux.cfg", limit=65536),
        File("/boot/efi/EFI/*/grub.conf", limit=65536),
        File("/boot/refind_linux.conf", limit=65536),
        File("/etc/lilo.conf", limit=65536),
        File("/etc/kernel/cmdline", limit=65536),
    ),
    parse_loader,
    "which kernel boots by default",
    taken="the running one is taken for it",
)


def _parse_files(answers: List[Answer]) -> FrozenSet[str]:
    if any(answer.status == CUT for answer in answers):
        raise ValueError("only its beginning was read")  # a path that is missing in it may be there
    paths = frozenset(line for answer in answers for line in answer.text.split("\n") if line)
    if len(paths) > _MOST_PATHS:
        raise ValueError(f"more than {_MOST_PATHS} paths")
    return paths


_MOST_PATHS = 50_000  # a /boot with GRUB's modules, fonts and languages has some 1000
BOOT_FILES = Question[FrozenSet[str]](
    "boot_files",
    "which files a boot loader could name, and which loaders are installed",
    (
        Listing(
            "/boot/* /boot/*/* /boot/*/*/* /boot/*/*/*/* /efi/* /efi/*/* /efi/*/*/* "
            "/efi/*/*/*/* /vmlinuz* /initrd* /usr/lib/kernel/* /lib/modules/*/vmlinuz"
        ),
    ),
    _parse_files,
    "whether the kernel and the initramfs of the boot entry are there",
    quiet=True,
    deep=True,
)
_MOST_NAMED = 40


def entries_of(answers: Dict[str, Tuple[Answer, ...]]) -> List[BootEntry]:
    """Return the entries of all boot loaders that `answers` tell of."""
    given = answers.get(BOOT.name, ())
    try:
        # As `read` has them: what both parse is parsed once.
        loader, _ = loader_in(tuple(one for one in given if one.text or one.status == OK))
    except Exception:  # what cannot be read names nothing; `read` says so
        return []
    if loader is None:
        return []
    return [entry for one in (loader, *loader.others) for entry in one.entries][:_MOST_NAMED]


def named(answers: Dict[str, Tuple[Answer, ...]], names: Sequence[Tuple[str, str]]) -> List[str]:
    """Return where the files are that entries name, given as (name, entry's file): plain paths
    alone, each once.
    """
    paths = _parse_files(
        [answer for answer in answers.get(BOOT_FILES.name, ()) if answer.status == OK]
    )
    found = dict.fromkeys(locate(name, near, paths).path for name, near in names)
    return [
        path
        for path in found
        if path
        and path.isprintable()
        and not any(sign in path for sign in " *?[]\\")
        and "/../" not in path
    ]


def _parse_kernels(answers: List[Answer]) -> Dict[str, KernelFile]:
    found = {}
    for answer in answers:
        lines = dict(line.partition(" ")[::2] for line in answer.text.split("\n"))
        size = lines.get("image", "")
        if "image" in lines or "trouble" in lines:
            number = int(size) if is_digits(size) and len(size) < 20 else 0
            # What an archive did not keep whole is no damage in the guest.
            trouble = "" if answer.status in (CUT, DENIED) else lines.get("trouble", "")
            found[answer.asked] = KernelFile(answer.asked, number, lines.get("kernel", ""), trouble)
    return found


def _kernels_named(answers: Dict[str, Tuple[Answer, ...]]) -> Tuple[Word, ...]:
    names = [
        (entry.linux, entry.file)
        for entry in entries_of(answers)
        if entry.linux and not entry.linux.lower().endswith(".efi")
    ]
    paths = named(answers, names)
    return (Initramfs(" ".join(paths), contents=False),) if paths else ()


KERNEL_FILES = Question[Dict[str, KernelFile]](
    "kernel_files",
    "whether the kernels that the boot entries name are whole",
    (),
    _parse_kernels,
    "whether the kernel that boots is damaged",
    quiet=True,
    deep=True,
    follow=_kernels_named,
)
