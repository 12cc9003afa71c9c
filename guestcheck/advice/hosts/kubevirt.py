"""KubeVirt, OpenShift Virtualization, Harvester: the VirtualMachine object in the cluster.

Field names are those of the KubeVirt API v1 and its user guide; all stand below
spec.template.spec.domain.
"""

from __future__ import annotations

from guestcheck.advice._quoting import BY_HAND, SEE, STILL_LARGE, mac, moving, names_change
from guestcheck.model.action import (
    AddQueues,
    ChangeNic,
    EnableDiscard,
    ModernVirtio,
    MoveDisk,
    RunAgent,
    SpreadDisks,
    WindowsDrivers,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "KubeVirt"
_WHERE = "KubeVirt"
_KEEP = Step(
    _WHERE,
    "Keep the definition, which is the way back, stop the VM, and wait until it is gone.",
    (
        "kubectl get vm VM -o yaml > VM-before.yaml",
        "virtctl stop VM",
        "kubectl wait --for=delete vmi/VM --timeout=10m",
    ),
)
_ON_AGAIN = Step(
    _WHERE,
    f"Start the VM. {SEE}",
    ("virtctl start VM",),
    f"The way back: stop it, kubectl edit it as VM-before.yaml has it, and start. {BY_HAND}",
)


def _edit(text: str, *lines: str, note: str = "", below: str = "spec.template.spec.domain") -> Step:
    return Step(_WHERE, f"kubectl edit vm VM, and below {below} {text}", lines, note)


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    bus = "scsi" if about.to == "virtio-scsi" else "virtio"
    yield _KEEP._replace(note=moving(about, inventory))
    yield _edit(
        "change the bus of the disk.",
        "devices:",
        "  disks:",
        "  - name: DISK",
        "    disk:",
        f"      bus: {bus}",
        note=("bus: scsi is virtio-scsi. " if bus == "scsi" else "")
        + "DISK is its name there; volumes name what each holds. CD-ROM drives stay on sata.",
    )
    yield _ON_AGAIN


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _KEEP
    yield _edit(
        "change the model of the interface; write its MAC address down, else it gets a new one.",
        "devices:",
        "  interfaces:",
        "  - name: NETWORK",
        "    model: virtio",
        f"    macAddress: '{mac(about.mac)}'",
        note=names_change(inventory),
    )
    yield _ON_AGAIN


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    field = "networkInterfaceMultiqueue" if about.kind == "nic" else "blockMultiQueue"
    yield _KEEP
    yield _edit(
        "switch multi-queue on: one queue for each vCPU.",
        "devices:",
        f"  {field}: true",
    )
    yield _ON_AGAIN


def enable_discard(_about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Discard is on unless the claim is preallocated or marked as thick: take that "
        "annotation off; it holds from the next start of the VM on.",
        (
            "cdi.kubevirt.io/storage.preallocation: 'true'",
            "user.custom.annotation/storage.thick-provisioned: 'true'",
        ),
        "These are the annotations to look for on the PersistentVolumeClaim. " + STILL_LARGE,
    )


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Every VM has the agent's channel; once the agent runs in the guest, the condition "
        "AgentConnected says so.",
        (
            "kubectl get vmi VM -o \\",
            """  jsonpath='{.status.conditions[?(@.type=="AgentConnected")].status}'""",
        ),
    )


def modern_virtio(_about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield _KEEP
    yield _edit(
        "take this line out, or set it to false: virtio devices are then virtio 1.",
        "devices:",
        "  useVirtioTransitional: false",
        note="Old guests (RHEL 6, Windows 2003) need true.",
    )
    yield _ON_AGAIN


def spread_disks(_about: SpreadDisks, _inventory: Inventory) -> Steps:
    yield _KEEP
    yield _edit(
        "put further disks on bus: scsi: they share one virtio-scsi controller.",
        "devices:",
        "  disks:",
        "  - name: DISK",
        "    disk:",
        "      bus: scsi",
    )
    yield _ON_AGAIN


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    bus = "scsi" if about.to == "virtio-scsi" else "virtio"
    helper = about.kind != "nic"
    new = (f"  - {{name: helper, disk: {{bus: {bus}}}}}",) if helper else ()
    volume = ("- {name: helper, emptyDisk: {capacity: 1Gi}}",) if helper else ()
    yield _KEEP
    yield _edit(
        "add the virtio-win container disk as a CD-ROM"
        + (", and an empty disk on the new bus." if helper else "."),
        "devices:",
        "  disks:",
        "  - {name: virtio-win, cdrom: {bus: sata}}",
        *new,
        note=""
        if not helper
        else "Until the driver has started once on the helper disk, boot from the old bus.",
    )
    yield _edit(
        "add what they hold.",
        "volumes:",
        "- {name: virtio-win, containerDisk: {image: quay.io/kubevirt/virtio-container-disk}}",
        *volume,
        below="spec.template.spec",
    )
    yield _ON_AGAIN
