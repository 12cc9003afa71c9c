"""Clean sources to build from: what git knows of, or in an unpacked source archive what is there,
all with one time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterable, List

ROOT = Path(__file__).parents[2]

# What a build makes or needs, and is no source
_MADE = frozenset(
    {
        ".git",
        ".venv",
        ".ci",
        "build",
        "dist",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
    }
)
_HEAVY = ("tests/fixtures/",)  # is not in the source archive

# Libraries of others that the zipapp, the deb and the rpm bring, each as it was published, with its
# licence in its folder: tomli 2.2.1 from PyPI (MIT), which Python before 3.11 needs for policies.
# The wheel names it as a dependency.
VENDOR = "packaging/vendor"


def epoch_of(root: Path = ROOT) -> int:
    """Return the time that is written into what is built: SOURCE_DATE_EPOCH, else that of the last
    commit, else that of pyproject.toml.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        return int(given)
    told = _git(root, "log", "-1", "--format=%ct")
    return int(told[0]) if told else int((root / "pyproject.toml").stat().st_mtime)


def stage(target: Path, epoch: int, root: Path = ROOT) -> Path:
    """Copy the sources below `root` to the folder `target`, which is made anew."""
    shutil.rmtree(target, ignore_errors=True)
    for name in _names(root):
        if not name.startswith(_HEAVY) and (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target / name)
            (target / name).chmod(0o755 if os.access(root / name, os.X_OK) else 0o644)
    for path in target.rglob("*"):
        os.utime(path, (epoch, epoch))
    return target


def _names(root: Path) -> Iterable[str]:
    return _git(root, "ls-files") or _walk(root)


def _git(root: Path, *words: str) -> List[str]:
    if not (root / ".git").exists():
        return []
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            check=True,
        )
    except (
        OSError,
        subprocess.CalledProcessError,
    ):  # no git, or a checkout that it takes for somebody else's
        return []
    return done.stdout.splitlines()


def _walk(root: Path) -> Iterable[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name not in _MADE and not name.endswith(".egg-info")
        )
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), root)
