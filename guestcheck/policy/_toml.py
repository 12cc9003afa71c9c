"""TOML, with the line of every key: a person who made a mistake wants to know where.

tomllib reads it from Python 3.11 on, and tomli, from which tomllib was made, before. Neither says
on which line a key stands: `_toml_lines` does.
"""

from __future__ import annotations

import re
import sys
from typing import Callable, Dict, NamedTuple

from guestcheck.errors import UsageError
from guestcheck.policy._toml_lines import Path, locate

__all__ = ["Document", "Path", "TomlError", "parse"]


class Document(NamedTuple):
    """What a file holds; of each key and entry of a list, by its path, the line (from 1)."""

    values: Dict[str, object]
    lines: Dict[Path, int]


class TomlError(ValueError):
    """The text is no TOML; it says why, and `line` where."""

    def __init__(self, line: int, says: str) -> None:
        super().__init__(says)
        self.line = line


def parse(text: str) -> Document:
    r"""Read `text`; raise TomlError where it is no TOML.

    >>> parse('a = 1\n[b]\nc = "x"\n')
    Document(values={'a': 1, 'b': {'c': 'x'}}, lines={('a',): 1, ('b',): 2, ('b', 'c'): 3})
    """
    loads = _library()
    text = text.replace("\r\n", "\n")
    lines, fault = locate(text, loads)
    walked = text[: fault.place] if fault else text
    try:
        values = loads(walked)
    except ValueError as error:
        wrong = _translated(str(error), walked)
        if not fault or wrong.line < fault.line or _is_exact(str(error)):
            raise wrong from error
    if fault:
        raise TomlError(fault.line, fault.says)
    return Document(values, lines)


def _library() -> Callable[[str], Dict[str, object]]:
    """Return the function that reads TOML: in Python itself from 3.11 on."""
    if sys.version_info >= (3, 11):
        from tomllib import loads
    else:
        try:
            from tomli import loads
        except ImportError as error:
            needed = "Python 3.11 or newer, or the library tomli"
            raise UsageError(f"to read a policy, guestcheck needs {needed}") from error
    return loads


def _is_exact(says: str) -> bool:
    """Tell whether the library's message says more than a fault in the same line.

    Of a text that was cut off at a fault it can only say that it ends too early, and of two keys
    alike it does not say where the first is.
    """
    return "(at line " in says and not says.startswith(("Cannot ", "Duplicate "))


# How messages of the library begin, and what we say; the others are shown as they are.
_SAYS = (
    ("Invalid value", "a text stands in quotes"),
    ("Invalid date", "there is no such date or time"),
    ("Cannot ", "this is there already, or is in no table that could be added to"),
    ("Duplicate ", "this is there already"),
    ("Unescaped ", "there is no such escape; a backslash is written \\\\"),
    ("Invalid hex value", "\\u is not followed by the number of a character"),
    ("Escaped character", "\\u is not followed by the number of a character"),
    ("Expected newline", "the line should end here"),
    ("Unclosed array", "a comma or ] is missing in this list"),
    ("Unclosed inline table", "a comma or } is missing in this table, which stands on one line"),
    ("Invalid initial character", "a key is missing here"),
    ("Invalid statement", "a key cannot begin so"),
    ("Exceeds the limit", "this number is too long"),
)
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def _translated(says: str, text: str) -> TomlError:
    where = _WHERE.search(says)
    lines = text.split("\n")
    line, column = (int(where[1]), int(where[2])) if where and where[1] else (len(lines), 0)
    here = lines[line - 1][column - 1 : column] if column else ""
    if says.startswith(("Illegal character", "Found invalid character")) and _CONTROL.match(here):
        return TomlError(line, f"a control character (0x{ord(here):02x}) stands here")
    known = (ours for start, ours in _SAYS if says.startswith(start))
    return TomlError(line, next(known, says[: where.start()] if where else says))
