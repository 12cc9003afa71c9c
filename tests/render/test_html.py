"""HTML: well nested, without script or anything to fetch, nothing of the guest is markup; and a
browser shows it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Dict, List, Optional, Set, Tuple

import pytest

from guestcheck.model.report import Report, Sink, as_report
from guestcheck.render.people.html import render
from guestcheck.run import preflight
from guestcheck.sources.bundle import Bundle
from tests.render.conftest import HOSTILE
from tests.test_guests import GUESTS, examined, reader

VOID = {"meta", "br"}
TAGS = VOID | {
    "html",
    "head",
    "title",
    "style",
    "body",
    "header",
    "footer",
    "section",
    "h1",
    "h2",
    "h3",
    "p",
    "dl",
    "dt",
    "dd",
    "ul",
    "li",
    "div",
}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "span", "pre"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "colspan"}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: List[str] = []
        self.tags: Set[str] = set()
        self.attributes: Set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_a_page_is_well_nested_and_has_nothing_that_runs_or_is_fetched(report: Report) -> None:
    text = render(report, Sink(verbose=True))
    assert text.isascii()
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    told = read(text)
    assert told.tags <= TAGS
    assert told.attributes <= ATTRIBUTES
    assert "url(" not in text.partition("<body>")[0]
    assert "@import" not in text
    assert re.search(
        r"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"", text
    )


def test_what_a_guest_says_is_shown_and_is_no_markup(hostile: Report) -> None:
    shown = read(render(hostile, Sink())).text
    assert "\\x1b[31m[bold red]x[/] :smile:" in shown
    assert HOSTILE not in shown


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_it_shows_every_device_and_finding(folder: Path) -> None:
    report = examined(folder)
    shown = read(render(report, Sink())).text
    names = [disk.name for disk in report.inventory.disks or ()] + [
        nic.name or nic.address for nic in report.inventory.nics or ()
    ]
    assert [name for name in names if name not in shown] == []


def test_preflight_has_its_verdicts() -> None:
    from guestcheck.catalogue.rows import TARGETS

    folder = next(folder for folder in GUESTS if folder.name == "lab-virtio-bookworm")
    found = preflight(Bundle(folder.name, reader(folder)), TARGETS[:2])
    shown = render(as_report(found), Sink())
    assert shown.count('<td class="boots">boots</td>') == len(found.readiness)
    assert "<h1" in shown
    assert "Ready for virtio-blk (vda), virtio-scsi (vda)." in shown


CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
# A probe of the page: it is put into a copy, since the page itself runs nothing.
PROBE = """<script>
const wide = document.documentElement.scrollWidth, page = getComputedStyle(document.body);
document.body.setAttribute("data-told", [wide <= innerWidth, page.backgroundColor, page.color, document.querySelectorAll("section.finding").length].join(";"));
</script>"""


def shown_by_browser(text: str, tmp_path: Path, *options: str) -> List[str]:
    page = tmp_path / "page.html"
    page.write_text(
        re.sub(r"<meta http-equiv[^>]*>", "", text).replace("</body>", PROBE + "</body>"),
        encoding="ascii",
    )
    words = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
        *options,
        "--dump-dom",
        page.as_uri(),
    ]
    dom = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r'data-told="([^"]*)"', dom)
    assert found, dom[:500]
    return found[1].split(";")


def bright(colour: str) -> int:
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
@pytest.mark.parametrize("wide", [500, 1200])
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_it_light_and_dark_wide_and_narrow(
    wide: int, dark: bool, hostile: Report, tmp_path: Path
) -> None:
    scheme: Dict[bool, Tuple[str, ...]] = {
        False: ("--blink-settings=preferredColorScheme=1",),
        True: ("--blink-settings=preferredColorScheme=0",),
    }
    fits, page, text, findings = shown_by_browser(
        render(hostile, Sink()), tmp_path, f"--window-size={wide},900", *scheme[dark]
    )
    assert fits == "true"  # nothing sticks out: what is wide is scrolled in its own place
    assert (bright(page) < bright(text)) == dark
    assert int(findings) > 0
