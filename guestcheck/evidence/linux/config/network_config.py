"""Which network configuration there is, and to which cards it applies: by name, by MAC address, by
driver, by path.

ifcfg files (Red Hat's and SUSE's), ifupdown, netplan, NetworkManager's keyfiles and what it leaves
alone, systemd's .network and .link files, wicked, netifrc, netctl, dhcpcd, connman, OpenWrt, and
udev's rules for names. Keys and passwords stand in the same files: so of each form the lines that
are asked are named, and all others stay where they are. See interfaces(5), netplan(5),
nm-settings-keyfile(5), NetworkManager.conf(5), systemd.network(5), systemd.link(5),
wicked-config(5), udev(7).
"""

import re
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Set

from guestcheck.evidence.linux.config._interfaces import (
    parse_idle_ifcfg,
    parse_ifcfg,
    parse_interfaces,
)
from guestcheck.evidence.linux.config._netplan import parse_netplan
from guestcheck.evidence.linux.config._other_networks import (
    connman,
    parse_connman,
    parse_dhcpcd,
    parse_netctl,
    parse_netifrc,
    parse_openwrt,
    parse_wicked,
)
from guestcheck.evidence.linux.config._profiles import (
    parse_idle,
    parse_keyfile,
    parse_manager,
    parse_networkd,
    parse_udev,
)
from guestcheck.evidence.linux.config.storage_config import in_either_case, lines_of
from guestcheck.model.guest_config import Binding, DeviceList, Network
from guestcheck.model.hint import Hint
from guestcheck.model.source import OK, Answer, File, Question

_SMALL = 65536
_SECRET = (
    ".*("
    + "|".join(
        map(
            in_either_case,
            (
                "pass",
                "psk",
                "secret",
                "private",
                "wep",
                "wpa",
                "leap",
                "pin",
                "token",
                "auth",
                "preshared",
                "identity",
            ),
        )
    )
    + r"|[{,]\s*[\"']?key[\"']?\s*:)"  # WireGuard's in netplan, {mode: wireguard, key: ...}
)


_Parser = Callable[[Answer], Iterator[Binding]]


def _parser_of(path: str) -> Optional[_Parser]:
    if path.startswith("/etc/wicked/"):
        return parse_wicked
    if "/ifcfg-" in path:
        return parse_ifcfg
    if path.startswith("/etc/network/interfaces"):
        return parse_interfaces
    if "/system-connections/" in path:
        return parse_keyfile
    if path.startswith("/etc/netctl/"):
        return parse_netctl
    if path.startswith("/var/lib/connman/"):
        return parse_connman
    return _BY_PATH.get(path) or (parse_udev if path.endswith(".rules") else None)


_BY_PATH: Dict[str, _Parser] = {
    "/etc/conf.d/net": parse_netifrc,
    "/etc/dhcpcd.conf": parse_dhcpcd,
    "/etc/connman/main.conf": lambda answer: iter((connman(answer),)),
    "/etc/config/network": parse_openwrt,
}
_MASKS = (
    "/80-net-setup-link.rules",
    "/99-default.link",
    "/75-persistent-net-generator.rules",
    "/80-net-name-slot.rules",
)
_NETWORKD_FILES = (".network", ".link")


def _parse(answers: List[Answer]) -> Network:
    unread = [
        Hint(answer.asked, "only its beginning was read")
        for answer in answers
        if answer.status != OK and answer.text
    ]
    whole = [answer for answer in answers if answer.status == OK]
    found: List[Binding] = []
    off: List[Hint] = []
    for files in _together(whole):
        first = files[0]
        if (
            first.asked.startswith("/etc/")
            and first.asked.endswith(_MASKS)
            and not first.text.strip()
        ):
            off.append(
                Hint(
                    first.asked,
                    "is empty, or a link to /dev/null: names stay as the kernel gave them",
                )
            )
            continue
        try:
            found += _bindings(files)
        except ValueError as error:
            unread.append(Hint(first.asked, f"not understood: {error}"))
    rules = [answer for answer in whole if answer.asked.endswith("/60-net.rules")]
    return Network(
        bindings=tuple(found),
        unread=(*unread, *_sourced(whole)),
        names_off=tuple(off),
        renames=any("rename_device" in answer.text for answer in rules),
        lists=tuple(_lists(whole)),
    )


def _together(answers: Sequence[Answer]) -> Iterator[List[Answer]]:
    """Yield the files that are read as one: netplan's all, one of networkd's with its drop-ins,
    each other alone.

    Of networkd's, netplan's and udev's files one of the same name in a folder that comes first
    takes the place of the others.
    """
    seen: Set[str] = set()
    plans: List[Answer] = []
    drop_ins: Dict[str, List[Answer]] = {}
    for answer in answers:
        folder, _, name = answer.asked.rpartition("/")
        if folder.endswith(".d") and folder[:-2].endswith(_NETWORKD_FILES):
            drop_ins.setdefault(folder[:-2].rpartition("/")[2], []).append(answer)
    main = any(answer.asked == "/etc/network/interfaces" for answer in answers)
    sources = list(_sources(answers))
    for answer in answers:
        folder, _, name = answer.asked.rpartition("/")
        if answer.asked.endswith(_NETWORKD_FILES) or "/netplan/" in answer.asked:
            if name in seen:
                continue
            seen.add(name)
        if "/netplan/" in answer.asked:
            plans.append(answer)
        elif answer.asked.endswith(_NETWORKD_FILES):
            yield [answer, *drop_ins.get(name, ())]
        elif "/interfaces.d/" not in answer.asked or not main or _is_sourced(name, sources):
            yield [answer]
    if plans:
        yield sorted(plans, key=lambda answer: answer.asked.rpartition("/")[2])


_FOLDER = "/etc/network/interfaces.d"
# The names of files that source-directory reads: interfaces(5).
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


def _sources(answers: Sequence[Answer]) -> Iterator[str]:
    """Yield the patterns of names in interfaces.d that ifupdown's file reads, "" for source-directory.

    A path without a slash before it begins in the file's own folder: interfaces(5).
    """
    for line in lines_of(
        [answer for answer in answers if answer.asked == "/etc/network/interfaces"]
    ):
        keyword, *paths = line.text.split(" ")
        for path in paths if keyword in ("source", "source-directory") else ():
            whole = normpath(path if path.startswith("/") else f"/etc/network/{path}")
            if whole == _FOLDER:
                yield "" if keyword == "source-directory" else "*"
            elif keyword == "source" and whole.rpartition("/")[0] == _FOLDER:
                yield whole.rpartition("/")[2]


def _is_sourced(name: str, patterns: Sequence[str]) -> bool:
    return any(
        fnmatchcase(name, pattern) and not name.startswith(".")
        if pattern
        else bool(_PLAIN_NAME.match(name))
        for pattern in patterns[:_MOST_SOURCES]
    )


_MOST_SOURCES = 64  # each is compared with each file's name


def _bindings(files: List[Answer]) -> Iterator[Binding]:
    first = files[0]
    if "/netplan/" in first.asked:
        yield from parse_netplan(files)
    elif first.asked.endswith(_NETWORKD_FILES):
        yield from parse_networkd(first, files[1:])
    else:
        parser = _parser_of(first.asked)
        if parser and not first.asked.endswith("/60-net.rules"):
            yield from parser(first)


def _sourced(answers: Sequence[Answer]) -> Iterator[Hint]:
    """Yield the lines of ifupdown's that read files elsewhere, and that it has too many of them."""
    if len(list(_sources(answers))) > _MOST_SOURCES:
        yield Hint("/etc/network/interfaces", f"reads files by more than {_MOST_SOURCES} patterns")
    for line in lines_of(
        [answer for answer in answers if answer.asked == "/etc/network/interfaces"]
    ):
        words = line.text.split(" ")
        if words[0] in ("source", "source-directory") and any(
            "interfaces.d" not in word for word in words[1:]
        ):
            yield Hint(line.hint.source, f"{line.text}: what is there was not read")


_ALL_TO_MANAGER = re.compile(
    r"^(?:network:\s*\{.*|\s{1,4})renderer:\s*[\"']?NetworkManager", re.MULTILINE
)


def _lists(answers: Sequence[Answer]) -> Iterator[DeviceList]:
    """Yield NetworkManager's lists in the order in which it reads its files, the last of which
    counts; and udev's rules that keep NICs from it.
    """
    files = [
        answer
        for answer in answers
        if "/NetworkManager" in answer.asked and answer.asked.endswith(".conf")
    ]
    mine = {
        answer.asked.rpartition("/")[2]
        for answer in files
        if answer.asked.startswith("/etc/NetworkManager/conf.d/")
    }
    # Netplan puts an empty file over this one where it leaves all to NetworkManager; /run may not
    # be there to be read.
    if any(
        _ALL_TO_MANAGER.search(answer.text) for answer in answers if "/netplan/" in answer.asked
    ):
        mine.add("10-globally-managed-devices.conf")
    in_run = {
        answer.asked.rpartition("/")[2] for answer in files if answer.asked.startswith("/run/")
    }
    order = (
        "/usr/lib/NetworkManager/NetworkManager.conf",
        "/usr/lib/",
        "/run/",
        "/etc/NetworkManager/NetworkManager.conf",
        "/etc/",
    )
    for place, start in enumerate(order):
        for answer in files:
            name = answer.asked.rpartition("/")[2]
            earlier = place in (1, 2) and (
                name in mine or answer.asked == order[0] or (place == 1 and name in in_run)
            )
            if (
                answer.asked.startswith(start)
                and not earlier
                and not (place == 4 and answer.asked == order[3])
            ):
                yield from parse_manager(answer)
    for answer in answers:
        if "/system-connections/" in answer.asked:
            yield from parse_idle(answer)
        elif "/network-scripts/ifcfg-" in answer.asked:
            # NM_CONTROLLED=no keeps NetworkManager from the card, not from the file alone.
            for one in parse_ifcfg(answer):
                if one.renderer and (one.mac or one.name):
                    yield DeviceList(
                        one.line,
                        "unmanaged+",
                        f"mac:{one.mac}" if one.mac else f"interface-name:={one.name}",
                    )
            yield from parse_idle_ifcfg(answer)
    for line in lines_of([answer for answer in answers if answer.asked.endswith(".rules")]):
        if "NM_UNMANAGED" in line.text:
            yield DeviceList(line, "unmanaged", "udev:")


_IFCFG = (
    r"\s*(export\s+)?(DEVICE|NAME|TYPE|ONBOOT|BOOTPROTO|HWADDR|LLADDR|IPADDR\w*|PREFIX\w*|"
    r"NETMASK\w*|(TEAM_)?MASTER(_UUID)?|SLAVE|(OVS_)?BRIDGE\w*|VLAN|PHYSDEV|ETHERDEVICE"
    r"|STARTMODE|BONDING_\w+|DEVICETYPE|NM_CONTROLLED)="
)
_INTERFACES = (
    r"\s*(auto|allow-\w+|iface|mapping|rename|source|source-directory|address|netmask|hwaddress"
    r"|bridge[_-]ports|bond[_-]slaves|slaves|vlan[_-]raw[_-]device)(\s|$)"
)
_NETPLAN = (
    r"\s*(-\s+)?([\"']?[\w.:*-]+[\"']?\s*:\s*(#.*)?$"
    r"|[\"']?(version|renderer|activation-mode|dhcp4|dhcp6|macaddress|driver|name|set-name|"
    r"match|interfaces|link|id|addresses|optional|critical)[\"']?\s*:"
    r"|[\"']?[\w.:*-]+[\"']?\s*:\s*\{)"
    # A word alone is an item of a list; without its dash it may be a password that stands in a line
    # of its own.
    r"|\s*-\s+([\"']?[0-9a-fA-F.:]+(/\d+)?[\"']?\s*:?\s*$|[\"']?[a-z][\w.*]{1,14}[\"']?\s*$)"
)
_KEYFILE = (
    r"\s*(\[[\w.-]+\]\s*$|(type|interface-name|autoconnect|mac-address|mac-address-blacklist|mac-address-denylist|method|master|controller|parent|"
    r"slave-type|port-type|driver|path|kernel-command-line)\s*=)"
)
_NETWORKD = (
    r"\s*(\[\w+\]\s*$|(MACAddress|PermanentMACAddress|OriginalName|Name|Driver|Path|Type|Kind|"
    r"Host|Virtualization|KernelCommandLine|KernelVersion"
    r"|Architecture|Credential|Firmware|Property|SSID|BSSID|WLANInterfaceType|NamePolicy|"
    r"AlternativeNamesPolicy|DHCP|Address|Gateway|Bond|Bridge|Unmanaged|ActivationPolicy)\s*=)"
)
_UDEV = r"[^#]*(NAME\s*[+:]?=|SUBSYSTEM==\"net\"|NM_UNMANAGED)"
_MANAGER = r"\s*(\[[\w.-]+\]\s*$|(unmanaged-devices|managed|match-device|no-auto-default)\s*[+-]?=)"
_NETIFRC = r"\s*(config|bridge|slaves|vlans)_\w+="
_NETCTL = r"\s*(Interface|Connection|IP|BindsToInterfaces)\s*="
_DHCPCD = (
    r"\s*(allowinterfaces|denyinterfaces|interface|profile|ssid|arping|inform|nodhcp|noipv4)(\s|$)|"
    r"\s*static\s+ip_address="
)
_CONNMAN = r"\s*(\[[\w.-]+\]\s*$|(NetworkInterfaceBlacklist|IPv4\.method)\s*=)"
_OPENWRT = r"\s*(config\s+(interface|device)(\s|$)|(option|list)\s+(device|ifname|name|type|proto|ports)\s)"
_WICKED = r".*<(/?interface|name|/?ipv4|/?ipv6|permanent-address)[>: ]"


def _file(path: str, keep: str) -> File:
    return File(path, limit=_SMALL, keep=keep, without=_SECRET)


_SYSTEMD = (
    "/etc/systemd/network",
    "/run/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
)
NETWORK = Question[Network](
    "network_config",
    "network configuration, and to which cards it applies",
    (
        _file("/etc/sysconfig/network-scripts/ifcfg-*", _IFCFG),
        _file("/etc/sysconfig/network/ifcfg-*", _IFCFG),
        _file("/etc/wicked/ifconfig/*.xml", _WICKED),
        _file("/etc/network/interfaces", _INTERFACES),
        _file("/etc/network/interfaces.d/*", _INTERFACES),
        *(
            _file(f"{folder}/netplan/*.yaml", _NETPLAN)
            for folder in ("/run", "/etc", "/usr/lib", "/lib")
        ),
        *(
            _file(f"{folder}/NetworkManager/system-connections/*", _KEYFILE)
            for folder in ("/etc", "/run", "/usr/lib")
        ),
        *(
            _file(f"{folder}/NetworkManager/NetworkManager.conf", _MANAGER)
            for folder in ("/etc", "/usr/lib")
        ),
        *(
            _file(f"{folder}/NetworkManager/conf.d/*.conf", _MANAGER)
            for folder in ("/etc", "/run", "/usr/lib")
        ),
        # In the order in which a file of the same name takes the place of the others.
        *(
            _file(f"{folder}/{kind}", _NETWORKD)
            for kind in ("*.network", "*.link", "*.network.d/*.conf", "*.link.d/*.conf")
            for folder in _SYSTEMD
        ),
        _file("/etc/udev/rules.d/*.rules", _UDEV),
        # Red Hat's rule that gives a card the DEVICE of the ifcfg file that has its HWADDR: that it
        # is there is all.
        _file("/usr/lib/udev/rules.d/60-net.rules", r"[^#]*rename_device"),
        _file("/lib/udev/rules.d/60-net.rules", r"[^#]*rename_device"),
        _file("/etc/conf.d/net", _NETIFRC),
        _file("/etc/netctl/*", _NETCTL),
        _file("/etc/dhcpcd.conf", _DHCPCD),
        _file("/etc/connman/main.conf", _CONNMAN),
        _file("/var/lib/connman/ethernet_*/settings", _CONNMAN),
        _file("/etc/config/network", _OPENWRT),
    ),
    _parse,
    "whether network configuration would still apply to another card",
    quiet=True,
    deep=True,
)
