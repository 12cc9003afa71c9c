"""Would GRUB find its own files, the kernel and the initramfs: by what it searches, or by a number
that the firmware gives the disks.

`search` looks at all disks for a file system, wherever it is; `set root=` alone, or a search that
finds nothing, leaves a disk's number (hd0 is the first that the firmware has), or the name of one
of GRUB's own drivers. See GRUB's manual, "search", "Device syntax", "Naming convention".
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterator, Set

from guestcheck.catalogue.rows import BY_ID
from guestcheck.model.action import GrubBySearch
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Line, Place
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.device_names import Move

_DISK = compile_pattern(r"(hd|ahci|ata|usb|scsi|nvme|ohci|uhci|ehci)([0-9]{1,3})(?:,|\Z)")
# What GRUB's own drivers call disks, by the target that they can be on.
_DRIVERS = {name: row.id for row in BY_ID.values() for name in row.grub}
_DEVICE = compile_pattern(r"\(([a-z]+[0-9]+[^)$]*)\)/")
_SEARCH = GrubBySearch()


def menu(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield why GRUB may look for the kernel, or for its own configuration, on a disk that is not
    there.
    """
    for place in dict.fromkeys((*_of_entry(boot), *guest.setup.stubs)):
        yield from _of_place(place, move, guest)


def _of_entry(boot: Boot) -> Iterator[Place]:
    """Yield where the entry's files are: on the disk that a path names itself,
    (hd1,msdos1)/vmlinuz, else on GRUB's root.
    """
    entry = boot.entry
    paths = (entry.linux, *entry.initrds) if entry else ()
    devices = {path: _DEVICE.match(path) for path in paths if path}
    for path, device in devices.items():
        if device and entry:
            yield Place(device[1], "", Line(entry.file, 0, path))
    if boot.place and not (devices and all(devices.values())):
        yield boot.place


def _of_place(place: Place, move: Move, guest: Guest) -> Iterator[Reason]:
    if place.search and not _is_stale(place, guest):
        return
    if place.search:
        says = message(
            "grub-search-stale",
            search=place.search,
            root=place.root or "the disk that it was started from",
        )
        yield Reason("grub-search-stale", says, (place.line.hint,), WARNS, actions=(_SEARCH,))
    match = _DISK.match(place.root)
    if match is None:
        return
    driver, number = match[1], int(match[2])
    named = f"GRUB looks for the kernel on {driver}{number}"
    if driver in _DRIVERS and move.target.id != _DRIVERS[driver]:
        yield Reason(
            "grub-root-by-number",
            message("grub-root-by-number.no-such-disk", named=named, target=move.target.id),
            (place.line.hint,),
            STOPS,
            "",
            (_SEARCH,),
        )
    elif driver != "hd" or number > 0:
        says = message("grub-root-by-number.order", named=named)
        yield Reason(
            "grub-root-by-number",
            says,
            (place.line.hint,),
            OPEN,
            message("find-out.search-by-uuid"),
            (_SEARCH,),
        )
    elif len(move.disks) + len(move.others) > 1:
        says = message("grub-root-by-number.first", named=named)
        yield Reason("grub-root-by-number", says, (place.line.hint,), WARNS, actions=(_SEARCH,))


def _is_stale(place: Place, guest: Guest) -> bool:
    """Tell whether what is searched for is on no disk; where not all file systems of the guest are
    known, it may be on one.
    """
    kind, _, value = place.search.partition(" ")
    if kind not in ("fs-uuid", "label") or "$" in value:
        return False
    disks: Set[str] = {"part", "disk", "lvm", "crypt"}
    there = [block for block in guest.block or () if block.type in disks and block.filesystem]
    known = (
        {block.uuid.lower() for block in there}
        if kind == "fs-uuid"
        else {block.label for block in there}
    )
    mounted = any(
        {"/", "/boot"} & set(block.mounts) and (block.uuid if kind == "fs-uuid" else block.label)
        for block in there
    )
    return bool(mounted) and (value.lower() if kind == "fs-uuid" else value) not in known
