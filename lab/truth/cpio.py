"""An initramfs as a list of members: taken apart, changed, and put together again without running
anything of it.

The form is "newc" of the kernel's Documentation/driver-api/early-userspace/buffer-format.rst;
several archives may follow one another, the later ones compressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lab.kernel import plain

MAGIC = b"070701"
HEAD = 110


class Member(NamedTuple):
    """One member: its header's thirteen numbers, its path and its bytes."""

    numbers: tuple[int, ...]
    path: str
    data: bytes


def members(data: bytes) -> Iterator[Member]:
    """The members of every archive in `data`, without the trailers."""
    data, at = plain(data), 0
    archive = 0
    while at < len(data):
        numbers = tuple(int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13))
        size, length = numbers[6], numbers[11]
        path = data[at + HEAD : at + HEAD + length - 1].decode()
        begin = _even(at + HEAD + length)
        at = _even(begin + size)
        if path == "TRAILER!!!":
            rest = data[at:].lstrip(b"\0")
            data, at, archive = plain(rest), 0, archive + 1
            continue
        # Hard links are told by their inode, which two archives may both have; only the last of
        # them has the data.
        numbers = ((numbers[0] + (archive << 28)) % (1 << 32), *numbers[1:])
        yield Member(numbers, path, data[begin : begin + size])


def file(path: str, text: str) -> Member:
    """A plain file of root's."""
    data = text.encode()
    return Member((0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, 0, 0), path, data)


def folder(path: str) -> Member:
    """A folder of root's."""
    return Member((0, 0o40755, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0), path, b"")


def changed(member: Member, path: str, data: bytes) -> Member:
    """The member under another name and with other bytes; `pack` writes their lengths."""
    return Member(member.numbers, path, data)


def pack(found: Iterable[Member]) -> bytes:
    """One archive of `found`."""
    out = bytearray()
    for member in [*found, Member((0,) * 13, "TRAILER!!!", b"")]:
        name = member.path.encode() + b"\0"
        numbers = (*member.numbers[:6], len(member.data), *member.numbers[7:11], len(name), 0)
        out += MAGIC + b"".join(b"%08X" % one for one in numbers) + name
        out += b"\0" * (-len(out) % 4) + member.data
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def _even(at: int) -> int:
    return at + -at % 4
