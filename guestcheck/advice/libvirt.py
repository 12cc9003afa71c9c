"""libvirt: the domain's XML on the host, changed with virsh edit, in force after a shutdown and a start.

Elements and attributes are those of libvirt's "Domain XML format" (9.0), commands those of virsh(1).
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, OLD_GUESTS, STILL_LARGE, cpus, device, disk, mac, moving, named, plain, serial
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "libvirt"
_ON_AGAIN = Step(_WHERE, "Start the VM again. A reboot inside the guest is not enough.", ("virsh start VM",), main=False)


def _edit(note: str = "") -> Step:
    return Step(_WHERE, "Shut the VM down and open its definition.", ("virsh shutdown VM", "virsh edit VM"), note, main=False)


def _move_disk(about: Dict[str, str], inventory: Inventory) -> Steps:
    scsi = about.get("to") == "virtio-scsi"
    yield _edit(moving(about))
    if scsi:
        yield Step(
            _WHERE,
            "Have a SCSI controller of the virtio model; every disk on it becomes virtio-scsi.",
            ("<controller type='scsi' index='0' model='virtio-scsi'/>",),
            "Without model= libvirt chooses, and on x86 it may choose an emulated LSI controller. If a controller with "
            "index 0 is there, change its model and take out its <address> line.",
        )
    if not scsi or about.get("bus") != "scsi":
        yield _disk_element(about, inventory, "scsi" if scsi else "virtio")
    if about.get("root") == "yes":
        yield Step(
            _WHERE,
            "Say that the VM boots from this disk: in <disk> put the first line, from <os> take the second out.",
            ("<boot order='1'/>", "<boot dev='hd'/>"),
            "The two exclude each other. With dev='hd' alone the order of buses decides which disk is first.",
            main=False,
        )
    yield _ON_AGAIN


def _disk_element(about: Dict[str, str], inventory: Inventory, bus: str) -> Step:
    old = device(about, "the disk")
    code = [
        f"<!-- was: bus='{plain(about.get('bus'), 'OLD')}', and an <address .../> line -->",
        f"<target dev='{_free(about, inventory, 'sd' if bus == 'scsi' else 'vd')}' bus='{bus}'/>",
    ]
    note = "CD-ROM drives stay on sata or ide. dev= is a label, and need not be the name that the guest uses."
    if serial(about):
        code.append(f"<serial>{serial(about)}</serial>")
    else:
        note += " A <serial> line (20 characters at most) gives the disk a lasting name in /dev/disk/by-id."
    return Step(
        _WHERE,
        f"In the <disk> element of {old}, change the bus and take the old <address> line out; libvirt finds a new one.",
        tuple(code),
        note,
    )


def _free(about: Dict[str, str], inventory: Inventory, prefix: str) -> str:
    names = (prefix + letter for letter in "abcdefghijklmnop")
    return next((name for name in names if name == about.get("device") or not disk({"device": name}, inventory)), prefix + "a")


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit()
    yield Step(
        _WHERE,
        "In the <interface> element with this MAC address change the model, and keep the <mac> line.",
        (
            f"<mac address='{mac(about)}'/>",
            f"<!-- was: <model type='{plain(about.get('interface'), 'OLD')}'/> -->",
            "<model type='virtio'/>",
        ),
        "Leave its <address> line as it is where libvirt accepts that: then the PCI slot stays too. " + NAMES_CHANGE,
    )
    yield _ON_AGAIN


def _add_queues(about: Dict[str, str], inventory: Inventory) -> Steps:
    count = cpus(about, inventory)
    yield _edit()
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            f"Give {named(about, 'the interface')} a queue for each vCPU.",
            ("<model type='virtio'/>", f"<driver name='vhost' queues='{count}'/>"),
        )
    elif about.get("interface") == "virtio-scsi":
        yield Step(
            _WHERE,
            "Give the controller a queue for each vCPU.",
            ("<controller type='scsi' index='0' model='virtio-scsi'>", f"  <driver queues='{count}'/>", "</controller>"),
            "With machine types from 5.2 on, QEMU does so by itself where queues= is not given.",
        )
    else:
        yield Step(
            _WHERE,
            f"In the <driver> line of {named(about, 'the disk')} add a queue for each vCPU.",
            (f"<driver name='qemu' type='FORMAT' queues='{count}'/>",),
            "Only virtio-blk takes queues= here. With machine types from 5.2 on, QEMU does so by itself.",
        )
    yield _ON_AGAIN


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit()
    yield Step(
        _WHERE,
        f"In the <driver> line of {named(about, 'the disk')} let discard requests through.",
        ("<driver name='qemu' type='FORMAT' discard='unmap'/>",),
        "On virtio-blk this needs QEMU 4.0 and kernel 5.0 in the guest; virtio-scsi has had it for longer. " + STILL_LARGE,
    )
    yield _ON_AGAIN


def _run_agent(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("channel") == "yes":
        yield Step(_WHERE, "The channel org.qemu.guest_agent.0 is there; once the agent runs, this answers.", (_PING,))
        return
    yield _edit()
    yield Step(
        _WHERE,
        "Add the channel to <devices>; libvirt finds the path of its socket.",
        ("<channel type='unix'>", "  <target type='virtio' name='org.qemu.guest_agent.0'/>", "</channel>"),
    )
    yield Step(_WHERE, "Start the VM; once the agent runs in the guest, it answers.", ("virsh start VM", _PING), main=False)


_PING = """virsh qemu-agent-command VM '{"execute": "guest-ping"}'"""


def _modern_virtio(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit(OLD_GUESTS)
    yield Step(
        _WHERE,
        f"Give {device(about, 'the device')} the model that speaks virtio 1 only, and take its <address> line out.",
        _MODERN.get(about.get("interface", ""), tuple(line for lines in _MODERN.values() for line in lines)),
        "On q35 it then sits behind a pcie-root-port, which libvirt adds. Models are known since libvirt 5.2.",
    )
    yield _ON_AGAIN


_MODERN = {
    "virtio-blk": ("<disk type='file' device='disk' model='virtio-non-transitional'>",),
    "virtio-scsi": ("<controller type='scsi' index='0' model='virtio-non-transitional'/>",),
    "virtio-net": ("<model type='virtio-non-transitional'/>",),
}


def _spread_disks(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit()
    yield Step(
        _WHERE,
        "Put further disks on one virtio-scsi controller: it takes a single PCI slot for all of them.",
        ("<controller type='scsi' index='0' model='virtio-scsi'/>", "<target dev='sda' bus='scsi'/>"),
    )
    yield Step(
        _WHERE,
        "Or keep virtio-blk and add slots: root ports on q35 (one device each), a bridge on i440FX.",
        ("<controller type='pci' model='pcie-root-port'/>", "<controller type='pci' model='pci-bridge'/>"),
        "On q35 a disk can be added to the running VM only if a root port is free.",
    )
    yield _ON_AGAIN


def _fix_flush(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _edit()
    yield Step(
        _WHERE,
        f"In the <driver> line of {named(about, 'the disk')} use a cache mode with flushes.",
        ("<driver name='qemu' type='FORMAT' cache='none' io='native'/>",),
        "QEMU leaves FLUSH out where the write cache is off (writethrough, directsync): then writes are safe, only slow. "
        "Never keep data on cache='unsafe', which ignores flushes.",
    )
    yield _ON_AGAIN


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        code = ("virsh attach-interface VM bridge BRIDGE --model virtio --config",)
        yield Step(_WHERE, "Give Windows a second, virtio card until its driver is known to work; then change the first.", code)
        return
    image = "/var/lib/libvirt/images/helper.qcow2"
    scsi = about.get("to") == "virtio-scsi"
    target, bus = ("sdz", "scsi") if scsi else ("vdz", "virtio")
    yield Step(
        _WHERE,
        "Give Windows a small helper disk on the new bus while it still boots from the old one.",
        (
            f"qemu-img create -f qcow2 {image} 1G",
            f"virsh attach-disk VM {image} {target} \\",
            f"  --targetbus {bus} --subdriver qcow2 --config",
        ),
        "It shows after the next start." + (" Its controller must have model='virtio-scsi'." if scsi else ""),
    )


ADVICE = Advice(
    id="libvirt",
    name="libvirt",
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
