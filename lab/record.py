"""Refreshes the recorded guests that the plain test suite replays: one command, from the same runs as the table."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from pathlib import Path

from lab.guest import Guest
from lab.guests import named
from lab.measure import Measured
from lab.run import Plan, measure_all

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "guests"


def main(todo: Plan, into: Path) -> int:
    """Write each guest's recording to a folder of its own below `into`, with the truth beside it."""
    missing = 0
    for measured in measure_all(todo):
        packed = measured.folder / "recording.tar.gz"
        if not measured.rows or not packed.exists():
            missing += 1
            continue
        row = measured.rows[0]
        folder = into / f"lab-{row.guest}-{row.release}"
        _unpack(packed, folder)
        (folder / "truth.json").write_text(_truth(named(row.guest), measured))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{folder.name:40} {size / 1024:8.0f} KiB", file=sys.stderr)
    return 1 if missing else 0


def _unpack(packed: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(packed) as archive:
        for member in archive.getmembers():
            if member.isfile() and not member.name.startswith("/") and ".." not in Path(member.name).parts:
                archive.extract(member, folder)


def _truth(guest: Guest, measured: Measured) -> str:
    """What was attached, as a test can read it."""
    devices = [
        {
            "what": truth.what, "interface": truth.interface, "kind": truth.kind, "drivers": truth.drivers,
            "serial": truth.serial, "mac": truth.mac, "address": truth.address, "optional": truth.optional,
        }
        for truth in guest.truths()
    ]  # fmt: skip
    return json.dumps({"guest": guest.name, "release": measured.rows[0].release, "devices": devices}, indent=1) + "\n"
