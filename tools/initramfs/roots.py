"""A root file system of Debian with the programs that make an initramfs, and a kernel: made once
below build/initramfs/, and entered in a mount namespace of its own.

Nothing of it is installed on this machine. Two of the programs exclude each other as packages;
their parts that do the work do not, so one is unpacked without its package's rules.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

BUILD = Path(__file__).parent.parent.parent / "build" / "initramfs"
PACKAGES = (
    "initramfs-tools",
    "dracut-core",
    "tiny-initramfs-core",
    "linux-image-amd64",
    "busybox",
    "kmod",
    "zstd",
    "cpio",
    "e2fsprogs",
    "lvm2",
    "mdadm",
)
# These exclude initramfs-tools: what is in them is put in beside it.
UNPACKED = ("tiny-initramfs",)
RECIPE = 1
_ENTER = """
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount --rbind /dev "$1/dev"
root=$1
shift
exec chroot "$root" "$@"
"""


class Root(NamedTuple):
    """A root file system, and the kernel in it."""

    name: str
    path: Path
    kernel: str

    def run(self, *words: str, text: str = "") -> Tuple[int, str]:
        """Run a program there; its exit code, and what it printed."""
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", f"set -e{_ENTER}", "sh", str(self.path), *words],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=600,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TMPDIR": "/tmp"},
        )
        return done.returncode, done.stdout

    def file(self, name: str) -> Path:
        """Return where a file of the root is."""
        return self.path / name.lstrip("/")


def missing() -> str:
    """Return why no root can be made or entered here; "" where it can."""
    lacking = [name for name in ("mmdebstrap", "unshare", "chroot") if not shutil.which(name)]
    if lacking:
        return f"{', '.join(lacking)} not found"
    return "only root can enter a root file system" if os.geteuid() else ""


def make(release: str) -> Root:
    """Return the root of a release, made now where it is not there."""
    path = BUILD / release
    stamp = BUILD / f"{release}.json"
    wanted: Dict[str, object] = {"packages": [PACKAGES, UNPACKED], "recipe": RECIPE}
    if not stamp.exists() or json.loads(stamp.read_text()) != json.loads(json.dumps(wanted)):
        stamp.unlink(missing_ok=True)
        _bootstrap(release, path)
        stamp.write_text(json.dumps(wanted))
    kernel = sorted(found.parent.name for found in path.glob("lib/modules/*/modules.dep"))[-1]
    return Root(release, path, kernel)


def _bootstrap(release: str, path: Path) -> None:
    from lab.mirror import sources  # which mirror this machine uses is known there

    started = time.monotonic()
    print(f"making {path.relative_to(BUILD.parent.parent)} ...", file=sys.stderr, flush=True)
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    unpack = (
        'cd "$1/tmp" && for name in {names}; do apt-get -q download "$name" && '
        'dpkg-deb -x "$name"_*.deb "$1" && rm "$name"_*.deb; done'
    ).format(names=" ".join(UNPACKED))
    command: List[str] = [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        f"--include={','.join(PACKAGES)}",
        f"--customize-hook=export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG; {unpack}",
        release,
        str(path),
        *sources(release),
    ]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)
    print(f"made in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
