"""The catalogue of remedies: every place × every action × the guests in which wordings go other
ways, as plans of commands.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from guestcheck.advice import worded
from guestcheck.model.device import EMULATED, PARAVIRTUAL, Disk, Inventory, Nic, Verdict, Virtio
from guestcheck.model.guest import Guest, PciFunction
from guestcheck.model.windows import Windows
from tools.remedies import actions

MAC = "52:54:00:67:63:00"

OK, WRONG, SYNTAX, UNCHECKED = "ok", "WRONG", "syntax only", "not checked"


class Plan(NamedTuple):
    """The code of one wording: a tuple of lines a step; `about` is what it was worded for."""

    place: str
    action: str
    about: Dict[str, Any]
    steps: Tuple[Tuple[str, ...], ...]


class Outcome(NamedTuple):
    """What came of one command: a state, and by what it was checked or why it was not."""

    place: str
    command: str
    state: str
    by: str


Check = Callable[[Tuple[Plan, ...]], Iterator[Outcome]]

# Every value an action is about, as a check would give it.
_FULL = {
    "device": "sda",
    "interface": "sata",
    "to": "virtio-scsi",
    "bus": "sata",
    "is_root": True,
    "serial": "QM00001",
    "address": "0000:00:1f.2",
    "mac": MAC,
    "kind": "disk",
    "cpus": 4,
    "queues": 4,
    "agent": "qemu-ga",
    "installed": False,
    "channel": False,
    "module": "virtio_scsi",
    "modules": ("virtio_pci", "virtio_scsi"),
    "symbol": "CONFIG_SCSI_VIRTIO",
    "kernel": "6.1.0-56-amd64",
    "tool": "dracut",
    "file": "/etc/fstab",
    "service": "vioscsi",
    "state": "start",
    "static": ("192.0.2.7",),
    "masks": ("255.255.255.0",),
    "gateway": "192.0.2.1",
    "dns": ("192.0.2.53",),
    "card": "Ethernet 2",
    "option": "rootwait",
}
_DISKS = ("virtio-blk", "virtio-scsi", "pvscsi", "storvsc", "nvme")
_NICS = ("virtio-net", "vmxnet3", "netvsc", "ena", "gve")
_KINDS = (
    ("ide", "ide"),
    ("sata", "sata"),
    ("scsi", "lsi"),
    ("", "virtio-blk"),
    ("", "virtio-scsi"),
)
_AGENTS = (
    "qemu-ga",
    "open-vm-tools",
    "hyperv-daemons",
    "xe-guest-utilities",
    "waagent",
    "google-guest-agent",
    "virtualbox-guest-utils",
)
_TOOLS = ("dracut", "initramfs-tools", "mkinitcpio", "mkinitrd", "booster", "mkinitfs", "")
# By which a distribution's family is known.
_SYSTEMS = (
    ("debian", "12"),
    ("rhel", "9.4"),
    ("rhel", "7.9"),
    ("sles", "15"),
    ("alpine", "3.20"),
    ("arch", ""),
)


def plans() -> Tuple[Plan, ...]:
    """Return every plan that has lines of its own."""
    found: Dict[Tuple[str, str, Tuple[Tuple[str, ...], ...]], Plan] = {}
    for place, action in actions.worded():
        for plan in _worded(place, action):
            if any(plan.steps):
                found.setdefault((place, action, plan.steps), plan)
    return tuple(found.values())


def _worded(place: str, action: str) -> Iterator[Plan]:
    for guest in _guests(place):
        for about in _abouts():
            yield Plan(
                place,
                action,
                about,
                tuple(
                    step.code
                    for step in worded(place, actions.made(action, about), guest)
                    if step.code
                ),
            )


def _abouts() -> Iterator[Dict[str, Any]]:
    for bus, interface in _KINDS:
        for root in (True, False):
            yield from (
                {**_FULL, "to": to, "bus": bus, "interface": interface, "is_root": root}
                for to in _DISKS
            )
    yield from (
        {**_FULL, "to": to, "kind": "nic", "bus": "", "interface": "virtio-net"} for to in _NICS
    )
    yield from (
        {**_FULL, "agent": agent, "installed": installed}
        for agent in _AGENTS
        for installed in (True, False)
    )
    yield from ({**_FULL, "tool": tool, "channel": True} for tool in _TOOLS)
    yield {**_FULL, "device": "eth0", "kind": "nic", "serial": ""}


def _guests(place: str) -> Iterator[Inventory]:
    if place == "windows":
        card = (PciFunction(_FULL["address"], "1af4", "1000"),)
        yield from (
            _guest(windows=Windows(build=build, server=False), pci=card)
            for build in (7601, 9600, 19045, 26100)
        )
        return
    for id_, version in _SYSTEMS if place == "guest" else _SYSTEMS[:1]:
        yield _guest(os_id=id_, os_version=version, os_like=())
    if place in ("qemu", "proxmox", "libvirt", "xen"):
        mmio = Virtio("modern", True, (), (), "mmio")
        yield _guest(pci=())._replace(
            disks=(Disk("vda", Verdict("virtio-blk", PARAVIRTUAL), virtio=mmio),)
        )
        yield _guest()._replace(
            disks=(Disk("sda", Verdict("sata", EMULATED)), Disk("sdb", Verdict("lsi", EMULATED)))
        )


def _guest(**fields: object) -> Inventory:
    facts: Dict[str, object] = {
        "source": "tools.remedies",
        "kernel": "6.1.0-56-amd64",
        "architecture": "x86_64",
        "cpus": 4,
        **fields,
    }
    return Inventory(
        guest=Guest(**facts),  # type: ignore[arg-type]
        hypervisor="kvm",
        hypervisor_name="KVM",
        hypervisor_evidence=(),
        container=None,
        platform=None,
        platform_name="",
        platform_evidence=(),
        advice=(),
        disks=(Disk("sda", Verdict("sata", EMULATED)),),
        nics=(Nic("ens3", Verdict("e1000", EMULATED)),),
        controllers=(),
        ignored=(),
        kernels=(),
    )


def commands(code: Tuple[str, ...]) -> Iterator[str]:
    r"""Yield the commands of a step, those that go on in further lines as one text.

    >>> list(commands(("a \\", "  b", "x |", "  y")))
    ['a b', 'x | y']
    """
    for lines in grouped(code):
        yield " ".join(re.sub(r"\s*(\\|`)$", "", line.strip()) for line in lines)


def grouped(code: Tuple[str, ...]) -> Iterator[Tuple[str, ...]]:
    """Yield the lines of each command of a step."""
    held: List[str] = []
    for line in code:
        held.append(line)
        if not _goes_on(held):
            yield tuple(held)
            held = []
    if held:
        yield tuple(held)


def _goes_on(held: List[str]) -> bool:
    first, last = held[0], held[-1]
    if first.startswith("UPDATE"):
        return not last.endswith(";")
    if first.startswith("if ("):
        return last.strip() != "}"
    return last.endswith(("\\", "`", "|"))  # "||" too


_CALL = r"(?:^|\|\s*|;\s*|&&\s*|\bdo\s+|\buntil\s+|\$\(\s*)((?:{})\s[^|;&)>]*)"


def calls(program: str, command: str) -> List[str]:
    """Return the calls of a program in a shell command.

    >>> calls("qm", "net=$(qm config VMID | grep net) && qm start VMID")
    ['qm config VMID', 'qm start VMID']
    """
    return [match.strip() for match in re.findall(_CALL.format(program), command)]
