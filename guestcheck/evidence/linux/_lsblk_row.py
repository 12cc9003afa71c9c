"""A row of lsblk's output, and how its cells are read."""

import re
from typing import Dict, List, Optional

from guestcheck.model.digits import is_digits


class Row:
    """Cells by column name, which row it hangs under (-1: none), and further mount points."""

    __slots__ = ("cells", "mounts", "outer")

    def __init__(self, cells: Dict[str, str], outer: int = -1) -> None:
        self.cells = cells
        self.outer = outer
        self.mounts: List[str] = []


def unescape(text: str) -> str:
    r"""Turn `\x20` into what it stands for."""
    if "\\x" not in text:
        return text
    return re.sub(
        r"(?:\\x[0-9a-fA-F]{2})+",
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "surrogateescape"),
        text,
    )


NAME_COLUMNS = ("NAME", "KNAME", "PATH")
_UNITS = "BKMGTPE"


def bytes_of(cell: str) -> Optional[int]:
    """Turn `21474836480`, `20G` or `1,8T` into bytes, anything else into None."""
    if is_digits(cell) and len(cell) < 20:
        return int(cell)
    number = cell.strip().replace(",", ".")
    unit = _UNITS.find(number[-1:]) if number else -1
    if unit >= 0:
        number = number[:-1]
    digits = number.replace(".", "", 1)
    if not is_digits(digits) or len(digits) > 20:
        return None
    return int(float(number) * 1024 ** max(unit, 0))
