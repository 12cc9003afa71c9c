"""What stands in for /sys where nobody copied it: udev's database, `udevadm info -a`, and where
links in /sys lead.

All of it becomes the lines that a `Tree` has, so that what is known of a device is read in one way.
A path alone proves much: /sys/devices/pci0000:00/0000:00:04.0/virtio1/block/vda is a disk whose
driver sits on virtio1, which hangs on that PCI function; only virtio_blk makes a block device
there. See the kernel's Documentation/ABI and udevadm(8).
"""

import re
from typing import Dict, Iterator, List, Tuple

from guestcheck.catalogue.buses import (
    BLOCK,
    BUSES,
    CCW,
    CLASSES,
    NET,
    NVME,
    PCI,
    USB,
    VIO,
    VIRTIO,
    VMBUS,
    WITH_IDS,
    XEN,
)
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.evidence.linux._udev_text import as_database
from guestcheck.model.digits import is_digits
from guestcheck.model.source import ReadInPartError

# iSCSI's sessions are known by their path alone.
_KNOWN = {*CLASSES, *(bus.id for bus in BUSES)} - {"iscsi_session"}
_LONGEST = 4096
_DEEPEST = 64
_MOST_DEVICES = (
    400_000  # of the kinds that matter: 18,278 disks (sda to sdzzz) are some hundred thousand
)

# A way to an NVMe namespace, where multipath is on (drivers/nvme/host/multipath.c).
_HIDDEN = re.compile(r"nvme[0-9]+c[0-9]+n[0-9]+$")
_NAMED = tuple((bus.id, re.compile(bus.named)) for bus in BUSES if bus.named)
# The only driver of a bus that makes such a thing below its device: drivers/block/virtio_blk.c and
# their like.
_MAKERS = {
    (row.bus or PCI, row.sole_maker[0]): row.sole_maker[1]
    for row in INTERFACES
    if row.sole_maker[0]
}


def lines_of(asked: str, text: str) -> Iterator[str]:
    """Turn what was printed by the command `asked` into a Tree's lines; a copy of a part of /sys
    has them already.
    """
    if asked.startswith("ls "):
        return lines_of_listing(text)
    if asked.startswith("udevadm "):
        return lines_of_walk(text) if "looking at " in text[:4096] else lines_of_database(text)
    return iter(text.split("\n"))


def lines_of_listing(text: str) -> Iterator[str]:
    """Turn `ls -l` of /sys/block into a Tree's lines.

    >>> list(lines_of_listing("/sys/block:\\ntotal 0\\nlrwxrwxrwx 1 0 0 0 May  1 09:00 vda -> ../devices/x/virtio0/block/vda\\n"))[0]
    '/sys/class/block/vda -> /sys/devices/x/virtio0/block/vda'
    """
    for line in text.split("\n"):
        before, mark, target = line.strip().partition(" -> ")
        place = target.find("devices/")
        if (
            not mark
            or not before.startswith("l")
            or place < 0
            or target[:place].strip("./") not in ("", "sys")
        ):
            continue
        real, name = "/sys/" + target[place:].strip(), before.rpartition(" ")[2].rpartition("/")[2]
        if len(real) < _LONGEST and ".." not in real and name:
            yield f"/sys/class/block/{name} -> {real}"
            if _HIDDEN.match(name):
                yield f"/sys/class/block/{name}/hidden = 1"


def lines_of_way(real: str) -> Iterator[str]:
    """Yield the subsystem of each device on the way up from `real`, and its driver where only one
    makes what stands there.

    >>> list(lines_of_way("/sys/devices/vbd-51712/block/xvda"))[1]
    '/sys/devices/vbd-51712/driver -> /sys/bus/xen/drivers/vbd'
    """
    parts = real.split("/")
    if len(parts) > _DEEPEST or parts[:3] != ["", "sys", "devices"]:
        return
    for number in range(3, len(parts)):
        subsystem = next((bus for bus, named in _NAMED if named.match(parts[number])), "")
        if not subsystem or (subsystem == NVME and parts[number - 1] != NVME):
            continue
        path = "/".join(parts[: number + 1])
        yield f"{path}/subsystem -> /sys/bus/{subsystem}"
        below = parts[number + 1] if number + 1 < len(parts) else ""
        driver = _MAKERS.get((subsystem, below.rstrip("0123456789")), "")
        if driver:
            yield f"{path}/driver -> /sys/bus/{subsystem}/drivers/{driver}"
        if subsystem in WITH_IDS:
            yield f"/sys/bus/{subsystem}/devices/{parts[number]} -> {path}"
            if driver:
                yield (
                    f"/sys/bus/{subsystem}/devices/{parts[number]}/driver -> "
                    f"/sys/bus/{subsystem}/drivers/{driver}"
                )
        elif subsystem == NVME:
            yield f"/sys/class/{NVME}/{parts[number]} -> {path}"


def lines_of_database(text: str) -> Iterator[str]:
    """Turn `udevadm info --export-db`, or single devices of it, into a Tree's lines.

    >>> lines = list(lines_of_database('''P: /devices/pci0000:00/0000:00:03.0
    ... E: DRIVER=e1000
    ... E: PCI_CLASS=20000
    ... E: PCI_ID=8086:100E
    ... E: PCI_SUBSYS_ID=1AF4:1100
    ... E: SUBSYSTEM=pci
    ... '''))
    >>> lines[-1], "/sys/bus/pci/devices/0000:00:03.0/class = 0x020000" in lines
    ('/sys/bus/pci/devices/0000:00:03.0/driver -> /sys/bus/pci/drivers/e1000', True)
    """
    taken = 0
    for block in f"\n{as_database(text)}".replace("\r", "").split("\nP: ")[1:]:
        path, _, rest = block.partition("\n")
        told = dict(
            line[3:].split("=", 1)
            for line in rest.split("\n")
            if line.startswith("E: ") and "=" in line
        )
        links = [line[3:] for line in rest.split("\n") if line.startswith("S: ")]
        path = path.strip()
        subsystem = told.get("SUBSYSTEM", "")
        if path.startswith("/devices/") and len(path) < _LONGEST and subsystem in _KNOWN:
            taken += 1
            if taken > _MOST_DEVICES:
                raise ReadInPartError(
                    f"udev tells of more than {_MOST_DEVICES} devices; the others were not "
                    "looked at"
                )
            yield from _known("/sys" + path, subsystem, told, links)


def _known(real: str, subsystem: str, told: Dict[str, str], links: List[str]) -> Iterator[str]:
    name = real.rpartition("/")[2]
    kind = "class" if subsystem in CLASSES else "bus"
    yield f"{real}/subsystem -> /sys/{kind}/{subsystem}"
    driver = told.get("DRIVER", "")
    if driver and "/" not in driver:
        yield f"{real}/driver -> /sys/bus/{subsystem}/drivers/{driver}"
    folder = f"/sys/class/{subsystem}" if kind == "class" else f"/sys/bus/{subsystem}/devices"
    if subsystem in CLASSES or subsystem in WITH_IDS:
        yield f"{folder}/{name} -> {real}"
    attributes = _ATTRIBUTES.get(subsystem)
    for attribute, value in attributes({**told, "DEVPATH": real}) if attributes else ():
        if value:
            yield f"{folder}/{name}/{attribute} = {_escaped(value)}"
    if subsystem == "virtio-ports":
        port = next(
            (link[len("virtio-ports/") :] for link in links if link.startswith("virtio-ports/")), ""
        )
        yield f"{folder}/{name}/name = {_escaped(port)}"
    if driver and "/" not in driver and subsystem in WITH_IDS:
        yield f"{folder}/{name}/driver -> /sys/bus/{subsystem}/drivers/{driver}"


def _escaped(text: str) -> str:
    return "".join(
        c
        if c.isprintable() and c != "\\"
        else f"\\x{ord(c):02x}"
        if ord(c) < 256
        else f"\\U{ord(c):08x}"
        for c in text[:_LONGEST]
    )


Attributes = List[Tuple[str, str]]


def _of_pci(told: Dict[str, str]) -> Attributes:
    vendor, _, device = told.get("PCI_ID", "").lower().partition(":")
    subvendor, _, subdevice = told.get("PCI_SUBSYS_ID", "").lower().partition(":")
    pairs = [
        ("vendor", vendor),
        ("device", device),
        ("subsystem_vendor", subvendor),
        ("subsystem_device", subdevice),
    ]
    kind = told.get("PCI_CLASS", "")
    return [(key, f"0x{value}") for key, value in pairs if value] + [
        ("class", f"0x{kind.lower():0>6}" if kind else "")
    ]


def _of_virtio(told: Dict[str, str]) -> Attributes:
    # MODALIAS=virtio:d00000002v00001AF4 (drivers/virtio/virtio.c)
    match = re.match(r"virtio:d([0-9A-Fa-f]{8})v([0-9A-Fa-f]{8})$", told.get("MODALIAS", ""))
    return (
        [("device", f"0x{int(match[1], 16):04x}"), ("vendor", f"0x{int(match[2], 16):04x}")]
        if match
        else []
    )


def _of_vmbus(told: Dict[str, str]) -> Attributes:
    # The bytes of the class's GUID as they lie in memory (drivers/hv/vmbus_drv.c); its first three
    # fields are little-endian.
    match = re.match(r"vmbus:([0-9a-f]{32})$", told.get("MODALIAS", ""))
    if not match:
        return []
    octets = re.findall("..", match[1])
    fields = (octets[3::-1], octets[5:3:-1], octets[7:5:-1], octets[8:10], octets[10:])
    return [("class_id", "{" + "-".join("".join(field) for field in fields) + "}")]


def _of_xen(told: Dict[str, str]) -> Attributes:
    return [("devtype", told.get("MODALIAS", "").partition("xen:")[2])]


def _of_usb(told: Dict[str, str]) -> Attributes:
    vendor, _, product = told.get("PRODUCT", "").partition("/")
    product = product.partition("/")[0]
    if told.get("DEVTYPE") != "usb_device" or not (vendor and product):
        return []
    maker, model = (decoded(told.get(key, "")).strip() for key in ("ID_VENDOR_ENC", "ID_MODEL_ENC"))
    ids = [("idVendor", f"{vendor:0>4}"), ("idProduct", f"{product:0>4}")]
    return [
        *ids,
        ("manufacturer", maker if maker != ids[0][1] else ""),
        ("product", model if model != ids[1][1] else ""),
    ]


def _of_vio(told: Dict[str, str]) -> Attributes:
    return [("modalias", told.get("MODALIAS", ""))]


def _of_ccw(told: Dict[str, str]) -> Attributes:
    kind, model = told.get("CU_TYPE", ""), told.get("CU_MODEL", "")
    return [("cutype", f"{kind.lower()}/{model.lower()}" if kind else "")]


def _of_nvme(told: Dict[str, str]) -> Attributes:
    return [("transport", told.get("NVME_TRTYPE", ""))]


def _of_net(told: Dict[str, str]) -> Attributes:
    kind = told.get("DEVTYPE", "")
    return [("uevent", f"DEVTYPE={kind}" if kind else ""), ("ifindex", told.get("IFINDEX", ""))]


def _of_block(told: Dict[str, str]) -> Attributes:
    get = told.get
    name = told["DEVPATH"].rpartition("/")[2]
    optical = get("ID_CDROM") == "1" or get("ID_TYPE") == "cd"
    model = decoded(get("ID_MODEL_ENC", "")).strip() or get("ID_MODEL", "").replace("_", " ")
    virtio = name.startswith("vd")  # of a virtio disk udev has its serial alone
    return [
        ("dev", f"{get('MAJOR')}:{get('MINOR')}" if get("MAJOR") else ""),
        ("partition", get("PARTN", "1") if get("DEVTYPE") == "partition" else ""),
        ("hidden", "1" if _HIDDEN.match(name) else ""),
        ("dm/name", get("DM_NAME", "")),
        ("dm/uuid", get("DM_UUID", "")),
        ("md/level", get("MD_LEVEL", "")),
        ("device/type", "5" if optical else ""),
        ("device/model", "" if virtio or get("DEVTYPE") == "partition" else model),
        (
            "serial",
            (
                get("ID_SCSI_SERIAL")
                or get("ID_SERIAL_SHORT")
                or (get("ID_SERIAL", "") if virtio else "")
            )
            if get("DEVTYPE") == "disk"
            else "",
        ),
    ]


_ATTRIBUTES = {
    PCI: _of_pci,
    VIRTIO: _of_virtio,
    VMBUS: _of_vmbus,
    XEN: _of_xen,
    USB: _of_usb,
    VIO: _of_vio,
    CCW: _of_ccw,
    NVME: _of_nvme,
    NET: _of_net,
    BLOCK: _of_block,
}


def decoded(text: str) -> str:
    r"""Undo udev's encoding of odd characters.

    >>> decoded(r"QEMU\x20HARDDISK")
    'QEMU HARDDISK'
    """
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)


def lines_of_walk(text: str) -> Iterator[str]:
    """Turn `udevadm info -a`, which prints all attributes on the way from a device up to its bus,
    into a Tree's lines.
    """
    real, folder, subsystem = "", "", ""
    pending: List[Tuple[str, str]] = []
    for raw in [*text.split("\n"), "looking at ''"]:
        line = raw.strip()
        if line.startswith("looking at "):
            yield from _attributes(real, folder, subsystem, pending)
            path = line.partition("'")[2].rpartition("'")[0]
            real = (
                "/sys" + path
                if path.startswith("/devices/") and len(path) < _LONGEST and ".." not in path
                else ""
            )
            folder = subsystem = ""
            pending = []
            continue
        key, mark, value = line.partition("==")
        value = value.strip('"')
        if not (real and mark and len(pending) < 4096):
            continue
        if key in ("SUBSYSTEM", "SUBSYSTEMS") and value and "/" not in value:
            subsystem = value
            kind = "class" if value in CLASSES else "bus"
            folder = f"/sys/class/{value}" if kind == "class" else f"/sys/bus/{value}/devices"
            yield f"{real}/subsystem -> /sys/{kind}/{value}"
        elif key in ("DRIVER", "DRIVERS") and value and "/" not in value:
            pending.append(("driver", value))
        elif key.startswith(("ATTR{", "ATTRS{")):
            pending.append((key.partition("{")[2][:-1], value))


def _attributes(
    real: str, folder: str, subsystem: str, told: List[Tuple[str, str]]
) -> Iterator[str]:
    name = real.rpartition("/")[2]
    listed = subsystem in CLASSES or subsystem in WITH_IDS
    if listed:
        yield f"{folder}/{name} -> {real}"
    queues: Dict[str, None] = {}
    for key, value in told:
        if key == "driver":
            yield f"{real}/driver -> /sys/bus/{subsystem}/drivers/{value}"
            if subsystem in WITH_IDS:
                yield f"{folder}/{name}/driver -> /sys/bus/{subsystem}/drivers/{value}"
        elif key.startswith("mq/"):
            queues[key.split("/")[1]] = None
        elif subsystem == "scsi_host" and key == "proc_name":
            yield f"/sys/class/scsi_host/{name}/{key} = {_escaped(value)}"
        elif listed and key in _READ.get(subsystem, ()):
            yield f"{folder}/{name}/{key} = {_escaped(value)}"
    if queues:
        yield f"{folder}/{name}/mq/ : {' '.join(filter(is_digits, queues))}"


_READ = {bus.id: bus.attributes for bus in BUSES}
