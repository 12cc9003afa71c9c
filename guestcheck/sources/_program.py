"""What program a file is by its head (Microsoft, "PE Format"): for which processor it was made, or
that it is none.
"""

HEAD = 4096  # bytes; the PE header of a driver is within the first 1 KiB
EMPTY, NONE = "empty", "no program"
_MACHINES = {0x014C: "x86", 0x8664: "amd64", 0xAA64: "arm64"}


def kind_of(head: bytes, more: bool = False) -> str:
    """Return "amd64", "x86", "arm64", "machine 0x1c4", EMPTY or NONE; "" where the header lies
    beyond `head`.

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
    machine = int.from_bytes(head[at + 4 : at + 6], "little")
    return _MACHINES.get(machine, f"machine {machine:#x}")
