"""One NIC on one target, with the pieces of network configuration that may be for it."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import islice
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Binding, Line, Network
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, WARNS, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.nic_index import ByMac, exact, positions
from guestcheck.readiness.linux.nic_managers import (
    Device,
    masked_by,
    restricted,
    starts,
)
from guestcheck.readiness.linux.nic_names import (
    Card,
    Name,
    Naming,
    all_of,
    has_driver,
    mac_then,
    matches,
    name_holds,
)
from guestcheck.readiness.linux.nic_repairs import definitions, free_names

NAMERS = ("link", "udev")
MOST_PIECES = 200  # that may be for one card


def _is_called(patterns: str, card: Card) -> bool:
    return matches(patterns, card.name) or bool(card.renamed and matches(patterns, card.renamed))


class Shared:
    """What is the same for all cards on one target: looked up once."""

    def __init__(self, target: Target, cards: Tuple[Card, ...], boot: Boot, guest: Guest) -> None:
        self.target = target
        self.guest = masked_by(boot.options or (), boot.options_from, guest)
        self.cards = cards
        self.told = self.guest.setup.network or Network(())
        self.read = self.guest.setup.network is not None
        self.naming = Naming(target, len(cards), boot, self.guest, self.told)
        given = tuple(one for one in self.told.bindings if one.kind not in NAMERS)
        self.pieces = restricted(given, self.guest.setup.managers)
        self._may_be: Dict[Tuple[str, Tuple[str, ...], bool], Dict[int, None]] = {}
        self._for: Dict[Binding, List[Card]] = {}

    @cached_property
    def unread(self) -> Tuple[Reason, ...]:
        """Why configuration that was not understood leaves a card's open."""
        return tuple(_unread(one, self.guest) for one in self.told.unread)

    @cached_property
    def by_mac(self) -> ByMac:
        """The pieces by the MAC address that they ask for."""
        return ByMac(self.pieces)

    @cached_property
    def _names(self) -> Dict[int, Tuple[str, ...]]:
        """By its position the exact names that a piece asks for, which asks for no MAC address."""
        found = ((at, self.pieces[at]) for at in self.by_mac.rest)
        return {
            at: exact(one.name)
            for at, one in found
            if not (one.mac or one.software or one.members) and exact(one.name)
        }

    @cached_property
    def _by_name(self) -> Dict[str, List[int]]:
        return positions((at, word) for at, words in self._names.items() for word in words)

    @cached_property
    def _others(self) -> List[int]:
        """Where the pieces are that ask for neither by exact words."""
        return [at for at in self.by_mac.rest if at not in self._names]

    def near(self, case: Case) -> Tuple[int, List[Binding]]:
        """Return how many pieces may be for the card, now or then, and these; where they are more
        than are judged, the first alone.
        """
        card = case.card
        then = self._then_called(case)
        found = {*self._others}
        if card.mac:
            found.update(self.by_mac.at(card.mac))
        else:
            found.update(range(len(self.pieces)))
        if card.name:
            for name in (card.name, card.renamed):
                found.update(self._by_name.get(name, ()))
        else:
            found.update(self._names)
        more = [at for at in found if at not in then and self._is_near(at, case)]
        number = len(then) + len(more)
        if number > MOST_PIECES:
            first = min([*more, *islice(then, 1)])
            return number, [self.pieces[first]]
        return number, [self.pieces[at] for at in sorted((*then, *more))]

    def _is_near(self, at: int, case: Case) -> bool:
        one = self.pieces[at]
        return applies_now(one, case.card) is not False or applies_then(one, case) is not False

    def _then_called(self, case: Case) -> Dict[int, None]:
        """Return where the pieces are, in order, that ask for exact names and may be for a card of
        that name: for all such cards the same.
        """
        name = case.name
        key = (name.certain, name.patterns, name.of_qemu)
        if key not in self._may_be:
            asked = self._by_name.get(name.certain, ()) if name.certain else self._names
            held = (at for at in asked if applies_then(self.pieces[at], case) is not False)
            self._may_be[key] = dict.fromkeys(held)
        return self._may_be[key]

    @cached_property
    def _cards_by_mac(self) -> Dict[str, List[int]]:
        return positions((at, card.mac) for at, card in enumerate(self.cards))

    @cached_property
    def _cards_by_name(self) -> Dict[str, List[int]]:
        cards = enumerate(self.cards)
        return positions((at, name) for at, card in cards for name in _called(card))

    def is_alone(self, one: Binding, card: Card) -> bool:
        """Tell whether a piece is for no card but this one, as they are now."""
        if one not in self._for:
            held = (other for other in self._asked(one) if applies_now(one, other) is not False)
            self._for[one] = _two(held)
        return all(other == card for other in self._for[one])

    def _asked(self, one: Binding) -> Iterator[Card]:
        """Yield the cards that a piece may be for: those with what it asks for, or without any."""
        asks_itself = not (one.software or one.members)
        if asks_itself and exact(one.mac):
            index, words = self._cards_by_mac, exact(one.mac)
        elif asks_itself and exact(one.name):
            index, words = self._cards_by_name, exact(one.name)
        else:
            yield from self.cards
            return
        for word in ("", *words):
            for at in index.get(word, ()):
                yield self.cards[at]

    @cached_property
    def defined(self) -> Dict[str, Binding]:
        """Netplan's definitions by their ids."""
        return definitions(self.told.bindings)

    @cached_property
    def _free(self) -> List[str]:
        told = self.told.bindings
        used = [*(one.name for one in told), *(one.sets for one in told)]
        used += [nic.name for nic in self.guest.nics or ()]
        return free_names(used, len(self.cards) + 1)

    @cached_property
    def _sorted_names(self) -> List[str]:
        return sorted(card.name for card in self.cards)

    def free_name(self, card: Card) -> str:
        """Return a free name; each card that comes before this one may need one too."""
        return self._free[bisect_left(self._sorted_names, card.name)]

    @cached_property
    def idle(self) -> FrozenSet[str]:
        """The names of cards without an address that are known to have none: their addresses were
        read, or they are down.
        """
        nics = self.guest.nics or ()
        return frozenset(
            nic.name for nic in nics if nic.addresses_read or nic.state.lower() == "down"
        )


def _called(card: Card) -> Tuple[str, ...]:
    """Return the card's names, now and from the next boot on; "" where it has none."""
    return (card.name, card.renamed) if card.name and card.renamed else (card.name,)


def _two(cards: Iterator[Card]) -> List[Card]:
    """Return the first card and the first that is another: more need no look."""
    found: List[Card] = []
    for card in cards:
        if card not in found:
            found.append(card)
        if len(found) == 2:
            break
    return found


class Case(NamedTuple):
    """One card, on one target: what there is and what it would be called."""

    target: Target
    card: Card
    name: Name
    told: Network
    guest: Guest
    bindings: Tuple[Binding, ...]
    shared: Shared

    @property
    def now(self) -> Device:
        """The card of now, as NetworkManager's lists match it."""
        name = Name(self.card.name, (), Hint("", "")) if self.card.name else None
        return Device(name, self.card.mac, (self.card.driver,) if self.card.driver else ())

    @property
    def then(self) -> Device:
        """The card after the move."""
        mac = None if self.target.platform else self.card.mac
        return Device(
            self.name, mac, tuple(module for need in self.target.needs for module in need.modules)
        )


def _unread(unread: Hint, guest: Guest) -> Reason:
    """Word that a file was not understood; where nothing reads it, that is no matter."""
    weight = WARNS if _is_idle_file(unread.source, guest) else OPEN
    return Reason(
        "network-config-unread",
        message("network-config-unread.file", source=unread.source),
        (unread,),
        weight,
        message("find-out.content-of", path=unread.source) if weight == OPEN else "",
    )


# By a part of its path: what reads a file.
_READERS = {
    "/netplan/": "netplan",
    "/etc/network/interfaces": "ifupdown",
    "/wicked/": "wicked",
    "/systemd/network/": "networkd",
}


def _is_idle_file(source: str, guest: Guest) -> bool:
    """Tell whether what reads a file is known not to start."""
    kind = next((kind for part, kind in _READERS.items() if part in source), "")
    return bool(kind) and starts(Binding(Line(source, 0, ""), kind), guest).runs is False


def applies_now(one: Binding, card: Card) -> Optional[bool]:
    """Tell whether a piece is for the card as it is now; None where too little is known of that."""
    if one.software or (card.name and one.members):
        if not card.name:
            return bool(one.members) and card.is_any
        return bool(one.members) and _is_called(" ".join(one.members), card)
    parts: List[Optional[bool]] = []
    if one.name:
        parts.append(_is_called(one.name, card) if card.name else True if card.is_any else None)
    if one.mac:
        parts.append(matches(one.mac, card.mac) if card.mac else True if card.is_any else None)
    if one.driver:
        parts.append(matches(one.driver, card.driver) if card.driver else None)
    return all_of(parts)


def applies_then(one: Binding, case: Case) -> Optional[bool]:
    """Tell whether a piece would match the card after the move; None where that cannot be said."""
    card, target = case.card, case.target
    parts: List[Optional[bool]] = []
    if one.software:
        parts.append(name_holds(" ".join(one.members), case.name) if one.members else False)
    elif one.name and not (one.kind == "ifcfg" and one.mac and case.told.renames):
        parts.append(name_holds(one.name, case.name))
    if one.mac and not one.software:
        parts.append(mac_then(one.mac, card, target))
    if one.driver:
        parts.append(has_driver(one, target))
    if one.path or one.other:
        parts.append(None)
    return all_of(parts)
