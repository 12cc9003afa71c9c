"""Of every recorded guest an archive of each kind says what was attached or that it does not know:
nothing else.

Where an archive has udev's database the verdicts are those of the live report.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List

import pytest

from guestcheck.model.report import Sink
from guestcheck.render.machine import json as json_format
from guestcheck.run import examine
from guestcheck.sources import open_source
from tests.remembered import remembered
from tests.sources.laid_out import LAYOUTS, Recorded, write
from tests.test_guests import GUESTS, as_json

LAB = [folder for folder in GUESTS if (folder / "truth.json").exists()]
WITH_DATABASE = ("sos-3.9", "sos-4.8", "supportconfig")


def said_of(folder: Path, layout: str) -> Dict[str, Any]:
    """Return the JSON report on a recorded guest laid out so."""
    told: Dict[str, Any] = json.loads(_text_of(folder, layout))
    return told


@remembered
def _text_of(folder: Path, layout: str) -> str:
    with TemporaryDirectory() as top:
        return rendered(str(laid_out(folder, layout, Path(top))))


def laid_out(folder: Path, layout: str, at: Path) -> Path:
    return write(LAYOUTS[layout](Recorded(folder)), at / "scc_lab")


def rendered(path: str) -> str:
    return json_format.render(examine(open_source([path])), Sink())


def verdicts(told: Dict[str, Any], kind: str) -> Dict[str, List[str]]:
    """Return interface, kind and driver of each device by its name or address."""
    return {
        d.get("name") or d["address"]: [d["interface"], d["kind"], d["driver"]]
        for d in told[kind] or ()
    }


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("folder", LAB, ids=lambda folder: folder.name)
def test_nothing_wrong_is_said(folder: Path, layout: str) -> None:
    told, live = said_of(folder, layout), as_json(folder)
    wrong = []
    for kind in ("disks", "nics"):
        right = verdicts(live, kind)
        by_address = {
            d["address"]: right[d.get("name") or d["address"]] for d in live[kind] if d["address"]
        }
        for name, (interface, verdict, driver) in verdicts(told, kind).items():
            expected = right.get(name) or by_address.get(name)
            if expected is None:
                wrong.append(f"{kind}: {name} {interface} {verdict} is none of the guest's")
            elif verdict != "unknown" and [interface, verdict] != expected[:2]:
                wrong.append(f"{kind}: {name} {interface} {verdict} {driver}, not {expected}")
    assert not wrong


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("layout", WITH_DATABASE)
@pytest.mark.parametrize("folder", LAB, ids=lambda folder: folder.name)
def test_with_a_database_of_udev_the_verdicts_are_those_of_the_live_report(
    folder: Path, layout: str
) -> None:
    if "pyudev" not in (folder / "manifest.json").read_text():
        pytest.skip("no udev ran in this guest")
    told, live = said_of(folder, layout), as_json(folder)
    for kind in ("disks", "nics"):
        assert verdicts(told, kind) == verdicts(live, kind)


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", ""])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_packed_it_says_what_it_says_unpacked(layout: str, packing: str, tmp_path: Path) -> None:
    """What a source wants of an archive is all that it reads of a folder."""
    folder = next(folder for folder in LAB if folder.name == "lab-mixed-pc-bookworm")
    unpacked, top = said_of(folder, layout), laid_out(folder, layout, tmp_path)
    with tarfile.open(tmp_path / "x", f"w:{packing}") as archive:  # type: ignore[call-overload]
        archive.add(top, "scc_lab")
    packed = json.loads(rendered(str(tmp_path / "x")))
    for told in (packed, unpacked):
        del told["time"], told["source"]
    assert packed == unpacked


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_tells_most(layout: str) -> None:
    """Count what each kind of archive settles over all guests: a change that makes one blind is
    seen here.
    """
    known = total = 0
    for folder in LAB:
        told, live = said_of(folder, layout), as_json(folder)
        for kind in ("disks", "nics"):
            total += len(live[kind])
            known += sum(1 for one in told[kind] or () if one["kind"] != "unknown")
    print(f"{layout}: {known} of {total}", file=sys.stderr)
    assert known / total > {"sos-2.2": 0.3, "sos-3.0": 0.9, "insights": 0.5}.get(layout, 0.97)
