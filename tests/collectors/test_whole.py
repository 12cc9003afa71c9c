"""The script as somebody runs it: what it leaves, what it says, and that its recording is judged as
the guest itself.
"""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Dict, List

import pytest

from guestcheck.cli import main
from guestcheck.collectors import sh
from guestcheck.errors import EXIT_OK
from guestcheck.evidence import questions, read
from guestcheck.evidence.linux.system import MACHINE
from guestcheck.model.source import OK, TIMEOUT, Call, Command, File, Listing, Tree
from guestcheck.sources import open_source
from guestcheck.sources.live import Live
from tests.collectors.conftest import SYSTEM, Collector, Made, let_others_in
from tests.collectors.test_sh import ended

Printed = pytest.CaptureFixture[str]
ROOT = os.geteuid() == 0
BUSYBOX = shutil.which("busybox")
USED = (
    "cat",
    "mkdir",
    "mv",
    "rm",
    "tar",
    "head",
    "dd",
    "od",
    "hexdump",
    "gzip",
    "sleep",
    "mktemp",
    "setsid",
    "readlink",
    "date",
    "uname",
    "ls",
    "tr",
)


@pytest.mark.slow
def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    (tmp_path / "collect.sh").write_text(sh.make(questions(deep=True)))
    done = subprocess.run(
        ["shellcheck", "-s", "sh", str(tmp_path / "collect.sh")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_sub_command_prints_it(capsys: Printed) -> None:
    assert main(["collector", "sh"]) == EXIT_OK
    assert capsys.readouterr().out == sh.make(questions(deep=True))


def test_the_script_is_found_in_a_zip_archive_too(tmp_path: Path) -> None:
    import zipapp

    package = Path(sh.__file__).parents[1]
    shutil.copytree(
        package, tmp_path / "app" / "guestcheck", ignore=shutil.ignore_patterns("__pycache__")
    )
    zipapp.create_archive(
        tmp_path / "app", tmp_path / "guestcheck.pyz", main="guestcheck.__main__:main"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "guestcheck.pyz"), "collector", "sh"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == sh.make(questions(deep=True))


class TestJudging:
    """The report of the script's recording is that of the guest, but for what Python's libraries
    alone tell.
    """

    def told(self, words: List[str], capsys: Printed) -> Dict[str, Any]:
        assert main([*words, "-f", "json", "--fail-on", "never"]) == EXIT_OK
        told: Dict[str, Any] = json.loads(capsys.readouterr().out)
        del told["source"], told["time"]
        for nic in told["nics"] or ():
            # psutil alone tells addresses; a state may change between the two.
            nic["addresses"] = nic["state"] = None
        # Of udev the one says that pyudev, the other that udevadm had nothing to ask.
        for gap in told["gaps"]:
            if gap["question"] == "udev":
                gap["asked"] = gap["reason"] = ""
        return told

    def test_it_is_judged_as_the_guest_is(
        self, shell: List[str], tmp_path: Path, capsys: Printed
    ) -> None:
        collector = Collector(tmp_path)
        collector.questions = list(questions(deep=True))
        path = os.environ.get("PATH") or SYSTEM
        done = collector.run(shell, env={"PATH": path})
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert self.told([str(collector.output)], capsys) == self.told([], capsys)

    def test_processors_and_memory_need_no_library(
        self, any_shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, *MACHINE.asks)
        collector.questions[0] = MACHINE
        found = [
            read(source.gather([MACHINE]), (MACHINE,)).get(MACHINE)
            for source in (self.recorded(collector, any_shell), Live())
        ]
        there, here = found
        assert here is not None
        assert there is not None
        assert (there.cpus, there.memory, there.swap) == (here.cpus, here.memory, here.swap)
        assert there.cpus
        assert there.memory

    def recorded(self, collector: Collector, shell: List[str]) -> Any:
        assert collector.run(shell).returncode == 0
        return open_source([str(collector.output)])


class TestManifest:
    def test_it_says_what_made_it_and_names_each_text(
        self, any_shell: List[str], tmp_path: Path
    ) -> None:
        import tarfile

        from guestcheck import __version__

        collector = Collector(tmp_path, File("/proc/version"), File("/none"))
        collector.answers(any_shell)
        with tarfile.open(collector.output) as archive:
            names = archive.getnames()
            assert names[0] == "guest/manifest.json"
            manifest = json.load(archive.extractfile(names[0]))  # type: ignore[arg-type]
        assert manifest["schema"] == "guestcheck.recording/1"
        assert manifest["tool"] == f"guestcheck {__version__} collect.sh"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest["time"])
        first, second = manifest["answers"]
        assert (first["file"], second["file"]) == ("q/000-proc_version.txt", None)
        assert set(names) == {"guest/manifest.json", "guest/q", "guest/q/000-proc_version.txt"}
        assert 0 <= first["seconds"] < 100

    def test_only_its_owner_may_read_it(self, any_shell: List[str], tmp_path: Path) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        collector.answers(any_shell)
        assert collector.output.stat().st_mode & 0o777 == 0o600


class TestCalling:
    def test_without_a_file_it_names_one_after_the_guest(
        self, shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        script = tmp_path / "collect.sh"
        script.write_text(sh.make(collector.questions))
        with script.open() as stream:  # as by ssh GUEST sh -s <collect.sh
            done = subprocess.run(
                [*shell, "-s"],
                stdin=stream,
                cwd=tmp_path / "out",
                env={"PATH": SYSTEM},
                capture_output=True,
                text=True,
                check=False,
            )
        (name,) = os.listdir(tmp_path / "out")
        assert re.fullmatch(r"guestcheck-[A-Za-z0-9._-]+-\d{8}-\d{6}\.tar\.gz", name)
        assert done.returncode == 0
        assert (
            done.stderr
            == f"collect.sh: 1 answers, {(tmp_path / 'out' / name).stat().st_size} bytes in "
            f"./{name}\n"
        )

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-x"], "there is no option -x"),
            (["a", "b"], "one FILE is enough"),
            (["none/x.tar.gz"], "cannot write none/x.tar.gz: "),
            (["out"], "cannot write out: a recording goes into a file, and this is none"),
            (["pipe"], "cannot write pipe: a recording goes into a file, and this is none"),
            (["link"], "cannot write link: it is a link"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_a_line(
        self, shell: List[str], tmp_path: Path, words: List[str], said: str
    ) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to("/dev/null")
        collector = Collector(tmp_path, File("/proc/version"))
        done = collector.run(shell, *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith(f"collect.sh: {said}")
        assert collector.left() == []
        assert (tmp_path / "link").is_symlink()

    def test_standard_error_may_be_closed(self, shell: List[str], tmp_path: Path) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        done = collector.run(["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *shell])
        assert (done.returncode, done.stdout, done.stderr, collector.left()) == (
            0,
            "",
            "",
            ["guest.tar.gz"],
        )

    def test_help_says_how(self, shell: List[str], tmp_path: Path) -> None:
        done = Collector(tmp_path).run(shell, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: sh collect.sh [FILE]")

    def test_an_older_one_is_replaced(self, any_shell: List[str], tmp_path: Path) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        collector.output.write_text("older")
        assert collector.answers(any_shell)[0].status == OK

    def test_folders_may_have_odd_names(self, shell: List[str], tmp_path: Path) -> None:
        odd = tmp_path / "it's $(odd) *\n\"\\"
        odd.mkdir()
        assert Collector(odd, File("/proc/version")).answers(shell)[0].status == OK

    @pytest.mark.parametrize(
        "env",
        [
            {"LC_ALL": "C.UTF-8"},
            {"LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"},
            {"IFS": ":", "CDPATH": "/"},
            {"POSIXLY_CORRECT": "1"},
        ],
    )
    def test_the_environment_changes_nothing(
        self, shell: List[str], tmp_path: Path, made: Made, env: Dict[str, str]
    ) -> None:
        for name, value in {"i": b"iI \n", "odd": "Größe\n".encode(), "slash": b"a\\\n"}.items():
            made(f"t/a/{name}", value)
        (answer,) = Collector(tmp_path, Tree(f"{tmp_path}/t/*", ("i", "odd", "slash"))).answers(
            shell, env=env
        )
        assert answer.text == "".join(
            f"{tmp_path}/t/a/{line}\n"
            for line in ("i = iI", "odd = Gr\\xf6\\xdfe", "slash = a\\x5c")
        )

    def test_progress_is_shown_on_a_terminal_alone(
        self, any_shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, Command(("slow",)))
        collector.program("slow", "sleep 0.5")
        ours, theirs = pty.openpty()
        collector.script.write_text(sh.make(collector.questions))
        done = subprocess.run(
            [*any_shell, str(collector.script), str(collector.output)],
            env={"PATH": collector.path},
            stderr=theirs,
            check=False,
        )
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        assert done.returncode == 0
        assert "guestcheck: 1 questions to go (q)" in shown
        assert shown.rstrip().rpartition("\r")[2].startswith("collect.sh: 1 answers, ")


class TestMissingTools:
    """What a rescue shell lacks costs what it would have told, and never the recording."""

    def linked(self, folder: Path, *applets: str) -> str:
        if BUSYBOX is None:
            pytest.skip("busybox is not installed")
        if (
            subprocess.run(
                [BUSYBOX, "ash", "-c", "PATH=/none; command -v tar"],
                stdout=subprocess.DEVNULL,
                check=False,
            ).returncode
            == 0
        ):
            pytest.skip(
                "this busybox has its programs without PATH, as busybox-static does: none can "
                "be missing"
            )
        (folder / "few").mkdir()
        for applet in applets:
            (folder / "few" / applet).symlink_to(BUSYBOX)
        return str(folder / "few")

    def bare(self, tmp_path: Path, *applets: str) -> Collector:
        """Make a script that finds these applets alone: /sbin and its like are taken out of it."""
        collector = Collector(tmp_path, *self.asks(tmp_path))
        collector.path = self.linked(tmp_path, *applets)
        return collector

    def asks(self, tmp_path: Path) -> List[Any]:
        (tmp_path / "t" / "a" / "list").mkdir(parents=True)
        (tmp_path / "t" / "a" / "size").write_text("8\n")
        (tmp_path / "t" / "a" / "page").write_bytes(b'\0\x80\0\x04Q"1\n')
        (tmp_path / "t" / "a" / 'q"').write_text("odd\n")
        return [
            Tree(f"{tmp_path}/t/*", ("size", "page", "list/")),
            File(f"{tmp_path}/t/a/q*", limit=3),
            File("/proc/sys/kernel/osrelease", limit=100),
            Listing(f"{tmp_path}/t/*"),
            Command(("lsblk",)),
            Call("psutil"),
        ]

    @pytest.mark.parametrize(
        "without",
        [
            "",
            "head",
            "head dd",
            "od",
            "od hexdump",
            "gzip",
            "sleep",
            "mktemp",
            "setsid readlink",
            "date uname",
            "ls",
            "tr",
        ],
    )
    def test_each_may_be_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
    ) -> None:
        collector = self.bare(tmp_path, *(tool for tool in USED if tool not in without.split()))
        monkeypatch.setattr(sh, "get_data", narrowed(sh.get_data))
        tree, file, release, listing, program, library = collector.answers([BUSYBOX or "", "ash"])
        assert f"{tmp_path}/t/a/size = 8\n" in tree.text
        assert f"{tmp_path}/t/a/list/ : \n" in tree.text
        assert ('page = \\x00\\x80\\x00\\x04Q"1\n' in tree.text) == (without != "od hexdump")
        assert (release.status, release.text) == (OK, f"{os.uname().release}\n")
        assert listing.text == f"{tmp_path}/t/a\n"
        assert file.asked == f"{tmp_path}/t/a/" + ("q?" if without == "od hexdump" else 'q"')
        assert file.text.startswith("odd")
        assert (program.status, program.detail) == ("absent", "lsblk is not installed")
        assert library.status == "unasked"

    @pytest.mark.parametrize("tool", ["tar", "mkdir", "mv"])
    def test_without_those_that_it_needs_it_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
    ) -> None:
        collector = self.bare(tmp_path, *({"cat", "mkdir", "mv", "rm", "tar"} - {tool}))
        monkeypatch.setattr(sh, "get_data", narrowed(sh.get_data))
        done = collector.run([BUSYBOX or "", "ash"])
        assert (done.returncode, done.stderr) == (
            2,
            f"collect.sh: there is no {tool} here, and nothing can be recorded without\n",
        )
        assert collector.left() == []

    def test_an_archive_that_is_not_packed_is_read_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        collector = self.bare(tmp_path, "cat", "mkdir", "mv", "rm", "tar")
        monkeypatch.setattr(sh, "get_data", narrowed(sh.get_data))
        collector.answers([BUSYBOX or "", "ash"])
        assert collector.output.read_bytes()[257:262] == b"ustar"


def narrowed(get_data: Any) -> Any:
    """Read the script without the folders that it looks for programs in besides PATH."""
    return lambda *words: get_data(*words).replace(
        b":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin\n", b"\n"
    )


class TestHanging:
    @pytest.mark.parametrize(
        "tools", ["all", "no timeout", "no timeout, no setsid", "all but a clock"]
    )
    def test_a_program_that_hangs_costs_its_limit_alone(
        self, shell: List[str], tmp_path: Path, tools: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        collector = Collector(tmp_path, Command(("hang",), seconds=1), Command(("fine",)))
        collector.program("hang", "echo some; exec sleep 300")
        collector.program("fine", "echo fine")
        if "clock" in tools:
            shorten(monkeypatch, ("uptime=/proc/uptime", "uptime=/none"))
        elif tools != "all":
            for folder in SYSTEM.split(":"):
                for name in os.listdir(folder):
                    if name not in (
                        "timeout",
                        "setsid"[: 6 * ("setsid" in tools)],
                    ) and not os.path.lexists(tmp_path / "bin" / name):
                        (tmp_path / "bin" / name).symlink_to(f"{folder}/{name}")
            collector.path = str(tmp_path / "bin")
        began = monotonic()
        hang, fine = collector.answers(shell)
        assert (hang.status, hang.text, hang.detail) == (TIMEOUT, "some\n", "1 s")
        assert (fine.status, fine.text) == (OK, "fine\n")
        assert monotonic() - began < 60

    def test_a_file_that_hangs_costs_its_limit_alone(
        self, shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Reading waits for ever at a pipe that is taken for a file: the check for pipes is taken
        out.
        """
        (tmp_path / "f").mkdir()
        os.mkfifo(tmp_path / "f" / "a")
        (tmp_path / "f" / "b").write_text("fine\n")
        shorten(monkeypatch, ('-p "$1"', "-p /none"), ("file_limit=20", "file_limit=1"))
        hung, fine = Collector(tmp_path, File(f"{tmp_path}/f/*")).answers(shell)
        assert (hung.asked, hung.status, hung.text, hung.detail) == (
            f"{tmp_path}/f/a",
            TIMEOUT,
            "",
            "1 s",
        )
        assert fine.text == "fine\n"

    def test_an_attribute_that_hangs_costs_its_word_alone(
        self, shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in "ab":
            (tmp_path / "t" / name).mkdir(parents=True)
            (tmp_path / "t" / name / "size").write_text("8\n")
        os.mkfifo(tmp_path / "t" / "b" / "pipe")
        shorten(monkeypatch, ("word_limit=100", "word_limit=1"))
        asked = (
            File("/proc/version"),
            Tree(f"{tmp_path}/t/*", ("size", "pipe")),
            File("/proc/version"),
        )
        fine, hung, also = Collector(tmp_path, *asked).answers(shell)
        assert (fine.status, also.status, also.text) == (OK, OK, fine.text)
        assert (hung.asked, hung.status, hung.detail) == (f"{tmp_path}/t/*", TIMEOUT, "1 s")
        assert hung.text == ""  # of half of the devices one would be told as of all

    def test_all_together_end_in_time(
        self, any_shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shorten(monkeypatch, ("whole_limit=300", "whole_limit=2"))
        collector = Collector(tmp_path, Command(("hang", "1")), Command(("hang", "2")))
        collector.program("hang", f"echo $$ >>{tmp_path}/pids; exec sleep 300")
        found = collector.answers(any_shell)  # what nobody came to ask is listed too
        assert [(answer.asked, answer.status, answer.detail) for answer in found] == [
            ("hang 1", TIMEOUT, "2 s"),
            ("hang 2", TIMEOUT, "2 s"),
        ]
        assert all(ended(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def shorten(monkeypatch: pytest.MonkeyPatch, *changes: Any) -> None:
    """Change words of the script."""
    get_data = sh.get_data

    def changed(*words: str) -> bytes:
        data = get_data(*words)
        assert data is not None
        for before, after in changes:
            assert data.count(before.encode()) == 1
            data = data.replace(before.encode(), after.encode())
        return data

    monkeypatch.setattr(sh, "get_data", changed)


class TestTrouble:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
    )
    def test_an_interruption_leaves_nothing_behind(
        self, shell: List[str], tmp_path: Path, number: signal.Signals, code: int
    ) -> None:
        collector = Collector(tmp_path, Command(("hang",), seconds=100), File("/proc/version"))
        collector.program("hang", f"echo $$ >{tmp_path}/pid; exec sleep 300")
        # What the tests were started under (nohup, a job in the background) may have had the signal
        # ignored, which a shell cannot undo.
        process = collector.start(shell, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
        began = monotonic()
        while not (tmp_path / "pid").exists() and monotonic() - began < 60:
            sleep(0.05)
        sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (code, "", "")
        assert collector.left() == []
        assert ended(int((tmp_path / "pid").read_text()))

    def test_a_full_disk_leaves_nothing_half(self, shell: List[str], tmp_path: Path) -> None:
        """A limit on the size of files is met by the texts, by the archive or by neither, as it
        grows.
        """
        text = tmp_path / "text"
        text.write_bytes(os.urandom(40000))
        ends = {}
        for kilobytes in (0, 1, 8, 45, 500):
            folder = tmp_path / f"{kilobytes}"
            folder.mkdir()
            collector = Collector(folder, File(str(text)), Tree("/sys/class/net/*", ("address",)))
            size = kilobytes * 1024
            done = collector.run(
                shell,
                preexec_fn=lambda size=size: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (size, size)
                ),
            )
            ends[kilobytes] = done.returncode
            if done.returncode:
                assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), (
                    done.stderr
                )
                assert re.match(
                    "collect.sh: (cannot write .*: |there is no folder to work in: cannot "
                    "write 64 KiB .*; set TMPDIR$)",
                    done.stderr,
                )
            assert collector.left() == ([] if done.returncode else ["guest.tar.gz"])
        assert ends == {0: 2, 1: 2, 8: 2, 45: 2, 500: 0}

    @pytest.mark.parametrize("full", ["tmp", "out"])
    def test_a_file_system_without_space_leaves_nothing_half(
        self, shell: List[str], tmp_path: Path, full: str
    ) -> None:
        """Where the folder for temporary files has no room, another one is taken."""
        text = tmp_path / "text"
        text.write_bytes(os.urandom(400000))
        collector = Collector(tmp_path, File(str(text)), Tree("/sys/class/net/*", ("address",)))
        where = tmp_path / full
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(where)],
            capture_output=True,
            check=False,
        ).returncode:
            pytest.skip("no file system can be mounted here")
        try:
            done = collector.run(shell)
            assert collector.left() == ([] if full == "out" else ["guest.tar.gz"])
        finally:
            subprocess.run(["umount", str(where)], check=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (
            2 if full == "out" else 0,
            "",
            1,
        ), done.stderr
        assert full == "tmp" or re.match(
            "collect.sh: cannot write .*: .*[Nn]o space left", done.stderr
        )

    @pytest.mark.skipif(
        not ROOT or shutil.which("setpriv") is None,
        reason="needs root and setpriv to become somebody else",
    )
    def test_without_root_it_records_what_it_may(
        self, shell: List[str], tmp_path: Path, made: Made
    ) -> None:
        made("f/secret", b"secret\n").chmod(0)
        made("f/open", b"open\n")
        made("t/a/secret", b"secret\n").chmod(0)
        made("t/a/open", b"open\n")
        collector = Collector(
            tmp_path,
            File(f"{tmp_path}/f/*"),
            Tree(f"{tmp_path}/t/*", ("open", "secret")),
            File("/proc/1/environ", only="container="),
        )
        let_others_in(tmp_path)
        for name in ("out", "tmp"):
            (tmp_path / name).chmod(0o777)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        found = collector.answers([*nobody, *shell])
        assert [(answer.status, answer.text, answer.detail) for answer in found] == [
            (OK, "open\n", ""),
            ("denied", "", "Permission denied"),
            (OK, f"{tmp_path}/t/a/open = open\n", ""),
            ("denied", "", "Permission denied"),
        ]
        done = collector.run([*nobody, *shell], f"{tmp_path}/x.tar.gz")
        assert (done.returncode, done.stderr) == (
            2,
            f"collect.sh: cannot write {tmp_path}/x.tar.gz: Permission denied\n",
        )
        assert collector.left() == ["guest.tar.gz"]

    @pytest.mark.skipif(
        not ROOT or shutil.which("setpriv") is None,
        reason="needs root and setpriv to become somebody else",
    )
    def test_where_nothing_can_be_written_it_says_so(
        self, any_shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shorten(monkeypatch, (" /var/tmp /dev/shm /run; do", " /none; do"))
        collector = Collector(tmp_path, File("/proc/version"))
        let_others_in(tmp_path)
        done = collector.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *any_shell]
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("collect.sh: there is no folder to work in: ")
