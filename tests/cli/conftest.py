"""guestcheck called in this process or run as a program of its own, and a recording of a made-up
guest for it to judge.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest

from guestcheck.cli import main
from guestcheck.sources.bundle import write
from tests import makers

ROOT = Path(__file__).parents[2]
# The checkout first, then the folders in which the environment names further libraries.
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
    """Return what calls guestcheck with words and variables of the environment, in this process.

    `stdin` is the text of standard input, `encoding` what the output is written in, and `stdout`
    the number of an open file that takes the place of standard output.
    """

    def runs(
        *words: str,
        stdin: str = "",
        encoding: str = "utf-8",
        stdout: Optional[int] = None,
        **variables: str,
    ) -> "subprocess.CompletedProcess[str]":
        out = io.BytesIO()
        err = io.TextIOWrapper(io.BytesIO(), encoding, "backslashreplace")
        with pytest.MonkeyPatch.context() as patch:
            for name in _UNSET:
                patch.delenv(name, raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
            patch.setattr(sys, "stderr", err)
            with _standard_output(out, stdout, encoding) as stream:
                patch.setattr(sys, "stdout", stream)
                code = _exit_code(words)
        err.flush()
        said, told = (text.getvalue().decode("utf-8", "replace") for text in (out, err.buffer))
        return subprocess.CompletedProcess(words, code, said, told)

    return runs


def _exit_code(words: Any) -> Any:
    """Call guestcheck; argparse ends a program for --help and for what it does not know."""
    try:
        return main([*words])
    except SystemExit as end:
        return end.code


@contextmanager
def _standard_output(out: io.BytesIO, number: Optional[int], encoding: str) -> Iterator[Any]:
    """Give a stream that writes to `out`, or to the open file `number` as to file 1."""
    if number is None:
        stream = io.TextIOWrapper(out, encoding)
        yield stream
        stream.flush()
        stream.detach()
        return
    before = os.dup(1)
    os.dup2(number, 1)
    try:
        # At its end a program writes what is left; here too, before file 1 is as it was.
        with open(1, "w", encoding=encoding, closefd=False) as stream:
            yield stream
    finally:
        os.dup2(before, 1)
        os.close(before)


@pytest.fixture
def process() -> Run:
    """Return what runs guestcheck as a program of its own; `code` is executed before it.

    It takes ten times as long as `run`. Take it for what only a new interpreter has: an encoding
    of the locale's, streams without a buffer, modules that are not there, limits.
    """

    def runs(
        *words: str, code: str = "", stdout: Any = subprocess.PIPE, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
        start = f"import sys\n{code}\nfrom guestcheck.cli import main\nsys.exit(main())"
        program = ("-c", start) if code else ("-m", "guestcheck")
        return subprocess.run(
            [sys.executable, *program, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**kept, "PYTHONPATH": PYTHONPATH, **variables},
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
