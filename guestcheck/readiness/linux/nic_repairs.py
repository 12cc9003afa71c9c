"""What binds a NIC's configuration to the NIC itself: an edit of the file that has it, or a name of
its own where the tool knows names alone.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, Tuple

from guestcheck.model.action import BY_DRIVER, BY_NAME, Action, BindNic, PinNic
from guestcheck.model.guest_config import Binding
from guestcheck.model.target import Target
from guestcheck.readiness.linux.nic_names import Card

# Tools that find a NIC by its name and by nothing else.
_BY_NAME_ALONE = ("ifupdown", "wicked", "netifrc", "netctl", "dhcpcd", "openwrt", "connman")
# Names that the kernel and udev give: another NIC may get the same one.
_CAN_CLASH = re.compile(r"(eth|en[a-zA-Z]|usb|wl|ib|sl)")


_GENERATED = "/run/systemd/network/10-netplan-"


def definitions(bindings: Iterable[Binding]) -> Dict[str, Binding]:
    """Return netplan's definitions by their ids; of several with one id the first."""
    found: Dict[str, Binding] = {}
    for one in bindings:
        if one.kind == "netplan":
            found.setdefault(_definition(one), one)
    return found


def written_from(one: Binding, defined: Mapping[str, Binding]) -> Binding:
    """Return netplan's definition that a file of networkd was written from; the piece itself where
    it is no such file, or the definition was not read.
    """
    id_ = one.line.file[len(_GENERATED) :].rpartition(".")[0]
    if one.kind != "networkd" or not one.line.file.startswith(_GENERATED) or not id_:
        return one
    return defined.get(id_, one)


def _definition(one: Binding) -> str:
    """Return the id of a definition of netplan's."""
    return one.line.text.partition(":")[0].strip("\"'") if one.kind == "netplan" else ""


def bound(
    one: Binding, card: Card, target: Target, free: str, by: str, alone: bool
) -> Tuple[Action, ...]:
    """Return what binds `one` to the card; `by` is what it is bound to now (name, driver or mac).

    `free` is a name that it may get, see `free_names`. Where the card is not `alone` the piece is
    for others too, which its MAC address would exclude.
    """
    # Of a bridge or bond it is the port that is bound to the NIC.
    bound_to = " ".join(one.members) if one.members else one.name
    named = card.name or bound_to.split(" ")[0]
    name = named
    if by == BY_NAME:
        name = card.name if card.name in one.members else bound_to
    # An id is the NIC's name where the definition has no match.
    is_name = one.kind == "netplan" and one.name == one.line.text.partition(":")[0]
    bind = BindNic(
        file=one.line.file,
        tool=one.kind,
        by=by,
        name=name,
        mac=card.mac if alone and not target.platform else "",
        pin=_pin(named, free),
        drivers=tuple(one.driver.split(" ")) if by == BY_DRIVER else (),
        id=one.name if is_name else "",
        definition=_definition(one),
        modules=tuple(module for need in target.needs for module in need.modules),
    )
    by_name = (
        one.kind in _BY_NAME_ALONE or (one.software and one.kind != "netplan") or bool(one.members)
    )
    return (PinNic(*bind) if by_name and by == BY_NAME else bind,)


def free_names(used: Iterable[str], count: int) -> List[str]:
    """Return `count` names that are not among those used, one for each card that may need one.

    >>> free_names(("lan0 eth0", "lan2"), 2)
    ['lan1', 'lan3']
    """
    taken = {word for text in used for word in text.split()}
    free = (f"lan{number}" for number in range(len(taken) + count))
    return [name for name in free if name not in taken][:count]


def _pin(name: str, free: str) -> str:
    """Return a name that no other NIC gets by itself: the one of now where it is of that kind.

    >>> _pin("mgmt", "lan1"), _pin("ens3", "lan1")
    ('mgmt', 'lan1')
    """
    if name and not _CAN_CLASH.match(name) and re.fullmatch(r"[a-z][a-z0-9]{0,14}", name):
        return name
    return free
