"""What program a file is by its head (Microsoft, "PE Format"): for which processor it was made, or
that it is none.
"""

from __future__ import annotations

from typing import Optional

HEAD = 4096  # bytes; the PE header of a driver is within the first 1 KiB
EMPTY, NONE, TRUNCATED = "empty", "no program", "truncated"
_MACHINES = {0x014C: "x86", 0x8664: "amd64", 0xAA64: "arm64"}


def kind_of(head: bytes, more: bool = False, size: Optional[int] = None) -> str:
    """Return "amd64", "x86", "arm64", "machine 0x1c4", EMPTY, NONE or TRUNCATED; "" where the
    header lies beyond `head`.

    `more` says that the file goes on behind `head`; `size` is that of the whole file, in bytes.

    >>> kind_of(b""), kind_of(b"MZ"), kind_of(b"MZ".ljust(60, b"\\0") + bytes((64, 0, 0, 0)) + b"PE\\0\\0" + bytes((0x64, 0x86)))
    ('empty', 'no program', 'amd64')
    """
    if not head:
        return EMPTY
    at = (
        int.from_bytes(head[60:64], "little")
        if head.startswith(b"MZ") and len(head) >= 64
        else len(head)
    )
    if more and head.startswith(b"MZ") and at + 6 > len(head):
        return ""
    if head[at : at + 4] != b"PE\0\0" or len(head) < at + 6:
        return NONE
    if _is_truncated(head, at, len(head) if size is None and not more else size):
        return TRUNCATED
    machine = int.from_bytes(head[at + 4 : at + 6], "little")
    return _MACHINES.get(machine, f"machine {machine:#x}")


def _is_truncated(head: bytes, at: int, size: Optional[int]) -> bool:
    """Return whether a section of the program at `at` ends behind the file's end.

    The section table follows the optional header; a row has 40 bytes, SizeOfRawData at 16 and
    PointerToRawData at 20.
    """
    if size is None or len(head) < at + 24:
        return False
    count = int.from_bytes(head[at + 6 : at + 8], "little")
    table = at + 24 + int.from_bytes(head[at + 20 : at + 22], "little")
    if table + 40 * count > size:
        return True
    rows = (head[table + 40 * number :][:40] for number in range(count))
    return any(
        int.from_bytes(row[16:20], "little") + int.from_bytes(row[20:24], "little") > size
        for row in rows
        if any(row[20:24])
    )
