"""A network card is what it hangs on; what the guest made of it is shown above it and never judged."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

import pytest

from guestcheck.model.source import OK, Answer
from tests.makers import inventory, lspci, nic, pci, software, uname, verdicts

NETVSC = "f8615163-df3e-46c5-913f-f2d2f965ed0e"
PASS = "44c4f61d-4444-4400-9d52-802e27ede19f"
GUID = "000d3a12-3456-000d-3a12-3456000d3a12"
VF_GUID = "0007b2c1-0001-4000-8000-000000000001"
VIRTIO = ("0000:00:03.0 pci virtio-pci 1af4:1041/1af4:1100", "virtio0 virtio virtio_net 1 5,16,32")
AZURE_VF = (
    f"{VF_GUID} vmbus hv_pci {PASS}",
    "pcib2c1:00",
    "b2c1:00:02.0 pci mlx5_core 15b3:1016/15b3:0080",
)
USB = ("0000:00:02.0 pci xhci_hcd 1b36:000d/1af4:1100 0c03", "usb1 usb usb")

# By case: the hypervisor's word, what /sys says, and "INTERFACE KIND DRIVER" of the card.
CASES: Dict[str, Tuple[Optional[str], str, str]] = {
    "virtio-net, transitional": (
        "kvm",
        nic(
            "ens3",
            "0000:00:03.0 pci virtio-pci 1af4:1000/1af4:0001",
            "virtio0 virtio virtio_net 1 32",
        ),
        "virtio-net paravirtual virtio_net",
    ),
    "virtio-net, modern": ("kvm", nic("ens3", *VIRTIO), "virtio-net paravirtual virtio_net"),
    "virtio-net over mmio": (
        "kvm",
        nic("eth0", "LNRO0005:01 platform virtio-mmio", "virtio1 virtio virtio_net 1 32"),
        "virtio-net paravirtual virtio_net",
    ),
    "virtio-net over ccw": (
        "kvm",
        nic(
            "enc1",
            "0.0.0001 css",
            "0.0.0001 ccw virtio_ccw 3832/01",
            "virtio1 virtio virtio_net 1 32",
        ),
        "virtio-net paravirtual virtio_net",
    ),
    "e1000 of QEMU": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e/1af4:1100"),
        "e1000 emulated e1000",
    ),
    "e1000 of QEMU, unmarked": (
        "qemu",
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e"),
        "e1000 emulated e1000",
    ),
    "e1000 that bears QEMU's mark, nothing else known": (
        None,
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e/1af4:1100"),
        "e1000 emulated e1000",
    ),
    "e1000, nothing else known": (
        None,
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e/8086:001e"),
        "e1000 emulated e1000",
    ),
    "e1000 of a real card, nothing else known": (
        None,
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e/8086:002e"),
        "e1000 unknown e1000",
    ),
    "e1000 on bare metal": (
        "none",
        nic("eth0", "0000:00:03.0 pci e1000 8086:100e/8086:002e"),
        "e1000 physical e1000",
    ),
    "e1000 of VMware": (
        "vmware",
        nic("ens33", "0000:02:01.0 pci e1000 8086:100f/15ad:0750"),
        "e1000 emulated e1000",
    ),
    "e1000 with the subsystem of a real card": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci e1000 8086:100e/8086:002e"),
        "e1000 unknown e1000",
    ),
    "e1000 of VirtualBox": (
        "oracle",
        nic("enp0s3", "0000:00:03.0 pci e1000 8086:100e/8086:001e"),
        "e1000 emulated e1000",
    ),
    "e1000e of QEMU": (
        "kvm",
        nic("enp0s3", "0000:00:03.0 pci e1000e 8086:10d3/8086:0000"),
        "e1000e emulated e1000e",
    ),
    "e1000e of VMware": (
        "vmware",
        nic("ens192", "0000:0b:00.0 pci e1000e 8086:10d3/15ad:07d0"),
        "e1000e emulated e1000e",
    ),
    "82574L given to the guest": (
        "kvm",
        nic("enp5s0", "0000:05:00.0 pci e1000e 8086:10d3/15d9:060a"),
        "pci-nic passthrough e1000e",
    ),
    "igb of QEMU": (
        "kvm",
        nic("enp1s0", "0000:01:00.0 pci igb 8086:10c9/1af4:1100"),
        "igb emulated igb",
    ),
    "slice of QEMU's igb": (
        "kvm",
        nic("enp1s16", "0000:01:10.0 pci igbvf 8086:10ca/1af4:1100"),
        "igb emulated igbvf",
    ),
    "slice of a real 82576": (
        "kvm",
        nic("ens4", "0000:00:04.0 pci igbvf 8086:10ca/8086:a03c"),
        "sriov-vf passthrough igbvf",
    ),
    "rtl8139": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci 8139cp 10ec:8139/1af4:1100"),
        "rtl8139 emulated 8139cp",
    ),
    "pcnet": (
        "oracle",
        nic("eth0", "0000:00:03.0 pci pcnet32 1022:2000/1022:2000"),
        "pcnet emulated pcnet32",
    ),
    "ne2k": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci ne2k-pci 10ec:8029/1af4:1100"),
        "ne2k-pci emulated ne2k-pci",
    ),
    "tulip, which bears no mark": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci tulip 1011:0019/103c:104f"),
        "tulip emulated tulip",
    ),
    "tulip of Hyper-V": (
        "microsoft",
        nic("eth0", "0000:00:0a.0 pci tulip 1011:0009"),
        "tulip emulated tulip",
    ),
    "i82559": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci e100 8086:1209/1af4:1100"),
        "i8255x emulated e100",
    ),
    "vmxnet3 of VMware": (
        "vmware",
        nic("ens192", "0000:0b:00.0 pci vmxnet3 15ad:07b0/15ad:07b0"),
        "vmxnet3 paravirtual vmxnet3",
    ),
    "vmxnet3 of QEMU": (
        "kvm",
        nic("ens3", "0000:00:03.0 pci vmxnet3 15ad:07b0/15ad:07b0"),
        "vmxnet3 emulated vmxnet3",
    ),
    "vmxnet3 of nobody knows whom": (
        "vm-other",
        nic("ens3", "0000:00:03.0 pci vmxnet3 15ad:07b0"),
        "vmxnet3 unknown vmxnet3",
    ),
    "vmxnet3, nothing else known": (
        None,
        nic("ens3", "0000:00:03.0 pci vmxnet3 15ad:07b0"),
        "vmxnet3 unknown vmxnet3",
    ),
    "USB card of QEMU": (
        "kvm",
        nic(
            "enx1",
            *USB,
            "1-1 usb usb 0525:a4a2 QEMU RNDIS/QEMU USB Network Device",
            "1-1:1.0 usb cdc_ether",
        ),
        "usb-net emulated cdc_ether",
    ),
    "USB card of the host": (
        "kvm",
        nic("enx1", *USB, "1-1 usb usb 0b95:1790 ASIX AX88179", "1-1:1.0 usb ax88179_178a"),
        "usb-net passthrough ax88179_178a",
    ),
    "virtual function in a guest": (
        "kvm",
        nic("ens4", "0000:00:04.0 pci iavf 8086:154c/8086:0000"),
        "sriov-vf passthrough iavf",
    ),
    "virtual function by its driver": (
        "kvm",
        nic("ens4", "0000:00:04.0 pci ixgbevf 8086:ffff"),
        "sriov-vf passthrough ixgbevf",
    ),
    "virtual function of a physical machine": (
        "none",
        nic("ens4v0", "0000:3b:02.0 pci iavf 8086:154c/8086:0000"),
        "sriov-vf physical iavf",
    ),
    "virtual function, nothing else known": (
        None,
        nic("ens4", "0000:00:04.0 pci iavf 8086:154c/8086:0000"),
        "sriov-vf unknown iavf",
    ),
    "ConnectX virtual function of a physical machine": (
        "none",
        nic("ens4v0", "0000:3b:02.0 pci mlx5_core 15b3:1016"),
        "sriov-vf physical mlx5_core",
    ),
    "card given to the guest, by elimination": (
        "kvm",
        nic("ens5", "0000:00:05.0 pci ixgbe 8086:10fb/8086:000c"),
        "pci-nic passthrough ixgbe",
    ),
    "card of a physical machine": (
        "none",
        nic("eno1", "0000:3d:00.0 pci i40e 8086:37d2/15d9:37d2"),
        "pci-nic physical i40e",
    ),
    "card, nothing else known": (
        None,
        nic("eno1", "0000:3d:00.0 pci i40e 8086:37d2/15d9:37d2"),
        "pci-nic unknown i40e",
    ),
    "netvsc": (
        "microsoft",
        nic("eth0", f"{GUID} vmbus hv_netvsc {NETVSC}"),
        "netvsc paravirtual hv_netvsc",
    ),
    "netvsc without its id": (
        "microsoft",
        nic("eth0", f"{GUID} vmbus hv_netvsc"),
        "netvsc paravirtual hv_netvsc",
    ),
    "Azure's virtual function": (
        "microsoft",
        nic("enP45761s1", *AZURE_VF),
        "sriov-vf passthrough mlx5_core",
    ),
    "MANA": (
        "microsoft",
        nic(
            "enP1",
            f"{VF_GUID} vmbus hv_pci {PASS}",
            "pcib2c1:00",
            "b2c1:00:00.0 pci mana 1414:00ba",
        ),
        "mana passthrough mana",
    ),
    "Xen": ("xen", nic("eth0", "vif-0 xen vif vif"), "xen-netfront paravirtual vif"),
    "Xen, driver of newer kernels": (
        "xen",
        nic("eth0", "vif-0 xen xen_netfront vif"),
        "xen-netfront paravirtual xen_netfront",
    ),
    "ENA": (
        "amazon",
        nic("ens5", "0000:00:05.0 pci ena 1d0f:ec20/1d0f:ec20"),
        "ena passthrough ena",
    ),
    "gVNIC": (
        "google",
        nic("ens4", "0000:00:04.0 pci gve 1ae0:0042/1ae0:0058"),
        "gve passthrough gve",
    ),
    "Google's virtio": ("google", nic("ens4", *VIRTIO), "virtio-net paravirtual virtio_net"),
    "ibmveth": (
        "powervm",
        nic("env2", "30000002 vio ibmveth l-lan"),
        "ibmveth paravirtual ibmveth",
    ),
    "vNIC of PowerVM": (
        "powervm",
        nic("env3", "30000003 vio ibmvnic vnic"),
        "ibmvnic passthrough ibmvnic",
    ),
    "qeth": ("zvm", nic("enc600", "qeth", "0.0.0600 ccwgroup qeth"), "qeth unknown qeth"),
    "VMware's own, which the catalogue lacks": (
        "vmware",
        nic("ens1", "0000:0b:00.0 pci vmnew 15ad:ffff/15ad:ffff"),
        "pci-nic emulated vmnew",
    ),
    "Red Hat's own, which the catalogue lacks": (
        "kvm",
        nic("ens1", "0000:0b:00.0 pci new 1b36:00ff"),
        "pci-nic unknown new",
    ),
}


@pytest.mark.parametrize(("vm", "tree", "expected"), CASES.values(), ids=CASES)
def test_a_card_is_what_it_hangs_on(vm: Optional[str], tree: str, expected: str) -> None:
    found = inventory(tree, vm=vm)
    (one,) = found.nics or ()
    assert verdicts(found) == {one.name: expected}
    assert bool(one.verdict.settle) == (one.verdict.kind == "unknown")
    assert one.verdict.evidence


# What the guest's own kernel makes, by the word under which it is listed.
SOFTWARE = {
    "loopback": software("lo", arp=772),
    "bridge": software("br0", folders=["bridge"], uevent="DEVTYPE=bridge"),
    "bond": software("bond0", folders=["bonding"], uevent="DEVTYPE=bond"),
    "vlan": software("eth0.5", uevent="DEVTYPE=vlan\\x0aINTERFACE=eth0.5", ifindex=5, iflink=2),
    "veth": software("veth1", uevent="DEVTYPE=veth", ifindex=9, iflink=2),
    "tun": software("tap0", tun_flags="0x1002"),
    "dummy": software("dummy0"),
    "wireguard": software("wg0", arp=65534, uevent="DEVTYPE=wireguard"),
    "other": software("ifb0"),
}


@pytest.mark.parametrize(("word", "tree"), SOFTWARE.items(), ids=SOFTWARE)
@pytest.mark.parametrize("vm", ["kvm", "none", None])
def test_what_the_guest_made_is_listed_and_never_judged(
    word: str, tree: str, vm: Optional[str]
) -> None:
    found = inventory(tree, vm=vm)
    assert found.nics == ()
    assert [one.what for one in found.ignored] == [word]
    assert "guest" in found.ignored[0].says


def test_what_is_built_on_a_card_is_shown_above_it() -> None:
    found = inventory(
        nic("ens3", *VIRTIO, master="bond0", ifindex=2),
        nic("ens4", "0000:00:04.0 pci e1000 8086:100e/1af4:1100", master="bond0", ifindex=3),
        software("bond0", folders=["bonding"], master="br0", ifindex=4, uevent="DEVTYPE=bond"),
        software("bond0.7", ifindex=5, iflink=4, uevent="DEVTYPE=vlan"),
        software("br0", folders=["bridge"], ifindex=6, uevent="DEVTYPE=bridge"),
    )
    assert [one.carries for one in found.nics or ()] == [
        ("bond0 (bond)", "bond0.7 (vlan)", "br0 (bridge)")
    ] * 2
    assert {one.name: one.says.partition(", on ")[2] for one in found.ignored} == {
        "bond0": "ens3, ens4",
        "bond0.7": "bond0",
        "br0": "bond0",
    }


def test_the_peer_of_a_veth_counts_in_another_namespace() -> None:
    found = inventory(
        nic("eth0", *VIRTIO, ifindex=2),
        software("veth0", ifindex=7, iflink=2, uevent="DEVTYPE=veth"),
    )
    assert [one.carries for one in found.nics or ()] == [()]


def test_vlans_that_stand_on_each_other_end() -> None:
    ring = [software(f"v{n}", ifindex=n, iflink=3 - n, uevent="DEVTYPE=vlan") for n in (1, 2)]
    assert inventory(nic("eth0", *VIRTIO, ifindex=5), *ring).nics


def test_a_synthetic_card_and_its_virtual_function_are_a_pair() -> None:
    found = inventory(
        nic("eth0", f"{GUID} vmbus hv_netvsc {NETVSC}"),
        nic("enP45761s1", *AZURE_VF, master="eth0"),
        vm="microsoft",
    )
    assert verdicts(found) == {
        "eth0": "netvsc paravirtual hv_netvsc",
        "enP45761s1": "sriov-vf passthrough mlx5_core",
    }
    assert {one.name: one.pair for one in found.nics or ()} == {
        "eth0": "enP45761s1",
        "enP45761s1": "eth0",
    }


def test_net_failover_s_standby_and_primary_are_paired_with_it() -> None:
    found = inventory(
        nic("ens3", *VIRTIO),
        nic("ens3nsby", *VIRTIO, master="ens3"),
        nic("ens4", "0000:00:04.0 pci iavf 8086:154c/8086:0000", master="ens3"),
    )
    assert {one.name: one.pair for one in found.nics or ()} == {
        "ens3": "ens3nsby",
        "ens3nsby": "ens3",
        "ens4": "ens3",
    }


def test_a_card_without_an_interface_is_known_by_its_address() -> None:
    found = inventory(
        nic("ens3", *VIRTIO),
        pci("0000:00:07.0 pci - 8086:10fb/8086:000c 0200"),
        pci("0000:00:08.0 pci vfio-pci 10ec:8139/1af4:1100 0200"),
    )
    assert verdicts(found) == {
        "ens3": "virtio-net paravirtual virtio_net",
        "0000:00:07.0": "pci-nic passthrough -",
        "0000:00:08.0": "rtl8139 emulated vfio-pci",
    }


def test_a_virtio_card_of_another_class_is_a_card_all_the_same() -> None:
    assert verdicts(inventory(pci("0000:00:03.0 pci virtio-pci 1af4:1041 ff00"))) == {
        "0000:00:03.0": "virtio-net paravirtual -"
    }


def test_virtio_without_its_bus_folder_is_told_by_the_driver() -> None:
    tree = nic("eth0", "LNRO0005:01 platform virtio-mmio", "virtio1 virtio virtio_net")
    assert verdicts(inventory(tree)) == {"eth0": "virtio-net paravirtual virtio_net"}


def test_queues_state_speed_and_addresses() -> None:
    psutil = (
        '{"cpus": 4, "memory": 1, "swap": 0, "nics": {"ens3": {"up": true, "speed": 0, "mtu": '
        "1500, "
        '"addresses": ["192.0.2.7", "fe80::1%ens3"]}}}'
    )
    channels = (
        Answer(
            "ethtool -l ens3",
            OK,
            "Channel parameters for ens3:\nPre-set maximums:\nCombined: 4\nCurrent hardware "
            "settings:\nCombined: 1\n",
        ),
    )
    (one,) = (
        inventory(
            nic("ens3", *VIRTIO, queues=2, speed=1000),
            machine=(Answer("psutil", OK, psutil),),
            nic_channels=channels,
        ).nics
        or ()
    )
    assert (one.queues, one.max_queues, one.state, one.speed, one.addresses) == (
        2,
        4,
        "up",
        1000,
        ("192.0.2.7", "fe80::1"),
    )
    assert (one.mac, one.address) == ("52:54:00:12:34:56", "0000:00:03.0")


@pytest.mark.parametrize("speed", [-1, 0])
def test_a_speed_that_the_card_does_not_know_is_none(speed: int) -> None:
    (one,) = inventory(nic("ens3", *VIRTIO, speed=speed)).nics or ()
    assert one.speed is None


class TestEthtoolAlone:
    """Guests of which /sys was not read."""

    def told(
        self, name: str, driver: str, bus: str = "", pci_text: str = "", vm: Optional[str] = "kvm"
    ) -> Dict[str, str]:
        text = f"driver: {driver}\nversion: 1\nbus-info: {bus}\n"
        more = {"pci": pci_text} if pci_text else {}
        return verdicts(
            inventory(vm=vm, nic_driver=(Answer(f"ethtool -i {name}", OK, text),), **more)
        )  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("driver", "vm", "expected"),
        [
            ("virtio_net", "kvm", "virtio-net paravirtual"),
            ("virtio_net", None, "virtio-net paravirtual"),
            ("hv_netvsc", None, "netvsc paravirtual"),
            ("vif", None, "xen-netfront paravirtual"),
            ("vmxnet3", "vmware", "vmxnet3 paravirtual"),
            ("vmxnet3", "kvm", "vmxnet3 emulated"),
            ("vmxnet3", None, "vmxnet3 unknown"),
            ("e1000", "kvm", "e1000 emulated"),
            ("e1000", None, "e1000 unknown"),
            ("e1000", "none", "e1000 physical"),
            ("e1000e", "kvm", "- unknown"),
            ("igb", "kvm", "- unknown"),
            ("ixgbevf", "kvm", "sriov-vf passthrough"),
            ("8139cp", "kvm", "rtl8139 emulated"),
            ("nobody_knows", "kvm", "- unknown"),
            ("nobody_knows", "none", "- physical"),
        ],
    )
    def test_a_driver_decides_where_it_runs_one_kind_alone(
        self, driver: str, vm: Optional[str], expected: str
    ) -> None:
        assert self.told("eth0", driver, vm=vm) == {"eth0": f"{expected} {driver}"}

    def test_the_bus_address_leads_to_lspci_s_ids(self) -> None:
        text = lspci("0000:00:03.0", "8086:10d3/1af4:1100", driver="e1000e")
        assert self.told("ens3", "e1000e", "0000:00:03.0", text) == {
            "ens3": "e1000e emulated e1000e"
        }

    @pytest.mark.parametrize(
        "driver", ["bonding", "bridge", "tun", "veth", "802.1Q", "dummy", "openvswitch"]
    )
    def test_software_is_known_by_its_driver(self, driver: str) -> None:
        assert self.told("x0", driver) == {}


def test_udev_alone_tells_cards_from_software() -> None:
    udev = (
        "P: /devices/pci0000:00/0000:00:03.0/virtio0/net/ens3\nE: INTERFACE=ens3\nE: "
        "SUBSYSTEM=net\nE: ID_NET_DRIVER=virtio_net\n\n"
        "P: /devices/virtual/net/lo\nE: INTERFACE=lo\nE: SUBSYSTEM=net\n"
    )
    found = inventory(udev=udev)
    assert verdicts(found) == {"ens3": "virtio-net paravirtual virtio_net"}
    assert [one.name for one in found.ignored] == ["lo"]


def test_no_card_at_all_is_told_from_none_seen() -> None:
    assert inventory(software("lo", arp=772)).nics == ()
    assert inventory(system=uname()).nics is None
