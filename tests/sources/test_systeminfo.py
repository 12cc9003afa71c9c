"""What virtio-win's CollectSystemInfo.ps1 leaves is a source: packed or not, in any language, and
damaged too.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.cli.preflight import asked
from guestcheck.errors import NoEvidenceError
from guestcheck.model.report import Report, Sink
from guestcheck.model.target import DOES_NOT_BOOT, OPEN, UNKNOWN, Readiness
from guestcheck.render.people import text
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source

# Written after msinfo32's own layout: pairs parted by a tab, an empty line between devices, problem
# devices in three columns.
MSINFO = """System Information report written at: 11/02/26 09:20:11
System Name: SRV-A
[System Summary]

Item\tValue
OS Name\tMicrosoft Windows Server 2022 Standard
Version\t10.0.20348 Build 20348
Other OS Description \tNot Available
OS Manufacturer\tMicrosoft Corporation
System Name\tSRV-A
System Manufacturer\tQEMU
System Model\tStandard PC (i440FX + PIIX, 1996)
System Type\tx64-based PC

[Network]

Item\tValue
Name\t[00000001] Intel(R) PRO/1000 MT Network Connection
Adapter Type\tEthernet 802.3
PNP Device ID\tPCI\\VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03\\3&13C0B0C5&0&18
MAC Address\t52:54:00:11:22:33
Driver\tc:\\windows\\system32\\drivers\\e1g6032e.sys (8.4.13.0, 138.00 KB)

[SCSI]

Item\tValue
Name\tRed Hat VirtIO SCSI controller
Manufacturer\tRed Hat, Inc.
PNP Device ID\tPCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00\\3&13C0B0C5&0&28
Driver\tc:\\windows\\system32\\drivers\\viostor.sys (100.95.104.26200, 63.54 KB)

[Problem Devices]

Device\tPNP Device ID\tError Code
PCI Device\tPCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&13C0B0C5&0&30\tThe drivers for this device are not installed. (Code 28)
"""
GERMAN = {
    "OS Name": "Betriebssystemname",
    "OS Manufacturer": "Betriebssystemhersteller",
    "System Name": "Systemname",
    "System Manufacturer": "Systemhersteller",
    "System Model": "Systemmodell",
    "System Type\tx64-based": "Systemtyp\tx64-basierter",
    "PNP Device ID": "PNP-Gerätekennung",
    "Driver\t": "Treiber\t",
    "Name\t": "Name\t",
    "Problem Devices": "Problemgeräte",
    "The drivers for this device are not installed.": "Die Treiber für dieses Gerät wurden nicht installiert.",
}
FILES: Dict[str, bytes] = {
    "msinfo32.txt": MSINFO.replace("\n", "\r\n").encode("utf-16"),
    "drv_list.csv": b'"Version","Driver","OriginalFileName","Inbox","ClassName","BootCritical","ProviderName",'
    b'"Date"\r\n'
    b'"100.95.104.26200","oem3.inf",'
    b'"C:\\Windows\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.inf",'
    b'"False","SCSIAdapter",'
    b'"True","Red Hat, Inc.","7/24/2024 12:00:00 AM"\r\n',
    "Services.csv": b'"Name","DisplayName","Status","StartType"\r\n"QEMU-GA","QEMU Guest '
    b'Agent","Running","Automatic"\r\n',
    "virtio_disk.txt": b"HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Disk\\TimeoutValue : 60\r\n",
}


# What the script writes where it runs in WinRE or WinPE, beside a Windows that is off.
OFFLINE_MSINFO = """\ufeffOS Name:            Windows 10 Pro
OS Edition:         Professional
OS Version:         6.3 (22H2)
OS Build:           19045.3803
Build Lab:         19041.1.amd64fre.vb_release.191206-1406
Installation Type:  Client
Install Date:       2023-01-02 03:04:05 UTC
Computer Name:      PC-7
"""
STARTS = {
    "ACPI": "Boot",
    "disk": "Boot",
    "netkvm": "Manual",
    "partmgr": "Boot",
    "pci": "Boot",
    "QEMU-GA": "Automatic",
    "viostor": "Boot",
    "volmgr": "Boot",
    "volsnap": "Boot",
    "W32Time": "Automatic (Delayed)",
    "Wdf01000": "Boot",
}


def listed(starts: Dict[str, str]) -> bytes:
    return "".join(
        [
            '"Name","DisplayName","StartType"\r\n',
            *(f'"{name}","The ""{name}""","{start}"\r\n' for name, start in starts.items()),
        ]
    ).encode()


def updates(*ids: str) -> bytes:
    return "".join(
        ['"Description","HotFixID","InstalledOn"\r\n', *(f'"Update","{id_}",\r\n' for id_ in ids)]
    ).encode()


OFFLINE: Dict[str, bytes] = {
    "msinfo32.txt": OFFLINE_MSINFO.replace("\n", "\r\n").encode(),
    "drv_list.csv": b'"Directory","InfName","InfPath"\r\n"viostor.inf_amd64_1","viostor.inf",'
    b'"D:\\Windows\\x\\viostor.inf"\r\n',
    "Services.csv": listed(STARTS),
    "InstalledKBs.csv": updates("KB5034122"),
    "virtio_disk.txt": b"\xef\xbb\xbfHKLM:\\OfflineSYSTEM\\ControlSet001\\Services\\Disk\\TimeoutValue : 60\r\n",
}


def packed(folder: Path, files: Dict[str, bytes], top: str = "") -> Path:
    path = folder / "Log_folder_2026-11-02.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(top + name, data)
    return path


def report(path: Path) -> Report:
    return examine(open_source([str(path)]))


@pytest.mark.parametrize("top", ["", "Log_folder_2026-11-02/"])
def test_devices_and_the_agent_are_told(tmp_path: Path, top: str) -> None:
    inventory = report(packed(tmp_path, FILES, top)).inventory
    assert (inventory.guest.os_name, inventory.guest.os_version, inventory.hypervisor) == (
        "Microsoft Windows Server 2022 Standard",
        "10.0.20348",
        "qemu",
    )
    assert [(one.verdict.interface, one.driver) for one in inventory.controllers or ()] == [
        ("virtio-blk", "viostor")
    ]
    assert [
        (nic.verdict.interface, nic.verdict.kind, nic.driver) for nic in inventory.nics or ()
    ] == [("e1000", "emulated", "e1g6032e")]
    assert [agent.name for agent in inventory.guest.agents or () if agent.running] == ["qemu-ga"]
    assert [problem.code for problem in inventory.guest.problems or ()] == [28]


def test_an_unpacked_folder_is_one_too(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    assert report(tmp_path).inventory.controllers


def test_windows_language_changes_nothing(tmp_path: Path) -> None:
    said = MSINFO
    for english, german in GERMAN.items():
        said = said.replace(english, german)
    told = report(packed(tmp_path, {**FILES, "msinfo32.txt": said.encode("utf-16")})).inventory
    english = report(packed(tmp_path, FILES)).inventory
    assert (told.controllers, told.hypervisor) == (english.controllers, english.hypervisor)
    assert [nic.verdict for nic in told.nics or ()] == [nic.verdict for nic in english.nics or ()]


def test_what_the_script_does_not_collect_is_a_gap(tmp_path: Path) -> None:
    told = report(packed(tmp_path, FILES))
    assert {gap.question for gap in told.gaps} >= {"windows_disks", "windows_registry"}
    assert all(
        "not in what CollectSystemInfo.ps1 collects" in gap.reason
        for gap in told.gaps
        if gap.question == "windows_registry"
    )
    text.render(told, Sink(width=80))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kept", [0, 1, 7, 60, 300, 700])
def test_a_file_that_was_cut_costs_itself(tmp_path: Path, name: str, kept: int) -> None:
    try:
        told = report(packed(tmp_path, {**FILES, name: FILES[name][:kept]}))
    except NoEvidenceError:
        assert name == "msinfo32.txt"
        return
    assert not any("parser failed" in gap.reason for gap in told.gaps)


def judged(path: Path, target: str) -> Readiness:
    (one,) = preflight(open_source([str(path)]), asked([target], False)).readiness
    return one


def ids(one: Readiness) -> "set[str]":
    return {reason.id for reason in one.reasons}


def test_in_winpe_the_windows_beside_is_told(tmp_path: Path) -> None:
    told = report(packed(tmp_path, OFFLINE))
    guest = told.inventory.guest
    assert (guest.os_name, guest.os_version, guest.architecture, guest.hostname) == (
        "Windows 10 Pro",
        "10.0.19045",
        "x86_64",
        "PC-7",
    )
    assert [(agent.name, agent.running) for agent in guest.agents or ()] == [("qemu-ga", None)]
    assert told.inventory.hypervisor is None
    assert {gap.question for gap in told.gaps} >= {"windows_devices", "windows_registry"}
    assert any("tells of no device" in gap.reason for gap in told.gaps)
    text.render(told, Sink(width=80))


def test_a_start_at_boot_leaves_open_what_no_list_says(tmp_path: Path) -> None:
    one = judged(packed(tmp_path, OFFLINE), "virtio-blk")
    assert one.verdict == UNKNOWN
    assert ids(one) == {"database-unread", "override-unread", "driver-file-unread", "policy-unread"}
    assert all(reason.weight == OPEN for reason in one.reasons)


def test_a_driver_that_a_whole_list_lacks_is_missing(tmp_path: Path) -> None:
    one = judged(packed(tmp_path, OFFLINE), "virtio-scsi")
    assert (one.verdict, one.reasons[0].id) == (DOES_NOT_BOOT, "service-missing")
    assert "CurrentControlSet" in one.reasons[0].evidence[0].source


def test_a_driver_that_a_list_starts_on_demand_is_not_started_at_boot(tmp_path: Path) -> None:
    for start, number in (("Manual", 3), ("Disabled", 4), ("System", 1)):
        one = judged(
            packed(tmp_path, {**OFFLINE, "Services.csv": listed({**STARTS, "viostor": start})}),
            "virtio-blk",
        )
        assert (one.verdict, one.reasons[0].id) == (DOES_NOT_BOOT, "service-not-boot")
        assert f"Start = {number}" in one.reasons[0].evidence[0].says


@pytest.mark.parametrize("kept", [-2, -4, -20, -200])
def test_what_a_list_that_was_cut_lacks_is_not_known(tmp_path: Path, kept: int) -> None:
    one = judged(
        packed(tmp_path, {**OFFLINE, "Services.csv": listed(STARTS)[:kept]}), "virtio-scsi"
    )
    assert (one.verdict, "service-missing" in ids(one)) == (UNKNOWN, False)


@pytest.mark.parametrize("gone", ["disk", "Wdf01000"])
def test_a_list_without_what_every_windows_has_is_not_whole(tmp_path: Path, gone: str) -> None:
    starts = {name: start for name, start in STARTS.items() if name != gone}
    one = judged(packed(tmp_path, {**OFFLINE, "Services.csv": listed(starts)}), "virtio-scsi")
    assert (one.verdict, "service-unread" in ids(one)) == (UNKNOWN, True)


def test_a_list_of_a_running_windows_has_no_drivers(tmp_path: Path) -> None:
    rows = "".join(f'"{name}","","Running","Automatic"\r\n' for name in STARTS)
    one = judged(
        packed(
            tmp_path,
            {
                **FILES,
                "Services.csv": ('"Name","DisplayName","Status","StartType"\r\n' + rows).encode(),
            },
        ),
        "virtio-scsi",
    )
    assert ids(one) == {"registry-unread"}


@pytest.mark.parametrize(
    ("update", "settled"), [("KB4474419", True), ("KB3033929", True), ("KB5034122", False)]
)
def test_an_update_settles_signatures_of_sha2(tmp_path: Path, update: str, settled: bool) -> None:
    seven = (
        OFFLINE["msinfo32.txt"]
        .replace(b"Windows 10 Pro", b"Windows 7 Professional")
        .replace(b"19045.3803", b"7601")
    )
    files = {**OFFLINE, "msinfo32.txt": seven, "InstalledKBs.csv": updates("KB2999226", update)}
    one = judged(packed(tmp_path, files), "virtio-blk")
    assert one.verdict == UNKNOWN
    assert ("signature-unknown" not in ids(one)) == settled
    assert "signature-sha2" not in ids(
        one
    )  # a list that leaves out what newer updates replaced is no proof


def test_a_card_is_left_open_without_claims_on_the_driver_store(tmp_path: Path) -> None:
    one = judged(packed(tmp_path, OFFLINE), "virtio-net")
    assert one.verdict == UNKNOWN
    assert not any(reason.evidence for reason in one.reasons if reason.id == "card-driver-unknown")


@pytest.mark.parametrize("name", OFFLINE)
@pytest.mark.parametrize("kept", [0, 1, 7, 33, 60, 150])
def test_a_file_from_winpe_that_was_cut_costs_itself(tmp_path: Path, name: str, kept: int) -> None:
    told = report(packed(tmp_path, {**OFFLINE, name: OFFLINE[name][:kept]}))
    assert not any("parser failed" in gap.reason for gap in told.gaps)
    one = judged(packed(tmp_path, {**OFFLINE, name: OFFLINE[name][:kept]}), "virtio-blk")
    assert one.verdict == UNKNOWN


def test_windows_11_is_called_so(tmp_path: Path) -> None:
    eleven = OFFLINE["msinfo32.txt"].replace(b"19045.3803", b"22631.2861")
    assert (
        report(packed(tmp_path, {**OFFLINE, "msinfo32.txt": eleven})).inventory.guest.os_name
        == "Windows 11 Pro"
    )


def test_a_driver_without_a_start_is_left_open(tmp_path: Path) -> None:
    one = judged(
        packed(tmp_path, {**OFFLINE, "Services.csv": listed({**STARTS, "viostor": ""})}),
        "virtio-blk",
    )
    assert (one.verdict, "service-odd" in ids(one)) == (UNKNOWN, True)


def test_an_unpacked_folder_from_winpe_is_one_too(tmp_path: Path) -> None:
    for name, data in OFFLINE.items():
        (tmp_path / name).write_bytes(data)
    assert judged(tmp_path, "virtio-scsi").verdict == DOES_NOT_BOOT
