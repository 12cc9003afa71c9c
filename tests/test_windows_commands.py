"""What a Windows guest is told to type: its release has it, cmd and PowerShell both take it, and it
comes in the order in which it is done.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from guestcheck.catalogue.rows import TARGETS
from guestcheck.cli.preflight import asked
from guestcheck.model.advice import Step
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source

FOLDER = Path(__file__).parent / "fixtures" / "windows"
RECORDINGS = sorted(path.stem for path in FOLDER.glob("*.txt") if "utf16" not in path.stem)
# From which build on a release has it: 9200 is Windows 8, 10240 the first 10, 14393 is 1607 and
# Server 2016, 19041 is 2004.
SINCE = {
    r"Get-Disk|Set-Disk|Get-CimInstance|-rebootcount|Fast Startup": 9200,
    r"Get-PnpDevice|virtio-win-guest-tools\.exe": 10240,
    r"pnputil /(add-driver|enum-drivers)": 14393,
    r"pnputil /remove-device": 19041,
}
UNTIL = {r"pnputil -|\bdiskpart|wmic|devmgr_show_nonpresent": 14393}
BUILDS = (7601, 9600, 10240, 14393, 17763, 20348, 26100)
IN_GUEST = ("in the guest", "in the Windows guest", "in WinRE, or where the volume is mounted")


def steps(path: Path) -> Iterator[Tuple[str, Step]]:
    """Yield what is told of a recording, by the report and by preflight for every target."""
    source = open_source([str(path)])
    for told in examine(source).remedies.values():
        yield from (("report", step) for step in told)
    found = preflight(source, asked([target.id for target in TARGETS], False))
    for number, told in found.repairs.items():
        yield from ((found.readiness[number].target, step) for step in told)


def of_build(name: str, build: int, tmp_path: Path) -> List[Tuple[str, Step]]:
    said = (FOLDER / f"{name}.txt").read_text(encoding="utf-8-sig")
    own = re.search(r"BuildNumber : (\d+)", said)
    path = tmp_path / f"{name}.txt"
    path.write_text(re.sub(rf"\b{own[1]}\b", f"{build}", said) if own else said, encoding="utf-8")
    return [(target, step) for target, step in steps(path) if step.where in IN_GUEST]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize(
    "name",
    [
        "ide-e1000",
        "ide-e1000-domain",
        "unbound",
        "virtio-blk",
        "vmware-lsi-e1000e",
        "windows-7",
        "xen",
    ],
)
def test_a_release_is_told_of_no_command_that_it_lacks(
    name: str, build: int, tmp_path: Path
) -> None:
    lacking = [words for words, least in SINCE.items() if build < least] + [
        words for words, least in UNTIL.items() if build >= least
    ]
    lines = [
        (line, target)
        for target, step in of_build(name, build, tmp_path)
        for line in (step.text, *step.code, step.note)
    ]
    assert len(lines) > 20
    assert [
        (line, target) for line, target in lines if any(re.search(words, line) for words in lacking)
    ] == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_command_can_be_typed_in_cmd_and_in_powershell(name: str) -> None:
    for _, step in steps(FOLDER / f"{name}.txt"):
        if step.where not in IN_GUEST:
            continue
        for line in step.code:
            assert not re.match(r"[A-Z][a-z]+-[A-Z]", line), f"{line}: PowerShell's alone"
            assert not re.match(r"sc |set ", line), f"{line}: another thing in PowerShell"
            assert not (line.startswith("powershell ") and "$" in line), (
                f"{line}: a PowerShell puts a value for $"
            )
            assert not re.search(
                r"(?<![\"'{\\])\{[^}]*\}(?![\"'])", re.sub(r'"[^"]*"', "", line)
            ), f"{line}: braces mean something in PowerShell"


def test_a_policy_is_lifted_before_anything_is_installed_and_disks_come_after_the_move() -> None:
    found = preflight(open_source([str(FOLDER / "unbound.txt")]), asked(["virtio-blk"], False))
    said = [step.text for step in found.repairs[0]]
    order = [
        "Lift the policy",
        "Mount virtio-win's CD",
        "The safe way",
        "If it does not start any more",
    ]
    places = [
        next(place for place, text in enumerate(said) if text.startswith(words)) for words in order
    ]
    assert places == sorted(places)


def test_bitlocker_is_suspended_first_and_resumed_after_the_move() -> None:
    found = preflight(
        open_source([str(FOLDER / "ide-e1000-domain.txt")]), asked(["virtio-scsi"], False)
    )
    code = [line for step in found.repairs[0] for line in step.code]
    suspended, resumed = (
        code.index("manage-bde -protectors -disable C: -rebootcount 0"),
        code.index("manage-bde -protectors -enable C:"),
    )
    assert suspended < code.index("shutdown /s /t 0") < resumed


@pytest.mark.parametrize(
    ("name", "target", "there", "lacking"),
    [
        ("vmware-lsi-e1000e", "virtio-scsi", "virt-v2v", "The safe way"),
        ("ide-e1000", "storvsc", "generation 1", "The safe way"),
        (
            "hyperv-gen2",
            "virtio-blk",
            "At the new place start Windows from a bus whose driver is ready",
            "The safe way",
        ),
        ("ide-e1000", "virtio-blk", "The safe way", "This hypervisor has no disk"),
        ("vmware-lsi-e1000e", "nvme", "The safe way", "This hypervisor has no disk"),
    ],
)
def test_no_helper_disk_is_asked_for_where_there_is_none(
    name: str, target: str, there: str, lacking: str
) -> None:
    found = preflight(open_source([str(FOLDER / f"{name}.txt")]), asked([target], False))
    said = "\n".join(step.text for step in found.repairs[0])
    assert there in said
    assert lacking not in said


def test_the_controllers_of_a_bus_are_shown_by_their_class() -> None:
    said = {
        target: line
        for target, step in steps(FOLDER / "ide-e1000.txt")
        for line in step.code
        if "Get-PnpDevice -PresentOnly" in line
    }
    assert "-Class HDC" in said["sata"]
    assert "-Class SCSIAdapter" in said["nvme"]


@pytest.mark.parametrize(
    ("architecture", "words"),
    [("ARM 64-bit Processor", "viostor\\2k19\\ARM64\\viostor.inf"), ("64-bit", "guest-tools.exe")],
)
def test_windows_on_arm_is_told_of_no_installer(
    architecture: str, words: str, tmp_path: Path
) -> None:
    said = (FOLDER / "ide-e1000.txt").read_text(encoding="utf-8")
    path = tmp_path / "a.txt"
    path.write_text(
        said.replace("OSArchitecture : 64-bit", f"OSArchitecture : {architecture}"),
        encoding="utf-8",
    )
    told = [
        line
        for target, step in steps(path)
        if step.where in IN_GUEST
        for line in (step.text, *step.code, step.note)
    ]
    assert any(words in line for line in told)
    assert any("guest-tools.exe" in line for line in told) is (architecture == "64-bit")


def test_windows_7_is_told_where_its_nvme_driver_comes_from() -> None:
    found = preflight(open_source([str(FOLDER / "windows-7.txt")]), asked(["nvme"], False))
    assert any("KB2990941" in step.text for step in found.repairs[0])


def test_each_device_without_a_driver_has_the_file_of_its_own() -> None:
    from guestcheck.model.report import Sink
    from guestcheck.render.people import text

    said = text.render(examine(open_source([str(FOLDER / "unbound.txt")])), Sink(width=160))
    for inf in ("vioserial\\w10\\amd64\\vioser.inf", "Balloon\\w10\\amd64\\balloon.inf"):
        assert f"pnputil /add-driver E:\\{inf} /install" in said
    assert "do the same for" not in said
