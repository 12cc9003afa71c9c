"""Would Windows boot: hives in many states, each judged as a mounted volume would be."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from guestcheck.cli.preflight import asked
from guestcheck.model.report import Preflight
from guestcheck.model.target import BOOTS, DOES_NOT_BOOT, NETWORK_LOST, NETWORK_UP, UNKNOWN, Readiness
from guestcheck.run import examine, preflight
from guestcheck.sources.root import open_root
from tests.hives import hive, log

pytest.importorskip("pyregf", reason="the extra guestcheck[windows] is not installed")

State = Dict[str, Any]
DATABASE = {
    "viostor": ("PCI", ["VEN_1AF4&DEV_1001", "VEN_1AF4&DEV_1042"], "oem1.inf"),
    "vioscsi": ("PCI", ["VEN_1AF4&DEV_1004", "VEN_1AF4&DEV_1048"], "oem2.inf"),
    "stornvme": ("PCI", ["CC_010802"], "stornvme.inf"),
    "storahci": ("PCI", ["CC_010601"], "mshdc.inf"),
    "intelide": ("PCI", ["VEN_8086&DEV_7010", "VEN_8086&DEV_7111"], "mshdc2.inf"),
    "storvsc": ("VMBUS", ["{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}"], "wstorvsc.inf"),
    "vmbus": ("ACPI", ["VMBus"], "wvmbus.inf"),
    "pvscsi": ("PCI", ["VEN_15AD&DEV_07C0"], "oem4.inf"),
    "lsi_sas": ("PCI", ["VEN_1000&DEV_0054"], "lsi_sas.inf"),
}
CRITICAL = {
    "PCI#VEN_1AF4&DEV_1001&REV_00": "viostor",
    "PCI#VEN_1AF4&DEV_1042&REV_01": "viostor",
    "PCI#VEN_1AF4&DEV_1004&REV_00": "vioscsi",
    "PCI#VEN_1AF4&DEV_1048&REV_01": "vioscsi",
    "PCI#CC_010601": "msahci",
    "PCI#VEN_8086&DEV_7010": "intelide",
    "PCI#VEN_8086&DEV_7111": "intelide",
    "Internal_IDE_Channel": "atapi",
}


def service(name: str, start: int = 0) -> State:
    return {"Type": 1, "Start": start, "ErrorControl": 1, "Group": "SCSI miniport", "ImagePath": f"System32\\drivers\\{name}.sys"}


def windows(build: int = 20348) -> State:
    """Make a Windows with everything: the states below take something away."""
    names = [*DATABASE, "atapi"] if build >= 9200 else ["viostor", "vioscsi", "msahci", "intelide", "atapi"]
    control: State = {
        "Services": {name: service(name) for name in names},
        "Control": {"Session Manager": {"Environment": {"PROCESSOR_ARCHITECTURE": "AMD64"}}},
        "Enum": {"PCI": {}},
    }
    system: State = {"Select": {"Current": 1, "Default": 1, "Failed": 0, "LastKnownGood": 1}, "ControlSet001": control}
    if build >= 9200:
        ids: State = {"PCI": {}, "VMBUS": {}, "ACPI": {}, "Internal_IDE_Channel": {"mshdc2.inf": b"\1\xff\0\0"}}
        packages: State = {}
        for name, (bus, devices, inf) in DATABASE.items():
            package: State = {"": inf, "Configurations": {"Inst": {"Service": name}}, "Descriptors": {bus: {}}}
            for device in devices:
                ids[bus][device] = {inf: b"\1\xff\0\0"}
                package["Descriptors"][bus][device] = {"Configuration": "Inst"}
            packages[f"{name}.inf_amd64_1"] = package
        packages["intelide.inf_amd64_1"]["Descriptors"]["Internal_IDE_Channel"] = {"Configuration": "Channel"}
        packages["intelide.inf_amd64_1"]["Configurations"]["Channel"] = {"Service": "atapi"}
        system["DriverDatabase"] = {"DeviceIds": ids, "DriverPackages": packages}
    else:
        control["Control"]["CriticalDeviceDatabase"] = {key: {"Service": name} for key, name in CRITICAL.items()}
    version = {"ProductName": "Windows Server 2022 Standard", "CurrentBuildNumber": str(build), "InstallationType": "Server"}
    servicing = {"Packages": {"Package_for_KB4474419~31bf~amd64~~6.1.3.2": {"CurrentState": 112}}}
    software: State = {"Microsoft": {"Windows NT": {"CurrentVersion": version}, "Windows": {"CurrentVersion": {"Component Based Servicing": servicing}}}}
    return {"SYSTEM": system, "SOFTWARE": software, "files": [f"System32/drivers/{name}.sys" for name in names]}


def mount(state: State, top: Path) -> Path:
    """Lay the volume out, in the case that Windows 10 has."""
    for folder in ("config", "drivers", "DriverStore/FileRepository"):
        (top / "Windows/System32" / folder).mkdir(parents=True, exist_ok=True)
    for name in ("SYSTEM", "SOFTWARE"):
        if state.get(name) is not None:
            data = state[name] if isinstance(state[name], bytes) else hive(state[name], state.get("first", 1), 1)
            (top / "Windows/System32/config" / name).write_bytes(data)
    for name, data in state.get("beside", {}).items():
        (top / "Windows/System32/config" / name).write_bytes(data)
    for file in state["files"]:
        (top / "Windows" / file).parent.mkdir(parents=True, exist_ok=True)
        (top / "Windows" / file).write_bytes(b"MZ")
    return top


def judged(state: State, top: Path, target: str) -> Readiness:
    return report(state, top, target).readiness[0]


def report(state: State, top: Path, target: str) -> Preflight:
    return preflight(open_root(str(mount(state, top))), asked([target], False))


def services(state: State) -> State:
    return state["SYSTEM"]["ControlSet001"]["Services"]


def ids(state: State) -> State:
    return state["SYSTEM"]["DriverDatabase"]["DeviceIds"]


Change = Callable[[State], object]
CASES: List[Tuple[str, str, str, int, Optional[Change]]] = [
    # whole
    ("virtio-blk", BOOTS, "", 20348, None),
    ("virtio-scsi", BOOTS, "", 20348, None),
    ("nvme", BOOTS, "", 20348, None),
    ("sata", BOOTS, "", 20348, None),
    ("ide", BOOTS, "", 20348, None),
    ("pvscsi", BOOTS, "", 20348, None),
    ("lsi-sas", BOOTS, "", 20348, None),
    ("storvsc", BOOTS, "", 20348, None),
    ("virtio-blk", BOOTS, "", 7601, None),
    ("virtio-scsi", BOOTS, "", 7601, None),
    ("sata", BOOTS, "", 7601, None),
    ("virtio-blk", BOOTS, "", 9600, None),
    # not bootable
    ("virtio-blk", DOES_NOT_BOOT, "service-missing", 20348, lambda s: services(s).pop("viostor")),
    ("virtio-scsi", DOES_NOT_BOOT, "service-missing", 20348, lambda s: services(s).pop("vioscsi")),
    ("virtio-blk", DOES_NOT_BOOT, "service-not-boot", 20348, lambda s: services(s)["viostor"].update(Start=3)),
    ("virtio-blk", DOES_NOT_BOOT, "service-not-boot", 20348, lambda s: services(s)["viostor"].update(Start=4)),
    ("sata", DOES_NOT_BOOT, "service-not-boot", 7601, lambda s: services(s)["msahci"].update(Start=3)),
    ("virtio-blk", DOES_NOT_BOOT, "service-overridden", 20348, lambda s: services(s)["viostor"].update(StartOverride={"0": 3})),
    ("nvme", DOES_NOT_BOOT, "service-overridden", 20348, lambda s: services(s)["stornvme"].update(StartOverride={"0": 3})),
    ("storvsc", DOES_NOT_BOOT, "service-overridden", 20348, lambda s: services(s)["vmbus"].update(StartOverride={"0": 3})),
    ("ide", DOES_NOT_BOOT, "service-overridden", 20348, lambda s: services(s)["atapi"].update(StartOverride={"0": 3})),
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-missing", 20348, lambda s: s["files"].remove("System32/drivers/viostor.sys")),
    ("virtio-blk", DOES_NOT_BOOT, "driver-not-bound", 20348, lambda s: [ids(s)["PCI"].pop(i) for i in DATABASE["viostor"][1]]),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-not-bound",
        7601,
        lambda s: [s["SYSTEM"]["ControlSet001"]["Control"]["CriticalDeviceDatabase"].pop(i) for i in list(CRITICAL)[2:4]],
    ),
    ("nvme", DOES_NOT_BOOT, "driver-not-bound", 7601, None),
    ("pvscsi", DOES_NOT_BOOT, "service-missing", 20348, lambda s: services(s).update(pvscsi={"vwdk.installers": ("MSI",)})),
    # the store's own file, as virtio-win has it for Windows 11
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-missing",
        26100,
        lambda s: services(s)["viostor"].update(ImagePath="\\SystemRoot\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.sys"),
    ),
    (
        "virtio-blk",
        BOOTS,
        "",
        26100,
        lambda s: (
            services(s)["viostor"].update(ImagePath="\\SystemRoot\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.sys"),
            s["files"].append("System32/DriverStore/FileRepository/viostor.inf_amd64_1/viostor.sys"),
        ),
    ),
    # left open
    ("virtio-blk", UNKNOWN, "driver-not-bound", 20348, lambda s: ids(s)["PCI"].pop("VEN_1AF4&DEV_1042")),
    (
        "virtio-blk",
        UNKNOWN,
        "driver-staged-only",
        20348,
        lambda s: [s["SYSTEM"]["DriverDatabase"]["DriverPackages"]["viostor.inf_amd64_1"].pop(k) for k in ("Descriptors", "Configurations")],
    ),
    ("virtio-blk", UNKNOWN, "service-overridden", 20348, lambda s: services(s)["viostor"].update(StartOverride={"1": 3})),
    (
        "virtio-blk",
        UNKNOWN,
        "signature-sha2",
        7601,
        lambda s: s["SOFTWARE"]["Microsoft"]["Windows"]["CurrentVersion"]["Component Based Servicing"].update(Packages={"x": {}}),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "policy-restricts",
        20348,
        lambda s: s["SOFTWARE"].update(Policies={"Microsoft": {"Windows": {"DeviceInstall": {"Restrictions": {"DenyUnspecified": 1}}}}}),
    ),
    ("virtio-blk", UNKNOWN, "control-set-missing", 20348, lambda s: s["SYSTEM"]["Select"].update(Default=7)),
    ("virtio-blk", UNKNOWN, "control-set-unknown", 20348, lambda s: s["SYSTEM"].pop("Select")),
    ("virtio-blk", UNKNOWN, "control-set-missing", 20348, lambda s: s["SYSTEM"].pop("ControlSet001")),
    ("virtio-blk", UNKNOWN, "policy-unread", 20348, lambda s: s.update(SOFTWARE=None)),
    ("virtio-blk", UNKNOWN, "registry-unread", 20348, lambda s: s.update(SYSTEM=b"regf" + bytes(8192))),
    ("virtio-blk", UNKNOWN, "registry-doubtful", 20348, lambda s: s.update(first=2)),
    ("virtio-blk", UNKNOWN, "driver-file-unknown", 20348, lambda s: services(s)["viostor"].update(ImagePath="D:\\x\\viostor.sys")),
    ("xen-blkfront", UNKNOWN, "windows-target-unknown", 20348, None),
]


@pytest.mark.parametrize(("target", "expected", "reason", "build", "change"), CASES)
def test_a_state(target: str, expected: str, reason: str, build: int, change: Optional[Change], tmp_path: Path) -> None:
    state = windows(build)
    if change:
        change(state)
    one = judged(state, tmp_path, target)
    assert (one.verdict, one.reasons if expected == BOOTS else reason in {why.id for why in one.reasons}) == (expected, () if expected == BOOTS else True)
    assert all(why.settle for why in one.reasons if why.weight == "open")


def test_another_control_set_is_a_warning(tmp_path: Path) -> None:
    state = windows()
    state["SYSTEM"]["ControlSet002"] = deepcopy(state["SYSTEM"]["ControlSet001"])
    state["SYSTEM"]["ControlSet002"]["Services"]["viostor"]["StartOverride"] = {"0": 3}
    state["SYSTEM"]["Select"]["LastKnownGood"] = 2
    one = judged(state, tmp_path, "virtio-blk")
    assert (one.verdict, [why.id for why in one.reasons]) == (BOOTS, ["other-set-not-ready"])


def test_a_dirty_hive_is_read_with_its_log(tmp_path: Path) -> None:
    state = windows()
    services(state)["viostor"]["Start"] = 3
    before = hive(state["SYSTEM"], 2, 1)
    services(state)["viostor"]["Start"] = 0
    after = hive(state["SYSTEM"], 2, 2)
    state.update(SYSTEM=before, beside={"SYSTEM.LOG1": log(before, after, 2)})
    assert judged(state, tmp_path, "virtio-blk").verdict == BOOTS
    broken = bytearray(log(before, after, 2))
    broken[-600] ^= 1  # a page that its hash does not hold for
    (tmp_path / "Windows/System32/config/SYSTEM.LOG1").write_bytes(bytes(broken))
    assert preflight(open_root(str(tmp_path)), asked(["virtio-blk"], False)).readiness[0].verdict == UNKNOWN


def test_static_addresses_stay_with_the_old_card(tmp_path: Path) -> None:
    for static, expected in ((True, NETWORK_LOST), (False, NETWORK_UP)):
        state = windows()
        control = state["SYSTEM"]["ControlSet001"]
        card, name = "{0A}", {"Name": "Ethernet", "PnPInstanceId": "PCI\\VEN_8086&DEV_100E\\3"}
        values: State = {"EnableDHCP": 0, "IPAddress": ("192.0.2.7",)} if static else {"EnableDHCP": 1}
        control["Services"]["Tcpip"] = {"Parameters": {"Interfaces": {card: values}}}
        control["Control"]["Network"] = {"{4D36E972-E325-11CE-BFC1-08002BE10318}": {card: {"Connection": name}}}
        control["Services"]["netkvm"] = service("netkvm", 3)
        for device in ("VEN_1AF4&DEV_1000", "VEN_1AF4&DEV_1041"):
            ids(state)["PCI"][device] = {"oem3.inf": b"\1\xff\0\0"}
        assert judged(state, tmp_path / expected, "virtio-net").verdict == expected


def test_the_plain_report_has_a_line_for_each_driver(tmp_path: Path) -> None:
    state = windows()
    services(state).pop("vioscsi")
    found = examine(open_root(str(mount(state, tmp_path))))
    assert {one.target: one.verdict for one in found.readiness} == {"virtio-blk": BOOTS, "virtio-scsi": DOES_NOT_BOOT}


def test_what_stops_it_has_a_remedy(tmp_path: Path) -> None:
    for number, (target, expected, _, build, change) in enumerate(CASES):
        if expected == DOES_NOT_BOOT:
            state = windows(build)
            if change:
                change(state)
            steps = report(state, tmp_path / str(number), target).repairs.get(0, ())
            assert any("helper disk" in step.text for step in steps)
            assert not any("initramfs" in step.text or "udev" in step.text for step in steps)


@pytest.mark.parametrize("seed", range(25))
def test_a_damaged_hive_costs_no_traceback(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    state = windows()
    data = bytearray(hive(state["SYSTEM"]))
    for _ in range(chance.choice((1, 20, 400))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    state["SYSTEM"] = bytes(data[: chance.choice((len(data), len(data) // 2, 5000))])
    assert all("parser failed" not in gap.reason for gap in report(state, tmp_path, "virtio-blk").gaps)
