"""Makes a disk from a folder: a DOS partition table, one ext4 partition, and GRUB for BIOS in the
gap before it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SECTOR = 512
START = 2048
MODULES = [
    "biosdisk",
    "part_msdos",
    "ext2",
    "search",
    "search_fs_uuid",
    "linux",
    "normal",
    "configfile",
    "echo",
    "test",
    "serial",
    "terminal",
]
# Named one by one, because GRUB and the oldest release's e2fsck do not know what newer tools turn
# on.
FEATURES = (
    "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
    "large_file,huge_file,dir_nlink,extra_isize,metadata_csum"
)
# `sd-card` wants a power of two, and the overlay of each guest is as large as this.
SIZE = 4 << 30
VERSION = 3  # of the steps in this folder that the rest of the recipe does not show
RECIPE = [VERSION, START, MODULES, FEATURES, SIZE]


def make(root: Path, target: Path, uuid: str, work: Path) -> None:
    """Write the disk `target` (sparse) with all of `root` in its partition."""
    core = _grub_core(root, work)
    with target.open("wb") as out:
        out.truncate(SIZE)
    table = f"label: dos\nlabel-id: 0x6c616221\nstart={START},type=83,bootable\n"
    _run(["sfdisk", "--quiet", str(target)], input=table)
    blocks = (SIZE - START * SECTOR) // 1024
    _run([
        "mke2fs", "-q", "-t", "ext4", "-O", FEATURES, "-U", uuid, "-L", "root", "-d", str(root),
        "-E", f"offset={START * SECTOR}", str(target), f"{blocks}k",
    ])  # fmt: skip
    _install_grub(root / "usr/lib/grub/i386-pc/boot.img", core, target)


def _grub_core(root: Path, work: Path) -> Path:
    """GRUB's second part, made by the guest's own GRUB; it also needs its modules where it looks
    for them.
    """
    modules = root / "boot/grub/i386-pc"
    shutil.copytree(root / "usr/lib/grub/i386-pc", modules)
    prefix = "(hd0,msdos1)/boot/grub"
    _run(
        [
            "chroot",
            str(root),
            "grub-mkimage",
            "-O",
            "i386-pc",
            "-p",
            prefix,
            "-o",
            "/core.img",
            *MODULES,
        ],
        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    return (root / "core.img").rename(work / "core.img")


def _install_grub(boot: Path, core: Path, target: Path) -> None:
    """What grub-install does: the first part without the partition table's bytes, the second in the
    sectors after.
    """
    with target.open("r+b") as out:
        out.write(boot.read_bytes()[:440])
        out.seek(SECTOR)
        out.write(core.read_bytes())


def _run(command: list[str], **more: object) -> None:
    subprocess.run(command, check=True, text=True, **more)  # type: ignore[call-overload]
