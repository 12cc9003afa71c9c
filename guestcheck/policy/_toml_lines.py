"""On which line of a TOML text each key stands, which tomllib does not say.

A walk over the text that reads keys and brackets, and steps over values. It decides nothing about
values: whether the text is TOML is for the library to say. What the walk does notice (a missing
bracket, a key that is there already) it can name better than the library, with the first line of
two. It is also the bound that the library lacks: what is nested deeper than `DEEPEST`, or has a
number longer than `LONGEST_NUMBER`, ends the walk, and the library never sees it.
See https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Match, NamedTuple, NoReturn, Optional, Set, Tuple, Union

Path = Tuple[Union[str, int], ...]

DEEPEST = 60  # levels of keys, lists and tables; no policy has more than four
LONGEST_NUMBER = 640  # digits, the fewest that Python's own limit may be set to


class Fault(NamedTuple):
    """Where the walk ended early: `line` is the one to name, from 1; `place` is an index."""

    line: int
    place: int
    says: str


class Located(NamedTuple):
    """The line of each key, table and entry of a list by its path, up to the fault, if any."""

    lines: Dict[Path, int]
    fault: Optional[Fault]


def locate(text: str, loads: Callable[[str], Dict[str, object]]) -> Located:
    r"""Return the lines of all keys; `loads` reads what is in a quoted key, "\u00e9" for one.

    >>> locate('a = 1\n[b]\nc = "x"\n', dict).lines
    {('a',): 1, ('b',): 2, ('b', 'c'): 3}
    """
    walk = _Walk(text, loads)
    try:
        walk.statements()
    except _EndError as end:
        return Located(walk.lines, end.fault)
    return Located(walk.lines, None)


class _EndError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.says)
        self.fault = fault


_BLANKS = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?")  # of a line: blanks and a comment
_BETWEEN = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
# Up to two quotes in front of the closing three belong to the text.
_BASIC_LINES = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5}',
    re.DOTALL,
)
_LITERAL_LINES = re.compile(r"'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}")
# A number, a moment, true or false. A day and a time may have one blank between them.
_PLAIN = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} (?=[0-9]))?[^\s,\[\]{}#\"'=]+")
_WHOLE_NUMBER = re.compile(r"[+-]?([0-9_]+)(?![0-9_.eE])")


class _Walk:
    def __init__(self, text: str, loads: Callable[[str], Dict[str, object]]) -> None:
        self.text = text
        self.loads = loads
        self.place = 0
        self.counted = (0, 1)  # a place, and the line of it
        self.lines: Dict[Path, int] = {}
        self.headed: Set[Path] = set()  # tables by a header of their own
        self.dotted: Set[Path] = set()  # tables by a key with dots: a.b = 1 makes a
        self.given: Set[Path] = set()  # keys with a value, which is complete
        self.counts: Dict[Path, int] = {}  # the tables of each [[header]] so far

    def statements(self) -> None:
        path: Path = ()
        while True:
            self.match(_BETWEEN)
            if self.place >= len(self.text):
                return
            if self.take("["):
                path = self.header()
            else:
                self.pair(path, 0)
            self.match(_REST)
            if self.place < len(self.text) and not self.at("\n"):
                self.end("the line should end here")

    def at(self, word: str) -> bool:
        return self.text.startswith(word, self.place)

    def take(self, word: str) -> bool:
        taken = self.at(word)
        self.place += len(word) if taken else 0
        return taken

    def match(self, pattern: "re.Pattern[str]") -> Optional[Match[str]]:
        matched = pattern.match(self.text, self.place)
        if matched:
            self.place = matched.end()
        return matched

    def line(self) -> int:
        place, line = self.counted
        self.counted = (self.place, line + self.text.count("\n", place, self.place))
        return self.counted[1]

    def end(self, says: str, line: int = 0) -> NoReturn:
        raise _EndError(Fault(line or self.line(), self.place, says))

    def first(self, path: Path) -> str:
        return f"{path[-1]} is there already, in line {self.lines[path]}"

    def header(self) -> Path:
        line = self.line()
        many = self.take("[")
        *way, name = self.key()
        closing = "]]" if many else "]"
        if not self.take(closing):
            self.end(f"{closing} is missing behind the table's name")
        path: Path = ()
        for part in way:
            path = (*path, part)
            if path in self.given:
                self.end(f"{part} is no table that could be added to", line)
            self.lines.setdefault(path, line)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        path = (*path, name)
        return self.many(path, line) if many else self.one(path, line)

    def one(self, path: Path, line: int) -> Path:
        if path in self.headed or path in self.dotted or path in self.given:
            self.end(self.first(path), line)
        self.headed.add(path)
        self.lines[path] = line
        return path

    def many(self, path: Path, line: int) -> Path:
        if path in self.lines and path not in self.counts:
            self.end(f"{self.first(path)}, and is no list of tables", line)
        self.counts[path] = self.counts.get(path, 0) + 1
        self.headed.add(path)
        self.lines.setdefault(path, line)
        path = (*path, self.counts[path] - 1)
        self.lines[path] = line
        return path

    def pair(self, path: Path, depth: int) -> None:
        line = self.line()
        *way, name = self.key()
        if not self.take("="):
            self.end("= is missing behind the key")
        for part in way:
            path = (*path, part)
            if path in self.given or path in self.headed:
                self.end(f"{self.first(path)}, and cannot be added to", line)
            self.lines.setdefault(path, line)
            self.dotted.add(path)
        path = (*path, name)
        if path in self.lines:
            self.end(self.first(path), line)
        self.lines[path] = line
        self.match(_BLANKS)
        self.value(path, depth)
        self.given.add(path)

    def key(self) -> Tuple[str, ...]:
        parts: Tuple[str, ...] = ()
        while True:
            self.match(_BLANKS)
            parts = (*parts, self.part())
            if len(parts) > DEEPEST:
                self.end("this is nested too deeply")
            self.match(_BLANKS)
            if not self.take("."):
                return parts

    def part(self) -> str:
        if self.at('"""') or self.at("'''"):
            self.end("a key is on one line")
        quoted = self.match(_BASIC) or self.match(_LITERAL)
        if quoted:
            return self.unquoted(quoted[0])
        if self.at('"') or self.at("'"):
            self.end(f"the closing {self.text[self.place]} is missing")
        bare = self.match(_BARE)
        if not bare:
            is_missing = self.text[self.place : self.place + 1] in ("", *"=\n].}")
            self.end("a key is missing here" if is_missing else "a key cannot begin so")
        return bare[0]

    def unquoted(self, word: str) -> str:
        if word[0] == "'" or "\\" not in word:
            return word[1:-1]
        try:
            return str(self.loads(f"key = {word}")["key"])
        except ValueError:
            self.end("no key can be read between these quotes")

    def value(self, path: Path, depth: int) -> None:
        if depth > DEEPEST:
            self.end("this is nested too deeply")
        if self.at('"') or self.at("'"):
            self.quoted()
        elif self.take("["):
            self.array(path, depth)
        elif self.take("{"):
            self.inline(path, depth)
        else:
            self.plain()

    def quoted(self) -> None:
        quote = self.text[self.place]
        is_lines = self.at(quote * 3)
        one, lines = (_BASIC, _BASIC_LINES) if quote == '"' else (_LITERAL, _LITERAL_LINES)
        if not self.match(lines if is_lines else one):
            self.end(f"the closing {quote * 3 if is_lines else quote} is missing")

    def plain(self) -> None:
        line = self.line()
        word = self.match(_PLAIN)
        if not word:
            is_missing = self.text[self.place : self.place + 1] in ("", *"\n#,]}")
            self.end("a value is missing" if is_missing else "a text stands in quotes")
        whole = _WHOLE_NUMBER.match(word[0])
        if whole and len(whole[1].replace("_", "")) > LONGEST_NUMBER:
            self.place = word.start()
            self.end("this number is too long", line)

    def array(self, path: Path, depth: int) -> None:
        number = 0
        while True:
            self.match(_BETWEEN)
            if self.take("]"):
                return
            entry = (*path, number)
            self.lines[entry] = self.line()
            self.value(entry, depth + 1)
            number += 1
            self.match(_BETWEEN)
            if not self.take(",") and not self.at("]"):
                self.end("a comma or ] is missing in this list")

    def inline(self, path: Path, depth: int) -> None:
        # TOML 1.1 lets it go on over lines; whether this one may, the library says.
        self.match(_BETWEEN)
        while not self.take("}"):
            self.pair(path, depth + 1)
            self.match(_BETWEEN)
            if not self.take(",") and not self.at("}"):
                self.end("a comma or } is missing in this table")
            self.match(_BETWEEN)
