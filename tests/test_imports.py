"""The stages know each other in one direction alone: the table "Who may import whom" of the design."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, List, Set, Tuple

import pytest

PACKAGE = Path(__file__).parents[1] / "guestcheck"
FILES = sorted(PACKAGE.rglob("*.py"))

# What each stage may import of ours besides itself; `errors` and `discovery` are everybody's.
EVERYBODY = {"errors", "discovery"}
MAY = {
    "model": set(),
    "collectors": {"model", "privacy", "__version__"},
    "privacy": {"model"},
    "unpack": {"model"},
    "stores": {"model", "unpack"},
    "errors": set(),
    "discovery": set(),
    "output_file": set(),
    "sources": {"model", "stores", "unpack", "privacy", "__version__", "output_file"},
    "evidence": {"model", "catalogue"},
    "catalogue": {"model"},
    "checks": {"model", "catalogue"},
    "advice": {"model", "catalogue", "messages"},
    "render": {"model", "catalogue", "messages"},
    "messages": {"model"},
    "facts": {"model", "catalogue", "evidence"},
    "classify": {"model", "catalogue"},
    "readiness": {"model", "catalogue"},
    "compare": {"model"},
    "policy": {"model", "catalogue"},
    "run": {
        "model",
        "__version__",
        "evidence",
        "facts",
        "classify",
        "readiness",
        "catalogue",
        "checks",
        "advice",
        "policy",
    },
    # `list` and `explain` print what there is: questions, devices, checks; `policy` reads and
    # writes policies.
    "cli": {
        "model",
        "policy",
        "__version__",
        "run",
        "compare",
        "sources",
        "render",
        "output_file",
        "evidence",
        "checks",
        "catalogue",
        "collectors",
        "privacy",
        "unpack",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
# Libraries that not every guest has, and the files that may import them.
LIBRARIES = {
    "psutil": {"sources/_libraries.py"},
    "pyudev": {"sources/_libraries.py"},
    "rich": {"render/people/terminal.py", "cli/check.py"},
    "tomli": {"policy/_toml.py"},  # tomllib's origin, for Python before 3.11
    "zstandard": {"unpack/stream.py", "unpack/packed.py"},
    "lz4": {"unpack/packed.py"},
    "compression": {
        "unpack/stream.py",
        "unpack/packed.py",
    },  # the standard library's, from Python 3.14 on
}
STANDARD_ONLY = "guestcheck"


def stage(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].partition(".")[0]


def imports(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield the line and full name of each import, `from a import b` as a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def named_in_strings(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield the modules that `import_module("guestcheck.…")` names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
        ):
            first = node.args[0]
            text = first.values[0] if isinstance(first, ast.JoinedStr) else first
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield node.lineno, text.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_stage_may(path: Path) -> None:
    mine = stage(path)
    assert mine in MAY, f"{path} is of no stage of the design"
    allowed = MAY[mine] | {mine} | (EVERYBODY if mine not in ("model", "errors") else set())
    wrong: List[str] = []
    for line, name in (*imports(path), *named_in_strings(path)):
        parts = name.split(".")
        if parts[0] == "guestcheck" and len(parts) > 1 and parts[1] not in allowed:
            wrong.append(f"line {line}: {name}")
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_imported_where_it_may_be_missing(path: Path) -> None:
    import sys

    standard: Set[str] = set(getattr(sys, "stdlib_module_names", ()))
    where = path.relative_to(PACKAGE).as_posix()
    for line, name in imports(path):
        library = name.partition(".")[0]
        if library in LIBRARIES:
            assert where in LIBRARIES[library], f"line {line} imports {library}"
        elif standard:
            assert library in standard | {STANDARD_ONLY}, (
                f"line {line} imports {library}, which no guest need have"
            )


def test_the_order_of_things_stands_in_run_alone() -> None:
    joining = [
        path.relative_to(PACKAGE).as_posix()
        for path in FILES
        if {name.split(".")[1] for _, name in imports(path) if name.startswith("guestcheck.")}
        >= {"evidence", "facts", "classify", "checks"}
    ]
    assert joining == ["run.py"]


@pytest.mark.parametrize(
    "module", ["guestcheck", "guestcheck.run", "guestcheck.cli", "guestcheck.render.machine.json"]
)
def test_nothing_heavy_is_imported_by_importing(module: str) -> None:
    import subprocess
    import sys

    code = (
        f"import sys, {module}; print(*sorted(set(sys.modules) & {{'psutil', 'pyudev', 'rich', "
        f"'subprocess'}}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert told.stdout == "\n"
