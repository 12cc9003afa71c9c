"""Prepares a variant: its root folder, which preflight reads, and the kernels, initramfs images and
disk that QEMU starts.

Both come from the same files. Nothing is mounted, and nothing outside the folder of the variant is
written.
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
from lab.truth import cpio, inside, stacks
from lab.truth.packing import pack_modules, packed
from lab.truth.variant import FULL, INIT, Entry, Initramfs, Variant

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
    more = [
        [one.made_on, one.packed, one.early, one.modules_packed]
        for one in (entry.initramfs for entry in variant.entries)
        if one
    ]
    late = (
        [more, variant.files, variant.stack]
        if variant.files or variant.stack or any(any(one) for one in more)
        else None
    )
    return cache.key(
        [
            variant.name,
            repr(variant.entries),
            variant.fstab,
            image.path.name,
            VERSION,
            *([late] if late else []),
        ]
    )


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
        changed = dict(variant.files)
        if variant.stack:
            changed = {**stacks.files(variant.stack), **changed}
        for name, text in changed.items():
            write(root, name, text)
        for number in range(len(variant.entries)):
            initramfs(variant, number, root, image, folder)
        write(root, "boot/grub/grub.cfg", menu(variant.entries, image))
        if variant.fstab:
            changed["etc/fstab"] = (root / "etc/fstab").read_text() + variant.fstab.replace(
                "@UUID@", ROOT_UUID
            )
            write(root, "etc/fstab", changed["etc/fstab"])
        if variant.stack:
            _link(
                stacks.made(variant.stack, image, versions(image)[FULL]) / "disk.raw",
                folder / "disk.raw",
            )
        elif changed:
            _own_disk(root, list(changed), image, folder)
        (folder / "made").write_text("")


def base(image: Image) -> Path:
    """The files of a release's disk as a folder."""
    tree = image.path / "tree"
    with cache.lock("truth"):
        if not (tree / "etc/hostname").exists():
            tree.mkdir(exist_ok=True)
            subprocess.run(
                ["debugfs", "-R", f"rdump / {tree}", f"{image.disk}?offset={OFFSET}"],
                check=True,
                capture_output=True,
            )
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
        lines += [
            f"menuentry 'Debian GNU/Linux, with Linux {version}' {{",
            f"\tsearch --no-floppy --fs-uuid --set=root {ROOT_UUID}",
        ]
        lines.append(f"\tlinux\t/boot/vmlinuz-{version} {command_line(entry)}")
        if entry.initramfs:
            lines.append(
                f"\tinitrd\t/boot/initrd.img-{kernels[entry.initramfs.of or entry.kernel]}"
            )
        lines.append("}")
    return "\n".join(lines) + "\n"


def initramfs(variant: Variant, number: int, root: Path, image: Image, folder: Path) -> None:
    """Put the entry's initramfs into the root, where preflight reads it, and beside it, where QEMU
    does.
    """
    entry = variant.entries[number]
    recipe, version = entry.initramfs, versions(image)[entry.kernel]
    place = root / "boot" / f"initrd.img-{version}"
    beside = folder / f"initrd-{number}"
    beside.unlink(missing_ok=True)
    if recipe is None:
        place.unlink()
        return
    if not variant.stack and (recipe.of or recipe == Initramfs()):
        # QEMU's is the same one, out of its compression.
        beside.write_bytes(image.initrd(recipe.of or entry.kernel).read_bytes())
        return
    place.unlink()
    if recipe.made_on:
        place.write_bytes(_made_inside(recipe, version, image, folder))
    elif recipe.made_by:
        _by_tools(recipe, version, place, root, folder)
    else:
        from_ = (
            stacks.made(variant.stack, image, versions(image)[FULL]) / "initrd"
            if variant.stack
            else image.initrd(entry.kernel)
        )
        place.write_bytes(_changed(recipe, from_.read_bytes()))
    # A packing that is asked for is the kernel's to take off, as it would be.
    beside.write_bytes(
        place.read_bytes() if recipe.packed or recipe.early else plain(place.read_bytes())
    )


def _made_inside(recipe: Initramfs, version: str, image: Image, folder: Path) -> bytes:
    """What `recipe`'s tool makes in a guest that runs on the bus in question."""
    packages = [inside.download(package) for package in recipe.packages]
    words = [
        word.replace("@VERSION@", version).replace("@OUT@", "/run/made") for word in recipe.made_by
    ]
    return inside.run(
        image,
        recipe.made_on,
        {name: text.encode() for name, text in recipe.first},
        packages,
        words,
        folder / "inside",
    )


def _changed(recipe: Initramfs, data: bytes) -> bytes:
    found = list(cpio.members(data))
    modules = {_module(member.path): member for member in found if _is_module(member.path)}
    gone = set(recipe.without)
    if recipe.drivers:
        gone |= set(modules) - _needed(recipe.drivers, found)
    kept = [
        member for member in found if not (_is_module(member.path) and _module(member.path) in gone)
    ]
    if recipe.files:
        there = {member.path for member in kept}
        kept += [cpio.file(path, text) for path, text in recipe.files]
        assert all(path.rpartition("/")[0] in there for path, _ in recipe.files), (
            "an initramfs is not unpacked into folders it has not"
        )
    if recipe.modules_packed:
        kept = pack_modules(kept, recipe.modules_packed)
    return packed(cpio.pack(kept), recipe.packed, recipe.early)


def _needed(drivers: tuple[str, ...], found: list[cpio.Member]) -> set[str]:
    """The drivers with all that they need, by the image's own modules.dep."""
    table = next(
        member.data.decode() for member in found if fnmatch.fnmatch(member.path, "*/modules.dep")
    )
    needs = {
        _module(name): [_module(word) for word in more.split()]
        for name, _, more in (line.partition(":") for line in table.splitlines())
    }
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
        unpack(package, root)
    for name, text in recipe.first:
        write(root, name, text)
    words = [
        word.replace("@VERSION@", version).replace("@OUT@", f"/boot/{place.name}")
        for word in recipe.made_by
    ]
    with (folder / "tools.log").open("w") as log:
        surroundings = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": "/tmp"}
        subprocess.run(
            ["chroot", str(root), *words],
            check=True,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=surroundings,
        )


def unpack(package: str, root: Path) -> None:
    """Unpack a package that this machine's apt has; the guest's release is this machine's in such
    variants.
    """
    # `dpkg -x` would put a folder in the place of the link /lib.
    files = subprocess.run(
        ["dpkg", "--fsys-tarfile", str(inside.download(package))],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    subprocess.run(
        ["tar", "-x", "--keep-directory-symlink", "-C", str(root)], check=True, input=files
    )


def _link(disk_: Path, own: Path) -> None:
    """QEMU writes to an overlay: a disk that many variants have need not be copied."""
    own.unlink(missing_ok=True)
    os.link(disk_, own)


def _own_disk(root: Path, names: list[str], image: Image, folder: Path) -> None:
    """Put the files in which the variant's root is another on a disk of its own, which its root
    file system is read from when it boots.
    """
    own = folder / "disk.raw"
    subprocess.run(["cp", "--sparse=always", str(image.disk), str(own)], check=True)
    commands = "".join(f"rm /{name}\nwrite {root / name} /{name}\n" for name in names)
    subprocess.run(
        ["debugfs", "-w", "-f", "-", f"{own}?offset={OFFSET}"],
        input=commands,
        text=True,
        check=True,
        capture_output=True,
    )
