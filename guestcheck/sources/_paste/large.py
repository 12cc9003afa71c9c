"""A text's lines, in which long outputs of one kind stand whole: JSON and udev's database have a
million lines, each of which tells nothing by itself.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.sources._paste.clean import Line, clean
from guestcheck.sources._paste.documents import DOCUMENT, key_near

_LEAST = 1 << 20  # characters; what is shorter is looked at line by line
_MOST_FAILED = 4  # beginnings of JSON that were none: each costs a walk to the end of the text
_NEAR = 4000  # characters in which a document says what it is
_BEGINS = re.compile(rf"^(?:{DOCUMENT}|(?P<udev>P: /))", re.MULTILINE)
_UDEV = re.compile(r"P: /[^\n]*\n(?:(?:[A-Z]: [^\n]*)?\n)*")


class Large(str):
    """An output that stands for all of its lines: what it is, and the number of its last line."""

    key: str
    last: int


class Lines(NamedTuple):
    """The lines of a text; how many of them stand by themselves, whether there are more of these,
    and the numbers of those that were cut.
    """

    lines: List[Line]
    single: int
    more: bool
    cut: Tuple[int, ...]


def lines_of(text: str, most: int) -> Lines:
    """Return the lines of `text`, cleaned, at most `most` of them but for what stands whole."""
    found: List[Line] = []
    cut: List[int] = []
    count, number = 0, 1
    for part in _parts(text):
        here = part.count("\n")
        if isinstance(part, Large):
            part.last = number + max(here - 1, 0)
            found.append((number, part))
            number += here
            continue
        if count + here > most:
            kept = (
                part[: len(part) - len(part.split("\n", most - count)[most - count])]
                if most > count
                else ""
            )
            found += clean(kept, number, cut)
            return Lines(found, most, True, tuple(cut))
        count += here
        found += clean(part, number, cut)
        number += here
    return Lines(found, count, False, tuple(cut))


def _parts(text: str) -> Iterator[str]:
    """Yield the text in parts, the long outputs in it as such."""
    if len(text) < _LEAST:
        yield text
        return
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    done = failed = 0
    start = _BEGINS.search(text)
    while start:
        large: Optional[Large] = None
        behind = start.end()
        if start["udev"]:
            large, behind = _udev(text, start.start())
        elif failed < _MOST_FAILED and key_near(text[start.start() : start.start() + _NEAR]):
            large = _document(text, start.start())
            failed += large is None
        if large is not None:
            if done < start.start():
                yield text[done : start.start()]
            done = behind = start.start() + len(large)
            yield large
        start = _BEGINS.search(text, behind)
    if done < len(text):
        yield text[done:]


def _udev(text: str, start: int) -> Tuple[Optional[Large], int]:
    """Return udev's database, and where it ends; a short one is none, and is not looked at again
    for each device in it.
    """
    found = _UDEV.match(text, start)
    if found is None or found.end() - start < _LEAST:
        return None, found.end() if found else start + 1
    large = Large(found[0])
    large.key = "udevadm"
    return large, found.end()


def _document(text: str, start: int) -> Optional[Large]:
    near = text[start : start + _NEAR]
    opens = start + len(near) - len(near.lstrip(" \t"))
    try:
        _, end = JSONDecoder(object_pairs_hook=lambda _: None).raw_decode(text, opens)
    except (ValueError, RecursionError):
        return None
    behind = text.find("\n", end)
    line = text[end : behind if behind >= 0 else len(text)]
    if line.strip() or end - start < _LEAST:
        return None
    large = Large(text[start : behind + 1 if behind >= 0 else len(text)])
    large.key = key_near(near)
    return large
