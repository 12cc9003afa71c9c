"""Network configuration becomes bindings: to which cards each piece applies, what it gives them, and where it stands."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from guestcheck.evidence.deep.network_config import NETWORK
from guestcheck.model.setup import Binding, Network
from guestcheck.model.source import CUT, OK, Answer

MAC = "52:54:00:12:34:56"


def parsed(*files: Tuple[str, str]) -> Network:
    return NETWORK.parse([Answer(path, OK, text) for path, text in files])


def fields(one: Binding) -> Dict[str, Any]:
    """Return what is said, without where and without what is empty."""
    return {name: value for name, value in one._asdict().items() if value and name != "line"}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            f'DEVICE="eth0"\nHWADDR={MAC.upper()}\nBOOTPROTO=none\nIPADDR=10.0.0.2\nONBOOT=yes\n',
            [{"kind": "ifcfg", "name": "eth0", "mac": MAC, "method": "static"}],
        ),
        ("/etc/sysconfig/network-scripts/ifcfg-eth0", f"HWADDR={MAC}\nBOOTPROTO=dhcp\n", [{"kind": "ifcfg", "mac": MAC, "method": "dhcp"}]),
        ("/etc/sysconfig/network-scripts/ifcfg-lo", "DEVICE=lo\nIPADDR=127.0.0.1\n", []),
        ("/etc/sysconfig/network-scripts/ifcfg-eth0.bak", "DEVICE=eth0\n", []),
        (
            "/etc/sysconfig/network-scripts/ifcfg-br0",
            "DEVICE=br0\nTYPE=Bridge\nBOOTPROTO=dhcp\n",
            [{"kind": "ifcfg", "name": "br0", "method": "dhcp", "software": True}],
        ),
        (
            "/etc/sysconfig/network/ifcfg-eth0",
            "BOOTPROTO='static'\nIPADDR='10.0.0.2/24'\nSTARTMODE='auto'\n",
            [{"kind": "wicked", "name": "eth0", "method": "static"}],
        ),
        ("/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='dhcp'\nSTARTMODE='off'\n", []),
        (
            "/etc/sysconfig/network/ifcfg-bond0",
            "BONDING_MASTER='yes'\nBONDING_SLAVE_0='eth0'\nBONDING_SLAVE_1='eth1'\nBOOTPROTO=dhcp\n",
            [{"kind": "wicked", "name": "bond0", "method": "dhcp", "software": True, "members": ("eth0", "eth1")}],
        ),
        (
            "/etc/network/interfaces",
            "auto lo ens3\niface lo inet loopback\nallow-hotplug ens4\niface ens3 inet static\n  address 10.0.0.2/24\n"
            "iface ens4 inet6 auto\niface ens5 inet dhcp\n",
            [{"kind": "ifupdown", "name": "ens3", "method": "static"}, {"kind": "ifupdown", "name": "ens4", "method": "dhcp"}],
        ),
        (
            "/etc/network/interfaces.d/a",
            "auto bond0\niface bond0 inet dhcp\n bond-slaves ens3 ens4\n",
            [{"kind": "ifupdown", "name": "bond0", "method": "dhcp", "software": True, "members": ("ens3", "ens4")}],
        ),
        (
            "/etc/netplan/01.yaml",
            "network:\n  version: 2\n  ethernets:\n    ens3: {dhcp4: true}\n    ens4:\n      addresses:\n        - 10.0.0.2/24\n"
            "  bridges:\n    br0:\n      interfaces: [ens3]\n      dhcp4: yes\n  vlans:\n    v5:\n      id: 5\n      link: ens4\n",
            [
                {"kind": "netplan", "name": "ens3", "method": "dhcp"},
                {"kind": "netplan", "name": "ens4", "method": "static"},
                {"kind": "netplan", "name": "br0", "method": "dhcp", "software": True, "members": ("ens3",)},
                {"kind": "netplan", "name": "v5", "software": True, "members": ("ens4",)},
            ],
        ),
        (
            "/etc/netplan/50-cloud-init.yaml",
            "network:\n    ethernets:\n        eth0:\n            dhcp4: true\n            match:\n"
            f'                macaddress: "{MAC.upper()}"\n            set-name: eth0\n',
            [{"kind": "netplan", "mac": MAC, "sets": "eth0", "method": "dhcp"}],
        ),
        (
            "/etc/NetworkManager/system-connections/a.nmconnection",
            "[connection]\ntype=ethernet\n[match]\ninterface-name=en*;eth*\ndriver=e1000;\n[ipv4]\nmethod=manual\n",
            [{"kind": "networkmanager", "name": "en* eth*", "driver": "e1000", "method": "static"}],
        ),
        ("/etc/NetworkManager/system-connections/a.nmconnection", "[connection]\ntype=ethernet\nautoconnect=false\n", []),
        (
            "/etc/systemd/network/20.network",
            "[Match]\nName=ens3 ens4\n[Network]\nAddress=10.0.0.2/24\n",
            [{"kind": "networkd", "name": "ens3 ens4", "method": "static"}],
        ),
        (
            "/etc/systemd/network/20.network",
            "[Match]\nPath=pci-0000:00:03.0\n[Network]\nDHCP=yes\n",
            [{"kind": "networkd", "path": "pci-0000:00:03.0", "method": "dhcp"}],
        ),
        (
            "/etc/systemd/network/20.network",
            "[Match]\nVirtualization=kvm\n[Network]\nDHCP=yes\n",
            [{"kind": "networkd", "method": "dhcp", "other": "virtualization"}],
        ),
        (
            "/etc/systemd/network/10.link",
            f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan0\n",
            [{"kind": "link", "mac": MAC, "sets": "lan0"}],
        ),
        (
            "/etc/udev/rules.d/70-persistent-net.rules",
            f'# x\nSUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{MAC}", \\\n  ATTR{{dev_id}}=="0x0", KERNEL=="eth*", NAME="eth1"\n',
            [{"kind": "udev", "mac": MAC, "sets": "eth1"}],
        ),
        ("/etc/udev/rules.d/99-other.rules", 'SUBSYSTEM=="net", RUN+="/bin/x"\nSUBSYSTEM=="block", NAME="x"\n', []),
    ],
)
def test_a_file_becomes_bindings(path: str, text: str, expected: List[Dict[str, Any]]) -> None:
    found = parsed((path, text))
    assert [fields(one) for one in found.bindings] == expected
    assert all(one.line.file == path for one in found.bindings)
    assert not found.unread


@pytest.mark.parametrize("text", ["network:\n  ethernets: {ens3: {dhcp4: true}}\n", "network:\n  ethernets:\n\tens3:\n"])
def test_a_layout_that_is_not_understood_is_named(text: str) -> None:
    found = parsed(("/etc/netplan/a.yaml", text))
    assert [hint.source for hint in found.unread] == ["/etc/netplan/a.yaml"]


def test_a_file_of_which_only_the_beginning_was_read_is_named() -> None:
    found = NETWORK.parse([Answer("/etc/network/interfaces", CUT, "auto a\n")])
    assert found.unread[0].source == "/etc/network/interfaces"


def test_what_switches_names_by_slot_off_is_seen() -> None:
    assert [hint.source for hint in parsed(("/etc/systemd/network/99-default.link", "")).names_off] == ["/etc/systemd/network/99-default.link"]
    assert parsed(("/usr/lib/systemd/network/99-default.link", "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep\n")).names_off == ()


def test_a_file_in_etc_takes_the_place_of_one_of_the_same_name() -> None:
    mine, packaged = "[Match]\nMACAddress=a\n[Link]\nName=mine\n", "[Match]\nMACAddress=a\n[Link]\nName=theirs\n"
    found = parsed(("/etc/systemd/network/50-x.link", mine), ("/usr/lib/systemd/network/50-x.link", packaged))
    assert [one.sets for one in found.bindings] == ["mine"]


def test_red_hats_rule_is_seen() -> None:
    assert parsed(("/usr/lib/udev/rules.d/60-net.rules", 'SUBSYSTEM=="net", PROGRAM="/lib/udev/rename_device"\n')).renames
    assert not parsed(("/etc/network/interfaces", "auto lo\n")).renames
