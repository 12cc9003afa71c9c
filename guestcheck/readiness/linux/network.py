"""Would the guest have its network on another card: the driver, the card's name there, and what the
configuration is bound to.

A verdict is network-up only where every step was seen: the driver, a name or match that is known,
and a manager that starts. The MAC address is taken to be kept, which the host can do, and is said
to be not examined; a cloud gives a new one. A name by slot is not known before the move, since the
host chooses the slot.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import islice
from re import compile as compile_pattern
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.action import Action, ManageNic, OrderNetworks
from guestcheck.model.device import Inventory
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Binding, Line, Network
from guestcheck.model.hint import Hint
from guestcheck.model.target import NETWORK_UP, OPEN, STOPS, WARNS, Readiness, Reason, Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.drivers import after_root, generation, reached, transport
from guestcheck.readiness.linux.forbidden import in_root
from guestcheck.readiness.linux.modules import Modules
from guestcheck.readiness.linux.netroot import before_root
from guestcheck.readiness.linux.nic_index import ByMac, exact, positions
from guestcheck.readiness.linux.nic_managers import (
    Device,
    Start,
    has_own_profile,
    is_managed,
    keeps_off,
    masked_by,
    restricted,
    starts,
    why_not,
)
from guestcheck.readiness.linux.nic_names import (
    Card,
    Name,
    Naming,
    all_of,
    has_driver,
    mac_then,
    matches,
    name_after,
    name_holds,
)
from guestcheck.readiness.linux.nic_repairs import bound, definitions, free_names, written_from
from guestcheck.readiness.verdicts import once, verdict

_NOT_EXAMINED = (
    "whether the host keeps the card's MAC address",
    "in which slot the host puts the card",
    "what answers in the network (DHCP, gateways)",
)
_ON_A_CLOUD = _NOT_EXAMINED[1:]
_MAC = compile_pattern(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z")
# A name that a card can have: no pattern, no "!eth0".
_NAME = compile_pattern(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}\Z")
_NAMERS = ("link", "udev")
_MOST_CARDS = 256
_MOST_PIECES = 200  # that may be for one card
# What NetworkManager does for a NIC that has no profile.
_OWN_PROFILE = Binding(
    Line("NetworkManager", 0, "makes a profile with DHCP for a NIC that has none"),
    "networkmanager",
    method="dhcp",
)


def network(
    target: Target, boot: Boot, inventory: Inventory, names: Tuple[str, ...]
) -> Iterator[Readiness]:
    """Yield for each card what would become of its network, were it `target`."""
    drivers = (*_drivers(target, boot, inventory), *before_root(target, boot, inventory))
    every = _cards(inventory)
    cards = [card for card in every if not names or not inventory.nics or card.name in names]
    needs = (*transport(target, inventory.guest.architecture), *target.needs)
    unexamined = _ON_A_CLOUD if target.platform else _NOT_EXAMINED
    shared = _Shared(target, tuple(every), boot, inventory.guest)
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


def _cards(inventory: Inventory) -> List[Card]:
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
        [one for one in told.bindings if not one.software and one.kind not in _NAMERS]
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


def _is_called(patterns: str, card: Card) -> bool:
    return matches(patterns, card.name) or bool(card.renamed and matches(patterns, card.renamed))


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


class _Shared:
    """What is the same for all cards on one target: looked up once."""

    def __init__(self, target: Target, cards: Tuple[Card, ...], boot: Boot, guest: Guest) -> None:
        self.target = target
        self.guest = masked_by(boot.options or (), boot.options_from, guest)
        self.cards = cards
        self.told = self.guest.setup.network or Network(())
        self.read = self.guest.setup.network is not None
        self.naming = Naming(target, len(cards), boot, self.guest, self.told)
        given = tuple(one for one in self.told.bindings if one.kind not in _NAMERS)
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
        """The exact names, by its position, that a piece asks for, which asks for no MAC address."""
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

    def near(self, case: _Case) -> Tuple[int, List[Binding]]:
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
        if number > _MOST_PIECES:
            first = min([*more, *islice(then, 1)])
            return number, [self.pieces[first]]
        return number, [self.pieces[at] for at in sorted((*then, *more))]

    def _is_near(self, at: int, case: _Case) -> bool:
        one = self.pieces[at]
        return _applies_now(one, case.card) is not False or _applies_then(one, case) is not False

    def _then_called(self, case: _Case) -> Dict[int, None]:
        """Return where the pieces are, in order, that ask for exact names and may be for a card of
        that name: for all such cards the same.
        """
        name = case.name
        key = (name.certain, name.patterns, name.of_qemu)
        if key not in self._may_be:
            asked = self._by_name.get(name.certain, ()) if name.certain else self._names
            held = (at for at in asked if _applies_then(self.pieces[at], case) is not False)
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
            held = (other for other in self._asked(one) if _applies_now(one, other) is not False)
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


class _Case(NamedTuple):
    """One card, on one target: what there is and what it would be called."""

    target: Target
    card: Card
    name: Name
    told: Network
    guest: Guest
    bindings: Tuple[Binding, ...]
    shared: _Shared

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


def _configured(card: Card, shared: _Shared) -> Iterator[Reason]:
    target = shared.target
    if card.interface == target.id and not target.platform:
        return  # it stays what it is
    if not shared.read:
        hint = Hint("network configuration", "was not read")
        yield Reason(
            "network-config-unread",
            "to what the configuration is bound is not known",
            (hint,),
            OPEN,
            "guestcheck preflight in the guest",
        )
        return
    yield from shared.unread
    name = name_after(card, shared.naming)
    case = _Case(target, card, name, shared.told, shared.guest, (), shared)
    number, near = shared.near(case)
    if number > _MOST_PIECES:
        hint = Hint(near[0].line.file, f"and {number - 1} more")
        yield Reason(
            "network-config-unread",
            "more configuration may be for the card than is judged",
            (hint,),
            OPEN,
            "fewer files",
        )
        return
    yield from _judged(case._replace(bindings=tuple(near)))


def _unread(unread: Hint, guest: Guest) -> Reason:
    """Word that a file was not understood; where nothing reads it, that is no matter."""
    weight = WARNS if _is_idle_file(unread.source, guest) else OPEN
    return Reason(
        "network-config-unread",
        f"{unread.source} was not understood",
        (unread,),
        weight,
        unread.source if weight == OPEN else "",
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


def _judged(case: _Case) -> Iterator[Reason]:
    """Yield what is lost of what the card has now, where nothing else would give it a network."""
    found = _now(case)
    now = [one for one in found if starts(one, case.guest).runs is not False]
    if not now and starts(_OWN_PROFILE, case.guest).runs and _in_force_now(_OWN_PROFILE, case):
        now = [_OWN_PROFILE]
    if not now:
        shadowed = _shadowed_then(case)
        yield shadowed or (_idle(found[0], case) if found else _nothing(case))
        return
    good = [one for one in _pieces(case) if _then(one, case) and starts(one, case.guest).runs]
    lost = list(_static_lost(case, now, good))
    if lost:
        yield lost[0]
        return
    holding = all(_then(one, case) for one in now)
    if good or (holding and case.card.in_use):
        return
    if holding and not any(one.method or one.members for one in now):
        yield _shadowed_then(case) or _nothing(case)
        return
    possible = [
        one
        for one in _pieces(case)
        if _then(one, case) is not False and starts(one, case.guest).runs is not False
    ]
    waiting = next((one for one in possible if one is not _OWN_PROFILE and _then(one, case)), None)
    if waiting:
        yield _unsure_of_manager(waiting, case)
    else:
        yield _lost(possible, now, case)


def _pieces(case: _Case) -> List[Binding]:
    """Return what may give a card a network: all configuration that does anything, and what
    NetworkManager does by itself.
    """
    runs = starts(_OWN_PROFILE, case.guest).runs
    # Where it is not known whether it starts, only its own files make it likely.
    own = [_OWN_PROFILE] if runs or (runs is None and _profiles(case)) else []
    return [*(one for one in case.bindings if one.method or one.members), *own]


def _now(case: _Case) -> List[Binding]:
    """Return what may configure the card as it is now."""
    found = [one for one in case.bindings if _in_force_now(one, case) is not False]
    return [one for one in found if one.method or one.members] or [
        one for one in found if not one.unmanaged
    ]


# What DHCP on the NIC by another piece does not stand in for; "other" is a port of a bond or bridge.
_KEPT_ALONE = ("static", "other")


def _shadowed_then(case: _Case) -> Optional[Reason]:
    """Return why a card that nothing is known to configure now would have no address either: each
    piece that has one comes after a file that takes the card and has none.
    """
    if case.card.in_use or (case.card.name and case.guest.nics):
        return None
    pieces = _pieces(case)
    if any(_then(one, case) is not False for one in pieces):
        return None
    for one in pieces:
        first = next((other for other in _earlier(one, case) if _applies_then(other, case)), None)
        if one.kind == "networkd" and first and starts(one, case.guest).runs:
            return _shadowed(first, one, case, True, now=False)
    return None


def _static_lost(case: _Case, now: List[Binding], good: List[Binding]) -> Iterator[Reason]:
    """Yield the static addresses that the card has now and would not have then; another piece with
    one is taken to be prepared for the move.
    """
    for one in now:
        holds, now_sure = _then(one, case), _applies_now(one, case.card) is not None
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
                _unsure_of_manager(one, case)
                if start.runs is None and good
                else _lost([], [one], case)
            )
        elif not prepared:
            yield _lost([one], [one], case)


def _applies_now(one: Binding, card: Card) -> Optional[bool]:
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


def _by_networkmanager(one: Binding, case: _Case) -> bool:
    """Tell whether it is NetworkManager that reads the piece."""
    return (
        one.kind == "networkmanager"
        or one.renderer.lower() == "networkmanager"
        or (one.kind == "ifcfg" and starts(one, case.guest).name == "NetworkManager")
    )


def _in_force_now(one: Binding, case: _Case) -> Optional[bool]:
    """Tell whether a piece is what configures the card now: of networkd's files the first that
    matches is (systemd.network(5)).
    """
    parts = [_applies_now(one, case.card)]
    if _by_networkmanager(one, case):
        parts.append(is_managed(case.told, case.now))
    if one is _OWN_PROFILE:
        parts += [
            has_own_profile(case.told, case.now),
            *(_not(_applies_now(other, case.card)) for other in _profiles(case)),
        ]
    if parts[0] is not False and one.kind == "networkd":
        parts += [False for other in _earlier(one, case) if _applies_now(other, case.card)]
    return all_of(parts)


def _then(one: Binding, case: _Case) -> Optional[bool]:
    """Tell whether a piece would be what configures the card after the move."""
    parts = [_applies_then(one, case)]
    if parts[0] is not False and _by_networkmanager(one, case):
        parts.append(is_managed(case.told, case.then))
    if one is _OWN_PROFILE:
        parts += [
            has_own_profile(case.told, case.then),
            *(_not(_applies_then(other, case)) for other in _profiles(case)),
        ]
    if parts[0] is not False and one.kind == "networkd":
        parts += [_not(_applies_then(other, case)) for other in _earlier(one, case)]
    return all_of(parts)


def _not(holds: Optional[bool]) -> Optional[bool]:
    return None if holds is None else not holds


def _profiles(case: _Case) -> List[Binding]:
    return [one for one in case.bindings if one.kind == "networkmanager" and not one.software]


def _earlier(one: Binding, case: _Case) -> List[Binding]:
    return [
        other
        for other in case.bindings
        if other.kind == "networkd" and not other.software and _file_name(other) < _file_name(one)
    ]


def _file_name(one: Binding) -> str:
    return one.line.file.rpartition("/")[2]


def _applies_then(one: Binding, case: _Case) -> Optional[bool]:
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


def _nothing(case: _Case) -> Reason:
    """Word that no file configures the card."""
    card = case.card
    hint = Hint("network configuration", f"nothing in it is for {card.name or 'a card'}")
    if card.name and not card.in_use and card.name in case.shared.idle:
        return Reason(
            "card-not-configured",
            f"{card.name} has no configuration now, and so none to lose",
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
    says = f"no file that was read configures {card.name or 'a card'}{used}"
    return Reason("card-not-configured", says, (hint,), OPEN, "what configures the network here")


def _idle(one: Binding, case: _Case) -> Reason:
    """Word that what is for the card does nothing, for want of a manager that starts."""
    start = starts(one, case.guest)
    read = f"{start.name}, which reads it, {why_not(start, case.guest)}"
    says = (
        f"{one.line.file} is for {case.card.name or 'the card'}, and {read}: what configures it is "
        "not known"
    )
    return Reason(
        "manager-not-started",
        says,
        (one.line.hint, start.hint),
        OPEN,
        "what configures the network here",
    )


def _unsure_of_manager(one: Binding, case: _Case) -> Reason:
    start: Start = starts(one, case.guest)
    says = (
        f"{one.line.file} is for the card, and whether {start.name}, which reads it, starts "
        "at boot "
        "is not known"
    )
    return Reason(
        "manager-unknown",
        says,
        (one.line.hint, start.hint),
        OPEN,
        f"systemctl is-enabled, or what starts {start.name} here",
    )


def _lost(possible: List[Binding], now: List[Binding], case: _Case) -> Reason:
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
            (other for other in _earlier(one, case) if _applies_then(other, case) is not False),
            None,
        )
        if one.kind == "networkd"
        else None
    )
    if before and _applies_then(one, case) is not False:
        return _shadowed(before, one, case, sure)
    if _by_networkmanager(one, case) and is_managed(case.told, case.then) is not True:
        kept = keeps_off(case.told)
        says = f"NetworkManager {'leaves' if sure else 'may leave'} a card on {target.id} alone: {address} is lost"
        action = ManageNic(card.name, kept.source.partition(", line")[0])
        return Reason(
            "manager-leaves-card",
            says,
            (one.line.hint, kept),
            weight,
            "" if sure else kept.source,
            (action,),
        )
    if one.driver and not has_driver(one, target):
        says = f"the configuration is for cards with the driver {one.driver}, and {target.id} has another"
        return Reason(
            "config-by-driver",
            says,
            hints,
            weight,
            "" if sure else "what else configures the card",
            _repair(one, case, "driver"),
        )
    actions = _repair(one, case, "name")
    if one.mac and target.platform and mac_then(one.mac, card, target) is False:
        return _new_mac(one, case, sure)
    if not sure and own:
        says = (
            f"the configuration is for {named or one.mac or one.path or one.other}, and what "
            "the new card "
            f"is called depends on its slot: {address} may be lost"
        )
        settle = f"a configuration, or a .link file, that is bound to {card.mac or 'the MAC address of the card'}"
        return Reason("name-depends-on-slot", says, hints, OPEN, settle, actions)
    called = name.certain or f"{name.patterns[0]} or the like"
    says = (
        f"the configuration is for {named or one.mac}, and the new card is "
        f"called {called}: {address} "
        "is lost"
    )
    if not sure and possible == [_OWN_PROFILE]:
        more = f"{says}, unless NetworkManager makes a profile by itself"
        return Reason(
            "config-by-name",
            more,
            hints,
            OPEN,
            "no-auto-default in NetworkManager's configuration",
            actions,
        )
    if not sure:
        return Reason(
            "config-by-name",
            f"{says}, unless {possible[0].line.file} is for it",
            hints,
            OPEN,
            possible[0].line.file,
            actions,
        )
    return Reason("config-by-name", says, hints, STOPS, actions=actions)


def _repair(one: Binding, case: _Case, by: str) -> Tuple[Action, ...]:
    shared = case.shared
    return bound(
        written_from(one, shared.defined),
        case.card,
        case.target,
        shared.free_name(case.card),
        by,
        shared.is_alone(one, case.card),
    )


def _shadowed(other: Binding, one: Binding, case: _Case, sure: bool, now: bool = True) -> Reason:
    told = f"{other.line.file} {'is' if sure else 'may be'} the first to match a card on {case.target.id}"
    left = (
        "leaves it unmanaged"
        if other.unmanaged
        else "gives it another"
        if other.method
        else "gives it no address"
    )
    which = "configures it now" if now else "would configure it"
    says = f"{told}, and {left}: {one.line.file}, which {which}, is not asked"
    action = OrderNetworks(one.line.file, other.line.file)
    return Reason(
        "config-by-order",
        says,
        (other.line.hint,),
        STOPS if sure else OPEN,
        "" if sure else other.line.file,
        (action,),
    )


def _new_mac(one: Binding, case: _Case, sure: bool) -> Reason:
    """Word that a cloud gives the card another MAC address; cloud-init may write its own files for
    that.
    """
    by_cloud_init = "cloud-init" in one.line.file
    says = (
        f"the configuration is for the MAC address {one.mac}, and {case.target.platform} gives the "
        "card another"
    )
    settle = (
        "whether cloud-init writes this file again there"
        if by_cloud_init
        else ""
        if sure
        else "what else configures the card"
    )
    return Reason(
        "mac-not-kept",
        says,
        (one.line.hint,),
        OPEN if by_cloud_init or not sure else STOPS,
        settle,
        _repair(one, case, "mac"),
    )
