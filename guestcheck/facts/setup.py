"""What the guest's own files say: names of disks and cards, boot entries, and what is in each initramfs.

Each question has its own field, so nothing is joined here but the boot loader's entries with the kernels they start.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from guestcheck.evidence._boot_entry import BootEntry
from guestcheck.evidence.boot import BOOT
from guestcheck.evidence.deep.file_systems import FILE_SYSTEMS
from guestcheck.evidence.deep.module_config import DEPENDENCIES, MODPROBE, parse_dependencies, parse_rules
from guestcheck.evidence.deep.network_config import NETWORK
from guestcheck.evidence.deep.storage_config import ARRAYS, CLOUD, CRYPTTAB, FSTAB, GRUB, INIT, LVM, MULTIPATH, RESUME, VOLUME_GROUPS, parse_crypttab, parse_lvm
from guestcheck.evidence.deep.units import UNITS
from guestcheck.evidence.initramfs import INITRAMFS
from guestcheck.evidence.initramfs import Image as Contents
from guestcheck.evidence.kernel import module_name
from guestcheck.facts.kernels import default_entry, release_of, releases_of
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Entry, Image, Place, Setup
from guestcheck.model.source import OK, Answer, Evidence


def setup(evidence: Evidence) -> Setup:
    """Gather what the guest's files say of disks and networks."""
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
        modprobe=evidence.get(MODPROBE),
        dependencies=evidence.get(DEPENDENCIES) or {},
        network=evidence.get(NETWORK),
        init=evidence.get(INIT) or "",
        entries=_entries(evidence),
        stubs=_stubs(evidence),
        units=evidence.get(UNITS),
        images=_images(evidence),
        file_systems=evidence.get(FILE_SYSTEMS),
        images_refused=tuple(Hint(gap.asked, gap.reason) for gap in evidence.gaps if gap.question == INITRAMFS.name),
    )


def _images(evidence: Evidence) -> Optional[Tuple[Image, ...]]:
    found = evidence.get(INITRAMFS)
    return None if found is None else tuple(_image(one) for one in found)


def _image(one: Contents) -> Image:
    """Read the image's own copies of files as those of the root file system are read."""

    def copies(*starts: str) -> List[Answer]:
        return [Answer(f"{path} in {one.path}", OK, text) for path, text in one.texts.items() if path.startswith(starts)]

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
        lvm=parse_lvm(copies("etc/lvm/")),
        modprobe=parse_rules(copies("etc/modprobe", "lib/modprobe.d/", "usr/lib/modprobe.d/")),
        dependencies={path.split("/")[-2]: parse_dependencies(text) for path, text in lists.items()},
        builtin={path.split("/")[-2]: frozenset(map(module_name, text.split())) for path, text in built_in.items()},
    )


def _entries(evidence: Evidence) -> Optional[Tuple[Entry, ...]]:
    loader = evidence.get(BOOT)
    if loader is None:
        return None
    chosen = default_entry(loader)
    # An image whose modules no kernel here has tells nothing of the kernel that is started with it.
    installed = releases_of(evidence)
    images = tuple(image for image in evidence.get(INITRAMFS) or () if set(image.releases) <= installed)
    return tuple(_entry(entry, entry is chosen, images) for entry in loader.entries if entry.linux)


def _stubs(evidence: Evidence) -> Tuple[Place, ...]:
    loader = evidence.get(BOOT)
    return loader.stubs if loader else ()


def _entry(entry: BootEntry, default: bool, images: Tuple[Contents, ...]) -> Entry:
    return Entry(entry.title, release_of(entry, images) or "", entry.linux, entry.initrd, entry.options, entry.file, default, entry.place)
