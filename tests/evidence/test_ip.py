"""`ip` tells states, addresses and kinds of interfaces; without -d an interface of no kind may be
anything.
"""

from __future__ import annotations

import pytest

from guestcheck.evidence.linux.ip import parse_ip

TEXT = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 numtxqueues 1
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,SLAVE,UP> mtu 1500 qdisc mq master bond0 state UP group default qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 numtxqueues 2 parentbus virtio parentdev virtio2
    bond_slave state ACTIVE mii_status UP numtxqueues 1
3: bond0: <BROADCAST,MULTICAST,MASTER,UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0
    bond mode active-backup active_slave eth0
    inet6 fe80::1/64 scope link
4: veth1@if7: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 53:4f:53:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0
    veth numtxqueues 1
"""


def test_interfaces_are_told_apart() -> None:
    lo, eth0, bond0, veth1 = parse_ip(TEXT)
    assert (lo.loopback, lo.addresses) == (True, ("127.0.0.1",))
    assert (eth0.kind, eth0.master, eth0.slave, eth0.state, eth0.bus, eth0.device) == (
        "",
        "bond0",
        True,
        "up",
        "virtio",
        "virtio2",
    )
    assert (bond0.kind, bond0.addresses) == ("bond", ("fe80::1",))
    assert (veth1.kind, veth1.lower, veth1.mac) == ("veth", "", "53:4f:53:00:00:01")


@pytest.mark.parametrize("text", ["", 'Object "adress" is unknown, try "ip help".\n', "1: x\n"])
def test_a_text_of_no_interface_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no interface"):
        parse_ip(text)
