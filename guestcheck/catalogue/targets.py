"""What a disk or card can be moved to: the modules without which a guest does not reach it, and the
names that it gets there.

Modules and their order are from the sources of Linux 6.1 and modules.dep of its packages; names
under /dev/disk/by-id from 60-persistent-storage.rules of systemd 252. The platforms' interfaces are
those of their documentation.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.model.target import Bundle, Need, Target

_SD = Need(("sd_mod",))
_SCSI_LINKS = ("scsi-", "wwn-")
_LSI = "sym53c8xx runs QEMU's 53C895A, mptspi VMware's and VirtualBox's 53C1030"
_USB = "xhci_pci runs a USB 3 controller, ehci_pci one of USB 2"

# fmt: off
TARGETS: Tuple[Target, ...] = (
    Target("virtio-blk", "disk", (Need(("virtio_blk",)),), "vd", True, ("virtio-",)),
    Target("virtio-scsi", "disk", (Need(("virtio_scsi",)), _SD), "sd", True, _SCSI_LINKS),
    Target("nvme", "disk", (Need(("nvme",)),), "nvme", False, ("nvme-",)),
    Target("sata", "disk", (Need(("ahci",)), _SD), "sd", False, ("ata-", "wwn-")),
    Target("ide", "disk", (Need(("ata_piix",)), _SD), "sd", False, ("ata-", "wwn-")),
    Target("pvscsi", "disk", (Need(("vmw_pvscsi",)), _SD), "sd", False, _SCSI_LINKS),
    Target("lsi", "disk", (Need(("sym53c8xx", "mptspi"), True, _LSI), _SD), "sd", False, _SCSI_LINKS),
    Target("lsi-sas", "disk", (Need(("mptsas",)), _SD), "sd", False, _SCSI_LINKS),
    Target("megaraid", "disk", (Need(("megaraid_sas",)), _SD), "sd", False, _SCSI_LINKS),
    Target("am53c974", "disk", (Need(("am53c974",)), _SD), "sd", False, _SCSI_LINKS),
    Target("buslogic", "disk", (Need(("BusLogic",)), _SD), "sd", False, _SCSI_LINKS),
    Target("storvsc", "disk", (Need(("hv_vmbus",)), Need(("hv_storvsc",)), _SD), "sd", False, _SCSI_LINKS),
    Target("xen-blkfront", "disk", (Need(("xen_blkfront",)),), "xvd"),
    Target("usb", "disk", (Need(("xhci_pci", "ehci_pci"), True, _USB), Need(("usb_storage",)), _SD), "sd", False,
           ("usb-", "wwn-")),
    Target("sd-card", "disk", (Need(("sdhci_pci",)), Need(("mmc_block",))), "mmcblk", False, ("mmc-",)),

    Target("virtio-net", "nic", (Need(("virtio_net",)),), virtio=True),
    Target("e1000", "nic", (Need(("e1000",)),)),
    Target("e1000e", "nic", (Need(("e1000e",)),)),
    Target("igb", "nic", (Need(("igb",)),)),
    Target("rtl8139", "nic", (Need(("8139cp",)),)),
    Target("pcnet", "nic", (Need(("pcnet32",)),)),
    Target("vmxnet3", "nic", (Need(("vmxnet3",)),)),
    Target("netvsc", "nic", (Need(("hv_vmbus",)), Need(("hv_netvsc",)))),
    Target("xen-netfront", "nic", (Need(("xen_netfront",)),)),
    Target("ena", "nic", (Need(("ena",)),)),
    Target("gve", "nic", (Need(("gve",)),)),
)

BUNDLES: Tuple[Bundle, ...] = (
    Bundle("kvm", "QEMU and libvirt", ("virtio-blk", "virtio-scsi", "virtio-net")),
    Bundle("openstack", "OpenStack", ("virtio-blk", "virtio-scsi", "virtio-net")),
    Bundle("proxmox", "Proxmox VE", ("virtio-scsi", "virtio-blk", "virtio-net")),
    Bundle("vmware", "VMware", ("pvscsi", "vmxnet3")),
    Bundle("hyperv", "Hyper-V", ("storvsc", "netvsc")),
    Bundle("azure", "Microsoft Azure", ("storvsc", "netvsc"), cloud=True),
    Bundle("aws", "Amazon EC2 (Nitro)", ("nvme", "ena"), cloud=True),
    Bundle("gce", "Google Compute Engine", ("virtio-scsi", "virtio-net"), cloud=True),
    Bundle("xen", "Xen", ("xen-blkfront", "xen-netfront")),
)
# Options of modules that a root file system needs whatever it lies on, from the Makefiles of Linux
# 6.1; those of the old IDE drivers from Linux 2.6.18.
ROOT_SYMBOLS = {
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
# fmt: on
