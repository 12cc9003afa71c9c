"""Every format has its page, and of each kind of page one that was read and accepted, and takes
text of a hostile guest there: the next one too.

`pytest --update` writes the pages below `accepted/` again; read what it wrote.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, Callable, Dict, List
from xml.etree import ElementTree

import pytest

from guestcheck.discovery import names
from guestcheck.model.advice import Step
from guestcheck.model.check import FAIL, Result
from guestcheck.model.comparison import (
    CAME,
    CHANGED,
    GONE,
    Change,
    Comparison,
    DeviceChange,
    FindingChange,
    GapChange,
    KernelChange,
    Known,
    Side,
)
from guestcheck.model.hint import Hint
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.model.source import Gap, Raw, Source
from guestcheck.model.target import OPEN, STOPS, WARNS, Readiness, Reason
from guestcheck.render import people
from guestcheck.render.formats import Format, folders, load
from guestcheck.render.several import row_of
from guestcheck.run import examine
from tests import makers
from tests.makers import a_report
from tests.remembered import remembered
from tests.render import test_html, test_markdown
from tests.render.conftest import GAPS, HOSTILE, REPORTS, full

FORMATS = [*folders()]
PEOPLE = names(people)
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


def reason(text: str, weight: str, settle: str = "") -> Reason:
    return Reason("driver-missing", text, (Hint(text, text),), weight, settle)


def flight(text: str) -> Report:
    """Return what preflight says, with `text` wherever a guest's may stand."""
    verdicts = (
        Readiness(
            "virtio-blk",
            "disk",
            text,
            text,
            True,
            "does-not-boot",
            (reason(text, STOPS), reason(text, WARNS)),
            (text,),
        ),
        Readiness(
            "virtio-net", "nic", text, "6.6", False, "unknown", (reason(text, OPEN, text),), ()
        ),
    )
    steps = (
        Step("in the guest", "Put the module in.", ("update-initramfs -u",), "Takes a while."),
    )
    gaps = (Gap("source", text, text, text),)
    results = (Result("readiness-virtio-blk", FAIL, text, text, "", (Hint(text, text),)),)
    return a_report(full(text), gaps, results)._replace(
        readiness=verdicts, repairs={0: steps}, preflight=True
    )


def change(text: str) -> Comparison:
    """Return what two reports differ in, with `text` wherever a guest's may stand."""
    changes = (
        Change("serial", text, None),
        Change("stack", (text, "same"), ("same", f"{text} now")),
        Change("size_bytes", 1 << 30, 2 << 30),
        Change("virtio.generation", None, "modern"),
        Change(text, True, False),
    )
    old, new = Known(text, "ide", "emulated"), Known("vda", text, text)
    drivers = [Change(f"CONFIG_{letter}.state", "module", text) for letter in "ABCDE"]
    return Comparison(
        "0",
        Side(text, text),
        Side("after.tar.gz", ""),
        changes[:1],
        (
            DeviceChange("disk", CHANGED, old, new, text, changes),
            DeviceChange("nic", GONE, old, None),
            DeviceChange("controller", CAME, None, new),
        ),
        (KernelChange(text, CHANGED, (Change("CONFIG_F.file", True, None), *drivers)),),
        (
            FindingChange("disk-emulated", GONE, text, text, "warn", None),
            FindingChange(text, CHANGED, text, text, "note", text),
        ),
        (GapChange(GONE, text, text, text),),
        {"disks": 1},
    )


def entries(text: str) -> List[Entry]:
    report = a_report(full(text), (Gap("block", text, text, text),))
    return [
        Entry(1, text, 1, report, version="0"),
        Entry(2, "web.tar.gz", 0, accepted(), version="0"),
        Entry(3, text, 3, error=text, version="0"),
    ]


def several(module: Format, text: str, sink: Sink) -> str:
    made = entries(text)
    gaps = (Gap("source", text, text, text), Gap("source", "photo.png", "no guest", ""))
    time, command = "2026-01-01T00:00:00Z", f"guestcheck {shlex.quote(text)} --detail GUEST"
    listing = Listing("0", time, text, tuple(map(row_of, made)), gaps, 3, command)
    assert module.part
    assert module.whole
    return "".join(module.whole(listing, [module.part(one, sink) for one in made], sink))


# A page of each kind, with `text` in it, of a format and for a sink.
KINDS: Dict[str, Callable[[Format, str, Sink], str]] = {
    "report": lambda one, text, sink: one.render(a_report(full(text), GAPS), sink),
    "preflight": lambda one, text, sink: one.render(flight(text), sink),
    "targets": lambda one, text, sink: one.render(flight(text)._replace(as_table=True), sink),
    "difference": lambda one, text, sink: one.compared(change(text), sink) if one.compared else "",
    "several": lambda one, text, sink: several(one, text, sink) if one.whole else "",
}
HOSTILE_TEXTS = {
    "control characters": HOSTILE,
    "right to left": "\u202eevil\u2066x\u200f",
    "HTML": "</td></section><script>alert(1)</script><img src=x onerror=y>\"'&amp;{text}",
    "Markdown": "| a ](http://x) @all #12 `code` *b* <!-- ~~~ ``` $x$ www.x.example",
    "a name of 300 characters": "w" * 300,
    "nothing": "",
}


def loaded(name: str) -> Format:
    if name == "terminal":
        pytest.importorskip("rich")
    return load(name)


def pages_of(name: str) -> List[str]:
    """Return the kinds of pages that a format has; those for programs have one form of what
    preflight found.
    """
    one = loaded(name)
    kinds = ["report", "preflight"]
    kinds += ["targets"] if name in PEOPLE else []
    kinds += ["difference"] if one.compared else []
    return kinds + (["several"] if one.whole else [])


@pytest.mark.parametrize("name", FORMATS)
def test_its_report_is_the_one_that_was_accepted(name: str, request: pytest.FixtureRequest) -> None:
    same(f"{name}.txt", render(name)(accepted(), Sink(80)), request)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FORMATS)
def test_its_other_pages_are_those_that_were_accepted(
    name: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind != "report" and kind in pages_of(name):
        said = KINDS[kind](loaded(name), "text", Sink(80))
        same(f"{kind}/{name}.txt", said, request)


def same(path: str, said: str, request: pytest.FixtureRequest) -> None:
    file = ACCEPTED / path
    if request.config.getoption("--update"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8"), (
        "if it reads better now: make test ARGS='tests/render --update'"
    )


def test_no_accepted_page_is_left_of_a_format_that_has_gone() -> None:
    pytest.importorskip("rich")
    pages = {f"{name}.txt" for name in FORMATS}
    pages |= {f"{kind}/{n}.txt" for n in FORMATS for kind in pages_of(n) if kind != "report"}
    assert {str(path.relative_to(ACCEPTED)) for path in ACCEPTED.rglob("*.txt")} == pages


def test_people_have_every_kind_of_page() -> None:
    for name in PEOPLE:
        assert pages_of(name) == [*KINDS]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FORMATS)
def test_text_of_a_hostile_guest_is_text(name: str, kind: str, text: str) -> None:
    if kind not in pages_of(name):
        return
    for sink in (Sink(80), Sink(120, verbose=True), Sink(60, unicode=False)):
        shown = KINDS[kind](loaded(name), HOSTILE_TEXTS[text], sink)
        assert shown.endswith("\n")
        assert [c for c in shown if not c.isprintable() and c != "\n"] == []
        assert sink.unicode or name not in PEOPLE or shown.isascii()
        assert_whole(name, shown)


@pytest.mark.parametrize("report", ["hostile", "nothing known"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_report_on_which_nothing_is_known_is_whole(name: str, report: str) -> None:
    shown = render(name)(REPORTS[report], Sink(80))
    assert HOSTILE not in shown
    assert_whole(name, shown)


def assert_whole(name: str, shown: str) -> None:
    """Check that no text of the guest is anything but text in what is shown."""
    if name == "html":
        read = test_html.read(shown)
        assert read.tags <= test_html.TAGS | {"article", "a"}
        assert read.attributes <= test_html.ATTRIBUTES | {"id", "href"}
    elif name == "markdown":
        assert "<script" not in shown
        assert "@all" not in shown
        assert not re.search(r"(?<!\\)\]\(http", shown)
        assert not re.search(r"^ *[`~]{3}.*alert", shown, re.MULTILINE)
        for table in re.findall(r"(?:^\|.*\n)+", shown, re.MULTILINE):
            assert len({len(test_markdown.cells(line)) for line in table.splitlines()}) == 1
    elif name in ("json", "facts", "sarif"):
        json.loads(shown)
    elif name == "junit":
        ElementTree.fromstring(shown)


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_the_same_twice(name: str) -> None:
    assert render(name)(accepted(), Sink(80)) == render(name)(accepted(), Sink(80))
