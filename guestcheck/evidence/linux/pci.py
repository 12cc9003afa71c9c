"""What PCI functions there are: ids, class, subsystem, and the kernel driver that is bound.

Asked: `lspci -Dvmmnnk`, where that is not understood `lspci -Dnnk` or (busybox) `lspci -n`; any
other form of lspci is read too, but for the tree (`-t`). See lspci(8). The driver of every virtio
device is `virtio-pci`: that is the transport, the driver proper sits on the virtio bus.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.guest import PciFunction
from guestcheck.model.source import OK, Answer, Command, FirstOf, Question

# Compiled at first use: the form that is asked for needs neither.
_IDS = r"(?:^(?:(?:Unknown )?[Dd]evice )?|\[)([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?:\]|(?=\s|$))"
# One that is never closed is taken to the end, so that it is not tried from each of its quotes.
_QUOTED = r'"((?:[^"\\]|\\.|\\$)*)("?)|-([rp])([0-9a-fA-F]{2})\b'

_HEX = frozenset("0123456789abcdefABCDEF")
_TAGS = frozenset(("Class", "Vendor", "Device", "SVendor", "SDevice", "Rev", "ProgIf"))
_DRIVER = frozenset(("Driver", "Kernel driver in use", "Driver in use"))
_MODULES = frozenset(("Module", "Kernel modules"))

# Names of lspci for the classes that hold disks, networks and the parts around them, in lower case.
CLASSES = {
    "scsi storage controller": "0100",
    "ide interface": "0101",
    "floppy disk controller": "0102",
    "ipi bus controller": "0103",
    "raid bus controller": "0104",
    "ata controller": "0105",
    "sata controller": "0106",
    "serial attached scsi controller": "0107",
    "non-volatile memory controller": "0108",
    "universal flash storage controller": "0109",
    "mass storage controller": "0180",
    "unknown mass storage controller": "0180",
    "ethernet controller": "0200",
    "token ring network controller": "0201",
    "fddi network controller": "0202",
    "atm network controller": "0203",
    "isdn controller": "0204",
    "infiniband controller": "0207",
    "fabric controller": "0208",
    "network controller": "0280",
    "vga compatible controller": "0300",
    "3d controller": "0302",
    "display controller": "0380",
    "host bridge": "0600",
    "isa bridge": "0601",
    "pci bridge": "0604",
    "bridge": "0680",
    "communication controller": "0780",
    "sd host controller": "0805",
    "system peripheral": "0880",
    "usb controller": "0c03",
}


class _Seen:
    """What the lines of one function said so far."""

    __slots__ = ("heads", "modules", "tags")

    def __init__(self) -> None:
        self.heads: List[str] = []
        self.tags: Dict[str, str] = {}
        self.modules: List[str] = []


def parse_pci(text: str) -> Tuple[PciFunction, ...]:
    """Read what lspci printed, in any of its forms.

    Vendor and device are "" where only names were printed; the lists print both names in one, it
    stands in `device_name`. The last two digits of `class_id` (the programming interface) are "00"
    where they were not printed. The driver is None unless the text shows a driver for some
    function.

    >>> function, bridge = parse_pci('''
    ... 0000:00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]
    ...     Subsystem: Red Hat, Inc. Device [1af4:0001]
    ...     Kernel driver in use: virtio-pci
    ... 0000:00:00.0 Host bridge [0600]: Intel Corporation 440FX - 82441FX PMC [Natoma] [8086:1237] (rev 02)
    ... ''')
    >>> function.address, function.id, function.class_id, function.subsystem, function.driver
    ('0000:00:03.0', '1af4:1000', '020000', '1af4:0001', 'virtio-pci')
    >>> bridge.device_name, bridge.revision, bridge.driver
    ('Intel Corporation 440FX - 82441FX PMC [Natoma]', '02', '')
    """
    functions = _collect(text)
    for address, seen in list(functions.items()):
        for head in seen.heads:
            _read_head(head, seen.tags)
        if not seen.tags:
            del functions[address]
    if not functions and text.strip():
        raise ValueError(f"no PCI function in lspci's output: {text.strip()[:60]!r}")
    shown = any("Driver" in seen.tags for seen in functions.values())
    return tuple(_function(address, seen, shown) for address, seen in functions.items())


def _collect(text: str) -> Dict[str, _Seen]:
    functions: Dict[str, _Seen] = {}
    seen = _Seen()
    listed = False
    wrapped = 0  # how many lines may still continue the first line of a function
    for raw in text.split("\n"):
        line = raw.strip()
        tag, colon, value = line.partition(":")
        value = value.strip()
        if tag in _TAGS and not listed and (tag != "Device" or not _slot(value)):
            seen.tags.setdefault(tag, value)
            wrapped = 0
            continue
        slot = _slot(line) if colon and _HEX.issuperset(tag) else ""
        if slot:
            seen = functions.setdefault(slot, _Seen())
            seen.heads.append(line[len(line.split(None, 1)[0]) :].strip())
            listed, wrapped = True, 2
            continue
        if tag in ("Slot", "Device"):
            slot = _slot(value)
        if slot:
            seen = functions.setdefault(slot, _Seen())
            listed = False
        elif tag in _DRIVER:
            seen.tags.setdefault("Driver", value)
        elif tag in _MODULES:
            seen.modules += value.replace(",", " ").split()
        elif tag == "Subsystem":
            _read_subsystem(value, seen.tags)
        elif tag == "DeviceName" and "\t" in value:
            _read_after_label(value, seen.tags)
        elif wrapped and line and raw[0] not in " \t" and (not colon or "[" in tag or "(" in tag):
            seen.heads[-1] += f" {line}"
            wrapped -= 1
            continue
        wrapped = 0
    return functions


def _slot(text: str) -> str:
    """Make `00:02.0`, `0000:00:02.0` and the paths of `lspci -PP` into a full address, anything
    else into "".
    """
    word = text.split(None, 1)[0] if text else ""
    domain = word.partition("/")[0][:-7]
    slot = word[-7:]
    if not (
        _is_hex(slot[:2] + slot[3:5], 4)
        and slot[2] == ":"
        and slot[5:6] == "."
        and slot[6:] in "01234567"
    ):
        return ""
    if domain and not (domain[-1] == ":" and 4 < len(domain) < 10 and _HEX.issuperset(domain[:-1])):
        return ""
    return f"{domain or '0000:'}{slot}".lower()


def _read_after_label(value: str, tags: Dict[str, str]) -> None:
    """Read what follows a slot's label: some versions of lspci forget to end that line."""
    tag, _, rest = value.rpartition("\t")[2].partition(":")
    if tag == "Subsystem":
        _read_subsystem(rest.strip(), tags)
    elif tag in _DRIVER:
        tags.setdefault("Driver", rest.strip())


def _read_subsystem(value: str, tags: Dict[str, str]) -> None:
    ids = _last_ids(value)
    if not ids:
        tags.setdefault("Subsystem", value)
    else:
        tags.setdefault("SVendor", ids[1])
        tags.setdefault("SDevice", ids[2])


def _read_head(head: str, tags: Dict[str, str]) -> None:
    """Read the rest of a function's first line into the tags that `lspci -vmm` would give."""
    if head.startswith('"'):
        _read_quoted(head, tags)
        return
    head, found, rest = head.partition(" (prog-if ")
    if found:
        tags.setdefault("ProgIf", rest[:2])
    head, found, rest = head.partition(" (rev ")
    if found:
        tags.setdefault("Rev", rest[:2])
    kind, colon, name = head.partition(": ")
    if not colon:
        return
    tags.setdefault("Class", kind)
    ids = _last_ids(name)
    if ids is None:
        tags.setdefault("Device", name.strip())
        return
    label = name[: ids.start()].strip()
    known, code = _named(tags.get("Device", ""))
    if not code:
        tags["Vendor"] = ids[1]
        tags["Device"] = f"{label or known} [{ids[2]}]"
    rest = name[ids.end() :].strip()
    if rest and not label and " " not in rest:
        tags.setdefault("Driver", rest)  # busybox: 00:01.1 Class 0101: 8086:7010 ata_piix


def _last_ids(text: str) -> Optional[re.Match[str]]:
    found = list(re.finditer(_IDS, text))
    return found[-1] if found else None


def _read_quoted(head: str, tags: Dict[str, str]) -> None:
    values = []
    for quoted, closed, option, value in re.findall(_QUOTED, head):
        if option:
            tags.setdefault("Rev" if option == "r" else "ProgIf", value)
        elif closed:
            values.append(quoted.replace('\\"', '"').replace("\\\\", "\\"))
    for tag, value in zip(("Class", "Vendor", "Device", "SVendor", "SDevice", "Driver"), values):
        if value:
            tags.setdefault(tag, value)


def _function(address: str, seen: _Seen, drivers_shown: bool) -> PciFunction:
    tags = seen.tags
    vendor_name, vendor = _named(tags.get("Vendor", ""))
    device_name, device = _named(tags.get("Device", ""))
    if not (vendor and device):
        vendor_name, device_name = tags.get("Vendor", ""), tags.get("Device", "")
        vendor = device = ""
    class_name, class_id = _named(tags.get("Class", ""))
    class_id = class_id or CLASSES.get(class_name.lower(), "")
    interface = tags.get("ProgIf", "").lower()
    subsystem = _named(tags.get("SVendor", ""))[1], _named(tags.get("SDevice", ""))[1]
    return PciFunction(
        address=address,
        vendor=vendor,
        device=device,
        subsystem=":".join(subsystem) if all(subsystem) and subsystem != ("0000", "0000") else "",
        class_id=class_id and class_id + (interface if _is_hex(interface, 2) else "00"),
        revision=tags.get("Rev", "").lower(),
        driver=_driver(tags, drivers_shown),
        modules=tuple(dict.fromkeys(seen.modules)),
        vendor_name=vendor_name,
        device_name=device_name,
        class_name=class_name,
        subsystem_name=""
        if all(subsystem)
        else tags.get("Subsystem", "")
        or f"{tags.get('SVendor', '')} {tags.get('SDevice', '')}".strip(),
        source="lspci",
    )


def _driver(tags: Dict[str, str], drivers_shown: bool) -> Optional[str]:
    """Return the driver's name; lspci without /sys prints a number, which is none."""
    told = tags.get("Driver", "" if drivers_shown else None)
    return None if told is not None and is_digits(told) else told


def _named(text: str) -> Tuple[str, str]:
    """Split `Host bridge [0600]`, `0600`, `Class 0600` into name and id."""
    if text.endswith("]") and text[-6:-5] == "[" and _is_hex(text[-5:-1], 4):
        name, code = text[:-6].strip(), text[-5:-1]
    elif _is_hex(text[-4:], 4) and (len(text) == 4 or text[:-5].lower() in _UNNAMED):
        name, code = text[:-5], text[-4:]
    else:
        return text, ""
    return "" if name.lower() in _UNNAMED else name, code.lower()


_UNNAMED = frozenset(("device", "vendor", "class", "unknown vendor", "unknown device"))


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text)


def _parse(answers: List[Answer]) -> Tuple[PciFunction, ...]:
    text = "\n".join(answer.text for answer in answers)
    if not text.strip() and not any(answer.status == OK for answer in answers):
        raise ValueError("lspci printed nothing")
    functions = parse_pci(text)
    if len(answers) == 1:
        return functions
    # One text may show drivers and another not: a driver is missing only where the function stands
    # in one that shows them.
    shown = {
        one.address
        for answer in answers
        if answer.text.strip()
        for one in _or_none(answer.text)
        if one.driver is not None
    }
    return tuple(
        one if one.driver or one.address in shown else one._replace(driver=None)
        for one in functions
    )


def _or_none(text: str) -> Tuple[PciFunction, ...]:
    try:
        return parse_pci(text)
    except ValueError:
        return ()


PCI = Question(
    "pci",
    "PCI functions: ids, class and driver",
    asks=[
        FirstOf(
            (
                Command(("lspci", "-Dvmmnnk")),
                Command(("lspci", "-Dnnk")),
                Command(("lspci", "-n")),
            )
        )
    ],
    parse=_parse,
    without="which PCI devices there are and what they are called, except as far as /sys says it",
)
