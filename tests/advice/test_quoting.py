"""Held true: only plain tokens are quoted, everything else leaves the placeholder."""

from __future__ import annotations

from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.advice._quoting import cpus, disk, kernel, mac, number, plain, serial, tokens
from guestcheck.model.device import Inventory

INERT = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:._-")


@pytest.mark.parametrize(
    "value",
    [
        "sda",
        "nvme0n1",
        "0000:00:1f.2",
        "52:54:00:12:34:56",
        "virtio_blk",
        "enp1s0",
        "6.1.0-56-amd64",
    ],
)
def test_plain_tokens_stay(value: str) -> None:
    assert plain(value, "X") == value


@pytest.mark.parametrize(
    "value", ["", None, "a b", "a\n", "-rf", ".hidden", "$(x)", "a;b", "a'b", "é", "٣", "x" * 65]
)
def test_anything_else_leaves_the_placeholder(value: str) -> None:
    assert plain(value, "X") == "X"


@given(st.text())
def test_whatever_is_quoted_is_inert(value: str) -> None:
    assert set(plain(value, "X")) <= INERT
    assert set("".join(tokens(value.split(" ")))) <= INERT
    assert set(mac(value)) <= INERT
    assert set(serial(value)) <= INERT
    assert set(kernel(value)) <= INERT | {"+"}


def test_a_kernel_may_have_a_plus() -> None:
    assert kernel("6.5.0-0.deb12.4+bpo") == "6.5.0-0.deb12.4+bpo"


def test_mac_addresses_are_six_pairs() -> None:
    assert mac("52:54:00:AB:cd:ef") == "52:54:00:AB:cd:ef"
    assert mac("52:54:00:ab:cd") == mac("52:54:00:ab:cd:ef:00") == mac("") == "MAC"


def test_a_serial_number_too_long_for_virtio_blk_is_left_out() -> None:
    assert serial("x" * 20) == "x" * 20
    assert serial("x" * 21) == ""


def test_tokens_are_all_plain_or_none() -> None:
    assert tokens(("virtio_pci", "virtio_blk")) == ("virtio_pci", "virtio_blk")
    assert tokens(("virtio_pci", "$(x)", "virtio_blk")) == tokens(("a b",)) == ()
    assert tokens(("a\nb",)) == tokens(("",)) == tokens(()) == ()


def test_small_numbers_alone_are_quoted() -> None:
    assert [number(value) for value in (None, -1, 0, 1, 9999, 10000)] == [
        "N",
        "N",
        "N",
        "1",
        "9999",
        "N",
    ]


def test_processors_come_from_the_action_else_from_the_guest(
    inventory: Callable[..., Inventory],
) -> None:
    assert cpus(16, inventory(cpus=4)) == "16"
    assert cpus(None, inventory(cpus=4)) == "4"
    assert cpus(100000, inventory(cpus=4)) == "4"
    assert cpus(None, inventory(cpus=None)) == "N"


def test_the_disk_is_found_by_its_name(inventory: Callable[..., Inventory]) -> None:
    found = disk("sda", inventory())
    assert found is not None
    assert found.name == "sda"
    assert disk("sdb", inventory()) is None
