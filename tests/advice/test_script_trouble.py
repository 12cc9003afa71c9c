"""The fix script meets other things than were recorded: links, full disks, signals, other guests.
Nothing of the guest is lost or run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.advice.test_script import FEW, RELEASE, Guest, _with_functions, machine, made

FSTAB = "/dev/sda2 /boot ext4 x 0 2\n"
IMAGE = f"boot/initrd.img-{RELEASE}"


@pytest.fixture
def guest(tmp_path: Path) -> Any:
    return lambda **files: Guest(
        tmp_path, {name.replace("__", "/"): text for name, text in files.items()}
    )


def names() -> str:
    """Return a script that puts a UUID into fstab."""
    return made(machine(fstab=f"UUID=1 / ext4 x 0 1\n{FSTAB}"))


class TestWriting:
    @pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("busybox") is None,
        reason="needs root to mount, and busybox",
    )
    @pytest.mark.parametrize("sed", ["", "busybox"])
    def test_a_full_disk_costs_no_file(self, sed: str, guest: Any) -> None:
        here = guest()
        etc = here.top / "etc"
        etc.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=32k", "none", str(etc)],
            capture_output=True,
            check=False,
        ).returncode:
            pytest.skip("no file system can be mounted here")
        try:
            here.write("etc/fstab", FSTAB)
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={etc}/full", "bs=4096"],
                capture_output=True,
                check=False,
            )
            if sed:
                here.stub("sed", f'exec {shutil.which(sed)} sed "$@"', noted=False)
            assert here.run(names()).returncode != 0
            assert here.read("etc/fstab") == FSTAB
            assert sorted(os.listdir(etc)) == ["fstab", "full"]
        finally:
            subprocess.run(["umount", str(etc)], check=True)

    def test_a_copy_that_was_cut_is_not_taken_for_one(self, guest: Any) -> None:
        here = guest(**{"etc/fstab": FSTAB})
        here.stub("cp", 'for to; do :; done; printf x >"$to"; exit 1')
        assert here.run(names()).returncode != 0
        assert here.read("etc/fstab") == FSTAB
        here.stub("cp", f'exec {shutil.which("cp")} "$@"')
        here.stub("update-initramfs", "")
        assert here.run(names()).returncode == 0
        assert here.kept("etc/fstab") == FSTAB

    @pytest.mark.parametrize(
        "call", ["add_line /etc/it x", "change /etc/it s/a/b/", "keep /etc/it"]
    )
    @pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
    def test_what_is_no_plain_file_is_never_written(self, call: str, kind: str, guest: Any) -> None:
        here = guest(etc__x="")
        there = {"pipe": here.top / "pipe", "device": Path("/dev/zero"), "folder": here.top}[kind]
        if kind == "pipe":
            os.mkfifo(there)
        (here.top / "etc/it").symlink_to(there)
        assert here.run(_with_functions(call)).returncode != 0
        assert not any((here.top / "var").rglob("it"))

    def test_what_a_terminal_obeys_is_not_printed(self, guest: Any) -> None:
        here = guest()
        done = here.run(_with_functions("left \"$(printf 'a\\033]0;b\\n')\" '\\033[2Jc'"))
        assert done.stderr == "not done: a?]0;b \\033[2Jc\n"


class TestImage:
    def built(self, guest: Any, tool: str) -> Any:
        here = guest(**{IMAGE: "the one before\n"})
        here.stub("update-initramfs", tool.replace("IMAGE", f"{here.top}/{IMAGE}"))
        return here, here.run(made(machine(FEW)))

    @pytest.mark.parametrize("number", ["HUP", "INT", "TERM"])
    def test_an_interruption_puts_the_image_back(self, number: str, guest: Any) -> None:
        here, done = self.built(guest, f"printf half >IMAGE; kill -{number} $PPID")
        assert done.returncode != 0
        assert here.read(IMAGE) == "the one before\n"
        assert os.listdir(here.top / "var/backups/guestcheck") == [here.top.parts[1]]

    def test_where_it_cannot_be_put_back_it_is_kept(self, guest: Any) -> None:
        """A program that wrote half of it made it so that nobody can write."""
        here, done = self.built(guest, "rm -f IMAGE; mkdir IMAGE; exit 1")
        assert done.returncode == 1
        assert "CAUTION: do not restart: copy " in done.stderr
        (kept,) = (here.top / "var/backups/guestcheck").glob("work.*/image")
        assert kept.read_text() == "the one before\n"

    def test_a_link_to_a_disk_is_no_image(self, guest: Any) -> None:
        here = guest(boot__x="")
        (here.top / IMAGE).symlink_to("/dev/zero")
        here.stub("update-initramfs", "")
        done = here.run(made(machine(FEW)))
        assert (done.returncode, here.called("update-initramfs")) == (1, ())
        assert "leads to no plain file" in done.stderr

    def test_names_in_an_image_are_shown_as_plain_text(self, guest: Any) -> None:
        here = guest(**{IMAGE: "lib/cryptsetup/\033[2J\n"})
        here.stub("update-initramfs", f"rm {here.top}/{IMAGE}; echo >{here.top}/{IMAGE}")
        done = here.run(made(machine(FEW)))
        assert "lacks what the one of before had" in done.stderr
        assert "lib/cryptsetup/?[2J" in done.stderr


class TestReading:
    def test_no_program_eats_its_lines(self, guest: Any) -> None:
        """As with ssh GUEST sh <fix.sh."""
        here = guest(**{IMAGE: ""})
        here.stub("update-initramfs", "cat")
        done = here.run(made(machine(FEW)))
        assert done.stdout == "done: guestcheck preflight tells whether that was all\n"

    def test_a_part_of_it_does_nothing(self, guest: Any) -> None:
        here = guest(**{"etc/fstab": FSTAB, IMAGE: ""})
        here.stub("update-initramfs", "")
        text = names()
        for line in range(text.count("\n") // 4, text.count("\n"), 3):
            here.run("\n".join(text.split("\n")[:line]))
        assert here.read("etc/fstab") == FSTAB
        assert sorted(os.listdir(here.top)) == ["boot", "etc", "in-each"]

    def test_a_path_of_programs_that_is_not_absolute_is_refused(self, guest: Any) -> None:
        here = guest(etc__fstab=FSTAB)
        for path in (".", "", "bin"):
            text = names().replace("set -eu\n", f'set -eu\nPATH="$PATH:{path}:$PATH"\n', 1)
            assert here.run(text).returncode == 1
            assert here.read("etc/fstab") == FSTAB


class TestOtherGuest:
    def test_a_guest_without_the_kernel_is_another_one(self, guest: Any) -> None:
        here = guest(
            **{"lib/modules/5.0-other/modules.dep": "", "etc/initramfs-tools/modules": "ext4\n"}
        )
        here.stub("update-initramfs", "")
        done = here.run(made(machine(FEW)))
        assert (
            done.returncode,
            here.called("update-initramfs"),
            here.read("etc/initramfs-tools/modules"),
        ) == (1, (), "ext4\n")
        assert f"the kernel {RELEASE} is not here" in done.stderr

    @pytest.mark.parametrize(
        ("others", "used"), [("ext4", False), ("LVM2_member", False), ("btrfs", True)]
    )
    def test_a_uuid_that_two_devices_have_names_neither(
        self, others: str, used: bool, guest: Any
    ) -> None:
        here = guest(**{"etc/fstab": FSTAB, IMAGE: ""})
        here.stub("update-initramfs", "")
        line = f'UUID=\\"0a-1b\\" TYPE=\\"{others}\\"'
        here.stub(
            "blkid",
            f'case "$*" in "") printf "%s\\n" "/dev/sda2: {line}" "/dev/sdb2: {line}";; *) '
            f'echo "$1: {line}";; esac',
        )
        done = here.run(names())
        assert (done.returncode == 0) == used
        assert here.read("etc/fstab") == (
            FSTAB.replace("/dev/sda2", "UUID=0a-1b") if used else FSTAB
        )

    @pytest.mark.parametrize(
        ("mounts", "asked"),
        [
            (
                "29 1 0:5 / /dev rw - devtmpfs udev rw\n30 1 43:2 / /boot rw shared:1 - ext4 "
                "/dev/nbd0p2 rw\n",
                "blkid /dev/nbd0p2",
            ),
            ("29 1 0:5 / /dev rw - devtmpfs udev rw\n30 1 43:2 / / rw - ext4 /dev/nbd0p1 rw\n", ""),
            (
                "29 1 0:5 / /dev rw - devtmpfs udev rw\n30 1 43:2 / /boot rw - fuse /dev/$(x) rw\n",
                "",
            ),
            ("29 1 0:5 / /dev rw - tmpfs made rw\n", "blkid /dev/sda2"),
        ],
    )
    def test_in_a_chroot_the_names_are_those_of_the_machine_outside(
        self, mounts: str, asked: str, guest: Any
    ) -> None:
        here = guest(**{"etc/fstab": FSTAB, "mountinfo": mounts})
        here.stub("stat", 'case "$*" in *proc*) echo 1:2;; *) echo 3:4;; esac', noted=False)
        here.stub("blkid", 'case "$1" in /dev/*) echo "$1: UUID=\\"0a-1b\\"";; esac')
        text = _with_functions("field_by_uuid /etc/fstab /dev/sda2").replace(
            "/proc/self/mountinfo", f"{here.top}/mountinfo"
        )
        done = here.run(text)
        assert (done.returncode == 0) == bool(asked)
        assert here.called("blkid")[:1] == ((asked,) if asked else ())
        assert here.read("etc/fstab") == (
            FSTAB.replace("/dev/sda2", "UUID=0a-1b") if asked else FSTAB
        )
