"""A driver's file is known by its head, and as truncated by its section table."""

from __future__ import annotations

import struct

import pytest

from guestcheck.sources._program import EMPTY, HEAD, NONE, TRUNCATED, kind_of

SECTIONS = ((0x400, 0x2000), (0x2400, 0x600))  # where each begins in the file, and its bytes
SIZE = 0x2A00


def driver(sections: "tuple[tuple[int, int], ...]" = SECTIONS, size: int = SIZE) -> bytes:
    """Return a driver for amd64 as a linker writes it: headers, then each section."""
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 0x80)
    head = head.ljust(0x80, b"\0") + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 240, 0x2022) + bytes(240)
    for start, length in sections:
        head += struct.pack("<8sIIIIIIHHI", b".text", length, 0x1000, length, start, 0, 0, 0, 0, 0)
    return head.ljust(size, b"\0")


def kind(data: bytes) -> str:
    return kind_of(data[:HEAD], len(data) > HEAD, len(data))


def test_a_whole_driver_is_of_its_processor() -> None:
    assert kind(driver()) == "amd64"
    assert kind(driver() + b"a signature behind the last section") == "amd64"


@pytest.mark.parametrize("size", [SIZE - 1, SIZE // 2, 0x1000, 0x400, 0x1C0, 0x9C])
def test_a_driver_that_ends_before_its_sections_do_is_truncated(size: int) -> None:
    assert kind(driver()[:size]) == TRUNCATED


@pytest.mark.parametrize(("data", "wanted"), [(b"", EMPTY), (b"MZ", NONE), (b"<html>", NONE)])
def test_what_is_no_program(data: bytes, wanted: str) -> None:
    assert kind(data) == wanted


def test_without_a_size_nothing_is_said_of_the_end() -> None:
    assert kind_of(driver()[:HEAD], True) == "amd64"


def test_a_section_without_bytes_in_the_file_ends_nowhere() -> None:
    assert kind(driver(((0x400, 0x2000), (0, 0x9000)))) == "amd64"
