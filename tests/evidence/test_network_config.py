"""Network configuration becomes bindings: to which cards each piece applies, what it gives them,
and where it stands.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from guestcheck.evidence.linux.config.network_config import NETWORK
from guestcheck.model.guest_config import Binding, Network
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
        (
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            f"HWADDR={MAC}\nBOOTPROTO=dhcp\n",
            [{"kind": "ifcfg", "mac": MAC, "method": "dhcp"}],
        ),
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
            [
                {
                    "kind": "wicked",
                    "name": "bond0",
                    "method": "dhcp",
                    "software": True,
                    "members": ("eth0", "eth1"),
                }
            ],
        ),
        (
            "/etc/network/interfaces",
            "auto lo ens3\niface lo inet loopback\nallow-hotplug ens4\niface ens3 inet "
            "static\n  address 10.0.0.2/24\n"
            "iface ens4 inet6 auto\niface ens5 inet dhcp\n",
            [
                {"kind": "ifupdown", "name": "ens3", "method": "static"},
                {"kind": "ifupdown", "name": "ens4", "method": "dhcp"},
            ],
        ),
        (
            "/etc/network/interfaces.d/a",
            "auto bond0\niface bond0 inet dhcp\n bond-slaves ens3 ens4\n",
            [
                {
                    "kind": "ifupdown",
                    "name": "bond0",
                    "method": "dhcp",
                    "software": True,
                    "members": ("ens3", "ens4"),
                }
            ],
        ),
        (
            "/etc/netplan/01.yaml",
            "network:\n  version: 2\n  ethernets:\n    ens3: {dhcp4: true}\n    ens4:\n      "
            "addresses:\n        - 10.0.0.2/24\n"
            "  bridges:\n    br0:\n      interfaces: [ens3]\n      dhcp4: yes\n  vlans:\n    "
            "v5:\n      id: 5\n      link: ens4\n",
            [
                {"kind": "netplan", "name": "ens3", "method": "dhcp"},
                {"kind": "netplan", "name": "ens4", "method": "static"},
                {
                    "kind": "netplan",
                    "name": "br0",
                    "method": "dhcp",
                    "software": True,
                    "members": ("ens3",),
                },
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
            "[connection]\ntype=ethernet\n[match]\ninterface-name=en*;eth*\ndriver=e1000;"
            "\n[ipv4]\nmethod=manual\n",
            [{"kind": "networkmanager", "name": "en* eth*", "driver": "e1000", "method": "static"}],
        ),
        (
            "/etc/NetworkManager/system-connections/a.nmconnection",
            "[connection]\ntype=ethernet\nautoconnect=false\n",
            [],
        ),
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
            f'# x\nSUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{MAC}", '
            f'\\\n  ATTR{{dev_id}}=="0x0", KERNEL=="eth*", NAME="eth1"\n',
            [{"kind": "udev", "mac": MAC, "sets": "eth1"}],
        ),
        (
            "/etc/network/interfaces",
            "auto /en*=lan /eth*/1=first\niface lan inet dhcp\niface first inet dhcp\nauto "
            "mac/52:54:00:12:34:56=own\niface own inet static\n",
            [
                {"kind": "ifupdown", "name": "en*", "method": "dhcp"},
                {"kind": "ifupdown", "name": "eth*", "method": "dhcp", "other": "1"},
                {"kind": "ifupdown", "mac": MAC, "method": "static"},
            ],
        ),
        (
            "/etc/network/interfaces",
            "allow-hotplug /ens*\niface ens3 inet dhcp\niface lan inet dhcp\n",
            [{"kind": "ifupdown", "name": "ens3", "method": "dhcp"}],
        ),
        (
            "/etc/network/interfaces",
            "mapping eth*\n script /x\nauto eth0\niface home inet dhcp\n",
            [{"kind": "ifupdown", "method": "dhcp", "other": "mapping"}],
        ),
        (
            "/etc/network/interfaces",
            "auto br0 br1 br2\niface br0 inet dhcp\n bridge_ports regex en.* noregex "
            "eth0\niface br1 inet dhcp\n bridge_ports regex (a|b)\n"
            "iface br2 inet dhcp\n bridge-ports all\n",
            [
                {
                    "kind": "ifupdown",
                    "name": "br0",
                    "method": "dhcp",
                    "software": True,
                    "members": ("en*", "eth0"),
                },
                {
                    "kind": "ifupdown",
                    "name": "br1",
                    "method": "dhcp",
                    "software": True,
                    "other": "bridge_ports",
                },
                {
                    "kind": "ifupdown",
                    "name": "br2",
                    "method": "dhcp",
                    "software": True,
                    "members": ("eth*", "em*", "en*", "p[0-9]*"),
                },
            ],
        ),
        (
            "/etc/netplan/a.yaml",
            "network:\n  renderer: NetworkManager\n  ethernets:\n    n:\n      match: "
            "{driver: [vmxnet3, virtio_net], name: 'en*'}\n      dhcp4: true\n"
            "    m:\n      match:\n        driver:\n          - e1000\n          - ena\n      "
            "macaddress: 02:00:00:00:00:01\n      addresses: [10.0.0.2/24]\n",
            [
                {
                    "kind": "netplan",
                    "name": "en*",
                    "driver": "vmxnet3 virtio_net",
                    "method": "dhcp",
                    "renderer": "networkmanager",
                },
                {
                    "kind": "netplan",
                    "driver": "e1000 ena",
                    "method": "static",
                    "renderer": "networkmanager",
                },
            ],
        ),
        (
            "/etc/netplan/a.yaml",
            f"network:\n  ethernets:\n    lan:\n      match: {{macaddress: '{MAC}'}}\n    "
            f"ens4: {{}}\n"
            "  bridges:\n    br0:\n      interfaces: [lan, ens4]\n      dhcp4: true\n",
            [
                {"kind": "netplan", "mac": MAC, "method": "other"},
                {"kind": "netplan", "name": "ens4", "method": "other"},
                {
                    "kind": "netplan",
                    "name": "br0",
                    "method": "dhcp",
                    "software": True,
                    "members": ("ens4",),
                },
            ],
        ),
        (
            "/etc/systemd/network/a.network",
            "[Match]\nType=ether\nKind=!*\n[Network]\nDHCP=yes\n",
            [{"kind": "networkd", "method": "dhcp"}],
        ),
        (
            "/etc/systemd/network/a.network",
            "[Match]\nName=!eth0 eth1\n[Network]\nDHCP=yes\n",
            [{"kind": "networkd", "name": "!eth0 !eth1", "method": "dhcp"}],
        ),
        (
            "/etc/systemd/network/a.network",
            "[Match]\nDriver=virtio_net\n[Link]\nUnmanaged=yes\n",
            [{"kind": "networkd", "driver": "virtio_net", "unmanaged": True}],
        ),
        (
            "/usr/lib/systemd/network/80-container-ve.network",
            "[Match]\nName=ve-*\nDriver=veth\n[Network]\nAddress=0.0.0.0/28\n",
            [
                {
                    "kind": "networkd",
                    "name": "ve-*",
                    "driver": "veth",
                    "method": "static",
                    "software": True,
                }
            ],
        ),
        (
            "/usr/lib/systemd/network/80-container-host0.network",
            "[Match]\nVirtualization=container\nName=host0\n[Network]\nDHCP=yes\n",
            [],
        ),
        (
            "/usr/lib/systemd/network/80-vm-vt.network",
            "[Match]\nName=vt-*\nDriver=tun\nKind=tun\n[Network]\nAddress=0.0.0.0/28\n",
            [
                {
                    "kind": "networkd",
                    "name": "vt-*",
                    "driver": "tun",
                    "method": "static",
                    "software": True,
                }
            ],
        ),
        (
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            "DEVICE=eth0\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n",
            [{"kind": "ifcfg", "name": "eth0", "method": "dhcp", "renderer": "network"}],
        ),
        (
            "/etc/NetworkManager/system-connections/a.nmconnection",
            "[connection]\ntype=ethernet\ninterface-name=ens3\nmaster=br0\n",
            [{"kind": "networkmanager", "name": "ens3", "method": "other"}],
        ),
        (
            "/etc/conf.d/net",
            'config_lo="127.0.0.1/8"\nconfig_ens3="192.0.2.2/24"\nconfig_eth1=( "dhcp" '
            ')\nbridge_br0="eth2"\nconfig_br0="dhcp"\nkey_wlan0="s:x"\n',
            [
                {"kind": "netifrc", "name": "ens3", "method": "static"},
                {"kind": "netifrc", "name": "eth1", "method": "dhcp"},
                {
                    "kind": "netifrc",
                    "name": "br0",
                    "method": "other",
                    "software": True,
                    "members": ("eth2",),
                },
            ],
        ),
        (
            "/etc/netctl/lan",
            "Interface=ens3\nConnection=ethernet\nIP=static\nAddress=('192.0.2.2/24')\n",
            [{"kind": "netctl", "name": "ens3", "method": "static"}],
        ),
        ("/etc/netctl/notes", "nothing\n", []),
        (
            "/etc/dhcpcd.conf",
            "duid\nallowinterfaces en*\ndenyinterfaces ens9\ninterface ens3\nstatic "
            "ip_address=192.0.2.2/24\n",
            [
                {"kind": "dhcpcd", "name": "en* !ens9", "method": "dhcp"},
                {"kind": "dhcpcd", "name": "ens3", "method": "static"},
            ],
        ),
        (
            "/etc/connman/main.conf",
            "[General]\nNetworkInterfaceBlacklist = vmnet,veth\n",
            [{"kind": "connman", "name": "!vmnet* !veth*", "method": "dhcp"}],
        ),
        (
            "/var/lib/connman/ethernet_525400123456_cable/settings",
            "[ethernet_525400123456_cable]\nIPv4.method=manual\n",
            [{"kind": "connman", "mac": MAC, "method": "static"}],
        ),
        (
            "/etc/config/network",
            "config interface 'loopback'\n\toption device 'lo'\nconfig device\n\toption name "
            "'br-lan'\n\toption type 'bridge'\n\tlist ports 'eth0'\n"
            "config interface 'lan'\n\toption device 'br-lan'\n\toption proto 'static'\n"
            "config interface 'wan'\n\toption ifname 'eth1'\n\toption proto 'dhcp'\n",
            [
                {
                    "kind": "openwrt",
                    "name": "br-lan",
                    "method": "other",
                    "software": True,
                    "members": ("eth0",),
                },
                {"kind": "openwrt", "name": "eth1", "method": "dhcp"},
            ],
        ),
        (
            "/etc/wicked/ifconfig/a.xml",
            "<interface>\n<name "
            f'namespace="ethernet">\n<permanent-address>{MAC.upper()}</permanent-address>\n</'
            "name>\n<ipv4:dhcp>\n</ipv4:dhcp></interface>\n"
            "<interface><name>ens4</name><ipv4:static/></interface>\n",
            [{"kind": "wicked", "mac": MAC, "method": "dhcp"}, {"kind": "wicked", "name": "ens4"}],
        ),
        (
            "/etc/udev/rules.d/99-other.rules",
            'SUBSYSTEM=="net", RUN+="/bin/x"\nSUBSYSTEM=="block", NAME="x"\n',
            [],
        ),
    ],
)
def test_a_file_becomes_bindings(path: str, text: str, expected: List[Dict[str, Any]]) -> None:
    found = parsed((path, text))
    assert [fields(one) for one in found.bindings] == expected
    assert all(one.line.file == path for one in found.bindings)
    assert not found.unread


@pytest.mark.parametrize(
    "text", ["network:\n  ethernets: {ens3: {dhcp4: true}}\n", "network:\n  ethernets:\n\tens3:\n"]
)
def test_a_layout_that_is_not_understood_is_named(text: str) -> None:
    found = parsed(("/etc/netplan/a.yaml", text))
    assert [hint.source for hint in found.unread] == ["/etc/netplan/a.yaml"]


def test_a_file_of_which_only_the_beginning_was_read_is_named() -> None:
    found = NETWORK.parse([Answer("/etc/network/interfaces", CUT, "auto a\n")])
    assert found.unread[0].source == "/etc/network/interfaces"


def test_what_switches_names_by_slot_off_is_seen() -> None:
    assert [
        hint.source for hint in parsed(("/etc/systemd/network/99-default.link", "")).names_off
    ] == ["/etc/systemd/network/99-default.link"]
    assert (
        parsed(
            (
                "/usr/lib/systemd/network/99-default.link",
                "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep\n",
            )
        ).names_off
        == ()
    )


def test_a_file_in_etc_takes_the_place_of_one_of_the_same_name() -> None:
    mine, packaged = (
        "[Match]\nMACAddress=a\n[Link]\nName=mine\n",
        "[Match]\nMACAddress=a\n[Link]\nName=theirs\n",
    )
    found = parsed(
        ("/etc/systemd/network/50-x.link", mine), ("/usr/lib/systemd/network/50-x.link", packaged)
    )
    assert [one.sets for one in found.bindings] == ["mine"]


def test_red_hats_rule_is_seen() -> None:
    assert parsed(
        (
            "/usr/lib/udev/rules.d/60-net.rules",
            'SUBSYSTEM=="net", PROGRAM="/lib/udev/rename_device"\n',
        )
    ).renames
    assert not parsed(("/etc/network/interfaces", "auto lo\n")).renames


def test_netplans_files_are_read_as_one() -> None:
    first = ("/etc/netplan/10.yaml", "network:\n  ethernets:\n    lan:\n      dhcp4: true\n")
    later = (
        "/etc/netplan/20.yaml",
        f"network:\n  ethernets:\n    lan:\n      match: {{macaddress: '{MAC}'}}\n",
    )
    for files in ((first, later), (later, first)):
        assert [fields(one) for one in parsed(*files).bindings] == [
            {"kind": "netplan", "mac": MAC, "method": "dhcp"}
        ]
    off = (
        "/etc/netplan/20.yaml",
        "network:\n  ethernets:\n    lan:\n      dhcp4: false\n      addresses: [10.0.0.2/24]\n",
    )
    assert [one.method for one in parsed(first, off).bindings] == ["static"]


def test_drop_ins_are_read_behind_their_file() -> None:
    main = ("/usr/lib/systemd/network/80-a.network", "[Match]\nName=en*\n")
    found = parsed(
        main, ("/etc/systemd/network/80-a.network.d/x.conf", "[Network]\nDHCP=yes\n")
    ).bindings
    assert [fields(one) for one in found] == [{"kind": "networkd", "name": "en*", "method": "dhcp"}]


@pytest.mark.parametrize(
    ("line", "name", "read"),
    [
        ("source-directory interfaces.d", "50-cloud-init", True),
        ("source-directory /etc/network/interfaces.d", "50-cloud-init", True),
        ("source-directory interfaces.d", "eth0.cfg", False),  # its names have no dots
        ("source interfaces.d/*", "eth0.cfg", True),
        ("source /etc/network/interfaces.d/*.cfg", "eth0.cfg", True),
        ("source /etc/network/interfaces.d/*.cfg", "eth0", False),
        ("# source interfaces.d/*", "eth0", False),
        ("source-directory /run/network/interfaces.d", "eth0", False),
    ],
)
def test_interfaces_reads_further_files_by_their_names(line: str, name: str, read: bool) -> None:
    other = (f"/etc/network/interfaces.d/{name}", "auto ens3\niface ens3 inet dhcp\n")
    found = parsed(("/etc/network/interfaces", f"auto lo\n{line}\n"), other)
    assert (bool(found.bindings), found.unread) == (read, ())


def test_files_that_interfaces_does_not_source_are_not_read() -> None:
    other = ("/etc/network/interfaces.d/a", "auto ens3\niface ens3 inet dhcp\n")
    assert not parsed(("/etc/network/interfaces", "auto lo\n"), other).bindings
    assert parsed(
        ("/etc/network/interfaces", "source /etc/network/interfaces.d/*\n"), other
    ).bindings
    assert (
        parsed(("/etc/network/interfaces", "source /srv/net/*\n")).unread[0].source
        == "/etc/network/interfaces, line 1"
    )


def test_networkmanagers_lists_stand_in_the_order_in_which_they_count() -> None:
    files = (
        ("/etc/NetworkManager/conf.d/a.conf", "[keyfile]\nunmanaged-devices+=driver:c\n"),
        (
            "/etc/NetworkManager/NetworkManager.conf",
            "[keyfile]\nunmanaged-devices=driver:b\n[device]\nmanaged=0\n",
        ),
        (
            "/usr/lib/NetworkManager/conf.d/b.conf",
            "[keyfile]\nunmanaged-devices=driver:a\n[main]\nno-auto-default=*\n",
        ),
        ("/usr/lib/NetworkManager/conf.d/a.conf", "[keyfile]\nunmanaged-devices=driver:hidden\n"),
        ("/etc/udev/rules.d/x.rules", 'SUBSYSTEM=="net", ENV{NM_UNMANAGED}="1"\n'),
    )
    assert [(one.what, one.devices) for one in parsed(*files).lists] == [
        ("unmanaged", "driver:a"),
        ("no-auto-default", "*"),
        ("unmanaged", "driver:b"),
        ("not-managed", "*"),
        ("unmanaged+", "driver:c"),
        ("unmanaged", "udev:"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/netplan/a.yaml",
        "/etc/network/interfaces",
        "/etc/conf.d/net",
        "/etc/config/network",
        "/etc/wicked/ifconfig/a.xml",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "{" * 30_000,
        "[" * 30_000,
        "auto " + "/" * 30_000,
        "<interface" * 5000,
        "config_" * 5000,
        "a: {b: " * 5000,
    ],
)
def test_hostile_texts_end_soon(path: str, text: str) -> None:
    parsed((path, text))
