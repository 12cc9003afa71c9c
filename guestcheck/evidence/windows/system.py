"""Which Windows this is, and the machine beneath it."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

from guestcheck.evidence.windows._cim import (
    OFFLINE_REPORT,
    first_of,
    flag,
    number,
    saying_where_cut,
    text,
)
from guestcheck.model.source import Answer, Cim, Command, Question


class WindowsSystem(NamedTuple):
    """The system: its name for people, build, processor architecture in Linux' words, the drive it
    starts from ("C:"), and the machine.

    `hypervisor` is what Windows says of the processor; it also holds on real machines whose Windows
    isolates a part of itself.
    """

    name: str
    version: str
    build: Optional[int]
    architecture: str
    server: Optional[bool]
    drive: str
    hostname: str
    cpus: Optional[int]
    memory: Optional[int]
    hypervisor: Optional[bool]
    domain: Optional[bool]
    dmi: Dict[str, str]


def _parse_system(answers: List[Answer]) -> WindowsSystem:
    system, computer = (
        first_of(answers, "Win32_OperatingSystem"),
        first_of(answers, "Win32_ComputerSystem"),
    )
    product, bios = (
        first_of(answers, "Win32_ComputerSystemProduct"),
        first_of(answers, "Win32_BIOS"),
    )
    board, enclosure = (
        first_of(answers, "Win32_BaseBoard"),
        first_of(answers, "Win32_SystemEnclosure"),
    )
    if not system and not computer:
        summary = next(
            (answer.text for answer in answers if answer.asked.startswith("msinfo32")), ""
        )
        return _from_summary(summary)
    dmi = {
        "sys_vendor": text(product, "Vendor") or text(computer, "Manufacturer"),
        "product_name": text(product, "Name") or text(computer, "Model"),
        "product_version": text(product, "Version"),
        "product_family": text(computer, "SystemFamily"),
        "bios_vendor": text(bios, "Manufacturer"),
        "bios_version": text(bios, "SMBIOSBIOSVersion"),
        "board_vendor": text(board, "Manufacturer"),
        "board_name": text(board, "Product"),
        "chassis_vendor": text(enclosure, "Manufacturer"),
        "chassis_asset_tag": text(enclosure, "SMBIOSAssetTag"),
    }
    kind = number(system, "ProductType")
    build = number(system, "BuildNumber")
    return WindowsSystem(
        name=text(system, "Caption") or "Microsoft Windows",
        version=text(system, "Version"),
        build=build,
        architecture=_architecture(text(system, "OSArchitecture")),
        server=None if kind is None else kind != 1,
        drive=text(system, "SystemDrive").upper(),
        hostname=text(computer, "Name"),
        cpus=number(computer, "NumberOfLogicalProcessors"),
        memory=number(computer, "TotalPhysicalMemory"),
        hypervisor=flag(computer, "HypervisorPresent"),
        domain=flag(computer, "PartOfDomain"),
        dmi={name: value for name, value in dmi.items() if value},
    )


_NUMBERED = re.compile(r"([0-9]{1,2}\.[0-9]{1,2}\.([0-9]{4,6}))\b")


def _from_summary(report: str) -> WindowsSystem:
    """Read the summary at the head of a report of msinfo32: its items stand in the same order in
    every language.

    After the manufacturer of Windows come the names of the computer, of its maker, and of its
    model.
    """
    if OFFLINE_REPORT.match(report):
        return _from_hives(report)
    rows = [line.split("\t") for line in report.replace("\r", "").split("\n")[:60]]
    values = [row[1].strip() for row in rows if len(row) > 1]
    place = next(
        (place for place, value in enumerate(values) if value == "Microsoft Corporation"), -1
    )
    name = next((value for value in values[:6] if value.startswith("Microsoft Windows")), "")
    version = next((matched for matched in map(_NUMBERED.match, values[:6]) if matched), None)
    if not name or place < 0 or len(values) < place + 4:
        raise ValueError("neither an operating system nor a computer in it")
    kinds = " ".join(values[place + 4 : place + 6])
    dmi = {"sys_vendor": values[place + 2], "product_name": values[place + 3]}
    return WindowsSystem(
        name=name,
        version=version[1] if version else "",
        build=int(version[2]) if version else None,
        architecture="aarch64"
        if "ARM64" in kinds
        else "x86_64"
        if "x64" in kinds
        else "i686"
        if "X86" in kinds
        else "",
        server="Server" in name,
        drive="",
        hostname=values[place + 1],
        cpus=None,
        memory=None,
        hypervisor=None,
        domain=None,
        dmi={field: value for field, value in dmi.items() if value},
    )


_BUILT = re.compile(r"([0-9]{4,6})(?:\.[0-9]{1,6})?\Z")
# from this build on Windows' own number is 10.0, and CurrentVersion in the registry stays 6.3
_FIRST_10 = 10240


def _from_hives(report: str) -> WindowsSystem:
    """Read the summary that CollectSystemInfo.ps1 writes in WinRE or WinPE from the hives beside
    it: lines `OS Name:   Windows 10 Pro`.
    """
    pairs = (
        line.partition(":") for line in report.lstrip("\ufeff").replace("\r", "").split("\n")[:20]
    )
    said = {name.strip(): value.strip() for name, _, value in pairs}
    product, built = said.get("OS Name", ""), _BUILT.match(said.get("OS Build", ""))
    if "Windows" not in product:
        raise ValueError("no name of a Windows in it")
    build = int(built[1]) if built else None
    numbered = (
        "10.0"
        if build is not None and build >= _FIRST_10
        else said.get("OS Version", "").partition(" ")[0]
    )
    parts = said.get("Build Lab", "").split(".")  # 19041.1.amd64fre.vb_release.191206-1406
    kind = said.get("Installation Type", "")
    return WindowsSystem(
        name=product.replace("Windows 10", "Windows 11", 1)
        if build is not None and build >= 22000 and product.startswith("Windows 10")
        else product,
        version=f"{numbered}.{build}"
        if build is not None and re.match(r"[0-9]{1,2}\.[0-9]\Z", numbered)
        else "",
        build=build,
        architecture=next((_BUILT_FOR[part] for part in parts if part in _BUILT_FOR), ""),
        server=kind.lower() != "client" if kind else None,
        drive="",
        hostname=said.get("Computer Name", ""),
        cpus=None,
        memory=None,
        hypervisor=None,
        domain=None,
        dmi={},
    )


_BUILT_FOR = {"amd64fre": "x86_64", "x86fre": "i686", "arm64fre": "aarch64"}


def _architecture(said: str) -> str:
    """Return Linux' word for what Windows calls "64-bit", "64-Bit", "64 bits" or "ARM 64-bit
    Processor".

    >>> _architecture("64-Bit"), _architecture("ARM 64-bit Processor"), _architecture("32-bit")
    ('x86_64', 'aarch64', 'i686')
    """
    if "64" in said:
        return "aarch64" if "ARM" in said.upper() else "x86_64"
    return "i686" if "32" in said else ""


WINDOWS_SYSTEM = Question[WindowsSystem](
    "windows_system",
    "Windows: its build, and the machine beneath as its firmware names it",
    (
        Cim(
            "Win32_OperatingSystem",
            (
                "Caption",
                "Version",
                "BuildNumber",
                "OSArchitecture",
                "ProductType",
                "SystemDrive",
                "OSLanguage",
            ),
        ),
        Cim(
            "Win32_ComputerSystem",
            (
                "Name",
                "Manufacturer",
                "Model",
                "SystemFamily",
                "NumberOfLogicalProcessors",
                "TotalPhysicalMemory",
                "HypervisorPresent",
                "PartOfDomain",
            ),
        ),
        Cim("Win32_ComputerSystemProduct", ("Vendor", "Name", "Version")),
        Cim("Win32_BIOS", ("Manufacturer", "SMBIOSBIOSVersion")),
        Cim("Win32_BaseBoard", ("Manufacturer", "Product")),
        Cim("Win32_SystemEnclosure", ("Manufacturer", "SMBIOSAssetTag")),
    ),
    saying_where_cut(_parse_system),
    "which Windows this is, and what it runs on",
    also=(Command(("msinfo32", "/report")),),
)
