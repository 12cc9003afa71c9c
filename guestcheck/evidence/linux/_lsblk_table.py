"""lsblk's table: columns are found by their heads, or, without heads, by what is in them."""

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from guestcheck.catalogue.buses import OTHER_TRANSPORTS
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.evidence.linux._lsblk_row import NAME_COLUMNS, Row, bytes_of, unescape
from guestcheck.model.digits import is_digits

# Columns whose cells end where their heading ends; in all others they begin where it begins.
_RIGHT = (
    " ALIGNMENT DAX DISC-ALN DISC-GRAN DISC-MAX DISC-ZERO DISK-SEQ FSAVAIL FSSIZE FSUSED "
    "FSUSE% HOTPLUG LOG-SEC MAJ:MIN"
    " MIN-IO MQ OPT-IO PARTN PHY-SEC RA RAND REV RM RO ROTA RQ-SIZE SIZE START WSAME "
    "ZONE-AMAX ZONE-APP ZONE-NR"
    " ZONE-OMAX ZONE-SZ ZONE-WGRAN "
)
_TYPES = frozenset(
    ("disk", "part", "rom", "loop", "lvm", "crypt", "mpath", "dm", "md", "linear", "tape")
)
_TRANSPORTS = frozenset(
    (*(word for row in INTERFACES for word in row.transports), *OTHER_TRANSPORTS)
)
MOUNTS = ("MOUNTPOINT", "MOUNTPOINTS")
_MOST = 200  # columns; lsblk has some 75, and takes each twice
_DEFAULT = ("NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINT")


class _Column:
    __slots__ = ("end", "name", "right", "start")

    def __init__(self, name: str, start: int = 0) -> None:
        self.name = name
        self.start = start
        self.end = start + len(name)
        self.right = f" {name} " in _RIGHT


def read_table(text: str) -> List[Row]:
    rows: List[Row] = []
    columns: List[_Column] = []
    lines: List[str] = []
    headed = False
    for line in text.split("\n"):
        header = _header(line)
        if header:
            rows += _table_rows(columns, lines, len(rows))
            columns, lines, headed = header, [], True
        elif line.strip() and not line.startswith("lsblk: "):
            lines.append(line.rstrip())
    if not headed:
        return _read_headless(text, lines)
    return rows + _table_rows(columns, lines, len(rows))


def _header(line: str) -> List[_Column]:
    words = line.split()
    if (
        not 0 < len(words) <= _MOST
        or not any(name in words for name in NAME_COLUMNS)
        or not all(map(_is_column, words))
    ):
        return []
    columns, end = [], 0
    for word in words:
        columns.append(_Column(word, line.index(word, end)))
        end = columns[-1].end
    return columns


def _is_column(word: str) -> bool:
    return word.isupper() and word.isascii() and word.translate(_MARKS).isalnum()


_MARKS = str.maketrans("", "", "-:%_")


def _read_headless(text: str, lines: List[str]) -> List[Row]:
    """Read lines of a plain `lsblk` without its header (`--noheadings`, or after grep)."""
    columns = [_Column(name) for name in _DEFAULT]
    reading = [_fit(line, columns) for line in lines]
    telling = [
        cells
        for cells in reading
        if all(cells[1].get(name) for name in ("NAME", "MAJ:MIN", "SIZE", "TYPE"))
    ]
    if not telling and text.strip():
        raise ValueError(f"no table of lsblk: {text.strip()[:60]!r}")
    return _tree([cells for cells in reading if "TYPE" in cells[1] or "NAME" not in cells[1]], 0)


def _table_rows(columns: List[_Column], lines: List[str], offset: int) -> List[Row]:
    """Split `lines` at the columns, so that most cells look as their column should."""
    if not columns:
        return []
    readings = [[_cut(line, columns) or _fit(line, columns) for line in lines]]
    if sum(len(column.name) + 1 for column in columns) > columns[-1].end - columns[0].start:
        readings.append([_cut_raw(line, columns) for line in lines])
    best = max(readings, key=_score)
    if any(column.name == "MAJ:MIN" for column in columns):
        best = [one for one, line in zip(best, lines) if _is_device(one[1], line)]
    return _tree(best, offset)


class _Branch:
    """How far a name is indented, whether a line is drawn up to it, and whether it is the last of
    its siblings.
    """

    __slots__ = ("drawn", "indent", "last")

    def __init__(self, drawing: str = "") -> None:
        self.indent = len(drawing)
        self.drawn = drawing[-1:].strip() != ""
        self.last = drawing[-2:-1] in ("\u2514", "`")


_Cells = Tuple[_Branch, Dict[str, str]]
_ROOT = _Branch()


def _cut(line: str, columns: Sequence[_Column]) -> Optional[_Cells]:
    """Cut an aligned line at the header's positions; None if it is not aligned."""
    cells: Dict[str, str] = {}
    branch = _ROOT
    start = first = 0
    for number, column in enumerate(columns):
        following = columns[number + 1] if number + 1 < len(columns) else None
        if following is None:
            end = len(line)
        elif column.right:
            end = column.end
            if line[end : end + 1] not in ("", " "):
                return None
        elif following.right:
            continue  # where the one ends and the other begins is seen in the line
        else:
            end = following.start
            if line[end - 1 : end] not in ("", " "):
                return None
        piece = line[start:end].rstrip()
        if number > first:
            left = columns[first]
            last = piece.rpartition(" ")[2]
            if (
                last
                and start + len(piece) > column.start
                and start + len(piece) - len(last) > left.end
            ):
                cells[column.name] = last
                piece = piece[: len(piece) - len(last)].rstrip()
            column = left
        if column.name == "NAME":
            branch, piece = _unbranch(piece)
        cells[column.name] = unescape(piece.strip())
        start, first = end, number + 1
    return branch, cells


def _cut_raw(line: str, columns: Sequence[_Column]) -> _Cells:
    """Cut a line of `lsblk --raw`: one blank between cells, none in them."""
    branch, rest = _unbranch(line)
    return branch, {column.name: unescape(cell) for column, cell in zip(columns, rest.split(" "))}


def _fit(line: str, columns: Sequence[_Column]) -> _Cells:
    """Give the words of a line that lost its alignment to the columns that they fit."""
    branch, rest = _unbranch(line)
    words = rest.split()
    if len(words) == 1 and words[0].startswith("/") and not words[0].startswith("/dev/"):
        return branch, {"MOUNTPOINTS": words[0]}
    if words[1:2] and words[1].startswith("(dm-") and columns[0].name == "NAME":
        words[:2] = [" ".join(words[:2])]
    words.reverse()
    cells: Dict[str, str] = {}
    for number, column in enumerate(columns):
        if not words:
            break
        fits = _FITS.get(column.name)
        if (
            fits(words[-1])
            if fits
            else not any(_strictly(later.name, words[-1]) for later in columns[number + 1 :])
        ):
            cells[column.name] = unescape(words.pop())
    return branch, cells


def _strictly(column: str, word: str) -> bool:
    fits = _FITS.get(column)
    return fits is not None and column not in _LOOSE and bool(fits(word))


_LOOSE = frozenset(("NAME", "KNAME", "PATH", "PKNAME"))
_FITS: Dict[str, Callable[[str], object]] = {
    "NAME": bool,
    "KNAME": lambda word: _is_kernel_name(word),
    "PKNAME": lambda word: _is_kernel_name(word),
    "MAJ:MIN": lambda word: word.count(":") == 1 and is_digits(word.replace(":", "")),
    "SIZE": lambda word: bytes_of(word) is not None,
    "RM": lambda word: word in ("0", "1"),
    "RO": lambda word: word in ("0", "1"),
    "ROTA": lambda word: word in ("0", "1"),
    "TYPE": lambda word: word in _TYPES or word.startswith("raid"),
    "TRAN": _TRANSPORTS.__contains__,
    "HCTL": lambda word: word.count(":") == 3,
    "UUID": lambda word: "-" in word,
    "WWN": lambda word: word.startswith(("0x", "eui.", "naa.", "nvme.", "t10.")),
    "FSUSE%": lambda word: word.endswith("%"),
    "MOUNTPOINT": lambda word: word.startswith(("/", "[")),
    "MOUNTPOINTS": lambda word: word.startswith(("/", "[")),
}
_KERNEL_NAMES = (
    "/dev/",
    *{prefix.letters for row in INTERFACES for prefix in row.prefixes},
    "dm-",
    "md",
    "sr",
    "loop",
    "zram",
)
_TELLING = ("MAJ:MIN", "SIZE", "RM", "RO", "TYPE", "TRAN", "HCTL")


def _is_kernel_name(word: str) -> bool:
    return word.startswith(_KERNEL_NAMES) and word not in _TYPES and word not in _TRANSPORTS


def _score(reading: Sequence[_Cells]) -> int:
    return sum(
        (1 if _FITS[name](cells[name]) else -2)
        for _, cells in reading
        for name in _TELLING
        if cells.get(name, "")
    )


def _unbranch(text: str) -> Tuple[_Branch, str]:
    """Take the branches of the tree off a name."""
    for place, letter in enumerate(text):
        if letter < "\x7f" and (letter.isalnum() or letter in "/_."):
            return _Branch(text[:place]) if place else _ROOT, text[place:]
    return _ROOT, ""


def _tree(reading: Sequence[_Cells], offset: int) -> List[Row]:
    """Hang each line under the one it branches off.

    What comes after the last of some siblings without being indented less had its indentation lost
    on the way here: it hangs under that last one.
    """
    rows: List[Row] = []
    above: List[Tuple[_Branch, int]] = []
    for branch, cells in reading:
        name = cells.get("NAME", cells.get("KNAME", cells.get("PATH", "")))
        if not any(letter.isalnum() for letter in name):
            _continue(rows, cells)
            continue
        while above and not _is_under(branch, above[-1][0]):
            above.pop()
        rows.append(Row(cells, above[-1][1] if above else -1))
        above.append((branch, offset + len(rows) - 1))
    return rows


def _is_under(branch: _Branch, above: _Branch) -> bool:
    return branch.indent > above.indent or (
        branch.indent == above.indent and branch.drawn and above.last
    )


def _continue(rows: List[Row], cells: Dict[str, str]) -> None:
    """Add a line without a name to the one above: after a name too long for its column, or for
    further mount points.
    """
    if not rows:
        return
    row = rows[-1]
    for name, cell in cells.items():
        if name in MOUNTS:
            row.mounts.append(cell)
        elif cell and not row.cells.get(name):
            row.cells[name] = cell


def _is_device(cells: Dict[str, str], line: str) -> bool:
    """Return whether a line below MAJ:MIN has such numbers, or is one word (the numbers of a long
    name are in the next line); all else is a sentence that begins with a disk's name.
    """
    if _FITS["MAJ:MIN"](cells.get("MAJ:MIN", "")) or not cells.get("NAME"):
        return True
    return len(_unbranch(line)[1].split()) < 2
