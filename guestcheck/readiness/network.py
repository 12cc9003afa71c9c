"""Would the guest have its network on another card: the driver, the card's name there, and what the configuration is bound to.

The MAC address is taken to be kept, which the host can do, and is said to be not examined. A name by slot is not known before the move, since
the host chooses the slot; `net.ifnames=0` and masked rules leave eth0 (systemd.net-naming-scheme(7), systemd-udevd's 80-net-setup-link.rules).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from re import compile as compile_pattern
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.check import Action
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Binding, Network
from guestcheck.model.target import NETWORK_UP, OPEN, STOPS, WARNS, Readiness, Reason, Target
from guestcheck.readiness.boots import Boot
from guestcheck.readiness.drivers import after_root, generation, reached, transport
from guestcheck.readiness.forbidden import in_root
from guestcheck.readiness.modules import Modules
from guestcheck.readiness.verdicts import once, verdict

_NOT_EXAMINED = (
    "whether the host keeps the card's MAC address",
    "in which slot the host puts the card",
    "what answers in the network (DHCP, gateways)",
)
# Cards on a bus without slots keep the kernel's name: udev has nothing to name them by.
_WITHOUT_SLOT = ("netvsc",)
_MAC = compile_pattern(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z")
# Beginnings of names that the kernel and udev's own rules give.
_BY_RULE = ("eth", "en", "usb", "wl", "ib", "sl")


class Card(NamedTuple):
    """A card as it is now; "" where not known."""

    name: str
    mac: str
    driver: str
    interface: str
    addressed: bool = False


class Name(NamedTuple):
    """What a card would be called: certain names, or patterns of which one holds; and why."""

    certain: str
    patterns: Tuple[str, ...]
    hint: Hint


def network(target: Target, boot: Boot, inventory: Inventory, names: Tuple[str, ...]) -> Iterator[Readiness]:
    """Yield for each card what would become of its network, were it `target`."""
    drivers = tuple(_drivers(target, boot, inventory))
    cards = _cards(inventory, names)
    needs = (*transport(target, inventory.guest.architecture), *target.needs)
    for card in cards or [Card("", "", "", "")]:
        reasons = once([*drivers, *_configured(target, card, len(cards), boot, inventory)])
        found = verdict("nic", reasons)
        evidence = reached(needs, boot, inventory.guest, False) if found == NETWORK_UP else ()
        yield Readiness(target.id, "nic", card.name, boot.release, boot.default, found, reasons, _NOT_EXAMINED, evidence)


def _cards(inventory: Inventory, names: Tuple[str, ...]) -> List[Card]:
    """Return the guest's cards; of an image that tells of none, those that its configuration speaks of."""
    found = [Card(nic.name, nic.mac.lower(), nic.driver, nic.verdict.interface, bool(nic.addresses)) for nic in inventory.nics or () if nic.name]
    found = [card for card in found if not names or card.name in names]
    if found or inventory.nics:
        return found
    told = inventory.guest.setup.network
    hard = [one for one in told.bindings if not one.software and one.kind not in ("link", "udev") and (one.name or one.mac)] if told else []
    # A rule that gives a card its name knows its address.
    known = {one.sets: one.mac for one in told.bindings if one.sets and _MAC.match(one.mac)} if told else {}
    return list(dict.fromkeys(Card(one.name if "*" not in one.name else "", one.mac or known.get(one.name, ""), "", "") for one in hard))


def _drivers(target: Target, boot: Boot, inventory: Inventory) -> Iterator[Reason]:
    """Yield why the card would have no driver. The root file system's modules serve: the network comes up after it is mounted."""
    guest = inventory.guest
    modules = Modules(boot.kernel, guest.setup.dependencies)
    forbidden = in_root(boot, guest.setup.modprobe or ())
    needs = (*transport(target, guest.architecture), *target.needs)
    yield from after_root(needs, boot, modules, forbidden)
    yield from generation(target, boot)


def _configured(target: Target, card: Card, count: int, boot: Boot, inventory: Inventory) -> Iterator[Reason]:
    told = inventory.guest.setup.network
    if card.interface == target.id:
        return  # it stays what it is
    if told is None:
        hint = Hint("network configuration", "was not read")
        yield Reason("network-config-unread", "to what the configuration is bound is not known", (hint,), OPEN, "guestcheck preflight in the guest")
        return
    for unread in told.unread:
        yield Reason("network-config-unread", f"{unread.source} was not understood", (unread,), WARNS if told.bindings else OPEN, unread.source)
    now = [one for one in told.bindings if one.kind not in ("link", "udev") and _applies_now(one, card)]
    if not now:
        hint = Hint("network configuration", f"nothing in it is for {card.name or 'a card'}")
        if card.name and not card.addressed:
            yield Reason("card-not-configured", f"{card.name} has no configuration now, and so none to lose", (hint,), WARNS)
        else:
            says = f"no file that was read configures {card.name or 'a card'}" + (", which has an address" if card.addressed else "")
            yield Reason("card-not-configured", says, (hint,), OPEN, "what configures the network here")
        return
    name = name_after(target, card, count, boot, told)
    verdicts = [
        (one, _applies_then(one, card, target, name, told)) for one in told.bindings if one.kind not in ("link", "udev") and (one.method or one.members)
    ]
    ours = [(one, holds) for one, holds in verdicts if one in now]
    if any(holds for one, holds in ours) or (not ours and any(holds for _, holds in verdicts)):
        return
    yield _lost(ours or [(one, _applies_then(one, card, target, name, told)) for one in now], card, target, name)


def _applies_now(one: Binding, card: Card) -> bool:
    if card.name and card.name in one.members:
        return True
    if one.software:
        return False
    checks = (
        not one.name or not card.name or _matches(one.name, card.name),
        not one.mac or not card.mac or card.mac in one.mac,
        not one.driver or not card.driver or _matches(one.driver, card.driver),
    )
    return all(checks)


def _matches(patterns: str, word: str) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns.split())


def _applies_then(one: Binding, card: Card, target: Target, name: Name, told: Network) -> Optional[bool]:
    """Tell whether `one` would still be for the card; None where that cannot be said."""
    parts: List[Optional[bool]] = []
    if one.software:
        parts.append(_name_holds(" ".join(one.members), name))
    elif one.name and not (one.kind == "ifcfg" and one.mac and told.renames):
        parts.append(_name_holds(one.name, name))
    if one.mac and not one.software:
        parts.append(not card.mac or card.mac in one.mac)
    if one.driver:
        parts.append(any(_matches(one.driver, module) for need in target.needs for module in need.modules))
    if one.path or one.other:
        parts.append(None)
    return False if False in parts else None if None in parts else True


def _name_holds(patterns: str, name: Name) -> Optional[bool]:
    if name.certain:
        return _matches(patterns, name.certain)
    if all(any(_covers(pattern, one) for pattern in patterns.split()) for one in name.patterns):
        return True
    if not any(_may_meet(pattern, one) for pattern in patterns.split() for one in name.patterns):
        return False
    return None


def _covers(pattern: str, other: str) -> bool:
    """Tell whether everything that `other` (letters and a star) can be matches `pattern`."""
    return fnmatchcase(other.replace("*", "0"), pattern) and fnmatchcase(other.replace("*", "9x9"), pattern) if "*" in pattern else False


def _may_meet(pattern: str, other: str) -> bool:
    start, mine = other.partition("*")[0], pattern.partition("*")[0]
    return mine.startswith(start) or (("*" in pattern) and start.startswith(mine))


def name_after(target: Target, card: Card, count: int, boot: Boot, told: Network) -> Name:
    """Return what the card would be called: a rule or .link file that matches it gives the name, else the slot or the kernel does."""
    given = next(_given(target, card, told), None)
    if given is not None:
        return given
    off = boot.option("net.ifnames") == "0"
    hint = Hint(boot.options_from, "net.ifnames=0") if off else next(iter(told.names_off), None)
    if hint is None and card.name.startswith("eth") and card.interface not in ("", *_WITHOUT_SLOT, "xen-netfront"):
        hint = Hint(f"/sys/class/net/{card.name}", "has the kernel's own name, though its card has a slot: names are not given by slot here")
    if hint is None and target.id in _WITHOUT_SLOT:
        hint = Hint("udev", f"{target.id} has no slot to be named by")
    if hint is not None:
        if count <= 1:
            return Name("eth0", (), hint)
        return Name("", ("eth*",), Hint(hint.source, f"{hint.says}; which of {count} cards is eth0 depends on the order in which they are found"))
    if card.name and not card.name.startswith(_BY_RULE) and all(one.sets != card.name for one in told.bindings):
        return Name("", ("*",), Hint(f"/sys/class/net/{card.name}", "has a name that nothing that was read gives it"))
    if card.name.startswith("eth") and not card.interface:
        says = "is the kernel's own name: whether names are given by slot here was not seen"
        return Name("", ("eth*", "ens*", "enp*"), Hint(card.name, says))
    if target.id == "xen-netfront":
        return Name("", ("eth*", "enX*"), Hint("udev", "names Xen's cards enX0 and so on in newer releases, eth0 in older ones"))
    return Name("", ("ens*", "enp*", "eno*", "enP*"), Hint("udev", "names cards by their slot"))


def _given(target: Target, card: Card, told: Network) -> Iterator[Name]:
    modules = [module for need in target.needs for module in need.modules]
    if not card.mac:
        return
    links = [one for one in told.bindings if one.sets and card.mac in (one.mac or "") and one.kind in ("udev", "link", "netplan")]
    order: Dict[str, int] = {"udev": 0, "link": 1, "netplan": 2}
    for one in sorted(links, key=lambda link: (order[link.kind], link.line.file.rpartition("/")[2])):
        if one.driver and not any(_matches(one.driver, module) for module in modules):
            continue
        if one.path or one.other:
            return
        yield Name(one.sets, (), one.line.hint)
    if told.renames:
        for one in told.bindings:
            if one.kind == "ifcfg" and one.mac == card.mac and one.name:
                yield Name(one.name, (), one.line.hint)


def _lost(found: List[Tuple[Binding, Optional[bool]]], card: Card, target: Target, name: Name) -> Reason:
    """Word why none of what configures the card is sure to apply to it afterwards."""
    one = next((binding for binding, holds in found if holds is None), found[0][0])
    unsure = any(holds is None for _, holds in found)
    named = one.name or " ".join(one.members)
    about = {"device": card.name or named.split(" ")[0], "mac": card.mac, "to": target.id}
    actions = (Action("change-nic", about),)
    hints = (one.line.hint, name.hint)
    if one.driver:
        says = f"the configuration is for cards with the driver {one.driver}, and {target.id} has another"
        return Reason("config-by-driver", says, hints, OPEN if unsure else STOPS, "what else configures the card" if unsure else "", actions)
    address = "its static address" if one.method == "static" else "its configuration"
    if unsure:
        says = f"the configuration is for {named or one.path or one.other}, and what the new card is called depends on its slot: {address} may be lost"
        settle = f"a .link file that gives the card with {card.mac or 'this MAC address'} the name {about['device']}"
        return Reason("name-depends-on-slot", says, hints, OPEN, settle, actions)
    says = f"the configuration is for {named or one.mac}, and the new card is called {name.certain or name.patterns[0]}: {address} is lost"
    if one.kind == "networkmanager" and one.method == "dhcp":
        more = f"{says}, unless NetworkManager makes a profile by itself"
        return Reason("config-by-name", more, hints, OPEN, "no-auto-default in NetworkManager's configuration", actions)
    return Reason("config-by-name", says, hints, STOPS, actions=actions)
