"""`guestcheck preflight`: verdicts as text and JSON, an exit code that a pipeline can use, and a
table that fits its width.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from guestcheck.catalogue.rows import BUNDLES, TARGETS
from guestcheck.cli import main
from guestcheck.model.source import Raw
from guestcheck.sources.bundle import write
from tests.readiness import making

Printed = pytest.CaptureFixture[str]


def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> str:
    """Write the guest that `making.machine` makes of `fields` as a recording, and return its path."""
    kept: List[Raw] = []

    def keeping(raw: Raw, asked: Any) -> Any:
        kept.append(raw)
        return original(raw, asked)

    original = making.read
    monkeypatch.setattr(making, "read", keeping)
    making.machine(**fields)
    path = str(tmp_path / "guest.tar.gz")
    write(kept[0], path)
    return path


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return recorded(tmp_path, monkeypatch, fstab="UUID=1 / ext4 x 0 1\n/dev/sda2 none swap sw 0 0")


def run(printed: Printed, *words: str) -> "tuple[int, str]":
    code = main(["preflight", *words])
    told = printed.readouterr()
    return code, told.out + told.err


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 0),
        ({"modules": "ext4 jbd2 mbcache crc16"}, 1),
        ({"without": ("initramfs",)}, 3),
        ({"modules": "ext4 jbd2 mbcache crc16", "fstab": None}, 1),
    ],
)
def test_the_exit_code_says_how_it_ends_for_what_boots(
    fields: Dict[str, Any],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Printed,
) -> None:
    assert (
        run(capsys, recorded(tmp_path, monkeypatch, **fields), "--target", "virtio-blk")[0] == code
    )


def test_text_has_reasons_with_evidence_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    path = recorded(tmp_path, monkeypatch, modules="ext4 jbd2 mbcache crc16", root="root=/dev/sda1")
    code, text = run(capsys, path, "--target", "virtio-blk", "--width", "80")
    assert code == 1
    assert f"sda on virtio-blk, kernel {making.RELEASE} (default): DOES NOT BOOT" in text
    for part in (
        "virtio_blk is neither built in nor in the initramfs",
        f"update-initramfs -u -k {making.RELEASE}",
        "NOT EXAMINED",
        "blkid",
        "/boot/grub/grub.cfg",
    ):
        assert part in text
    # Commands are as they are to be typed, a program in quotes on one line.
    assert max(len(line) for line in text.split("\n") if "'" not in line) <= 90


def test_json_has_the_fields_that_were_promised(ready: str, capsys: Printed) -> None:
    code, text = run(capsys, ready, "--target", "kvm", "-f", "json")
    told = json.loads(text)
    assert told["schema"] == "guestcheck.preflight/1"
    assert [one["target"] for one in told["readiness"]] == [
        "virtio-blk",
        "virtio-scsi",
        "virtio-net",
    ]
    first = told["readiness"][0]
    assert {
        "target",
        "kind",
        "kernel",
        "default",
        "verdict",
        "reasons",
        "repairs",
        "not_examined",
    } <= set(first)
    assert (first["kind"], first["kernel"], first["default"], first["verdict"]) == (
        "disk",
        making.RELEASE,
        True,
        "boots",
    )
    assert [(reason["id"], reason["weight"]) for reason in first["reasons"]] == [
        ("swap-by-name", "warns")
    ]
    assert first["reasons"][0]["evidence"] == [
        {"source": "/etc/fstab, line 2", "says": "/dev/sda2 none swap sw 0 0"}
    ]
    assert code == 3  # the card: nothing is known of it


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_table_of_all_has_every_target_and_fits(
    width: int, ready: str, capsys: Printed
) -> None:
    _, text = run(capsys, ready, "--all", "--width", str(width))
    assert [target.id for target in TARGETS if f"  {target.id}" not in text] == []
    assert [line for line in text.split("\n") if len(line) > width and "  " in line.strip()] == []
    assert "A: kernel" in text


def test_a_platform_stands_for_its_interfaces(ready: str, capsys: Printed) -> None:
    ids = {target.id for target in TARGETS}
    for bundle in BUNDLES:
        assert set(bundle.targets) <= ids
        assert bundle.id not in ids
        told = json.loads(run(capsys, ready, "--target", bundle.id, "-f", "json")[1])
        assert tuple(dict.fromkeys(one["target"] for one in told["readiness"])) == bundle.targets


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "needs a target"),
        (["--target", "floppy"], "there is no target 'floppy'; there are virtio-blk"),
        (["--target", "virtio-scs"], "; did you mean virtio-scsi?"),
        (["--target", "nvme", "--disk", "sdz"], "there is no disk 'sdz' here; there are: sda"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(
    words: List[str], says: str, ready: str, capsys: Printed
) -> None:
    code, text = run(capsys, ready, *words)
    assert code == 2
    assert says in text
    assert text.count("\n") == 1


def test_one_disk_can_be_named(ready: str, capsys: Printed) -> None:
    told = json.loads(run(capsys, ready, "--target", "nvme", "--disk", "sda", "-f", "json")[1])
    assert [one["device"] for one in told["readiness"]] == ["sda"]


def test_of_linux_nothing_is_told_that_was_not_asked_for(ready: str, capsys: Printed) -> None:
    assert json.loads(run(capsys, ready, "--target", "nvme", "-f", "json")[1])["besides"] == []
    assert "FOR INFORMATION" not in run(capsys, ready, "--target", "nvme")[1]


def test_what_was_written_and_what_comes_next_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    guest = recorded(tmp_path, monkeypatch, modules="ext4 jbd2 mbcache crc16")
    script = tmp_path / "fix.sh"
    main(["preflight", guest, "--target", "virtio-blk", "--fix-script", str(script)])
    said = capsys.readouterr()
    assert script.read_text().startswith("#!/bin/sh")
    assert said.err.count("\n") == 1
    for words in (str(script), "changed nothing", "run it as root in the guest", "preflight again"):
        assert words in said.err
    assert "fix script" not in said.out
