"""Hypervisors by systemd-detect-virt's words, and the clouds and management layers on top of them.

CPUID strings are from systemd's virt.c and the names that lscpu prints for them; DMI texts from
virt.c, virt-what 1.25, cloud-init's ds-identify, and dmidecode output of guests; PCI ids from
pci.ids 2026.08.22 and `info pci` of QEMU 7.2. The order is that of systemd: what disguises itself
as another, or runs on KVM under its own name, comes first. Xen comes before QEMU because its device
model is QEMU, with QEMU's subsystem ids. Beside DMI's fields stands `acpi_oem`, the OEM id and
table id of an ACPI table, for monitors that have no DMI.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.model.device import Hypervisor, Platform
from guestcheck.model.target import Bundle

_KVM = ("libvirt", "qemu", "openstack", "proxmox")
_ON_KVM = ("kvm", "qemu")
_DS_IDENTIFY = "cloud-init, ds-identify"
_DMI = "dmidecode output of guests"

# fmt: off
HYPERVISORS: Tuple[Hypervisor, ...] = (
    Hypervisor("oracle", "Oracle VirtualBox", ("VBoxVBoxVBox", "Oracle", "Innotek GmbH"),
               ("sys_vendor=innotek GmbH", "product_name=VirtualBox*",
                "board_vendor=Oracle Corporation; board_name=VirtualBox"),
               ("80ee:cafe", "80ee:beef"), ("virtualbox",), "systemd, virt.c; pci.ids"),
    Hypervisor("xen", "Xen", ("XenVMMXenVMM", "Xen"), ("sys_vendor=Xen*", "product_name=HVM domU", "bios_vendor=Xen*"),
               ("5853:0001",), ("xen",), "systemd, virt.c; virt-what; pci.ids"),
    Hypervisor("amazon", "Amazon EC2 (Nitro)", (), ("sys_vendor=Amazon EC2", "bios_vendor=Amazon EC2"), (), ("aws",),
               "systemd, virt.c; " + _DMI),
    Hypervisor("parallels", "Parallels Desktop", (" lrpepyh  vr", "lrpepyh  vr", "prl hyperv", "Parallels"),
               ("sys_vendor=Parallels*", "product_name=Parallels*", "bios_vendor=Parallels*"),
               ("1ab8:4000", "1ab8:4005", "1ab8:4006", "/1ab8"), ("other",), "systemd, virt.c; virt-what; pci.ids"),
    Hypervisor("google", "Google Compute Engine", (), ("product_name=Google Compute Engine; bios_vendor=Google",), (),
               ("gcp",),
               "systemd, virt.c; " + _DMI),
    Hypervisor("vmware", "VMware", ("VMwareVMware", "VMware"),
               ("sys_vendor=VMware*", "product_name=VMware*", "bios_vendor=VMW*"),
               ("15ad:0740", "15ad:0770", "15ad:0774", "15ad:0778", "15ad:0779", "15ad:0790", "15ad:07a0", "15ad:07e0",
                "15ad:07f0", "/15ad:1976"), ("vmware",), "systemd, virt.c; pci.ids"),
    Hypervisor("bhyve", "bhyve", ("bhyve bhyve ", "bhyve bhyve", "bhyve"),
               ("bios_vendor=BHYVE*", "product_name=BHYVE*"),
               ("fb5d:40fb", "fb5d:0a0a"), ("other",), "systemd, virt.c; bhyve's sources"),
    Hypervisor("acrn", "ACRN", ("ACRNACRNACRN",), advice=("other",), source="systemd, virt.c"),
    Hypervisor("qnx", "QNX hypervisor", ("QNXQVMBSQG",), advice=("other",), source="systemd, virt.c"),
    Hypervisor("sre", "LMHS SRE", ("SRESRESRESRE",), advice=("other",), source="systemd, virt.c"),
    Hypervisor("apple", "Apple Virtualization", ("Apple VZ",), ("product_name=Apple Virtualization*",), (), ("other",),
               "systemd, virt.c"),
    Hypervisor("zvm", "IBM z/VM", advice=("other",), source="systemd, virt.c: /proc/sysinfo, VM00 Control Program"),
    Hypervisor("powervm", "IBM PowerVM", ("pHyp",), advice=("other",), source="systemd, virt.c: device tree; lscpu"),
    Hypervisor("kvm", "KVM", ("KVMKVMKVM", "Linux KVM Hv", "KVM"),
               ("product_name=KVM*", "sys_vendor=KVM*", "board_vendor=KVM*", "product_family=KVM",
                "sys_vendor=OpenStack*", "product_name=OpenStack*", "sys_vendor=RDO",
                "sys_vendor=KubeVirt*", "product_family=KubeVirt*", "product_name=KubeVirt*",
                "sys_vendor=oVirt", "product_name=RHEV Hypervisor*", "sys_vendor=Red Hat; product_name=KVM",
                "sys_vendor=Nutanix; product_name=AHV", "sys_vendor=DigitalOcean",
                "sys_vendor=Hetzner; product_name=vServer",
                "product_name=Alibaba Cloud ECS", "product_name=SmartDC HVM", "sys_vendor=Cloud Hypervisor",
                "product_name=crosvm", "acpi_oem=FIRECK*", "acpi_oem=CLOUDH*", "acpi_oem=CROSVM*"),
               (), _KVM, "systemd, virt.c; virt-what; dracut; " + _DMI),
    Hypervisor("qemu", "QEMU", ("TCGTCGTCGTCG",),
               ("sys_vendor=QEMU*", "chassis_vendor=QEMU*", "sys_vendor=Bochs*", "bios_vendor=Bochs*",
                "product_name=Bochs*", "acpi_oem=BOCHS*"),
               ("/1af4:1100", "1b36:0001", "1b36:0008", "1b36:000c", "1b36:000d", "1b36:000e", "1b36:0010", "1b36:0100",
                "8086:5845"), _KVM, "systemd, virt.c; QEMU, pci-ids.rst; " + _DMI),
    Hypervisor("microsoft", "Microsoft Hyper-V", ("Microsoft Hv", "Microsoft"),
               ("sys_vendor=Microsoft Corporation; product_name=Virtual Machine", "product_version=Hyper-V*"),
               ("1414:5353", "1414:c030", "1414:c031", "1414:c032", "1414:c03e"), ("hyperv",),
                   "systemd, virt.c: its CPUID string counts last, QEMU can show it too; "
                   "virt-what; pci.ids"),
)

# Machines of a cloud that are no guests although their DMI names the cloud; `*` stands for any
# text, anywhere.
BARE_METAL: Tuple[str, ...] = (
    "sys_vendor=Amazon EC2; product_name=*.metal*",
    "product_name=Google Compute Engine; bios_vendor=Google LLC*",
    "product_name=Google Compute Engine; bios_vendor=* + Google",
)

PLATFORMS: Tuple[Platform, ...] = (
    # Its KVM interface for Linux guests shows KVM by CPUID: by the MAC address, see
    # classify/hypervisor.
    Platform("virtualbox", "Oracle VirtualBox", (), ("kvm",), ("virtualbox",), "VBoxManage modifyvm --paravirtprovider; IEEE: 08:00:27",
             mac="08:00:27"),
    # names that stand for one cloud; before OpenStack and QEMU, on which many of them run
    Platform("ec2", "Amazon EC2", ("sys_vendor=Amazon EC2", "bios_vendor=Amazon EC2", "bios_version=4.2.amazon",
                                   "bios_version=4.11.amazon"), ("amazon", "xen",
                                   "kvm"), ("aws",), "systemd, virt.c; " + _DMI),
    Platform("gce", "Google Compute Engine", ("product_name=Google Compute Engine",), ("google", "kvm"), ("gcp",),
             _DS_IDENTIFY),
    Platform("azure", "Microsoft Azure", ("chassis_asset_tag=7783-7084-3265-9085-8269-3286-77",), ("microsoft",),
             ("azure",), _DS_IDENTIFY),
    Platform("oci", "Oracle Cloud Infrastructure", ("chassis_asset_tag=OracleCloud.com",), _ON_KVM, ("other",),
             _DS_IDENTIFY),
    Platform("alibaba", "Alibaba Cloud", ("product_name=Alibaba Cloud ECS*", "sys_vendor=Alibaba Cloud"), _ON_KVM,
             ("other",),
             _DS_IDENTIFY + "; virt-what"),
    Platform("tencent", "Tencent Cloud", ("sys_vendor=Tencent Cloud",), _ON_KVM, ("other",), "kernel log of a guest"),
    Platform("ibm-vpc", "IBM Cloud VPC",
             ("chassis_vendor=IBM:Cloud Compute Server*", "sys_vendor=IBM:Cloud Compute Server*"),
             _ON_KVM, ("other",), "public cloud detectors"),
    Platform("digitalocean", "DigitalOcean", ("sys_vendor=DigitalOcean",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("hetzner", "Hetzner Cloud", ("sys_vendor=Hetzner",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("vultr", "Vultr", ("sys_vendor=Vultr",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("linode", "Akamai (Linode)", ("sys_vendor=Linode", "sys_vendor=Akamai"), _ON_KVM, ("other",),
             _DS_IDENTIFY),
    Platform("upcloud", "UpCloud", ("sys_vendor=UpCloud",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("scaleway", "Scaleway", ("sys_vendor=Scaleway",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("exoscale", "Exoscale", ("product_name=Exoscale*",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("outscale", "Outscale", ("sys_vendor=3DS Outscale; product_name=3DS Outscale VM",), _ON_KVM, ("other",),
             _DS_IDENTIFY),
    Platform("cloudsigma", "CloudSigma", ("product_name=CloudSigma",), _ON_KVM, ("other",), _DS_IDENTIFY),
    Platform("cloudcix", "CloudCIX", ("product_name=CloudCIX",), (), ("other",), _DS_IDENTIFY),
    Platform("smartos", "SmartOS (Triton)", ("product_name=SmartDC*",), ("kvm", "bhyve"), ("other",), _DS_IDENTIFY),

    # clouds that are OpenStack under a name of their own
    Platform("open-telekom-cloud", "Open Telekom Cloud", ("chassis_asset_tag=OpenTelekomCloud",), ("kvm", "xen"),
             ("openstack",),
             _DS_IDENTIFY),
    Platform("sap-cloud", "SAP Converged Cloud", ("chassis_asset_tag=SAP CCloud VM",), ("vmware", "kvm"),
             ("openstack",), _DS_IDENTIFY),
    Platform("huawei", "Huawei Cloud", ("chassis_asset_tag=HUAWEICLOUD",), ("kvm", "xen"), ("openstack",),
             _DS_IDENTIFY),
    Platform("samsung-cloud", "Samsung Cloud Platform", ("chassis_asset_tag=Samsung Cloud Platform",), (),
             ("openstack",), _DS_IDENTIFY),

    # what a firm runs by itself
    Platform("openstack", "OpenStack", ("product_name=OpenStack Nova", "product_name=OpenStack Compute",
                                        "sys_vendor=OpenStack Foundation", "sys_vendor=RDO",
                                        "chassis_asset_tag=OpenStack Nova", "chassis_asset_tag=OpenStack Compute"),
             ("kvm", "qemu", "vmware", "microsoft"), ("openstack",), _DS_IDENTIFY + "; dracut"),
    Platform("cloudstack", "Apache CloudStack", ("product_name=CloudStack*",), ("kvm", "xen", "vmware"), ("other",),
             _DS_IDENTIFY),
    Platform("ovirt", "oVirt", ("sys_vendor=oVirt",), _ON_KVM, ("ovirt",), "virt-what"),
    Platform("rhv", "Red Hat Virtualization", ("product_name=RHEV Hypervisor*",), _ON_KVM, ("ovirt",), "virt-what"),
    Platform("nutanix", "Nutanix AHV", ("sys_vendor=Nutanix",), _ON_KVM, ("nutanix",), "virt-what"),
    Platform("kubevirt", "KubeVirt", ("product_family=KubeVirt*", "sys_vendor=KubeVirt*", "product_name=KubeVirt*"),
             _ON_KVM,
             ("kubevirt",), "systemd, virt.c; hyperconverged-cluster-operator"),
    Platform("proxmox", "Proxmox VE", ("bios_vendor=Proxmox distribution of EDK II*",), _ON_KVM, ("proxmox",),
             _DMI + "; with SeaBIOS nothing names it. QEMU shows a drive's name as its serial where it has none",
             serial="drive-(?:scsi|ide|sata|virtio)[0-9]+"),  # libvirt's have four numbers: drive-scsi0-0-0-0
    Platform("oxide", "Oxide", ("sys_vendor=Oxide*",), ("bhyve",), ("other",), "Propolis"),
    Platform("firecracker", "Firecracker", ("acpi_oem=FIRECK*",), _ON_KVM, ("other",),
             "Firecracker's sources; a guest"),
    Platform("crosvm", "crosvm", ("product_name=crosvm", "acpi_oem=CROSVM*"), _ON_KVM, ("other",), "crosvm's sources"),
    Platform("cloud-hypervisor", "Cloud Hypervisor", ("sys_vendor=Cloud Hypervisor", "acpi_oem=CLOUDH*"),
             ("kvm", "microsoft"), ("other",),
             "Cloud Hypervisor's sources"),
    Platform("parallels-desktop", "Parallels Desktop", ("product_name=Parallels Virtual Platform",), ("parallels",),
             ("other",),
             "virt-what"),
)

# Platforms that preflight takes as a target; `platforms` of the interfaces' rows says what guests
# get there.
BUNDLES: Tuple[Bundle, ...] = (
    Bundle("kvm", "QEMU and libvirt"),
    Bundle("openstack", "OpenStack"),
    Bundle("proxmox", "Proxmox VE"),
    Bundle("vmware", "VMware"),
    Bundle("hyperv", "Hyper-V"),
    Bundle("azure", "Microsoft Azure", cloud=True),
    Bundle("aws", "Amazon EC2 (Nitro)", cloud=True),
    Bundle("gce", "Google Compute Engine", cloud=True),
    Bundle("xen", "Xen"),
)
# fmt: on
