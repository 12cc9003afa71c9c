"""Preflight of Windows: virtio's disks are told of whatever is asked for, and are what is judged
where nothing is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from jsonschema import Draft202012Validator

import guestcheck.render as package
from guestcheck.cli import main

FOLDER = Path(__file__).parents[1] / "fixtures" / "windows"
MANY = str(FOLDER / "vmware-lsi-e1000e.txt")  # boots by viostor, not by vioscsi; has a card
ON_BLK = str(FOLDER / "virtio-blk.txt")

Printed = pytest.CaptureFixture[str]


def run(printed: Printed, *words: str) -> "tuple[int, str]":
    code = main(["preflight", *words])
    told = printed.readouterr()
    return code, told.out + told.err


def as_json(printed: Printed, *words: str) -> Dict[str, Any]:
    told: Dict[str, Any] = json.loads(run(printed, *words, "-f", "json")[1])
    Draft202012Validator(
        json.loads(
            (Path(package.__path__[0]) / "preflight.schema.json").read_text(encoding="utf-8")
        )
    ).validate(told)
    return told


def verdicts(told: List[Dict[str, Any]]) -> List["tuple[str, str]"]:
    return [(one["target"], one["verdict"]) for one in told]


def test_virtio_is_judged_where_no_target_is_named(capsys: Printed) -> None:
    told = as_json(capsys, MANY)
    assert verdicts(told["readiness"]) == [
        ("virtio-blk", "boots"),
        ("virtio-scsi", "does-not-boot"),
        ("virtio-net", "network-up"),
    ]
    assert told["besides"] == []
    code, text = run(capsys, MANY)
    assert code == 1
    assert "FOR INFORMATION" not in text


def test_no_card_no_verdict_on_one(capsys: Printed, tmp_path: Path) -> None:
    from tests.sources.test_systeminfo import OFFLINE, packed

    told = as_json(capsys, str(packed(tmp_path, OFFLINE)))
    assert verdicts(told["readiness"]) == [
        ("virtio-blk", "unknown"),
        ("virtio-scsi", "does-not-boot"),
    ]


@pytest.mark.parametrize("target", ["nvme", "virtio-net", "sata,virtio-blk"])
def test_a_line_on_each_of_virtios_drivers(target: str, capsys: Printed) -> None:
    text = run(capsys, MANY, "--target", target, "--width", "150")[1]
    lines = [line for line in text.split("\n") if "would Windows boot from it?" in line]
    blk, scsi = (
        "service viostor: would Windows boot from it? yes",
        "service vioscsi: would Windows boot from it? no, because",
    )
    expected = [scsi] if "virtio-blk" in target else [blk, scsi]
    assert len(lines) == len(expected)
    assert all(one in line for one, line in zip(expected, lines))


def test_what_was_not_asked_for_decides_nothing(capsys: Printed) -> None:
    for words in (("--target", "virtio-blk"), ("--target", "virtio-blk", "--fail-on", "warn")):
        told = as_json(capsys, ON_BLK, *words)
        assert verdicts(told["besides"]) == [("virtio-scsi", "does-not-boot")]
        assert {one["id"] for one in told["results"]} == {"readiness-virtio-blk"}
        assert run(capsys, ON_BLK, *words)[0] == 0


def test_formats_for_people_tell_it_too(capsys: Printed) -> None:
    for name in ("html", "markdown"):
        text = run(capsys, MANY, "--target", "nvme", "-f", name)[1]
        assert text.count("service viostor: would Windows boot from it?") == 1
        assert text.count("service vioscsi: would Windows boot from it?") == 1
    for name in ("junit", "nagios", "prometheus", "sarif"):
        assert (
            "readiness-virtio-scsi"
            not in run(capsys, ON_BLK, "--target", "virtio-blk", "-f", name)[1]
        )


def test_all_leaves_nothing_to_add(capsys: Printed) -> None:
    assert as_json(capsys, MANY, "--all")["besides"] == []


def test_the_disk_that_is_named_is_the_one_that_is_told_of(capsys: Printed) -> None:
    told = as_json(capsys, MANY, "--target", "nvme", "--disk", "PhysicalDrive0")
    assert [one["device"] for one in told["besides"]] == ["PhysicalDrive0"] * 2


def test_a_mounted_volume_is_told_of_likewise(capsys: Printed, tmp_path: Path) -> None:
    pytest.importorskip("pyregf", reason="the extra guestcheck[windows] is not installed")
    from tests.readiness.test_windows import mount
    from tests.readiness.windows_states import windows

    mount(windows(), tmp_path)
    assert [
        target for target, _ in verdicts(as_json(capsys, "--root", str(tmp_path))["readiness"])
    ][:2] == ["virtio-blk", "virtio-scsi"]
    assert [
        target
        for target, _ in verdicts(
            as_json(capsys, "--root", str(tmp_path), "--target", "nvme")["besides"]
        )
    ] == ["virtio-blk", "virtio-scsi"]
