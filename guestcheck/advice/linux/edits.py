"""Lines to paste that edit a file of the guest: each does nothing where there is nothing to edit,
and copies the file to /root before. A link stays one: sed -i would put a file in its place.

They are for sed and grep as GNU's and busybox' are. What is spliced into them is inert in a shell:
`file` and `device` are plain paths. Programs stand in single quotes: within double quotes an
interactive bash takes "!" for its history.
"""

from __future__ import annotations

import re
from typing import Iterable, Tuple

_WIDEST = 100
_STARTS = frozenset(("||", "&&", "-exec", "|", ">", ">>"))
# What blanks part, where no quotes hold them; a backslash takes the next character with it, and
# stays where it is the last.
_WORDS = re.compile(r"(?:[^\s\"'\\]|\\.|\\\Z|\"(?:[^\"\\]|\\.)*\"|'[^']*')+")

# The options of a kernel's command line, and of files it is made from, that name a device.
_NAMED = r"(root|resume|ROOT|RESUME|source|cryptdevice|luks|mount\.usr)=(\"?)"
_END = r"([^A-Za-z0-9_-]|$)"
_GIVEN = '[ -n "$uuid" ] && '  # an empty one would take the name's place all the same
_ID = "'$uuid'"  # out of the single quotes: it has no character that a shell or sed takes
# The folders that modprobe reads: modprobe.d(5).
_RULES = "/etc/modprobe.d /etc/modprobe.conf /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d"


def edit(file: str, pattern: str, program: str, given: str = "") -> str:
    """Return the line that edits a file with `sed -r` where `grep -E` finds the pattern in it."""
    return (
        f"{given}grep -qsE '{pattern}' {file} && {kept_copy(file)} && "
        f"sed -i -r '{program}' {linked(file)}"
    )


def linked(file: str) -> str:
    """Return the word of a command for the file itself, where `file` may be a link to it."""
    return f'"$(readlink -f {file})"'


def kept_copy(file: str) -> str:
    """Return the command that copies a file to /root; the copies of two files of one name have two.

    >>> kept_copy("/etc/default/grub"), kept_copy("FILE")
    ('cp -p /etc/default/grub /root/etc-default-grub', 'cp -p FILE /root/')
    """
    return f"cp -p {file} /root/{file[1:].replace('/', '-') if file.startswith('/') else ''}"


def fold(line: str) -> Tuple[str, ...]:
    """Return a command as lines of at most 100 columns, continued by a backslash at blanks that no
    quotes hold.

    >>> fold("cp -p a b")
    ('cp -p a b',)
    >>> print("\\n".join(fold("grep -q 'x y' /etc/file && " + "sed -i 's,x y,z,' /etc/file " * 3)))
    grep -q 'x y' /etc/file \\
        && sed -i 's,x y,z,' /etc/file sed -i 's,x y,z,' /etc/file sed -i 's,x y,z,' /etc/file
    """
    if len(line) <= _WIDEST or "\n" in line:
        return (line,)
    if line.endswith(" \\"):  # the next line belongs to it
        *first, last = fold(line[:-2])
        return (*first, f"{last} \\")
    words = _WORDS.findall(line)
    if "#" in words:  # a comment ends with its line: it goes before the command
        at = words.index("#")
        return (" ".join(words[at:]), *fold(" ".join(words[:at])))
    lines = [words[0]]
    for number, word in enumerate(words[1:], 1):
        room = _WIDEST - 2 - len(lines[-1]) - 1
        # A part of the command stays together where it has room on a line of its own.
        ends = (at for at in range(number + 1, len(words)) if words[at] in _STARTS)
        part = " ".join(words[number : next(ends, len(words))])
        starts = word in _STARTS and len(part) > room
        if len(word) > room or starts:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return (*(f"{one} \\" for one in lines[:-1]), lines[-1])


def takes_option(name: str) -> bool:
    """Return whether `option` changes a device that this option of a command line names; "" is
    none that was understood. boot= it leaves, which LILO has too, and rd.luks.options=header=.

    >>> takes_option("root"), takes_option("rd.luks.options")
    (True, False)
    """
    return not name or re.fullmatch(_NAMED.partition("=")[0], name) is not None


def literal(word: str) -> str:
    """Return a path or name as a regular expression that matches nothing else."""
    return re.sub(r"[.+]", r"\\\g<0>", word)


def uuid(device: str, tag: str, where: str = "") -> Tuple[str, ...]:
    """Return the lines that put the device's UUID or PARTUUID into $uuid: nothing where it has
    other characters than such an id has, or where a copy of the disk has the same.

    Of a guest that does not run the device is what is mounted at `where`: its name is another here.
    All disks of one btrfs have one UUID, and any of them serves.
    """
    source = f'"$(findmnt -nvo SOURCE {where})"' if where else device
    return (
        f"uuid=$(blkid {source} | sed -rn 's/.*[: ]{tag}=\"([0-9A-Za-z-]{{4,40}})\".*/\\1/p'); "
        f'echo "{tag}=$uuid"',
        f'[ "$(blkid | grep -F " {tag}=\\"$uuid\\"" | grep -vc btrfs)" -gt 1 ] && uuid=',
    )


def field(file: str, device: str) -> str:
    """Return the line that puts UUID=... where a field of fstab or crypttab is the device."""
    name = literal(device)
    return edit(
        file,
        f"^([^#]*[[:space:]])?{name}([[:space:]]|$)",
        f"/^[[:space:]]*#/!s,(^|[[:space:]]){name}([[:space:]]|$),\\1UUID={_ID}\\2,",
        _GIVEN,
    )


def unit(file: str, device: str) -> str:
    """Return the line that has a mount or swap of systemd found by UUID."""
    named = f"^(What[[:space:]]*=[[:space:]]*){literal(device)}[[:space:]]*$"
    return edit(file, named, f"s,{named},\\1/dev/disk/by-uuid/{_ID},", _GIVEN)


def lilo(file: str, device: str) -> str:
    """Return the line that has LILO give the kernel the id: it looks up root= itself, and knows no
    such id. $uuid is the PARTUUID.
    """
    named = f'^([[:space:]]*)root[[:space:]]*=[[:space:]]*"?{literal(device)}"?[[:space:]]*$'
    return edit(file, named, f's,{named},\\1addappend = "root=PARTUUID={_ID}",', _GIVEN)


def option(file: str, device: str, tag: str) -> str:
    """Return the line that puts the id where an option of a command line in the file is the
    device.
    """
    named = f"{_NAMED}{literal(device)}{_END}".replace('\\"', '"')
    return edit(file, named, f"s,{named},\\1=\\2{tag}={_ID}\\3,g", _GIVEN)


def allow(module: str) -> Tuple[str, ...]:
    """Return the lines that take out what keeps modprobe from loading a module."""
    rule = f"^[[:space:]]*(blacklist|install)[[:space:]]+{_either(module)}([[:space:]]|$)"
    return each(_RULES, "-name '*.conf' ", rule, "s,$r,# &,")


def each(places: str, which: str, pattern: str, program: str) -> Tuple[str, ...]:
    """Return the lines that edit each file that is found and holds the pattern, which
    the program has as $r. Of two files of one name there are two copies, as of `kept_copy`.
    """
    itself = linked('"$f"')
    return (
        f"r='{pattern}'",
        f"find {places} \\",
        f'  {which}-exec grep -qE "$r" {{}} \\; -print 2>/dev/null | while read -r f; do',
        f'  cp -p "$f" "/root/$(echo "${{f#/}}" | tr / -)" && sed -i -r "{program}" {itself}',
        "done",
    )


def allow_option(file: str, module: str) -> str:
    """Return the line that takes a module out of the blacklists on a command line in the file."""
    name, end = _either(module), "([^A-Za-z0-9_,-]|$)"
    listed = "blacklist=([A-Za-z0-9_,-]*,)?"
    return edit(
        file,
        f"{listed}{name}([^A-Za-z0-9_-]|$)",
        f"s;({listed}){name},;\\1;g;s;(blacklist=[A-Za-z0-9_,-]*),{name}{end};\\1\\2;g;"
        f"s;[a-z_.]*blacklist={name}{end};\\1;g",
    )


def drop(file: str, word: str) -> str:
    """Return the line that takes a word off the command lines in the file: those of GRUB's defaults
    and of boot menus, or all of a file that holds nothing else.
    """
    edge = "[^A-Za-z0-9_.=,-]"
    named = f"(^|{edge}){literal(word)}({edge}|$)"
    rows = "" if file.endswith("/cmdline") else f"/{_COMMAND}/"
    begins = "" if not rows else f"({_COMMAND}).*"
    return edit(file, f"{begins}{named}" if rows else named, f"{rows}s,{named},\\1\\2,g")


_COMMAND = "CMDLINE|^[[:space:]]*(linux[a-z0-9]*|kernel|options|append|APPEND)[[:space:]]"


def _either(module: str) -> str:
    """Return a module's name as a regular expression: modprobe takes - for _."""
    return re.sub("[_-]", "[_-]", module)


def without_module(options: str, module: str) -> Iterable[Tuple[str, str]]:
    """Yield the words of a command line that forbid a module, each with what takes its place.

    >>> list(without_module("ro modprobe.blacklist=floppy,virtio-blk quiet", "virtio_blk"))
    [('modprobe.blacklist=floppy,virtio-blk', 'modprobe.blacklist=floppy')]
    """
    for word in dict.fromkeys(options.split()):
        key, _, value = word.partition("=")
        if key.endswith("blacklist") and re.fullmatch(r"[a-z_.]+=[A-Za-z0-9_,-]+", word):
            names = value.split(",")
            rest = [name for name in names if name.replace("-", "_") != module.replace("-", "_")]
            if len(rest) < len(names):
                yield word, f"{key}={','.join(rest)}" if rest else ""
