"""The kernel's own view of devices: links and attributes under /sys, which decide more than any
tool's text.

Asked as trees of device folders (see `Tree`), written down one fact a line:

    /sys/class/block/vda -> /sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda
    /sys/class/block/vda/size = 536870912
    /sys/class/block/vda/mq/ : 0 1

Odd characters, line breaks and backslashes are written as \\xNN, \\uNNNN or \\UNNNNNNNN, in names
of entries blanks too. The layout of /sys is described in the kernel's Documentation/ABI.
"""

from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.guest import Link
from guestcheck.model.source import CUT, Answer, Command, Listing, Question, ReadInPartError, Tree

# No real device lies deeper; a recording may say anything.
_DEEPEST = 64


class Sysfs(NamedTuple):
    """Facts under /sys: `links` and `values` by path, `entries` by folder (path without the last
    "/").

    `whole` is False where they were put together from what other tools told: then what is missing
    may be there all the same.
    """

    links: Dict[str, str]
    values: Dict[str, str]
    entries: Dict[str, Tuple[str, ...]]
    members: Dict[str, Tuple[str, ...]]
    whole: bool = True

    def names(self, folder: str) -> Tuple[str, ...]:
        """Return the device names seen in `folder`, such as /sys/class/block."""
        return self.members.get(folder, ())

    def value(self, path: str) -> str:
        """Return the attribute at `path`, or "" where it was not there."""
        return self.values.get(path, "")

    def number(self, path: str, base: int = 10) -> Optional[int]:
        """Return the attribute at `path` as an integer, or None."""
        try:
            return int(self.values[path], base)
        except (KeyError, ValueError):
            return None

    def target(self, path: str) -> str:
        """Return the real path that `path` leads to, or ""."""
        return self.links.get(path, "")

    def driver(self, real: str) -> str:
        """Return the name of the driver bound to the device with the real path `real`, or ""."""
        return self.links.get(real + "/driver", "").rpartition("/")[2]

    def chain(self, real: str) -> Tuple[Link, ...]:
        """Return the device at `real` and those above it that have a subsystem, innermost first."""
        links: List[Link] = []
        for _ in range(_DEEPEST):
            if real.count("/") <= 2:
                break
            subsystem = self.links.get(real + "/subsystem", "").rpartition("/")[2]
            driver = self.driver(real)
            if subsystem or driver:
                links.append(Link(real.rpartition("/")[2], driver, subsystem))
            real = real.rpartition("/")[0]
        return tuple(links)


def parse(answers: List[Answer]) -> Sysfs:
    """Read all trees into one index; lines that are no fact are passed over.

    >>> facts = parse([Answer("t", "ok", "/sys/class/block/sda -> /sys/devices/x/sda\\n/sys/class/block/sda/size = 8\\n")])
    >>> facts.names("/sys/class/block"), facts.number("/sys/class/block/sda/size")
    (('sda',), 8)
    """
    links: Dict[str, str] = {}
    values: Dict[str, str] = {}
    entries: Dict[str, Tuple[str, ...]] = {}
    members: Dict[str, Dict[str, None]] = {}

    def take(lines: Iterable[str]) -> None:
        for line in lines:
            path, mark, rest = line.partition(" = ")
            if mark:
                values[path] = unescape(rest) if "\\" in rest else rest
                continue
            path, mark, rest = line.partition(" -> ")
            if mark:
                links[path] = rest
                depth = path.count("/")
                if (depth == 4 and path.startswith("/sys/class/")) or (
                    depth == 5 and path.startswith("/sys/bus/")
                ):
                    folder, _, name = path.rpartition("/")
                    members.setdefault(folder, {})[name] = None
                continue
            path, mark, rest = line.partition("/ :")
            if mark:
                entries[path] = tuple(map(unescape, rest.split()) if "\\" in rest else rest.split())

    says = ""
    stand_in = any(answer.asked.startswith(_STAND_INS) for answer in answers)
    whole = not stand_in and not any(answer.status == CUT for answer in answers)
    if not stand_in:
        for answer in answers:
            take(_lines(answer.text))
    else:
        from guestcheck.evidence.linux.udev_as_sysfs import lines_of, lines_of_way

        for answer in answers:
            try:
                take(lines_of(answer.asked, answer.text))
            except ReadInPartError as error:  # noqa: PERF203
                says = str(error)
        ways = dict.fromkeys(line for real in list(links.values()) for line in lines_of_way(real))
        take(line for line in ways if line.partition(" -> ")[0] not in links)
    if not (links or values):
        raise ValueError("no fact about a device in it")
    found = Sysfs(
        links, values, entries, {folder: tuple(names) for folder, names in members.items()}, whole
    )
    if says:
        raise ReadInPartError(says, found)
    return found


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, a portion at a time: of thousands of devices there are a million."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PORTION)
        end = len(text) if end < 0 else end
        yield from text[start:end].split("\n")
        start = end + 1


_PORTION = 1 << 20


def unescape(text: str) -> str:
    r"""Turn \xNN, \uNNNN and \UNNNNNNNN back into the character they stand for.

    >>> unescape(r"a\x0ab\x5cx\u2028")
    'a\nb\\x\u2028'
    """
    parts = text.split("\\")
    out = [parts[0]]
    for part in parts[1:]:
        end = _ESCAPES.get(part[:1], 0)
        try:
            out.append(chr(int(part[1:end], 16)) + part[end:])
        except (ValueError, OverflowError):
            out.append("\\" + part)
    return "".join(out)


_ESCAPES = {"x": 3, "u": 5, "U": 9}
# What archives hold in place of /sys (see devices.py): a copy of a part of it, udev's words, and
# where its links lead.
_STAND_INS = ("copy of ", "udevadm ", "ls ")


_BLOCK = (
    "dev",
    "size",
    "ro",
    "removable",
    "hidden",
    "partition",
    "queue/discard_max_bytes",
    "queue/rotational",
    "mq/",
    "slaves/",
    "dm/name",
    "dm/uuid",
    "md/level",
    "loop/backing_file",
    "serial",
    "device/vendor",
    "device/model",
    "device/rev",
    "device/type",
    "device/serial",
    "device/firmware_rev",
    "device/vpd_pg80",
    "device/transport",
    "wwid",
)
_PCI = (
    "vendor",
    "device",
    "subsystem_vendor",
    "subsystem_device",
    "class",
    "revision",
    "driver",
    "physfn",
    "subsystem",
)
_NET = (
    "address",
    "operstate",
    "carrier",
    "flags",
    "mtu",
    "type",
    "speed",
    "uevent",
    "device",
    "master",
    "queues/",
    "bridge/",
    "bonding/",
    "ifindex",
    "iflink",
    "tun_flags",
)

SYSFS = Question[Sysfs](
    "sysfs",
    "devices, their drivers and their buses, from /sys",
    (
        Tree("/sys/class/net/*", _NET, ancestors=True),
        Tree("/sys/bus/pci/devices/*", _PCI),
        Tree(
            "/sys/bus/virtio/devices/*",
            ("device", "vendor", "status", "features", "driver", "subsystem"),
        ),
        Tree("/sys/bus/vmbus/devices/*", ("class_id", "device_id", "driver", "subsystem")),
        Tree("/sys/bus/xen/devices/*", ("devtype", "nodename", "driver", "subsystem")),
        Tree(
            "/sys/bus/usb/devices/*",
            ("idVendor", "idProduct", "manufacturer", "product", "driver", "subsystem"),
        ),
        Tree("/sys/bus/vio/devices/*", ("name", "devspec", "modalias", "driver", "subsystem")),
        Tree("/sys/bus/ccw/devices/*", ("cutype", "devtype", "driver", "subsystem")),
        Tree("/sys/class/scsi_host/*", ("proc_name",)),
        Tree(
            "/sys/class/nvme/*",
            ("model", "serial", "transport", "address", "subsysnqn"),
            ancestors=True,
        ),
        Tree("/sys/class/nvme-subsystem/*", ("model", "./")),
        Tree("/sys/class/virtio-ports/*", ("name",)),
        # The last: there may be thousands of them, which must not take the time for all others.
        Tree("/sys/class/block/*", _BLOCK, ancestors=True),
    ),
    parse,
    "every verdict that rests on which driver is bound: the other tools' text decides alone",
    also=(
        Command(("ls", "-l", "/sys/block")),
        Command(("udevadm", "info", "--export-db")),
        Command(("udevadm", "info", "-a", "{}"), each="/sys/class/block/*"),
    ),
)

# Which buses and which built-in drivers there are; a folder under /sys/module shows a driver that
# is built in too.
BUSES = Question[Tuple[str, ...]](
    "buses",
    "which buses the kernel has",
    (Listing("/sys/bus/*"),),
    lambda answers: tuple(line for answer in answers for line in answer.text.split("\n") if line),
    "whether this is a Hyper-V or Xen guest may stay open",
    quiet=True,
)
