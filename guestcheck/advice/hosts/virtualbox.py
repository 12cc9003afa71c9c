"""Oracle VirtualBox: the VM's settings, by VBoxManage, while the VM is off.

Options are those of the manual's chapter "VBoxManage" (storagectl, storageattach, modifyvm); that
`--add virtio` takes VirtIO was read in VBoxManage's source.
"""

from __future__ import annotations

from guestcheck.advice._quoting import (
    BY_HAND,
    SEE,
    STILL_LARGE,
    mac,
    moving,
    named,
    names_change,
    plain,
)
from guestcheck.model.action import ChangeNic, EnableDiscard, MoveDisk, RunAgent, WindowsDrivers
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "VirtualBox"
_WHERE = "VirtualBox"
_SHOWN = "VBoxManage showvminfo VM --machinereadable"
_KEEP = Step(
    _WHERE,
    "Keep what is set, which is the way back, shut the VM down, and wait until it says poweroff.",
    (
        f"{_SHOWN} > VM-before.txt",
        "VBoxManage controlvm VM acpipowerbutton",
        f"{_SHOWN} | grep VMState=",
    ),
)
_CONTROLLER = Step(
    _WHERE,
    "Add a virtio-scsi controller, unless VM-before.txt has one (VirtualBox 6.1 or newer; it "
    "has no virtio-blk).",
    (
        "VBoxManage storagectl VM --name VirtIO --add virtio \\",
        "  --controller VirtIO --portcount 2 --bootable on",
    ),
    "A new one has a single port; the second is for a helper disk.",
)


def _on_again(back: str) -> Step:
    return Step(
        _WHERE,
        f"Start the VM. {SEE}",
        ("VBoxManage startvm VM",),
        f"The way back: shut down, {back} as VM-before.txt has it, and start. {BY_HAND}",
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    yield _KEEP._replace(note=moving(about, inventory))
    yield _CONTROLLER
    yield Step(
        _WHERE,
        f"Take {named(about.device, 'the disk')} off its controller and attach it to the new one; "
        "CD-ROM drives stay.",
        (
            "VBoxManage storageattach VM --storagectl CONTROLLER \\",
            "  --port PORT --device DEVICE --medium none",
            "VBoxManage storageattach VM --storagectl VirtIO --port 0 --device 0 \\",
            "  --type hdd --medium UUID",
        ),
        "VM-before.txt has CONTROLLER, PORT, DEVICE and, behind ImageUUID, the UUID; by the "
        "file's name a VM with snapshots would "
        "lose what was written since. The first line leaves the file as it is.",
    )
    yield _on_again("attach the UUID to its old place")


def change_nic(about: ChangeNic, inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        f"Change the type of the adapter whose MAC address is {mac(about.mac)}.",
        ("grep -i mac VM-before.txt", "VBoxManage modifyvm VM --nictypeN virtio"),
        f"N is the adapter's number: that of its line macaddressN. {names_change(inventory)}",
    )
    yield _on_again("set the old nictypeN")


def enable_discard(about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield _KEEP
    yield Step(
        _WHERE,
        f"Present {plain(about.device, 'the disk')} as an SSD that takes discards, by attaching it "
        "again with these options.",
        (
            "VBoxManage storageattach VM --storagectl CONTROLLER \\",
            "  --port PORT --device DEVICE --type hdd --medium UUID \\",
            "  --nonrotational on --discard on",
        ),
        "VM-before.txt has CONTROLLER, PORT, DEVICE and, behind ImageUUID, the UUID. For VDI "
        "images that grow. " + STILL_LARGE,
    )
    yield _on_again("attach it again with off in place of on,")


def run_agent(_about: RunAgent, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Where the distribution has no package, put the CD with the Guest Additions into the "
        "VM's CD-ROM drive.",
        (
            _SHOWN,
            "VBoxManage storageattach VM --storagectl CONTROLLER \\",
            "  --port PORT --device DEVICE --type dvddrive --medium additions",
        ),
        "The first line shows where that drive is. Never at the place of a disk.",
    )


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE, "Put the virtio-win CD into the drive while the old adapter is still there."
        )
        return
    yield _KEEP
    yield _CONTROLLER
    yield Step(
        _WHERE,
        "Give Windows a small helper disk on the new controller, and put the virtio-win CD "
        "into the VM's drive, while it still boots from the old one.",
        (
            "VBoxManage createmedium disk --filename helper.vdi --size 1024",
            "VBoxManage storageattach VM --storagectl VirtIO --port 1 --device 0 \\",
            "  --type hdd --medium helper.vdi",
            "VBoxManage startvm VM",
        ),
    )
