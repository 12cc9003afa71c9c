"""Which NICs move, and what they are called now.

A NIC whose name is not known is judged as any NIC.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Dict, Iterator, List, Optional, Tuple

from guestcheck.model.device import Inventory
from guestcheck.model.guest_config import Binding, Network
from guestcheck.readiness.linux.nic_case import NAMERS
from guestcheck.readiness.linux.nic_names import (
    Card,
)

_MAC = compile_pattern(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z")
# A name that a card can have: no pattern, no "!eth0".
_NAME = compile_pattern(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}\Z")
_MOST_CARDS = 256


def moved_cards(inventory: Inventory) -> List[Card]:
    """Return the guest's cards; of an image that tells of none, those that its configuration speaks
    of.
    """
    ports = {one.name for one in inventory.guest.nics or () if one.master}
    found = [
        Card(
            nic.name,
            nic.mac.lower(),
            nic.driver,
            nic.verdict.interface,
            bool(nic.addresses),
            bool(nic.addresses) or nic.name in ports,
        )
        for nic in inventory.nics or ()
        if nic.name
    ]
    names = _given(inventory.guest.setup.network)
    found = [card._replace(renamed=_renamed(card, names)) for card in found]
    if found or inventory.nics:
        return found
    told = inventory.guest.setup.network
    hard = (
        [one for one in told.bindings if not one.software and one.kind not in NAMERS]
        if told
        else []
    )
    # A rule that gives a card its name knows its address.
    known = (
        {one.sets: one.mac for one in told.bindings if one.sets and _MAC.match(one.mac)}
        if told
        else {}
    )
    named = [
        Card(word, one.mac if _MAC.match(one.mac) else known.get(word, ""), "", "")
        for one in hard
        for word in one.name.split()
        if _NAME.match(word)
    ]
    addressed = [
        Card("", word, "", "") for one in hard for word in one.mac.split() if _MAC.match(word)
    ]
    cards: Dict[str, Card] = {}
    for card in sorted(named, key=lambda card: not card.mac):
        cards.setdefault(card.name, card)
    known_macs = {card.mac for card in cards.values()}
    cards.update({card.mac: card for card in addressed if card.mac not in known_macs})
    if not cards:
        cards.update(_by_driver(hard))
    # More than a machine has are not told apart.
    return list(cards.values()) if len(cards) <= _MOST_CARDS else []


def _by_driver(hard: List[Binding]) -> Iterator[Tuple[str, Card]]:
    """Yield the card that the only configuration is for, where that asks for one driver alone."""
    asked = [one for one in hard if one.method or one.members]
    if len(asked) == 1 and _NAME.match(asked[0].driver) and not asked[0].path:
        yield "", Card("", "", asked[0].driver, "")


def _given(told: Optional[Network]) -> Dict[str, str]:
    """Return the name that a file gives to each MAC address; of several the first."""
    found: Dict[str, str] = {}
    for one in told.bindings if told else ():
        if one.sets:
            for word in one.mac.split():
                found.setdefault(word, one.sets)
    return found


def _renamed(card: Card, given: Dict[str, str]) -> str:
    """Return the name that a file gives this MAC address at the next boot, where it is not the one
    of now: its configuration may have that already.
    """
    name = given.get(card.mac, "")
    return name if name != card.name else ""
