"""KubeVirt, OpenShift Virtualization, Harvester: the VirtualMachine object in the cluster.

Field names are those of the KubeVirt API v1 and its user guide; all stand below spec.template.spec.domain.
"""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, mac, moving
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "KubeVirt"
_RESTART = Step(_WHERE, "Restart the VM; a running one keeps its devices.", ("virtctl restart VM",))


def _edit(text: str, *lines: str, note: str = "") -> Step:
    return Step(_WHERE, f"kubectl edit vm VM, and {text}", lines, note)


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    bus = "scsi" if about.get("to") == "virtio-scsi" else "virtio"
    yield _edit(
        "change the bus of the disk.",
        "devices:",
        "  disks:",
        "  - name: DISK",
        "    disk:",
        f"      bus: {bus}",
        note=moving(about, ("bus: scsi is virtio-scsi. " if bus == "scsi" else "") + "CD-ROM drives stay on sata."),
    )
    yield _RESTART


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit(
        "change the model of the interface; write its MAC address down, else it gets a new one.",
        "devices:",
        "  interfaces:",
        "  - name: NETWORK",
        "    model: virtio",
        f"    macAddress: '{mac(about)}'",
        note=NAMES_CHANGE,
    )
    yield _RESTART


def _add_queues(about: Dict[str, str], _inventory: Inventory) -> Steps:
    field = "networkInterfaceMultiqueue" if about.get("what") == "nic" else "blockMultiQueue"
    yield _edit(
        "switch multi-queue on: one queue for each vCPU.",
        "devices:",
        f"  {field}: true",
        note="blockMultiQueue needs a CPU request in the VM's resources." if field == "blockMultiQueue" else "",
    )
    yield _RESTART


def _enable_discard(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Discard is on unless the claim is preallocated or marked as thick: take that annotation off, and restart the VM.",
        ("cdi.kubevirt.io/storage.preallocation: 'true'", "user.custom.annotation/storage.thick-provisioned: 'true'"),
        "These are the annotations to look for on the PersistentVolumeClaim. " + STILL_LARGE,
    )


def _run_agent(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Every VM has the agent's channel; once the agent runs in the guest, the condition AgentConnected says so.",
        ("kubectl get vmi VM -o yaml | grep -A4 AgentConnected",),
    )


def _modern_virtio(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit(
        "take this line out, or set it to false: virtio devices are then virtio 1.",
        "devices:",
        "  useVirtioTransitional: false",
        note="Old guests (RHEL 6, Windows 2003) need true.",
    )
    yield _RESTART


def _spread_disks(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit(
        "put further disks on bus: scsi: they share one virtio-scsi controller.",
        "devices:",
        "  disks:",
        "  - name: DISK",
        "    disk:",
        "      bus: scsi",
    )


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    bus = "scsi" if about.get("to") == "virtio-scsi" else "virtio"
    helper: Tuple[str, ...] = (f"- {{name: helper, disk: {{bus: {bus}}}}}", "- {name: helper, emptyDisk: {capacity: 1Gi}}")
    if about.get("what") == "nic":
        helper = ()
    yield _edit(
        "attach the virtio-win container disk as a CD-ROM" + (", and an empty disk on the new bus." if helper else "."),
        "disks:",
        "- {name: virtio-win, cdrom: {bus: sata}}",
        *helper[:1],
        "volumes:",
        "- {name: virtio-win, containerDisk: {image: quay.io/kubevirt/virtio-container-disk}}",
        *helper[1:],
        note="" if not helper else "Until the driver has started once on the helper disk, boot from bus: sata.",
    )


ADVICE = Advice(
    id="kubevirt",
    name="KubeVirt",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "modern-virtio": _modern_virtio,
        "spread-disks": _spread_disks,
        "windows-drivers": _windows_drivers,
    },
)
