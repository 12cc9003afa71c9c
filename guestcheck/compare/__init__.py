"""What is different: two reports in their JSON form → Comparison.

The JSON form is what a report written last year and one made now have in common. Devices are
matched as a person would match them (`_matching`), so that a disk which moved from one interface to
another is one disk that changed. When a report was made, what the evidence was and how things are
worded is no difference.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

from guestcheck.compare._matching import Identities, Pair, pair_controllers, pair_disks, pair_nics
from guestcheck.compare._report import Json, entries, text, value
from guestcheck.compare._report import compared as compared
from guestcheck.compare._report import read_report as read_report
from guestcheck.model.check import PASS, SKIP
from guestcheck.model.comparison import (
    CAME,
    CHANGED,
    GONE,
    Change,
    Comparison,
    DeviceChange,
    FindingChange,
    GapChange,
    KernelChange,
    Known,
    Side,
)

NO_IDENTITIES: Identities = {}

_GUEST = (
    "hypervisor",
    "platform_id",
    "container",
    "os.name",
    "os.version",
    "kernel",
    "architecture",
    "firmware",
    "vcpus",
    "memory_bytes",
    "swap_bytes",
)
_VERDICT = ("name", "interface", "kind", "driver", "address", "controller")
_VIRTIO = ("virtio.generation", "virtio.transport", "virtio.features")
_DISK = (
    *_VERDICT,
    "size_bytes",
    "model",
    "serial",
    "transport",
    "roles",
    "stack",
    "queues",
    "discard",
    *_VIRTIO,
)
_NIC = (*_VERDICT, "mac", "state", "addresses", "queues", "max_queues", "carries", "pair", *_VIRTIO)
_CONTROLLER = ("address", "name", "interface", "kind", "driver")
_KERNEL = ("running", "default")
_DRIVER = ("state", "file", "initramfs")
# What the kernel keeps for itself differs a little from boot to boot, and is no other memory.
_MEMORY_TOLERANCE = 64


def compare(
    version: str,
    before: Json,
    after: Json,
    known_before: Identities = NO_IDENTITIES,
    known_after: Identities = NO_IDENTITIES,
) -> Comparison:
    """Compare two reports; `known_before` and `known_after` hold by disk the UUIDs on it, which a
    JSON report does not have.
    """
    disks = pair_disks(entries(before, "disks"), entries(after, "disks"), known_before, known_after)
    nics = pair_nics(entries(before, "nics"), entries(after, "nics"))
    controllers = pair_controllers(entries(before, "controllers"), entries(after, "controllers"))
    same: Dict[str, int] = {}
    devices = [
        *_devices("disk", disks, _DISK, same),
        *_devices("nic", nics, _NIC, same),
        *_devices("controller", controllers, _CONTROLLER, same),
    ]
    names = {
        _name(pair.before): _name(pair.after)
        for pair in (*disks, *nics)
        if pair.before and pair.after
    }
    return Comparison(
        version=version,
        before=_side(before),
        after=_side(after),
        guest=(
            *filter(_matters, _changes(_part(before, "guest"), _part(after, "guest"), _GUEST)),
            *_unread(before, after),
        ),
        devices=tuple(devices),
        kernels=tuple(_kernels(before, after, same)),
        findings=tuple(_findings(before, after, names)),
        gaps=tuple(_gaps(before, after)),
        same=same,
    )


def _side(report: Json) -> Side:
    return Side(text(report.get("source")) or "", text(report.get("time")) or "")


def _part(report: Json, name: str) -> Json:
    part = report.get(name)
    return part if isinstance(part, dict) else {}


def _matters(change: Change) -> bool:
    one, two = change.before, change.after
    memory = change.field == "memory_bytes" and isinstance(one, int) and isinstance(two, int)
    return not (memory and abs(one - two) * _MEMORY_TOLERANCE < max(one, two))  # type: ignore[operator,type-var]


def _unread(before: Json, after: Json) -> List[Change]:
    """Say which devices one report could not read: then none of them is gone or came."""
    counts = [
        (name, entries(before, name), entries(after, name))
        for name in ("disks", "nics", "controllers", "kernels")
    ]
    return [
        Change(name, None if one is None else len(one), None if two is None else len(two))
        for name, one, two in counts
        if (one is None) != (two is None)
    ]


def _changes(before: Json, after: Json, fields: Tuple[str, ...]) -> Tuple[Change, ...]:
    pairs = ((field, value(before, field), value(after, field)) for field in fields)
    return tuple(Change(field, one, two) for field, one, two in pairs if one != two)


def _devices(
    device: str, pairs: List[Pair], fields: Tuple[str, ...], same: Dict[str, int]
) -> List[DeviceChange]:
    found: List[DeviceChange] = []
    same[f"{device}s"] = 0
    for pair in pairs:
        if pair.before is None or pair.after is None:
            found.append(
                DeviceChange(
                    device, GONE if pair.before else CAME, _known(pair.before), _known(pair.after)
                )
            )
            continue
        changes = tuple(
            change
            for change in _changes(pair.before, pair.after, fields)
            if not (change.field == "stack" and pair.same_contents)
        )
        if changes:
            found.append(
                DeviceChange(
                    device, CHANGED, _known(pair.before), _known(pair.after), pair.by, changes
                )
            )
        else:
            same[f"{device}s"] += 1
    return found


def _known(device: "Json | None") -> "Known | None":
    return (
        Known(_name(device), text(device.get("interface")), text(device.get("kind")))
        if device is not None
        else None
    )


def _name(device: Json) -> str:
    return text(device.get("name")) or text(device.get("address")) or ""


def _kernels(before: Json, after: Json, same: Dict[str, int]) -> List[KernelChange]:
    same["kernels"] = 0
    one, two = entries(before, "kernels"), entries(after, "kernels")
    if one is None or two is None:
        return []
    old, new = (
        {text(kernel.get("release")) or "": kernel for kernel in kernels} for kernels in (one, two)
    )
    found = [KernelChange(release, GONE) for release in old if release not in new]
    found += [KernelChange(release, CAME) for release in new if release not in old]
    for release in old:
        if release in new:
            changes = (
                *_changes(old[release], new[release], _KERNEL),
                *_drivers(old[release], new[release]),
            )
            same["kernels"] += not changes
            found += [KernelChange(release, CHANGED, changes)] if changes else []
    return found


def _drivers(before: Json, after: Json) -> List[Change]:
    old, new = (
        {
            text(driver.get("symbol")) or text(driver.get("module")) or "": driver
            for driver in entries(kernel, "drivers") or ()
        }
        for kernel in (before, after)
    )
    found: List[Change] = []
    for symbol in dict.fromkeys((*old, *new)):
        changes = _changes(old.get(symbol, {}), new.get(symbol, {}), _DRIVER)
        found += [change._replace(field=f"{symbol}.{change.field}") for change in changes]
    return found


def _findings(before: Json, after: Json, names: Mapping[str, str]) -> List[FindingChange]:
    """Compare what was found; what was found about a device is looked for under the name that it
    has after.
    """
    old = {
        (
            text(one.get("id")) or "",
            names.get(text(one.get("subject")) or "", text(one.get("subject")) or ""),
        ): one
        for one in _found(before)
    }
    new = {
        (text(one.get("id")) or "", text(one.get("subject")) or ""): one for one in _found(after)
    }
    changes = [_finding(key[0], GONE, old[key], old[key], None) for key in old if key not in new]
    changes += [_finding(key[0], CAME, new[key], None, new[key]) for key in new if key not in old]
    changes += [
        _finding(key[0], CHANGED, new[key], old[key], new[key])
        for key in old
        if key in new and old[key].get("outcome") != new[key].get("outcome")
    ]
    return changes


def _finding(
    name: str, state: str, told: Json, before: "Json | None", after: "Json | None"
) -> FindingChange:
    outcomes = [text(one.get("outcome")) if one is not None else None for one in (before, after)]
    return FindingChange(
        name,
        state,
        text(told.get("subject")) or "",
        text(told.get("summary")) or "",
        outcomes[0],
        outcomes[1],
    )


def _found(report: Json) -> List[Json]:
    return [
        result
        for result in entries(report, "results") or ()
        if result.get("outcome") not in (PASS, SKIP)
    ]


def _gaps(before: Json, after: Json) -> List[GapChange]:
    old, new = (
        dict.fromkeys(
            tuple(text(gap.get(field)) or "" for field in ("question", "asked", "reason"))
            for gap in entries(one, "gaps") or ()
        )
        for one in (before, after)
    )
    return [
        *(GapChange(GONE, *gap) for gap in old if gap not in new),
        *(GapChange(CAME, *gap) for gap in new if gap not in old),
    ]
