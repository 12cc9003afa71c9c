"""Which network configuration may be for a NIC, looked up by MAC address and by name.

What asks for exact words alone is for no NIC without one of them. So a guest with thousands of NICs
and of files costs what they are, not each for each.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Tuple

from guestcheck.model.guest_config import Binding

# Signs of a pattern (fnmatch), and of a word that must not match.
_OF_PATTERNS = "*?[!"


def exact(patterns: str) -> Tuple[str, ...]:
    """Return the words of `patterns`; () where one of them is no exact word."""
    return () if any(sign in patterns for sign in _OF_PATTERNS) else tuple(patterns.split())


def positions(words: Iterable[Tuple[int, str]]) -> Dict[str, List[int]]:
    """Return for each word where it is, in order and once each."""
    found: Dict[str, Dict[int, None]] = {}
    for position, word in words:
        found.setdefault(word, {})[position] = None
    return {word: list(where) for word, where in found.items()}


class ByMac:
    """Bindings in their order: those for exact MAC addresses by these, and the rest."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.all = tuple(bindings)
        words = [
            # A bond or bridge asks for its members, whatever its own MAC address is.
            () if one.software or one.members else exact(one.mac)
            for one in bindings
        ]
        self.rest = [at for at, found in enumerate(words) if not found]
        self._by_mac = positions((at, word) for at, found in enumerate(words) for word in found)

    def at(self, mac: str) -> List[int]:
        """Return where the bindings are that are for this exact MAC address."""
        return self._by_mac.get(mac, [])

    def may_be_for(self, mac: str) -> Sequence[Binding]:
        """Return what may be for a NIC with this MAC address, "" where it is not known."""
        if not mac:
            return self.all
        return [self.all[at] for at in sorted((*self.rest, *self.at(mac)))]
