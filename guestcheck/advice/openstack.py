"""OpenStack: properties of the image, which Nova copies into a server when it creates it, and never reads again.

Property names and values are Nova's (libvirt driver) and Glance's "Useful image properties"; commands those of
python-openstackclient and nova-manage(1). What an ordinary project can do and what needs an operator is kept apart.
"""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.advice._quoting import NAMES_CHANGE, STILL_LARGE, device, moving
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "OpenStack"
_OPERATOR = "OpenStack, as operator"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    properties: Tuple[str, ...] = ("hw_disk_bus=virtio",)
    note = "Or virtio-scsi, which takes two: hw_disk_bus=scsi and hw_scsi_model=virtio-scsi."
    if about.get("to") == "virtio-scsi":
        properties = ("hw_disk_bus=scsi", "hw_scsi_model=virtio-scsi")
        note = "Both, always: hw_disk_bus=scsi alone leaves the controller to libvirt, which may choose an emulated one."
    yield _image(properties, moving(about, note))
    yield from _existing(properties)
    yield Step(
        _WHERE,
        "A server that boots from a volume takes the properties of that volume, again only when it is created.",
        ("openstack volume set \\", *_options("--image-property", properties, "VOLUME")),
        "Other volumes follow the server's properties; at creation each may have its own: --block-device ...,disk_bus=virtio.",
        main=False,
    )


def _change_nic(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _image(("hw_vif_model=virtio",), NAMES_CHANGE)
    yield from _existing(("hw_vif_model=virtio",))


def _add_queues(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield _image(("hw_vif_multiqueue_enabled=true",), "Nova then gives each interface one queue for each vCPU.")
        yield Step(
            _OPERATOR,
            "Or for all servers of a flavor (since Yoga).",
            ("openstack flavor set --property hw:vif_multiqueue_enabled=true FLAVOR",),
        )
        yield from _existing(("hw_vif_multiqueue_enabled=true",))
        return
    yield Step(
        _OPERATOR,
        "Nova has no property for the queues of disks; QEMU gives one for each vCPU with machine types from 5.2 on.",
        ("nova-manage libvirt get_machine_type SERVER_UUID",),
        "A server keeps its machine type; update_machine_type changes it while the server is shut off, and more than queues with it.",
    )


def _enable_discard(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _OPERATOR,
        "No image property does this. For disks that Nova keeps itself, set it in nova.conf of the compute hosts.",
        ("[libvirt]", "hw_disk_discard = unmap"),
    )
    yield Step(
        _OPERATOR,
        "For volumes, in the back end's section of cinder.conf; a volume must be attached anew.",
        ("report_discard_supported = true",),
        "virtio-blk passes discard since Linux 5.0 in the guest; on older kernels use virtio-scsi. " + STILL_LARGE,
    )


def _run_agent(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("channel") == "yes":
        yield Step(_WHERE, "The server has the agent's channel already; only the agent in the guest is missing.")
        return
    yield _image(
        ("hw_qemu_guest_agent=yes",),
        "With os_require_quiesce=yes as well, snapshots freeze the file systems, and fail where the agent does not answer.",
    )
    yield from _existing(("hw_qemu_guest_agent=yes",))


def _modern_virtio(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _image(
        ("hw_machine_type=q35",),
        "On q35 Nova's virtio devices sit behind PCIe root ports and are virtio 1 only; hw_disk_bus=ide is not possible there. "
        "Guests with kernels before 4.0 need the pc machine.",
    )
    yield Step(
        _OPERATOR,
        "This server keeps its machine type. An operator can force another one while the server is shut off; try it on a copy.",
        ("nova-manage libvirt update_machine_type SERVER_UUID q35 --force",),
        "Every device gets another place: disks on ide do not start any more, and interfaces may get other names.",
    )


def _spread_disks(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    properties = ("hw_disk_bus=scsi", "hw_scsi_model=virtio-scsi")
    yield _image(properties, "All disks then share one controller and one PCI slot.")
    yield from _existing(properties)
    yield Step(
        _OPERATOR,
        "On q35, more root ports leave room for more volumes (nova.conf of the compute hosts).",
        ("[libvirt]", "num_pcie_ports = 28"),
    )


def _fix_flush(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _OPERATOR,
        f"The cache mode of {device(about, 'the disk')} is set in nova.conf of the compute hosts.",
        ("[libvirt]", "disk_cachemodes = file=none,block=none,network=writeback"),
        "QEMU leaves FLUSH out where the write cache is off (writethrough, directsync): then writes are safe, only slow.",
    )


def _windows_drivers(about: Dict[str, str], _inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(_WHERE, "Prepare the image: install the drivers from the virtio-win CD before it gets hw_vif_model=virtio.")
        return
    scsi = about.get("to") == "virtio-scsi"
    yield Step(
        _WHERE,
        "Prepare the image: boot it once with a blank second volume on the new bus, install the drivers, and save it again.",
        (
            "openstack server create ... \\",
            f"  --block-device source_type=blank,destination_type=volume,volume_size=1,disk_bus={'scsi' if scsi else 'virtio'}",
        ),
        "For disk_bus=scsi the image also needs hw_scsi_model=virtio-scsi." if scsi else "",
    )


def _image(properties: Tuple[str, ...], note: str) -> Step:
    return Step(
        _WHERE,
        "For servers to come, set this on the image.",
        ("openstack image set \\", *_options("--property", properties, "IMAGE")),
        note,
    )


def _existing(properties: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "Servers that exist keep the properties they were created with. Create a new one from the image, or rebuild this one, which erases the root disk.",
        ("openstack server rebuild --image IMAGE SERVER",),
        "If the server boots from a volume, it needs --reimage-boot-volume (API 2.93) as well. "
        "Take a snapshot first; a new server made of it gets the properties of the snapshot, so set them there.",
    )
    yield Step(
        _OPERATOR,
        "An operator can change what is recorded for a server that is shut off or shelved (since Yoga).",
        (
            "openstack server stop SERVER",
            "nova-manage image_property set SERVER_UUID \\",
            *_options("--property", properties, ""),
            "openstack server start SERVER",
        ),
        main=False,
    )


def _options(option: str, properties: Tuple[str, ...], last: str) -> Tuple[str, ...]:
    lines = [f"  {option} {each}" for each in properties] + ([f"  {last}"] if last else [])
    return (*(line + " \\" for line in lines[:-1]), lines[-1])


ADVICE = Advice(
    id="openstack",
    name="OpenStack",
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
