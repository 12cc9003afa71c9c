"""Initramfs images as the tools write them: archives, packings and unified kernel images, made from
a few files.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import subprocess
from typing import Callable, Dict, Mapping, Union

import pytest

# A file's bytes, or where a link leads to.
What = Union[bytes, str]

MODULES = "usr/lib/modules/6.1.0-13-amd64"
FILES: Dict[str, What] = {
    "init": b"#!/bin/sh\n" * 50,
    "bin": "usr/bin",
    "conf/initramfs.conf": b"MODULES=most\n",
    "etc/modprobe.d/local.conf": b"blacklist virtio_scsi\n# caf\xc3\xa9 \\ \xff\n",
    "etc/ssl/key.pem": b"secret",
    "usr/lib/firmware/amd/microcode.bin": b"firmware\n" * 100,
    f"{MODULES}/kernel/drivers/block/virtio_blk.ko": b"\x7fELF" + b"k" * 5001,
    f"{MODULES}/kernel/drivers/nvme/host/nvme-core.ko.xz": b"\xfd7zXZ\0" + b"n" * 3,
    f"{MODULES}/modules.dep": b"kernel/drivers/block/virtio_blk.ko:\n",
}
EARLY: Dict[str, What] = {
    "early_cpio": b"1\n",
    "kernel/x86/microcode/GenuineIntel.bin": b"\0" * 2048,
}


def entry(
    name: bytes,
    data: bytes = b"",
    mode: int = 0o100644,
    size: int = -1,
    length: int = -1,
    magic: bytes = b"070701",
) -> bytes:
    """Make an entry; `size` and `length` are what its header claims, where that is not so."""
    fields = (
        1,
        mode,
        0,
        0,
        1,
        0,
        len(data) if size < 0 else size,
        0,
        0,
        0,
        0,
        len(name) + 1 if length < 0 else length,
        0,
    )
    head = magic + b"".join(b"%08X" % field for field in fields) + name + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def cpio(files: Mapping[str, What], magic: bytes = b"070701") -> bytes:
    """Make an archive, filled up to 512 bytes as cpio does."""
    parts = [entry(b".", mode=0o40755, magic=magic)]
    for name, what in files.items():
        link = isinstance(what, str)
        data = what.encode() if isinstance(what, str) else what
        parts.append(
            entry(
                name.encode("utf-8", "surrogateescape"),
                data,
                0o120777 if link else 0o100644,
                magic=magic,
            )
        )
    data = b"".join([*parts, entry(b"TRAILER!!!", magic=magic)])
    return data + b"\0" * (-len(data) % 512)


def program(name: str, *options: str) -> Callable[[bytes], bytes]:
    """Return what packs by a program; the test is skipped where there is none."""

    def pack(data: bytes) -> bytes:
        if not shutil.which(name):
            pytest.skip(f"the program {name} is not installed")
        return subprocess.run(
            [name, *options], input=data, stdout=subprocess.PIPE, check=True
        ).stdout

    return pack


PACKERS: Dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": program("zstd", "-qc"),
    "zstd, with a checksum": program("zstd", "-qc", "--check"),
    "lz4, legacy": program("lz4", "-lqc"),
    "lz4, modern": program("lz4", "-qc"),
    "lzop": program("lzop", "-qc"),
    "lz4, modern, with checksums of blocks": program("lz4", "-qc", "-BX", "--content-size"),
}


def unified(sections: Mapping[str, bytes]) -> bytes:
    """Make a PE file with these sections, as ukify does: the initrd last, each at a multiple of
    512.
    """
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    head += (
        struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(sections), 0, 0, 0, 240, 0) + b"\0" * 240
    )
    place = 1024 + 512
    table, body = b"", b""
    for name, data in sections.items():
        filled = data + b"\0" * (-len(data) % 512)
        table += struct.pack(
            "<8sIIIIIIHHI",
            name.encode(),
            len(data),
            0,
            len(filled),
            place + len(body),
            0,
            0,
            0,
            0,
            0,
        )
        body += filled
    return (head + table).ljust(place, b"\0") + body
