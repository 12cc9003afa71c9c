"""The largest guests pass, and what a device costs does not grow with their number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from bench.devices import TEXTS, make_sys
from guestcheck.cli import main
from guestcheck.model.device import Inventory
from guestcheck.model.guest_config import Binding, Line, Network
from guestcheck.readiness import assess
from tests.readiness.making import (
    BY_ID,
    UNITS,
    a_card,
    ide_disk,
    ide_part,
    machine,
    started,
)

FORMATS = ("json", "text", "html", "markdown", "junit", "sarif", "prometheus", "nagios", "facts")


def calls(run: Callable[[], object]) -> int:
    """Count the calls of functions, those in C among them, and the steps of generators: a search is
    one for each that it looks at.
    """
    count = [0]

    def see(frame: object, event: str, argument: object) -> None:
        count[0] += event in ("call", "c_call")  # each has a return too

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count[0]


def cost(name: str, number: int, form: str, folder: Path, command: str = "check") -> int:
    path = folder / f"{number}.txt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(TEXTS[name](number))
    words = [
        command,
        str(path),
        "-f",
        f"{form}:{folder}/out",
        *(["--all"] if command == "preflight" else []),
    ]
    return calls(lambda: main(words))


@pytest.mark.tail(every=5)
@pytest.mark.parametrize("name", list(TEXTS))
def test_twice_the_devices_are_twice_the_work(name: str, tmp_path: Path) -> None:
    cost(name, 3, "json", tmp_path)  # what is imported and compiled once
    least, some, many = (cost(name, number, "json", tmp_path) for number in (20, 100, 180))
    assert many - least < 2.2 * (some - least) + 2000


@pytest.mark.tail(every=4)
@pytest.mark.parametrize(
    ("name", "most"),
    [("lsblk -J -O", 680), ("lsblk -J -O, one line", 680), ("udevadm --export-db", 940)],
)
def test_a_disk_costs_so_many_calls(name: str, most: int, tmp_path: Path) -> None:
    """Of so many that the output is read whole; a call is some 10 ns to 10 us."""
    cost(name, 1300, "json", tmp_path)  # what is imported and compiled once
    some, many = (cost(name, number, "json", tmp_path) for number in (1300, 1400))
    assert (many - some) / 100 < most


@pytest.mark.tail(every=5)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["lsblk", "ip -d link"])
def test_so_in_each_format(name: str, form: str, tmp_path: Path) -> None:
    cost(name, 3, form, tmp_path)
    least, some, many = (cost(name, number, form, tmp_path) for number in (20, 100, 180))
    assert many - least < 2.2 * (some - least) + 2000


@pytest.mark.parametrize("name", ["lsblk", "ip -d link"])
def test_so_in_preflight(name: str, tmp_path: Path) -> None:
    cost(name, 3, "json", tmp_path, "preflight")
    least, some, many = (
        cost(name, number, "json", tmp_path, "preflight") for number in (20, 100, 180)
    )
    assert many - least < 2.2 * (some - least) + 2000


BOUND: Dict[str, Callable[[int], List[Binding]]] = {
    "a file for each MAC address": lambda at: [
        Binding(Line(f"/etc/systemd/network/{at}.network", 1, ""), "networkd", mac=mac(at))
    ],
    "a file for each name": lambda at: [
        Binding(Line(IFUPDOWN, at, ""), "ifupdown", name=f"ens{at}", method="static")
    ],
    "a file that names each and one for that name": lambda at: [
        Binding(Line(f"/etc/systemd/network/{at}.link", 1, ""), "link", mac=mac(at), sets=f"l{at}"),
        Binding(Line(IFUPDOWN, at, ""), "ifupdown", name=f"l{at}", method="static"),
    ],
    "a rule by another name and a profile": lambda at: [
        Binding(Line("/etc/udev/rules.d/70-a.rules", at, ""), "udev", mac=mac(at), sets=f"n{at}"),
        Binding(Line(f"/run/systemd/network/10-netplan-i{at}.network", 1, ""), "networkd")._replace(
            name=f"ens{at}", method="static"
        ),
        Binding(Line("/etc/netplan/a.yaml", at, f"i{at}: x"), "netplan", name=f"ens{at}"),
    ],
}
IFUPDOWN = "/etc/network/interfaces"


def mac(at: int) -> str:
    return f"52:54:00:00:{at // 256:02x}:{at % 256:02x}"


def with_cards(number: int, bound: str) -> Inventory:
    """Make a guest with so many NICs on e1000, and the files of `BOUND` for each."""
    made = machine(devices=(ide_disk(), ide_part(), a_card()), more=[started(*UNITS)])
    (card,) = made.nics or ()
    cards = tuple(card._replace(name=f"ens{at}", mac=mac(at)) for at in range(number))
    network = Network(tuple(one for at in range(number) for one in BOUND[bound](at)))
    return made._replace(
        nics=cards, guest=made.guest._replace(setup=made.guest.setup._replace(network=network))
    )


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("to", ["virtio-net", "e1000e"])
@pytest.mark.parametrize("bound", list(BOUND))
def test_nics_and_what_is_bound_to_them_are_no_product(bound: str, to: str) -> None:
    def cost_of(number: int) -> int:
        guest = with_cards(number, bound)
        return calls(lambda: assess(guest, (BY_ID[to],)))

    cost_of(600)  # what is imported and compiled once
    least, some, many = (cost_of(number) for number in (300, 450, 600))
    assert many - least < 2.2 * (some - least) + 2000


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> Dict[str, object]:
    assert main([str(path), "-f", "json"]) in (0, 1)
    found: Dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    "before", ["", "root@vm:~# lsblk -J | jq -c\n"], ids=["alone", "behind a prompt"]
)
@pytest.mark.parametrize("name", ["lsblk -J -O", "lsblk -J -O, one line"])
@pytest.mark.parametrize("number", [100, 1000])
def test_json_on_one_line_or_many_is_read_whole(
    name: str, number: int, before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lsblk.txt").write_text(before + "".join(TEXTS[name](number)))
    report = told(tmp_path / "lsblk.txt", capsys)
    assert len(report["disks"]) == number  # type: ignore[arg-type]
    assert "as far as was read" not in str(report["headline"])


def test_a_line_that_is_cut_stands_in_the_headline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "lspci -nn\n00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device "
        "[1af4:1000]" + " x" * 40_000
    )
    (tmp_path / "long.txt").write_text(text)
    report = told(tmp_path / "long.txt", capsys)
    assert "as far as was read" in str(report["headline"])
    assert "only its beginning was read" in str(report["headline"])


@pytest.mark.slow
def test_a_running_guest_with_thousands_of_disks(tmp_path: Path) -> None:
    """A /sys made for it, in a name space of its own."""
    number = 2000
    make_sys(tmp_path / "sys", number)
    mount = f'mount --bind {tmp_path}/sys /sys && exec "$@"'
    argv = ["unshare", "-m", "sh", "-c", mount, "sh"]
    if (
        os.geteuid() != 0
        or subprocess.run([*argv, "true"], capture_output=True, check=False).returncode != 0
    ):
        pytest.skip("no name space for mounts can be made here")
    ran = subprocess.run(
        [*argv, sys.executable, "-m", "guestcheck", "-f", "json"], capture_output=True, check=False
    )
    report = json.loads(ran.stdout)
    assert len(report["disks"]) == number
    assert {disk["interface"] for disk in report["disks"]} == {"virtio-scsi"}
