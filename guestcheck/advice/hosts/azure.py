"""Microsoft Azure: the VM and its network interface, by the az command; the VM must be deallocated.

Commands are those of the Azure CLI; what an NVMe controller asks of the guest was read in
Microsoft's own conversion scripts and in azure-vm-utils.
"""

from __future__ import annotations

from guestcheck.advice._quoting import BY_HAND, SEE, moving, plain
from guestcheck.model.action import AddQueues, ChangeNic, MoveDisk, WindowsDrivers
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "Azure"
_WHERE = "Azure"
_OFF = "az vm deallocate -g GROUP -n VM"
_ON = "az vm start -g GROUP -n VM"


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    if about.to != "nvme":
        yield Step(
            _WHERE,
            f"Azure gives every disk through storvsc; if {plain(about.device, 'a disk')} shows as "
            "ATA, the guest's hv_storvsc did not "
            "take it over. There is nothing to change in Azure; load the driver in the guest.",
        )
        return
    yield Step(
        _WHERE,
        "See which disk and which size the VM has, keep a snapshot of the disk, which is the "
        "way back, and deallocate the VM.",
        (
            "az vm show -g GROUP -n VM --query '[storageProfile.osDisk.name, "
            "hardwareProfile.vmSize]'",
            "az snapshot create -g GROUP -n before --source OSDISK",
            _OFF,
        ),
        moving(
            about,
            inventory,
            "Linux needs nvme and pci-hyperv in its initramfs and UUIDs in fstab; Windows "
            "needs stornvme to start at boot, "
            "without a StartOverride on stornvme, pci or vpci.",
        ),
    )
    yield Step(
        _WHERE,
        "Mark the disk as one for both controllers, and choose the NVMe controller together "
        "with a size that has it (generation 2 VMs only).",
        (
            "az disk update -g GROUP -n OSDISK \\",
            "  --set supportedCapabilities.diskControllerTypes='SCSI, NVMe'",
            "az vm update -g GROUP -n VM --size SIZE --disk-controller-type NVMe",
        ),
    )
    yield _on_again("set the old size and --disk-controller-type SCSI in one update")


def _on_again(back: str) -> Step:
    return Step(
        _WHERE,
        f"Start the VM. {SEE}",
        (_ON,),
        f"The way back: deallocate, {back}, and start. {BY_HAND}",
    )


_NETWORK = (
    "az network nic show -g GROUP -n NIC --query enableAcceleratedNetworking",
    _OFF,
    "az network nic update -g GROUP -n NIC --accelerated-networking true",
)
_NETWORK_BACK = "set --accelerated-networking false"


def change_nic(_about: ChangeNic, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Azure's network interfaces are synthetic (netvsc). To have a hardware function "
        "beside it, look what is set, which is the way back, "
        "deallocate the VM, and switch accelerated networking on.",
        _NETWORK,
        "The size must offer it; the guest needs mlx5_core, mlx4_en or mana. Addresses belong "
        "on the netvsc interface, "
        "never on the function that is paired with it.",
    )
    yield _on_again(_NETWORK_BACK)


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "The number of queues follows the VM's size. Accelerated networking brings more: "
            "look what is set, which is the way back, "
            "deallocate the VM, and switch it on.",
            _NETWORK,
        )
        yield _on_again(_NETWORK_BACK)
    else:
        yield Step(
            _WHERE,
            "storvsc opens its channels by the number of vCPUs; there is nothing to set for a "
            "disk.",
        )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Windows has storvsc, netvsc and stornvme in the box; before a move to NVMe, see that "
        "stornvme starts at boot.",
    )
