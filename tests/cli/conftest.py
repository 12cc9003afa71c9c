"""guestcheck run as a program of its own, and a recording of a made-up guest for it to judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from guestcheck.sources.bundle import write
from tests import makers

ROOT = Path(__file__).parents[2]
# The checkout first, then where the libraries are for whoever names that in the environment.
PYTHONPATH = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
Run = Callable[..., "subprocess.CompletedProcess[str]"]

# What would make the output depend on who runs the tests.
_UNSET = (
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "GUESTCHECK_DEBUG",
    "PYTHONUNBUFFERED",
    "PYTHONIOENCODING",
    "TERM",
)


@pytest.fixture
def run() -> Run:
    """Return what runs guestcheck with words and variables of the environment; `code` is executed
    before it.
    """

    def runs(
        *words: str, code: str = "", stdout: Any = subprocess.PIPE, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
        program = (
            ("-c", f"import sys\n{code}\nfrom guestcheck.cli import main\nsys.exit(main())")
            if code
            else ("-m", "guestcheck")
        )
        return subprocess.run(
            [sys.executable, *program, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**environment, "PYTHONPATH": PYTHONPATH, **variables},
            timeout=60,
            check=False,
        )

    return runs


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record a guest with an emulated disk, a virtio disk and a virtio card, and return the
    archive's path.
    """
    path = str(tmp_path_factory.mktemp("recording") / "guest.tar.gz")
    raw = makers.raw(
        makers.disk(
            "sda",
            "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100",
            *makers.scsi(),
            model="QEMU é\x1b[31m→",
            serial="QM00001",
        ),
        makers.disk(
            "vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 9,32"
        ),
        makers.nic(
            "eth0", "0000:00:06.0 pci virtio-pci 1af4:1041", "virtio1 virtio virtio_net 1 32"
        ),
        vm="kvm",
    )
    write(raw, path)
    return path
