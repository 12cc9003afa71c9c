"""A folder's files are its own, also where somebody exchanges a folder for a link between two looks
at it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Callable

import pytest

from guestcheck.stores.beneath import HAS_FOLDERS, Beneath, _find_openat2
from guestcheck.stores.folder import Folder

pytestmark = pytest.mark.skipif(not HAS_FOLDERS, reason="only Linux opens folders by descriptor")

WAYS = ["openat2", "part by part"]


@pytest.fixture(params=WAYS)
def below(request: pytest.FixtureRequest) -> Callable[[Path], Beneath]:
    """Open a folder; by openat2 where the kernel has it, or without."""

    def make(top: Path) -> Beneath:
        opened = Beneath(str(top))
        if request.param == "openat2":
            opened.mode("")
            if opened._openat2 is None:
                pytest.skip("this kernel or container has no openat2")
        else:
            opened._openat2 = None
        return opened

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    (top / "etc" / "deep").mkdir(parents=True)
    (top / "etc" / "deep" / "file").write_text("of the guest")
    (tmp_path / "host" / "deep").mkdir(parents=True)
    (tmp_path / "host" / "deep" / "file").write_text("of the host")
    return top


def test_files_folders_and_links_are_read(below: Callable[[Path], Beneath], tree: Path) -> None:
    (tree / "etc" / "link").symlink_to("deep/file")
    opened = below(tree)
    with os.fdopen(opened.file("etc/deep/file", os.O_RDONLY)) as file:
        assert file.read() == "of the guest"
    assert opened.target("etc/link") == "deep/file"
    descriptor = opened.folder("etc")
    assert sorted(os.listdir(descriptor)) == ["deep", "link"]
    os.close(descriptor)


@pytest.mark.parametrize("part", ["etc", "etc/deep", "etc/deep/file"])
def test_what_became_a_link_is_not_followed(
    below: Callable[[Path], Beneath], tree: Path, part: str
) -> None:
    opened = below(tree)
    os.rename(tree / part, tree.parent / "away")
    os.symlink(tree.parent / "host" / part[4:], tree / part)
    with pytest.raises(OSError, match=r".*"):
        opened.file("etc/deep/file", os.O_RDONLY)
    with pytest.raises(OSError, match=r".*"):
        opened.folder("etc/deep/file" if part.endswith("file") else "etc/deep")
    if part != "etc/deep/file":
        with pytest.raises(OSError, match=r".*"):
            opened.mode("etc/deep/file")


@pytest.mark.parametrize("what", ["pipe", "folder"])
def test_only_regular_files_are_opened(
    below: Callable[[Path], Beneath], tree: Path, what: str
) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "folder").mkdir()
    with pytest.raises(FileNotFoundError):
        below(tree).file(what, os.O_RDONLY)


def test_no_descriptor_is_left_open(below: Callable[[Path], Beneath], tree: Path) -> None:
    opened = below(tree)
    before = len(os.listdir("/proc/self/fd"))
    for path in ("etc/deep/file", "etc/none/file", "etc", "none"):
        with suppress(OSError):
            opened.mode(path)
        with suppress(OSError):
            opened.target(path)
        with suppress(OSError):
            os.close(opened.file(path, os.O_RDONLY))
    assert len(os.listdir("/proc/self/fd")) == before
    del opened
    assert len(os.listdir("/proc/self/fd")) == before - 1


def test_a_kernel_without_openat2_is_asked_once(tree: Path) -> None:
    asked = []

    def missing(folder: int, path: str, flags: int) -> int:
        asked.append(path)
        raise OSError(38, "Function not implemented")

    opened = Beneath(str(tree))
    opened._openat2 = missing
    assert opened.mode("etc") == opened.mode("etc")
    assert asked == ["etc"]


def test_openat2_is_found_here_or_told_missing() -> None:
    assert _find_openat2() is not None or not hasattr(os, "O_PATH")


def test_a_store_of_an_exchanged_folder_gives_nothing_of_the_other(tree: Path) -> None:
    store = Folder(str(tree))
    assert store.read("etc/deep/file")[0] == b"of the guest"
    os.rename(tree / "etc", tree.parent / "away")
    os.symlink(tree.parent / "host", tree / "etc")
    with pytest.raises((KeyError, OSError)):
        store.read("etc/deep/file")
    assert store.inside("etc/deep") == []
