"""The frame around every sub-command: what it says in-process, and that output which goes nowhere
is no trouble.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import List

import pytest

import guestcheck.cli as package
from guestcheck import __version__
from guestcheck.cli import main
from guestcheck.discovery import names
from guestcheck.errors import EXIT_OK, EXIT_USAGE
from tests.cli.conftest import PYTHONPATH, Run

Printed = pytest.CaptureFixture[str]


def help_of(words: List[str], printed: Printed) -> str:
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == EXIT_OK
    return printed.readouterr().out


def test_the_version_needs_no_sub_command(capsys: Printed) -> None:
    assert main(["--version"]) == EXIT_OK
    assert capsys.readouterr().out == f"guestcheck {__version__}\n"


def test_help_follows_the_words_it_is_called_with(capsys: Printed) -> None:
    """Where a program or a test calls `main`, sys.argv holds that program's own words."""
    listed = help_of([], capsys).partition("sub-commands")[2]
    assert re.findall(r"^  (\S+)", listed, re.MULTILINE) == names(package)


@pytest.mark.parametrize("name", [name for name in names(package) if name != "check"])
def test_a_sub_command_s_help_is_its_own(name: str, capsys: Printed) -> None:
    shown = help_of([name], capsys)
    assert shown.startswith(f"usage: guestcheck {name} ")
    assert "sub-commands" not in shown


def test_a_sub_command_s_name_is_one_in_front_alone(recording: str, capsys: Printed) -> None:
    assert main(["-f", "json", "list"]) == EXIT_USAGE
    assert "there is no file, folder or sub-command 'list'" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["web1.tar.gz", "./check", "/nowhere/guest", "lspci-2.txt", ""])
def test_what_cannot_be_a_sub_command_is_only_a_missing_file(path: str, capsys: Printed) -> None:
    assert main(["preflight", "--target", "virtio-blk", path]) == EXIT_USAGE
    error = capsys.readouterr().err
    assert f"there is no file or folder '{path}'" in error
    assert "sub-command" not in error


def test_a_misspelt_sub_command_is_answered_with_their_names(capsys: Printed) -> None:
    assert main(["prefligt"]) == EXIT_USAGE
    assert "did you mean preflight?" in capsys.readouterr().err


def test_a_recording_that_is_called_as_a_sub_command_is_found_by_its_path(
    recording: str, tmp_path: Path, capsys: Printed
) -> None:
    (tmp_path / "list").symlink_to(recording)
    assert main([f"{tmp_path}/list", "-f", "text"]) == EXIT_OK
    assert "sda" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("list", "checks"),
        ("list", "devices"),
        ("RECORDING", "-f", "text"),
    ],
    ids=" ".join,
)
def test_a_reader_that_has_gone_is_no_trouble_without_a_buffer_either(
    process: Run, recording: str, words: List[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = process(
        *(recording if word == "RECORDING" else word for word in words),
        stdout=writer,
        PYTHONUNBUFFERED="1",
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (EXIT_OK, "")


@pytest.mark.parametrize("call", ["list devices", "{} -f text -v"])
def test_a_reader_that_goes_after_the_first_line_is_no_trouble(recording: str, call: str) -> None:
    command = f"{sys.executable} -m guestcheck {call.format(recording)} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (EXIT_OK, "", 1)


def test_lines_are_drawn_where_a_terminal_takes_ascii_alone(run: Run, recording: str) -> None:
    pytest.importorskip("rich")
    shown = run(recording, "-f", "terminal", encoding="ascii").stdout
    assert "??" not in shown
    assert re.search(r"^ +[-=]{20,}$", shown, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_started_ends_with_us(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "lspci").write_text(f"#!/bin/sh\necho $$ >{tmp_path}/started\nexec sleep 60\n")
    (tmp_path / "lspci").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    code = "import guestcheck.cli; guestcheck.cli.entry()"
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    while not (tmp_path / "started").exists() or not (tmp_path / "started").read_text():
        assert running.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)  # between fork and its return Python does not know of the child yet
    running.send_signal(number)
    assert running.wait(30) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "started").read_text()), 0)
