"""Nutanix AHV: the VM in Prism, or by acli on a controller VM.

The acli verbs and their arguments were seen in published scripts and notes; no reference of Nutanix's own was at hand.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, cpus, mac, moving, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "Nutanix AHV"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    old = {"ide": "ide.0", "sata": "sata.0", "scsi": "scsi.0"}.get(about.get("bus", ""), "BUS.INDEX")
    yield Step(
        _WHERE,
        f"Shut the VM down, keep a snapshot, and find the address of {named(about, 'the disk')}.",
        ("acli vm.shutdown VM", "acli vm.snapshot_create VM snapshot_name=before", "acli vm.get VM"),
        moving(about),
    )
    yield Step(
        _WHERE,
        "A disk's bus cannot be edited: clone the disk to the SCSI bus, which is virtio-scsi, and delete the old one.",
        (f"acli vm.disk_create VM clone_from_vmdisk=vm:VM:{old} bus=scsi", f"acli vm.disk_delete VM disk_addr={old}"),
        "Do not start the VM with both: two disks would hold the same UUIDs. The clone's serial number may be another.",
    )
    boot = ("acli vm.update_boot_device VM disk_addr=scsi.0",) if about.get("root") == "yes" else ()
    yield Step(_WHERE, "Start the VM; use the address that vm.get shows for the clone.", (*boot, "acli vm.on VM"))


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "NICs of AHV are virtio unless something else was asked for: delete this one and create it with the same MAC address.",
        (f"acli vm.nic_delete VM {mac(about)}", f"acli vm.nic_create VM network=NETWORK mac={mac(about)}"),
        NAMES_CHANGE,
    )


def _add_queues(about: Dict[str, str], inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            "Give the NIC a queue for each vCPU while the VM is off.",
            (f"acli vm.nic_update VM {mac(about)} queues={cpus(about, inventory)}",),
        )
    else:
        yield Step(_WHERE, "AHV chooses the queues of disks itself; there is nothing to set for one disk.")


def _windows_drivers(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install Nutanix VirtIO (its own package of the drivers) from the support portal first, then restart once.",
    )


ADVICE = Advice(
    id="nutanix",
    name="Nutanix AHV",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "windows-drivers": _windows_drivers,
    },
)
