"""What guestcheck writes is whole, its owner's alone, and never written through somebody else's
link.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from threading import Thread
from typing import Any, Callable, List

import pytest

from guestcheck.errors import UsageError
from guestcheck.output_file import PUBLIC, write_output

STRANGER = 65534
root_only = pytest.mark.skipif(
    os.geteuid() != 0, reason="makes files of another user, which only root may"
)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A folder that all may write to, as a stranger would choose."""
    folder = tmp_path / "spool"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def foreign(path: Path, make: Callable[[], Any]) -> Path:
    """Make `path`, and give it to another user."""
    make()
    os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_its_owner_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_output(f"{tmp_path}/report", b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "report") == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]


def test_a_file_for_another_program_can_be_read_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_output(f"{tmp_path}/metrics", b"x", PUBLIC)
    finally:
        os.umask(before)
    assert mode(tmp_path / "metrics") == 0o644


def test_a_file_that_the_caller_opened_to_others_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o640)
    write_output(str(path), b"new")
    assert (path.read_text(), mode(path)) == ("new", 0o640)


@root_only
def test_the_mode_of_a_stranger_s_file_is_not_kept(spool: Path) -> None:
    path = foreign(spool / "report", (spool / "report").touch)
    path.chmod(0o666)
    write_output(str(path), b"new")
    assert (path.read_bytes(), mode(path), path.stat().st_uid) == (b"new", 0o600, os.geteuid())


def test_a_link_at_the_name_is_replaced_and_not_followed(spool: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("old")
    (spool / "report").symlink_to(victim)
    write_output(f"{spool}/report", b"new")
    assert victim.read_text() == "old"
    assert not (spool / "report").is_symlink()
    assert (spool / "report").read_text() == "new"


@root_only
def test_a_stranger_s_link_on_the_way_is_refused(spool: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    foreign(spool / "sub", lambda: (spool / "sub").symlink_to(tmp_path / "etc"))
    with pytest.raises(UsageError, match="sub is a link of another user"):
        write_output(f"{spool}/sub/report", b"new")
    assert not list((tmp_path / "etc").iterdir())


def test_the_caller_s_own_links_on_the_way_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "absolute").symlink_to(tmp_path / "real")
    (tmp_path / "relative").symlink_to("absolute/deep/../deep")
    write_output(f"{tmp_path}/relative/../deep/report", b"new")
    assert (tmp_path / "real/deep/report").read_text() == "new"


@root_only
@pytest.mark.parametrize("direct", [True, False])
def test_a_stranger_s_pipe_or_link_to_one_gets_nothing(
    spool: Path, tmp_path: Path, direct: bool
) -> None:
    pipe = tmp_path / "pipe"
    foreign(pipe, lambda: os.mkfifo(pipe))
    if direct:
        with pytest.raises(UsageError, match="a pipe or device of another user"):
            write_output(str(pipe), b"new")
    else:
        foreign(spool / "report", lambda: (spool / "report").symlink_to(pipe))
        write_output(f"{spool}/report", b"new")
        assert (spool / "report").read_text() == "new"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["pipe", "link"])
def test_a_pipe_of_the_caller_s_is_written_to_as_it_is(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    read: List[bytes] = []
    reader = Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_output(f"{tmp_path}/{name}", b"whole")
    reader.join()
    assert read == [b"whole"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_an_open_descriptor_is_written_to_where_it_is(tmp_path: Path, name: str) -> None:
    with open(tmp_path / "out", "wb") as file:
        file.write(b"before ")
        file.flush()
        write_output(name.format(file.fileno()), b"it")
        file.write(b" after")
    assert (tmp_path / "out").read_bytes() == b"before it after"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("none/x", "No such file"),
        ("file/x", "Not a directory"),
        ("", "Is a directory"),
        ("folder", "Is a directory"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    tmp_path: Path, path: str, why: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=why):
        write_output(f"{tmp_path}/{path}" if path else "/", b"x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_an_interruption_leaves_nothing_and_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report").write_text("old")

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_output(f"{tmp_path}/report", b"new")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("report", "old")]


def test_many_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "report"
    texts = [bytes([65 + number]) * 50_000 for number in range(16)]
    writers = [
        Thread(target=lambda text=text: [write_output(str(path), text) for _ in range(5)])
        for text in texts
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in texts
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]
