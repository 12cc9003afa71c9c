"""What two reports differ in as a page: a summary, then what is another now, part by part."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from guestcheck.model.comparison import (
    CAME,
    CHANGED,
    GONE,
    Change,
    Comparison,
    DeviceChange,
    KernelChange,
    Known,
    Value,
)
from guestcheck.render.escaping import plain
from guestcheck.render.page.parts import (
    ASIDE,
    CHANGE,
    FIELD,
    TITLE,
    Account,
    Cell,
    Column,
    Lines,
    Page,
    Pairs,
    Row,
    Said,
    Section,
    Table,
)
from guestcheck.render.sentences import size

_TITLES = (("disk", "Disks"), ("nic", "Network cards"), ("controller", "Storage controllers"))
_NOUNS = {"disk": "disk", "nic": "NIC", "controller": "controller"}
_BY = {
    "serial": "the same serial number",
    "uuid": "the same file systems on it",
    "contents": "the same role or contents",
    "mac": "the same MAC address",
    "address": "the same address",
    "name": "the same name",
    "size": "the same size",
}
_LABELS = {
    "platform_id": "platform",
    "os.name": "system",
    "os.version": "version",
    "vcpus": "vCPUs",
    "memory_bytes": "memory",
    "swap_bytes": "swap",
    "size_bytes": "size",
    "max_queues": "most queues",
    "virtio.generation": "virtio",
    "virtio.transport": "virtio over",
    "virtio.features": "features",
    "mac": "MAC",
    "pair": "paired with",
    "nics": "NICs",
}
_OF_DRIVERS = {"file": "file", "initramfs": "in initramfs"}
_STATES = {GONE: "gone", CAME: "new", CHANGED: "changed"}
_FINDING = (Column("State"), Column("Outcome"), Column("Finding", folds=True))


def difference_page(comparison: Comparison) -> Page:
    """Lay out what two reports differ in, a summary first."""
    sides = (("Before", comparison.before), ("After", comparison.after))
    rows = (
        (label, plain(side.source) + (f", a report of {plain(side.time)}" if side.time else ""))
        for label, side in sides
    )
    compared = Section("", (Pairs(tuple(rows), short=True),))
    source = f"{comparison.before.source}, {comparison.after.source}"
    return Page(
        _summary(comparison),
        (compared, *_sections(comparison)),
        name="what changed",
        made=(comparison.version, "", plain(source)),
    )


def _sections(comparison: Comparison) -> Iterator[Section]:
    if comparison.guest:
        yield Section("Guest", (Pairs(tuple(_rows(comparison.guest)), short=True),))
    for device, title in _TITLES:
        found = tuple(_device(one) for one in comparison.devices if one.device == device)
        if found:
            yield Section(title, found, dense=True)
    if comparison.kernels:
        kernels = (_kernel(one) for one in comparison.kernels)
        yield Section("Kernels", tuple(kernels), dense=True)
    if comparison.findings:
        yield Section("Findings", (_findings(comparison),))
    if comparison.gaps:
        gaps = (
            f"{'no more' if gap.state == GONE else 'now'}: {plain(gap.asked)}: {plain(gap.reason)}"
            for gap in comparison.gaps
        )
        yield Section("Not read", (Lines(tuple(gaps)),))


def _summary(comparison: Comparison) -> str:
    if not comparison.differs:
        return _no_difference(comparison)
    parts = (
        [_headline(comparison.devices[0])]
        if len(comparison.devices) == 1
        else list(_counted_devices(comparison))
    )
    findings = [one.state for one in comparison.findings]
    parts += _some(len(comparison.kernels), "kernel", "different")
    for state, word in _STATES.items():
        parts += _some(findings.count(state), "finding", word)
    parts += _some(len(comparison.guest), "fact", "about the guest changed")
    parts += _some(len(comparison.gaps), "gap", "different")
    return "; ".join(parts) + "."


def _no_difference(comparison: Comparison) -> str:
    same = comparison.same
    counts = [_count(same.get(f"{device}s", 0), noun) for device, noun in _NOUNS.items()]
    kernels = _count(same.get("kernels", 0), "kernel")
    return f"No difference: {', '.join(counts)} and {kernels} are the same."


def _counted_devices(comparison: Comparison) -> Iterator[str]:
    changes = [(one.device, one.state) for one in comparison.devices]
    for device, noun in _NOUNS.items():
        for state, word in _STATES.items():
            yield from _some(changes.count((device, state)), noun, word)


def _some(number: int, noun: str, what: str) -> List[str]:
    return [f"{_count(number, noun)} {what}"] if number else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# Of so many drivers of a kernel of which the same changed, that is said once.
_MANY_ALIKE = 4


def _kernel(one: KernelChange) -> Account:
    title = f"{plain(one.release)}: {_STATES[one.state]}"
    alike: Dict[Tuple[str, Value, Value], List[Change]] = {}
    for change in one.changes:
        what = change.field.rpartition(".")[2] if _is_driver(change.field) else change.field
        alike.setdefault((what, change.before, change.after), []).append(change)
    lines = [Said(TITLE, title)]
    for changes in alike.values():
        if len(changes) < _MANY_ALIKE:
            lines += [Said(FIELD, text, label) for label, text in _rows(changes)]
        else:
            drivers = [_driver(change.field) for change in changes]
            symbols = ", ".join(symbol for symbol, _ in drivers)
            says = f"{drivers[0][1]} {_said(changes[0])}: {symbols}".strip()
            lines.append(Said(FIELD, says, f"{len(changes)} drivers"))
    return Account(CHANGE, "", tuple(lines))


def _is_driver(field: str) -> bool:
    return field.startswith("CONFIG_")


def _device(one: DeviceChange) -> Account:
    if one.state != CHANGED:
        return _changed(_headline(one), "", ())
    # That a disk has virtio's features since it is a virtio disk need not be said.
    news = any(
        change.field == "virtio.transport" and None in (change.before, change.after)
        for change in one.changes
    )
    hidden = {"name", "interface", "kind"} | (
        {"virtio.transport", "virtio.features"} if news else set()
    )
    shown = [change for change in one.changes if change.field not in hidden]
    return _changed(_headline(one), f"known by {_BY.get(one.by, one.by)}", shown)


def _changed(title: str, aside: str, changes: Iterable[Change]) -> Account:
    lines = [Said(TITLE, title)]
    lines += [Said(ASIDE, plain(aside))] if aside else []
    lines += [Said(FIELD, text, label) for label, text in _rows(changes)]
    return Account(CHANGE, "", tuple(lines))


def _headline(one: DeviceChange) -> str:
    if one.before is None or one.after is None:
        there = one.before or one.after
        return f"{plain(there.name)}: {_STATES[one.state]}, {_verdict(there)}" if there else ""
    old, new = plain(one.before.name), plain(one.after.name)
    was, now = _verdict(one.before), _verdict(one.after)
    return f"{_arrow(old, new)}: {_arrow(was, now)}"


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _verdict(device: Known) -> str:
    return " ".join(plain(word) for word in (device.interface, device.kind) if word) or "unknown"


def _findings(comparison: Comparison) -> Table:
    rows = (
        Row(
            (
                Cell(_STATES[one.state]),
                Cell(_outcomes(one.before, one.after), one.after or one.before or ""),
                Cell(f"{plain(one.id)}: {plain(one.summary)}"),
            )
        )
        for one in comparison.findings
    )
    return Table(_FINDING, tuple(rows))


def _outcomes(before: Optional[str], after: Optional[str]) -> str:
    return " → ".join(plain(word).upper() for word in (before, after) if word)


def _rows(changes: Iterable[Change]) -> Iterator[Tuple[str, str]]:
    for change in changes:
        yield _label(change.field), _said(change)


def _label(field: str) -> str:
    return (
        " ".join(_driver(field)).strip() if _is_driver(field) else _LABELS.get(field, plain(field))
    )


def _driver(field: str) -> Tuple[str, str]:
    """Return the kernel option of a driver's field, and what of it that says."""
    symbol, _, what = field.rpartition(".")
    return plain(symbol), _OF_DRIVERS.get(what, "")


def _said(change: Change) -> str:
    before, after = change.before, change.after
    if isinstance(before, tuple) and isinstance(after, tuple) and before and after:
        lost, gained = (
            [one for one in before if one not in after],
            [one for one in after if one not in before],
        )
        parts = [
            f"{word} {', '.join(map(plain, some))}"
            for word, some in (("without", lost), ("with", gained))
            if some
        ]
        return "; ".join(parts) or "in another order"
    return f"{_word(change.field, before)} → {_word(change.field, after)}"


def _word(field: str, value: Value) -> str:
    if value is None:
        return "none" if field == "virtio.generation" else "not told"
    if isinstance(value, tuple):
        return ", ".join(map(plain, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return size(value) if field.endswith("_bytes") else str(value)
    return plain(value) or "none"
