"""The script that repairs: it is sound shell, does what preflight asked for, keeps copies, and changes nothing when it is run again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from guestcheck.advice._script import script
from guestcheck.catalogue.targets import TARGETS
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.readiness import assess
from tests.readiness.making import RELEASE, a_card, ide_disk, ide_part, machine, told

BY_ID = {target.id: target for target in TARGETS}
FEW = "ext4 jbd2 mbcache crc16"
NETWORK = told("network_config", "/etc/network/interfaces", "auto ens3\niface ens3 inet static\n")


def made(inventory: Inventory, *targets: str) -> str:
    found = assess(inventory, tuple(BY_ID[name] for name in targets or ("virtio-blk",)))
    return script(Preflight("0.0", "", inventory, found, {}, ()))


def everything() -> str:
    """Make a script in which every kind of step is."""
    inventory = machine(
        FEW,
        root="root=/dev/sda1",
        options="ro module_blacklist=virtio_blk resume=/dev/sda5",
        fstab="/dev/sda1 / ext4 x 0 1\n/dev/sda2 /boot ext4 x 0 2\n",
        texts={"etc/modprobe.d/a.conf": "blacklist virtio_pci", "etc/lvm/lvm.conf": 'filter = [ "a|/dev/sda|", "r|.*|" ]'},
        devices=(ide_disk(), ide_part(), a_card()),
        more=[NETWORK],
    )
    return made(inventory, "virtio-blk", "virtio-scsi", "virtio-net")


def clean(text: str) -> None:
    """Have the script looked at by those who know shell."""
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    if shutil.which("shellcheck"):
        found = subprocess.run(["shellcheck", "-"], input=text, text=True, capture_output=True, check=False)
        assert found.stdout == ""


def test_it_is_sound_shell() -> None:
    clean(everything())
    clean(made(machine()))


class Guest:
    """A folder that stands for a guest's root, and stubs of the programs that the script calls."""

    def __init__(self, top: Path, files: Dict[str, str]) -> None:
        self.top = top
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        self.programs = top / "programs"
        self.programs.mkdir()
        for name in ("sh", "grep", "sed", "cp", "rm", "cat", "mkdir"):
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.stub("id", "echo 0")
        self.stub("blkid", 'case "$5" in */dev/sd*|*/dev/disk/*) echo "0a-1b";; esac')

    def stub(self, name: str, body: str) -> None:
        (self.programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{self.top}/called\n{body}\n')
        (self.programs / name).chmod(0o755)

    def run(self, text: str) -> "subprocess.CompletedProcess[str]":
        """Run the script with every path of the guest below the folder."""
        for path in ("/etc/", "/boot/", "/usr/lib/modprobe.d"):
            text = text.replace(f" {path}", f" {self.top}{path}").replace(f">{path}", f">{self.top}{path}").replace(f'"{path}', f'"{self.top}{path}')
        text = text.replace("backup=/var", f"backup={self.top}/var").replace('"$backup$1"', f'"$backup${{1#{self.top}}}"')
        text = text.replace('"$backup${1%/*}"', f'"$backup$(d=${{1#{self.top}}}; echo "${{d%/*}}")"')
        # Nothing else is on the path: which tools this machine has does not matter.
        return subprocess.run(["/bin/sh"], input=text, text=True, capture_output=True, env={**os.environ, "PATH": str(self.programs)}, check=False)

    def read(self, name: str) -> str:
        return (self.top / name).read_text()

    def called(self, name: str) -> Tuple[str, ...]:
        path = self.top / "called"
        return tuple(line for line in path.read_text().split("\n") if line.startswith(name)) if path.exists() else ()


@pytest.fixture
def guest(tmp_path: Path) -> Any:
    return lambda **files: Guest(tmp_path, {name.replace("__", "/"): text for name, text in files.items()})


def ran(here: Guest, text: str) -> None:
    for _ in range(2):
        done = here.run(text)
        assert (done.returncode, done.stderr) == (0, "")


class TestRun:
    def test_drivers_are_put_into_the_initramfs_once(self, guest: Any) -> None:
        here = guest(**{"etc/initramfs-tools/modules": "# mine\next4\n", f"boot/initrd.img-{RELEASE}": ""})
        here.stub("update-initramfs", "")
        ran(here, made(machine(FEW)))
        assert here.read("etc/initramfs-tools/modules") == "# mine\next4\nvirtio_pci\nvirtio_blk\n"
        assert here.read("var/backups/guestcheck/etc/initramfs-tools/modules") == "# mine\next4\n"
        assert here.called("update-initramfs") == (f"update-initramfs -u -k {RELEASE}",) * 2

    @pytest.mark.parametrize(
        ("program", "file", "before", "after", "called"),
        [
            ("dracut", "etc/dracut.conf.d/guestcheck.conf", "", 'add_drivers+=" virtio_pci "\nadd_drivers+=" virtio_blk "\n', f"dracut -f --kver {RELEASE}"),
            ("mkinitcpio", "etc/mkinitcpio.conf", "MODULES=(ext4)\n", "MODULES=(virtio_blk virtio_pci ext4)\n", "mkinitcpio -P"),
            ("mkinitrd", "etc/sysconfig/kernel", 'INITRD_MODULES="ext4"\n', 'INITRD_MODULES="virtio_blk virtio_pci ext4"\n', "mkinitrd"),
        ],
    )
    def test_each_tool_is_told_in_its_own_way(self, program: str, file: str, before: str, after: str, called: str, guest: Any) -> None:
        here = guest(**{file: before})
        here.stub(program, "")
        ran(here, made(machine(FEW)))
        assert here.read(file) == after
        assert here.called(program)[0].strip() == called

    def test_names_become_uuids_where_they_are_fields(self, guest: Any) -> None:
        fstab = "# /dev/sda2 was here\nUUID=1 / ext4 x 0 1\n/dev/sda2\t/boot ext4 x 0 2\n/dev/sda20 /a ext4 x 0 2\n/dev/sda5 none swap sw 0 0\n"
        here = guest(**{"etc/fstab": fstab})
        here.stub("update-initramfs", "")
        ran(here, made(machine(fstab=fstab.replace("/dev/sda20 /a ext4 x 0 2\n", ""))))
        assert here.read("etc/fstab") == fstab.replace("/dev/sda2\t", "UUID=0a-1b\t").replace("/dev/sda5 ", "UUID=0a-1b ")
        assert here.read("var/backups/guestcheck/etc/fstab") == fstab

    def test_names_become_uuids_on_command_lines(self, guest: Any) -> None:
        menu = "linux /vmlinuz root=/dev/sda1 ro resume=/dev/sda5\nlinux /other root=/dev/sda10 ro\n"
        here = guest(**{"boot/grub/grub.cfg": menu, "etc/default/grub": 'GRUB_CMDLINE_LINUX="root=/dev/sda1"\n'})
        here.stub("update-initramfs", "")
        ran(here, made(machine(root="root=/dev/sda1", options="ro resume=/dev/sda5")))
        assert here.read("boot/grub/grub.cfg") == menu.replace("/dev/sda1 ", "UUID=0a-1b ").replace("/dev/sda5", "UUID=0a-1b")
        assert here.read("etc/default/grub") == 'GRUB_CMDLINE_LINUX="root=UUID=0a-1b"\n'

    def test_without_an_initramfs_the_partition_is_named(self, guest: Any) -> None:
        here = guest(**{"boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n"})
        here.stub("blkid", 'echo "$2-7"')
        here.stub("update-initramfs", "")
        ran(here, made(machine(root="root=/dev/sda1", initrd="-", builtin="virtio_blk virtio_pci ext4")))
        assert here.read("boot/grub/grub.cfg") == "linux /vmlinuz root=PARTUUID=PARTUUID-7 ro\n"

    def test_the_menu_is_made_after_the_initramfs_that_it_loads(self, guest: Any) -> None:
        here = guest(**{"boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n"})
        here.stub("update-initramfs", f"touch {here.top}/boot/initrd.img")
        here.stub("update-grub", f"[ -e {here.top}/boot/initrd.img ] && echo initrd >>{here.top}/boot/grub/grub.cfg")
        (here.programs / "touch").symlink_to(str(shutil.which("touch")))
        assert here.run(made(machine(initrd="-"))).returncode == 0
        assert here.read("boot/grub/grub.cfg").endswith("initrd\n")
        assert here.read("var/backups/guestcheck/boot/grub/grub.cfg") == "linux /vmlinuz root=/dev/sda1 ro\n"

    def test_what_is_forbidden_is_allowed_again(self, guest: Any) -> None:
        menu = "linux root=UUID=1 module_blacklist=foo,virtio_blk,bar modprobe.blacklist=virtio-blk rd.driver.blacklist=a,virtio_blk quiet\n"
        here = guest(**{"boot/grub/grub.cfg": menu, "etc/modprobe.d/a.conf": "blacklist virtio-blk\nblacklist virtio_blkx\ninstall virtio_blk /bin/true\n"})
        here.stub("update-initramfs", "")
        texts = {"etc/modprobe.d/a.conf": "blacklist virtio-blk"}
        ran(here, made(machine(texts=texts)))
        assert here.read("etc/modprobe.d/a.conf") == "# blacklist virtio-blk\nblacklist virtio_blkx\n# install virtio_blk /bin/true\n"
        assert here.read("boot/grub/grub.cfg") == "linux root=UUID=1 module_blacklist=foo,bar  rd.driver.blacklist=a quiet\n"

    def test_a_card_is_given_its_name_by_its_mac_address(self, guest: Any) -> None:
        here = guest()
        here.stub("update-initramfs", "")
        inventory = machine(devices=(ide_disk(), ide_part(), a_card()), more=[NETWORK])
        ran(here, made(inventory, "virtio-net"))
        link = here.read("etc/systemd/network/10-guestcheck-ens3.link")
        assert link == "[Match]\nMACAddress=52:54:00:12:34:56\n\n[Link]\nName=ens3\n"
        # And with that file preflight is content.
        again = machine(
            devices=(ide_disk(), ide_part(), a_card()), more=[NETWORK, told("network_config", "/etc/systemd/network/10-guestcheck-ens3.link", link)]
        )
        assert [one.verdict for one in assess(again, (BY_ID["virtio-net"],))] == ["network-up"]

    def test_a_device_without_a_uuid_stops_it(self, guest: Any) -> None:
        here = guest(**{"etc/fstab": "/dev/sda2 /boot ext4 x 0 2\n"})
        here.stub("blkid", "exit 2")
        done = here.run(made(machine(fstab="UUID=1 / ext4 x 0 1\n/dev/sda2 /boot ext4 x 0 2")))
        assert done.returncode != 0
        assert "/dev/sda2 has no UUID" in done.stderr
        assert here.read("etc/fstab") == "/dev/sda2 /boot ext4 x 0 2\n"

    def test_nobody_but_root_runs_it(self, guest: Any) -> None:
        here = guest()
        here.stub("id", "echo 1000")
        assert here.run(everything()).returncode == 1


def test_what_cannot_be_repaired_is_left_to_the_operator() -> None:
    text = made(machine(lacking=("nvme", "nvme_core")), "nvme")
    assert "by hand" in text
    clean(text)


@pytest.mark.parametrize("spec", ["/dev/disk/by-id/$(reboot)", "/dev/disk/by-path/a;reboot", "/dev/disk/by-id/a`x`", "/dev/sda1'x"])
def test_a_hostile_guest_does_not_speak_through_it(spec: str) -> None:
    text = made(machine(fstab=f"UUID=1 / ext4 x 0 1\n{spec} /boot ext4 x 0 2"))
    code = [line for line in text.split("\n") if not line.startswith("#")]
    assert not [line for line in code if "reboot" in line or "`x`" in line]
    clean(text)


def test_what_would_be_forbidden_in_the_next_initramfs_is_allowed_too() -> None:
    rules = told("modprobe_conf", "/etc/modprobe.d/a.conf", "blacklist virtio_blk\n")
    for inventory in (machine(FEW, more=[rules]), machine(FEW, texts={"etc/modprobe.d/a.conf": "blacklist virtio_blk"})):
        assert "allow 'virtio[_-]blk'" in made(inventory)


def test_nothing_to_do_is_said() -> None:
    assert "Nothing is to be done" in made(machine())
