"""What people read: within the width, in the sink's characters, and nothing of the guest reaches
the terminal but text.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Callable, Dict, List, Set

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.model.device import EMULATED
from guestcheck.model.report import Report, Sink
from guestcheck.render.page.findings import groups
from tests.examples import examples
from tests.makers import a_disk, a_nic, a_report, an_inventory
from tests.render.conftest import commands

Render = Callable[[Report, Sink], str]
FORMATS = ("text", "terminal")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(params=FORMATS)
def render(request: pytest.FixtureRequest) -> Render:
    if request.param == "terminal":
        pytest.importorskip("rich")
    return import_module(f"guestcheck.render.people.{request.param}").render  # type: ignore[no-any-return]


def odd(text: str) -> List[str]:
    return sorted(
        {character for character in text if not character.isprintable() and character != "\n"}
    )


def prose(text: str, code: Set[str]) -> List[str]:
    """Leave out what cannot be broken: rows of the text's tables, names of kernels, and code to
    paste.
    """
    found: List[str] = []
    section = ""
    for line in text.split("\n"):
        section = line if line.isupper() and not line.startswith(" ") else section
        indent = len(line) - len(line.lstrip(" "))
        whole = indent == 2 and section in ("DISKS", "NETWORK CARDS", "KERNELS")
        if not whole and line.strip() not in code:
            found.append(line)
    return found


@pytest.mark.parametrize("verbose", [False, True])
class TestEveryReport:
    @pytest.mark.tail(every=3)
    @pytest.mark.parametrize("width", [40, 80, 160])
    def test_no_control_character_is_printed(
        self, render: Render, report: Report, width: int, verbose: bool
    ) -> None:
        text = render(report, Sink(width, verbose=verbose))
        assert odd(text) == []
        assert text.endswith("\n")

    @pytest.mark.tail(every=3)
    def test_with_colour_nothing_but_colours_is_added(
        self, render: Render, report: Report, verbose: bool
    ) -> None:
        text = render(report, Sink(80, colour=True, verbose=verbose))
        assert odd(COLOUR.sub("", text)) == []

    @pytest.mark.tail(every=3)
    def test_colour_comes_only_when_told(
        self, render: Render, report: Report, verbose: bool
    ) -> None:
        assert "\x1b" not in render(report, Sink(80, colour=False, verbose=verbose))

    @pytest.mark.tail(every=3)
    def test_an_ascii_sink_gets_ascii(self, render: Render, report: Report, verbose: bool) -> None:
        assert render(report, Sink(80, unicode=False, verbose=verbose)).isascii()

    @pytest.mark.tail(every=3)
    def test_the_environment_is_not_looked_at(
        self, render: Render, report: Report, verbose: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = render(report, Sink(80, verbose=verbose))
        for name, value in {
            "COLUMNS": "50",
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
            "CLICOLOR_FORCE": "1",
            "TTY_COMPATIBLE": "1",
        }.items():
            monkeypatch.setenv(name, value)
        assert render(report, Sink(80, verbose=verbose)) == plain

    @pytest.mark.tail(every=3)
    @pytest.mark.parametrize("width", [40, 80, 160])
    def test_prose_keeps_within_the_width(
        self, render: Render, report: Report, width: int, verbose: bool
    ) -> None:
        lines = prose(render(report, Sink(width, verbose=verbose)), commands(report))
        assert len(lines) > 10
        assert [line for line in lines if len(line) > width] == []


class TestWidth:
    def test_no_column_is_so_narrow_that_words_are_broken_into_letters(
        self, render: Render, report: Report
    ) -> None:
        assert not re.search(r"\n +\S\n +\S\n", render(report, Sink(40, verbose=True)))

    def test_the_terminal_s_lines_fit_whatever_they_hold(self, report: Report) -> None:
        pytest.importorskip("rich")
        from guestcheck.render.people.terminal import render

        for width in (60, 80, 160):
            lines = render(report, Sink(width)).split("\n")
            code = commands(report)
            assert [line for line in lines if len(line) > width and line.strip() not in code] == []

    def test_a_command_is_a_line_whole(self, render: Render, report: Report) -> None:
        shown = {line.strip() for line in render(report, Sink(40, verbose=True)).split("\n")}
        groups_ = groups(report, True)
        code = {line.strip() for one in groups_ for step in one.steps for line in step.code}
        assert code - shown == set()

    def test_more_columns_are_used(self, render: Render, report: Report) -> None:
        narrow, wide = (render(report, Sink(width)).count("\n") for width in (60, 160))
        assert wide <= narrow


class TestHostile:
    def test_markup_is_shown_as_it_is(self, render: Render, hostile: Report) -> None:
        text = render(hostile, Sink(160))
        assert "[bold red]x[/] :smile:" in text

    def test_what_is_no_text_is_shown_escaped(self, render: Render, hostile: Report) -> None:
        text = render(hostile, Sink(160))
        assert "\\x1b[31m" in text
        assert "\\x9b2J" in text
        assert "\\u202eevil" in text

    def test_code_to_paste_holds_no_word_of_a_hostile_guest(self, hostile: Report) -> None:
        lines = [
            line for steps in hostile.remedies.values() for step in steps for line in step.code
        ]
        assert lines
        assert not [line for line in lines if "evil" in line or odd(line)]

    @settings(max_examples=examples(60))
    @given(
        st.text(max_size=30),
        st.sampled_from(FORMATS),
        st.booleans(),
        st.sampled_from([40, 80, 160]),
    )
    def test_no_text_breaks_out(self, text: str, name: str, unicode: bool, width: int) -> None:
        if name == "terminal":
            pytest.importorskip("rich")
        render = import_module(f"guestcheck.render.people.{name}").render
        disks = (
            a_disk(
                text,
                "ide",
                EMULATED,
                model=text,
                serial=text,
                stack=(text,),
                address=text,
                driver=text,
                controller=text,
            ),
        )
        nics = (
            a_nic(
                text,
                "e1000",
                EMULATED,
                mac=text,
                state=text,
                addresses=(text,),
                address=text,
                carries=(text,),
                pair=text,
            ),
        )
        shown = render(
            a_report(
                an_inventory(disks=disks, nics=nics, hostname=text, os_name=text, kernel=text)
            ),
            Sink(width, unicode=unicode),
        )
        assert odd(shown) == []
        assert unicode or shown.isascii()


class TestContent:
    def shown(self, render: Render, **fields: object) -> str:
        return re.sub(r"\s+", " ", render(a_report(an_inventory(**fields)), Sink(160)))  # type: ignore[arg-type]

    HEADLINES: Dict[str, Dict[str, object]] = {
        "2 disks and NICs, all paravirtual.": {"disks": (a_disk(),), "nics": (a_nic(),)},
        "1 of 2 disks and NICs is emulated: sda (ide).": {
            "disks": (a_disk("sda", "ide", EMULATED),),
            "nics": (a_nic(),),
        },
        "2 of 2 disks and NICs are emulated: sda (ide), eth0 (e1000).": {
            "disks": (a_disk("sda", "ide", EMULATED),),
            "nics": (a_nic(interface="e1000", kind=EMULATED),),
        },
        "1 of 2 disks could not be told: sda.": {"disks": (a_disk("sda", "", "unknown"), a_disk())},
        "None of 2 disks and NICs is emulated.": {
            "disks": (a_disk("nvme0n1", "nvme", "passthrough"),),
            "nics": (a_nic(),),
        },
        "The only disk, vda, is paravirtual.": {"disks": (a_disk(),)},
        "The only disk is emulated: sda (ide).": {"disks": (a_disk("sda", "ide", EMULATED),)},
        "The only network card is emulated: eth0 (e1000).": {
            "nics": (a_nic(interface="e1000", kind=EMULATED),)
        },
        "What the only network card is could not be told: eth0.": {
            "nics": (a_nic(interface="", kind="unknown"),)
        },
        "1 of 2 network cards is emulated: eth1 (e1000).": {
            "nics": (a_nic(), a_nic("eth1", "e1000", EMULATED))
        },
        "2 disks, all paravirtual.": {"disks": (a_disk(), a_disk("vdb"))},
        "The only disk, vda, is paravirtual; the network cards could not be read.": {
            "disks": (a_disk(),),
            "nics": None,
        },
        "No disk and no network card was seen.": {},
        "This is no virtual machine: there is nothing to judge.": {
            "hypervisor": "none",
            "disks": (a_disk("sda", "sata", "physical"),),
        },
    }

    @pytest.mark.parametrize("words", HEADLINES)
    def test_the_first_line_says_the_verdict(self, render: Render, words: str) -> None:
        assert self.shown(render, **self.HEADLINES[words]).startswith(words)

    def test_what_was_not_read_is_told_from_what_is_not_there(self, render: Render) -> None:
        assert "could not be read" in self.shown(render, disks=None)
        assert "could not be read" not in self.shown(render)

    def test_passes_are_shown_on_request_alone(self, render: Render) -> None:
        report = a_report(an_inventory(disks=(a_disk(),)))
        assert "PASS" not in render(report, Sink(80))
        assert "PASS" in render(report, Sink(80, verbose=True))

    def test_a_remedy_of_many_devices_is_shown_once(self, render: Render) -> None:
        one, many = (
            render(
                a_report(
                    an_inventory(
                        disks=tuple(a_disk(f"sd{n}", "ide", EMULATED) for n in range(count))
                    )
                ),
                Sink(80),
            )
            for count in (1, 9)
        )
        assert many.count("Why") == one.count("Why")
        assert all(f"sd{n} is emulated" in many for n in range(9))

    def test_each_finding_names_its_page(self, render: Render) -> None:
        assert "guestcheck explain disk-emulated" in self.shown(
            render, disks=(a_disk("sda", "ide", EMULATED),)
        )
