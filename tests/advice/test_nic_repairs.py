"""After the printed repair of a NIC's configuration preflight, asked again, no longer gives the
reason: the script is run on the guest's own files.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest

from guestcheck.advice import worded
from guestcheck.advice.script.fix_script import script
from guestcheck.catalogue.rows import BUNDLES, TARGETS
from guestcheck.evidence.linux.config.network_config import NETWORK
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.model.source import File
from guestcheck.model.target import Readiness, chosen
from guestcheck.readiness import assess
from tests.advice import acts
from tests.advice.test_script import Guest as Laid
from tests.readiness.making import (
    UNITS,
    a_card,
    addresses,
    ide_disk,
    ide_part,
    machine,
    started,
    told,
)

MAC = "52:54:00:12:34:56"
INTERFACES = "/etc/network/interfaces"
NETPLAN = "/etc/netplan/50-cloud-init.yaml"
KEYFILE = "/etc/NetworkManager/system-connections/a.nmconnection"
NETWORKD = "/etc/systemd/network/20-lan.network"
PACKAGED = "/usr/lib/systemd/network/80-ec2.network"
IFCFG = "/etc/sysconfig/network-scripts/ifcfg-ens3"
SUSE = "/etc/sysconfig/network/ifcfg-ens3"
FORMS: Dict[str, Tuple[str, str]] = {
    "networkd by driver": (NETWORKD, "[Match]\nDriver=e1000\n[Network]\nDHCP=yes\n"),
    "networkd by name": (NETWORKD, "[Match]\nName=ens3\n[Network]\nAddress=10.0.0.2/24\n"),
    "networkd of a package": (PACKAGED, "[Match]\nDriver=e1000 vif\n[Network]\nDHCP=yes\n"),
    "netplan by driver": (
        NETPLAN,
        "network:\n  ethernets:\n    lan:\n      match:\n        driver: e1000\n      dhcp4: "
        "true\n",
    ),
    "netplan by driver in braces": (
        NETPLAN,
        "network:\n  ethernets:\n    lan:\n      match: {driver: [e1000, ena]}\n      dhcp4: "
        "true\n",
    ),
    "netplan by name": (
        NETPLAN,
        "network:\n    ethernets:\n        ens3:\n            dhcp4: true\n            "
        "optional: true\n",
    ),
    "NetworkManager by name": (
        KEYFILE,
        "[connection]\ntype=ethernet\ninterface-name=ens3\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n",
    ),
    "NetworkManager by driver": (
        KEYFILE,
        "[connection]\ntype=ethernet\n[ethernet]\nmtu=1500\n[match]\ndriver=e1000;"
        "\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n",
    ),
    "ifcfg": (IFCFG, "DEVICE=ens3\nONBOOT=yes\nBOOTPROTO=static\nIPADDR=10.0.0.2\n"),
    "ifcfg by its own name": (IFCFG, "ONBOOT=yes\nBOOTPROTO=static\nIPADDR=10.0.0.2\n"),
    "ifupdown": (
        INTERFACES,
        "auto ens3 ens3.5\niface ens3 inet static\n address 10.0.0.2/24\niface ens3.5 inet dhcp\n",
    ),
    "ifupdown, a bridge": (INTERFACES, "auto br0\niface br0 inet dhcp\n bridge_ports ens3\n"),
    "wicked": (SUSE, "BOOTPROTO='static'\nIPADDR='10.0.0.2/24'\nSTARTMODE='auto'\n"),
}


def guest(files: Sequence[Tuple[str, str]], name: str = "ens3", **more: Any) -> Inventory:
    manager = any("NetworkManager" in path for path, _ in files)
    units = started(*(unit for unit in UNITS if manager or unit != "NetworkManager"))
    answers = [
        *(told("network_config", path, text) for path, text in files),
        units,
        addresses(**{name: "10.0.0.2"}),
    ]
    return machine(devices=(ide_disk(), ide_part(), a_card(name)), more=answers, **more)


def judged(inventory: Inventory, *targets: str) -> Tuple[Readiness, ...]:
    return assess(inventory, chosen(targets or ("virtio-net",), TARGETS, BUNDLES))


def repaired(
    inventory: Inventory, here: Laid
) -> Tuple[subprocess.CompletedProcess[str], List[Tuple[str, str]]]:
    """Run the fix script twice, and return how it ended and all files of the network's
    configuration.
    """
    text = script(Preflight("0.0", "", inventory, judged(inventory), {}, ()))
    here.stub("update-initramfs", "")
    here.stub("netplan", "")
    here.run(text)
    done = here.run(text)
    found = []
    for word in NETWORK.asks:
        if isinstance(word, File):
            found += [
                ("/" + str(path.relative_to(here.top)), path.read_text())
                for path in sorted(here.top.glob(word.path[1:]))
                if path.is_file()
            ]
    return done, list(dict.fromkeys(found))


@pytest.mark.parametrize("form", FORMS)
def test_the_reason_is_gone(form: str, tmp_path: Path) -> None:
    path, text = FORMS[form]
    before = guest([(path, text)])
    assert judged(before)[0].verdict != "network-up"
    here = Laid(tmp_path, {path[1:]: text})
    done, files = repaired(before, here)
    assert (done.returncode, done.stderr) == (0, "")
    after = judged(guest(files))[0]
    assert [reason.id for reason in after.reasons] == []
    assert after.verdict == "network-up"
    # The card of now keeps its network too: the way back is open.
    assert judged(guest(files), "vmxnet3")[0].verdict == "network-up"


@pytest.mark.parametrize("form", FORMS)
def test_the_report_names_the_file_and_its_form(form: str) -> None:
    path, text = FORMS[form]
    inventory = guest([(path, text)])
    (action,) = judged(inventory)[0].reasons[0].actions
    steps = list(worded("guest", action, inventory))
    said = "\n".join(line for step in steps for line in (step.text, *step.code))
    assert path in said
    assert MAC in said
    assert "Name=ens3" not in said
    assert not [
        word for word in ("bind ", "keep ") if f"\n{word}" in said.replace(f"keep {path}", "")
    ]


def test_the_printed_edit_of_networkd_does_what_the_script_does(tmp_path: Path) -> None:
    path, text = FORMS["networkd by driver"]
    (action,) = judged(guest([(path, text)]))[0].reasons[0].actions
    (step,) = worded("guest", action, guest([(path, text)]))
    here = Laid(tmp_path, {path[1:]: text, "root/x": ""})
    assert here.run("#!/bin/sh\nset -eu\n" + "\n".join(step.code) + "\n").returncode == 0
    assert here.read(path[1:]) == text.replace("Driver=e1000", f"MACAddress={MAC}")


def test_without_a_mac_address_the_driver_is_added(tmp_path: Path) -> None:
    path, text = FORMS["networkd by driver"]
    inventory = machine(more=[told("network_config", path, text), started("systemd-networkd")])
    done, files = repaired(inventory, Laid(tmp_path, {path[1:]: text}))
    assert done.returncode == 0
    assert files == [(path, text.replace("Driver=e1000", "Driver=e1000 virtio_net"))]
    again = machine(more=[told("network_config", *files[0]), started("systemd-networkd")])
    assert judged(again)[0].verdict == "network-up"


def test_a_shadowed_file_comes_first(tmp_path: Path) -> None:
    first = (
        "/etc/systemd/network/10-first.network",
        "[Match]\nDriver=virtio_net\n[Link]\nUnmanaged=yes\n",
    )
    files = [first, (NETWORKD, "[Match]\nName=en*\n[Network]\nDHCP=yes\n")]
    done, after = repaired(guest(files), Laid(tmp_path, {path[1:]: text for path, text in files}))
    assert done.returncode == 0
    assert judged(guest(after))[0].verdict == "network-up"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (NETPLAN, 'network:\n  ethernets:\n    "ens3":\n      dhcp4: true\n'),
        (NETPLAN, "network:\n  ethernets:\n    ens3: {dhcp4: true}\n"),
        (NETWORKD, "[Match]\nName=ens3 ens4\n[Network]\nAddress=10.0.0.2/24\n"),
        (NETWORKD, "[Match]\nName=ens*\n[Network]\nAddress=10.0.0.2/24\n"),
        (
            NETPLAN,
            "network:\n  ethernets:\n    lan:\n      match: {name: 'ens*'}\n      addresses: "
            "[10.0.0.2/24]\n",
        ),
        (INTERFACES, "auto /ens*=lan\niface lan inet static\n address 10.0.0.2/24\n"),
        (INTERFACES, "auto br0\niface br0 inet dhcp\n bridge_ports regex ens.*\n"),
        ("/etc/conf.d/net", 'config_ens3="10.0.0.2/24"\n'),
    ],
)
def test_what_the_script_cannot_edit_it_leaves_and_says_so(
    path: str, text: str, tmp_path: Path
) -> None:
    more = told("network_managers", "/etc/runlevels/*/net.*", "/etc/runlevels/default/net.ens3\n")
    inventory = machine(
        devices=(ide_disk(), ide_part(), a_card("ens3")),
        more=[told("network_config", path, text), started("systemd-networkd"), more],
    )
    here = Laid(tmp_path, {path[1:]: text})
    done, _ = repaired(inventory, here)
    assert done.returncode == 1
    assert "not all is done" in done.stderr
    assert here.read(path[1:]) == text


@pytest.mark.parametrize(
    "tool", ["networkd", "netplan", "networkmanager", "ifcfg", "ifupdown", "wicked", "netifrc", "x"]
)
@pytest.mark.parametrize("name", ["bind-nic", "pin-nic", "order-networks", "manage-nic"])
def test_nothing_of_a_hostile_guest_goes_into_a_command(name: str, tool: str) -> None:
    bad = "a';touch /x;'$(id)"
    keys = ("device", "mac", "file", "before", "name", "id", "definition", "pin")
    lists = dict.fromkeys(("drivers", "modules"), (bad,))
    about = {**dict.fromkeys(keys, bad), **lists, "tool": tool}
    inventory = machine()
    for by in ("name", "driver", "mac"):
        action = acts.made(name, {**about, "by": by})
        steps = list(worded("guest", action, inventory))
        assert "touch" not in "".join(line for step in steps for line in step.code)
        one = judged(inventory)[0]
        reason = one.reasons[0]._replace(actions=(action,))
        text = script(Preflight("0.0", "", inventory, (one._replace(reasons=(reason,)),), {}, ()))
        assert "touch" not in "".join(line for line in text.split("\n") if not line.startswith("#"))


@pytest.mark.parametrize("by", ["networkd", "netplan", "networkmanager", "ifcfg"])
def test_a_cloud_s_new_mac_address_has_words_of_its_own(by: str) -> None:
    text = "\n".join(
        step.text
        for step in acts.say(
            "guest",
            "bind-nic",
            {"tool": by, "by": "mac", "file": "/etc/x", "modules": ("ena",)},
            machine(),
        )
    )
    assert "take the MAC address out" in text


@pytest.mark.parametrize(
    "form", ["networkd by driver", "netplan by driver", "NetworkManager by driver"]
)
def test_a_file_for_several_cards_is_not_bound_to_one(form: str, tmp_path: Path) -> None:
    path, text = FORMS[form]
    cards = (a_card("ens3"), a_card("ens4", mac="52:54:00:12:34:57"))
    more = [
        told("network_config", path, text),
        started("NetworkManager" if path == KEYFILE else "systemd-networkd"),
    ]
    inventory = machine(devices=(ide_disk(), ide_part(), *cards), more=more)
    done, files = repaired(inventory, Laid(tmp_path, {path[1:]: text}))
    assert "52:54" not in str(files)
    if path == NETWORKD:
        assert done.returncode == 0
        again = machine(
            devices=(ide_disk(), ide_part(), *cards),
            more=[told("network_config", *files[0]), started("systemd-networkd")],
        )
        assert [one.verdict for one in judged(again)] == ["network-up", "network-up"]
    else:
        assert done.returncode == 1
        assert files == [(path, text)]


def test_each_card_gets_a_name_of_its_own(tmp_path: Path) -> None:
    text = (
        "auto ens3 ens4\niface ens3 inet static\n address 10.0.0.2/24\niface ens4 inet static\n "
        "address 10.0.1.2/24\n"
    )
    cards = (a_card("ens3"), a_card("ens4", mac="52:54:00:12:34:57"))

    def with_files(files: Sequence[Tuple[str, str]]) -> Inventory:
        answers = [*(told("network_config", *file) for file in files), started("networking")]
        return machine(devices=(ide_disk(), ide_part(), *cards), more=answers)

    done, files = repaired(with_files([(INTERFACES, text)]), Laid(tmp_path, {INTERFACES[1:]: text}))
    assert (done.returncode, done.stderr) == (0, "")
    assert dict(files)[INTERFACES] == text.replace("ens3", "lan0").replace("ens4", "lan1")
    assert [one.verdict for one in judged(with_files(files))] == ["network-up", "network-up"]
