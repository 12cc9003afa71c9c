"""A root file system is read as a chroot would find it: links stay inside, what a running kernel
shows is left alone.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, Tuple

import pytest

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.model.report import Report, Sink
from guestcheck.model.source import ABSENT, DENIED, OK, ONLY_RUNNING, Answer
from guestcheck.render.machine import json as json_format
from guestcheck.render.people import terminal, text
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.bundle import Bundle
from guestcheck.sources.root import Root, open_root, recognise
from guestcheck.stores.folder import Folder
from tests.test_guests import reader

OS_RELEASE = 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\n'
# More options than an excerpt has.
CONFIG = (
    "CONFIG_X86_64=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=y\n# CONFIG_SCSI_VIRTIO is not set\n"
    + "".join(f"CONFIG_X{n}=y\n" for n in range(300))
)
ENTRY = 'menuentry "Debian {0}" {{\n linux /boot/vmlinuz-6.1.0-{0} root=/dev/sda1\n}}\n'
GRUB = 'set default="{default}"\n' + (ENTRY.format(1) + ENTRY.format(2)).replace("{", "{{").replace(
    "}", "}}"
)
Tree = Callable[..., Path]


def link(target: str) -> Tuple[str, str]:
    return ("link", target)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make a folder of files and links, by their paths; what ends in a slash is a folder."""

    def make(*more: Dict[str, Any], name: str = "root", **_: object) -> Path:
        top = tmp_path / name
        for path, what in {key: value for files in more for key, value in files.items()}.items():
            full = top / path
            full.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith("/"):
                full.mkdir(exist_ok=True)
            elif isinstance(what, tuple):
                full.symlink_to(what[1])
            else:
                full.write_text(what)
        return top

    return make


def kernel(release: str, lib: str = "usr/lib", config: str = "boot/config-{}") -> Dict[str, Any]:
    """Return the files of an installed kernel as Debian lays them out, unless it is told otherwise."""
    modules = f"{lib}/modules/{release}"
    files = {
        f"{modules}/modules.builtin": "kernel/drivers/virtio/virtio_pci.ko\n",
        f"{modules}/kernel/drivers/block/virtio_blk.ko.xz": "",
        f"boot/vmlinuz-{release}": "",
    }
    return {**files, **({config.format(release): CONFIG} if config else {})}


MERGED = {
    "etc/os-release": link("../usr/lib/os-release"),
    "usr/lib/os-release": OS_RELEASE,
    "etc/hostname": "web1\n",
    "lib": link("usr/lib"),
    "usr/bin/": "",
}
DEBIAN = {**MERGED, **kernel("6.1.0-1")}


def states(report: Report) -> Dict[str, Dict[str, str]]:
    return {
        one.release: {state.symbol: state.state for state in one.drivers}
        for one in report.inventory.kernels or ()
    }


def answers(root: Root, name: str) -> Tuple[Answer, ...]:
    return root.gather(questions()).answers[name]


def test_kernels_and_their_drivers_are_told(tree: Tree) -> None:
    report = examine(open_root(str(tree(DEBIAN, {"boot/grub/grub.cfg": GRUB.format(default="0")}))))
    assert report.inventory.guest.os_name == "Debian GNU/Linux 12"
    assert report.inventory.guest.hostname == "web1"
    assert report.inventory.guest.architecture == "x86_64"
    assert [(k.release, k.default, k.running) for k in report.inventory.kernels or ()] == [
        ("6.1.0-1", True, None)
    ]
    told = states(report)["6.1.0-1"]
    assert (told["CONFIG_VIRTIO_BLK"], told["CONFIG_VIRTIO_PCI"], told["CONFIG_SCSI_VIRTIO"]) == (
        "module",
        "built-in",
        "off",
    )


def test_of_two_kernels_the_boot_loaders_default_is_the_default(tree: Tree) -> None:
    report = examine(
        open_root(
            str(tree(DEBIAN, kernel("6.1.0-2"), {"boot/grub/grub.cfg": GRUB.format(default="1")}))
        )
    )
    assert [(k.release, k.default) for k in report.inventory.kernels or ()] == [
        ("6.1.0-2", True),
        ("6.1.0-1", False),
    ]


@pytest.mark.parametrize("target", ["usr/lib", "/usr/lib", "../../usr/lib", "./usr//lib/."])
def test_modules_behind_a_merged_lib_are_found_once(tree: Tree, target: str) -> None:
    root = open_root(str(tree({**DEBIAN, "lib": link(target)})))
    (answer,) = answers(root, "module_files")
    assert answer.text == "/lib/modules/6.1.0-1/kernel/drivers/block/virtio_blk.ko.xz\n"
    assert [a.asked for a in answers(root, "modules_builtin")] == [
        "/lib/modules/6.1.0-1/modules.builtin"
    ]


def test_modules_in_usr_alone_are_found_without_a_merged_lib(tree: Tree) -> None:
    files = {path: what for path, what in DEBIAN.items() if path != "lib"}
    (answer,) = answers(open_root(str(tree(files))), "module_files")
    assert answer.text == "/usr/lib/modules/6.1.0-1/kernel/drivers/block/virtio_blk.ko.xz\n"


LAYOUTS = {
    "not merged": {"etc/os-release": OS_RELEASE, **kernel("6.1.0-1", lib="lib")},
    "arch": {
        **MERGED,
        "usr/lib/modules/6.1.0-1/vmlinuz": "",
        "usr/lib/modules/6.1.0-1/modules.builtin": "kernel/drivers/virtio/virtio_pci.ko\n",
        "usr/lib/modules/6.1.0-1/kernel/drivers/block/virtio_blk.ko.zst": "",
        "boot/vmlinuz-linux": "",
        "boot/initramfs-linux.img": "",
    },
    "alpine": {
        "etc/os-release": OS_RELEASE,
        "lib/modules/6.1.0-1/modules.builtin": "kernel/drivers/virtio/virtio_pci.ko\n",
        "lib/modules/6.1.0-1/kernel/drivers/block/virtio_blk.ko.gz": "",
        "boot/vmlinuz-lts": "",
        "boot/config-6.1.0-1": CONFIG,
        "boot/extlinux.conf": "DEFAULT lts\nLABEL lts\n LINUX vmlinuz-lts\n",
    },
    "opensuse": {
        **MERGED,
        **kernel("6.1.0-1", config="usr/lib/modules/{}/config"),
        "boot/vmlinuz-6.1.0-1": link("../usr/lib/modules/6.1.0-1/vmlinuz"),
        "usr/lib/modules/6.1.0-1/vmlinuz": "",
    },
    "ostree": {
        **MERGED,
        **kernel("6.1.0-1", config="usr/lib/ostree-boot/config-{}"),
        "sysroot/": "",
        "ostree": link("sysroot/ostree"),
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_distributions_layout_gives_one_kernel(tree: Tree, layout: str) -> None:
    report = examine(open_root(str(tree(LAYOUTS[layout]))))
    told = states(report)
    assert list(told) == ["6.1.0-1"]
    assert (told["6.1.0-1"]["CONFIG_VIRTIO_BLK"], told["6.1.0-1"]["CONFIG_VIRTIO_PCI"]) == (
        "module",
        "built-in",
    )


def test_what_only_the_running_guest_shows_is_told_once_and_never_as_none(tree: Tree) -> None:
    report = examine(open_root(str(tree(DEBIAN))))
    assert report.inventory.disks is None
    assert report.inventory.nics is None
    for shown in (text.render(report, Sink(80)), terminal.render(report, Sink(80))):
        words = " ".join(shown.split())
        assert words.startswith(
            "The disks and network cards can only be seen in the running guest."
        )
        assert "could not be read" not in words
        assert "  none\n" not in shown
    assert text.render(report, Sink(200)).count(ONLY_RUNNING) == 1
    told = json.loads(json_format.render(report, Sink()))
    assert (told["disks"], told["nics"], told["controllers"]) == (None, None, None)
    assert "block" in [gap["question"] for gap in told["gaps"] if gap["reason"] == ONLY_RUNNING]


def test_checks_of_devices_end_as_unknown(tree: Tree) -> None:
    report = examine(open_root(str(tree(DEBIAN))))
    outcomes = {result.id: result.outcome for result in report.results}
    of_windows = ("nic-ghost-address", "disk-offline", "disk-driver-build")
    assert {outcomes.pop(name) for name in of_windows} == {"skip"}
    assert {
        name: outcome
        for name, outcome in outcomes.items()
        if name.startswith(("disk-", "nic-")) and outcome != "unknown"
    } == {}
    assert (outcomes["kernel-default-not-running"], outcomes["kernel-module-file-missing"]) == (
        "skip",
        "pass",
    )


def test_checks_that_lack_the_same_are_told_together(tree: Tree) -> None:
    shown = " ".join(text.render(examine(open_root(str(tree(DEBIAN)))), Sink(80)).split())
    assert shown.count("not known: the network cards") == 1
    assert (
        "not known: the network cards; open: nic-emulated, nic-virtio-legacy, nic-driver-missing"
        in shown
    )


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../../../../../../etc/passwd", "/outside", "../outside"]
)
def test_links_never_lead_out(tree: Tree, tmp_path: Path, target: str) -> None:
    (tmp_path / "outside").write_text("secret\n")
    root = open_root(str(tree({**DEBIAN, "etc/hostname": link(target)})))
    assert [a.status for a in answers(root, "system") if a.asked == "/etc/hostname"] == [ABSENT]


def test_a_link_to_a_folder_outside_is_a_folder_inside(tree: Tree, tmp_path: Path) -> None:
    outside = tree(kernel("9.9.9"), name="outside")
    top = tree(
        {
            **{path: what for path, what in DEBIAN.items() if not path.startswith("boot/")},
            "boot": link(str(outside / "boot")),
        }
    )
    report = examine(open_root(str(top)))
    assert list(states(report)) == ["6.1.0-1"]


def test_chains_of_links_are_followed_and_loops_end(tree: Tree) -> None:
    more = {
        "etc/hostname": link("/a/b"),
        "a": link("c/./d"),
        "c/d/b": link("../../e"),
        "e": "deep\n",
        "etc/redhat-release": link("redhat-release"),
    }
    told = {a.asked: a for a in answers(open_root(str(tree({**DEBIAN, **more}))), "system")}
    assert told["/etc/hostname"].text == "deep\n"
    assert told["/etc/redhat-release"].status != OK


@pytest.mark.parametrize("folder", ["proc", "sys", "run", "dev"])
def test_what_a_running_kernel_shows_is_never_read(tree: Tree, folder: str) -> None:
    more = {
        f"{folder}/hostname": "host\n",
        "etc/hostname": link(f"/{folder}/hostname"),
        f"{folder}/vmlinuz-9.9": "",
        "boot/deep": link(f"/{folder}"),
    }
    root = open_root(
        str(
            tree(
                {
                    **DEBIAN,
                    **more,
                    "proc/cmdline": "root=/dev/host\n",
                    "sys/class/dmi/id/sys_vendor": "Host\n",
                }
            )
        )
    )
    raw = root.gather(questions())
    texts = [
        a
        for found in raw.answers.values()
        for a in found
        if a.asked.startswith(("/proc", "/sys", "/run", "/dev"))
    ]
    assert {a.status for a in texts} == {"unasked"}
    assert "host\n" not in [a.text for found in raw.answers.values() for a in found]


def test_a_boot_folder_behind_a_link_to_proc_is_not_listed(tree: Tree) -> None:
    files = {path: what for path, what in DEBIAN.items() if not path.startswith("boot/")}
    root = open_root(
        str(tree({**files, "boot": link("/proc/boot"), "proc/boot/config-9.9": CONFIG}))
    )
    assert list(states(examine(root))) == ["6.1.0-1"]


def test_an_empty_boot_beside_modules_is_a_gap(tree: Tree) -> None:
    files = {path: what for path, what in DEBIAN.items() if not path.startswith("boot/")}
    gaps = {
        gap.asked: gap.reason for gap in examine(open_root(str(tree({**files, "boot/": ""})))).gaps
    }
    assert (
        gaps["/boot"]
        == "nothing is in it; is it a partition of its own, which is not mounted here?"
    )


def test_a_boot_partition_that_fstab_names_is_told_by_it(tree: Tree) -> None:
    files = {path: what for path, what in DEBIAN.items() if not path.startswith("boot/")}
    fstab = (
        "# none\nUUID=1 / ext4 defaults 0 1\nUUID=2 /boot ext4 defaults 0 2\nUUID=3 /boot/efi vfat "
        "umask=77 0 1\nbad\n"
    )
    gaps = {
        gap.asked: gap.reason
        for gap in examine(open_root(str(tree({**files, "boot/": "", "etc/fstab": fstab})))).gaps
    }
    assert gaps["/boot"] == "empty here; by /etc/fstab UUID=2 is mounted there"
    assert gaps["/boot/efi"] == "empty here; by /etc/fstab UUID=3 is mounted there"


def test_a_full_boot_is_no_gap(tree: Tree) -> None:
    report = examine(
        open_root(str(tree({**DEBIAN, "etc/fstab": "UUID=2 /boot ext4 defaults 0 2\n"})))
    )
    assert "/boot" not in [gap.asked for gap in report.gaps]


def test_a_containers_root_has_nothing_to_judge(tree: Tree) -> None:
    with pytest.raises(
        NoEvidenceError, match=r"no kernel in its /boot and /lib/modules, as in a container"
    ):
        examine(open_root(str(tree({**MERGED, "usr/bin/sh": "", ".dockerenv": ""}))))


def test_a_mark_of_a_container_says_nothing_of_devices(tree: Tree) -> None:
    report = examine(open_root(str(tree({**DEBIAN, ".dockerenv": ""}))))
    assert report.inventory.container == "docker"
    assert "the devices are those" not in text.render(report, Sink(200))


def test_agents_and_the_initramfs_tool_are_seen(tree: Tree) -> None:
    guest = examine(
        open_root(
            str(
                tree(
                    {
                        **DEBIAN,
                        "usr/sbin/qemu-ga": "",
                        "usr/sbin/update-initramfs": "",
                        "sbin": link("usr/sbin"),
                    }
                )
            )
        )
    ).inventory.guest
    assert [(agent.name, agent.installed, agent.running) for agent in guest.agents or ()] == [
        ("qemu-ga", True, None)
    ]
    assert guest.initramfs_tool == "initramfs-tools"


def test_pipes_and_sockets_are_no_files_and_nobody_waits_for_them(tree: Tree) -> None:
    top = tree({**DEBIAN, "etc/hostname": link("pipe")})
    os.mkfifo(top / "etc/pipe")
    os.mkfifo(top / "boot/config-9.9")
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(top / "etc")  # a socket's path is short
        try:
            one.bind("debian_version")
        finally:
            os.chdir(here)
    report = examine(open_root(str(top)))
    assert report.inventory.guest.hostname == ""
    assert states(report)["6.1.0-1"]["CONFIG_VIRTIO_BLK"] == "module"


def test_a_huge_file_is_cut_and_said_to_be(tree: Tree) -> None:
    top = tree(DEBIAN)
    with open(top / "boot/config-6.1.0-2", "w") as file:
        file.write(CONFIG)
        file.truncate(1 << 33)
    report = examine(open_root(str(top)))
    assert [gap.reason for gap in report.gaps if gap.asked == "/boot/config-6.1.0-2"] == [
        "too long; only the beginning was read (4194304 bytes)"
    ]


def test_names_that_cannot_be_shown_are_passed_over(tree: Tree) -> None:
    top = tree(DEBIAN)
    (top / "boot" / "vmlinuz-9\n.9\n").write_text("")
    (top / "boot" / "config-9\x1b[31m").write_text(CONFIG)
    (top / os.fsdecode(b"boot/config-9\xff")).write_text(CONFIG)
    assert list(states(examine(open_root(str(top))))) == ["6.1.0-1"]


def test_a_hostile_os_release_is_shown_as_plain_text(tree: Tree) -> None:
    hostile = 'PRETTY_NAME="\x1b[31mevil\x07 [bold]"\nID=$(reboot)\nNAME=' + "x" * 10_000 + "\n"
    report = examine(open_root(str(tree({**DEBIAN, "usr/lib/os-release": hostile}))))
    for shown in (text.render(report, Sink(80)), terminal.render(report, Sink(80))):
        assert not [c for c in shown if not c.isprintable() and c != "\n"]
        assert "\\x1b[31mevil" in shown


def test_a_plain_folder_is_recognised_as_a_root(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tree(DEBIAN)
    assert isinstance(open_source([str(top)]), Root)
    assert isinstance(open_source([f"{top}/"]), Root)
    monkeypatch.chdir(top.parent)
    assert isinstance(open_source(["root"]), Root)
    assert states(examine(open_root("./root/../root/")))["6.1.0-1"]["CONFIG_VIRTIO_BLK"] == "module"


def test_other_archives_of_files_are_no_roots(tree: Tree) -> None:
    for number, mark in enumerate(
        ("sos_commands/", "insights_commands/", "manifest.json", "basic-environment.txt")
    ):
        assert recognise(Folder(str(tree(DEBIAN, {mark: "{}"}, name=f"root{number}")))) is None


@pytest.mark.parametrize("start", ["", "./", "rootfs/"])
def test_a_tar_archive_of_a_root_is_one(tree: Tree, tmp_path: Path, start: str) -> None:
    top = tree({**DEBIAN, "lib": link("/usr/lib"), "boot/grub/grub.cfg": GRUB.format(default="0")})
    path = tmp_path / "root.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for full in sorted(top.rglob("*")):
            archive.add(full, start + str(full.relative_to(top)), recursive=False)
    report = examine(open_source([str(path)]))
    assert report.inventory.guest.os_name == "Debian GNU/Linux 12"
    assert [(k.release, k.default) for k in report.inventory.kernels or ()] == [("6.1.0-1", True)]
    assert states(report)["6.1.0-1"]["CONFIG_VIRTIO_BLK"] == "module"


def test_an_archive_of_devices_as_files_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "root.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("etc/os-release", tarfile.CHRTYPE),
            ("etc/hostname", tarfile.FIFOTYPE),
            ("usr/bin/sh", tarfile.REGTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type = kind
            archive.addfile(member, io.BytesIO(b""))
    with pytest.raises(NoEvidenceError):
        examine(open_source([str(path)]))


def test_a_wrong_folder_is_told_in_one_line(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name, error, says in (
        ("nowhere", UsageError, "No such file or directory"),
        ("file", UsageError, "Not a directory"),
        ("empty", NoEvidenceError, "an empty folder; is the image mounted there"),
    ):
        with pytest.raises(error, match=says):
            open_root(str(tmp_path / name))


def test_a_root_further_down_is_named(tree: Tree, tmp_path: Path) -> None:
    tree({f"@/{path}": what for path, what in DEBIAN.items()}, {"@home/": ""}, name="btrfs")
    tree(
        {f"ostree/deploy/fedora/deploy/abc.0/{path}": what for path, what in DEBIAN.items()},
        {"boot/": ""},
        name="ostree",
    )
    with pytest.raises(NoEvidenceError, match=r"did you mean .*/btrfs/@"):
        open_root(str(tmp_path / "btrfs"))
    with pytest.raises(
        NoEvidenceError, match=r"did you mean .*/ostree/deploy/fedora/deploy/abc\.0"
    ):
        open_root(str(tmp_path / "ostree"))


RECORDED = Path(__file__).parents[1] / "fixtures/guests/lab-virtio-bookworm"


def test_the_disk_of_a_guest_says_what_the_running_guest_said(tmp_path: Path) -> None:
    """The files that a recorded guest's answers name are laid out again, and judged without it
    running.
    """
    raw = Bundle("recorded", reader(RECORDED)).gather(questions())
    top = tmp_path / "root"
    for answer in (
        a
        for name in ("system", "kernel_config", "modules_builtin", "boot_entries")
        for a in raw.answers[name]
    ):
        if answer.status == OK and answer.asked.startswith(("/etc/", "/usr/", "/boot/", "/lib/")):
            (top / answer.asked[1:]).parent.mkdir(parents=True, exist_ok=True)
            (top / answer.asked[1:]).write_text(answer.text)
    for path in "".join(
        a.text
        for name in ("module_files", "kernel_releases", "initramfs_tools", "agents")
        for a in raw.answers[name]
    ).split():
        (top / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        if not path.endswith(("/kernel", ".service")):
            (top / path[1:]).touch()
    live, mounted = (
        examine(Bundle("recorded", reader(RECORDED))).inventory,
        examine(open_root(str(top))).inventory,
    )
    for here, there in zip(live.kernels or (), mounted.kernels or ()):
        assert there == here._replace(
            running=None, drivers=tuple(state._replace(loaded=None) for state in here.drivers)
        )
    assert len(live.kernels or ()) == len(mounted.kernels or ()) == 2
    same = ("os_name", "os_id", "os_version", "architecture", "initramfs_tool")
    assert {name: getattr(mounted.guest, name) for name in same} == {
        name: getattr(live.guest, name) for name in same
    }


def _as_nobody(code: str) -> "subprocess.CompletedProcess[str]":
    """Run Python code as a user who may read what all may, and nothing more."""
    before = (
        ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.getuid() == 0 else ()
    )
    return subprocess.run(
        [*before, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )


def test_what_is_not_ours_to_read_is_said_to_be(tree: Tree) -> None:
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    made = tree(DEBIAN, kernel("6.1.0-2"), {"boot/grub/grub.cfg": GRUB.format(default="0")})
    # Others may not enter the folder in which the tests' own are made.
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        top = Path(folder, "root")
        shutil.copytree(made, top, symlinks=True)
        (top / "boot/config-6.1.0-1").chmod(0)
        (top / "boot/grub").chmod(0)
        code = f"""
from guestcheck.sources.bundle import Bundle
from guestcheck.sources.root import open_root
from guestcheck.evidence import questions, read
from guestcheck.facts import build
answers = open_root({str(top)!r}).gather(questions()).answers
print(*(a.status for a in answers["kernel_config"][:2]), {{a.asked: a.status for a in answers["boot_entries"]}}["/boot/grub/grub.cfg"])
"""
        told = _as_nobody(code)
        (top / "boot/grub").chmod(0o755)
    assert (told.stdout, told.stderr) == (f"{DENIED} ok {DENIED}\n", "")


def test_nothing_outside_of_the_root_is_opened(tree: Tree, tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    hostile = {
        "etc/hostname": link("/etc/hostname"),
        "etc/redhat-release": link("../../../../../../etc/passwd"),
        "lib": link("/usr/lib"),
        "efi": link("/proc/self"),
    }
    top = tree({**DEBIAN, **hostile, "boot/loader": link("/etc")})
    code = f"""
from guestcheck.run import examine
from guestcheck.sources.bundle import Bundle
from guestcheck.sources.root import open_root
import os
examine(open_root({str(tree(DEBIAN, name="warm"))!r}))  # imports all
os.path.exists("/BEGIN")
examine(open_root({str(top)!r}))
os.path.exists("/END")
"""
    log = tmp_path / "log"
    told = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=%file", "-o", str(log), sys.executable, "-c", code],
        capture_output=True, text=True, check=False, timeout=120, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if "ptrace" in told.stderr:
        pytest.skip("strace may not trace here")
    assert told.returncode == 0, told.stderr
    lines = log.read_text().partition('"/BEGIN"')[2].partition('"/END"')[0].split("\n")[1:-1]
    opened = [line for line in lines if re.search(r"^\d+ +\w*open", line)]
    assert opened
    own = Path(__file__).parents[2] / "guestcheck"  # whose files are listed to find the questions
    # Below the root by its path, or in a folder below it that is open: `<PATH>` is what strace -y
    # shows of a descriptor.
    assert [
        line
        for line in opened
        if f'"{top}' not in line and f"<{top}" not in line and f'"{own}' not in line
    ] == []
    assert [
        line
        for line in opened
        if re.search(r"= \d+<(.*)>", line)
        and f"<{top}" not in line.rpartition("=")[2]
        and str(own) not in line
    ] == []
    assert [
        line
        for line in lines
        if f'"{top}/proc/' in line or f'<{top}>, "proc/' in line or "/.." in line.split('"')[1]
    ] == []


@pytest.mark.parametrize("packed", [False, True])
def test_a_link_to_dev_null_masks_though_dev_is_not_looked_at(
    tree: Tree, tmp_path: Path, packed: bool
) -> None:
    units = "etc/systemd/system"
    files = {
        "etc/os-release": OS_RELEASE,
        "boot/vmlinuz-6.1.0-1": "x",
        "etc/systemd/network/99-default.link": link("/dev/null"),
        f"{units}/systemd-networkd.service": link("/dev/null"),
        f"{units}/multi-user.target.wants/systemd-networkd.service": link(
            "/lib/systemd/system/systemd-networkd.service"
        ),
        f"{units}/multi-user.target.wants/networking.service": link(
            "/lib/systemd/system/networking.service"
        ),
    }
    top = tree(files)
    if packed:
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            archive.add(top, "guest")
    source = open_source([str(tmp_path / "a.tar")]) if packed else open_root(str(top))
    asked = questions(deep=True)
    setup = build(read(source.gather(asked), asked)).setup
    assert setup.managers
    assert setup.network
    states = {one.name: one.state for one in setup.managers.found}
    assert (states["networkd"], states["ifupdown"], states["networkmanager"]) == (
        "masked",
        "enabled",
        "",
    )
    assert [hint.source for hint in setup.network.names_off] == [
        "/etc/systemd/network/99-default.link"
    ]
