"""Network configuration that matches cards: NetworkManager's keyfiles, systemd's .network and .link
files, and udev's rules for names.

See nm-settings-keyfile(5), systemd.network(5), systemd.link(5), udev(7).
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Binding, DeviceList, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer


class _Part(NamedTuple):
    """A section of an INI file: its name, the line where it begins, and what it holds (of a
    repeated key all).
    """

    name: str
    line: Line
    values: Dict[str, List[str]]
    lines: Dict[str, Line]

    def get(self, *names: str) -> str:
        return " ".join(word for name in names for word in self.values.get(name, ()))


def _parts(answers: Sequence[Answer]) -> List[_Part]:
    parts: List[_Part] = []
    for line in lines_of(answers):
        if line.text.startswith("[") and line.text.endswith("]"):
            parts.append(_Part(line.text[1:-1].lower(), line, {}, {}))
        elif parts and "=" in line.text:
            name, _, value = line.text.partition("=")
            key = name.strip().lower()
            parts[-1].values.setdefault(key, []).append(value.strip().strip("\"'"))
            parts[-1].lines.setdefault(key, line)
    return parts


def parse_keyfile(answer: Answer) -> Iterator[Binding]:
    """Read one profile of NetworkManager; a profile without a name, an address or a match is for
    any card of its type.

    >>> next(parse_keyfile(Answer("f", OK, "[connection]\\ntype=ethernet\\ninterface-name=ens3\\n[ipv4]\\nmethod=auto\\n")))[2]
    'ens3'
    """
    parts = _parts([answer])
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
    names = [
        connection.get("interface-name"),
        *(_words(match.get("interface-name")) if match else ()),
    ]
    port = bool(connection.get("master", "controller"))
    yield Binding(
        line=line,
        kind="networkmanager",
        name=" ".join(name for name in names if name),
        mac=card.get("mac-address").lower() if card else "",
        driver=" ".join(_words(match.get("driver"))) if match else "",
        path=" ".join(_words(match.get("path"))) if match else "",
        method="other"
        if port
        else "static"
        if method == "manual"
        else "dhcp"
        if method == "auto"
        else "",
        software=kind not in ("ethernet", "802-3-ethernet", ""),
        members=_parent(named.get("vlan")),
        other=_further_conditions(card, match),
    )


def _further_conditions(card: Optional[_Part], match: Optional[_Part]) -> str:
    """Return what else must hold for a profile to be started: a NIC that it does not exclude."""
    lists = ("mac-address-blacklist", "mac-address-denylist")
    found = {
        "mac-address-denylist": card.get(*lists) if card else "",
        "kernel-command-line": match.get("kernel-command-line") if match else "",
    }
    return " ".join(name for name, value in found.items() if value)


def _parent(vlan: Optional[_Part]) -> Tuple[str, ...]:
    """Return the NIC below a VLAN; a profile's UUID, which may stand there too, names none."""
    parent = vlan.get("parent") if vlan else ""
    return (parent,) if parent and len(parent) < 16 else ()


def parse_idle(answer: Answer) -> Iterator[DeviceList]:
    """Read for which NICs a profile that does not start by itself keeps NetworkManager from making
    one.
    """
    named = {part.name: part for part in _parts([answer])}
    connection = named.get("connection")
    if connection is None or connection.get("autoconnect").lower() not in ("false", "no", "0"):
        return
    if connection.get("type").lower() in ("ethernet", "802-3-ethernet", ""):
        card = named.get("ethernet", named.get("802-3-ethernet"))
        address, name = card.get("mac-address") if card else "", connection.get("interface-name")
        devices = f"mac:{address}" if address else f"interface-name:={name}" if name else "*"
        yield DeviceList(connection.line, "no-auto-default+", devices)


def _words(text: str) -> List[str]:
    """Split NetworkManager's list of patterns; "|" and "&" before a word are left to be not
    understood.

    >>> _words("en*;!ens3;")
    ['en*', '!ens3']
    """
    return [word for word in re.split(r"[;,\s]+", text) if word]


# By the key: what it does to the devices of its list.
_LISTS = {"unmanaged-devices": "unmanaged", "no-auto-default": "no-auto-default"}


def parse_manager(answer: Answer) -> Iterator[DeviceList]:
    """Read a file of NetworkManager.conf(5): which devices it leaves alone, and for which it makes
    no profile.

    >>> text = "[keyfile]\\nunmanaged-devices=interface-name:ens3;driver:veth\\n"
    >>> [(one.what, one.devices) for one in parse_manager(Answer("f", OK, text))]
    [('unmanaged', 'interface-name:ens3;driver:veth')]
    """
    for part in _parts([answer]):
        if part.name.startswith("device") and "managed" in part.values:
            told = part.values["managed"][-1].lower()
            what = "not-managed" if told in ("0", "no", "false", "off") else "managed"
            yield DeviceList(
                part.lines["managed"], what, ";".join(part.values.get("match-device", ["*"]))
            )
        for key in part.values:
            name = key.rstrip("+-")
            if name in _LISTS and part.name in ("main", "keyfile"):
                added = "+" if key.endswith("+") else "-" if key.endswith("-") else ""
                yield DeviceList(part.lines[key], _LISTS[name] + added, part.values[key][-1])


_MATCHES = {
    "macaddress",
    "permanentmacaddress",
    "originalname",
    "name",
    "driver",
    "path",
    "type",
    "kind",
}


def parse_networkd(answer: Answer, drop_ins: Sequence[Answer] = ()) -> Iterator[Binding]:
    """Read a .network or .link file, and its drop-ins after it.

    >>> next(parse_networkd(Answer("/etc/systemd/network/10-a.link", OK, "[Match]\\nMACAddress=52:54:00:12:34:56\\n[Link]\\nName=lan0\\n")))[3:7]
    ('52:54:00:12:34:56', '', '', 'lan0')
    """
    parts = _parts([answer, *drop_ins])
    match = _joined(parts, "match")
    if match is None or "container" in match.get("virtualization"):
        return  # without a match it is ignored, and no NIC of a container's is one of ours
    link = answer.asked.endswith(".link")
    network, own = _joined(parts, "network"), _joined(parts, "link")
    addressed = any(
        "address" in part.values for part in parts if part.name in ("network", "address")
    )
    automatic = network is not None and "".join(network.get("dhcp").lower().split()[-1:]) in (
        "yes",
        "true",
        "ipv4",
        "both",
        "v4",
        "on",
        "1",
        "ipv6",
    )
    port = network is not None and network.get("bridge", "bond") != ""
    kinds, types = _negated(match.get("kind")), _negated(match.get("type"))
    hard = all(word == "!*" for word in kinds) and (
        not types
        or "ether" in types
        or all(word.startswith("!") and word != "!ether" for word in types)
    )
    hard = hard and not set(match.get("driver").split()) & _OF_SOFTWARE
    keys = ("macaddress", "permanentmacaddress", "originalname", "name", "driver", "path")
    unmanaged = bool(
        own
        and not link
        and (own.get("unmanaged").lower() in _TRUE or own.get("activationpolicy") in _NOT_UP)
    )
    yield Binding(
        line=next((match.lines[key] for key in keys if key in match.lines), match.line),
        kind="link" if link else "networkd",
        name=" ".join(_negated(match.get("originalname" if link else "name"))),
        mac=" ".join(_negated(match.get("macaddress", "permanentmacaddress").lower())),
        driver=" ".join(_negated(match.get("driver"))),
        path=match.get("path"),
        sets=own.get("name") if link and own else "",
        method=""
        if link or unmanaged
        else "static"
        if addressed and not automatic
        else "dhcp"
        if automatic
        else "other"
        if port
        else "",
        software=not hard,
        members=(),
        other=_not_understood(match),
        policy=own.get("namepolicy") if link and own else "",
        unmanaged=unmanaged,
    )


# Drivers of interfaces that the kernel makes itself, as systemd's own files for containers and
# virtual machines name them.
_OF_SOFTWARE = {"veth", "tun", "bridge", "bonding", "dummy", "macvlan", "ipvlan", "vxlan"}


def _not_understood(match: _Part) -> str:
    known = _MATCHES | (
        {"virtualization"} if match.get("virtualization") in ("vm", "yes") else set()
    )
    return " ".join(key for key in match.values if key not in known)


_TRUE = ("yes", "true", "on", "1", "y", "t")
_NOT_UP = ("manual", "always-down", "down")


def _joined(parts: Sequence[_Part], name: str) -> Optional[_Part]:
    """Return all sections of that name as one, as systemd reads them."""
    found = [part for part in parts if part.name == name]
    if not found:
        return None
    values: Dict[str, List[str]] = {}
    lines: Dict[str, Line] = {}
    for part in found:
        for key, given in part.values.items():
            values.setdefault(key, []).extend(given)
            lines.setdefault(key, part.lines[key])
    for key, given in values.items():
        # An empty value takes back what stands before it: systemd.syntax(7).
        emptied = [place for place, value in enumerate(given) if not value]
        values[key] = given[emptied[-1] + 1 :] if emptied else given
    return _Part(name, found[0].line, values, lines)


def _negated(text: str) -> List[str]:
    """Return the words of a list, each with "!" where the list begins with one: systemd.network(5).

    >>> _negated("!eth0 eth1"), _negated("en* eth*")
    (['!eth0', '!eth1'], ['en*', 'eth*'])
    """
    words = text.split()
    if words and words[0].startswith("!"):
        return ["!" + word.lstrip("!") for word in words if word.lstrip("!")]
    return words


def parse_udev(answer: Answer) -> Iterator[Binding]:
    """Read rules that set NAME of a network card, as 70-persistent-net.rules does.

    >>> text = 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"'
    >>> next(parse_udev(Answer("f", OK, text)))[2:7]
    ('', '52:54:00:12:34:56', '', '', 'eth0')
    """
    for line in lines_of([answer]):
        words = [word.strip() for word in line.text.split(",")]
        pairs = {
            word.partition("=")[0].rstrip(":+ "): word.rpartition("=")[2].strip(' "')
            for word in words
            if "=" in word
        }
        if pairs.get("SUBSYSTEM", "net") != "net" or "NAME" not in pairs:
            continue
        known = {
            "SUBSYSTEM",
            "ACTION",
            "ATTR{address}",
            "DRIVERS",
            "KERNEL",
            "NAME",
            "KERNELS",
            "ATTR{type}",
            "ATTR{dev_id}",
            "ENV{ID_NET_DRIVER}",
        }
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
    """Return what a pattern asks: "?*" is anything, and "eth*" the kernel's own names, which every
    card has at first.
    """
    return "" if word in ("?*", "*", "eth*") else word.replace("|", " ")
