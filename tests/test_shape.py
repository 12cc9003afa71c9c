"""The shape of the code: no file is long, no function is long, and no import comes back to where it
began.

The tables of `catalogue/` may be as long as what they list. LONG_FILES and LONG_FUNCTIONS are those
that are still to be cut: the lists may only get shorter.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

PACKAGE = Path(__file__).parents[1] / "guestcheck"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 450
LONGEST_FUNCTION = 60

LONG_FILES = {
    "advice/linux/guest.py",
    "advice/linux/initramfs.py",
    "advice/linux/network.py",
    "advice/linux/ready.py",
    "advice/script/fix_script.py",
    "advice/script/shell.py",
    "model/action.py",
    "readiness/linux/device_names.py",
}
LONG_FUNCTIONS: Set[str] = {
    "advice/hosts/vmware.py:move_disk",
    "advice/linux/network.py:bind_nic",
    "advice/windows/ready.py:_rescue",
    "checks/guest.py:agent_missing",
    "classify/hypervisor.py:_clues",
    "evidence/__init__.py:read",
    "evidence/linux/config/_profiles.py:parse_networkd",
    "facts/linux/disks.py:_from_sysfs",
    "facts/windows/registry.py:windows",
    "policy/schema.py:_schema",
    "readiness/linux/after_boot.py:later",
    "readiness/linux/nic_names.py:_unnamed",
    "readiness/linux/nic_reasons.py:lost_network",
    "readiness/linux/references.py:_root",
    "sources/pasted.py:recognise",
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def long_files() -> Iterator[str]:
    for path in FILES:
        name = name_of(path)
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST_FILE and not name.startswith("catalogue/"):
            yield name


def long_functions_in(file: str, code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION:
                yield f"{file}:{node.name}"


def test_no_file_is_long_but_those_that_are_still_to_be_cut() -> None:
    assert set(long_files()) - LONG_FILES == set()
    assert LONG_FILES - set(long_files()) == set(), "take these out of LONG_FILES"


def test_no_function_is_long_but_those_that_are_still_to_be_cut() -> None:
    found = {
        name
        for path in FILES
        for name in long_functions_in(name_of(path), path.read_text(encoding="utf-8"))
    }
    assert found - LONG_FUNCTIONS == set()
    assert LONG_FUNCTIONS - found == set(), "take these out of LONG_FUNCTIONS"


def test_a_long_function_is_seen() -> None:
    body = "    pass\n" * LONGEST_FUNCTION
    assert list(long_functions_in("f.py", f"def f():\n{body}")) == ["f.py:f"]
    assert not list(long_functions_in("f.py", f"def f():\n{body[9:]}"))


def imported_at_once(path: Path, modules: Set[str]) -> Set[str]:
    """Return the modules of ours that a file imports when it is itself imported."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found & modules


def circle(graph: Dict[str, Set[str]]) -> List[str]:
    """Return names of which each leads to the next and the last to the first; none where there are
    no such.

    >>> circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    ['b', 'c']
    >>> circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    []
    """
    done: Set[str] = set()
    for start in sorted(graph):
        way: List[Tuple[str, List[str]]] = [(start, sorted(graph[start]))]
        while way and start not in done:
            left = way[-1][1]
            if not left:
                done.add(way.pop()[0])
                continue
            following = left.pop()
            names = [one for one, _ in way]
            if following in names:
                return names[names.index(following) :]
            if following not in done:
                way.append((following, sorted(graph[following])))
    return []


def test_no_import_comes_back_to_where_it_began() -> None:
    modules = {
        "guestcheck." + name_of(path)[:-3].replace("/", "."): path
        for path in FILES
        if path.name != "__init__.py"
    }
    graph = {name: imported_at_once(path, set(modules)) - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > len(graph)
    assert circle(graph) == []
