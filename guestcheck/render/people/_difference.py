"""What two reports differ in, as text for people."""

from __future__ import annotations

from textwrap import wrap
from typing import Iterator, List, Optional, Sequence

from guestcheck.model.comparison import (
    CAME,
    CHANGED,
    GONE,
    Change,
    Comparison,
    DeviceChange,
    Known,
    Value,
)
from guestcheck.model.report import Sink
from guestcheck.render.escaping import ascii_only, plain
from guestcheck.render.sentences import size

_TITLES = (("disk", "DISKS"), ("nic", "NETWORK CARDS"), ("controller", "STORAGE CONTROLLERS"))
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
_STATES = {GONE: "gone", CAME: "new", CHANGED: "changed"}
_WIDEST_LABEL = 13


def render_text(comparison: Comparison, sink: Sink) -> str:
    """Return the comparison as plain text within the sink's width, a summary first."""
    text = "\n".join(_lines(comparison, sink.width)) + "\n"
    return text if sink.unicode else ascii_only(text)


def _lines(comparison: Comparison, width: int) -> Iterator[str]:
    yield from _wrapped(_summary(comparison), width)
    for label, side in (("Before", comparison.before), ("After", comparison.after)):
        made = f", a report of {plain(side.time)}" if side.time else ""
        yield from _wrapped(f"{plain(side.source)}{made}", width, f"  {label:<7} ", " " * 10)
    if comparison.guest:
        yield from ("", "GUEST")
        yield from _table(comparison.guest, width, "  ")
    for device, title in _TITLES:
        found = [one for one in comparison.devices if one.device == device]
        if found:
            yield from ("", title)
        for one in found:
            yield from _device(one, width)
    if comparison.kernels:
        yield from ("", "KERNELS")
        for kernel in comparison.kernels:
            yield from _wrapped(f"{plain(kernel.release)}: {_STATES[kernel.state]}", width, "  ")
            yield from _table(kernel.changes, width, "    ")
    yield from _findings(comparison, width)
    if comparison.gaps:
        yield from ("", "NOT READ")
        for gap in comparison.gaps:
            word = "no more" if gap.state == GONE else "now"
            yield from _wrapped(
                f"{word}: {plain(gap.asked)}: {plain(gap.reason)}", width, "  ", "    "
            )


def _summary(comparison: Comparison) -> str:
    if not comparison.differs:
        counts = [
            _count(comparison.same.get(f"{device}s", 0), noun) for device, noun in _NOUNS.items()
        ]
        return (
            f"No difference: {', '.join(counts)} "
            f"and {_count(comparison.same.get('kernels', 0), 'kernel')} are the same."
        )
    parts: List[str] = []
    if len(comparison.devices) == 1:
        parts.append(_headline(comparison.devices[0]))
    else:
        for device, noun in _NOUNS.items():
            for state, word in _STATES.items():
                number = sum(
                    1 for one in comparison.devices if (one.device, one.state) == (device, state)
                )
                parts += [f"{_count(number, noun)} {word}"] if number else []
    parts += (
        [f"{_count(len(comparison.kernels), 'kernel')} different"] if comparison.kernels else []
    )
    for state, word in ((GONE, "gone"), (CAME, "new"), (CHANGED, "changed")):
        number = sum(1 for one in comparison.findings if one.state == state)
        parts += [f"{_count(number, 'finding')} {word}"] if number else []
    parts += (
        [f"{_count(len(comparison.guest), 'fact')} about the guest changed"]
        if comparison.guest
        else []
    )
    parts += [f"{_count(len(comparison.gaps), 'gap')} different"] if comparison.gaps else []
    return "; ".join(parts) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _device(one: DeviceChange, width: int) -> Iterator[str]:
    yield from _wrapped(_headline(one), width, "  ", "      ")
    if one.state != CHANGED:
        return
    # That a disk has virtio's features since it is a virtio disk need not be told.
    news = any(
        change.field == "virtio.transport" and None in (change.before, change.after)
        for change in one.changes
    )
    hidden = (
        "name",
        "interface",
        "kind",
        *(("virtio.transport", "virtio.features") if news else ()),
    )
    shown = [change for change in one.changes if change.field not in hidden]
    yield from _wrapped(f"known by {_BY.get(one.by, one.by)}", width, "    ")
    yield from _table(shown, width, "    ")


def _headline(one: DeviceChange) -> str:
    if one.before is None or one.after is None:
        there = one.before or one.after
        return f"{plain(there.name)}: {_STATES[one.state]}, {_verdict(there)}" if there else ""
    old, new = plain(one.before.name), plain(one.after.name)
    verdicts = _verdict(one.before), _verdict(one.after)
    names = old if old == new else f"{old} → {new}"
    return (
        f"{names}: {verdicts[0]} → {verdicts[1]}"
        if verdicts[0] != verdicts[1]
        else f"{names}: {verdicts[0]}"
    )


def _verdict(device: Known) -> str:
    return " ".join(plain(word) for word in (device.interface, device.kind) if word) or "unknown"


def _findings(comparison: Comparison, width: int) -> Iterator[str]:
    if not comparison.findings:
        return
    yield from ("", "FINDINGS")
    rows = [
        (_STATES[one.state], _outcome(one.before, one.after), plain(one.id), plain(one.summary))
        for one in comparison.findings
    ]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        yield from _wrapped(
            row[3],
            width,
            "  "
            + "  ".join(f"{row[column]:<{wide[column]}}" for column in range(2))
            + f"  {row[2]}: ",
            "      ",
        )


def _outcome(before: Optional[str], after: Optional[str]) -> str:
    words = [plain(word).upper() for word in (before, after) if word]
    return " → ".join(words)


def _table(changes: Sequence[Change], width: int, indent: str) -> Iterator[str]:
    rows = [(_label(change.field), _said(change)) for change in changes]
    wide = max((min(len(label), _WIDEST_LABEL) for label, _ in rows), default=0)
    for label, said in rows:
        yield from _wrapped(said, width, f"{indent}{label:<{wide}}  ", indent + " " * (wide + 2))


def _label(field: str) -> str:
    if field.startswith("CONFIG_"):
        symbol, _, what = field.rpartition(".")
        return (
            plain(symbol)
            if what == "state"
            else f"{plain(symbol)} {'in initramfs' if what == 'initramfs' else 'file'}"
        )
    return _LABELS.get(field, plain(field))


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


def _wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    if len(first) > width // 2:  # a name of a kernel option or check that leaves no room beside it
        return [first.rstrip(), *_wrapped(text, width, other or "    ", other)]
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other or first, break_on_hyphens=False
    ) or [first.rstrip()]
