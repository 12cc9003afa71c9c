"""Boot Loader Specification: entries in loader/entries, unified kernel images in EFI/Linux, and
systemd-boot's loader.conf.

See the Boot Loader Specification and the Unified Kernel Image specification of the UAPI group,
loader.conf(5), and "Automatic Boot Assessment" of systemd for the counters in entries' names
(NAME+3-0.conf: three tries left, none done).
"""

from fnmatch import fnmatchcase
from re import compile as compile_pattern
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry, version_key
from guestcheck.evidence.linux.initramfs import parse_image

_TRIES = compile_pattern(r"\+([0-9]+)(?:-[0-9]+)?\Z")


class LoaderEntry(NamedTuple):
    """An entry and what systemd-boot puts it in its place by; `spent` is True where it has no tries
    left.
    """

    entry: BootEntry
    sort_key: str
    machine: str
    version: str
    spent: bool


def parse_bls(text: str, file: str) -> LoaderEntry:
    """Read an entry of type 1.

    >>> parse_bls("title A\\nversion 6.1\\nlinux /vmlinuz-6.1\\ninitrd /a.img /b.img\\noptions root=/dev/sda1\\noptions ro\\n", "/x/a+3-0.conf").entry[:6]
    ('A', 'a', '', '/vmlinuz-6.1', ('/a.img', '/b.img'), 'root=/dev/sda1 ro')
    """
    fields: Dict[str, List[str]] = {}
    for line in text.split("\n"):
        words = line.split(None, 1)
        if len(words) > 1 and not words[0].startswith("#"):
            fields.setdefault(words[0], []).append(words[1].strip())
    last = {key: values[-1] for key, values in fields.items()}
    id_, spent = _id(file.rpartition("/")[2], ".conf")
    unified = last.get("uki", "")
    options = " ".join(fields.get("options", ()))
    # The kernel's EFI stub takes initrd= from the command line:
    # Documentation/admin-guide/efi-stub.rst.
    by_stub = tuple(
        word[len("initrd=") :].replace("\\", "/")
        for word in options.split()
        if word.startswith("initrd=")
    )
    entry = BootEntry(
        title=last.get("title", ""),
        id=id_,
        position="",
        linux=last.get("linux") or unified or last.get("efi", ""),
        initrd=tuple(name for value in fields.get("initrd", ()) for name in value.split())
        or by_stub
        or ((unified,) if unified else ()),
        options=options,
        file=file,
        release=last.get("version", ""),
    )
    return LoaderEntry(
        entry, last.get("sort-key", ""), last.get("machine-id", ""), last.get("version", ""), spent
    )


def parse_unified(text: str, path: str) -> LoaderEntry:
    """Read what the reader of images wrote of a unified kernel image."""
    texts = parse_image(text, path).texts
    told: Dict[str, str] = {}
    for line in texts.get(".osrel", "").split("\n"):
        name, mark, value = line.partition("=")
        if mark:
            told[name.strip()] = value.strip().strip("\"'")
    id_, spent = _id(path.rpartition("/")[2], ".efi")
    options = " ".join(texts.get(".cmdline", "").split())
    release = texts.get(".uname", "").strip()
    entry = BootEntry(told.get("PRETTY_NAME", ""), id_, "", path, (path,), options, path, release)
    version = (
        told.get("IMAGE_VERSION")
        or told.get("VERSION")
        or told.get("VERSION_ID")
        or told.get("BUILD_ID", "")
    )
    return LoaderEntry(entry, told.get("IMAGE_ID") or told.get("ID", ""), "", version, spent)


def with_addons(one: LoaderEntry, addons: Dict[str, Optional[str]]) -> LoaderEntry:
    """Add the options that systemd-stub's addons hold for a unified kernel image: those of all
    images, then its own.

    One that was not read leaves the options open: its place is taken by "$addon", which no option
    is.
    """
    entry = one.entry
    if not entry.linux.lower().endswith(".efi"):
        return one
    place = entry.file if entry.file == entry.linux else entry.linux
    name = place.replace("\\", "/").rpartition("/")[2]
    mine = [path for path in sorted(addons) if "/loader/addons/" in path] + [
        path for path in sorted(addons) if f"/{name}.extra.d/" in path
    ]
    words = [
        entry.options,
        *("$addon" if addons[path] is None else addons[path] or "" for path in mine),
    ]
    return one._replace(entry=entry._replace(options=" ".join(word for word in words if word)))


def _id(name: str, suffix: str) -> Tuple[str, bool]:
    """Return an entry's id, without the counter of its tries, and whether none is left."""
    name = name[: -len(suffix)] if name.endswith(suffix) else name
    match = _TRIES.search(name)
    return (name[: match.start()], int(match.group(1)[:9]) == 0) if match else (name, False)


def in_order(found: Sequence[LoaderEntry]) -> List[BootEntry]:
    """Put entries in the order of systemd-boot's menu: those with tries, those with a sort-key by
    it, the newest first.
    """
    # From the last that counts to the first; sorted() keeps the order of equals.
    order = sorted(found, key=lambda one: version_key(one.entry.id), reverse=True)
    order.sort(key=lambda one: version_key(one.version) if one.sort_key else (), reverse=True)
    order.sort(
        key=lambda one: (
            one.spent,
            not one.sort_key,
            one.sort_key,
            one.machine if one.sort_key else "",
        )
    )
    return [one.entry for one in order]


def loader_default(text: str) -> Optional[str]:
    """Return the default of loader.conf, a pattern."""
    words = (line.split(None, 1) for line in text.split("\n"))
    return next(
        (pair[1].strip() for pair in words if len(pair) == 2 and pair[0] == "default"), None
    )


def efi_text(text: str) -> str:
    """Return the text of an EFI variable: four bytes of attributes, then characters of two bytes,
    the second of which is zero.
    """
    told = text[4:].replace("\0", "")
    return told if told.isprintable() else ""


def matching(entries: Sequence[BootEntry], pattern: str) -> Optional[BootEntry]:
    """Return the first entry that `pattern`, with stars and the like, chooses; the case of letters
    does not count.
    """
    wanted = pattern.lower()[:256]  # no name of a file is longer
    for entry in entries:
        name = entry.id.lower()
        suffix = ".efi" if entry.file.endswith(".efi") else ".conf"
        if fnmatchcase(name, wanted) or fnmatchcase(name + suffix, wanted):
            return entry
    return None
