"""Whether the disk image holds the file systems that its own files name: a UUID that is on no disk
is waited for in vain.

What root= names must be on the image, for its root was found there. What fstab names may be on
another disk of the guest that was not given.
"""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Set, Tuple

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import FileSystem
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.local_fs import LocalFs
from guestcheck.readiness.linux.references import root_of

# The field of FileSystem that each kind of name refers to: udev's links in /dev/disk, and tags as
# in fstab(5).
_TAGS = {"UUID": "uuid", "LABEL": "label", "PARTUUID": "part_uuid", "PARTLABEL": "part_label"}


def missing(boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield the names that no file system of the image has."""
    systems = guest.setup.file_systems
    if systems is None:
        return
    have = _values(systems)
    root, hint = root_of(boot)
    if _is_missing(root.partition(":")[2] if root.startswith("block:") else root, have):
        says = message("root-not-on-image", root=root)
        yield Reason("root-not-on-image", says, (hint, _seen(systems)), STOPS)
    for line in LocalFs(guest, boot).required():
        if _is_missing(line.spec, have):
            says = message("disk-not-given", where=line.where, spec=line.spec)
            yield Reason(
                "disk-not-given",
                says,
                (line.line.hint, _seen(systems)),
                OPEN,
                message("find-out.other-disks"),
            )


def _is_missing(spec: str, have: Dict[str, Set[str]]) -> bool:
    name = _named(spec)
    # Where blkid reported no partition's id at all, none of them is known.
    return (
        name is not None
        and name[1] not in have[name[0]]
        and bool(have[name[0]] or not name[0].startswith("part_"))
    )


def _values(systems: Tuple[FileSystem, ...]) -> Dict[str, Set[str]]:
    return {
        field: {getattr(one, field).casefold() for one in systems} - {""}
        for field in _TAGS.values()
    }


def _named(spec: str) -> Optional[Tuple[str, str]]:
    """Return the field and the value of a name by content, None for any other name.

    >>> _named('UUID="AB-1"'), _named("/dev/disk/by-label/a\\\\x20b"), _named("/dev/sda1")
    (('uuid', 'ab-1'), ('label', 'a b'), None)
    """
    tag, mark, value = spec.partition("=")
    if spec.startswith("/dev/disk/by-"):
        tag, mark, value = spec[len("/dev/disk/by-") :].partition("/")
        for code, sign in (("\\x20", " "), ("\\x2f", "/"), ("\\x5c", "\\")):
            value = value.replace(code, sign)
    field = _TAGS.get(tag.upper())
    # PARTUUID=…/PARTNROFF=1 counts from another partition.
    return (
        (field, value.strip("\"'").casefold())
        if mark and field and value and "/PARTNROFF" not in value.upper()
        else None
    )


def _seen(systems: Tuple[FileSystem, ...]) -> Hint:
    listed = ", ".join(
        f"{one.device} {one.uuid or one.label or one.type}".strip() for one in systems[:8]
    )
    return Hint(
        "file systems of the image",
        listed + (f" and {len(systems) - 8} more" if len(systems) > 8 else ""),
    )
