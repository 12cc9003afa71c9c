"""What of a file is taken: the rest, which may be secret, goes neither into a report nor into a
recording.

Sources use this on what they have read, before anything else sees it; so it holds for this guest,
an archive and an image alike.
"""

from __future__ import annotations

from functools import lru_cache
from re import IGNORECASE, MULTILINE
from re import compile as compile_pattern
from typing import Dict, Iterator, List, Optional, Pattern, Set, Tuple

from guestcheck.model.source import CUT, OK, Answer, File, Raw
from guestcheck.privacy.secret_words import INNOCENT, INNOCENT_MARKS, NEAR
from guestcheck.privacy.secrets import (
    COMMAND_LINE,
    KEY_BEGINS,
    KEY_ENDS,
    KEY_STAYS,
    OPTIONS,
    SECRETS,
    STARS,
)

# Of a real guest's texts some hundred lines have a word that a password may stand behind. A line
# costs time, however short it is.
_MOST_LOOKED = 2 << 20
_LOOK = 100
_AT_MOST = 255  # signs of a value that something must stand after: texts may come from anyone
# a line of modules.dep: a name like "efi_secret" stands in thousands of them, and no password in
# any
_MODULE_LIST = b"kernel/"
_STARRED = rb"\g<1>" + STARS.encode()
_OPTIONS, _COMMAND_LINE = tuple(map(str.encode, OPTIONS)), COMMAND_LINE.encode()


class Looks:
    """How much of lines that may hold a secret is looked at closely: of a text, or of all texts of
    a source. What is beyond that is starred whole.

    `starred` counts the bytes that were, so that the text they are in can be named as cut.
    """

    def __init__(self, most: int = _MOST_LOOKED) -> None:
        self.most = self.left = most
        self.starred = 0

    def take(self, size: int) -> int:
        """Return how many of the next `size` bytes may be looked at."""
        taken = min(size, max(self.left - _LOOK, 0))
        self.left -= taken + _LOOK
        self.starred += size - taken
        return taken


def masked(answer: Answer, looks: Optional[Looks] = None) -> Answer:
    """Return the answer without secrets, as one that is cut where not all of its lines were looked
    at.
    """
    looks = looks or Looks()
    before = looks.starred
    text = mask_text(answer.text, looks)
    return unlooked(answer._replace(text=text), looks, before)


def unlooked(answer: Answer, looks: Looks, before: int) -> Answer:
    """Return the answer as one that is cut where more bytes were starred whole than `before` it was
    looked at.
    """
    if looks.starred == before or answer.status not in (OK, CUT):
        return answer
    said = (
        f"lines that may hold a secret have more than {looks.most >> 20} MiB; the last were "
        "replaced "
        "by stars"
    )
    return answer._replace(status=CUT, detail=f"{answer.detail}; {said}" if answer.detail else said)


def mask(data: bytes, looks: Optional[Looks] = None) -> bytes:
    """Replace passwords and keys by stars: what else is on such a line is needed.

    >>> mask(b"root=/dev/vda1 rd.iscsi.password=geheim ro")
    b'root=/dev/vda1 rd.iscsi.password=***** ro'
    """
    lower = data.lower()
    # Nearly always there is none, and this is quicker than to look closely.
    marks = _found(lower)
    if not marks:
        return data
    shown = _without_keys(data, lower)
    if shown is not data:
        data, lower = shown, shown.lower()
    parts: List[bytes] = []
    done = 0
    looks = looks or Looks()
    asked = _asked(marks)
    known: Dict[bytes, bytes] = {}
    for start, end in _marked(lower, marks):
        line = data[start:end]
        if line.startswith(_OPTIONS) and not line.startswith(_COMMAND_LINE):
            continue
        starred = known.get(line)
        if starred is None:
            starred = _looked_at(line, lower[start:end], asked, looks)
            if len(line) < _SHORT and len(known) < _MOST_KNOWN:
                known[line] = starred
        if starred is not line:
            parts += (data[done:start], starred)
            done = end
    return b"".join((*parts, data[done:]))


_ALL_STARS = bytes(sign if chr(sign) in " \t\n\r\f\v" else ord("*") for sign in range(256))
# `lspci -vv` has the same line for each of thousands of devices ("Interrupt: pin A routed to IRQ
# 11"): it is looked at once.
_SHORT = 400
_MOST_KNOWN = 10_000


def _looked_at(line: bytes, lower: bytes, asked: "Tuple[_Asked, ...]", looks: Looks) -> bytes:
    """Return a line without its secrets; beyond what may be looked at, all of it is starred."""
    numbers = [
        number
        for number, needs, marks in asked
        if needs in lower and any(mark in lower for mark in marks)
    ]
    if not numbers:
        return line
    close = looks.take(len(line))
    starred = _starred(line[:close], numbers)
    return starred + line[close:].translate(_ALL_STARS) if close < len(line) else starred


# What separates the words of a text. Digits do so too: a text on ten thousand disks has few words
# apart from their numbers.
_BETWEEN = bytes.maketrans(b"0123456789:./=,|\n", b" " * 17)
# Lines that differ in their digits alone become alike; JSON on one line gets a line a field.
_ALIKE = bytes.maketrans(b"123456789,", b"0" * 9 + b"\n")
_CHUNK = 256 << 10  # bytes; a mark lies in one chunk, as each has the first _LOOK of the next


def _found(lower: bytes) -> List[bytes]:
    """Return the marks that a text has.

    To look for a hundred of them one by one takes ten times as long as to list the words of a chunk
    first, and its different lines: a text on many devices has the same ones over and over.
    """
    left = {mark: (part, mark.translate(_ALIKE)) for mark, part in _all_marks()}
    for start in range(0, len(lower), _CHUNK):
        chunk = lower[start : start + _CHUNK + _LOOK]
        lines = b"\n".join(set(chunk.translate(_ALIKE).split(b"\n")))
        words = b" ".join(set(lines.translate(_BETWEEN).split()))
        for mark, (part, alike) in list(left.items()):
            if part in words and alike in lines and mark in chunk:
                del left[mark]
    return [mark for mark, _ in _all_marks() if mark not in left]


def _without_keys(data: bytes, lower: bytes) -> bytes:
    """Star the lines of private keys; all of them stay as long as they are."""
    shown = None
    for start, end in _keys(data, lower):
        shown = shown or bytearray(data)
        shown[start:end] = _not_of_a_key().sub(b"*", data[start:end])
    return data if shown is None else bytes(shown)


def _keys(data: bytes, lower: bytes) -> Iterator[Tuple[int, int]]:
    """Yield where the lines of private keys begin and end: from behind the line that begins one to
    the line that ends it.
    """
    if b"private key" not in lower:
        return
    begins, ends = _key_patterns()
    begun = begins.search(data)
    while begun:
        start = data.find(b"\n", begun.end()) + 1 or len(data)
        end = ends.search(data, start)
        done = data.rfind(b"\n", 0, end.start()) + 1 if end else len(data)
        if start < done:
            yield start, done
        begun = begins.search(data, max(start, done))


@lru_cache(None)
def _key_patterns() -> Tuple[Pattern[bytes], Pattern[bytes]]:
    return tuple(
        compile_pattern(pattern.replace("[:space:]", r"\s").encode(), MULTILINE)
        for pattern in (KEY_BEGINS, KEY_ENDS)
    )  # type: ignore[return-value]


@lru_cache(None)
def _not_of_a_key() -> Pattern[bytes]:
    return compile_pattern(KEY_STAYS.replace("[:space:]", r"\s").replace("[", "[^", 1).encode())


def mask_text(text: str, looks: Optional[Looks] = None) -> str:
    """Do the same to what is text already."""
    data = text.encode("utf-8", "surrogatepass")
    masked = mask(data, looks)
    return text if masked == data else masked.decode("utf-8", "surrogatepass")


def picked(answer: Answer, word: Optional[File], looks: Optional[Looks] = None) -> Answer:
    """Return the answer with what of its text the question `word` asks for, without its secrets."""
    if word is not None and word.picks:
        data = pick(answer.text.encode("utf-8", "surrogatepass"), word)
        answer = answer._replace(text=data.decode("utf-8", "surrogatepass"))
    return masked(answer, looks)


def hide(raw: Raw) -> Raw:
    """Return a guest's answers without secrets, also what programs printed and what an older
    recording has.

    Sources have hidden what they read of files already; this is for the rest, before it is written
    down.
    """
    answers = {
        question: tuple(
            masked(answer)._replace(detail=mask_text(answer.detail)) for answer in given
        )
        for question, given in raw.answers.items()
    }
    return raw._replace(answers=answers)


def _marked(lower: bytes, marks: List[bytes]) -> List[Tuple[int, int]]:
    """Return where the lines begin and end that have one of `marks`; of JSON on one long line, the
    objects in it.
    """
    found: Set[Tuple[int, int]] = set()
    for mark in marks:
        first = start = end = done = 0
        for place in _places(lower, mark):
            if place < done:
                continue
            if place >= end:
                start = first = lower.rfind(b"\n", end, place) + 1 or end
                end = _find(lower, b"\n", place, len(lower))
            done = end
            if end - start > _LONG:
                before = lower.rfind(_OBJECT_ENDS, first, place)
                first = before + len(_OBJECT_ENDS) if before >= 0 else first
                done = _find(lower, _OBJECT_ENDS, place, end)
            if not lower.startswith(_MODULE_LIST, first):
                found.add((first, done))
    return sorted(found)


_LONG = 64 << 10
_OBJECT_ENDS = b"},"


def _find(lower: bytes, what: bytes, place: int, end: int) -> int:
    """Return where `what` ends the part of a text in which `place` is, `end` where nothing does."""
    found = lower.find(what, place, end)
    return end if found < 0 else found


def _places(lower: bytes, mark: bytes) -> Iterator[int]:
    """Yield where a mark stands, but for where what is near it shows that it is none."""
    near = _near(mark)
    place = lower.find(mark)
    while place >= 0:
        if (near is None or near.match(lower, place)) and (
            mark != _AT or _follows_colon(lower, place)
        ):
            yield place
        place = lower.find(mark, place + 1)


_AT = b"@"


def _follows_colon(lower: bytes, place: int) -> bool:
    """Tell whether a colon is before the "@" without a blank between, as in each way to write a
    user's password; not so in `eth0.5@eth0`.
    """
    if not place or lower[place - 1] in b"@ \t\n\r\f\v":
        return False
    return b":" in lower[max(place - _AT_MOST - _LOOK, 0) : place].split()[-1]


@lru_cache(None)
def _near(mark: bytes) -> Optional[Pattern[bytes]]:
    """Return what must match where a mark stands, for those that common words have too."""
    pattern = NEAR.get(mark.decode())
    return compile_pattern(pattern.encode()) if pattern else None


# A secret's number, what a line of it needs, and those of its marks that a text may have.
_Asked = Tuple[int, bytes, Tuple[bytes, ...]]


def _asked(marks: List[bytes]) -> Tuple[_Asked, ...]:
    """Return the secrets that a text may have in which these marks were found."""
    wanted = []
    for number, secret in enumerate(SECRETS):
        own = tuple(mark for mark in _marks(number) if any(found in mark for found in marks))
        if own:
            wanted.append((number, secret.needs.encode(), own))
    return tuple(wanted)


def _starred(line: bytes, numbers: List[int]) -> bytes:
    lower = line.lower()
    innocent = any(mark in lower for mark in _INNOCENT)
    if innocent:
        # Twice, for what was found the first time hides what begins in it.
        line = _innocent().sub(_HIDDEN, _innocent().sub(_HIDDEN, line))
    for number in numbers:
        pattern, where = _patterns(number)
        if where is None or where.search(line):
            line = pattern.sub(_STARRED, line)
    return line.replace(_HIDES, b"") if innocent else line


_INNOCENT = tuple(map(str.encode, INNOCENT_MARKS))
# No text has it.
_HIDES = b"\x01\x1f\x02"
_HIDDEN = rb"\g<1>\g<2>" + _HIDES + rb"\g<5>\g<6>"


@lru_cache(None)
def _innocent() -> Pattern[bytes]:
    return compile_pattern(INNOCENT.encode(), IGNORECASE)


@lru_cache(None)
def _all_marks() -> Tuple[Tuple[bytes, bytes], ...]:
    """Return all marks, but for those that have another one in them, each with its longest word."""
    marks = dict.fromkeys(mark for number in range(len(SECRETS)) for mark in _marks(number))
    short = [mark for mark in marks if not any(other != mark and other in mark for other in marks)]
    return tuple((mark, max(mark.translate(_BETWEEN).split(), key=len)) for mark in short)


@lru_cache(None)
def _marks(number: int) -> Tuple[bytes, ...]:
    return tuple(map(str.encode, SECRETS[number].marks))


@lru_cache(None)
def _patterns(number: int) -> Tuple[Pattern[bytes], Optional[Pattern[bytes]]]:
    secret = SECRETS[number]
    value, after = "".join(secret.value), ""
    if secret.after:
        value, after = f"{secret.value[0]}{{1,{_AT_MOST}}}", f"(?={secret.after})"
    unless = f"(?!{secret.unless})" if secret.unless else ""
    pattern = f"({secret.before}){unless}(?:{value}){after}"
    return compile_pattern(pattern.encode(), IGNORECASE), compile_pattern(
        secret.where.encode()
    ) if secret.where else None


def pick(data: bytes, word: File) -> bytes:
    """Return what of `data` the question `word` asks for; lines that it does not ask for are empty
    ones.
    """
    if word.only:
        return b"\0".join(part for part in data.split(b"\0") if part.startswith(word.only.encode()))
    lines = data.split(b"\n")
    if word.within[0]:
        lines = list(_within(lines, *word.within))
    if word.keep:
        kept = compile_pattern(word.keep.encode()).match
        lines = [line if kept(line) else b"" for line in lines]
    if word.without:
        unwanted = compile_pattern(word.without.encode()).match
        lines = [b"" if unwanted(line) else line for line in lines]
    return b"\n".join(lines)


def _within(lines: List[bytes], opening: str, closing: str) -> Iterator[bytes]:
    opens, closes = compile_pattern(opening.encode()).match, compile_pattern(closing.encode()).match
    inside = False
    for line in lines:
        inside = bool(opens(line)) or (inside and not closes(line))
        yield line if inside else b""
