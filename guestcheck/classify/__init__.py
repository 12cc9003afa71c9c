"""What it is: Guest + catalogue → Inventory. Each verdict carries the evidence that decided it.

Exact device ids and driver bindings decide; names such as vda only support. Where nothing decides,
the verdict is `unknown` and says what would settle it. Files: hypervisor.py (what is beneath),
names.py (PCI devices known by name), pci.py and bus.py (a device by its ids), disks.py, nics.py,
virtio.py (feature bits), kernels.py (which drivers each kernel has).
"""

from __future__ import annotations

from typing import Optional, Protocol, Tuple

from guestcheck.classify.disks import classify_disks
from guestcheck.classify.hypervisor import decide_hypervisor, decide_platform
from guestcheck.classify.index import Context, Index
from guestcheck.classify.kernels import kernel_drivers
from guestcheck.classify.nics import classify_nics
from guestcheck.discovery import of_family
from guestcheck.model.device import Controller, Disk, Inventory, Nic
from guestcheck.model.guard import cuts, guarded
from guestcheck.model.guest import Guest


class Verdicts(Protocol):
    """The file `verdicts` in the folder of a family."""

    def reworded(
        self,
        guest: Guest,
        disks: Optional[Tuple[Disk, ...]],
        nics: Optional[Tuple[Nic, ...]],
        controllers: Optional[Tuple[Controller, ...]],
    ) -> Devices:
        """Return the devices with verdicts that hold for the family, in its words."""


Devices = Tuple[
    Optional[Tuple[Disk, ...]], Optional[Tuple[Nic, ...]], Optional[Tuple[Controller, ...]]
]


def classify(guest: Guest) -> Inventory:
    """Judge every device of `guest`."""
    if any(not function.device for function in guest.pci or ()):
        from guestcheck.classify.names import (
            with_ids,  # a running guest tells ids, and never needs the names
        )

        guest = with_ids(guest)
    machine = decide_hypervisor(guest)
    platform = decide_platform(guest, machine.id)
    context = Context(
        guest,
        machine.id,
        Index(),
        {f.address: f for f in guest.pci or ()},
        {v.name: v for v in guest.virtio or ()},
    )
    disks, controllers, ignored_disks = guarded(
        "classify", "disks", lambda: classify_disks(context), (None, None, ())
    )
    nics, ignored_nics = guarded(
        "classify", "network cards", lambda: classify_nics(context), (None, ())
    )
    family: Verdicts = of_family(__name__, guest.family, "verdicts")
    disks, nics, controllers = family.reworded(guest, disks, nics, controllers)
    container = guest.clues.container
    guest = guest._replace(cut=tuple(dict.fromkeys((*guest.cut, *cuts()))))
    return Inventory(
        guest=guest,
        hypervisor=machine.id,
        hypervisor_name=machine.name,
        hypervisor_evidence=machine.evidence,
        container=None if container == "none" else container,
        platform=platform.id,
        platform_name=platform.name,
        platform_evidence=platform.evidence,
        advice=platform.advice or machine.advice,
        disks=disks,
        nics=nics,
        controllers=controllers,
        ignored=(*ignored_disks, *ignored_nics),
        kernels=guarded("classify", "kernels", lambda: kernel_drivers(guest), None),
        disagreements=machine.disagreements,
    )
