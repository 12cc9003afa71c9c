"""What boots: the boot loader's entries and which of them is the default.

GRUB 2 (grub.cfg, the environment block grubenv), Boot Loader Specification entries (loader/entries), GRUB legacy and
extlinux/syslinux. See the GRUB manual, "Configuration", and the Boot Loader Specification of the UAPI group.
"""

from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.model.source import OK, Answer, File, Question


class BootEntry(NamedTuple):
    """One entry of a boot loader: `position` is its number as GRUB counts ("0", "1>2"), `file` where it stands."""

    title: str
    id: str
    position: str
    linux: str
    initrd: Tuple[str, ...]
    options: str
    file: str


class BootLoader(NamedTuple):
    """All entries in their order, and the word by which the default is chosen ("0", a title, an id; None: not told)."""

    entries: Tuple[BootEntry, ...]
    default: Optional[str]
    says: str


def parse_grub(text: str, file: str) -> Tuple[List[BootEntry], Optional[str], bool]:
    """Read grub.cfg: its entries, the value of `set default=`, and whether it takes entries from loader/entries.

    >>> entries, default, _ = parse_grub('set default="0"\\nmenuentry "A" {\\n linux /vmlinuz-6.1 root=/dev/sda1\\n}\\n', "f")
    >>> entries[0].linux, entries[0].options, default
    ('/vmlinuz-6.1', 'root=/dev/sda1', '0')
    """
    entries: List[BootEntry] = []
    default: Optional[str] = None
    bls = False
    menus: List[str] = []  # positions of the open submenus
    counts = [0]
    current: Optional[Dict[str, str]] = None
    depth: List[str] = []  # what each open brace belongs to
    for line in text.split("\n"):
        words = _shell_words(line)
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("menuentry", "submenu"):
            position = ">".join([*menus, str(counts[-1])])
            counts[-1] += 1
            if words[0] == "submenu":
                menus.append(str(counts[-1] - 1))
                counts.append(0)
            else:
                current = {"title": words[1] if len(words) > 1 else "", "id": _menu_id(words), "position": position}
            depth.append(words[0])
        elif words[0] == "}":
            opened = depth.pop() if depth else ""
            if opened == "submenu" and menus:
                menus.pop()
                counts.pop()
            elif opened == "menuentry" and current is not None:
                entries.append(_entry(current, file))
                current = None
        elif words[0] == "set" and len(words) > 1 and words[1].startswith("default="):
            default = default if words[1][8:] == "${next_entry}" else words[1][8:]
        elif words[0] == "blscfg":
            bls = True
        elif current is not None:
            _fill(current, words)
        elif words[-1] == "{":
            depth.append("function")
    return entries, default, bls


def _fill(entry: Dict[str, str], words: List[str]) -> None:
    if words[0] in ("linux", "linux16", "linuxefi", "kernel") and len(words) > 1:
        entry["linux"], entry["options"] = words[1], " ".join(words[2:])
    elif words[0] in ("initrd", "initrd16", "initrdefi"):
        entry["initrd"] = "\n".join(words[1:])
    elif words[0] == "chainloader" and len(words) > 1:
        entry.setdefault("linux", "")


def _entry(fields: Dict[str, str], file: str) -> BootEntry:
    initrd = tuple(name for name in fields.get("initrd", "").split("\n") if name)
    return BootEntry(
        fields.get("title", ""), fields.get("id", ""), fields.get("position", ""), fields.get("linux", ""), initrd, fields.get("options", ""), file
    )


def _menu_id(words: List[str]) -> str:
    for mark in ("--id", "$menuentry_id_option", "${menuentry_id_option}"):
        if mark in words:
            place = words.index(mark) + 1
            return words[place] if place < len(words) else ""
    return next((word[5:] for word in words if word.startswith("--id=")), "")


def _shell_words(line: str) -> List[str]:
    """Split a line as GRUB's shell does: quotes hold blanks together, nothing is expanded."""
    words: List[str] = []
    word: List[str] = []
    quote, started = "", False
    for character in line.strip():
        if quote:
            if character == quote:
                quote = ""
            else:
                word.append(character)
        elif character in "'\"":
            quote, started = character, True
        elif character in " \t":
            if word or started:
                words.append("".join(word))
            word, started = [], False
        else:
            word.append(character)
    if word or started:
        words.append("".join(word))
    return words


def parse_bls(text: str, file: str) -> BootEntry:
    """Read one entry of the Boot Loader Specification, type 1."""
    fields: Dict[str, str] = {}
    for line in text.split("\n"):
        key, _, value = line.strip().partition(" ")
        if key and not key.startswith("#"):
            both = key in ("initrd", "options") and key in fields
            fields[key] = fields[key] + "\n" + value.strip() if both else value.strip()
    name = file.rpartition("/")[2]
    fields["id"] = name[: -len(".conf")] if name.endswith(".conf") else name
    fields["initrd"] = fields.get("initrd", "").replace(" ", "\n")
    fields["options"] = fields.get("options", "").replace("\n", " ")
    return _entry(fields, file)._replace(linux=fields.get("linux", fields.get("efi", "")))


def parse_grubenv(text: str) -> Dict[str, str]:
    """Read GRUB's environment block."""
    pairs = (line.partition("=") for line in text.split("\n") if not line.startswith("#"))
    return {name: value.rstrip("\r") for name, mark, value in pairs if mark}


def parse_legacy(text: str, file: str) -> Tuple[List[BootEntry], Optional[str]]:
    """Read GRUB legacy's menu.lst or grub.conf."""
    entries: List[BootEntry] = []
    default: Optional[str] = None
    for line in text.split("\n"):
        words = line.replace("=", " ", 1).split() if line.startswith("default") else line.split()
        if len(words) < 2 or words[0].startswith("#"):
            continue
        if words[0] == "default":
            default = words[1]
        elif words[0] == "title":
            entries.append(BootEntry(" ".join(words[1:]), "", str(len(entries)), "", (), "", file))
        elif words[0] == "kernel" and entries:
            entries[-1] = entries[-1]._replace(linux=words[1], options=" ".join(words[2:]))
        elif words[0] == "initrd" and entries:
            entries[-1] = entries[-1]._replace(initrd=tuple(words[1:]))
    return entries, default


def parse_syslinux(text: str, file: str) -> Tuple[List[BootEntry], Optional[str]]:
    """Read extlinux.conf or syslinux.cfg."""
    entries: List[BootEntry] = []
    default: Optional[str] = None
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 2:
            continue
        key = words[0].lower()
        if key == "default":
            default = words[1]
        elif key == "label":
            entries.append(BootEntry(words[1], words[1], str(len(entries)), "", (), "", file))
        elif entries and key in ("linux", "kernel"):
            entries[-1] = entries[-1]._replace(linux=words[1])
        elif entries and key == "append":
            initrd = tuple(word[7:] for word in words if word.startswith("initrd="))
            entries[-1] = entries[-1]._replace(options=" ".join(words[1:]), initrd=initrd or entries[-1].initrd)
        elif entries and key == "initrd":
            entries[-1] = entries[-1]._replace(initrd=tuple(words[1].split(",")))
    return entries, default


def _parse(answers: List[Answer]) -> BootLoader:
    entries: List[BootEntry] = []
    bls_entries: List[BootEntry] = []
    default: Optional[str] = None
    says = ""
    bls = False
    environment: Dict[str, str] = {}
    for answer in answers:
        if answer.status != OK:
            continue
        found: List[BootEntry] = []
        chosen: Optional[str] = None
        if answer.asked.endswith("grubenv"):
            environment = environment or parse_grubenv(answer.text)
        elif answer.asked.endswith("grub.cfg"):
            found, chosen, takes = parse_grub(answer.text, answer.asked)
            bls = bls or takes
        elif "/loader/entries/" in answer.asked:
            bls_entries.append(parse_bls(answer.text, answer.asked))
        elif answer.asked.endswith("loader.conf"):
            chosen = _loader_default(answer.text)
        elif answer.asked.endswith(("menu.lst", "grub.conf")):
            found, chosen = parse_legacy(answer.text, answer.asked)
        elif answer.asked.endswith(("extlinux.conf", "syslinux.cfg")):
            found, chosen = parse_syslinux(answer.text, answer.asked)
        entries = entries or found
        if chosen is not None and default is None:
            default, says = chosen, answer.asked
    if bls_entries and (bls or not entries):
        # GRUB's blscfg stands before the other entries and shifts their numbers.
        newest_first = sorted(bls_entries, key=lambda entry: _version_key(entry.id), reverse=True)
        entries = [*newest_first, *(entry._replace(position="") for entry in entries)]
    if not entries:
        raise ValueError("no boot entry in it")
    if default is None or "saved_entry" in default:
        saved = environment.get("saved_entry", "")
        default, says = (saved or "0", "grubenv, saved_entry" if saved else says or "the first entry")
    return BootLoader(tuple(entries), default, says)


def _loader_default(text: str) -> Optional[str]:
    for line in text.split("\n"):
        key, _, value = line.strip().partition(" ")
        if key == "default":
            return value.strip()
    return None


def _version_key(name: str) -> Tuple[Tuple[int, str], ...]:
    """Order versions as people do: numbers by value, the rest by letter."""
    parts: List[Tuple[int, str]] = []
    word = ""
    for character in name + "-":
        if word and character.isdigit() != word[-1].isdigit():
            parts.append((int(word), "") if word.isdigit() else (-1, word))
            word = ""
        word += character
    return tuple(parts)


BOOT = Question[BootLoader](
    "boot_entries",
    "the boot loader's entries and its default",
    (
        File("/boot/grub2/grub.cfg"),
        File("/boot/grub/grub.cfg"),
        File("/boot/efi/EFI/*/grub.cfg"),
        File("/boot/grub2/grubenv", limit=65536),
        File("/boot/grub/grubenv", limit=65536),
        File("/boot/efi/EFI/*/grubenv", limit=65536),
        File("/boot/loader/entries/*.conf", limit=65536),
        File("/boot/loader/loader.conf", limit=65536),
        File("/boot/efi/loader/entries/*.conf", limit=65536),
        File("/boot/efi/loader/loader.conf", limit=65536),
        File("/efi/loader/entries/*.conf", limit=65536),
        File("/efi/loader/loader.conf", limit=65536),
        File("/boot/grub/menu.lst", limit=65536),
        File("/boot/grub/grub.conf", limit=65536),
        File("/boot/extlinux/extlinux.conf", limit=65536),
        File("/boot/extlinux.conf", limit=65536),
        File("/boot/syslinux/syslinux.cfg", limit=65536),
    ),
    _parse,
    "which kernel boots by default (the running one is taken for it)",
)
