"""libvirt: the domain's definition on the host, changed by virt-xml while the domain is off.

Elements and attributes are those of libvirt's "Domain XML format" (9.0), commands those of virsh(1)
and virt-xml(1) (4.1); `make remedies` has libvirt's QEMU driver define what each command makes.
"""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.advice._quoting import (
    BY_HAND,
    KEPT,
    OLD_GUESTS,
    REVERTED,
    SEE,
    STILL_LARGE,
    cpus,
    disk,
    mac,
    moving,
    named,
    names_change,
    on_emulated_scsi,
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

NAME = "libvirt"
_WHERE = "libvirt"
_TARGETS = "virsh domblklist VM --inactive --details"
_SLOT = "SLOT below is its target in what domblklist shows."
_CONTROLLERS = """virsh dumpxml --inactive VM | grep "controller type='scsi'\""""
_ADD_SCSI = "virt-xml VM --add-device --controller type=scsi,model=virtio-scsi"
_PING = """virsh qemu-agent-command VM '{"execute": "guest-ping"}'"""
_BACK = "The way back: shut down, virsh define VM-before.xml, and start."


def _keep(*look: str, note: str = "") -> Step:
    return Step(
        _WHERE,
        "Keep the definition, which is the way back, shut the VM down, and wait until it is off.",
        (
            "test -e VM-before.xml || virsh dumpxml --inactive --security-info VM > VM-before.xml",
            *look,
            "virsh shutdown VM",
            "until virsh domstate VM | grep -q 'shut off'; do sleep 2; done",
        ),
        f"{note} {KEPT}".strip(),
    )


def _on_again(note: str = "") -> Step:
    return Step(
        _WHERE,
        f"Start the VM; a reboot inside the guest is not enough. {SEE}",
        ("virsh start VM",),
        " ".join(part for part in (note, _BACK, BY_HAND) if part),
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    scsi = about.to == "virtio-scsi"
    data = f"Where all its disks are qcow2, virsh snapshot-create-as VM before keeps the data too. {REVERTED}"
    yield _keep(
        _TARGETS,
        note=moving(about, inventory, f"For {named(about.device, 'the disk')}: {_SLOT} {data}"),
    )
    if scsi and about.bus == "scsi":
        yield Step(
            _WHERE,
            "Change the model of the SCSI controller, and leave the disk where it is; every "
            "disk on it becomes virtio-scsi.",
            ("virt-xml VM --edit type=scsi --controller model=virtio-scsi",),
            "In virsh edit: model='virtio-scsi' in the line of the controller.",
        )
    else:
        if scsi:
            yield _controller(on_emulated_scsi(about.device, inventory))
        yield _attach(about, inventory, "scsi" if scsi else "virtio")
    yield _on_again()


def _controller(taken: bool) -> Step:
    model = "If one of another model shows, its disks are on it: "
    later = (
        "move those first, by their own steps"
        if taken
        else "virt-xml VM --edit type=scsi --controller model=virtio-scsi moves them all"
    )
    return Step(
        _WHERE,
        "Have a SCSI controller of the virtio model: this adds one, unless there is one, and "
        "shows it.",
        (f"{_CONTROLLERS} || \\", f"  {_ADD_SCSI}"),
        f"{model}{later}. Without a model libvirt takes an emulated LSI.",
    )


def _attach(about: MoveDisk, inventory: Inventory, bus: str) -> Step:
    target = _free(about.device, inventory, "sd" if bus == "scsi" else "vd")
    options = [f"target.bus={bus}", f"target.dev={target}", "xpath.delete=./address"]
    if serial(about.serial):
        options.append(f"serial={serial(about.serial)}")
    first, order = "", ""
    if about.is_root:
        options.append("boot.order=1")
        first = " and have the VM boot from it"
        order = " Its boot order takes the place of <boot dev='hd'/>: the two exclude each other."
    return Step(
        _WHERE,
        "Change the bus of the disk, take its old address away, for which libvirt finds a "
        f"new one,{first or ' and save'}.",
        ("virt-xml VM --edit target=SLOT --disk \\", f"  {','.join(options)}"),
        f"dev={target} is a label, which libvirt refuses where it is taken; the guest's name "
        "can be another. CD-ROM drives "
        f"stay.{order} In virt-manager: the disk's details, Disk bus.",
    )


def _free(device: str, inventory: Inventory, prefix: str) -> str:
    names = (prefix + letter for letter in "abcdefghijklmnop")
    return next(
        (name for name in names if name == device or not disk(name, inventory)),
        prefix + "a",
    )


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _keep()
    yield Step(
        _WHERE,
        "Change the model of the interface with this MAC address; its other settings and its "
        "PCI slot stay.",
        (f"virt-xml VM --edit mac={mac(about.mac)} --network model.type=virtio",),
        names_change(inventory),
    )
    yield _on_again()


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    count = cpus(about.cpus, inventory)
    scsi, nic = about.interface == "virtio-scsi", about.kind == "nic"
    yield _keep(
        *(() if nic or scsi else (_TARGETS,)),
        note="" if nic or scsi else f"For {named(about.device, 'the disk')}: {_SLOT}",
    )
    if nic:
        yield Step(
            _WHERE,
            f"Give {named(about.device, 'the interface')} a queue for each vCPU.",
            (
                f"virt-xml VM --edit mac={mac(about.mac)} --network "
                f"driver.name=vhost,driver.queues={count}",
            ),
        )
    elif scsi:
        yield Step(
            _WHERE,
            "Give the controller a queue for each vCPU.",
            (f"virt-xml VM --edit type=scsi --controller driver.queues={count}",),
            "With machine types from 5.2 on, QEMU does so by itself where no number is given.",
        )
    else:
        yield Step(
            _WHERE,
            f"Give {named(about.device, 'the disk')} a queue for each vCPU.",
            (f"virt-xml VM --edit target=SLOT --disk driver.queues={count}",),
            "Only virtio-blk takes queues here. With machine types from 5.2 on, QEMU does so "
            "by itself.",
        )
    yield _on_again()


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield _keep(_TARGETS, note=_SLOT)
    yield Step(
        _WHERE,
        f"Let the discard requests of {named(about.device, 'the disk')} through.",
        ("virt-xml VM --edit target=SLOT --disk driver.discard=unmap",),
        "On virtio-blk this needs QEMU 4.0 and kernel 5.0 in the guest; virtio-scsi has had "
        "it for longer. " + STILL_LARGE,
    )
    yield _on_again()


def run_agent(about: RunAgent, _inventory: Inventory) -> Steps:
    if about.channel:
        yield Step(
            _WHERE,
            "The channel org.qemu.guest_agent.0 is there; once the agent runs, this answers.",
            (_PING,),
        )
        return
    yield _keep()
    yield Step(
        _WHERE,
        "Add the channel, unless it is there: with two of one name the VM does not start. "
        "libvirt finds the path of its socket.",
        (
            "virsh dumpxml --inactive VM | grep org.qemu.guest_agent.0 || \\",
            "  virt-xml VM --add-device --channel \\",
            "  unix,target.type=virtio,target.name=org.qemu.guest_agent.0",
        ),
    )
    yield _on_again(f"Once the agent runs in the guest, this answers: {_PING}.")


def modern_virtio(about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield _keep(_TARGETS, note=OLD_GUESTS)
    new = "virtio-non-transitional"
    lines: Dict[str, Tuple[str, ...]] = {
        "virtio-blk": (
            "virt-xml VM --edit target=SLOT \\",
            f"  --disk xpath1.set=./@model={new},xpath2.delete=./address",
        ),
        "virtio-scsi": (
            "virt-xml VM --edit type=scsi \\",
            f"  --controller model={new},xpath.delete=./address",
        ),
        "virtio-net": (
            f"virt-xml VM --edit mac={mac(about.mac)} \\",
            f"  --network model.type={new},xpath.delete=./address",
        ),
    }
    every = tuple(line for each in lines.values() for line in each)
    yield Step(
        _WHERE,
        f"Give {plain(about.device, 'the device')} the model that speaks virtio 1 only, and take "
        "its old address away.",
        lines.get(about.interface, every),
        "On q35 it then sits behind a pcie-root-port, which libvirt adds. Models are known "
        "since libvirt 5.2. "
        "SLOT is the disk's target in what domblklist shows.",
    )
    yield _on_again()


def spread_disks(_about: SpreadDisks, inventory: Inventory) -> Steps:
    yield _keep()
    yield _controller(on_emulated_scsi("", inventory))
    yield Step(
        _WHERE,
        "Put further disks on that controller: it takes a single PCI slot for all of them.",
        ("virsh attach-disk VM IMAGE SLOT --targetbus scsi --subdriver FORMAT --config",),
        "SLOT is sd and a letter that virsh domblklist VM does not show.",
    )
    yield Step(
        _WHERE,
        "Or keep virtio-blk and add places: root ports on q35 (one device each).",
        ("virt-xml VM --add-device --controller type=pci,model=pcie-root-port",),
        "On q35 a disk can be added to the running VM only if a root port is free. On i440FX "
        "it is model=pci-bridge.",
    )
    yield _on_again()


def fix_flush(about: FixFlush, _inventory: Inventory) -> Steps:
    yield _keep(_TARGETS, note=_SLOT)
    yield Step(
        _WHERE,
        f"Use a cache mode with flushes for {named(about.device, 'the disk')}.",
        ("virt-xml VM --edit target=SLOT --disk driver.cache=none,driver.io=native",),
        "QEMU leaves FLUSH out where the write cache is off (writethrough, directsync): then "
        "writes are safe, only slow. "
        "Never keep data on cache='unsafe', which ignores flushes.",
    )
    yield _on_again()


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield _keep(
        *(() if about.kind == "nic" else (_CONTROLLERS,) if about.to == "virtio-scsi" else ())
    )
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "Give Windows a second, virtio card until its driver is known to work; then "
            "change the first.",
            ("virsh attach-interface VM bridge BRIDGE --model virtio --config",),
        )
    else:
        yield _helper(about.to == "virtio-scsi")
    yield _on_again()


def _helper(scsi: bool) -> Step:
    image = "/var/lib/libvirt/images/helper.qcow2"
    added = (f"{_ADD_SCSI},index=N",) if scsi else ()
    bus = "scsi --address scsi:N.0.0" if scsi else "virtio"
    return Step(
        _WHERE,
        "Give Windows a small helper disk on the new bus while it still boots from the old one.",
        (
            f"qemu-img create -f qcow2 {image} 1G",
            *added,
            f"virsh attach-disk VM {image} {'sdz' if scsi else 'vdz'} \\",
            f"  --targetbus {bus} --subdriver qcow2 --config",
        ),
        "N is an index that no SCSI controller has, 0 if there is none: the controllers that "
        "are there stay as they are."
        if scsi
        else "",
    )
