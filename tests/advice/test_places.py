"""Held true of every place: it is what its file says, it words what it promises, and a hostile
guest cannot speak through it.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import partial
from importlib import import_module
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from guestcheck.advice import module_of, places
from guestcheck.model.advice import Step
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from tests.advice import acts

PLACES = list(places())

# Every value an action is about, as a check would give it.
FULL: Dict[str, Any] = {
    "device": "sda",
    "interface": "sata",
    "to": "virtio-scsi",
    "bus": "sata",
    "is_root": True,
    "serial": "QM00001",
    "address": "0000:00:1f.2",
    "mac": "52:54:00:12:34:56",
    "kind": "disk",
    "cpus": 4,
    "queues": 4,
    "evidence": (Hint("/boot/initrd.img-6.1.0", "virtio_scsi is in it"),),
    "warning": "the next update of GRUB's menu writes root=/dev/sda1 again",
    "others": ("6.0.0",),
    "agent": "qemu-ga",
    "installed": False,
    "channel": False,
    "module": "virtio_scsi",
    "modules": ("virtio_pci", "virtio_scsi"),
    "symbol": "CONFIG_SCSI_VIRTIO",
    "kernel": "6.1.0-56-amd64",
    "tool": "dracut",
    "name": "ens3",
    "definition": "lan",
    "drivers": ("e1000",),
    "pin": "lan0",
    "before": "/etc/systemd/network/10-a.network",
    "device_class": "{4d36e97b-e325-11ce-bfc1-08002be10318}",
    "value": "UpperFilters",
    "file": "/etc/fstab",
    "where": "/etc/modprobe.d/a.conf, line 1",
    "service": "vioscsi",
    "state": "start",
    "static": ("192.0.2.7",),
    "masks": ("255.255.255.0",),
    "gateway": "192.0.2.1",
    "dns": ("192.0.2.53",),
    "card": "Ethernet 2",
    "has_address": False,
    "layer": "lvm",
    "package": "lvm2",
}

HOSTILE = [
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a' --rm '",
    'a" "b',
    "a\nreboot",
    "sda\n",
    "\x1b[31mred",
    "a\x00b",
    "[bold]x[/bold]",
    "<script>",
    "--evil",
    "-rf",
    "a|b&c>d",
    "../../etc/passwd",
    "ａ",
    "a" * 500,
    "'/><evil/>",
]


# The paths that matter most, for what need not be tried on all of them.
FEW: List[Dict[str, Any]] = [
    {},
    {"to": "virtio-scsi", "bus": "sata", "is_root": True, "kind": "disk"},
    {"to": "virtio-net", "kind": "nic"},
]


def wordings() -> Iterator[Tuple[str, str, Callable[..., Any]]]:
    for place, action in acts.WORDED:
        yield place, action, partial(acts.say, place, action)


def variants(values: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Give `values` once for each path that a wording may take by words that checks choose."""
    chosen = [
        {"to": to, "kind": what, "bus": bus, "interface": interface}
        for to in (
            "virtio-blk",
            "virtio-scsi",
            "pvscsi",
            "storvsc",
            "xen-blkfront",
            "nvme",
            "virtio-net",
            "vmxnet3",
            "netvsc",
            "ena",
        )
        for what, bus, interface in (
            ("disk", "ide", "ide"),
            ("disk", "scsi", "virtio-scsi"),
            ("nic", "", "virtio-net"),
            ("disk", "", "virtio-blk"),
        )
    ]
    agents = (
        "qemu-ga",
        "open-vm-tools",
        "hyperv-daemons",
        "xe-guest-utilities",
        "waagent",
        "google-guest-agent",
        "virtualbox-guest-utils",
        "?",
    )
    return [
        *({**values, **words, "is_root": root} for words in chosen for root in (True, False)),
        *(
            {**values, "agent": agent, "channel": channel, "installed": installed}
            for agent in agents
            for channel in (True, False)
            for installed in (True, False)
        ),
        *(
            {**values, "tool": tool}
            for tool in ("dracut", "initramfs-tools", "mkinitcpio", "mkinitrd", "booster", "", "?")
        ),
    ]


ALL = pytest.mark.parametrize(
    ("place", "action", "wording"),
    list(wordings()),
    ids=lambda value: value if isinstance(value, str) else "",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_a_name_and_words(place: str) -> None:
    assert import_module(module_of(place)).NAME
    assert [name for one, name in acts.WORDED if one == place]


@pytest.mark.parametrize("place", PLACES)
def test_a_docstring_says_what_it_is(place: str) -> None:
    first = (import_module(module_of(place)).__doc__ or "").split("\n\n")[0].strip()
    assert len(first) < 120
    assert first.endswith((".", ","))


@pytest.mark.parametrize("place", PLACES)
def test_a_place_imports_only_the_model_and_what_the_folder_shares(place: str) -> None:
    tree = ast.parse(inspect.getsource(import_module(module_of(place))))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    for name in imported:
        assert name in ("__future__", "typing", "guestcheck.advice") or re.match(
            r"guestcheck\.(model\.|catalogue\.|advice\.(_|linux\b|windows\b))", name
        ), name


@ALL
@pytest.mark.parametrize("about", [{}, FULL], ids=["nothing", "full"])
def test_a_wording_has_at_least_one_step(
    place: str,
    action: str,
    wording: Callable[..., Any],
    about: Dict[str, Any],
    inventory: Callable[..., Inventory],
) -> None:
    steps = list(wording(about, inventory()))
    assert steps
    assert all(isinstance(step, Step) and step.where and step.text for step in steps)


@ALL
def test_steps_read_well(
    place: str, action: str, wording: Callable[..., Any], inventory: Callable[..., Inventory]
) -> None:
    for about in variants(FULL):
        for step in wording(about, inventory(stack=("lvm", "crypt"), os_id="debian")):
            assert step.text.rstrip()[-1] in ".:"
            assert step.note == step.note.strip()
            assert not step.note or step.note[-1] == "."
            assert len(step.code) <= 6
            for line in step.code:
                assert line.strip()
                # An edit by sed is pasted whole: cut in two, one half could run alone.
                assert len(line) <= 100, line
                assert line.isascii(), line
                assert line == line.rstrip()
            # A note is no place to say what another one says already.
            sentences = [part for part in re.split(r"(?<=\.) ", step.note) if part]
            assert len(sentences) == len(set(sentences)), step.note


@ALL
def test_a_continued_line_is_followed_by_another(
    place: str, action: str, wording: Callable[..., Any], inventory: Callable[..., Inventory]
) -> None:
    for about in variants(FULL):
        for step in wording(about, inventory()):
            assert not step.code or not step.code[-1].endswith(("\\", "`", "|"))


def _lies(hostile: str) -> Dict[str, Any]:
    """Return every value that holds text, with the hostile one in its place."""
    given = {str: hostile, tuple: (hostile,)}
    texts = {key: given[type(value)] for key, value in FULL.items() if type(value) in given}
    return {**texts, "evidence": (Hint(hostile, hostile),)}


@ALL
def test_a_hostile_guest_never_reaches_code_or_text(
    place: str, action: str, wording: Callable[..., Any], inventory: Callable[..., Inventory]
) -> None:
    """A guest that lies gets the lines that one gets of which nothing is known: placeholders
    wherever it was to be quoted.
    """
    unknown = inventory(disk="", nic="", kernel="", architecture="")
    told = (
        "to",
        "kind",
        "bus",
        "interface",
        "is_root",
        "agent",
        "channel",
        "installed",
        "tool",
    )  # words that checks choose
    for hostile in HOSTILE:
        fields = (
            "kernel",
            "architecture",
            "os_id",
            "os_version",
            "cmdline",
            "initramfs_tool",
            "hostname",
        )
        liar = inventory(
            disk=hostile,
            nic=hostile,
            stack=(hostile,),
            os_like=(hostile,),
            **dict.fromkeys(fields, hostile),
        )
        for chosen in variants({}) if hostile in HOSTILE[:2] else FEW:
            words = {key: value for key, value in chosen.items() if key in told}
            said = wording({**_lies(hostile), **words}, liar)
            wanted = wording(words, unknown)
            assert [step.code for step in said] == [step.code for step in wanted], (hostile, words)
            for step in said:
                whole = "\n".join((step.where, step.text, step.note, *step.code))
                assert hostile not in whole, (hostile, words)
                assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", whole), (hostile, words)


def test_placeholders_are_obvious(inventory: Callable[..., Inventory]) -> None:
    steps = list(acts.say("libvirt", "change-nic", {}, inventory()))
    assert "virt-xml VM --edit mac=MAC --network model.type=virtio" in [
        line for step in steps for line in step.code
    ]
