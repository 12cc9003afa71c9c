"""Oracle VirtualBox: the VM's settings, by VBoxManage, while the VM is off.

Options are those of the manual's chapter "VBoxManage" (storagectl, storageattach, modifyvm); that `--add virtio` takes
VirtIO was read in VBoxManage's source.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, device, mac, moving, named
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "VirtualBox"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    old = {"ide": "IDE", "sata": "SATA", "scsi": "SCSI"}.get(about.get("bus", ""), "OLD")
    yield Step(
        _WHERE,
        "Shut the VM down and add a virtio-scsi controller (VirtualBox 6.1 or newer; it has no virtio-blk).",
        (
            "VBoxManage showvminfo VM",
            "VBoxManage storagectl VM --name VirtIO --add virtio \\",
            "  --controller VirtIO --bootable on",
        ),
        moving(about),
    )
    yield Step(
        _WHERE,
        f"Take {named(about, 'the disk')} off its controller and attach its image to the new one; CD-ROM drives stay.",
        (
            f"VBoxManage storageattach VM --storagectl {old} --port 0 --device 0 --medium none",
            "VBoxManage storageattach VM --storagectl VirtIO --port 0 --device 0 \\",
            "  --type hdd --medium DISK.vdi",
        ),
        "Names, ports and the path of the image are shown by showvminfo.",
    )


def _change_nic(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Change the type of the adapter whose MAC address is {mac(about)}; the number in the option is the adapter's.",
        ("VBoxManage showvminfo VM | grep MAC", "VBoxManage modifyvm VM --nictype1 virtio"),
        NAMES_CHANGE,
    )


def _enable_discard(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        f"Present {device(about, 'the disk')} as an SSD that takes discards, by attaching it again with these options.",
        (
            "VBoxManage storageattach VM --storagectl SATA --port 0 --device 0 \\",
            "  --type hdd --medium DISK.vdi --nonrotational on --discard on",
        ),
        "For VDI images that grow. " + STILL_LARGE,
    )


def _run_agent(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Where the distribution has no package, put the CD with the Guest Additions into the drive.",
        (
            "VBoxManage storageattach VM --storagectl IDE --port 0 --device 0 \\",
            "  --type dvddrive --medium additions",
        ),
    )


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(_WHERE, "Put the virtio-win CD into the drive while the old adapter is still there.")
        return
    yield Step(
        _WHERE,
        "Give Windows a small helper disk on the new controller, and the virtio-win CD, while it still boots from the old one.",
        (
            "VBoxManage createmedium disk --filename helper.vdi --size 1024",
            "VBoxManage storageattach VM --storagectl VirtIO --port 1 --device 0 \\",
            "  --type hdd --medium helper.vdi",
        ),
    )


ADVICE = Advice(
    id="virtualbox",
    name="VirtualBox",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "enable-discard": _enable_discard,
        "run-agent": _run_agent,
        "windows-drivers": _windows_drivers,
    },
)
