"""A Windows guest's devices: system, disks, what they hang on, network cards, drivers and services,
by Windows' own database (CIM).

The classes and their properties are Microsoft's (Win32 provider, Windows Storage Management API):
https://learn.microsoft.com/windows/win32/ cimwin32prov/win32-provider. What is read is the same in
every language of Windows: ids, numbers and names of services; texts support.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from guestcheck.model.digits import number_of
from guestcheck.model.source import OK, Answer, Cim, Command, Question, ReadInPartError

_T = TypeVar("_T")
Instance = Dict[str, Tuple[str, ...]]
_LINE = re.compile(r"([A-Za-z_]\w*)\s*[:=]\s?(.*)")
_MOST = 20_000  # instances, of whatever class


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


class WindowsNic(NamedTuple):
    """A network adapter; `state` is up, down or "" where it is not told."""

    name: str
    label: str
    device: str
    service: str
    mac: str
    state: str
    speed: Optional[int]
    addresses: Tuple[str, ...]
    guid: str
    dhcp: Optional[bool]


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


class WindowsService(NamedTuple):
    """A service or driver: its state (Running, Stopped) and how it starts (Boot, System, Auto,
    Manual, Disabled).
    """

    name: str
    state: str
    start: str


class Protection(NamedTuple):
    """A volume that BitLocker knows: whether it protects it (0 off, 1 on, 2 unknown) and how much
    of it is encrypted (0: nothing).
    """

    drive: str
    protection: Optional[int]
    conversion: Optional[int]


def instances(text: str) -> List[Instance]:
    """Read paragraphs of lines `Name : value`, as Format-List prints them too; a name that stands
    again has a further value.

    >>> instances("Name : vioscsi\\nHardwareID : A\\nHardwareID : B\\n\\nName : viostor\\n")
    [{'Name': ('vioscsi',), 'HardwareID': ('A', 'B')}, {'Name': ('viostor',)}]
    """
    found: List[Instance] = []
    current: Dict[str, List[str]] = {}
    for line in [*text.replace("\r", "").split("\n"), ""]:
        matched = _LINE.match(line.strip())
        if matched:
            current.setdefault(matched[1], []).append(matched[2].strip())
        elif not line.strip() and current:
            found.append({name: tuple(values) for name, values in current.items()})
            current = {}
            if len(found) >= _MOST:
                break
    return found


def _named_where_cut(parse: "Callable[[List[Answer]], _T]") -> "Callable[[List[Answer]], _T]":
    """Return `parse`, which then says so where an answer has more instances than are read."""

    def parsed(answers: List[Answer]) -> _T:
        found = parse(answers)
        for answer in answers:
            if _is_cut(answer.text):
                says = f"{answer.asked}: more than {_MOST} instances; the others were not looked at"
                raise ReadInPartError(says, found)
        return found

    return parsed


def _is_cut(text: str) -> bool:
    """Tell whether `instances` or `rows` leaves some of it out."""
    lines = text.count("\n")
    if text.lstrip("\ufeff").startswith(('"', "#TYPE")):
        return is_cut_table(text)
    if lines < _MOST:  # one line each at least
        return False
    count, inside = 0, False
    for line in text.replace("\r", "").split("\n"):
        matched = _LINE.match(line.strip())
        count += bool(matched) and not inside
        inside = bool(matched) or (inside and bool(line.strip()))
    return count > _MOST


def is_cut_table(csv_text: str) -> bool:
    """Tell whether `rows` leaves some of a table out."""
    return csv_text.count("\n") >= _MOST * 4


def _all(answers: List[Answer], name: str) -> Iterator[Instance]:
    for answer in answers:
        if answer.asked == name:
            yield from instances(answer.text)


def _one(answers: List[Answer], name: str) -> Instance:
    return next(_all(answers, name), {})


def text(instance: Instance, name: str) -> str:
    """Return the first value of a property, "" where it has none."""
    return instance.get(name, ("",))[0]


def number(instance: Instance, name: str) -> Optional[int]:
    """Return a property that is a number, None for what is none or beyond any sense."""
    value = text(instance, name)
    return number_of(value, 19)


def flag(instance: Instance, name: str) -> Optional[bool]:
    """Return a property that is True or False."""
    return {"true": True, "false": False}.get(text(instance, name).lower())


def _parse_system(answers: List[Answer]) -> WindowsSystem:
    system, computer = _one(answers, "Win32_OperatingSystem"), _one(answers, "Win32_ComputerSystem")
    product, bios = _one(answers, "Win32_ComputerSystemProduct"), _one(answers, "Win32_BIOS")
    board, enclosure = _one(answers, "Win32_BaseBoard"), _one(answers, "Win32_SystemEnclosure")
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
    if _OFFLINE.match(report):
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


_OFFLINE = re.compile(r"\ufeff?OS Name: ")
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


def _parse_devices(answers: List[Answer]) -> PnpDevices:
    found: Dict[str, PnpDevice] = {}
    gone = set()
    told = list(_all(answers, "Win32_PnPEntity"))
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
        and len(told) < _MOST
        and any(answer.asked == "Win32_PnPEntity" and answer.status == OK for answer in answers)
    )
    for answer in answers:
        if answer.asked.startswith("msinfo32"):
            for device in _from_msinfo(answer.text):
                found.setdefault(device.id.upper(), device)
    if not found:
        offline = any(
            answer.asked.startswith("msinfo32") and _OFFLINE.match(answer.text)
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


def _parse_disks(answers: List[Answer]) -> WindowsDisks:
    storage: Dict[Optional[int], List[Instance]] = {}
    for one in _all(answers, "MSFT_Disk"):
        storage.setdefault(number(one, "Number"), []).append(one)
    disks = []
    for one in _all(answers, "Win32_DiskDrive"):
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
        for one in _all(answers, "Win32_CDROMDrive")
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
    for one in _all(answers, "Win32_LogicalDiskToPartition"):
        letters.setdefault(text(one, "Antecedent"), []).append(text(one, "Dependent"))
    systems = {
        text(one, "DeviceID"): text(one, "FileSystem") for one in _all(answers, "Win32_LogicalDisk")
    }
    for one in _all(answers, "Win32_DiskPartition"):
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
        for one in _all(answers, name):
            above, below = text(one, "Antecedent"), text(one, "Dependent")
            if above and below and above.upper() != below.upper():
                parents.setdefault(below.upper(), above)
    return parents


def _parse_nics(answers: List[Answer]) -> Tuple[WindowsNic, ...]:
    settings = {
        number(one, "Index"): one for one in _all(answers, "Win32_NetworkAdapterConfiguration")
    }
    found = []
    for one in _all(answers, "Win32_NetworkAdapter"):
        device = text(one, "PNPDeviceID")
        if not device:
            continue  # an adapter that is installed and not there
        setting = settings.get(number(one, "Index"), {})
        status, enabled = number(one, "NetConnectionStatus"), flag(one, "NetEnabled")
        speed = number(one, "Speed")
        found.append(
            WindowsNic(
                name=text(one, "NetConnectionID"),
                label=text(one, "Name"),
                device=device,
                service=text(one, "ServiceName"),
                mac=text(one, "MACAddress").lower(),
                state="up"
                if status == 2
                else "down"
                if status is not None or enabled is False
                else "",
                speed=speed // 1_000_000 if speed and speed < 1 << 62 else None,
                addresses=setting.get("IPAddress", ()),
                guid=(text(one, "GUID") or text(setting, "SettingID")).upper(),
                dhcp=flag(setting, "DHCPEnabled"),
            )
        )
    if not found and not any(
        answer.asked == "Win32_NetworkAdapter" and answer.status == "ok" for answer in answers
    ):
        raise ValueError("no network adapter in it")
    return tuple(found)


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
        for one in _all(answers, "Win32_PnPSignedDriver")
    ]
    for answer in answers:
        if answer.asked.startswith("Get-WindowsDriver"):
            found += _packages(answer.text)
    return tuple(found)


def rows(csv_text: str) -> List[Dict[str, str]]:
    """Read what Export-Csv wrote; a line that is cut off or has too few fields gives what it has."""
    import csv

    lines = csv_text.replace("\0", "").split("\n")
    if lines[:1] and lines[0].startswith("#TYPE"):
        del lines[0]
    try:
        return [
            {name: value or "" for name, value in row.items() if isinstance(name, str)}
            for row in csv.DictReader(lines[: _MOST * 4])
        ]
    except csv.Error as error:
        raise ValueError(str(error)) from error


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


def _parse_services(answers: List[Answer]) -> Tuple[WindowsService, ...]:
    found = [
        WindowsService(text(one, "Name"), text(one, "State"), text(one, "StartMode"))
        for name in ("Win32_Service", "Win32_SystemDriver")
        for one in _all(answers, name)
    ]
    for answer in answers:
        if answer.asked.startswith("Get-Service"):
            found += [
                WindowsService(row.get("Name", ""), row.get("Status", ""), row.get("StartType", ""))
                for row in rows(answer.text)
            ]
    return tuple(service for service in found if service.name)


def _parse_protection(answers: List[Answer]) -> Tuple[Protection, ...]:
    return tuple(
        Protection(
            text(one, "DriveLetter").upper(),
            number(one, "ProtectionStatus"),
            number(one, "ConversionStatus"),
        )
        for one in _all(answers, "Win32_EncryptableVolume")
    )


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
    _named_where_cut(_parse_system),
    "which Windows this is, and what it runs on",
    also=(Command(("msinfo32", "/report")),),
)

_DEVICE = ("DeviceID", "Name", "Service", "ConfigManagerErrorCode", "HardwareID", "CompatibleID")

WINDOWS_DEVICES = Question[PnpDevices](
    "windows_devices",
    "Windows: every device that is there, its ids, its driver's service, and the code of its "
    "problem, if it has one",
    (Cim("Win32_PnPEntity", _DEVICE, seconds=60),),
    _named_where_cut(_parse_devices),
    "what disks and network cards are, and which devices have no driver",
    also=(Command(("msinfo32", "/report")),),
)

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
    _named_where_cut(_parse_disks),
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
    _named_where_cut(_parse_controllers),
    "what each disk hangs on",
)

WINDOWS_NICS = Question[Tuple[WindowsNic, ...]](
    "windows_nics",
    "Windows: network adapters and their addresses",
    (
        Cim(
            "Win32_NetworkAdapter",
            (
                "Index",
                "Name",
                "NetConnectionID",
                "PNPDeviceID",
                "ServiceName",
                "MACAddress",
                "NetConnectionStatus",
                "NetEnabled",
                "Speed",
                "GUID",
            ),
        ),
        Cim(
            "Win32_NetworkAdapterConfiguration", ("Index", "SettingID", "DHCPEnabled", "IPAddress")
        ),
    ),
    _named_where_cut(_parse_nics),
    "which network cards there are",
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
    _named_where_cut(_parse_drivers),
    "which versions the drivers have, and at which PCI address each device lies",
    also=(Command(("Get-WindowsDriver", "-Online", "-All")),),
)

# The services of guest agents, by the hypervisor's tools that bring them.
AGENT_SERVICES = {
    "qemu-ga": ("QEMU-GA", "QEMU Guest Agent"),
    "open-vm-tools": ("VMTools",),
    "hyperv-daemons": ("vmicheartbeat",),
    "xe-guest-utilities": ("xensvc", "xenagent", "xenwinsvc"),
    "virtualbox-guest-utils": ("VBoxService",),
    "waagent": ("WindowsAzureGuestAgent",),
    "google-guest-agent": ("GCEAgent", "GCEAgentManager"),
}
_STORAGE = (
    "viostor",
    "vioscsi",
    "storflt",
    "storvsc",
    "stornvme",
    "storahci",
    "pvscsi",
    "xenvbd",
    "xenfilt",
    "LSI_SAS",
    "megasas",
    "VirtioSerial",
)

WINDOWS_SERVICES = Question[Tuple[WindowsService, ...]](
    "windows_services",
    "Windows: guest agents and storage drivers, and whether they run",
    (
        Cim(
            "Win32_Service",
            ("Name", "State", "StartMode"),
            where=" OR ".join(
                f"Name='{name}'" for names in AGENT_SERVICES.values() for name in names
            ),
        ),
        Cim(
            "Win32_SystemDriver",
            ("Name", "State", "StartMode"),
            where=" OR ".join(f"Name='{name}'" for name in _STORAGE),
        ),
    ),
    _named_where_cut(_parse_services),
    "whether a guest agent is installed and runs",
    also=(Command(("Get-Service",)),),
)

WINDOWS_PROTECTION = Question[Tuple[Protection, ...]](
    "windows_protection",
    "Windows: which volumes BitLocker protects (an administrator may ask)",
    (
        Cim(
            "Win32_EncryptableVolume",
            ("DriveLetter", "ProtectionStatus", "ConversionStatus"),
            namespace="root/cimv2/Security/MicrosoftVolumeEncryption",
        ),
    ),
    _named_where_cut(_parse_protection),
    "whether BitLocker protects the system drive",
    quiet=True,
    deep=True,
)
