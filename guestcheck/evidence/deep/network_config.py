"""Which network configuration there is, and to which cards it applies: by name, by MAC address, by driver, by path.

ifcfg files (Red Hat's and SUSE's), ifupdown, netplan, NetworkManager's keyfiles, systemd's .network and .link files, wicked, and udev's
rules for names. Keys and passwords stand in the same files: so of each form the lines that are asked are named, and all others stay where
they are. See interfaces(5), netplan(5), nm-settings-keyfile(5), systemd.network(5), systemd.link(5), wicked-config(5), udev(7).
"""

from typing import Dict, List, Optional

from guestcheck.evidence.deep._interfaces import parse_ifcfg, parse_interfaces
from guestcheck.evidence.deep._netplan import parse_netplan
from guestcheck.evidence.deep._profiles import parse_keyfile, parse_networkd, parse_udev
from guestcheck.evidence.deep.storage_config import in_either_case
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Binding, Network
from guestcheck.model.source import OK, Answer, File, Question

_SMALL = 65536
_SECRET = (
    ".*("
    + "|".join(map(in_either_case, ("pass", "psk", "secret", "private", "wep", "wpa", "leap", "pin", "token", "auth", "preshared", "identity")))
    + r"|[{,]\s*[\"']?key[\"']?\s*:)"  # WireGuard's in netplan, {mode: wireguard, key: ...}
)


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
    r"|[\"']?[\w.:*-]+[\"']?\s*:\s*\{)"
    # A word alone is an item of a list; without its dash it may be a password that stands in a line of its own.
    r"|\s*-\s+([\"']?[0-9a-fA-F.:]+(/\d+)?[\"']?\s*:?\s*$|[\"']?[a-z][\w.*]{1,14}[\"']?\s*$)"
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
