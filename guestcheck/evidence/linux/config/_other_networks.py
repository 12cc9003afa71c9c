"""Network configuration of smaller systems: netifrc, netctl, dhcpcd, connman, OpenWrt, and wicked's
own XML.

See netifrc's net.example, netctl.profile(5), dhcpcd.conf(5), connman.conf(5),
connman-service.config(5), OpenWrt's /etc/config/network, wicked-config(5).
"""

import re
from typing import Dict, Iterator, List

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Binding, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer

_ASSIGNED = re.compile(r"(config|bridge|slaves|vlans)_([A-Za-z0-9_]{1,15})=[\"'( ]*([^\"')]*)")


def parse_netifrc(answer: Answer) -> Iterator[Binding]:
    """Read Gentoo's /etc/conf.d/net.

    >>> [(one.name, one.method) for one in parse_netifrc(Answer("f", OK, 'config_ens3="192.0.2.2/24"\\n'))]
    [('ens3', 'static')]
    """
    found = [
        (line, match.groups())
        for line in lines_of([answer])
        for match in [_ASSIGNED.match(line.text)]
        if match
    ]
    software = {name for _, (key, name, _) in found if key in ("bridge", "slaves")}
    for line, (key, name, value) in found:
        if key == "config" and name not in (*software, "lo") and value.strip() != "null":
            yield Binding(
                line=line,
                kind="netifrc",
                name=name,
                method="dhcp" if value.strip().startswith("dhcp") else "static",
            )
        elif key in ("bridge", "slaves"):
            yield Binding(
                line=line,
                kind="netifrc",
                name=name,
                method="other",
                software=True,
                members=tuple(value.split()),
            )


def parse_netctl(answer: Answer) -> Iterator[Binding]:
    """Read a profile of Arch Linux' netctl.

    >>> [one.name for one in parse_netctl(Answer("f", OK, "Interface=ens3\\nConnection=ethernet\\nIP=dhcp\\n"))]
    ['ens3']
    """
    values: Dict[str, Line] = {}
    for line in lines_of([answer]):
        values.setdefault(line.text.partition("=")[0].strip(), line)
    kind, card = _value(values, "Connection"), _value(values, "Interface")
    if not kind or not card:
        return
    ports = tuple(_value(values, "BindsToInterfaces").split())
    method = {"dhcp": "dhcp", "static": "static"}.get(_value(values, "IP"), "")
    yield Binding(
        line=values["Interface"],
        kind="netctl",
        name=card,
        method=method or "other",
        software=kind != "ethernet",
        members=ports if kind != "ethernet" else (),
    )


def _value(values: Dict[str, Line], key: str) -> str:
    return values[key].text.partition("=")[2].strip(" ()\"'") if key in values else ""


def parse_dhcpcd(answer: Answer) -> Iterator[Binding]:
    """Read dhcpcd.conf: it takes each NIC but for those that are denied; a block `interface NAME`
    may give one an address.

    >>> [(one.name, one.method) for one in parse_dhcpcd(Answer("f", OK, "denyinterfaces veth*\\ninterface ens3\\nstatic ip_address=192.0.2.2/24\\n"))]
    [('!veth*', 'dhcp'), ('ens3', 'static')]
    """
    allowed: List[str] = []
    denied: List[str] = []
    fixed: List[Binding] = []
    block = ""
    method = "dhcp"
    for line in lines_of([answer]):
        words = line.text.split(" ")
        if not block and words[0] in ("nodhcp", "noipv4"):
            method = ""
        if words[0] == "allowinterfaces":
            allowed += words[1:]
        elif words[0] == "denyinterfaces":
            denied += [f"!{word}" for word in words[1:]]
        elif words[0] in ("interface", "profile", "ssid", "arping"):
            block = words[1] if words[0] == "interface" and len(words) > 1 else ""
        elif block and line.text.startswith(("static ip_address=", "inform ")):
            fixed.append(Binding(line=line, kind="dhcpcd", name=block, method="static"))
    everything = Line(answer.asked, 0, "dhcpcd takes each NIC that it does not exclude")
    names = " ".join([*allowed, *denied])
    yield Binding(line=everything, kind="dhcpcd", name=names, method=method)
    yield from fixed


def parse_connman(answer: Answer) -> Iterator[Binding]:
    """Read connman's main.conf, and its services, which it knows by the MAC address."""
    section, keys = "", {}  # type: str, Dict[str, Line]
    for line in [*lines_of([answer]), Line(answer.asked, 0, "[]")]:
        if not line.text.startswith("["):
            keys[line.text.partition("=")[0].strip()] = line
            continue
        if section.startswith("ethernet_") and _value(keys, "IPv4.method") == "manual":
            digits = section.split("_")[1]
            mac = ":".join(digits[place : place + 2] for place in range(0, 12, 2))
            yield Binding(line=keys["IPv4.method"], kind="connman", mac=mac, method="static")
        section, keys = line.text.strip("[]").strip(), {}


def connman(answer: Answer) -> Binding:
    """Return that connman takes each NIC but for those of NetworkInterfaceBlacklist, which are
    beginnings of names.
    """
    lines = [
        line for line in lines_of([answer]) if line.text.startswith("NetworkInterfaceBlacklist")
    ]
    words = lines[-1].text.partition("=")[2].split(",") if lines else []
    names = " ".join(f"!{word.strip()}*" for word in words if word.strip())
    return Binding(
        line=Line(answer.asked, 0, "connman takes each NIC that it does not exclude"),
        kind="connman",
        name=names,
        method="dhcp",
    )


_OPTION = re.compile(r"(?:option|list) (\w+) ['\"]?([^'\"]*)['\"]?")


def parse_openwrt(answer: Answer) -> Iterator[Binding]:
    """Read OpenWrt's /etc/config/network.

    >>> [(one.name, one.method) for one in parse_openwrt(Answer("f", OK, "config interface 'wan'\\n option device 'eth0'\\n option proto 'dhcp'\\n"))]
    [('eth0', 'dhcp')]
    """
    sections: List[List[Line]] = []
    for line in lines_of([answer]):
        if line.text.startswith("config "):
            sections.append([line])
        elif sections:
            sections[-1].append(line)
    for head, *rest in sections:
        options: Dict[str, List[str]] = {}
        for match in (_OPTION.match(line.text) for line in rest):
            if match:
                options.setdefault(match.group(1), []).extend(match.group(2).split())
        kind = head.text.split(" ")[1].strip("'\"")
        names = options.get("device", options.get("ifname", []))
        if kind == "device" and options.get("ports"):
            yield Binding(
                line=head,
                kind="openwrt",
                name=" ".join(options.get("name", [])),
                method="other",
                software=True,
                members=tuple(options["ports"]),
            )
        elif kind == "interface" and names and not names[0].startswith(("lo", "br-", "@")):
            bridge = options.get("type") == ["bridge"]
            proto = " ".join(options.get("proto", []))
            method = (
                "static"
                if proto == "static"
                else "dhcp"
                if proto.startswith(("dhcp", "ppp"))
                else ""
            )
            plain = [name.partition(".")[0] for name in names]
            yield Binding(
                line=head,
                kind="openwrt",
                name="" if bridge else " ".join(plain),
                method=method,
                software=bridge,
                members=tuple(plain) if bridge else (),
            )


_NAME = re.compile(
    r"<name(?: namespace=\"ethernet\")?>([^<]*)(?:<permanent-address>([^<]*)</"
    r"permanent-address>)?</name>"
)


def parse_wicked(answer: Answer) -> Iterator[Binding]:
    """Read a file of /etc/wicked/ifconfig; ValueError where an interface has no name that is
    understood.

    >>> text = "<interface><name>ens3</name><ipv4:static><address/></ipv4:static></interface>"
    >>> [(one.name, one.method) for one in parse_wicked(Answer("f", OK, text))]
    [('ens3', 'static')]
    """
    for part in answer.text.split("<interface")[1:]:
        match = _NAME.search("".join(part.split("\n")).replace("> ", ">").replace(" <", "<"))
        if match is None:
            raise ValueError("an interface without a name")
        name, mac = match.group(1).strip(), (match.group(2) or "").strip().lower()
        if name == "lo":
            continue
        method = "static" if ":static>" in part else "dhcp" if ":dhcp>" in part else ""
        yield Binding(
            line=Line(answer.asked, 0, f"<name>{name or mac}</name>"),
            kind="wicked",
            name=name,
            mac=mac,
            method=method,
        )
