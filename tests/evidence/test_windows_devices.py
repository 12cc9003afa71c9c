"""What Windows prints of its devices is read whatever it holds, and nothing that it could hold is
more than a gap.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import guestcheck.evidence.windows as package
from guestcheck.discovery import names
from guestcheck.evidence import questions
from guestcheck.evidence.windows import FIRST, devices, services
from guestcheck.facts import build
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import Answer, Cim, Command, Evidence, Question

ASKED = [
    question
    for question in questions(WINDOWS, deep=True)
    if any(isinstance(ask, Cim) for ask in question.asks)
]
NAMES = sorted({ask.name for question in ASKED for ask in question.asks if isinstance(ask, Cim)})
PROPERTIES = sorted(
    {
        name
        for question in ASKED
        for ask in question.asks
        if isinstance(ask, Cim)
        for name in ask.properties
    }
)
IDS = [
    "PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00\\3&13C0B0C5&0&28",
    "PCI\\VEN_ZZZZ&DEV_1\\1",
    "SCSI\\DISK&VEN_QEMU\\1",
    "VMBUS\\{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}\\{1}",
    "XENVBD\\1\\2",
    "USBSTOR\\DISK\\7&0",
    "USB\\VID_46F4&PID_0001\\7",
]
VALUES = st.one_of(
    st.sampled_from(
        [
            *IDS,
            "0",
            "28",
            "True",
            "-1",
            "9" * 30,
            "PCI bus 0, device 4, function 0",
            "PCI-Bus 0, Gerät 4, Funktion 0",
        ]
    ),
    st.text(max_size=20),
)
LINES = st.builds(lambda name, value: f"{name} : {value}", st.sampled_from(PROPERTIES), VALUES)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.one_of(LINES, st.just("")), max_size=30).map("\n".join)
)


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
@given(texts=st.lists(TEXTS, min_size=8, max_size=8))
def test_any_text_is_read_or_refused(question: Question[Any], texts: list[str]) -> None:
    named = [
        ask.name if isinstance(ask, Cim) else " ".join(ask.argv)
        for ask in (*question.asks, *question.also)
        if isinstance(ask, (Cim, Command))
    ]
    with suppress(ValueError):
        question.parse([Answer(name, "ok", text) for name, text in zip(named, texts)])


@given(texts=st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_whatever_was_read_becomes_a_guest(texts: dict[str, str]) -> None:
    records = {}
    for question in ASKED:
        answers = [
            Answer(ask.name, "ok", texts[ask.name])
            for ask in question.asks
            if isinstance(ask, Cim) and ask.name in texts
        ]
        if answers:
            try:
                records[question.name] = question.parse(answers)
            except ValueError:
                continue
    guest = build(Evidence("a text", records, (), True, family=WINDOWS))
    assert guest.os_id == "windows"


def test_what_format_list_prints_is_read_too() -> None:
    said = (
        "\r\n\r\nName      : vioscsi\r\nState     : Running\r\nStartMode : "
        "Boot\r\n\r\nName=viostor\r\nState=Stopped\r\n"
    )
    found = services.WINDOWS_SERVICES.parse([Answer("Win32_SystemDriver", "ok", said)])
    assert found == (
        services.WindowsService("vioscsi", "Running", "Boot"),
        services.WindowsService("viostor", "Stopped", ""),
    )


def test_a_device_that_is_not_there_is_left_out() -> None:
    said = "".join(
        f"DeviceID : PCI\\VEN_8086&DEV_000{code % 10}\\1\nConfigManagerErrorCode : {code}\n\n"
        for code in (0, 24, 28, 45)
    )
    found = devices.WINDOWS_DEVICES.parse([Answer("Win32_PnPEntity", "ok", said)]).devices
    assert [device.problem for device in found] == [0, 28]


def test_a_driver_that_is_not_named_is_none_and_of_another_source_not_known() -> None:
    said = "DeviceID : PCI\\VEN_1AF4&DEV_1000\\1\nConfigManagerErrorCode : 28\n"
    assert (
        devices.WINDOWS_DEVICES.parse([Answer("Win32_PnPEntity", "ok", said)]).devices[0].service
        == ""
    )
    said = "[Network]\n\nItem\tValue\nName\tCard\nPNP Device ID\tPCI\\VEN_1AF4&DEV_1000\\1\n"
    assert (
        devices.WINDOWS_DEVICES.parse([Answer("msinfo32 /report", "ok", said)]).devices[0].service
        is None
    )


def test_what_windows_is_asked_first_stands_in_a_list_and_all_else_follows() -> None:
    asked_of = [question.name for question in questions(WINDOWS, deep=True)]
    assert asked_of[0] == "windows_system"
    assert asked_of.index("windows_protection") < asked_of.index("windows_files")
    assert set(FIRST) < set(names(package))
    assert len(asked_of) == len(set(asked_of))
