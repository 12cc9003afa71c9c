"""What libraries know of a running guest, as text."""

from __future__ import annotations

import os
from time import monotonic
from typing import Callable, List

from guestcheck.model.source import (
    ABSENT,
    FAILED,
    OK,
    UNASKED,
    Answer,
    Call,
)
from guestcheck.sources._live_files import with_escapes


def called(word: Call) -> Answer:
    started = monotonic()
    calls = {"psutil": _psutil, "pyudev": _pyudev, "uname": _uname}
    if word.name not in calls:
        return Answer(word.name, UNASKED)
    try:
        text = calls[word.name]()
    except (ImportError, FileNotFoundError) as error:
        return Answer(
            word.name, ABSENT, detail=str(error).split("\n", 1)[0], seconds=monotonic() - started
        )
    except (
        Exception
    ) as error:  # a library's own trouble with a strange guest is an answer that failed, not ours
        said = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        return Answer(word.name, FAILED, detail=said, seconds=monotonic() - started)
    return Answer(word.name, OK, text, seconds=monotonic() - started)


def _uname() -> str:
    told = os.uname()
    return f"{told.sysname} {told.release} {told.machine}\n"


def _psutil() -> str:
    import json

    import psutil

    def part(ask: Callable[[], object]) -> object:
        # Each reads files of its own; that one of them is missing must not cost the others.
        try:
            return ask()
        except (OSError, ValueError, RuntimeError, KeyError, IndexError):
            return None

    def cards() -> object:
        addresses = psutil.net_if_addrs()
        return {
            name: {
                "up": stats.isup,
                "speed": stats.speed,
                "mtu": stats.mtu,
                "addresses": [
                    entry.address
                    for entry in addresses.get(name, ())
                    if entry.family in _IP_FAMILIES
                ],
            }
            for name, stats in psutil.net_if_stats().items()
        }

    told = {
        "version": psutil.__version__,
        "cpus": part(psutil.cpu_count),
        "memory": part(lambda: psutil.virtual_memory().total),
        "swap": part(lambda: psutil.swap_memory().total),
        "partitions": part(
            lambda: [[p.device, p.mountpoint, p.fstype] for p in psutil.disk_partitions()]
        ),
        "nics": part(cards) or {},
    }
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


_IP_FAMILIES = (2, 10)  # AF_INET and AF_INET6 on Linux


def _pyudev() -> str:
    # Without a running udev there is no database, and what pyudev shows is what /sys says already.
    if not os.path.isdir("/run/udev/data"):
        raise FileNotFoundError("udev does not run here")
    import pyudev

    context = pyudev.Context()
    lines: List[str] = []
    for subsystem in ("block", "net"):
        for device in context.list_devices(subsystem=subsystem):
            lines.append(f"P: {device.device_path}")
            lines += [f"S: {link[5:]}" for link in sorted(device.device_links)]
            lines += sorted(
                f"E: {name}={with_escapes(value)}" for name, value in device.properties.items()
            )
            lines.append("")
    return "\n".join(lines)
