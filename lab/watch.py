"""Reads an strace log: what a program opened for writing, and which sockets it asked for."""

from __future__ import annotations

import re

OPENED = re.compile(r'open(?:at2?)?\((?:[^"]*, )?"([^"]*)", (?:\{flags=)?([A-Z_|]+)')
CHANGED = re.compile(
    r"\b(unlink|rename|mkdir|rmdir|chmod|chown|symlink|link|truncate|mknod|utimensat)\w*\((.*?)\) += 0"
)
SOCKET = re.compile(r"socket\((AF_\w+)")
HARMLESS_FILES = ("/dev/null", "/dev/tty", "/dev/ttyS0")
LOCAL_SOCKETS = ("AF_NETLINK", "AF_UNIX", "AF_LOCAL")


def trespasses(trace: str) -> list[str]:
    """What should not have been done, in the trace's own words; empty for a program that only reads."""
    found = []
    for line in trace.splitlines():
        opened = OPENED.search(line)
        if opened and re.search(r"O_(WRONLY|RDWR|CREAT)", opened[2]) and opened[1] not in HARMLESS_FILES:
            found.append(f"{opened[1]} {opened[2]}")
        changed = CHANGED.search(line)
        if changed:
            found.append(f"{changed[1]} {changed[2]}")
        socket = SOCKET.search(line)
        if socket and socket[1] not in LOCAL_SOCKETS:
            found.append(f"socket {socket[1]}")
    return sorted(set(found))
