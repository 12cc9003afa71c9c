"""Which of systemd's units, of the guest's own, name a device: mounts, swaps and what is bound to a
disk. See systemd.mount(5), systemd.unit(5).

Of a unit the lines that name a device or a mount point alone are taken: commands may hold what is
nobody's business.
"""

from typing import Iterator, List, Set, Tuple

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Line, Unit
from guestcheck.model.source import Answer, File, Listing, Question

_KEPT = r"\s*(What|BindsTo|BindTo|Requires|Requisite)\s*="
_LIMIT = 65536
_PACKAGED = ("/usr/lib/systemd/system", "/lib/systemd/system")
_MOUNTS = (".mount", ".swap")
# Without these the boot ends in emergency mode, or does not get as far: systemd.special(7).
_ESSENTIAL = ("local-fs.target", "sysinit.target", "basic.target", "local-fs-pre.target")


def _parse(answers: List[Answer]) -> Tuple[Unit, ...]:
    wanted = {
        line for answer in answers for line in answer.text.split("\n") if ".requires/" in line
    }
    lines = list(lines_of([answer for answer in _first(answers) if "=" in answer.text]))
    needed = {
        path.rpartition("/")[2] for path in wanted if path.split("/")[-2].startswith(_ESSENTIAL)
    }
    needed |= {
        word for line in lines if _unit_of(line.file) in _ESSENTIAL for word in _required(line)
    }
    return (
        *(unit._replace(needed=unit.unit in needed) for line in lines for unit in _of_line(line)),
        *(
            _linked(path)
            for path in sorted(wanted)
            if path.endswith(".device") and path.rpartition("/")[2] in needed
        ),
        *_required_mounts(wanted, lines),
    )


def _first(answers: List[Answer]) -> Iterator[Answer]:
    """Yield the files of units; one in a folder that comes first takes the place of others of its
    name, also where it is empty (masked).
    """
    seen = set()
    for answer in answers:
        folder, _, name = answer.asked.rpartition("/")
        if folder not in ("/etc/systemd/system", *_PACKAGED):
            yield answer
        elif name not in seen:
            seen.add(name)
            yield answer


def _unit_of(file: str) -> str:
    """Return the unit that a file belongs to, also a drop-in.

    >>> _unit_of("/etc/systemd/system/a.target.d/b.conf"), _unit_of("/etc/systemd/system/a.mount")
    ('a.target', 'a.mount')
    """
    folder, _, name = file.rpartition("/")
    return folder.rpartition("/")[2][:-2] if folder.endswith(".d") else name


def _required(line: Line) -> List[str]:
    key, _, value = line.text.partition("=")
    return value.split() if key.strip() in ("Requires", "BindsTo", "Requisite") else []


def _linked(path: str) -> Unit:
    """Return what a link to a device in a .requires folder says."""
    folder, _, name = path.rpartition("/")
    return Unit(
        Line(path, 0, name),
        folder.rpartition("/")[2][: -len(".requires")],
        "Requires",
        unescaped_unit(name[: -len(".device")]),
        True,
    )


def _required_mounts(wanted: Set[str], lines: List[Line]) -> Iterator[Unit]:
    """Yield the mounts and swaps that the boot needs, by a link or a drop-in, without a device:
    what they mount may be in fstab.
    """
    for path in sorted(wanted):
        folder, _, name = path.rpartition("/")
        target = folder.rpartition("/")[2][: -len(".requires")]
        if target in _ESSENTIAL and name.endswith(_MOUNTS):
            yield Unit(Line(path, 0, name), name, "Requires", "", True)
    for line in lines:
        if _unit_of(line.file) in _ESSENTIAL:
            for word in _required(line):
                if word.endswith(_MOUNTS):
                    yield Unit(line, word, "Requires", "", True)


def _of_line(line: Line) -> Iterator[Unit]:
    key, _, value = line.text.partition("=")
    unit = _unit_of(line.file)
    for word in value.split():
        if key.strip() == "What" and word.startswith(
            ("/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=")
        ):
            yield Unit(line, unit, "What", word)
        elif key.strip() != "What" and word.startswith("dev-") and word.endswith(".device"):
            yield Unit(line, unit, key.strip(), unescaped_unit(word[: -len(".device")]))


def unescaped_unit(name: str) -> str:
    r"""Return the path that a unit's name stands for: systemd-escape(1).

    >>> unescaped_unit(r"dev-disk-by\x2dpath-pci\x2d0000:00:01.1\x2data\x2d1")
    '/dev/disk/by-path/pci-0000:00:01.1-ata-1'
    """
    path = "/" + name.replace("-", "/")
    for code, character in (
        ("\\x2d", "-"),
        ("\\x20", " "),
        ("\\x2b", "+"),
        ("\\x3d", "="),
        ("\\x5f", "_"),
        ("\\x5c", "\\"),
    ):
        path = path.replace(code, character)
    return path


def _file(path: str) -> File:
    return File(path, limit=_LIMIT, keep=_KEPT)


UNITS = Question[Tuple[Unit, ...]](
    "storage_units",
    "which units of the guest's own name a disk",
    (
        _file("/etc/systemd/system/*.mount"),
        _file("/etc/systemd/system/*.swap"),
        _file("/etc/systemd/system/*.automount"),
        _file("/etc/systemd/system/*.service"),
        _file("/etc/systemd/system/*.d/*.conf"),
        # Packages and images have mounts of their own there.
        *(
            _file(f"{folder}/{kind}")
            for folder in _PACKAGED
            for kind in ("*.mount", "*.swap", "*.automount")
        ),
        *(Listing(f"{folder}/*.requires/*") for folder in ("/etc/systemd/system", *_PACKAGED)),
    ),
    _parse,
    "whether a unit would wait for a disk by its old name",
    quiet=True,
    deep=True,
)
