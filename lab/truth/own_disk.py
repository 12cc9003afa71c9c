"""A disk of a variant's own: the release's disk, with every file put in that the variant's root
folder has otherwise.

The folder is a copy whose files are hard links to those of the release (`prepare.base`), so a file
that is another inode was written for the variant.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.image import Image
from lab.truth.prepare import OFFSET, base, unpack, write


@dataclass(frozen=True)
class OnDisk:
    """A disk that is booted with the release's kernel, a command line and an initramfs: the
    release's, or the file `initramfs`, if it is there.
    """

    image: Image
    disk: Path
    command_line: str
    initramfs: Path | None = None

    def kernel(self, flavour: str) -> Path:
        return self.image.kernel(flavour)

    def initrd(self, flavour: str) -> Path:
        return self.initramfs or self.image.initrd(flavour)


def copy_root(image: Image, root: Path) -> None:
    """Make `root` anew, a copy of the release's root that shares every file with it."""
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-al", str(base(image)), str(root)], check=True)


def put(
    root: Path,
    files: Iterable[tuple[str, str]],
    links: Iterable[tuple[str, str]] = (),
    packages: Iterable[str] = (),
) -> None:
    """Put `files` (path, text) and `links` (path, where to) into `root`, after what the `packages`
    hold.
    """
    for package in packages:
        unpack(package, root)
    for path, text in files:
        write(root, path, text)
    for path, leads_to in links:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(leads_to)


def without_kernel(root: Path, release: str, leave_modules: bool = False) -> None:
    """Take a kernel away: its files in /boot, and its modules unless they are left, as a package
    that is removed and not purged may leave them.
    """
    for place in (root / "boot").glob(f"*-{release}"):
        place.unlink()
    if not leave_modules:
        shutil.rmtree(root / "lib/modules" / release)


def make_disk(image: Image, root: Path, disk: Path) -> None:
    """Write the raw image `disk` (sparse): the release's, with what `root` has otherwise."""
    subprocess.run(["cp", "--sparse=always", str(image.disk), str(disk)], check=True)
    text = "\n".join(commands(base(image), root)) + "\n"
    done = subprocess.run(
        ["debugfs", "-w", "-f", "-", f"{disk}?offset={OFFSET}"],
        input=text,
        text=True,
        check=True,
        capture_output=True,
    )
    # It goes on after an error and ends with 0; that a file to be replaced was not there is none.
    errors = [
        line
        for line in done.stderr.splitlines()
        if line and not line.startswith("debugfs 1") and "File not found" not in line
    ]
    if errors:
        raise OSError(f"debugfs could not write {disk}: {errors[0]}")


def commands(tree: Path, root: Path) -> Iterator[str]:
    """What debugfs(8) has to do so that the disk with `tree` holds `root`."""
    for folder, folders, files in os.walk(root):
        place = Path(folder).relative_to(root)
        for name in sorted(folders):
            there = tree / place / name
            if (
                not (there.is_symlink() or there.is_dir())
                and not (root / place / name).is_symlink()
            ):
                yield f"mkdir /{place / name}"
        for name in sorted(
            [*files, *(one for one in folders if (root / place / one).is_symlink())]
        ):
            yield from _one(tree / place / name, root / place / name, place / name)
    for top in ("boot", "lib/modules"):
        # The deepest first; the real names, for debugfs is not asked to follow the link that /lib
        # is in most releases.
        for folder, _, files in os.walk((tree / top).resolve(), topdown=False):
            place = Path(folder).relative_to(tree.resolve())
            yield from (
                f"rm /{place / name}"
                for name in sorted(files)
                if not os.path.lexists(root / place / name)
            )
            if not (root / place).exists():
                yield from (
                    f"rm /{place / name}"
                    for name in sorted(os.listdir(folder))
                    if Path(folder, name).is_symlink() and name not in files
                )
                yield f"rmdir /{place}"


def _one(there: Path, mine: Path, place: Path) -> Iterator[str]:
    status = mine.lstat()
    known = os.path.lexists(there)
    if (known and there.lstat().st_ino == status.st_ino) or not (
        stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
    ):
        return
    if known:
        yield f"rm /{place}"
    yield f"symlink /{place} {os.readlink(mine)}" if mine.is_symlink() else f"write {mine} /{place}"
