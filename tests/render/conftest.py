"""Reports to render: of a plain guest, of one with everything in it, of one of which nothing is
known, and of a hostile one.
"""

from __future__ import annotations

from typing import Dict, Set

import pytest

from guestcheck.model.device import EMULATED, Controller, Ignored, Inventory, Verdict, Virtio
from guestcheck.model.guest import Hint
from guestcheck.model.report import Report
from guestcheck.model.source import Gap
from tests.makers import a_disk, a_kernel, a_nic, a_report, an_inventory

# An escape sequence, markup, a line break, a C1 control, a right-to-left override, NUL, DEL, what
# no terminal should get.
HOSTILE = "\x1b[31m[bold red]x[/] :smile:\r\n\x9b2J\u202eevil\x00\x07\x7f\u2028\udcff"
STATES = {
    "VIRTIO_BLK": "module",
    "SCSI_VIRTIO": "absent",
    "VIRTIO_NET": "off",
    "VIRTIO_PCI": "built-in",
    "BLK_DEV_NVME": "unknown",
}


def full(text: str = "some words", **fields: object) -> Inventory:
    """Make an inventory in which every text of the guest is `text`."""
    hint = (Hint(text, text),)
    virtio = Virtio("transitional", True, ("FLUSH", "VERSION_1"), (9, 32), "pci")
    disk = {
        "driver": text,
        "address": text,
        "controller": text,
        "model": text,
        "serial": text,
        "stack": (text, text),
        "transport": text,
        "queues": 1,
        "discard": False,
    }
    nic = {
        "driver": text,
        "address": text,
        "mac": text,
        "state": text,
        "carries": (text,),
        "addresses": (text,),
        "pair": text,
        "controller": text,
        "queues": 1,
    }
    kernel = a_kernel(text, file=False, **STATES)
    return an_inventory(
        **{
            "disks": (
                a_disk(text, "ide", EMULATED, **disk)._replace(
                    verdict=Verdict("ide", EMULATED, hint, "", text)
                ),
                a_disk("vda", virtio=virtio, roles=("root", "swap")),
                a_disk(text, "", "unknown", settle=text),
            ),
            "nics": (
                a_nic(text, "e1000", EMULATED, **nic),
                a_nic("", "virtio-net", virtio=virtio, **{**nic, "driver": ""}),
                a_nic(text, "", "unknown", settle=text),
            ),
            "controllers": (
                Controller(text, text, Verdict("lsi", EMULATED, hint), ""),
                Controller(text, text, Verdict("", "unknown", hint, text), text, (text,)),
            ),
            "ignored": (Ignored(text, text, text), Ignored("loop0", "loop", text)),
            "kernels": (
                kernel._replace(
                    config=text, drivers=tuple(one._replace(says=text) for one in kernel.drivers)
                ),
                a_kernel("6.6", running=False),
            ),
            "hypervisor_name": text,
            "hypervisor_evidence": hint,
            "container": text,
            "platform": "proxmox",
            "platform_name": text,
            "platform_evidence": hint,
            "disagreements": hint,
            "cpus": 8,
            "memory_bytes": 1 << 33,
            "os_name": text,
            "hostname": text,
            "kernel": text,
            "architecture": text,
            "firmware": "efi",
            "agents": (),
            **fields,
        }
    )


GAPS = (
    Gap("block", "lsblk -J", "ended with an error (exit code 1: no)", "which disks there are"),
    Gap("pci", "lspci", "not there", ""),
)

REPORTS: Dict[str, Report] = {
    "plain": a_report(
        an_inventory(disks=(a_disk(),), nics=(a_nic(),), kernels=(a_kernel(VIRTIO_BLK="built-in"),))
    ),
    "full": a_report(full(), GAPS),
    "nothing known": a_report(
        an_inventory(
            None,
            disks=None,
            nics=None,
            controllers=None,
            kernels=None,
            pci=None,
            cpus=None,
            kernel="",
        ),
        GAPS,
    ),
    "nothing there": a_report(an_inventory()),
    "no guest": a_report(
        an_inventory(
            "none",
            disks=(a_disk("sda", "sata", "physical"),),
            nics=(a_nic("eno1", "pci-nic", "physical"),),
        )
    ),
    "hostile": a_report(full(HOSTILE), (Gap(HOSTILE, HOSTILE, HOSTILE, HOSTILE),)),
    "long words": a_report(full("w" * 300), (Gap("x", "y" * 300, "z" * 300, "w" * 300),)),
    "many": a_report(
        an_inventory(
            disks=tuple(a_disk(f"sd{n}", "ide", EMULATED) for n in range(200)),
            nics=tuple(a_nic(f"eth{n}", "e1000", EMULATED) for n in range(40)),
        )
    ),
}


def commands(report: Report) -> Set[str]:
    """Return the lines of code of a report, which are to be copied and never broken."""
    steps = [step for one in report.remedies.values() for step in one]
    steps += [step for one in report.repairs.values() for step in one]
    return {line.strip() for step in steps for line in step.code}


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]


@pytest.fixture
def hostile() -> Report:
    return REPORTS["hostile"]
