"""JSON among pasted text: what lsblk, lscpu, lshw and findmnt print with their options for it, also
where its end was cut off.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Tuple

from guestcheck.sources._paste.clean import Line

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_MARKS: Tuple[Tuple[str, str], ...] = (
    ('"blockdevices"', "lsblk"),
    ('"lscpu"', "lscpu"),
    ('"filesystems"', "findmnt"),
    ('"class"', "lshw"),
)
_MOST_LINES = 600_000
# How JSON begins: an object with a name in it, or a list of objects. `[0:0:0:0]` of lsscsi and `[
# 1.234567]` of dmesg are none.
DOCUMENT = r"[ \t]*(?:\{\s*\"|\[\s*\{)"
_BEGINS = re.compile(r"\s*(?:\{\s*(?:\"|$)|\[\s*(?:\{|$))")
_NEAR = 4000


class Document(NamedTuple):
    """What it is, the number of the line behind it, what its last line holds, and, where it had to
    be mended, the whole text.
    """

    key: str
    end: int
    last: str
    text: str = ""


def may_begin(line: str) -> bool:
    """Tell whether JSON may begin with a line."""
    return _BEGINS.match(line) is not None


def document_at(lines: List[Line], place: int) -> Optional[Document]:
    """Return the JSON document that begins with the line at `place`; None where there is none of
    use.
    """
    key = key_at(lines, place)
    if not key:
        return None
    stack: List[str] = []
    complete: Tuple[int, int, Tuple[str, ...]] = (-1, 0, ())
    for number in range(place, min(len(lines), place + _MOST_LINES)):
        line = lines[number][1]
        for token in _TOKEN.finditer(line):
            mark = token[0]
            if mark in "{[":
                stack.append(mark)
            elif mark in "}]":
                if not stack or stack.pop() != ("{" if mark == "}" else "["):
                    return _mended(lines, place, complete, key, number + 1)
                if not stack:
                    return Document(key, number + 1, line[: token.end()])
                if mark == "}":
                    complete = (number, token.end(), tuple(stack))
    return _mended(lines, place, complete, key, len(lines))


def key_at(lines: List[Line], place: int) -> str:
    """Return the key of the program that prints the JSON that begins with the line at `place`, ""
    for any other.
    """
    return key_near("\n".join(line[:_NEAR] for _, line in lines[place : place + 40])[:_NEAR])


def key_near(text: str) -> str:
    """Return the key of the program that prints JSON which begins so, "" for any other."""
    return next((key for mark, key in _MARKS if mark in text), "")


def _mended(
    lines: List[Line], place: int, complete: Tuple[int, int, Tuple[str, ...]], key: str, end: int
) -> Optional[Document]:
    """Close what is open behind the last entry that is complete."""
    number, column, stack = complete
    if number < 0:
        return None
    kept = [line for _, line in lines[place:number]] + [lines[number][1][:column]]
    closing = "".join("}" if mark == "{" else "]" for mark in reversed(stack))
    return Document(key, _end(lines, number, end), "", "\n".join(kept) + closing)


def _end(lines: List[Line], number: int, end: int) -> int:
    """Return where the torn document ends: behind what still looks like JSON."""
    number += 1
    while number < end and _INSIDE.match(lines[number][1]):
        number += 1
    return number


_INSIDE = re.compile(r'\s*(?:"[^"]*"\s*:?|[][{},]|$)')
