"""Prometheus' text format: for node_exporter's textfile collector; write it there with -f
prometheus:FILE.prom.

Text format 0.0.4, clean by `promtool check metrics`. Names of metrics and labels stay, and new ones
may come. The status of a check is that of its worst result: 0 good or worth a note, 1 warn, 2 fail,
3 could not be told.
"""

from __future__ import annotations

from calendar import timegm
from json import dumps, loads
from time import strptime
from typing import Dict, Iterable, Iterator, List, Tuple

from guestcheck.model.check import ERROR, FAIL, NOTE, OUTCOMES, PASS, SKIP, UNKNOWN, WARN
from guestcheck.model.device import KINDS
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render.escaping import plain

READ_BY_OTHERS = True  # node_exporter runs as a user of its own

_STATUS = {PASS: 0, SKIP: 0, NOTE: 0, WARN: 1, FAIL: 2, UNKNOWN: 3, ERROR: 3}
# Of several results of one check the worst counts; what could not be told is less than a failure.
_WORSE = (0, 1, 3, 2)

Labels = Dict[str, str]
Sample = Tuple[Labels, int]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the report as metrics; no timestamps, as the textfile collector wants it."""
    lines = []
    for name, says, samples in _metrics(report):
        if samples:
            lines += [f"# HELP guestcheck_{name} {says}", f"# TYPE guestcheck_{name} gauge"]
            lines += [f"guestcheck_{name}{_labels(labels)} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001
    """Return the samples of one of several guests, a JSON list a line: each metric of all has to
    stand together.
    """
    known = {"guest": entry.name}
    judged: Sample = (known, int(entry.report is not None))
    lines = [dumps(("judged", _JUDGED, *judged))]
    for name, says, samples in _metrics(entry.report) if entry.report else ():
        lines += [dumps((name, says, {**known, **labels}, value)) for labels, value in samples]
    return "\n".join(lines) + "\n"


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield the metrics of several guests, each with the label `guest`."""
    found: Dict[str, List[str]] = {}
    for text in parts:
        for line in text.splitlines():
            name, says, labels, value = loads(line)
            head = [f"# HELP guestcheck_{name} {says}", f"# TYPE guestcheck_{name} gauge"]
            found.setdefault(name, head).append(f"guestcheck_{name}{_labels(labels)} {value}")
    lost = sum(1 for gap in listing.gaps if gap.leaves_open)
    found["not_judged"] = [
        "# HELP guestcheck_not_judged How many things were found in which guests may be that "
        "were not judged.",
        "# TYPE guestcheck_not_judged gauge",
        f"guestcheck_not_judged {lost}",
    ]
    for lines in found.values():
        yield "\n".join(lines) + "\n"


_JUDGED = "Whether a guest could be judged: 1, or 0."


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_value(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _value(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')


def _metrics(report: Report) -> Iterator[Tuple[str, str, List[Sample]]]:
    inventory = report.inventory
    about = {
        "version": report.version,
        "hypervisor": inventory.hypervisor or "unknown",
        "platform": inventory.platform or "",
        "container": inventory.container or "",
    }
    yield "info", "What guestcheck ran on; always 1.", [(about, 1)]
    yield (
        "last_run_timestamp_seconds",
        "When the report was made, in seconds since 1970.",
        [({}, timegm(strptime(report.time, "%Y-%m-%dT%H:%M:%SZ")))],
    )
    yield (
        "check_status",
        "How a check ended: 0 good, 1 warn, 2 fail, 3 could not be told.",
        _checks(report),
    )
    counts = [
        ({"outcome": outcome}, sum(1 for result in report.results if result.outcome == outcome))
        for outcome in OUTCOMES
    ]
    yield "results", "How many results of checks there are, by outcome.", counts
    yield "devices", "How many disks and network cards there are, by kind.", _kinds(report)
    yield "device_info", "What a disk or network card is; always 1.", _devices(report)
    yield "gaps", "How many things could not be read.", [({}, len(report.gaps))]
    yield (
        "cut",
        "How many answers were too long and were read in part.",
        [({}, len(inventory.guest.cut))],
    )
    judgement = report.judgement
    if judgement:
        about = {"policy": judgement.file.rpartition("/")[2], "title": judgement.title}
        yield (
            "policy_status",
            "What the policy says: 0 pass, 2 fail, 3 could not be told.",
            [(about, _STATUS[judgement.outcome])],
        )
        yield (
            "policy_ignored",
            "How many results the policy ignores.",
            [({"policy": about["policy"]}, len(judgement.accepted))],
        )


def _checks(report: Report) -> List[Sample]:
    worst: Dict[str, int] = {}
    for result in report.results:
        status = _STATUS[result.outcome]
        before = worst.get(result.id, 0)
        worst[result.id] = status if _WORSE.index(status) > _WORSE.index(before) else before
    return [({"check": check}, status) for check, status in sorted(worst.items())]


def _kinds(report: Report) -> List[Sample]:
    """Count by kind; what could not be read has no count, which is not the same as 0."""
    found: List[Sample] = []
    for type_, devices in (("disk", report.inventory.disks), ("nic", report.inventory.nics)):
        if devices is not None:
            found += [
                (
                    {"type": type_, "kind": kind},
                    sum(1 for device in devices if device.verdict.kind == kind),
                )
                for kind in KINDS
            ]
    return found


def _devices(report: Report) -> List[Sample]:
    found: Dict[Tuple[str, str], Labels] = {}
    inventory = report.inventory
    for type_, devices in (("disk", inventory.disks or ()), ("nic", inventory.nics or ())):
        for device in devices:
            labels = {
                "device": device.name or device.address,
                "type": type_,
                "kind": device.verdict.kind,
                "interface": device.verdict.interface,
                "driver": device.driver,
                "roles": ",".join(getattr(device, "roles", ())),
            }
            # Two of one name cannot be told apart, and the same labels twice are no metric.
            found.setdefault((type_, plain(labels["device"])), labels)
    return [(labels, 1) for labels in found.values()]
