"""Google Compute Engine: the features of the image, and the network interface of an instance when
it is created.

Feature names are those of Compute Engine's guest OS features; the gcloud options were seen in
published scripts.
"""

from __future__ import annotations

from guestcheck.advice._quoting import BY_HAND, SEE, cpus, moving
from guestcheck.model.action import AddQueues, ChangeNic, MoveDisk, WindowsDrivers
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "Google Cloud"
_WHERE = "Google Cloud"


_STAYS = (
    "The instance that there is stays as it is, and is the way back: delete it only after the new "
    "one was verified."
)


def _image(features: str, note: str = "") -> Steps:
    yield Step(
        _WHERE,
        f"What an instance has is settled when it is created: make another. {_STAYS} Stop it, "
        "and see its boot disk and network.",
        (
            "gcloud compute instances stop VM --zone=ZONE",
            "gcloud compute instances describe VM --zone=ZONE",
        ),
        note,
    )
    yield Step(
        _WHERE,
        "Make an image of the boot disk that says what its system can do.",
        (
            "gcloud compute images create IMAGE --source-disk=DISK \\",
            f"  --source-disk-zone=ZONE --guest-os-features={features}",
        ),
        "Other disks are not in it: detach them from VM and attach them to the new one.",
    )


def _create(text: str, *options: str, note: str) -> Step:
    first = ("gcloud compute instances create NEW --zone=ZONE --image=IMAGE \\",)
    return Step(_WHERE, f"{text} {SEE}", (*first, *options), f"{note} {BY_HAND}")


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    yield from _image(
        "VIRTIO_SCSI_MULTIQUEUE",
        moving(
            about,
            inventory,
            "UEFI_COMPATIBLE is another feature: list it only where a boot loader is on an "
            "EFI partition.",
        ),
    )
    yield _create(
        "Create an instance of that image. The machine series decides whether disks are "
        "virtio-scsi or NVMe.",
        "  --machine-type=TYPE",
        note="Google's own images force nvme and virtio_scsi into the initramfs: do so as well.",
    )


_ADDRESS = "Give private-network-ip=ADDRESS as well to keep the internal address."


def change_nic(_about: ChangeNic, _inventory: Inventory) -> Steps:
    yield from _image(
        "GVNIC", "Only once the guest has the gve driver (Linux 5.3, or Google's own build of it)."
    )
    yield _create(
        "The type of a network interface is chosen when the instance is created.",
        "  --machine-type=TYPE --network-interface=nic-type=GVNIC,subnet=SUBNET",
        note=_ADDRESS,
    )


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield Step(
            _WHERE,
            "The number of queues is chosen when an instance is created, of an image that "
            f"has the feature GVNIC. {_STAYS}",
            (
                "gcloud compute instances create NEW --zone=ZONE --image=IMAGE "
                "--machine-type=TYPE \\",
                f"  --network-interface=nic-type=GVNIC,queue-count={cpus(about.cpus, inventory)}",
            ),
            f"The sum over all interfaces is limited by the number of vCPUs. {_ADDRESS}",
        )
    else:
        yield from _image("VIRTIO_SCSI_MULTIQUEUE")
        yield _create(
            "Create an instance of that image: virtio-scsi then has a queue for each vCPU.",
            "  --machine-type=TYPE",
            note=_ADDRESS,
        )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install Google's own builds of the virtio and gVNIC drivers with googet "
        "before the instance is changed.",
        (
            "googet install google-compute-engine-driver-vioscsi",
            "googet install google-compute-engine-driver-gvnic",
        ),
    )
