"""Every action that the program names has words: the names are read from the source, not from a
list kept by hand.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

import pytest

import guestcheck
from guestcheck.advice import module_of, places

ROOT = Path(guestcheck.__path__[0])
# Where actions are named. Those of readiness are done inside the guest alone: `advice.repair` asks
# no other place.
FOLDERS = ("checks", "readiness", "advice", "model")
INSIDE = ("guest", "windows")


def calls(folder: str) -> Iterator[Tuple[str, ast.Call]]:
    """Yield each `Action(…)` in a folder's source, with its place."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and "Action" in (
                getattr(node.func, "id", ""),
                getattr(node.func, "attr", ""),
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def literals(call: ast.Call) -> Set[str]:
    """Return the names that an action may have by its call: one, or both of `"a" if … else "b"`."""
    named = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
    branches = [
        part
        for one in named
        for part in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))
    ]
    return {
        one.value
        for one in branches
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


# `repair` gives an action that somebody named to `_steps` again.
PASSED_ON = ("advice/__init__.py",)
NAMED: Dict[str, Dict[str, str]] = {
    folder: {name: where for where, call in calls(folder) for name in literals(call)}
    for folder in FOLDERS
}
WORDED: Dict[str, Set[str]] = {
    place: set(import_module(module_of(place)).ADVICE.words) for place in places()
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_name_stands_where_the_action_is_made(folder: str) -> None:
    """A name that is computed would be found by nobody, so there is none."""
    hidden = [
        where
        for where, call in calls(folder)
        if not literals(call) and where.partition(":")[0] not in PASSED_ON
    ]
    assert hidden == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_action_that_is_named_has_words(folder: str) -> None:
    places = INSIDE if folder == "readiness" else tuple(WORDED)
    worded = {name for place in places for name in WORDED[place]}
    assert {name: where for name, where in NAMED[folder].items() if name not in worded} == {}


def test_an_action_of_checks_has_words_whatever_the_platform_is() -> None:
    """Where a guest's platform is not known, there are the words of the guest, of Windows and of
    `other` alone.
    """
    worded = {name for place in (*INSIDE, "other") for name in WORDED[place]}
    assert {name: where for name, where in NAMED["checks"].items() if name not in worded} == {}


def test_no_words_are_for_an_action_that_nobody_names() -> None:
    named = {name for names_ in NAMED.values() for name in names_}
    assert {place: sorted(words - named) for place, words in WORDED.items() if words - named} == {}


def test_there_are_actions_to_find() -> None:
    assert "move-disk" in NAMED["checks"]
    assert {"pin-nic", "bind-nic"} <= set(NAMED["readiness"])
