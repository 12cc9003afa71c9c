"""Whatever a program or file of the guest does, Live ends with an answer that says so, in bounded
time, and nothing raises.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
from pathlib import Path
from time import sleep
from typing import Callable, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import guestcheck.sources._libraries as libraries
import guestcheck.sources._running as running
from guestcheck.evidence import questions, read
from guestcheck.evidence.linux.sysfs import parse, unescape
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    KILLED,
    OK,
    STATUSES,
    TIMEOUT,
    UNASKED,
    Answer,
    Call,
    Command,
    File,
    FirstOf,
    Listing,
    Question,
    Tree,
)
from guestcheck.sources._live_files import with_escapes as _escape
from guestcheck.sources.live import Live

Make = Callable[..., str]
MakeFile = Callable[..., Path]
Put = Callable[..., Tuple[Answer, ...]]

LONG = "exec sleep 60"


def ends(pid: int) -> bool:
    """Wait for a process that was told to die, and tell whether it did."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX":
                return True
        except OSError:
            return True
        sleep(0.02)
    return False


class TestPrograms:
    @pytest.mark.parametrize(
        ("script", "status", "text", "detail"),
        [
            ("echo fine", OK, "fine\n", ""),
            ("exit 0", OK, "", ""),
            ("echo fine; echo 'warning: odd' >&2", OK, "fine\n", ""),
            ("exit 3", FAILED, "", "exit code 3"),
            ("echo some; exit 3", FAILED, "some\n", "exit code 3"),
            (
                "echo 'no such bus' >&2; echo more >&2; exit 71",
                FAILED,
                "",
                "exit code 71: no such bus",
            ),
            ("echo some; kill -9 $$", KILLED, "some\n", "signal 9"),
            ("kill -SEGV $$", KILLED, "", "signal 11"),
            (LONG, TIMEOUT, "", "0.3 s"),
            (f"echo some; {LONG}", TIMEOUT, "some\n", "0.3 s"),
            (f"trap '' TERM INT HUP; {LONG}", TIMEOUT, "", "0.3 s"),
            # The child keeps the pipe: it is waited for until the limit, and then the program
            # itself has ended well.
            ("echo some; sleep 60 & exit 0", OK, "some\n", ""),
            (f"echo some; exec >&- 2>&-; {LONG}", OK, "some\n", ""),
            (f"echo some; exec >&-; {LONG}", TIMEOUT, "some\n", "0.3 s"),
            ("printf 'a\\000\\377\\033[31m\\n'", OK, "a\0\\xff\x1b[31m\n", ""),
            ("read line && echo read; echo end", OK, "end\n", ""),
        ],
    )
    def test_each_end_has_its_status(
        self, program: Make, put: Put, script: str, status: str, text: str, detail: str
    ) -> None:
        program("tool", script)
        (answer,) = put(Command(("tool", "-x"), seconds=0.3 if "sleep" in script else 10))
        assert (answer.asked, answer.status, answer.text, answer.detail) == (
            "tool -x",
            status,
            text,
            detail,
        )

    def test_a_program_that_is_not_there_is_absent(self, put: Put) -> None:
        (answer,) = put(Command(("lspci", "-k")))
        assert (answer.status, answer.detail) == (ABSENT, "lspci is not installed")

    @pytest.mark.parametrize("mode", [0o644, 0o000])
    def test_a_file_that_cannot_be_run_is_no_program(
        self, program: Make, put: Put, mode: int
    ) -> None:
        program("tool", "echo hi", mode=mode)
        assert put(Command(("tool",)))[0].status == ABSENT

    def test_a_folder_of_its_name_is_no_program(self, tmp_path: Path, put: Put) -> None:
        (tmp_path / "bin" / "tool").mkdir(parents=True)
        assert put(Command(("tool",)))[0].status == ABSENT

    @pytest.mark.parametrize(
        "content", [b"", b"\x7fELF garbage", b"#!/no/such/interpreter\n", b"\0\1\2"]
    )
    def test_a_program_that_cannot_start_has_failed(
        self, tmp_path: Path, put: Put, content: bytes
    ) -> None:
        tool = tmp_path / "bin" / "tool"
        tool.parent.mkdir()
        tool.write_bytes(content)
        tool.chmod(0o755)
        (answer,) = put(Command(("tool",)))
        assert answer.status == FAILED
        assert answer.text == ""

    def test_programs_are_asked_in_english(
        self, program: Make, put: Put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        monkeypatch.setenv("LANGUAGE", "de:fr")
        program("tool", 'echo "$LC_ALL $LANGUAGE"')
        assert put(Command(("tool",)))[0].text == "C C\n"

    def test_another_language_leaves_a_gap_and_no_crash(self, program: Make) -> None:
        folder = program(
            "lsblk", "echo 'NAME GRÖßE TYP EINHÄNGEPUNKT'; echo 'Gerät nicht gefunden'"
        )
        for name in ("lspci", "lsscsi", "ethtool", "lscpu", "systemd-detect-virt", "udevadm"):
            program(name, "echo 'Befehl nicht verstanden: Öffnen fehlgeschlagen'; exit 1")
        asked = questions()
        found = read(Live(root="/nonexistent", path=folder).gather(asked), asked)
        assert {"block", "pci", "scsi"} <= {gap.question for gap in found.gaps}

    def test_a_code_that_the_manual_gives_a_meaning_is_fine(self, program: Make, put: Put) -> None:
        program("systemd-detect-virt", "echo none; exit 1")
        assert put(Command(("systemd-detect-virt", "--vm"), codes=(0, 1)))[0].status == OK
        program("systemd-detect-virt", "echo none; exit 2")
        assert put(Command(("systemd-detect-virt", "--vm"), codes=(0, 1)))[0].status == FAILED
        program("systemd-detect-virt", "exit 1")
        assert put(Command(("systemd-detect-virt", "--vm"), codes=(0, 1)))[0].status == FAILED

    @pytest.mark.parametrize("where", ["1", "2", "1 2"])
    def test_a_flood_is_cut(self, program: Make, put: Put, where: str) -> None:
        writes = "; ".join(f"os.write({number}, block)" for number in where.split())
        program(
            "tool", f"import os\nblock = b'x' * 65536\nfor _ in range(1600): {writes}", python=True
        )
        found = put(*(Command(("tool", str(number)), seconds=30) for number in range(3)))
        assert [answer.status for answer in found] == [CUT, CUT, CUT]
        assert max(len(answer.text) for answer in found) <= 64 << 10

    def test_a_flood_keeps_its_beginning(self, program: Make, put: Put) -> None:
        program("tool", "echo first; exec yes")
        (answer,) = put(Command(("tool",)))
        assert (answer.status, answer.text[:10], len(answer.text)) == (
            CUT,
            "first\ny\ny\n",
            64 << 10,
        )
        assert answer.detail == "it printed more than 8388608 bytes"

    def test_floods_cost_no_other_its_answer(self, program: Make, put: Put, file: MakeFile) -> None:
        file("/sys/class/block/vda/size", b"8\n")
        for number in range(20):
            program(f"flood{number}", "exec yes")
        program(
            "quiet",
            "i=0; while [ $i -lt 4000 ]; do echo 'a line of fifty characters or so, to fill "
            "the pipe'; i=$((i+1)); done",
        )
        floods = [Command((f"flood{number}",)) for number in range(20)]
        found = put(
            *floods[:10], Tree("/sys/class/block/*", ("size",)), Command(("quiet",)), *floods[10:]
        )
        assert {answer.status for answer in (*found[:10], *found[12:])} == {CUT}
        assert [(answer.status, len(answer.text)) for answer in found[10:12]] == [
            (OK, 30),
            (OK, 4000 * 51),
        ]

    @pytest.mark.tail(every=4)
    @pytest.mark.parametrize("cards", [1, 4, 40])
    def test_a_flood_for_each_card_costs_its_own_answers(
        self, program: Make, file: MakeFile, cards: int
    ) -> None:
        for number in range(cards):
            file(f"/sys/class/net/eth{number}/address", b"52:54:00:00:00:01\n")
            file(f"/sys/class/net/eth{number}/device", link="../../../../devices/x")
        file("/sys/class/block/vda/size", b"8\n")
        folder = program("ethtool", "exec yes AAAAAAAAAAAAAAAAAAAAAAAAAAA")
        asked = questions()
        live = Live(root=str(Path(folder).parent / "root"), path=folder)
        found = read(live.gather(asked), asked)
        sysfs = next(found.get(question) for question in asked if question.name == "sysfs")
        assert sum(path.endswith("/address") for path in sysfs.values) == cards
        assert not [gap for gap in found.gaps if gap.question == "sysfs"]
        assert [gap for gap in found.gaps if gap.asked == "ethtool -i eth0"]

    def test_what_prints_most_pays_for_all(
        self, program: Make, put: Put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "_MOST_PRINTED", 1 << 20)
        program("flood", "sleep 0.2; exec yes")
        program("large", "head -c 200000 /dev/zero | tr '\\0' x; sleep 0.6")
        assert [
            (answer.status, len(answer.text))
            for answer in put(Command(("flood",)), Command(("large",)))
        ] == [(CUT, 64 << 10), (OK, 200_000)]

    def test_what_hangs_is_stopped_with_its_children(
        self, program: Make, put: Put, tmp_path: Path
    ) -> None:
        pids = tmp_path / "pids"
        program("tool", f"sleep 60 & echo $$ $! > {pids}; wait")
        assert put(Command(("tool",), seconds=0.5))[0].status == TIMEOUT
        for pid in pids.read_text().split():
            assert ends(int(pid)), "still running"

    def test_one_that_hangs_costs_no_other_its_answer(self, program: Make, put: Put) -> None:
        many = (
            "i=0; while [ $i -lt 4000 ]; do echo 'a line of fifty characters or so, to fill "
            "the pipe'; "
            "i=$((i+1)); done"
        )
        program("hang", LONG)
        program("closed", f"exec >&- 2>&-; {LONG}")
        for number in range(12):
            program(f"busy{number}", many)
        found = put(
            *(
                Command((name,), seconds=1.5)
                for name in ("closed", "hang", *(f"busy{n}" for n in range(12)))
            )
        )
        assert [answer.status for answer in found] == [OK, TIMEOUT, *[OK] * 12]
        assert {len(answer.text) for answer in found[2:]} == {4000 * 51}

    def test_what_ended_long_before_it_was_asked_for_is_whole(self, program: Make) -> None:
        folder = program("tool", "echo one; echo two")
        question = Question("q", "", [Command(("tool",), seconds=0.2)], lambda found: found, "")
        live = Live(root="/nonexistent", path=folder)
        live.start([question])
        os.waitid(
            os.P_ALL, 0, os.WEXITED | os.WNOWAIT
        )  # the program has ended; nobody has read what it printed
        live._programs._running["tool",].deadline -= 10
        assert live.gather([question]).answers["q"][0][1:3] == (OK, "one\ntwo\n")

    def test_each_program_runs_once(self, program: Make, tmp_path: Path, put: Put) -> None:
        program("tool", f"echo run >> {tmp_path}/runs; echo fine")
        first, second = put(Command(("tool",)), FirstOf((Command(("tool",)), File("/x"))))
        assert first.text == second.text == "fine\n"
        assert (tmp_path / "runs").read_text() == "run\n"

    def test_for_each_match_the_program_runs_with_its_name(
        self, program: Make, file: MakeFile, put: Put
    ) -> None:
        program("ethtool", 'echo "$2"')
        for name in ("eth0", "-x", "--config", "wlan 1", "a;b", "$(reboot)", ".hidden"):
            file(f"/sys/class/net/{name}/device/vendor")
        found = put(Command(("ethtool", "-i", "{}"), each="/sys/class/net/*/device"))
        assert sorted(answer.text for answer in found) == [
            "$(reboot)\n",
            "a;b\n",
            "eth0\n",
            "wlan 1\n",
        ]

    def test_what_is_not_utf8_can_be_a_name(self, program: Make, tmp_path: Path, put: Put) -> None:
        program("ethtool", "echo fine")
        try:
            os.makedirs(os.fsencode(tmp_path) + b"/root/sys/class/net/eth\xff/device")
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        (answer,) = put(Command(("ethtool", "-i", "{}"), each="/sys/class/net/*/device"))
        assert answer.text == "fine\n"
        answer.asked.encode("utf-8", "backslashreplace")


class TestFirstOf:
    def test_the_first_that_answers_is_enough(
        self, program: Make, put: Put, tmp_path: Path
    ) -> None:
        program("second", f"touch {tmp_path}/ran; echo second")
        program("first", "echo first")
        assert put(FirstOf((Command(("first",)), Command(("second",)))))[0].text == "first\n"
        assert not (tmp_path / "ran").exists()

    def test_a_refusal_tells_more_than_an_absence(self, program: Make, put: Put) -> None:
        program("second", "echo 'unknown option' >&2; exit 1")
        (answer,) = put(FirstOf((Command(("first",)), Command(("second",)), Command(("third",)))))
        assert (answer.asked, answer.status) == ("second", FAILED)

    def test_the_next_is_tried_when_one_fails(self, program: Make, put: Put) -> None:
        program("lsblk", 'case "$1" in -J) echo "invalid option" >&2; exit 1;; esac; echo "NAME"')
        (answer,) = put(FirstOf((Command(("lsblk", "-J")), Command(("lsblk", "-i")))))
        assert (answer.asked, answer.status) == ("lsblk -i", OK)


class TestFiles:
    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"", ""),
            (b"fine\n", "fine\n"),
            (b"\xff\x00\x1b\n", "\\xff\x00\x1b\n"),
            ("Größe\u202e".encode(), "Größe\u202e"),
        ],
    )
    def test_a_file_comes_as_it_is(self, file: MakeFile, put: Put, data: bytes, text: str) -> None:
        file("/etc/x", data)
        assert put(File("/etc/x"))[0][:3] == ("/etc/x", OK, text)

    def test_a_huge_file_is_cut_at_its_limit(self, file: MakeFile, put: Put) -> None:
        with file("/etc/x").open("wb") as sparse:
            sparse.truncate(1 << 40)
        (answer,) = put(File("/etc/x", limit=1000))
        assert (answer.status, len(answer.text), answer.detail) == (CUT, 1000, "1000 bytes")

    def test_a_file_of_just_its_limit_is_whole(self, file: MakeFile, put: Put) -> None:
        file("/etc/x", b"x" * 1000)
        assert put(File("/etc/x", limit=1000))[0].status == OK

    def test_the_beginning_is_all_where_it_was_all_that_was_asked(
        self, file: MakeFile, put: Put
    ) -> None:
        file("/proc/cpuinfo", b"x" * 5000)
        assert put(File("/proc/cpuinfo", limit=1000, head=True))[0][1:4] == (OK, "x" * 1000, "")

    def test_an_absent_file_says_which_folder_is_missing(self, file: MakeFile, put: Put) -> None:
        file("/boot/grub/other")
        there, missing = put(File("/boot/grub/grub.cfg"), File("/boot/grub2/grub.cfg"))
        assert (there.status, there.detail) == (ABSENT, "")
        assert missing.status == ABSENT
        assert missing.detail.endswith("/boot/grub2 is not there")

    def test_a_folder_in_place_of_a_file_has_failed(self, file: MakeFile, put: Put) -> None:
        file("/etc/x/y")
        assert put(File("/etc/x"))[0].status == FAILED

    def test_a_dangling_link_is_absent(self, file: MakeFile, put: Put) -> None:
        file("/etc/x", link="nowhere")
        assert put(File("/etc/x"))[0].status == ABSENT

    def test_a_loop_of_links_has_failed(self, file: MakeFile, put: Put) -> None:
        file("/etc/x", link="x")
        assert put(File("/etc/x"))[0].status == FAILED

    @pytest.mark.parametrize("writer", [False, True])
    def test_a_pipe_does_not_block(self, tmp_path: Path, put: Put, writer: bool) -> None:
        (tmp_path / "root").mkdir()
        path = tmp_path / "root" / "pipe"
        os.mkfifo(path)
        held = os.open(path, os.O_RDWR) if writer else None
        (answer,) = put(File("/pipe"))
        if held is not None:
            os.close(held)
        assert answer.text == ""
        assert answer.status in (OK, FAILED)

    def test_a_socket_has_failed(
        self, tmp_path: Path, put: Put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "root").mkdir()
        monkeypatch.chdir(tmp_path / "root")  # a socket's path may have but 107 characters
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("s")
            assert put(File("/s"))[0].status == FAILED

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_of_others_is_denied(self, file: MakeFile, put: Put) -> None:
        file("/etc/x", b"secret").chmod(0)
        assert put(File("/etc/x"))[0][1:3] == (DENIED, "")

    def test_a_refusal_is_told_as_such(
        self, file: MakeFile, put: Put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file("/etc/x", b"secret")

        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)
        assert put(File("/etc/x"))[0][1:4] == (DENIED, "", "Permission denied")

    def test_what_only_proc_has_can_be_read(self) -> None:
        live = Live(path="/nonexistent")
        (answer,) = live.gather(
            [Question("q", "", [File("/proc/self/status")], lambda found: found, "")]
        ).answers["q"]
        assert answer.status == OK
        assert answer.text.startswith("Name:")

    def test_a_pattern_gives_each_file_in_order(self, file: MakeFile, put: Put) -> None:
        for name in ("config-6.1", "config-5.10", "vmlinuz", ".config-hidden"):
            file(f"/boot/{name}", name.encode())
        assert [answer.asked for answer in put(File("/boot/config-*"))] == [
            "/boot/config-5.10",
            "/boot/config-6.1",
        ]

    @pytest.mark.parametrize(
        ("data", "status", "text"),
        [
            (gzip.compress(b"CONFIG_X=y\n"), OK, "CONFIG_X=y\n"),
            (gzip.compress(b"CONFIG_X=y\n" * 100)[:-12], FAILED, ""),
            (gzip.compress(b"CONFIG_X=y\n")[:5], FAILED, ""),
            (b"CONFIG_X=y\n", FAILED, ""),
            (b"", FAILED, ""),
            (b"\x1f\x8b\x08\x00" + b"\xff" * 40, FAILED, ""),
        ],
        ids=["whole", "torn", "header", "plain", "empty", "damaged"],
    )
    def test_a_packed_file_is_unpacked_or_has_failed(
        self, file: MakeFile, put: Put, data: bytes, status: str, text: str
    ) -> None:
        file("/proc/config.gz", data)
        assert put(File("/proc/config.gz"))[0][1:3] == (status, text)

    def test_a_packed_file_does_not_explode(self, file: MakeFile, put: Put) -> None:
        file("/proc/config.gz", gzip.compress(bytes(100 << 20)))
        (answer,) = put(File("/proc/config.gz", limit=1 << 20))
        assert answer.status == CUT
        assert len(answer.text) <= 4 << 20

    def test_nothing_outside_the_root_is_found_by_a_pattern(self, file: MakeFile, put: Put) -> None:
        file("/a/x", b"in")
        assert [answer.asked for answer in put(File("/*/x"), Listing("/*"))] == ["/a/x", "/*"]


class TestTrees:
    def test_a_tree_is_links_values_and_folders(self, file: MakeFile, put: Put) -> None:
        file("/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda/size", b"8\n")
        file("/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda/mq/0/x")
        file(
            "/sys/devices/pci0000:00/0000:00:02.0/virtio1/driver",
            link="../../../../bus/virtio/drivers/virtio_blk",
        )
        file("/sys/class/block/vda", link="../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda")
        (answer,) = put(Tree("/sys/class/block/*", ("size", "mq/", "serial"), ancestors=True))
        assert (answer.asked, answer.status) == ("/sys/class/block/*", OK)
        assert answer.text.split("\n") == [
            "/sys/class/block/vda -> /sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda",
            "/sys/class/block/vda/size = 8",
            "/sys/class/block/vda/mq/ : 0",
            "/sys/devices/pci0000:00/0000:00:02.0/virtio1/driver -> "
            "/sys/bus/virtio/drivers/virtio_blk",
            "",
        ]

    def test_a_device_right_below_devices_keeps_its_driver(self, file: MakeFile, put: Put) -> None:
        file("/sys/devices/vbd-51712/block/xvda/size", b"8\n")
        file("/sys/devices/vbd-51712/driver", link="../../bus/xen/drivers/vbd")
        file("/sys/class/block/xvda", link="../../devices/vbd-51712/block/xvda")
        (answer,) = put(Tree("/sys/class/block/*", ("size",), ancestors=True))
        assert "/sys/devices/vbd-51712/driver -> /sys/bus/xen/drivers/vbd\n" in answer.text

    def test_no_sys_is_absent(self, put: Put) -> None:
        trees = put(Tree("/sys/class/block/*", ("size",), ancestors=True), Listing("/sys/bus/*"))
        assert [answer.status for answer in trees] == [ABSENT, ABSENT]

    def test_an_empty_folder_is_told_from_a_missing_one(self, file: MakeFile, put: Put) -> None:
        file("/sys/bus/x").unlink()
        assert [answer.status for answer in put(Listing("/sys/bus/*"), Listing("/sys/fs/*"))] == [
            OK,
            ABSENT,
        ]

    @pytest.mark.parametrize("name", ["a\nb = c", "a -> b", "two words", "\x1b[31m"])
    def test_an_odd_name_makes_no_line_of_its_own(
        self, file: MakeFile, put: Put, name: str
    ) -> None:
        file(f"/sys/class/net/eth0/queues/{name}/x")
        (answer,) = put(Tree("/sys/class/net/*", ("queues/",)))
        assert answer.text.count("\n") == 1
        assert parse([answer._replace(text=answer.text + "/sys/x = y\n")]).values == {"/sys/x": "y"}

    def test_a_listing_gives_files_of_a_suffix_at_any_depth(self, file: MakeFile, put: Put) -> None:
        file("/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.xz")
        file("/lib/modules/6.1/modules.dep")
        file("/lib/modules/6.1/loop", link=".")
        (answer,) = put(Listing("/lib/modules/*", (".ko", ".ko.xz")))
        assert answer.text == "/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.xz\n"


class TestEscapes:
    @given(st.text())
    def test_a_value_survives_its_escape(self, text: str) -> None:
        assert unescape(_escape(text)) == text

    @given(st.text())
    def test_an_escaped_value_is_one_printable_line(self, text: str) -> None:
        assert _escape(text).isprintable()

    @given(st.binary(max_size=200))
    def test_any_attribute_is_read_back_as_it_was(
        self, file: MakeFile, put: Put, data: bytes
    ) -> None:
        file("/sys/class/block/sda/serial", data)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("latin-1")  # a binary page, a character a byte
        (answer,) = put(Tree("/sys/class/block/*", ("serial",)))
        assert parse([answer]).values == {"/sys/class/block/sda/serial": text.rstrip()}


class TestCalls:
    def test_a_library_that_is_missing_is_absent(
        self, put: Put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "psutil", None)
        assert put(Call("psutil"))[0].status == ABSENT

    def test_a_call_that_breaks_has_failed(self, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(libraries, "_uname", self.broken)
        assert put(Call("uname"))[0][1:4] == (FAILED, "", "RuntimeError: odd /proc")

    @pytest.mark.parametrize(
        ("function", "part"),
        [("net_if_addrs", "nics"), ("virtual_memory", "memory"), ("cpu_count", "cpus")],
    )
    def test_what_breaks_in_psutil_costs_its_part(
        self, put: Put, monkeypatch: pytest.MonkeyPatch, function: str, part: str
    ) -> None:
        psutil = pytest.importorskip("psutil")
        monkeypatch.setattr(psutil, function, self.broken)
        (answer,) = put(Call("psutil"))
        told = json.loads(answer.text)
        assert answer.status == OK
        assert not told.pop(part)
        assert told["version"] == psutil.__version__
        assert told.get("cpus") or told.get("memory")

    def broken(self) -> None:
        raise RuntimeError("odd /proc\nsecond line")

    def test_what_is_no_library_of_ours_is_not_asked(self, put: Put) -> None:
        assert put(Call("os.system"))[0].status == UNASKED

    def test_uname_tells_the_kernel(self, put: Put) -> None:
        assert put(Call("uname"))[0].text.split() == [
            "Linux",
            os.uname().release,
            os.uname().machine,
        ]


class TestWhole:
    def test_an_empty_guest_is_all_gaps(self, tmp_path: Path) -> None:
        asked = questions()
        raw = Live(root=str(tmp_path), path=str(tmp_path)).gather(asked)
        assert set(raw.answers) == {question.name for question in asked}
        assert {answer.status for answers in raw.answers.values() for answer in answers} <= set(
            STATUSES
        )
        assert {"block", "pci", "sysfs"} <= {gap.question for gap in read(raw, asked).gaps}

    def test_every_file_may_be_a_folder_and_every_program_garbage(
        self, program: Make, tmp_path: Path
    ) -> None:
        asked = questions()
        folder = program("none", "")
        for question in asked:
            for ask in question.asks:
                for word in ask.words if isinstance(ask, FirstOf) else (ask,):
                    if isinstance(word, Command):
                        program(word.argv[0], "head -c 3000 /dev/urandom; exit 1")
                    elif isinstance(word, File) and "*" not in word.path:
                        (tmp_path / "root" / word.path[1:]).mkdir(parents=True, exist_ok=True)
        found = read(Live(root=str(tmp_path / "root"), path=folder).gather(asked), asked)
        assert found.gaps
        assert not [gap for gap in found.gaps if "parser failed" in gap.reason]

    def test_nothing_is_left_running_or_open(self, program: Make) -> None:
        folder = program("tool", LONG)
        before = set(os.listdir("/proc/self/fd"))
        live = Live(root="/nonexistent", path=folder)
        asks: List[Question[object]] = [
            Question(
                "q",
                "",
                [Command(("tool", str(n)), seconds=0.2) for n in range(3)],
                lambda found: found,
                "",
            )
        ]
        live.gather(asks)
        assert set(os.listdir("/proc/self/fd")) == before

    def test_this_guest_is_only_read(self, tmp_path: Path) -> None:
        opened: List[Tuple[str, int]] = []
        real = os.open

        def watch(path: str, flags: int, *more: int) -> int:
            opened.append((path, flags))
            return real(path, flags, *more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", watch)
            Live(path=str(tmp_path)).gather(questions())
        assert opened
        assert not [
            path for path, flags in opened if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ]
        assert all(flags & os.O_NONBLOCK for _, flags in opened)


def test_a_folder_called_like_a_pattern_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "top" / "*" / "inner").mkdir(parents=True)
    (tmp_path / "top" / "*" / "inner" / "file").write_text("text")
    (tmp_path / "top" / "other" / "inner").mkdir(parents=True)
    (answer,) = (
        Live(str(tmp_path))
        .gather([Question("q", "", [Listing("/top/*/inner/f*")], lambda found: found, "")])
        .answers["q"]
    )
    assert (answer.status, answer.text) == ("ok", "/top/*/inner/file\n")


def test_passwords_of_boot_loaders_and_modules_are_starred_out(tmp_path: Path) -> None:
    lines = {
        "password_pbkdf2 root grub.pbkdf2.sha512.10000.AAFF": "grub.pbkdf2.sha512.10000.AAFF",
        "password --md5 $1$abc$def": "$1$abc$def",
        "linux /vmlinuz root=UUID=1 rd.iscsi.password=geheim inst.password=geheim2 ro": "geheim",
        "options iscsi chap_password=geheim3": "geheim3",
        'GRUB_CMDLINE_LINUX="rd.iscsi.password=geheim4 quiet"': "geheim4",
    }
    (tmp_path / "f").write_text(
        "\n".join(lines) + "\nCONFIG_SECRETMEM=y\nroot=/dev/sda1 compass=north\n"
    )
    (answer,) = (
        Live(str(tmp_path))
        .gather([Question("q", "", [File("/f")], lambda found: found, "")])
        .answers["q"]
    )
    assert [secret for secret in lines.values() if secret in answer.text] == []
    assert "root=UUID=1 rd.iscsi.password=***** inst.password=***** ro" in answer.text
    assert "CONFIG_SECRETMEM=y" in answer.text
    assert answer.text.count("\n") == len(lines) + 2
