"""GRUB 2's grub.cfg and environment block, and GRUB legacy's menu.lst.

See the GRUB manual, "Shell-like scripting", "menuentry" and "The GRUB environment block". A
configuration is a program: it is read as what grub-mkconfig writes, conditions are not judged, and
variables are those that it sets somewhere or the environment block holds.
"""

from re import Match
from re import compile as compile_pattern
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.model.guest_config import Line, Place
from guestcheck.model.source import ReadInPartError

_VARIABLE = compile_pattern(r"\$(?:\{([A-Za-z_][A-Za-z_0-9]*|\?)\}|([A-Za-z_][A-Za-z_0-9]*))")

# A configuration may come from anyone, and variables that hold variables grow fast.
_MOST_ENTRIES = 2000
_LONGEST_VALUE = 1024
_MOST_VALUES = 32
_MOST_ROUNDS = 3  # a variable in a variable in a variable
_DEEPEST = 16  # submenus in each other


class GrubConfig(NamedTuple):
    """A grub.cfg: its entries, the value of `set default=`, whether it takes entries from
    loader/entries, and what else it sets.

    `once` tells that an entry chosen for the next boot alone (next_entry) comes before the default.
    `place` is where it looks for what an entry does not say itself. `empty` holds where it has no
    command at all, so that GRUB shows its prompt. `includes` are the files that it reads with
    `source` or `configfile`, as they are written.
    """

    entries: Tuple[BootEntry, ...]
    default: Optional[str]
    bls: bool
    variables: Dict[str, str]
    once: bool
    place: Optional[Place] = None
    empty: bool = False
    includes: Tuple[str, ...] = ()


def parse_grub(text: str, file: str) -> GrubConfig:
    """Read grub.cfg.

    >>> config = parse_grub('set default="0"\\nmenuentry "A" {\\n linux /vmlinuz-6.1 root=/dev/sda1\\n}\\n', "f")
    >>> config.entries[0].linux, config.entries[0].options, config.default
    ('/vmlinuz-6.1', 'root=/dev/sda1', '0')
    """
    entries: List[BootEntry] = []
    variables: Dict[str, str] = {}
    default: Optional[str] = None
    bls = once = False
    menus: List[str] = []  # positions of the open submenus
    counts = [0]
    current: Optional[Dict[str, str]] = None
    depth: List[str] = []  # what each open brace belongs to
    place: Optional[Place] = None
    own: Optional[Place] = None
    empty = True
    cut: List[str] = []
    includes: List[str] = []
    for number, words in _commands(text, cut):
        empty = False
        if words[0] in ("menuentry", "submenu"):
            position = (
                ">".join([*menus, str(counts[-1])]) if len(menus) < _DEEPEST else "-"
            )  # no number, and no entry of the top either
            if position == "-":
                cut.append(f"it has menus that are more than {_DEEPEST} deep in each other")
            counts[-1] += 1
            if words[0] == "submenu":
                menus.append(str(counts[-1] - 1))
                counts.append(0)
            else:
                current, own = (
                    {
                        "title": words[1] if len(words) > 1 else "",
                        "id": _menu_id(words),
                        "position": position,
                    },
                    None,
                )
            depth.append(words[0])
        elif words[0] == "}":
            opened = depth.pop() if depth else ""
            if opened == "submenu" and menus:
                menus.pop()
                counts.pop()
            elif opened == "menuentry" and current is not None:
                if len(entries) < _MOST_ENTRIES:
                    entries.append(_entry(current, file)._replace(place=own))
                else:
                    cut.append(
                        f"more than {_MOST_ENTRIES} boot entries; the others were not looked at"
                    )
                current = None
        elif words[0] == "set" and len(words) > 1 and words[1].startswith("default="):
            once = once or "next_entry" in words[1]
            default = default if "next_entry" in words[1] else words[1][8:]
        elif words[0].startswith("search") or (
            words[0] == "set" and len(words) > 1 and words[1].startswith("root=")
        ):
            if current is None:
                place = _place(place, words, Line(file, number, " ".join(words)))
            else:
                own = _place(own, words, Line(file, number, " ".join(words)))
        elif words[0] == "set" and len(words) > 1 and current is None and "=" in words[1]:
            name, _, value = words[1].partition("=")
            if value:  # emptied in one branch and set in another: what is set counts
                variables[name] = value
        elif words[0] == "blscfg":
            bls = True
        elif current is not None:
            _fill(current, words)
        elif words[0] in _INCLUDES and len(words) > 1:
            if len(includes) < _MOST_INCLUDES:
                includes.append(words[1])
            else:
                cut.append(f"it reads more than {_MOST_INCLUDES} files; the others are not named")
        elif words[-1] == "{":
            depth.append("function")
    placed = tuple(entry if entry.place else entry._replace(place=place) for entry in entries)
    config = GrubConfig(placed, default, bls, variables, once, place, empty, tuple(includes))
    if cut:
        raise ReadInPartError(cut[0], config)
    return config


_INCLUDES = ("source", "configfile", ".")
_MOST_INCLUDES = 32
_KEYWORDS = ("then", "else", "do")


def _commands(text: str, cut: List[str]) -> Iterator[Tuple[int, List[str]]]:
    """Yield each command and the number of its line: a line may hold several, and one may go on in
    the next line. Where one does so for too long it ends, and `cut` says so.
    """
    begun: List[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            if len(begun) == _MOST_JOINED:
                cut.append(f"line {number}: a command of more than {_MOST_JOINED} lines")
                return
            begun.append(line[:-1])
            continue
        whole = "".join((*begun, line))
        begun = []
        for words in _split(whole):
            while words and words[0] in _KEYWORDS:
                words = words[1:]
            if words:
                yield number, words


_MOST_JOINED = 1000  # lines that are one command


# The option of `search`, and the command of its own that early configurations have: GRUB's manual,
# "search".
_SEARCHES = {
    "--fs-uuid": "fs-uuid",
    "-u": "fs-uuid",
    "--label": "label",
    "-l": "label",
    "--file": "file",
    "-f": "file",
}
_EARLY = {"search.fs_uuid": "fs-uuid", "search.fs_label": "label", "search.file": "file"}
_WITH_VALUE = (
    "--hint",
    "--hint-bios",
    "--hint-efi",
    "--hint-baremetal",
    "--hint-ieee1275",
    "--hint-arc",
    "-h",
)


def _place(before: Optional[Place], words: List[str], line: Line) -> Optional[Place]:
    """Return where GRUB looks after `set root=…` or `search …`; a search that finds nothing leaves
    what was set.
    """
    if words[0] == "set":
        root = words[1].partition("=")[2].strip("()")
        return Place(root, "", line) if root and not root.startswith("$") else before
    if words[0] in _EARLY:
        return Place(
            before.root if before else "",
            f"{_EARLY[words[0]]} {words[1]}" if len(words) > 1 else "",
            line,
        )
    if words[0] != "search":
        return before
    kind = next((_SEARCHES[word] for word in words if word in _SEARCHES), "")
    # The first word is the name, others are hints (search_wrap.c); "--set" takes its own only
    # behind "=".
    values = [
        word
        for place, word in enumerate(words[1:], 1)
        if not word.startswith("-") and words[place - 1] not in _WITH_VALUE
    ]
    return Place(
        before.root if before else "", f"{kind} {values[0]}" if kind and values else "", line
    )


def _fill(entry: Dict[str, str], words: List[str]) -> None:
    if words[0] in ("linux", "linux16", "linuxefi", "kernel") and len(words) > 1:
        options = " ".join(words[2:])
        # Of two branches of a condition GRUB takes one: where they differ in root= neither is known.
        if "linux" in entry and _roots(entry["options"]) != _roots(options):
            options = f"{options} {_CONDITION}"
        entry["linux"], entry["options"] = words[1], options
    elif words[0] in ("initrd", "initrd16", "initrdefi"):
        entry["initrd"] = "\n".join(words[1:])
    elif words[0] == "chainloader" and len(words) > 1:
        entry.setdefault("linux", "")


_CONDITION = "$|"  # as what GRUB would expand to a value that is not known


def _roots(options: str) -> List[str]:
    return [word for word in options.split() if "root=" in word or "/dev/" in word]


def _entry(fields: Dict[str, str], file: str) -> BootEntry:
    initrd = tuple(name for name in fields.get("initrd", "").split("\n") if name)
    return BootEntry(
        fields.get("title", ""),
        fields.get("id", ""),
        fields.get("position", ""),
        fields.get("linux", ""),
        initrd,
        fields.get("options", ""),
        file,
    )


def _menu_id(words: List[str]) -> str:
    for mark in ("--id", "$menuentry_id_option", "${menuentry_id_option}"):
        if mark in words:
            place = words.index(mark) + 1
            return words[place] if place < len(words) else ""
    return next((word[5:] for word in words if word.startswith("--id=")), "")


def shell_words(line: str) -> List[str]:
    """Split a line as GRUB's shell does: quotes and backslashes hold characters together, nothing
    is expanded.

    >>> shell_words(r"menuentry 'Bob'\\''s' --class a\\ b {")
    ['menuentry', "Bob's", '--class', 'a b', '{']
    """
    return [word for words in _split(line) for word in words]


# Characters that mean nothing: in no quotes, and in each kind of them.
_RUNS = {
    "": compile_pattern(r"[^ \t;'\"\\#]+"),
    '"': compile_pattern(r"[^\"\\]+"),
    "'": compile_pattern(r"[^']+"),
}


def _split(line: str) -> List[List[str]]:
    """Return the commands of a line: a semicolon ends one, so does a brace; "#" before a word
    begins a comment.

    >>> _split("menuentry 'a;b' { linux /k root=UUID=1; } # linux")
    [['menuentry', 'a;b', '{'], ['linux', '/k', 'root=UUID=1'], ['}']]
    """
    commands: List[List[str]] = [[]]
    word: List[str] = []
    quote, started, escaped = "", False, False

    def end() -> None:
        nonlocal word, started
        plain = not started and "".join(word) in ("{", "}")
        if word or started:
            commands[-1].append("".join(word))
        if plain:
            commands.append([])
        word, started = [], False

    line = line.strip()
    place = 0
    while place < len(line):
        run = None if escaped else _RUNS[quote].match(line, place)
        if run:
            word.append(run[0])
            place = run.end()
            continue
        character = line[place]
        place += 1
        if escaped:
            # Between double quotes a backslash holds for these alone.
            word.append(character if not quote or character in '"\\$' else "\\" + character)
            escaped = False
        elif character == "\\":
            escaped = started = True
        elif quote:
            quote = ""
        elif character in "'\"":
            quote, started = character, True
        elif character in " \t;":
            end()
            if character == ";":
                commands.append([])
        elif word or started:
            word.append(character)  # a "#" within a word
        else:
            break
    end()
    return [words for words in commands if words]


def expanded(entry: BootEntry, variables: Dict[str, str]) -> Tuple[BootEntry, bool]:
    """Return `entry` with the values of the variables in it, and whether all of them were put in;
    one that is not set is empty, as for GRUB.

    A part of a path stays as it is where its value was not seen: what was not read may set it.
    """
    whole = True

    def value(text: str, keep: bool = False) -> str:
        nonlocal whole

        def one(match: "Match[str]") -> str:
            nonlocal whole
            found = variables.get(match.group(1) or match.group(2), match.group() if keep else "")
            whole = whole and len(found) <= _LONGEST_VALUE
            return found[:_LONGEST_VALUE]

        for _ in range(_MOST_ROUNDS):  # a variable may hold another
            if "$" not in text:
                break
            text = _VARIABLE.sub(one, text, _MOST_VALUES)
        # One that is not set, and is kept, holds no other.
        left = (match.group(1) or match.group(2) for match in _VARIABLE.finditer(text))
        whole = whole and not any(not keep or name in variables for name in left)
        return text

    def path(text: str) -> str:
        return value(text, keep=not _VARIABLE.fullmatch(text))

    initrd = tuple(word for name in entry.initrd for word in path(name).split())
    told = entry._replace(
        linux=path(entry.linux), initrd=initrd, options=" ".join(value(entry.options).split())
    )
    return told, whole


def parse_grubenv(text: str) -> Dict[str, str]:
    """Read GRUB's environment block, in which a backslash holds for the character behind it."""
    pairs = (line.partition("=") for line in text.split("\n") if not line.startswith("#"))
    return {name: value.rstrip("\r").replace("\\\\", "\\") for name, mark, value in pairs if mark}


def parse_legacy(text: str, file: str) -> Tuple[List[BootEntry], Optional[str]]:
    """Read GRUB legacy's menu.lst or grub.conf."""
    entries: List[BootEntry] = []
    default: Optional[str] = None
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("=", " ", 1).split() if line.startswith("default") else line.split()
        if len(words) < 2 or words[0].startswith("#"):
            continue
        if words[0] == "default":
            default = words[1]
        elif words[0] == "title":
            entries.append(BootEntry(" ".join(words[1:]), "", str(len(entries)), "", (), "", file))
        elif words[0] == "kernel" and entries:
            given = [word for word in words[1:] if not word.startswith("--")] or [""]
            entries[-1] = entries[-1]._replace(linux=given[0], options=" ".join(given[1:]))
        elif words[0] == "initrd" and entries:
            entries[-1] = entries[-1]._replace(initrd=tuple(words[1:]))
        elif words[0] in ("root", "rootnoverify", "uuid") and entries:
            root, search = (
                ("", f"fs-uuid {words[1]}") if words[0] == "uuid" else (words[1].strip("()"), "")
            )
            entries[-1] = entries[-1]._replace(
                place=Place(root, search, Line(file, number, " ".join(words)))
            )
    return entries, default
