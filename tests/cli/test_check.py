"""`guestcheck [check]`: exit codes are as documented, errors are one line, and a report is written
whole or not at all.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Dict, Tuple

import pytest

from guestcheck.cli import main
from guestcheck.cli.check import exit_code
from guestcheck.errors import (
    EXIT_CODES,
    EXIT_FINDINGS,
    EXIT_INTERNAL,
    EXIT_NO_EVIDENCE,
    EXIT_OK,
    EXIT_USAGE,
)
from guestcheck.model.check import ERROR, FAIL, NOTE, OUTCOMES, PASS, SKIP, UNKNOWN, WARN, Result
from tests.cli.conftest import PYTHONPATH, ROOT, Run

LEVELS: Dict[str, Tuple[str, ...]] = {
    "note": (NOTE, WARN, FAIL),
    "warn": (WARN, FAIL),
    "fail": (FAIL,),
    "never": (),
}


def one_line(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """Check that a run ended with `code` and one line on standard error, and return that."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("guestcheck: ")
    return done.stderr


class TestExitCodes:
    @pytest.mark.parametrize("outcome", OUTCOMES)
    @pytest.mark.parametrize("fail_on", LEVELS)
    @pytest.mark.parametrize("strict", [False, True])
    def test_the_worst_outcome_and_the_level_decide(
        self, outcome: str, fail_on: str, strict: bool
    ) -> None:
        results = tuple(Result("x-y", word, "x", "x") for word in (PASS, outcome, SKIP))
        expected = (
            EXIT_FINDINGS
            if outcome in LEVELS[fail_on]
            else EXIT_NO_EVIDENCE
            if strict and outcome in (UNKNOWN, ERROR)
            else EXIT_OK
        )
        assert exit_code(results, fail_on, strict) == expected

    def test_a_finding_counts_more_than_what_could_not_be_told(self) -> None:
        assert (
            exit_code(
                (Result("a-b", UNKNOWN, "x", "x"), Result("a-c", WARN, "x", "x")), "warn", True
            )
            == EXIT_FINDINGS
        )

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ((), EXIT_OK),
            (("--fail-on", "warn"), EXIT_FINDINGS),
            (("--fail-on", "never", "--select", "disk"), EXIT_OK),
            (("--fail-on", "warn", "--ignore", "disk-emulated"), EXIT_OK),
            (("--fail-on", "warn", "--select", "nic"), EXIT_OK),
            (("--strict",), EXIT_NO_EVIDENCE),
            (("--strict", "--select", "disk-emulated,nic-emulated"), EXIT_OK),
            (("--fail-on", "warn", "--strict"), EXIT_FINDINGS),
        ],
    )
    def test_a_run_ends_with_its_code(
        self, run: Run, recording: str, words: Tuple[str, ...], code: int
    ) -> None:
        done = run(recording, *words)
        assert (done.returncode, done.stderr) == (code, "")
        assert "FINDINGS" in done.stdout

    def test_the_readme_s_table_says_the_same(self) -> None:
        lines = (ROOT / "README.md").read_text(encoding="utf-8").split("\n")
        rows = [
            [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            for line in lines
            if line.startswith("| ") and line[2].isdigit()
        ]
        assert {int(code): says for code, says, *_ in rows} == EXIT_CODES

    def test_no_code_is_used_twice(self) -> None:
        assert len({EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_NO_EVIDENCE, EXIT_INTERNAL}) == len(
            EXIT_CODES
        )


class TestErrors:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (
                ("-f", "xml"),
                "there is no format 'xml'; there are: facts, html, json, junit, markdown, "
                "nagios, prometheus, sarif, terminal, text",
            ),
            (("-f", ""), "there is no format ''"),
            (("-f", "_words"), "there is no format '_words'"),
            (("-f", "../../etc"), "there is no format"),
            (
                ("--select", "disk-emulatd"),
                "there is no check 'disk-emulatd'; guestcheck list checks names all"
                "; did you mean disk-emulated?",
            ),
            (("-f", "jso"), "text; did you mean json?"),
            (("prefligt",), "preflight; did you mean preflight?"),
            (("--ignore", "nothing"), "there is no check 'nothing'"),
            (("--select", "nic,,zzz"), "there is no check 'zzz'"),
        ],
    )
    def test_a_wrong_name_is_one_line(
        self, run: Run, recording: str, words: Tuple[str, ...], says: str
    ) -> None:
        assert says in one_line(run(recording, *words), EXIT_USAGE)

    @pytest.mark.parametrize(
        "words",
        [
            ("no-such-file",),
            ("",),
            ("chekc",),
            ("explain", "no-such-check"),
            ("explain", ""),
            ("a", "b"),
        ],
    )
    def test_what_is_no_recording_is_one_line(self, run: Run, words: Tuple[str, ...]) -> None:
        assert one_line(run(*words), EXIT_USAGE)

    @pytest.mark.parametrize(
        "words",
        [
            ("--nonsense",),
            ("--width", "wide"),
            ("--fail-on", "sometimes"),
            ("list",),
            ("list", "nothing"),
            ("collect",),
            ("explain",),
        ],
    )
    def test_a_wrong_command_line_is_argparse_s_to_tell(
        self, run: Run, words: Tuple[str, ...]
    ) -> None:
        done = run(*words)
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert "error: " in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_recording_of_nothing_is_no_evidence(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "manifest.json").write_text(
            '{"schema": "guestcheck.recording/1", "answers": []}'
        )
        assert "nothing here tells of a disk" in one_line(run(str(tmp_path)), EXIT_NO_EVIDENCE)

    def test_a_text_in_which_nothing_is_known_is_told_what_to_paste(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "mail.txt").write_text("Dear all,\nmy machine is slow.\n")
        said = one_line(run(str(tmp_path / "mail.txt")), EXIT_NO_EVIDENCE)
        assert all(
            command in said
            for command in ("lspci -nnk", "lsblk -O -J", "lscpu", "dmidecode -t system")
        )
        (tmp_path / "system.txt").write_text('PRETTY_NAME="Debian"\nID=debian\n')
        said = one_line(run(str(tmp_path / "system.txt")), EXIT_NO_EVIDENCE)
        assert "nothing here tells of a disk" in said
        assert "lspci -nnk" in said

    def test_of_many_files_the_first_are_named(self, run: Run, tmp_path: Path) -> None:
        paths = [str(tmp_path / f"{number}.txt") for number in range(9)]
        for path in paths:
            Path(path).write_text("nothing\n")
        said = one_line(run(*paths), EXIT_NO_EVIDENCE)
        assert paths[2] + " and 6 more" in said
        assert paths[3] not in said

    def test_a_hypervisor_alone_is_reported_and_is_no_evidence_of_the_guest(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "dmi.txt").write_text(
            "# dmidecode 3.4\nHandle 0x0100, DMI type 1, 27 bytes\nSystem "
            "Information\n\tManufacturer: QEMU\n"
        )
        done = run(str(tmp_path / "dmi.txt"))
        assert (done.returncode, done.stderr) == (EXIT_NO_EVIDENCE, "")
        assert "QEMU, by DMI" in done.stdout
        assert "nothing here tells" in one_line(
            run("preflight", str(tmp_path / "dmi.txt"), "--target", "virtio-blk"), EXIT_NO_EVIDENCE
        )

    @pytest.mark.parametrize(
        "path", [str(ROOT / "README.md"), str(ROOT / "guestcheck"), "/dev/null"]
    )
    def test_what_holds_no_evidence_is_one_line(self, run: Run, path: str) -> None:
        assert path in one_line(run(path), EXIT_NO_EVIDENCE)

    def test_a_manifest_that_is_none_is_no_evidence(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "manifest.json").write_text("{}")
        assert "manifest.json" in one_line(run(str(tmp_path)), EXIT_NO_EVIDENCE)

    def test_a_bug_is_told_as_one_without_a_traceback(
        self, run: Run, process: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def examine(*_: object) -> None:
            raise ZeroDivisionError("odd")

        monkeypatch.setattr("guestcheck.run.examine", examine)
        done = run("-f", "json")
        assert (done.returncode, done.stdout) == (EXIT_INTERNAL, "")
        assert done.stderr.startswith("guestcheck: a bug: ZeroDivisionError: odd\n")
        assert "Traceback" not in done.stderr
        with pytest.raises(ZeroDivisionError):
            run("-f", "json", GUESTCHECK_DEBUG="1")
        broken = (
            "import guestcheck.run\ndef examine(*_): raise "
            "ZeroDivisionError('odd')\nguestcheck.run.examine = examine"
        )
        assert "Traceback" in process("-f", "json", code=broken, GUESTCHECK_DEBUG="1").stderr

    def test_an_interruption_is_no_bug(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def examine(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("guestcheck.run.examine", examine)
        done = run("-f", "json")
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


class TestFiles:
    def test_a_report_to_a_file_leaves_standard_output_alone(
        self, run: Run, recording: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "report.json"
        path.write_text("older")
        done = run(recording, "-f", f"json:{path}")
        assert (done.returncode, done.stdout, done.stderr) == (EXIT_OK, "", "")
        assert json.loads(path.read_text())["schema"] == "guestcheck.report/1"
        assert os.listdir(tmp_path) == ["report.json"]

    def test_several_formats_are_written_in_one_run(
        self, run: Run, recording: str, tmp_path: Path
    ) -> None:
        done = run(
            recording,
            "-f",
            "text",
            "-f",
            f"json:{tmp_path}/a:b.json",
            "-f",
            f"text:{tmp_path}/report.txt",
        )
        assert done.stdout.startswith("1 of 3 disks and NICs is emulated: sda (ide).")
        assert (tmp_path / "report.txt").read_text(encoding="utf-8") == done.stdout
        assert json.loads((tmp_path / "a:b.json").read_text())["disks"][0]["name"] == "sda"

    @pytest.mark.parametrize("where", ["no/such/folder/x.json", "folder"])
    def test_a_file_that_cannot_be_written_is_one_line_and_leaves_nothing(
        self, run: Run, recording: str, tmp_path: Path, where: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        assert f"cannot write {tmp_path}/{where}" in one_line(
            run(recording, "-f", f"json:{tmp_path}/{where}"), EXIT_USAGE
        )
        assert os.listdir(tmp_path) == ["folder"]

    def test_a_report_that_could_not_be_made_leaves_the_older_one(
        self, run: Run, tmp_path: Path
    ) -> None:
        path = tmp_path / "report.json"
        path.write_text("older")
        assert run("no-such-file", "-f", f"json:{path}").returncode == EXIT_USAGE
        assert path.read_text() == "older"

    def test_the_terminal_format_writes_no_colour_into_a_file(
        self, run: Run, recording: str, tmp_path: Path
    ) -> None:
        pytest.importorskip("rich")
        run(
            recording,
            "-f",
            f"terminal:{tmp_path}/report.txt",
            FORCE_COLOR="1",
            TERM="xterm-256color",
        )
        assert "\x1b" not in (tmp_path / "report.txt").read_text(encoding="utf-8")


class TestSink:
    def test_without_a_terminal_the_text_is_plain(self, run: Run, recording: str) -> None:
        assert run(recording).stdout == run(recording, "-f", "text", "--width", "80").stdout

    @pytest.mark.parametrize(
        ("columns", "widest"),
        [("60", 60), ("0", 80), ("nonsense", 80), ("²", 80), ("-5", 80), ("1", 40)],
    )
    def test_columns_are_filled_as_told(
        self, run: Run, recording: str, columns: str, widest: int
    ) -> None:
        done = run(recording, COLUMNS=columns)
        assert done.returncode == EXIT_OK, done.stderr
        why = [line for line in done.stdout.split("\n") if "Why:" in line]
        assert why
        assert widest - 15 < max(map(len, why)) <= widest

    @pytest.mark.parametrize("width", ["-1", "0", "1", "40", "100000"])
    def test_any_width_will_do(self, run: Run, recording: str, width: str) -> None:
        assert run(recording, "--width", width).returncode == EXIT_OK

    @pytest.mark.parametrize(
        ("variables", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
    )
    def test_colour_is_for_terminals_that_take_it(
        self, recording: str, variables: Dict[str, str], colour: bool
    ) -> None:
        pytest.importorskip("rich")
        import pty
        import sys

        leader, follower = pty.openpty()
        environment = {
            **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
            "PYTHONPATH": PYTHONPATH,
            "TERM": "xterm",
            **variables,
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "guestcheck", recording, "-f", "terminal"],
            stdout=follower,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        os.close(follower)
        printed = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not part:
                break
            printed += part
        os.close(leader)
        assert child.wait(60) == EXIT_OK
        assert (b"\x1b[" in printed) == colour


ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN = {"PYTHONIOENCODING": "latin-1"}
EVERY = (
    ("--help",),
    ("collect", "--help"),
    ("explain", "--help"),
    ("list", "--help"),
    ("list", "devices"),
    ("list", "checks"),
    ("explain", "interfaces"),
    ("explain", "interfaces", "--width", "200"),
    ("explain", "disk-emulated"),
    ("RECORDING", "-f", "text", "-v"),
    ("RECORDING", "-f", "terminal", "-v"),
    ("RECORDING", "-f", "json"),
    *(
        ("RECORDING", "-f", form, "--fail-on", "never")
        for form in ("facts", "html", "junit", "markdown", "prometheus", "sarif")
    ),
    ("policy", "--help"),
    ("policy", "init"),
    ("policy", "schema"),
    ("RECORDING", "--select", "ü"),
    ("ü\udcff",),
)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("words", EVERY, ids=lambda words: ascii(" ".join(words)))
def test_a_terminal_that_knows_no_unicode_is_no_trouble(
    run: Run, recording: str, words: Tuple[str, ...], encoding: str
) -> None:
    if "terminal" in words:
        pytest.importorskip("rich")
    done = run(*(recording if word == "RECORDING" else word for word in words), encoding=encoding)
    assert done.returncode in (EXIT_OK, EXIT_USAGE), done.stderr
    assert done.stdout.isascii() or encoding == "latin-1"
    assert bool(done.stdout) == (done.returncode == EXIT_OK)


@pytest.mark.slow
@pytest.mark.parametrize("environment", [ASCII, LATIN], ids=["ascii", "latin-1"])
@pytest.mark.parametrize("words", EVERY, ids=lambda words: ascii(" ".join(words)))
def test_a_locale_that_knows_no_unicode_is_no_trouble(
    process: Run, recording: str, words: Tuple[str, ...], environment: Dict[str, str]
) -> None:
    if "terminal" in words:
        pytest.importorskip("rich")
    done = process(*(recording if word == "RECORDING" else word for word in words), **environment)
    assert done.returncode in (EXIT_OK, EXIT_USAGE), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.isascii() or environment is LATIN
    assert bool(done.stdout) == (done.returncode == EXIT_OK)


@pytest.mark.parametrize("words", [w for w in EVERY if "ü" not in str(w)], ids=" ".join)
def test_a_reader_that_has_gone_is_no_trouble(
    run: Run, recording: str, words: Tuple[str, ...]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*(recording if word == "RECORDING" else word for word in words), stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("list", "checks"),
        ("explain", "disk-emulated"),
        ("RECORDING", "-f", "json"),
    ],
    ids=" ".join,
)
def test_a_full_disk_is_one_line(process: Run, recording: str, words: Tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = process(*(recording if word == "RECORDING" else word for word in words), stdout=full)
    assert done.returncode == EXIT_USAGE
    assert done.stderr == "guestcheck: cannot write to standard output: No space left on device\n"


NONE_OF_THEM = "sys.modules.update(dict.fromkeys(('psutil', 'pyudev', 'rich')))"


class TestWithoutLibraries:
    def test_json_of_this_guest_needs_none(self, process: Run) -> None:
        done = process("-f", "json", code=NONE_OF_THEM)
        assert (done.returncode, done.stderr) == (EXIT_OK, "")
        told = json.loads(done.stdout)
        assert told["guest"]["vcpus"] == os.cpu_count()
        assert told["guest"]["memory_bytes"] > 0

    @pytest.mark.parametrize("words", [("-f", "text"), ("-f", "terminal"), ("-f", "json")])
    def test_a_recording_needs_none(
        self, process: Run, recording: str, words: Tuple[str, ...]
    ) -> None:
        done = process(recording, *words, code=NONE_OF_THEM)
        assert done.returncode == EXIT_OK
        assert "sda" in done.stdout

    def test_without_rich_the_text_is_shown_and_one_line_says_so(
        self, run: Run, process: Run, recording: str
    ) -> None:
        done = process(recording, "-f", "terminal", code=NONE_OF_THEM)
        assert done.stderr == "guestcheck: rich is not installed; -f text is shown instead\n"
        assert done.stdout == run(recording, "-f", "text").stdout

    @pytest.mark.parametrize(
        "words",
        [
            ("list", "formats"),
            ("list", "sources"),
            ("list", "checks"),
            ("explain", "interfaces"),
            ("--help",),
        ],
    )
    def test_neither_do_the_lists(self, process: Run, words: Tuple[str, ...]) -> None:
        done = process(*words, code=NONE_OF_THEM)
        assert (done.returncode, done.stderr) == (EXIT_OK, "")

    @pytest.mark.parametrize("words", [("-f", "json"), ("-f", "text")])
    def test_a_recording_is_judged_without_loading_them(
        self, process: Run, recording: str, words: Tuple[str, ...]
    ) -> None:
        code = (
            "import atexit\natexit.register(lambda: sys.stderr.write(' "
            "'.join(sorted({'psutil', 'pyudev', "
            "'rich'} & set(sys.modules)))))"
        )
        assert process(recording, *words, code=code).stderr == ""


def test_main_can_be_called_with_words(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([recording, "-f", "json", "--fail-on", "warn"]) == EXIT_FINDINGS
    assert json.loads(capsys.readouterr().out)["source"] == recording
