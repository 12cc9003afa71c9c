"""Kernel options that decide whether Linux can run on a device.

Names, modules and parents are from the Kconfig files and Makefiles of Linux 6.1, held against
configurations of 4.14 to 6.18; `since` is from those where they show it, else from the drivers'
histories, and empty for drivers that are older than 2.6.24. Parents are the options whose being off
removes the line, outermost first; of an "a or b" none is named, and an option that one architecture
alone has (HYPERVISOR_GUEST) holds nothing up on another. `serves` is the interface's id, or what
carries several of them: virtio, vmbus, xen, scsi, usb.
"""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.catalogue.interfaces import INTERFACES, VIRTIO_CONDITIONS
from guestcheck.model.device import Symbol, Unpacker

_X86 = ("x86_64", "i686", "i586", "i386")
_HYPERV = (*_X86, "aarch64")
_POWER = ("ppc64le", "ppc64")
_S390 = ("s390x",)

_SCSI = ("CONFIG_BLOCK", "CONFIG_SCSI")
_HBA = (*_SCSI, "CONFIG_SCSI_LOWLEVEL")
_PCI_HBA = (*_HBA, "CONFIG_PCI")
_NET = ("CONFIG_NET", "CONFIG_NETDEVICES")
_ETHERNET = (*_NET, "CONFIG_ETHERNET")
_INTEL = (*_ETHERNET, "CONFIG_NET_VENDOR_INTEL", "CONFIG_PCI")
_MELLANOX = (*_ETHERNET, "CONFIG_NET_VENDOR_MELLANOX", "CONFIG_PCI")
_REALTEK = (*_ETHERNET, "CONFIG_NET_VENDOR_REALTEK", "CONFIG_PCI")
_SUN = (*_ETHERNET, "CONFIG_NET_VENDOR_SUN")
_SMSC = (*_ETHERNET, "CONFIG_NET_VENDOR_SMSC")
_USB = ("CONFIG_USB_SUPPORT", "CONFIG_USB")
_USB_NET = (*_NET, *_USB, "CONFIG_USB_NET_DRIVERS", "CONFIG_USB_USBNET")
_ATA = ("CONFIG_BLOCK", "CONFIG_ATA")
_VIRTIO = VIRTIO_CONDITIONS

# fmt: off
SYMBOLS: Tuple[Symbol, ...] = (
    # virtio and its transports
    Symbol("CONFIG_VIRTIO_MENU", (), serves="virtio",
           note="the menu that VIRTIO_PCI and VIRTIO_MMIO stand in; between 4.14 and 4.19"),
    Symbol("CONFIG_VIRTIO", ("virtio", "virtio_ring"), ("CONFIG_VIRTIO_MENU",), "2.6.24", serves="virtio",
           note=
               "cannot be chosen: a transport (VIRTIO_PCI, VIRTIO_MMIO, S390_GUEST) or another "
               "driver selects it"),
    Symbol("CONFIG_VIRTIO_RING", ("virtio_ring",), ("CONFIG_VIRTIO",), "2.6.24", "3.8", serves="virtio",
           note="merged into VIRTIO, about when `until` says: never ask for it on a current kernel"),
    Symbol("CONFIG_VIRTIO_PCI", ("virtio_pci",), ("CONFIG_PCI", "CONFIG_VIRTIO_MENU"), "2.6.25", serves="virtio"),
    Symbol("CONFIG_VIRTIO_PCI_LIB", ("virtio_pci_modern_dev",),
           ("CONFIG_PCI", "CONFIG_VIRTIO_MENU", "CONFIG_VIRTIO_PCI"), "5.12",
           serves="virtio", note="cannot be chosen: VIRTIO_PCI selects it"),
    Symbol("CONFIG_VIRTIO_PCI_LEGACY", (), ("CONFIG_PCI", "CONFIG_VIRTIO_MENU", "CONFIG_VIRTIO_PCI"), "4.0",
           serves="virtio",
           note="a part of virtio_pci, for devices that speak virtio 0.9 only"),
    Symbol("CONFIG_VIRTIO_PCI_LIB_LEGACY", ("virtio_pci_legacy_dev",),
           ("CONFIG_PCI", "CONFIG_VIRTIO_MENU", "CONFIG_VIRTIO_PCI_LEGACY"),
           "5.16", serves="virtio", note="cannot be chosen: VIRTIO_PCI_LEGACY selects it"),
    Symbol("CONFIG_VIRTIO_MMIO", ("virtio_mmio",), ("CONFIG_VIRTIO_MENU",), "3.2", serves="virtio"),
    Symbol("CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES", (), ("CONFIG_VIRTIO_MENU", "CONFIG_VIRTIO_MMIO"), "3.6",
           serves="virtio",
           note=
               "a part of virtio_mmio, for monitors that tell devices by the command line "
               "(Firecracker, microvm)"),
    Symbol("CONFIG_S390_GUEST", ("virtio_ccw",), since="3.8", serves="virtio", architectures=_S390,
           note="builds into the kernel"),

    # virtio drivers
    Symbol("CONFIG_VIRTIO_BLK", ("virtio_blk",), ("CONFIG_BLOCK", "CONFIG_BLK_DEV", *_VIRTIO), "2.6.24",
           serves="virtio-blk"),
    Symbol("CONFIG_SCSI_VIRTIO", ("virtio_scsi",), (*_HBA, *_VIRTIO), "3.4", serves="virtio-scsi",
           note="RHEL 6 took it back to 2.6.32"),
    Symbol("CONFIG_BLK_DEV_SD", ("sd_mod",), _SCSI, serves="scsi",
           note="the disk driver above every SCSI, SATA and USB adapter"),
    Symbol("CONFIG_VIRTIO_NET", ("virtio_net",), (*_NET, "CONFIG_NET_CORE", *_VIRTIO), "2.6.24", serves="virtio-net"),
    Symbol("CONFIG_NET_FAILOVER", ("net_failover",), _NET, "4.18", serves="virtio-net",
           note="VIRTIO_NET and HYPERV_NET need it since 4.18"),
    *(option for row in INTERFACES for option in row.options),
    Symbol("CONFIG_VIRTIO_BALLOON", ("virtio_balloon",), _VIRTIO, "2.6.25"),
    Symbol("CONFIG_HW_RANDOM_VIRTIO", ("virtio_rng",), ("CONFIG_HW_RANDOM", *_VIRTIO), "2.6.26"),
    Symbol("CONFIG_VIRTIO_CONSOLE", ("virtio_console",), ("CONFIG_TTY",), "2.6.24",
           note="the guest agent's channel; ports since 2.6.35"),
    Symbol("CONFIG_VIRTIO_VSOCKETS", ("vmw_vsock_virtio_transport",), ("CONFIG_NET", "CONFIG_VSOCKETS", *_VIRTIO),
           "4.8"),
    Symbol("CONFIG_VIRTIO_FS", ("virtiofs",), ("CONFIG_FUSE_FS",), "5.4"),
    Symbol("CONFIG_VIRTIO_MEM", ("virtio_mem",), _VIRTIO, "5.8", architectures=("x86_64", "aarch64"),
           note="newer kernels also have it on s390x and riscv64"),
    Symbol("CONFIG_DRM_VIRTIO_GPU", ("virtio_gpu",), ("CONFIG_DRM", "CONFIG_VIRTIO_MENU"), "4.2"),

    # VMware
    Symbol("CONFIG_VMWARE_PVSCSI", ("vmw_pvscsi",), _PCI_HBA, "2.6.33", serves="pvscsi", architectures=_X86),
    Symbol("CONFIG_VMXNET3", ("vmxnet3",), (*_NET, "CONFIG_PCI", "CONFIG_INET"), "2.6.32", serves="vmxnet3"),
    Symbol("CONFIG_INFINIBAND_VMWARE_PVRDMA", ("vmw_pvrdma",),
           ("CONFIG_INFINIBAND", *_ETHERNET, "CONFIG_PCI", "CONFIG_INET", "CONFIG_VMXNET3"),
           "4.10", serves="pvrdma"),

    # Hyper-V and Azure
    Symbol("CONFIG_HYPERV", ("hv_vmbus",), ("CONFIG_ACPI", "CONFIG_HYPERVISOR_GUEST"), "2.6.32", serves="vmbus",
           architectures=_HYPERV,
           note=
               "out of staging in 3.2; since 6.18 it is yes or no, and HYPERV_VMBUS builds "
               "hv_vmbus"),
    Symbol("CONFIG_HYPERV_VMBUS", ("hv_vmbus",), ("CONFIG_ACPI", "CONFIG_HYPERVISOR_GUEST", "CONFIG_HYPERV"), "6.18",
           serves="vmbus", architectures=_HYPERV),
    Symbol("CONFIG_HYPERV_STORAGE", ("hv_storvsc",), (*_HBA, "CONFIG_HYPERV"), "2.6.32", serves="storvsc",
           architectures=_HYPERV,
           note="out of staging in 3.4"),
    Symbol("CONFIG_HYPERV_NET", ("hv_netvsc",), (*_NET, "CONFIG_HYPERV"), "2.6.32", serves="netvsc",
           architectures=_HYPERV,
           note="out of staging in 3.3"),
    Symbol("CONFIG_PCI_HYPERV", ("pci_hyperv",), ("CONFIG_PCI", "CONFIG_PCI_MSI", "CONFIG_HYPERV"), "4.6",
           serves="vmbus",
           architectures=("x86_64", "aarch64"),
           note="shows NVMe, MANA and virtual functions to the guest; also builds pci_hyperv_intf"),
    Symbol("CONFIG_MICROSOFT_MANA", ("mana",),
           (*_ETHERNET, "CONFIG_NET_VENDOR_MICROSOFT", "CONFIG_PCI", "CONFIG_PCI_MSI", "CONFIG_PCI_HYPERV"),
           "5.13", serves="mana", architectures=("x86_64", "aarch64")),

    # Xen
    Symbol("CONFIG_XEN", (), ("CONFIG_HYPERVISOR_GUEST", "CONFIG_PARAVIRT"), "2.6.23", serves="xen",
           architectures=_HYPERV),
    Symbol("CONFIG_XEN_PVHVM", (), ("CONFIG_XEN",), "2.6.36", serves="xen", architectures=_X86,
           note=
               "unplugs the emulated disks and cards; cannot be chosen since 5.11, where "
               "XEN_PVHVM_GUEST is"),
    Symbol("CONFIG_XEN_PVHVM_GUEST", (), ("CONFIG_XEN", "CONFIG_PCI"), "5.11", serves="xen", architectures=_X86),
    Symbol("CONFIG_XEN_BLKDEV_FRONTEND", ("xen_blkfront",), ("CONFIG_BLOCK", "CONFIG_BLK_DEV", "CONFIG_XEN"), "2.6.23",
           serves="xen-blkfront", architectures=_HYPERV),
    Symbol("CONFIG_XEN_NETDEV_FRONTEND", ("xen_netfront",), (*_NET, "CONFIG_XEN"), "2.6.23", serves="xen-netfront",
           architectures=_HYPERV),
    Symbol("CONFIG_XEN_SCSI_FRONTEND", ("xen_scsifront",), (*_HBA, "CONFIG_XEN"), "3.18", serves="xen-scsifront",
           architectures=_HYPERV),

    # clouds and virtual functions
    Symbol("CONFIG_BLK_DEV_NVME", ("nvme",), ("CONFIG_BLOCK", "CONFIG_PCI"), "3.3", serves="nvme",
           note="since 4.4 on top of nvme_core"),
    Symbol("CONFIG_ENA_ETHERNET", ("ena",), (*_ETHERNET, "CONFIG_NET_VENDOR_AMAZON", "CONFIG_PCI", "CONFIG_PCI_MSI"),
           "4.9", serves="ena"),
    Symbol("CONFIG_INFINIBAND_EFA", ("efa",),
           ("CONFIG_PCI", "CONFIG_PCI_MSI", "CONFIG_INFINIBAND", "CONFIG_INFINIBAND_USER_ACCESS"), "5.2",
           serves="efa"),
    Symbol("CONFIG_GVE", ("gve",), (*_ETHERNET, "CONFIG_NET_VENDOR_GOOGLE", "CONFIG_PCI", "CONFIG_PCI_MSI"), "5.3",
           serves="gve", architectures=("x86_64", "aarch64")),
    Symbol("CONFIG_IDPF", ("idpf",), (*_INTEL, "CONFIG_PCI_MSI"), "6.7", serves="idpf"),
    Symbol("CONFIG_IGBVF", ("igbvf",), _INTEL, "2.6.30", serves="sriov-vf"),
    Symbol("CONFIG_IXGBEVF", ("ixgbevf",), (*_INTEL, "CONFIG_PCI_MSI"), "2.6.34", serves="sriov-vf"),
    Symbol("CONFIG_I40EVF", (), (*_INTEL, "CONFIG_PCI_MSI"), "3.14", serves="sriov-vf",
           note="the option to choose: it builds i40evf before 4.20, and selects IAVF since"),
    Symbol("CONFIG_IAVF", ("iavf",), (*_INTEL, "CONFIG_PCI_MSI", "CONFIG_I40EVF"), "4.20", serves="sriov-vf",
           note="cannot be chosen: I40EVF selects it"),
    Symbol("CONFIG_MLX4_EN", ("mlx4_en",), (*_MELLANOX, "CONFIG_INET"), "2.6.28", serves="sriov-vf",
           note="on top of mlx4_core; virtual functions since 3.3"),
    Symbol("CONFIG_MLX5_CORE", ("mlx5_core",), _MELLANOX, "3.11", serves="sriov-vf",
           note="virtual functions since 4.x"),
    Symbol("CONFIG_MLX5_CORE_EN", (), (*_MELLANOX, "CONFIG_INET", "CONFIG_MLX5_CORE"), "4.1", serves="sriov-vf",
           note="a part of mlx5_core: without it there is no network interface"),

    # emulated disks
    Symbol("CONFIG_ATA_PIIX", ("ata_piix",), (*_ATA, "CONFIG_ATA_SFF", "CONFIG_ATA_BMDMA", "CONFIG_PCI"), serves="ide",
           note="kernels before 5.14 may have the old piix driver instead, with hdX names"),
    Symbol("CONFIG_SATA_AHCI", ("ahci",), (*_ATA, "CONFIG_PCI"), serves="sata"),
    Symbol("CONFIG_SCSI_SYM53C8XX_2", ("sym53c8xx",), _PCI_HBA, serves="lsi", note="LSI 53C895A and 53C810"),
    Symbol("CONFIG_FUSION_SPI", ("mptspi",), (*_SCSI, "CONFIG_PCI", "CONFIG_FUSION"), serves="lsi", note="LSI 53C1030"),
    Symbol("CONFIG_FUSION_SAS", ("mptsas",), (*_SCSI, "CONFIG_PCI", "CONFIG_FUSION"), serves="lsi-sas"),
    Symbol("CONFIG_MEGARAID_SAS", ("megaraid_sas",), _PCI_HBA, serves="megaraid"),
    Symbol("CONFIG_SCSI_AM53C974", ("am53c974",), _PCI_HBA, "3.19", serves="am53c974"),
    Symbol("CONFIG_SCSI_BUSLOGIC", ("BusLogic",), _PCI_HBA, serves="buslogic"),
    Symbol("CONFIG_USB_STORAGE", ("usb_storage",), (*_SCSI, *_USB), serves="usb"),
    Symbol("CONFIG_USB_UAS", ("uas",), (*_SCSI, *_USB, "CONFIG_USB_STORAGE"), "3.15", serves="usb"),
    Symbol("CONFIG_USB_XHCI_HCD", ("xhci_hcd",), _USB, "2.6.31", serves="usb"),
    Symbol("CONFIG_USB_XHCI_PCI", ("xhci_pci",), (*_USB, "CONFIG_USB_XHCI_HCD", "CONFIG_PCI"), "3.18", serves="usb",
           note="cannot be chosen: USB_XHCI_HCD brings it"),
    Symbol("CONFIG_USB_EHCI_PCI", ("ehci_pci",), (*_USB, "CONFIG_USB_EHCI_HCD", "CONFIG_PCI"), "3.8", serves="usb"),
    Symbol("CONFIG_MMC_BLOCK", ("mmc_block",), ("CONFIG_BLOCK", "CONFIG_MMC"), serves="sd-card"),
    Symbol("CONFIG_MMC_SDHCI_PCI", ("sdhci_pci",), ("CONFIG_PCI", "CONFIG_MMC", "CONFIG_MMC_SDHCI"), serves="sd-card"),
    Symbol("CONFIG_SCSI_UFSHCD_PCI", ("ufshcd_pci",), (*_SCSI, "CONFIG_SCSI_UFSHCD", "CONFIG_PCI"), "3.4",
           serves="ufs"),

    # emulated cards
    Symbol("CONFIG_E1000", ("e1000",), _INTEL, serves="e1000"),
    Symbol("CONFIG_E1000E", ("e1000e",), _INTEL, "2.6.24", serves="e1000e"),
    Symbol("CONFIG_IGB", ("igb",), _INTEL, "2.6.25", serves="igb"),
    Symbol("CONFIG_E100", ("e100",), _INTEL, serves="i8255x"),
    Symbol("CONFIG_8139CP", ("8139cp",), _REALTEK, serves="rtl8139", note="QEMU's card, revision 0x20"),
    Symbol("CONFIG_8139TOO", ("8139too",), _REALTEK, serves="rtl8139"),
    Symbol("CONFIG_NE2K_PCI", ("ne2k_pci",),
           (*_ETHERNET, "CONFIG_NET_VENDOR_NATSEMI", "CONFIG_NET_VENDOR_8390", "CONFIG_PCI"), serves="ne2k-pci"),
    Symbol("CONFIG_PCNET32", ("pcnet32",), (*_ETHERNET, "CONFIG_NET_VENDOR_AMD", "CONFIG_PCI"), serves="pcnet"),
    Symbol("CONFIG_TULIP", ("tulip",), (*_ETHERNET, "CONFIG_NET_VENDOR_DEC", "CONFIG_NET_TULIP", "CONFIG_PCI"),
           serves="tulip"),
    Symbol("CONFIG_SUNGEM", ("sungem",), (*_SUN, "CONFIG_PCI"), serves="sungem"),
    Symbol("CONFIG_HAPPYMEAL", ("sunhme",), _SUN, serves="sungem"),
    Symbol("CONFIG_SMSC911X", ("smsc911x",), _SMSC, "2.6.29", serves="lan9118"),
    Symbol("CONFIG_SMC91X", ("smc91x",), _SMSC, serves="lan9118", architectures=("aarch64", "armv7l", "armv6l")),
    Symbol("CONFIG_ROCKER", ("rocker",),
           (*_ETHERNET, "CONFIG_NET_VENDOR_ROCKER", "CONFIG_PCI", "CONFIG_NET_SWITCHDEV", "CONFIG_BRIDGE"), "4.0",
           serves="rocker"),
    Symbol("CONFIG_USB_NET_CDCETHER", ("cdc_ether",), _USB_NET, serves="usb-net"),
    Symbol("CONFIG_USB_NET_RNDIS_HOST", ("rndis_host",), _USB_NET, serves="usb-net"),

    # POWER and s390x
    Symbol("CONFIG_SCSI_IBMVSCSI", ("ibmvscsi",), _HBA, serves="ibmvscsi", architectures=_POWER),
    Symbol("CONFIG_SCSI_IBMVFC", ("ibmvfc",), (*_HBA, "CONFIG_SCSI_FC_ATTRS"), "2.6.27", serves="ibmvfc",
           architectures=_POWER),
    Symbol("CONFIG_IBMVETH", ("ibmveth",), (*_ETHERNET, "CONFIG_NET_VENDOR_IBM"), serves="ibmveth",
           architectures=_POWER),
    Symbol("CONFIG_IBMVNIC", ("ibmvnic",), (*_ETHERNET, "CONFIG_NET_VENDOR_IBM"), "4.5", serves="ibmvnic",
           architectures=_POWER),
    Symbol("CONFIG_DASD_ECKD", ("dasd_eckd_mod",), ("CONFIG_BLOCK", "CONFIG_BLK_DEV", "CONFIG_DASD"), serves="dasd",
           architectures=_S390),
    Symbol("CONFIG_DASD_FBA", ("dasd_fba_mod",), ("CONFIG_BLOCK", "CONFIG_BLK_DEV", "CONFIG_DASD"), serves="dasd",
           architectures=_S390),
    Symbol("CONFIG_ZFCP", ("zfcp",), (*_HBA, "CONFIG_QDIO", "CONFIG_SCSI_FC_ATTRS"), serves="zfcp",
           architectures=_S390),
    Symbol("CONFIG_QETH", ("qeth",), (*_ETHERNET, "CONFIG_IP_MULTICAST", "CONFIG_QDIO"), serves="qeth",
           architectures=_S390),

    # opened by the guest itself
    Symbol("CONFIG_ISCSI_TCP", ("iscsi_tcp",), (*_HBA, "CONFIG_INET"), serves="iscsi"),
)
# fmt: on
# Options of modules that a root file system needs whatever it lies on, from the Makefiles of Linux
# 6.1; those of the old IDE drivers from Linux 2.6.18.
ROOT_SYMBOLS: Dict[str, str] = {
    "ext2": "CONFIG_EXT2_FS",
    "ext3": "CONFIG_EXT3_FS",
    "ext4": "CONFIG_EXT4_FS",
    "xfs": "CONFIG_XFS_FS",
    "btrfs": "CONFIG_BTRFS_FS",
    "f2fs": "CONFIG_F2FS_FS",
    "jfs": "CONFIG_JFS_FS",
    "reiserfs": "CONFIG_REISERFS_FS",
    "nilfs2": "CONFIG_NILFS2_FS",
    "bcachefs": "CONFIG_BCACHEFS_FS",
    "dm_mod": "CONFIG_BLK_DEV_DM",
    "dm_crypt": "CONFIG_DM_CRYPT",
    "md_mod": "CONFIG_BLK_DEV_MD",
    "piix": "CONFIG_BLK_DEV_PIIX",
    "ide_disk": "CONFIG_BLK_DEV_IDEDISK",
}
# The drivers that most readers look for; the others are shown with --verbose, and where one is in
# use.
SHOWN_SYMBOLS: Tuple[str, ...] = (
    "CONFIG_VIRTIO_BLK",
    "CONFIG_SCSI_VIRTIO",
    "CONFIG_VIRTIO_NET",
    "CONFIG_VIRTIO_PCI",
    "CONFIG_VIRTIO_PCI_LEGACY",
    "CONFIG_VIRTIO_MMIO",
    "CONFIG_BLK_DEV_NVME",
)
SHOWN_ON: Dict[str, Tuple[str, ...]] = {
    "vmware": ("CONFIG_VMWARE_PVSCSI", "CONFIG_VMXNET3"),
    "microsoft": (
        "CONFIG_HYPERV",
        "CONFIG_HYPERV_STORAGE",
        "CONFIG_HYPERV_NET",
        "CONFIG_PCI_HYPERV",
    ),
    "xen": ("CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_XEN_NETDEV_FRONTEND", "CONFIG_XEN_PVHVM"),
    "amazon": ("CONFIG_ENA_ETHERNET",),
    "google": ("CONFIG_GVE",),
}

# What `uname -m` says of a kernel with this option; the first that is set counts. The last one
# tells the two of POWER apart.
ARCHITECTURES: Dict[str, str] = {
    "CONFIG_X86_64": "x86_64",
    "CONFIG_X86_32": "i686",
    "CONFIG_ARM64": "aarch64",
    "CONFIG_PPC64": "ppc64",
    "CONFIG_S390": "s390x",
}
LITTLE_ENDIAN: Dict[str, Tuple[str, str]] = {"ppc64": ("CONFIG_CPU_LITTLE_ENDIAN", "ppc64le")}
LOADS_MODULES = "CONFIG_MODULES"


# lib/decompress.c and usr/Kconfig of the kernel; of lz4 it knows the legacy form alone
# (lib/decompress_unlz4.c), which the program lz4 writes with -l.
UNPACKER_OPTIONS = "CONFIG_RD_"  # how all of them begin
UNPACKERS: Dict[str, Unpacker] = {
    "gzip": Unpacker("CONFIG_RD_GZIP"),
    "bzip2": Unpacker("CONFIG_RD_BZIP2", (2, 6, 30)),
    "lzma": Unpacker("CONFIG_RD_LZMA", (2, 6, 30)),
    "xz": Unpacker("CONFIG_RD_XZ", (2, 6, 38)),
    "lzop": Unpacker("CONFIG_RD_LZO", (2, 6, 33)),
    "lz4": Unpacker("CONFIG_RD_LZ4", (3, 11)),
    "zstd": Unpacker("CONFIG_RD_ZSTD", (5, 9)),
}

# The command line that is built in; whether there is one; what has it replace the boot loader's:
# arch/x86/Kconfig, arch/arm/Kconfig.
BUILT_IN_LINE = "CONFIG_CMDLINE"
BUILT_IN_SWITCH = "CONFIG_CMDLINE_BOOL"
BUILT_IN_ALONE = ("CONFIG_CMDLINE_OVERRIDE", "CONFIG_CMDLINE_FORCE")
