"""`guestcheck explain`: every name that a report may hold has its page, as wide as there is room."""

from __future__ import annotations

import re

import pytest

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.checks import all_checks
from guestcheck.cli import main
from guestcheck.errors import EXIT_OK

Printed = pytest.CaptureFixture[str]
WORDS = [*(check.id for check in all_checks()), *(row.id for row in INTERFACES)]


def page(printed: Printed, *words: str) -> str:
    assert main(["explain", *words]) == EXIT_OK
    return printed.readouterr().out


def test_no_two_pages_have_one_name() -> None:
    assert len({*WORDS, "interfaces", "disk-interfaces", "nic-interfaces"}) == len(WORDS) + 3


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("word", WORDS)
def test_a_page_fits_the_width(word: str, width: int, capsys: Printed) -> None:
    lines = page(capsys, word, "--width", str(width)).splitlines()
    assert lines[0].startswith(f"{word}: ")
    # The heading is one line, as long as it is.
    assert [line for line in lines[1:] if len(line) > width] == []


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_check_says_why_and_what_to_do(check: object, capsys: Printed) -> None:
    paragraphs = re.findall(r"^(\w+): ", page(capsys, check.id), re.MULTILINE)  # type: ignore[attr-defined]
    assert paragraphs == ["Why", "Fix", "See"]


@pytest.mark.parametrize("row", INTERFACES, ids=lambda row: row.id)
def test_an_interface_says_what_is_known_of_it(row: object, capsys: Printed) -> None:
    text = " ".join(page(capsys, row.id).split())  # type: ignore[attr-defined]
    for field in (
        "name",
        "kind",
        "compatibility",
        "performance",
        "names",
        "limit",
        "hotplug",
        "windows",
        "notes",
    ):
        assert " ".join(getattr(row, field).split()) in text
    assert all(symbol in text for symbol in row.symbols)  # type: ignore[attr-defined]


def test_disk_interfaces_are_what_interfaces_are(capsys: Printed) -> None:
    assert page(capsys, "disk-interfaces", "--width", "80") == page(
        capsys, "interfaces", "--width", "80"
    )


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("1", 40)])
def test_the_width_is_the_environment_s_where_none_is_told(
    columns: str, widest: int, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = page(capsys, "nic-emulated")
    monkeypatch.delenv("COLUMNS")
    assert shown == page(capsys, "nic-emulated", "--width", str(widest))


@pytest.mark.parametrize("word", ["interfaces", "nic-interfaces"])
def test_the_comparison_is_a_table_where_it_fits(word: str, capsys: Printed) -> None:
    assert page(capsys, word, "--width", "150").startswith("Interface ")
    assert not page(capsys, word, "--width", "149").startswith("Interface ")
