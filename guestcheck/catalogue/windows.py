"""What Windows needs for each target: the service that runs it, the ids that it is bound by, and
since when Windows has it in the box.

Services, ids and revisions of virtio are those of the INF files of kvm-guest-drivers-windows and of
QEMU's devices; those of Microsoft's drivers were read in the driver databases of Windows 7, 8.1 and
10. Builds: Microsoft's documentation.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.model.windows import (
    ATA_CONTROLLERS,
    VISTA,
    WINDOWS_7,
    WINDOWS_8,
    WINDOWS_8_1,
    Hardware,
    Needs,
    pci_device,
    virtio_forms,
)

_VIRTIO_WIN = "virtio-win"
_VMWARE = "VMware Tools"
_CHANNEL = ("atapi", Hardware("IDE channel", ("internal_ide_channel", "*pnp0600")))
_VMBUS = ("vmbus", Hardware("VMBus", ("acpi\\vmbus", "acpi\\msft1000")))
# Controllers of a class that have ids of their own: AHCI of QEMU's q35 (Intel ICH9) and of VMware,
# NVMe of AWS, Google and VMware.
_OWN_AHCI = ("pci\\ven_8086&dev_2922", "pci\\ven_15ad&dev_07e0")
_OWN_NVME = (
    "pci\\ven_1d0f&dev_8061",
    "pci\\ven_1d0f&dev_cd00",
    "pci\\ven_1d0f&dev_cd01",
    "pci\\ven_1ae0&dev_001f",
    "pci\\ven_15ad&dev_07f0",
)

# fmt: off
DISKS: Dict[str, Needs] = {
    "virtio-blk": Needs("viostor", virtio_forms("1001", "1042", "00021af4"), package=_VIRTIO_WIN),
    "virtio-scsi": Needs("vioscsi", virtio_forms("1004", "1048", "00081af4"), package=_VIRTIO_WIN),
    "nvme": Needs("stornvme", (Hardware("NVMe controller", ("pci\\cc_010802",)),), since=WINDOWS_8_1, rivals=_OWN_NVME),
    "sata": Needs("storahci", (Hardware("AHCI controller", ("pci\\cc_010601",)),), since=VISTA, old="msahci", rivals=_OWN_AHCI,
                  of=ATA_CONTROLLERS),
    "ide": Needs("intelide", (pci_device("PIIX3", "8086", "7010"), pci_device("PIIX4", "8086", "7111")), (_CHANNEL,), since=VISTA, of=ATA_CONTROLLERS),
    "pvscsi": Needs("pvscsi", (pci_device("PVSCSI", "15ad", "07c0"),), package=_VMWARE),
    "lsi-sas": Needs("lsi_sas", (pci_device("LSI SAS1068", "1000", "0054"),), since=VISTA),
    "storvsc": Needs("storvsc", (Hardware("Hyper-V's SCSI controller", ("vmbus\\{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}",)),), (_VMBUS,),
                     since=WINDOWS_7),
}
NICS: Dict[str, Needs] = {
    "virtio-net": Needs("netkvm", virtio_forms("1000", "1041", "00011af4"), package=_VIRTIO_WIN),
    "e1000": Needs("e1g60", (pci_device("82540EM", "8086", "100e"),), since=VISTA),
    "e1000e": Needs("e1iexpress", (pci_device("82574L", "8086", "10d3"),), since=WINDOWS_7),
    "igb": Needs("e1rexpress", (pci_device("82576", "8086", "10c9"),), since=WINDOWS_7),
    "rtl8139": Needs("rtl8139", (pci_device("RTL8139", "10ec", "8139"),)),
    "vmxnet3": Needs("vmxnet3ndis6", (pci_device("VMXNET3", "15ad", "07b0"),), package=_VMWARE),
    "netvsc": Needs("netvsc", (Hardware("Hyper-V's network adapter", ("vmbus\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}",)),), (_VMBUS,),
                    since=WINDOWS_7),
    "ena": Needs("ena", (pci_device("ENA", "1d0f", "ec20"),), package="AWS's ENA driver"),
    "gve": Needs("gvnic", (pci_device("gVNIC", "1ae0", "0042"),), package="Google's gVNIC driver"),
}
# fmt: on
# What the controller's driver and Windows' volumes stand on: of Windows itself, and started at boot
# without a StartOverride in each of 7, 8.1 and 10. On a PCI bus `pci` besides: what found its disk
# on VMBus alone may have demoted it.
STACK = ("acpi", "disk", "partmgr", "volmgr")
BUS = "pci"
# Hyper-V gives NVMe behind a bus of its own, which `vpci` runs: Windows demotes that wherever there
# is none.
HYPERV_BUS = "vpci"
# The first Windows that looks into the driver database, and the last that looks into
# CriticalDeviceDatabase is the one before.
DATABASE_SINCE = WINDOWS_8
