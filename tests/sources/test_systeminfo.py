"""What virtio-win's CollectSystemInfo.ps1 leaves is a source: packed or not, in any language, and damaged too."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.errors import NoEvidenceError
from guestcheck.model.report import Report, Sink
from guestcheck.render import text
from guestcheck.run import examine
from guestcheck.sources import open_source

# Written after msinfo32's own layout: pairs parted by a tab, an empty line between devices, problem devices in three columns.
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
    "drv_list.csv": b'"Version","Driver","OriginalFileName","Inbox","ClassName","BootCritical","ProviderName","Date"\r\n'
    b'"100.95.104.26200","oem3.inf","C:\\Windows\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.inf","False","SCSIAdapter",'
    b'"True","Red Hat, Inc.","7/24/2024 12:00:00 AM"\r\n',
    "Services.csv": b'"Name","DisplayName","Status","StartType"\r\n"QEMU-GA","QEMU Guest Agent","Running","Automatic"\r\n',
    "virtio_disk.txt": b"HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Disk\\TimeoutValue : 60\r\n",
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
    assert (inventory.guest.os_name, inventory.guest.os_version, inventory.hypervisor) == ("Microsoft Windows Server 2022 Standard", "10.0.20348", "qemu")
    assert [(one.verdict.interface, one.driver) for one in inventory.controllers or ()] == [("virtio-blk", "viostor")]
    assert [(nic.verdict.interface, nic.verdict.kind, nic.driver) for nic in inventory.nics or ()] == [("e1000", "emulated", "e1g6032e")]
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
    assert all("not in what CollectSystemInfo.ps1 collects" in gap.reason for gap in told.gaps if gap.question == "windows_registry")
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
