"""Proxmox VE's lines, run in a shell with a stand-in for qm that does what was read in qemu-server:
disks keep their options, cards theirs.

The stand-in keeps a VM's configuration in a file. A disk that is deleted from its place becomes
unusedN and leaves the boot order; a VM without a disk in its boot order does not start; a running
VM's card is unplugged by a change of its model; options that a bus does not know are refused.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from guestcheck.model.device import Inventory
from tests.advice import acts

QM = """#!{python} -IS
import re, sys
from pathlib import Path
CONF, STATE = Path("{folder}/100.conf"), Path("{folder}/running")
conf = dict(line.split(": ", 1) for line in CONF.read_text().splitlines())
command, vm, *rest = sys.argv[1:]
if vm == "cmd":
    sys.exit(0)
assert vm == "100", sys.argv
DISK = re.compile(r"(ide|sata|scsi|virtio)\\d+$")
KNOWN = {{"ide": {{"model", "ssd", "wwn"}}, "sata": {{"ssd", "wwn"}}, "scsi": {{"ssd", "wwn", "iothread", "queues"}}, "virtio": {{"iothread"}}}}
EVERY = {{"size", "discard", "cache", "media", "backup", "serial"}}
def fail(why):
    sys.exit(f"{{why}}: {{sys.argv}}")
def unuse(key):
    volume = conf.pop(key).split(",")[0]
    conf[f"unused{{sum(1 for one in conf if one.startswith('unused'))}}"] = volume
    order = [one for one in conf.get("boot", "order=")[6:].split(";") if one and one != key]
    conf["boot"] = "order=" + ";".join(order)
def put(key, value):
    if not value:
        fail("no value")
    if DISK.match(key) and key in conf and conf[key].split(",")[0] != value.split(",")[0]:
        unuse(key)
    bus = key.rstrip("0123456789")
    if DISK.match(key):
        names = {{one.split("=")[0] for one in value.split(",")[1:]}}
        if names - KNOWN[bus] - EVERY:
            fail("an option that this bus does not know")
        for old in [one for one in conf if one.startswith("unused") and conf[one] == value.split(",")[0]]:
            del conf[old]
    if bus == "net" and STATE.exists() and conf.get(key, "").split("=")[0] != value.split("=")[0]:
        fail("the card of the running VM is unplugged")
    if STATE.exists():
        fail("changed while it runs")
    conf[key] = value
if command == "config":
    print("\\n".join(f"{{key}}: {{value}}" for key, value in sorted(conf.items())))
elif command == "set":
    while rest:
        key, value = rest.pop(0)[2:], rest.pop(0)
        if key == "delete":
            if value not in conf:
                fail("nothing there")
            unuse(value)
        else:
            put(key, value)
elif command == "shutdown":
    if STATE.exists():
        STATE.unlink()
elif command == "start":
    if not [one for one in conf.get("boot", "order=")[6:].split(";") if one in conf and DISK.match(one)]:
        fail("there is no disk to boot from")
    STATE.touch()
elif command != "snapshot":
    fail("unknown")
CONF.write_text("".join(f"{{key}}: {{value}}\\n" for key, value in sorted(conf.items())))
"""

CARD = "e1000=52:54:00:12:34:56,bridge=vmbr1,firewall=1,tag=30,rate=10"
BASE = {
    "net0": "virtio=52:54:00:00:00:01,bridge=vmbr0",
    "net1": CARD,
    "agent": "0,fstrim_cloned_disks=1",
    "ide2": "none,media=cdrom",
}
ABOUT = {"device": "sda", "bus": "sata", "is_root": True, "mac": "52:54:00:12:34:56", "cpus": 4}


@pytest.fixture
def run(tmp_path: Path, inventory: Callable[..., Inventory]) -> Callable[..., Dict[str, str]]:
    """Return what carries out a plan's lines on a configuration, twice if wished, and returns what
    becomes of it.
    """
    (tmp_path / "bin").mkdir()
    qm = tmp_path / "bin" / "qm"
    qm.write_text(QM.format(python=sys.executable, folder=tmp_path))
    qm.chmod(0o755)

    def carry_out(
        action: str,
        about: Dict[str, Any],
        conf: Dict[str, str],
        slot: str = "",
        new: str = "",
        times: int = 1,
        **more: Any,
    ) -> Dict[str, str]:
        (tmp_path / "100.conf").write_text(
            "".join(f"{key}: {value}\n" for key, value in conf.items())
        )
        (tmp_path / "running").touch()
        lines = [
            line
            for step in acts.say("proxmox", action, about, inventory(**more))
            for line in step.code
        ]
        for _ in range(times):
            _shell(tmp_path, lines, slot, new)
        assert (tmp_path / "running").exists()
        return _read(tmp_path / "100.conf")

    return carry_out


def _read(path: Path) -> Dict[str, str]:
    return dict(line.split(": ", 1) for line in path.read_text().splitlines())


def _shell(folder: Path, lines: List[str], slot: str, new: str) -> None:
    text = (
        "\n".join(lines)
        .replace("/etc/pve/qemu-server/VMID.conf", f"{folder}/100.conf")
        .replace("/root/VMID", f"{folder}/VMID")
    )
    text = (
        text.replace("VMID", "100")
        .replace("SLOT", slot)
        .replace("NEW", new)
        .replace("--CD", "--ide2")
        .replace("STORAGE", "local")
    )
    environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
    ran = subprocess.run(
        ["sh"], input=text, env=environment, capture_output=True, text=True, check=False
    )
    refused = [
        line
        for line in ran.stderr.splitlines()
        if "running" in line or "unplugged" in line or "does not know" in line
    ]
    assert not refused, refused
    assert ran.returncode == 0, ran.stderr


Run = Callable[..., Dict[str, str]]
VOLUME = "local:vm-100-disk-0,discard=on,size=32G"


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize(("to", "new"), [("virtio-blk", "virtio0"), ("virtio-scsi", "scsi0")])
@pytest.mark.parametrize(
    ("slot", "options"),
    [("sata0", ",ssd=1"), ("ide0", ",model=DISK"), ("sata3", ",ssd=1,wwn=0x5000c50015ea71ac")],
)
def test_a_disk_moves_with_its_options_and_boots(
    run: Run, slot: str, options: str, to: str, new: str, times: int
) -> None:
    conf = {**BASE, slot: VOLUME + options, "boot": f"order={slot};net0"}
    after = run("move-disk", {**ABOUT, "to": to}, conf, slot, new, times)
    assert after[new] == VOLUME
    assert slot not in after
    assert after["boot"] == f"order={new}"
    assert not [key for key in after if key.startswith("unused")]
    assert after.get("scsihw") == ("virtio-scsi-single" if to == "virtio-scsi" else None)


def test_a_disk_on_scsi_stays_in_its_place(run: Run) -> None:
    conf = {**BASE, "scsi0": VOLUME, "boot": "order=scsi0;net0"}
    after = run("move-disk", {**ABOUT, "bus": "scsi", "to": "virtio-scsi"}, conf)
    assert after == {**conf, "scsihw": "virtio-scsi-single"}


def test_the_controller_of_another_scsi_disk_is_left(run: Run) -> None:
    """What the guest did not show: the definition has a disk on scsi0, and its controller stays."""
    conf = {**BASE, "scsi0": VOLUME, "sata0": "local:vm-100-disk-1", "boot": "order=scsi0"}
    after = run(
        "move-disk", {**ABOUT, "is_root": False, "to": "virtio-scsi"}, conf, "sata0", "scsi1"
    )
    assert "scsihw" not in after
    assert after["boot"] == "order=scsi0"
    assert after["scsi1"] == "local:vm-100-disk-1"


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_card_keeps_its_address_and_options(run: Run, times: int) -> None:
    conf = {**BASE, "sata0": VOLUME, "boot": "order=sata0"}
    after = run("change-nic", ABOUT, conf, times=times)
    assert after == {**conf, "net1": CARD.replace("e1000", "virtio")}


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_further_settings_are_added_to_what_there_is(run: Run, times: int) -> None:
    conf = {**BASE, "scsi0": f"{VOLUME},cache=unsafe", "boot": "order=scsi0"}
    assert (
        run("add-queues", {**ABOUT, "kind": "nic"}, conf, times=times)["net1"] == f"{CARD},queues=4"
    )
    assert run("run-agent", {}, conf, times=times)["agent"] == "enabled=1,fstrim_cloned_disks=1"
    assert (
        run("enable-discard", {"interface": "virtio-scsi"}, conf, "scsi0", times=times)["scsi0"]
        == "local:vm-100-disk-0,size=32G,cache=unsafe,discard=on,ssd=1"
    )
    assert run("fix-flush", {}, conf, "scsi0", times=times)["scsi0"] == VOLUME
    assert (
        run("add-queues", {**ABOUT, "interface": "virtio-scsi"}, conf, "scsi0", times=times)[
            "scsi0"
        ]
        == f"{VOLUME},cache=unsafe,queues=4"
    )


def test_a_helper_disk_for_windows_leaves_the_boot_disk_alone(run: Run) -> None:
    for slot, wanted in (("sata0", "virtio-scsi-single"), ("scsi0", None)):
        conf = {**BASE, slot: VOLUME, "boot": f"order={slot}"}
        after = run("windows-drivers", {"kind": "disk", "to": "virtio-scsi"}, conf, new="scsi1")
        assert after.get("scsihw") == wanted
        assert after[slot] == VOLUME
        assert after["boot"] == f"order={slot}"


def test_the_way_back_is_the_first_definition(run: Run, tmp_path: Path) -> None:
    conf = {**BASE, "sata0": VOLUME, "boot": "order=sata0"}
    run("move-disk", {**ABOUT, "to": "virtio-blk"}, conf, "sata0", "virtio0", times=2)
    assert _read(tmp_path / "100-before.conf") == conf
