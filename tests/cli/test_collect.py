"""`guestcheck collect`: what is judged of the recording is what is judged of the guest, and nothing else is left behind."""

from __future__ import annotations

import json
import os
import stat
import tarfile
from pathlib import Path
from typing import Any, Dict

import pytest

from guestcheck.cli import main
from guestcheck.errors import EXIT_OK, EXIT_USAGE
from guestcheck.evidence import questions

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
        for kernel in told["kernels"] or ():  # of the guest itself the report does not look into it, for that takes seconds
            for state in kernel["drivers"]:
                del state["initramfs"]
        told["gaps"] = [gap for gap in told["gaps"] if gap["question"] != "initramfs"]
        for nic in told["nics"] or ():  # what may change from one second to the next
            nic["addresses"] = nic["state"] = None
    assert here == there


def test_a_recording_of_a_recording_cannot_be_made(archive: Path, capsys: Printed) -> None:
    with pytest.raises(SystemExit) as end:
        main(["collect", str(archive), "-o", "x.tar.gz"])
    assert end.value.code == EXIT_USAGE


def test_it_holds_an_answer_for_each_question_and_one_folder(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("guest/manifest.json"))  # type: ignore[arg-type]
    assert all(name.startswith("guest/") for name in names)
    assert {entry["question"] for entry in manifest["answers"]} <= {question.name for question in questions(deep=True)}
    assert {f"guest/{entry['file']}" for entry in manifest["answers"] if entry["file"]} == set(names) - {"guest/manifest.json"}


def test_only_its_owner_may_read_it(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_an_older_one_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path, capsys: Printed) -> None:
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
