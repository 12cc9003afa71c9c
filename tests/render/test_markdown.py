"""Markdown: what stands in a guest makes no markup, no link and no mention, and tables have as many
cells as headings.
"""

from __future__ import annotations

import re
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.model.report import Report, Sink
from guestcheck.render.people.markdown import escaped, render
from tests.makers import a_disk, a_report, an_inventory
from tests.test_guests import GUESTS, examined


def cells(line: str) -> List[str]:
    return re.split(r"(?<!\\)\|", line)[1:-1]


def test_tables_are_whole_and_nothing_is_a_control_character(report: Report) -> None:
    text = render(report, Sink())
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith("|") and set(line) <= set("| -"):
            wide = len(cells(line))
            assert len(cells(lines[place - 1])) == wide
            for row in lines[place + 1 :]:
                if not row.startswith("|"):
                    break
                assert len(cells(row)) == wide
    assert render(report, Sink(unicode=False)).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "http://x.example",
        "www.x.example",
        "#12",
        "<img src=x onerror=y>",
        "![a](b)",
        "[a](b)",
        "`x`",
        "1. x",
        "<!-- x",
    ],
)
def test_nothing_of_the_guest_means_anything(text: str) -> None:
    shown = render(a_report(an_inventory(disks=(a_disk(model=text),))), Sink())
    assert text not in shown
    assert escaped(text) in shown


@given(st.text())
def test_every_mark_is_escaped(text: str) -> None:
    shown = escaped(text).replace("<!-- -->", "")
    assert "<" not in shown
    assert ">" not in shown
    for mark in "`*_[]|":
        assert not re.search(rf"(?<!\\)(?:\\\\)*{re.escape(mark)}", shown)


def test_code_cannot_leave_its_fence() -> None:
    shown = "\n".join(render(examined(folder), Sink()) for folder in GUESTS)
    fences = re.findall(r"^  (`{3,})$", shown, re.MULTILINE)
    assert len(fences) % 2 == 0
    assert fences


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_it_shows_every_device(folder: object) -> None:
    told = examined(folder)  # type: ignore[arg-type]
    shown = render(told, Sink())
    assert [
        d.name for d in told.inventory.disks or () if f"| {escaped(d.name)} |" not in shown
    ] == []
