"""Disks, their partitions and drive letters, and the controllers that they hang on."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows._cim import (
    Instance,
    flag,
    instances_of,
    number,
    saying_where_cut,
    text,
)
from guestcheck.model.source import Answer, Cim, Question


class WindowsDisk(NamedTuple):
    """A disk by its number; `bus` is MSFT_Disk's number for the bus that the driver claims.

    It is `doubtful` where MSFT_Disk has something else under its number, such as a disk of a
    failover cluster's other node: nothing of that is here.
    """

    number: int
    device: str
    model: str
    serial: str
    size: Optional[int]
    bus: Optional[int]
    offline: Optional[bool]
    boot: Optional[bool]
    doubtful: bool = False


class Volume(NamedTuple):
    """A partition of the disk `disk`: which it is, what stands on it, whether the firmware starts
    from it, and its drive letters.
    """

    disk: int
    place: int
    size: Optional[int]
    boot: Optional[bool]
    gpt: bool
    letters: Tuple[str, ...]
    filesystem: str


class WindowsDisks(NamedTuple):
    """The disks, their partitions, and the optical drives by their device ids."""

    disks: Tuple[WindowsDisk, ...]
    volumes: Tuple[Volume, ...]
    optical: Tuple[Tuple[str, str], ...]


def _parse_disks(answers: List[Answer]) -> WindowsDisks:
    storage: Dict[Optional[int], List[Instance]] = {}
    for one in instances_of(answers, "MSFT_Disk"):
        storage.setdefault(number(one, "Number"), []).append(one)
    disks = []
    for one in instances_of(answers, "Win32_DiskDrive"):
        index = number(one, "Index")
        if index is None:
            continue
        more = _of_disk(text(one, "PNPDeviceID"), storage.get(index, []))
        disks.append(
            WindowsDisk(
                index,
                text(one, "PNPDeviceID"),
                text(one, "Model"),
                text(one, "SerialNumber"),
                number(more, "Size") or number(one, "Size"),
                number(more, "BusType"),
                flag(more, "IsOffline"),
                flag(more, "IsBoot"),
                doubtful=not more and index in storage,
            )
        )
    optical = tuple(
        (text(one, "Drive") or text(one, "Id") or "CD-ROM", text(one, "PNPDeviceID"))
        for one in instances_of(answers, "Win32_CDROMDrive")
    )
    # A Windows without a single disk starts from nowhere: an answer with nothing in it is none.
    if not disks:
        raise ValueError("no disk in it")
    return WindowsDisks(tuple(disks), tuple(_volumes(answers)), optical)


_MOST_NAMESAKES = 64  # under one number: a failover cluster has as many nodes at most


def _of_disk(identity: str, named: List[Instance]) -> Instance:
    """Return what MSFT_Disk says of the disk with that id, of what it has under its number; nothing
    where only the number tells which of several.

    Path is that of the device's interface: the id with "#" between its parts, after "\\\\?\\" and
    before the interface's class.
    """
    wanted = "\\\\?\\" + identity.replace("\\", "#").lower() + "#"
    same = [
        one
        for one in named[:_MOST_NAMESAKES]
        if identity and text(one, "Path").lower().startswith(wanted)
    ]
    if len(same) == 1:
        return same[0]
    return named[0] if len(named) == 1 and not text(named[0], "Path") else {}


def _volumes(answers: List[Answer]) -> Iterator[Volume]:
    letters: Dict[str, List[str]] = {}
    for one in instances_of(answers, "Win32_LogicalDiskToPartition"):
        letters.setdefault(text(one, "Antecedent"), []).append(text(one, "Dependent"))
    systems = {
        text(one, "DeviceID"): text(one, "FileSystem")
        for one in instances_of(answers, "Win32_LogicalDisk")
    }
    for one in instances_of(answers, "Win32_DiskPartition"):
        disk, index = number(one, "DiskIndex"), number(one, "Index")
        if disk is None or index is None:
            continue
        named = tuple(letter.upper() for letter in letters.get(text(one, "DeviceID"), ()) if letter)
        system = next((systems[letter] for letter in named if systems.get(letter)), "")
        gpt = text(one, "Type").startswith("GPT")
        yield Volume(
            disk, index, number(one, "Size"), flag(one, "BootPartition"), gpt, named, system
        )


def _parse_controllers(answers: List[Answer]) -> Dict[str, str]:
    """Return of each device, by its id in capitals, the id of the controller that it hangs on."""
    parents: Dict[str, str] = {}
    for name in (
        "Win32_SCSIControllerDevice",
        "Win32_IDEControllerDevice",
        "Win32_USBControllerDevice",
    ):
        for one in instances_of(answers, name):
            above, below = text(one, "Antecedent"), text(one, "Dependent")
            if above and below and above.upper() != below.upper():
                parents.setdefault(below.upper(), above)
    return parents


WINDOWS_DISKS = Question[WindowsDisks](
    "windows_disks",
    "Windows: disks, their partitions and drive letters",
    (
        Cim(
            "Win32_DiskDrive",
            (
                "Index",
                "Model",
                "PNPDeviceID",
                "SerialNumber",
                "Size",
                "InterfaceType",
                "FirmwareRevision",
            ),
        ),
        Cim(
            "MSFT_Disk",
            ("Number", "BusType", "Size", "IsBoot", "IsSystem", "IsOffline", "Path"),
            namespace="root/Microsoft/Windows/Storage",
        ),
        Cim(
            "Win32_DiskPartition",
            ("DeviceID", "DiskIndex", "Index", "BootPartition", "Size", "Type"),
        ),
        Cim("Win32_LogicalDisk", ("DeviceID", "FileSystem", "Size"), where="DriveType=3"),
        Cim("Win32_LogicalDiskToPartition", ("Antecedent", "Dependent")),
        Cim("Win32_CDROMDrive", ("Drive", "Name", "PNPDeviceID")),
    ),
    saying_where_cut(_parse_disks),
    "which disks there are and what is on them",
)

WINDOWS_CONTROLLERS = Question[Dict[str, str]](
    "windows_controllers",
    "Windows: which controller each disk hangs on",
    (
        Cim("Win32_SCSIControllerDevice", ("Antecedent", "Dependent")),
        Cim("Win32_IDEControllerDevice", ("Antecedent", "Dependent")),
        Cim("Win32_USBControllerDevice", ("Antecedent", "Dependent")),
    ),
    saying_where_cut(_parse_controllers),
    "what each disk hangs on",
)
