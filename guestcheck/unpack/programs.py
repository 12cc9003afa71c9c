"""Where other programs are found, and what they are given of our environment.

guestcheck often runs as root. "." and other relative folders of PATH would run what lies in the
current folder, LD_PRELOAD, PYTHONPATH and the like code of their own.
"""

from __future__ import annotations

import os
from typing import Dict, Optional

# A plain user's PATH often lacks the folders of lspci and ethtool, and an agent's is empty.
_USUAL = "/usr/local/sbin:/usr/sbin:/sbin"
_LEAST = "/usr/bin:/bin"
# Who and where the user is, where temporary files go, and what a container or systemd says of
# itself.
_KEPT = (
    "HOME",
    "USER",
    "LOGNAME",
    "TERM",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "container",
)


def search_path(path: Optional[str] = None) -> str:
    """Return the folders of `path` (default: PATH and the usual ones) that are absolute, as PATH
    has them.
    """
    folders = (path if path is not None else f"{os.environ.get('PATH') or _LEAST}:{_USUAL}").split(
        os.pathsep
    )
    return os.pathsep.join(folder for folder in folders if os.path.isabs(folder))


def find(name: str, path: Optional[str] = None) -> Optional[str]:
    """Return the full path of the program `name`, None where there is none."""
    for folder in search_path(path).split(os.pathsep):
        full = f"{folder}/{name}"
        if folder and os.access(full, os.X_OK) and not os.path.isdir(full):
            return full
    return None


def environment(path: Optional[str] = None) -> Dict[str, str]:
    """Return the environment for a program: little of ours, and messages in English."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PATH": search_path(path), "LC_ALL": "C", "LANGUAGE": "C"}
