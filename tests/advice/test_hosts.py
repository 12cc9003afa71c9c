"""Held true of single platforms: the settings that users trip over are named, and named right."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import pytest

from guestcheck.model.advice import Step
from guestcheck.model.device import Inventory
from tests.advice import acts

DISK = {"device": "sda", "interface": "sata", "bus": "sata", "is_root": True, "serial": "QM00001"}
MAC = "52:54:00:12:34:56"
NIC = {"device": "ens3", "interface": "e1000", "mac": MAC, "to": "virtio-net"}


@pytest.fixture
def say(inventory: Callable[..., Inventory]) -> Callable[..., List[Step]]:
    def steps(place: str, action: str, about: Dict[str, Any], **guest: Any) -> List[Step]:
        return acts.say(place, action, about, inventory(**guest))

    return steps


Say = Callable[..., List[Step]]


def code(steps: List[Step]) -> str:
    return "\n".join(line for step in steps for line in step.code)


def words(steps: List[Step]) -> str:
    return "\n".join(f"{step.text}\n{step.note}" for step in steps)


def test_openstack_names_both_properties_for_virtio_scsi(say: Say) -> None:
    steps = say("openstack", "move-disk", {**DISK, "to": "virtio-scsi"})
    for step in steps:
        if any("hw_disk_bus=scsi" in line for line in step.code):
            assert any("hw_scsi_model=virtio-scsi" in line for line in step.code), step
    # the image, the snapshot's image, the copied volume, the recorded properties
    assert code(steps).count("hw_scsi_model=virtio-scsi") == 4
    assert "alone" in words(steps)


def test_openstack_sets_one_property_for_virtio_blk(say: Say) -> None:
    text = code(say("openstack", "move-disk", {**DISK, "to": "virtio-blk"}))
    assert "hw_disk_bus=virtio" in text
    assert "hw_scsi_model" not in text


@pytest.mark.parametrize("action", ["change-nic", "run-agent", "add-queues"])
def test_openstack_has_an_operator_record_what_a_server_reads_at_each_start(
    say: Say, action: str
) -> None:
    steps = say("openstack", action, {**DISK, **NIC, "kind": "nic", "channel": False})
    assert "keeps the properties it was created with" in words(steps)
    operators = [step for step in steps if "nova-manage" in code([step])]
    assert operators
    assert all("operator" in step.where for step in operators)
    assert "openstack server create" not in code(steps)


@pytest.mark.parametrize("to", ["virtio-blk", "virtio-scsi"])
def test_openstack_moves_a_disk_by_a_server_beside_the_old_one(say: Say, to: str) -> None:
    """A property alone moves no disk since Zed: the row of the first boot comes before it."""
    steps = say("openstack", "move-disk", {**DISK, "to": to})
    assert "keeps the bus that its root disk had at its first boot" in words(steps)
    lines = code(steps)
    for line in (
        "server image create --name before",
        "server create --flavor FLAVOR --image before",
        "volume create --snapshot before COPY",
    ):
        assert line in lines
    assert "server delete" not in lines
    assert "UPDATE block_device_mapping SET disk_bus=" in lines
    assert f"--image-property hw_disk_bus={'virtio' if to == 'virtio-blk' else 'scsi'}" in lines


def test_openstack_stops_a_server_and_waits(say: Say) -> None:
    for action in ("move-disk", "change-nic", "run-agent"):
        lines = code(
            say("openstack", action, {**DISK, **NIC, "to": "virtio-blk", "channel": False})
        ).split("\n")
        stops = [number for number, line in enumerate(lines) if "server stop" in line]
        assert stops
        assert all("SHUTOFF" in lines[number + 1] for number in stops)


def test_openstack_gives_a_queue_a_processor(say: Say) -> None:
    assert "hw_vif_multiqueue_enabled=true" in code(say("openstack", "add-queues", {"kind": "nic"}))
    assert "no property" in words(say("openstack", "add-queues", {"kind": "disk"}))


def test_libvirt_names_the_controller_model_for_virtio_scsi(say: Say) -> None:
    text = code(say("libvirt", "move-disk", {**DISK, "to": "virtio-scsi"}))
    assert "--controller type=scsi,model=virtio-scsi" in text
    assert "target.bus=scsi" in text


def test_libvirt_changes_only_the_controller_of_a_scsi_disk(say: Say) -> None:
    text = code(say("libvirt", "move-disk", {**DISK, "bus": "scsi", "to": "virtio-scsi"}))
    assert "--edit type=scsi --controller model=virtio-scsi" in text
    assert "target.dev" not in text


def test_libvirt_drops_the_address_and_keeps_the_serial_number(say: Say) -> None:
    steps = say("libvirt", "move-disk", {**DISK, "to": "virtio-blk"})
    assert (
        "target.bus=virtio,target.dev=vda,xpath.delete=./address,serial=QM00001,boot.order=1"
        in code(steps)
    )
    assert "CD-ROM drives stay" in words(steps)


def test_libvirt_leaves_the_boot_order_for_other_disks(say: Say) -> None:
    assert "boot.order" not in code(
        say("libvirt", "move-disk", {**DISK, "is_root": False, "to": "virtio-blk"})
    )


def test_libvirt_takes_a_free_target(say: Say) -> None:
    assert "target.dev=vdb" in code(
        say("libvirt", "move-disk", {**DISK, "to": "virtio-blk"}, disk="vda")
    )


def test_queues_are_as_many_as_processors(say: Say) -> None:
    about = {"kind": "nic", "device": "ens3", "cpus": 8, "mac": MAC}
    assert "driver.queues=8" in code(say("libvirt", "add-queues", about))
    assert "queues=8" in code(say("proxmox", "add-queues", about))
    assert "queues=8,mac" not in code(say("qemu", "add-queues", about))
    assert "queues=8" in code(say("qemu", "add-queues", about))
    assert "vectors=18" in code(say("qemu", "add-queues", about))


def test_proxmox_only_changes_the_controller_of_a_scsi_disk(say: Say) -> None:
    text = code(say("proxmox", "move-disk", {**DISK, "bus": "scsi", "to": "virtio-scsi"}))
    assert "--scsihw virtio-scsi-single" in text
    assert "--delete" not in text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("libvirt", f"--edit mac={MAC}"),
        ("qemu", f"mac={MAC}"),
        ("kubevirt", MAC),
        ("xen", f"mac={MAC}"),
        ("nutanix", f"mac={MAC}"),
        ("vmware", MAC),
    ],
)
def test_the_mac_address_stays(say: Say, place: str, text: str) -> None:
    assert text in code(say(place, "change-nic", NIC))


def test_hyperv_writes_the_mac_address_without_colons(say: Say) -> None:
    text = code(say("hyperv", "change-nic", {**NIC, "mac": "00:15:5d:aa:bb:cc"}))
    assert "-StaticMacAddress '00155DAABBCC'" in text
    assert "Where MacAddress -eq '00155DAABBCC'" in text


def test_hyperv_leaves_the_boot_disk_of_generation_1(say: Say) -> None:
    assert "stays on the IDE controller" in words(
        say("hyperv", "move-disk", {**DISK, "bus": "ide"})
    )
    assert "-ToControllerType SCSI" in code(
        say("hyperv", "move-disk", {**DISK, "bus": "ide", "is_root": False})
    )


def test_vmware_changes_the_type_of_the_controller(say: Say) -> None:
    assert "Set-ScsiController -Type ParaVirtual" in code(
        say("vmware", "move-disk", {**DISK, "bus": "scsi"})
    )


def test_virtualbox_has_virtio_scsi_and_no_virtio_blk(say: Say) -> None:
    steps = say("virtualbox", "move-disk", {**DISK, "to": "virtio-blk"})
    assert "--add virtio" in code(steps)
    assert "no virtio-blk" in words(steps)


def test_azure_goes_to_nvme_only_when_asked(say: Say) -> None:
    assert "--disk-controller-type NVMe" in code(say("azure", "move-disk", {**DISK, "to": "nvme"}))
    assert not code(say("azure", "move-disk", {**DISK, "to": "storvsc"}))


@pytest.mark.parametrize(
    "place",
    [
        "libvirt",
        "qemu",
        "openstack",
        "proxmox",
        "ovirt",
        "kubevirt",
        "vmware",
        "hyperv",
        "virtualbox",
        "xen",
        "other",
        "guest",
    ],
)
def test_nobody_promises_that_an_image_shrinks(say: Say, place: str) -> None:
    said = words(say(place, "enable-discard", {"device": "sda", "interface": "virtio-blk"})).lower()
    assert "shrink" not in said
    assert "may stay as large" in said


@pytest.mark.parametrize(
    "place",
    [
        "libvirt",
        "qemu",
        "proxmox",
        "openstack",
        "ovirt",
        "nutanix",
        "kubevirt",
        "xen",
        "virtualbox",
        "other",
        "vmware",
        "aws",
    ],
)
def test_a_root_disk_is_moved_with_a_warning(say: Say, place: str) -> None:
    warning = "first see that its initramfs has the new driver"
    assert warning in words(say(place, "move-disk", {**DISK, "to": "virtio-blk"}))
    assert warning not in words(
        say(place, "move-disk", {**DISK, "to": "virtio-blk", "is_root": False})
    )


@pytest.mark.parametrize("place", ["libvirt", "qemu", "other"])
def test_old_guests_keep_transitional_devices(say: Say, place: str) -> None:
    assert "need transitional devices" in words(
        say(place, "modern-virtio", {"device": "vda", "interface": "virtio-blk"})
    )


@pytest.mark.parametrize("place", ["libvirt", "qemu", "proxmox", "openstack"])
def test_a_channel_that_is_there_is_not_added_again(say: Say, place: str) -> None:
    assert "org.qemu.guest_agent.0'/>" not in code(
        say(place, "run-agent", {"agent": "qemu-ga", "channel": True})
    )
    assert len(say(place, "run-agent", {"channel": True})) == 1
