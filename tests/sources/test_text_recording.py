"""A recording in one text is read as Windows' programs may have left it, and says where it was cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestcheck.model.family import WINDOWS
from guestcheck.model.source import Answer, Question
from guestcheck.sources import open_source
from guestcheck.sources.bundle import TextBundle

TEXT = """#guestcheck.recording/1
#tool guestcheck 0 collect.ps1
#running yes
#answer windows_q ok 0.25
#asked Win32_X
 Name : Grün
 #answer windows_q ok 0
 \x20
#answer windows_q denied 1.5
#asked Win32_Y
#detail HRESULT 0x80041003 | Zugriff verweigert
#answer windows_q nonsense x
#asked Win32_Z
#end
"""
ASKED: "Question[object]" = Question("windows_q", "", [], lambda found: found, "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_is_read_in_each_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "any name.log"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    source = open_source([str(path)])
    assert isinstance(source, TextBundle)
    assert (source.running, source.family) == (True, WINDOWS)
    raw = source.gather([ASKED])
    assert raw.troubles == ()
    assert raw.answers["windows_q"] == (
        Answer(
            "Win32_X", "ok", "Name : Grün\n#answer windows_q ok 0\n", "", 0.25
        ),  # a text cannot pass for what stands around it
        Answer("Win32_Y", "denied", "", "HRESULT 0x80041003 | Zugriff verweigert", 1.5),
        Answer("Win32_Z", "failed", "", "", 0.0),
    )


def test_lines_that_lost_the_blank_before_them_are_still_read() -> None:
    raw = TextBundle("a", TEXT.replace(" Name", "Name")).gather([ASKED])
    assert raw.answers["windows_q"][0].text.startswith("Name : Grün\n")


def test_without_its_last_line_it_was_cut() -> None:
    troubles = TextBundle("a", TEXT.replace("#end\n", "")).gather([ASKED]).troubles
    assert [gap.reason for gap in troubles] == [
        "cut short: the line that ends a recording is missing"
    ]
