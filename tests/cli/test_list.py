"""`guestcheck list`: each kind of thing that there is, an entry a line, none twice."""

from __future__ import annotations

from typing import List

import pytest

import guestcheck.cli.list as module
from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.cli import main
from guestcheck.errors import EXIT_OK, EXIT_USAGE

Printed = pytest.CaptureFixture[str]
KINDS = ("checks", "devices", "evidence", "formats", "kernels", "sources", "targets")


def listed(what: str, printed: Printed) -> List[str]:
    assert main(["list", what]) == EXIT_OK
    return printed.readouterr().out.splitlines()


def test_these_are_the_kinds() -> None:
    assert sorted(module._LISTS) == list(KINDS)


@pytest.mark.parametrize(
    "what", [kind for kind in KINDS if kind != "kernels"]
)  # an option may build no module
def test_each_line_is_a_name_and_what_it_is(what: str, capsys: Printed) -> None:
    lines = listed(what, capsys)
    assert lines
    assert [
        line
        for line in lines
        if len(line.split(None, 1)) < 2 or not line.isprintable() or line != line.rstrip()
    ] == []


@pytest.mark.parametrize("what", KINDS)
def test_no_line_is_there_twice(what: str, capsys: Printed) -> None:
    lines = [line for line in listed(what, capsys) if not line.startswith(" ")]
    assert len(lines) == len(set(lines))


def test_the_questions_are_there_with_all_that_is_asked(capsys: Printed) -> None:
    lines = listed("evidence", capsys)
    asked = [line.split()[0] for line in lines if line.startswith(" ")]
    assert not lines[0].startswith(" ")
    assert set(asked) <= {"file", "run", "call", "list", "read", "look", "ask"}
    assert {"file", "run", "read"} <= set(asked)


def test_kernel_options_name_their_modules(capsys: Printed) -> None:
    text = "\n".join(listed("kernels", capsys))
    assert [module for row in SYMBOLS for module in row.modules if module not in text] == []


def test_what_can_be_listed_is_said_to_who_asks_for_something_else(capsys: Printed) -> None:
    with pytest.raises(SystemExit) as end:
        main(["list", "everything"])
    assert end.value.code == EXIT_USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert [kind for kind in KINDS if f"'{kind}'" not in told.err and kind not in told.err] == []
