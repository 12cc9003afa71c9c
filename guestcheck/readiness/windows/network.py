"""Whether Windows has its network on another NIC: the driver in its driver store, and the addresses
that stay with the old one.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from guestcheck.catalogue.rows import windows_needs
from guestcheck.model.action import WindowsGhostAddress, WindowsKeepAddress
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, WARNS, Readiness, Reason, Target
from guestcheck.model.windows import (
    WINDOWS_8,
    WINDOWS_10,
    Address,
    Windows,
)
from guestcheck.readiness.verdicts import once, verdict
from guestcheck.readiness.windows.shared import (
    ASK_RUNNING,
    SERVICE_KEY,
    doubted,
    is_of,
    no_set,
    ready_actions,
    set_that_boots,
)
from guestcheck.readiness.windows.signature import only_test_signed

_NIC_UNSEEN = (
    "whether the host keeps the card's MAC address",
    "what answers in the network (DHCP, gateways)",
    "whether the driver's file is whole",
)


def assess_nics(
    target: Target, inventory: Inventory, windows: Windows, name: str, names: Tuple[str, ...]
) -> Iterator[Readiness]:
    """Yield for each NIC that moves whether Windows would have its network on it."""
    cards = [nic for nic in inventory.nics or () if nic.name and (not names or nic.name in names)]
    reasons = list(_card_driver(target, windows))
    for card, interface in [(nic.name, nic.verdict.interface) for nic in cards] or [("", "")]:
        mine = (
            []
            if interface == target.id
            else doubted([*reasons, *_addresses(card, windows)], windows)
        )
        found = once(mine) if mine else ()
        yield Readiness(
            target.id, "nic", card, name, True, verdict("nic", found), found, _NIC_UNSEEN
        )


def _card_driver(target: Target, windows: Windows) -> Iterator[Reason]:
    """Yield why a card would have no driver. Windows installs what is in its driver store when it
    finds the card.
    """
    needs = windows_needs(target.id)
    one = set_that_boots(windows)
    if needs is None:
        yield Reason(
            "windows-target-unknown",
            message("windows-target-unknown.card", target=target.id),
            (),
            OPEN,
            _ONCE_CARD,
        )
        return
    if windows.sets is None or one is None:
        yield no_set(windows)
        return
    actions = ready_actions(target, needs.service, "missing", "nic")
    open_: List[Reason] = []
    for hardware in needs.hardware:
        seen = [
            service
            for id_, service in (one.instances or {}).items()
            if service and is_of(id_, hardware)
        ]
        staged = windows.staged is not None and any(id_ in windows.staged for id_ in hardware.ids)
        if seen or staged:
            continue
        if windows.staged is None:
            says = message("card-driver-unknown.unread", name=hardware.name)
            open_.append(Reason("card-driver-unknown", says, (), OPEN, _ONCE_CARD, actions))
            continue
        hint = Hint(
            "HKLM\\DRIVERS and HKLM\\SYSTEM\\DriverDatabase",
            f"have none of {', '.join(hardware.ids)}",
        )
        open_.append(
            Reason(
                "card-driver-unknown",
                message("card-driver-unknown", name=hardware.name),
                (hint,),
                OPEN,
                _ONCE_CARD,
                actions,
            )
        )
    file = f"/windows/system32/drivers/{needs.service}.sys"
    absent = (
        needs.package
        and one.services.get(needs.service) is None
        and windows.files is not None
        and "/windows/system32/drivers" in windows.files_whole
    )
    if (
        absent
        and len(open_) == len(needs.hardware)
        and windows.files is not None
        and not any(path.endswith(f"/{needs.service}.sys") for path in windows.files)
    ):
        hints = (
            Hint(SERVICE_KEY.format(one.path, needs.service), "is not there"),
            Hint("C:" + file.replace("/", "\\"), "is not there"),
        )
        yield Reason(
            "card-driver-missing",
            message("card-driver-missing", target=target.id, service=needs.service),
            hints,
            STOPS,
            actions=actions,
        )
        return
    yield from open_
    if windows.build is not None and WINDOWS_8 <= windows.build < WINDOWS_10:
        yield from only_test_signed(needs.service, target, windows, "nic")
    service = one.services.get(needs.service)
    if service is not None and service.start == 4:
        yield Reason(
            "card-driver-disabled",
            message("card-driver-disabled", service=needs.service),
            (Hint(SERVICE_KEY.format(one.path, needs.service), "Start = 4 (never)"),),
            STOPS,
        )


_ONCE_CARD = "start Windows once with a second card of this model"


def _addresses(card: str, windows: Windows) -> Iterator[Reason]:
    """Yield that a new card is a new connection: what was written down for the old one stays with
    that.
    """
    if windows.addresses is None:
        yield Reason(
            "addresses-unread",
            message("addresses-unread"),
            (),
            OPEN,
            ASK_RUNNING,
        )
        return
    here = [one for one in windows.addresses if not one.ghost]
    named = [one for one in here if one.name == card] or here
    static = [one for one in named if one.static]
    ghosts = [one for one in windows.addresses if one.ghost and one.static]
    if static:
        hints = tuple(_kept(one) for one in static[:4])
        actions = (WindowsKeepAddress(*_settings(static)),)
        says = message("static-address")
        if len(static) == len(named):
            yield Reason("static-address", says, hints, STOPS, actions=actions)
        else:
            yield Reason(
                "static-address", says, hints, OPEN, message("find-out.connection"), actions
            )
    if ghosts:
        says = message("ghost-address", addresses=tuple(ghosts[0].addresses))
        free = WindowsGhostAddress(ghosts[0].instance, True, *_settings(ghosts[:1]))
        yield Reason(
            "ghost-address", says, tuple(_kept(one) for one in ghosts[:4]), WARNS, actions=(free,)
        )


def _kept(one: Address) -> Hint:
    return Hint(
        f"Tcpip\\Parameters\\Interfaces\\{one.interface}",
        f"{one.name} has {', '.join(one.addresses)}",
    )


# Addresses, their masks, the gateway, and DNS servers.
_Settings = Tuple[Tuple[str, ...], Tuple[str, ...], str, Tuple[str, ...]]


def _settings(static: List[Address]) -> _Settings:
    """Return the addresses and what goes with them, where they are those of one connection."""
    if len(static) != 1:
        return (), (), "", ()
    one = static[0]
    return one.addresses, one.masks, one.gateway, one.dns
