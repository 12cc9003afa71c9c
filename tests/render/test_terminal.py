"""For a terminal: colour is all that it adds, each kind and outcome has one, and wide characters
count as two columns.
"""

from __future__ import annotations

import re

import pytest

from guestcheck.model.check import OUTCOMES, Result
from guestcheck.model.device import EMULATED, KINDS
from guestcheck.model.report import Report, Sink
from tests.makers import a_disk, a_nic, a_report, an_inventory
from tests.render.conftest import commands

pytest.importorskip("rich")

from rich.cells import cell_len

from guestcheck.render.people.terminal import render

CODE = re.compile(r"\x1b\[[0-9;]*m")


def lines(text: str) -> "list[str]":
    return [line.rstrip() for line in text.split("\n")]


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("width", [40, 80, 160])
def test_without_its_codes_the_coloured_report_is_the_plain_one(report: Report, width: int) -> None:
    coloured = render(report, Sink(width, colour=True))
    assert CODE.search(coloured)
    assert lines(CODE.sub("", coloured)) == lines(render(report, Sink(width)))


def test_colours_end_where_they_began(report: Report) -> None:
    for line in render(report, Sink(80, colour=True)).split("\n"):
        codes = CODE.findall(line)
        assert not codes or codes[-1] == "\x1b[0m"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown(kind: str) -> None:
    shown = render(
        a_report(an_inventory(disks=(a_disk("sda", "sata", kind),)), found=()),
        Sink(80, colour=True),
    )
    assert kind in shown


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_shown_in_a_colour(outcome: str) -> None:
    report = a_report(
        an_inventory(disks=(a_disk(),)),
        found=(Result("disk-emulated", outcome, "vda", "as it is"),),
    )
    label = rf"\x1b\[[0-9;]+m{outcome.upper()}"
    assert re.search(label, render(report, Sink(80, colour=True, verbose=True)))


@pytest.mark.parametrize("text", ["漢字" * 40, "漢字 " * 40, "e\u0301" * 90, "🙂" * 60])
@pytest.mark.parametrize("width", [40, 80, 160])
def test_wide_characters_keep_within_the_width(text: str, width: int) -> None:
    disk = a_disk(
        "sda", "ide", EMULATED, model=text, serial=text, stack=(text,), controller=text, driver=text
    )
    report = a_report(
        an_inventory(disks=(disk,), nics=(a_nic(carries=(text,)),), hostname=text, os_name=text)
    )
    lines = render(report, Sink(width)).split("\n")
    code = commands(report)
    assert [line for line in lines if cell_len(line) > width and line.strip() not in code] == []


@pytest.mark.parametrize("colour", [False, True])
def test_lines_drawn_for_a_sink_of_ascii_are_lines(colour: bool) -> None:
    shown = CODE.sub(
        "",
        render(a_report(an_inventory(disks=(a_disk(),))), Sink(80, colour=colour, unicode=False)),
    )
    assert "?" not in shown
    assert re.search(r"^ +[-=]{20,} *$", shown, re.MULTILINE)
