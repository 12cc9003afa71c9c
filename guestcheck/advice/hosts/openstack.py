"""OpenStack: properties of the image, which Nova copies into a server when it creates it, and the
rows that it keeps.

Property names and values are Nova's (libvirt driver) and Glance's "Useful image properties";
commands those of python-openstackclient and nova-manage(1). What an ordinary project can do and
what needs an operator is kept apart. That no property moves a disk of a server that exists was seen
in Nova's own code (34.0): since Zed its first boot writes the bus and the device's name into
block_device_mapping, and that row comes before every property. So a disk is moved by a new server
next to the old one; what would write over a server's disk is never advised.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import BY_HAND, SEE, STILL_LARGE, moving, names_change, plain
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

NAME = "OpenStack"
_WHERE = "OpenStack"
_OPERATOR = "OpenStack, as operator"


def _wait(what: str, name: str, state: str = "available") -> str:
    return (
        f"until openstack {what} show -f value -c status {name} | grep -x {state}; do sleep 5; done"
    )


_STOP = ("openstack server stop SERVER", _wait("server", "SERVER", "SHUTOFF"))
_VIRTIO: Tuple[str, ...] = ("hw_disk_bus=virtio",)
_SCSI = ("hw_disk_bus=scsi", "hw_scsi_model=virtio-scsi")
_HORIZON = "In Horizon: Images, Update Metadata."


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    properties = _VIRTIO
    note = "Or virtio-scsi, which takes two: hw_disk_bus=scsi and hw_scsi_model=virtio-scsi."
    if about.to == "virtio-scsi":
        properties = _SCSI
        note = (
            "Both, always: hw_disk_bus=scsi alone leaves the controller to libvirt, which may "
            "choose an "
            "emulated one."
        )
    yield _image(properties, note)
    if not about.is_root:
        yield from _attach_again()
        return
    yield Step(
        _WHERE,
        "A server that exists keeps the bus that its root disk had at its first boot, "
        "whatever its properties say: make a new "
        "server next to it. The old one is the way back, and stays as it is until the new one "
        "was verified. First stop it.",
        _STOP,
        moving(about, inventory),
    )
    yield _from_image(properties)
    yield from _from_volume(properties)
    yield from _with_its_address()
    yield from _by_hand(properties)


def _from_image(properties: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "If the server boots from an image: make one of it, and give that the properties.",
        (
            "openstack server image create --name before --wait SERVER",
            "openstack image set \\",
            *_options("--property", properties, "before"),
        ),
        "The snapshot carries the old properties, so they must be set on it; add those for "
        "the NIC and the agent here too. Only "
        "the root disk is in it: copy what an ephemeral disk holds, and attach volumes to the "
        "new server.",
    )


def _from_volume(properties: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "If it boots from a volume: copy that volume.",
        (
            "openstack server volume list SERVER",
            "openstack volume snapshot create --force --volume VOLUME before",
            _wait("volume snapshot", "before"),
            "openstack volume create --snapshot before COPY",
            _wait("volume", "COPY"),
        ),
        "Not by server image create: its image names the disks with their old bus. VOLUME "
        "stays as it is.",
    )
    yield Step(
        _WHERE,
        "Give the copy the properties: a new server takes them from its volume.",
        ("openstack volume set --bootable \\", *_options("--image-property", properties, "COPY")),
    )


def _with_its_address() -> Steps:
    yield Step(
        _WHERE,
        "Take the port, and with it the addresses, from the old server.",
        (
            "openstack port list --server SERVER --long",
            "openstack port show PORT",
            "openstack server remove port SERVER PORT",
        ),
        "A port that Nova made itself is deleted by the last line: then create it again as "
        "the second line shows it, by "
        "openstack port create --network NETWORK --fixed-ip ip-address=ADDRESS --mac-address "
        "MAC PORT.",
    )
    yield Step(
        _WHERE,
        f"Create the new server, by one of the two lines. {SEE}",
        (
            "openstack server create --flavor FLAVOR --image before --nic port-id=PORT --wait NEW",
            "openstack server create --flavor FLAVOR --volume COPY --nic port-id=PORT --wait NEW",
        ),
        "The way back: remove the port from NEW, add it to SERVER, and start SERVER. Delete "
        f"neither SERVER nor VOLUME before NEW was verified. {BY_HAND}",
    )


def _by_hand(properties: Tuple[str, ...]) -> Steps:
    bus, name = ("virtio", "vda") if properties == _VIRTIO else ("scsi", "sda")
    yield Step(
        _OPERATOR,
        "Or an operator changes what is recorded for the server, which then stays: the "
        "properties, and two rows of the cell's "
        "database. Keep these rows, which are the way back, and stop the server.",
        ("mysqldump CELL_DATABASE block_device_mapping instances > before.sql", *_STOP),
    )
    yield Step(
        _OPERATOR,
        "Record the properties; this is refused while the server runs.",
        ("nova-manage image_property set SERVER_UUID \\", *_options("--property", properties, "")),
    )
    yield Step(
        _OPERATOR,
        "Record the bus and the name of the root disk, in the cell's database.",
        (
            f"UPDATE block_device_mapping SET disk_bus='{bus}', device_name='/dev/{name}'",
            "  WHERE instance_uuid='SERVER_UUID' AND boot_index=0 AND deleted=0;",
            f"UPDATE instances SET root_device_name='/dev/{name}'",
            "  WHERE uuid='SERVER_UUID' AND deleted=0;",
        ),
        f"If another disk of the server is /dev/{name} already, take a name that is free.",
    )
    yield Step(
        _OPERATOR,
        f"Start it from its new definition. {SEE}",
        ("openstack server reboot --hard SERVER",),
    )


def _attach_again() -> Steps:
    yield Step(
        _WHERE,
        "A volume that is attached keeps its bus. In the guest, take it out of use; then stop "
        "the server and look: its data are "
        "the way back, keep a snapshot of the volume.",
        (
            "openstack volume snapshot create --force --volume VOLUME before",
            *_STOP,
            "openstack server volume list SERVER",
        ),
    )
    yield Step(
        _WHERE,
        "Detach and attach it: the bus is taken from the server's recorded properties at "
        f"that moment. {SEE}",
        (
            "openstack server remove volume SERVER VOLUME",
            "openstack server add volume SERVER VOLUME",
            "openstack server start SERVER",
        ),
        "Where these still name the old bus, only a new server, or an operator (nova-manage "
        "image_property set), changes it.",
    )


def _recorded(properties: Tuple[str, ...]) -> Steps:
    """Yield how a server that exists gets properties that Nova reads at each start, as it does for
    all but its disks.
    """
    yield Step(
        _OPERATOR,
        "A server that exists keeps the properties it was created with, and only an operator "
        "can change what is recorded (since "
        "Yoga). See what is recorded, which is the way back, and stop the server.",
        (
            *(
                f"nova-manage image_property show SERVER_UUID {each.partition('=')[0]}"
                for each in properties
            ),
            *_STOP,
        ),
        "Without an operator: a new server gets them from its image. It is not worth one for "
        "this alone; one that is made to move a disk gets it as well.",
    )
    yield Step(
        _OPERATOR,
        "Record the properties; this is refused while the server runs.",
        ("nova-manage image_property set SERVER_UUID \\", *_options("--property", properties, "")),
        "Before the fix of Nova's bug 2078999 a migration takes this back.",
    )
    yield Step(
        _OPERATOR,
        f"Start it from its new definition. {SEE}",
        ("openstack server reboot --hard SERVER",),
        BY_HAND,
    )


def change_nic(_about: ChangeNic, inventory: Inventory) -> Steps:
    yield _image(("hw_vif_model=virtio",), names_change(inventory))
    yield from _recorded(("hw_vif_model=virtio",))


def add_queues(about: AddQueues, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield _image(
            ("hw_vif_multiqueue_enabled=true",),
            "Nova then gives each interface one queue for each vCPU.",
        )
        yield Step(
            _OPERATOR,
            "Or for all servers to come of a flavor (since Yoga).",
            ("openstack flavor set --property hw:vif_multiqueue_enabled=true FLAVOR",),
            "Where the image sets it too, both must say the same: else the server does not start.",
        )
        yield from _recorded(("hw_vif_multiqueue_enabled=true",))
        return
    yield Step(
        _OPERATOR,
        "Nova has no property for the queues of disks; QEMU gives one for each vCPU with "
        "machine types from 5.2 on.",
        ("nova-manage libvirt get_machine_type SERVER_UUID",),
        "A server keeps its machine type; a newer one changes more than queues.",
    )


def enable_discard(_about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _OPERATOR,
        "No image property does this. For disks that Nova keeps itself, set it in nova.conf "
        "of the compute hosts.",
        ("[libvirt]", "hw_disk_discard = unmap"),
        "It holds from the next hard reboot of a server on.",
    )
    yield Step(
        _OPERATOR,
        "For volumes, in the back end's section of cinder.conf; it holds from the next time "
        "that a volume is attached.",
        ("report_discard_supported = true",),
        "virtio-blk passes discard since Linux 5.0 in the guest; on older kernels use virtio-scsi. "
        + STILL_LARGE,
    )


def run_agent(about: RunAgent, _inventory: Inventory) -> Steps:
    if about.channel:
        yield Step(
            _WHERE,
            "The server has the agent's channel already; only the agent in the guest is missing.",
        )
        return
    yield _image(
        ("hw_qemu_guest_agent=yes",),
        "With os_require_quiesce=yes as well, snapshots freeze the file systems, and fail "
        "where the agent does not answer.",
    )
    yield from _recorded(("hw_qemu_guest_agent=yes",))


def modern_virtio(_about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield _image(
        ("hw_machine_type=q35",),
        "On q35 Nova's virtio devices sit behind PCIe root ports and are virtio 1 only; "
        "hw_disk_bus=ide is not possible there. "
        "Guests with kernels before 4.0 need the pc machine. A server that exists keeps its "
        "machine type: leave it.",
    )


def spread_disks(_about: SpreadDisks, _inventory: Inventory) -> Steps:
    yield _image(
        _SCSI,
        "All disks then share one controller and one PCI slot. The disks of a server that "
        "exists keep their bus.",
    )
    yield Step(
        _OPERATOR,
        "On q35, more root ports leave room for more volumes (nova.conf of the compute hosts).",
        ("[libvirt]", "num_pcie_ports = 28"),
        "It holds from the next hard reboot of a server on.",
    )


def fix_flush(about: FixFlush, _inventory: Inventory) -> Steps:
    yield Step(
        _OPERATOR,
        f"The cache mode of {plain(about.device, 'the disk')} is set in nova.conf of the compute "
        "hosts.",
        ("[libvirt]", "disk_cachemodes = file=none,block=none,network=writeback"),
        "QEMU leaves FLUSH out where the write cache is off (writethrough, directsync): then "
        "writes are safe, only slow. It "
        "holds from the next hard reboot of a server on.",
    )


def windows_drivers(about: WindowsDrivers, _inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "Prepare the image: install the drivers from the virtio-win CD before it gets "
            "hw_vif_model=virtio.",
        )
        return
    scsi = about.to == "virtio-scsi"
    yield Step(
        _WHERE,
        "Prepare the image: boot a server of it once with a blank second volume on the new "
        "bus, install the drivers, and make the new image of that server.",
        (
            "openstack server create --flavor FLAVOR --image IMAGE --network NETWORK \\",
            "  --block-device \\",
            "  source_type=blank,destination_type=volume,volume_size=1,"
            f"disk_bus={'scsi' if scsi else 'virtio'} \\",
            "  --wait PREPARED",
        ),
        "For disk_bus=scsi the image also needs hw_scsi_model=virtio-scsi." if scsi else "",
    )


def _image(properties: Tuple[str, ...], note: str) -> Step:
    return Step(
        _WHERE,
        "For servers to come, set this on the image.",
        ("openstack image set \\", *_options("--property", properties, "IMAGE")),
        f"{note} {_HORIZON}",
    )


def _options(option: str, properties: Tuple[str, ...], last: str) -> Tuple[str, ...]:
    lines = [f"  {option} {each}" for each in properties] + ([f"  {last}"] if last else [])
    return (*(line + " \\" for line in lines[:-1]), lines[-1])
