"""Raw → Raw: a recording that says what the guest is and not whose: for `guestcheck collect
--redact`.

Replaced, each value by the same token wherever it stands: MAC addresses (but for their first three
bytes, which name the maker), IP addresses, UUIDs and other identifiers of disks, file systems and
volumes, serial numbers, hosts, users, pools. Of free text only what is allowed stays: see
`allowed`. Left as they are: what decides verdicts, and names that somebody gave (see `LEFT`),
unless the host's or a user's name is part of them.
"""

from __future__ import annotations

import re
from os import urandom
from typing import Dict, List, Match, NamedTuple, Optional, Set, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import Answer, Gap, Raw
from guestcheck.privacy.addresses import Addresses
from guestcheck.privacy.allowed import allowed
from guestcheck.privacy.identities import (
    ADDRESS,
    ALIAS,
    BUILDER,
    BY_ID,
    HOST,
    IDENTIFIER,
    PLACES,
    POOL,
    SERIAL,
    USER,
    find,
    is_default,
    public_words,
)
from guestcheck.privacy.tokens import Tokens

# A character that cannot be shown stands as an escape, and that is part of no word.
_ESCAPE = r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{3})"
_WORDS = re.compile(rf"{_ESCAPE}|[^\W_]+")
# What may stand between the words of one value: what udev, systemd and others put in place of a
# blank or dash.
_NEXT = re.compile(rf"(?:{_ESCAPE}|[^\w\n]|_){{1,6}}([^\W_]+)")
_HEXADECIMAL = re.compile(r"(0[xX])?([0-9a-fA-F]{16,})")
_NAMED_BY_MAC = ("enx", "wlx", "wwx", "slx", "ibx")
_QUALIFIED = re.compile(r"\b((?:iqn|nqn)\.\d{4}-\d\d\.)([^\s,\"'/]+)")
_OF_STANDARDS = (
    "org com net io nvmexpress qemu linux iscsi openstack discovery uuid lun sn target storage "
    "subsystem debian redhat iqn nqn"
)
_UDEV_SERIAL = 20  # characters of a serial number that virtio-blk has room for
_SHORTEST_TEXT, _SHORTEST_NUMBER, _SHORTEST_NAME = 4, 9, 3
_SHORTEST_LONG = 12  # a MAC address without its colons
_LONGEST_TYPE = 5  # characters of a word that may be a type or revision beside a serial number
_MOST_WORDS = 32
_LONGEST_VALUE = 300


# What somebody named: reports and joins need it, and it has no form and no place by which all of it
# could be found.
LEFT = (
    "labels of file systems and partitions, names of volume groups, volumes, arrays, "
    "connections and cards, of files, units and mount points, "
    "models of hardware, and time stamps"
)


class _Literal(NamedTuple):
    """What stands in for a value of one or several words: a token for each word, or one for all of
    them.
    """

    tokens: Tuple[str, ...]
    whole: str = ""


def redact(raw: Raw, secret: Optional[bytes] = None) -> Raw:
    """Return `raw` without what tells whose guest it is; `secret` decides the tokens (tests give
    one).
    """
    return Redaction(raw, secret).raw()


class Redaction:
    """What was found in one guest's answers, and the tokens for it."""

    def __init__(self, raw: Raw, secret: Optional[bytes] = None) -> None:
        self._raw = raw
        self._tokens = Tokens(urandom(32) if secret is None else secret)
        self._addresses = Addresses(raw.answers, self._tokens)
        self._public = public_words(raw.answers)
        self._literals: Dict[Tuple[str, ...], _Literal] = {}
        self._lengths: Dict[
            str, List[int]
        ] = {}  # by first word: of how many words such values are, the longest first
        self._local: Dict[str, str] = {}
        found: Dict[str, Set[str]] = {
            SERIAL: set(),
            IDENTIFIER: set(),
            HOST: set(),
            ADDRESS: set(),
            USER: set(),
            BY_ID: set(),
            POOL: set(),
            ALIAS: set(),
        }
        for kind, value in find(raw.answers):
            found[kind].add(value.strip()[:_LONGEST_VALUE])
        for value in sorted(found[SERIAL], key=lambda value: (len(value), value)):
            self._serial(value)
        # What a device has told already is replaced as it told it, of which udev's names may have a
        # part, or have it cut off.
        told = sorted(" ".join(_words(value)).lower() for value in found[SERIAL])
        for value in sorted(found[BY_ID]):
            words = " ".join(_words(value)).lower()
            if not any(words in known for known in told) and self._in_words(value) == value:
                self._serial(value)
        for value in sorted(found[IDENTIFIER]):
            self._identifier(value)
        for kind in (HOST, ADDRESS, USER, POOL, ALIAS):
            for value in sorted(found[kind], key=lambda value: (-len(value), value)):
                self._name(kind, value)

    def raw(self) -> Raw:
        """Return the answers with tokens."""
        answers = {
            question: tuple(
                self._answer(allowed(question, answer, self._tokens)) for answer in given
            )
            for question, given in self._raw.answers.items()
        }
        troubles = tuple(Gap(*map(self.text, trouble)) for trouble in self._raw.troubles)
        return self._raw._replace(
            source=self.text(self._raw.source), answers=answers, troubles=troubles
        )

    def text(self, text: str) -> str:
        """Return `text` with a token for each value that was found or that has the form of one."""
        if not text:
            return text
        if self._local:
            text = self._in_place(text)
        if "Linux version" in text:
            text = BUILDER.sub(self._builder, text)
        if "qn." in text:
            text = _QUALIFIED.sub(self._qualified, text)
        return self._in_words(self._addresses.replace(text))

    def _answer(self, answer: Answer) -> Answer:
        text = self.text(answer.text)
        first = answer.text.strip().split("\n", 1)[0].strip()
        if answer.asked.endswith("hostname") and first in self._local:
            text = text.replace(first, self._local[first], 1)
        return answer._replace(
            asked=self.text(answer.asked), text=text, detail=self.text(answer.detail)
        )

    def _serial(self, value: str) -> None:
        words = _words(value)
        if not words or is_default(value) or self._is_form(value) or self._is_covered(words):
            return
        tokens = tuple(word if self._is_public(word) else self._token(word) for word in words)
        if tokens == words or not _is_distinct(value, words):
            self._local[value] = "".join(
                self._tokens.like(word) if word[:1].isalnum() else word for word in _parts(value)
            )
            return
        self._add(words, tokens)
        if len(value) > _UDEV_SERIAL and "\\" not in value:
            cut = _words(value[:_UDEV_SERIAL])
            self._add(cut, tuple(token[: len(word)] for word, token in zip(cut, tokens)))
        if value.isascii() and "\\" not in value:
            # An NVMe disk without an identifier of its own has one made of the serial number's
            # bytes: nvme.VENDOR-BYTES-BYTES-1.
            joined = iter(tokens)
            token = "".join(
                next(joined, part) if part[:1].isalnum() else part for part in _parts(value)
            )
            self._add((value.encode().hex(),), (token.encode().hex(),))

    def _identifier(self, value: str) -> None:
        words = _words(value)
        if not words or self._is_form(value) or sum(map(len, words)) < 8 or self._is_covered(words):
            return
        self._add(words, tuple(map(self._token, words)))

    def _name(self, kind: str, value: str) -> None:
        value = value.strip(".")
        words = _words(value)
        if (
            not words
            or value.lower().partition(".")[0] in ("localhost", "(none)")
            or _HEXADECIMAL.fullmatch(value)
            or self._addresses.is_one(value)
        ):
            return
        short, _, domain = value.partition(".")
        whole = self._tokens.name(kind if kind in (USER, POOL, ALIAS) else HOST, short)
        first = _words(short)
        if len(short) < _SHORTEST_NAME or all(
            word.lower() in self._public or is_digits(word) for word in first
        ):
            self._local[value] = f"{whole}.example.com" if domain else whole
        elif first and not (kind == ADDRESS and domain):
            self._add(first, (), whole)
        if (
            kind != USER
            and domain
            and any(word.lower() not in self._public for word in _words(domain))
        ):
            self._add(words, (), f"{whole}.example.com")
            if domain.count("."):
                self._add(_words(domain), (), "example.com")

    def _token(self, word: str) -> str:
        match = _HEXADECIMAL.fullmatch(word)
        if match:
            return (match.group(1) or "") + self._addresses.digits(match.group(2))
        start = 2 if word.lower().startswith("0x") else 0
        return word[:start] + self._tokens.like(word[start:])

    def _is_form(self, value: str) -> bool:
        """Tell whether `value` is replaced by its form already; where that is a part of it, see to
        the rest.
        """
        if _HEXADECIMAL.fullmatch(value) or self._addresses.is_one(value):
            return True
        replaced = self._addresses.replace(value)
        if replaced == value:
            return False
        rest = set(_words(replaced))
        self._add_each([word for word in _words(value) if word in rest])
        return True

    def _is_covered(self, words: Tuple[str, ...]) -> bool:
        """Tell whether a shorter value is part of it, as in ID_SERIAL, which has the model before
        the number; see to the rest.
        """
        lower = tuple(map(str.lower, words))
        spans = (
            (start, start + length)
            for start, word in enumerate(lower)
            for length in self._lengths.get(word, ())
        )
        covering = next(
            ((start, end) for start, end in spans if lower[start:end] in self._literals), None
        )
        if covering:
            self._add_each(
                [
                    word
                    for word in (*words[: covering[0]], *words[covering[1] :])
                    if len(word) > _LONGEST_TYPE
                ]
            )
        return covering is not None

    def _add_each(self, words: List[str]) -> None:
        for word in words:
            if (
                len(word) >= _SHORTEST_TEXT
                and any(map(is_digits, word))
                and not self._is_public(word)
            ):
                self._add((word,), (self._token(word),))

    def _is_public(self, word: str) -> bool:
        """Tell whether it names hardware or a system; in ID_SERIAL a digit, the identifier's type,
        may stand before it.
        """
        lower = word.lower()
        return lower in self._public or (
            is_digits(lower[0]) and len(lower) > _SHORTEST_NAME and lower[1:] in self._public
        )

    def _add(self, words: Tuple[str, ...], tokens: Tuple[str, ...], whole: str = "") -> None:
        lower = tuple(map(str.lower, words))
        if words and lower not in self._literals:
            self._literals[lower] = _Literal(tokens, whole)
            lengths = self._lengths.setdefault(lower[0], [])
            if len(lower) not in lengths:
                lengths.append(len(lower))
                lengths.sort(reverse=True)

    def _in_words(self, text: str) -> str:
        # Most texts have no such word: each different word is looked at once.
        wanted = {
            word
            for word in set(_WORDS.findall(text))
            if word.lower() in self._lengths
            or (len(word) >= _SHORTEST_LONG and self._is_long(word))
        }
        if not wanted:
            return text
        out: List[str] = []
        done = 0
        for match in _WORDS.finditer(text):
            word = match.group()
            if word not in wanted or match.start() < done:
                continue
            start, end = match.span()
            found = self._literal(text, start, end)
            token, last = found or (
                self._long(text, start, word) if len(word) >= _SHORTEST_LONG else word,
                end,
            )
            out += (text[done:start], token)
            done = last
        out.append(text[done:])
        return "".join(out)

    def _is_long(self, word: str) -> bool:
        lower = word.lower()
        return (
            bool(_HEXADECIMAL.fullmatch(word))
            or lower in self._addresses.macs
            or lower.startswith(_NAMED_BY_MAC)
            or len(word) in (32, 64)
        )

    def _literal(self, text: str, start: int, end: int) -> Optional[Tuple[str, int]]:
        """Return the token of the longest value whose first word stands there, and where the value
        ends.
        """
        words, ends = [text[start:end].lower()], [end]
        lengths = self._lengths.get(words[0], [])
        while lengths and len(words) < lengths[0]:
            match = _NEXT.match(text, ends[-1])
            if not match:
                break
            words.append(match.group(1).lower())
            ends.append(match.end())
        for length in lengths:
            literal = self._literals.get(tuple(words[:length])) if length <= len(words) else None
            if literal:
                last = ends[length - 1]
                if literal.whole:
                    return literal.whole, last
                tokens = iter(literal.tokens)
                return "".join(
                    _cased(next(tokens, part), part) if _is_word(part) else part
                    for part in _parts(text[start:last])
                ), last
        return None

    def _long(self, text: str, start: int, word: str) -> str:
        match = _HEXADECIMAL.fullmatch(word)
        if match:
            # Sixteen digits and none of a to f may be a number of bytes, unless it is said to be an
            # identifier.
            if (
                is_digits(match.group(2))
                and not match.group(1)
                and text[max(0, start - 4) : start].lower() not in ("naa.", "eui.", "wwn-")
            ):
                return word
            return (match.group(1) or "") + self._addresses.digits(match.group(2))
        lower = word.lower()
        if lower in self._addresses.macs:
            return self._addresses.mac(word)
        if lower.startswith(_NAMED_BY_MAC) and re.fullmatch("[0-9a-f]{12}", lower[3:]):
            return word[:3] + self._addresses.mac(word[3:])
        if len(word) == 32 and text[max(0, start - 5) : start] == "PVID=":
            return self._tokens.like(word)
        if (
            len(word) == 64 and text[max(0, start - 4) : start] == "LVM-"
        ):  # a volume group's identifier and a volume's
            return self._tokens.like(word[:32]) + self._tokens.like(word[32:])
        return word

    def _qualified(self, match: Match[str]) -> str:
        """Replace the words of an iSCSI or NVMe name, which has a domain and whatever somebody
        called the target.
        """
        value = match.group(2)
        left = set(
            _WORDS.findall(self._in_words(self._addresses.replace(value)))
        )  # what is replaced by other marks is left to them
        parts = _parts(value)
        return match.group(1) + "".join(
            self._of_qualified(part) if _is_word(part) and part in left else part for part in parts
        )

    def _of_qualified(self, word: str) -> str:
        lower = word.lower()
        known = (
            len(word) < 3
            or lower in _OF_STANDARDS.split()
            or lower in self._public
            or re.fullmatch(r"part\d+", lower)
        )
        return word if known else self._tokens.like(word)

    def _builder(self, match: Match[str]) -> str:
        start, user, host, end = match.groups()
        return f"{start}{self._tokens.name(USER, user)}@{self._tokens.name(HOST, host.partition('.')[0])}{end}"

    def _in_place(self, text: str) -> str:
        """Replace values that are too short or too common to be replaced everywhere, where they
        stand.
        """
        for place in PLACES:
            if any(mark in text for mark in place.marks):
                text = place.pattern.sub(self._local_value, text)
        return text

    def _local_value(self, match: Match[str]) -> str:
        value = match.group(1)
        token = self._local.get(value.strip())
        if token is None:
            return match.group()
        start, end = match.span(1)
        before, after = match.string[match.start() : start], match.string[end : match.end()]
        return before + value.replace(value.strip(), token) + after


def _is_distinct(value: str, words: Tuple[str, ...]) -> bool:
    """Tell whether a value may be replaced wherever it stands: 7, 0001 and 0:0:0:1 may be anything."""
    letters = "".join(words)
    if len(words) > 1 and re.search(
        r"[^\w\s.:/-]", value
    ):  # no address and no version has such characters
        return True
    if is_digits(letters) or max(map(len, words)) < _SHORTEST_NAME:
        return len(letters) >= _SHORTEST_NUMBER
    return len(letters) >= _SHORTEST_TEXT


def _words(value: str) -> Tuple[str, ...]:
    return tuple(word for word in _WORDS.findall(value) if word[0] != "\\")[:_MOST_WORDS]


def _parts(value: str) -> List[str]:
    """Part `value` into words, escapes and what is between them."""
    return [part for part in re.split(rf"({_ESCAPE}|[^\W_]+)", value) if part]


def _is_word(part: str) -> bool:
    return part[:1].isalnum()


def _cased(token: str, word: str) -> str:
    if len(token) != len(word) or word == word.lower() == token:
        return token
    return "".join(new.upper() if old.isupper() else new.lower() for new, old in zip(token, word))
