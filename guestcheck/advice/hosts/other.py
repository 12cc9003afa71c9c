"""A platform that guestcheck does not know: what to look for in its settings, in words that most of
them use.

Nothing here is a command; the files of the common platforms hold those.
"""

from __future__ import annotations

from guestcheck.advice._quoting import (
    BY_HAND,
    OLD_GUESTS,
    REVERTED,
    SEE,
    STILL_LARGE,
    cpus,
    mac,
    moving,
    named,
    names_change,
    plain,
)
from guestcheck.model.action import (
    AddQueues,
    ChangeNic,
    EnableDiscard,
    FixFlush,
    ModernVirtio,
    MoveDisk,
    RunAgent,
    SpreadDisks,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "another platform"
_WHERE = "the VM's settings"
_NAMES = {
    "virtio-blk": "virtio (virtio-blk)",
    "virtio-scsi": "virtio-scsi (SCSI with a virtio controller)",
    "pvscsi": "VMware Paravirtual (PVSCSI)",
    "storvsc": "the synthetic SCSI controller",
    "xen-blkfront": "the Xen paravirtual disk",
    "nvme": "NVMe",
    "virtio-net": "virtio",
    "vmxnet3": "VMXNET3",
    "netvsc": "the synthetic network adapter",
    "xen-netfront": "the Xen paravirtual NIC",
    "ena": "ENA",
    "gve": "gVNIC",
}


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    name = _NAMES.get(about.to, "virtio or virtio-scsi, or what your platform calls paravirtual")
    yield Step(
        _WHERE,
        "Write down what is set, and take a snapshot: the way back. Shut the VM down, change "
        "the bus or controller of "
        f"{named(about.device, 'the disk')} to {name}, see that the VM still boots from it, and "
        f"start. {SEE}",
        note=moving(
            about,
            inventory,
            "Where the disk has to be detached, keep its data. CD-ROM drives stay where they "
            f"are. {REVERTED} {BY_HAND}",
        ),
    )


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    name = _NAMES.get(about.to, "virtio, or what your platform calls paravirtual")
    yield Step(
        _WHERE,
        "Write down what is set, which is the way back. Shut the VM down, change the model "
        "of the network card with the MAC address "
        f"{mac(about.mac)} to {name}, keep the MAC address, and start. {SEE}",
        note=f"{names_change(inventory)} {BY_HAND}",
    )


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    kind = "NIC" if about.kind == "nic" else "disk"
    yield Step(
        _WHERE,
        f"Look for multi-queue at {named(about.device, f'the {kind}')}: one queue for each of "
        f"the {cpus(about.cpus, inventory)} vCPUs.",
    )


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Look for discard, TRIM, UNMAP or SSD emulation at {named(about.device, 'the disk')}.",
        note=STILL_LARGE,
    )


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Look for a guest agent or guest tools option, and start the VM afresh after "
        "switching it on.",
    )


def modern_virtio(about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Have {plain(about.device, 'the device')} offered as virtio 1: a newer machine type, or "
        "an option named modern or non-transitional.",
        note=OLD_GUESTS,
    )


def spread_disks(_about: SpreadDisks, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Put further disks on one virtio-scsi controller instead of giving each its own PCI slot.",
    )


def fix_flush(about: FixFlush, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Look at the cache mode of {plain(about.device, 'the disk')}: either each write goes "
        "through to the disk, or flushes must be "
        "offered and obeyed. With neither, a power cut on the host can lose what the guest "
        "took for written.",
    )
