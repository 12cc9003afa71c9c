"""Microsoft Hyper-V: the VM's devices, by the Hyper-V module of PowerShell on the host.

Cmdlets and parameters are those of the Hyper-V module of Windows Server 2025.
"""

from __future__ import annotations

from guestcheck.advice._quoting import BY_HAND, SEE, STILL_LARGE, mac, named, names_change, plain
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

NAME = "Hyper-V"
_WHERE = "Hyper-V"


def _on_again(back: str) -> Step:
    return Step(
        _WHERE,
        f"Start the VM. {SEE}",
        ("Start-VM -Name VM",),
        f"The way back: shut down, {back}, and start. {BY_HAND}",
    )


def move_disk(about: MoveDisk, _inventory: Inventory) -> Steps:
    if about.is_root:
        yield Step(
            _WHERE,
            "The boot disk of a generation 1 VM stays on the IDE controller, where Linux's "
            "hv_storvsc takes it over. If the "
            "guest sees an ATA disk, hv_storvsc is missing in its initramfs: that is to be "
            "changed, in the guest.",
            note="Only a generation 2 VM boots from SCSI. A VM cannot change its generation: a new "
            "VM and a disk that boots "
            "by UEFI are needed, for Linux with -SecureBootTemplate "
            "MicrosoftUEFICertificateAuthority.",
        )
        return
    yield Step(
        _WHERE,
        "Keep what the VM has, which is the way back, and shut it down.",
        (
            "Get-VMHardDiskDrive -VMName VM | Tee-Object VM-before.txt",
            "Get-VMScsiController -VMName VM",
            "Stop-VM -Name VM",
        ),
    )
    yield Step(
        _WHERE,
        f"Move {named(about.device, 'the disk')} to the SCSI controller; the first line only if "
        "the VM has none yet.",
        (
            "Add-VMScsiController -VMName VM",
            "Set-VMHardDiskDrive -VMName VM -ControllerType IDE -ControllerNumber NUMBER `",
            "  -ControllerLocation LOCATION -ToControllerType SCSI -ToControllerNumber 0",
        ),
        "VM-before.txt has NUMBER and LOCATION of the disk.",
    )
    yield _on_again("move it to its old number and location")


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    address = mac(about.mac).replace(":", "").upper()
    yield Step(
        _WHERE,
        "Keep what the VM has, which is the way back, and shut it down.",
        (
            "Get-VMNetworkAdapter -VMName VM | Format-List * | Tee-Object VM-before.txt",
            "Get-VMNetworkAdapterVlan -VMName VM",
            "Stop-VM -Name VM",
        ),
    )
    yield Step(
        _WHERE,
        "Take the one legacy network adapter with this MAC address out.",
        (
            f"$old = Get-VMNetworkAdapter -VMName VM | Where MacAddress -eq '{address}'",
            "$vlan = Get-VMNetworkAdapterVlan -VMNetworkAdapter $old",
            "Remove-VMNetworkAdapter -VMNetworkAdapter $old",
        ),
        "The others stay. Starting from the network (PXE) needs the legacy adapter on "
        "generation 1.",
    )
    yield Step(
        _WHERE,
        "Add a synthetic one on the same switch, with the same MAC address and VLAN.",
        (
            "$new = Add-VMNetworkAdapter -VMName VM -SwitchName $old.SwitchName `",
            f"  -StaticMacAddress '{address}' -Passthru",
            "if ($vlan.OperationMode -eq 'Access') {",
            "  Set-VMNetworkAdapterVlan -VMNetworkAdapter $new -Access -VlanId $vlan.AccessVlanId",
            "}",
        ),
        "A trunk, and what else VM-before.txt has of the old one (guards, bandwidth), is set "
        "again by hand. " + names_change(inventory),
    )
    yield _on_again("remove the new one, add one with -IsLegacy $true")


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "Let the adapter spread its work over the vCPUs.",
            (
                "Get-VMNetworkAdapter -VMName VM | Where MacAddress -eq "
                f"'{mac(about.mac).replace(':', '').upper()}' |",
                "  Set-VMNetworkAdapter -VrssEnabled $true -VmmqEnabled $true",
            ),
            "VMMQ needs a host network card that offers it. The way back is $false.",
        )
    else:
        yield Step(
            _WHERE,
            "The SCSI controller opens its channels by the number of vCPUs; there is nothing "
            "to set for a disk.",
        )


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "A dynamic VHDX on the SCSI controller takes the guest's discards; see "
        f"whether {plain(about.device, 'the disk')} is one.",
        (
            "Get-VMHardDiskDrive -VMName VM | Tee-Object VM-before.txt",
            "Get-VHD -VMId (Get-VM -Name VM).Id",
        ),
    )
    yield Step(
        _WHERE,
        "If not, shut the VM down, and give it a converted copy; DISK.vhd stays as it is, and "
        "is the way back.",
        (
            "Stop-VM -Name VM",
            "Convert-VHD -Path DISK.vhd -DestinationPath DISK.vhdx -VHDType Dynamic",
            "Set-VMHardDiskDrive -VMName VM -ControllerType TYPE -ControllerNumber NUMBER `",
            "  -ControllerLocation LOCATION -Path DISK.vhdx",
        ),
        "VM-before.txt has TYPE, NUMBER and LOCATION. A VM with checkpoints is not converted. "
        + STILL_LARGE,
    )
    yield _on_again("give it the old path")


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "See which integration services are offered to the guest, and enable what its daemons "
        "serve.",
        (
            "Get-VMIntegrationService -VMName VM",
            "Enable-VMIntegrationService -VMName VM -Name 'Key-Value Pair Exchange', VSS",
        ),
    )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Windows has the drivers of Hyper-V's synthetic disks and network adapters in the box.",
    )
