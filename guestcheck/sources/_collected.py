"""What sosreport, supportconfig and insights-client have in common: they ran commands and kept what
was printed, each in its way.

A file here maps the commands that questions ask for to those that such collectors run. A command is
known by its *key*: its line as sos makes a file's name of it ("lspci_-nnvv", "ethtool_-i_eth0"),
whatever the archive keeps it in. What was printed is cleared of complaints (standard error stands
among it), and an output that is nothing but complaints is no answer.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.source import (
    ABSENT,
    CUT,
    FAILED,
    LONGEST_LISTING,
    OK,
    UNASKED,
    Answer,
    Command,
    File,
    Gap,
    Initramfs,
    Listing,
    Tree,
)
from guestcheck.privacy.lines import mask_text, masked
from guestcheck.sources._offline import Offline
from guestcheck.stores.patterns import matcher
from guestcheck.stores.store import Store

MOST_OUTPUTS = 20_000
_SHOWN = 100  # characters of a complaint


class Output(NamedTuple):
    """What one command printed: its key, its line as far as known, how to read it (and where it was
    cut then, or ""), and whether only its end was kept.
    """

    key: str
    line: str
    read: Callable[[], Tuple[str, str]]
    cut: bool = False


class Wanted(NamedTuple):
    """Which outputs answer a command: patterns of keys, best first; with `all` every output that
    matches any of them.
    """

    keys: Tuple[str, ...]
    all: bool = False
    empty: bool = False  # whether an empty output says that there is none


# By the beginning of the command that a question asks for.
_ANSWERS: Tuple[Tuple[str, Wanted], ...] = (
    # Ids stand in some forms and drivers in others; the tree (-t) has neither, and -b is as the bus
    # sees it.
    ("lspci", Wanted((r"lspci_-[a-zA-Z]*n[a-zA-Z]*", r"lspci", r"lspci_-[vkD]+"), all=True)),
    (
        "lsblk",
        Wanted(
            (
                r"lsblk_-O_-P.*",
                r"lsblk_.*-P.*",
                r"lsblk_-[a-zA-Z]*J.*",
                r"lsblk_(-i_)?-o_.*",
                r"lsblk(_-i|_-a|_-l)*",
            )
        ),
    ),
    ("lsscsi", Wanted((r"lsscsi(_-[igwv]+)?", r"lsscsi_-H"), all=True, empty=True)),
    ("ethtool -i", Wanted((r"ethtool_-i_(.+)",), all=True)),
    ("ethtool -l", Wanted((r"ethtool_-l_(.+)",), all=True)),
    ("udevadm info --export-db", Wanted((r"udevadm_info_(--export-db|-e)",))),
    ("udevadm info -a", Wanted((r"udevadm_info_(-a|-ap|-a_-p|-a_-n)_.+",), all=True)),
    ("ls -l /sys/block", Wanted((r"ls_-[a-zA-Z]+_\.sys\.block",))),
    ("uname -a", Wanted((r"uname_-a",))),
    ("lscpu", Wanted((r"lscpu",))),
    ("dmidecode", Wanted((r"dmidecode",))),
    ("lsmod", Wanted((r"lsmod",))),
    ("modinfo", Wanted((r"modinfo_.*",), all=True)),
    ("ip -d address", Wanted((r"ip_-d_a(ddr(ess)?)?", r"ip_-d_-s_link", r"ip_-s_-d_link"))),
    ("ip address", Wanted((r"ip_(-stats_)?a(ddr(ess)?)?(_show|_list)?",))),
    ("mount", Wanted((r"mount(_-l)?",))),
    ("systemctl list-units", Wanted((r"systemctl_list-units(_--all)?",))),
    ("ps aux", Wanted((r"ps_auxw*",))),
    ("dpkg -l", Wanted((r"dpkg_-l",))),
    # A line of each begins with a package's name and version: not so where supportconfig asks for
    # distributions and signatures.
    (
        "rpm -qa",
        Wanted(
            (
                r"rpm_(?!.*(DISTRIBUTION|SIGPGP.*NAME)).*-qa.*",
                r"sh_-c_rpm_.*-qa.*",
                r"package-data",
                r"installed-rpms",
            )
        ),
    ),
    ("hostnamectl", Wanted((r"hostnamectl(_status)?",))),
    ("efibootmgr", Wanted((r"efibootmgr(_-v)?",))),
    ("virt-what", Wanted((r"virt-what",))),
    # Not the image that kdump boots, nor a file out of one (-f).
    ("lsinitrd", Wanted((r"lsinitrd(_(?!-f)(?!.*(kdump|rescue)).*)?",), all=True)),
    ("lsinitramfs", Wanted((r"lsinitramfs_(-l_)?(?!.*(kdump|rescue)).*",), all=True)),
)
# How programs complain, and what shells and collectors say where one cannot be run: how a line
# begins, and what is in it.
_COMPLAINTS = (
    "Cannot ", "netlink error", "no channel", "Error:", "ERROR", "libkmod: ", "pcilib: ", "WARNING: ", "Warning: ", "modinfo: ERROR",
    "System has not been booted", "Failed to ", "Scanning /dev/mem", "/dev/mem: ", "# dmidecode ", "Can't read memory", "Permission denied",
    "EFI variables are not supported", "exec [", "[timeout", "Timed out", "timeout: ",
)  # fmt: skip
_COMPLAINTS_WITHIN = (
    "command not found",
    "No such file or directory",
    "Operation not permitted",
    "timed out after",
    "cannot be run",
)


def key_of(line: str) -> str:
    """Return the key of a command's line, as sos makes it.

    >>> key_of("/sbin/ethtool -i eth0"), key_of("ls -lanR /sys/block")
    ('ethtool_-i_eth0', 'ls_-lanR_.sys.block')
    """
    name = re.sub(r"^/(usr/|)(bin|sbin)/", "", line[:1024])
    return re.sub(r"[^\w\-./]+", "_", name).replace("/", ".").strip(" ._-")


class Collected(Offline):
    """An archive of a collector; `what` names it and its version."""

    what = "archive"
    reasons: Tuple[Tuple[str, str], ...] = ()  # why what begins so is never there

    def __init__(self, store: Store, top: str = "") -> None:
        super().__init__(store, top)
        self._outputs: Optional[Dict[str, Output]] = None
        self._listed: Optional[List[str]] = None

    def outputs(self) -> Iterator[Output]:
        """Yield what each command printed; the first of one key counts."""
        raise NotImplementedError

    def lacks(self, asked: str) -> str:
        """Say why `asked` (a path or a command) is not in the archive."""
        why = next((why for start, why in self.reasons if asked.startswith(start)), "")
        return f"not in this {self.what}" + (f": {why}" if why else "")

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Return what the same command, or one that tells the same, had printed."""
        asked = " ".join(word.argv)
        wanted = next(
            (wanted for start, wanted in _ANSWERS if (asked + " ").startswith(start + " ")), None
        )
        found = self._matching(wanted) if wanted else []
        answers = tuple(self._answer(output, wanted, word.argv) for output in found if wanted)
        return answers or (Answer(asked.replace(" {}", ""), ABSENT, detail=self.lacks(asked)),)

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file that matches, and why there is none."""
        return tuple(
            answer._replace(detail=self.lacks(word.path))
            if answer.status == ABSENT and not answer.detail.startswith("it leads")
            else answer
            for answer in super().file(word)
        )

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Return which paths there are: copied ones, and those that `ls` had listed."""
        answer = super().listing(word)[0]
        listed = (
            []
            if word.suffixes
            else [
                path
                for path in self.listed()
                if any(matches(path) for matches in map(matcher, word.pattern.split()))
            ]
        )
        if not listed:
            # A copy of some files proves nothing of others.
            return (
                answer
                if answer.text.strip()
                else Answer(word.pattern, ABSENT, detail=self.lacks(word.pattern)),
            )
        lines = dict.fromkeys([*answer.text.split("\n"), *listed])
        return (Answer(word.pattern, OK, "".join(f"{line}\n" for line in lines if line)),)

    def initramfs(self, word: Initramfs) -> Tuple[Answer, ...]:
        """Say that no collector copies images: what was listed of them is asked for beside this."""
        return (Answer(word.pattern, UNASKED, detail=f"not in this {self.what}"),)

    def tree(self, word: Tree) -> Tuple[Answer, ...]:
        """Return what was copied of /sys: links, and such attributes as there are."""
        lines: List[str] = []
        for place in self._folders(word.pattern):
            path = word.pattern.rpartition("/")[0] + "/" + place.rpartition("/")[2]
            real = real_path(self.store.link(place))
            if real:
                lines.append(f"{path} -> {real}")
            for name in word.names:
                if not name.endswith("/"):
                    lines += self._attribute(f"{path}/{name}", f"{place}/{name}")
        asked = f"copy of {word.pattern}"
        return (
            (Answer(asked, OK, "\n".join(lines)),)
            if lines
            else (Answer(asked, ABSENT, detail=self.lacks(word.pattern)),)
        )

    def reader(self, path: str) -> Callable[[], Tuple[str, str]]:
        """Return what reads the output at `path` of the store, as much as an answer may have."""

        def read() -> Tuple[str, str]:
            data, more = self.store.read(path, LONGEST_LISTING)
            return data.decode("utf-8", "backslashreplace"), f"{len(data)} bytes" if more else ""

        return read

    def listed(self) -> List[str]:
        """Return the paths that `ls -lR` of /boot had listed."""
        if self._listed is None:
            patterns = (r"ls_-.*_\.boot\.?",)
            self._listed = [
                path
                for output in self._matching(Wanted(patterns))
                for path in paths_listed(self._text(output), "/boot")
            ]
        return self._listed

    def _folders(self, pattern: str) -> List[str]:
        place = self.place(pattern)
        found = self.store.glob(place) if place else []
        return found or (
            self.store.glob(self.place("/sys/block/*"))
            if pattern == "/sys/class/block/*" and place
            else []
        )

    def _attribute(self, path: str, place: str) -> Iterator[str]:
        try:
            value = self.store.read(place, 4096)[0].decode("utf-8", "backslashreplace").strip()
        except (KeyError, OSError, ValueError):
            return
        if value.isprintable() and "\\" not in value:
            yield f"{path} = {value}"

    def _matching(self, wanted: Wanted) -> List[Output]:
        if self._outputs is None:
            self._outputs = {}
            for output in self.outputs():
                if len(self._outputs) == MOST_OUTPUTS and output.key not in self._outputs:
                    self.troubles.append(
                        Gap(
                            "source",
                            output.key,
                            f"it has more than {MOST_OUTPUTS} outputs; the others were not "
                            "looked at",
                            "what they tell",
                        )
                    )
                    break
                self._outputs.setdefault(output.key, output)
        found: List[Output] = []
        for pattern in wanted.keys:
            matches = re.compile(pattern + r"\Z").match
            found += [
                output
                for key, output in self._outputs.items()
                if matches(key) and output not in found
            ]
            if found and not wanted.all:
                return found[:1]
        return found

    def _text(self, output: Output) -> str:
        try:
            return output.read()[0]
        except (KeyError, OSError, ValueError):
            return ""

    def _answer(self, output: Output, wanted: Wanted, argv: Tuple[str, ...]) -> Answer:
        """Return an output without complaints; nothing but complaints is a failure, and so is
        nothing at all where something is due.
        """
        asked = _asked(output, wanted)
        if not asked.startswith(argv[0]):
            asked = " ".join(
                argv
            )  # some outputs bear a name of their own: sos_commands/rpm/package-data
        try:
            text, cut = output.read()
        except (KeyError, OSError, ValueError) as error:
            return Answer(
                asked,
                FAILED,
                detail=str(getattr(error, "strerror", None) or error or type(error).__name__)[
                    :_SHOWN
                ],
            )
        program = asked.split(" ", 1)[0]
        lines = text.replace("\r", "").split("\n")
        starts = (f"{program}: ", *_COMPLAINTS)
        within = [words for words in _COMPLAINTS_WITHIN if words in text]
        kept = [
            line
            for line in lines
            if not line.startswith(starts) and not any(words in line for words in within)
        ]
        if any(line.strip() for line in kept):
            # Where a program complained of one thing and told the rest, the rest counts.
            text = "\n".join(kept)
            cut = "only its end was kept" if output.cut else cut
            return masked(Answer(asked, CUT if cut else OK, text, cut), self.looks)
        said = next((line.strip() for line in lines if line.strip()), "")
        if not said and cut:
            return Answer(asked, CUT, detail=cut)
        if not said and wanted.empty:
            return Answer(asked, OK)
        return Answer(
            asked,
            FAILED,
            detail=mask_text(said[:_SHOWN])
            if said.isprintable() and said
            else "it printed nothing",
        )


def _asked(output: Output, wanted: Wanted) -> str:
    """Return the line of the command; of a file's name alone the last word is as it stands there,
    for it may hold "_".
    """
    if output.line:
        return re.sub(r"^/(usr/|)(bin|sbin)/", "", output.line)
    last = next(
        (
            match[1]
            for match in (re.match(pattern + r"\Z", output.key) for pattern in wanted.keys)
            if match and match.re.groups == 1 and match[1]
        ),
        "",
    )
    if last and "(.+)" in "".join(wanted.keys):
        return output.key[: -len(last)].replace("_", " ") + last
    return output.key.replace("_", " ")


def real_path(target: str) -> str:
    """Return where a link in a copy of /sys led, "" where that is no device.

    >>> real_path("../../devices/pci0000:00/0000:00:03.0/virtio2/net/eth0")
    '/sys/devices/pci0000:00/0000:00:03.0/virtio2/net/eth0'
    """
    place = target.find("devices/")
    return (
        "/sys/" + target[place:]
        if place >= 0 and target[:place].strip("./") in ("", "sys") and ".." not in target[place:]
        else ""
    )


def paths_listed(text: str, top: str) -> List[str]:
    """Return the paths of files in a listing by `ls -lR`, in whatever columns.

    >>> paths_listed("/boot:\\ntotal 4\\n-rw-r--r-- 1 0 0 237 Jan  1 10:00 config-6.1.0\\n", "/boot")
    ['/boot/config-6.1.0']
    """
    folder = top
    found: List[str] = []
    for line in text.split("\n"):
        line = line.rstrip()
        if line.startswith("/") and line.endswith(":"):
            folder = line[:-1].rstrip("/")
        elif line[:1] in "-l" and len(line) > 10 and " " in line:
            name = line.partition(" -> ")[0].rpartition(" ")[2]
            if name not in (".", "..") and folder.startswith(top) and ".." not in folder:
                found.append(f"{folder}/{name}")
    return found
