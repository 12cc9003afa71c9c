"""JSON, version 1: for programs; the names and meanings of its fields stay, and new fields may
come.

The JSON Schema (draft 2020-12) ships as `guestcheck/render/report.schema.json`. Texts are plain;
control characters are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, Iterator, Optional

from guestcheck.model.device import (
    Controller,
    Disk,
    DriverState,
    KernelDrivers,
    Nic,
    Verdict,
    Virtio,
)
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine._pieces import dumps, joined
from guestcheck.render.machine._verdicts import Line, entry, hints, judged, result_line
from guestcheck.render.sentences import sentence

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Entry, Listing

SCHEMA = "guestcheck.report/1"

Json = Dict[str, object]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the report as one JSON object and a line break: a line a field, and a line each
    device, kernel and result; what preflight found in its own form.
    """
    if report.preflight:
        from guestcheck.render.machine._preflight import as_json

        return as_json(report)
    # DEL is the one control character that JSON lets through.
    return joined(_parts(report)).replace("\x7f", "\\u007f")


def _parts(report: Report) -> Iterator[str]:
    before = "{\n"
    for name, value in _report(report).items():
        yield f"{before}{dumps(name)}: "
        yield from _laid_out(value)
        before = ",\n"
    yield "\n}\n"


def compared(comparison: Comparison, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return what two reports differ in as one JSON object."""
    from guestcheck.render.machine._difference import as_json

    return as_json(comparison)


SEVERAL = "guestcheck.guests/1"


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as a JSON object; its report is the one that it has alone."""
    from guestcheck.render.several import host_of

    report = render(entry.report, sink).rstrip("\n") if entry.report else "null"
    host = host_of(entry.report)
    told = (
        ("name", entry.name),
        ("host", host or None),
        ("exit_code", entry.code),
        ("error", entry.error or None),
    )
    lines = [f"{dumps(name)}: {dumps(value)}" for name, value in told]
    return ("{" + ", ".join(lines) + f', "report": {report}}}').replace("\x7f", "\\u007f")


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield the list of several guests."""
    failed = sum(1 for row in listing.rows if row.error)
    head: Json = {
        "schema": SEVERAL,
        "tool": {"name": "guestcheck", "version": listing.version},
        "time": listing.time,
        "source": listing.source,
        "exit_code": listing.code,
        "summary": {
            "guests": len(listing.rows),
            "judged": len(listing.rows) - failed,
            "failed": failed,
        },
        "not_judged": [
            {"asked": gap.asked, "reason": gap.reason, "leaves_open": gap.leaves_open}
            for gap in listing.gaps
        ],
    }
    for name, value in head.items():
        yield (
            f"{'{' if name == 'schema' else ','}\n{dumps(name)}: {''.join(_laid_out(value))}"
        ).replace("\x7f", "\\u007f")
    yield ',\n"guests": ['
    for number, text in enumerate(parts):
        yield ("," if number else "") + "\n" + text
    yield "\n]\n}\n"


def _laid_out(value: object) -> Iterator[str]:
    """Write what is many with an entry a line. Python's own indentation would cost a tenth of the
    whole run: it is not in C.
    """
    if not isinstance(value, (list, Iterator)):
        yield dumps(value)
        return
    before = "[\n "
    for one in value:
        yield before
        yield one if isinstance(one, Line) else dumps(one)
        before = ",\n "
    yield "[]" if before == "[\n " else "\n]"


def _report(report: Report) -> Json:
    inventory = report.inventory
    return {
        "schema": SCHEMA,
        "tool": {"name": "guestcheck", "version": report.version},
        "time": report.time,
        "source": inventory.guest.source,
        "headline": sentence(report),
        "guest": _guest(report),
        "disks": None if inventory.disks is None else map(_disk, inventory.disks),
        "nics": None if inventory.nics is None else map(_nic, inventory.nics),
        "controllers": None
        if inventory.controllers is None
        else [_controller(one) for one in inventory.controllers],
        "ignored": [
            {"name": one.name, "type": one.what, "says": one.says} for one in inventory.ignored
        ],
        "kernels": None
        if inventory.kernels is None
        else [_kernel(kernel) for kernel in inventory.kernels],
        # One by one: all of them, as objects, take more memory than all else.
        "results": (
            result_line(result, report.remedies.get(number, ()))
            for number, result in enumerate(report.results)
        ),
        "readiness": (
            entry(one, report.repairs.get(number, ()))
            for number, one in enumerate(report.readiness)
        ),
        "gaps": [
            {
                "question": gap.question,
                "asked": gap.asked,
                "reason": gap.reason,
                "leaves_open": gap.leaves_open,
            }
            for gap in report.gaps
        ],
        "policy": judged(report.judgement),
    }


def _guest(report: Report) -> Json:
    inventory = report.inventory
    guest = inventory.guest
    return {
        "os": {
            "name": guest.os_name or None,
            "id": guest.os_id or None,
            "version": guest.os_version or None,
        },
        "kernel": guest.kernel or None,
        "architecture": guest.architecture or None,
        "hostname": guest.hostname or None,
        "hypervisor": inventory.hypervisor,
        "hypervisor_name": inventory.hypervisor_name,
        "hypervisor_evidence": hints(inventory.hypervisor_evidence),
        "hypervisor_disagreements": hints(inventory.disagreements),
        "container": inventory.container,
        "platform": inventory.platform_name or None,
        "platform_id": inventory.platform,
        "platform_evidence": hints(inventory.platform_evidence),
        "vcpus": guest.cpus,
        "memory_bytes": guest.memory_bytes,
        "swap_bytes": guest.swap_bytes,
        "firmware": guest.firmware,
    }


def _verdict(verdict: Verdict) -> Json:
    return {
        "interface": verdict.interface or None,
        "kind": verdict.kind,
        "evidence": hints(verdict.evidence),
        "settle": verdict.settle or None,
    }


def _virtio(virtio: Optional[Virtio]) -> Optional[Json]:
    if virtio is None:
        return None
    return {
        "generation": virtio.generation,
        "version_1": virtio.version_1,
        "transport": virtio.transport,
        "features": list(virtio.features),
        "feature_bits": list(virtio.bits),
    }


def _disk(disk: Disk) -> Json:
    return {
        "name": disk.name,
        **_verdict(disk.verdict),
        "driver": disk.driver or None,
        "address": disk.address or None,
        "controller": disk.controller or None,
        "size_bytes": disk.size_bytes,
        "model": disk.model or None,
        "serial": disk.serial or None,
        "transport": disk.transport or None,
        "roles": list(disk.roles),
        "stack": list(disk.stack),
        "queues": disk.queues,
        "discard": disk.discard,
        "virtio": _virtio(disk.virtio),
    }


def _nic(nic: Nic) -> Json:
    return {
        "name": nic.name or None,
        **_verdict(nic.verdict),
        "driver": nic.driver or None,
        "address": nic.address or None,
        "controller": nic.controller or None,
        "mac": nic.mac or None,
        "state": nic.state or None,
        "addresses": list(nic.addresses),
        "speed_mbits": nic.speed,
        "queues": nic.queues,
        "max_queues": nic.max_queues,
        "carries": list(nic.carries),
        "pair": nic.pair or None,
        "virtio": _virtio(nic.virtio),
    }


def _controller(one: Controller) -> Json:
    return {
        "address": one.address or None,
        "name": one.name or None,
        **_verdict(one.verdict),
        "driver": one.driver,
        "disks": list(one.disks),
    }


def _kernel(kernel: KernelDrivers) -> Json:
    return {
        "release": kernel.release,
        "running": kernel.running,
        "default": kernel.default,
        "config": kernel.config or None,
        "drivers": [_driver(state) for state in kernel.drivers],
    }


def _driver(state: DriverState) -> Json:
    return {
        "symbol": state.symbol,
        "module": state.module or None,
        "state": state.state,
        "says": state.says,
        "file": state.file,
        "loaded": state.loaded,
        "initramfs": state.initramfs,
    }
