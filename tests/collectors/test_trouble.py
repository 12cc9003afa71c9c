"""The script where shells and systems made trouble for it: foreign settings, signals, many devices,
what is missing or refused.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
from pathlib import Path
from time import monotonic, sleep
from typing import List

import pytest

from guestcheck.collectors import sh
from guestcheck.evidence import questions
from guestcheck.evidence.linux.system import MACHINE
from guestcheck.model.source import DENIED, FAILED, OK, Answer, Command, File, Tree
from guestcheck.sources import open_source
from guestcheck.sources.live import Live
from tests.collectors.conftest import SYSTEM, Collector, Made
from tests.collectors.test_sh import both, ended
from tests.collectors.test_whole import shorten

ROOT = os.geteuid() == 0
BUSYBOX = shutil.which("busybox")


def mounted(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


class TestPatterns:
    def test_what_follows_the_star_is_no_part_of_the_name(
        self, tmp_path: Path, made: Made, shell: List[str]
    ) -> None:
        Collector(tmp_path).program("lsinitrd", 'echo "$@"')
        for name in (
            "initramfs-5.14.img",
            "initramfs-0-rescue.img",
            "initramfs-x.img.bak",
            "initramfs-.img",
            "initrd-5.14",
        ):
            made(f"boot/{name}")
        made("net/eth0/device/vendor")
        words = (
            Command(("lsinitrd", "boot/initramfs-{}.img"), each=f"{tmp_path}/boot/initramfs-*.img"),
            Command(("lsinitrd", "{}"), each=f"{tmp_path}/boot/initrd-*"),
            Command(("lsinitrd", "{}"), each=f"{tmp_path}/net/*/device"),
            Command(("lsinitrd", "{}"), each=f"{tmp_path}/none-*.img"),
        )
        here, there = both(tmp_path, shell, *words)
        assert here == there
        assert [answer.asked for answer in there] == [
            "lsinitrd boot/initramfs-.img",
            "lsinitrd boot/initramfs-0-rescue.img",
            "lsinitrd boot/initramfs-5.14.img",
            "lsinitrd 5.14",
            "lsinitrd eth0",
        ]

    def test_every_name_of_an_initramfs_that_is_asked_of_a_program_is_one(self) -> None:
        asked = [
            ask
            for question in questions(deep=True)
            for ask in sh.asks(question)
            if isinstance(ask, Command) and ask.each and "/boot/" in ask.each
        ]
        assert {ask.each for ask in asked} >= {
            "/boot/initrd.img-*",
            "/boot/initramfs-*.img",
            "/boot/initrd-*",
        }
        assert all(ask.each.replace("*", "{}") in ask.argv for ask in asked)


class TestRefused:
    def test_a_program_that_its_mount_refuses_is_installed(
        self, tmp_path: Path, shell: List[str]
    ) -> None:
        collector = Collector(tmp_path)
        if not ROOT or not mounted("-t", "tmpfs", "-o", "noexec", "none", f"{tmp_path}/bin"):
            pytest.skip("no file system can be mounted here")
        try:
            collector.program("refused", "echo ran")
            collector.program("plain", "echo ran", mode=0o644)
            here, there = both(
                tmp_path, shell, Command(("refused",)), Command(("plain",)), Command(("none",))
            )
        finally:
            subprocess.run(["umount", f"{tmp_path}/bin"], check=True)
        assert here == there
        assert [(answer.status, answer.detail) for answer in there] == [
            (DENIED, "Permission denied"),
            ("absent", "plain is not installed"),
            ("absent", "none is not installed"),
        ]

    def test_a_sed_that_cannot_is_said_to_be_there(
        self, tmp_path: Path, any_shell: List[str]
    ) -> None:
        collector = Collector(tmp_path, Command(("tells",)))
        collector.program("sed", "echo 'sed: bad option' >&2; exit 1")
        collector.program("tells", "echo password=x")
        (answer,) = collector.answers(any_shell)
        assert (answer.status, answer.text, answer.detail) == (
            FAILED,
            "",
            "this sed cannot hide passwords",
        )

    def test_numbers_of_characters_are_no_words_of_printf_that_old_ones_read_otherwise(
        self, tmp_path: Path, made: Made
    ) -> None:
        """Behind %b BusyBox 1.19 takes \\0NNN for \\0NN and a digit; in a format all read \\NNN
        alike.
        """
        if shutil.which("mksh") is None:
            pytest.skip("mksh is not installed")
        collector = Collector(
            tmp_path, File(f"{tmp_path}/f/*"), Tree(f"{tmp_path}/t/*", ("model",))
        )
        collector.program(
            "printf", 'case $1 in *%b*) echo wrong ;; *) exec /usr/bin/printf "$@" ;; esac'
        )
        made('f/q"%s%d')
        made("t/a/model", 'a\t"5%é\n'.encode())
        file, tree = collector.answers(["mksh"])
        assert file.asked == f'{tmp_path}/f/q"%s%d'
        assert tree.text == f'{tmp_path}/t/a/model = a\\x09"5%\\xe9\n'

    def test_a_complaint_is_read_without_its_password_live_too(
        self, tmp_path: Path, shell: List[str]
    ) -> None:
        Collector(tmp_path).program(
            "fails",
            "echo some --token S3CRET; echo 'mount: bad option password=S3CRET' >&2; exit 1",
        )
        here, there = both(tmp_path, shell, Command(("fails",)))
        assert here == there
        assert there == [
            Answer(
                "fails",
                FAILED,
                "some --token *****\n",
                "exit code 1: mount: bad option password=*****",
            )
        ]


class TestSettings:
    """What a start-up file, an option or the environment may have set."""

    SET = {
        "noclobber": "set -C",
        "options": "set -euf",
        "separators": "IFS=/a:0",
        "words": "alias cat=false tar=false printf=false; cat() { false; }; tar() { :; }; unset PATH",
        "tar": "export TAR_OPTIONS=--exclude=* GZIP=-l",
    }

    @pytest.mark.parametrize("name", SET)
    def test_it_changes_nothing(
        self, shell: List[str], tmp_path: Path, made: Made, name: str
    ) -> None:
        if name == "words" and shell[0].endswith("/ksh"):
            pytest.skip(
                "ksh93 reads all of a file that another one reads before it runs a line of it"
            )
        made("t/a/size", b"8\n")
        collector = Collector(tmp_path, Tree(f"{tmp_path}/t/*", ("size",)), File("/proc/version"))
        script = tmp_path / "begins.sh"
        script.write_text(f"{self.SET[name]}\n. {tmp_path}/collect.sh\n")
        collector.script.write_text(sh.make(collector.questions))
        words = [*shell, str(script), str(collector.output)]
        if "ksh" in shell[0] or "yash" in shell[0]:
            words = [
                *shell,
                "-c",
                f'{self.SET[name]}\n. {tmp_path}/collect.sh "$@"',
                "x",
                str(collector.output),
            ]
        done = subprocess.run(
            words,
            env={"PATH": SYSTEM, "TMPDIR": f"{tmp_path}/tmp"},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        tree, version = (
            open_source([str(collector.output)]).gather(collector.questions).answers["q"]
        )
        assert (tree.text, version.text[:5]) == (f"{tmp_path}/t/a/size = 8\n", "Linux")

    @pytest.mark.parametrize("path", ["/opt/none", ".:bin", "", "::"])
    def test_programs_are_found_in_the_system_s_folders_and_never_where_we_are(
        self, shell: List[str], tmp_path: Path, path: str
    ) -> None:
        collector = Collector(tmp_path, Command(("mine",)))
        collector.program("mine", "echo ran")
        collector.program("cat", "exit 1")
        shell = [os.path.realpath(shell[0]), *shell[1:]]
        (answer,) = collector.answers(shell, env={"PATH": path or "/none"})
        assert answer.status == "absent"

    def test_without_dev_null_it_says_so_and_makes_none(self, tmp_path: Path) -> None:
        if not ROOT or BUSYBOX is None:
            pytest.skip("needs root and busybox")
        for name in ("bin", "dev", "tmp"):
            (tmp_path / "root" / name).mkdir(parents=True)
        shutil.copy(BUSYBOX, tmp_path / "root/bin/busybox")
        if subprocess.run(
            ["chroot", f"{tmp_path}/root", "/bin/busybox", "--install", "-s", "/bin"],
            capture_output=True,
            check=False,
        ).returncode:
            pytest.skip("busybox is not static")
        (tmp_path / "root/collect.sh").write_text(sh.make(questions()))
        done = subprocess.run(
            ["chroot", f"{tmp_path}/root", "/bin/sh", "/collect.sh", "/o.tgz"],
            stdin=subprocess.PIPE,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "there is no /dev/null here" in done.stderr
        assert os.listdir(tmp_path / "root/dev") == []


class TestOutput:
    def test_it_goes_to_standard_output_where_that_is_asked(
        self, shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        collector.script.write_text(sh.make(collector.questions))
        for words in (["-"], ["-o", "-"]):
            with collector.output.open("wb") as out:
                done = subprocess.run(
                    [*shell, str(collector.script), *words],
                    env={"PATH": SYSTEM, "TMPDIR": f"{tmp_path}/tmp"},
                    stdout=out,
                    stderr=subprocess.PIPE,
                    check=False,
                )
            assert (done.returncode, done.stderr) == (0, b"collect.sh: 1 answers\n")
            assert collector.left() == ["guest.tar.gz"]
            assert (
                open_source([str(collector.output)])
                .gather(collector.questions)
                .answers["q"][0]
                .status
                == OK
            )

    def test_standard_output_that_nobody_reads_is_said(
        self, any_shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        ours, theirs = os.pipe()
        os.close(ours)
        collector.script.write_text(sh.make(collector.questions))
        done = subprocess.run(
            [*any_shell, str(collector.script), "-"],
            env={"PATH": SYSTEM, "TMPDIR": f"{tmp_path}/tmp"},
            stdout=theirs,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(theirs)
        assert (done.returncode, done.stderr) == (
            2,
            b"collect.sh: cannot write to standard output\n",
        )
        assert collector.left() == []

    def test_a_broken_pipe_for_what_it_says_costs_nothing(
        self, each_shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, File("/proc/version"))
        ours, theirs = os.pipe()
        os.close(ours)
        collector.script.write_text(sh.make(collector.questions))
        done = subprocess.run(
            [*each_shell, str(collector.script), str(collector.output)],
            env={"PATH": SYSTEM, "TMPDIR": f"{tmp_path}/tmp"},
            stderr=theirs,
            check=False,
        )
        os.close(theirs)
        assert done.returncode == 0
        assert collector.left() == ["guest.tar.gz"]


class TestSignals:
    def begun(
        self, collector: Collector, shell: List[str], number: signal.Signals
    ) -> "subprocess.Popen[str]":
        collector.program(
            "hang",
            f"sleep 300 & echo $$ $! >{collector.folder}/pids.new; "
            f"mv {collector.folder}/pids.new {collector.folder}/pids; wait",
        )
        process = collector.start(
            shell, start_new_session=True, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
        )
        began = monotonic()
        while not (collector.folder / "pids").exists() and monotonic() - began < 60:
            sleep(0.05)
        sleep(0.3)
        return process

    @pytest.mark.parametrize(
        ("number", "code"),
        [(signal.SIGTERM, 143), (signal.SIGQUIT, 131), (signal.SIGINT, 130), (signal.SIGHUP, 129)],
    )
    def test_each_shell_ends_with_the_signal_s_code_and_leaves_nothing(
        self, each_shell: List[str], tmp_path: Path, number: signal.Signals, code: int
    ) -> None:
        collector = Collector(tmp_path, Command(("hang",), seconds=100), File("/proc/version"))
        process = self.begun(collector, each_shell, number)
        process.send_signal(number)
        assert (process.communicate(timeout=60), process.returncode) == (("", ""), code)
        assert collector.left() == []
        assert all(ended(int(pid)) for pid in (tmp_path / "pids").read_text().split())

    def test_where_the_first_process_is_killed_the_others_end_too(
        self, shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, Command(("hang",), seconds=100), File("/proc/version"))
        process = self.begun(collector, shell, signal.SIGTERM)
        process.kill()
        assert process.communicate(timeout=60) == ("", "")
        assert all(ended(int(pid)) for pid in (tmp_path / "pids").read_text().split())
        for _ in range(200):
            if not collector.left():
                break
            sleep(0.05)
        assert collector.left() == []

    @pytest.mark.slow
    def test_no_other_process_is_ever_stopped(self, each_shell: List[str], tmp_path: Path) -> None:
        """Where kill is a program, that of procps 4.0 takes -123 for -1, which is every process."""
        collector = Collector(tmp_path, Command(("hang",), seconds=1))
        collector.program(
            "kill",
            f'echo "$*" >>{tmp_path}/kills; case "$*" in *" -"*) exit 1 ;; esac; exec '
            '/usr/bin/kill "$@"',
        )
        with subprocess.Popen(["sleep", "100"]) as other:
            self.begun(collector, each_shell, signal.SIGTERM).communicate(timeout=60)
            assert other.poll() is None
            other.kill()
        kills = (tmp_path / "kills").read_text() if (tmp_path / "kills").exists() else ""
        assert " -" not in kills.replace("-9 ", "")


class TestMany:
    COUNT = 400

    def made(self, top: Path, count: int) -> None:
        """Lay out disks behind one controller, each with what takes a program to be read."""
        for number in range(count):
            unit = top / f"sys/devices/pci0/host0/target0:0:{number}/0:0:{number}:0"
            disk = unit / f"block/sd{number}"
            disk.mkdir(parents=True)
            (disk / "size").write_text("8\n")
            (disk / "empty").write_text("")
            (unit / "vpd_pg80").write_bytes(b"\0\x80\0\x08S%07d" % number)
            (unit / "driver").symlink_to(top / "sys/bus/scsi/drivers/sd")
            (disk / "device").symlink_to("../..")
            (top / "sys/class/block").mkdir(parents=True, exist_ok=True)
            (top / f"sys/class/block/sd{number}").symlink_to(disk)
        (top / "sys/bus/scsi/drivers/sd").mkdir(parents=True)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["dash", "bash", "mksh", "busybox ash"])
    def test_all_are_read_as_live(self, tmp_path: Path, name: str) -> None:
        words = name.split()
        found = shutil.which(words[0])
        if found is None:
            pytest.skip(f"{name} is not installed")
        self.made(tmp_path, self.COUNT)
        here, there = both(
            tmp_path,
            [found, *words[1:]],
            Tree(
                f"{tmp_path}/sys/class/block/*",
                ("size", "empty", "device/vpd_pg80"),
                ancestors=True,
            ),
        )
        assert here == there
        assert there[0].text.count("driver -> ") == self.COUNT

    def test_a_device_takes_no_program(self, tmp_path: Path, any_shell: List[str]) -> None:
        """No program is started for each device."""
        self.made(tmp_path, self.COUNT)
        collector = Collector(
            tmp_path,
            Tree(f"{tmp_path}/sys/class/block/*", ("size", "ro", "device"), ancestors=True),
        )
        for name in ("cat", "ls", "od", "readlink", "sed", "sleep"):
            collector.program(name, f'echo {name} >>{tmp_path}/started; exec /bin/{name} "$@"')
        (answer,) = collector.answers(any_shell)
        assert answer.text.count("size = ") == self.COUNT
        assert len((tmp_path / "started").read_text().split()) < self.COUNT // 4

    def test_what_goes_on_does_not_hang(
        self, tmp_path: Path, any_shell: List[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A word with thousands of devices may take longer than a word may, so long as it goes on."""
        self.made(tmp_path, 20)
        shorten(
            monkeypatch,
            ("word_limit=100", "word_limit=1"),
            ("case $devices in *[05]0)", "sleep 0.2; case $devices in *)"),
        )
        (answer,) = Collector(tmp_path, Tree(f"{tmp_path}/sys/class/block/*", ("size",))).answers(
            any_shell
        )
        assert (answer.status, answer.text.count("size = ")) == (OK, 20)

    def test_disks_are_the_last_devices_to_be_asked(self) -> None:
        sysfs = next(question for question in questions() if question.name == "sysfs")
        trees = [ask.pattern for ask in sysfs.asks if isinstance(ask, Tree)]
        assert trees[-1] == "/sys/class/block/*"


class TestLong:
    def test_a_long_password_costs_no_more_than_its_length(
        self, shell: List[str], tmp_path: Path
    ) -> None:
        collector = Collector(tmp_path, Command(("tells",)), File("/proc/version"))
        collector.program(
            "tells", "printf 'password='; head -c 1000000 /dev/zero | tr '\\0' x; echo ' ro'"
        )
        began = monotonic()
        told, version = collector.answers(shell)
        assert (told.status, told.text, version.status) == (OK, "password=***** ro\n", OK)
        assert monotonic() - began < 60

    def test_a_sed_that_takes_too_long_is_stopped(
        self, shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if "busybox" in shell[0]:
            pytest.skip("BusyBox may take its own sed before that of PATH")
        shorten(monkeypatch, ("file_limit=20", "file_limit=1"))
        collector = Collector(tmp_path, Command(("tells",)), File("/proc/uptime"))
        collector.program(
            "sed",
            f"case $# in 3) echo $$ >>{tmp_path}/pids; exec sleep 300 ;; *) exec /bin/sed "
            '"$@" ;; esac',
        )
        collector.program("tells", "echo password=x")
        told, version = collector.answers(shell)
        assert (told.status, told.text, version.status) == (FAILED, "", OK)
        assert told.detail == "it may hold passwords, which sed did not hide within 1 s"
        assert all(ended(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_processors_are_counted_where_sys_has_none() -> None:
    told = {"/proc/meminfo": "MemTotal: 1024 kB\n", "/proc/stat": "\ncpu0 1 2\ncpu1 3 4\n"}
    machine = MACHINE.parse([Answer(asked, OK, text) for asked, text in told.items()])
    assert (machine.cpus, machine.memory) == (2, 1 << 20)


def test_processors_of_this_guest_are_in_proc_stat() -> None:
    word = next(ask for ask in MACHINE.asks if isinstance(ask, File) and ask.path == "/proc/stat")
    (answer,) = Live().gather([MACHINE.asking([word])]).answers["machine"]
    assert next(line for line in answer.text.split("\n") if line).startswith("cpu0 ")
    assert "intr" not in answer.text


def test_an_archive_s_names_are_those_of_its_file(any_shell: List[str], tmp_path: Path) -> None:
    collector = Collector(tmp_path, File("/proc/version"))
    collector.answers(any_shell)
    with tarfile.open(collector.output) as archive:
        assert {name.split("/")[0] for name in archive.getnames()} == {"guest"}
