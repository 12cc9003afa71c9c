"""The family of a guest is chosen once; each stage has a folder for each family."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Dict, Iterator

import pytest

from guestcheck.catalogue.families import WORDING
from guestcheck.model.family import FAMILIES

PACKAGE = Path(__file__).parents[1] / "guestcheck"
# Branches on the family of a guest outside of the families' folders, by file. The list only
# shrinks.
BRANCHES: Dict[str, int] = {}
NAMES = ("windows", "is_windows", "for_windows", "family", "LINUX", "WINDOWS")


def test_the_order_of_things_is_short() -> None:
    assert len((PACKAGE / "run.py").read_text(encoding="utf-8").splitlines()) <= 150


def branches(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each condition that asks for the family of a guest."""
    for node in ast.walk(tree):
        conditions = [
            getattr(node, "test", None),
            *(getattr(node, "ifs", None) or ()),
            *(node.values if isinstance(node, ast.BoolOp) else ()),
            node if isinstance(node, ast.Compare) else None,
        ]
        for condition in conditions:
            if isinstance(condition, ast.UnaryOp):
                condition = condition.operand
            if isinstance(condition, ast.Compare):
                parts = [condition.left, *condition.comparators] if condition is node else []
            else:
                parts = [condition.func if isinstance(condition, ast.Call) else condition]
            if any(getattr(one, "attr", getattr(one, "id", "")) in NAMES for one in parts):
                yield getattr(node, "lineno", 0)


def found() -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if "/windows/" not in name and name != "run.py":
            lines = set(branches(ast.parse(path.read_text(encoding="utf-8"))))
            if lines:
                counts[name] = len(lines)
    return counts


def test_few_branches_on_the_family_remain() -> None:
    assert found() == BRANCHES
    assert sum(BRANCHES.values()) < 10


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("if guest.windows is not None: pass", 1),
        ("if not is_windows(guest): pass", 1),
        ("a = 1 if guest.family == WINDOWS else 2", 1),
        ("a = [step for step in steps if not step.windows]", 1),
        ("a = windows and windows.sets", 1),
        ("a = WORDING[guest.family].devices", 0),
        ("a = guest.windows", 0),
    ],
)
def test_a_branch_is_found(code: str, count: int) -> None:
    assert len(set(branches(ast.parse(code)))) == count


def test_each_family_has_words() -> None:
    assert tuple(WORDING) == FAMILIES


@pytest.mark.parametrize(
    "verb", ["facts/{}/guest", "readiness/{}/assess", "readiness/{}/moves", "advice/{}/guest"]
)
def test_each_family_has_the_same_files(verb: str) -> None:
    for family in FAMILIES:
        assert (PACKAGE / f"{verb.format(family)}.py").is_file()
