"""A supportconfig of SUSE: text files of sections, each the output of a command or the text of a
file.

A section begins with a line "#==[ Command ]====…#", the next line names the command or the file: "#
/sbin/lspci -nn". Comments and empty lines were taken out of configuration files (unless it ran with
-l), so that there "is not set" and "not mentioned" are one.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.source import ABSENT, CUT, OK, Answer, File, Gap, Listing
from guestcheck.privacy.lines import picked
from guestcheck.sources._collected import Collected, Output, key_of
from guestcheck.stores.patterns import matcher
from guestcheck.stores.store import Store, find_top

_FILES = (
    "basic-environment.txt",
    "hardware.txt",
    "boot.txt",
    "udev.txt",
    "mpio.txt",
    "fs-diskio.txt",
    "network.txt",
    "modules.txt",
    "lvm.txt",
    "sysfs.txt",
    "proc.txt",
    "env.txt",
    "rpm.txt",
    "systemd.txt",
    "basic-health-check.txt",
    "nvme.txt",
    "supportconfig.txt",
)
WANTS = _FILES
_MARKS = ("basic-environment.txt", "supportconfig.txt")
_LARGEST = 32 << 20
_MOST_SECTIONS = 20_000
_MARKER = re.compile(r"#==\[ ([A-Za-z ]{1,40}) \]=*#?\s*\Z")
_NOT_FOUND = ("File not found", "not found", "Not found")


class Section(NamedTuple):
    """A part of a text file: its kind ("Command", "Configuration File" …), the command or path that
    it names, and what follows.

    `cut` says at what size the file was cut in the midst of it, "" where it was not.
    """

    kind: str
    title: str
    text: str
    cut: str = ""


def sections(text: str) -> Iterator[Section]:
    """Part a file at its markers; what stands before the first is a heading.

    >>> list(sections("Heading\\n#==[ Command ]=====#\\n# /bin/uname -r\\n6.4.0\\n\\n"))
    [Section(kind='Command', title='/bin/uname -r', text='6.4.0\\n', cut='')]
    """
    kind, title = "", ""
    lines: List[str] = []
    for line in [*text.replace("\r", "").split("\n"), "#==[ End ]==#"]:
        marker = _MARKER.match(line) if line.startswith("#==[") else None
        if marker:
            if title:
                yield Section(
                    kind, title, "\n".join(lines).strip("\n") + "\n" if any(lines) else ""
                )
            kind, title, lines = marker[1], "", []
        elif kind and not title:
            title = line[1:].strip() if line.startswith("#") else ""
            kind = kind if title or not line.strip() else ""
        elif title:
            lines.append(line)


class Supportconfig(Collected):
    """A supportconfig whose text files lie at `top` in `store`."""

    what = "supportconfig"
    reasons = (
        ("/boot/config-", "supportconfig does not collect it"),
        ("/proc/config.gz", "supportconfig does not collect it"),
    )

    def __init__(self, store: Store, top: str) -> None:
        super().__init__(store, top)
        self._sections: Optional[List[Section]] = None
        self._texts: Dict[str, Section] = {}

    def outputs(self) -> Iterator[Output]:
        """Yield the sections that are commands' outputs."""
        for section in self._read():
            # Some commands are pipelines: "lsmod | sort" tells what lsmod does, "rpm -qa | grep
            # livepatch" hides what rpm does.
            line, _, rest = section.title.partition(" | ")
            if section.kind == "Command" and (not rest or rest.startswith("sort")):
                line = line.strip()
                yield Output(key_of(line), line, _told(section))

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file of which there is a section."""
        self._read()
        matches = matcher(word.path)
        found = [path for path in self._texts if matches(path)]
        if not found:
            return (Answer(word.path, ABSENT, detail=self.lacks(word.path)),)
        return tuple(self._answered(path, word) for path in sorted(found))

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Return which paths there are, as far as `ls` or a section tells."""
        self._read()
        tests = [matcher(pattern) for pattern in word.pattern.split()]
        paths = [
            path
            for path in (*self._texts, *self.listed())
            if any(matches(path) for matches in tests)
        ]
        if word.suffixes or not paths:
            return (Answer(word.pattern, ABSENT, detail=self.lacks(word.pattern)),)
        return (Answer(word.pattern, OK, "".join(f"{path}\n" for path in dict.fromkeys(paths))),)

    def _answered(self, path: str, word: File) -> Answer:
        section = self._texts[path]
        # Without its comments a kernel's configuration is an excerpt, and its end says so to who
        # reads it.
        text = section.text.rstrip("\n") if path.startswith("/boot/config-") else section.text
        cut = f"{word.limit} bytes" if len(text) > word.limit else section.cut
        return picked(
            Answer(path, CUT if cut and not word.head else OK, text[: word.limit], cut),
            word,
            self.looks,
        )

    def _read(self) -> List[Section]:
        if self._sections is None:
            self._sections = []
            for name in _FILES:
                for section in self._sections_of(name):
                    if len(self._sections) >= _MOST_SECTIONS:
                        reason = f"it has more than {_MOST_SECTIONS} sections; the others were not looked at"
                        self.troubles.append(Gap("source", name, reason, "what they tell"))
                        break
                    self._sections.append(section)
                    path = section.title.partition(" ")[0]
                    if (
                        section.kind != "Command"
                        and path.startswith("/")
                        and not any(words in section.title for words in _NOT_FOUND)
                    ):
                        self._texts.setdefault(path, section)
                    elif section.kind == "Command" and section.title.startswith(
                        ("/bin/cat /", "/usr/bin/cat /", "cat /")
                    ):
                        self._texts.setdefault(section.title.split()[1], section)
        return self._sections

    def _sections_of(self, name: str) -> Iterator[Section]:
        """Yield the sections of one file; where that was cut the last one is not whole, and what
        stood behind it is a gap.
        """
        text, more = self._text_of(name)
        last: Optional[Section] = None
        for section in sections(text):
            if last:
                yield last
            last = section
        if more:
            size = f"{len(text)} bytes"
            self.troubles.append(
                Gap(
                    "source",
                    name,
                    f"too long; only the beginning was read ({size})",
                    "what stands behind that in it",
                )
            )
            last = last._replace(cut=size) if last else None
        if last:
            yield last

    def _text_of(self, path: str, most: int = _LARGEST) -> Tuple[str, bool]:
        try:
            data, more = self.store.read(path, most)
        except (KeyError, OSError, ValueError):
            return "", False
        return data.decode("utf-8", "backslashreplace"), more


def _told(section: Section) -> Callable[[], Tuple[str, str]]:
    return lambda: (section.text, section.cut)


AT = _MARKS


def is_at(store: Store, top: str) -> bool:
    """Tell whether a supportconfig lies right in the folder `top`."""
    source = Supportconfig(store, top)
    return any("#==[" in source._text_of(name, 65536)[0] for name in _MARKS)


def recognise(store: Store) -> Optional[Supportconfig]:
    """Open `store` if it is a supportconfig: by the file that all of them have, with sections in
    it.
    """
    top = find_top(store, *_MARKS)
    if top is None:
        return None
    source = Supportconfig(store, top)
    begin = "".join(source._text_of(name, 65536)[0] for name in _MARKS)
    return source if "#==[" in begin else None
