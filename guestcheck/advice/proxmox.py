"""Proxmox VE: the VM's configuration on the node, by qm set; the web interface shows the same settings.

Options and values are those of qm(1) of Proxmox VE 9 and the chapter "QEMU/KVM Virtual Machines" of its guide.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, cpus, device, mac, moving, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "Proxmox VE"
_SHOW = "qm config VMID | grep -E '^(ide|sata|scsi|virtio|net|boot)'"
_REPEAT = "qm set replaces the whole line: repeat the options that qm config shows for it."


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    block = about.get("to") == "virtio-blk"
    old, new = _SLOTS.get(about.get("bus", ""), "OLD"), "virtio0" if block else "scsi0"
    yield Step(_WHERE, "Shut the VM down and see how the disk is attached.", ("qm shutdown VMID", _SHOW), moving(about), main=False)
    if not block:
        yield Step(
            _WHERE,
            "Choose the paravirtual SCSI controller. It is the controller of every scsiN at once.",
            ("qm set VMID --scsihw virtio-scsi-single",),
            "The default, where nothing is set, is an emulated LSI 53C895A.",
        )
    if block or about.get("bus") != "scsi":
        yield Step(
            _WHERE,
            f"Take {named(about, 'the disk')} off {old} (its volume becomes unused0) and attach it as {new}, or the next free number.",
            (f"qm set VMID --delete {old}", f"qm set VMID --{new} STORAGE:VOLUME,iothread=1,discard=on"),
            "STORAGE:VOLUME is what unused0 shows. Never delete unused0: that removes the volume. CD-ROM drives stay.",
        )
        if about.get("root") == "yes":
            yield Step(_WHERE, "Boot from the disk under its new name.", (f"qm set VMID --boot order={new}",), main=False)
    yield Step(_WHERE, "Start the VM. A reboot inside the guest is not enough.", ("qm start VMID",), main=False)


_SLOTS = {"ide": "ide0", "sata": "sata0", "scsi": "scsi0"}


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Change the model of the network device with this MAC address, keep the address, then shut down and start.",
        ("qm config VMID | grep ^net", f"qm set VMID --net0 virtio={mac(about)},bridge=vmbr0"),
        f"{_REPEAT} {NAMES_CHANGE}",
    )


def _add_queues(about: Dict[str, str], inventory: Inventory) -> Steps:
    count = cpus(about, inventory)
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            f"Give {device(about, 'the NIC')} a queue for each vCPU (64 at most), then shut down and start.",
            (f"qm set VMID --net0 virtio={mac(about)},bridge=vmbr0,queues={count}",),
            f"{_REPEAT} Worth it for many connections; it costs CPU time on the host.",
        )
        return
    slot = "virtio0" if about.get("interface") == "virtio-blk" else "scsi0"
    yield Step(
        _WHERE,
        "Disks have a queue for each vCPU with machine versions from 5.2 on; see which is set, and raise it.",
        ("qm config VMID | grep ^machine", "qm set VMID --machine MACHINE"),
    )
    if slot == "scsi0":
        yield Step(
            _WHERE,
            "On VirtIO SCSI single the number can also be set on the disk.",
            (f"qm set VMID --scsi0 STORAGE:VOLUME,iothread=1,queues={count}",),
            _REPEAT,
        )


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    slot = "virtio0" if about.get("interface") == "virtio-blk" else "scsi0"
    extra = "" if slot == "virtio0" else ",ssd=1"
    yield Step(
        _WHERE,
        f"Set Discard on {named(about, 'the disk')}, then shut down and start.",
        (f"qm set VMID --{slot} STORAGE:VOLUME,discard=on{extra}",),
        f"{_REPEAT} VirtIO Block passes discard since Linux 5.0 in the guest, and has no SSD emulation. {STILL_LARGE}",
    )


def _run_agent(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("channel") == "yes":
        yield Step(_WHERE, "The agent is enabled for the VM; once it runs in the guest, it answers.", ("qm agent VMID ping",))
        return
    yield Step(
        _WHERE,
        "Enable the agent, and shut down and start the VM: only a fresh start adds its channel.",
        ("qm set VMID --agent enabled=1", "qm shutdown VMID && qm start VMID", "qm agent VMID ping"),
    )


def _modern_virtio(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "There is no setting for the generation: a device that looks transitional works as virtio 1 once the guest's driver "
        "can. Update the guest's kernel or drivers, and see that no old machine version is pinned.",
        ("qm config VMID | grep ^machine",),
    )


def _spread_disks(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Attach further disks as scsiN instead of virtioN: there are 31 of them (scsi0 to scsi30), against 16.",
        ("qm set VMID --scsihw virtio-scsi-pci", "qm set VMID --scsi1 STORAGE:VOLUME"),
        "virtio-scsi-pci puts several disks on one controller; virtio-scsi-single gives each its own.",
    )


def _fix_flush(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Use the default cache mode (none) for {named(about, 'the disk')}.",
        (_SHOW, "qm set VMID --virtio0 STORAGE:VOLUME,cache=none"),
        f"{_REPEAT} FLUSH is missing with writethrough or directsync, which are safe, only slow.",
    )


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    drivers = "qm set VMID --ide2 STORAGE:iso/virtio-win.iso,media=cdrom"
    if about.get("what") == "nic":
        yield Step(_WHERE, "Put the driver CD in while the old card is still there.", (drivers,))
        return
    helper = "--virtio1 STORAGE:1" if about.get("to") == "virtio-blk" else "--scsi1 STORAGE:1"
    yield Step(
        _WHERE,
        "Give Windows the driver CD and a helper disk of 1 GiB on the new bus while it still boots from the old one.",
        (
            drivers,
            "qm set VMID --scsihw virtio-scsi-single",
            f"qm set VMID {helper}",
        ),
        "Leave the second line out if Windows boots from a scsiN disk: it would change that disk's controller as well.",
    )


ADVICE = Advice(
    id="proxmox",
    name="Proxmox VE",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "modern-virtio": _modern_virtio,
        "spread-disks": _spread_disks,
        "fix-flush": _fix_flush,
        "windows-drivers": _windows_drivers,
    },
)
