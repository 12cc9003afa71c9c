"""Which boot loader starts, where a guest has files of several: by what says that it started, by
the firmware, by what is installed.

A loader leaves its own program on the EFI system partition, or in /boot where BIOS starts it. What
is only configured and not installed starts nothing. Where that decides nothing and the defaults
differ, the doubt is said.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import FrozenSet, NamedTuple, Optional, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.evidence.linux.boot import BOOT, BOOT_FILES
from guestcheck.evidence.linux.boot_loader import (
    COMMAND_LINE,
    GRUB,
    GRUB_EFI,
    LEGACY,
    LILO,
    REFIND,
    SYSLINUX,
    SYSTEMD_BOOT,
    BootLoader,
)
from guestcheck.evidence.linux.hypervisor import DMI
from guestcheck.evidence.linux.sysfs import SYSFS
from guestcheck.evidence.linux.system import FIRMWARE_TYPE
from guestcheck.model.digits import is_digits
from guestcheck.model.source import FILES, GUEST, Evidence

_BY_UEFI = frozenset({GRUB_EFI, SYSTEMD_BOOT, REFIND})
_BY_BIOS = frozenset({LILO})
# What each loader's own installer leaves: grub-install(8), bootctl(1), refind-install(8),
# extlinux(1), lilo(8).
_PROGRAMS = {
    SYSTEMD_BOOT: compile_pattern(r"/(?:boot|efi).*/efi/systemd/systemd-boot[a-z0-9]*\.efi\Z"),
    REFIND: compile_pattern(r"/(?:boot|efi).*/efi/refind/refind_[a-z0-9]+\.efi\Z"),
    GRUB_EFI: compile_pattern(r"/(?:boot|efi).*/efi/[^/]+/(?:shim|grub)[a-z0-9]*\.efi\Z"),
    SYSLINUX: compile_pattern(r"/boot/(?:(?:ext|sys)linux/)?ldlinux\.(?:sys|c32)\Z"),
    LEGACY: compile_pattern(r"/boot/grub/stage2\Z"),
    LILO: compile_pattern(r"/boot/(?:\.?map|boot\.[0-9a-f]{4})\Z"),
}
# The modules of GRUB's platforms, which grub-install copies beside the menu that they read.
_GRUB_OF_BIOS = compile_pattern(r"/boot/grub2?/(?:i386-pc|powerpc-ieee1275)\Z")
_GRUB_OF_EFI = compile_pattern(r"/boot/grub2?/(?:x86_64|i386|arm64|arm|riscv64)-efi\Z")
# How loaders call themselves in the EFI variable LoaderInfo.
_CALLED = (("systemd-boot", SYSTEMD_BOOT), ("refind", REFIND), ("grub", GRUB_EFI), ("grub", GRUB))


def firmware_of(evidence: Evidence) -> Optional[str]:
    """Tell UEFI by its folder in /sys, BIOS by the lack of it beside DMI tables: a direct boot has
    neither. A lack in an archive is none.
    """
    sysfs = evidence.get(SYSFS)
    if sysfs is None or evidence.get(FIRMWARE_TYPE) == "efi":
        return evidence.get(FIRMWARE_TYPE)
    tables = evidence.get(DMI)
    return "bios" if sysfs.whole and tables else None


class Chosen(NamedTuple):
    """The loader that starts, and others that may start in its place and would start something
    else.
    """

    loader: BootLoader
    rivals: Tuple[BootLoader, ...] = ()


def boot_files(evidence: Evidence) -> Optional[FrozenSet[str]]:
    """Return all paths below /boot and the EFI system partition; None where some may be lacking, as
    in archives of chosen files.
    """
    return evidence.get(BOOT_FILES) if evidence.origin in (GUEST, FILES) else None


def boot_loader(evidence: Evidence) -> Optional[BootLoader]:
    """Return the loader that starts, None where no boot entry was seen."""
    found = chosen(evidence)
    return found.loader if found else None


def chosen(evidence: Evidence) -> Optional[Chosen]:
    """Return the loader that starts, with those that may start in its place."""
    told = evidence.get(BOOT)
    if told is None:
        return None
    found = _possible((told, *told.others), firmware_of(evidence))
    started = next(
        (
            one
            for word, kind in _CALLED
            if word in told.running
            for one in found
            if one.kind == kind
        ),
        None,
    )
    if started is not None:
        return Chosen(started)
    found = _installed(found, boot_files(evidence))
    first = default_entry(found[0])
    rivals = (one for one in found[1:] if not _alike(first, default_entry(one)))
    return Chosen(found[0], tuple(rivals))


def _possible(loaders: Tuple[BootLoader, ...], firmware: Optional[str]) -> Tuple[BootLoader, ...]:
    """Leave out what this firmware cannot start; what entries are made from counts where there is
    no loader.
    """
    off = _BY_UEFI if firmware == "bios" else _BY_BIOS if firmware == "efi" else frozenset()
    found = tuple(one for one in loaders if one.kind not in off) or loaders
    return tuple(one for one in found if one.kind != COMMAND_LINE) or found


def _installed(
    loaders: Tuple[BootLoader, ...], files: Optional[FrozenSet[str]]
) -> Tuple[BootLoader, ...]:
    """Leave out loaders whose program is nowhere, where one of the others' is there."""
    if files is None or len(loaders) < 2:
        return loaders
    kinds = frozenset(one.kind for one in loaders)
    return tuple(one for one in loaders if _has_program(one.kind, kinds, files)) or loaders


def _has_program(kind: str, kinds: FrozenSet[str], files: FrozenSet[str]) -> bool:
    if kind == GRUB:
        by_bios = any(_GRUB_OF_BIOS.match(path) for path in files)
        by_efi = any(_GRUB_OF_EFI.match(path) for path in files)
        # With a menu of its own on the EFI system partition GRUB reads that one there.
        return by_bios or by_efi or (GRUB_EFI not in kinds and _has_program(GRUB_EFI, kinds, files))
    pattern = _PROGRAMS[kind]
    return any(pattern.match(path.lower()) for path in files)


def _alike(one: Optional[BootEntry], other: Optional[BootEntry]) -> bool:
    """Tell whether two entries start the same: the same kernel and initramfs by name, with the same
    options.
    """
    if one is None or other is None:
        return False

    def essence(entry: BootEntry) -> Tuple[object, ...]:
        names = tuple(name.rpartition("/")[2] for name in (entry.linux, *entry.initrd))
        return names, frozenset(entry.options.split())

    return essence(one) == essence(other)


def default_entry(loader: BootLoader) -> Optional[BootEntry]:
    """Return the entry that boots by itself: by number, position, id or title, as GRUB resolves its
    default; None where that cannot be told.

    A default that no entry has is the first one, but in a menu that was cut it may be further on.
    """
    entries = loader.entries
    word = loader.default or "0"
    if word.startswith("@"):
        return None
    word = word[: -len(".conf")] if word.endswith(".conf") else word
    for entry in entries:
        if word in (entry.id, entry.position, entry.title) or word.rpartition(">")[2] in (
            entry.id or None,
            entry.title or None,
        ):
            return entry
    if is_digits(word) and len(word) < 6:
        # A number can also name a submenu; its first entry is what boots then.
        inside = [entry for entry in entries if entry.position.startswith(word + ">")]
        plain = [entry for entry in entries if not entry.position]
        if inside:
            return inside[0]
        if int(word) < len(plain):
            return plain[int(word)]
        return None if plain or loader.cut else next(iter(entries), None)
    return None if loader.cut else next(iter(entries), None)
