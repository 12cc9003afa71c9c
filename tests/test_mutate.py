"""`tools.mutate` changes what it says it changes, and knows the tests of each folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Dict, List

import pytest

from tools.mutate.mutants import make, mutants
from tools.mutate.tests import own_tests

ROOT = Path(__file__).parents[1]
FOLDERS = sorted(path.parent.name for path in (ROOT / "guestcheck").glob("*/__init__.py"))
CODE = '''
def small(number, names=()):
    """Say whether a number is small."""
    if number < 3 and not names:
        return True
    return [name for name in names if name != "x"]
'''
TEST = """
from box.code import small

def test_small():
    assert small(2)
    assert not small(4)
"""


def changes(path: Path) -> Dict[str, str]:
    """Return what each mutant of a file was and is, by the kind of change."""
    return {one.kind: f"{one.before} -> {one.after}" for one in map(make, mutants(path))}


def test_each_kind_of_change_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    found = changes(tmp_path / "code.py")
    assert found["and-or"] == "number < 3 and (not names) -> number < 3 or not names"
    assert found["drop-operand-1"] == "number < 3 and (not names) -> number < 3"
    assert found["drop-not"] == "not names -> names"
    assert found["number"] == "3 -> 4"
    assert found["flip"] == "True -> False"
    assert found["return-none"].endswith(" -> return None")
    assert {"negate", "compare", "drop-filter", "drop-operand-0"} <= set(found)


def test_nothing_but_the_function_changes(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    before = (tmp_path / "code.py").read_text()
    for mutant in mutants(tmp_path):
        assert make(mutant).code.co_name == "small"
    assert (tmp_path / "code.py").read_text() == before


@pytest.mark.parametrize("folder", ["readiness", "checks", "classify", "advice", "evidence"])
def test_the_own_tests_a_folder_are_there(folder: str) -> None:
    found = own_tests(Path("guestcheck") / folder)
    assert {f"tests/{folder}", "tests/test_guests.py", "tests/test_truth.py"} <= set(found)
    assert found == own_tests(Path("guestcheck") / folder / "linux" / "some.py")


def test_a_file_of_no_folder_has_all_tests() -> None:
    assert own_tests(Path("guestcheck/run.py")) == ["tests"]


@pytest.mark.slow
def test_a_change_that_no_test_notices_is_named(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "__init__.py").write_text("")
    (tmp_path / "box" / "code.py").write_text(CODE + "\n\ndef unused():\n    return [1]\n")
    (tmp_path / "test_code.py").write_text(TEST)
    words: List[str] = [sys.executable, "-m", "tools.mutate", "box", "--fail-under", "100"]
    done = subprocess.run(
        [*words, "--", "test_code.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "compare: number < 3  ->  number <= 3" in done.stdout  # no test asks for 3
    assert "not called  box/code.py" in done.stdout
    assert "flip: True  ->  False" not in done.stdout  # which the test notices


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_has_tests_of_its_own(folder: str) -> None:
    found = own_tests(Path("guestcheck") / folder)
    assert [one for one in found if one not in own_tests(Path("guestcheck/none"))]
