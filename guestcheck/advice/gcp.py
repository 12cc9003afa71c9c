"""Google Compute Engine: the features of the image, and the network interface of an instance when it is created.

Feature names are those of Compute Engine's guest OS features; the gcloud options were seen in published scripts.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import cpus, moving
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "Google Cloud"


def _image(features: str, note: str = "") -> Step:
    return Step(
        _WHERE,
        "Make an image of the boot disk that says what its system can do (stop the instance first).",
        (
            "gcloud compute images create IMAGE --source-disk=DISK \\",
            f"  --source-disk-zone=ZONE --guest-os-features={features}",
        ),
        note,
    )


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _image(
        "VIRTIO_SCSI_MULTIQUEUE,UEFI_COMPATIBLE",
        moving(about, "Only list what the system can do: UEFI_COMPATIBLE, for example, needs a boot loader on an EFI partition."),
    )
    yield Step(
        _WHERE,
        "Create an instance of that image. The machine series decides whether disks are virtio-scsi or NVMe.",
        ("gcloud compute instances create VM --image=IMAGE --machine-type=TYPE",),
        "Google's own images force nvme and virtio_scsi into the initramfs: do so as well.",
    )


def _change_nic(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield _image("GVNIC", "Only once the guest has the gve driver (Linux 5.3, or Google's own build of it).")
    yield Step(
        _WHERE,
        "The type of a network interface is chosen when the instance is created.",
        ("gcloud compute instances create VM --image=IMAGE \\", "  --network-interface=nic-type=GVNIC,subnet=SUBNET"),
        "Give private-network-ip=ADDRESS as well to keep the internal address.",
    )


def _add_queues(about: Dict[str, str], inventory: Inventory) -> Steps:
    if about.get("what") == "nic":
        yield Step(
            _WHERE,
            "Ask for more queues when the instance is created.",
            (
                "gcloud compute instances create VM --image=IMAGE \\",
                f"  --network-interface=nic-type=GVNIC,queue-count={cpus(about, inventory)}",
            ),
            "The sum over all interfaces is limited by the number of vCPUs.",
        )
    else:
        yield _image("VIRTIO_SCSI_MULTIQUEUE", "virtio-scsi then has a queue for each vCPU, in instances made of this image.")


def _windows_drivers(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install Google's own builds of the virtio and gVNIC drivers with googet before the instance is changed.",
        ("googet install google-compute-engine-driver-vioscsi", "googet install google-compute-engine-driver-gvnic"),
    )


ADVICE = Advice(
    id="gcp",
    name="Google Cloud",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "add-queues": _add_queues,
        "windows-drivers": _windows_drivers,
    },
)
