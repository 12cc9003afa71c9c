"""Why a NIC would have no network after the move, or may have none, and how to repair that."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from guestcheck.model.action import Action, ManageNic, OrderNetworks
from guestcheck.model.guest_config import Binding
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.nic_case import Case, applies_now, applies_then
from guestcheck.readiness.linux.nic_in_force import (
    OWN_PROFILE,
    earlier_profiles,
    is_in_force_then,
    is_networkmanagers,
    pieces_of,
)
from guestcheck.readiness.linux.nic_managers import (
    Start,
    is_managed,
    keeps_off,
    starts,
    why_not,
)
from guestcheck.readiness.linux.nic_names import (
    has_driver,
    mac_then,
)
from guestcheck.readiness.linux.nic_repairs import bound, written_from

# What DHCP on the NIC by another piece does not replace; "other" is a port of a bond or bridge.
_KEPT_ALONE = ("static", "other")


def shadowed_then(case: Case) -> Optional[Reason]:
    """Return why a card that nothing is known to configure now would have no address either: each
    piece that has one comes after a file that takes the card and has none.
    """
    if case.card.in_use or (case.card.name and case.guest.nics):
        return None
    pieces = pieces_of(case)
    if any(is_in_force_then(one, case) is not False for one in pieces):
        return None
    for one in pieces:
        first = next(
            (other for other in earlier_profiles(one, case) if applies_then(other, case)), None
        )
        if one.kind == "networkd" and first and starts(one, case.guest).runs:
            return _shadowed(first, one, case, True, now=False)
    return None


def static_lost(case: Case, now: List[Binding], good: List[Binding]) -> Iterator[Reason]:
    """Yield the static addresses that the card has now and would not have then; another piece with
    one is taken to be prepared for the move.
    """
    for one in now:
        holds, now_sure = is_in_force_then(one, case), applies_now(one, case.card) is not None
        # A MAC address stays: what is for another card's does not matter, and what is for this
        # one's holds. A bond or bridge loses its port as a NIC its address.
        if (
            one.method not in _KEPT_ALONE
            or holds
            or (good and not now_sure and holds is None and one.mac)
        ):
            continue
        prepared = [other for other in good if other.method in _KEPT_ALONE and other not in now]
        if holds is False and not prepared and (now_sure or not good):
            start = starts(one, case.guest)
            yield (
                unsure_of_manager(one, case)
                if start.runs is None and good
                else lost_network([], [one], case)
            )
        elif not prepared:
            yield lost_network([one], [one], case)


def no_configuration(case: Case) -> Reason:
    """Word that no file configures the card."""
    card = case.card
    hint = Hint("network configuration", f"nothing in it is for {card.name or 'a card'}")
    if card.name and not card.in_use and card.name in case.shared.idle:
        return Reason(
            "card-not-configured",
            message("card-not-configured.now", name=card.name),
            (hint,),
            WARNS,
        )
    used = (
        ", which has an address"
        if card.addressed
        else ", which is a port of another interface"
        if card.in_use
        else ""
    )
    says = message("card-not-configured", name=card.name or "a card", used=used)
    return Reason("card-not-configured", says, (hint,), OPEN, message("find-out.network-config"))


def idle_reason(one: Binding, case: Case) -> Reason:
    """Word that what is for the card does nothing, for want of a manager that starts."""
    start = starts(one, case.guest)
    read = f"{start.name}, which reads it, {why_not(start, case.guest)}"
    says = message(
        "manager-not-started", file=one.line.file, name=case.card.name or "the card", read=read
    )
    return Reason(
        "manager-not-started",
        says,
        (one.line.hint, start.hint),
        OPEN,
        message("find-out.network-config"),
    )


def unsure_of_manager(one: Binding, case: Case) -> Reason:
    """Word that what is for the card is read by a manager of which it is not known to start."""
    start: Start = starts(one, case.guest)
    says = message("manager-unknown", file=one.line.file, name=start.name)
    return Reason(
        "manager-unknown",
        says,
        (one.line.hint, start.hint),
        OPEN,
        message("find-out.is-enabled", name=start.name),
    )


def lost_network(possible: List[Binding], now: List[Binding], case: Case) -> Reason:
    """Word why none of what configures the card is sure to apply to it afterwards; `possible` is
    what may.
    """
    card, target, name = case.card, case.target, case.name
    sure = not possible
    own = next((one for one in possible if one in now), None)
    one = own or now[0]
    named = " ".join(one.members) if one.members else one.name
    hints = (one.line.hint, name.hint)
    weight = STOPS if sure else OPEN
    address = "its static address" if one.method == "static" else "its configuration"
    before = (
        next(
            (
                other
                for other in earlier_profiles(one, case)
                if applies_then(other, case) is not False
            ),
            None,
        )
        if one.kind == "networkd"
        else None
    )
    if before and applies_then(one, case) is not False:
        return _shadowed(before, one, case, sure)
    if is_networkmanagers(one, case) and is_managed(case.told, case.then) is not True:
        kept = keeps_off(case.told)
        leaves = "leaves" if sure else "may leave"
        says = message("manager-leaves-card", leaves=leaves, target=target.id, address=address)
        action = ManageNic(card.name, kept.source.partition(", line")[0])
        return Reason(
            "manager-leaves-card",
            says,
            (one.line.hint, kept),
            weight,
            "" if sure else message("find-out.content-of", path=kept.source),
            (action,),
        )
    if one.driver and not has_driver(one, target):
        says = message("config-by-driver", driver=one.driver, target=target.id)
        return Reason(
            "config-by-driver",
            says,
            hints,
            weight,
            "" if sure else message("find-out.what-else-configures"),
            _repair(one, case, "driver"),
        )
    actions = _repair(one, case, "name")
    if one.mac and target.platform and mac_then(one.mac, card, target) is False:
        return _new_mac(one, case, sure)
    if not sure and own:
        says = message(
            "name-depends-on-slot", named=named or one.mac or one.path or one.other, address=address
        )
        mac = card.mac or "the MAC address of the card"
        settle = message("find-out.bound-to-mac", mac=mac)
        return Reason("name-depends-on-slot", says, hints, OPEN, settle, actions)
    called = name.certain or f"{name.patterns[0]} or the like"
    says = message("config-by-name", named=named or one.mac, called=called, address=address)
    if not sure and possible == [OWN_PROFILE]:
        more = message("unless-own-profile", says=says)
        return Reason(
            "config-by-name",
            more,
            hints,
            OPEN,
            message("find-out.no-auto-default"),
            actions,
        )
    if not sure:
        return Reason(
            "config-by-name",
            message("unless-file", says=says, file=possible[0].line.file),
            hints,
            OPEN,
            message("find-out.content-of", path=possible[0].line.file),
            actions,
        )
    return Reason("config-by-name", says, hints, STOPS, actions=actions)


def _repair(one: Binding, case: Case, by: str) -> Tuple[Action, ...]:
    shared = case.shared
    return bound(
        written_from(one, shared.defined),
        case.card,
        case.target,
        shared.free_name(case.card),
        by,
        shared.is_alone(one, case.card),
    )


def _shadowed(other: Binding, one: Binding, case: Case, sure: bool, now: bool = True) -> Reason:
    matches = "is" if sure else "may be"
    told = f"{other.line.file} {matches} the first to match a card on {case.target.id}"
    left = (
        "leaves it unmanaged"
        if other.unmanaged
        else "gives it another"
        if other.method
        else "gives it no address"
    )
    which = "configures it now" if now else "would configure it"
    says = message("config-by-order", told=told, left=left, file=one.line.file, which=which)
    action = OrderNetworks(one.line.file, other.line.file)
    return Reason(
        "config-by-order",
        says,
        (other.line.hint,),
        STOPS if sure else OPEN,
        "" if sure else message("find-out.content-of", path=other.line.file),
        (action,),
    )


def _new_mac(one: Binding, case: Case, sure: bool) -> Reason:
    """Word that a cloud gives the card another MAC address; cloud-init may write its own files for
    that.
    """
    by_cloud_init = "cloud-init" in one.line.file
    says = message("mac-not-kept", mac=one.mac, platform=case.target.platform)
    settle = (
        message("find-out.cloud-init-writes")
        if by_cloud_init
        else ""
        if sure
        else message("find-out.what-else-configures")
    )
    return Reason(
        "mac-not-kept",
        says,
        (one.line.hint,),
        OPEN if by_cloud_init or not sure else STOPS,
        settle,
        _repair(one, case, "mac"),
    )
