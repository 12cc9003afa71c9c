"""What is mounted where, and what is swapped to."""

from typing import Iterator, List, NamedTuple, Set, Tuple

from guestcheck.model.source import Answer, Command, File, Question


class Mount(NamedTuple):
    """A mount: the device number "major:minor", where, file system type, and the device as the
    table names it; and what part of it.
    """

    number: str
    where: str
    filesystem: str
    device: str
    part: str = ""  # the folder of the file system that is shown there


def _parse_mounts(answers: List[Answer]) -> Tuple[Mount, ...]:
    for answer in answers:
        read = (
            _from_mount
            if answer.asked.startswith("mount")
            else _from_table
            if answer.asked.endswith("/mounts")
            else _from_mountinfo
        )
        mounts = tuple(
            _once(mount for line in answer.text.split("\n") for mount in read(line.split(" ")))
        )
        if mounts:
            return mounts
    raise ValueError("no mount in it")


def _once(mounts: Iterator[Mount]) -> Iterator[Mount]:
    """Leave out folders that are mounted upon themselves: systemd does so to let a service write
    there, and nothing else is to be seen there.

    >>> root = Mount("8:1", "/", "ext4", "/dev/sda1", "/@")
    >>> itself = Mount("8:1", "/var/lib/x", "ext4", "/dev/sda1", "/@/var/lib/x")
    >>> other = itself._replace(where="/srv/x")
    >>> [mount.where for mount in _once(iter([root, itself, other]))]
    ['/', '/srv/x']
    """
    seen: Set[Tuple[str, str, str]] = set()
    for mount in mounts:
        where, part = mount.where.rstrip("/"), mount.part.rstrip("/")
        upon_itself = False
        while (
            where
            and part
            and not upon_itself
            and where.rpartition("/")[2] == part.rpartition("/")[2]
        ):
            where, part = where.rpartition("/")[0], part.rpartition("/")[0]
            upon_itself = (mount.number, where, part) in seen
        if not upon_itself:
            seen.add((mount.number, mount.where.rstrip("/"), mount.part.rstrip("/")))
            yield mount


def _from_mountinfo(fields: List[str]) -> Iterator[Mount]:
    if len(fields) >= 10 and "-" in fields:
        after = fields.index("-")
        if after + 2 < len(fields):
            yield Mount(
                fields[2],
                _octal(fields[4]),
                fields[after + 1],
                _octal(fields[after + 2]),
                _octal(fields[3]),
            )


def _from_table(fields: List[str]) -> Iterator[Mount]:
    """Read a line of /proc/mounts, which has no device numbers."""
    if len(fields) >= 6 and fields[1].startswith("/"):
        yield Mount("", _octal(fields[1]), fields[2], _octal(fields[0]))


def _from_mount(fields: List[str]) -> Iterator[Mount]:
    """Read a line of mount(8): "/dev/vda1 on / type ext4 (rw)"; a place may have blanks."""
    if "on" in fields and "type" in fields[:-1]:
        on, kind = fields.index("on"), len(fields) - 1 - fields[::-1].index("type")
        if 0 < on < kind:
            yield Mount(
                "", " ".join(fields[on + 1 : kind]), fields[kind + 1], " ".join(fields[:on])
            )


def _octal(text: str) -> str:
    # proc(5): space, tab, newline and backslash are written as three octal digits.
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


MOUNTS = Question[Tuple[Mount, ...]](
    "mounts",
    "what is mounted from where",
    (File("/proc/self/mountinfo"),),
    _parse_mounts,
    "which disk carries the root file system, unless lsblk told",
    also=(File("/proc/1/mountinfo"), File("/proc/mounts"), Command(("mount",))),
)
SWAPS = Question[Tuple[str, ...]](
    "swaps",
    "which devices are swapped to",
    (File("/proc/swaps", limit=65536),),
    lambda answers: tuple(
        line.split()[0] for line in answers[0].text.split("\n")[1:] if line.startswith("/")
    ),
    "which disk carries swap, unless lsblk told",
    quiet=True,
)
