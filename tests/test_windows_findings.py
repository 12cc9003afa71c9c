"""What a recorded Windows is told of its disks, drivers and devices, and by which CD: small changes
to the recordings, and what must then be said.
"""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time
from typing import Iterator, List, Tuple

import pytest

from guestcheck.catalogue.rows import TARGETS
from guestcheck.cli import main
from guestcheck.cli.preflight import asked
from guestcheck.evidence.windows.disks import WINDOWS_DISKS
from guestcheck.model.advice import Step
from guestcheck.model.check import NOTE, SKIP, WARN
from guestcheck.model.device import PARAVIRTUAL
from guestcheck.model.report import Report, Result
from guestcheck.model.source import OK, Answer
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source
from tests.test_windows_commands import IN_GUEST

FOLDER = Path(__file__).parent / "fixtures" / "windows"
RECORDINGS = sorted(path.stem for path in FOLDER.glob("*.txt") if "utf16" not in path.stem)
Change = Tuple[str, str]


def changed(name: str, tmp_path: Path, *changes: Change) -> Path:
    """Write the recording `name` with `changes` (patterns, of which each is found) in it."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8-sig")
    for pattern, instead in changes:
        text, times = re.subn(pattern, instead, text, flags=re.MULTILINE)
        assert times, pattern
    path = tmp_path / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def judged(path: Path) -> Report:
    return examine(open_source([str(path)]))


def results(report: Report, id_: str) -> List[Result]:
    return [result for result in report.results if result.id == id_]


def told(path: Path) -> Iterator[Step]:
    """Yield each step that the report and preflight for each target tell of the recording."""
    for steps in judged(path).remedies.values():
        yield from steps
    for steps in preflight(
        open_source([str(path)]), asked([target.id for target in TARGETS], False)
    ).repairs.values():
        yield from steps


def words(path: Path) -> str:
    return "\n".join(line for step in told(path) for line in (step.text, *step.code, step.note))


def in_guest(path: Path) -> str:
    return "\n".join(
        line
        for step in told(path)
        if step.where in IN_GUEST
        for line in (step.text, *step.code, step.note)
    )


# One more disk of MSFT_Disk's, as a failover cluster's other node has it.
OTHERS = (
    " Number : {}\n BusType : 9\n Size : 5497558138880\n IsBoot : False\n IsSystem : False\n "
    "IsOffline : True\n{} \n"
)
BUS = r"(#asked MSFT_Disk\n)"


class TestOffline:
    SECOND: Change = (r"( Number : 1\n(?: .*\n)*? IsOffline : )False", r"\1True")

    def test_a_disk_that_is_offline_is_a_finding_with_a_command_for_it_alone(
        self, tmp_path: Path
    ) -> None:
        report = judged(changed("virtio-blk", tmp_path, self.SECOND))
        found = [result for result in results(report, "disk-offline") if result.outcome == WARN]
        assert [result.subject for result in found] == ["PhysicalDrive1"]
        assert "PhysicalDrive1 is offline" in found[0].summary
        code = [line for steps in report.remedies.values() for step in steps for line in step.code]
        assert 'powershell "Set-Disk -Number 1 -IsOffline 0"' in code

    @pytest.mark.parametrize("name", RECORDINGS)
    def test_no_command_brings_all_disks_online(self, name: str) -> None:
        for step in told(FOLDER / f"{name}.txt"):
            for line in step.code:
                assert not re.search(r"\|.*Set-Disk", line)
                assert "Set-Disk" not in line or re.search(r"Set-Disk -Number (?:N|[0-9]+) ", line)
            if any("Set-Disk" in line or line == "online disk" for line in step.code):
                assert "failover cluster" in step.note
                assert "iSCSI" in step.note


class TestTwoUnderOneNumber:
    @pytest.mark.parametrize("number", [0, 1])
    def test_where_only_the_number_tells_neither_is_believed(
        self, number: int, tmp_path: Path
    ) -> None:
        disks = (
            judged(
                changed("virtio-blk", tmp_path, (BUS, r"\1" + OTHERS.format(number, "")))
            ).inventory.disks
            or ()
        )
        one = next(disk for disk in disks if disk.name == f"PhysicalDrive{number}")
        before = next(
            disk
            for disk in judged(FOLDER / "virtio-blk.txt").inventory.disks or ()
            if disk.name == one.name
        )
        assert (one.verdict.kind, one.roles) == (PARAVIRTUAL, before.roles)
        assert (
            abs((one.size_bytes or 0) - (before.size_bytes or 0)) < 1 << 24
        )  # Win32_DiskDrive counts whole cylinders
        assert (one.offline, one.transport) == (None, "")

    def test_the_path_tells_which_it_is(self, tmp_path: Path) -> None:
        text = (FOLDER / "virtio-blk.txt").read_text(encoding="utf-8")
        index = text.index(" Index : 0\n", text.index("#asked Win32_DiskDrive"))
        found = re.compile(r" PNPDeviceID : (.+)\n").search(text, index)
        assert found
        interface = found[1].replace("\\", "#").lower()
        mine = OTHERS.format(
            0, rf" Path : \\\\?\\{interface}#{{53f56307-b6bf-11d0-94f2-00a0c91efb8b}}" + "\n"
        ).replace("BusType : 9", "BusType : 10")
        other = OTHERS.format(
            0, r" Path : \\\\?\\scsi#disk&ven_x#1#{53f56307-b6bf-11d0-94f2-00a0c91efb8b}" + "\n"
        )
        disks = (
            judged(changed("virtio-blk", tmp_path, (BUS, r"\1" + other + mine))).inventory.disks
            or ()
        )
        assert [
            (disk.offline, disk.transport, disk.size_bytes)
            for disk in disks
            if disk.name == "PhysicalDrive0"
        ] == [(True, "", 5497558138880)]

    def test_a_list_made_to_cost_time_costs_little(self) -> None:
        started = process_time()
        answers = [
            Answer("MSFT_Disk", OK, OTHERS.format(0, " Path : x\n") * 9000),
            Answer("Win32_DiskDrive", OK, " Index : 0\n PNPDeviceID : a\n \n" * 9000),
        ]
        assert len(WINDOWS_DISKS.parse(answers).disks) == 9000
        assert process_time() - started < 8


class TestBuilds:
    RUNS = r"( DriverVersion : )100\.95\.104\.26200"

    @pytest.mark.parametrize(
        ("version", "bad"),
        [
            ("100.101.104.28500", True),
            ("100.102.104.29200", True),
            ("100.100.104.27100", False),
            ("1.2.4.0", False),
        ],
    )
    def test_a_build_that_corrupts_paging_is_a_finding(
        self, version: str, bad: bool, tmp_path: Path
    ) -> None:
        report = judged(changed("virtio-blk", tmp_path, (self.RUNS, rf"\g<1>{version}")))
        found = [
            result for result in results(report, "disk-driver-build") if result.outcome == WARN
        ]
        assert bool(found) == bad
        assert all(
            "corrupts paging" in result.summary and "viostor" in result.summary for result in found
        )
        warned = {
            why.id for one in report.readiness if one.target == "virtio-blk" for why in one.reasons
        }
        assert "signature-test" not in warned

    def test_where_no_version_was_read_nothing_is_said(self) -> None:
        assert {
            result.outcome
            for result in results(judged(FOLDER / "sata-e1000e.txt"), "disk-driver-build")
        } == {SKIP}

    @pytest.mark.parametrize("name", RECORDINGS)
    def test_no_link_leads_to_what_is_called_stable(self, name: str) -> None:
        assert not re.search(
            r"stable-virtio|latest-virtio|0\.1\.240", words(FOLDER / f"{name}.txt")
        )

    @pytest.mark.parametrize(
        ("build", "cd", "others"),
        [
            (7601, "0.1.173", ("0.1.271", "0.1.215")),
            (9200, "0.1.215", ("0.1.271", "0.1.173")),
            (9600, "0.1.215", ("0.1.271", "0.1.173")),
            (10240, "0.1.271", ("0.1.173",)),
            (14393, "0.1.271", ("0.1.173",)),
            (20348, "0.1.271", ("0.1.173",)),
            (26100, "0.1.271", ("0.1.173",)),
        ],
    )
    @pytest.mark.parametrize("name", ["ide-e1000", "unbound", "sata-e1000e"])
    def test_the_cd_is_named_by_its_number(
        self, name: str, build: int, cd: str, others: Tuple[str, ...], tmp_path: Path
    ) -> None:
        own = re.search(
            r"BuildNumber : (\d+)", (FOLDER / f"{name}.txt").read_text(encoding="utf-8-sig")
        )
        assert own
        said = in_guest(changed(name, tmp_path, (rf"\b{own[1]}\b", f"{build}")))
        assert f"virtio-win {cd}" in said
        assert not any(f"virtio-win {other}" in said for other in others)
        assert ("virtio-win-guest-tools.exe" in said) == (build > 10240)

    def test_windows_7_gets_no_detour_by_updates(self) -> None:
        said = in_guest(FOLDER / "windows-7.txt")
        assert "SHA-1" in said
        assert not re.search(r"Get-AuthenticodeSignature|first install KB", said)


class TestDevices:
    DEVICE = r"(#asked Win32_PnPEntity\n)"

    def of(
        self, tmp_path: Path, hardware: str, code: int = 28, *more: Change
    ) -> Tuple[List[Result], str]:
        lines = (
            f" DeviceID : {hardware}\\\\3&1&0&F0\n Name : A device\n ConfigManagerErrorCode "
            f": {code}\n "
            f"HardwareID : {hardware}\n \n"
        )
        report = judged(
            changed(
                "unbound",
                tmp_path,
                (self.DEVICE, r"\1" + lines.replace("\\", "\\\\").replace("\\\\\\\\", "\\\\")),
                *more,
            )
        )
        found = [
            result
            for result in results(report, "guest-device-problem")
            if "A device" in result.summary
        ]
        steps = [
            step
            for number, result in enumerate(report.results)
            if result in found
            for step in report.remedies.get(number, ())
        ]
        return found, "\n".join(
            line for step in steps for line in (step.text, *step.code, step.note)
        )

    @pytest.mark.parametrize(
        ("number", "right", "wrong"),
        [
            ("1012", r"viosock\.inf", "maker"),
            ("1053", r"viosock\.inf", "maker"),
            ("1054", "not on the CD", "pnputil"),
            ("1009", "no Windows driver", "pnputil"),
            ("1059", "no Windows driver", "pnputil"),
            ("105A", r"viofs\.inf", "maker"),
        ],
    )
    def test_a_device_without_a_driver_gets_what_there_is(
        self, number: str, right: str, wrong: str, tmp_path: Path
    ) -> None:
        found, said = self.of(tmp_path, f"PCI\\VEN_1AF4&DEV_{number}&SUBSYS_11001AF4&REV_01")
        assert found
        assert re.search(right, said)
        assert wrong not in said

    ARM: Change = (" OSArchitecture : .*", " OSArchitecture : ARM 64-bit Processor")

    @pytest.mark.parametrize(("number", "package"), [("1053", "viosock"), ("1058", "viomem")])
    @pytest.mark.parametrize("build", [7601, 9600])
    def test_no_folder_is_named_that_the_cd_has_not(
        self, number: str, package: str, build: int, tmp_path: Path
    ) -> None:
        own = re.search(
            r"BuildNumber : (\d+)", (FOLDER / "unbound.txt").read_text(encoding="utf-8-sig")
        )
        assert own
        _, said = self.of(
            tmp_path,
            f"PCI\\VEN_1AF4&DEV_{number}&SUBSYS_11001AF4&REV_01",
            28,
            (rf"\b{own[1]}\b", f"{build}"),
        )
        assert f"no {package} for this Windows" in said
        assert f"E:\\{package}\\" not in said

    def test_viosock_is_not_there_for_arm(self, tmp_path: Path) -> None:
        _, said = self.of(tmp_path, "PCI\\VEN_1AF4&DEV_1053&SUBSYS_11001AF4&REV_01", 28, self.ARM)
        assert "E:\\viosock\\" not in said

    def test_2003_is_told_of_no_pnputil(self, tmp_path: Path) -> None:
        own = re.search(
            r"BuildNumber : (\d+)", (FOLDER / "unbound.txt").read_text(encoding="utf-8-sig")
        )
        assert own
        said = in_guest(changed("unbound", tmp_path, (rf"\b{own[1]}\b", "3790")))
        assert not re.search(r"pnputil|drvload|dism ", said)
        assert "Have Disk" in said

    @pytest.mark.parametrize(
        ("code", "outcome", "right"),
        [
            (10, WARN, "another Windows"),
            (22, NOTE, "Enable it"),
            (31, WARN, "another Windows"),
            (43, WARN, "VPN"),
            (52, WARN, "signature"),
            (56, WARN, "VPN"),
        ],
    )
    def test_a_problem_code_gets_its_own_words(
        self, code: int, outcome: str, right: str, tmp_path: Path
    ) -> None:
        found, said = self.of(tmp_path, "PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01", code)
        assert [result.outcome for result in found] == [outcome]
        assert right in said
        assert "Install the driver NetKVM" not in said


class TestNutanix:
    AHV: Tuple[Change, ...] = (
        (" Manufacturer : QEMU", " Manufacturer : Nutanix"),
        (" Vendor : QEMU", " Vendor : Nutanix"),
    )

    def test_its_own_package_and_agent_are_named_and_virtio_wins_are_not(
        self, tmp_path: Path
    ) -> None:
        said = in_guest(
            changed(
                "sata-e1000e", tmp_path, *self.AHV, (r"Standard PC \(Q35 \+ ICH9, 2009\)", "AHV")
            )
        )
        assert "Nutanix VirtIO" in said
        assert not re.search(r"virtio-win|Install QEMU's guest agent|E:\\", said)


def test_a_path_joins_in_a_redacted_recording_too(tmp_path: Path) -> None:
    """What is replaced in an id is replaced in the path of its interface alike."""
    text = (FOLDER / "virtio-blk.txt").read_text(encoding="utf-8")
    ids = re.findall(
        r"^ PNPDeviceID : (.+)$",
        text[text.index("#asked Win32_DiskDrive") : text.index("#asked MSFT_Disk")],
        re.MULTILINE,
    )
    interface = ids[0].replace("\\", "#")
    path = rf" Path : \\\\?\\{interface}#{{53f56307-b6bf-11d0-94f2-00a0c91efb8b}}" + "\n"
    recorded = changed("virtio-blk", tmp_path, (r"^( Number : 0\n)", rf"\1{path}"))
    assert next(disk.offline for disk in judged(recorded).inventory.disks or ()) is False
    assert (
        main(["collect", str(recorded), "--redact", "-o", str(tmp_path / "redacted.tar.gz")]) == 0
    )
    assert (
        next(disk.offline for disk in judged(tmp_path / "redacted.tar.gz").inventory.disks or ())
        is False
    )
