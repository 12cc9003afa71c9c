"""TOML is read as Python's own reader does, and each key's line is known."""

from __future__ import annotations

import math
import sys
from typing import Any, Callable, Type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.policy._toml import TomlError, parse
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
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(TomlError) as error:
        parse(text)
    assert error.value.line == line
    assert says in str(error.value)
