"""Every format has its page, a report that was read and accepted, and takes text of a hostile
guest: the next one too.

`pytest --update` writes the reports below `accepted/` again; read what it wrote.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from guestcheck.model.report import Report, Sink
from guestcheck.model.source import Raw, Source
from guestcheck.render.formats import folders, load
from guestcheck.run import examine
from tests import makers
from tests.remembered import remembered
from tests.render.conftest import HOSTILE, REPORTS

FORMATS = [*folders()]
ACCEPTED = Path(__file__).parent / "accepted"
PAGE = Path(__file__).parents[2] / "docs/formats.md"
RAW = makers.raw(
    makers.disk(
        "sda",
        "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100",
        *makers.scsi(),
        model="QEMU <é> & \x1b[31m",
        serial="QM00001",
    ),
    makers.disk("vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 9,32"),
    makers.nic("eth0", "0000:00:06.0 pci virtio-pci 1af4:1041", "virtio1 virtio virtio_net 1 32"),
    vm="microsoft",  # of which the words of one platform alone are given
)


class Given(Source):
    name = "guest.tar.gz"

    def gather(self, _: object) -> Raw:
        return RAW._replace(source=self.name)


@remembered
def accepted() -> Report:
    """Return a report on one emulated and two paravirtual devices, of a version and a day that do
    not change.
    """
    return examine(Given())._replace(version="0", time="2026-01-01T00:00:00Z")


def render(name: str) -> Any:
    if name == "terminal":
        pytest.importorskip("rich")
    return load(name).render


@pytest.mark.parametrize("name", FORMATS)
def test_it_has_its_row_on_the_page_and_says_what_several_guests_are_in_it(name: str) -> None:
    one, _, several = PAGE.read_text(encoding="utf-8").partition("\n## Several guests\n")
    assert re.search(rf"^\| `{name}` \|", one, re.MULTILINE)
    assert re.search(rf"^\|.*`{name}`.*\|.*\|$", several.partition("\n## ")[0], re.MULTILINE)


@pytest.mark.parametrize("name", FORMATS)
def test_its_report_is_the_one_that_was_accepted(name: str, request: pytest.FixtureRequest) -> None:
    said = render(name)(accepted(), Sink(80))
    path = ACCEPTED / f"{name}.txt"
    if request.config.getoption("--update"):
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8"), (
        "if it reads better now: make test ARGS='tests/render --update'"
    )


def test_no_accepted_report_is_left_of_a_format_that_has_gone() -> None:
    assert sorted(path.stem for path in ACCEPTED.iterdir()) == FORMATS


@pytest.mark.parametrize("report", ["hostile", "nothing known"])
@pytest.mark.parametrize("name", FORMATS)
def test_text_of_a_hostile_guest_is_text(name: str, report: str) -> None:
    for sink in (Sink(80), Sink(80, verbose=True), Sink(60, unicode=False)):
        shown = render(name)(REPORTS[report], sink)
        assert shown.endswith("\n")
        assert HOSTILE not in shown
        assert [
            character for character in shown if not character.isprintable() and character != "\n"
        ] == []


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_the_same_twice(name: str) -> None:
    assert render(name)(accepted(), Sink(80)) == render(name)(accepted(), Sink(80))
