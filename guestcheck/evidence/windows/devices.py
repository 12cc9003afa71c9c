"""The devices of Windows' tree: their ids, their drivers' services, and their problems."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows._cim import (
    MOST_INSTANCES,
    OFFLINE_REPORT,
    instances_of,
    number,
    saying_where_cut,
    text,
)
from guestcheck.model.source import OK, Answer, Cim, Command, Question


class PnpDevice(NamedTuple):
    """A device of Windows' tree. `service` is its driver's (None: not told, "": none), `problem`
    the Device Manager's code, 0 for none.
    """

    id: str
    name: str
    service: Optional[str]
    problem: Optional[int]
    hardware: Tuple[str, ...]
    compatible: Tuple[str, ...]


class PnpDevices(NamedTuple):
    """The devices that are there. `gone` are ids, in capitals, of some that Windows names and that
    are not.

    With `whole` all that are there were told: any other is not there.
    """

    devices: Tuple[PnpDevice, ...]
    gone: FrozenSet[str]
    whole: bool


def _parse_devices(answers: List[Answer]) -> PnpDevices:
    found: Dict[str, PnpDevice] = {}
    gone = set()
    told = list(instances_of(answers, "Win32_PnPEntity"))
    for one in told:
        identity = text(one, "DeviceID") or text(one, "PNPDeviceID")
        problem = number(one, "ConfigManagerErrorCode")
        if identity and problem in _GONE:
            gone.add(identity.upper())
        elif identity:
            service = text(one, "Service")
            found[identity.upper()] = PnpDevice(
                identity,
                text(one, "Name"),
                service,
                problem,
                one.get("HardwareID", ()),
                one.get("CompatibleID", ()),
            )
    whole = (
        bool(found)
        and len(told) < MOST_INSTANCES
        and any(answer.asked == "Win32_PnPEntity" and answer.status == OK for answer in answers)
    )
    for answer in answers:
        if answer.asked.startswith("msinfo32"):
            for device in _from_msinfo(answer.text):
                found.setdefault(device.id.upper(), device)
    if not found:
        offline = any(
            answer.asked.startswith("msinfo32") and OFFLINE_REPORT.match(answer.text)
            for answer in answers
        )
        raise ValueError(
            "written in WinRE or WinPE, it tells of no device" if offline else "no device in it"
        )
    return PnpDevices(tuple(found.values()), frozenset(gone), whole)


_GONE = (24, 45)  # CM_PROB_DEVICE_NOT_THERE, CM_PROB_PHANTOM
_PNP = re.compile(
    r"(?:PCI|VMBUS|XENBUS|XENVBD|XENVIF|XEN|USB|USBSTOR|SCSI|IDE|PCIIDE)\\[^\s\\]+\\[^\s\\]+\Z",
    re.IGNORECASE,
)
_SYS = re.compile(r"[\\/]([\w.-]+)\.sys\b", re.IGNORECASE)


def _from_msinfo(report: str) -> Iterator[PnpDevice]:
    """Yield the devices of a report of msinfo32: pairs of an item and a value, parted by a tab, in
    Windows' language; ids are the same in all.

    Problem devices stand in a table of three columns; what has no driver there has none.
    """
    for part in report.replace("\r", "").split("\n\n"):
        rows = [line.split("\t") for line in part.split("\n")]
        name = ""
        for place, row in enumerate(rows):
            identity = next((cell.strip() for cell in row if _PNP.match(cell.strip())), "")
            if identity and len(row) == 3:
                code = re.findall(r"[0-9]+", row[2])
                yield PnpDevice(
                    identity,
                    row[0].strip(),
                    "" if code[-1:] == ["28"] else None,
                    int(code[-1][:4]) if code else None,
                    (),
                    (),
                )
            elif identity:
                rest = "\n".join(
                    "\t".join(other) for other in rows[place + 1 : _next_device(rows, place)]
                )
                driver = _SYS.search(rest)
                yield PnpDevice(identity, name, driver[1].lower() if driver else None, None, (), ())
                name = ""
            elif len(row) == 2 and not name:
                name = row[1].strip()


def _next_device(rows: List[List[str]], place: int) -> int:
    for later in range(place + 1, len(rows)):
        if any(_PNP.match(cell.strip()) for cell in rows[later]):
            return later
    return len(rows)


_DEVICE = ("DeviceID", "Name", "Service", "ConfigManagerErrorCode", "HardwareID", "CompatibleID")
WINDOWS_DEVICES = Question[PnpDevices](
    "windows_devices",
    "Windows: every device that is there, its ids, its driver's service, and the code of its "
    "problem, if it has one",
    (Cim("Win32_PnPEntity", _DEVICE, seconds=60),),
    saying_where_cut(_parse_devices),
    "what disks and network cards are, and which devices have no driver",
    also=(Command(("msinfo32", "/report")),),
)
