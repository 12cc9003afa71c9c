"""Microsoft Hyper-V: the VM's devices, by the Hyper-V module of PowerShell on the host.

Cmdlets and parameters are those of the Hyper-V module of Windows Server 2025.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, device, mac, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "Hyper-V"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("root") == "yes":
        yield Step(
            _WHERE,
            "The boot disk of a generation 1 VM stays on the IDE controller, where Linux's hv_storvsc takes it over. If the "
            "guest sees an ATA disk, hv_storvsc is missing in its initramfs: that is to be changed, in the guest.",
            note="Only a generation 2 VM boots from SCSI. A VM cannot change its generation: a new VM and a disk that boots "
            "by UEFI are needed, for Linux with -SecureBootTemplate MicrosoftUEFICertificateAuthority.",
        )
        return
    yield Step(
        _WHERE,
        f"Shut the VM down and move {named(about, 'the disk')} to the SCSI controller.",
        (
            "Get-VMHardDiskDrive -VMName VM",
            "Add-VMScsiController -VMName VM",
            "Set-VMHardDiskDrive -VMName VM -ControllerType IDE -ControllerNumber 0 `",
            "  -ControllerLocation 1 -ToControllerType SCSI -ToControllerNumber 0",
        ),
        "Number and location are shown by the first line; leave the second out if a SCSI controller is there.",
    )


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    address = mac(about).replace(":", "").upper()
    yield Step(
        _WHERE,
        "Shut the VM down, remove the legacy network adapter, and add a synthetic one with the same MAC address.",
        (
            "Get-VMNetworkAdapter -VMName VM | Where IsLegacy | Remove-VMNetworkAdapter",
            f"Add-VMNetworkAdapter -VMName VM -SwitchName SWITCH -StaticMacAddress {address}",
        ),
        "Starting from the network (PXE) needs the legacy adapter on generation 1. " + NAMES_CHANGE,
    )


def _add_queues(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            "Let the adapter spread its work over the vCPUs.",
            ("Set-VMNetworkAdapter -VMName VM -VrssEnabled $true -VmmqEnabled $true",),
            "VMMQ needs a host network card that offers it.",
        )
    else:
        yield Step(_WHERE, "The SCSI controller opens its channels by the number of vCPUs; there is nothing to set for a disk.")


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"A dynamic VHDX on the SCSI controller takes the guest's discards; see that {device(about, 'the disk')} is one.",
        ("Convert-VHD -Path DISK.vhd -DestinationPath DISK.vhdx -VHDType Dynamic",),
        STILL_LARGE,
    )


def _run_agent(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "See which integration services are offered to the guest, and enable what its daemons serve.",
        (
            "Get-VMIntegrationService -VMName VM",
            "Enable-VMIntegrationService -VMName VM -Name 'Key-Value Pair Exchange', VSS",
        ),
    )


def _windows_drivers(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(_WHERE, "Windows has the drivers of Hyper-V's synthetic disks and network adapters in the box.")


ADVICE = Advice(
    id="hyperv",
    name="Hyper-V",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "windows-drivers": _windows_drivers,
    },
)
