"""Which network configuration there is, and to which cards it applies: by name, by MAC address, by driver, by path.

ifcfg files (Red Hat's and SUSE's), ifupdown, netplan, NetworkManager's keyfiles, systemd's .network and .link files, wicked, and udev's
rules for names. Keys and passwords stand in the same files: so of each form the lines that are asked are named, and all others stay where
they are. See interfaces(5), netplan(5), nm-settings-keyfile(5), systemd.network(5), systemd.link(5), wicked-config(5), udev(7).
"""

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.evidence.storage_config import in_either_case, lines_of
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Binding, Line, Network
from guestcheck.model.source import OK, Answer, File, Question

_SMALL = 65536
_SECRET = (
    ".*(" + "|".join(map(in_either_case, ("pass", "psk", "secret", "private", "wep", "wpa", "leap", "pin", "token", "auth", "preshared", "identity"))) + ")"
)


class _Part(NamedTuple):
    """A section of an INI file: its name, the line where it begins, and what it holds (of a repeated key all)."""

    name: str
    line: Line
    values: Dict[str, List[str]]
    lines: Dict[str, Line]

    def get(self, *names: str) -> str:
        return " ".join(word for name in names for word in self.values.get(name, ()))


def _parts(answer: Answer) -> List[_Part]:
    parts: List[_Part] = []
    for line in lines_of([answer]):
        if line.text.startswith("[") and line.text.endswith("]"):
            parts.append(_Part(line.text[1:-1].lower(), line, {}, {}))
        elif parts and "=" in line.text:
            name, _, value = line.text.partition("=")
            key = name.strip().lower()
            parts[-1].values.setdefault(key, []).append(value.strip().strip("\"'"))
            parts[-1].lines.setdefault(key, line)
    return parts


def parse_ifcfg(answer: Answer) -> Iterator[Binding]:
    """Read one ifcfg file.

    >>> next(parse_ifcfg(Answer("/etc/sysconfig/network-scripts/ifcfg-eth0", OK, "DEVICE=eth0\\nHWADDR=52:54:00:12:34:56\\n")))[2:4]
    ('eth0', '52:54:00:12:34:56')
    """
    values: Dict[str, str] = {}
    lines: Dict[str, Line] = {}
    for line in lines_of([answer]):
        name, mark, value = line.text.partition("=")
        if mark:
            name = name.replace("export ", "").strip().upper()
            values[name], lines[name] = value.strip().strip("\"'"), line
    label = answer.asked.rpartition("/ifcfg-")[2]
    suse = "/sysconfig/network/" in answer.asked
    device = values.get("DEVICE", "") or (label if suse or "HWADDR" not in values else "")
    if device == "lo" or label.endswith((".bak", ".orig", ".rpmnew", ".rpmsave", "~")) or _off(values, suse):
        return
    kind = values.get("TYPE", "Ethernet").lower()
    software = kind not in ("ethernet", "") or "VLAN" in values or "." in device or any(key.startswith(("BONDING_", "BRIDGE_")) for key in values)
    members = tuple(value for key, value in values.items() if key.startswith("BONDING_SLAVE") or key in ("ETHERDEVICE", "PHYSDEV", "BRIDGE_PORTS"))
    yield Binding(
        line=lines.get("HWADDR") or lines.get("DEVICE") or Line(answer.asked, 0, f"the file's name is ifcfg-{label}"),
        kind="wicked" if suse else "ifcfg",
        name=device,
        mac=values.get("HWADDR", values.get("LLADDR", "") if suse else "").lower(),
        method=_method(values.get("BOOTPROTO", "").lower(), any(key.startswith("IPADDR") for key in values)),
        software=software,
        members=tuple(word for value in members for word in value.split()),
    )


def _off(values: Dict[str, str], suse: bool) -> bool:
    return values.get("STARTMODE", "auto").lower() in ("off", "manual") if suse else values.get("ONBOOT", "yes").lower() in ("no", "off", "false", "0")


def _method(word: str, addressed: bool) -> str:
    if word.startswith(("dhcp", "bootp", "auto")):
        return "dhcp"
    return "static" if addressed or word in ("static", "manual") else ""


def parse_interfaces(answer: Answer) -> Iterator[Binding]:
    """Read /etc/network/interfaces: a stanza a card and family; what is neither `auto` nor `allow-hotplug` is not brought up.

    >>> [one.name for one in parse_interfaces(Answer("f", OK, "auto ens3\\niface ens3 inet dhcp\\n"))]
    ['ens3']
    """
    started: List[str] = []
    stanzas: List[Tuple[Line, List[str], List[str]]] = []
    for line in lines_of([answer]):
        words = line.text.split(" ")
        if words[0] == "auto" or words[0].startswith("allow-"):
            started += words[1:]
        elif words[0] == "iface" and len(words) > 1:
            stanzas.append((line, words, []))
        elif stanzas and words[0] not in ("mapping", "source", "source-directory", "rename"):
            stanzas[-1][2].append(line.text)
    for line, words, options in stanzas:
        name = words[1]
        if name == "lo" or (name not in started and not any("*" in one for one in started)):
            continue
        method = words[3] if len(words) > 3 else ""
        given = {option.split(" ")[0].replace("_", "-"): option.split(" ")[1:] for option in options}
        members = given.get("bridge-ports", given.get("bond-slaves", given.get("slaves", given.get("vlan-raw-device"))))
        yield Binding(
            line=line,
            kind="ifupdown",
            name=name,
            method="dhcp" if method in ("dhcp", "auto", "ppp") else "static" if method == "static" else "",
            software=members is not None or "." in name,
            members=tuple(word for word in members or () if word not in ("none", "all")),
        )


class _Node(NamedTuple):
    key: str
    value: str
    depth: int
    line: Line


def parse_netplan(answer: Answer) -> Iterator[Binding]:
    """Read one file of netplan; ValueError where it is laid out in a way that is not understood.

    >>> text = "network:\\n  ethernets:\\n    lan:\\n      match: {macaddress: 52:54:00:12:34:56}\\n      dhcp4: true\\n"
    >>> next(parse_netplan(Answer("f", OK, text)))[2:4]
    ('', '52:54:00:12:34:56')
    """
    nodes = list(_nodes(answer))
    kind, depths = "", [-1, -1]
    for place, node in enumerate(nodes):
        if node.key in ("ethernets", "bonds", "bridges", "vlans", "vrfs", "tunnels", "wifis", "dummy-devices", "modems", "virtual-ethernets"):
            if node.value and node.value != "{}":
                raise ValueError("a mapping in braces")
            kind, depths = node.key, [node.depth, -1]
            continue
        if not kind or node.depth <= depths[0]:
            kind = "" if node.depth <= depths[0] else kind
            continue
        if depths[1] < 0:
            depths[1] = node.depth
        if node.depth == depths[1] and kind in ("ethernets", "bonds", "bridges", "vlans"):
            inside = list(_taken(nodes[place + 1 :], node.depth))
            yield _netplan_binding(node, kind, inside)


def _nodes(answer: Answer) -> Iterator[_Node]:
    rows = answer.text.split("\n")
    for number, row in enumerate(rows, 1):
        text = row.split(" #", 1)[0].rstrip()
        body = text.lstrip(" \t")
        if not body or body.startswith(("#", "---", "%")):
            continue
        if "\t" in text[: len(text) - len(body)]:
            raise ValueError("tabs")
        depth = len(text) - len(body)
        if body.startswith("- "):
            yield _Node("-", body[2:].strip().strip("\"'"), depth, Line(answer.asked, number, body))
            continue
        key, mark, value = body.partition(":")
        if mark and (not value or value.startswith(" ")):
            yield _Node(key.strip("\"' "), value.strip(), depth, Line(answer.asked, number, body))


def _taken(nodes: Sequence[_Node], depth: int) -> Iterator[_Node]:
    for node in nodes:
        if node.depth <= depth:
            return
        yield node


def _netplan_binding(node: _Node, kind: str, inside: List[_Node]) -> Binding:
    values: Dict[str, str] = {}
    lists: Dict[str, List[str]] = {}
    last = ""
    for one in inside:
        if one.key == "-":
            lists.setdefault(last, []).append(one.value)
            continue
        last = one.key
        values.setdefault(one.key, one.value.strip("\"'"))
    for text in (node.value, values.get("match", "")):
        if text.startswith("{"):
            pairs = (pair.partition(":") for pair in text.strip("{} ").split(","))
            values.update({key.strip(" \"'"): value.strip(" \"'") for key, _, value in pairs})
    matched = "match" in values
    members = lists.get("interfaces", []) + values.get("interfaces", "").strip("[] ").replace(",", " ").split() + values.get("link", "").split()
    addressed = bool(lists.get("addresses") or values.get("addresses", "").strip("[] "))
    automatic = any(values.get(key, "").lower() in ("true", "yes", "on") for key in ("dhcp4", "dhcp6"))
    driver = values.get("driver", "") or " ".join(lists.get("driver", ()))
    return Binding(
        line=node.line,
        kind="netplan",
        name=values.get("name", "") if matched else node.key,
        mac=values.get("macaddress", "").lower() if matched else "",
        driver=driver.strip("[]").replace(",", " ") if matched else "",
        sets=values.get("set-name", ""),
        method="static" if addressed and not automatic else "dhcp" if automatic else "",
        software=kind != "ethernets",
        members=tuple(word.strip("\"'") for word in members) if kind != "ethernets" else (),
    )


def parse_keyfile(answer: Answer) -> Iterator[Binding]:
    """Read one profile of NetworkManager; a profile without a name, an address or a match is for any card of its type.

    >>> next(parse_keyfile(Answer("f", OK, "[connection]\\ntype=ethernet\\ninterface-name=ens3\\n[ipv4]\\nmethod=auto\\n")))[2]
    'ens3'
    """
    parts = _parts(answer)
    named = {part.name: part for part in parts}
    connection = named.get("connection")
    if connection is None or connection.get("autoconnect").lower() in ("false", "no", "0"):
        return
    kind = connection.get("type").lower()
    card = named.get("ethernet", named.get("802-3-ethernet"))
    match = named.get("match")
    ipv4 = named.get("ipv4")
    method = ipv4.get("method").lower() if ipv4 else "auto"
    line = connection.lines.get("interface-name", connection.line)
    if card and "mac-address" in card.lines:
        line = card.lines["mac-address"]
    yield Binding(
        line=line,
        kind="networkmanager",
        name=" ".join([connection.get("interface-name"), *(match.get("interface-name").replace(";", " ").split() if match else ())]).strip(),
        mac=card.get("mac-address").lower() if card else "",
        driver=match.get("driver").replace(";", " ").strip() if match else "",
        path=match.get("path").replace(";", " ").strip() if match else "",
        method="static" if method == "manual" else "dhcp" if method == "auto" else "",
        software=kind not in ("ethernet", "802-3-ethernet", ""),
        other="kernel-command-line" if match and match.get("kernel-command-line") else "",
    )


_MATCHES = {"macaddress", "permanentmacaddress", "originalname", "name", "driver", "path", "type", "kind"}


def parse_networkd(answer: Answer) -> Iterator[Binding]:
    """Read a .network or .link file.

    >>> next(parse_networkd(Answer("/etc/systemd/network/10-a.link", OK, "[Match]\\nMACAddress=52:54:00:12:34:56\\n[Link]\\nName=lan0\\n")))[3:7]
    ('52:54:00:12:34:56', '', '', 'lan0')
    """
    parts = _parts(answer)
    match = next((part for part in parts if part.name == "match"), None)
    if match is None:
        return
    link = answer.asked.endswith(".link")
    network = next((part for part in parts if part.name == "network"), None)
    own = next((part for part in parts if part.name == "link"), None)
    addressed = any("address" in part.values for part in parts if part.name in ("network", "address"))
    automatic = network is not None and network.get("dhcp").lower() in ("yes", "true", "ipv4", "both", "v4", "on", "1", "ipv6")
    software = match.get("kind") != "" or (match.get("type") not in ("", "ether") and not match.get("type").startswith("!"))
    first = next(
        (match.lines[key] for key in ("macaddress", "permanentmacaddress", "originalname", "name", "driver", "path") if key in match.lines), match.line
    )
    yield Binding(
        line=first,
        kind="link" if link else "networkd",
        name=match.get("originalname") if link else match.get("name"),
        mac=match.get("macaddress", "permanentmacaddress").lower(),
        driver=match.get("driver"),
        path=match.get("path"),
        sets=own.get("name") if link and own else "",
        method="" if link else "static" if addressed and not automatic else "dhcp" if automatic else "",
        software=software,
        members=(),
        other=" ".join(key for key in match.values if key not in _MATCHES),
    )


def parse_udev(answer: Answer) -> Iterator[Binding]:
    """Read rules that set NAME of a network card, as 70-persistent-net.rules does.

    >>> text = 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"'
    >>> next(parse_udev(Answer("f", OK, text)))[2:7]
    ('', '52:54:00:12:34:56', '', '', 'eth0')
    """
    for line in lines_of([answer]):
        words = [word.strip() for word in line.text.split(",")]
        pairs = {word.partition("=")[0].rstrip(":+ "): word.rpartition("=")[2].strip(' "') for word in words if "=" in word}
        if pairs.get("SUBSYSTEM", "net") != "net" or "NAME" not in pairs:
            continue
        known = {"SUBSYSTEM", "ACTION", "ATTR{address}", "DRIVERS", "KERNEL", "NAME", "KERNELS", "ATTR{type}", "ATTR{dev_id}", "ENV{ID_NET_DRIVER}"}
        yield Binding(
            line=line,
            kind="udev",
            name=_any(pairs.get("KERNEL", "")),
            mac=pairs.get("ATTR{address}", "").lower(),
            driver=_any(pairs.get("DRIVERS", pairs.get("ENV{ID_NET_DRIVER}", ""))),
            path=pairs.get("KERNELS", ""),
            sets=pairs["NAME"],
            other=" ".join(key for key in pairs if key not in known),
        )


def _any(word: str) -> str:
    """Return what a pattern asks: "?*" is anything, and "eth*" the kernel's own names, which every card has at first."""
    return "" if word in ("?*", "*", "eth*") else word


def _parser_of(path: str) -> "Optional[object]":
    if "/ifcfg-" in path:
        return parse_ifcfg
    if "/network/interfaces" in path:
        return parse_interfaces
    if "/netplan/" in path:
        return parse_netplan
    if "/system-connections/" in path:
        return parse_keyfile
    if path.endswith((".network", ".link")):
        return parse_networkd
    return parse_udev if path.endswith(".rules") else None


_MASKS = ("/80-net-setup-link.rules", "/99-default.link", "/75-persistent-net-generator.rules", "/80-net-name-slot.rules")


def _parse(answers: List[Answer]) -> Network:
    found: List[Binding] = []
    unread: List[Hint] = []
    off: List[Hint] = []
    seen: Dict[str, str] = {}
    renames = False
    for answer in answers:
        parser = _parser_of(answer.asked)
        if answer.status != OK or parser is None:
            if answer.status != OK and answer.text:
                unread.append(Hint(answer.asked, "only its beginning was read"))
            continue
        name = answer.asked.rpartition("/")[2]
        if answer.asked.endswith((".network", ".link")) and name in seen:
            continue  # a file of the same name in a folder that comes first takes its place: systemd.link(5)
        seen[name] = answer.asked
        if name == "60-net.rules":
            renames = renames or "rename_device" in answer.text
            continue
        if answer.asked.startswith("/etc/") and answer.asked.endswith(_MASKS) and not answer.text.strip():
            off.append(Hint(answer.asked, "is empty, or a link to /dev/null: names stay as the kernel gave them"))
            continue
        try:
            found += parser(answer)  # type: ignore[operator]
        except ValueError as error:
            unread.append(Hint(answer.asked, f"not understood: {error}"))
    return Network(tuple(found), tuple(unread), tuple(off), renames)


_IFCFG = (
    r"\s*(export\s+)?(DEVICE|NAME|TYPE|ONBOOT|BOOTPROTO|HWADDR|LLADDR|IPADDR\w*|PREFIX\w*|NETMASK\w*|MASTER|SLAVE|BRIDGE\w*|VLAN|PHYSDEV|ETHERDEVICE"
    r"|STARTMODE|BONDING_\w+|DEVICETYPE|NM_CONTROLLED)="
)
_INTERFACES = (
    r"\s*(auto|allow-\w+|iface|mapping|source|source-directory|address|netmask|hwaddress|bridge[_-]ports|bond[_-]slaves|slaves|vlan[_-]raw[_-]device)(\s|$)"
)
_NETPLAN = (
    r"\s*(-\s+)?([\"']?[\w.:*-]+[\"']?\s*:\s*(#.*)?$"
    r"|[\"']?(version|renderer|dhcp4|dhcp6|macaddress|driver|name|set-name|match|interfaces|link|id|addresses|optional|critical)[\"']?\s*:"
    r"|[\"']?[0-9a-fA-F.:]+(/\d+)?[\"']?\s*:?\s*$|[\"']?[a-z][\w.*]{1,14}[\"']?\s*$"
    r"|[\"']?[\w.:*-]+[\"']?\s*:\s*\{)"
)
_KEYFILE = (
    r"\s*(\[[\w.-]+\]\s*$|(type|interface-name|autoconnect|mac-address|method|master|controller|slave-type|port-type|driver|path|kernel-command-line)\s*=)"
)
_NETWORKD = (
    r"\s*(\[\w+\]\s*$|(MACAddress|PermanentMACAddress|OriginalName|Name|Driver|Path|Type|Kind|Host|Virtualization|KernelCommandLine|KernelVersion"
    r"|Architecture|Credential|Firmware|Property|SSID|BSSID|WLANInterfaceType|NamePolicy|AlternativeNamesPolicy|DHCP|Address|Gateway|Bond|Bridge)\s*=)"
)
_UDEV = r"[^#]*(NAME\s*[+:]?=|SUBSYSTEM==\"net\")"


def _file(path: str, keep: str) -> File:
    return File(path, limit=_SMALL, keep=keep, without=_SECRET)


NETWORK = Question[Network](
    "network_config",
    "network configuration, and to which cards it applies",
    (
        _file("/etc/sysconfig/network-scripts/ifcfg-*", _IFCFG),
        _file("/etc/sysconfig/network/ifcfg-*", _IFCFG),
        _file("/etc/network/interfaces", _INTERFACES),
        _file("/etc/network/interfaces.d/*", _INTERFACES),
        _file("/etc/netplan/*.yaml", _NETPLAN),
        _file("/run/netplan/*.yaml", _NETPLAN),
        _file("/etc/NetworkManager/system-connections/*", _KEYFILE),
        _file("/run/NetworkManager/system-connections/*", _KEYFILE),
        _file("/etc/systemd/network/*.network", _NETWORKD),
        _file("/run/systemd/network/*.network", _NETWORKD),
        _file("/etc/systemd/network/*.link", _NETWORKD),
        _file("/run/systemd/network/*.link", _NETWORKD),
        _file("/usr/lib/systemd/network/*.link", _NETWORKD),
        _file("/etc/udev/rules.d/*.rules", _UDEV),
        # Red Hat's rule that gives a card the DEVICE of the ifcfg file that has its HWADDR: that it is there is all.
        _file("/usr/lib/udev/rules.d/60-net.rules", r"[^#]*rename_device"),
        _file("/lib/udev/rules.d/60-net.rules", r"[^#]*rename_device"),
    ),
    _parse,
    "whether network configuration would still apply to another card",
    quiet=True,
    deep=True,
)
