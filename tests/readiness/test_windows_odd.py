"""Registries that are damaged, forged or not as Windows writes them: nothing of it makes Windows
boot.
"""

from __future__ import annotations

import struct
from copy import deepcopy
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

pytest.importorskip("pyregf", reason="the extra guestcheck[windows] is not installed")

from guestcheck.model.target import BOOTS, UNKNOWN
from tests.hives import entry, head, hive
from tests.readiness.test_windows import judged
from tests.readiness.windows_states import State, ids, services, windows

Data = Callable[[bytearray], object]


def key_at(data: bytearray, name: bytes) -> int:
    """Return where the key called `name` begins."""
    at = data.find(name, data.find(b"nk"))
    while data[at - 76 : at - 74] != b"nk" or struct.unpack_from("<H", data, at - 4)[0] != len(
        name
    ):
        at = data.find(name, at + 1)
    return at - 76


def value_at(data: bytearray, name: bytes) -> int:
    """Return where the value called `name` begins."""
    at = data.find(name)
    while data[at - 20 : at - 18] != b"vk":
        at = data.find(name, at + 1)
    return at - 20


def demoted() -> State:
    """Make a Windows whose viostor a StartOverride keeps from starting."""
    state = windows()
    services(state)["viostor"]["StartOverride"] = {"0": 3}
    return state


BYTES: List[Tuple[str, Data]] = [
    (
        "no keys below, and a list of them",
        lambda data: struct.pack_into("<I", data, key_at(data, b"viostor") + 20, 0),
    ),
    (
        "no values, and a list of them",
        lambda data: struct.pack_into("<I", data, key_at(data, b"StartOverride") + 36, 0),
    ),
    (
        "a key that is another one's",
        lambda data: struct.pack_into("<I", data, key_at(data, b"StartOverride") + 16, 32),
    ),
    (
        "a key that leads elsewhere",
        lambda data: struct.pack_into("<H", data, key_at(data, b"viostor") + 2, 0x30),
    ),
    (
        "a name that ends within",
        lambda data: struct.pack_into(
            "<8s", data, key_at(data, b"StartOverride") + 76, b"Start\0xx"
        ),
    ),
]


@pytest.mark.parametrize(
    ("change"), [change for _, change in BYTES], ids=[name for name, _ in BYTES]
)
def test_what_hides_a_key_is_told(change: Data, tmp_path: Path) -> None:
    state = demoted()
    data = bytearray(hive(state["SYSTEM"]))
    change(data)
    state["SYSTEM"] = bytes(data)
    assert judged(state, tmp_path, "virtio-blk").verdict == UNKNOWN


def test_a_name_that_ends_within_does_not_stand_for_another(tmp_path: Path) -> None:
    state = windows()
    services(state)["viostor_x"] = services(state).pop("viostor")
    data = bytearray(hive(state["SYSTEM"]))
    at = key_at(data, b"viostor_x") + 76 + 7
    data[at : at + 1] = b"\0"
    state["SYSTEM"] = bytes(data)
    assert judged(state, tmp_path, "virtio-blk").verdict != BOOTS


def early(state: State, value: Any) -> None:
    state["SYSTEM"]["ControlSet001"]["Policies"] = {"EarlyLaunch": {"DriverLoadPolicy": value}}


def twice(state: State) -> None:
    """Give viostor two values that differ in their names' case alone."""
    one = services(state)["viostor"]
    services(state)["viostor"] = {"START": 3, **one}


ODD: Dict[str, Callable[[State], object]] = {
    "Start is a text": lambda s: services(s)["viostor"].update(Start="0"),
    "Start has 64 bits": lambda s: services(s)["viostor"].update(Start=b"\0" * 8),
    "a StartOverride that is a text": lambda s: services(s)["viostor"].update(
        StartOverride={"0": "3"}
    ),
    "a StartOverride of bytes": lambda s: services(s)["viostor"].update(
        StartOverride={"0": b"\3\0\0\0"}
    ),
    "an ImagePath of bytes": lambda s: services(s)["viostor"].update(ImagePath=b"n\0o\0s\0u\0"),
    "an ImagePath of several": lambda s: services(s)["viostor"].update(ImagePath=("nosuch.sys",)),
    "Default is a text": lambda s: s["SYSTEM"]["Select"].update(Default="2"),
    "Default is not there": lambda s: s["SYSTEM"]["Select"].pop("Default"),
    "a control set of another name": lambda s: s["SYSTEM"].update(
        ControlSet1=s["SYSTEM"].pop("ControlSet001")
    ),
    "two values of one name": twice,
    "a policy that is a text": lambda s: early(s, "8"),
    "a policy that is too long": lambda s: early(s, bytes(17000)),
    "no build": lambda s: s["SOFTWARE"]["Microsoft"]["Windows NT"]["CurrentVersion"].pop(
        "CurrentBuildNumber"
    ),
    "an active package that is not there": lambda s: s["SYSTEM"]["DriverDatabase"].update(
        DriverInfFiles={"oem1.inf": {"Active": "gone.inf_amd64_1"}}
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_as_windows_writes_it_is_left_open(name: str, tmp_path: Path) -> None:
    state = windows()
    ODD[name](state)
    one = judged(state, tmp_path, "virtio-blk")
    assert one.verdict == UNKNOWN
    assert all(why.settle for why in one.reasons if why.weight == "open")


@pytest.mark.parametrize("kind", ["folder", "nowhere", "outside"])
def test_what_is_no_file_is_no_driver(kind: str, tmp_path: Path) -> None:
    state = windows()
    state["files"].remove("System32/drivers/viostor.sys")
    path = tmp_path / "Windows/System32/drivers/viostor.sys"
    path.parent.mkdir(parents=True)
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/nowhere" if kind == "nowhere" else __file__)
    one = judged(state, tmp_path, "virtio-blk")
    assert (one.verdict, {why.id for why in one.reasons}) == (UNKNOWN, {"driver-file-unread"})


def test_two_hives_of_one_name_are_none(tmp_path: Path) -> None:
    state = windows()
    other = deepcopy(state)
    services(other)["viostor"]["Start"] = 3
    state["beside"] = {"system": hive(other["SYSTEM"])}
    assert judged(state, tmp_path, "virtio-blk").verdict == UNKNOWN


def logged(state: State, **more: Any) -> State:
    """Make the hive dirty, and its first log whole: with that it boots."""
    before = deepcopy(state)
    services(before)["viostor"]["Start"] = 3
    old, new = hive(before["SYSTEM"], 2, 1), hive(state["SYSTEM"], 2, 2)
    root, size = struct.unpack_from("<II", new, 36)
    return {
        **state,
        "SYSTEM": old,
        "beside": {
            "SYSTEM.LOG1": head(root, size, 2, 2) + entry(2, size, [(0, new[4096:])]),
            **more,
        },
    }


def wrong_head(log: bytes) -> bytes:
    return log[:100] + b"\1" + log[101:]


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (None, BOOTS),
        (b"", BOOTS),
        (lambda first: wrong_head(first), UNKNOWN),
        (lambda first: first[:48] + b"n\0t\0u\0s\0e\0r\0" + first[60:], UNKNOWN),
    ],
    ids=["none", "empty", "its head is damaged", "another hive's"],
)
def test_logs(second: Any, verdict: str, tmp_path: Path) -> None:
    state = logged(windows())
    first = state["beside"]["SYSTEM.LOG1"]
    if second is not None:
        state["beside"]["SYSTEM.LOG2"] = second(first) if callable(second) else second
    assert judged(state, tmp_path, "virtio-blk").verdict == verdict


def test_a_log_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    state = logged(windows())
    (tmp_path / "Windows/System32/config/SYSTEM.LOG2").mkdir(parents=True)
    assert judged(state, tmp_path, "virtio-blk").verdict == UNKNOWN


def test_an_entry_behind_a_damaged_one_is_told(tmp_path: Path) -> None:
    state = logged(windows())
    (size,) = struct.unpack_from("<I", state["SYSTEM"], 40)
    page = [(0, bytes(4096))]
    broken = bytearray(entry(3, size, page))
    broken[100] ^= 1
    state["beside"]["SYSTEM.LOG1"] += bytes(broken) + entry(4, size, page)
    assert judged(state, tmp_path, "virtio-blk").verdict == UNKNOWN


def test_pages_without_a_length_end_a_log() -> None:
    from guestcheck.unpack.hive_log import recover

    start = head(32, 4096, 2, 1)
    found = recover(start, [head(32, 4096, 2, 2) + entry(2, 4096, [(0, b"")] * 50)])
    assert (found.changes, bool(found.says)) == ((), True)


def test_of_ids_that_are_bound_to_nothing_nothing_boots(tmp_path: Path) -> None:
    """The counterpart: what is right of all that still boots."""
    state = windows()
    assert judged(state, tmp_path / "whole", "virtio-blk").verdict == BOOTS
    for id_ in ("VEN_1AF4&DEV_1001", "VEN_1AF4&DEV_1042"):
        ids(state)["PCI"].pop(id_)
    assert judged(state, tmp_path / "bare", "virtio-blk").verdict != BOOTS
