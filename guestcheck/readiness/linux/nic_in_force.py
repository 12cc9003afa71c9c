"""Which pieces of network configuration are in force for a NIC, now and after the move."""

from __future__ import annotations

from typing import List, Optional

from guestcheck.model.guest_config import Binding, Line
from guestcheck.readiness.linux.nic_case import Case, applies_now, applies_then
from guestcheck.readiness.linux.nic_managers import (
    has_own_profile,
    is_managed,
    starts,
)
from guestcheck.readiness.linux.nic_names import (
    all_of,
)

# What NetworkManager does for a NIC that has no profile.
OWN_PROFILE = Binding(
    Line("NetworkManager", 0, "makes a profile with DHCP for a NIC that has none"),
    "networkmanager",
    method="dhcp",
)


def pieces_of(case: Case) -> List[Binding]:
    """Return what may give a card a network: all configuration that does anything, and what
    NetworkManager does by itself.
    """
    runs = starts(OWN_PROFILE, case.guest).runs
    # Where it is not known whether it starts, only its own files make it likely.
    own = [OWN_PROFILE] if runs or (runs is None and _profiles(case)) else []
    return [*(one for one in case.bindings if one.method or one.members), *own]


def configured_now(case: Case) -> List[Binding]:
    """Return what may configure the card as it is now."""
    found = [one for one in case.bindings if is_in_force_now(one, case) is not False]
    return [one for one in found if one.method or one.members] or [
        one for one in found if not one.unmanaged
    ]


def is_networkmanagers(one: Binding, case: Case) -> bool:
    """Tell whether it is NetworkManager that reads the piece."""
    return (
        one.kind == "networkmanager"
        or one.renderer.lower() == "networkmanager"
        or (one.kind == "ifcfg" and starts(one, case.guest).name == "NetworkManager")
    )


def is_in_force_now(one: Binding, case: Case) -> Optional[bool]:
    """Tell whether a piece is what configures the card now: of networkd's files the first that
    matches is (systemd.network(5)).
    """
    parts = [applies_now(one, case.card)]
    if is_networkmanagers(one, case):
        parts.append(is_managed(case.told, case.now))
    if one is OWN_PROFILE:
        parts += [
            has_own_profile(case.told, case.now),
            *(_not(applies_now(other, case.card)) for other in _profiles(case)),
        ]
    if parts[0] is not False and one.kind == "networkd":
        parts += [False for other in earlier_profiles(one, case) if applies_now(other, case.card)]
    return all_of(parts)


def is_in_force_then(one: Binding, case: Case) -> Optional[bool]:
    """Tell whether a piece would be what configures the card after the move."""
    parts = [applies_then(one, case)]
    if parts[0] is not False and is_networkmanagers(one, case):
        parts.append(is_managed(case.told, case.then))
    if one is OWN_PROFILE:
        parts += [
            has_own_profile(case.told, case.then),
            *(_not(applies_then(other, case)) for other in _profiles(case)),
        ]
    if parts[0] is not False and one.kind == "networkd":
        parts += [_not(applies_then(other, case)) for other in earlier_profiles(one, case)]
    return all_of(parts)


def _not(holds: Optional[bool]) -> Optional[bool]:
    return None if holds is None else not holds


def _profiles(case: Case) -> List[Binding]:
    return [one for one in case.bindings if one.kind == "networkmanager" and not one.software]


def earlier_profiles(one: Binding, case: Case) -> List[Binding]:
    """Return the files of networkd that are read before `one`: the first that matches counts."""
    return [
        other
        for other in case.bindings
        if other.kind == "networkd" and not other.software and _file_name(other) < _file_name(one)
    ]


def _file_name(one: Binding) -> str:
    return one.line.file.rpartition("/")[2]
