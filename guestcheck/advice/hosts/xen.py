"""Xen, XenServer, XCP-ng: the domain's configuration, xl.cfg with xl, or the VM's tools with XAPI.

Options are those of xl.cfg(5), xl-disk-configuration(5) and xl-network-configuration(5). An HVM
guest is offered each disk and NIC twice, emulated and paravirtual; it is the guest that unplugs the
emulated ones when it starts.
"""

from __future__ import annotations

from guestcheck.advice._quoting import (
    BY_HAND,
    KEPT,
    SEE,
    STILL_LARGE,
    mac,
    moving,
    named,
    names_change,
    plain,
)
from guestcheck.model.action import (
    ChangeNic,
    EnableDiscard,
    MoveDisk,
    RunAgent,
    UnplugEmulated,
    WindowsDrivers,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "Xen"
_WHERE = "Xen"
_PLATFORM = Step(
    _WHERE,
    "Let the guest see the Xen platform device (it is on unless switched off); without it "
    "nothing is unplugged.",
    ("xen_platform_pci = 1",),
)
_KEEP = Step(
    _WHERE,
    "Keep a copy of the domain's configuration, which is the way back, and shut the domain "
    "down; the second line waits.",
    ("cp -np DOMAIN.cfg DOMAIN-before.cfg", "xl shutdown -w DOMAIN"),
    KEPT,
)
_ON_AGAIN = Step(
    _WHERE,
    f"Create the domain from its changed configuration. {SEE}",
    ("xl create DOMAIN.cfg",),
    f"The way back: shut down, xl create DOMAIN-before.cfg. {BY_HAND}",
)


def unplug_emulated(about: UnplugEmulated, inventory: Inventory) -> Steps:
    yield _KEEP
    yield _PLATFORM
    if not any(
        nic.name == about.device or nic.address == about.device for nic in inventory.nics or ()
    ):
        yield Step(
            _WHERE,
            "Leave the emulated disks on IDE. QEMU's documentation says that AHCI disks are "
            "not unplugged.",
            ('hdtype = "ide"',),
            "A Linux that can do without emulated devices may also run as a PVH guest: type = "
            '"pvh".',
        )
    yield _ON_AGAIN


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    yield _KEEP._replace(note=moving(about, inventory, KEPT))
    yield Step(
        _WHERE,
        "Each disk of an HVM guest is there as a Xen block device as well. "
        f"Where {plain(about.device, 'the disk')} is used emulated, the guest "
        "did not unplug it: see the steps in the guest. The name of the paravirtual disk is "
        "chosen by vdev.",
        ("disk = [ 'format=raw, vdev=xvda, access=rw, target=/dev/VG/LV' ]",),
        "Change vdev alone, and keep the other words and disks of the line.",
    )
    yield _ON_AGAIN


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        "Offer the network device in its paravirtual form only.",
        (f"vif = [ 'mac={mac(about.mac)}, bridge=xenbr0, type=vif' ]",),
        "Add type=vif alone, and keep the other words and cards of the line. The default, "
        "type=ioemu, offers both forms. Starting "
        "from the network needs it. " + names_change(inventory),
    )
    yield _ON_AGAIN


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        f"Discard is offered unless {named(about.device, 'the disk')} is configured with "
        "no-discard: take that word out.",
        ("disk = [ 'format=raw, vdev=xvda, discard, target=/dev/VG/LV' ]",),
        "Keep the other words and disks of the line. The back end must support it as well. "
        + STILL_LARGE,
    )
    yield _ON_AGAIN


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "On XenServer and XCP-ng, put the CD with the guest tools into the VM's drive.",
        ("xe vm-cd-insert vm=VM cd-name=guest-tools.iso",),
        "With plain xl there is no agent to serve.",
    )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install the Xen PV drivers (xenbus, xenvbd, xenvif, xennet); at the next "
        "start they replace the emulated devices.",
        note="Before Windows leaves Xen, remove them again: their class filters and a "
        "StartOverride on the other storage "
        "drivers end in stop code 0x7B. XCP-ng's XenBootFix mends that.",
    )
