"""What SCSI devices there are and which driver each SCSI host has.

Asked: `lsscsi` and `lsscsi -H`; all their options are read, and /proc/scsi/scsi. See lsscsi(8). Its
exit code says nothing: without any SCSI support it complains on standard error and ends with 0, so
no output means no devices.
"""

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.interfaces import NVME
from guestcheck.catalogue.rows import BY_ID, driver_of
from guestcheck.model.digits import is_digits
from guestcheck.model.source import OK, Answer, Command, Question


class ScsiDevice(NamedTuple):
    """A logical unit. `type` is lsscsi's word: disk, cd/dvd, tape, storage …; `node` is "" where
    there is none.

    `transport` (sata:5000…, usb:1-1:1.0) and `path` (in /sys) are there where the options asked for
    them.
    """

    hctl: str
    type: str = ""
    vendor: str = ""
    model: str = ""
    rev: str = ""
    node: str = ""
    transport: str = ""
    path: str = ""


class ScsiHost(NamedTuple):
    """A SCSI host by its number ("2", for NVMe "N:0") and its driver ("" where it has no name)."""

    host: str
    driver: str
    path: str = ""


class Scsi(NamedTuple):
    """The devices and the hosts; None where they were not listed."""

    devices: Optional[Tuple[ScsiDevice, ...]]
    hosts: Optional[Tuple[ScsiHost, ...]]


# What lsscsi calls the peripheral device types, by their number: in its list, and in full as
# /proc/scsi/scsi does.
_NUMBERED = (
    ("disk", "Direct-Access"),
    ("tape", "Sequential-Access"),
    ("printer", "Printer"),
    ("process", "Processor"),
    ("worm", "Write-once"),
    ("cd/dvd", "CD-ROM"),
    ("scanner", "Scanner"),
    ("optical", "Optical memory"),
    ("mediumx", "Medium Changer"),
    ("comms", "Communications"),
    ("(0xa)", "Unknown (0xa)"),
    ("(0xb)", "Unknown (0xb)"),
    ("storage", "Storage array"),
    ("enclosu", "Enclosure"),
    ("sim dsk", "Simplified direct-access"),
    ("opti rd", "Optical card read/writer"),
    ("bridge", "Bridge controller"),
    ("osd", "Object based storage"),
    ("adi", "Automation Drive interface"),
    ("sec man", "Security manager"),
    ("zbc", "Zoned Block"),
)
_PDT = {f"0x{number:x}": short for number, (short, _) in enumerate(_NUMBERED)}
_PDT.update({"0x1e": "wlun", "0x1f": "no dev"})
_TYPES = frozenset(_PDT.values())
_IN_FULL = {full: short for short, full in _NUMBERED}
_IN_FULL.update(
    {"RAID": "storage", "WORM": "worm", "Optical Device": "optical", "No device": "no dev"}
)


def parse_scsi(text: str) -> Scsi:
    """Read what lsscsi printed, with or without `-H`.

    >>> found = parse_scsi('''
    ... [2:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sda
    ... [3:0:0:0]    cd/dvd  QEMU     QEMU DVD-ROM     2.5+  /dev/sr0
    ... ''')
    >>> found.devices[0].vendor, found.devices[0].model, found.devices[0].node
    ('QEMU', 'QEMU HARDDISK', '/dev/sda')
    >>> parse_scsi('[2]    virtio_scsi').hosts
    (ScsiHost(host='2', driver='virtio_scsi', path=''),)
    """
    devices: List[ScsiDevice] = []
    hosts: List[ScsiHost] = []
    classic = False
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith("["):
            address, closed, rest = line[1:].partition("]")
            colons = address.count(":")
            if not closed or not address.replace(":", "").replace("x", "").isalnum():
                continue
            if colons == 3:
                devices.append(_device(address, rest))
            elif is_digits(address) or (colons == 1 and address.startswith("N:")):
                hosts.append(_host(address, rest))
        elif line.startswith("Attached devices"):
            classic = True
        elif line.startswith("Host: scsi"):
            classic = True
            devices.append(ScsiDevice(_classic_address(line)))
        elif devices and line.startswith(("Vendor:", "Type:")):
            devices[-1] = _classic(line, devices[-1])
        elif line.startswith("device dir: ") and hosts:
            hosts[-1] = hosts[-1]._replace(path=line[12:])
        elif line.startswith("dir: ") and devices and line.endswith("]"):
            devices[-1] = devices[-1]._replace(path=line.rpartition("[")[2][:-1])
    if text.strip() and not devices and not hosts and not classic:
        raise ValueError(f"no SCSI device or host in lsscsi's output: {text.strip()[:60]!r}")
    return Scsi(
        devices=tuple(devices) if devices or not hosts else None,
        hosts=tuple(hosts) if hosts else None,
    )


def _host(address: str, rest: str) -> ScsiHost:
    driver = rest.split(None, 1)[0] if rest.strip() else ""
    if address.startswith("N"):
        driver = driver_of(BY_ID[NVME])
    elif driver.lower() in ("<null>", "(null)", "-") or "=" in driver:
        driver = ""
    return ScsiHost(address, driver)


def _device(address: str, rest: str) -> ScsiDevice:
    """Read what follows an address: type, vendor, model, revision in columns of 8, 9, 17 and 6,
    then the node.
    """
    body = rest.lstrip()
    kind = body[:8].rstrip()
    address = _decimal(address)
    if address.startswith("N:"):
        return _namespace(address, body)
    kind = _PDT.get(kind, kind)
    if kind not in _TYPES and not kind.startswith(("(0x", "type?")):
        return _loose(address, body)
    fields = body[8:]
    head, node = fields[:30], _node(fields[30:])
    only = head.strip()
    if (
        not only
        or (" " not in only and (":" in only or len(only) > 8 or only == "none"))
        or only.startswith("pcie ")
    ):
        # --transport, --unit: something else stands where vendor, model and revision do, and may be
        # longer.
        first = fields.split()[:1]
        return ScsiDevice(
            address,
            kind,
            node=_node(fields),
            transport=first[0] if first and ":" in first[0] else "",
        )
    if len(fields) < 9 or (
        fields[8] == " " and fields[25:26] in ("", " ") and fields[30:31] in ("", " ")
    ):
        return ScsiDevice(
            address, kind, fields[:8].strip(), fields[9:25].strip(), fields[26:30].strip(), node
        )
    return _loose(address, body)


def _decimal(address: str) -> str:
    """Write the LUN of `--lunhex` (0x000b, 0x000b000000000000) as the kernel does."""
    start, found, lun = address.rpartition(":0x")
    try:
        return f"{start}:{int(lun[:4], 16)}" if found else address
    except ValueError:
        return address


def _node(text: str) -> str:
    """Find the device node, which "-" stands for where there is none; what follows it is of other
    options.
    """
    for word in text.split():
        if word == "-":
            break
        if word.startswith("/dev/"):
            return word.partition("[")[0]
    return ""


def _namespace(address: str, body: str) -> ScsiDevice:
    """Read an NVMe namespace: `disk    Name of the model__1    /dev/nvme0n1`."""
    kind, _, fields = body.partition(" ")
    if kind.startswith("/dev/") or kind == "-":
        return ScsiDevice(address, node=_node(body))
    place = fields.find("/dev/")
    name = (fields[:place] if place >= 0 else fields.rpartition(" -")[0] or fields).strip()
    kind = "disk" if kind in ("0x0", "dsk/nvm") else kind
    if name.startswith(("pcie ", "eui.", "nvme.", "uuid.")) or name in (
        "tcp",
        "rdma",
        "fc",
        "loop",
        "transport?",
    ):
        return ScsiDevice(
            address, kind, node=_node(fields), transport=name if name.startswith("pcie ") else ""
        )
    return ScsiDevice(address, kind, model=name.rpartition("__")[0] or name, node=_node(fields))


def _loose(address: str, body: str) -> ScsiDevice:
    """Read a line whose columns were lost, by its words."""
    words = body.split()
    kind = ""
    if words[:1] and not words[0].startswith("/dev/") and words[0] != "-":
        kind = " ".join(words[:2]) if " ".join(words[:2]) in _TYPES else words[0]
        words = words[1 + kind.count(" ") :]
    end = next(
        (place for place, word in enumerate(words) if word == "-" or word.startswith("/dev/")),
        len(words),
    )
    vendor, *middle = words[:end] or [""]
    rev = middle.pop() if len(middle) > 1 else ""
    return ScsiDevice(address, kind, vendor, " ".join(middle), rev, _node(" ".join(words[end:])))


def _classic_address(line: str) -> str:
    """Read `Host: scsi2 Channel: 00 Target: 00 Lun: 00` (or `Id:`)."""
    words = line.replace("scsi", "").split()
    numbers = [word.lstrip("0") or "0" for word in words[1::2]]
    return ":".join(numbers[:4])


def _classic(line: str, device: ScsiDevice) -> ScsiDevice:
    if line.startswith("Type:"):
        kind = line[5:].partition("ANSI")[0].strip()
        return device._replace(type=_IN_FULL.get(kind, kind.lower()))
    vendor, _, rest = line[7:].partition("Model:")
    model, _, rev = rest.partition("Rev:")
    return device._replace(vendor=vendor.strip(), model=model.strip(), rev=rev.strip())


def _parse(answers: List[Answer]) -> Scsi:
    devices: Optional[Tuple[ScsiDevice, ...]] = None
    hosts: Optional[Tuple[ScsiHost, ...]] = None
    refused: Optional[ValueError] = None
    for answer in answers:
        try:
            found = parse_scsi(answer.text)
        except ValueError as error:
            refused = error
            continue
        if not answer.text.strip():
            if answer.status != OK:
                continue
            found = Scsi(None, ()) if " -H" in answer.asked else Scsi((), None)
        devices = found.devices if devices is None else devices
        hosts = found.hosts if hosts is None else hosts
    if devices is None and hosts is None:
        raise refused or ValueError("lsscsi printed nothing")
    return Scsi(devices, hosts)


SCSI = Question(
    "scsi",
    "SCSI devices and the drivers of their hosts",
    # `lsscsi -H` would name the hosts' drivers, which /sys has told already; an archive's is read
    # all the same.
    asks=[Command(("lsscsi",))],
    parse=_parse,
    without="what SCSI devices call themselves, except as far as /sys says it",
)
