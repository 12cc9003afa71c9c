"""What stands in for a value that tells who or where somebody is: of the same form, and the same
for the same value.

Tokens of serial numbers, identifiers and MAC addresses come from a secret that nobody keeps: they
cannot be found out by trying all values, and those of two recordings have nothing in common.
Letters stay letters, digits digits, and hexadecimal digits such, so that what reads the value still
can. IP addresses, hosts and users are numbered.
"""

from __future__ import annotations

import hmac
from typing import Callable, Dict, Set

from guestcheck.model.digits import is_digits

_CONSONANTS = "ghjkmnpqrstvwxz"  # beside a to f, which are hexadecimal digits
_ATTEMPTS = 50
_BLOCK = 32  # bytes of a SHA-256


class Tokens:
    """Tokens by what they stand for; `secret` decides them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: Dict[str, str] = {}
        self._given: Set[str] = set()
        self._counts: Dict[str, int] = {}

    def like(self, value: str) -> str:
        """Return a token of `value`'s length in which each character is of the same sort and case
        as there.

        >>> token = Tokens(b"").like("GC-0001")
        >>> len(token), token[:2].isupper(), token[2], is_digits(token[3:])
        (7, True, '-', True)
        """
        return _cased(self._token("like", value.lower(), _alike), value)

    def mac(self, value: str) -> str:
        """Return a token for the hexadecimal digits of an address, of which the first six name the
        maker and stay.
        """
        value = value.lower()
        return value[:6] + self._token(f"mac {value[:6]}", value[6:], _hexadecimal)

    def ipv4(self, value: str) -> str:
        """Return an address of the ranges for documentation (RFC 5737), and when those are used up,
        for measurements (RFC 2544).
        """
        return self._numbered("ipv4", value, _ipv4)

    def ipv6(self, value: str) -> str:
        """Return an address of the range for documentation (RFC 3849)."""
        return self._numbered("ipv6", value.lower(), lambda number: f"2001:db8::{number:x}")

    def name(self, kind: str, value: str) -> str:
        """Return a name: `kind` and a number."""
        return self._numbered(kind, value.lower(), lambda number: f"{kind}{number}")

    def _numbered(self, kind: str, value: str, say: Callable[[int], str]) -> str:
        key = f"{kind} {value}"
        if key not in self._known:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[key] = say(number)
        return self._known[key]

    def _token(self, kind: str, value: str, make: Callable[[str, bytes], str]) -> str:
        key = f"{kind} {value}"
        if key in self._known:
            return self._known[key]
        token = value
        for attempt in range(_ATTEMPTS):
            token = make(value, self._noise(f"{key} {attempt}", len(value)))
            # Two values must not share a token; of very short ones there are not enough.
            if token != value and f"{kind} {token}" not in self._given:
                break
        self._given.add(f"{kind} {token}")
        self._known[key] = token
        return token

    def _noise(self, text: str, length: int) -> bytes:
        seed = hmac.new(self._secret, text.encode("utf-8", "backslashreplace"), "sha256").digest()
        return b"".join(
            hmac.new(seed, str(start).encode(), "sha256").digest()
            for start in range(0, length, _BLOCK)
        )


def _alike(value: str, noise: bytes) -> str:
    return "".join(map(_instead, value, noise))


def _hexadecimal(value: str, noise: bytes) -> str:
    return "".join("0123456789abcdef"[byte % 16] for byte in noise[: len(value)])


def _instead(character: str, byte: int) -> str:
    if is_digits(character):
        return "0123456789"[byte % 10]
    if character in "abcdef":
        return "abcdef"[byte % 6]
    return _CONSONANTS[byte % len(_CONSONANTS)] if character.isalpha() else character


def _cased(token: str, value: str) -> str:
    # Of a letter outside ASCII the lower case may be longer; then the token is left as it is.
    if value.islower() or len(token) != len(value):
        return token
    return "".join(new.upper() if old.isupper() else new for new, old in zip(token, value))


def _ipv4(number: int) -> str:
    for start in ("192.0.2", "198.51.100", "203.0.113"):
        if number < 255:
            return f"{start}.{number}"
        number -= 254
    return f"198.{18 + (number >> 16) % 2}.{number >> 8 & 255}.{number & 255}"
