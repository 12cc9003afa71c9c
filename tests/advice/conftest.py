"""A guest to word advice for, made in one line, and one that lies in everything it says."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest

from guestcheck.model.device import EMULATED, Disk, Inventory, Nic, Verdict
from guestcheck.model.guest import Guest

VERDICT = Verdict("sata", EMULATED)


def make(disk: str = "sda", nic: str = "ens3", stack: Any = (), **guest: Any) -> Inventory:
    """Make an inventory of one disk and one NIC; keywords are fields of the guest."""
    facts: Dict[str, Any] = {
        "source": "test",
        "kernel": "6.1.0-56-amd64",
        "architecture": "x86_64",
        "cpus": 4,
        **guest,
    }
    return Inventory(
        guest=Guest(**facts),
        hypervisor="kvm",
        hypervisor_name="KVM",
        hypervisor_evidence=(),
        container=None,
        platform=None,
        platform_name="",
        platform_evidence=(),
        advice=(),
        disks=(Disk(disk, VERDICT, stack=stack),),
        nics=(Nic(nic, VERDICT),),
        controllers=(),
        ignored=(),
        kernels=(),
    )


@pytest.fixture
def inventory() -> Callable[..., Inventory]:
    return make
