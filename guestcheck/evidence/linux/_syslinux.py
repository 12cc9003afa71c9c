"""extlinux.conf and syslinux.cfg; see the SYSLINUX documentation, "Config" and "Menu"
(wiki.syslinux.org).
"""

from posixpath import normpath
from typing import List, Optional, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry


def parse_syslinux(text: str, file: str) -> Tuple[List[BootEntry], Optional[str]]:
    """Read the entries, and the label of the one that boots by itself.

    Where a menu is shown, its MENU DEFAULT comes before DEFAULT, which may name the menu itself
    (DEFAULT menu.c32); ONTIMEOUT comes before both. Relative paths are relative to the
    configuration's folder.

    >>> entries, default = parse_syslinux("DEFAULT arch\\nLABEL arch\\n LINUX ../vmlinuz\\n INITRD ../a,../b\\n", "/boot/syslinux/syslinux.cfg")
    >>> entries[0].linux, entries[0].initrd, default
    ('/boot/vmlinuz', ('/boot/a', '/boot/b'), 'arch')
    """
    entries: List[BootEntry] = []
    default = menu_default = timeout = common = ""
    command: List[str] = []
    has_menu = False
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 2:
            continue
        key = words[0].lower()
        if key == "default":
            default, has_menu = words[1], has_menu or words[1].endswith(".c32")
            command = words[1:]
        elif key == "ui":
            has_menu = True
        elif key == "ontimeout":
            timeout = words[1]
        elif key == "label":
            entries.append(BootEntry(words[1], words[1], str(len(entries)), "", (), common, file))
        elif key == "append" and not entries:
            common = " ".join(words[1:])
        elif key == "menu" and words[1].lower() == "default" and entries:
            menu_default = entries[-1].id
        elif entries:
            entries[-1] = _filled(entries[-1], key, words)
    entries = _with_command(entries, command, file)
    labels = {entry.id for entry in entries}
    order = (timeout, menu_default if has_menu else default, default if has_menu else menu_default)
    chosen = next((word for word in order if word in labels), "")
    return entries, chosen or (default or None if not default.endswith(".c32") else None)


def _with_command(entries: List[BootEntry], command: List[str], file: str) -> List[BootEntry]:
    """Add what DEFAULT says more than a label: options for that entry, or a kernel's file with its
    options, which is an entry of its own.
    """
    if len(command) < 2 or command[0].endswith(".c32"):
        return entries
    label, options = command[0], " ".join(command[1:])
    if any(entry.id == label for entry in entries):
        return [
            entry._replace(options=f"{entry.options} {options}") if entry.id == label else entry
            for entry in entries
        ]
    place = str(len(entries))
    new = BootEntry(label, label, place, _path(label, file), (), options, file)
    return [*entries, _filled(new, "append", ["append", *command[1:]])]


def included(text: str) -> Tuple[str, ...]:
    """Return the files that a menu reads, but for those that hold colours alone."""
    lines = (line.split() for line in text.split("\n"))
    names = (words[-1] for words in lines if len(words) > 1 and _is_include(words))
    return tuple(dict.fromkeys(name for name in names if "theme" not in name))


def _is_include(words: List[str]) -> bool:
    keys = [word.lower() for word in words[:2]]
    return keys[0] == "include" or keys == ["menu", "include"]


def _filled(entry: BootEntry, key: str, words: List[str]) -> BootEntry:
    if key in ("linux", "kernel"):
        return entry._replace(linux=_path(words[1], entry.file))
    if key == "initrd":
        return entry._replace(initrd=_paths(words[1], entry.file))
    if key == "append":
        options = "" if words[1] == "-" else " ".join(words[1:])
        initrd = tuple(
            path
            for word in words
            if word.startswith("initrd=")
            for path in _paths(word[7:], entry.file)
        )
        return entry._replace(options=options, initrd=initrd or entry.initrd)
    return entry


def _paths(names: str, file: str) -> Tuple[str, ...]:
    return tuple(_path(name, file) for name in names.split(",") if name)


def _path(name: str, file: str) -> str:
    return name if name.startswith("/") else normpath(f"{file.rpartition('/')[0]}/{name}")
