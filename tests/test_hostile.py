"""Whatever stands in a guest's answers, a report comes of it: text that nobody expected costs an
answer, never the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Tuple
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.errors import NoEvidenceError
from guestcheck.evidence import questions
from guestcheck.model.check import ERROR
from guestcheck.model.report import Sink
from guestcheck.model.source import STATUSES, Answer, Raw, Source
from guestcheck.render.machine import facts, json, junit, nagios, prometheus, sarif
from guestcheck.render.people import html, markdown, text
from guestcheck.run import examine
from guestcheck.sources.bundle import Bundle
from tests.examples import examples
from tests.test_guests import GUESTS, reader

NAMES = [question.name for question in questions(deep=True)]
RECORDED: Dict[str, Raw] = {
    folder.name: Bundle(folder.name, reader(folder)).gather(questions(deep=True))
    for folder in GUESTS
    if folder.name.split("-")[0] == "firecracker" or "mixed" in folder.name
}
# What is put in place of a part of a text: numbers out of range, other types, marks that the
# parsers cut at, controls.
ODD = (
    "",
    "-1",
    "99999999999999999999999",
    "0x",
    "\0",
    "\x1b[2J",
    "\n",
    " ",
    "=",
    " -> ",
    " = ",
    "/ : ",
    "/",
    "{",
    "[]",
    "null",
    '"',
    "\\",
    "\\x",
    "é",
    "\u202e",
    "1e999",
    "²",
    ":::",
    "virtio",
    "0000:00:05.0",
)


class Given(Source):
    """A source whose answers are known."""

    name = "test"

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def gather(self, _: object) -> Raw:
        return self.raw


def check(raw: Raw) -> None:
    """Judge and render; a guest of which nothing is left is refused as such."""
    try:
        report = examine(Given(raw))
    except NoEvidenceError:
        return
    crashed = [result for result in report.results if result.outcome == ERROR]
    failed = [gap for gap in report.gaps if "the parser failed" in gap.reason]
    assert (crashed, failed) == ([], [])
    assert json.render(report, Sink()).isascii()
    for form in (text, html, junit, markdown, prometheus, nagios, facts, sarif):
        shown = form.render(report, Sink(80, verbose=True))
        assert not [
            character for character in shown if not character.isprintable() and character != "\n"
        ]
    ElementTree.fromstring(junit.render(report, Sink()))


@st.composite
def damaged(draw: st.DrawFn) -> Raw:
    """Take a recorded guest and spoil some of its answers."""
    answers = dict(RECORDED[draw(st.sampled_from(sorted(RECORDED)))].answers)
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True)):
        answers[name] = tuple(
            draw(st.permutations([spoilt(draw, answer) for answer in answers[name][:20]]))
        )
    return Raw("test", answers)


def spoilt(draw: st.DrawFn, answer: Answer) -> Answer:
    said = answer.text
    how = draw(st.integers(0, 6))
    if how == 0:
        return answer._replace(
            status=draw(st.sampled_from(STATUSES)), text=said if draw(st.booleans()) else ""
        )
    if how == 1:
        return answer._replace(text=draw(st.text(max_size=200)))
    if how == 2:
        return answer._replace(text=said[: draw(st.integers(0, len(said)))])
    lines = said.split("\n")
    if how == 3:
        kept = draw(st.lists(st.integers(0, len(lines) - 1), max_size=min(len(lines), 40)))
        return answer._replace(text="\n".join(lines[place] for place in kept))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(lines) - 1))
        words = (
            lines[place].split(" ")
            if how == 4
            else lines[place].split(":")
            if how == 5
            else list(lines[place])
        )
        words = words or [""]
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(ODD))
        lines[place] = (" " if how == 4 else ":" if how == 5 else "").join(words)
    return answer._replace(text="\n".join(lines))


@settings(max_examples=examples(150))
@given(damaged())
def test_a_damaged_recording_gives_a_report(raw: Raw) -> None:
    check(raw)


@settings(max_examples=examples(50))
@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(
            st.builds(
                Answer, st.sampled_from(NAMES), st.sampled_from(STATUSES), st.text(max_size=300)
            ),
            max_size=3,
        ).map(tuple),
    )
)
def test_answers_without_any_sense_give_a_report_or_none(
    answers: Dict[str, Tuple[Answer, ...]],
) -> None:
    check(Raw("test", answers))


@pytest.mark.tail(every=16)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "odd",
    [
        "",
        "\0" * 100,
        "\x1b[31m\n" * 9,
        "{" * 9,
        "= -> :" * 9,
        "\u202e",
        "null",
        "[]",
        "{}",
        '{"cpus": "many", "memory": [], "swap": {}, "nics": []}',
    ],
    ids=ascii,
)
@pytest.mark.parametrize("recorded", RECORDED)
def test_any_question_may_be_answered_with_anything(name: str, odd: str, recorded: str) -> None:
    answers = dict(RECORDED[recorded].answers)
    found: List[Answer] = [
        answer._replace(text=odd, status="ok") for answer in answers.get(name, ())
    ]
    check(Raw("test", {**answers, name: tuple(found)}))


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("recorded", RECORDED)
def test_any_question_may_be_missing(name: str, recorded: str) -> None:
    check(Raw("test", {**RECORDED[recorded].answers, name: ()}))


PSUTIL = (
    '{"cpus": "many", "memory": 1, "swap": 0, "nics": {}}',
    '{"cpus": -4, "memory": -1, "swap": -1, "nics": {}}',
    '{"cpus": 2.5, "memory": 1e300, "swap": null, "nics": {}}',
    '{"cpus": true, "memory": [], "swap": {}, "nics": {}}',
    '{"cpus": 1, "memory": 1, "swap": 0, "nics": {"eth0": []}}',
    '{"cpus": 1, "memory": 1, "swap": 0, "nics": {"eth0": {"up": "x", "speed": "x", '
    '"addresses": [1, null, ["x"]]}}}',
    '{"cpus": 1, "memory": 1, "swap": 0, "nics": {"eth0": {"addresses": "x"}}}',
    '{"cpus": 99999999999999999999999999999, "memory": 99999999999999999999999999999, "swap": '
    '0, "nics": {}}',
    "[" * 50_000,
)


@pytest.mark.parametrize("said", PSUTIL, ids=lambda said: said[:40])
def test_what_psutil_is_said_to_have_told_is_not_believed_blindly(said: str) -> None:
    answers = RECORDED["firecracker-pci"].answers
    check(Raw("test", {**answers, "machine": (Answer("psutil", "ok", said),)}))


def test_there_is_something_to_damage() -> None:
    assert len(RECORDED) >= 2
    assert all(Path(folder).name for folder in GUESTS)
