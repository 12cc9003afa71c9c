"""Kernels and initrds come out of their compression, and what QEMU could not start plain stays as
it is.
"""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from lab.kernel import ELF, extract


def _bzimage(payload: bytes) -> bytes:
    packed = gzip.compress(payload) + struct.pack("<I", len(payload))
    head = bytearray(5 * 512)
    head[0x1F1] = 4
    struct.pack_into("<II", head, 0x248, 16, len(packed))
    return bytes(head) + bytes(16) + packed


@pytest.mark.parametrize("option", ["CONFIG_PVH=y", "# CONFIG_PVH is not set"])
def test_kernel_and_initrd_are_unpacked(option: str, tmp_path: Path) -> None:
    image = _bzimage(ELF + b"the kernel")
    (tmp_path / "vmlinuz-1").write_bytes(image)
    (tmp_path / "config-1").write_text(f"{option}\n")
    (tmp_path / "initrd.img-1").write_bytes(gzip.compress(b"the initrd"))
    extract(tmp_path, "1", tmp_path / "kernel", tmp_path / "initrd")
    assert (tmp_path / "kernel").read_bytes() == (
        ELF + b"the kernel" if option.endswith("=y") else image
    )
    assert (tmp_path / "initrd").read_bytes() == b"the initrd"
