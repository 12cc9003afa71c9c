"""Facts as JSON: for Ansible's facts.d and Facter's external facts; few, flat and small, all below
one name.

The names stay, and new ones may come; what is not known is null. docs/formats.md says where the
script goes that calls it.
"""

from __future__ import annotations

from json import dumps
from typing import Dict, List, Tuple, Union

from guestcheck.messages import words
from guestcheck.model.check import OUTCOMES, PASS, SKIP
from guestcheck.model.device import KINDS, Disk, Nic
from guestcheck.model.report import Report, Sink
from guestcheck.model.target import counting
from guestcheck.render.escaping import plain
from guestcheck.render.sentences import sentence

Json = Dict[str, object]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return one JSON object with the one key `guestcheck`, in ASCII."""
    return dumps({"guestcheck": _facts(report)}, indent=1).replace("\x7f", "\\u007f") + "\n"


def _facts(report: Report) -> Json:
    inventory = report.inventory
    judgement = report.judgement
    return {
        "version": report.version,
        "time": report.time,
        "says": sentence(report),
        "hypervisor": inventory.hypervisor,
        "platform": inventory.platform,
        "container": plain(inventory.container) if inventory.container else None,
        "virtual": None if inventory.hypervisor is None else inventory.hypervisor != "none",
        "disks": None
        if inventory.disks is None
        else {plain(disk.name): _device(disk) for disk in inventory.disks},
        "nics": None
        if inventory.nics is None
        else {plain(nic.name or nic.address): _device(nic) for nic in inventory.nics},
        "disk_kinds": _kinds(inventory.disks or ()),
        "nic_kinds": _kinds(inventory.nics or ()),
        "outcomes": {
            outcome: sum(1 for result in report.results if result.outcome == outcome)
            for outcome in OUTCOMES
        },
        "findings": [
            {
                "id": result.id,
                "outcome": result.outcome,
                "subject": plain(result.subject),
                "summary": plain(words(result.summary)),
            }
            for result in report.results
            if result.outcome not in (PASS, SKIP)
        ],
        "readiness": [
            {
                "target": target,
                "device": plain(device) or None,
                "verdicts": sorted({one.verdict for one in group}),
            }
            for (target, device), group in counting(report.readiness).items()
        ],
        "policy": {
            "file": plain(judgement.file),
            "verdict": judgement.outcome,
            "ignored": len(judgement.accepted),
        }
        if judgement
        else None,
    }


def _device(device: Union[Disk, Nic]) -> Json:
    told: Json = {
        "kind": device.verdict.kind,
        "interface": device.verdict.interface or None,
        "driver": plain(device.driver) or None,
    }
    if isinstance(device, Disk):
        told["roles"] = list(device.roles)
    return told


def _kinds(devices: Tuple[object, ...]) -> Dict[str, List[str]]:
    """Return the names of the devices of each kind, which is what a playbook asks for."""
    found: Dict[str, List[str]] = {kind: [] for kind in KINDS}
    for device in devices:
        if isinstance(device, (Disk, Nic)):
            found[device.verdict.kind].append(plain(device.name or device.address))
    return found
