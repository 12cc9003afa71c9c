"""What block devices there are, what stands on what, and what is on them.

Asked: `lsblk --json`, of util-linux before 2.27 `lsblk --pairs`, else the table; a table in any
columns is read. See lsblk(8). Of a virtio disk TRAN and MODEL are often null, VENDOR is the bare
PCI vendor (0x1af4), and ROTA means nothing.
"""

import re
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import OK, Answer, Command, FirstOf, Question, ReadInPartError


class LsblkDevice(NamedTuple):
    """A line of lsblk. `kname` is the kernel's name (dm-0) where `name` is the mapper's, else the
    same.

    `parents` are the devices beneath (the disk of a partition, the members of an array) by `kname`.
    A size in a unit (20G) becomes about as many bytes. What lsblk left out is None or "".
    """

    name: str
    kname: str
    type: str = ""
    parents: Tuple[str, ...] = ()
    size_bytes: Optional[int] = None
    ro: Optional[bool] = None
    rm: Optional[bool] = None
    fstype: str = ""
    label: str = ""
    uuid: str = ""
    mounts: Tuple[str, ...] = ()
    model: str = ""
    serial: str = ""
    vendor: str = ""
    tran: str = ""
    hctl: str = ""
    subsystems: str = ""
    discard_bytes: Optional[int] = None


_MOST_ROWS = 200_000  # 18,278 disks (sda to sdzzz) with some partitions each are 100,000


class _Row:
    """Cells by column name, which row it hangs under (-1: none), and further mount points."""

    __slots__ = ("cells", "mounts", "outer")

    def __init__(self, cells: Dict[str, str], outer: int = -1) -> None:
        self.cells = cells
        self.outer = outer
        self.mounts: List[str] = []


def parse_lsblk(text: str) -> Tuple[LsblkDevice, ...]:
    """Read what lsblk printed: JSON, pairs, raw, lists and trees.

    A device that stands under several others is one device with several parents.

    >>> disk, root = parse_lsblk('''
    ... NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT
    ... vda    254:0    0   20G  0 disk
    ... `-vda1 254:1    0   20G  0 part /
    ... ''')
    >>> disk.name, disk.type, disk.size_bytes
    ('vda', 'disk', 21474836480)
    >>> root.name, root.parents, root.mounts
    ('vda1', ('vda',), ('/',))
    """
    if '"blockdevices"' in text:
        rows = _read_json(text)
    elif text.count("\n") > _MOST_ROWS:
        raise ReadInPartError(f"lsblk's output has more than {_MOST_ROWS} lines")
    elif 'NAME="' in text:
        rows = _read_pairs(text)
    else:
        for escaped in "_[]":  # as Markdown has them
            text = text.replace(f"\\{escaped}", escaped)
        rows = _read_table(text.expandtabs().replace("\r", ""))
    return _devices(rows)


def _read_json(text: str) -> List[_Row]:
    from json import JSONDecoder

    try:
        found, _ = JSONDecoder(object_pairs_hook=_wanted, strict=False).raw_decode(
            text, max(text.find("{"), 0)
        )
        waiting = [(node, -1) for node in reversed(found["blockdevices"])]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"lsblk's JSON cannot be read: {error}") from None
    rows: List[_Row] = []
    while waiting:
        node, outer = waiting.pop()
        if not isinstance(node, dict):
            continue
        children = node.pop("children", None)
        cells = {key: _word(value) for key, value in node.items() if value is not None}
        if not cells and not children:
            continue
        rows.append(_Row(cells, outer))
        if len(rows) > _MOST_ROWS:
            raise ReadInPartError(f"lsblk's JSON has more than {_MOST_ROWS} devices")
        if isinstance(children, list):
            outer = len(rows) - 1
            waiting += [(child, outer) for child in reversed(children)]
    return rows


def _wanted(pairs: List[Tuple[str, object]]) -> Dict[str, object]:
    """Return of one object what is read below; `lsblk -O` has some eighty columns, and thousands of
    disks would be held with all of them.
    """
    return {_NEEDED[key]: value for key, value in pairs if key in _NEEDED}


_READ = (
    "NAME KNAME PATH PKNAME MAJ:MIN TYPE SIZE RO RM FSTYPE LABEL UUID MOUNTPOINT MOUNTPOINTS "
    "MODEL SERIAL VENDOR TRAN HCTL SUBSYSTEMS DISC-MAX"
)
_NEEDED = {
    **{spelt: name for name in _READ.split() for spelt in (name, name.lower())},
    "children": "children",
    "blockdevices": "blockdevices",
}


def _word(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return "\n".join(one for one in value if isinstance(one, str))
    return repr(value) if isinstance(value, (int, float)) else ""


def _read_pairs(text: str) -> List[_Row]:
    rows = []
    for line in text.split("\n"):
        cells = {key.replace("_", "-"): _unescape(value) for key, value in re.findall(_PAIR, line)}
        if "MAJ-MIN" in cells:
            cells["MAJ:MIN"] = cells["MAJ-MIN"]
        rows.append(_Row(cells))
    if not any("NAME" in row.cells or "KNAME" in row.cells for row in rows):
        raise ValueError(f"no device among lsblk's pairs: {text.strip()[:60]!r}")
    return rows


# A name begins where none is before it: else each letter of a long one would be tried for its
# beginning.
_PAIR = r'(?<![A-Z0-9:_%-])([A-Z][A-Z0-9:_%-]*)="([^"]*)"'


def _unescape(text: str) -> str:
    r"""Turn `\x20` into what it stands for."""
    if "\\x" not in text:
        return text
    return re.sub(
        r"(?:\\x[0-9a-fA-F]{2})+",
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "surrogateescape"),
        text,
    )


# Columns whose cells end where their heading ends; in all others they begin where it begins.
_RIGHT = (
    " ALIGNMENT DAX DISC-ALN DISC-GRAN DISC-MAX DISC-ZERO DISK-SEQ FSAVAIL FSSIZE FSUSED "
    "FSUSE% HOTPLUG LOG-SEC MAJ:MIN"
    " MIN-IO MQ OPT-IO PARTN PHY-SEC RA RAND REV RM RO ROTA RQ-SIZE SIZE START WSAME "
    "ZONE-AMAX ZONE-APP ZONE-NR"
    " ZONE-OMAX ZONE-SZ ZONE-WGRAN "
)
_NAMES = ("NAME", "KNAME", "PATH")
_TYPES = frozenset(
    ("disk", "part", "rom", "loop", "lvm", "crypt", "mpath", "dm", "md", "linear", "tape")
)
_TRANSPORTS = frozenset(
    ("ata", "sata", "sas", "spi", "usb", "nvme", "virtio", "fc", "fcoe", "iscsi", "sbp", "srp")
)
_MOUNTS = ("MOUNTPOINT", "MOUNTPOINTS")
_MOST = 200  # columns; lsblk has some 75, and takes each twice
_DEFAULT = ("NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINT")


class _Column:
    __slots__ = ("end", "name", "right", "start")

    def __init__(self, name: str, start: int = 0) -> None:
        self.name = name
        self.start = start
        self.end = start + len(name)
        self.right = f" {name} " in _RIGHT


def _read_table(text: str) -> List[_Row]:
    rows: List[_Row] = []
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
        or not any(name in words for name in _NAMES)
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


def _read_headless(text: str, lines: List[str]) -> List[_Row]:
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


def _table_rows(columns: List[_Column], lines: List[str], offset: int) -> List[_Row]:
    """Cut `lines` at the columns, in the way in which most cells come out as what they should be."""
    if not columns:
        return []
    readings = [[_cut(line, columns) or _fit(line, columns) for line in lines]]
    if sum(len(column.name) + 1 for column in columns) > columns[-1].end - columns[0].start:
        readings.append([_cut_raw(line, columns) for line in lines])
    best = max(readings, key=_score)
    if any(column.name == "MAJ:MIN" for column in columns):
        best = [one for one, line in zip(best, lines) if _is_device(one[1], line)]
    return _tree(best, offset)


def _is_device(cells: Dict[str, str], line: str) -> bool:
    """Return whether a line below MAJ:MIN has such numbers, or is one word (the numbers of a long
    name are in the next line); all else is a sentence that begins with a disk's name.
    """
    if _FITS["MAJ:MIN"](cells.get("MAJ:MIN", "")) or not cells.get("NAME"):
        return True
    return len(_unbranch(line)[1].split()) < 2


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
        cells[column.name] = _unescape(piece.strip())
        start, first = end, number + 1
    return branch, cells


def _cut_raw(line: str, columns: Sequence[_Column]) -> _Cells:
    """Cut a line of `lsblk --raw`: one blank between cells, none in them."""
    branch, rest = _unbranch(line)
    return branch, {column.name: _unescape(cell) for column, cell in zip(columns, rest.split(" "))}


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
            cells[column.name] = _unescape(words.pop())
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
    "SIZE": lambda word: _bytes(word) is not None,
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
    "sd",
    "vd",
    "xvd",
    "hd",
    "nvme",
    "mmcblk",
    "dm-",
    "md",
    "sr",
    "loop",
    "dasd",
    "pmem",
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


def _tree(reading: Sequence[_Cells], offset: int) -> List[_Row]:
    """Hang each line under the one it branches off.

    What comes after the last of some siblings without being indented less had its indentation lost
    on the way here: it hangs under that last one.
    """
    rows: List[_Row] = []
    above: List[Tuple[_Branch, int]] = []
    for branch, cells in reading:
        name = cells.get("NAME", cells.get("KNAME", cells.get("PATH", "")))
        if not any(letter.isalnum() for letter in name):
            _continue(rows, cells)
            continue
        while above and not _is_under(branch, above[-1][0]):
            above.pop()
        rows.append(_Row(cells, above[-1][1] if above else -1))
        above.append((branch, offset + len(rows) - 1))
    return rows


def _is_under(branch: _Branch, above: _Branch) -> bool:
    return branch.indent > above.indent or (
        branch.indent == above.indent and branch.drawn and above.last
    )


def _continue(rows: List[_Row], cells: Dict[str, str]) -> None:
    """Add a line without a name to the one above: after a name too long for its column, or for
    further mount points.
    """
    if not rows:
        return
    row = rows[-1]
    for name, cell in cells.items():
        if name in _MOUNTS:
            row.mounts.append(cell)
        elif cell and not row.cells.get(name):
            row.cells[name] = cell


def _devices(rows: List[_Row]) -> Tuple[LsblkDevice, ...]:
    """Make one device of all rows that are about the same."""
    mapped = {
        row.cells.get("MAJ:MIN", "").partition(":")[0].strip()
        for row in rows
        if row.cells.get("TYPE") in _MAPPED
    }
    keys = [_names(row.cells, mapped) for row in rows]
    merged: Dict[str, List[_Row]] = {}
    for (_, kname), row in zip(keys, rows):
        if kname:
            merged.setdefault(kname, []).append(row)
    names = {kname: name for name, kname in reversed(keys)}
    parents = _parents(rows, [kname for _, kname in keys])
    return tuple(
        _device(names[kname], kname, same, tuple(parents.get(kname, ())))
        for kname, same in merged.items()
    )


_MAPPED = ("lvm", "crypt", "mpath", "dm")


def _names(cells: Dict[str, str], mapped: Set[str]) -> Tuple[str, str]:
    """Return name and kernel's name; where that is not shown, a mapper device's follows from its
    minor number.
    """
    name, _, inner = _bare(
        cells.get("NAME") or cells.get("KNAME") or cells.get("PATH") or ""
    ).partition(" (dm-")
    kname = _bare(cells.get("KNAME", ""))
    if not kname and inner:
        kname = f"dm-{inner.rstrip(')')}"
    if not kname:
        major, _, minor = cells.get("MAJ:MIN", "").partition(":")
        kname = (
            f"dm-{minor.strip()}" if major.strip() in mapped and is_digits(minor.strip()) else name
        )
    return name, kname


def _bare(name: str) -> str:
    name = name.strip()
    for folder in ("/dev/mapper/", "/dev/"):
        if name.startswith(folder):
            return name[len(folder) :]
    return name


def _parents(rows: List[_Row], keys: List[str]) -> Dict[str, Dict[str, None]]:
    """Find what each device stands on: from the tree, in a list from PKNAME."""
    edges = [(row.outer, number) for number, row in enumerate(rows) if row.outer >= 0]
    parents: Dict[str, Dict[str, None]] = {}
    if _is_inverse(rows, keys, edges):
        for outer, inner in edges:
            if keys[inner]:
                parents.setdefault(keys[outer], {})[keys[inner]] = None
        return parents
    listed = set(keys)
    for number, row in enumerate(rows):
        parent = keys[row.outer] if row.outer >= 0 else _bare(row.cells.get("PKNAME", ""))
        if not parent and row.cells.get("TYPE") == "part":
            parent = _disk_of(keys[number])
            parent = parent if parent in listed else ""
        if parent and parent != keys[number]:
            parents.setdefault(keys[number], {})[parent] = None
    return parents


def _disk_of(partition: str) -> str:
    """Take the number off a partition's name: sda1, nvme0n1p1."""
    disk = partition.rstrip("0123456789")
    return disk[:-1] if disk.endswith("p") and is_digits(disk[-2:-1]) else disk


def _is_inverse(rows: List[_Row], keys: List[str], edges: List[Tuple[int, int]]) -> bool:
    """Tell the trees of `lsblk --inverse`, in which the disks hang under their partitions."""
    upright = inverse = 0
    for outer, inner in edges:
        kinds = rows[outer].cells.get("TYPE", ""), rows[inner].cells.get("TYPE", "")
        if kinds[1] == "part" and keys[inner].startswith(keys[outer]):
            return False
        if kinds[0] == "part" and keys[outer].startswith(keys[inner]):
            return True
        upright += kinds[0] == "disk" != kinds[1]
        inverse += kinds[1] == "disk" != kinds[0]
    return inverse > upright


def _device(name: str, kname: str, rows: List[_Row], parents: Tuple[str, ...]) -> LsblkDevice:
    cells = rows[0].cells
    mounts: List[str] = []
    for row in rows:
        for key, cell in row.cells.items() if row is not rows[0] else ():
            if cell and not cells.get(key):
                cells[key] = cell
        for column in _MOUNTS:
            if row.cells.get(column):
                mounts += row.cells[column].split("\n")
        mounts += row.mounts
    get = cells.get
    return LsblkDevice(
        name,
        kname,
        get("TYPE", ""),
        parents,
        _bytes(get("SIZE", "")),
        _FLAGS.get(get("RO", "")),
        _FLAGS.get(get("RM", "")),
        get("FSTYPE", ""),
        get("LABEL", "").strip(),
        get("UUID", ""),
        tuple(filter(None, dict.fromkeys(mounts))),
        get("MODEL", "").strip(),
        get("SERIAL", "").strip(),
        get("VENDOR", "").strip(),
        get("TRAN", ""),
        get("HCTL", ""),
        get("SUBSYSTEMS", ""),
        _bytes(get("DISC-MAX", "")),
    )


_FLAGS = {"1": True, "0": False}
_UNITS = "BKMGTPE"


def _bytes(cell: str) -> Optional[int]:
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


def _both(known: LsblkDevice, device: LsblkDevice) -> LsblkDevice:
    """Return what two listings say of a device; the first that says something counts (`lsblk` and
    `lsblk -f` of a paste).
    """
    said = {
        field: value for field, value in device._asdict().items() if value not in (None, "", ())
    }
    return known._replace(
        **{field: value for field, value in said.items() if getattr(known, field) in (None, "", ())}
    )


def _parse(answers: List[Answer]) -> Tuple[LsblkDevice, ...]:
    refused: Optional[ValueError] = None
    found: Dict[str, LsblkDevice] = {}
    for answer in answers:
        if answer.text.strip():
            try:
                devices = parse_lsblk(answer.text)
            except ValueError as error:
                refused = refused if isinstance(refused, ReadInPartError) else error
                continue
            for device in devices:
                known = found.get(device.kname)
                found[device.kname] = _both(known, device) if known else device
    if found and isinstance(refused, ReadInPartError):  # the others are no whole list
        raise ReadInPartError(str(refused), tuple(found.values()))
    if found:
        return tuple(found.values())
    if isinstance(refused, ReadInPartError):
        raise ValueError(str(refused))
    if refused or not any(answer.status == OK for answer in answers):
        raise refused or ValueError("lsblk printed nothing")
    return ()


_COLUMNS = "NAME,KNAME,PKNAME,TYPE,SIZE,RO,RM,FSTYPE,LABEL,UUID,MOUNTPOINT,MODEL"

BLOCK = Question(
    "block",
    "block devices: what stands on what, sizes, file systems and mount points",
    asks=[
        FirstOf(
            (
                Command(
                    (
                        "lsblk",
                        "-J",
                        "-b",
                        "-o",
                        f"{_COLUMNS},SERIAL,VENDOR,TRAN,HCTL,SUBSYSTEMS,DISC-MAX",
                    )
                ),
                Command(("lsblk", "-P", "-b", "-o", _COLUMNS)),
                Command(("lsblk", "-i")),
                Command(("lsblk",)),
            )
        )
    ],
    parse=_parse,
    without="which disks there are and what is on them, except as far as /sys and /proc say it",
)
