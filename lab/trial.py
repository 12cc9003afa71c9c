"""Boots one guest with any script: to look around, or to see with one's own eyes what a run said."""

from __future__ import annotations

import sys
from pathlib import Path

from lab import artifact, cache, guests, image
from lab.boot import boot
from lab.errors import LabError

FACTS = Path(__file__).parent / "inside" / "facts.sh"


def main(name: str, release: str, script: Path | None, zipapp: Path | None) -> int:
    """Print what `script` says inside guest `name`."""
    guest = guests.named(name)
    folder = cache.folder("tries", f"{name}-{release}")
    if zipapp is None and artifact.PACKAGE.is_dir():
        try:
            zipapp = artifact.make(folder / "guestcheck.pyz")
        except LabError as error:
            print(f"lab: without guestcheck: {error}", file=sys.stderr)
    outcome = boot(guest, image.get(release), (script or FACTS).read_text(), zipapp, folder)
    begin = outcome.serial.find("@@READY")
    print(outcome.serial[max(begin, 0) :])
    for part, said in outcome.parts.items():
        print(
            f"--- {part}: code {said.code}, {said.seconds} "
            f"s\n{said.output.decode(errors='replace')}"
        )
    print(
        f"lab: {outcome.seconds:.0f} s, {outcome.ended or 'finished'}; all of it is in {folder}",
        file=sys.stderr,
    )
    return 1 if outcome.ended else 0
