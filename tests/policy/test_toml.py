"""TOML is read as Python's own reader does, and each key's line is known."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple, Type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.errors import UsageError
from guestcheck.policy._toml import Path, TomlError, parse
from tests.examples import examples

PIECES = (
    *(
        "a",
        "b",
        '"c d"',
        "'e'",
        ".",
        " = ",
        "\n",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "{}",
        "[]",
        ",",
        " ",
        "\t",
        "\\",
        "\r\n",
        "\r",
        "\x00",
        "é",
        "# c\n",
    ),
    *(
        "1",
        "-0",
        "+5",
        "01",
        "1__0",
        "0x1F",
        "0b10",
        "0o7",
        "1_000",
        "1.5",
        "1e9",
        "1.",
        ".5",
        "inf",
        "-nan",
        "true",
        "false",
        "9" * 5000,
    ),
    *(
        '"x"',
        "'y'",
        '""',
        '""""""',
        '"""""a"""""',
        '"""m\n"""',
        "'''l\n'l'''",
        '"\\u00e9"',
        '"\\ud800"',
        '"\\n"',
        '"\\q"',
        '"""a\\\n   b"""',
        '"\x7f"',
    ),
    *(
        "2024-01-31",
        "2024-02-30",
        "2024-01-31T10:00:00Z",
        "10:00:00",
        "25:00:00",
        "2024-01-01 10:00:00.123456789+05:30",
    ),
    *(
        "a = 1\n",
        "[a]\n",
        "[a.b]\n",
        "[[a]]\n",
        "[[a.b]]\n",
        "a.b = 2\n",
        "b.a.c=3\n",
        "c = {a=1, b.c=2}\n",
        "d = [1, [2], {x=1}]\n",
        "e = []\n",
        "[e]\n",
    ),
)
LINES = st.builds(
    lambda form, key: form.format(".".join(key)),
    st.sampled_from(
        ["[{}]", "[[{}]]", "{} = 1", "{} = {{}}", "{} = []", "{} = {{a.b=1}}", "{} = [{{a=1}}]"]
    ),
    st.lists(st.sampled_from("ab"), min_size=1, max_size=3),
)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has no reader of TOML")
@settings(max_examples=examples(1500))
@given(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
        st.lists(LINES, max_size=7).map("\n".join),
        st.text(max_size=40),
    )
)
def test_what_python_reads_is_read_the_same_and_what_it_refuses_is_refused(text: str) -> None:
    import tomllib

    for words in (text, f"k = {text}"):
        expected = read_by(tomllib.loads, ValueError, words)
        assert same(expected, read_by(lambda told: parse(told).values, TomlError, words))


def paths(values: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of all that is in `values`."""
    pairs = (
        values.items()
        if isinstance(values, dict)
        else enumerate(values)
        if isinstance(values, list)
        else ()
    )
    for key, value in pairs:
        yield (*path, key)
        yield from paths(value, (*path, key))


@settings(max_examples=examples(500))
@given(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
        st.lists(LINES, max_size=7).map("\n".join),
    )
)
def test_all_that_is_read_has_a_line_and_nothing_else_has(text: str) -> None:
    every = range(1, text.count("\n") + 2)
    document = read_by(parse, TomlError, text)
    if document:
        assert {*document.lines} == {*paths(document.values)}
        assert {*document.lines.values()} <= {*every}
    else:
        with pytest.raises(TomlError) as error:
            parse(text)
        assert error.value.line in every


class Written(NamedTuple):
    """A value as it is written; of what is in it, by its path, how many lines below the first it
    stands.
    """

    text: str
    lines: Dict[Path, int]


def in_list(values: List[Written], between: str, comma: bool) -> Written:
    text = "["
    lines: Dict[Path, int] = {}
    for number, value in enumerate(values):
        text += between
        add(lines, (number,), text.count("\n"), value)
        text += value.text + ("," if comma or number < len(values) - 1 else "")
    return Written(f"{text}{between}]", lines)


def in_table(
    keys: List[Tuple[str, ...]], values: List[Written], spell: Callable[[str], str]
) -> Written:
    text = ""
    lines: Dict[Path, int] = {}
    for key, value in zip(keys, values):
        text += ("," if text else "") + " " + " . ".join(map(spell, key)) + " = "
        add_key(lines, (), key, text.count("\n"), value)
        text += value.text
    return Written(f"{{{text}}}", lines)


def add(lines: Dict[Path, int], path: Path, line: int, value: Written) -> None:
    lines[path] = line
    lines.update({(*path, *inner): line + below for inner, below in value.lines.items()})


def add_key(
    lines: Dict[Path, int], path: Path, key: Tuple[str, ...], line: int, value: Written
) -> None:
    lines.update({(*path, *key[:length]): line for length in range(1, len(key))})
    add(lines, (*path, *key), line, value)


SPELLINGS = (
    str,
    '"{}"'.format,
    "'{}'".format,
    lambda key: '"' + "".join(f"\\u{ord(letter):04x}" for letter in key) + '"',
)
SPELL = st.sampled_from(SPELLINGS)
TEXTS = ('"#[{="', "'}]'", r'"\"\\"', '"""\n[x]\na = 1\n"""', "'''\n''\n'''", '""""q"\n\\"""""')
PLAIN = st.sampled_from(("1", "-1_0.5e3", "true", "2024-01-31", "2024-01-31 10:00:00", *TEXTS))
BETWEEN = st.sampled_from(["", " ", "\n", " # ], '\n", "\n\n\t"])
KEY = st.sampled_from([("a",), ("b", "c"), ("d", "e", "f"), ("g-1",)])
KEYS = st.lists(KEY, max_size=4, unique=True)
VALUES = st.recursive(
    st.builds(Written, PLAIN, st.just({})),
    lambda inner: st.one_of(
        st.builds(in_list, st.lists(inner, max_size=3), BETWEEN, st.booleans()),
        st.builds(in_table, KEYS, st.lists(inner, max_size=4), SPELL),
    ),
    max_leaves=6,
)
PAIRS = st.lists(st.tuples(KEY, VALUES, SPELL, BETWEEN), max_size=3, unique_by=lambda row: row[0])
# Of [[t]] there are two, and [t.w] behind them belongs to the second.
HEADERS = st.lists(
    st.tuples(st.sampled_from(["t", "u.v", "t.w"]), st.booleans()),
    max_size=3,
    unique_by=lambda header: header[0],
)


@settings(max_examples=examples(400))
@given(HEADERS, st.data())
def test_each_line_is_the_one_on_which_it_is_written(
    headers: List[Tuple[str, bool]], data: st.DataObject
) -> None:
    text = ""
    lines: Dict[Path, int] = {}
    many: Dict[Path, int] = {}
    for name, is_many in sorted(headers):
        for number in range(2 if is_many else 1):
            text += "# [x]\n" + (f"[[{name}]]" if is_many else f"[{name}]") + " # y = 1\n"
            line = text.count("\n")
            first, *rest = name.split(".")
            path: Path = (first,)
            for part in rest:
                lines.setdefault(path, line)
                path = (*path, *([many[path]] if path in many else []), part)
            if is_many:
                lines.setdefault(path, line)
                many[path] = number
                path = (*path, number)
            lines[path] = line
            for key, value, spell, between in data.draw(PAIRS):
                text += between + ".".join(map(spell, key)) + " = "
                add_key(lines, path, key, text.count("\n") + 1, value)
                text += value.text + "\n"
    assert parse(text).lines == lines, text


def read_by(reader: Callable[[str], Any], refusal: Type[ValueError], text: str) -> Any:
    try:
        return reader(text)
    except refusal:
        return None


def test_every_key_and_entry_has_its_line() -> None:
    text = (
        '# one\na = 1\n\n[b]\nc.d = """\nx\n"""\ne = [\n  1, # two\n  2,\n]\n[[f]]\ng = '
        "1\n[[f]]\ng = "
        "{h = 2}\n"
    )
    lines = parse(text).lines
    assert lines["a",] == 2
    assert lines["b",] == 4
    assert (lines["b", "c"], lines["b", "c", "d"]) == (5, 5)
    assert (lines["b", "e"], lines["b", "e", 0], lines["b", "e", 1]) == (8, 9, 10)
    assert (lines["f", 0], lines["f", 1], lines["f", 1, "g", "h"]) == (12, 14, 15)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nb = x\n", 2, "a text stands in quotes"),
        ("a = 1\na = 2\n", 2, "a is there already, in line 1"),
        ("[a]\n\n[a]\n", 3, "a is there already, in line 1"),
        ('a = "\n', 1, 'the closing " is missing'),
        ('a = """\n\n\n', 1, 'the closing """ is missing'),
        ("a = [1\n2]\n", 2, "a comma or ] is missing"),
        ("\n\na 1\n", 3, "= is missing behind the key"),
        ("a = 1 b = 2\n", 1, "the line should end here"),
        ("a = \x01\n", 1, "a text stands in quotes"),
        ("# \x1b[31m\n", 1, "a control character (0x1b)"),
        ("a = 2024-02-30\n", 1, "there is no such date or time"),
        ("a = " + "[" * 10_000, 1, "nested too deeply"),
        ("a" + ".a" * 10_000 + " = 1", 1, "nested too deeply"),
        ("\n[a" + ".a" * 10_000 + "]", 2, "nested too deeply"),
        ("a = 1\na = " + "{a = " * 10_000, 2, "a is there already, in line 1"),
        ("a = 1\nb = " + "{a = " * 10_000, 2, "nested too deeply"),
        ("\na = " + "9" * 700_000, 2, "this number is too long"),
        ("a = 1\n'a' = '''\n\n'''\n", 2, "a is there already, in line 1"),
        ('a = 1\n"\\u0061" = 2\n', 2, "a is there already, in line 1"),
        ("[a]\nb = 1\n[[a]]\n", 3, "a is there already, in line 1, and is no list of tables"),
        ("[a]\nb = 1\n[a.b]\n", 3, "b is there already, in line 2"),
        ("[a.b]\n[a]\nb.c = 1\n", 3, "b is there already, in line 1, and cannot be added to"),
        ("a = {b = 1}\na.c = 2\n", 2, "a is there already, in line 1, and cannot be added to"),
        ("a = {b = 1}\n[a.c]\n", 2, "a is no table that could be added to"),
        ("a = {b = 1, b = 2}\n", 1, "b is there already, in line 1"),
        ("[[a]]\nb = 1\n[[a]]\nb = 1\nb = 2\n", 5, "b is there already, in line 4"),
        ("a = [\n x,\n 1 2\n", 2, "a text stands in quotes"),
        ('a = "\\q"\nb = \n', 1, "there is no such escape"),
        ('a = "\\ud800"\n', 1, "not followed by the number of a character"),
        ("[a\n", 1, "] is missing behind the table's name"),
        ("a = {b = 1\n", 1, "a comma or } is missing in this table"),
        ("a = 1\nb =\n", 2, "a value is missing"),
        ("a = 1\n= 1\n", 2, "a key is missing here"),
        ("a = 1\n'''a''' = 1\n", 2, "a key is on one line"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(TomlError) as error:
        parse(text)
    assert error.value.line == line
    assert says in str(error.value)


def test_a_large_file_takes_time_in_proportion_to_its_size() -> None:
    # The largest policy that is read has 1 MiB; what is quadratic takes minutes for it.
    text = "".join(f"[[a]]\nb = [1, {{c = '{number:20}'}}]\n" for number in range(20_000))
    assert parse(text).lines["a", 19_999, "b", 1, "c"] == 40_000
    with pytest.raises(TomlError, match="the closing"):
        parse('a = """' + '""\\" ' * 200_000)


def test_an_old_python_without_tomli_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guestcheck.policy._toml.sys", SimpleNamespace(version_info=(3, 10, 0)))
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(UsageError, match=r"Python 3\.11 or newer, or the library tomli"):
        parse("a = 1")
