"""QEMU: the arguments the machine is started with, by hand or in a script.

Devices and properties were read from `qemu-system-x86_64 -device NAME,help` of 7.2; `make remedies`
starts QEMU with each line. Where the guest has no PCI bus (microvm), a virtio device is
virtio-…-device in place of virtio-…-pci.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import (
    OLD_GUESTS,
    SEE,
    STILL_LARGE,
    cpus,
    mac,
    moving,
    named,
    names_change,
    plain,
    serial,
)
from guestcheck.model.action import (
    AddQueues,
    ChangeNic,
    EnableDiscard,
    FixFlush,
    ModernVirtio,
    MoveDisk,
    RunAgent,
    SpreadDisks,
    WindowsDrivers,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.digits import is_digits

NAME = "QEMU"
_WHERE = "QEMU"
_DRIVE = "-drive file=IMAGE,format=FORMAT,if=none,id=disk0"


def _without_pci(inventory: Inventory) -> bool:
    """Tell whether the machine is known to have no PCI bus: none is seen, and virtio devices hang
    on virtio-mmio.
    """
    if inventory.guest.pci:
        return False
    of_disks = [disk.virtio for disk in inventory.disks or ()]
    of_nics = [nic.virtio for nic in inventory.nics or ()]
    return any(one is not None and one.transport == "mmio" for one in of_disks + of_nics)


def _bus(inventory: Inventory) -> str:
    return "device" if _without_pci(inventory) else "pci"


def _keep(note: str = "") -> Step:
    return Step(
        _WHERE,
        "Keep a copy of the line that starts QEMU, which is the way back, and shut the guest "
        "down. Then, of a qcow2 image, keep a "
        "snapshot: never while QEMU runs.",
        ("qemu-img snapshot -c before IMAGE",),
        note,
    )


def _on_again(note: str = "") -> Step:
    return Step(_WHERE, f"Start QEMU again. {SEE}", note=note)


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    number = f",serial={serial(about.serial)}" if serial(about.serial) else ""
    first = ",bootindex=1" if about.is_root else ""
    if about.to == "virtio-scsi":
        code: Tuple[str, ...] = (
            _DRIVE,
            f"-device virtio-scsi-{_bus(inventory)},id=scsi0",
            f"-device scsi-hd,bus=scsi0.0,drive=disk0{number}{first}",
        )
    else:
        code = (_DRIVE, f"-device virtio-blk-{_bus(inventory)},drive=disk0{number}{first}")
    yield _keep(moving(about, inventory))
    yield Step(
        _WHERE,
        f"Replace the arguments of {named(about.device, 'the disk')} (-hda, if=ide, ide-hd, or an "
        "emulated SCSI device) by these.",
        code,
        "if=none matters: without it QEMU adds a second, emulated disk. FORMAT is what "
        "qemu-img info IMAGE says. CD-ROM drives stay where they are.",
    )
    yield _on_again()


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _keep()
    slot = (
        "" if _without_pci(inventory) else "With addr= the new card can have the old one's slot. "
    )
    yield Step(
        _WHERE,
        f"Replace the device of {named(about.device, 'the NIC')}; its -netdev stays.",
        (f"-device virtio-net-{_bus(inventory)},netdev=net0,mac={mac(about.mac)}",),
        f"netdev= is the id of that -netdev. {slot}{names_change(inventory)}",
    )
    yield _on_again()


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    count = cpus(about.cpus, inventory)
    vectors = str(2 * int(count) + 2) if is_digits(count) else "2N+2"
    bus = _bus(inventory)
    yield _keep()
    if about.kind == "nic":
        interrupts = f",vectors={vectors}" if bus == "pci" else ""
        yield Step(
            _WHERE,
            f"Give {named(about.device, 'the NIC')} a queue for each vCPU"
            + (", and two interrupt vectors for each queue." if interrupts else "."),
            (
                f"-netdev tap,id=net0,vhost=on,queues={count}",
                f"-device virtio-net-{bus},netdev=net0,mq=on{interrupts},mac={mac(about.mac)}",
            ),
            "queues= is for tap and vhost-user back ends; the user back end has one queue. "
            "Keep the other options of these lines.",
        )
    else:
        scsi = about.interface == "virtio-scsi"
        disk = f"-device virtio-blk-{bus},drive=disk0,num-queues={count}"
        yield Step(
            _WHERE,
            "Name the queues, or use a machine type from 5.2 on, which gives disks one for "
            "each vCPU.",
            (f"-device virtio-scsi-{bus},id=scsi0,num_queues={count}" if scsi else disk,),
            "Keep the line's other options.",
        )
    yield _on_again()


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield _keep()
    yield Step(
        _WHERE,
        f"Let the discard requests of {plain(about.device, 'the disk')} through to the image.",
        (_DRIVE + ",discard=unmap",),
        "virtio-blk offers discard since QEMU 4.0, and the guest's driver since Linux 5.0. "
        + STILL_LARGE,
    )
    yield _on_again()


def run_agent(about: RunAgent, inventory: Inventory) -> Steps:
    if about.channel:
        yield Step(
            _WHERE,
            "The channel org.qemu.guest_agent.0 is there; only the agent in the guest is missing.",
        )
        return
    yield _keep()
    yield Step(
        _WHERE,
        "Add the channel over which the agent is reached.",
        (
            f"-device virtio-serial-{_bus(inventory)}",
            "-chardev socket,path=/run/qga.sock,server=on,wait=off,id=qga0",
            "-device virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
        ),
    )
    yield _on_again()


def modern_virtio(about: ModernVirtio, inventory: Inventory) -> Steps:
    yield _keep()
    if _without_pci(inventory):
        yield Step(
            _WHERE,
            "Say that devices on virtio-mmio are virtio 1: these are legacy unless told otherwise.",
            ("-global virtio-mmio.force-legacy=false",),
            OLD_GUESTS,
        )
        yield _on_again()
        return
    model, rest = _MODELS.get(about.interface, _MODELS["virtio-blk"])
    yield Step(
        _WHERE,
        "Say that the device is virtio 1 only. Keep the other options of its line.",
        (f"-device {model},{rest},disable-legacy=on,disable-modern=off",),
        OLD_GUESTS,
    )
    yield Step(
        _WHERE,
        "Or, on q35, put it behind a root port, where it is so by itself.",
        ("-device pcie-root-port,id=port1,chassis=1", f"-device {model},{rest},bus=port1"),
    )
    yield _on_again()


_MODELS = {
    "virtio-blk": ("virtio-blk-pci", "drive=disk0"),
    "virtio-scsi": ("virtio-scsi-pci", "id=scsi0"),
    "virtio-net": ("virtio-net-pci", "netdev=net0"),
}


def spread_disks(_about: SpreadDisks, _inventory: Inventory) -> Steps:
    yield _keep()
    yield Step(
        _WHERE,
        "Put further disks on one virtio-scsi controller: it takes a single PCI slot for up "
        "to 256 targets.",
        ("-device virtio-scsi-pci,id=scsi0", "-device scsi-hd,bus=scsi0.0,drive=disk1"),
    )
    yield Step(
        _WHERE,
        "Or keep virtio-blk and add places. On q35, a root port for each disk.",
        (
            "-device pcie-root-port,id=port1,chassis=1",
            "-device virtio-blk-pci,drive=disk1,bus=port1",
        ),
    )
    yield Step(
        _WHERE,
        "On the pc machine, a bridge.",
        (
            "-device pci-bridge,id=bridge1,chassis_nr=1",
            "-device virtio-blk-pci,drive=disk1,bus=bridge1,addr=1",
        ),
    )
    yield _on_again()


def fix_flush(about: FixFlush, _inventory: Inventory) -> Steps:
    yield _keep()
    yield Step(
        _WHERE,
        f"Give {plain(about.device, 'the disk')} a cache mode in which the guest's flushes reach "
        "the disk.",
        (_DRIVE + ",cache=none",),
        "FLUSH is left out where the write cache is off (writethrough, directsync): then "
        "writes are safe, only slow. "
        "cache=unsafe ignores flushes and is for throw-away data.",
    )
    yield _on_again()


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield _keep()
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "Put the driver CD in while the old card is still there.",
            ("-drive file=virtio-win.iso,media=cdrom",),
        )
        yield _on_again()
        return
    scsi = about.to == "virtio-scsi"
    last = ("-device virtio-scsi-pci,id=scsi0", "-device scsi-hd,bus=scsi0.0,drive=helper")
    yield Step(
        _WHERE,
        "Give Windows a small helper disk on the new bus while it still boots from the old "
        "one, and the driver CD.",
        (
            "qemu-img create -f qcow2 helper.qcow2 1G",
            "-drive file=helper.qcow2,format=qcow2,if=none,id=helper",
            *(last if scsi else ("-device virtio-blk-pci,drive=helper",)),
            "-drive file=virtio-win.iso,media=cdrom",
        ),
    )
    yield _on_again()
