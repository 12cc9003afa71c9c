"""Nutanix AHV: the VM in Prism, or by acli on a controller VM.

The acli verbs and their arguments were seen in published scripts and notes; no reference of
Nutanix's own was at hand.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import (
    BY_HAND,
    REVERTED,
    SEE,
    cpus,
    mac,
    moving,
    named,
    names_change,
)
from guestcheck.model.action import AddQueues, ChangeNic, MoveDisk, WindowsDrivers
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "Nutanix AHV"
_WHERE = "Nutanix AHV"


def _keep(find: str, note: str = "") -> Step:
    return Step(
        _WHERE,
        f"See how the VM is made{find}, keep a snapshot, which is the way back, and shut the "
        "VM down.",
        (
            "acli vm.get VM",
            "acli vm.snapshot_create VM snapshot_name_list=before",
            "acli vm.shutdown VM",
        ),
        f"Wait until vm.get shows that it is off. {note}".strip(),
    )


def _on_again(boot: Tuple[str, ...] = ()) -> Step:
    return Step(
        _WHERE,
        f"Start the VM. {SEE}",
        (*boot, "acli vm.on VM"),
        "The way back: shut down, acli vm.restore VM before, and start; what was written "
        f"since is lost. {BY_HAND}",
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    yield _keep(
        f", and the address (SLOT) of {named(about.device, 'the disk')}",
        moving(about, inventory, REVERTED),
    )
    yield Step(
        _WHERE,
        "A disk's bus cannot be edited: clone the disk to the SCSI bus, which is virtio-scsi, "
        "and see the clone's address (NEW).",
        ("acli vm.disk_create VM clone_from_vmdisk=vm:VM:SLOT bus=scsi", "acli vm.get VM"),
        "The clone's serial number may be another.",
    )
    boot = ("acli vm.update_boot_device VM disk_addr=NEW",) if about.is_root else ()
    yield Step(
        _WHERE,
        "Take the old disk out. This deletes it: only once vm.get shows the clone, and with a "
        "snapshot of the VM as it is off.",
        (
            "acli vm.snapshot_create VM snapshot_name_list=off",
            "acli vm.snapshot_list VM",
            "acli vm.disk_delete VM disk_addr=SLOT",
        ),
        "Do not start the VM with both: two disks would hold the same UUIDs.",
    )
    yield _on_again(boot)


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _keep(", and the network and address of the NIC")
    yield Step(
        _WHERE,
        "NICs of AHV are virtio unless something else was asked for: delete this one and "
        "create it with the same MAC address.",
        (
            f"acli vm.nic_delete VM {mac(about.mac)}",
            f"acli vm.nic_create VM network=NETWORK mac={mac(about.mac)}",
        ),
        "With an address that AHV manages, add ip=ADDRESS to the second line. "
        + names_change(inventory),
    )
    yield _on_again()


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield _keep("")
        yield Step(
            _WHERE,
            "Give the NIC a queue for each vCPU.",
            (f"acli vm.nic_update VM {mac(about.mac)} queues={cpus(about.cpus, inventory)}",),
        )
        yield _on_again()
    else:
        yield Step(
            _WHERE, "AHV chooses the queues of disks itself; there is nothing to set for one disk."
        )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install Nutanix VirtIO (its own package of the drivers) from the support "
        "portal first, then restart once.",
    )
