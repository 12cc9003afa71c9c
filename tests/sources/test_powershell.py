"""Live on Windows: what PowerShell prints is read, whatever becomes of PowerShell. A program of
ours stands in for it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import List

import pytest

from guestcheck.collectors.powershell import make
from guestcheck.model.known import has_evidence
from guestcheck.model.target import UNKNOWN
from guestcheck.run import examine
from guestcheck.sources.powershell import PowerShell

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests" / "fixtures" / "windows" / "ide-e1000.txt"


def source(tmp_path: Path, body: str, seconds: float = 20.0) -> PowerShell:
    """Make a source whose PowerShell is a Python program with `body`, which is given the script's
    path and -Print.
    """
    program = tmp_path / "powershell.py"
    program.write_text(
        f"import sys, time\nRECORDING = {str(RECORDING)!r}\n{body}", encoding="utf-8"
    )
    return PowerShell(make, (sys.executable, str(program)), seconds)


def test_the_script_asks_the_questions_and_its_recording_is_judged(tmp_path: Path) -> None:
    body = (
        "assert sys.argv[2] == '-Print' and b'Win32_' in open(sys.argv[1], "
        "'rb').read()\nsys.stdout.buffer.write(open(RECORDING, 'rb').read())"
    )
    found = source(tmp_path, body)
    report = examine(found)
    assert report.inventory.guest.source == "live"
    assert [disk.verdict.interface for disk in report.inventory.disks or ()] == ["ide"]


def test_what_stands_before_the_recording_is_passed_over(tmp_path: Path) -> None:
    body = "sys.stdout.buffer.write(b'WARNING: a profile says hello\\r\\n' + open(RECORDING, 'rb').read())"
    assert examine(source(tmp_path, body)).inventory.disks


def test_one_that_hangs_is_stopped_and_what_it_printed_counts(tmp_path: Path) -> None:
    body = (
        "data = open(RECORDING, "
        "'rb').read()\nsys.stdout.buffer.write(data[:-300])\nsys.stdout.flush()\ntime.sleep(60)"
    )
    began = time.monotonic()
    report = examine(source(tmp_path, body, 2.0))
    assert time.monotonic() - began < 30
    assert report.inventory.disks
    assert {gap.reason for gap in report.gaps} >= {
        "stopped after 2 s",
        "cut short: the line that ends a recording is missing",
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            "sys.stderr.write('\\ncollect.ps1 cannot be loaded because running scripts is "
            "disabled\\nmore')\nsys.exit(1)",
            "running scripts is disabled",
        ),
        ("", "printed nothing"),
        ("time.sleep(60)", "did not begin within"),
    ],
)
def test_where_powershell_is_blocked_the_report_says_so(
    tmp_path: Path, body: str, says: str
) -> None:
    report = examine(source(tmp_path, body, 1.5))
    assert (report.inventory.disks, report.inventory.nics, has_evidence(report.inventory)) == (
        None,
        None,
        False,
    )
    (gap,) = [gap for gap in report.gaps if gap.asked == "Windows PowerShell"]
    assert says in gap.reason
    assert "\n" not in gap.reason


def test_without_powershell_the_report_says_so() -> None:
    report = examine(PowerShell(make, ("/nowhere/powershell.exe",)))
    assert [gap.reason for gap in report.gaps if gap.asked == "Windows PowerShell"] == [
        "cannot be run: No such file or directory"
    ]
    assert {one.verdict for one in report.readiness} == {UNKNOWN}


def test_modules_of_another_powershell_are_not_named_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSModulePath", "C:\\Program Files\\PowerShell\\7\\Modules")
    body = (
        "import os\nassert 'PATH' in os.environ and not [name for name in os.environ if "
        "name.upper() "
        "== 'PSMODULEPATH']\n"
    )
    assert examine(
        source(tmp_path, body + "sys.stdout.buffer.write(open(RECORDING, 'rb').read())")
    ).inventory.disks


POSIX_ONLY = (
    "fcntl",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "resource",
    "syslog",
    "posix_ipc",
    "readline",
    "curses",
    "crypt",
    "spwd",
    "nis",
)
# Runs the command line with what only POSIX has taken away, and with Windows' word for the platform
# once all is imported.
AS_ON_WINDOWS = """
import os, signal, sys
blocked = {blocked!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(name)
for name in list(sys.modules):
    if name.partition(".")[0] in blocked:
        del sys.modules[name]
sys.meta_path.insert(0, Blocker())
import subprocess, tempfile, shutil, argparse, json, csv, textwrap, zlib, tarfile
for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW", "geteuid", "getuid", "fork", "mkfifo", "statvfs", "uname"):
    if hasattr(os, name): delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGPIPE", "SIGALRM"):
    if hasattr(signal, name): delattr(signal, name)
sys.platform = "win32"
import guestcheck.sources.powershell as source
program = sys.argv.pop(1)
source._powershell = lambda: program
from guestcheck.cli import entry
entry()
"""


def run(
    arguments: List[str], program: str = "/nowhere/powershell.exe"
) -> "subprocess.CompletedProcess[str]":
    code = AS_ON_WINDOWS.format(blocked=POSIX_ONLY)
    return subprocess.run(
        [sys.executable, "-c", code, program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_a_recording_is_judged_without_anything_that_only_posix_has() -> None:
    done = run(["check", str(RECORDING), "-f", "text"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "PhysicalDrive0 (ide)" in done.stdout


def test_live_on_windows_powershell_is_what_is_asked() -> None:
    done = run([])
    assert (done.returncode, done.stderr) == (3, "")
    assert "Windows PowerShell: cannot be run: No such file or directory" in done.stdout


def test_the_other_words_of_the_command_line_run_there_too(tmp_path: Path) -> None:
    for words in (
        ["list", "evidence"],
        ["explain", "disk-emulated"],
        ["collector", "powershell"],
        ["check", str(RECORDING), "-f", "json"],
    ):
        done = run(words)
        assert (done.returncode, done.stderr) == (0, ""), words
    packed = tmp_path / "packed.tar.gz"
    assert run(["collect", str(RECORDING), "-o", str(packed)]).returncode == 0
    assert run(["check", str(packed), "-f", "text"]).returncode == 0
