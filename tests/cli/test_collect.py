"""`guestcheck collect`: what is judged of the recording is what is judged of the guest, and nothing
else is left behind.
"""

from __future__ import annotations

import json
import os
import pty
import re
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Dict

import pytest

from guestcheck.cli import main
from guestcheck.errors import EXIT_OK, EXIT_USAGE
from guestcheck.evidence import questions
from guestcheck.sources.live import Live
from tests.cli.conftest import PYTHONPATH, Run

Printed = pytest.CaptureFixture[str]


def judged(printed: Printed, *words: str) -> Dict[str, Any]:
    assert main([*words, "-f", "json", "--fail-on", "never"]) == EXIT_OK
    told: Dict[str, Any] = json.loads(printed.readouterr().out)
    return told


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collected") / "guest.tar.gz"
    assert main(["collect", "-o", str(path)]) == EXIT_OK
    return path


def test_a_recording_is_judged_as_the_guest_is(archive: Path, capsys: Printed) -> None:
    here, there = judged(capsys), judged(capsys, str(archive))
    assert (here.pop("source"), there.pop("source")) == ("live", str(archive))
    for told in (here, there):
        del told["time"]
        for kernel in (
            told["kernels"] or ()
        ):  # of the guest itself the report does not look into it, for that takes seconds
            for state in kernel["drivers"]:
                del state["initramfs"]
        told["gaps"] = [gap for gap in told["gaps"] if gap["question"] != "initramfs"]
        for nic in told["nics"] or ():  # what may change from one second to the next
            nic["addresses"] = nic["state"] = None
    assert here == there


def test_a_recording_of_a_recording_says_the_same(
    archive: Path, tmp_path: Path, capsys: Printed
) -> None:
    again = tmp_path / "again.tar.gz"
    assert main(["collect", str(archive), "-o", str(again)]) == EXIT_OK
    capsys.readouterr()
    here, there = judged(capsys, str(archive)), judged(capsys, str(again))
    for told in (here, there):
        del told["time"], told["source"]
    assert here == there


def test_a_redacted_one_says_so_and_does_not_have_its_name_inside(
    archive: Path, tmp_path: Path
) -> None:
    path = tmp_path / "web01.tar.gz"
    assert main(["collect", str(archive), "-o", str(path), "--redact"]) == EXIT_OK
    with tarfile.open(path) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("guestcheck/manifest.json"))  # type: ignore[arg-type]
    assert all(name.startswith("guestcheck/") for name in names)
    assert manifest["redacted"] is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_plain_one_does_not_say_that_it_is_redacted(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        assert "redacted" not in json.load(opened.extractfile("guest/manifest.json"))  # type: ignore[arg-type]


def test_it_holds_an_answer_for_each_question_and_one_folder(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("guest/manifest.json"))  # type: ignore[arg-type]
    assert all(name.startswith("guest/") for name in names)
    assert {entry["question"] for entry in manifest["answers"]} <= {
        question.name for question in questions(deep=True)
    }
    assert {f"guest/{entry['file']}" for entry in manifest["answers"] if entry["file"]} == set(
        names
    ) - {"guest/manifest.json"}


def test_only_its_owner_may_read_it(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_an_older_one_is_replaced_and_nothing_is_left_beside_it(
    tmp_path: Path, capsys: Printed
) -> None:
    path = tmp_path / "guest.tar.gz"
    path.write_text("older")
    assert main(["collect", "-o", str(path)]) == EXIT_OK
    assert tarfile.is_tarfile(path)
    assert os.listdir(tmp_path) == ["guest.tar.gz"]
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("guestcheck: ")
    assert f"{path.stat().st_size} bytes in {path}" in told.err


@pytest.mark.parametrize("where", ["folder", "pipe", "no/such/folder"])
def test_what_is_no_file_is_left_as_it_is(where: str, tmp_path: Path, capsys: Printed) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        code = main(["collect", "-o", str(tmp_path / where)])
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["folder", "pipe"]
    if where != "pipe":
        assert code == EXIT_USAGE
        assert capsys.readouterr().err.startswith(f"guestcheck: cannot write {tmp_path}/{where}: ")


class TestNothingIsAskedInVain:
    @pytest.mark.parametrize("where", ["no/such/guest.tar.gz", "file/guest.tar.gz", "folder", "-"])
    def test_where_nothing_could_be_written(
        self, where: str, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("")
        monkeypatch.setattr(Live, "gather", lambda *_: pytest.fail("it was asked"))
        monkeypatch.chdir(tmp_path)
        assert main(["collect", "-o", where]) == EXIT_USAGE
        told = capsys.readouterr()
        assert told.err.startswith(f"guestcheck: cannot write {where}: ")
        assert told.err.count("\n") == 1


class TestNothingHalfIsLeft:
    def test_when_the_disk_is_full(self, archive: Path, tmp_path: Path, process: Run) -> None:
        older = tmp_path / "guest.tar.gz"
        older.write_text("older")
        limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
        done = process("collect", str(archive), "-o", str(older), code=limited)
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert done.stderr == f"guestcheck: cannot write {older}: File too large\n"
        assert (os.listdir(tmp_path), older.read_text()) == (["guest.tar.gz"], "older")

    def test_when_it_is_interrupted(
        self, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "replace", interrupted)
        assert main(["collect", str(archive), "-o", str(tmp_path / "guest.tar.gz")]) == 130
        assert os.listdir(tmp_path) == []


class TestProgress:
    def collected(self, tmp_path: Path, **variables: str) -> str:
        """Return what a terminal at standard error is sent."""
        ours, theirs = pty.openpty()
        words = [
            sys.executable,
            "-m",
            "guestcheck",
            "collect",
            "-o",
            str(tmp_path / "guest.tar.gz"),
        ]
        environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "TERM": "xterm", **variables}
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env=environment,
        )
        os.close(theirs)
        told = b""
        try:
            while True:
                told += os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            pass
        finally:
            os.close(ours)
        assert process.wait(60) == EXIT_OK
        return told.decode()

    def test_a_terminal_sees_what_is_waited_for_and_then_no_trace_of_it(
        self, tmp_path: Path
    ) -> None:
        told = self.collected(tmp_path)
        *steps, last = told.split("\r\x1b[K")
        assert steps[0] == ""
        assert all(
            re.fullmatch(r"\d+ of \d+ questions, waiting for: .+", step) and len(step) < 80
            for step in steps[1:]
        )
        assert len(steps) > 1
        assert re.fullmatch(
            r"guestcheck: \d+ answers, \d+ not to be had, \d+ bytes in .*\r\n", last
        )

    def test_a_terminal_without_an_erase_sees_none(self, tmp_path: Path) -> None:
        assert self.collected(tmp_path, TERM="dumb").count("\n") == 1


def test_what_is_not_there_is_no_answer(run: Run, tmp_path: Path) -> None:
    """Of a root with few files few answers are told, however much was asked."""
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "os-release").write_text("ID=debian\n")
    (tmp_path / "root" / "boot").mkdir()
    (tmp_path / "root" / "boot" / "config-6.1.0").write_text("CONFIG_VIRTIO_BLK=m\n")
    done = run("collect", "--root", str(tmp_path / "root"), "-o", str(tmp_path / "out.tar.gz"))
    found = re.fullmatch(
        r"guestcheck: (\d+) answers, (\d+) not to be had, \d+ bytes in .*\n", done.stderr
    )
    assert found, done.stderr
    assert int(found[1]) < 10 < int(found[2])
    said = run(str(tmp_path / "out.tar.gz")).stdout
    assert "only the running guest can show this: its disks, cards and controllers" in " ".join(
        said.split()
    )
    assert "This source cannot be asked for more" in said
    assert "Run guestcheck as root" not in said


def test_a_recording_of_pasted_texts_is_still_one_of_texts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lspci.txt").write_text(
        "00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]\n"
    )
    for more in ((), ("--redact",)):
        run("collect", str(tmp_path / "lspci.txt"), "-o", str(tmp_path / "out.tar.gz"), *more)
        assert run(str(tmp_path / "out.tar.gz")).stdout == run(str(tmp_path / "lspci.txt")).stdout
