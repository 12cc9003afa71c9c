"""Time `guestcheck preflight --root --all` against `lsinitramfs` on the same image, in one run:
whole processes, and peak memory.

    python bench/preflight.py [--runs N] [--guestcheck CMD] [--modules FOLDER] [--size MB] [--keep FOLDER]

It makes a root file system with one kernel and one initramfs: an early part as it is, then one
packed by zstd, with the modules that initramfs-tools takes for MODULES=most out of FOLDER (default:
the first of /lib/modules) and as much of what cannot be packed, as firmware cannot, as makes it
`--size` MB. guestcheck is asked for every target there is, and answers from that image alone. How
it measures is said in compare.py. Wants zstd, and lsinitramfs (initramfs-tools-core); stdlib only.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import BinaryIO, Iterator, List, Tuple

from compare import Measured, Program, installed, measure

# initramfs-tools' hook-functions, auto_add_modules: what MODULES=most takes, by folder.
_FOLDERS: Tuple[str, ...] = (
    "ata",
    "block",
    "cdrom",
    "firewire",
    "hid",
    "hv",
    "input",
    "md",
    "message",
    "mmc",
    "mtd",
    "net/ethernet",
    "nvme",
    "pci",
    "phy",
    "scsi",
    "target",
)
_FOLDERS += ("tty", "ufs", "usb", "virtio", "xen")
_BLOB = 256 << 10


def main() -> int:
    """Make the image, measure, print the table."""
    options = _options()
    lister = shutil.which(
        "lsinitramfs", path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/bin"
    )
    if lister is None or shutil.which("zstd") is None:
        sys.exit("needs lsinitramfs and zstd")
    with TemporaryDirectory() as temporary:
        root = Path(options.keep or temporary)
        image = root / "boot" / f"initrd.img-{options.modules.name}"
        # In a process of its own: Linux counts the memory that the starting process ever had as
        # that of a program.
        maker = os.fork()
        if maker == 0:
            _make(root, image, options.modules, options.size)
            os._exit(0)
        if os.waitpid(maker, 0)[1] or not image.exists():
            sys.exit("the image could not be made")
        guestcheck = shlex.split(options.guestcheck) if options.guestcheck else installed()
        ours = Program(
            "guestcheck preflight --root --all",
            (*_found(guestcheck), "preflight", "--root", str(root), "--all", "-f", "json"),
        )
        theirs = Program("lsinitramfs", (lister, str(image)))
        # What is not ready, or unknown, is a verdict and no failure: preflight ends with 1 or 3
        # then.
        measured = measure([ours, theirs], options.runs)
        sys.stdout.write(_table(measured, image, options.runs))
    return 0


def _options() -> Namespace:
    parser = ArgumentParser(
        description="compare guestcheck preflight with lsinitramfs on one image"
    )
    parser.add_argument(
        "--runs", type=int, default=7, metavar="N", help="runs of each (default: 7)"
    )
    parser.add_argument(
        "--guestcheck",
        metavar="CMD",
        help="the guestcheck to time (default: that of this interpreter's environment)",
    )
    parser.add_argument(
        "--modules",
        type=Path,
        metavar="FOLDER",
        help="modules of a kernel (default: the first of /lib/modules)",
    )
    parser.add_argument(
        "--size", type=int, default=60, metavar="MB", help="size of the image (default: 60)"
    )
    parser.add_argument(
        "--keep", metavar="FOLDER", help="make the root file system here, and leave it"
    )
    options = parser.parse_args()
    options.modules = options.modules or next(
        (
            path
            for path in sorted(Path("/lib/modules").glob("*"))
            if (path / "modules.dep").exists()
        ),
        None,
    )
    if options.modules is None:
        parser.error("no modules here: --modules names a folder of them")
    return options


def _found(command: List[str]) -> Tuple[str, ...]:
    return (shutil.which(command[0]) or command[0], *command[1:])


def _make(root: Path, image: Path, modules: Path, size: int) -> None:
    release = modules.name
    files = [path for path in sorted(modules.rglob("*.ko*")) if path.is_file()]
    kernel = root / "lib/modules" / release
    for path in files:  # preflight asks their names alone
        there = kernel / path.relative_to(modules)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.touch()
    for name in ("modules.dep", "modules.builtin"):
        shutil.copy(modules / name, kernel)
    for folder in ("boot/grub", "etc", "usr/lib/systemd"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "usr/lib/systemd/systemd").touch()
    (root / "boot" / f"vmlinuz-{release}").touch()
    (root / "etc/fstab").write_text("UUID=1 / ext4 defaults 0 1\n")
    menu = (
        f"set default=0\nmenuentry 'Linux' {{\n linux /boot/vmlinuz-{release} root=UUID=1 "
        "ro\n initrd "
        f"/boot/initrd.img-{release}\n}}\n"
    )
    (root / "boot/grub/grub.cfg").write_text(menu)
    _write(image, modules, [path for path in files if _is_taken(path, modules)], size << 20)


def _is_taken(path: Path, modules: Path) -> bool:
    inside = str(path.relative_to(modules))
    return inside.startswith(
        (
            "kernel/block/",
            "kernel/fs/",
            "kernel/crypto/",
            "kernel/lib/",
            *(f"kernel/drivers/{folder}/" for folder in _FOLDERS),
        )
    )


def _write(image: Path, modules: Path, files: List[Path], size: int) -> None:
    """Write the image; the padding is made until what comes out has the size."""
    packer = ["zstd", "-q", "-9", "-T0", "-c"]
    plain = image.with_suffix(".cpio")
    with plain.open("wb") as file:
        for name, data in _contents(modules, files):
            _entry(file, name, data)
    packed = len(subprocess.run([*packer, str(plain)], check=True, stdout=subprocess.PIPE).stdout)
    random = Random(0)
    with plain.open("ab") as file:
        for number in range(max(0, size - packed) // _BLOB):
            _entry(
                file,
                f"usr/lib/firmware/blob-{number}.bin",
                random.getrandbits(8 * _BLOB).to_bytes(_BLOB, "big"),
            )
        _entry(file, "TRAILER!!!", b"")
    with image.open("wb") as file:
        _entry(
            file,
            "kernel/x86/microcode/GenuineIntel.bin",
            random.getrandbits(8 << 20).to_bytes(1 << 20, "big"),
        )
        _entry(file, "TRAILER!!!", b"")
        file.flush()
        subprocess.run([*packer, str(plain)], check=True, stdout=file)
    plain.unlink()


def _contents(modules: Path, files: List[Path]) -> Iterator[Tuple[str, bytes]]:
    yield "init", b"#!/bin/sh\n"
    yield "conf/initramfs.conf", b"MODULES=most\n"
    start = f"usr/lib/modules/{modules.name}"
    for name in ("modules.dep", "modules.builtin", "modules.alias"):
        yield f"{start}/{name}", (modules / name).read_bytes()
    for path in files:
        yield f"{start}/{path.relative_to(modules)}", path.read_bytes()


def _entry(file: BinaryIO, name: str, data: bytes) -> None:
    """Write one file as cpio's newc does:
    Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    fields = (
        0,
        0o100644 if name != "TRAILER!!!" else 0,
        0,
        0,
        1,
        0,
        len(data),
        0,
        0,
        0,
        0,
        len(name) + 1,
        0,
    )
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


def _table(measured: List[Measured], image: Path, runs: int) -> str:
    theirs = measured[-1].median
    rows = [("", "median", "min", "CPU", "peak", "to lsinitramfs")]
    for one in measured:
        trouble = "" if one.trouble in ("", "exit code 1", "exit code 3") else f" {one.trouble}"
        cells = (
            f"{one.median:.2f} s",
            f"{one.least:.2f} s",
            f"{one.cpu:.2f} s",
            f"{one.peak / 1e6:.0f} MB",
            f"{one.median / theirs:.2f}{trouble}",
        )
        rows.append((one.program.name, *cells))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{wide}}" for cell, wide in zip(row[1:], widths[1:]))
        for row in rows
    ]
    about = (
        f"{runs} runs each, after a warm-up; image of {image.stat().st_size / 1e6:.1f} "
        f"MB; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    )
    return "\n".join([*lines, "", about]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
