"""JSON, version 1: for programs; the names and meanings of its fields stay, and new fields may come.

The JSON Schema (draft 2020-12) ships as `guestcheck/render/report.schema.json`. Texts are plain; control characters are escaped.
"""

from __future__ import annotations

from json import dumps
from typing import Dict, Iterator, List, Optional

from guestcheck.model.device import Controller, Disk, DriverState, KernelDrivers, Nic, Verdict, Virtio
from guestcheck.model.report import Report, Sink
from guestcheck.render._verdicts import entry, hints, judged, result_entry
from guestcheck.render._weight import sentence

SCHEMA = "guestcheck.report/1"

Json = Dict[str, object]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the report as one JSON object and a line break: a line a field, and a line each device, kernel and result."""
    parts: List[str] = []
    for name, value in _report(report).items():
        parts += (",\n" if parts else "{\n", dumps(name), ": ")
        parts += _laid_out(value)
    # DEL is the one control character that JSON lets through.
    return "".join((*parts, "\n}\n")).replace("\x7f", "\\u007f")


def _laid_out(value: object) -> Iterator[str]:
    """Write what is many with an entry a line. Python's own indentation would cost a tenth of the whole run: it is not in C."""
    if not isinstance(value, (list, Iterator)):
        yield dumps(value)
        return
    before = "[\n "
    for one in value:
        yield before + dumps(one)
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
        "controllers": None if inventory.controllers is None else [_controller(one) for one in inventory.controllers],
        "ignored": [{"name": one.name, "type": one.what, "says": one.says} for one in inventory.ignored],
        "kernels": None if inventory.kernels is None else [_kernel(kernel) for kernel in inventory.kernels],
        # One by one: all of them, as objects, take more memory than all else.
        "results": (result_entry(result, report.remedies.get(number, ())) for number, result in enumerate(report.results)),
        "readiness": (entry(one, report.repairs.get(number, ())) for number, one in enumerate(report.readiness)),
        "gaps": [{"question": gap.question, "asked": gap.asked, "reason": gap.reason, "leaves_open": gap.leaves_open} for gap in report.gaps],
        "policy": judged(report.judgement),
    }


def _guest(report: Report) -> Json:
    inventory = report.inventory
    guest = inventory.guest
    return {
        "os": {"name": guest.os_name or None, "id": guest.os_id or None, "version": guest.os_version or None},
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
    return {"interface": verdict.interface or None, "kind": verdict.kind, "evidence": hints(verdict.evidence), "settle": verdict.settle or None}


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
