"""What udev knows of disks, network interfaces and the devices that carry them.

Asked: pyudev, else `udevadm info --export-db`; both give the latter's text. Single devices
(`--query=all`, `--query=property`) are read too, and the walk upwards of `udevadm info -a`. See
udevadm(8).
"""

from typing import Dict, List, NamedTuple, Tuple

from guestcheck.catalogue.buses import LAYERS, WITH_IDS
from guestcheck.evidence.linux._udev_text import as_database
from guestcheck.model.guest import Link
from guestcheck.model.source import OK, Answer, Call, Command, FirstOf, Question

_ALWAYS = frozenset(("block", "net"))
_WITH_DRIVER = frozenset((*WITH_IDS, *LAYERS)) - _ALWAYS


class UdevDevice(NamedTuple):
    """A device in udev's database: its path below /sys, the kernel's name, links under /dev, and
    its properties.
    """

    path: str
    name: str
    links: Tuple[str, ...]
    properties: Dict[str, str]


class UdevWalk(NamedTuple):
    """The way from a device up to its bus, the device itself first."""

    path: str
    chain: Tuple[Link, ...]


def parse_udev(text: str) -> Tuple[UdevDevice, ...]:
    """Read udev's database: block devices and network interfaces, and of the buses what has a
    driver.

    >>> disk, = parse_udev('''
    ... P: /devices/pci0000:00/0000:00:04.0/virtio1/block/vda
    ... N: vda
    ... S: disk/by-path/pci-0000:00:04.0
    ... E: DEVNAME=/dev/vda
    ... E: SUBSYSTEM=block
    ... ''')
    >>> disk.name, disk.links, disk.properties["DEVNAME"]
    ('vda', ('/dev/disk/by-path/pci-0000:00:04.0',), '/dev/vda')
    """
    if "\r" in text:
        text = text.replace("\r", "")
    text = f"\n{text}"
    if "\nP: /" not in text:
        text = "\n" + as_database(text)
    if "\nP: /" not in text:
        raise ValueError(f"no device of udev: {text.strip()[:60]!r}")
    found = [_device(block) for block in text.split("\nP: ")[1:] if _is_wanted(block)]
    return tuple(device for device in found if _is_kept(device))


def _is_wanted(block: str) -> bool:
    """Skip at a glance what would be read in vain: most of the database."""
    start = block.find("\nE: SUBSYSTEM=")
    if start < 0:
        return True
    subsystem = block[start + 14 : start + 24].partition("\n")[0].rstrip()
    return subsystem in _ALWAYS or (subsystem in _WITH_DRIVER and "DRIVER=" in block)


def _device(block: str) -> UdevDevice:
    path, _, rest = block.partition("\n")
    links: List[str] = []
    properties: Dict[str, str] = {}
    short: Dict[str, str] = {}
    for line in rest.split("\n"):
        mark, value = line[:3], line[3:]
        if mark == "E: ":
            key, _, value = value.partition("=")
            properties[key] = value
        elif mark == "S: ":
            links.append(value if value.startswith("/dev/") else f"/dev/{value}")
        elif mark in _SHORT:
            short[_SHORT[mark]] = value
    path = path.strip()
    for key, value in short.items():
        properties.setdefault(key, value)
    links = links or properties.get("DEVLINKS", "").split()
    return UdevDevice(path, path.rpartition("/")[2].replace("!", "/"), tuple(links), properties)


_SHORT = {"U: ": "SUBSYSTEM", "V: ": "DRIVER", "T: ": "DEVTYPE"}  # systemd 249 and newer


def _is_kept(device: UdevDevice) -> bool:
    subsystem = device.properties.get("SUBSYSTEM", "")
    return subsystem in _ALWAYS or (
        subsystem in _WITH_DRIVER and bool(device.properties.get("DRIVER"))
    )


def parse_walk(text: str) -> Tuple[UdevWalk, ...]:
    """Read `udevadm info -a`, of one device or several.

    >>> walk, = parse_walk('''
    ...   looking at device '/devices/pci0000:00/0000:00:04.0/virtio1/block/vda':
    ...     KERNEL=="vda"
    ...     SUBSYSTEM=="block"
    ...     DRIVER==""
    ...   looking at parent device '/devices/pci0000:00/0000:00:04.0/virtio1':
    ...     KERNELS=="virtio1"
    ...     SUBSYSTEMS=="virtio"
    ...     DRIVERS=="virtio_blk"
    ... ''')
    >>> walk.chain[1]
    Link(name='virtio1', driver='virtio_blk', subsystem='virtio')
    """
    walks: List[Tuple[str, List[Dict[str, str]]]] = []
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith("looking at "):
            path = line.partition("'")[2].rpartition("'")[0]
            if line.startswith("looking at device") or not walks:
                walks.append((path, []))
            walks[-1][1].append({"KERNEL": path.rpartition("/")[2]})
        elif walks and "==" in line:
            key, _, value = line.partition("==")
            key = key[:-1] if key.endswith("S") else key
            if key in ("KERNEL", "DRIVER", "SUBSYSTEM"):
                walks[-1][1][-1][key] = value.strip('"')
    if not walks:
        raise ValueError(f"no device in the output of udevadm info -a: {text.strip()[:60]!r}")
    return tuple(
        UdevWalk(
            path,
            tuple(
                Link(one["KERNEL"], one.get("DRIVER", ""), one.get("SUBSYSTEM", ""))
                for one in chain
            ),
        )
        for path, chain in walks
    )


def _parse(answers: List[Answer]) -> Tuple[UdevDevice, ...]:
    texts = [answer.text for answer in answers if answer.text.strip()]
    if not texts and any(answer.status == OK for answer in answers):
        return ()
    return parse_udev("\n\n".join(texts))


# Without a running udev there is no database, and udevadm would read all of /sys to print what it
# says anyway.
UDEV_DATABASE = "/run/udev/data"

UDEV = Question(
    "udev",
    "what udev knows of disks, network interfaces and the devices that carry them",
    asks=[
        FirstOf((Call("pyudev"), Command(("udevadm", "info", "--export-db"), needs=UDEV_DATABASE)))
    ],
    parse=_parse,
    without="the lasting names of disks, and what udev found out about them",
)
