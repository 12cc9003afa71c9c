"""What guestcheck said of a guest, against what was attached to it.

Of guestcheck only the shape of its JSON is used here: its words are compared with the
declaration's, letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lab.guest import Guest, Truth

JUDGED = ("paravirtual", "emulated", "passthrough", "physical", "unknown")
# What systemd-detect-virt calls QEMU without KVM.
HYPERVISOR = "qemu"
Json = dict[str, Any]


class Row(NamedTuple):
    """One line of the result; `right` is None where nothing could be asked."""

    guest: str
    release: str
    device: str
    expected: str
    said: str
    right: bool | None
    seconds: float = 0.0


def compare(guest: Guest, release: str, report: Json, seconds: float, how: str = "") -> list[Row]:
    """A row for each device that was attached, and one for each that was named though nobody
    attached it.
    """
    left = {kind: list(report.get(kind) or ()) for kind in ("disks", "nics", "controllers")}
    name = f"{guest.name} {how}".strip()
    hypervisor = (report.get("guest") or {}).get("hypervisor")
    rows = [
        Row(
            name,
            release,
            "hypervisor",
            HYPERVISOR,
            str(hypervisor),
            hypervisor == HYPERVISOR,
            seconds,
        )
    ]
    for truth in guest.truths():
        said = _take(truth, left)
        if said is None and truth.optional:
            continue
        right, words = _judge(truth, said)
        rows.append(Row(name, release, truth.label, _expected(truth), words, right, seconds))
    for kind in ("disks", "nics"):
        strays = [said for said in left[kind] if said.get("kind") in JUDGED]
        rows += [
            Row(name, release, str(said.get("name")), "not attached", _words(said), False, seconds)
            for said in strays
        ]
    return rows


def _take(truth: Truth, left: dict[str, list[Json]]) -> Json | None:
    """The device that `truth` is about, taken out of `left`: no two truths share one."""
    kinds = {"disk": ("disks",), "nic": ("nics",), "controller": ("controllers", "nics", "disks")}[
        truth.what
    ]
    # A card's address comes first, because a bond gives all its members one MAC; a disk's serial is
    # its own.
    marks = (("serial", truth.serial), ("address", truth.address), ("mac", truth.mac))
    for mark, value in marks:
        for kind in kinds if value else ():
            for said in left[kind]:
                if str(said.get(mark) or "").strip().lower() == value.lower():
                    left[kind].remove(said)
                    return said
    return None


def _judge(truth: Truth, said: Json | None) -> tuple[bool, str]:
    if said is None:
        return False, "nothing"
    right = (said.get("interface"), said.get("kind")) == (truth.interface, truth.kind)
    driver = said.get("driver") or ""
    if truth.drivers and driver not in truth.drivers:
        right = False
    also = [(path, value, _field(said, path)) for path, value in truth.also]
    right = right and all(_holds(found, value) for _, value, found in also)
    return right, _words(said) + "".join(f", {path} {found}" for path, _, found in also)


def _field(said: Json, path: str) -> object:
    """The field that `path` leads to, None where there is none."""
    found: object = said
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _holds(found: object, value: object) -> bool:
    if isinstance(found, list):
        return any(value in str(one).split() for one in found)
    return found == value and type(found) is type(value)


def _expected(truth: Truth) -> str:
    driver = "no driver" if truth.drivers == ("",) else " or ".join(truth.drivers)
    words = [
        truth.interface,
        truth.kind,
        driver,
        *(f"{path} {value}" for path, value in truth.also),
    ]
    return ", ".join(word for word in words if word)


def _words(said: Json) -> str:
    return f"{said.get('interface')}, {said.get('kind')}, {said.get('driver') or 'no driver'}"


def merged(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """Equal rows once, with their number: two hundred LUNs are one line."""
    counts: dict[Row, int] = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    return [(count, row) for row, count in counts.items()]
