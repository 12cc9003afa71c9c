"""Programs are found in absolute folders alone, and get little of our environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guestcheck.unpack.programs import environment, find, search_path


@pytest.fixture
def bad_and_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program of one name into the current folder and into one of PATH; return the good one."""
    for folder in ("here", "good"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "lspci").write_text("#!/bin/sh\n")
        (tmp_path / folder / "lspci").chmod(0o755)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "good" / "lspci"


@pytest.mark.parametrize("first", [".", "", "./", "../here", "here/..", "~"])
def test_a_relative_folder_of_path_is_passed_over(
    bad_and_good: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("PATH", f"{first}:{bad_and_good.parent}")
    assert find("lspci") == str(bad_and_good)
    assert all(os.path.isabs(folder) for folder in search_path().split(":"))


def test_a_path_of_relative_folders_alone_leaves_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", ".")
    assert search_path() == "/usr/local/sbin:/usr/sbin:/sbin"
    assert search_path(".:here") == ""
    assert find("lspci", ".") is None


def test_a_folder_or_a_file_that_cannot_run_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "a" / "lspci").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "lspci").write_text("text")
    assert find("lspci", f"{tmp_path}/a:{tmp_path}/b") is None


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "PERL5LIB",
        "BASH_ENV",
        "ENV",
        "IFS",
        "LANG",
        "LC_MESSAGES",
        "PCILIB",
    ],
)
def test_what_changes_other_programs_is_not_handed_on(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/x")
    monkeypatch.setenv("HOME", "/home/x")
    given = environment("/bin")
    assert name not in given
    assert (given["HOME"], given["PATH"], given["LC_ALL"]) == ("/home/x", "/bin", "C")
