"""What advice may quote of a guest: plain tokens, else a placeholder in capitals; and what every
place warns of.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Optional, Tuple

from guestcheck.catalogue.rows import on_bus
from guestcheck.model.action import MoveDisk
from guestcheck.model.device import Disk, Inventory
from guestcheck.model.family import LINUX, WINDOWS
from guestcheck.model.hint import Hint
from guestcheck.model.lookup import kept

# A guest may be hostile, and its words end up in somebody's shell: these characters are inert in
# every shell and in XML.
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,63}")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+-]{0,63}")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
# A quote stands in a word's genitive alone.
_SENTENCE = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9/._@:,+= -]|(?<=[A-Za-z])'(?=s )){0,399}")

DRIVER_FIRST = (
    "The guest boots from this disk: first see that its initramfs has the new driver. If it does "
    "not boot, change it back: nothing on the disk was altered."
)
DRIVER_THERE = (
    "The guest boots from this disk, and has the new driver where it is needed. If it does not "
    "boot, change it back: nothing on the disk was altered."
)
BOOT_START = (
    "The guest boots from this disk: first see that the new driver starts at boot. If it does not "
    "boot, change it back: nothing on the disk was altered."
)
BY_HAND = (
    "Where Terraform, Ansible or the like defines the machine, change it there as well: they undo "
    "what is done by hand."
)
UEFI = (
    "UEFI may not find the disk by its old boot entry: it falls back to EFI/BOOT on the disk, or "
    "the disk is chosen in its menu."
)
KEPT = "A copy of an earlier time is not written over: move it away first."
REVERTED = "A snapshot that was taken before brings the old device back when it is reverted."
SEE = "Then run guestcheck in the guest again: it says what the device is now."
NAMES_CHANGE = (
    "The MAC address stays; the interface may still get another name in the guest, as names "
    "follow the PCI slot."
)
ANOTHER_ADAPTER = "The MAC address stays; to Windows it is another adapter all the same."
STILL_LARGE = (
    "Whether space comes back depends on the storage beneath; an image file may stay as large as "
    "it ever was, and reuse what was freed."
)

OLD_GUESTS = (
    "Kernels before 4.0 (RHEL: before 7.2) and Windows XP and 2003 need transitional devices: "
    "leave theirs as they are."
)


def plain(value: Optional[str], placeholder: str) -> str:
    """Return `value` if it is a plain token, else `placeholder`."""
    return value if value and _TOKEN.fullmatch(value) else placeholder


def sentence(value: Optional[str], instead: str) -> str:
    """Return `value` if it is words and paths in which no character means anything to a shell, else
    `instead`.
    """
    return value if value and _SENTENCE.fullmatch(value) else instead


def tokens(words: Iterable[str]) -> Tuple[str, ...]:
    """Return `words` if all of them are plain tokens, else none."""
    words = tuple(words)
    return words if all(_TOKEN.fullmatch(word) for word in words) else ()


def named(device: str, what: str) -> str:
    """Return `what` with the device's name behind it, alone where the name is not known: "the disk
    sda", "the disk".

    >>> named("eth0", "the NIC"), named("", "the NIC")
    ('the NIC eth0', 'the NIC')
    """
    return f"{what} {plain(device, '')}".rstrip()


def proof(evidence: Tuple[Hint, ...]) -> str:
    """Return what proves something, each source once; "" where that is not inert.

    >>> proof((Hint("/boot/initrd", "a is in it"), Hint("/boot/initrd", "b is in it")))
    '/boot/initrd: a is in it and b is in it'
    """
    says: Dict[str, List[str]] = {}
    for hint in evidence:
        says.setdefault(hint.source, []).append(hint.says)
    words = (f"{source}: {' and '.join(said)}" for source, said in says.items())
    return sentence(", ".join(words), "")


def mac(value: str) -> str:
    """Return the MAC address, or MAC."""
    return value if _MAC.fullmatch(value) else "MAC"


def serial(value: str) -> str:
    """Return the disk's serial number, "" where it has none that virtio-blk can take: that is 20
    characters.
    """
    value = plain(value, "")
    return value if len(value) <= 20 else ""


def kernel(value: str) -> str:
    """Return the kernel's release, or KERNEL; a plus, as in 6.1.0+, is as inert as a letter."""
    return value if _RELEASE.fullmatch(value) else "KERNEL"


def number(value: Optional[int], placeholder: str = "N") -> str:
    """Return `value` if it is a small number, else `placeholder`."""
    return str(value) if value is not None and 0 < value < 10000 else placeholder


def cpus(value: Optional[int], inventory: Inventory) -> str:
    """Return the number of vCPUs, or N."""
    return number(value, number(inventory.guest.cpus))


def disk(name: str, inventory: Inventory) -> Optional[Disk]:
    """Return the disk of that name."""
    return _by_name(inventory.disks or ()).get(name)


@kept
def _by_name(disks: Tuple[Disk, ...]) -> Dict[str, Disk]:
    return {disk.name: disk for disk in reversed(disks)}


def on_emulated_scsi(device: str, inventory: Inventory) -> bool:
    """Tell whether a disk other than `device` is known to be on an emulated SCSI controller."""
    # One controller's model is that of all its disks.
    scsi = on_bus("scsi")
    others = (one for one in inventory.disks or () if one.name != device)
    return any(one.verdict.interface in scsi for one in others)


def names_change(inventory: Inventory) -> str:
    """Return what becomes of a NIC's name when the NIC is changed."""
    return {LINUX: NAMES_CHANGE, WINDOWS: ANOTHER_ADAPTER}[inventory.family]


def moving(about: MoveDisk, inventory: Inventory, note: str = "") -> str:
    """Return `note`, and after it the warning that moving a root disk needs."""
    first = {LINUX: DRIVER_FIRST, WINDOWS: BOOT_START}[inventory.family]
    warning = "" if not about.is_root else DRIVER_THERE if about.ready else first
    firmware = UEFI if warning and about.firmware == "efi" else ""
    return " ".join(part for part in (note, warning, firmware) if part)
