"""Configuration that lies on a NIC: bonds, bridges and VLANs, and profiles that do not start."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from tests.readiness.test_families import What, judged
from tests.readiness.test_menus_read import GOOD, RELEASE, debian, entry

SCRIPTS = "etc/sysconfig/network-scripts"
PROFILES = "etc/NetworkManager/system-connections"
STATIC = "ONBOOT=yes\nBOOTPROTO=none\nIPADDR=192.0.2.2\n"
FIXED = "\n[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\n"
BOND = f"[connection]\nid=b\ntype=bond\ninterface-name=bond0\n{FIXED}"
NET = "etc/systemd/network/10-a.network"
STANZA = "auto {0}\niface {0} inet static\n address 192.0.2.2/24\n"
LOST, UP, UNKNOWN = "network-lost", "network-up", "unknown"


def started(unit: str) -> Dict[str, What]:
    """Make a manager that is installed and enabled."""
    return {
        f"usr/lib/systemd/system/{unit}": "[Service]\n",
        f"etc/systemd/system/multi-user.target.wants/{unit}": "[Service]\n",
        "usr/lib/systemd/systemd-udevd": "",
    }


def network(top: Path, unit: str, files: Dict[str, What], options: str = "") -> str:
    """Return what becomes of the network on virtio-net."""
    whole = {**debian(entry("a", f"{GOOD} {options}")), **started(unit), **files}
    return judged(top, whole, "virtio-net")[f"virtio-net {RELEASE}"].verdict


NM = "NetworkManager.service"


@pytest.mark.parametrize(
    "files",
    [
        {
            f"{SCRIPTS}/ifcfg-ens192": "DEVICE=ens192\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\n",
            f"{SCRIPTS}/ifcfg-bond0": f"DEVICE=bond0\nTYPE=Bond\n{STATIC}",
        },
        {
            f"{SCRIPTS}/ifcfg-ens192": "DEVICE=ens192\nBRIDGE=br0\nBRIDGE_UUID=1\nONBOOT=yes\n",
            f"{SCRIPTS}/ifcfg-br0": f"DEVICE=br0\nTYPE=Bridge\n{STATIC}",
        },
        {
            f"{SCRIPTS}/ifcfg-ens192": "DEVICE=ens192\nTEAM_MASTER=team0\nONBOOT=yes\n",
            f"{SCRIPTS}/ifcfg-team0": f"DEVICE=team0\nDEVICETYPE=Team\n{STATIC}",
        },
        {f"{SCRIPTS}/ifcfg-ens192.10": f"DEVICE=ens192.10\nVLAN=yes\n{STATIC}"},
        {
            f"{PROFILES}/a.nmconnection": "[connection]\nid=a\ntype=ethernet\n"
            "interface-name=ens192\nmaster=bond0\nslave-type=bond\n",
            f"{PROFILES}/b.nmconnection": BOND,
        },
        {
            f"{PROFILES}/v.nmconnection": "[connection]\nid=v\ntype=vlan\n"
            f"interface-name=v10\n\n[vlan]\nid=10\nparent=ens192\n{FIXED}"
        },
    ],
)
def test_what_lies_on_the_nic_is_lost_with_its_name(tmp_path: Path, files: Dict[str, What]) -> None:
    """DHCP on the NIC, which NetworkManager does by itself, does not stand in for it."""
    assert network(tmp_path, NM, files) == LOST


def test_a_port_by_mac_address_stays(tmp_path: Path) -> None:
    port = "[connection]\nid=a\ntype=ethernet\nmaster=bond0\nslave-type=bond\n"
    card = "\n[ethernet]\nmac-address=00:50:56:00:00:01\n"
    files = {f"{PROFILES}/a.nmconnection": port + card, f"{PROFILES}/b.nmconnection": BOND}
    assert network(tmp_path, NM, files) == UP


def test_a_profile_that_does_not_start_keeps_networkmanager_from_making_one(tmp_path: Path) -> None:
    text = "DEVICE=eth0\nBOOTPROTO=dhcp\n"
    found = [
        network(tmp_path / word, NM, {f"{SCRIPTS}/ifcfg-eth0": f"{text}ONBOOT={word}\n"}, off)
        for word in ("yes", "no")
        for off in ("net.ifnames=0",)
    ]
    assert found == [UP, UNKNOWN]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (STANZA.format("ens192.10"), LOST),
        (f"auto eth0\niface eth0 inet manual\n{STANZA.format('eth0.10')}", UP),
        (f"auto eth0\niface eth0 inet dhcp\n{STANZA.format('eth0:1')}", UP),
        ("auto eth0\niface eth0 inet manual\n", UNKNOWN),
    ],
)
def test_names_with_a_vlan_or_an_alias(tmp_path: Path, text: str, verdict: str) -> None:
    files: Dict[str, What] = {"etc/network/interfaces": text}
    assert network(tmp_path, "networking.service", files, "net.ifnames=0") == verdict


@pytest.mark.parametrize(
    ("text", "drop_in", "verdict"),
    [
        ("[Match]\nName=en*\n[Network]\nDHCP=yes\n", "[Match]\nName=\nName=wl*\n", UNKNOWN),
        ("[Match]\nName=wl*\n[Network]\nDHCP=yes\n", "[Match]\nName=\nName=en*\n", UP),
        ("[Match]\nName=en*\n[Network]\nDHCP=no\n", "[Network]\nDHCP=yes\n", UP),
        ("[Match]\nName=en*\n[Network]\nDHCP=yes\n", "[Network]\nDHCP=no\n", UNKNOWN),
    ],
)
def test_a_drop_in_takes_back_what_stands_before_it(
    tmp_path: Path, text: str, drop_in: str, verdict: str
) -> None:
    files: Dict[str, What] = {NET: text, f"{NET}.d/a.conf": drop_in}
    found = network(tmp_path, "systemd-networkd.service", files)
    assert found == verdict or {found, verdict} == {LOST, UNKNOWN}


@pytest.mark.parametrize(("name", "verdict"), [("ens192", LOST), ("en*", UP)])
def test_a_later_netplan_file_changes_the_match(tmp_path: Path, name: str, verdict: str) -> None:
    first = "network:\n  ethernets:\n    a:\n      match:\n        name: e*\n      dhcp4: true\n"
    later = f"network:\n  ethernets:\n    a:\n      match:\n        name: {name}\n"
    files: Dict[str, What] = {
        "usr/sbin/netplan": "",
        "etc/netplan/50.yaml": first,
        "etc/netplan/99.yaml": later,
    }
    assert network(tmp_path, "systemd-networkd.service", files) == verdict
