"""What block devices there are, what stands on what, and what is on them.

Asked: `lsblk --json`, of util-linux before 2.27 `lsblk --pairs`, else the table; a table in any
columns is read. See lsblk(8). Of a virtio disk TRAN and MODEL are often null, VENDOR is the bare
PCI vendor (0x1af4), and ROTA means nothing.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from guestcheck.evidence.linux._lsblk_row import Row, bytes_of, unescape
from guestcheck.evidence.linux._lsblk_table import MOUNTS, read_table
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
        rows = read_table(text.expandtabs().replace("\r", ""))
    return _devices(rows)


def _read_json(text: str) -> List[Row]:
    from json import JSONDecoder

    try:
        found, _ = JSONDecoder(object_pairs_hook=_wanted, strict=False).raw_decode(
            text, max(text.find("{"), 0)
        )
        waiting = [(node, -1) for node in reversed(found["blockdevices"])]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"lsblk's JSON cannot be read: {error}") from None
    rows: List[Row] = []
    while waiting:
        node, outer = waiting.pop()
        if not isinstance(node, dict):
            continue
        children = node.pop("children", None)
        cells = {key: _word(value) for key, value in node.items() if value is not None}
        if not cells and not children:
            continue
        rows.append(Row(cells, outer))
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


def _read_pairs(text: str) -> List[Row]:
    rows = []
    for line in text.split("\n"):
        cells = {key.replace("_", "-"): unescape(value) for key, value in re.findall(_PAIR, line)}
        if "MAJ-MIN" in cells:
            cells["MAJ:MIN"] = cells["MAJ-MIN"]
        rows.append(Row(cells))
    if not any("NAME" in row.cells or "KNAME" in row.cells for row in rows):
        raise ValueError(f"no device among lsblk's pairs: {text.strip()[:60]!r}")
    return rows


# A name begins where none is before it: else each letter of a long one would be tried for its
# beginning.
_PAIR = r'(?<![A-Z0-9:_%-])([A-Z][A-Z0-9:_%-]*)="([^"]*)"'


def _devices(rows: List[Row]) -> Tuple[LsblkDevice, ...]:
    """Make one device of all rows that are about the same."""
    mapped = {
        row.cells.get("MAJ:MIN", "").partition(":")[0].strip()
        for row in rows
        if row.cells.get("TYPE") in _MAPPED
    }
    keys = [_names(row.cells, mapped) for row in rows]
    merged: Dict[str, List[Row]] = {}
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


def _parents(rows: List[Row], keys: List[str]) -> Dict[str, Dict[str, None]]:
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


def _is_inverse(rows: List[Row], keys: List[str], edges: List[Tuple[int, int]]) -> bool:
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


def _device(name: str, kname: str, rows: List[Row], parents: Tuple[str, ...]) -> LsblkDevice:
    cells = rows[0].cells
    mounts: List[str] = []
    for row in rows:
        for key, cell in row.cells.items() if row is not rows[0] else ():
            if cell and not cells.get(key):
                cells[key] = cell
        for column in MOUNTS:
            if row.cells.get(column):
                mounts += row.cells[column].split("\n")
        mounts += row.mounts
    get = cells.get
    return LsblkDevice(
        name,
        kname,
        get("TYPE", ""),
        parents,
        bytes_of(get("SIZE", "")),
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
        bytes_of(get("DISC-MAX", "")),
    )


_FLAGS = {"1": True, "0": False}


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
