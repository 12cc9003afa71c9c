"""Recorded guests: what was attached to each is what is said of it, and its results are those that
were read and accepted.

A folder under fixtures/guests is a recording: the manifest, the answers as text files (a name "@X"
stands for fixtures/shared/X, a text that several guests have), `truth.json` with what QEMU was told
to attach, and `expect`, the results that are no pass. `pytest --update` writes `expect` again; read
what it wrote.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import pytest

from guestcheck.evidence import questions
from guestcheck.model.check import PASS, SKIP
from guestcheck.model.report import Sink
from guestcheck.model.source import Answer, Question, Raw, Source
from guestcheck.render.machine import json as json_format
from guestcheck.render.people import terminal, text
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.bundle import Bundle, write
from guestcheck.sources.live import Live
from tests.remembered import remembered

FIXTURES = Path(__file__).parent / "fixtures"
GUESTS = sorted(path.parent for path in (FIXTURES / "guests").glob("*/manifest.json"))


def reader(folder: Path) -> Callable[[str], bytes]:
    """Return what reads the files of the recording in `folder`."""

    def read(name: str) -> bytes:
        path = FIXTURES / "shared" / name[1:] if name.startswith("@") else folder / name
        return path.read_bytes()

    return read


@remembered
def examined(folder: Path) -> Any:
    return examine(Bundle(folder.name, reader(folder)))


def as_json(folder: Path) -> Dict[str, Any]:
    told: Dict[str, Any] = json.loads(_as_text(folder))
    return told


@remembered
def _as_text(folder: Path) -> str:
    return json_format.render(examined(folder), Sink())


def test_there_are_recorded_guests() -> None:
    assert len(GUESTS) >= 2


@pytest.mark.parametrize(
    "folder", [g for g in GUESTS if (g / "truth.json").exists()], ids=lambda folder: folder.name
)
def test_what_was_attached_is_what_is_said(folder: Path) -> None:
    told = as_json(folder)
    devices = {
        "disk": told["disks"],
        "nic": told["nics"],
        "controller": told["controllers"] + told["nics"],
    }
    wrong = []
    for truth in json.loads((folder / "truth.json").read_text())["devices"]:
        said = _named(truth, devices[truth["what"]])
        if not said:
            if not truth["optional"]:
                wrong.append(f"{truth['what']}: nothing is said of it")
            continue
        device = said[0]
        if (device["interface"], device["kind"]) != (truth["interface"], truth["kind"]):
            wrong.append(
                f"{truth['what']}: {device['interface']} {device['kind']}, "
                f"not {truth['interface']} {truth['kind']}"
            )
        if truth["drivers"] and (device["driver"] or "") not in truth["drivers"]:
            wrong.append(f"{truth['what']}: driver {device['driver']}, not {truth['drivers']}")
    assert not wrong


def _named(truth: Dict[str, Any], devices: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return the devices of the report that are the one attached: by serial, else by address, else
    by MAC.

    A card's address comes before its MAC, because a bond gives all its members one.
    """
    for mark in ("serial", "address", "mac"):
        found = [
            device
            for device in devices
            if truth[mark] and (device.get(mark) or "").lower() == truth[mark].lower()
        ]
        if found:
            return found
    return []


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_results_are_those_that_were_accepted(folder: Path, request: pytest.FixtureRequest) -> None:
    report = examined(folder)
    lines: List[str] = [
        f"hypervisor {report.inventory.hypervisor}",
        f"platform {report.inventory.platform}",
    ]
    lines += [
        f"disk {d.name} {d.verdict.interface} {d.verdict.kind} {d.driver} {','.join(d.roles)}".rstrip()
        for d in report.inventory.disks or ()
    ]
    lines += [
        f"nic {n.name or n.address} {n.verdict.interface} {n.verdict.kind} {n.driver}".rstrip()
        for n in report.inventory.nics or ()
    ]
    lines += [
        f"{r.id} {r.outcome} {r.subject}" for r in report.results if r.outcome not in (PASS, SKIP)
    ]
    said = "\n".join(lines) + "\n"
    expect = folder / "expect"
    if request.config.getoption("--update"):
        expect.write_text(said)
    assert said == expect.read_text()


def as_bytes(source: Any) -> List[str]:
    """Return the JSON report's lines, byte for byte, but for where and when."""
    lines = json_format.render(examine(source), Sink()).split("\n")
    return [line for line in lines if not line.startswith(('"source": ', '"time": '))]


class Known(Source):
    """A source whose answers are known."""

    def __init__(self, raw: Raw) -> None:
        self.name = raw.source
        self.raw = raw

    def gather(self, _: Sequence[Question[object]]) -> Raw:
        return self.raw


@pytest.mark.parametrize(
    "folder", [*GUESTS, None], ids=lambda folder: folder.name if folder else "live"
)
def test_a_recording_says_byte_for_byte_what_the_guest_said(
    folder: Optional[Path], tmp_path: Path
) -> None:
    # Of this machine too, whose answers are those of one moment.
    raw = (Bundle(folder.name, reader(folder)) if folder else Live()).gather(questions())
    path = str(tmp_path / "guest.tar.gz")
    write(raw, path)
    source = open_source([path])
    assert as_bytes(source) == as_bytes(Known(raw))
    assert source.gather(questions()) == raw._replace(source=path, answers=rounded(raw))


def rounded(raw: Raw) -> Dict[str, Tuple[Answer, ...]]:
    return {
        question: tuple(answer._replace(seconds=round(answer.seconds, 4)) for answer in given)
        for question, given in raw.answers.items()
    }


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_formats_for_people_show_every_device(folder: Path) -> None:
    report = examined(folder)
    names = [disk.name for disk in report.inventory.disks or ()] + [
        nic.name or nic.address for nic in report.inventory.nics or ()
    ]
    for shown in (text.render(report, Sink(80)), terminal.render(report, Sink(160))):
        assert [name for name in names if name not in shown] == []
        assert not [
            character for character in shown if not character.isprintable() and character != "\n"
        ]
