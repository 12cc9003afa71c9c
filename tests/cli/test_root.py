"""`--root DIR`: what it takes, and the codes it ends with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

import pytest

from tests.cli.conftest import Run

CONFIG = (
    "".join(f"CONFIG_X{n}=y\n" for n in range(300))
    + "CONFIG_X86_64=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_SCSI_VIRTIO=y\nCONFIG_VIRTIO_NET=y\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Callable[..., str]:
    """Make a root file system with one kernel of this configuration, without a kernel if it is
    empty.
    """

    def make(config: str = CONFIG) -> str:
        for name, text in (
            ("etc/os-release", "ID=debian\n"),
            ("usr/bin/sh", ""),
            *((("boot/config-6.1", config), ("boot/vmlinuz-6.1", "")) if config else ()),
        ):
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(tmp_path / "root")

    return make


def test_a_mounted_root_is_judged(run: Run, root: Callable[..., str]) -> None:
    for words in (("--root", root()), ("check", f"--root={root()}/"), (root(),)):
        told = run(*words, "-f", "json")
        assert (told.returncode, told.stderr) == (0, "")
        assert [kernel["release"] for kernel in json.loads(told.stdout)["kernels"]] == ["6.1"]


def test_with_strict_what_only_the_running_guest_shows_is_no_verdict(
    run: Run, root: Callable[..., str]
) -> None:
    assert run("--root", root(), "--strict").returncode == 3


def test_a_kernel_without_drivers_is_found(run: Run, root: Callable[..., str]) -> None:
    told = run(
        "--root",
        root(CONFIG.replace("CONFIG_VIRTIO_NET=y", "# CONFIG_VIRTIO_NET is not set")),
        "--fail-on",
        "note",
    )
    assert told.returncode == 1
    assert "kernel 6.1 has no virtio-net driver" in told.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--root", "nowhere"), 2, "--root nowhere: No such file or directory"),
        (("--root", "file"), 2, "--root file: Not a directory"),
        (("--root", "empty"), 3, "empty: an empty folder; is the image mounted there?"),
        (
            ("--root", "full"),
            3,
            "full: no root file system: it has no folder etc beside usr, lib or boot",
        ),
        (("--root", "empty", "file"), 2, "either --root DIR or a SOURCE, and not both"),
    ],
)
def test_a_wrong_root_is_told_in_one_line(
    run: Run,
    tmp_path: Path,
    words: "tuple[str, ...]",
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "etc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    told = run(*words)
    assert (told.returncode, told.stdout, told.stderr) == (code, "", f"guestcheck: {says}\n")


def test_a_containers_root_ends_without_a_verdict(run: Run, root: Callable[..., str]) -> None:
    told = run("--root", root(""))
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.count("\n") == 1
    assert "no kernel in its /boot and /lib/modules" in told.stderr


def test_an_image_without_guestfish_ends_without_a_verdict(run: Run, tmp_path: Path) -> None:
    (tmp_path / "disk.qcow2").write_bytes(b"QFI\xfb\0\0\0\3" + b"\0" * 504)
    told = run(str(tmp_path / "disk.qcow2"), PATH="/nowhere")
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.count("\n") == 1
    assert "libguestfs-tools" in told.stderr


def test_an_unreadable_root_is_told(run: Run, tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "root").mkdir(mode=0)
    assert "Permission denied" in run("--root", str(tmp_path / "root")).stderr
