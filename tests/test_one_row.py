"""A fact about an interface is in its row: no stage spells an interface, module or kernel option.

`catalogue/` holds the rows, and `advice/hosts/` the spelling of each platform. Elsewhere a name as
a whole string literal is a second home of a fact. LEFT counts those that are left; a number there
may only get smaller.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

import pytest

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.virtio import TRANSPORT, TRANSPORT_ON

PACKAGE = Path(__file__).parents[1] / "guestcheck"
FREE = ("catalogue/", "advice/hosts/")
OPTION = re.compile(r"(# )?CONFIG_[A-Z0-9_]+")
MODULES = {module for row in INTERFACES for module in row.modules} | {
    TRANSPORT,
    *TRANSPORT_ON.values(),
}
NAMES = {row.id for row in INTERFACES} | MODULES

# What leaves a guest, and where text comes from, knows no catalogue (tests/test_imports.py).
LEFT: Dict[str, int] = {
    "evidence/windows/services.py": 2,
    "privacy/secrets.py": 1,  # the option that may hold a secret; collectors get it from there too
    "sources/pasted.py": 3,  # with these a kernel's configuration ends
}


def docstrings(tree: ast.AST) -> Set[int]:
    """Return the ids of the nodes that are docstrings, which may name what they like."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def spelled(source: str) -> Iterator[Tuple[int, str]]:
    """Yield the line and text of each literal that is an interface, a module or an option."""
    tree = ast.parse(source)
    pages = docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in pages
            and (node.value in NAMES or OPTION.match(node.value))
        ):
            yield node.lineno, node.value


def spelling_files() -> Dict[str, int]:
    """Return by file how many such literals it has."""
    found = {
        path.relative_to(PACKAGE).as_posix(): len(list(spelled(path.read_text(encoding="utf-8"))))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return {name: n for name, n in found.items() if n and not name.startswith(FREE)}


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ('x = "virtio-blk"', ["virtio-blk"]),
        ('x = ("virtio_scsi", "sd_mod")', ["virtio_scsi", "sd_mod"]),
        ('x = "CONFIG_VIRTIO_BLK"', ["CONFIG_VIRTIO_BLK"]),
        ('x = f"{y} CONFIG_A"', []),
        ('def f():\n    """virtio-blk"""', []),
        ('x = "a disk on virtio-blk"', []),
    ],
)
def test_a_spelled_name_is_seen(source: str, literals: "list[str]") -> None:
    assert [text for _, text in spelled(source)] == literals


def test_no_stage_spells_an_interface_but_those_that_are_left() -> None:
    found = spelling_files()
    more = {name: n for name, n in found.items() if n > LEFT.get(name, 0)}
    assert more == {}, "read the fact from its row: guestcheck/catalogue/rows.py"


def test_what_is_left_gets_less() -> None:
    found = spelling_files()
    fewer = {name: found.get(name, 0) for name, n in LEFT.items() if found.get(name, 0) < n}
    assert fewer == {}, "lower LEFT to these numbers"
