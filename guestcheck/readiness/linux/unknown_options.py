"""The network where the command line is not known: with net.ifnames=0 NICs have other names, and a
configuration by name is for other NICs.
"""

from __future__ import annotations

from typing import List, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Readiness, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.network import network
from guestcheck.readiness.verdicts import once, verdict

_SETTLE = "the kernel's command line: the boot loader's configuration, or /proc/cmdline"


def judged_network(
    target: Target, boot: Boot, inventory: Inventory, names: Tuple[str, ...]
) -> List[Readiness]:
    """Judge each NIC; where the command line is not known, its verdict holds with every one."""
    found = list(network(target, boot, inventory, names))
    if boot.options is not None:
        return found
    old = boot._replace(options=("net.ifnames=0",), options_from="boot loader")
    others = {one.device: one for one in network(target, old, inventory, names)}
    return [_both(one, others.get(one.device, one)) for one in found]


def _both(one: Readiness, other: Readiness) -> Readiness:
    if one.verdict == other.verdict:
        return one
    hint = Hint("boot loader", "no command line was seen")
    says = message("options-unread")
    opened = (
        reason._replace(weight=OPEN, settle=_SETTLE) if reason.weight == STOPS else reason
        for reason in one.reasons
    )
    reasons = once([*opened, Reason("options-unread", says, (hint,), OPEN, _SETTLE)])
    return one._replace(verdict=verdict(one.kind, reasons), reasons=reasons, evidence=())
