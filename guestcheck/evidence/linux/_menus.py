"""Menus of boot loaders that are a list of lines: lilo.conf, refind_linux.conf, and what
kernel-install writes entries from.

See lilo.conf(5), rEFInd's documentation ("Methods of Booting: Linux") and kernel-install(8).
"""

from typing import List, Optional, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.model.source import ReadInPartError

_MOST_ENTRIES = 200


def _says() -> str:
    return f"more than {_MOST_ENTRIES} boot entries; the others were not looked at"


def parse_lilo(text: str, file: str) -> Tuple[List[BootEntry], Optional[str]]:
    """Read lilo.conf: what stands before the first image holds for each that does not say it
    itself.

    >>> entries, default = parse_lilo("append=\\"quiet\\"\\nimage = /boot/vmlinuz\\n root = /dev/sda1\\n label = A\\n read-only\\n", "f")
    >>> entries[0].linux, entries[0].options, default
    ('/boot/vmlinuz', 'root=/dev/sda1 ro quiet', 'A')
    """
    common: "dict[str, str]" = {}
    images: "List[dict[str, str]]" = []
    now = common
    for line in text.split("\n"):
        key, _, value = line.partition("#")[0].partition("=")
        key, value = key.strip().lower(), value.strip().strip('"')
        if key in ("image", "other"):
            now = {key: value}
            images += [now] if len(images) <= _MOST_ENTRIES else []
        elif key:
            now[key] = value or "yes"
    cut, images = len(images) > _MOST_ENTRIES, images[:_MOST_ENTRIES]
    entries = [_lilo_entry(one, common, str(number), file) for number, one in enumerate(images)]
    default = common.get("default") or (entries[0].title if entries else None)
    if cut:
        raise ReadInPartError(_says(), (entries, default))
    return entries, default


def _lilo_entry(
    one: "dict[str, str]", common: "dict[str, str]", position: str, file: str
) -> BootEntry:
    merged = {**common, **one}
    words = (
        [merged.get("literal", "")]
        if "literal" in one
        else [merged.get("append", ""), one.get("addappend", "")]
    )
    root = merged.get("root", "")
    if root and root != "current" and "literal" not in one:
        words.insert(0, f"root={root}")
    if "read-only" in merged and "read-write" not in one:
        words.insert(1, "ro")
    initrd = merged.get("initrd", "")
    label = one.get("label") or one.get("image", "").rpartition("/")[2]
    options = " ".join(word for word in words if word)
    return BootEntry(
        label, label, position, one.get("image", ""), (initrd,) if initrd else (), options, file
    )


def parse_refind(text: str, file: str) -> List[BootEntry]:
    r"""Read refind_linux.conf: a title and options a line; which kernel they are for is up to
    rEFInd.

    >>> [(one.title, one.options, one.linux) for one in parse_refind('"A" "root=/dev/sda2 rw"\n# x\n', "f")]
    [('A', 'root=/dev/sda2 rw', '')]
    """
    entries: List[BootEntry] = []
    for line in text.split("\n"):
        parts = line.strip().split('"')
        if line.lstrip().startswith("#") or len(parts) < 4:
            continue
        if len(entries) >= _MOST_ENTRIES:
            raise ReadInPartError(_says(), entries)
        entries.append(
            BootEntry(parts[1], "", str(len(entries)), "", (), " ".join(parts[3].split()), file)
        )
    return entries


def parse_command_line(text: str, file: str) -> List[BootEntry]:
    """Read /etc/kernel/cmdline, from which kernel-install and ukify make entries and images."""
    lines = [
        line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")
    ]
    options = " ".join(" ".join(lines).split())
    return [BootEntry("", "", "0", "", (), options, file)] if options else []
