"""A record is made, shown and compared as a named tuple is, and is never equal to another's."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from guestcheck.model.action import KeepTpm, ManageNic, MountNofail, MoveDisk, OrderNetworks


def test_fields_are_given_by_place_and_by_name() -> None:
    move = MoveDisk("sda", to="virtio-blk", is_root=True)
    assert (move.device, move.to, move.bus, move.is_root, move.firmware) == (
        "sda",
        "virtio-blk",
        "",
        True,
        None,
    )
    assert repr(ManageNic("eth0", "/x")) == "ManageNic(device='eth0', file='/x')"
    assert MoveDisk._fields[:2] == ("device", "to")
    assert set(MoveDisk._field_defaults) == set(MoveDisk._fields) - {"device", "to"}


def test_one_field_is_replaced() -> None:
    move = MoveDisk("sda", "virtio-blk", serial="QM1")
    assert move._replace(to="nvme") == MoveDisk("sda", "nvme", serial="QM1")
    assert move.to == "virtio-blk"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        (("sda",), {}),
        (("sda", "nvme"), {"too": 1}),
        (("sda", "nvme"), {"device": "sdb", "no": 1}),
        (("a",) * 9, {}),
    ],
)
def test_what_is_missing_or_too_much_is_refused(values: Any, named: Any) -> None:
    with pytest.raises(TypeError):
        MoveDisk(*values, **named)


def test_a_field_that_is_given_twice_is_refused() -> None:
    with pytest.raises(TypeError):
        MoveDisk("sda", "nvme", device="sdb")  # type: ignore[misc]


def test_records_of_two_types_are_never_equal() -> None:
    assert ManageNic("a", "b") != OrderNetworks("a", "b")
    assert KeepTpm() != MountNofail()
    assert KeepTpm() == KeepTpm()
    assert len({ManageNic("a", "b"), OrderNetworks("a", "b"), ManageNic("a", "b")}) == 2


def test_copies_are_equal() -> None:
    move = MoveDisk("sda", "nvme", firmware="efi")
    assert copy.copy(move) == copy.deepcopy(move) == pickle.loads(pickle.dumps(move)) == move
