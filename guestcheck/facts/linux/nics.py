"""Network interfaces: /sys tells what is a card and what is software, ethtool names the driver,
psutil state and addresses.

Where ethtool is missing the driver comes from /sys. An archive has no /sys: there `ip` and ethtool
say which interfaces there are and what they are called, and udev's database and the links in /sys
what they hang on.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from guestcheck.evidence.linux.ip import LINKS, IpLink
from guestcheck.evidence.linux.nic import CHANNELS, DRIVER, NicChannels, NicDriver
from guestcheck.evidence.linux.sysfs import SYSFS, Sysfs
from guestcheck.evidence.linux.system import MACHINE
from guestcheck.evidence.linux.udev import UDEV
from guestcheck.facts.linux.buses import with_drivers
from guestcheck.model.guard import each
from guestcheck.model.guest import NetInterface
from guestcheck.model.source import TEXTS, Evidence

_CLASS = "/sys/class/net"
# `ip -d` has kinds for cards too, of which a few are made by drivers of hardware
_HARDWARE = "/sys/devices/pci"
_LOOPBACK = "772"  # ARPHRD_LOOPBACK, include/uapi/linux/if_arp.h
# What `ethtool -i` told of without a name or a place on a bus; no interface can be called so.
UNNAMED = "(unnamed)"
_CARDS = ("eth", "en", "wl", "ib")  # beginnings of the names that the kernel and udev give cards
_SLAVE = 0x800  # IFF_SLAVE, include/uapi/linux/if.h
# Drivers of interfaces that the guest's own kernel makes, as ethtool -i names them.
SOFTWARE_DRIVERS = frozenset(
    [
        "bonding",
        "bridge",
        "team",
        "tun",
        "veth",
        "802.1Q",
        "macvlan",
        "ipvlan",
        "dummy",
        "vxlan",
        "geneve",
        "openvswitch",
        "ip_vti",
        "gre",
        "wireguard",
        "ifb",
        "netdevsim",
        "vrf",
        "macsec",
    ]
)


# Names that the kernel and common programs give to interfaces of software; a pasted `ip address`
# shows no more of them.
_BY_NAME = (
    (
        "bridge",
        r"docker\d+|br-[0-9a-f]{12}|virbr\d+|(?:cni|lxcbr|lxdbr|podman|vmbr|br)\d+|fwbr\d+i\d+",
    ),
    ("tun", r"(?:tun|tap|vnet)\d+|virbr\d+-nic"),
    ("veth", r"veth\w+|cali[0-9a-f]{11}|fw(?:pr|ln)\d+[pi]\d+"),
    ("bond", r"bond\d+"),
    ("team", r"team\d+"),
    ("dummy", r"dummy\d+|kube-ipvs0"),
    ("wireguard", r"wg\d+"),
    ("vxlan", r"flannel\.\d+|vxlan\.calico"),
    ("other", r"ifb\d+|ovs-system|sit0|gre0|gretap0|erspan0|tunl0|ip6tnl0|ip6gre0|ip6?_vti0"),
)
_NAMED = tuple((kind, re.compile(rf"(?:{names})\Z", re.ASCII)) for kind, names in _BY_NAME)


def _software_by_name(name: str) -> str:
    """Return the type that an interface's name alone tells; "" where it may be a card's."""
    return next((kind for kind, names in _NAMED if names.match(name)), "")


def net_interfaces(evidence: Evidence) -> Optional[Tuple[NetInterface, ...]]:
    """Return every network interface; None where no question told of any."""
    sysfs = evidence.get(SYSFS)
    drivers = {_key(driver): driver for driver in evidence.get(DRIVER) or ()}
    channels = {entry.name: entry for entry in evidence.get(CHANNELS) or ()}
    machine = evidence.get(MACHINE)
    states = machine.nics if machine else {}
    if sysfs is not None and sysfs.names(_CLASS):
        by_index = {sysfs.value(f"{_CLASS}/{name}/ifindex"): name for name in sysfs.names(_CLASS)}
        ports = _ports(sysfs)
        # bonding_masters is a file there, not an interface.
        names = [name for name in sysfs.names(_CLASS) if sysfs.target(f"{_CLASS}/{name}")]

        def one(name: str) -> NetInterface:
            return _from_sysfs(
                sysfs,
                name,
                drivers.get(name),
                channels.get(name),
                states.get(name, {}),
                by_index,
                ports,
            )

        known = tuple(each("facts", names, one, str))
        if sysfs.whole:
            return known
        known = tuple(one._replace(chain=with_drivers(one.chain, evidence)) for one in known)
        return _with_links(
            known, evidence.get(LINKS) or (), drivers, channels, evidence.origin != TEXTS
        )
    links = evidence.get(LINKS) or ()
    if links or drivers:
        return _with_links((), links, drivers, channels, evidence.origin != TEXTS)
    udev = [
        device for device in evidence.get(UDEV) or () if device.properties.get("SUBSYSTEM") == "net"
    ]
    if udev:
        return tuple(
            NetInterface(
                d.name,
                "other" if "/virtual/" in d.path else "hardware",
                path=d.path,
                driver=d.properties.get("ID_NET_DRIVER", ""),
                driver_source="udev",
            )
            for d in udev
        )
    return () if sysfs is not None and sysfs.whole else None


def _key(driver: NicDriver) -> str:
    """Tell apart what `ethtool -i` said of several interfaces, of which some may have no name: by
    the place on their bus.
    """
    return driver.name or driver.bus_info or UNNAMED


def _with_links(
    known: Tuple[NetInterface, ...],
    links: Tuple[IpLink, ...],
    drivers: Dict[str, NicDriver],
    channels: Dict[str, NicChannels],
    all_asked: bool,
) -> Tuple[NetInterface, ...]:
    """Add what `ip` tells to the interfaces of which the way to a bus is known, and those of which
    it is not.

    `all_asked` holds where `ethtool -i` was run for all of them: who pastes its output may have run
    it for one.
    """
    told = {link.name: link for link in links}
    names = dict.fromkeys([*told, *(one.name for one in known), *drivers])
    seen = {one.name: one for one in known}
    ports: Dict[str, List[str]] = {}
    for entry in links:
        if entry.master:
            ports.setdefault(entry.master, []).append(entry.name)
    found = []
    for name in names:
        link: Optional[IpLink] = told.get(name)
        # Where `ethtool -i` was run for all, what has no driver there is made by the kernel itself.
        kind = "other" if drivers and (all_asked or not name.startswith(_CARDS)) else "hardware"
        one = seen.get(name) or (
            _from_ethtool(drivers[name], channels.get(name))
            if name in drivers
            else NetInterface(name, kind)
        )
        found.append(_with_link(one, link, tuple(ports.get(name, ()))) if link is not None else one)
    return tuple(found)


def _with_link(one: NetInterface, link: IpLink, ports: Tuple[str, ...]) -> NetInterface:
    kind = link.kind or ("loopback" if link.loopback else "")
    if not kind and not one.path and one.driver in ("", *SOFTWARE_DRIVERS):
        kind = _software_by_name(one.name) or ("other" if link.above else "")
    software = kind if kind and not one.path.startswith(_HARDWARE) else ""
    return one._replace(
        type=software or one.type,
        mac=one.mac or link.mac,
        state=one.state or link.state,
        master=one.master or link.master,
        lower=one.lower or (*ports, *((link.lower,) if link.lower and software else ())),
        addresses=one.addresses or link.addresses,
        addresses_read=True,
        mtu=one.mtu if one.mtu is not None else link.mtu,
        slave=one.slave if one.slave is not None else link.slave,
    )


def _from_sysfs(
    sysfs: Sysfs,
    name: str,
    told: Optional[NicDriver],
    channels: Optional[NicChannels],
    state: Dict[str, object],
    by_index: Dict[str, str],
    ports: Dict[str, List[str]],
) -> NetInterface:
    path = f"{_CLASS}/{name}"
    real = sysfs.target(path)
    chain = sysfs.chain(real)
    flags = sysfs.number(f"{path}/flags", 16)
    queues = sysfs.entries.get(f"{path}/queues")
    bound = next((link.driver for link in chain if link.driver), "")
    addresses = state.get("addresses")
    speed = sysfs.number(f"{path}/speed")
    return NetInterface(
        name=name,
        type=_type(sysfs, path, real),
        mac=sysfs.value(f"{path}/address"),
        state=sysfs.value(f"{path}/operstate") or _state(state),
        chain=chain,
        path=real,
        driver=told.driver if told and told.driver else bound,
        driver_source=f"ethtool -i {name}" if told and told.driver else path if bound else "",
        bus_info=told.bus_info if told else "",
        queues=sum(1 for queue in queues if queue.startswith("rx-"))
        if queues is not None
        else None,
        max_queues=_most(channels),
        master=sysfs.target(f"{path}/master").rpartition("/")[2],
        lower=_lower(sysfs, name, by_index, ports),
        addresses=tuple(str(address).partition("%")[0] for address in addresses)
        if isinstance(addresses, list)
        else (),
        addresses_read=isinstance(addresses, list),
        speed=speed if speed and speed > 0 else None,
        mtu=sysfs.number(f"{path}/mtu"),
        slave=bool(flags & _SLAVE) if flags is not None else None,
    )


def _state(state: Dict[str, object]) -> str:
    return "" if "up" not in state else "up" if state["up"] else "down"


def _most(channels: Optional[NicChannels]) -> Optional[int]:
    return (channels.max_combined or channels.max_rx or None) if channels else None


def _type(sysfs: Sysfs, path: str, real: str) -> str:
    uevent = sysfs.value(f"{path}/uevent")
    devtype = next((line[8:] for line in uevent.split("\n") if line.startswith("DEVTYPE=")), "")
    if f"{path}/bridge" in sysfs.entries:
        return "bridge"
    if f"{path}/bonding" in sysfs.entries:
        return "bond"
    if f"{path}/tun_flags" in sysfs.values:
        return "tun"
    if sysfs.target(f"{path}/device") or "/virtual/" not in real:
        return "hardware"
    if not sysfs.whole and path.rpartition("/")[2] == "lo":
        return "loopback"
    if sysfs.value(f"{path}/type") == _LOOPBACK:
        return "loopback"
    return devtype or ("dummy" if path.rpartition("/")[2].startswith("dummy") else "other")


def _ports(sysfs: Sysfs) -> Dict[str, List[str]]:
    """Return the ports of each bridge and bond."""
    ports: Dict[str, List[str]] = {}
    for name in sysfs.names(_CLASS):
        master = sysfs.target(f"{_CLASS}/{name}/master").rpartition("/")[2]
        if master:
            ports.setdefault(master, []).append(name)
    return ports


def _lower(
    sysfs: Sysfs, name: str, by_index: Dict[str, str], ports: Dict[str, List[str]]
) -> Tuple[str, ...]:
    """Return what `name` is built on: the ports of a bridge or bond, the card under a VLAN."""
    found = [*ports.get(name, ())]
    path = f"{_CLASS}/{name}"
    uevent = sysfs.value(f"{path}/uevent")
    if "DEVTYPE=" in uevent and "DEVTYPE=veth" not in uevent:
        # A VLAN's iflink is the index of the card beneath; that of a veth counts in another
        # namespace and means nothing here.
        below = by_index.get(sysfs.value(f"{path}/iflink"), name)
        if below != name and sysfs.value(f"{path}/iflink") != sysfs.value(f"{path}/ifindex"):
            found.append(below)
    return tuple(found)


def _from_ethtool(driver: NicDriver, channels: Optional[NicChannels]) -> NetInterface:
    return NetInterface(
        name=driver.name or ("" if driver.bus_info else UNNAMED),
        type="other" if driver.driver in SOFTWARE_DRIVERS else "hardware",
        driver=driver.driver,
        driver_source=f"ethtool -i {driver.name}".strip(),
        bus_info=driver.bus_info,
        max_queues=_most(channels),
    )
