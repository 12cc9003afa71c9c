"""A format is a file of one of two folders, and only the chosen one is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from guestcheck.render.formats import comparing, folders, load

TYPED = Path(__file__).with_name("typed_formats.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", folders())
def test_mypy_holds_each_file_against_what_a_format_is(name: str) -> None:
    assert f"\n{name.upper()}: " in TYPED


@pytest.mark.parametrize("name", folders())
def test_a_format_that_shows_several_does_both(name: str) -> None:
    if name == "terminal":
        pytest.importorskip("rich")
    one = load(name)
    assert one.name == name
    assert (one.part is None) == (one.whole is None)


def test_what_a_file_does_not_define_has_its_default() -> None:
    assert load("facts")[2:] == (None, None, None, None, None, False, None)
    assert load("prometheus").read_by_others
    assert load("nagios").trouble is not None


def test_a_difference_is_shown_by_those_that_can() -> None:
    pytest.importorskip("rich")
    assert {name for name in folders() if load(name).compared} == set(comparing())


@pytest.mark.parametrize("name", ["json", "text", "junit"])
def test_no_other_format_is_imported_with_one(name: str) -> None:
    code = (
        "import sys\nfrom guestcheck.render.formats import load\n"
        f"load({name!r})\nprint(*sorted(set(sys.modules) & "
        "{'rich', *('guestcheck.render.people.' + x for x in ('html', 'terminal', 'markdown')), "
        "'guestcheck.render.machine.sarif'}))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert shown == "\n"
