"""Disk images through the real guestfish, where it and a kernel for its machine are here.

It takes a minute or two an image without KVM. libguestfs takes the newest kernel in /boot; where
there is none (a container), one that was unpacked elsewhere serves:
SUPERMIN_KERNEL=DIR/boot/vmlinuz-RELEASE SUPERMIN_MODULES=DIR/lib/modules/RELEASE, and a folder
/lib/modules, which may be empty.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.sources.test_image import _preflight
from tests.sources.test_root import DEBIAN
from tests.sources.test_root import tree as tree

UUID = "11111111-2222-4333-8444-555555555555"
PART_UUID = "0F0F0F0F-1111-4222-8333-444444444444"
OTHER = "99999999-2222-4333-8444-555555555555"
# What libguestfs takes for the root of a Linux system.
ROOT = {
    **DEBIAN,
    "etc/fstab": f"UUID={UUID} / ext4 defaults 0 1\n",
    "etc/debian_version": "12.0\n",
    "bin/sh": "",
    "var/lib/dpkg/status": "",
}
TABLE = f"""label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
start=4096, size=65536, uuid={PART_UUID}
start=69632, size=8192
"""  # a BIOS boot partition, the root, and one with nothing in it


def has_kernel() -> bool:
    return bool(os.environ.get("SUPERMIN_KERNEL")) or any(Path("/boot").glob("vmlinuz*"))


@pytest.fixture
def disk(tree: Any, tmp_path: Path) -> Callable[[str], str]:
    """Make a raw image whose boot menu names the root so."""

    def make(root: str) -> str:
        menu = f"menuentry 'x' {{\n linux /boot/vmlinuz-6.1.0-1 root={root} ro\n}}\n"
        top = tree({**ROOT, "boot/grub/grub.cfg": menu})
        path = tmp_path / "disk.raw"
        with open(path, "wb") as file:
            file.truncate(40 << 20)
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["sfdisk", str(path)], input=TABLE.encode(), **quiet)
        options = ["-t", "ext4", "-U", UUID, "-E", f"offset={4096 * 512}", "-d", str(top)]
        subprocess.run(["mke2fs", *options, str(path), "32M"], **quiet)
        return str(path)

    return make


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("guestfish"), reason="guestfish is not installed")
@pytest.mark.skipif(not has_kernel(), reason="there is no kernel for guestfish's machine")
@pytest.mark.parametrize(
    ("root", "is_missing"),
    [
        (f"UUID={UUID}", False),
        (f"UUID={OTHER}", True),
        (f"PARTUUID={PART_UUID.lower()}", False),
        (f"PARTUUID={OTHER}", True),
    ],
)
def test_a_root_that_is_on_no_file_system_of_the_image_is_missing(
    disk: Callable[[str], str], root: str, is_missing: bool
) -> None:
    reasons = _preflight(disk(root))
    assert ("root-not-on-image" in reasons) == is_missing
    if is_missing:
        assert UUID in reasons["root-not-on-image"].evidence[1].says
