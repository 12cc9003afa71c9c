"""Cuts clean lines into pieces: the output of one program or the text of one file each; what is
left over is told as such.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Tuple

from guestcheck.sources._paste.clean import Line
from guestcheck.sources._paste.commands import Command, command_in
from guestcheck.sources._paste.documents import document_at, key_at, may_begin
from guestcheck.sources._paste.kinds import NO_USE, Kind, goes_on, kind_of
from guestcheck.sources._paste.large import Large

_MOST_BETWEEN = 3  # lines that are not understood and stand inside of an output, as wrapped ones do
# beginnings of JSON that were none: looking for the end of each costs a walk to the end of the text
_MOST_FAILED = 4
_BY_COMMAND_ALONE = ("systemd-detect-virt", "virt-what", "uname", "/")


class Piece(NamedTuple):
    """The output of one command: what it is (`key`), the command as it stands there (or ""), and
    its lines.
    """

    key: str
    words: str
    lines: List[Line]
    whole: bool = True  # no line in it was left out
    host: str = ""  # the machine's name in the prompt before it
    cut: bool = False  # the text went on, and was not read further

    @property
    def text(self) -> str:
        """The text, with the indentation that all lines share taken off."""
        shown = [line.rstrip() for _, line in self.lines]
        filled = [line for line in shown if line]
        first, last = (min(filled), max(filled)) if filled else ("", "")
        indent = 0  # what the first and the last in order share is what all share
        while (
            indent < min(len(first), len(last))
            and first[indent] == last[indent]
            and first[indent] in " \t"
        ):
            indent += 1
        return "\n".join(line[indent:] for line in shown) + "\n"

    @property
    def place(self) -> str:
        """The numbers of its first and last line."""
        first, last = self.lines[0][0], self.lines[-1][0]
        return f"line {first}" if first == last else f"lines {first}-{last}"


class Rest(NamedTuple):
    """Lines that are not recognised, and the command that they stand behind, if any."""

    first: int
    last: int
    words: str


def cut(lines: List[Line], named: str = "") -> Tuple[List[Piece], List[Rest]]:
    """Return the pieces of a text and what is left of it; `named` is the key that the file's name
    suggests.
    """
    cutter = _Cutter(named)
    failed = 0
    place = 0
    while place < len(lines):
        line = lines[place][1]
        if isinstance(line, Large):
            cutter.document(line.key, [lines[place], (line.last, "")], "")
            place += 1
            continue
        if may_begin(line) and failed < _MOST_FAILED and cutter.is_free():
            found = document_at(lines, place)
            if found:
                cutter.document(
                    found.key,
                    [*lines[place : found.end - 1], (lines[found.end - 1][0], found.last)],
                    found.text,
                )
                place = found.end
                failed += bool(found.text)
                continue
            failed += bool(key_at(lines, place))
        cutter.take(lines[place])
        place += 1
    cutter.close()
    return cutter.pieces, cutter.rests()


class _Cutter:
    """What has been read so far: the piece that is being filled, and lines of which it is not yet
    known whose they are.
    """

    def __init__(self, named: str) -> None:
        self.pieces: List[Piece] = []
        self._left: List[
            Tuple[int, str]
        ] = []  # numbers of lines not recognised, with the command before them
        self._kind: Optional[Kind] = None
        self._lines: List[Line] = []
        self._open: List[Line] = []
        self._command: Optional[Command] = Command("", named, False) if named else None
        self._whole = True
        self._host = ""
        self._gap = False  # an empty line since the last that belonged to the piece

    def is_free(self) -> bool:
        """Tell whether a document may begin here, and not inside of an output."""
        return self._kind is None or not (self._kind.free and not self._gap)

    def document(self, key: str, lines: List[Line], mended: str) -> None:
        """Take a whole document; `mended` is its text where that is not what its lines say."""
        self.close()
        self.pieces.append(
            Piece(
                key,
                self._words(key),
                [(lines[0][0], mended)] if mended else lines,
                not mended,
                self._host,
            )
        )

    def take(self, line: Line) -> None:
        """Take the next line."""
        text = line[1]
        if not text.strip():
            self._empty(line)
            return
        kind = kind_of(text)
        if kind is None or kind.key in _ALSO_COMMENTS:
            command = None if kind and kind is self._kind else command_in(text)
            if command and (command.prompted or kind is None):
                self.close()
                self._command = command
                self._host = command.host or self._host
                return
        if kind is not None and self._kind is not None and kind.key == self._kind.key != NO_USE:
            self._kind = kind
        elif kind is not None and kind is not self._kind and not self._is_part(kind):
            self._begin(kind)
        elif kind is None and self._kind is None:
            self._unknown(line)
            return
        elif kind is None and not self._goes_on(text):
            self._open.append(line)
            if self._filled() > _MOST_BETWEEN or self._gap:
                self.close()
            return
        if self._open:
            self._whole = self._whole and not self._filled()
            self._lines += self._open
            self._open = []
        self._lines.append(line)
        self._gap = False

    def close(self) -> None:
        """End the piece; what is open belongs to nobody."""
        if self._kind is None or self._is_other_configuration():
            self._leave(self._lines)
        elif self._lines and self._kind.key != NO_USE:
            self.pieces.append(
                Piece(
                    self._kind.key,
                    self._words(self._kind.key),
                    self._lines,
                    self._whole,
                    self._host,
                )
            )
            self._command = None  # what comes now is no more of its output
        self._leave(self._open)
        self._kind, self._lines, self._open, self._whole, self._gap = None, [], [], True, False

    def _is_other_configuration(self) -> bool:
        """Return whether the piece began with a `driver:` that nothing shows to be ethtool's."""
        begun = self._kind is not None and self._kind.key == "ethtool -i"
        if not begun or self._words("ethtool -i"):
            return False
        after = self._open[0][1] if self._open else ""
        return _is_mapping(self._lines) or not _is_ethtool(self._lines, after)

    def rests(self) -> List[Rest]:
        """Return what was not recognised, lines that stand together as one."""
        found: List[Rest] = []
        for number, words in self._left:
            if found and found[-1].words == words and number - found[-1].last <= 2:
                found[-1] = found[-1]._replace(last=number)
            else:
                found.append(Rest(number, number, words))
        return found

    def _words(self, key: str) -> str:
        return self._command.words if self._command and self._command.key == key else ""

    def _goes_on(self, text: str) -> bool:
        assert self._kind is not None
        return (self._kind.free and not self._gap) or goes_on(self._kind, text)

    def _is_part(self, kind: Kind) -> bool:
        """Tell whether a line that another kind begins with goes on with this one all the same."""
        if self._kind is None or self._gap or self._open:
            return False
        return (self._kind.key, kind.key) in _PARTS

    def _filled(self) -> int:
        return sum(1 for _, text in self._open if text.strip())

    def _begin(self, kind: Kind) -> None:
        before = self._open if self._kind else self._lines
        headed = kind.key == "ethtool -i" and bool(before) and before[-1][1].rstrip().endswith(":")
        headings = [before.pop()] if headed else []
        self.close()
        self._kind = kind
        self._lines = headings

    def _unknown(self, line: Line) -> None:
        """Take a line that only a command before it can explain."""
        key = self._command.key if self._command else ""
        if key.startswith(_BY_COMMAND_ALONE) and not line[1].lower().startswith(_COMPLAINTS):
            self._kind = Kind(key, "", "")
        self._lines.append(line)

    def _empty(self, line: Line) -> None:
        if self._kind is None:
            self.close()
            return
        self._gap = True
        self._open.append(line)

    def _leave(self, lines: List[Line]) -> None:
        words = self._command.words if self._command else ""
        self._left += [
            (number, words) for number, text in lines if any(letter.isalnum() for letter in text)
        ]


_ETHTOOL_ALONE = ("firmware-version:", "expansion-rom-version:", "bus-info:", "supports-")


_KEY = re.compile(r"\s*[\w.-]+:(?:\s|$)")
_BUS_INFO = re.compile(r"\s*bus-info:\s*(?:\S*[0-9]\S*|tap|tun|N/A)?\s*$")
_VERSION = re.compile(r"version:\s*\S*[0-9]\S*\s*$")
_CARD_NAME = re.compile(r"\s*(?:eth|en|wl|ib)[\w.@-]*[0-9]")


def _is_mapping(lines: List[Line]) -> bool:
    """Return whether the lines are keys below a key, as in YAML, that is no NIC's name."""
    head, key = (lines[0][1], lines[1][1]) if len(lines) > 1 else ("", "")
    deeper = len(key) - len(key.lstrip()) > len(head) - len(head.lstrip())
    return deeper and head.rstrip().endswith(":") and not _CARD_NAME.match(head)


def _is_ethtool(lines: List[Line], after: str = "") -> bool:
    """Return whether the lines are what `ethtool -i` prints: a `driver:` alone is also a key of
    netplan, Docker and inxi.

    ethtool's keys are all indented alike, and one of them no other program prints. Of the old
    versions that print two lines, the second is `version:`, and nothing is indented; `after` is
    the line behind them, which is no further key.
    """
    if any("bus-info:" in text and not _BUS_INFO.match(text) for _, text in lines):
        return False  # a manual page, or prose
    for place, (_, text) in enumerate(lines):
        key = text.lstrip()
        indent = text[: len(text) - len(key)]
        if key.startswith(_ETHTOOL_ALONE):
            others = [
                line
                for _, line in lines
                if line.startswith((f"{indent}driver:", *(indent + own for own in _ETHTOOL_ALONE)))
            ]
            if len(others) > 1 or len(lines) == 1:
                return True
        second = lines[place + 1][1] if place + 1 < len(lines) else ""
        if text.startswith("driver:") and _VERSION.match(second) and not _KEY.match(after):
            return True
    return False


_COMPLAINTS = ("bash: ", "-bash: ", "sh: ", "sudo: ", "zsh: ", "cat: ", "grep: ", "ls: ")
# Contents whose lines begin with "#", as root's prompt does, or may stand in other outputs.
_ALSO_COMMENTS = ("/boot/config-*", "/etc/fstab", "ls -l /sys")
# A line of the second kind inside of the first goes on with the first.
_PARTS = frozenset(
    (
        ("lscpu", "/proc/cpuinfo"),
        ("udevadm", "/etc/os-release"),
        ("udevadm", "ethtool -i"),
        ("dmidecode", "lspci"),
        ("lshw", "lspci"),
        ("hostnamectl", "lscpu"),
        ("/proc/sysinfo", "dmidecode"),
        ("modinfo", "ethtool -i"),
        ("lspci", "ls -l /sys"),
        ("dmesg", "/proc/cmdline"),
    )
)
