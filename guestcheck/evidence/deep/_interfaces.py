"""Network configuration with a file or stanza a card: ifcfg files of Red Hat and SUSE, and ifupdown's /etc/network/interfaces.

NetworkManager and Red Hat's own scripts take HWADDR for a condition and DEVICE for a name. See interfaces(5), ifcfg(5) of wicked.
"""

from typing import Dict, Iterator, List, Set, Tuple

from guestcheck.evidence.deep.storage_config import lines_of
from guestcheck.model.setup import Binding, Line
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
        method=_method(values.get("BOOTPROTO", "").lower(), any(key.startswith("IPADDR") for key in values))
        or ("other" if any(values.get(key) for key in ("BRIDGE", "MASTER")) else ""),
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
    started: Set[str] = set()
    stanzas: List[Tuple[Line, List[str], List[str]]] = []
    for line in lines_of([answer]):
        words = line.text.split(" ")
        if words[0] == "auto" or words[0].startswith("allow-"):
            started.update(words[1:])
        elif words[0] == "iface" and len(words) > 1:
            stanzas.append((line, words, []))
        elif stanzas and words[0] not in ("mapping", "source", "source-directory", "rename"):
            stanzas[-1][2].append(line.text)
    any_name = any("*" in one for one in started)
    for line, words, options in stanzas:
        name = words[1]
        if name == "lo" or (name not in started and not any_name):
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
