"""A writer that stalls is given up; one that writes is read to its end."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Thread

import pytest

from guestcheck.unpack.stream import EnoughError
from guestcheck.unpack.waiting import open_waiting, waiting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="only POSIX can wait for a pipe")
SOON = 0.2


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    with open_waiting(f"{tmp_path}/file", SOON) as file:
        assert file.read() == b"x" * 100_000
        assert file.seek(0) == 0


def test_a_pipe_that_nobody_writes_to_is_given_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (
        open_waiting(f"{tmp_path}/pipe", SOON) as file,
        pytest.raises(EnoughError, match=r"no end of it within 0\.2 s"),
    ):
        file.read()


def test_a_writer_that_stalls_is_given_up() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"some")
    with os.fdopen(reading, "rb") as file:
        patient = waiting(file, SOON)
        assert patient.read(4) == b"some"
        with pytest.raises(EnoughError):
            patient.read(4)
    os.close(writing)


@pytest.mark.parametrize("pause", [0, 0.05])
def test_a_slow_writer_is_read_to_its_end(tmp_path: Path, pause: float) -> None:
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        with open(tmp_path / "pipe", "wb", buffering=0) as file:
            for _ in range(5):
                file.write(b"part ")
                time.sleep(pause)

    writer = Thread(target=write)
    writer.start()
    with open_waiting(f"{tmp_path}/pipe", 30) as file:
        assert file.read() == b"part " * 5
    writer.join()


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_waiting(f"{tmp_path}/none", SOON)
    with pytest.raises(IsADirectoryError):
        open_waiting(str(tmp_path), SOON).read()
