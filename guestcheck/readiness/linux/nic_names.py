"""What a NIC would be called on another bus: what gives names and matches it decides, else its slot
or the kernel.

See systemd.net-naming-scheme(7), systemd.link(5), udev(7) and systemd-udevd's
80-net-setup-link.rules.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from re import compile as compile_pattern
from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.catalogue.managers import KERNEL_NAMES, NAMES_BY_RULE
from guestcheck.catalogue.rows import on_bus
from guestcheck.model.digits import number_of
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Binding, Image, Network
from guestcheck.model.hint import Hint
from guestcheck.model.target import Target
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.nic_index import ByMac

# Cards on a bus without slots keep the kernel's name: udev has nothing to name them by.
_WITHOUT_SLOT = on_bus("vmbus")
# Names that udev's own rules give by the slot.
_BY_SLOT = ("ens*", "enp*", "eno*", "enP*")
# VMware's firmware numbers its slots 160, 192, 224, 256 and on; QEMU's are at most 31.
_OF_VMWARE = compile_pattern(r"ens(1[6-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3,4})\Z")


class Card(NamedTuple):
    """A card as it is now; "" where not known. `in_use`: it has an address, or is the port of a
    bridge or bond.

    `renamed` is the name that files give it from the next boot on, where that is another.
    """

    name: str
    mac: str
    driver: str
    interface: str
    addressed: bool = False
    in_use: bool = False
    renamed: str = ""

    @property
    def is_any(self) -> bool:
        """Whether nothing is known of it: it stands for any NIC that the configuration may be for."""
        return not (self.name or self.mac)


class Name(NamedTuple):
    """What a card would be called: certain names, or patterns of which one holds; and why.
    `of_qemu`: its slot's number is QEMU's.
    """

    certain: str
    patterns: Tuple[str, ...]
    hint: Hint
    of_qemu: bool = False


def all_of(parts: Iterable[Optional[bool]]) -> Optional[bool]:
    """Tell whether all hold: False where one does not, else None where one is not known."""
    known = list(parts)
    return False if False in known else None if None in known else True


def any_of(parts: Iterable[Optional[bool]]) -> Optional[bool]:
    """Tell whether one holds: True where one does, else None where one is not known."""
    known = list(parts)
    return True if True in known else None if None in known else False


def matches(patterns: str, word: str) -> bool:
    """Tell whether `word` matches one of the patterns, and none of those with "!" before it.

    >>> matches("en* eth0", "ens3"), matches("!eth0", "eth0"), matches("!eth0", "ens3")
    (True, False, True)
    """
    wanted, barred = _parted(patterns)
    return (not wanted or any(fnmatchcase(word, one) for one in wanted)) and not any(
        fnmatchcase(word, one) for one in barred
    )


def _parted(patterns: str) -> Tuple[List[str], List[str]]:
    words = patterns.split()
    return [word for word in words if not word.startswith("!")], [
        word[1:] for word in words if word.startswith("!")
    ]


def name_holds(patterns: str, name: Name) -> Optional[bool]:
    """Tell whether the card's name then would match `patterns`."""
    if name.certain:
        return matches(patterns, name.certain)
    wanted, barred = _parted(patterns)
    if wanted and not any(
        _may_meet(pattern, one, name) for pattern in wanted for one in name.patterns
    ):
        return False
    if any(_may_meet(pattern, one, name) for pattern in barred for one in name.patterns):
        return None
    covered = not wanted or all(
        any(_covers(pattern, one) for pattern in wanted) for one in name.patterns
    )
    return True if covered else None


def _covers(pattern: str, other: str) -> bool:
    """Tell whether everything that `other` (letters and a star) can be matches `pattern`."""
    return (
        fnmatchcase(other.replace("*", "0"), pattern)
        and fnmatchcase(other.replace("*", "9x9"), pattern)
        if "*" in pattern
        else False
    )


def _may_meet(pattern: str, other: str, name: Name) -> bool:
    if name.of_qemu and _OF_VMWARE.match(pattern):
        return False
    mine = _fixed(pattern)
    start = other.partition("*")[0]
    return mine.startswith(start) or (mine != pattern and start.startswith(mine))


def _fixed(pattern: str) -> str:
    """Return what stands before the first sign that means more than itself."""
    return pattern[
        : min((pattern.index(sign) for sign in "*?[" if sign in pattern), default=len(pattern))
    ]


def has_driver(one: Binding, target: Target) -> bool:
    """Tell whether the driver of a card on `target` is one that the binding asks for."""
    # DRIVERS of a rule is asked of every device on the way up, and a virtio card's has a driver of
    # its own.
    more = ("virtio-pci",) if target.virtio and one.kind == "udev" else ()
    return any(
        matches(one.driver, name)
        for name in (*more, *(module for need in target.needs for module in need.modules))
    )


def mac_then(words: str, card: Card, target: Target) -> Optional[bool]:
    """Tell whether a card that is asked for by its MAC address is this one, after the move: a cloud
    gives it a new one.
    """
    if target.platform:
        return False
    if not card.mac:
        return True if card.is_any else None
    return matches(words, card.mac)


class Naming:
    """What gives names to cards on one target, with one kernel: looked up once for all cards.

    `count` is the number of cards.
    """

    def __init__(self, target: Target, count: int, boot: Boot, guest: Guest, told: Network) -> None:
        self.target, self.count, self.boot = target, count, boot
        self.guest, self.told = guest, told
        self._namers = ByMac(_namers(told, boot))

    def namers(self, card: Card) -> Sequence[Binding]:
        """Return what may name the card; what is for another MAC address never does."""
        return self._namers.may_be_for(card.mac)

    @cached_property
    def before_slots(self) -> Optional[Hint]:
        """Why names by slot are not known here, None where they are."""
        return _before_slots(self.boot, self.guest)

    @cached_property
    def early(self) -> bool:
        """Whether the initramfs may name cards though a mask switches that off."""
        mask = next(iter(self.told.names_off), None)
        return mask is not None and _renames_earlier(self.target, self.boot, mask)

    @cached_property
    def kept(self) -> Optional[Binding]:
        """The first rule that keeps a name of the kernel's for a card."""
        rules = (one for one in self.told.bindings if one.kind == "udev" and one.mac)
        return next((one for one in rules if one.sets.startswith("eth")), None)

    @cached_property
    def by_slot(self) -> bool:
        """Whether a .link file names cards by their slot."""
        links = (one for one in self.told.bindings if one.kind == "link")
        return any({"slot", "path"} & set(one.policy.split()) for one in links)


def name_after(card: Card, naming: Naming) -> Name:
    """Return what the card would be called: what gives names and matches it decides, else the slot
    or the kernel does.
    """
    found: List[Name] = []
    for one in naming.namers(card):
        holds = _names_then(one, card, naming.count, naming.target)
        if holds is not False:
            found.append(_named_by(one, card, naming.count))
        if holds:
            break
    else:
        found.append(_unnamed(card, naming))
    if len({(one.certain, one.patterns) for one in found}) == 1:
        return found[0]
    # The first may or may not match the card; it is the one to tell of.
    patterns = [pattern for one in found for pattern in (*one.patterns, one.certain) if pattern]
    return Name(
        "",
        tuple(dict.fromkeys(patterns)),
        found[0].hint,
        all(one.of_qemu or one.certain for one in found),
    )


def _file_name(one: Binding) -> str:
    return one.line.file.rpartition("/")[2]


def _namers(told: Network, boot: Boot) -> List[Binding]:
    """Return the rules and .link files that give names, the first that matches being the one that
    does.

    A rule's NAME stands before what a .link file says (80-net-setup-link.rules), and of those the
    first by file name counts, also where it gives no name (systemd.link(5)). The one that comes
    last and with systemd, for all cards, is no answer here: see `_unnamed`.
    """
    masked = any(hint.source.endswith("/80-net-setup-link.rules") for hint in told.names_off)
    rules = [one for one in told.bindings if one.kind == "udev" and one.sets]
    links = [
        one
        for one in told.bindings
        if one.kind == "link"
        and not one.software
        and not one.line.file.endswith("/99-default.link")
    ]
    plans = [one for one in told.bindings if one.kind == "netplan" and one.sets]
    off = boot.option("net.ifnames") == "0"
    links = [
        one for one in links if one.sets or not off
    ]  # else it leaves the kernel's name, as do all
    found = [*rules, *(() if masked else sorted(links, key=_file_name)), *plans]
    if told.renames:
        found += [one for one in told.bindings if one.kind == "ifcfg" and one.mac and one.name]
    return found


def _names_then(one: Binding, card: Card, count: int, target: Target) -> Optional[bool]:
    """Tell whether a rule or .link file would match the card; None where that cannot be said."""
    parts: List[Optional[bool]] = []
    if one.mac:
        parts.append(False if target.platform else matches(one.mac, card.mac) if card.mac else None)
    if one.driver:
        parts.append(has_driver(one, target))
    if one.name and one.kind in ("link", "udev") and not matches(one.name, "eth7"):
        # It asks for the name that the kernel gave.
        parts.append(matches(one.name, "eth0") and (True if count <= 1 else None))
    if one.path and one.path != "*":
        parts.append(False if "-usb-" in one.path else None)
    if one.other:
        parts.append(None)
    return all_of(parts)


def _named_by(one: Binding, card: Card, count: int) -> Name:
    """Return the name that a rule or .link file gives; a policy is a list of which the first that
    can be had counts.
    """
    for word in one.policy.split():
        if word in ("onboard", "slot", "path"):
            return Name("", _BY_SLOT, one.line.hint)
        if word == "mac":
            return Name(
                f"enx{card.mac.replace(':', '')}" if card.mac else "",
                () if card.mac else ("enx*",),
                one.line.hint,
            )
    if one.kind == "ifcfg":
        return Name(one.name, (), one.line.hint)
    return Name(one.sets, (), one.line.hint) if one.sets else _by_kernel(count, one.line.hint)


def _by_kernel(count: int, hint: Hint) -> Name:
    if count <= 1:
        return Name("eth0", (), hint)
    return Name(
        "",
        ("eth*",),
        Hint(
            hint.source,
            f"{hint.says}; which of {count} cards is eth0 depends on the order in which they "
            "are found",
        ),
    )


def _unnamed(card: Card, naming: Naming) -> Name:
    """Return what the card is called where nothing names it in particular."""
    target, count, boot = naming.target, naming.count, naming.boot
    guest, told = naming.guest, naming.told
    off = boot.option("net.ifnames") == "0"
    mask = next(iter(told.names_off), None)
    if mask and not off and naming.early:
        return Name(
            "",
            ("eth*", *_BY_SLOT),
            Hint(
                mask.source, "the initramfs has no copy of this mask, and may name the card first"
            ),
        )
    hint = Hint(boot.options_from, "net.ifnames=0") if off else mask or naming.before_slots
    # What named it so far, and would not then, explains its name.
    namer = next((one for one in naming.namers(card) if _named_now(one, card)), None)
    if (
        hint is None
        and namer is None
        and card.name.startswith("eth")
        and card.interface not in ("", *_WITHOUT_SLOT, *on_bus("xen"))
    ):
        hint = Hint(
            f"/sys/class/net/{card.name}",
            "has the kernel's own name, though its card has a slot: names are not given by "
            "slot here",
        )
    if hint is None and target.id in _WITHOUT_SLOT:
        hint = Hint("udev", f"{target.id} has no slot to be named by")
    numbers = guest.setup.managers.numbers if guest.setup.managers else ""
    kept = naming.kept
    if hint is not None and kept and (numbers or naming.before_slots):
        return Name(
            "",
            ("eth*",),
            Hint(
                kept.line.hint.source,
                f"keeps {kept.sets} for another card; this one may get the next free name",
            ),
        )
    if hint is not None:
        return _by_kernel(count, hint)
    by_rule = card.name.startswith(NAMES_BY_RULE) and not card.name.startswith("enx")
    if card.name and card.interface and namer is None and not by_rule:
        return Name(
            "",
            ("*",),
            Hint(f"/sys/class/net/{card.name}", "has a name that nothing that was read gives it"),
        )
    by_slot = naming.by_slot
    if card.name.startswith("eth") and not card.interface and not (by_slot and namer is not None):
        says = "is the kernel's own name: whether names are given by slot here was not seen"
        return Name("", ("eth*", "ens*", "enp*"), Hint(card.name, says))
    if target.id in on_bus("xen"):
        return Name(
            "",
            ("eth*", "enX*"),
            Hint("udev", "names Xen's cards enX0 and so on in newer releases, eth0 in older ones"),
        )
    if namer is not None and not by_slot:
        return Name(
            "",
            (*_BY_SLOT, "eth*"),
            Hint(
                "udev",
                "names cards by their slot, or leaves the kernel's names; which of both was "
                "not read",
            ),
        )
    return Name("", _BY_SLOT, Hint("udev", "names cards by their slot"), target.virtio)


def _named_now(one: Binding, card: Card) -> bool:
    """Tell whether a rule may be what gives the card its name now."""
    if one.mac and card.mac and not matches(one.mac, card.mac):
        return False
    return (not one.driver or not card.driver or matches(one.driver, card.driver)) and one.sets in (
        "",
        card.name,
    )


def _renames_earlier(target: Target, boot: Boot, hint: Hint) -> bool:
    """Tell whether an initramfs has the card's driver and names by slot, though the root file
    system's mask `hint` switches them off.
    """
    name = hint.source.rpartition("/")[2]
    drivers = {module for need in target.needs for module in need.modules}
    return any(drivers & set(image.modules) and not _has_mask(image, name) for image in boot.images)


def _has_mask(image: Image, name: str) -> bool:
    """Tell whether nothing in an image names by slot: it has the mask too, or no .link file of that
    name, or an empty one.
    """
    defaults = [path for path in image.files if path.endswith("/systemd/network/99-default.link")]
    masks = (f"etc/systemd/network/{name}", f"etc/udev/rules.d/{name}")
    # initramfs-tools copies /etc's files over those of /lib. A text is kept of each that is not
    # empty.
    texts = [path for path in image.texts if path.endswith(".link")]
    emptied = bool(texts) and not any(path.endswith("/99-default.link") for path in texts)
    return not defaults or emptied or any(path.endswith(masks) for path in image.files)


def _before_slots(boot: Boot, guest: Guest) -> Optional[Hint]:
    """Return why names by slot are not known here: no udev, or a release before them."""
    managers, setup = guest.setup.managers, guest.setup
    in_image = any(
        path.rpartition("/")[2] in ("udevd", "systemd-udevd", "udevadm")
        for image in boot.images
        for path in image.files
    )
    if managers and managers.udev is False and setup.init != "systemd" and not in_image:
        return Hint("udev", "is not installed: names stay as the kernel gave them")
    last = KERNEL_NAMES.get(guest.os_id)
    version = [
        number for number in map(number_of, guest.os_version.split(".")[:2]) if number is not None
    ]
    if last and version and tuple(version[: len(last)]) <= last:
        return Hint(
            "/etc/os-release", f"{guest.os_id} {guest.os_version} does not name cards by slot"
        )
    return None
