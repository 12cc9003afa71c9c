"""Fake programs and files, and one question put to `Live`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, Tuple

import pytest

from guestcheck.model.source import Answer, Ask, Question
from guestcheck.sources.live import Live

Put = Callable[..., Tuple[Answer, ...]]


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """Make a program of a name: a shell script, or with `python` one of Python."""

    def make(name: str, script: str, python: bool = False, mode: int = 0o755) -> str:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        head = f"#!{sys.executable} -IS" if python else "#!/bin/sh\nPATH=/usr/bin:/bin"
        (folder / name).write_text(f"{head}\n{script}\n")
        (folder / name).chmod(mode)
        return str(folder)

    return make


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Ask a Live of the folders `bin` and `root` below `tmp_path`; both may be missing."""

    def ask(*asks: Ask) -> Tuple[Answer, ...]:
        live = Live(root=str(tmp_path / "root"), path=str(tmp_path / "bin"))
        return live.gather([Question("q", "", asks, lambda found: found, "")]).answers["q"]

    return ask


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Make a file below the fake root."""

    def make(path: str, data: bytes = b"", link: str = "") -> Path:
        full = tmp_path / "root" / path.lstrip("/")
        full.parent.mkdir(parents=True, exist_ok=True)
        if link:
            full.symlink_to(link)
        else:
            full.write_bytes(data)
        return full

    return make
