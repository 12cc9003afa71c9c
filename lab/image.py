"""Builds a release's disk image: Debian packages, a partition table, ext4 and a real GRUB.

Nothing is mounted and no block device is used: mmdebstrap fills a folder, mke2fs copies the folder
into the partition, and GRUB's two parts are written to the gap before it. The kernel and initrd lie
beside the disk as well, unpacked, because QEMU starts an uncompressed kernel some ten seconds
sooner under TCG.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

from lab import cache, disk, kernel, mirror
from lab.errors import LabError, need

PACKAGES = [
    # a system that boots, from firmware or from QEMU, on any disk
    "systemd-sysv", "udev", "kmod", "initramfs-tools", "zstd", "busybox", "linux-image-amd64", "linux-image-cloud-amd64",
    "grub-pc-bin", "grub2-common", "util-linux", "fdisk", "e2fsprogs", "ifupdown",
    # what guestcheck asks, and what it is written in
    "python3", "python3-psutil", "python3-pyudev", "python3-rich", "pciutils", "usbutils", "lsscsi", "ethtool", "iproute2", "dmidecode",
    # what disks and cards are stacked with, and what guestcheck is watched and compared with
    "lvm2", "mdadm", "cryptsetup", "strace", "inxi", "lshw", "hwinfo", "virt-what",
    # what else takes a guest's evidence out of it
    "sosreport",
]  # fmt: skip
COMMAND_LINE = "console=ttyS0 panic=3 init=/usr/local/sbin/lab-init"
GUEST_FILES = {
    "init": "/usr/local/sbin/lab-init",
    "lab-job": "/usr/local/sbin/lab-job",
    "lab-job.service": "/etc/systemd/system/lab-job.service",
}
LINKS = {
    "/etc/systemd/system/multi-user.target.wants/lab-job.service": "/etc/systemd/system/lab-job.service",
    # A login prompt would hang up the line that the job writes to.
    "/etc/systemd/system/serial-getty@ttyS0.service": "/dev/null",
}
ROOT_UUID = "6c616220-6775-4573-a368-65636b000001"


class Image(NamedTuple):
    """A built image: its folder and what it is called."""

    release: str
    path: Path

    @property
    def disk(self) -> Path:
        return self.path / "disk.raw"

    def kernel(self, flavour: str) -> Path:
        return self.path / f"kernel-{flavour}"

    def initrd(self, flavour: str) -> Path:
        return self.path / f"initrd-{flavour}"

    @property
    def command_line(self) -> str:
        return f"root=UUID={ROOT_UUID} ro {COMMAND_LINE}"


def get(release: str, rebuild: bool = False, say: Callable[[str], None] = print) -> Image:
    """The image of `release`, from the cache or built now."""
    image = Image(release, cache.folder("images") / f"{release}-{cache.key(inputs(release))}")
    # Two runs side by side build an image once: the second waits for the first.
    with cache.lock("images"):
        if rebuild or not (image.path / "made.json").exists():
            _build(image, say)
    return image


def inputs(release: str) -> dict[str, object]:
    """All that goes into an image: its name in the cache is a hash of this."""
    return {
        "release": release,
        "packages": PACKAGES,
        "files": {name: (_here() / name).read_text() for name in GUEST_FILES},
        "places": GUEST_FILES,
        "links": LINKS,
        "command line": COMMAND_LINE,
        "disk": disk.RECIPE,
        "configuration": _configuration("KERNEL", "CLOUD"),
    }


def _build(image: Image, say: Callable[[str], None]) -> None:
    need("mmdebstrap", "mke2fs", "sfdisk", "zstd")
    if os.geteuid() != 0:
        raise LabError("building an image needs root (it makes device nodes and files of root's)")
    begun = time.monotonic()
    work = image.path.with_suffix(".building")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    root = work / "root"
    say(
        f"{image.release}: installing {len(PACKAGES)} packages and what they need (one to "
        "four minutes)"
    )
    _bootstrap(image.release, root, work / "mmdebstrap.log", say)
    kernels = _configure(root)
    say(f"{image.release}: making the disk")
    disk.make(root, work / "disk.raw", ROOT_UUID, work)
    for flavour, version in kernels.items():
        kernel.extract(
            root / "boot", version, work / f"kernel-{flavour}", work / f"initrd-{flavour}"
        )
    shutil.rmtree(root)
    made = {"kernels": kernels, "seconds": round(time.monotonic() - begun)}
    (work / "made.json").write_text(json.dumps(made, indent=1) + "\n")
    shutil.rmtree(image.path, ignore_errors=True)
    work.rename(image.path)
    say(f"{image.release}: built in {made['seconds']} s")


def _bootstrap(release: str, root: Path, log: Path, say: Callable[[str], None]) -> None:
    sources = mirror.sources(release)
    failed = _mmdebstrap(release, root, log, sources)
    plain = [line for line in sources if "-security" not in line]
    if failed and plain != sources:
        # An old release's updates leave the mirror before the index that names them does.
        say(f"{release}: not to be had with its security updates; again without them")
        shutil.rmtree(root, ignore_errors=True)
        failed = _mmdebstrap(release, root, log, plain)
    if failed:
        raise LabError(f"mmdebstrap failed for {release}; the end of {log}:\n{failed}")


def _mmdebstrap(release: str, root: Path, log: Path, sources: list[str]) -> str:
    """Fill `root`; returns the last words of the log where that failed, else nothing."""
    command = [
        "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
        f"--include={','.join(PACKAGES)}", release, str(root), *sources,
    ]  # fmt: skip
    with log.open("w") as out:
        code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("E:")]
    return "" if code == 0 else "\n".join(line[:300] for line in lines[:5]) or f"exit code {code}"


def _configure(root: Path) -> dict[str, str]:
    """Put the lab's own files in; returns the version of each kernel."""
    versions = sorted(path.name[len("vmlinuz-") :] for path in (root / "boot").glob("vmlinuz-*"))
    kernels = {"cloud" if "cloud" in version else "full": version for version in versions}
    for name, place in GUEST_FILES.items():
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_here() / name, target)
        target.chmod(0o644 if name.endswith(".service") else 0o755)
    for name, text in _configuration(kernels["full"], kernels["cloud"]).items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for place, leads_to in LINKS.items():
        link = root / place.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(leads_to)
    return kernels


def _configuration(full: str, cloud: str) -> dict[str, str]:
    """The guest's own configuration, as an administrator would have it."""
    entries = "".join(
        f"menuentry 'Debian GNU/Linux, with Linux {version}' {{\n"
        f"\tsearch --no-floppy --fs-uuid --set=root {ROOT_UUID}\n"
        f"\tlinux\t/boot/vmlinuz-{version} root=UUID={ROOT_UUID} ro {COMMAND_LINE}\n"
        f"\tinitrd\t/boot/initrd.img-{version}\n}}\n"
        for version in (full, cloud)
    )
    return {
        "boot/grub/grub.cfg": f"set default=0\nset timeout=0\n{entries}",
        "etc/default/grub": f'GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX="{COMMAND_LINE}"\n',
        "etc/fstab": f"UUID={ROOT_UUID} / ext4 errors=remount-ro 0 1\n",
        "etc/hostname": "lab\n",
        "etc/network/interfaces": "auto lo\niface lo inet loopback\n",
    }


def _here() -> Path:
    return Path(__file__).parent / "inside"


def main(releases: list[str], rebuild: bool) -> int:
    """Build, or find in the cache, the image of each release."""
    for release in releases:
        image = get(release, rebuild, lambda text: print(text, file=sys.stderr, flush=True))
        print(image.path)
    return 0
