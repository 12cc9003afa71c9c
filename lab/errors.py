"""What stops the lab, in words that say what to do about it."""

from __future__ import annotations

import shutil

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "zstd": "zstd",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
}
"""Each program the lab starts, and the Debian package that has it."""


class LabError(Exception):
    """The lab cannot go on; the text is for the person who started it."""


def need(*programs: str) -> None:
    """Stop, naming what to install, unless all of `programs` are here."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = " ".join(sorted({PACKAGES[program] for program in missing}))
        raise LabError(f"not found: {', '.join(missing)}\ninstall with: apt-get install {packages}")
