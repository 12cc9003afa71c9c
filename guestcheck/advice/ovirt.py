"""oVirt, Red Hat Virtualization, Oracle Linux Virtualization Manager: the VM in the Administration Portal.

Names of fields and values are those of the Virtual Machine Management Guide and of the engine's REST API.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, mac, moving, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "oVirt"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    name = "VirtIO-SCSI" if about.get("to") == "virtio-scsi" else "VirtIO"
    if name == "VirtIO-SCSI":
        yield Step(_WHERE, "Shut the VM down, edit it, and under Resource Allocation tick VirtIO-SCSI Enabled.")
    yield Step(
        _WHERE,
        f"With the VM down, open its Disks, edit {named(about, 'the disk')}, and choose the interface {name}.",
        note=moving(about),
    )
    yield Step(_WHERE, "Check that Bootable is still ticked for the disk the VM boots from, and run the VM.")


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Under Network Interfaces find the MAC address {mac(about)}, set its card status to Unplugged, choose the type VirtIO, and plug it again.",
        note=NAMES_CHANGE,
    )


def _add_queues(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            "Edit the VM, and under Resource Allocation tick Multi Queues Enabled: up to four queues for each interface.",
            note="More than four are set by the custom property queues of the vNIC profile.",
        )
    else:
        yield Step(
            _WHERE,
            "Edit the VM, and under Resource Allocation tick VirtIO-SCSI Multi Queues.",
            note="The REST API calls it virtio_scsi_multi_queues_enabled. VirtIO disks follow the machine type instead.",
        )


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"With the VM down, edit {named(about, 'the disk')} and tick Enable Discard.",
        note="The storage domain must support discard, and the interface be VirtIO-SCSI or, with Linux 5.0, VirtIO. " + STILL_LARGE,
    )


def _run_agent(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(_WHERE, "The engine adds the agent's channel to every VM; if it is missing, shut the VM down and run it again.")


def _spread_disks(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Attach further disks with the interface VirtIO-SCSI: they share one controller and one PCI slot.",
    )


def _modern_virtio(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Edit the VM, and under System choose a Q35 chipset: its virtio devices are virtio 1.",
        note="Guests with kernels before 4.0 need I440FX, and so do IDE disks: Q35 has SATA instead.",
    )


ADVICE = Advice(
    id="ovirt",
    name="oVirt",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "spread-disks": _spread_disks,
        "modern-virtio": _modern_virtio,
    },
)
