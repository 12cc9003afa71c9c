"""Block devices: /sys decides what there is and what it hangs on; lsblk, udev and lsscsi add what
/sys does not hold.

/sys wins over lsblk, lsblk over udev, udev over lsscsi. An archive has no /sys: there udev's
database and the links in /sys/block make the chain up to the bus, and lsblk and lsscsi the rest.
Without those too the list is lsblk's, without lsblk udev's or lsscsi's, and then the chain up to
the bus is missing: the verdict is left to what those texts can prove.
"""

import re
from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple, Union

from guestcheck.catalogue import buses
from guestcheck.catalogue.interfaces import ATA
from guestcheck.evidence.linux.block import BLOCK, LsblkDevice
from guestcheck.evidence.linux.mounts import MOUNTS, SWAPS, Mount
from guestcheck.evidence.linux.scsi import SCSI, Scsi, ScsiDevice
from guestcheck.evidence.linux.sysfs import SYSFS, Sysfs
from guestcheck.evidence.linux.udev import UDEV, UdevDevice
from guestcheck.facts.linux.buses import with_drivers
from guestcheck.model.digits import is_digits
from guestcheck.model.guard import each
from guestcheck.model.guest import BlockDevice, Link
from guestcheck.model.lookup import kept
from guestcheck.model.source import Evidence

# /sys counts in sectors of 512 bytes whatever the disk's own (Documentation/ABI/stable/sysfs-block)
_SECTOR = 512
_CLASS = "/sys/class/block"
_HIDDEN_PATH = re.compile(r"(nvme[0-9]+)c[0-9]+(n[0-9]+)$")
_NVME = re.compile(r"(nvme[0-9]+)(n[0-9]+)$")
_MISSING = ("", "0x0000")


class _Told(NamedTuple):
    """What the other questions say, by the kernel's name of the device."""

    lsblk: Dict[str, LsblkDevice]
    udev: Dict[str, UdevDevice]
    scsi: Dict[str, ScsiDevice]  # by node: /dev/sda
    hosts: Dict[str, str]  # the drivers of SCSI hosts by their number
    mounts: Dict[str, Tuple[str, ...]]


def block_devices(evidence: Evidence) -> Optional[Tuple[BlockDevice, ...]]:
    """Return every block device; None where no question told of any."""
    sysfs = evidence.get(SYSFS)
    told = _told(evidence, sysfs)
    if sysfs is not None and sysfs.names(_CLASS):
        known = sysfs.names(_CLASS)
        shown = [name for name in known if sysfs.value(f"{_CLASS}/{name}/hidden") != "1"]
        found = tuple(each("facts", shown, lambda name: _from_sysfs(sysfs, name, told), str))
        if sysfs.whole:
            return found
        found = tuple(block._replace(chain=with_drivers(block.chain, evidence)) for block in found)
        seen = frozenset(known)
        others = [device for name, device in told.lsblk.items() if name not in seen]
        return (*found, *each("facts", others, lambda device: _from_lsblk(device, told), _name))
    if told.lsblk:
        return tuple(
            each("facts", told.lsblk.values(), lambda device: _from_lsblk(device, told), _name)
        )
    if told.udev:
        return tuple(each("facts", told.udev.values(), _from_udev, _name))
    scsi = evidence.get(SCSI)
    if scsi is not None and scsi.devices:
        nodes = [device for device in scsi.devices if device.node.startswith("/dev/")]
        return tuple(
            each(
                "facts",
                nodes,
                lambda device: _from_lsscsi(device, told.hosts),
                lambda device: device.node,
            )
        )
    if (sysfs is not None and sysfs.whole) or evidence.get(BLOCK) is not None:
        return ()
    return None


def _name(device: Union[LsblkDevice, UdevDevice]) -> str:
    return device.name


def _told(evidence: Evidence, sysfs: Optional[Sysfs]) -> _Told:
    lsblk = {device.kname or device.name: device for device in evidence.get(BLOCK) or ()}
    udev = {
        device.name: device
        for device in evidence.get(UDEV) or ()
        if device.properties.get("SUBSYSTEM") == "block"
    }
    scsi = evidence.get(SCSI) or Scsi(None, None)
    nodes = {device.node: device for device in reversed(scsi.devices or ())}
    hosts = {entry.host: entry.driver for entry in reversed(scsi.hosts or ())}
    return _Told(lsblk, udev, nodes, hosts, _mounts(evidence, sysfs, lsblk))


def _mounts(
    evidence: Evidence, sysfs: Optional[Sysfs], lsblk: Dict[str, LsblkDevice]
) -> Dict[str, Tuple[str, ...]]:
    """Tell where each device is mounted: by number, else by the name in the table (btrfs has
    numbers of its own).
    """
    table: Tuple[Mount, ...] = evidence.get(MOUNTS) or ()
    numbers: Dict[str, str] = {}
    mapped: Dict[str, str] = {}
    if sysfs is not None:
        for name in sysfs.names(_CLASS):
            numbers[sysfs.value(f"{_CLASS}/{name}/dev")] = name
            if sysfs.value(f"{_CLASS}/{name}/dm/name"):
                mapped["/dev/mapper/" + sysfs.value(f"{_CLASS}/{name}/dm/name")] = name
    found: Dict[str, Dict[str, None]] = {}
    for mount in table:
        named = mount.device.rpartition("/")[2] if mount.device.startswith("/dev/") else ""
        device = numbers.get(mount.number) or mapped.get(mount.device) or named
        if device:
            found.setdefault(device, {})[mount.where] = None
    for path in evidence.get(SWAPS) or ():
        found.setdefault(mapped.get(path) or path.rpartition("/")[2], {})["[SWAP]"] = None
    for name, entry in lsblk.items():
        found.setdefault(name, {}).update(dict.fromkeys(entry.mounts))
    return {name: tuple(places) for name, places in found.items()}


def _from_sysfs(sysfs: Sysfs, name: str, told: _Told) -> BlockDevice:
    path = f"{_CLASS}/{name}"
    real = sysfs.target(path)
    entry = told.lsblk.get(name)
    udev = told.udev.get(name)
    properties = udev.properties if udev else {}
    chain = _chain(sysfs, name, real)
    spare = (
        None if sysfs.whole else entry
    )  # what /sys has tells nothing new of a guest whose /sys was read
    scsi = None if sysfs.whole else told.scsi.get(f"/dev/{name}")
    sectors = sysfs.number(f"{path}/size")
    discard = sysfs.number(f"{path}/queue/discard_max_bytes")
    hctl = next(
        (link.name for link in chain if link.subsystem == buses.SCSI and link.name.count(":") == 3),
        "",
    )
    partition = bool(sysfs.value(f"{path}/partition"))
    vendor = sysfs.value(f"{path}/device/vendor")
    return BlockDevice(
        name=name,
        type=_type(sysfs, name, entry, partition),
        path=real,
        size_bytes=sectors * _SECTOR
        if sectors is not None
        else spare.size_bytes
        if spare
        else None,
        parents=_parents(sysfs, name, real, partition, spare),
        chain=chain,
        removable=_flag(sysfs, f"{path}/removable", spare.rm if spare else None),
        read_only=_flag(sysfs, f"{path}/ro", spare.ro if spare else None),
        model=sysfs.value(f"{path}/device/model").strip()
        or _controller_model(sysfs, chain)
        or _elsewhere("model", spare, scsi),
        # A virtio disk's "vendor" is the PCI number of the virtio bus, not a maker.
        vendor=""
        if vendor.startswith("0x")
        else vendor.strip() or _elsewhere("vendor", spare, scsi),
        serial=sysfs.value(f"{path}/serial").strip()
        or sysfs.value(f"{path}/device/serial").strip()
        or (entry.serial if entry else "")
        or _vpd_serial(sysfs.value(f"{path}/device/vpd_pg80"))
        or properties.get("ID_SERIAL_SHORT", ""),
        transport=(entry.tran if entry else "") or _bus(properties),
        hctl=hctl or (entry.hctl if entry else "") or (scsi.hctl if scsi else ""),
        subsystems=entry.subsystems if entry else ":".join(link.subsystem for link in chain),
        queues=len(sysfs.entries[f"{path}/mq"]) if f"{path}/mq" in sysfs.entries else None,
        discard_bytes=discard if discard is not None else spare.discard_bytes if spare else None,
        filesystem=(entry.fstype if entry else "") or properties.get("ID_FS_TYPE", ""),
        label=(entry.label if entry else "") or properties.get("ID_FS_LABEL", ""),
        uuid=(entry.uuid if entry else "") or properties.get("ID_FS_UUID", ""),
        mounts=told.mounts.get(name, ()),
        mapper_name=sysfs.value(f"{path}/dm/name"),
        nvme_transport=_nvme_transport(sysfs, chain),
        host_driver=_host_driver(sysfs, chain)
        or ("" if sysfs.whole else _lsscsi_driver(told.hosts, hctl or (scsi.hctl if scsi else ""))),
        by_id=tuple(link for link in (udev.links if udev else ()) if "by-id/" in link),
        by_path=tuple(link for link in (udev.links if udev else ()) if "by-path/" in link),
        source=path if sysfs.whole else "lsblk" if entry else "udev",
    )


def _parents(
    sysfs: Sysfs, name: str, real: str, partition: bool, spare: Optional[LsblkDevice]
) -> Tuple[str, ...]:
    if partition:
        return (real.rpartition("/")[0].rpartition("/")[2],)
    found = sysfs.entries.get(f"{_CLASS}/{name}/slaves")
    return found if found is not None else spare.parents if spare else ()


def _elsewhere(field: str, entry: Optional[LsblkDevice], scsi: Optional[ScsiDevice]) -> str:
    """Return what lsblk or lsscsi calls the disk; a bare PCI number is no maker."""
    told = (getattr(entry, field) if entry else "") or (getattr(scsi, field) if scsi else "")
    return "" if told.startswith("0x") else told


def _vpd_serial(page: str) -> str:
    r"""Return the serial number in a SCSI disk's page 80h, which follows a header of four bytes
    (SPC-4, 7.8.14).

    >>> _vpd_serial("\x00\x80\x00\x08GC000001")
    'GC000001'
    """
    return page[4:].strip(" \0") if len(page) > 4 and page[1:2] == "\x80" else ""


def _flag(sysfs: Sysfs, path: str, otherwise: Optional[bool]) -> Optional[bool]:
    value = sysfs.value(path)
    return value == "1" if value else otherwise


def _type(sysfs: Sysfs, name: str, entry: Optional[LsblkDevice], partition: bool) -> str:
    """Tell lsblk's word for the device from what the kernel says of it."""
    if partition:
        return "part"
    path = f"{_CLASS}/{name}"
    uuid = sysfs.value(f"{path}/dm/uuid")
    if uuid or sysfs.value(f"{path}/dm/name"):
        word = uuid.partition("-")[0].lower()
        return "part" if word.startswith("part") else word or "dm"
    if sysfs.value(f"{path}/md/level"):
        return sysfs.value(f"{path}/md/level")
    for start, word in _BY_NAME:
        if name.startswith(start) and is_digits(name[len(start) : len(start) + 1]):
            return word
    if sysfs.value(f"{path}/device/type") == "5":  # SCSI device type 5: CD and DVD drives (SPC-4)
        return "rom"
    return entry.type if entry and entry.type in ("rom", "tape", "mpath") else "disk"


_BY_NAME = (
    ("loop", "loop"),
    ("sr", "rom"),
    ("scd", "rom"),
    ("fd", "floppy"),
    ("zram", "zram"),
    ("ram", "ram"),
    ("nbd", "nbd"),
    ("rbd", "rbd"),
    ("drbd", "drbd"),
    ("bcache", "bcache"),
    ("zd", "zvol"),
    ("nullb", "nullb"),
    ("md", "md"),
    ("dm-", "dm"),
    ("st", "tape"),
)


def type_by_name(name: str) -> str:
    """Return lsblk's word for a device of this name, as far as names tell: only software and
    removable devices.

    >>> type_by_name("loop3"), type_by_name("sda")
    ('loop', 'disk')
    """
    return next(
        (
            word
            for start, word in _BY_NAME
            if name.startswith(start) and is_digits(name[len(start) :][:1])
        ),
        "disk",
    )


def _chain(sysfs: Sysfs, name: str, real: str) -> Tuple[Link, ...]:
    chain = sysfs.chain(real)
    match = _NVME.match(name)
    if not match or any(link.subsystem == buses.PCI for link in chain):
        return chain
    # With native multipath the namespace hangs on a virtual subsystem; the way to the bus leads
    # over a controller: the hidden path nvme0c1n1, or any controller that the subsystem's folder
    # names.
    subsystem, namespace = match.groups()
    other = _hidden_paths(sysfs.names(_CLASS)).get(subsystem + namespace)
    if other:
        return (*chain[:1], *sysfs.chain(sysfs.target(f"{_CLASS}/{other}"))[1:])
    number = subsystem[len(buses.NVME) :]
    for entry in sysfs.entries.get(f"/sys/class/nvme-subsystem/nvme-subsys{number}/.", ()):
        if entry in _set(sysfs.names("/sys/class/nvme")):
            return (*chain[:1], *sysfs.chain(sysfs.target(f"/sys/class/nvme/{entry}")))
    return chain


@kept
def _hidden_paths(names: Tuple[str, ...]) -> Dict[str, str]:
    """Return by the name of an NVMe namespace (nvme0n1) the first of its paths over a controller
    (nvme0c1n1).
    """
    found: Dict[str, str] = {}
    for name in names:
        match = _HIDDEN_PATH.match(name)
        if match:
            found.setdefault(match[1] + match[2], name)
    return found


@kept
def _set(names: Tuple[str, ...]) -> FrozenSet[str]:
    return frozenset(names)


def _controller(chain: Tuple[Link, ...]) -> str:
    return next((link.name for link in chain if link.subsystem == buses.NVME), "")


def _controller_model(sysfs: Sysfs, chain: Tuple[Link, ...]) -> str:
    name = _controller(chain)
    return sysfs.value(f"/sys/class/nvme/{name}/model").strip() if name else ""


def _nvme_transport(sysfs: Sysfs, chain: Tuple[Link, ...]) -> str:
    name = _controller(chain)
    return sysfs.value(f"/sys/class/nvme/{name}/transport") if name else ""


def _host_driver(sysfs: Sysfs, chain: Tuple[Link, ...]) -> str:
    host = next(
        (
            link.name
            for link in chain
            if link.name.startswith("host") and link.subsystem == buses.SCSI
        ),
        "",
    )
    told = sysfs.value(f"/sys/class/scsi_host/{host}/proc_name") if host else ""
    return "" if told in ("(null)", "<NULL>") else told


def _from_lsblk(device: LsblkDevice, told: _Told) -> BlockDevice:
    name = device.kname or device.name
    scsi = told.scsi.get(f"/dev/{name}")
    hctl = device.hctl or (scsi.hctl if scsi else "")
    kind = device.type or (
        "part" if device.parents and type_by_name(name) == "disk" else type_by_name(name)
    )
    return BlockDevice(
        name=name,
        type=type_by_name(name) if kind == "disk" else kind,
        size_bytes=device.size_bytes,
        parents=device.parents,
        removable=device.rm,
        read_only=device.ro,
        model=device.model or (scsi.model if scsi else ""),
        vendor=device.vendor or (scsi.vendor if scsi else ""),
        serial=device.serial,
        transport=device.tran,
        hctl=hctl,
        subsystems=device.subsystems,
        discard_bytes=device.discard_bytes,
        filesystem=device.fstype,
        label=device.label,
        uuid=device.uuid,
        mounts=told.mounts.get(name, device.mounts),
        mapper_name=device.name if device.name != name else "",
        host_driver=_lsscsi_driver(told.hosts, hctl),
        source="lsblk",
    )


def _from_lsscsi(device: ScsiDevice, hosts: Dict[str, str]) -> BlockDevice:
    return BlockDevice(
        name=device.node.rpartition("/")[2],
        type="rom" if device.type.startswith("cd") else device.type,
        model=device.model,
        vendor=device.vendor,
        hctl=device.hctl,
        host_driver=_lsscsi_driver(hosts, device.hctl),
        source="lsscsi",
    )


def _lsscsi_driver(hosts: Dict[str, str], hctl: str) -> str:
    return hosts.get(hctl.partition(":")[0], "") if hctl else ""


def _bus(properties: Dict[str, str]) -> str:
    """Return the transport that udev reports; its "ata" is IDE and SATA alike, and so neither."""
    bus = properties.get("ID_BUS", "")
    return "" if bus == ATA else bus


def _from_udev(device: UdevDevice) -> BlockDevice:
    properties = device.properties
    kind = properties.get("DEVTYPE", "")
    parent = device.path.rpartition("/")[0].rpartition("/")[2]
    return BlockDevice(
        name=device.name,
        type="part"
        if kind == "partition"
        else "rom"
        if properties.get("ID_CDROM")
        else type_by_name(device.name),
        path="/sys" + device.path if device.path.startswith("/devices") else device.path,
        parents=(parent,) if kind == "partition" else (),
        # udev writes blanks as "_" in these, and a model text is compared with what a hypervisor
        # writes.
        model=properties.get("ID_MODEL", "").replace("_", " "),
        vendor="ATA"
        if properties.get("ID_BUS") == ATA
        else properties.get("ID_VENDOR", "").replace("_", " "),
        serial=properties.get("ID_SERIAL_SHORT", ""),
        transport=_bus(properties),
        filesystem=properties.get("ID_FS_TYPE", ""),
        uuid=properties.get("ID_FS_UUID", ""),
        by_id=tuple(link for link in device.links if "by-id/" in link),
        by_path=tuple(link for link in device.links if "by-path/" in link),
        source="udev",
    )
