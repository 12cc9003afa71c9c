"""Proxmox VE: the VM's configuration on the node, by qm set; the web interface shows the same
settings.

Options and values are those of qm(1) of Proxmox VE 9 and the chapter "QEMU/KVM Virtual Machines" of
its guide; what detaching does to the boot order, and hotplug to a running VM's card, was read in
qemu-server 9.2.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import (
    BY_HAND,
    KEPT,
    REVERTED,
    SEE,
    STILL_LARGE,
    cpus,
    mac,
    moving,
    named,
    names_change,
    on_emulated_scsi,
    plain,
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

NAME = "Proxmox VE"
_WHERE = "Proxmox VE"
_SLOT = "SLOT below is the word before its volume in what qm config shows."
_FREE = "NEW is {} with a number that qm config does not show."
_UNUSED = "Never delete unused0: that removes the data."
_SCSIHW = "qm config VMID | grep -q '^scsi[0-9]' || qm set VMID --scsihw virtio-scsi-single"


def _keep(note: str = "") -> Step:
    return _kept(f"{note} {KEPT} {REVERTED}".strip())


def _kept(note: str) -> Step:
    return Step(
        _WHERE,
        "Look at the VM, take a snapshot where the storage can, keep the configuration, which "
        "is the way back, and shut down.",
        (
            "qm config VMID",
            "qm snapshot VMID before",
            "cp -n /etc/pve/qemu-server/VMID.conf /root/VMID-before.conf",
            "qm shutdown VMID",
        ),
        note,
    )


def _on_again(note: str = "") -> Step:
    back = "The way back: shut down, copy /root/VMID-before.conf to where it was, and start."
    return Step(
        _WHERE,
        f"Start the VM; a reboot inside the guest is not enough. {SEE}",
        ("qm start VMID",),
        " ".join(part for part in (note, back, BY_HAND) if part),
    )


def _without(*options: str) -> str:
    """Return the command that prints what hangs on SLOT, without these options."""
    return f"disk=$(qm config VMID | sed -n 's/^SLOT: //p' | sed -E 's/,({'|'.join(options)})=[^,]*//g')"


def _set_disk(more: str) -> str:
    return f'test -n "$disk" && qm set VMID --SLOT "$disk{more}"'


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    block = about.to == "virtio-blk"
    scsi = about.bus == "scsi" and not block
    if scsi and inventory.guest.windows is not None and not about.ready:
        yield Step(
            _WHERE,
            "All scsiN have one controller, so Windows cannot try the new one on a helper "
            "disk first: change scsihw only once its driver "
            "starts at boot. This says whether it does.",
            ("guestcheck preflight --target virtio-scsi",),
            "Or move the disk to virtio-blk, for which a helper disk can be attached.",
        )
        return
    slot = f"For {named(about.device, 'the disk')}: {_SLOT} {KEPT} {REVERTED}"
    yield _kept(moving(about, inventory, slot))
    if scsi:
        yield Step(
            _WHERE,
            "Choose the paravirtual SCSI controller, and leave the disk where it is: every "
            "scsiN moves with it.",
            ("qm set VMID --scsihw virtio-scsi-single",),
            "The default, where nothing is set, is an emulated LSI 53C895A. With the single "
            "controller, iothread=1 on a disk gives it a thread of its own.",
        )
    else:
        if not block:
            yield _controller(on_emulated_scsi(about.device, inventory))
        yield _attach(about, "virtio" if block else "scsi")
    yield _on_again()


def _controller(taken: bool) -> Step:
    if taken:
        return Step(
            _WHERE,
            "A disk hangs on scsiN already, and all scsiN have one controller: move that one "
            "first, by its own steps.",
        )
    return Step(
        _WHERE,
        "Choose the paravirtual SCSI controller, if no scsiN is there: it would move every "
        "scsiN disk, the boot disk too.",
        (_SCSIHW,),
        "Where there is one, see that its scsihw is virtio-scsi-single or virtio-scsi-pci.",
    )


def _attach(about: MoveDisk, kind: str) -> Step:
    boot = ("qm set VMID --boot order=NEW",) if about.is_root else ()
    order = (
        "Without a boot order the VM does not start; further entries of the old one go behind it: "
        "'order=NEW;...'. "
    )
    return Step(
        _WHERE,
        f"Attach the disk, with its options, as NEW. {_FREE.format(kind)}",
        (
            _without("ssd", "model", "wwn"),
            'test -n "$disk" && qm set VMID --delete SLOT',
            'test -n "$disk" && qm set VMID --NEW "$disk"',
            *boot,
        ),
        f"The volume becomes unused0 in between. {_UNUSED} {order if boot else ''}CD-ROM "
        "drives stay.",
    )


def _net(address: str, change: str, more: str = "") -> Tuple[str, ...]:
    """Return the lines that find the card by its MAC address and write its whole setting, changed
    by a sed script.
    """
    return (
        f"net=$(qm config VMID | grep -i '^net.*{mac(address)}' | cut -d: -f1)",
        f"""line=$(qm config VMID | sed -n "s/^$net: //p" | sed -E '{change}')""",
        f'test -n "$line" && qm set VMID --"$net" "$line{more}"',
    )


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _keep()
    yield Step(
        _WHERE,
        "Change the model of the card with this MAC address; address, bridge, firewall, tag "
        "and rate stay.",
        _net(about.mac, "s/^[a-z0-9-]+=/virtio=/"),
        "Only while the VM is off: of a running one the card is unplugged at once. "
        + names_change(inventory),
    )
    yield _on_again()


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    count = cpus(about.cpus, inventory)
    if about.kind == "nic":
        yield _keep()
        yield Step(
            _WHERE,
            f"Give {plain(about.device, 'the NIC')} a queue for each vCPU (64 at most); its other "
            "options stay.",
            _net(about.mac, "s/,queues=[0-9]*//", f",queues={count}"),
            "Only while the VM is off: of a running one the card is unplugged at once. Worth "
            "it for many connections; it costs CPU time on the host.",
        )
        yield _on_again()
        return
    yield Step(
        _WHERE,
        "Disks have a queue for each vCPU with machine versions from 5.2 on; see whether an "
        "older one is set.",
        ("qm config VMID | grep ^machine",),
        "A Linux guest without a version in it gets the newest at each fresh start.",
    )
    if about.interface == "virtio-scsi":
        yield _keep(_SLOT)
        yield Step(
            _WHERE,
            "On VirtIO SCSI single the number can also be set on the disk; its other options stay.",
            (_without("queues"), _set_disk(f",queues={count}")),
        )
        yield _on_again()


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    block = about.interface == "virtio-blk"
    yield _keep(_SLOT)
    yield Step(
        _WHERE,
        f"Set Discard on {named(about.device, 'the disk')}; its other options stay.",
        (_without("discard", "ssd"), _set_disk(",discard=on" + ("" if block else ",ssd=1"))),
        "VirtIO Block passes discard since Linux 5.0 in the guest, and has no SSD "
        f"emulation. {STILL_LARGE}",
    )
    yield _on_again()


def run_agent(about: RunAgent, _inventory: Inventory) -> Steps:
    ping = ("qm guest cmd VMID ping",)
    if about.channel:
        yield Step(
            _WHERE, "The agent is enabled for the VM; once it runs in the guest, it answers.", ping
        )
        return
    yield _keep()
    yield Step(
        _WHERE,
        "Enable the agent; only a fresh start adds its channel.",
        (
            "more=$(qm config VMID | sed -nE 's/^agent: (enabled=)?[01]//p')",
            'qm set VMID --agent "enabled=1$more"',
        ),
    )
    yield _on_again("Once the agent runs in the guest, qm guest cmd VMID ping answers.")


def modern_virtio(_about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "There is no setting for the generation: a device that looks transitional works as "
        "virtio 1 once the guest's driver "
        "can. Update the guest's kernel or drivers, and see that no old machine version is pinned.",
        ("qm config VMID | grep ^machine",),
    )


def spread_disks(_about: SpreadDisks, inventory: Inventory) -> Steps:
    yield _keep()
    yield _controller(on_emulated_scsi("", inventory))
    yield Step(
        _WHERE,
        "Attach further disks as scsiN instead of virtioN: there are 31 of them, against 16.",
        ("qm set VMID --NEW STORAGE:GIGABYTES",),
        _FREE.format("scsi"),
    )
    yield _on_again()


def fix_flush(about: FixFlush, _inventory: Inventory) -> Steps:
    yield _keep(_SLOT)
    yield Step(
        _WHERE,
        f"Use the default cache mode (none) for {named(about.device, 'the disk')}; its other options "
        "stay.",
        (_without("cache"), _set_disk("")),
        "FLUSH is missing with writethrough or directsync, which are safe, only slow.",
    )
    yield _on_again()


def windows_drivers(about: WindowsDrivers, inventory: Inventory) -> Steps:
    cd = "qm set VMID --CD STORAGE:iso/virtio-win.iso,media=cdrom"
    place = "CD is the VM's CD-ROM drive by qm config, or ide with a number that it does not show."
    yield _keep()
    if about.kind == "nic":
        yield Step(
            _WHERE, f"Put the driver CD in while the old card is still there. {place}", (cd,)
        )
        yield _on_again()
        return
    scsi = about.to != "virtio-blk"
    if scsi and on_emulated_scsi("", inventory):
        yield Step(
            _WHERE,
            "Give Windows the driver CD. A helper disk on scsiN is not possible: a disk "
            f"hangs on scsiN already, and all have one controller. {place}",
            (cd,),
            "Move it to virtio-blk instead, for which a helper disk can be attached: "
            "guestcheck preflight --target virtio-blk.",
        )
        yield _on_again()
        return
    yield Step(
        _WHERE,
        "Give Windows the driver CD and a helper disk of 1 GiB on the new bus while it still "
        f"boots from the old one. {place}",
        (cd, *((_SCSIHW,) if scsi else ()), "qm set VMID --NEW STORAGE:1"),
        _FREE.format("scsi" if scsi else "virtio")
        + (
            " The controller is chosen only where no scsiN is there: it would move that one, "
            "and Windows not boot."
            if scsi
            else ""
        ),
    )
    yield _on_again()
