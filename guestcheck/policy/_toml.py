"""TOML 1.0, read with the line of every key, which a person who made a mistake wants to know.

Python has a reader of its own from 3.11 on, and that one forgets the lines. Guests with 3.9 and no
network are where images are checked, so this reads all of TOML 1.0 and needs nothing; a test holds
it against Python's own. See https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Dict, List, Match, NamedTuple, NoReturn, Optional, Tuple, Union

Path = Tuple[Union[str, int], ...]


class Document(NamedTuple):
    """What a file holds, and of each key and entry of a list, by its path, the line that it stands
    on (the first is 1).
    """

    values: Dict[str, object]
    lines: Dict[Path, int]


class TomlError(ValueError):
    """The text is no TOML; it says why, and `line` where."""

    def __init__(self, line: int, says: str) -> None:
        super().__init__(says)
        self.line = line


def parse(text: str) -> Document:
    """Read `text`; raise TomlError where it is no TOML 1.0.

    >>> parse('a = 1\\n[b]\\nc = "x"\\n')
    Document(values={'a': 1, 'b': {'c': 'x'}}, lines={('a',): 1, ('b',): 2, ('b', 'c'): 3})
    """
    return _Reader(text.replace("\r\n", "\n")).document()


# How a table came to be, which decides what may be added to it.
_IMPLICIT = "implicit"  # on the way to another: [a.b] makes a
_HEADER = "header"  # by its own header
_DOTTED = "dotted"  # by a key with dots: a.b = 1 makes a
_CLOSED = "closed"  # inline, and complete


class _Table(Dict[str, object]):
    def __init__(self, made: str) -> None:
        super().__init__()
        self.made = made


class _Tables(List[object]):
    """Made by [[headers]], one a table; any other list is complete."""


_DEEPEST = 60  # nobody's file is; what is was made to break readers
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANKS = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_COMMENT = re.compile(r"#[^\n]*")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_CONTROL_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN = re.compile(r'[^"\\\n]*')
_PLAIN_LINES = re.compile(r'[^"\\]*')
_DATE = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(?:[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6})\d*)?(?:([Zz])|([+-])([01]\d|"
    r"2[0-3]):([0-5]\d))?)?",
    re.ASCII,
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6})\d*)?", re.ASCII)
_NUMBER = re.compile(
    r"(0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*)"
    r"|[+-]?(?:(inf|nan)|(?:0|[1-9](?:_?[0-9])*)((?:\.[0-9](?:_?[0-9])*)"
    r"?(?:[eE][+-]?[0-9](?:_?[0-9])*)?))"
)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_CODE = {"u": re.compile(r"[0-9A-Fa-f]{4}"), "U": re.compile(r"[0-9A-Fa-f]{8}")}
_MORE = re.compile(r"[ \t]*\n[ \t\n]*")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.root = _Table(_HEADER)
        self.lines: Dict[Path, int] = {}
        self.counted = (0, 1)

    def document(self) -> Document:
        table, path = self.root, ()  # type: Tuple[_Table, Path]
        while True:
            self.skip(_BETWEEN, comments=True)
            if self.place >= len(self.text):
                return Document(self.root, self.lines)
            if self.at("["):
                table, path = self.header()
            else:
                self.pair(table, path)
            self.skip(_BLANKS)
            self.comment()
            if self.place < len(self.text) and not self.at("\n"):
                self.wrong("the line should end here")

    # What stands where

    def at(self, word: str) -> bool:
        return self.text.startswith(word, self.place)

    def take(self, word: str) -> bool:
        if self.at(word):
            self.place += len(word)
            return True
        return False

    def match(self, pattern: "re.Pattern[str]") -> Optional[Match[str]]:
        found = pattern.match(self.text, self.place)
        if found:
            self.place = found.end()
        return found

    def skip(self, pattern: "re.Pattern[str]", comments: bool = False) -> None:
        before = self.place
        self.match(pattern)
        if comments and "#" in self.text[before : self.place]:
            for found in _COMMENT.finditer(self.text, before, self.place):
                self.printable(found[0], _CONTROL, found.start())

    def comment(self) -> None:
        before = self.place
        found = self.match(_COMMENT)
        if found:
            self.printable(found[0], _CONTROL, before)

    def printable(self, words: str, control: "re.Pattern[str]", begins: int) -> None:
        found = control.search(words)
        if found:
            self.place = begins + found.start()
            self.wrong(f"a control character (0x{ord(found[0]):02x}) stands here")

    def line(self) -> int:
        place, line = self.counted if self.counted[0] <= self.place else (0, 1)
        self.counted = (self.place, line + self.text.count("\n", place, self.place))
        return self.counted[1]

    def wrong(self, says: str) -> NoReturn:
        raise TomlError(self.line(), says)

    # Keys and tables

    def key(self) -> List[str]:
        parts = []
        while True:
            self.skip(_BLANKS)
            if self.at('"') or self.at("'"):
                if self.at('"""') or self.at("'''"):
                    self.wrong("a key is on one line")
                parts.append(self.basic() if self.at('"') else self.literal())
            else:
                found = self.match(_BARE)
                if not found:
                    self.wrong(
                        "a key is missing here"
                        if self.place >= len(self.text) or self.text[self.place] in "=\n]."
                        else "a key cannot begin so"
                    )
                parts.append(found[0])
            if len(parts) > _DEEPEST:
                self.wrong("this is nested too deeply")
            self.skip(_BLANKS)
            if not self.take("."):
                return parts

    def header(self) -> Tuple[_Table, Path]:
        line = self.line()
        many = self.take("[[")
        if not many:
            self.take("[")
        parts = self.key()
        if not self.take("]]" if many else "]"):
            self.wrong(f"{']]' if many else ']'} is missing behind the table's name")
        table, path = self.root, ()  # type: Tuple[_Table, Path]
        for part in parts[:-1]:
            held = table.setdefault(part, _Table(_IMPLICIT))
            path = (*path, part)
            self.lines.setdefault(path, line)
            if isinstance(held, _Tables):
                path = (*path, len(held) - 1)
                held = held[-1]
            if not isinstance(held, _Table) or held.made == _CLOSED:
                raise TomlError(line, f"{part} is no table that could be added to")
            table = held
        return self.open(table, path, parts[-1], many, line)

    def open(
        self, table: _Table, path: Path, name: str, many: bool, line: int
    ) -> Tuple[_Table, Path]:
        held = table.get(name)
        path = (*path, name)
        if many:
            if held is None:
                held = table[name] = _Tables()
                self.lines[path] = line
            if not isinstance(held, _Tables):
                raise TomlError(
                    line, f"{name} is there already{self.first(path)}, and is no list of tables"
                )
            held.append(_Table(_HEADER))
            path = (*path, len(held) - 1)
            found = held[-1]
        elif held is None:
            found = table[name] = _Table(_HEADER)
        elif isinstance(held, _Table) and held.made == _IMPLICIT:
            found = held
            held.made = _HEADER
        else:
            raise TomlError(line, f"{name} is there already{self.first(path)}")
        self.lines[path] = line
        assert isinstance(found, _Table)
        return found, path

    def first(self, path: Path) -> str:
        return f", in line {self.lines[path]}" if path in self.lines else ""

    def pair(self, table: _Table, path: Path, depth: int = 0) -> None:
        line = self.line()
        parts = self.key()
        if not self.take("="):
            self.wrong("= is missing behind the key")
        self.skip(_BLANKS)
        for part in parts[:-1]:
            held = table.setdefault(part, _Table(_DOTTED))
            path = (*path, part)
            self.lines.setdefault(path, line)
            if not isinstance(held, _Table) or held.made in (_CLOSED, _HEADER):
                raise TomlError(
                    line, f"{part} is there already{self.first(path)}, and cannot be added to"
                )
            held.made = _DOTTED
            table = held
        path = (*path, parts[-1])
        if parts[-1] in table:
            raise TomlError(line, f"{parts[-1]} is there already{self.first(path)}")
        self.lines[path] = line
        table[parts[-1]] = self.value(path, depth)

    # Values

    def value(self, path: Path, depth: int) -> object:
        if depth > _DEEPEST:
            self.wrong("this is nested too deeply")
        if self.at('"'):
            return self.lines_of('"""') if self.at('"""') else self.basic()
        if self.at("'"):
            return self.lines_of("'''") if self.at("'''") else self.literal()
        if self.at("["):
            return self.array(path, depth)
        if self.at("{"):
            return self.inline(path, depth)
        for word, value in (("true", True), ("false", False)):
            if self.take(word):
                return value
        return (
            self.moment()
            if _DATE.match(self.text, self.place) or _TIME.match(self.text, self.place)
            else self.number()
        )

    def array(self, path: Path, depth: int) -> List[object]:
        found: List[object] = []
        self.take("[")
        while True:
            self.skip(_BETWEEN, comments=True)
            if self.take("]"):
                return found
            entry = (*path, len(found))
            self.lines[entry] = self.line()
            found.append(self.value(entry, depth + 1))
            self.skip(_BETWEEN, comments=True)
            if not self.take(",") and not self.at("]"):
                self.wrong("a comma or ] is missing in this list")

    def inline(self, path: Path, depth: int) -> _Table:
        found = _Table(_DOTTED)
        self.take("{")
        self.skip(_BLANKS)
        if not self.take("}"):
            while True:
                self.pair(found, path, depth + 1)
                self.skip(_BLANKS)
                if self.take("}"):
                    break
                if not self.take(","):
                    self.wrong("a comma or } is missing in this table, which stands on one line")
        _close(found)
        return found

    def moment(self) -> object:
        found = self.match(_DATE)
        try:
            if not found:
                found = self.match(_TIME)
                assert found
                return time(
                    int(found[1]), int(found[2]), int(found[3]), int((found[4] or "").ljust(6, "0"))
                )
            if not found[4]:
                return date(int(found[1]), int(found[2]), int(found[3]))
            zone = timezone.utc if found[8] else None
            if found[9]:
                zone = timezone(
                    timedelta(hours=int(found[9] + found[10]), minutes=int(found[9] + found[11]))
                )
            year, month, day, hour, minute, second = (int(found[place]) for place in range(1, 7))
            return datetime(
                year, month, day, hour, minute, second, int((found[7] or "").ljust(6, "0")), zone
            )
        except ValueError as error:
            self.wrong(f"there is no such date or time ({error})")

    def number(self) -> object:
        found = self.match(_NUMBER)
        if not found:
            self.wrong(
                "a value is missing"
                if self.place >= len(self.text) or self.text[self.place] in "\n#"
                else "a text stands in quotes"
            )
        words = found[0].replace("_", "")
        try:
            return float(words) if found[2] or found[3] else int(words, 0)
        except ValueError:
            self.wrong("this number is too long")

    # Texts

    def literal(self) -> str:
        begins = self.place + 1
        ends = self.text.find("'", begins)
        broken = self.text.find("\n", begins)
        if ends < 0 or 0 <= broken < ends:
            self.wrong("the closing ' is missing")
        self.printable(self.text[begins:ends], _CONTROL, begins)
        self.place = ends + 1
        return self.text[begins:ends]

    def basic(self) -> str:
        opening = self.place
        self.take('"')
        parts = []
        while True:
            parts.append(self.run(_PLAIN, _CONTROL))
            if self.take('"'):
                return "".join(parts)
            if not self.take("\\"):
                self.place = opening
                self.wrong('the closing " is missing')
            parts.append(self.escaped())

    def run(self, pattern: "re.Pattern[str]", control: "re.Pattern[str]") -> str:
        before = self.place
        found = self.match(pattern)
        words = found[0] if found else ""
        self.printable(words, control, before)
        return words

    def escaped(self) -> str:
        letter = self.text[self.place : self.place + 1]
        self.place += 1
        if letter in _CODE:
            found = self.match(_CODE[letter])
            number = int(found[0], 16) if found else -1
            if 0 <= number < 0xD800 or 0xDFFF < number <= 0x10FFFF:
                return chr(number)
            self.wrong(f"\\{letter} is not followed by the number of a character")
        if letter not in _ESCAPES or not letter:
            self.wrong(f"there is no escape \\{letter.strip()}")
        return _ESCAPES[letter]

    def lines_of(self, quotes: str) -> str:
        opening = self.place
        self.take(quotes)
        self.take("\n")
        if quotes == "'''":
            begins = self.place
            ends = self.text.find(quotes, begins)
            if ends < 0:
                self.place = opening
                self.wrong("the closing ''' is missing")
            self.printable(self.text[begins:ends], _CONTROL_IN_LINES, begins)
            self.place = ends
            return self.text[begins:ends] + self.closed(quotes)
        parts = []
        while True:
            parts.append(self.run(_PLAIN_LINES, _CONTROL_IN_LINES))
            if self.at(quotes):
                return "".join(parts) + self.closed(quotes)
            if self.take('"'):
                parts.append('"')
            elif self.take("\\"):
                if not self.match(_MORE):  # a line that ends in \ goes on behind the blanks
                    parts.append(self.escaped())
            else:
                self.place = opening
                self.wrong('the closing """ is missing')

    def closed(self, quotes: str) -> str:
        """Take the closing quotes; up to two more in front of them belong to the text."""
        self.take(quotes)
        more = ""
        while len(more) < 2 and self.take(quotes[0]):
            more += quotes[0]
        return more


def _close(table: _Table) -> None:
    table.made = _CLOSED
    for held in table.values():
        if isinstance(held, _Table):
            _close(held)
