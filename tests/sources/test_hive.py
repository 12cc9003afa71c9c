"""Hives are read as they are, within bounds, and what is damaged is told."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from time import monotonic
from typing import Dict, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.errors import NoEvidenceError
from guestcheck.evidence import questions
from guestcheck.evidence.windows.registry_text import parse_export
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import ABSENT, CUT, FAILED, OK, Answer, Listing, Registry
from guestcheck.sources._registry import Hives, _told
from guestcheck.sources.root import open_root
from guestcheck.sources.windows import Volume
from guestcheck.stores.folder import Folder
from guestcheck.unpack.hive import Hive, HiveError, Pages, read_head
from tests.hives import entry, head, hive

pytest.importorskip("pyregf", reason="the extra guestcheck[windows] is not installed")

TREE = {
    "Select": {"Current": 1},
    "ControlSet001": {
        "Services": {
            "Viostor": {"Start": 0, "ImagePath": "a\\b.sys", "list": ("a", "b")},
            "other": {"Start": 3},
        }
    },
}


def asked(word: Registry, **files: bytes) -> Answer:
    held: Dict[str, bytes] = files

    def open_file(name: str) -> io.BytesIO:
        return io.BytesIO(held[name])

    return Hives(open_file).answer(word)


def test_a_key_as_text() -> None:
    answer = asked(
        Registry("HKLM\\SYSTEM\\ControlSet*\\Services\\viostor|x*", values=("start", "IMAGEPATH")),
        SYSTEM=hive(TREE),
    )
    assert answer.status == OK
    (key,) = parse_export(answer.text)
    assert (key.path, key.number("Start"), key.text("ImagePath"), key.texts("list")) == (
        "HKLM\\SYSTEM\\ControlSet001\\Services\\Viostor",
        0,
        "a\\b.sys",
        (),
    )


def test_levels_below_and_nothing_that_matches() -> None:
    assert (
        len(
            parse_export(
                asked(Registry("HKLM\\SYSTEM\\ControlSet001", depth=2), SYSTEM=hive(TREE)).text
            )
        )
        == 4
    )
    none = asked(Registry("HKLM\\SYSTEM\\ControlSet002\\*"), SYSTEM=hive(TREE))
    assert (none.status, parse_export(none.text)) == (OK, [])
    assert asked(Registry("HKLM\\SOFTWARE\\x"), SYSTEM=hive(TREE)).status == ABSENT


@pytest.mark.parametrize(
    "data", [b"", b"regf", b"\0" * 8192, b"regf" + b"\xff" * 8192, hive(TREE)[:4096]]
)
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
    assert (
        answer.status,
        answer.text,
        answer.detail.startswith("SYSTEM: its first key cannot be read ("),
    ) == (FAILED, "", True)


def test_a_list_that_the_file_has_no_more_is_told() -> None:
    """Of a key whose list lies behind the end libregf says that it has none."""
    whole = hive({"a": {f"k{number}": {"v": "x" * 200} for number in range(60)}, "b": {"c": {}}})
    told = asked(Registry("HKLM\\SYSTEM", depth=2), SYSTEM=whole)
    assert told.status == OK
    for end in range(8192, len(whole), 4096):
        answer = asked(Registry("HKLM\\SYSTEM", depth=2), SYSTEM=whole[:end])
        assert (answer.status, bool(answer.detail)) == (FAILED, True)


def test_a_head_that_is_torn() -> None:
    with pytest.raises(HiveError):
        read_head(b"xxxx" + bytes(508))
    data = bytearray(hive(TREE))
    data[100] ^= 1
    assert read_head(bytes(data)).dirty
    assert (
        "; doubtful: its head is damaged"
        in asked(Registry("HKLM\\SYSTEM\\Select"), SYSTEM=bytes(data)).text
    )


@pytest.mark.slow
def test_a_hive_of_200_mb_costs_no_more_than_what_is_asked_of_it(tmp_path: Path) -> None:
    data = hive(TREE)
    (root,) = struct.unpack_from("<I", data, 36)
    with open(tmp_path / "SYSTEM", "wb") as file:
        file.write(head(root, 200 << 20, 1, 1).ljust(4096, b"\0") + data[4096:])
        file.truncate((200 << 20) + 4096)
    start, most = monotonic(), 0
    tracemalloc.start()
    try:
        hives = Hives(lambda name: open(tmp_path / name, "rb"))  # noqa: SIM115 (closed by close)
        answers = [
            hives.answer(word)
            for question in questions(WINDOWS, deep=True)
            for word in question.asks
            if isinstance(word, Registry)
        ]
        hives.close()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert {
        answer.status for answer in answers if answer.asked.upper().startswith("HKLM\\SYSTEM")
    } == {OK}
    assert most < 32 << 20
    assert monotonic() - start < 20


def test_more_keys_than_are_looked_at_and_a_deadline_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = hive(
        {
            "ControlSet001": {
                "Enum": {
                    "PCI": {
                        f"d{number}": {f"i{one}": {"Service": "x"} for one in range(10)}
                        for number in range(300)
                    }
                }
            }
        }
    )
    word = Registry("HKLM\\SYSTEM\\ControlSet*\\Enum\\PCI\\*\\*")
    assert asked(word, SYSTEM=many).status == OK
    monkeypatch.setattr("guestcheck.unpack.hive.MOST_KEYS", 1000)
    answer = asked(word, SYSTEM=many)
    assert (answer.status, answer.detail) == (
        CUT,
        "it has more than 1000 keys in what was asked for",
    )
    monkeypatch.undo()
    opened = Hive(Pages(io.BytesIO(many)))
    monkeypatch.setattr(opened, "_deadline", 0.0)
    late = _told(opened, word, word.key.split("\\"), "")
    assert (late.status, late.detail) == (CUT, "it took too long")


def test_names_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "WINDOWS/system32/Config").mkdir(parents=True)
    (tmp_path / "WINDOWS/system32/Drivers").mkdir()
    (tmp_path / "WINDOWS/system32/Drivers/VioStor.SYS").write_bytes(b"MZ")
    (tmp_path / "WINDOWS/system32/Config/system").write_bytes(hive(TREE))
    volume = Volume(Folder(str(tmp_path)))
    assert (
        volume.listing(Listing("/Windows/System32/drivers/*.sys"))[0].text
        == "/WINDOWS/system32/Drivers/VioStor.SYS\n"
    )
    assert volume.registry(Registry("HKLM\\SYSTEM\\Select"))[0].status == OK
    volume.gather(())


def test_hivex_reads_ours_alike(tmp_path: Path) -> None:
    if not shutil.which("hivexget"):
        pytest.skip("the program hivexget is not installed")
    (tmp_path / "SYSTEM").write_bytes(hive(TREE))
    done = subprocess.run(
        ["hivexget", str(tmp_path / "SYSTEM"), "ControlSet001\\Services\\Viostor", "Start"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() in ("0", "dword:00000000")


def test_a_later_entry_of_a_log_covers_a_part_of_an_earlier_one() -> None:
    """Windows logs a run of pages as one, and then a page of it again: what it does not cover
    stays.
    """
    before, after = (
        hive({"a": {"b": {"c": 1}}, "z": "x" * 6000}, 2, 1),
        hive({"a": {"b": {"c": 2}}, "z": "y" * 6000}, 2, 1),
    )
    root, size = struct.unpack_from("<II", after, 36)
    first = (
        bytes(before[4096:8192]) + after[8192:]
    )  # both pages, the first of them not yet as it will be
    logged = (
        head(root, size, 2, 2)
        + entry(2, size, [(0, first)])
        + entry(3, size, [(0, after[4096:8192])])
    )
    answer = asked(Registry("HKLM\\SYSTEM", depth=3), **{"SYSTEM": before, "SYSTEM.LOG1": logged})
    assert (
        answer.text
        == asked(
            Registry("HKLM\\SYSTEM", depth=3), SYSTEM=hive({"a": {"b": {"c": 2}}, "z": "y" * 6000})
        ).text
    )


def test_where_the_head_is_damaged_its_length_is_not_believed() -> None:
    data = bytearray(hive(TREE))
    struct.pack_into("<I", data, 40, 32)
    answer = asked(Registry("HKLM\\SYSTEM\\Select"), SYSTEM=bytes(data))
    assert "; doubtful: " in answer.text
    assert parse_export(answer.text)[0].number("Current") == 1


def read(answer: Answer) -> None:
    """See that what was read can be parsed, and that where nothing was a reason is told."""
    if answer.text:
        parse_export(answer.text)
    assert answer.status == OK or answer.detail


WORDS = (
    Registry("HKLM\\SYSTEM", depth=6),
    Registry("HKLM\\SYSTEM\\ControlSet*\\Services\\v*|o*", values=("Start",)),
)
BYTES = hive(
    {**TREE, "more": {f"k{number}": {"v": number, "t": "x" * number} for number in range(40)}}, 2, 1
)
LOG = head(*struct.unpack_from("<II", BYTES, 36), 2, 2) + entry(
    2, len(BYTES) - 4096, [(0, BYTES[4096:])]
)


@settings(deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(BYTES) + len(LOG) - 1), st.integers(0, 255)), max_size=40
    ),
    kept=st.integers(0, len(BYTES)),
    logged=st.booleans(),
)
def test_a_hive_and_a_log_with_any_damage_cost_no_traceback(
    changes: List[Tuple[int, int]], kept: int, logged: bool
) -> None:
    data, beside = bytearray(BYTES), bytearray(LOG)
    for at, byte in changes:
        if at < len(data):
            data[at] = byte
        else:
            beside[at - len(data)] = byte
    files = {
        "SYSTEM": bytes(data[: kept if kept % 3 == 0 else len(data)]),
        **({"SYSTEM.LOG1": bytes(beside)} if logged else {}),
    }
    for word in WORDS:
        read(asked(word, **files))


@settings(deadline=None)
@given(data=st.binary(max_size=9000))
def test_any_bytes_behind_a_head_cost_no_traceback(data: bytes) -> None:
    whole = head(32, 8192, 1, 1) + bytes(4096 - 512) + data
    for word in WORDS:
        read(asked(word, SYSTEM=whole))


def test_lists_of_lists_that_lead_into_one_another_are_refused() -> None:
    """libregf of 2020 ends with its stack there; a later one holds all that they name."""
    data = bytearray(hive({"a": {f"k{number}": {} for number in range(4)}}))
    listed = data.find(b"lh\x04\x00")
    struct.pack_into("<2sHI", data, listed, b"ri", 1, listed - 4 - 4096)
    answer = asked(Registry("HKLM\\SYSTEM\\*"), SYSTEM=bytes(data))
    assert (answer.status, answer.text, "lead into one another" in answer.detail) == (
        FAILED,
        "",
        True,
    )


def test_lists_of_lists_that_windows_makes_are_read() -> None:
    data = hive({"a": {f"k{number:04d}": {"v": number} for number in range(1200)}})
    assert b"ri\x03\x00" in data
    answer = asked(Registry("HKLM\\SYSTEM\\a\\*"), SYSTEM=data)
    assert (answer.status, [key.number("v") for key in parse_export(answer.text)]) == (
        OK,
        list(range(1200)),
    )


def test_without_the_library_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Windows/System32/config/SYSTEM").write_bytes(hive(TREE))
    assert open_root(str(tmp_path))
    monkeypatch.setitem(sys.modules, "pyregf", None)
    with pytest.raises(
        NoEvidenceError, match=r"Windows is on it, and .* pip install 'guestcheck\[windows\]'"
    ):
        open_root(str(tmp_path))
    assert asked(Registry("HKLM\\SYSTEM\\Select"), SYSTEM=hive(TREE)).detail.endswith(
        "package python3-libregf"
    )
