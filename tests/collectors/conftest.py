"""The shells that run the collector's script, and what they leave."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

import pytest

from guestcheck.collectors import sh
from guestcheck.model.source import Answer, Ask, Question
from guestcheck.sources import open_source

SHELLS = [
    "dash",
    "busybox ash",
    "bash --posix",
    *(name for name in ("ksh", "mksh", "yash", "zsh") if shutil.which(name)),
]
# What of signals, pipes and devices differs from shell to shell is tried in these too, the whole
# only once.
ALL_SHELLS = [*SHELLS, "bash", *(name for name in ("ksh93", "posh") if shutil.which(name))]
SYSTEM = "/usr/bin:/bin:/usr/sbin:/sbin"

# The /bin/sh of most guests, and that of the smallest.
USUAL = ("dash", "busybox ash")

Made = Callable[..., Path]


def seldom(shells: List[str]) -> List[Any]:
    """Return shells as parameters; all but the usual ones are slow."""
    return [
        shell if shell in USUAL else pytest.param(shell, marks=pytest.mark.slow) for shell in shells
    ]


@pytest.fixture(params=seldom(SHELLS))
def shell(request: pytest.FixtureRequest) -> List[str]:
    """Return the words that start each shell in turn."""
    return started(request.param)


@pytest.fixture(params=seldom(ALL_SHELLS))
def each_shell(request: pytest.FixtureRequest) -> List[str]:
    """Return the words that start each shell in turn, those too that few have as their sh."""
    return started(request.param)


@pytest.fixture(params=seldom([shell for shell in SHELLS if shell != "yash"]))
def byte_shell(request: pytest.FixtureRequest) -> List[str]:
    """Return each shell that takes names as bytes: in the locale C yash does not match those that
    are not ASCII.
    """
    return started(request.param)


def started(shell: str) -> List[str]:
    """Return the words that start `shell`."""
    words = shell.split()
    found = shutil.which(words[0])
    if found is None:
        pytest.skip(f"{words[0]} is not installed")
    return [found, *words[1:]]


@pytest.fixture
def any_shell() -> List[str]:
    """Return the shell that /bin/sh is, where it does not matter which."""
    return ["/bin/sh"]


# Where the tests run in the background, ^C may be ignored, and a shell cannot trap what was ignored
# when it began.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Collector:
    """A script that asks `asks`, in a folder of its own, where its recording and its temporary
    files go too.
    """

    def __init__(self, folder: Path, *asks: Ask) -> None:
        self.folder = folder
        self.questions: List[Question[Any]] = [Question("q", "", asks, lambda found: found, "")]
        self.script = folder / "collect.sh"
        self.output = folder / "out" / "guest.tar.gz"
        self.path = f"{folder}/bin:{SYSTEM}"
        for name in ("out", "tmp", "bin"):
            (folder / name).mkdir(exist_ok=True)

    def start(
        self, shell: Sequence[str], *words: str, env: Optional[Dict[str, str]] = None, **more: Any
    ) -> "subprocess.Popen[str]":
        """Start the script under `shell`."""
        self.script.write_text(sh.make(self.questions))
        environment = {"PATH": self.path, "TMPDIR": f"{self.folder}/tmp", **(env or {})}
        return subprocess.Popen(
            [*shell, str(self.script), *(words or [str(self.output)])],
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def run(
        self, shell: Sequence[str], *words: str, **more: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run the script to its end."""
        process = self.start(shell, *words, **more)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def answers(self, shell: Sequence[str], **more: Any) -> List[Answer]:
        """Run the script, and return what is in its recording; nothing else may be left."""
        done = self.run(shell, **more)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "collect.sh: " in done.stderr  # before that mksh may miss a locale
        assert self.left() == [self.output.name]
        return list(open_source([str(self.output)]).gather(self.questions).answers["q"])

    def left(self) -> List[str]:
        """Name all files that a run has left."""
        return sorted([*os.listdir(self.folder / "tmp"), *os.listdir(self.folder / "out")])

    def program(self, name: str, script: str, mode: int = 0o755) -> None:
        """Put a program before those of the system."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\nPATH={SYSTEM}\n{script}\n")
        path.chmod(mode)


def let_others_in(folder: Path) -> None:
    """Let every user enter a folder: pytest makes those above it for its own user alone, under
    xdist one more of them.
    """
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Make a file, with its folders, or a link."""

    def make(path: str, data: bytes = b"", link: str = "") -> Path:
        full = tmp_path / path
        full.parent.mkdir(parents=True, exist_ok=True)
        if link:
            full.symlink_to(link)
        else:
            full.write_bytes(data)
        return full

    return make
