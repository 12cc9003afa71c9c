"""Recorded Windows guests of which something was not recorded, or not whole: nothing that is
missing decides a verdict.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.cli import main
from guestcheck.cli.preflight import asked
from guestcheck.model.report import Preflight
from guestcheck.model.target import DOES_NOT_BOOT, Readiness
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source

FOLDER = Path(__file__).parent / "fixtures" / "windows"


def changed(name: str, tmp_path: Path, *changes: "tuple[str, str]") -> str:
    """Return where the recording `name` lies with `changes` (patterns, each found there once) in
    it.
    """
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for pattern, instead in changes:
        text, times = re.subn(pattern, instead, text, flags=re.MULTILINE)
        assert times == 1, (pattern, times)
    path = tmp_path / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def judged(path: str, target: str = "virtio-blk") -> Readiness:
    found: Preflight = preflight(open_source([path]), asked([target], False))
    return next(one for one in found.readiness if one.target == target)


def warned(one: Readiness) -> Dict[str, str]:
    return {why.id: why.evidence[0].says for why in one.reasons if why.weight == "warns"}


_HIBERNATED = r"^#answer windows_files ok (0\.40\n#asked /hiberfil\.sys /pagefile\.sys)"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("^ /hiberfil.sys\n", " /hiberfil.sys\n"), "is there; Fast Startup is on"),
        ((_HIBERNATED, r"#answer windows_files denied \1"), "is there; Fast Startup is on"),
        (
            (_HIBERNATED + r"\n /hiberfil\.sys", r"#answer windows_files denied \1"),
            "was not looked for; Fast Startup is on",
        ),
        (("^ /hiberfil.sys\n", ""), ""),
    ],
)
def test_hibernation_is_warned_of_unless_it_is_known_not_to_be(
    change: "tuple[str, str]", says: str, tmp_path: Path
) -> None:
    assert warned(judged(changed("sata-e1000e", tmp_path, change))).get("hibernated", "") == says


@pytest.mark.parametrize("key", ["DriverPackages\\*", "DriverPackages\\*\\Configurations\\*"])
def test_what_joins_ids_with_services_must_be_whole(key: str, tmp_path: Path) -> None:
    pattern = (
        r"^#answer windows_registry ok (.*\n#asked "
        rf"HKLM\\SYSTEM\\DriverDatabase\\{re.escape(key)}\n(?: .*\n)*)"
    )
    # Of an id that no device ran by so far nothing may be said.
    other = judged(
        changed(
            "sata-e1000e",
            tmp_path,
            (
                pattern,
                "#answer windows_registry timeout 35\n#asked "
                "HKLM\\\\SYSTEM\\\\DriverDatabase\\\\X\n",
            ),
        ),
        "virtio-scsi",
    )
    assert "driver-staged-only" not in {why.id for why in other.reasons}
    assert "database-unread" in {why.id for why in other.reasons}


def test_a_key_that_went_while_it_was_read_does_not_put_all_in_doubt(tmp_path: Path) -> None:
    pattern = (
        r"^#answer windows_state ok (.*\n#asked HKLM\\SYSTEM\\ControlSet\*\\Control\\Session "
        r"Manager\\Power\n)"
    )
    failed = r"#answer windows_state failed \1#detail IOException | marked for deletion\n"
    assert judged(changed("ide-e1000", tmp_path, (pattern, failed))).verdict == DOES_NOT_BOOT


def test_that_a_recording_is_cut_stands_with_its_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (FOLDER / "ide-e1000-domain.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "cut.txt"
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    main(["preflight", str(path), "--target", "virtio-blk", "-f", "text"])
    assert "cut short: the line that ends a recording is missing" in " ".join(
        capsys.readouterr().out.partition("GAPS")[2].split()
    )


def test_a_disk_of_xen_hangs_on_no_other_controller(tmp_path: Path) -> None:
    text = (FOLDER / "xen.txt").read_text(encoding="utf-8")
    path = tmp_path / "xen.txt"
    path.write_text(
        re.sub(
            "^#answer windows_controllers ok",
            "#answer windows_controllers failed",
            text,
            flags=re.MULTILINE,
        ),
        encoding="utf-8",
    )
    assert [
        disk.verdict.interface for disk in examine(open_source([str(path)])).inventory.disks or ()
    ] != ["ide"]


def test_a_windows_without_a_disk_has_not_answered(tmp_path: Path) -> None:
    path = changed(
        "ide-e1000",
        tmp_path,
        (r"^(#asked Win32_DiskDrive\n)(?: .*\n)+", r"\1"),
        (r"^(#asked MSFT_Disk\n)(?: .*\n)+", r"\1"),
    )
    report = examine(open_source([path]))
    assert report.inventory.disks is None
    assert any("no disk in it" in gap.reason for gap in report.gaps)
