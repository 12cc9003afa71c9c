"""All that is read of a guest has one deadline: what was not read by then is a gap, and nothing is
judged by its lack.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from guestcheck.evidence import questions
from guestcheck.model.source import FAILED, TIMEOUT, Command, Initramfs, Question
from guestcheck.privacy.lines import mask
from guestcheck.run import examine
from guestcheck.sources._offline import Offline
from guestcheck.sources.live import Live
from guestcheck.stores.folder import Folder
from guestcheck.unpack import clock as _clock
from guestcheck.unpack import cpio as _cpio
from guestcheck.unpack.clock import Clock
from guestcheck.unpack.initramfs import describe, open_regular
from guestcheck.unpack.stream import EnoughError
from tests.images import cpio

LATE = "not in time: all that is read of a guest may take"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time of each clock be over when it is made."""
    monkeypatch.setattr(_clock, "LONGEST_RUN", -1.0)


def test_a_hundred_images_have_one_clock(tmp_path: Path) -> None:
    (tmp_path / "initrd.img").write_bytes(cpio({}))
    clock = Clock(-1.0)
    started = [
        describe(
            f"/boot/{n}",
            str(tmp_path / "initrd.img"),
            Initramfs("/boot/*"),
            open_regular,
            mask,
            clock,
        )
        for n in range(100)
    ]
    assert {answer.status for answer in started} == {FAILED}
    assert all(answer.detail.startswith(LATE) for answer in started)


def test_an_image_stops_where_the_clock_does() -> None:
    with pytest.raises(EnoughError, match=LATE):
        _cpio.Budget(Clock(-1.0)).spend(1)


@pytest.mark.usefixtures("late")
def test_what_was_not_asked_in_time_is_a_gap_and_no_lack(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text("ID=debian\n")
    (tmp_path / "etc" / "fstab").write_text("/dev/sda1 / ext4 defaults 0 1\n")
    source = Offline(Folder(str(tmp_path)))
    raw = source.gather(questions(deep=True))
    assert {
        answer.detail[: len(LATE)] for answers in raw.answers.values() for answer in answers
    } == {LATE}
    (gap,) = [gap for gap in raw.troubles if gap.reason.startswith(LATE)]
    assert "fstab" in gap.reason
    from guestcheck.evidence import read

    found = read(raw, questions(deep=True))
    assert [one for one in found.cut if one.says.startswith(LATE)]


@pytest.mark.usefixtures("late")
def test_programs_that_would_run_too_late_are_not_run(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "tool").chmod(0o755)
    live = Live(root=str(tmp_path), path=str(tmp_path))
    (answer,) = live.gather(
        [Question("q", "", [Command(("tool",))], lambda found: found, "")]
    ).answers["q"]
    assert answer.status == TIMEOUT
    assert not (tmp_path / "ran").exists()


def test_a_guest_that_is_read_in_time_says_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "lspci.txt").write_text(
        "00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]\n"
    )
    from guestcheck.sources import open_source

    assert not [
        gap
        for gap in examine(open_source([str(tmp_path / "lspci.txt")])).gaps
        if gap.reason.startswith(LATE)
    ]
