"""Devices as lshw lists them, in its text, as JSON, and with -short: names, drivers and what hangs
on what.

Nothing here is asked of a running guest, which has better ways. See lshw(1); bus information is of
the forms pci@0000:00:03.0, virtio@1, scsi@2:0.0.0, usb@1:2 and nvme@0:1.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.buses import LSHW_STORAGE
from guestcheck.model.source import Answer, Command, Question, ReadInPartError

_MOST = 200_000  # nodes: 18,278 disks (sda to sdzzz) with some partitions each are 100,000


class LshwNode(NamedTuple):
    """A node of lshw's tree; `above` is the place of the node it hangs under in the list, -1 for
    none. What was not told is "".
    """

    id: str
    kind: str  # the class: network, storage, disk, bridge …
    above: int
    bus: str = ""
    description: str = ""
    product: str = ""
    vendor: str = ""
    names: Tuple[str, ...] = ()
    serial: str = ""
    driver: str = ""
    size: Optional[int] = None


def parse_lshw(text: str) -> Tuple[LshwNode, ...]:
    """Read lshw's output, with or without `-json`.

    >>> card, = parse_lshw('''
    ...   *-network
    ...        product: Virtio network device
    ...        bus info: pci@0000:00:03.0
    ...        configuration: driver=virtio-pci latency=0
    ... ''')
    >>> card.kind, card.bus, card.driver
    ('network', 'pci@0000:00:03.0', 'virtio-pci')
    """
    nodes = _from_json(text) if text.lstrip()[:1] in ("{", "[") else _from_text(text)
    if not nodes:
        raise ValueError(f"no device in lshw's output: {text.strip()[:60]!r}")
    if len(nodes) >= _MOST:
        raise ReadInPartError(
            f"lshw tells of more than {_MOST} devices; the others were not looked at", tuple(nodes)
        )
    return tuple(nodes)


def _from_json(text: str) -> List[LshwNode]:
    from json import JSONDecoder

    start = min(place for place in (text.find("{"), text.find("[")) if place >= 0)
    try:
        told, _ = JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"lshw's JSON cannot be read: {error}") from None
    nodes: List[LshwNode] = []
    waiting = [(node, -1) for node in reversed(told if isinstance(told, list) else [told])]
    while waiting and len(nodes) < _MOST:
        node, above = waiting.pop()
        if not isinstance(node, dict):
            continue
        logical = node.get("logicalname") or ()
        configuration = node.get("configuration")
        size = node.get("size")
        nodes.append(
            LshwNode(
                id=_word(node.get("id")),
                kind=_word(node.get("class")),
                above=above,
                bus=_word(node.get("businfo")),
                description=_word(node.get("description")),
                product=_word(node.get("product")),
                vendor=_word(node.get("vendor")),
                names=tuple(
                    _word(name)
                    for name in ([logical] if isinstance(logical, str) else logical)
                    if isinstance(name, str)
                ),
                serial=_word(node.get("serial")),
                driver=_word(configuration.get("driver"))
                if isinstance(configuration, dict)
                else "",
                size=size
                if type(size) is int and 0 <= size < 1 << 62 and node.get("units") == "bytes"
                else None,
            )
        )
        children = node.get("children")
        if isinstance(children, list):
            here = len(nodes) - 1
            waiting += [(child, here) for child in reversed(children)]
    return nodes


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _from_text(text: str) -> List[LshwNode]:
    """Read the tree of `lshw`, or the table of `lshw -short`, by how far its lines are indented."""
    nodes: List[LshwNode] = []
    above: List[Tuple[int, int]] = []  # indent and place
    for raw in text.expandtabs().split("\n"):
        line = raw.strip()
        if line.startswith("*-"):
            indent = len(raw) - len(raw.lstrip())
            while above and above[-1][0] >= indent:
                above.pop()
            name = line[2:].split()[0].partition(":")[0]
            nodes.append(
                LshwNode(line[2:].split()[0], _kind(name), above[-1][1] if above and indent else -1)
            )
            above.append((indent, len(nodes) - 1))
            if len(nodes) >= _MOST:
                break
        elif nodes:
            nodes[-1] = _with(nodes[-1], line)
    return nodes


def _kind(name: str) -> str:
    if name in ("disk", "cdrom", "namespace") or name.startswith("virtio"):
        return "disk" if not name.startswith("virtio") else ""
    return "storage" if name in LSHW_STORAGE else name


def _with(node: LshwNode, line: str) -> LshwNode:
    """Return the node with what one line says of it."""
    key, colon, value = line.partition(":")
    value = value.strip()
    if not colon or not value:
        return node
    if key == "description":
        return node._replace(
            description=value,
            kind=node.kind
            or ("network" if value in ("Ethernet interface", "Wireless interface") else ""),
        )
    if key == "product":
        return node._replace(product=value)
    if key == "vendor":
        return node._replace(vendor=value)
    if key == "bus info":
        return node._replace(bus=value)
    if key == "logical name":
        return node._replace(
            names=(*node.names, value),
            kind=node.kind or ("disk" if value.startswith("/dev/") else ""),
        )
    if key == "serial":
        return node._replace(serial=value)
    if key == "configuration":
        driver = next((word[7:] for word in value.split() if word.startswith("driver=")), "")
        return node._replace(driver=driver or node.driver)
    return node


def _parse(answers: List[Answer]) -> Tuple[LshwNode, ...]:
    found: List[LshwNode] = []
    refused: Optional[ValueError] = None
    for answer in answers:
        try:
            nodes = parse_lshw(answer.text)
        except ReadInPartError as error:
            refused, nodes = error, error.records
        except ValueError as error:
            refused = refused if isinstance(refused, ReadInPartError) else error
            continue
        shift = len(found)
        found += [
            node._replace(above=node.above + shift if node.above >= 0 else -1) for node in nodes
        ]
    if isinstance(refused, ReadInPartError):
        raise ReadInPartError(str(refused), tuple(found))
    if refused and not found:
        raise refused
    return tuple(found)


LSHW = Question[Tuple[LshwNode, ...]](
    "lshw",
    "devices as lshw lists them (of archives and pasted texts)",
    (),
    _parse,
    "",
    quiet=True,
    also=(Command(("lshw",)),),
)
