"""One odd device costs itself and not the report: wherever a bug breaks at it, the others are
judged, and a gap names the bug.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List

import pytest

from guestcheck.cli import main
from guestcheck.model import guard

LSBLK = (
    "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nsda 8:0 0 20G 0 disk\nodd 8:16 0 20G 0 disk\nvdz "
    "253:16 0 20G 0 disk /\n"
)
LINKS = "".join(
    f"{n}: {name}: <UP> mtu 1500 qdisc x\n    link/ether 52:54:00:12:34:5{n} brd "
    "ff:ff:ff:ff:ff:ff\n"
    for n, name in enumerate(("eth0", "odd", "eth1"))
)
LSPCI = (
    "00:01.0 IDE interface [0101]: Intel Corporation 82371SB PIIX3 IDE [8086:7010]\n"
    "00:02.0 Ethernet controller [0200]: Intel Corporation 82540EM [8086:100e]\n"
    "00:03.0 SCSI storage controller [0100]: Red Hat, Inc. Virtio block device [1af4:1001]\n"
)


@pytest.fixture(autouse=True)
def _guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STRICT", False)


def breaks(monkeypatch: pytest.MonkeyPatch, place: str, odd: str = "odd") -> None:
    """Let a function break where one of its arguments names the odd device."""
    module, _, name = place.rpartition(".")
    real = getattr(import_module(f"guestcheck.{module}"), name)

    def broken(*words: object, **more: object) -> object:
        for word in words:
            if odd in (
                word,
                *(getattr(word, field, "") for field in ("name", "address", "kname", "subject")),
                *(word if isinstance(word, tuple) else ()),
            ):
                raise IndexError("odd")
        return real(*words, **more)

    monkeypatch.setattr(f"guestcheck.{module}.{name}", broken)


def report_of(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Dict[str, Any]:
    (folder / "paste.txt").write_text(text)
    assert main([str(folder / "paste.txt"), "-f", "json"]) in (0, 1)
    told: Dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def names(devices: List[Dict[str, Any]]) -> List[str]:
    return [device["name"] for device in devices]


@pytest.mark.parametrize(
    "place", ["facts.linux.disks._from_lsblk", "classify.disks._disk", "render.machine.json._disk"]
)
def test_a_disk_costs_itself(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, place)
    told = report_of(LSBLK, tmp_path, capsys)
    assert names(told["disks"]) == ["sda", "vdz"]
    (gap,) = [gap for gap in told["gaps"] if "a bug: IndexError" in gap["reason"]]
    assert "odd" in gap["asked"]
    assert "as far as was read" in told["headline"]
    assert "odd" in told["headline"]


@pytest.mark.parametrize("place", ["classify.nics._nic", "render.machine.json._nic"])
def test_a_card_costs_itself(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, place)
    told = report_of(LINKS, tmp_path, capsys)
    assert names(told["nics"]) == ["eth0", "eth1"]
    assert [gap for gap in told["gaps"] if "a bug: IndexError" in gap["reason"]]


def test_a_controller_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, "classify.disks._controller", "0000:00:01.0")
    told = report_of(LSPCI, tmp_path, capsys)
    assert [one["address"] for one in told["controllers"]] == ["0000:00:03.0"]
    assert [nic["address"] for nic in told["nics"]] == ["0000:00:02.0"]


def test_the_remedy_for_one_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, "advice._steps")
    told = report_of(LINKS, tmp_path, capsys)
    steps = {
        result["subject"]: bool(result["remedy"])
        for result in told["results"]
        if result["outcome"] not in ("pass", "skip") and result["subject"] != "guest"
    }
    assert steps == {"eth0": True, "odd": False, "eth1": True}


def test_a_check_breaks_at_one_device_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, "checks.disk._discard")
    told = report_of(LSBLK, tmp_path, capsys)
    failed = [result["subject"] for result in told["results"] if result["outcome"] == "error"]
    assert failed == ["odd"]


@pytest.mark.parametrize(
    "place", ["readiness.linux.assess._disk", "readiness.linux.unknown_options.network"]
)
def test_what_cannot_be_judged_is_unknown(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> object:
        raise IndexError("odd")

    monkeypatch.setattr(f"guestcheck.{place}", broken)
    (tmp_path / "paste.txt").write_text(
        LSBLK + "\n# uname -r\n6.1.0-13-amd64\n\n$ ls /boot\nvmlinuz-6.1.0-13-amd64\n"
    )
    assert main(["preflight", str(tmp_path / "paste.txt"), "--all", "-f", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert {one["verdict"] for one in told["readiness"]} == {"unknown"}


@pytest.mark.parametrize("form", ["text", "terminal", "html", "markdown"])
def test_each_format_leaves_out_what_it_cannot_show(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from guestcheck.render.page import devices

    real = devices.size
    monkeypatch.setattr(devices, "size", lambda size: [][0] if size == 123 << 30 else real(size))
    (tmp_path / "paste.txt").write_text(LSBLK.replace("odd 8:16 0 20G", "odd 8:16 0 123G"))
    assert main([str(tmp_path / "paste.txt"), "-f", form]) in (0, 1)
    shown = capsys.readouterr().out
    assert "IndexError" in shown
    assert "sda" in shown
    assert "vdz" in shown


def test_what_broke_at_one_guest_is_no_gap_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        breaks(patch, "classify.disks._disk")
        report_of(LSBLK, tmp_path, capsys)
    assert not [
        gap for gap in report_of(LSBLK, tmp_path, capsys)["gaps"] if "a bug" in gap["reason"]
    ]


def test_tests_see_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STRICT", True)
    with pytest.raises(ZeroDivisionError):
        guard.each("facts", [0], lambda one: 1 // one, str)


def test_many_that_break_are_some_gaps_and_a_number() -> None:
    guard.troubles()
    assert guard.each("facts", range(-500, 1), lambda one: 1 // (one * 0), str) == []
    found = guard.troubles()
    assert (len(found), found[-1].reason) == (21, "481 more broke")
    assert guard.troubles() == ()
