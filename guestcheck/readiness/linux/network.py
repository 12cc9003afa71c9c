"""Would the guest have its network on another card: the driver, the card's name there, and what the
configuration is bound to.

A verdict is network-up only where every step was seen: the driver, a name or match that is known,
and a manager that starts. The MAC address is taken to be kept, which the host can do, and is said
to be not examined; a cloud gives a new one. A name by slot is not known before the move, since the
host chooses the slot.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import NETWORK_UP, OPEN, Readiness, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.drivers import generation, reached, transport
from guestcheck.readiness.linux.forbidden import in_root
from guestcheck.readiness.linux.late_drivers import after_root
from guestcheck.readiness.linux.modules import Modules
from guestcheck.readiness.linux.moved_nics import moved_cards
from guestcheck.readiness.linux.netroot import before_root
from guestcheck.readiness.linux.nic_case import MOST_PIECES, Case, Shared
from guestcheck.readiness.linux.nic_in_force import (
    OWN_PROFILE,
    configured_now,
    is_in_force_now,
    is_in_force_then,
    pieces_of,
)
from guestcheck.readiness.linux.nic_managers import (
    starts,
)
from guestcheck.readiness.linux.nic_names import (
    Card,
    name_after,
)
from guestcheck.readiness.linux.nic_reasons import (
    idle_reason,
    lost_network,
    no_configuration,
    shadowed_then,
    static_lost,
    unsure_of_manager,
)
from guestcheck.readiness.verdicts import once, verdict

_NOT_EXAMINED = (
    "whether the host keeps the card's MAC address",
    "in which slot the host puts the card",
    "what answers in the network (DHCP, gateways)",
)
_ON_A_CLOUD = _NOT_EXAMINED[1:]


def network(
    target: Target, boot: Boot, inventory: Inventory, names: Tuple[str, ...]
) -> Iterator[Readiness]:
    """Yield for each card what would become of its network, were it `target`."""
    drivers = (*_drivers(target, boot, inventory), *before_root(target, boot, inventory))
    every = moved_cards(inventory)
    cards = [card for card in every if not names or not inventory.nics or card.name in names]
    needs = (*transport(target, inventory.guest.architecture), *target.needs)
    unexamined = _ON_A_CLOUD if target.platform else _NOT_EXAMINED
    shared = Shared(target, tuple(every), boot, inventory.guest)
    up: Optional[Tuple[Hint, ...]] = None
    for card in cards or [Card("", "", "", "")]:
        reasons = once([*drivers, *_configured(card, shared)])
        found = verdict("nic", reasons)
        if found == NETWORK_UP and up is None:
            up = reached(needs, boot, inventory.guest, False)
        evidence = up or () if found == NETWORK_UP else ()
        yield Readiness(
            target.id,
            "nic",
            card.name,
            boot.release,
            boot.default,
            found,
            reasons,
            unexamined,
            evidence,
        )


def _drivers(target: Target, boot: Boot, inventory: Inventory) -> Iterator[Reason]:
    """Yield why the card would have no driver. The root file system's modules serve: the network
    comes up after it is mounted.
    """
    guest = inventory.guest
    modules = Modules(boot.kernel, guest.setup.dependencies)
    forbidden = in_root(boot, guest.setup.modprobe or ())
    needs = (*transport(target, guest.architecture), *target.needs)
    yield from after_root(needs, boot, modules, forbidden)
    yield from generation(target, boot)
    yield from _rescue(boot)


_RESCUE = frozenset(
    {"single", "rescue", "emergency", "systemd.unit=rescue.target", "systemd.unit=emergency.target"}
)


def _rescue(boot: Boot) -> Iterator[Reason]:
    """Yield that the network is not set up in single-user mode: bootparam(7), systemd(1)."""
    for word in boot.options or ():
        if word in _RESCUE:
            says, settle = message("boots-into-rescue", word=word), message("find-out.no-rescue")
            yield Reason("boots-into-rescue", says, (Hint(boot.options_from, word),), OPEN, settle)


def _configured(card: Card, shared: Shared) -> Iterator[Reason]:
    target = shared.target
    if card.interface == target.id and not target.platform:
        return  # it stays what it is
    if not shared.read:
        hint = Hint("network configuration", "was not read")
        yield Reason(
            "network-config-unread",
            message("network-config-unread"),
            (hint,),
            OPEN,
            message("find-out.preflight"),
        )
        return
    yield from shared.unread
    name = name_after(card, shared.naming)
    case = Case(target, card, name, shared.told, shared.guest, (), shared)
    number, near = shared.near(case)
    if number > MOST_PIECES:
        hint = Hint(near[0].line.file, f"and {number - 1} more")
        yield Reason(
            "network-config-unread",
            message("network-config-unread.more"),
            (hint,),
            OPEN,
            message("find-out.fewer-files"),
        )
        return
    yield from _judged(case._replace(bindings=tuple(near)))


def _judged(case: Case) -> Iterator[Reason]:
    """Yield what is lost of what the card has now, where nothing else would give it a network."""
    found = configured_now(case)
    now = [one for one in found if starts(one, case.guest).runs is not False]
    if not now and starts(OWN_PROFILE, case.guest).runs and is_in_force_now(OWN_PROFILE, case):
        now = [OWN_PROFILE]
    if not now:
        shadowed = shadowed_then(case)
        yield shadowed or (idle_reason(found[0], case) if found else no_configuration(case))
        return
    good = [
        one
        for one in pieces_of(case)
        if is_in_force_then(one, case) and starts(one, case.guest).runs
    ]
    lost = list(static_lost(case, now, good))
    if lost:
        yield lost[0]
        return
    holding = all(is_in_force_then(one, case) for one in now)
    if good or (holding and case.card.in_use):
        return
    if holding and not any(one.method or one.members for one in now):
        yield shadowed_then(case) or no_configuration(case)
        return
    possible = [
        one
        for one in pieces_of(case)
        if is_in_force_then(one, case) is not False and starts(one, case.guest).runs is not False
    ]
    waiting = next(
        (one for one in possible if one is not OWN_PROFILE and is_in_force_then(one, case)), None
    )
    if waiting:
        yield unsure_of_manager(waiting, case)
    else:
        yield lost_network(possible, now, case)
