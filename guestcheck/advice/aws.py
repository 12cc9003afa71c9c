"""Amazon EC2: the instance's attributes and type, by the aws command, while it is stopped.

Options were read in the help of the AWS CLI (modify-instance-attribute, register-image).
"""

from __future__ import annotations

from typing import Dict

from guestcheck.advice._quoting import moving
from guestcheck.model.advice import Advice, Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "Amazon EC2"
_STOP = "aws ec2 stop-instances --instance-ids INSTANCE"
_START = "aws ec2 start-instances --instance-ids INSTANCE"


def _move_disk(about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Disks are NVMe on instance types of the Nitro generation: stop the instance and change its type.",
        (
            _STOP,
            "aws ec2 modify-instance-attribute --instance-id INSTANCE \\",
            "  --instance-type Value=TYPE",
            _START,
        ),
        moving(
            about,
            "First have nvme and ena in the initramfs and UUIDs in fstab; for Windows, AWS's NVMe and ENA drivers. What an "
            "instance store holds is lost when the instance stops.",
        ),
    )


def _change_nic(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "Once the guest has the ena driver, stop the instance, mark it as able to use ENA, and start it.",
        (
            _STOP,
            "aws ec2 modify-instance-attribute --instance-id INSTANCE --ena-support",
            _START,
        ),
        "For HVM instances only: a PV instance may become unreachable. The network interface keeps its MAC address.",
    )
    yield Step(_WHERE, "For instances to come, register the image with ENA.", ("aws ec2 register-image --ena-support ...",))


def _enable_discard(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(_WHERE, "EBS volumes do not offer discard, and there is nothing to switch on; instance store volumes do where they can.")


def _windows_drivers(_about: Dict[str, str], _inventory: Inventory) -> Steps:
    yield Step(_WHERE, "For Windows install AWS's NVMe and ENA drivers (and its PV drivers on Xen types) before changing the type.")


ADVICE = Advice(
    id="aws",
    name="Amazon EC2",
    words={
        "move-disk": _move_disk,
        "change-nic": _change_nic,
        "enable-discard": _enable_discard,
        "windows-drivers": _windows_drivers,
    },
)
