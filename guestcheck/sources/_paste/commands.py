"""Command lines in pasted text: prompts before them, and which question's output follows them.

A key names a kind of output: a program's ("lspci", "ethtool -i") or a file's path
("/proc/cmdline").
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

# The programs whose output is of use here, and those that show a file.
_PROGRAMS = (
    "lspci|lsblk|lsscsi|ethtool|dmidecode|lscpu|udevadm|lsmod|lshw|systemd-detect-virt|"
    "virt-what|uname|findmnt|modinfo|dmesg|"
    "hostnamectl|mount|ip|ls|readlink|find|hwinfo|inxi|df|free|fdisk|blkid|lsusb|journalctl|"
    "cat|zcat|grep|zgrep|egrep|head|tail|more|less|"
    "for|watch|nmcli|ifconfig|parted|pvs|vgs|lvs|multipath|smartctl|nvme|hdparm|uptime|"
    "hostname|ps|id|rpm|dpkg|apt|dnf|yum|qm|virsh"
)
_BARE = frozenset(
    (
        "lspci",
        "lsblk",
        "lsscsi",
        "lscpu",
        "dmidecode",
        "lshw",
        "lsmod",
        "virt-what",
        "systemd-detect-virt",
    )
)
_PROMPT = re.compile(
    r"\s*(?:\([\w.-]+\)\s?)?(?:\[[^\]\n]{1,80}\]\s?[#$%>]|(?:[\w.+-]+@)?[\w.~/:+-]{0,80}(?:[: "
    r"][~/][^\s#$%>]{0,80})?\s?[#$%>\u276f\u279c]+|\+|sudo(?=\s))\s*"
)
_HOST = re.compile(
    r"\s*(?:\([\w.-]+\)\s?)?\[?(?:[\w.+-]+@([\w-]+)[\w.-]*[: \]]|([\w-]+):[~/]\S*\s[#>])"
)
# Behind these stands a command, whatever it is.
_SURE_PROMPT = re.compile(
    r"\s*(?:\[\w[\w.+-]*@[^\]\n]{1,80}\][#$]|[\w.+-]+@[\w.-]+[: "
    r"][^\s#$>]{0,80}\s?[#$])(\s.*|$)|\s*\$ ([a-z][\w./-]*(?:\s.*)?)$"
)
_LEADING = re.compile(
    r"(?:(?:sudo|doas|time|env|LANG=\S+|LC_ALL=\S+|LANGUAGE=\S+)(?:\s+-[nESH]+)?\s+)*"
)
_COMMAND = re.compile(rf"(?:/?[\w/.-]*/)?({_PROGRAMS})(?=[\s:;|`'\"*]|$)")
_PATH = re.compile(r"(?<![\w.$])(/(?:proc|sys|etc|boot|usr/lib|lib|run)/[\w./*@:+-]+)")
_DECORATION = "#*=-_`'\"~>:|. \t"
_SAID = re.compile(
    r"(?:output|ausgabe|sortie|salida|result|resultado)s?\s+(?:of|from|von|de)\s+", re.I
)
_FOR_EACH = re.compile(r"ethtool\s+(-\w)")


class Command(NamedTuple):
    """A command line: its words as they should be asked, the key of what it prints ("" where that
    is of no use), and the prompt's host.
    """

    words: str
    key: str
    prompted: bool
    host: str = ""


def command_in(line: str) -> Optional[Command]:
    """Return the command that a line names, with a prompt or as a heading; None for any other line.

    >>> command_in("[root@host ~]# sudo lspci -nnk | grep -A2 Eth")
    Command(words='lspci -nnk', key='lspci', prompted=True, host='host')
    >>> command_in("00:03.0 Ethernet controller: Red Hat, Inc Virtio network device")
    """
    if not 1 < len(line) < 400 or not (_MAY_BE(line) or "@" in line or line.lstrip()[:2] == "$ "):
        return None
    prompt = _PROMPT.match(line)
    if prompt and prompt.end():
        found = _command(line[prompt.end() :])
        if found:
            return found._replace(prompted=True, host=_host(line))
    heading = _heading(line)
    other = None if heading else _SURE_PROMPT.match(line)
    return (
        Command((other[1] or other[2] or "").strip(), "", True, _host(line)) if other else heading
    )


def _host(line: str) -> str:
    """Return the machine's name in a prompt such as [root@host ~]#, root@host:~# or host:~ #."""
    found = _HOST.match(line)
    return (found[1] or found[2]).lower() if found else ""


# A glance that spares most lines the work.
_MAY_BE = re.compile(rf"(?:^|[\s/`*\"'#$>:=+-])(?:{_PROGRAMS})\b|==>|# ?/|\$ ?/").search


def _command(text: str) -> Optional[Command]:
    text = text[_LEADING.match(text).end() :] if _LEADING.match(text) else text  # type: ignore[union-attr]
    start = _COMMAND.match(text)
    if start is None:
        return None
    program = start[1]
    words = re.split(r"\s*(?:[|;`]|&&|2?>)", text[start.start(1) :])[0].strip()
    if program == "for" or program == "watch":
        inner = _COMMAND.search(text, start.end())
        each = _FOR_EACH.search(text)
        if each:
            return Command(f"ethtool {each[1]}", f"ethtool {each[1]}", False)
        return _command(text[inner.start(1) :]) if inner else Command(words, "", False)
    return Command(words, key_of(words), False)


def key_of(words: str) -> str:
    """Return the key of what a command prints; "" where that is of no use or only its content can
    tell.
    """
    program, *arguments = words.split() or [""]
    options = [word for word in arguments if word.startswith("-")]
    if program == "ethtool":
        return f"ethtool {options[0]}" if options else "ethtool"
    if program == "systemd-detect-virt":
        return f"systemd-detect-virt {'--container' if '--container' in options or '-c' in options else '--vm'}"
    if program == "udevadm":
        return (
            "udevadm -a"
            if any(word in ("-a", "--attribute-walk") or word.startswith("-a") for word in options)
            else "udevadm"
        )
    if program == "uname":
        return "uname"
    if program in _BARE or program in ("mount", "modinfo", "findmnt", "hostnamectl", "ip", "dmesg"):
        return program
    if program in ("ls", "readlink", "find"):
        return "ls -l /sys" if "/sys" in words else ""
    if program in ("cat", "zcat", "head", "tail", "more", "less", "grep", "zgrep", "egrep"):
        path = _PATH.search(words)
        if path and ("/config-" in path[1] or path[1].startswith("/proc/config")):
            return "/boot/config-*"
        return path[1] if path else ""
    return ""


def _heading(line: str) -> Optional[Command]:
    """Read `lspci -nn:`, `### lsblk`, `**lscpu**`, `Output of dmidecode:`, `==> /proc/cmdline <==`."""
    bare = line.strip(_DECORATION)
    if line.lstrip().startswith("==>") and bare.rstrip(" <=").startswith("/"):
        return Command(bare.rstrip(" <="), bare.rstrip(" <="), True)
    said = _SAID.match(bare)
    if said:
        bare = bare[said.end() :].strip(_DECORATION)
    elif (
        line.strip().startswith(("/proc/", "/sys/", "/etc/"))
        and line.strip().endswith(":")
        and " " not in line.strip()
    ):
        return Command(bare, bare, True)
    found = _command(bare)
    if found is None:
        return None
    program, _, rest = found.words.partition(" ")
    program = program.rstrip(":")
    if ":" in found.words.split(" ")[0] and rest:
        return None  # "lsblk: dm-0: failed …" is what it said on standard error
    plain = (
        program in _BARE
        or (program == "ls" and "/sys" in rest)
        or program in ("ethtool", "udevadm", "uname", "cat", "grep", "zcat", "zgrep")
    )
    arguments = rest.split()
    if not plain or (arguments and not all(_is_argument(word) for word in arguments[:3])):
        return None
    return found._replace(words=found.words.rstrip(": "))


def _is_argument(word: str) -> bool:
    return word.isupper() or word.startswith(
        ("-", "/", "$", "'", '"', "eth", "en", "info", "sd", "vd", "NAME")
    )
