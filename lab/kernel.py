"""Takes a kernel and an initrd out of their compression, so that a guest without KVM need not do
it.

The layout of a bzImage is in the kernel's Documentation/arch/x86/boot.rst: the setup header's
`payload_offset` and `payload_length` say where in the protected-mode part the compressed kernel
lies.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import subprocess
from pathlib import Path

ELF = b"\x7fELF"
GZIP, XZ, ZSTD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"


def extract(boot: Path, version: str, kernel: Path, initrd: Path) -> None:
    """Write the kernel and initrd of `version`; a kernel that QEMU could not start plain stays as
    it is.
    """
    packed = (boot / f"vmlinuz-{version}").read_bytes()
    unpacked = _unpacked(packed)
    startable = (
        unpacked.startswith(ELF) and "CONFIG_PVH=y" in (boot / f"config-{version}").read_text()
    )
    kernel.write_bytes(unpacked if startable else packed)
    initrd.write_bytes(plain((boot / f"initrd.img-{version}").read_bytes()))


def _unpacked(bzimage: bytes) -> bytes:
    setup_sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    begin = (setup_sectors + 1) * 512 + offset
    # the last four bytes are the unpacked size, not data
    return plain(bzimage[begin : begin + length - 4])


def plain(data: bytes) -> bytes:
    """`data` out of its compression; as it is where it is in none that is known here."""
    if data.startswith(XZ):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(GZIP):
        return gzip.decompress(data)
    if data.startswith(ZSTD):
        return subprocess.run(
            ["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True
        ).stdout
    return data
