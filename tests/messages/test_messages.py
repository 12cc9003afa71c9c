"""Each message of the code has its English sentence, with the same parameters, and no other."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter
from typing import Dict, Iterator, Set, Tuple

import pytest

from guestcheck.messages import messages, words
from guestcheck.model.message import message

PACKAGE = Path(__file__).parents[2] / "guestcheck"


def made() -> Iterator[Tuple[str, str, Set[str]]]:
    """Yield of each `message(...)` its place, id and parameters; "*" in an id is filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "message":
                code = node.args[0]
                parts = code.values if isinstance(code, ast.JoinedStr) else [code]
                id_ = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts
                )
                place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                yield place, id_, {word.arg or "**" for word in node.keywords}


MADE = tuple(made())


def parameters(text: str) -> Set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def of(id_: str) -> Dict[str, str]:
    """Return the sentences that an id of the code may stand for."""
    before, star, after = id_.partition("*")
    return {
        code: text
        for code, text in messages().items()
        if code == id_
        or (
            star
            and code.startswith(before)
            and code.endswith(after)
            and "." not in code[len(before) : len(code) - len(after)]
        )
    }


@pytest.mark.parametrize(
    ("place", "id_", "given"), MADE, ids=[f"{one[1]} {one[0]}" for one in MADE]
)
def test_a_message_of_the_code_has_words_that_use_all_its_parameters(
    place: str, id_: str, given: Set[str]
) -> None:
    sentences = of(id_)
    assert sentences, f"{place}: {id_} has no sentence"
    for code, text in sentences.items():
        assert parameters(text) == given, f"{place}: {code}"


def test_each_sentence_is_said_somewhere() -> None:
    said = {code for _, id_, _ in MADE for code in of(id_)}
    assert sorted(set(messages()) - said) == []


def test_lists_numbers_and_messages_are_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = {
        "disks": "{count} {count:disk|disks}: {names}; {names:and}",
        "so": "{first}, so {name} is left",
    }
    monkeypatch.setattr("guestcheck.messages.messages", lambda: sentences)
    inner = message("disks", count=2, names=("sda", "sdb"))
    assert words(inner) == "2 disks: sda, sdb; sda and sdb"
    assert words(message("disks", count=1, names=("sda",))) == "1 disk: sda; sda"
    assert words(message("so", first=inner, name="{x}")) == (
        "2 disks: sda, sdb; sda and sdb, so {x} is left"
    )
    assert words("as it is {x}") == "as it is {x}"


SAYS = {"Reason": (1, 4), "Outcome": (1, 2), "Fate": (1,), "Use": (0, 3), "named": (1, 6)}


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "readiness").rglob("*.py")), ids=lambda path: path.name
)
def test_readiness_makes_messages_and_no_sentences(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        places = SAYS.get(getattr(getattr(node, "func", None), "id", ""), ())
        for number in places:
            given = node.args[number : number + 1] if isinstance(node, ast.Call) else []
            assert not any(
                isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and one.value)
                for one in given
            ), f"{path.name}:{node.lineno}: use message(...)"
