"""How an initramfs and the modules in it are packed, as the tools of distributions do it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab.truth import cpio

# What the kernel can take off: its xz decoder knows no sums but CRC32, its lz4 the old frames alone
# (lib/decompress_unxz.c, lib/decompress_unlz4.c).
_PROGRAMS = {"lz4": ("lz4", "-l", "-c", "-"), "zstd": ("zstd", "-q", "-1", "-c")}
_MICROCODE = "kernel/x86/microcode/GenuineIntel.bin"


def packed(archive: bytes, how: str, early: bool) -> bytes:
    """The archive in its packing, behind one with microcode where `early`."""
    front = b""
    if early:
        folders = [cpio.folder("/".join(_MICROCODE.split("/")[:depth])) for depth in range(1, 4)]
        front = cpio.pack([*folders, cpio.file(_MICROCODE, "no processor's\n" * 64)])
        front += b"\0" * (-len(front) % 512)
    return front + _pack(archive, how)


def _pack(data: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if how == "xz":
        return lzma.compress(data, check=lzma.CHECK_CRC32, preset=0)
    if how == "bzip2":
        return bz2.compress(data, 1)
    if how:
        return subprocess.run(_PROGRAMS[how], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def pack_modules(found: Sequence[cpio.Member], how: str) -> list[cpio.Member]:
    """The members with each module packed, and the lists of modules made anew by depmod, which
    knows modules by their files' names.
    """
    ending = f".{how}"
    changed = [
        cpio.changed(member, member.path + ending, _pack(member.data, how))
        if member.path.endswith(".ko")
        else member
        for member in found
    ]
    with tempfile.TemporaryDirectory() as folder:
        lists = {}
        for member in found:
            if "/lib/modules/" in f"/{member.path}" and member.data:
                target = Path(folder, member.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(member.data)
        top = next(Path(folder).rglob("lib/modules"))
        for module in list(top.rglob("*.ko")):
            module.with_name(module.name + ending).write_bytes(_pack(module.read_bytes(), how))
            module.unlink()
        subprocess.run(
            ["depmod", "-b", str(top.parent.parent), next(top.iterdir()).name],
            check=True,
            capture_output=True,
        )
        for path in top.glob("*/modules.*"):
            lists[str(path.relative_to(folder))] = path.read_bytes()
    return [
        cpio.changed(member, member.path, lists[member.path]) if member.path in lists else member
        for member in changed
    ]
