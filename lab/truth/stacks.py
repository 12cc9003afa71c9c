"""Root file systems that lie on something: made once in a booted guest, each with the initramfs
that the guest's own tools make of it there.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from lab import cache
from lab.image import Image
from lab.truth import inside

_MADE = ("mkinitramfs", "-o", "/run/made", "@VERSION@")
# Drivers of several buses by name: looking for all that there are takes an emulated guest ten
# minutes.
_MODULES = (
    "virtio_blk virtio_scsi virtio_pci ata_piix ata_generic ahci nvme sd_mod ext4 crc32c_generic "
    "dm_mod dm_crypt xts aes_generic sha256_generic"
)
_LIST = (
    ("etc/initramfs-tools/conf.d/lab", "MODULES=list\nCOMPRESS=gzip\nUMASK=0077\n"),
    ("etc/initramfs-tools/modules", _MODULES.replace(" ", "\n") + "\n"),
)


class Stack(NamedTuple):
    """How a stack is made, and what the guest's files say of it."""

    script: str
    root: str
    files: tuple[tuple[str, str], ...]
    packages: tuple[str, ...] = ()


STACKS = {
    "lvm": Stack(inside.LVM, "/dev/mapper/lab-root", _LIST),
    "luks": Stack(
        inside.LUKS,
        "/dev/mapper/lab_crypt",
        (
            *_LIST,
            ("etc/cryptsetup-initramfs/conf-hook", "KEYFILE_PATTERN=/etc/keys/*.key\n"),
            (
                "etc/crypttab",
                "lab_crypt UUID=6c616220-6775-4573-a368-65636b000002 /etc/keys/lab.key "
                "luks,initramfs\n",
            ),
        ),
        ("cryptsetup-initramfs",),
    ),
}


def files(name: str) -> dict[str, str]:
    """The files in which a root file system on the stack `name` is not the image's."""
    stack = STACKS[name]
    return {**dict(stack.files), "etc/fstab": f"{stack.root} / ext4 errors=remount-ro 0 1\n"}


def made(name: str, image: Image, version: str) -> Path:
    """The folder with the stack's `disk.raw` and `initrd`, from the cache or made now."""
    stack = STACKS[name]
    folder = (
        cache.folder("truth", "stacks")
        / f"{name}-{image.release}-{cache.key([stack, image.path.name, inside.VERSION])}"
    )
    with cache.lock("truth/stacks"):
        if not (folder / "initrd").exists():
            given = {path: text.encode() for path, text in files(name).items()}
            packages = [inside.download(package) for package in stack.packages]
            words = [word.replace("@VERSION@", version) for word in _MADE]
            shutil.rmtree(folder, ignore_errors=True)
            found = inside.run(image, "virtio-blk", given, packages, words, folder, stack.script)
            (folder / "initrd").write_bytes(found)
    return folder
