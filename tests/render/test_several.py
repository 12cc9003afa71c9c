"""Several guests in every format: a hostile one too, one that failed, and what was not judged; each
keeps to the format's form.
"""

from __future__ import annotations

import json
from typing import Any, List, Optional
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing, Row
from guestcheck.model.source import Gap
from guestcheck.render.formats import folders, load
from guestcheck.render.machine import json as json_format
from guestcheck.render.machine import junit, nagios, prometheus, sarif
from guestcheck.render.people import html, markdown, text
from guestcheck.render.several import row_of
from tests.render import test_html, test_junit, test_sarif
from tests.render.conftest import HOSTILE, REPORTS

GAPS = (Gap("source", HOSTILE, HOSTILE, HOSTILE), Gap("source", "README", "not judged", ""))


def said(
    module: Any, gaps: tuple[Gap, ...] = GAPS, width: int = 80, only: Optional[List[Entry]] = None
) -> str:
    entries = only or [
        *(
            Entry(number, f"{name}.tar.gz", 0, report, version="1")
            for number, (name, report) in enumerate(REPORTS.items(), 1)
        ),
        Entry(8, HOSTILE, 0, REPORTS["hostile"], version="1"),
        Entry(9, f"{HOSTILE} 2", 3, error=HOSTILE, version="1"),
    ]
    rows = tuple(map(row_of, entries))
    listing = Listing(
        "1", "2026-01-01T00:00:00Z", HOSTILE, rows, gaps, 3, f"guestcheck {HOSTILE} --detail GUEST"
    )
    sink = Sink(width)
    return "".join(module.whole(listing, [module.part(entry, sink) for entry in entries], sink))


def test_every_format_but_facts_has_several() -> None:
    assert [name for name in folders() if not load(name).whole] == ["facts"]


@pytest.mark.parametrize(
    "module", [html, junit, json_format, sarif, nagios, prometheus, text, markdown]
)
def test_what_a_guest_says_passes_no_control_characters_on(module: Any) -> None:
    found = said(module)
    assert not [c for c in found if not c.isprintable() and c != "\n"]
    assert "[bold red]" in found or "\\[bold red" in found


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_of_text_keep_to_the_width(width: int) -> None:
    entries = [
        Entry(number, f"guest {'name ' * number}", 0, REPORTS["plain"]) for number in range(12)
    ]
    entries.append(Entry(12, "bad", 3, error="word " * 50))
    lines = said(text, (), width, entries).splitlines()
    assert (
        max(map(len, [line for line in lines if HOSTILE[-3] not in line and "evil" not in line]))
        <= width
    )


def test_junit_keeps_to_the_form() -> None:
    root = ElementTree.fromstring(said(junit))
    for suite in root:
        test_junit.check(suite)
        cases = list(suite.iter("testcase"))
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["errors"]) == len(list(suite.iter("error")))
    assert len(root) == len(REPORTS) + 3
    assert [len(suite) for suite in root][-1] == 1


def test_sarif_keeps_to_the_form() -> None:
    told = json.loads(said(sarif))
    ids = [run.pop("automationDetails")["id"] for run in told["runs"]]
    assert len(ids) == len(set(ids)) == len(REPORTS) + 3
    Draft7Validator(test_sarif.FORM).validate(told)


def test_html_is_well_nested_and_its_links_lead_somewhere() -> None:
    page = said(html)
    told = test_html.read(page)
    assert told.tags - test_html.TAGS <= {"article", "a"}
    assert told.attributes - test_html.ATTRIBUTES <= {"id", "href"}
    links = [part.partition('"')[0] for part in page.split('href="#')[1:]]
    assert len(links) == len(REPORTS) + 2
    assert all(f'id="{link}"' in page for link in links)


def test_prometheus_has_each_metric_in_one_place() -> None:
    lines = said(prometheus).splitlines()
    names = [line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")]
    runs = [name for place, name in enumerate(names) if not place or names[place - 1] != name]
    assert len(runs) == len(set(runs))
    assert all(
        '{guest="' in line for line in lines if not line.startswith(("#", "guestcheck_not_judged"))
    )


def test_json_lists_each() -> None:
    told = json.loads(said(json_format))
    assert len(told["guests"]) == len(REPORTS) + 2
    assert [bool(one["report"]) for one in told["guests"]] == [True] * (len(REPORTS) + 1) + [False]
    assert [gap["leaves_open"] for gap in told["not_judged"]] == [HOSTILE, ""]


def test_nagios_is_unknown_where_a_guest_may_be_lost() -> None:
    good: Report = next(iter(REPORTS.values()))._replace(results=())
    one = [Entry(1, "a", 0, good)]
    assert said(nagios, (), only=one).startswith("GUESTCHECK OK")
    assert said(nagios, only=one).startswith("GUESTCHECK UNKNOWN")


def test_a_row_of_one_that_failed_has_its_reason() -> None:
    assert row_of(Entry(1, "a", 3, error="x\ny")) == Row(1, "a", 3, error="x\\x0ay")
