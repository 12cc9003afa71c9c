"""Refreshes the recorded guests that the plain test suite replays: one command, from the same runs
as the table.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tarfile
from pathlib import Path

from lab.guest import Guest
from lab.guests import GUESTS, named
from lab.measure import Measured
from lab.run import Plan, measure_all

# From this size on a text is kept once for all guests that have it.
LARGE = 4096

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "guests"


def chosen() -> list[str]:
    """The guests whose recordings add something; all of them would be more than a checkout should
    carry.
    """
    return [guest.name for guest in GUESTS if guest.quick or guest.fixture]


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
        unpack(packed, folder)
        (folder / "truth.json").write_text(_truth(named(row.guest), measured))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{folder.name:40} {size / 1024:8.0f} KiB", file=sys.stderr)
    forget_unused(into)
    return 1 if missing else 0


def unpack(packed: Path, folder: Path) -> None:
    """Lay the recording `packed` out in `folder`; large texts go to a folder that all guests share,
    named by their contents.

    Two guests of one release have the same kernels, whose configurations and module lists are
    nearly all of a recording. The manifest names such a text "@NAME"; `tests/test_guests.py` reads
    it there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shared = folder.parent.parent / "shared"
    shared.mkdir(exist_ok=True)
    with tarfile.open(packed) as archive:
        texts = {
            str(Path(*Path(m.name).parts[1:])): text_of(archive, m)
            for m in archive.getmembers()
            if m.isfile() and ".." not in m.name
        }
    manifest = json.loads(texts.pop("manifest.json"))
    for entry in manifest["answers"]:
        text = texts.get(entry["file"] or "")
        entry["seconds"] = 0.0  # how long it took is the only thing that changes from run to run
        if text is not None and len(text) >= LARGE:
            name = f"{hashlib.sha256(text).hexdigest()[:16]}.txt"
            (shared / name).write_bytes(text)
            entry["file"] = f"@{name}"
        elif text is not None:
            target = folder / entry["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def text_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a file in an archive."""
    file = archive.extractfile(member)
    return file.read() if file else b""


def forget_unused(into: Path) -> None:
    """Remove shared texts that no recording names any more, be it below `into` or beside it."""
    named_in = "".join(
        path.read_text()
        for name in ("manifest", "recording")
        for path in into.parent.glob(f"*/*/{name}.json")
    )
    for path in (into.parent / "shared").glob("*.txt"):
        if f"@{path.name}" not in named_in:
            path.unlink()


def _truth(guest: Guest, measured: Measured) -> str:
    """What was attached, as a test can read it."""
    devices = [
        {
            "what": truth.what, "interface": truth.interface, "kind": truth.kind, "drivers": truth.drivers,
            "serial": truth.serial, "mac": truth.mac, "address": truth.address, "optional": truth.optional,
        }
        for truth in guest.truths()
    ]  # fmt: skip
    return (
        json.dumps(
            {"guest": guest.name, "release": measured.rows[0].release, "devices": devices}, indent=1
        )
        + "\n"
    )
