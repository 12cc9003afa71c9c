"""Hives are read as they are, within bounds, and what is damaged is told."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.evidence.windows.registry import parse_export
from guestcheck.model.source import ABSENT, FAILED, OK, Answer, Listing, Registry
from guestcheck.sources._hive import HiveError, read_head
from guestcheck.sources._registry import Hives
from guestcheck.sources._store import Folder
from guestcheck.sources.windows import Volume
from tests.hives import hive

TREE = {"Select": {"Current": 1}, "ControlSet001": {"Services": {"Viostor": {"Start": 0, "ImagePath": "a\\b.sys", "list": ("a", "b")}, "other": {"Start": 3}}}}


def asked(word: Registry, **files: bytes) -> Answer:
    held: Dict[str, bytes] = files

    def open_file(name: str) -> io.BytesIO:
        return io.BytesIO(held[name])

    return Hives(open_file).answer(word)


def test_a_key_as_text() -> None:
    answer = asked(Registry("HKLM\\SYSTEM\\ControlSet*\\Services\\viostor|x*", values=("start", "IMAGEPATH")), SYSTEM=hive(TREE))
    assert answer.status == OK
    (key,) = parse_export(answer.text)
    assert (key.path, key.number("Start"), key.text("ImagePath"), key.texts("list")) == ("HKLM\\SYSTEM\\ControlSet001\\Services\\Viostor", 0, "a\\b.sys", ())


def test_levels_below_and_nothing_that_matches() -> None:
    assert len(parse_export(asked(Registry("HKLM\\SYSTEM\\ControlSet001", depth=2), SYSTEM=hive(TREE)).text)) == 4
    none = asked(Registry("HKLM\\SYSTEM\\ControlSet002\\*"), SYSTEM=hive(TREE))
    assert (none.status, parse_export(none.text)) == (OK, [])
    assert asked(Registry("HKLM\\SOFTWARE\\x"), SYSTEM=hive(TREE)).status == ABSENT


@pytest.mark.parametrize("data", [b"", b"regf", b"\0" * 8192, b"regf" + b"\xff" * 8192, hive(TREE)[:4096]])
def test_no_hive(data: bytes) -> None:
    assert asked(Registry("HKLM\\SYSTEM\\Select"), SYSTEM=data).status == FAILED


def test_a_key_that_is_below_itself_ends() -> None:
    data = bytearray(hive({"a": {"b": {"c": 1}}}))
    root, _ = struct.unpack_from("<II", data, 36)
    listed = data.rfind(b"lh\x01\x00")
    struct.pack_into("<I", data, listed + 4, root)  # the root's own child is the root
    answer = asked(Registry("HKLM\\SYSTEM\\*\\*\\*\\*\\*\\*", depth=3), SYSTEM=bytes(data))
    assert answer.status in (OK, FAILED)


def test_a_damaged_list_is_told() -> None:
    data = hive(TREE).replace(b"lh\x02\x00", b"lh\xff\x7f")
    answer = asked(Registry("HKLM\\SYSTEM\\*"), SYSTEM=data)
    assert (answer.status, answer.detail.startswith("damaged: ")) == (FAILED, True)


def test_a_head_that_is_torn() -> None:
    with pytest.raises(HiveError):
        read_head(b"xxxx" + bytes(508))
    data = bytearray(hive(TREE))
    data[100] ^= 1
    assert read_head(bytes(data)).dirty
    assert "; doubtful: its head is damaged" in asked(Registry("HKLM\\SYSTEM\\Select"), SYSTEM=bytes(data)).text


def test_names_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "WINDOWS/system32/Config").mkdir(parents=True)
    (tmp_path / "WINDOWS/system32/Drivers").mkdir()
    (tmp_path / "WINDOWS/system32/Drivers/VioStor.SYS").write_bytes(b"MZ")
    (tmp_path / "WINDOWS/system32/Config/system").write_bytes(hive(TREE))
    volume = Volume(Folder(str(tmp_path)))
    assert volume.listing(Listing("/Windows/System32/drivers/*.sys"))[0].text == "/WINDOWS/system32/Drivers/VioStor.SYS\n"
    assert volume.registry(Registry("HKLM\\SYSTEM\\Select"))[0].status == OK
    volume.gather(())


def test_hivex_reads_ours_alike(tmp_path: Path) -> None:
    if not shutil.which("hivexget"):
        pytest.skip("the program hivexget is not installed")
    (tmp_path / "SYSTEM").write_bytes(hive(TREE))
    done = subprocess.run(["hivexget", str(tmp_path / "SYSTEM"), "ControlSet001\\Services\\Viostor", "Start"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("0", "dword:00000000")
