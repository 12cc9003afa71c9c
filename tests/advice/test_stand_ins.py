"""The stand-ins do as the real tools: where one is installed, both are told of the same modules,
and put the same ones into the image.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import List, Set

import pytest

from tests.advice import stand_ins
from tests.advice.stand_ins import Guest, Image, name_of

KERNELS = (
    sorted(path.parent.name for path in Path("/lib/modules").glob("*/modules.dep"))
    if Path("/lib/modules").is_dir()
    else []
)
WORDS = ["virtio_pci", "virtio_blk", "virtio_scsi"]


def needs(program: str) -> pytest.MarkDecorator:
    there = (
        shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        and KERNELS
        and os.geteuid() == 0
    )
    return pytest.mark.skipif(not there, reason=f"needs root, {program}, and a kernel's modules")


def run(*words: str) -> str:
    return subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    ).stdout


def listed(text: str) -> Set[str]:
    return {name_of(line.split(" ")[-1]) for line in text.split("\n")} - {""}


def stood_in(
    tmp_path: Path, conf: str, text: str, tool: str, words: List[str], image: str
) -> Set[str]:
    """Return what the stand-in puts in by a configuration."""
    for name, content in (
        (conf, text),
        (
            f"lib/modules/{KERNELS[-1]}/modules.dep",
            Path(f"/lib/modules/{KERNELS[-1]}/modules.dep").read_text(),
        ),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert stand_ins.TOOLS[tool](Guest(str(tmp_path)), words) == 0
    return Image((tmp_path / image).read_text()).modules()


@needs("mkinitramfs")
def test_initramfs_tools_reads_its_list(tmp_path: Path) -> None:
    conf, text = tmp_path / "conf", "\n".join(WORDS)
    shutil.copytree("/etc/initramfs-tools", conf)
    (conf / "conf.d/zz").write_text("MODULES=list\n")
    made = []
    for listing in ("", text):
        (conf / "modules").write_text(listing + "\n")
        run("mkinitramfs", "-d", str(conf), "-o", str(tmp_path / "out"), KERNELS[-1])
        made.append(listed(run("lsinitramfs", str(tmp_path / "out"))))
    ours = stood_in(
        tmp_path / "root",
        "etc/initramfs-tools/modules",
        text,
        "update-initramfs",
        ["-u", "-k", KERNELS[-1]],
        f"boot/initrd.img-{KERNELS[-1]}",
    )
    assert made[1] - made[0] == ours - made[0]


@needs("dracut")
def test_dracut_reads_add_drivers(tmp_path: Path) -> None:
    conf, text = tmp_path / "conf", f'add_drivers+=" {" ".join(WORDS)} "\n'
    conf.mkdir()
    made = []
    for listing in ("", text):
        (conf / "guestcheck.conf").write_text(listing)
        only = ("--no-hostonly", "-m", "base", "--conf", "/dev/null", "--confdir", str(conf))
        run("dracut", "-f", *only, str(tmp_path / "out"), KERNELS[-1])
        made.append(listed(run("lsinitrd", str(tmp_path / "out"))))
    image = f"/boot/initramfs-{KERNELS[-1]}.img"
    ours = stood_in(
        tmp_path / "root",
        "etc/dracut.conf.d/guestcheck.conf",
        text,
        "dracut",
        ["-f", image, KERNELS[-1]],
        image[1:],
    )
    assert made[1] - made[0] == ours - made[0]


@needs("mkinitcpio")
def test_mkinitcpio_reads_modules(tmp_path: Path) -> None:
    text = f"MODULES=({' '.join(WORDS)})\nHOOKS=(base)\n"
    made = []
    for listing in ("MODULES=()\nHOOKS=(base)\n", text):
        (tmp_path / "mkinitcpio.conf").write_text(listing)
        run(
            "mkinitcpio",
            "-c",
            str(tmp_path / "mkinitcpio.conf"),
            "-k",
            KERNELS[-1],
            "-g",
            str(tmp_path / "out"),
        )
        made.append(listed(run("lsinitcpio", str(tmp_path / "out"))))
    ours = stood_in(
        tmp_path / "root",
        "etc/mkinitcpio.conf",
        text,
        "mkinitcpio",
        ["-k", KERNELS[-1], "-g", "/boot/out"],
        "boot/out",
    )
    assert made[1] - made[0] == ours - made[0]


def test_each_tool_of_the_script_has_a_stand_in() -> None:
    from guestcheck.advice.script.shell import MAKE_IMAGE

    programs = {"initramfs-tools": "update-initramfs", "tiny-initramfs": "update-tirfs"}
    assert {programs.get(maker, maker) for maker in MAKE_IMAGE} <= set(stand_ins.TOOLS)
