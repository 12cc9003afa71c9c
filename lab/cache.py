"""Where the lab keeps what is dear to make: images and results, outside the checkout, named by what
went in.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def folder(*parts: str) -> Path:
    """The cache's folder, or one inside it, made if it is not there."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = os.environ.get("GUESTCHECK_LAB_CACHE") or Path(base) / "guestcheck-lab"
    path = Path(root, *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def key(inputs: object) -> str:
    """A short name for `inputs`, which must be plain data: the same data, the same name."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold the folder `name` of the cache for this process alone."""
    with hold(folder(name)):
        yield


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the folder `path` for the caller alone; another run, or another thread of this one, that
    wants it waits.
    """
    with (path / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
