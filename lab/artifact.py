"""The guestcheck that goes into the guests: one file, made fresh from the checkout."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipapp
from pathlib import Path

from lab.errors import LabError

PACKAGE = Path(__file__).parent.parent / "guestcheck"


def make(target: Path) -> Path:
    """Write the zipapp to `target`."""
    if not (PACKAGE / "__main__.py").is_file():
        raise LabError(f"there is no guestcheck to run: {PACKAGE} has no __main__.py")
    with tempfile.TemporaryDirectory() as folder:
        skip = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(PACKAGE, Path(folder, "guestcheck"), ignore=skip)
        target.parent.mkdir(parents=True, exist_ok=True)
        zipapp.create_archive(folder, target, main="guestcheck.__main__:main", compressed=True)
    return target


def digest() -> str:
    """A name for what is in the checkout now, which unlike the zipapp's bytes holds no times."""
    state = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            state.update(str(path.relative_to(PACKAGE)).encode() + path.read_bytes())
    return state.hexdigest()[:16]
