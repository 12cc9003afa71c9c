"""Network cards: every model that a hypervisor, cloud or board shows to a guest.

Ids are from pci.ids 2026.08.22, `info pci` of QEMU 7.2, QEMU's sources, the module aliases and
driver tables of Linux 6.1, and public output of guests; `source` says which. Ids of virtual
functions are in `vf`. A row with drivers and no ids stands for hardware given to the guest: it says
that such a driver alone proves nothing.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.model.device import EMULATED, PARAVIRTUAL, PASSTHROUGH, UNKNOWN, Device

_PCIIDS = "pci.ids 2026.08.22"
_QEMU = "QEMU 7.2, info pci"
_LINUX = "Linux 6.1, driver id tables"

# fmt: off
DEVICES: Tuple[Device, ...] = (
    *(device for row in INTERFACES if row.device == "nic" for device in row.devices),

    # Intel
    Device("e1000", "Intel PRO/1000", EMULATED, drivers=("e1000",), source=_QEMU + "; " + _LINUX,
           pci=("8086:100e", "8086:100f", "8086:100c", "8086:1004", "8086:1010"),
           note=
               "82540EM, 82545EM, 82544GC, 82543GC, 82546EB: cards of the PCI age, which nobody "
               "hands through"),
    Device("e1000", "QEMU PRO/1000", EMULATED, drivers=("e1000",), source=_QEMU,
           pci=("8086:100e/1af4:1100", "8086:100f/1af4:1100", "8086:100c/1af4:1100")),
    Device("e1000", "VirtualBox PRO/1000 MT Desktop", EMULATED, pci=("8086:100e/8086:001e",), drivers=("e1000",),
           source=_PCIIDS),
    Device("e1000", "VMware PRO/1000 MT", EMULATED, pci=("8086:100f/15ad:0750", "8086:1010/15ad:0760"),
           drivers=("e1000",),
           source=_PCIIDS, note="VirtualBox copies the 82545EM with its VMware subsystem"),
    Device("e1000e", "Intel 82574L", EMULATED, pci=("8086:10d3",), drivers=("e1000e",), decides=False, source=_QEMU,
           note=
               "QEMU's has the subsystem 8086:0000, VMware's 15ad:07d0; any other subsystem is a "
               "real card"),
    Device("e1000e", "QEMU 82574L", EMULATED, pci=("8086:10d3/8086:0000", "8086:10d3/1af4:1100"), drivers=("e1000e",),
           source=_QEMU),
    Device("e1000e", "VMware 82574L", EMULATED, pci=("8086:10d3/15ad:07d0",), drivers=("e1000e",),
           source="published hardware ids of VMware guests"),
    Device("pci-nic", "Intel 82574L given to the guest", PASSTHROUGH, drivers=("e1000e",), source=_PCIIDS,
           pci=("8086:10d3/103c:1785", "8086:10d3/103c:3250", "8086:10d3/1043:8369", "8086:10d3/1093:76e9",
                "8086:10d3/10a9:8029", "8086:10d3/15d9:0605", "8086:10d3/15d9:060a", "8086:10d3/15d9:060d",
                "8086:10d3/4c52:2201", "8086:10d3/8086:0001", "8086:10d3/8086:3578", "8086:10d3/8086:357a",
                "8086:10d3/8086:a01f")),
    Device("igb", "Intel 82576", EMULATED, pci=("8086:10c9",), drivers=("igb",), decides=False, source="QEMU, igb.c",
           note="QEMU's (since 8.0) has the subsystem 1af4:1100; any other subsystem is a real card"),
    Device("igb", "QEMU 82576", EMULATED, pci=("8086:10c9/1af4:1100",), drivers=("igb",),
           source="QEMU, igb.c, pci-ids.rst"),
    Device("igb", "QEMU 82576 virtual function", EMULATED, pci=("8086:10ca/1af4:1100",), vf=True,
           source="QEMU, igbvf.c, pci-ids.rst", note="a virtual function of the emulated card, not of hardware"),
    Device("pci-nic", "Intel 82576 given to the guest", PASSTHROUGH, drivers=("igb",), source=_PCIIDS,
           pci=("8086:10c9/103c:31ef", "8086:10c9/103c:323f", "8086:10c9/10a9:8028", "8086:10c9/13a3:0037",
                "8086:10c9/15d9:a811", "8086:10c9/4c52:9212", "8086:10c9/8086:a01c", "8086:10c9/8086:a03c",
                "8086:10c9/8086:a04c")),
    Device("i8255x", "Intel 8255x", EMULATED, pci=("8086:1209", "8086:1229", "8086:2449"), drivers=("e100",),
           source=_QEMU),

    # other makers' cards
    Device("rtl8139", "Realtek RTL8139", EMULATED, pci=("10ec:8139",), drivers=("8139cp", "8139too"), source=_QEMU,
           note="100 Mbit; QEMU's revision 0x20 is run by 8139cp"),
    Device("ne2k-pci", "NE2000 (RTL8029)", EMULATED, pci=("10ec:8029",), drivers=("ne2k-pci", "ne2k_pci"), source=_QEMU,
           note="QEMU, and the oldest adapter of Parallels"),
    Device("pcnet", "AMD PCnet", EMULATED, pci=("1022:2000",), drivers=("pcnet32",), source=_QEMU,
           note="QEMU, VirtualBox, and VMware's Flexible adapter (vlance) before VMware Tools run"),
    Device("pcnet", "AMD PCnet-Home", EMULATED, pci=("1022:2001",), drivers=("pcnet32",), decides=False, source=_LINUX,
           note="the driver takes it; no hypervisor is known to imitate it"),
    Device("tulip", "DEC 21140 / 21143", EMULATED, pci=("1011:0009", "1011:0019"), drivers=("tulip",), source=_QEMU,
           note=
               "QEMU's is 1011:0019; Hyper-V's Legacy Network Adapter and Virtual PC's are "
               "1011:0009"),
    Device("tulip", "Hyper-V Legacy Network Adapter", EMULATED, pci=("1011:0009/0a00:2114",), drivers=("tulip",),
           source="Windows' INF for it: PCI\\VEN_1011&DEV_0009&SUBSYS_21140A00&REV_20"),
    Device("sungem", "Sun GEM / HME", EMULATED, pci=("106b:0021", "108e:1001"),
           drivers=("sungem", "gem", "sunhme", "hme"),
           source="QEMU, sungem.c, sunhme.c; " + _LINUX, note="QEMU's PowerMac and SPARC machines"),
    Device("lan9118", "SMSC LAN9118 / SMC91C111", EMULATED, drivers=("smsc911x", "smc91x"),
           source="QEMU, lan9118.c, smc91c111.c", note="QEMU's Arm boards; no PCI"),
    Device("rocker", "QEMU rocker switch", EMULATED, pci=("1b36:0006",), drivers=("rocker",), source=_QEMU),
    Device("usb-net", "USB Ethernet (CDC/RNDIS)", PASSTHROUGH, usb=("0525:a4a2",), drivers=("cdc_ether", "rndis_host"),
           kind_by={"kvm": EMULATED, "qemu": EMULATED}, text=("QEMU",), source="QEMU 7.2 guest",
           note=
               "QEMU's usb-net; the id is shared with Linux USB gadgets, which a host could "
               "redirect"),
    Device("usb-net", "USB network card of the host", PASSTHROUGH,
           drivers=("cdc_ether", "rndis_host", "cdc_ncm", "r8152", "asix", "ax88179_178a"),
           note="any other USB id is a device that the host redirects"),

    # VMware
    Device("vmxnet", "VMware VMXNET, VMXNET2", PARAVIRTUAL, pci=("15ad:0720",), drivers=("vmxnet",), source=_PCIIDS,
           note="obsolete; its driver came with VMware Tools"),
    Device("pvrdma", "VMware paravirtual RDMA", PARAVIRTUAL, pci=("15ad:0820",), drivers=("vmw_pvrdma",),
           kind_by={"kvm": EMULATED, "qemu": EMULATED}, source=_PCIIDS, note="runs beside a VMXNET3 card"),

    # Hyper-V, Azure, Xen
    Device("mana", "Microsoft Azure Network Adapter", PASSTHROUGH, pci=("1414:00ba", "1414:00b9"), drivers=("mana",),
           vf=True, source=_LINUX,
           note="offload: 00ba is the virtual, 00b9 the physical function; OpenVMM imitates it"),
    Device("sriov-vf", "NVIDIA ConnectX-3 virtual function", PASSTHROUGH, vf=True,
           drivers=("mlx4_core", "mlx4_en"),
           pci=("15b3:1004",),
           source=_PCIIDS + "; published output of Azure guests",
           note="Azure's accelerated networking pairs it with a netvsc card"),
    Device("sriov-vf", "NVIDIA ConnectX virtual function", PASSTHROUGH, vf=True,
           drivers=("mlx5_core",),
           pci=("15b3:1014", "15b3:1016", "15b3:1018", "15b3:101a", "15b3:101c", "15b3:101e"),
           source=_PCIIDS + "; published output of Azure guests",
           note=
               "Azure's accelerated networking pairs it with a netvsc card; there revision 80, "
               "subsystem 15b3:0080"),

    # Amazon, Google
    Device("ena", "Amazon ENA", PASSTHROUGH, drivers=("ena",), source="ena_pci_id_tbl.h; " + _LINUX,
           pci=("1d0f:ec20", "1d0f:ec21", "1d0f:0ec2", "1d0f:1ec2", "1d0f:0051"), note="offload: Nitro card"),
    Device("efa", "Amazon EFA", PASSTHROUGH, drivers=("efa",), source=_PCIIDS + "; " + _LINUX,
           pci=("1d0f:efa0", "1d0f:efa1", "1d0f:efa2", "1d0f:efa3", "1d0f:efa4"),
           note="offload: Nitro card, for RDMA; the traffic of the host goes over ENA"),
    Device("sriov-vf", "Intel 82599 virtual function", PASSTHROUGH, pci=("8086:10ed",), drivers=("ixgbevf",), vf=True,
           source=_LINUX, note="also the older enhanced networking of EC2"),
    Device("gve", "Google gVNIC", PASSTHROUGH, pci=("1ae0:0042",), drivers=("gve", "gvnic"),
           source=_LINUX + "; " + _PCIIDS,
           note=
               "offload on newer machine series, software on older ones; a guest cannot tell the "
               "two apart"),
    Device("idpf", "Intel IDPF", PASSTHROUGH, pci=("8086:1452", "8086:145c"), drivers=("idpf",), source=_PCIIDS),

    # POWER and s390x
    Device("ibmveth", "POWER virtual Ethernet", PARAVIRTUAL, vio=("vio:TnetworkSIBM,l-lan", "l-lan"),
           drivers=("ibmveth",),
           source=_LINUX, note="the usual card of PowerVM; on KVM (pseries, spapr-vlan) virtio-net is faster"),
    Device("ibmvnic", "POWER vNIC", PASSTHROUGH, vio=("vio:TnetworkSIBM,vnic", "vnic"), drivers=("ibmvnic",),
           source=_LINUX,
           note="a logical port of an SR-IOV adapter, served through the VIOS"),
    Device("qeth", "OSA or HiperSockets", UNKNOWN, ccw=("1731/01", "1731/02", "1731/05"),
           drivers=("qeth", "qeth_l2", "qeth_l3"),
           source=_LINUX, note="under z/VM a real OSA card and a VSWITCH or guest LAN look alike"),

    # hardware given to the guest
    Device("sriov-vf", "virtual function of a network card", PASSTHROUGH, vf=True, source="Linux 6.1",
           drivers=("igbvf", "ixgbevf", "iavf", "i40evf", "cxgb4vf", "hclgevf", "liquidio_vf", "rvu_nicvf", "nicvf"),
           note="the ids are in `vf`"),
    Device("pci-nic", "network card given to the guest", PASSTHROUGH, source="Linux 6.1",
           drivers=("ixgbe", "i40e", "ice", "igc", "tg3", "bnx2", "r8169", "atlantic", "cxgb4", "bnxt_en", "bnx2x",
                    "qede", "sfc", "be2net", "enic", "hinic", "nfp", "ionic"),
           note=
               "no hypervisor imitates a card of these drivers; some also run virtual functions, "
               "see `vf`"),
)
# fmt: on
