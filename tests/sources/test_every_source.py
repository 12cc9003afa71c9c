"""Every source has an example that it recognises and answers from, and its page. A new one fails
here until it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict

import pytest

import guestcheck.sources as package
from guestcheck.discovery import names
from guestcheck.evidence import questions
from guestcheck.model.source import OK
from guestcheck.sources import known_modules, open_source, wanted
from guestcheck.sources.bundle import write as write_recording
from guestcheck.stores.opening import open_store
from tests import makers
from tests.hives import hive
from tests.sources.laid_out import LAYOUTS, Recorded, write
from tests.sources.test_systeminfo import FILES, packed
from tests.test_guests import GUESTS

DOCS = Path(__file__).parents[2] / "docs"
MIXED = next(folder for folder in GUESTS if folder.name == "lab-mixed-pc-bookworm")

# How the pages for users call each source.
PAGES: Dict[str, str] = {
    "bundle": "`guestcheck collect -o FILE`",
    "image": "`guestcheck IMAGE.qcow2`",
    "insights": "insights-client",
    "live": "`guestcheck`",
    "pasted": "`guestcheck lspci.txt lsblk.txt`",
    "powershell": "a Windows guest",
    "root": "`guestcheck --root DIR`",
    "sosreport": "a sosreport",
    "supportconfig": "a supportconfig",
    "systeminfo": "`CollectSystemInfo`",
    "windows": "an image tells of the registry",
}


def recording(top: Path) -> None:
    write_recording(
        makers.raw(makers.disk("sda", "0000:00:01.1 pci ata_piix 8086:7010"), vm="kvm"),
        str(top / "guest.tar.gz"),
    )


def archive(layout: str) -> Callable[[Path], None]:
    def make(top: Path) -> None:
        write(LAYOUTS[layout](Recorded(MIXED)), top / "guest")

    return make


def texts(**named: str) -> Callable[[Path], None]:
    """Make a folder of texts: `lspci` is in lspci.txt."""

    def make(top: Path) -> None:
        write({f"{name}.txt": text for name, text in named.items()}, top / "guest")

    return make


def root(top: Path) -> None:
    write(
        {
            "etc/fstab": "/dev/sda1 / ext4\n",
            "usr/bin/sh": "",
            "boot/vmlinuz-6.1": "",
            "boot/config-6.1": "CONFIG_X=y\n",
        },
        top / "guest",
    )


def volume(top: Path) -> None:
    folder = top / "guest" / "Windows" / "System32" / "config"
    folder.mkdir(parents=True)
    (folder / "SYSTEM").write_bytes(
        hive({"Select": {"Current": 1}, "ControlSet001": {"Services": {"viostor": {"Start": 0}}}})
    )


def image(top: Path) -> None:
    (top / "guest.qcow2").write_bytes(b"QFI\xfb\0\0\0\3" + b"\0" * 504)


def systeminfo(top: Path) -> None:
    packed(top, FILES)


EXAMPLES: Dict[str, Callable[[Path], None]] = {
    "bundle": recording,
    "image": image,
    "insights": archive("insights"),
    "pasted": texts(
        lspci="00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network [1af4:1000]\n"
    ),
    "root": root,
    "sosreport": archive("sos-4.8"),
    "supportconfig": archive("supportconfig"),
    "systeminfo": systeminfo,
    "windows": volume,
}


@pytest.mark.parametrize("name", names(package))
def test_it_is_on_the_page(name: str) -> None:
    assert PAGES[name] in (DOCS / "sources.md").read_text(encoding="utf-8")


def test_no_example_and_no_page_is_left_of_a_source_that_has_gone() -> None:
    assert sorted(PAGES) == names(package)
    assert sorted(EXAMPLES) == sorted(
        module.__name__.rpartition(".")[2] for module in known_modules()
    )


@pytest.mark.parametrize("name", [module.__name__.rpartition(".")[2] for module in known_modules()])
def test_its_example_is_recognised_by_it_first(name: str, tmp_path: Path) -> None:
    if name == "windows":
        pytest.importorskip("pyregf")
    EXAMPLES[name](tmp_path)
    (path,) = tmp_path.iterdir()
    taken = next(
        module
        for module in known_modules()
        if module.recognise(open_store([str(path)], wanted())) is not None
    )
    assert taken.__name__ == f"guestcheck.sources.{name}"


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "image"])
def test_of_its_example_something_is_told(name: str, tmp_path: Path) -> None:
    if name == "windows":
        pytest.importorskip("pyregf")
    EXAMPLES[name](tmp_path)
    (path,) = tmp_path.iterdir()
    source = open_source([str(path)])
    assert type(source).__module__ == f"guestcheck.sources.{name}"
    raw = source.gather(questions(source.family, deep=True))
    assert [
        answer
        for answers in raw.answers.values()
        for answer in answers
        if answer.status == OK and answer.text.strip()
    ]
    assert raw.source == str(path)
