"""VMware vSphere, Workstation, Fusion: the VM's settings, by PowerCLI, or in the .vmx file of a VM that is off.

Cmdlets and values are those of the PowerCLI reference; controller facts those of "SCSI, SATA, and NVMe Storage
Controller Conditions, Limitations, and Compatibility" (vSphere).
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, device, mac, moving, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "VMware"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("bus") == "scsi":
        yield Step(
            _WHERE,
            f"Shut the VM down and change the type of the controller that {device(about, 'the disk')} is on.",
            (
                'Get-HardDisk -VM VM -Name "Hard disk 1" | Get-ScsiController |',
                "  Set-ScsiController -Type ParaVirtual",
            ),
            moving(about, 'All disks on that controller move along. In the .vmx file: scsi0.virtualDev = "pvscsi".'),
        )
        return
    yield Step(
        _WHERE,
        "Shut the VM down and add a SCSI controller of the type VMware Paravirtual (Edit Settings, Add New Device).",
        note=moving(about, "A VM takes up to four SCSI controllers."),
    )
    yield Step(
        _WHERE,
        f"In the settings of {named(about, 'the disk')} choose the new controller as Virtual Device Node, then power on.",
        ('scsi0.present = "TRUE"', 'scsi0.virtualDev = "pvscsi"', 'scsi0:0.fileName = "DISK.vmdk"'),
        "The lines are the same in a .vmx file. A disk with an IDE descriptor may first need its adapter type changed. "
        "CD-ROM drives stay; see that the firmware boots from the disk.",
    )


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Shut the VM down and change the type of the adapter with the MAC address {mac(about)}.",
        (
            f'Get-NetworkAdapter -VM VM | Where MacAddress -eq "{mac(about)}" |',
            "  Set-NetworkAdapter -Type Vmxnet3",
        ),
        "The web client cannot edit the type: there, remove the adapter and add one of type VMXNET3 with the same MAC address. "
        'In the .vmx file: ethernet0.virtualDev = "vmxnet3". ' + NAMES_CHANGE,
    )


def _add_queues(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            "vmxnet3 takes its queues from the number of vCPUs when its driver loads; there is nothing to set in vSphere.",
            note="Older virtual hardware stops at eight; a newer compatibility level gives more.",
        )
    else:
        yield Step(_WHERE, "PVSCSI has one queue. Spread busy disks over several PVSCSI controllers (up to four).")


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"{named(about, 'The disk')} must be thin provisioned, on a data store that takes UNMAP, for the guest to see discard.",
        note="Linux also needs virtual hardware 13 (vSphere 6.5) or newer. Storage vMotion can make a disk thin. " + STILL_LARGE,
    )


def _run_agent(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Nothing is to be set on the host. Once the tools run, vSphere shows them as guest managed.",
        ("(Get-VM VM).ExtensionData.Guest.ToolsRunningStatus",),
    )


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(_WHERE, "For Windows: bring VMware Tools up to date (it holds VMXNET3) before the adapter is changed.")
        return
    yield Step(
        _WHERE,
        "For Windows: bring VMware Tools up to date (it holds PVSCSI and VMXNET3), add a second controller of the type VMware "
        "Paravirtual with a disk of 1 GB, and start Windows once.",
        ("New-HardDisk -VM VM -CapacityGB 1 | New-ScsiController -Type ParaVirtual",),
        "When Device Manager shows the controller without a warning, shut down, change controller 0, and remove the helper.",
    )


ADVICE = Advice(
    id="vmware",
    name="VMware",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "windows-drivers": _windows_drivers,
    },
)
