"""Disks and their controllers: every model that a hypervisor, cloud or board shows to a guest.

Ids are from pci.ids 2026.08.22, `info pci` of QEMU 7.2, the module aliases and driver tables of
Linux 6.1, the virtio specification, and public output of the clouds; `source` says which. Model and
vendor texts support and never decide: "QEMU HARDDISK" is the same behind virtio-scsi, LSI,
MegaRAID, PVSCSI and USB. A row with drivers and no ids stands for hardware given to the guest: it
says that such a driver alone proves nothing.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.model.device import EMULATED, PARAVIRTUAL, PASSTHROUGH, UNKNOWN, Device

_PCIIDS = "pci.ids 2026.08.22"
_QEMU = "QEMU 7.2, info pci"
_LINUX = "Linux 6.1, driver id tables"
_NVME = ("nvme",)
_FUSION_SAS = ("mptsas",)
_MEGARAID = ("megaraid_sas",)

# fmt: off
DEVICES: Tuple[Device, ...] = (
    # what has its models in its row: virtio, VMware, Hyper-V, Xen
    *(device for row in INTERFACES if row.device == "disk" for device in row.devices),

    # IDE
    Device("ide", "PIIX3/PIIX4 IDE", EMULATED, pci=("8086:7010", "8086:7111"), drivers=("ata_piix", "PIIX_IDE"),
           text=("QEMU HARDDISK", "VBOX HARDDISK", "Virtual HD", "VMware Virtual IDE"), source=_QEMU + "; " + _LINUX,
           note=
               "QEMU, Xen HVM, VirtualBox and Hyper-V generation 1; on Xen and Hyper-V it means "
               "that the paravirtual "
                "driver does not run the disk"),
    Device("ide", "QEMU PIIX3 IDE", EMULATED, pci=("8086:7010/1af4:1100", "8086:7111/1af4:1100"), drivers=("ata_piix",),
           text=("QEMU HARDDISK",), source=_QEMU),
    Device("ide", "VMware PIIX4 IDE", EMULATED, pci=("8086:7111/15ad:1976",), drivers=("ata_piix",),
           text=("VMware Virtual IDE",), source=_PCIIDS),
    Device("ide", "VirtualBox ICH6 IDE", EMULATED, pci=("8086:269e",), drivers=("ata_piix",), text=("VBOX HARDDISK",),
           decides=False, note="the id is also that of real 631xESB chipsets"),
    Device("ide", "CMD646 and VIA IDE of QEMU's other machines", EMULATED, pci=("1095:0646", "1106:0571"),
           drivers=("pata_cmd64x", "pata_via"), text=("QEMU HARDDISK",), decides=False,
           note="sparc64, Alpha and MIPS machines; real chipsets share the ids"),

    # SATA
    Device("sata", "ICH9 AHCI", EMULATED, pci=("8086:2922",), drivers=("ahci",), text=("QEMU HARDDISK",), source=_QEMU,
           note="q35 has one; an ICH9 that is handed through carries its board's subsystem"),
    Device("sata", "QEMU ICH9 AHCI", EMULATED, pci=("8086:2922/1af4:1100",), drivers=("ahci",), text=("QEMU HARDDISK",),
           source=_QEMU),
    Device("sata", "VirtualBox ICH8M AHCI", EMULATED, pci=("8086:2829",), drivers=("ahci",), text=("VBOX HARDDISK",),
           source="kernel logs of VirtualBox guests"),
    Device("sata", "bhyve ICH8 AHCI", EMULATED, pci=("8086:2821",), drivers=("ahci",), text=("BHYVE SATA DISK",),
           source="published output of bhyve guests", note="ACRN took the model over from bhyve"),
    Device("sata", "VMware AHCI", EMULATED, pci=("15ad:07e0",), drivers=("ahci",), text=("VMware Virtual SATA",),
           source=_PCIIDS),
    Device("sata", "Parallels Desktop SATA", EMULATED, drivers=("ahci",), text=("Parallels",), decides=False,
           note="ids not verified; the subsystem vendor is 1ab8"),
    Device("sata", "SATA controller given to the guest", PASSTHROUGH, drivers=("ahci",),
           note="any AHCI id that no hypervisor imitates"),

    # parallel SCSI
    Device("lsi", "LSI 53C895A / 53C810", EMULATED, pci=("1000:0012", "1000:0001"), drivers=("sym53c8xx",),
           text=("QEMU HARDDISK",), source=_QEMU, note="libvirt's lsilogic, Proxmox's lsi and lsi53c810"),
    Device("lsi", "LSI 53C1030", EMULATED, pci=("1000:0030",), drivers=("mptspi",), text=("VMware",), source=_LINUX,
           note="VMware's LSI Logic Parallel; VirtualBox imitates the same chip"),
    Device("lsi", "VMware LSI Logic Parallel", EMULATED, pci=("1000:0030/15ad:1976",), drivers=("mptspi",),
           text=("VMware Virtual S", "VMware,"), source=_PCIIDS),
    Device("lsi", "VirtualBox LSI Logic", EMULATED, pci=("1000:0030/1000:8000",), drivers=("mptspi",), text=("VBOX",),
           source="VirtualBox, DevLsiLogicSCSI.h"),
    Device("am53c974", "AMD Am53C974, Tekram DC-390", EMULATED, pci=("1022:2020",), drivers=("am53c974",),
           text=("QEMU HARDDISK",), source=_QEMU),
    Device("buslogic", "BusLogic MultiMaster", EMULATED, pci=("104b:1040",), drivers=("BusLogic",),
           text=("VMware", "VBOX"), source=_LINUX, note="VMware and VirtualBox"),
    Device("buslogic", "other BusLogic adapters", EMULATED, pci=("104b:0140", "104b:8130"), drivers=("BusLogic",),
           decides=False, source=_LINUX, note="the driver takes them; no hypervisor is known to imitate them"),

    # SAS and RAID
    Device("lsi-sas", "LSI SAS1068", EMULATED, pci=("1000:0054",), drivers=_FUSION_SAS,
           text=("VMware", "QEMU HARDDISK", "VBOX"), source=_LINUX, note="QEMU, VMware and VirtualBox"),
    Device("lsi-sas", "QEMU and VirtualBox LSI SAS1068", EMULATED, pci=("1000:0054/1000:8000",), drivers=_FUSION_SAS,
           text=("QEMU HARDDISK", "VBOX"), source=_QEMU),
    Device("lsi-sas", "VMware LSI Logic SAS", EMULATED, pci=("1000:0054/15ad:1976",), drivers=_FUSION_SAS,
           text=("VMware", "Virtual disk"), source=_PCIIDS),
    Device("scsi-hba", "Dell SAS 5 and HP SAS3080X", PASSTHROUGH, drivers=_FUSION_SAS, source=_PCIIDS,
           pci=("1000:0054/1028:1f04", "1000:0054/1028:1f05", "1000:0054/1028:1f06", "1000:0054/1028:1f07",
                "1000:0054/1028:1f08", "1000:0054/1028:1f09", "1000:0054/103c:3228")),
    Device("megaraid", "LSI MegaRAID SAS 1078 / 2108", EMULATED, pci=("1000:0060", "1000:0079"), drivers=_MEGARAID,
           text=("QEMU HARDDISK",), decides=False, source=_QEMU,
           note=
               "QEMU's have the subsystems 1000:1013 and 1000:9261; any other subsystem is a real "
               "card"),
    Device("megaraid", "QEMU MegaRAID SAS", EMULATED, pci=("1000:0060/1000:1013", "1000:0079/1000:9261"),
           drivers=_MEGARAID, text=("QEMU HARDDISK",), revision="00", source="QEMU guests; " + _QEMU,
           note="real cards with the same subsystems have revision 04 or 05"),
    Device("megaraid", "MegaRAID SAS with QEMU's subsystem", EMULATED, pci=("1000:0060/1000:1013", "1000:0079/1000:9261"),
           drivers=_MEGARAID, text=("QEMU HARDDISK",), decides=False, source=_QEMU,
           note="real cards carry the same subsystems; the disks' text settles it"),
    Device("megaraid", "MegaRAID card given to the guest", PASSTHROUGH, source=_PCIIDS,
           pci=("1000:0060/1000:1006", "1000:0060/1000:100a", "1000:0060/1000:100e", "1000:0060/1000:100f",
                "1000:0060/1014:0364", "1000:0060/1028:1f0a", "1000:0060/1028:1f0b", "1000:0060/1028:1f0c",
                "1000:0060/1028:1f0d", "1000:0060/1028:1f11", "1000:0079/1000:9260", "1000:0079/1000:9263",
                "1000:0079/1000:9280", "1000:0079/1014:03b2", "1000:0079/1014:03b3", "1000:0079/1028:1f15",
                "1000:0079/1028:1f16", "1000:0079/1028:1f17", "1000:0079/1028:1f18", "1000:0079/1028:1f1b",
                "1000:0079/8086:9260", "1000:0079/8086:9261")),
    Device("scsi-hba", "SAS, RAID or Fibre Channel adapter given to the guest", PASSTHROUGH, source="Linux 6.1",
           drivers=("mpt3sas", "mpt2sas", "mpi3mr", "hpsa", "smartpqi", "aacraid", "arcmsr", "qla2xxx", "lpfc", "bfa",
                    "fnic", "be2iscsi", "qla4xxx"),
           note="no hypervisor imitates a card of these drivers"),

    # NVMe
    Device("nvme", "QEMU NVMe controller", EMULATED, pci=("1b36:0010", "8086:5845"), drivers=_NVME,
           text=("QEMU NVMe Ctrl",), source=_QEMU + "; " + _PCIIDS,
           note="8086:5845 is the id of older releases and of use-intel-id=on"),
    Device("nvme", "VMware virtual NVMe", EMULATED, pci=("15ad:07f0",), drivers=_NVME, text=("VMware Virtual NVMe",),
           source=_PCIIDS, note="VMware recommends it on fast storage; PVSCSI is the paravirtual one"),
    Device("nvme", "VirtualBox NVMe", EMULATED, pci=("80ee:4e56",), drivers=_NVME, text=("ORCL-VBOX-NVME",),
           source="VirtualBox, DevNVMe.cpp; published output"),
    Device("nvme", "bhyve NVMe", EMULATED, pci=("fb5d:0a0a",), drivers=_NVME, text=("bhyve-NVMe",),
           source="bhyve, pci_nvme.c"),
    Device("nvme", "Oxide Propolis NVMe", EMULATED, pci=("01de:0000",), drivers=_NVME, source=_PCIIDS),
    Device("nvme", "OpenVMM NVMe", EMULATED, pci=("1414:c03e",), drivers=_NVME, source=_PCIIDS,
           note="earlier builds used 1414:00a9"),
    Device("nvme", "Apple or Parallels virtual NVMe", EMULATED, drivers=_NVME, text=("Apple", "Parallels"),
           decides=False,
           note="ids not verified"),
    Device("nvme", "Azure managed disk (Azure Boost)", PASSTHROUGH, pci=("1414:00a9",), drivers=_NVME,
           text=("MSFT NVMe Accelerator",), source="published output of Azure guests; azure-vm-utils",
           note=
               "offload: Microsoft's device model in hardware; nsid 1 is the OS disk, nsid n the "
               "data LUN n-2; "
                "OpenVMM once imitated the id"),
    Device("nvme", "Azure local NVMe", PASSTHROUGH, pci=("1414:b111",), drivers=_NVME,
           text=("Microsoft NVMe Direct Disk",),
           source="published output of Azure guests; azure-vm-utils",
           note="offload; its contents are lost on deallocation"),
    Device("nvme", "Amazon EBS", PASSTHROUGH, pci=("1d0f:8061", "1d0f:0061", "1d0f:0065"), drivers=_NVME,
           text=("Amazon Elastic Block Store",), source=_LINUX + "; amazon-ec2-utils", note="offload: Nitro card"),
    Device("nvme", "Amazon EC2 instance store", PASSTHROUGH, pci=("1d0f:cd00", "1d0f:cd01", "1d0f:cd02"), drivers=_NVME,
           text=("Amazon EC2 NVMe Instance Storage",), source=_LINUX + "; amazon-ec2-utils",
           note="offload: Nitro card; its contents are lost on stop"),
    Device("nvme", "Google Persistent Disk, Hyperdisk or local SSD", PASSTHROUGH, pci=("1ae0:001f",), drivers=_NVME,
           text=("nvme_card",), source=_PCIIDS + "; google guest-configs",
           note="offload; nvme_card-pd is a network disk, nvme_card a local SSD"),
    Device("nvme", "Alibaba Cloud EBS", PASSTHROUGH, pci=("1ded:5004",), drivers=_NVME,
           text=("Alibaba Cloud Elastic Block Storage",), source="published output of Alibaba Cloud guests",
           note="offload"),
    Device("nvme", "NVMe drive given to the guest", PASSTHROUGH, drivers=_NVME,
           note="any NVMe id that no hypervisor imitates"),

    # USB, cards, flash
    Device("usb", "QEMU USB disk", EMULATED, usb=("46f4:0001", "46f4:0003"), drivers=("usb-storage", "uas"),
           text=("QEMU", "QEMU USB HARDDRIVE", "USB Attached SCSI HBA"), source=_QEMU),
    Device("usb", "USB disk of the host", PASSTHROUGH, drivers=("usb-storage", "uas"),
           note="a vendor other than the hypervisor's is a device that the host redirects"),
    Device("sd-card", "QEMU SD card", EMULATED, pci=("1b36:0007",), drivers=("sdhci-pci", "mmcblk"), text=("QEMU!",),
           source="QEMU, pci-ids.rst"),
    Device("ufs", "QEMU UFS", EMULATED, pci=("1b36:0013",), drivers=("ufshcd-pci", "ufshcd"), source=_PCIIDS),

    # POWER and s390x
    Device("ibmvscsi", "POWER virtual SCSI", PARAVIRTUAL, vio=("vio:TvscsiSIBM,v-scsi", "v-scsi"),
           drivers=("ibmvscsi",),
           text=("AIX", "VDASD"), source=_LINUX,
           note="the usual disk of PowerVM; on KVM (pseries) the slow compatibility choice"),
    Device("ibmvfc", "POWER virtual Fibre Channel", PARAVIRTUAL, vio=("vio:TfcpSIBM,vfc-client", "vfc-client"),
           drivers=("ibmvfc",), source=_LINUX, note="NPIV through the VIOS"),
    Device("dasd", "ECKD DASD", UNKNOWN, ccw=("3990", "2105", "2107", "1750", "9343"), drivers=("dasd-eckd",),
           kind_by={"zvm": PASSTHROUGH, "kvm": PASSTHROUGH, "qemu": PASSTHROUGH}, source=_LINUX,
           note="z/VM minidisks are slices of real volumes; under KVM only vfio-ccw shows a DASD"),
    Device("dasd", "FBA DASD", UNKNOWN, ccw=("6310", "3880"), drivers=("dasd-fba",), source=_LINUX,
           note="under z/VM it may be a SCSI volume (EDEV) or a disk in memory (VDISK)"),
    Device("zfcp", "FCP adapter", PASSTHROUGH, ccw=("1731/03",), drivers=("zfcp",), source=_LINUX),

    # opened by the guest itself
    Device("iscsi", "LUN that the guest opens over its network", UNKNOWN, decides=False,
           drivers=("iscsi_tcp", "ib_iser", "bnx2i", "nvme-tcp", "nvme-rdma", "nvme-fc"),
           text=("IET", "LIO-ORG"), note="the NIC's verdict is what matters"),
)
# fmt: on
