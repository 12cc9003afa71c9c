"""A parser that reads no further than its bound says so, and keeps what it read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Tuple

import pytest

from guestcheck.evidence import read
from guestcheck.evidence.linux import _grub, _menus, ip
from guestcheck.evidence.linux.boot import BOOT, entries_of
from guestcheck.evidence.linux.config import root_layers
from guestcheck.evidence.linux.config.storage_config import parse_arrays, parse_lvm
from guestcheck.evidence.windows import _cim, devices, drivers, network
from guestcheck.facts.linux.loader import default_entry
from guestcheck.model.source import OK, Answer, Question, Raw
from tests.readiness.test_menus_read import GOOD, debian, entry, on_virtio

GRUB = "".join(f"menuentry 'e{n}' {{\n linux /k{n} ro\n}}\n" for n in range(3))
LILO = "".join(f"image=/k{n}\nlabel=e{n}\n" for n in range(3))
REFIND = "".join(f'"e{n}" "ro"\n' for n in range(3))
SOURCES = "".join(f"source /s{n}\n" for n in range(3)) + GRUB
IP = "1: eth0: <UP> mtu 1500\n" + "".join(f"    inet 192.0.2.{n}/24\n" for n in range(3))
PNP = "".join(f"DeviceID : PCI\\\\{n}\\\\1\n\n" for n in range(3))
NICS = "".join(f"Index : {n}\nPNPDeviceID : PCI\\\\{n}\\\\1\n\n" for n in range(3))
CASES = {
    "grub": (BOOT, "/boot/grub/grub.cfg", GRUB, _grub, "_MOST_ENTRIES"),
    "grub's files": (BOOT, "/boot/grub/grub.cfg", SOURCES, _grub, "_MOST_INCLUDES"),
    "lilo": (BOOT, "/etc/lilo.conf", LILO, _menus, "_MOST_ENTRIES"),
    "refind": (BOOT, "/boot/refind_linux.conf", REFIND, _menus, "_MOST_ENTRIES"),
    "addresses": (ip.LINKS, "ip -d address", IP, ip, "_MOST_ADDRESSES"),
    "modules": (
        root_layers.GRUB_MODULES,
        "/boot/grub/grub.cfg",
        "insmod a b c\n",
        root_layers,
        "_MOST_MODULES",
    ),
    "pnp": (devices.WINDOWS_DEVICES, "Win32_PnPEntity", PNP, _cim, "MOST_INSTANCES"),
    "nics": (network.WINDOWS_NICS, "Win32_NetworkAdapter", NICS, _cim, "MOST_INSTANCES"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("most", "cuts"), [(2, 1), (3, 0)])
def test_what_is_beyond_a_bound_is_named(
    name: str, most: int, cuts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case: Tuple[Question[Any], str, str, object, str] = CASES[name]  # type: ignore[assignment]
    question, asked, text, module, bound = case
    monkeypatch.setattr(module, bound, most)
    evidence = read(Raw("x", {question.name: (Answer(asked, OK, text),)}), (question,))
    assert len(evidence.cut) == cuts
    assert all("more than 2 " in cut.says for cut in evidence.cut)
    assert len([gap for gap in evidence.gaps if gap.leaves_open]) == cuts
    assert evidence.get(question)


def test_a_table_of_windows_that_is_cut_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cim, "MOST_INSTANCES", 1)
    text = '"Driver","OriginalFileName"\n' + '"a","b.inf"\n' * 5
    question: Question[Any] = drivers.WINDOWS_DRIVERS
    raw = Raw("x", {question.name: (Answer("Get-WindowsDriver", OK, text),)})
    assert len(read(raw, (question,)).cut) == 1


@pytest.mark.parametrize("default", ["2", "e2"])
def test_a_default_beyond_the_cut_is_not_the_first_entry(
    default: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_grub, "_MOST_ENTRIES", 2)
    answers = (Answer("/boot/grub/grub.cfg", OK, f"set default={default}\n{GRUB}"),)
    question: Question[Any] = BOOT
    found = read(Raw("x", {BOOT.name: answers}), (question,)).get(BOOT)
    assert found is not None
    assert default_entry(found) is None
    assert [one.title for one in entries_of({BOOT.name: answers})] == ["e0", "e1"]


def test_a_default_beyond_the_cut_leaves_boots_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = "set default=2\n" + entry("a", GOOD) + entry("b", GOOD) + entry("c", GOOD)
    monkeypatch.setattr(_grub, "_MOST_ENTRIES", 2)
    found = on_virtio(tmp_path, debian(menu))
    assert found.verdict == "unknown"
    # The reason names the menu now; before, only that something was cut.
    assert "boot-entry-unseen" in [reason.id for reason in found.reasons]


@pytest.mark.parametrize(
    ("parse", "asked", "text"),
    [
        (parse_arrays, "/etc/mdadm.conf", "DEVICE a\n" + " b\n" * 600),
        (
            lambda answers: parse_lvm(answers).settings,
            "/etc/lvm/lvm.conf",
            'filter = [ "a",\n' + '"b",\n' * 600 + "]\n",
        ),
    ],
)
def test_a_long_list_is_read_to_its_end(parse: Callable[[Any], Any], asked: str, text: str) -> None:
    (setting,) = parse([Answer(asked, OK, text)])
    assert len(setting.values) == 601
