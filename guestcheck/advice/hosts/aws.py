"""Amazon EC2: the instance's attributes and type, by the aws command, while it is stopped.

Options were read in the help of the AWS CLI (modify-instance-attribute, create-image); `make
remedies` has its parser take each command.
"""

from __future__ import annotations

from guestcheck.advice._quoting import BY_HAND, SEE, moving
from guestcheck.model.action import ChangeNic, EnableDiscard, MoveDisk, WindowsDrivers
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

NAME = "Amazon EC2"
_WHERE = "Amazon EC2"
_MODIFY = "aws ec2 modify-instance-attribute --instance-id INSTANCE"


def _keep(note: str) -> Steps:
    yield Step(
        _WHERE,
        "Keep an image, which is the way back, and the present type; the image restarts the "
        "instance, to have its files at rest.",
        (
            "aws ec2 describe-instances --instance-ids INSTANCE",
            "aws ec2 create-image --instance-id INSTANCE --name before",
            "aws ec2 wait image-available --image-ids IMAGE",
        ),
        note,
    )
    yield Step(
        _WHERE,
        "Stop the instance, and wait until it is stopped: before that it cannot be changed.",
        (
            "aws ec2 stop-instances --instance-ids INSTANCE",
            "aws ec2 wait instance-stopped --instance-ids INSTANCE",
        ),
        "What an instance store holds is lost when the instance stops: copy it first. A "
        "public address that is no Elastic IP changes.",
    )


def _on_again(back: str) -> Step:
    return Step(
        _WHERE,
        f"Start the instance, and wait until it runs. {SEE}",
        (
            "aws ec2 start-instances --instance-ids INSTANCE",
            "aws ec2 wait instance-status-ok --instance-ids INSTANCE",
        ),
        f"The way back: stop it again, {back}, and start. {BY_HAND}",
    )


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Disks are NVMe, and network interfaces ENA, on instance types of the Nitro "
        "generation: see that the guest is ready for both.",
        ("guestcheck preflight --target aws",),
        "Linux needs nvme and ena in its initramfs and UUIDs in fstab; Windows needs AWS's "
        "NVMe and ENA drivers.",
    )
    yield from _keep(moving(about, inventory))
    yield Step(
        _WHERE,
        "Mark it as able to use ENA, without which no Nitro instance starts, and change its type.",
        (f"{_MODIFY} --ena-support", f"{_MODIFY} \\", "  --instance-type Value=TYPE"),
    )
    yield _on_again("set the old type")


def change_nic(_about: ChangeNic, _inventory: Inventory) -> Steps:
    yield from _keep("First see that the guest has the ena driver.")
    yield Step(
        _WHERE,
        "Mark the instance as able to use ENA.",
        (f"{_MODIFY} --ena-support",),
        "For HVM instances only: a PV instance may become unreachable. The network interface "
        "keeps its MAC address. Images that "
        "are made of the instance from then on have the mark as well.",
    )
    yield _on_again("take the mark back (--no-ena-support)")


def enable_discard(_about: EnableDiscard, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "EBS volumes do not offer discard, and there is nothing to switch on; instance store "
        "volumes do where they can.",
    )


def windows_drivers(_about: WindowsDrivers, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "For Windows install AWS's NVMe and ENA drivers (and its PV drivers on Xen types) "
        "before changing the type.",
    )
