"""VMware vSphere, Workstation, Fusion: the VM's settings, by PowerCLI, or in the .vmx file of a VM
that is off.

Cmdlets and values are those of the PowerCLI reference; controller facts those of "SCSI, SATA, and
NVMe Storage Controller Conditions, Limitations, and Compatibility" (vSphere). That a disk in a .vmx
file is absent unless its .present is TRUE was read in libvirt's vmx code.
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
    MoveDisk,
    RunAgent,
    WindowsDrivers,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "VMware"
_WHERE = "VMware"
_OFF = (
    "Stop-VMGuest -VM VM -Confirm:$false",
    "while ((Get-VM VM).PowerState -ne 'PoweredOff') { Start-Sleep 2 }",
)


def _on_again(back: str) -> Step:
    return Step(
        _WHERE,
        f"Power the VM on. {SEE}",
        ("Start-VM -VM VM",),
        f"The way back: shut down, {back}, and start. {BY_HAND}",
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    if about.bus == "scsi":
        yield Step(
            _WHERE,
            f"Find {named(about.device, 'the disk')}, and the type of its controller, which is the "
            "way back. Then shut the VM down and wait.",
            (
                "Get-HardDisk -VM VM | Select Name, Filename",
                "Get-ScsiController -VM VM | Select Name, Type",
                *_OFF,
            ),
            moving(about, inventory, REVERTED),
        )
        yield Step(
            _WHERE,
            "Change the type of the controller that it is on.",
            (
                "Get-HardDisk -VM VM -Name 'DISK' | Get-ScsiController |",
                "  Set-ScsiController -Type ParaVirtual",
            ),
            "All disks on that controller move along. In a .vmx file it is the line of that "
            'controller, scsiN.virtualDev = "pvscsi".',
        )
        yield _on_again("set the old type")
        return
    yield Step(
        _WHERE,
        f"Find {named(about.device, 'the disk')}, see that the VM has no snapshot, keep a full "
        "clone, which is the way back, and shut the VM down.",
        (
            "Get-HardDisk -VM VM | Select Name, Filename",
            "Get-Snapshot -VM VM",
            "New-VM -Name before -VM VM -VMHost HOST -Datastore DATASTORE",
            *_OFF,
        ),
        moving(
            about,
            inventory,
            "With a snapshot the lines below would leave out what was written since: delete "
            "it first.",
        ),
    )
    yield Step(
        _WHERE,
        "Take the disk off its controller, its file stays, and attach the file to a new "
        "paravirtual one.",
        (
            "$disk = Get-HardDisk -VM VM -Name 'DISK'",
            "Remove-HardDisk -HardDisk $disk -Confirm:$false",
            "New-HardDisk -VM VM -DiskPath $disk.Filename | New-ScsiController -Type ParaVirtual",
        ),
        "Never with -DeletePermanently: that removes the data. A VM takes up to four SCSI "
        "controllers; CD-ROM drives stay. A disk "
        "with an IDE descriptor may first need its adapter type changed.",
    )
    yield Step(
        _WHERE,
        "Or, on Workstation and Fusion, with the VM off: keep a copy of its .vmx file and "
        "write this into it.",
        (
            'scsiN.present = "TRUE"',
            'scsiN.virtualDev = "pvscsi"',
            'scsiN:0.present = "TRUE"',
            'scsiN:0.fileName = "DISK.vmdk"',
            'SLOT.present = "FALSE"',
        ),
        "N is a number that the file does not have yet. SLOT is what the line with fileName "
        "of this disk begins with; its present "
        "must be FALSE, else the same file is attached twice.",
    )
    yield _on_again("attach the file to the old controller")


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "See the type of the adapter, which is the way back, shut the VM down, and wait.",
        ("Get-NetworkAdapter -VM VM | Select Name, Type, MacAddress", *_OFF),
    )
    yield Step(
        _WHERE,
        f"Change the type of the adapter with the MAC address {mac(about.mac)}.",
        (
            f"Get-NetworkAdapter -VM VM | Where MacAddress -eq '{mac(about.mac)}' |",
            "  Set-NetworkAdapter -Type Vmxnet3 -Confirm:$false",
        ),
        "The web client cannot edit the type: there, remove the adapter and add one of type "
        "VMXNET3 with the same MAC address. "
        'In a .vmx file it is the line of that adapter, ethernetN.virtualDev = "vmxnet3". '
        + names_change(inventory),
    )
    yield _on_again("set the old type")


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "vmxnet3 takes its queues from the number of vCPUs when its driver loads; there "
            "is nothing to set in vSphere.",
            note="Older virtual hardware stops at eight; a newer compatibility level gives more.",
        )
    else:
        yield Step(
            _WHERE,
            "PVSCSI has one queue. Spread busy disks over several PVSCSI controllers (up to four).",
        )


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"{named(about.device, 'The disk')} must be thin provisioned, on a data store that takes "
        "UNMAP, for the guest to see discard.",
        note="Linux also needs virtual hardware 13 (vSphere 6.5) or newer. Storage vMotion can "
        "make a disk thin. " + STILL_LARGE,
    )


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Nothing is to be set on the host. Once the tools run, vSphere shows them as guest "
        "managed.",
        ("(Get-VM VM).ExtensionData.Guest.ToolsRunningStatus",),
    )


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "For Windows: bring VMware Tools up to date (it holds VMXNET3) before the adapter "
            "is changed.",
        )
        return
    yield Step(
        _WHERE,
        "For Windows: bring VMware Tools up to date (it holds PVSCSI and VMXNET3). See the "
        "controllers, whose types are the way back, "
        "shut the VM down, and wait.",
        ("Get-ScsiController -VM VM | Select Name, Type", *_OFF),
    )
    yield Step(
        _WHERE,
        "Add a second controller of the type VMware Paravirtual with a disk of 1 GB, and "
        "start Windows once.",
        (
            "New-HardDisk -VM VM -CapacityGB 1 | New-ScsiController -Type ParaVirtual",
            "Start-VM -VM VM",
        ),
        "When Device Manager shows the controller without a warning, shut down, move the "
        "disk, and take the helper out.",
    )
