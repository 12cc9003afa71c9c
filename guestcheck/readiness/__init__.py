"""Will it boot there, and will it have its network: a guest's own kernels, initramfs and names
against a disk or NIC on another interface.

A file here imports `model` and `catalogue` alone. Each family of guests has a folder with the same
verbs: `assess` judges, `moves` says what is judged without being asked for. In `linux/`, `drivers`
asks whether what runs the device is reachable, `references` and `network` whether what is written
down still applies. A verdict is `boots` where nothing stops it and nothing is open, `does-not-boot`
where one thing is enough, and else `unknown`, with what would settle it. To add a reason: yield it
there; its id stays for ever.
"""

from __future__ import annotations

from typing import Protocol, Sequence, Tuple

from guestcheck.discovery import of_family
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, UNKNOWN, VERDICTS, Readiness, Reason, Target
from guestcheck.readiness.verdicts import once


class Assess(Protocol):
    """The file `assess` in the folder of a family."""

    def assess(
        self,
        inventory: Inventory,
        targets: Sequence[Target],
        disks: Tuple[str, ...],
        nics: Tuple[str, ...],
    ) -> Tuple[Readiness, ...]:
        """Return a verdict for each target and for all that starts there."""


def assess(
    inventory: Inventory,
    targets: Sequence[Target],
    disks: Tuple[str, ...] = (),
    nics: Tuple[str, ...] = (),
) -> Tuple[Readiness, ...]:
    """Return, for each target and each installed kernel, whether the guest would boot or have its
    network there.

    `disks` and `nics` name what is moved: where none is named, the disk with the root file system,
    and every NIC.
    """
    family: Assess = of_family(__name__, inventory.family, "assess")
    verdicts = family.assess(inventory, targets, disks, nics)
    return tuple(
        _as_far_as_read(one._replace(family=inventory.family), inventory) for one in verdicts
    )


def _as_far_as_read(one: Readiness, inventory: Inventory) -> Readiness:
    """Leave open what would do well by answers of which only the beginning was read: what stands
    behind that may stop it.
    """
    cut = inventory.guest.cut
    if not cut or one.verdict != VERDICTS[one.kind][0]:
        return one
    hints = tuple(Hint(answer.asked, answer.says) for answer in cut)
    reason = Reason(
        "answer-cut",
        message("answer-cut"),
        hints,
        OPEN,
        message("find-out.what-was-cut"),
    )
    return one._replace(verdict=UNKNOWN, reasons=once((*one.reasons, reason)), evidence=())
