"""Sections of a PE file, as a unified kernel image is one (uapi-group.org, "Unified Kernel Image";
Microsoft's "PE Format").
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Dict, Tuple

_PE = 0x00004550  # "PE" and two zeros
_MOST_SECTIONS = 96  # as many as Windows loads


def sections(file: BinaryIO, size: int) -> Dict[str, Tuple[int, int]]:
    """Return where each section begins and ends in a file of `size` bytes, by name, the first of a
    name; raises ValueError where it is none.
    """
    start = _look(file, 0x3C, "<I")[0]
    mark, count, optional = _look(file, start, "<I2xH12xH2x")
    if mark != _PE or count > _MOST_SECTIONS:
        raise ValueError("damaged: no PE file")
    found: Dict[str, Tuple[int, int]] = {}
    for number in range(count):
        at = start + 24 + optional + 40 * number
        virtual, raw, place = _look(file, at + 8, "<I4xII")
        # Raw data is filled up to the file's alignment, the virtual size is what counts; memory
        # beyond the raw data is zeros.
        end = place + (min(virtual, raw) if virtual else raw)
        if place > size or end > size:
            raise ValueError("damaged: a section lies behind the end of the file")
        file.seek(at)
        found.setdefault(
            file.read(8).rstrip(b"\0").decode("ascii", "backslashreplace"), (place, end)
        )
    return found


def _look(file: BinaryIO, place: int, form: str) -> Tuple[int, ...]:
    file.seek(place)
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise ValueError("damaged: its header ends too early")
    told: Tuple[int, ...] = struct.unpack(form, data)
    return told
