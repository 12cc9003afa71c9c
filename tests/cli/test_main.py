"""Whatever is asked and wherever it goes: an exit code of the table, a line on standard error, and never a traceback unasked."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Dict, List

import pytest

import guestcheck.cli as package
from guestcheck import __version__
from guestcheck.cli import main
from guestcheck.errors import EXIT_INTERNAL, EXIT_NO_EVIDENCE, EXIT_OK, EXIT_USAGE
from guestcheck.folders import names

Run = Any
COMMANDS = names(package)
# What prints much, little, a help or a line; {} is a recording.
CALLS = ["{} -f text", "{} -v -f json", "list checks", "list devices", "explain nic-emulated", "explain interfaces", "--version", "--help", "list --help"]


def words(call: str, path: str) -> List[str]:
    return call.format(path).split()


@pytest.mark.parametrize("call", [["--version"], ["check", "--version"]])
def test_the_version_is_told(call: List[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(call)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == EXIT_OK
    assert capsys.readouterr().out == f"guestcheck {__version__}\n"


class TestHelp:
    def help_of(self, call: List[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as end:
            main([*call, "--help"])
        assert end.value.code == EXIT_OK
        return capsys.readouterr().out

    @pytest.mark.parametrize("call", [[], *([name] for name in COMMANDS)], ids=" ".join)
    def test_it_fits_80_columns(self, call: List[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.argv", ["guestcheck", *call, "--help"])
        shown = self.help_of(call, capsys, monkeypatch)
        assert [line for line in shown.splitlines() if len(line) > 80] == []

    OPTIONS = {
        "check": ("SOURCE", "--select", "--ignore", "--fail-on", "note,warn,fail,never", "--strict", "--format", "--width", "--verbose", "--version"),
        "collect": ("--output FILE",),
        "explain": ("ID", "--width", "nic-interfaces"),
        "list": ("WHAT", "checks", "devices", "evidence", "formats", "sources", "kernels"),
    }

    @pytest.mark.parametrize("name", OPTIONS)
    def test_every_option_is_in_it(self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        shown = self.help_of([name], capsys, monkeypatch)
        assert [option for option in (*self.OPTIONS[name], "--help") if option not in shown] == []

    def test_no_sub_command_is_without_a_row_here(self) -> None:
        assert sorted(self.OPTIONS) == COMMANDS

    def test_the_bare_one_names_every_sub_command(self, program: Run) -> None:
        listed = program("--help").stdout.partition("sub-commands")[2]
        assert re.findall(r"^  (\S+)", listed, re.MULTILINE) == COMMANDS


class TestWrongWords:
    CASES = {
        "a format": (["{}", "-f", "xml"], "there is no format 'xml'; there are: json, terminal, text"),
        "a format without a name": (["{}", "-f", ":x"], "there is no format ''"),
        "a check to select": (["{}", "--select", "nope"], "there is no check 'nope'"),
        "a check to ignore": (["{}", "--ignore", "disk,nope"], "there is no check 'nope'"),
        "a page": (["explain", "nope"], "there is nothing to explain under 'nope'"),
        "a missing file": (["/nowhere/x.tar.gz"], "/nowhere/x.tar.gz: there is no such file"),
        "a file that is no recording": (["/proc/version"], "/proc/version is no recording"),
        "a folder that is no recording": (["/proc/self/fd"], "/proc/self/fd is no recording"),
        "a folder to write to": (["{}", "-f", "json:/nowhere/x.json"], "cannot write /nowhere/x.json: No such file"),
        "an archive to write": (["collect", "-o", "/nowhere/x.tar.gz"], "cannot write /nowhere/x.tar.gz: No such file"),
    }

    @pytest.mark.parametrize("case", CASES)
    def test_a_line_on_standard_error_says_so(self, case: str, recordings: Dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        call, says = self.CASES[case]
        assert main([word.format(recordings["virtio"]) for word in call]) == EXIT_USAGE
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith(f"guestcheck: {says}")
        assert told.err.count("\n") == 1

    @pytest.mark.parametrize(
        "call", [["--nope"], ["--fail-on", "sometimes"], ["--width", "wide"], ["list", "nope"], ["list"], ["explain"], ["collect"], ["a", "b"]], ids=" ".join
    )
    def test_what_the_parser_refuses_ends_alike(self, call: List[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as end:
            main(call)
        assert end.value.code == EXIT_USAGE
        assert "usage: guestcheck" in capsys.readouterr().err

    def test_a_wrong_format_is_told_before_the_guest_is_examined(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("guestcheck.run.examine", lambda *_: pytest.fail("the guest was examined"))
        assert main(["-f", "json", "-f", "xml"]) == EXIT_USAGE

    def test_a_guest_without_anything_to_look_at_has_a_code_of_its_own(self, recordings: Dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main([recordings["empty"], "-f", "json"]) == EXIT_NO_EVIDENCE
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1


class TestABug:
    @pytest.fixture
    def broken(self, tmp_path: Path) -> List[str]:
        """Return a folder that breaks guestcheck where it is imported from."""
        (tmp_path / "bug").mkdir()
        (tmp_path / "bug" / "sitecustomize.py").write_text(
            "import guestcheck.checks\ndef judge(*_):\n    raise ZeroDivisionError('of mine')\nguestcheck.checks.judge = judge\n"
        )
        return [str(tmp_path / "bug")]

    def test_it_is_told_without_a_traceback(self, program: Run, broken: List[str], recordings: Dict[str, str]) -> None:
        told = program(recordings["virtio"], before=broken)
        assert told.returncode == EXIT_INTERNAL
        assert told.stdout == ""
        assert told.stderr.startswith("guestcheck: a bug: ZeroDivisionError: of mine\n")
        assert "Traceback" not in told.stderr

    def test_on_request_all_of_it_is_told(self, program: Run, broken: List[str], recordings: Dict[str, str]) -> None:
        told = program(recordings["virtio"], before=broken, env={"GUESTCHECK_DEBUG": "1"})
        assert told.returncode not in (EXIT_OK, EXIT_USAGE, EXIT_NO_EVIDENCE)
        assert "Traceback" in told.stderr
        assert "ZeroDivisionError: of mine" in told.stderr

    def test_an_interruption_is_none(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("guestcheck.run.examine", interrupt)
        assert main(["-f", "json"]) == 130
        assert capsys.readouterr().err == ""


class TestOutput:
    @pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
    @pytest.mark.parametrize("call", CALLS)
    def test_a_reader_who_left_is_no_trouble(self, call: str, unbuffered: str, program: Run, recordings: Dict[str, str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            told = program(*words(call, recordings["emulated"]), stdout=writer, env={"PYTHONUNBUFFERED": unbuffered})
        finally:
            os.close(writer)
        assert told.stderr == ""
        assert told.returncode == EXIT_OK

    @pytest.mark.parametrize("call", [*CALLS, "{} -f terminal", "check --help", "explain --help", "collect --help"])
    def test_a_terminal_that_takes_ascii_gets_ascii(self, call: str, program: Run, recordings: Dict[str, str]) -> None:
        told = program(*words(call, recordings["emulated"]), env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
        assert told.stderr == ""
        assert told.returncode == EXIT_OK
        assert told.stdout.isascii()
        assert "???" not in told.stdout

    def test_a_wrong_word_beyond_ascii_is_told_too(self, program: Run) -> None:
        told = program("-f", "é→", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
        assert told.returncode == EXIT_USAGE
        assert told.stderr.count("\n") == 1

    def test_only_the_report_goes_to_standard_output(self, program: Run, recordings: Dict[str, str]) -> None:
        told = program(recordings["emulated"], "-f", "json")
        assert json.loads(told.stdout)["disks"][0]["name"] == "sda"
        assert told.stderr == ""
