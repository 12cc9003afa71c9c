"""Prepares a variant: its root folder, which preflight reads, and the kernels, initramfs images and disk that QEMU starts.

Both come from the same files. Nothing is mounted, and nothing outside the folder of the variant is written.
"""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import cache, disk
from lab.image import ROOT_UUID, Image
from lab.kernel import plain
from lab.truth import cpio
from lab.truth.variant import INIT, Entry, Initramfs, Variant

VERSION = 2  # of the steps here, which the variants do not show
OFFSET = disk.START * disk.SECTOR


@dataclass(frozen=True)
class Prepared:
    """A variant that can be booted: entry `number` of its menu."""

    image: Image
    folder: Path
    entry: Entry
    number: int

    @property
    def disk(self) -> Path:
        own = self.folder / "disk.raw"
        return own if own.exists() else self.image.disk

    @property
    def command_line(self) -> str:
        return command_line(self.entry)

    def kernel(self, flavour: str) -> Path:
        return self.image.kernel(flavour)

    def initrd(self, _: str) -> Path:
        return self.folder / f"initrd-{self.number}"


def command_line(entry: Entry) -> str:
    """What the boot loader hands to the kernel."""
    return f"root={entry.root} ro {INIT} {entry.options}".replace("@UUID@", ROOT_UUID).strip()


def versions(image: Image) -> dict[str, str]:
    """The kernels of an image by their flavour."""
    found: dict[str, str] = json.loads((image.path / "made.json").read_text())["kernels"]
    return found


def folder_of(variant: Variant, image: Image) -> Path:
    """Where all of a variant lies."""
    return cache.folder("truth", f"{variant.name}-{variant.release}-{key(variant, image)}")


def key(variant: Variant, image: Image) -> str:
    """A name for what the variant is made of; on which buses it is booted does not change it."""
    return cache.key([variant.name, repr(variant.entries), variant.fstab, image.path.name, VERSION])


def prepare(variant: Variant, image: Image) -> Path:
    """Make the variant's folder, with its root in `root`, unless it is there."""
    folder = folder_of(variant, image)
    with cache.hold(folder):
        _make(variant, image, folder)
    return folder


def _make(variant: Variant, image: Image, folder: Path) -> None:
    if not (folder / "made").exists():
        root = folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        _copy(base(image), root)
        for number, entry in enumerate(variant.entries):
            initramfs(entry, number, root, image, folder)
        write(root, "boot/grub/grub.cfg", menu(variant.entries, image))
        if variant.fstab:
            _own_disk(root, variant.fstab.replace("@UUID@", ROOT_UUID), image, folder)
        (folder / "made").write_text("")


def base(image: Image) -> Path:
    """The files of a release's disk as a folder."""
    tree = image.path / "tree"
    with cache.lock("truth"):
        if not (tree / "etc/hostname").exists():
            tree.mkdir(exist_ok=True)
            subprocess.run(["debugfs", "-R", f"rdump / {tree}", f"{image.disk}?offset={OFFSET}"], check=True, capture_output=True)
    return tree


def _copy(tree: Path, root: Path) -> None:
    """A copy that shares every file with the first one: what is written in it has to be a new file."""
    subprocess.run(["cp", "-al", str(tree), str(root)], check=True)


def write(root: Path, place: str, text: str) -> None:
    """Write a file of `root` anew, so that none that shares it changes."""
    target = root / place
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_text(text)


def menu(entries: Sequence[Entry], image: Image) -> str:
    """The text of GRUB's configuration, the first entry being the default."""
    kernels = versions(image)
    lines = ["set default=0", "set timeout=0"]
    for entry in entries:
        version = kernels[entry.kernel]
        lines += [f"menuentry 'Debian GNU/Linux, with Linux {version}' {{", f"\tsearch --no-floppy --fs-uuid --set=root {ROOT_UUID}"]
        lines.append(f"\tlinux\t/boot/vmlinuz-{version} {command_line(entry)}")
        if entry.initramfs:
            lines.append(f"\tinitrd\t/boot/initrd.img-{kernels[entry.initramfs.of or entry.kernel]}")
        lines.append("}")
    return "\n".join(lines) + "\n"


def initramfs(entry: Entry, number: int, root: Path, image: Image, folder: Path) -> None:
    """Put the entry's initramfs into the root, where preflight reads it, and beside it, where QEMU does."""
    recipe, version = entry.initramfs, versions(image)[entry.kernel]
    place = root / "boot" / f"initrd.img-{version}"
    beside = folder / f"initrd-{number}"
    beside.unlink(missing_ok=True)
    if recipe is None:
        place.unlink()
        return
    if recipe.of or recipe == Initramfs():
        # QEMU's is the same one, out of its compression.
        beside.write_bytes(image.initrd(recipe.of or entry.kernel).read_bytes())
        return
    place.unlink()
    if recipe.made_by:
        _by_tools(recipe, version, place, root, folder)
    else:
        place.write_bytes(_changed(recipe, image.initrd(entry.kernel).read_bytes()))
    beside.write_bytes(plain(place.read_bytes()))


def _changed(recipe: Initramfs, data: bytes) -> bytes:
    found = list(cpio.members(data))
    modules = {_module(member.path): member for member in found if _is_module(member.path)}
    gone = set(recipe.without)
    if recipe.drivers:
        gone |= set(modules) - _needed(recipe.drivers, found)
    kept = [member for member in found if not (_is_module(member.path) and _module(member.path) in gone)]
    if recipe.files:
        there = {member.path for member in kept}
        kept += [cpio.file(path, text) for path, text in recipe.files]
        assert all(path.rpartition("/")[0] in there for path, _ in recipe.files), "an initramfs is not unpacked into folders it has not"
    return cpio.pack(kept)


def _needed(drivers: tuple[str, ...], found: list[cpio.Member]) -> set[str]:
    """The drivers with all that they need, by the image's own modules.dep."""
    table = next(member.data.decode() for member in found if fnmatch.fnmatch(member.path, "*/modules.dep"))
    needs = {_module(name): [_module(word) for word in more.split()] for name, _, more in (line.partition(":") for line in table.splitlines())}
    return {module for driver in drivers for module in (driver, *needs.get(driver, ()))}


def _is_module(path: str) -> bool:
    return ".ko" in path.rpartition("/")[2]


def _module(path: str) -> str:
    return path.rpartition("/")[2].split(".ko")[0].replace("-", "_")


def _by_tools(recipe: Initramfs, version: str, place: Path, root: Path, folder: Path) -> None:
    null = root / "dev/null"
    if not null.exists():
        # Not a file into which all that is thrown away would gather.
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    for package in recipe.packages:
        unpack(package, root, folder)
    for name, text in recipe.first:
        write(root, name, text)
    words = [word.replace("@VERSION@", version).replace("@OUT@", f"/boot/{place.name}") for word in recipe.made_by]
    with (folder / "tools.log").open("w") as log:
        surroundings = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": "/tmp"}
        subprocess.run(["chroot", str(root), *words], check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=surroundings)


def unpack(package: str, root: Path, folder: Path) -> None:
    """Unpack a package that this machine's apt has; the guest's release is this machine's in such variants."""
    subprocess.run(["apt-get", "download", "-q", package], check=True, cwd=folder, capture_output=True)
    for found in folder.glob(f"{package}_*.deb"):
        # `dpkg -x` would put a folder in the place of the link /lib.
        files = subprocess.run(["dpkg", "--fsys-tarfile", str(found)], check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", str(root)], check=True, input=files)


def _own_disk(root: Path, lines: str, image: Image, folder: Path) -> None:
    """Put the variant's fstab on a disk of its own, which its root file system is read from when it boots."""
    text = (root / "etc/fstab").read_text() + lines
    write(root, "etc/fstab", text)
    own = folder / "disk.raw"
    subprocess.run(["cp", "--sparse=always", str(image.disk), str(own)], check=True)
    commands = f"rm /etc/fstab\nwrite {root / 'etc/fstab'} /etc/fstab\n"
    subprocess.run(["debugfs", "-w", "-f", "-", f"{own}?offset={OFFSET}"], input=commands, text=True, check=True, capture_output=True)
