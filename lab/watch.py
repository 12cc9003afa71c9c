"""Reads an strace log: what a program changed or opened for writing, and whom it spoke to.

A datagram socket alone is no talk: ethtool(8) and psutil ask for one to read a card's settings, and
send nothing.
"""

from __future__ import annotations

import re

OPENED = re.compile(r'open(?:at2?)?\((?:[^"]*, )?"([^"]*)", (?:\{flags=)?([A-Z_|]+)')
CHANGED = re.compile(
    r"\b(unlink|rename|mkdir|rmdir|chmod|chown|symlink|link|truncate|mknod|utimensat)"
    r"\w*\((.*?)\) += 0"
)
STREAM = re.compile(r"socket\((AF_\w+), SOCK_(?!DGRAM)")
SPOKEN = re.compile(r"\b(?:connect|bind|sendto|sendmsg)\(.*sa_family=(AF_\w+)")
HARMLESS_FILES = ("/dev/null", "/dev/tty", "/dev/ttyS0")
LOCAL_SOCKETS = ("AF_NETLINK", "AF_UNIX", "AF_LOCAL")


def trespasses(trace: str) -> list[str]:
    """What should not have been done, in the trace's own words; empty for a program that only
    reads.
    """
    found = []
    for line in trace.splitlines():
        opened = OPENED.search(line)
        if (
            opened
            and re.search(r"O_(WRONLY|RDWR|CREAT)", opened[2])
            and opened[1] not in HARMLESS_FILES
        ):
            found.append(f"{opened[1]} {opened[2]}")
        changed = CHANGED.search(line)
        if changed:
            found.append(f"{changed[1]} {changed[2]}")
        spoken = SPOKEN.search(line) or STREAM.search(line)
        if spoken and spoken[1] not in LOCAL_SOCKETS:
            found.append(spoken[0])
    return sorted(set(found))
