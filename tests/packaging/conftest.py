"""What is handed out, built once for all tests here; a kind whose tools are missing is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Dict, List

import pytest

from tools.packages.__main__ import build
from tools.packages.build import KINDS, MissingError

PATTERNS = {"python": "*.whl", "pyz": "*.pyz", "deb": "*.deb", "rpm": "*.rpm"}
assert set(PATTERNS) == set(KINDS)

_TOOLS = {"deb": ("dpkg-buildpackage", "dh", "dh_python3"), "rpm": ("rpmbuild",)}


class Built:
    """The packages of one build."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.lacks: Dict[str, str] = {}

    def have(self, kind: str) -> Path:
        """Return the package, or skip the test by the name of what is missing."""
        if kind in self.lacks:
            pytest.skip(self.lacks[kind])
        return next(self.out.glob(PATTERNS[kind]))


def made(out: Path) -> Built:
    """Build all that can be built here."""
    built = Built(out)
    kinds: List[str] = [*KINDS]
    for kind, tools in _TOOLS.items():
        missing = [
            tool for tool in tools if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
        ]
        if missing:
            built.lacks[kind] = f"{missing[0]} is not installed"
            kinds.remove(kind)
    try:
        build(kinds, out)
    except MissingError as error:
        pytest.skip(str(error))
    return built


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return made(tmp_path_factory.mktemp("packages") / "dist")


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A second build, from another folder, by somebody with another umask, time zone and language."""
    before, umask = {name: os.environ.get(name) for name in ("TZ", "LANG")}, os.umask(0o077)
    os.environ.update(TZ="Pacific/Kiritimati", LANG="tr_TR.UTF-8")
    try:
        return made(tmp_path_factory.mktemp("again") / "some" / "where" / "else")
    finally:
        os.umask(umask)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
