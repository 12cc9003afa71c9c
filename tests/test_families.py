"""The family of a guest is chosen once; each stage has a folder for each family."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from guestcheck.catalogue.families import WORDING
from guestcheck.model.family import FAMILIES

PACKAGE = Path(__file__).parents[1] / "guestcheck"
# Branches on the family of a guest outside of the families' folders, by file. The list only
# shrinks. (psutil's addresses have a `family` too.)
BRANCHES: Dict[str, int] = {
    "advice/_unneeded.py": 1,
    "advice/hosts/proxmox.py": 1,
    "checks/__init__.py": 1,
    "cli/preflight.py": 1,
    "model/advice.py": 1,
    "model/guest.py": 1,
    "model/known.py": 1,
    "render/page/findings.py": 1,
    "render/page/guest.py": 1,
}
NAMES = ("windows", "is_windows", "for_windows", "family", "LINUX", "WINDOWS")


def test_the_order_of_things_is_short() -> None:
    assert len((PACKAGE / "run.py").read_text(encoding="utf-8").splitlines()) <= 150


def _parts(node: ast.AST) -> List[ast.expr]:
    """Return the conditions that `and` joins; `guest.windows or Windows()` is a default."""
    return node.values if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) else []


def branches(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each condition that asks for the family of a guest."""
    for node in ast.walk(tree):
        conditions = [
            getattr(node, "test", None),
            *(getattr(node, "ifs", None) or ()),
            *_parts(node),
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
        if "/windows/" not in name and name not in ("run.py", "sources/_libraries.py"):
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
        ("a = guest.windows or Windows()", 0),
    ],
)
def test_a_branch_is_found(code: str, count: int) -> None:
    assert len(set(branches(ast.parse(code)))) == count


def test_each_family_has_words() -> None:
    assert tuple(WORDING) == FAMILIES


FILES = (
    "facts/{}/guest",
    "classify/{}/verdicts",
    "readiness/{}/assess",
    "readiness/{}/moves",
    "advice/{}/guest",
    "advice/{}/inside",
    "advice/{}/fix_script",
)


@pytest.mark.parametrize("verb", FILES)
def test_each_family_has_the_same_files(verb: str) -> None:
    for family in FAMILIES:
        assert (PACKAGE / f"{verb.format(family)}.py").is_file()
