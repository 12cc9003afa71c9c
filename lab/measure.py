"""One guest measured: booted, guestcheck run inside, its words compared; kept in the cache and
taken from there.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from lab import cache, job
from lab.boot import Outcome, Part, boot
from lab.compare import Row, compare
from lab.guest import Guest
from lab.image import Image
from lab.mirror import RELEASES
from lab.watch import trespasses


class Measured(NamedTuple):
    """What came of one guest on one release."""

    rows: tuple[Row, ...]
    seconds: float
    times: dict[str, float]
    folder: Path
    cached: bool


def measure(guest: Guest, image: Image, artifact: Path, digest: str, again: bool) -> Measured:
    """Measure `guest`, or take what an earlier run has kept of the very same."""
    folder = cache.folder("results", f"{guest.name}-{image.release}-{_key(guest, image, digest)}")
    kept = folder / "result.json"
    if kept.exists() and not again:
        result = json.loads(kept.read_text())
        rows = tuple(Row(*row) for row in result["rows"])
        return Measured(rows, result["seconds"], result["times"], folder, True)
    missing = _not_here(guest)
    if missing:
        row = Row(
            guest.name,
            image.release,
            missing,
            "",
            "not asked: this machine or its QEMU has none",
            None,
        )
        return Measured((row,), 0, {}, folder, False)
    outcome = boot(guest, image, job.text(guest, image.release), artifact, folder)
    _keep(outcome, folder)
    rows = tuple(_rows(guest, image.release, outcome))
    times = {
        name: part.seconds for name, part in outcome.parts.items() if not name.endswith(".err")
    }
    times["ready"] = outcome.ready
    if not outcome.ended:
        result = {
            "rows": rows,
            "seconds": round(outcome.seconds, 1),
            "times": times,
            "at": time.time(),
        }
        kept.write_text(json.dumps(result, indent=1) + "\n")
    return Measured(rows, outcome.seconds, times, folder, False)


def _key(guest: Guest, image: Image, digest: str) -> str:
    return cache.key(
        [repr(guest), image.path.name, digest, job.text(guest, image.release), qemu_version()]
    )


def _rows(guest: Guest, release: str, outcome: Outcome) -> list[Row]:
    if outcome.ended:
        return [
            Row(
                guest.name,
                release,
                "the guest",
                "boots",
                outcome.ended,
                False,
                round(outcome.seconds, 1),
            )
        ]
    rows = []
    for name, part in outcome.parts.items():
        if name == "live" or name == "unprivileged" or name.startswith("without-"):
            rows += _said(guest, release, name, part)
    if guest.watched and release == RELEASES[0]:
        trace = outcome.parts.get("trace", Part(1, 0, b"")).output.decode(errors="replace")
        found = trespasses(trace) if trace else ["no trace"]
        words = "; ".join(found) or "nothing"
        rows.append(
            Row(guest.name, release, "strace", "writes nothing, asks no network", words, not found)
        )
    return rows


def _said(guest: Guest, release: str, name: str, part: Part) -> list[Row]:
    """The rows of one call of guestcheck in the guest."""
    how = "" if name == "live" else name
    try:
        report: dict[str, Any] = json.loads(part.output)
    except ValueError:
        words = f"exit code {part.code}, no JSON"
        return [
            Row(
                f"{guest.name} {how}".strip(),
                release,
                "guestcheck",
                "a report",
                words,
                False,
                part.seconds,
            )
        ]
    return compare(guest, release, report, part.seconds, how)


def _keep(outcome: Outcome, folder: Path) -> None:
    endings = {"recording": "recording.tar.gz", "live": "live.json", "trace": "trace"}
    for name, part in outcome.parts.items():
        (folder / endings.get(name, name)).write_bytes(part.output)


def _not_here(guest: Guest) -> str:
    """What `guest` is made of that this machine has not; empty when all is here."""
    absent = sorted(guest.devices() - qemu_devices())
    if absent:
        return ", ".join(absent)
    if any(word.startswith("tap,") for word in guest.arguments()) and not _may_make_taps():
        return "a tap for many queues"
    return ""


def _may_make_taps() -> bool:
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError:
        return False
    return True


@lru_cache
def qemu_devices() -> frozenset[str]:
    """The devices that this QEMU can give a guest."""
    said = subprocess.run(
        ["qemu-system-x86_64", "-device", "help"], stdout=subprocess.PIPE, text=True, check=True
    )
    return frozenset(
        line.split('"')[1] for line in said.stdout.splitlines() if line.startswith("name ")
    )


@lru_cache
def qemu_version() -> str:
    """QEMU's own word for its version."""
    said = subprocess.run(
        ["qemu-system-x86_64", "--version"], stdout=subprocess.PIPE, text=True, check=True
    )
    return said.stdout.splitlines()[0]
