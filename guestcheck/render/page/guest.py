"""What is known of the guest itself, as pairs."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from guestcheck.catalogue.rows import recommended
from guestcheck.model.device import Inventory
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
    guest = inventory.guest
    by = _by if verbose else _briefly
    lines = [
        (
            "System",
            ", ".join(
                word for word in (guest.os_name, _release(inventory), guest.architecture) if word
            )
            or "unknown",
        ),
        ("Hypervisor", f"{inventory.hypervisor_name}{by(inventory.hypervisor_evidence)}"),
    ]
    if inventory.platform_name:
        lines.append(("Platform", f"{inventory.platform_name}{_by(inventory.platform_evidence)}"))
    if inventory.disagreements:
        lines.append(
            ("But", "; ".join(f"{hint.source}: {hint.says}" for hint in inventory.disagreements))
        )
    if inventory.container:
        beneath = "" if is_offline(report) else "; the devices are those of the machine beneath it"
        lines.append(
            ("Container", f"{inventory.container}, by {guest.clues.container_source}{beneath}")
        )
    machine = [
        f"{guest.cpus} vCPU{'' if guest.cpus == 1 else 's'}" if guest.cpus else "",
        f"{size(guest.memory_bytes)} memory" if guest.memory_bytes else "",
    ]
    if guest.firmware:
        machine.append("UEFI" if guest.firmware == "efi" else "BIOS")
    if guest.windows is not None:
        lines += windows_lines((*report.readiness, *report.besides))
    known = ", ".join(word for word in machine if word)
    lines.append(
        (
            "Machine",
            known
            or (
                f"not running; its files were read: {guest.source}"
                if is_offline(report)
                else "unknown"
            ),
        )
    )
    return [(label, plain(text)) for label, text in lines]


def windows_lines(readiness: Tuple[Readiness, ...]) -> Iterator[Tuple[str, str]]:
    """Say of each of virtio's two drivers for disks whether Windows would boot with it."""
    for row in recommended():
        for one in readiness if row.bus == "virtio" and row.device == "disk" else ():
            if one.kind == "disk" and one.target == row.id:
                yield row.id, f"service {row.windows}: would Windows boot from it? {ready(one)}"


def _release(inventory: Inventory) -> str:
    release = inventory.guest.kernel
    return f"{'version' if is_windows(inventory) else 'kernel'} {release}" if release else ""


def is_windows(inventory: Inventory) -> bool:
    """Tell whether this is a Windows guest, which has no kernels to tell of."""
    return inventory.guest.windows is not None


def _briefly(hints: Tuple[Hint, ...]) -> str:
    return f", by {', '.join(dict.fromkeys(hint.source for hint in hints))}" if hints else ""


def _by(hints: Tuple[Hint, ...]) -> str:
    return f", by {'; '.join(f'{hint.source}: {hint.says}' for hint in hints)}" if hints else ""
