"""Zip archives are read as tar archives are: wanted members alone, within bounds, and nothing
outside.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.errors import NoEvidenceError
from guestcheck.model.family import WINDOWS
from guestcheck.sources import open_source
from guestcheck.stores import zip_archive
from guestcheck.stores.opening import open_store

RECORDING = Path(__file__).parents[1] / "fixtures" / "windows" / "virtio-blk.txt"


def made(path: Path, members: Dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_what_is_wanted_is_there_and_the_rest_only_by_name(tmp_path: Path) -> None:
    store = open_store(
        [
            str(
                made(
                    tmp_path / "a.zip",
                    {"top/a.txt": b"one", "top/b.bin": b"two", "top/c/d.txt": b"three"},
                )
            )
        ],
        ["*.txt"],
    )
    assert store.read("top/a.txt") == (b"one", False)
    assert store.glob("top/*") == ["top/a.txt", "top/b.bin", "top/c"]
    with pytest.raises(KeyError):
        store.read("top/b.bin")


def test_names_as_windows_wrote_them_have_folders_too(tmp_path: Path) -> None:
    store = open_store([str(made(tmp_path / "a.zip", {"top\\a.txt": b"one"}))], ["*.txt"])
    assert store.read("top/a.txt")[0] == b"one"


def test_names_that_lead_out_are_passed_over(tmp_path: Path) -> None:
    store = open_store(
        [
            str(
                made(
                    tmp_path / "a.zip",
                    {"../a.txt": b"one", "/b.txt": b"two", "top/../../c.txt": b"x", "d.txt": b"d"},
                )
            )
        ],
        ["*.txt"],
    )
    assert store.glob("*.txt") == ["d.txt"]
    assert store.glob("*/*") == []
    assert any("leads out" in gap.reason for gap in store.troubles)


def test_a_bomb_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a.zip", {"a.txt": bytes(64 << 20), "b.txt": b"b"})
    store = open_store([str(path)], ["*.txt"])
    assert store.read("a.txt", 10) == (bytes(10), True)
    monkeypatch.setattr(zip_archive, "MOST_UNPACKED", 1 << 20)
    assert any(
        "unpacks to more" in gap.reason for gap in open_store([str(path)], ["*.txt"]).troubles
    )


@pytest.mark.parametrize("says", [20, 1, 0])
def test_too_many_members_are_said_whatever_the_archive_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: int
) -> None:
    monkeypatch.setattr(zip_archive, "MOST_MEMBERS", 5)
    path = made(tmp_path / "a.zip", {f"top/{number}.txt": b"" for number in range(20)})
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    path.write_bytes(data[: end + 8] + says.to_bytes(2, "little") * 2 + data[end + 12 :])
    store = open_store([str(path)], ["*.txt"])
    assert any("more than 5 members" in gap.reason for gap in store.troubles)
    assert store.glob("top/*") == []


def test_a_list_that_is_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "_LARGEST_LIST", 1 << 10)
    path = made(tmp_path / "a.zip", {f"top/{number}.txt": b"" for number in range(20)})
    assert any(
        "its list of members" in gap.reason for gap in open_store([str(path)], ["*.txt"]).troubles
    )


def test_a_damaged_member_costs_itself(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"a.txt": b"one" * 100, "b.txt": b"two"})
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF
    path.write_bytes(data)
    store = open_store([str(path)], ["*.txt"])
    assert store.read("b.txt")[0] == b"two"
    assert any("cannot be unpacked" in gap.reason for gap in store.troubles)


@pytest.mark.parametrize("kept", [0.5, 0.9, 0.99])
def test_one_that_was_cut_is_said_in_a_line(tmp_path: Path, kept: float) -> None:
    path = made(tmp_path / "a.zip", {"a.txt": b"one" * 100, "b.txt": b"two"})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(NoEvidenceError, match="damaged"):
        open_store([str(path)], ["*.txt"])


def test_a_recording_in_a_zip_archive_is_one(tmp_path: Path) -> None:
    source = open_source(
        [str(made(tmp_path / "a.zip", {"guestcheck-HOST.txt": RECORDING.read_bytes()}))]
    )
    assert source.family == WINDOWS
