"""What of a file is taken: the rest, which may be secret, goes neither into a report nor into a recording.

Sources use this on what they have read, before anything else sees it; so it holds for this guest, an archive and an image alike.
"""

from __future__ import annotations

from functools import lru_cache
from re import IGNORECASE, MULTILINE
from re import compile as compile_pattern
from typing import Iterator, List, Optional, Pattern, Set, Tuple

from guestcheck.model.secret import COMMAND_LINE, INNOCENT, INNOCENT_MARKS, KEY_BEGINS, KEY_ENDS, KEY_STAYS, OPTIONS, SECRETS, STARS
from guestcheck.model.source import File, Raw

# Of a real guest's texts some hundred lines have a word that a password may stand behind. A line costs time, however short it is.
_MOST_LOOKED = 2 << 20
_LOOK = 100
_AT_MOST = 255  # signs of a value that something must stand after: texts may come from anyone
_MODULE_LIST = b"kernel/"  # a line of modules.dep: a name like "efi_secret" stands in thousands of them, and no password in any
_STARRED = rb"\g<1>" + STARS.encode()
_OPTIONS, _COMMAND_LINE = tuple(map(str.encode, OPTIONS)), COMMAND_LINE.encode()


class Looks:
    """How much of lines that may hold a secret is looked at closely: of a text, or of all texts of a source. What is beyond that is starred whole."""

    def __init__(self, most: int = _MOST_LOOKED) -> None:
        self.left = most

    def take(self, size: int) -> int:
        """Return how many of the next `size` bytes may be looked at."""
        taken = min(size, max(self.left - _LOOK, 0))
        self.left -= taken + _LOOK
        return taken


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
    for start, end in _marked(lower, marks):
        line = data[start:end]
        if not line.startswith(_OPTIONS) or line.startswith(_COMMAND_LINE):
            close = looks.take(len(line))
            parts += (data[done:start], _starred(line[:close], lower[start : start + close]), _not_blank().sub(b"*", line[close:]))
            done = end
    return b"".join((*parts, data[done:]))


# What parts the words of a text. Digits do so too: a text on ten thousand disks has few words besides their numbers.
_BETWEEN = bytes.maketrans(b"0123456789:./=,|\n", b" " * 17)
_CHUNK = 1 << 20


def _found(lower: bytes) -> List[bytes]:
    """Return the marks that a text has; to look for a hundred of them one by one takes ten times as long as to list its words first."""
    words: Set[bytes] = set()
    for start in range(0, len(lower), _CHUNK):
        words.update(lower[start : start + _CHUNK + _LOOK].translate(_BETWEEN).split())
    listed = b" ".join(words)
    return [mark for mark, part in _all_marks() if part in listed and mark in lower]


def _without_keys(data: bytes, lower: bytes) -> bytes:
    """Star the lines of private keys; all of them stay as long as they are."""
    shown = None
    for start, end in _keys(data, lower):
        shown = shown or bytearray(data)
        shown[start:end] = _not_of_a_key().sub(b"*", data[start:end])
    return data if shown is None else bytes(shown)


def _keys(data: bytes, lower: bytes) -> Iterator[Tuple[int, int]]:
    """Yield where the lines of private keys begin and end: from behind the line that begins one to the line that ends it."""
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
    return tuple(compile_pattern(pattern.replace("[:space:]", r"\s").encode(), MULTILINE) for pattern in (KEY_BEGINS, KEY_ENDS))  # type: ignore[return-value]


@lru_cache(None)
def _not_of_a_key() -> Pattern[bytes]:
    return compile_pattern(KEY_STAYS.replace("[:space:]", r"\s").replace("[", "[^", 1).encode())


def mask_text(text: str, looks: Optional[Looks] = None) -> str:
    """Do the same to what is text already."""
    data = text.encode("utf-8", "surrogatepass")
    masked = mask(data, looks)
    return text if masked == data else masked.decode("utf-8", "surrogatepass")


def picked(text: str, word: File, looks: Optional[Looks] = None) -> str:
    """Return what of `text` the question `word` asks for, without its secrets."""
    if word.picks:
        text = pick(text.encode("utf-8", "surrogatepass"), word).decode("utf-8", "surrogatepass")
    return mask_text(text, looks)


def hide(raw: Raw) -> Raw:
    """Return a guest's answers without secrets, also what programs printed and what an older recording has.

    Sources have hidden what they read of files already; this is for the rest, before it is written down.
    """
    answers = {
        question: tuple(answer._replace(text=mask_text(answer.text), detail=mask_text(answer.detail)) for answer in given)
        for question, given in raw.answers.items()
    }
    return raw._replace(answers=answers)


def _marked(lower: bytes, marks: List[bytes]) -> List[Tuple[int, int]]:
    """Return where the lines begin and end that have one of `marks`."""
    starts: Set[int] = set()
    for mark in marks:
        place = lower.find(mark)
        while place >= 0:
            start = lower.rfind(b"\n", 0, place) + 1
            if not lower.startswith(_MODULE_LIST, start):
                starts.add(start)
            following = lower.find(b"\n", place)
            place = lower.find(mark, following) if following >= 0 else -1
    return [(start, end if end >= 0 else len(lower)) for start in sorted(starts) for end in (lower.find(b"\n", start),)]


def _starred(line: bytes, lower: bytes) -> bytes:
    innocent = any(mark.encode() in lower for mark in INNOCENT_MARKS)
    if innocent:
        # Twice, for what was found the first time hides what begins in it.
        line = _innocent().sub(_HIDDEN, _innocent().sub(_HIDDEN, line))
    for number, secret in enumerate(SECRETS):
        if secret.needs.encode() in lower and any(mark in lower for mark in _marks(number)):
            pattern, where = _patterns(number)
            if where is None or where.search(line):
                line = pattern.sub(_STARRED, line)
    return line.replace(_HIDES, b"") if innocent else line


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
def _not_blank() -> Pattern[bytes]:
    return compile_pattern(rb"\S")


@lru_cache(None)
def _patterns(number: int) -> Tuple[Pattern[bytes], Optional[Pattern[bytes]]]:
    secret = SECRETS[number]
    value, after = "".join(secret.value), ""
    if secret.after:
        value, after = f"{secret.value[0]}{{1,{_AT_MOST}}}", f"(?={secret.after})"
    unless = f"(?!{secret.unless})" if secret.unless else ""
    pattern = f"({secret.before}){unless}(?:{value}){after}"
    return compile_pattern(pattern.encode(), IGNORECASE), compile_pattern(secret.where.encode()) if secret.where else None


def pick(data: bytes, word: File) -> bytes:
    """Return what of `data` the question `word` asks for; lines that it does not ask for are empty ones."""
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
