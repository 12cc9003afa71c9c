"""Network configuration with a file or stanza a card: ifcfg files of Red Hat and SUSE, and
ifupdown's /etc/network/interfaces.

NetworkManager and Red Hat's own scripts take HWADDR for a condition and DEVICE for a name. See
interfaces(5), ifcfg(5) of wicked.
"""

import re
from fnmatch import fnmatchcase
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Binding, DeviceList, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer


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
    if (
        device == "lo"
        or label.endswith((".bak", ".orig", ".rpmnew", ".rpmsave", "~"))
        or _off(values, suse)
    ):
        return
    kind = values.get("TYPE", "Ethernet").lower()
    software = (
        kind not in ("ethernet", "")
        or "VLAN" in values
        or "." in device
        or any(key.startswith(("BONDING_", "BRIDGE_")) and key != "BRIDGE_UUID" for key in values)
        or values.get("DEVICETYPE", "").lower() == "team"
    )
    members = tuple(
        value
        for key, value in values.items()
        if key.startswith("BONDING_SLAVE") or key in ("ETHERDEVICE", "PHYSDEV", "BRIDGE_PORTS")
    ) or _below(device)
    yield Binding(
        line=lines.get("HWADDR")
        or lines.get("DEVICE")
        or Line(answer.asked, 0, f"the file's name is ifcfg-{label}"),
        kind="wicked" if suse else "ifcfg",
        name=device,
        mac="" if suse else values.get("HWADDR", "").lower(),  # LLADDR of SUSE sets the address
        method=_method(
            values.get("BOOTPROTO", "").lower(), any(key.startswith("IPADDR") for key in values)
        )
        or ("other" if any(values.get(key) for key in _PORT_OF) else ""),
        software=software,
        members=tuple(word for value in members for word in value.split()),
        renderer="network"
        if values.get("NM_CONTROLLED", "").lower() in ("no", "n", "false", "0")
        else "",
    )


# What a NIC is a port of, by name or by its profile's UUID: ifcfg-rh's reader, nm-settings-ifcfg-rh(5).
_PORT_OF = (
    "BRIDGE",
    "BRIDGE_UUID",
    "MASTER",
    "MASTER_UUID",
    "TEAM_MASTER",
    "TEAM_MASTER_UUID",
    "OVS_BRIDGE",
)


def _below(name: str) -> Tuple[str, ...]:
    """Return the NIC that a VLAN's name holds: ens3 of ens3.10."""
    lower, mark, _ = name.partition(".")
    return (lower,) if mark and lower else ()


def parse_idle_ifcfg(answer: Answer) -> Iterator[DeviceList]:
    """Read for which NICs an ifcfg file with ONBOOT=no keeps NetworkManager from making a profile."""
    values = {}
    for line in lines_of([answer]):
        name, _, value = line.text.partition("=")
        values[name.strip().upper()] = (value.strip().strip("\"'"), line)
    word, line = values.get("ONBOOT", ("", Line(answer.asked, 0, "")))
    if word.lower() not in ("no", "off", "false", "0"):
        return
    address = values.get("HWADDR", ("", line))[0].lower()
    name = values.get("DEVICE", ("", line))[0]
    if (address or name) and name != "lo":
        devices = f"mac:{address}" if address else f"interface-name:={name}"
        yield DeviceList(line, "no-auto-default+", devices)


def _off(values: Dict[str, str], suse: bool) -> bool:
    return (
        values.get("STARTMODE", "auto").lower() in ("off", "manual")
        if suse
        else values.get("ONBOOT", "yes").lower() in ("no", "off", "false", "0")
    )


def _method(word: str, addressed: bool) -> str:
    if word.startswith(("dhcp", "bootp", "auto")):
        return "dhcp"
    return "static" if addressed or word in ("static", "manual") else ""


class _Stanza(NamedTuple):
    line: Line
    words: List[str]
    options: List[str]


class _Started(NamedTuple):
    """A word of `auto` or `allow-hotplug`: for which NICs, by which address, and the stanza that is
    for them.
    """

    line: Line
    name: str
    mac: str
    stanza: str
    other: str = ""


_MOST_PATTERNS = 256  # of one file; each is compared with each stanza


def parse_interfaces(answer: Answer) -> Iterator[Binding]:
    """Read /etc/network/interfaces: a stanza a NIC and family; what is neither `auto` nor
    `allow-hotplug` is not brought up.

    >>> [one.name for one in parse_interfaces(Answer("f", OK, "auto ens3\\niface ens3 inet dhcp\\n"))]
    ['ens3']
    """
    started: List[_Started] = []
    stanzas: List[_Stanza] = []
    mapped = False
    for line in lines_of([answer]):
        words = line.text.split(" ")
        if words[0] == "auto" or words[0].startswith("allow-"):
            started += [_started(line, word) for word in words[1:]]
        elif words[0] == "iface" and len(words) > 1:
            stanzas.append(_Stanza(line, words, []))
        elif words[0] == "mapping":
            mapped = True
        elif words[0] == "rename":
            yield from _renamed(line)
        elif stanzas and words[0] not in ("source", "source-directory"):
            stanzas[-1].options.append(line.text)
    named: Dict[str, List[_Started]] = {}
    for one in started:
        named.setdefault(one.stanza, []).append(one)
    patterns = named.pop("", [])
    if len(patterns) > _MOST_PATTERNS:
        raise ValueError(f"more than {_MOST_PATTERNS} patterns of NICs that are brought up")
    for stanza in stanzas:
        name = stanza.words[1]
        ours = [*named.get(name, ()), *(one for one in patterns if _matches(one.name, name))]
        for one in ours if name != "lo" else ():
            yield _of_stanza(stanza, one)
        # A script of its own may lead any NIC to a stanza that no line starts by name.
        if mapped and not ours and name != "lo":
            yield _of_stanza(stanza, _Started(stanza.line, name, "", name))._replace(
                name="", other="mapping"
            )


def _started(line: Line, word: str) -> _Started:
    """Read a pattern [VARIABLE]/VALUE[/NUMBER][=STANZA], or a plain name: interfaces(5)."""
    real, _, stanza = word.partition("=")
    if "/" not in real:
        return _Started(line, real, "", stanza or real)
    variable, value, *options = real.split("/")
    if variable == "mac":
        return _Started(line, "", value.lower(), stanza, " ".join(options))
    other = variable or " ".join(options)
    return _Started(line, value, "", stanza, other)


def _matches(pattern: str, name: str) -> bool:
    return bool(pattern) and fnmatchcase(name, pattern)


def _renamed(line: Line) -> Iterator[Binding]:
    for word in line.text.split(" ")[1:]:
        one = _started(line, word)
        if one.stanza != one.name:
            yield Binding(
                line=line, kind="udev", name=one.name, mac=one.mac, sets=one.stanza, other=one.other
            )


def _of_stanza(stanza: _Stanza, one: _Started) -> Binding:
    words = stanza.words
    method = words[3] if len(words) > 3 else ""
    given = {
        option.split(" ")[0].replace("_", "-"): option.split(" ")[1:] for option in stanza.options
    }
    members = given.get(
        "bridge-ports", given.get("bond-slaves", given.get("slaves", given.get("vlan-raw-device")))
    )
    ports = list(_ports(members or ()))
    # A pattern starts each NIC that matches, where one stanza is named for all, else the one with
    # the stanza's name.
    name = (
        one.name if one.stanza == words[1] and one.name != words[1] else "" if one.mac else words[1]
    )
    name = name.partition(":")[0]  # eth0:1 is a further address of eth0
    return Binding(
        line=stanza.line if name == words[1].partition(":")[0] else one.line,
        kind="ifupdown",
        name=name,
        mac=one.mac,
        method="dhcp"
        if method in ("dhcp", "auto", "ppp")
        else "static"
        if method == "static"
        else "",
        software=members is not None or "." in words[1],
        members=tuple(word for word in ports if word) if members is not None else _below(words[1]),
        other=one.other or ("bridge_ports" if "" in ports else ""),
    )


# bridge-utils-interfaces(5): what "all" stands for in bridge_ports.
_ALL = ("eth*", "em*", "en*", "p[0-9]*")


def _ports(words: Sequence[str]) -> Iterator[str]:
    """Yield the names and patterns of a bridge's ports; for an expression behind "regex" that is
    more than a beginning and ".*" an empty one.
    """
    regex = False
    for word in words:
        if word in ("regex", "noregex"):
            regex = word == "regex"
        elif word == "all":
            yield from _ALL
        elif regex:
            yield f"{word[:-2]}*" if _BEGINNING.match(word) else ""
        elif word != "none":
            yield word


_BEGINNING = re.compile(r"[A-Za-z0-9]*\.\*\Z")
