"""What lshw adds where nothing better told: PCI functions, and what disks and cards hang on.

lspci and /sys win over lshw; a disk or card that has a way up to its bus keeps it. lshw's tree is
that way: what it prints below a PCI function or a virtio device hangs on it.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue import buses
from guestcheck.catalogue.interfaces import SD
from guestcheck.catalogue.rows import driver_of, recommended
from guestcheck.catalogue.virtio import PCI_DRIVERS
from guestcheck.evidence.linux.lshw import LSHW, LshwNode
from guestcheck.evidence.linux.pci import CLASSES
from guestcheck.model.digits import is_digits
from guestcheck.model.guest import BlockDevice, Link, NetInterface, PciFunction
from guestcheck.model.source import Evidence

_DEEPEST = 64
# The driver on the virtio bus that makes a device of that name; see drivers/virtio.
_OF_VIRTIO = [row for row in recommended() if row.bus == buses.VIRTIO]
_BY_NAME = {prefix.letters: driver_of(row) for row in _OF_VIRTIO for prefix in row.prefixes}
_BY_NAME["sr"] = _BY_NAME[SD.letters]
_OF_NICS = next(driver_of(row) for row in _OF_VIRTIO if row.device == "nic")


def add_functions(
    found: Optional[Tuple[PciFunction, ...]], evidence: Evidence
) -> Optional[Tuple[PciFunction, ...]]:
    """Return `found`, or where that is nothing the PCI functions that lshw names."""
    nodes = evidence.get(LSHW) or ()
    if found or not nodes:
        return found
    told: Dict[str, PciFunction] = {}
    for node in nodes:
        if node.bus.startswith("pci@"):
            told.setdefault(node.bus[4:], _function(node))
    return tuple(told.values()) or found


def _function(node: LshwNode) -> PciFunction:
    kind = CLASSES.get(node.description.lower(), "")
    if node.kind == "network" and not kind.startswith("02"):
        kind = "0200"
    elif node.kind == "storage" and not kind.startswith("01"):
        kind = "0108" if node.description == "NVMe device" else "0180"
    name, _, numbers = node.product.partition(" [")
    ids = numbers.rstrip("]").lower() if len(numbers) == 10 and numbers[4] == ":" else ""
    return PciFunction(
        address=node.bus[4:],
        vendor=ids[:4],
        device=ids[5:],
        class_id=kind + "00" if kind else "",
        driver=node.driver,
        vendor_name=node.vendor.partition(" [")[0] if ids else node.vendor,
        device_name=name if ids else node.product,
        class_name=node.description,
        source="lshw",
    )


def add_disks(
    blocks: Optional[Tuple[BlockDevice, ...]], evidence: Evidence
) -> Optional[Tuple[BlockDevice, ...]]:
    """Return the block devices, with the way up that lshw shows to those that have none; where
    nothing listed any, lshw's disks.
    """
    nodes = evidence.get(LSHW) or ()
    places = {
        name.rpartition("/")[2]: place
        for place, node in enumerate(nodes)
        if node.kind == "disk"
        for name in node.names
        if name.startswith("/dev/")
    }
    if not places:
        return blocks
    if blocks is None:
        listed = [
            (name, nodes[place])
            for name, place in places.items()
            if nodes[place].bus and not name.startswith("ng")
        ]
        blocks = tuple(
            BlockDevice(
                name,
                "rom" if name.startswith("sr") else "disk",
                size_bytes=node.size,
                model=node.product,
                vendor=node.vendor if node.vendor.isascii() and len(node.vendor) <= 8 else "",
                serial=node.serial,
                source="lshw",
            )
            for name, node in listed
        )
    return tuple(
        one
        if one.chain or one.name not in places
        else one._replace(chain=_way(nodes, places[one.name], one.name, "block"))
        for one in blocks
    )


def add_cards(
    cards: Optional[Tuple[NetInterface, ...]], evidence: Evidence
) -> Optional[Tuple[NetInterface, ...]]:
    """Return the interfaces, with the way up that lshw shows to those that have none, and with
    lshw's drivers.
    """
    nodes = evidence.get(LSHW) or ()
    named = [
        (node.names[0], place)
        for place, node in enumerate(nodes)
        if node.kind == "network" and node.names and (node.bus or node.driver)
    ]
    if not named:
        return cards
    known = {one.name: one for one in cards or ()}
    for name, place in named:
        node = nodes[place]
        way = _way(nodes, place, name, "net")
        one = known.get(name)
        if one is None:
            if node.driver in _SOFTWARE:
                continue
            known[name] = NetInterface(
                name,
                "hardware",
                mac=node.serial,
                chain=way,
                driver=_driver(node),
                driver_source="lshw",
                bus_info=_address(node),
            )
        elif not one.chain and one.type == "hardware":
            known[name] = one._replace(
                chain=way,
                mac=one.mac or node.serial,
                driver=one.driver or _driver(node),
                driver_source=one.driver_source or "lshw",
            )
    return tuple(known.values())


_SOFTWARE = (
    "bridge",
    "bonding",
    "veth",
    "tun",
    "802.1Q VLAN Support",
    "802.1Q",
    "dummy",
    "vxlan",
    "team",
    "macvlan",
    "openvswitch",
    "ipvlan",
)


def _driver(node: LshwNode) -> str:
    return "" if node.driver in PCI_DRIVERS else node.driver


def _address(node: LshwNode) -> str:
    return node.bus[4:] if node.bus.startswith("pci@") else ""


def _way(nodes: Tuple[LshwNode, ...], place: int, name: str, kind: str) -> Tuple[Link, ...]:
    """Return the chain from a disk or card up to its bus; none where it leads over USB, of which
    lshw does not tell enough.
    """
    links: List[Link] = []
    for _ in range(_DEEPEST):
        if place < 0:
            break
        node = nodes[place]
        bus, _, address = node.bus.partition("@")
        if bus == buses.USB:
            return ()
        if bus == buses.VIRTIO and is_digits(address):
            links.append(Link(f"virtio{address}", node.driver or _maker(name, kind), buses.VIRTIO))
        elif bus == buses.PCI:
            links.append(Link(address, node.driver, buses.PCI))
        place = node.above
    return (Link(name, "", kind), *links) if links else ()


def _maker(name: str, kind: str) -> str:
    return (
        _OF_NICS
        if kind == "net"
        else next((driver for start, driver in _BY_NAME.items() if name.startswith(start)), "")
    )
