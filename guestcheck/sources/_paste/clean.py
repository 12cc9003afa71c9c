"""Text as it comes out of mails, tickets and terminals, made into the lines that a program had
printed.

What is taken off is never part of such a line: quoting, fences, entities, colours, line numbers.
Lines keep their numbers.
"""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

Line = Tuple[int, str]

# characters of a line; a kernel's command line has 4,096, the flags of a processor some 2,000
LONGEST = 65_536

# ECMA-48: colours and the like; titles that terminals are given; character sets.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ "
    r"-/]*[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|"
    r"\x1b[=>78cDEHMNOZ]"
)
_OVERSTRUCK = re.compile(r"[^\x08]\x08")
_QUOTES = re.compile(r"\s{0,3}((?:>\s?)+)")
_BETWEEN = re.compile(r"\},\s*\{")  # objects of a JSON
_FENCE = re.compile(r"\s{0,8}(?:```|~~~)")
_BREAK = re.compile(r"<br\s*/?>(?=.)", re.I)
_TAG = re.compile(
    r"\[/?(?:code|quote|pre|noparse|b|i|size|color|font)(?:=[^\]]{0,60})?\]|</?(?:pre|code|p|"
    r"div|span|tt|blockquote|b|i)(?:\s[^<>]{0,200})?>|<br\s*/?>",
    re.I,
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|nbsp|apos|#[0-9]{1,5}|#x[0-9a-fA-F]{1,4});")
_MARKED = re.compile(r"\\([\[\]_*#`~>|(){}.!+-])")
_NUMBERED = re.compile(r"\s{0,8}([0-9]{1,6})([:\t-]| {1,2})")
_BLANKS = str.maketrans(
    {
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\u200b": None,
        "\ufeff": None,
        "\x00": None,
        "\x07": None,
    }
)


def decode(data: bytes) -> str:
    """Make text of bytes in any of the usual encodings."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if data[1:2] == b"\0" and data[3:4] == b"\0":
            return data.decode("utf-16-le", "replace")
        return (
            data.decode("utf-8", "replace") if data.count(b"\xe2\x94") else data.decode("latin-1")
        )


def is_text(data: bytes) -> bool:
    """Tell text from pictures, programs and packed files, by its beginning."""
    start = data[:4096]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    odd = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in start)
    # UTF-16 without a mark has a zero behind each ASCII character. Where both bytes are zero it is
    # the empty part of a disk.
    return odd * 50 <= len(start) or (
        start[1::2].count(0) * 3 > len(start) and not start[::2].count(0)
    )


def clean(text: str, first: int = 1, cut: Optional[List[int]] = None) -> List[Line]:
    """Return the lines of `text`, numbered from `first`, as they were printed; what was left of
    fences is an empty line.

    The numbers of those that are too long, and are cut, are added to `cut`. JSON that is one line
    becomes one for each object in it.

    >>> clean("> $ lsblk\\r\\n> sda\\r\\n")[1]
    (2, 'sda')
    """
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\x08" in text:
        text = _OVERSTRUCK.sub("", text).replace("\x08", "")
    raw = text.replace("\r\n", "\n").split("\n")
    if len(text) > LONGEST and max(map(len, raw)) > LONGEST:
        lines = [
            (number, part[:LONGEST])
            for number, line in enumerate(raw, first)
            for part in _objects(line, number, cut)
        ]
    else:
        lines = list(enumerate(raw, first))
    lines = [(number, _carried(line).translate(_BLANKS)) for number, line in lines]
    if "&" in text and _ENTITY.search(text):
        lines = [(number, _unescape(line)) for number, line in lines]
    lines = _unquoted(lines)
    if "```" in text or "~~~" in text:
        lines = [(number, _unfenced(line)) for number, line in lines]
    if "<br" in text:
        lines = [(number, part) for number, line in lines for part in _BREAK.split(line)]
    if "[/" in text or "</" in text or "<br" in text:
        lines = [
            (number, _TAG.sub("", line) if "[" in line or "<" in line else line)
            for number, line in lines
        ]
    if "\\" in text and _MARKED.search(text):
        lines = [(number, _unmarked(line)) for number, line in lines]
    return lines


def _objects(line: str, number: int, cut: Optional[List[int]]) -> List[str]:
    """Return a line, one that is too long and holds JSON as a line for each of its objects."""
    parts = (
        _BETWEEN.sub("},\n{", line).split("\n")
        if len(line) > LONGEST and '": ' in line.replace('":', '": ', 1)
        else [line]
    )
    if cut is not None and any(len(part) > LONGEST for part in parts):
        cut.append(number)
    return parts


def _carried(line: str) -> str:
    """Return what a line shows in the end that its writer began anew by carriage returns."""
    return next((part for part in reversed(line.split("\r")) if part), "") if "\r" in line else line


def _unescape(line: str) -> str:
    if "&" not in line:
        return line
    from html import unescape

    return unescape(line).replace("\u00a0", " ")


def _unfenced(line: str) -> str:
    """Return what stands on the same line as a fence, as chats have it; a fence alone, or with a
    language's name, leaves nothing.
    """
    if "```" in line:
        longest = max(line.split("```"), key=len)
        return longest if len(longest.split()) > 1 else ""
    return "" if _FENCE.match(line) else line


def _unmarked(line: str) -> str:
    """Take the backslashes off that Markdown wants; those of lsblk's and udev's escapes (\\x20)
    stay.
    """
    return _MARKED.sub(r"\1", line) if "\\" in line else line


def _unquoted(lines: List[Line]) -> List[Line]:
    """Take off the marks of quoted mail; a line that stands alone with one may be a prompt."""
    marks = [_QUOTES.match(line) if ">" in line[:8] else None for _, line in lines]
    found = []
    for place, (number, line) in enumerate(lines):
        mark = marks[place]
        if mark and (mark[1].count(">") > 1 or _beside(marks, lines, place)):
            line = line[mark.end() :]
        found.append((number, line))
    return found


def _beside(marks: "List[re.Match[str] | None]", lines: List[Line], place: int) -> bool:
    return any(0 <= other < len(lines) and marks[other] for other in (place - 1, place + 1))


def unnumbered(lines: List[Line]) -> List[Line]:
    """Take the numbers off that `grep -n`, `cat -n` and editors put before lines; as it was where
    they do not count up.
    """
    last, counting = 0, 0
    for _, line in lines:
        mark = _NUMBERED.match(line)
        if mark:
            counting += int(mark[1]) > last
            last = int(mark[1])
    filled = sum(1 for _, line in lines if line.strip())
    if counting < 3 or counting * 10 < filled * 8:
        return lines
    return [(number, _NUMBERED.sub("", line, count=1)) for number, line in lines]
