"""Disks, NICs, idle controllers and what is not judged, as tables and lines."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Optional, Sequence, Tuple, Union

from guestcheck.model.device import Controller, Disk, Inventory, Nic, Verdict, Virtio
from guestcheck.model.lookup import kept
from guestcheck.model.report import Report
from guestcheck.model.target import deciding
from guestcheck.render.escaping import plain
from guestcheck.render.page.parts import (
    BRIEF,
    WIDE,
    Cell,
    Column,
    Lines,
    Paragraph,
    Row,
    Section,
    Table,
)
from guestcheck.render.sentences import none_of, ready, size, some, unread

_DISK = (
    Column("Disk", names=True),
    Column("Size"),
    Column("Kind"),
    Column("Interface"),
    Column("Driver"),
    Column("Queues"),
    Column("Trim"),
    Column("Roles", folds=True, compact=True),
    Column("Address", WIDE, folds=True),
    Column("Controller", WIDE, folds=True),
    Column("Model, serial", BRIEF),
)
_NIC = (
    Column("Card", names=True),
    Column("State"),
    Column("Kind"),
    Column("Interface"),
    Column("Driver"),
    Column("Queues"),
    Column("Address", WIDE, folds=True),
    Column("Controller", WIDE, folds=True),
    Column("MAC", BRIEF),
)
_CONTROLLER = (
    Column("Address", folds=True),
    Column("Interface"),
    Column("Kind"),
    Column("Driver"),
    Column("Controller", folds=True),
)
Block = Union[Table, Paragraph]
# By what was said of a device (what virtio negotiated, how ready it is) the first of which it was:
# twenty disks negotiate the same features.
Said = Dict[Tuple[object, ...], str]


def disks(report: Report) -> Block:
    """Return the disks as a table, or why there is none."""
    found, cpus = report.inventory.disks, report.inventory.guest.cpus
    if not found:
        return _absent(report, found)
    said: Said = {}
    return Table(_DISK, tuple(_disk(disk, report, cpus, said) for disk in found))


def nics(report: Report) -> Block:
    """Return the NICs as a table, or why there is none."""
    found, cpus = report.inventory.nics, report.inventory.guest.cpus
    if not found:
        return _absent(report, found)
    said: Said = {}
    return Table(_NIC, tuple(_nic(nic, report, cpus, said) for nic in found))


def _absent(report: Report, found: Optional[Sequence[object]]) -> Paragraph:
    return Paragraph(none_of(report) if found is not None else unread(report), "skip")


def _disk(disk: Disk, report: Report, cpus: Optional[int], said: Said) -> Row:
    cells = (
        Cell(plain(disk.name)),
        Cell(size(disk.size_bytes), ours=True),
        Cell(disk.verdict.kind, disk.verdict.kind),
        Cell(disk.verdict.interface),
        Cell(plain(disk.driver)),
        Cell(queues(disk.queues, cpus), ours=True),
        Cell("" if disk.discard is None else "yes" if disk.discard else "no"),
        Cell(", ".join(disk.roles)),
        _placed(disk.address),
        _placed(disk.controller),
        Cell(plain(", ".join(word for word in (disk.model, disk.serial) if word))),
    )
    aside = (
        plain(f"model {disk.model}") if disk.model else "",
        plain(f"serial {disk.serial}") if disk.serial else "",
    )
    name = cells[0].text
    more = [*_driver(disk.driver, disk.verdict), *_virtio(disk.virtio, name, said), *disk.stack]
    more += _settled_by(disk.verdict)
    return Row(cells, aside, (*map(plain, more), *_ready(report, disk.name, said)))


def _nic(nic: Nic, report: Report, cpus: Optional[int], said: Said) -> Row:
    address = _placed(nic.address)
    cells = (
        Cell(plain(nic.name or nic.address)),
        Cell(plain(nic.state)),
        Cell(nic.verdict.kind, nic.verdict.kind),
        Cell(nic.verdict.interface),
        Cell(plain(nic.driver)),
        Cell(queues(nic.queues, cpus), ours=True),
        address if nic.name else address._replace(alone=""),
        _placed(nic.controller),
        Cell(plain(nic.mac)),
    )
    more = [*_driver(nic.driver, nic.verdict), *_virtio(nic.virtio, cells[0].text, said)]
    if nic.carries:
        more.append(f"carries {', '.join(nic.carries)}")
    if nic.pair:
        more.append(f"paired with {nic.pair}: one logical card, traffic takes the faster way")
    aside = (plain(nic.mac), plain(", ".join(nic.addresses)))
    more += _settled_by(nic.verdict)
    return Row(cells, aside, (*map(plain, more), *_ready(report, nic.name, said)))


def _placed(text: str) -> Cell:
    return Cell(plain(text), alone=plain(text))


def _settled_by(verdict: Verdict) -> List[str]:
    return [f"To find out: {verdict.settle}"] if verdict.settle else []


def _driver(driver: str, verdict: Verdict) -> List[str]:
    """Say which version of its driver runs a device, where Windows reports that."""
    return [
        f"driver {driver} {hint.says}"
        for hint in verdict.evidence
        if hint.source == "driver version"
    ]


def _virtio(virtio: Optional[Virtio], name: str, said: Said) -> List[str]:
    """Say what virtio negotiated; of the same as with another device that it is the same."""
    if not virtio:
        return []
    key = (virtio.generation, virtio.transport, virtio.features)
    if key in said:
        return [f"virtio as {said[key]}"]
    said[key] = name
    head = f"virtio {virtio.generation or 'of unknown generation'} over {virtio.transport}"
    known = f": {' '.join(virtio.features)}" if virtio.features else "; its features are not known"
    return [head + known]


def _ready(report: Report, name: str, said: Said) -> List[str]:
    """Say whether an emulated device could move to what is faster, for the kernel that boots by
    default; of more than a yes only once.
    """
    one = None if report.preflight else deciding(report.readiness, name)
    if not one or (name, one.target) in _interfaces(report.inventory):
        return []  # it is there already
    key = (one.target, one.verdict, *((why.id, why.says, why.settle) for why in one.reasons))
    if one.reasons and key in said:
        return [f"ready to move: as {said[key]}"]
    said.setdefault(key, plain(name))
    return [plain(f"ready to move to {one.target}: {ready(one)}")]


@kept
def _interfaces(inventory: Inventory) -> FrozenSet[Tuple[str, str]]:
    """Return the names of disks and NICs with their interfaces."""
    found: List[Union[Disk, Nic]] = [*(inventory.disks or ()), *(inventory.nics or ())]
    return frozenset((one.name, one.verdict.interface) for one in found)


def queues(count: Optional[int], cpus: Optional[int]) -> str:
    """Return queues against vCPUs as "2/4"."""
    if count is None:
        return ""
    return f"{count}/{cpus}" if cpus else str(count)


def controllers(inventory: Inventory) -> Iterator[Section]:
    """Yield the storage controllers that carry no disk. Where it is not known on which some disk
    is, their title says no more than that.
    """
    rows = tuple(_controller(one) for one in inventory.controllers or () if not one.disks)
    if not rows:
        return
    known = inventory.disks is not None and all(
        disk.controller or disk.address for disk in inventory.disks
    )
    title = "Storage controllers without a disk" if known else "Storage controllers, disks unknown"
    yield Section(title, (Table(_CONTROLLER, rows, aligned=False),), detail=True)


def _controller(one: Controller) -> Row:
    driver = plain(one.driver or "")
    return Row(
        (
            Cell(plain(one.address)),
            Cell(one.verdict.interface),
            Cell(one.verdict.kind, one.verdict.kind),
            Cell(driver, alone=f"driver {driver}")
            if driver
            else Cell("unknown", "unknown", "driver unknown")
            if one.driver is None
            else Cell("none", "warn", "NO DRIVER"),
            Cell(plain(one.name)),
        )
    )


def ignored(inventory: Inventory) -> Iterator[Section]:
    """Yield the devices that are not judged, those of one type in a line."""
    names: Dict[str, List[str]] = {}
    for one in inventory.ignored:
        names.setdefault(one.says, []).append(one.name)
    lines = tuple(plain(f"{some(several)}: {says}") for says, several in names.items())
    if lines:
        yield Section("Not judged", (Lines(lines),), detail=True)
