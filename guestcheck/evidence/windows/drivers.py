"""Drivers: version, date, signer, INF."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows._cim import flag, instances_of, rows, saying_where_cut, text
from guestcheck.model.source import Answer, Cim, Command, Question


class WindowsDriver(NamedTuple):
    """The driver of a device: version, date, INF and who signed it; where the device lies on its
    bus, in Windows' words.
    """

    device: str
    name: str
    version: str
    date: str
    inf: str
    provider: str
    signed: Optional[bool]
    signer: str
    location: str


def _day(date: str) -> str:
    """Return the day of a date as CIM has it, or as WMI does.

    >>> _day("2021-05-05T00:00:00"), _day("20210505000000.******+***"), _day("2021")
    ('2021-05-05', '2021-05-05', '2021')
    """
    return (
        f"{date[:4]}-{date[4:6]}-{date[6:8]}"
        if date[:8].isascii() and date[:8].isdigit() and len(date) >= 14
        else date[:10]
    )


def _parse_drivers(answers: List[Answer]) -> Tuple[WindowsDriver, ...]:
    found = [
        WindowsDriver(
            text(one, "DeviceID"),
            text(one, "DeviceName"),
            text(one, "DriverVersion"),
            _day(text(one, "DriverDate")),
            text(one, "InfName"),
            text(one, "DriverProviderName"),
            flag(one, "IsSigned"),
            text(one, "Signer"),
            text(one, "Location"),
        )
        for one in instances_of(answers, "Win32_PnPSignedDriver")
    ]
    for answer in answers:
        if answer.asked.startswith("Get-WindowsDriver"):
            found += _packages(answer.text)
    return tuple(found)


def _packages(csv_text: str) -> Iterator[WindowsDriver]:
    """Yield the driver packages that Windows holds, whether or not a device uses them."""
    for row in rows(csv_text):
        # In WinRE or WinPE the script lists the INF files of the driver store and of Windows\INF by
        # their names alone.
        inf = re.split(r"[\\/]", row.get("OriginalFileName", ""))[-1] or row.get("InfName", "")
        if inf:
            yield WindowsDriver(
                "",
                inf,
                row.get("Version", ""),
                row.get("Date", "").split(" ")[0],
                row.get("Driver", ""),
                row.get("ProviderName", ""),
                None,
                "",
                "",
            )


WINDOWS_DRIVERS = Question[Tuple[WindowsDriver, ...]](
    "windows_drivers",
    "Windows: the drivers of storage controllers, network cards and virtio devices: version, "
    "date, signer, INF",
    (
        Cim(
            "Win32_PnPSignedDriver",
            (
                "DeviceID",
                "DeviceName",
                "DriverVersion",
                "DriverDate",
                "InfName",
                "DriverProviderName",
                "IsSigned",
                "Signer",
                "Location",
            ),
            where="DeviceClass='SCSIADAPTER' OR DeviceClass='HDC' OR DeviceClass='NET' OR DeviceID "
            "LIKE 'PCI%VEN_1AF4%'",
            seconds=60,
        ),
    ),
    saying_where_cut(_parse_drivers),
    "which versions the drivers have, and at which PCI address each device lies",
    also=(Command(("Get-WindowsDriver", "-Online", "-All")),),
)
