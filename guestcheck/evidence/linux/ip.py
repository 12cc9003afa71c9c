"""What network interfaces there are, by `ip -d address`: states, addresses, and which are software.

Asked of archives alone: a running guest has all of this in /sys. See ip-address(8) and ip-link(8).
Without `-d` an interface's kind is not printed, and one that is no loopback may be anything.
"""

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.model.digits import is_digits, number_of
from guestcheck.model.source import Answer, Command, FirstOf, Question, ReadInPartError


class IpLink(NamedTuple):
    """An interface: `kind` is ip's word for software (bridge, vlan, veth …, "" for others), `lower`
    what stands behind the "@". `above` is whether an "@" is there: a card of a bus has none, only
    what lies above another interface, here or in another namespace, has.
    """

    name: str
    mac: str = ""
    state: str = ""
    kind: str = ""
    master: str = ""
    lower: str = ""
    mtu: Optional[int] = None
    addresses: Tuple[str, ...] = ()
    loopback: bool = False
    slave: Optional[bool] = None
    bus: str = ""
    device: str = ""
    above: bool = False


# The first word of a line of details (`-d`), as iproute2 prints the kinds of rtnetlink; what comes
# from a card's driver is none of these.
_KINDS = frozenset(
    (
        *(
            "bridge",
            "bond",
            "vlan",
            "veth",
            "dummy",
            "ifb",
            "tun",
            "macvlan",
            "macvtap",
            "ipvlan",
            "ipvtap",
            "vxlan",
            "geneve",
            "gre",
            "gretap",
        ),
        *(
            "ip6gre",
            "ip6gretap",
            "ipip",
            "sit",
            "ip6tnl",
            "vti",
            "vti6",
            "team",
            "vrf",
            "macsec",
            "wireguard",
            "nlmon",
            "netdevsim",
            "batadv",
        ),
        *("openvswitch", "xfrm", "bareudp", "hsr", "ppp", "vcan", "vxcan"),
    )
)


_MOST_ADDRESSES = 500  # of one interface


def parse_ip(text: str) -> Tuple[IpLink, ...]:
    """Read `ip address` or `ip link`, with or without `-d`.

    >>> vlan, = parse_ip('''4: eth0.10@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT
    ...     link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0
    ...     vlan protocol 802.1Q id 10 <REORDER_HDR> addrgenmode eui64
    ...     inet 192.0.2.7/24 scope global eth0.10
    ... ''')
    >>> vlan.name, vlan.lower, vlan.kind, vlan.mac, vlan.state, vlan.addresses
    ('eth0.10', 'eth0', 'vlan', '52:54:00:00:00:01', 'up', ('192.0.2.7',))
    """
    links: List[IpLink] = []
    cut = False
    for line in text.split("\n"):
        words = line.split()
        if (
            is_digits(line[:1])
            and len(words) > 2
            and words[0].endswith(":")
            and words[1].endswith(":")
            and words[2].startswith("<")
        ):
            links.append(_headed(words))
        elif links and line[:1] == " " and words:
            cut = cut or _is_full(links[-1], words)
            links[-1] = _more(links[-1], words)
    if not links:
        raise ValueError(f"no interface in ip's output: {text.strip()[:60]!r}")
    if cut:
        says = (
            f"an interface has more than {_MOST_ADDRESSES} addresses; the others were not looked at"
        )
        raise ReadInPartError(says, tuple(links))
    return tuple(links)


def _is_full(link: IpLink, words: List[str]) -> bool:
    """Tell whether this line has an address for which there is no room."""
    return words[0] in ("inet", "inet6") and len(link.addresses) >= _MOST_ADDRESSES


def _headed(words: List[str]) -> IpLink:
    name, _, lower = words[1][:-1].partition("@")
    flags = words[2].strip("<>").split(",")
    told = dict(zip(words[3::2], words[4::2]))
    mtu = told.get("mtu", "")
    return IpLink(
        name,
        state=told.get("state", "").lower(),
        master=told.get("master", ""),
        lower=lower if not lower.startswith("if") or not is_digits(lower[2:]) else "",
        mtu=number_of(mtu, 9),
        loopback="LOOPBACK" in flags,
        slave="SLAVE" in flags,
        above=bool(lower),
    )


def _more(link: IpLink, words: List[str]) -> IpLink:
    if words[0].startswith("link/"):
        told = dict(zip(words, words[1:]))
        mac = words[1] if len(words) > 1 and words[1].count(":") == 5 else ""
        return link._replace(
            mac=mac, bus=told.get("parentbus", ""), device=told.get("parentdev", "")
        )
    if words[0] in ("inet", "inet6") and len(words) > 1 and len(link.addresses) < _MOST_ADDRESSES:
        return link._replace(addresses=(*link.addresses, words[1].partition("/")[0]))
    return link._replace(kind=words[0]) if words[0] in _KINDS and not link.kind else link


def _parse(answers: List[Answer]) -> Tuple[IpLink, ...]:
    return parse_ip(next((answer.text for answer in answers if answer.text.strip()), ""))


LINKS = Question[Tuple[IpLink, ...]](
    "ip_links",
    "network interfaces with their states and addresses, as archives have them",
    (),
    _parse,
    "the state and addresses of network interfaces",
    quiet=True,
    also=(
        FirstOf(
            (
                Command(("ip", "-d", "address")),
                Command(("ip", "-d", "link")),
                Command(("ip", "address")),
            )
        ),
    ),
)
