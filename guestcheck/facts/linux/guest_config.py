"""What the guest's own files say: names of disks and cards, boot entries, and what is in each
initramfs.

Each question has its own field, so nothing is joined here but the boot loader's entries with the
kernels they start.
"""

from __future__ import annotations

from typing import FrozenSet, List, Optional, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.evidence.linux.boot import KERNEL_FILES
from guestcheck.evidence.linux.boot_loader import COMMAND_LINE, REFIND, BootLoader
from guestcheck.evidence.linux.config.file_systems import FILE_SYSTEMS
from guestcheck.evidence.linux.config.module_config import (
    DEPENDENCIES,
    MODPROBE,
    parse_dependencies,
    parse_rules,
)
from guestcheck.evidence.linux.config.network_config import NETWORK
from guestcheck.evidence.linux.config.network_managers import MANAGERS
from guestcheck.evidence.linux.config.overlay_root import OVERLAY, parse_overlay
from guestcheck.evidence.linux.config.root_layers import GRUB_MODULES, INIT_OWNER, SYSTEMD_VERSION
from guestcheck.evidence.linux.config.storage_config import (
    ARRAYS,
    CLOUD,
    CRYPTTAB,
    FSTAB,
    GRUB,
    INIT,
    LVM,
    MULTIPATH,
    RESUME,
    VOLUME_GROUPS,
    parse_arrays,
    parse_crypttab,
    parse_lvm,
)
from guestcheck.evidence.linux.config.units import UNITS
from guestcheck.evidence.linux.initramfs import INITRAMFS
from guestcheck.evidence.linux.initramfs import Image as Contents
from guestcheck.evidence.linux.kernel import module_name
from guestcheck.facts.linux.kernels import release_of, releases_of
from guestcheck.facts.linux.loader import boot_files, boot_loader, chosen, default_entry
from guestcheck.model.guest_config import Entry, Image, Loader, Place, Setting, Setup
from guestcheck.model.hint import Hint
from guestcheck.model.source import FILES, GUEST, OK, Answer, Evidence


def setup(evidence: Evidence) -> Setup:
    """Gather what the guest's files say of disks and networks."""
    init, owner = evidence.get(INIT), evidence.get(INIT_OWNER)
    return Setup(
        fstab=evidence.get(FSTAB),
        crypttab=evidence.get(CRYPTTAB),
        arrays=evidence.get(ARRAYS),
        lvm=evidence.get(LVM),
        multipath=evidence.get(MULTIPATH),
        volume_groups=evidence.get(VOLUME_GROUPS) or (),
        grub=evidence.get(GRUB),
        cloud=evidence.get(CLOUD),
        resume=evidence.get(RESUME),
        overlay=_overlay(evidence),
        modprobe=evidence.get(MODPROBE),
        dependencies=evidence.get(DEPENDENCIES) or {},
        network=evidence.get(NETWORK),
        managers=evidence.get(MANAGERS),
        init=owner.kind if owner and owner.kind else init.kind if init else "",
        init_program=owner.program if owner and owner.kind else init.program if init else "",
        systemd=evidence.get(SYSTEMD_VERSION),
        grub_modules=evidence.get(GRUB_MODULES) or (),
        entries=_entries(evidence),
        stubs=_stubs(evidence),
        loader=_loader(evidence),
        boot_files=boot_files(evidence),
        kernel_files=evidence.get(KERNEL_FILES) or {},
        units=evidence.get(UNITS),
        images=_images(evidence),
        file_systems=evidence.get(FILE_SYSTEMS),
        images_refused=tuple(
            Hint(gap.asked, gap.reason) for gap in evidence.gaps if gap.question == INITRAMFS.name
        ),
    )


def _overlay(evidence: Evidence) -> Optional[Tuple[Setting, ...]]:
    """Return overlayroot's settings; None where one of its files could not be read, or was not
    copied to an archive of chosen files.
    """
    found = evidence.get(OVERLAY)
    refused = any(gap.question == OVERLAY.name for gap in evidence.gaps)
    return None if refused or (not found and evidence.origin not in (GUEST, FILES)) else found


def _images(evidence: Evidence) -> Optional[Tuple[Image, ...]]:
    found = evidence.get(INITRAMFS)
    return None if found is None else tuple(_image(one) for one in found)


def _image(one: Contents) -> Image:
    """Read the image's own copies of files as those of the root file system are read."""

    def copies(*starts: str) -> List[Answer]:
        return [
            Answer(f"{path} in {one.path}", OK, text)
            for path, text in one.texts.items()
            if path.startswith(starts)
        ]

    built_in = {path: text for path, text in one.texts.items() if path.endswith("/modules.builtin")}
    lists = {path: text for path, text in one.texts.items() if path.endswith("/modules.dep")}
    return Image(
        path=one.path,
        generator="" if one.generator == "unknown" else one.generator,
        modules=one.modules,
        releases=one.releases,
        texts=one.texts,
        files=frozenset(one.files),
        complete=one.complete,
        trouble=one.trouble,
        crypttab=parse_crypttab(copies("cryptroot/crypttab", "etc/crypttab")),
        arrays=parse_arrays(copies("etc/mdadm")),
        lvm=parse_lvm(copies("etc/lvm/")),
        modprobe=parse_rules(copies("etc/modprobe", "lib/modprobe.d/", "usr/lib/modprobe.d/")),
        overlay=parse_overlay(copies("conf/conf.d/overlayroot")),
        empty=one.empty,
        dependencies={
            path.split("/")[-2]: parse_dependencies(text) for path, text in lists.items()
        },
        builtin={
            path.split("/")[-2]: frozenset(map(module_name, text.split()))
            for path, text in built_in.items()
        },
        packings=tuple(dict.fromkeys(part.rpartition(" ")[2] for part in one.parts)),
    )


def _loader(evidence: Evidence) -> Optional[Loader]:
    found = chosen(evidence)
    if found is None:
        return None
    rivals = []
    for rival in found.rivals:
        entry = default_entry(rival)
        rivals.append(
            Hint(
                entry.file if entry else rival.says,
                f"would start {_words(entry)}" if entry else "what it starts is not known",
            )
        )
    unread = tuple(
        Hint(found.loader.says, f"reads {name}, and the default is {found.loader.default}")
        for name in found.loader.unread
    )
    loader = found.loader
    return Loader(
        loader.kind, tuple(rivals), loader.empty, unread, loader.cut, _starts_other(loader)
    )


def _starts_other(loader: BootLoader) -> str:
    """Return the title of the default entry where that starts no Linux: another loader, a tool."""
    default = default_entry(loader)
    if loader.kind in (REFIND, COMMAND_LINE) or default is None or default.linux:
        return ""
    return default.title or default.id or default.file


def _words(entry: BootEntry) -> str:
    return f"{entry.linux} {entry.options}".strip()[:200]


def _entries(evidence: Evidence) -> Optional[Tuple[Entry, ...]]:
    loader = boot_loader(evidence)
    if loader is None:
        return None
    default = default_entry(loader)
    # An image whose modules no kernel here has tells nothing of the kernel that is started with it.
    installed = frozenset(releases_of(evidence))
    images = tuple(
        image for image in evidence.get(INITRAMFS) or () if set(image.releases) <= installed
    )
    # Which kernel these are for is the loader's choice.
    any_kernel = loader.kind in (REFIND, COMMAND_LINE)
    return tuple(
        _entry(entry, entry is default, images, installed)
        for entry in loader.entries
        if entry.linux or any_kernel
    )


def _stubs(evidence: Evidence) -> Tuple[Place, ...]:
    loader = boot_loader(evidence)
    return loader.stubs if loader else ()


def _entry(
    entry: BootEntry, default: bool, images: Tuple[Contents, ...], installed: FrozenSet[str]
) -> Entry:
    release = release_of(entry, images, installed) or ""
    return Entry(
        entry.title,
        release,
        entry.linux,
        entry.initrd,
        entry.options,
        entry.file,
        default,
        entry.place,
    )
