"""An entry of a boot loader, whichever that is, and how versions in entries' names are put in
order.
"""

from re import compile as compile_pattern
from typing import List, NamedTuple, Optional, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.guest_config import Place


class BootEntry(NamedTuple):
    """One entry of a boot loader: `position` is its number as GRUB counts ("0", "1>2"), `file`
    where it stands.

    `linux` and `initrd` are as the loader names them: mostly relative to a partition. A unified
    kernel image is its own `linux` and `initrd`, and says itself which `release` its kernel has;
    all others say that by a name. `place` is where GRUB looks.
    """

    title: str
    id: str
    position: str
    linux: str
    initrd: Tuple[str, ...]
    options: str
    file: str
    release: str = ""
    place: Optional[Place] = None


_SEGMENT = compile_pattern(r"[0-9]+|[A-Za-z]+|~")


def version_key(version: str) -> Tuple[Tuple[int, int, str], ...]:
    """Order versions as rpm's rpmvercmp does: numbers by value and above words, more above less,
    and a tilde below all.

    >>> sorted(["6.10.0", "6.9.0", "6.10.0~rc1", "6.10.0a"], key=version_key)
    ['6.9.0', '6.10.0~rc1', '6.10.0', '6.10.0a']
    """
    # Long numbers by their length first, as rpm does: Python refuses to convert those of thousands
    # of digits.
    parts: List[Tuple[int, int, str]] = []
    for segment in _SEGMENT.findall(version):
        if segment == "~":
            parts.append((-1, 0, ""))
        elif is_digits(segment):
            digits = segment.lstrip("0")
            parts.append((2, len(digits), digits))
        else:
            parts.append((1, 0, segment))
    return (*parts, (0, 0, ""))


def package_key(name: str) -> Tuple[Tuple[Tuple[int, int, str], ...], ...]:
    """Order the ids of entries as GRUB's blscfg does: as packages NAME-VERSION-RELEASE, each part
    by itself.
    """
    before, _, release = name.rpartition("-")
    first, _, version = before.rpartition("-")
    return version_key(first), version_key(version), version_key(release)
