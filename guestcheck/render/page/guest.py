"""What is known of the guest itself, as pairs."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from guestcheck.catalogue.families import WORDING
from guestcheck.catalogue.rows import recommended
from guestcheck.model.device import Inventory
from guestcheck.model.family import WINDOWS
from guestcheck.model.hint import Hint
from guestcheck.model.report import Report
from guestcheck.model.target import Readiness
from guestcheck.render.escaping import plain
from guestcheck.render.sentences import is_offline, ready, size


def guest_pairs(report: Report, verbose: bool) -> List[Tuple[str, str]]:
    """Return the guest's part as pairs of a label and a text; what each clue says only with
    `verbose`.
    """
    inventory = report.inventory
    by = _by if verbose else _briefly
    lines = [
        ("System", _system(inventory)),
        ("Hypervisor", f"{inventory.hypervisor_name}{by(inventory.hypervisor_evidence)}"),
    ]
    if inventory.platform_name:
        lines.append(("Platform", f"{inventory.platform_name}{_by(inventory.platform_evidence)}"))
    if inventory.disagreements:
        says = (f"{hint.source}: {hint.says}" for hint in inventory.disagreements)
        lines.append(("But", "; ".join(says)))
    if inventory.container:
        beneath = "" if is_offline(report) else "; the devices are those of the machine beneath it"
        source = inventory.guest.clues.container_source
        lines.append(("Container", f"{inventory.container}, by {source}{beneath}"))
    if inventory.family == WINDOWS:
        lines += windows_lines((*report.readiness, *report.besides))
    lines.append(("Machine", _machine(report)))
    return [(label, plain(text)) for label, text in lines]


def _system(inventory: Inventory) -> str:
    guest = inventory.guest
    words = (guest.os_name, _release(inventory), guest.architecture)
    return ", ".join(word for word in words if word) or "unknown"


def _machine(report: Report) -> str:
    guest = report.inventory.guest
    words = [
        f"{guest.cpus} vCPU{'' if guest.cpus == 1 else 's'}" if guest.cpus else "",
        f"{size(guest.memory_bytes)} memory" if guest.memory_bytes else "",
        {"": "", "efi": "UEFI"}.get(guest.firmware or "", "BIOS"),
    ]
    nothing = (
        f"not running; its files were read: {guest.source}" if is_offline(report) else "unknown"
    )
    return ", ".join(word for word in words if word) or nothing


def windows_lines(readiness: Tuple[Readiness, ...]) -> Iterator[Tuple[str, str]]:
    """Say of each of virtio's two drivers for disks whether Windows would boot with it."""
    for row in recommended():
        for one in readiness if row.bus == "virtio" and row.device == "disk" else ():
            if one.kind == "disk" and one.target == row.id:
                yield row.id, f"service {row.windows}: would Windows boot from it? {ready(one)}"


def _release(inventory: Inventory) -> str:
    release = inventory.guest.kernel
    return f"{WORDING[inventory.family].release} {release}" if release else ""


def _briefly(hints: Tuple[Hint, ...]) -> str:
    return f", by {', '.join(dict.fromkeys(hint.source for hint in hints))}" if hints else ""


def _by(hints: Tuple[Hint, ...]) -> str:
    return f", by {'; '.join(f'{hint.source}: {hint.says}' for hint in hints)}" if hints else ""
