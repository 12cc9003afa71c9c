"""oVirt, Red Hat Virtualization, Oracle Linux Virtualization Manager: the VM in the Administration
Portal.

Names of fields and values are those of the Virtual Machine Management Guide and of the engine's
REST API.
"""

from __future__ import annotations

from guestcheck.advice._quoting import (
    BY_HAND,
    REVERTED,
    SEE,
    STILL_LARGE,
    mac,
    moving,
    named,
    names_change,
)
from guestcheck.model.action import (
    AddQueues,
    ChangeNic,
    EnableDiscard,
    ModernVirtio,
    MoveDisk,
    RunAgent,
    SpreadDisks,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "oVirt"
_WHERE = "oVirt"
_KEEP = Step(
    _WHERE,
    "Write down what the VM's disks and network interfaces are now, and take a snapshot: the "
    "way back. Then shut the VM down.",
    note=REVERTED,
)


def _on_again(note: str = "") -> Step:
    back = "The way back: shut down, set what was written down, and run."
    return Step(
        _WHERE,
        f"Run the VM; a reboot inside the guest is not enough. {SEE}",
        note=f"{note} {back} {BY_HAND}".strip(),
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    name = "VirtIO-SCSI" if about.to == "virtio-scsi" else "VirtIO"
    yield _KEEP._replace(note=moving(about, inventory, REVERTED))
    if name == "VirtIO-SCSI":
        yield Step(_WHERE, "Edit the VM, and under Resource Allocation tick VirtIO-SCSI Enabled.")
    yield Step(
        _WHERE,
        f"Open its Disks, edit {named(about.device, 'the disk')}, and choose the interface {name}. "
        "Check that Bootable is still ticked for the "
        "disk the VM boots from.",
    )
    yield _on_again()


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        f"Under Network Interfaces edit the one with the MAC address {mac(about.mac)}, and choose "
        "the type VirtIO; the address stays.",
        note=names_change(inventory),
    )
    yield _on_again()


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    yield _KEEP
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "Edit the VM, and under Resource Allocation tick Multi Queues Enabled: up to four "
            "queues for each interface.",
            note="More than four are set by the custom property queues of the vNIC profile.",
        )
    else:
        yield Step(
            _WHERE,
            "Edit the VM, and under Resource Allocation tick VirtIO-SCSI Multi Queues.",
            note="The REST API calls it virtio_scsi_multi_queues_enabled. VirtIO disks follow the "
            "machine type instead.",
        )
    yield _on_again()


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        f"Edit {named(about.device, 'the disk')} and tick Enable Discard.",
        note="The storage domain must support discard, and the interface be VirtIO-SCSI or, with "
        "Linux 5.0, VirtIO. " + STILL_LARGE,
    )
    yield _on_again()


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "The engine adds the agent's channel to every VM; if it is missing, shut the VM down "
        "and run it again.",
        note="Nothing is changed by that.",
    )


def spread_disks(_about: SpreadDisks, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Attach further disks with the interface VirtIO-SCSI: they share one controller and "
        "one PCI slot.",
    )


def modern_virtio(_about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For VMs to come, choose a Q35 chipset under System: its virtio devices are virtio 1. "
        "Leave the chipset of this one: every device "
        "gets another place by it.",
        note="Guests with kernels before 4.0 need I440FX, and so do IDE disks: Q35 has SATA "
        "instead.",
    )
