"""Would the guest have its network on another card: the driver, the card's name there, and what the configuration is bound to.

The MAC address is taken to be kept, which the host can do, and is said to be not examined. A name by slot is not known before the move, since
the host chooses the slot; `net.ifnames=0` and masked rules leave eth0 (systemd.net-naming-scheme(7), systemd-udevd's 80-net-setup-link.rules).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from re import compile as compile_pattern
from typing import Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.check import Action
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.setup import Binding, Network
from guestcheck.model.target import NETWORK_UP, OPEN, STOPS, WARNS, Readiness, Reason, Target
from guestcheck.readiness.boots import Boot
from guestcheck.readiness.drivers import after_root, generation, reached, transport
from guestcheck.readiness.forbidden import in_root
from guestcheck.readiness.modules import Modules
from guestcheck.readiness.netroot import before_root
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
_BY_SLOT = ("ens*", "enp*", "eno*", "enP*")
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
    drivers = (*_drivers(target, boot, inventory), *before_root(target, boot, inventory))
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
    ours = [one for one in now if one.method or one.members] or now
    verdicts = [(one, _in_force(one, card, target, name, told)) for one in ours]
    if any(holds for _, holds in verdicts):
        return
    before = next((other for one in ours if _applies_then(one, card, target, name, told) for other in _before(one, card, target, name, told)), None)
    yield _shadowed(before, target) if before else _lost(verdicts, card, target, name)


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


def _in_force(one: Binding, card: Card, target: Target, name: Name, told: Network) -> Optional[bool]:
    """Tell whether `one` would be for the card and take effect: of networkd's files the first that matches does, by its name (systemd.network(5))."""
    holds = _applies_then(one, card, target, name, told)
    found = [_applies_then(other, card, target, name, told) for other in _before(one, card, target, name, told)] if holds is not False else []
    return False if True in found else None if found else holds


def _before(one: Binding, card: Card, target: Target, name: Name, told: Network) -> Iterator[Binding]:
    """Yield the files of networkd that come before `one`, match the new card, or may, and give it no address; and are not for the card now."""
    if one.kind != "networkd":
        return
    for other in told.bindings:
        first = other.kind == "networkd" and not other.method and _file_name(other) < _file_name(one)
        if first and not _applies_now(other, card) and _applies_then(other, card, target, name, told) is not False:
            yield other


def _shadowed(other: Binding, target: Target) -> Reason:
    sure = not (other.path or other.other)
    says = (
        f"{other.line.file} {'is' if sure else 'may be'} the first to match a card on {target.id}, and gives it no address: what configures it now is not asked"
    )
    return Reason("config-by-order", says, (other.line.hint,), STOPS if sure else OPEN, "" if sure else other.line.file)


def _file_name(one: Binding) -> str:
    return one.line.file.rpartition("/")[2]


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
        parts.append(_has_driver(one, target))
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
    """Return what the card would be called: what gives names and matches it decides, else the slot or the kernel does."""
    found: List[Name] = []
    for one in _namers(told, boot):
        holds = _names_then(one, card, count, target)
        if holds is not False:
            found.append(_named_by(one, card, count))
        if holds:
            break
    else:
        found.append(_unnamed(target, card, count, boot, told))
    if len({(one.certain, one.patterns) for one in found}) == 1:
        return found[0]
    # The first may or may not match the card; it is the one to tell of.
    patterns = [pattern for one in found for pattern in (*one.patterns, one.certain) if pattern]
    return Name("", tuple(dict.fromkeys(patterns)), found[0].hint)


def _namers(told: Network, boot: Boot) -> List[Binding]:
    """Return the rules and .link files that give names, the first that matches being the one that does.

    A rule's NAME stands before what a .link file says (80-net-setup-link.rules), and of those the first by file name counts, also where it gives
    no name (systemd.link(5)). The one that comes last and with systemd, for all cards, is no answer here: see `_unnamed`.
    """
    masked = any(hint.source.endswith("/80-net-setup-link.rules") for hint in told.names_off)
    rules = [one for one in told.bindings if one.kind == "udev" and one.sets]
    links = [one for one in told.bindings if one.kind == "link" and not one.software and not one.line.file.endswith("/99-default.link")]
    plans = [one for one in told.bindings if one.kind == "netplan" and one.sets]
    off = boot.option("net.ifnames") == "0"
    links = [one for one in links if one.sets or not off]  # else it leaves the kernel's name, as do all
    found = [*rules, *(() if masked else sorted(links, key=_file_name)), *plans]
    if told.renames:
        found += [one for one in told.bindings if one.kind == "ifcfg" and one.mac and one.name]
    return found


def _names_then(one: Binding, card: Card, count: int, target: Target) -> Optional[bool]:
    """Tell whether a rule or .link file would match the card; None where that cannot be said."""
    parts: List[Optional[bool]] = []
    if one.mac:
        parts.append(card.mac in one.mac if card.mac else None)
    if one.driver:
        parts.append(_has_driver(one, target))
    if one.name and one.kind in ("link", "udev") and not _matches(one.name, "eth7"):
        # It asks for the name that the kernel gave.
        parts.append(_matches(one.name, "eth0") and (True if count <= 1 else None))
    if one.path and one.path != "*":
        parts.append(False if "-usb-" in one.path else None)
    if one.other:
        parts.append(None)
    return False if False in parts else None if None in parts else True


def _has_driver(one: Binding, target: Target) -> bool:
    # DRIVERS of a rule is asked of every device on the way up, and a virtio card's has a driver of its own.
    more = ("virtio-pci",) if target.virtio and one.kind == "udev" else ()
    return any(_matches(one.driver, name) for name in (*more, *(module for need in target.needs for module in need.modules)))


def _named_by(one: Binding, card: Card, count: int) -> Name:
    """Return the name that a rule or .link file gives; a policy is a list of which the first that can be had counts."""
    for word in one.policy.split():
        if word in ("onboard", "slot", "path"):
            return Name("", _BY_SLOT, one.line.hint)
        if word == "mac":
            return Name(f"enx{card.mac.replace(':', '')}" if card.mac else "", () if card.mac else ("enx*",), one.line.hint)
    if one.kind == "ifcfg":
        return Name(one.name, (), one.line.hint)
    return Name(one.sets, (), one.line.hint) if one.sets else _by_kernel(count, one.line.hint)


def _by_kernel(count: int, hint: Hint) -> Name:
    if count <= 1:
        return Name("eth0", (), hint)
    return Name("", ("eth*",), Hint(hint.source, f"{hint.says}; which of {count} cards is eth0 depends on the order in which they are found"))


def _unnamed(target: Target, card: Card, count: int, boot: Boot, told: Network) -> Name:
    """Return what the card is called where nothing names it in particular."""
    off = boot.option("net.ifnames") == "0"
    hint = Hint(boot.options_from, "net.ifnames=0") if off else next(iter(told.names_off), None)
    # What named it so far, and would not then, explains its name.
    namer = next((one for one in _namers(told, boot) if _applies_now(one._replace(name=""), card) and one.sets in ("", card.name)), None)
    if hint is None and namer is None and card.name.startswith("eth") and card.interface not in ("", *_WITHOUT_SLOT, "xen-netfront"):
        hint = Hint(f"/sys/class/net/{card.name}", "has the kernel's own name, though its card has a slot: names are not given by slot here")
    if hint is None and target.id in _WITHOUT_SLOT:
        hint = Hint("udev", f"{target.id} has no slot to be named by")
    if hint is not None:
        return _by_kernel(count, hint)
    by_rule = card.name.startswith(_BY_RULE) and not card.name.startswith("enx")
    if card.name and namer is None and not by_rule:
        return Name("", ("*",), Hint(f"/sys/class/net/{card.name}", "has a name that nothing that was read gives it"))
    if card.name.startswith("eth") and not card.interface:
        says = "is the kernel's own name: whether names are given by slot here was not seen"
        return Name("", ("eth*", "ens*", "enp*"), Hint(card.name, says))
    if target.id == "xen-netfront":
        return Name("", ("eth*", "enX*"), Hint("udev", "names Xen's cards enX0 and so on in newer releases, eth0 in older ones"))
    if namer is not None and not any(one.kind == "link" and {"slot", "path"} & set(one.policy.split()) for one in told.bindings):
        return Name("", (*_BY_SLOT, "eth*"), Hint("udev", "names cards by their slot, or leaves the kernel's names; which of both was not read"))
    return Name("", _BY_SLOT, Hint("udev", "names cards by their slot"))


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
