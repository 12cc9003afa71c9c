"""One cell: what preflight said of the variant before, and what booting it on the bus did. Both are
kept, each under what it depends on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterable, NamedTuple, Sequence

from lab import artifact, cache
from lab.boot import Outcome, boot
from lab.image import Image
from lab.measure import qemu_version
from lab.truth.prepare import Prepared, folder_of, key, prepare, versions
from lab.truth.targets import TARGETS
from lab.truth.variant import Cell, Variant

BOOTS, FAILS, UNKNOWN = "boots", "does-not-boot", "unknown"
SYSTEMD_JOB = "part mounts systemctl is-active local-fs.target\n"
# What the kernel, an initramfs or systemd say last where they give up.
LAST_WORDS = re.compile(
    r"ALERT!.*|Failed to mount .* as root file system\..*|Kernel panic.*|You are in emergency "
    r"mode|.*Boot has failed.*|Timed out waiting for device.*"
    r"|VFS: Cannot open.*"
)


class Row(NamedTuple):
    """A cell's line in the table: `booted` is empty where the boot came to no end that is known."""

    variant: str
    release: str
    target: str
    kernel: str
    default: bool
    said: str
    booted: str
    seconds: float
    reasons: tuple[str, ...]
    console: str
    kind: str = "disk"
    flaw: str = ""
    """What was wrong besides: with it the cell is wrong whatever was said and seen."""

    @property
    def right(self) -> bool | None:
        """Whether preflight was right; None where it said unknown or the boot tells nothing."""
        if self.flaw:
            return False
        return None if UNKNOWN in (self.said, self.booted or UNKNOWN) else self.said == self.booted


def predict(variant: Variant, image: Image) -> list[dict[str, Any]]:
    """What the checkout's preflight says of the variant's root, for all targets of the table and
    every kernel.
    """
    folder = folder_of(variant, image)
    kept = folder / f"prediction-{artifact.digest()}.json"
    if not kept.exists():
        prepare(variant, image)
    return preflight(kept, ["--root", str(folder / "root")], TARGETS)


def preflight(kept: Path, source: Sequence[str], targets: Iterable[str]) -> list[dict[str, Any]]:
    """What the checkout's preflight says of a source, once: its words are kept at `kept`; none
    where it gave no JSON.
    """
    if not kept.exists():
        words = ["preflight", *source, "--target", ",".join(targets), "-f", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "guestcheck", *words],
            capture_output=True,
            text=True,
            cwd=artifact.PACKAGE.parent,
        )
        try:
            json.loads(done.stdout)
        except ValueError:
            return []
        kept.write_text(done.stdout)
    found: list[dict[str, Any]] = json.loads(kept.read_text())["readiness"]
    return found


def measure(cell: Cell, image: Image, again: bool) -> Row:
    """Predict, then boot; or take what an earlier run has kept of the very same."""
    said = _said(cell, image)
    folder = _folder(cell, image)
    kept = folder / "result.json"
    begun = time.time()
    if again or not kept.exists():
        with cache.hold(folder):
            if not kept_since(kept, begun if again else 0):
                _boot(cell, image, folder, kept)
    result: dict[str, Any] = (
        json.loads(kept.read_text())
        if kept.exists()
        else {"booted": "", "seconds": 0, "console": "no end that is known"}
    )
    reasons = tuple(
        f"{one['id']}: {one['says']}" for one in said.get("reasons", ()) if one["weight"] != "warns"
    )
    return Row(
        cell.variant.name, cell.variant.release, cell.target, versions(image)[cell.entry.kernel], cell.number == 0,
        said.get("verdict", UNKNOWN), result["booted"], result["seconds"], reasons, result["console"],
    )  # fmt: skip


def kept_since(kept: Path, begun: float) -> bool:
    """Whether a result is there that is not older than `begun` (seconds since 1970): another run
    may have made it while this one waited.
    """
    return kept.exists() and kept.stat().st_mtime >= begun


def is_kept(cell: Cell, image: Image) -> bool:
    """Whether an earlier run has booted the very same."""
    return (_folder(cell, image) / "result.json").exists()


def _folder(cell: Cell, image: Image) -> Path:
    name = cache.key(
        [key(cell.variant, image), repr(TARGETS[cell.target]), cell.number, qemu_version()]
    )
    return cache.folder(
        "truth",
        "cells",
        f"{cell.variant.name}-{cell.variant.release}-{cell.target}-{cell.number}-{name}",
    )


def _said(cell: Cell, image: Image) -> dict[str, Any]:
    """The verdict on the cell's kernel; empty where none was given."""
    version = versions(image)[cell.entry.kernel]
    found = predict(cell.variant, image)
    return next(
        (
            one
            for one in found
            if one["target"] == cell.target and one["kernel"] == version and one["kind"] == "disk"
        ),
        {},
    )


def _boot(cell: Cell, image: Image, folder: Path, kept: Path) -> None:
    systemd = bool(cell.variant.fstab)
    guest = replace(
        TARGETS[cell.target],
        kernel=cell.entry.kernel,
        init="systemd" if systemd else "no-udev",
        limit=400,
    )
    prepared = Prepared(image, prepare(cell.variant, image), cell.entry, cell.number)
    outcome = boot(guest, prepared, SYSTEMD_JOB if systemd else "", None, folder)
    booted = outcome_of(outcome, systemd)
    found = LAST_WORDS.findall(outcome.serial)
    if booted:
        result = {
            "booted": booted,
            "seconds": round(outcome.seconds, 1),
            "console": found[-1].strip() if found else "",
            "at": time.time(),
        }
        kept.write_text(json.dumps(result, indent=1) + "\n")


def outcome_of(outcome: Outcome, systemd: bool) -> str:
    """Whether the guest's own init ran, and with systemd whether all of fstab was there; empty
    where it is not known.
    """
    if outcome.ended == "":
        mounts = outcome.parts.get("mounts")
        return (
            BOOTS
            if not systemd or (mounts and mounts.output.strip() == b"active")
            else FAILS
            if mounts
            else ""
        )
    if outcome.ended == "Kernel panic" and "Unable to mount root fs" not in outcome.serial:
        # Of a root that is missing no kernel says anything else; other panics are the lab's own
        # doing.
        return ""
    # An end by QEMU itself, and one by the lab's limit, tell nothing of the guest.
    return "" if outcome.ended.startswith(("QEMU", "interrupted", "no end")) else FAILS
