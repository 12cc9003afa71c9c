"""A POSIX shell script, for guests from CentOS 6 to a rescue shell of busybox: `collect.sh` with
the questions written into it.

Each word becomes a line of put(), such as

    ask_file '/boot/config-*' 4194304 whole '' ''
    ask_program 10 '0' '' '' lspci -Dvmmnnk
    ask_tree '/sys/class/net/*' yes address operstate queues/
"""

from __future__ import annotations

import re
from math import ceil
from pkgutil import get_data
from shlex import quote
from typing import Iterator, List, Sequence

from guestcheck import __version__
from guestcheck.model.family import LINUX
from guestcheck.model.source import (
    Ask,
    Call,
    Cim,
    Command,
    File,
    FirstOf,
    Initramfs,
    Listing,
    Question,
    Registry,
    Word,
)
from guestcheck.privacy.secret_words import INNOCENT
from guestcheck.privacy.secrets import (
    COMMAND_LINE,
    KEY_BEGINS,
    KEY_ENDS,
    KEY_STAYS,
    OPTIONS,
    SECRETS,
    STARS,
    Secret,
)

FAMILY = LINUX


def make(questions: Sequence[Question[object]]) -> str:
    """Return the script that asks `questions`; raises ValueError for words that a shell would read
    otherwise than the live source does.
    """
    data = get_data("guestcheck.collectors", "collect.sh")
    assert data is not None  # it is part of the package
    filled = {
        "@VERSION@": __version__,
        "@STARS@": quote(stars()),
        "@MARKS@": " | ".join(_marks()),
        "@QUESTIONS@": "\n".join(_lines(questions)),
    }
    text = data.decode()
    for name, value in filled.items():
        text = text.replace(name, value)
    return text


def _lines(questions: Sequence[Question[object]]) -> Iterator[str]:
    yield f"names={quote(' '.join(question.name for question in questions))}"
    yield f"order={quote(' '.join(question.name for question in sorted(questions, key=_turn)))}"
    yield ""
    yield "put() { # NAME: put the question of that name"
    yield "    case $1 in"
    for question in questions:
        if not re.fullmatch("[a-z_0-9]+", question.name):
            raise ValueError(f"{question.name}: no name for a variable of the shell")
        yield f"    {question.name})"
        yield from (f"        {line}" for ask in asks(question) for line in _ask(ask))
        yield "        ;;"
    yield "    esac"
    yield "}"


def asks(question: Question[object]) -> Sequence[Ask]:
    """Return what a shell can ask of `question`: an initramfs it cannot unpack, but the guest's own
    program may list it.
    """
    plain = [ask for ask in question.asks if not isinstance(ask, Initramfs)]
    if any(isinstance(ask, Initramfs) and ask.contents for ask in question.asks):
        plain += [ask for ask in question.also if isinstance(ask, Command) and ask.each]
    return plain


def _turn(question: Question[object]) -> int:
    """Tell when a question's turn comes: programs first, for they have limits of their own, and
    walks through whole folders last.
    """
    words = [
        word
        for ask in asks(question)
        for word in (ask.words if isinstance(ask, FirstOf) else (ask,))
    ]
    if any(isinstance(word, Command) for word in words):
        return 0
    return 2 if any(isinstance(word, Listing) and word.suffixes for word in words) else 1


def _ask(ask: Ask) -> List[str]:
    if isinstance(ask, FirstOf):
        return ["one_of", *map(_word, ask.words), "end_of"]
    return [_word(ask)]


def _word(word: Word) -> str:
    if isinstance(word, Call):
        return _call("ask_library", word.name)
    if isinstance(word, Command):
        codes = " ".join(map(str, word.codes))
        return _call(
            "ask_program",
            f"{ceil(word.seconds)}",
            codes,
            word.needs,
            _pattern(word.each),
            *word.argv,
        )
    if isinstance(word, File):
        return _call(
            "ask_file",
            _pattern(word.path),
            f"{word.limit}",
            "head" if word.head else "whole",
            word.only,
            sed(word),
        )
    if isinstance(word, Listing):
        return _call(
            "ask_listing", " ".join(map(_pattern, word.pattern.split())), " ".join(word.suffixes)
        )
    if isinstance(word, Initramfs):
        raise ValueError(f"{word.pattern}: a shell cannot unpack it")
    if isinstance(word, Cim):
        raise ValueError(f"{word.name}: only Windows has it")
    if isinstance(word, Registry):
        raise ValueError(f"{word.key}: only Windows has a registry")
    return _call("ask_tree", _pattern(word.pattern), "yes" if word.ancestors else "no", *word.names)


def _pattern(pattern: str) -> str:
    """Return `pattern` if a star is all in it that the shell would expand."""
    if re.search(r"[\s?\[\]\\]", pattern) or (pattern and not pattern.startswith("/")):
        raise ValueError(f"{pattern}: a shell would read this otherwise")
    return pattern


def _call(*words: str) -> str:
    return " ".join(map(quote, words))


def sed(word: File) -> str:
    """Return the program for `sed -r` that does what `privacy/lines.py` does: lines that are not
    asked for become empty ones.

    Whether a line is in an open section is kept in the hold space.
    """
    commands = []
    if word.within[0]:
        opening, closing = map(_extended, word.within)
        commands.append(
            f"/^({closing})/{{x;s/.*//;x;}};/^({opening})/{{x;s/.*/1/;x;}};x;/^1/!{{x;s/.*//;x;}};x"
        )
    if word.keep:
        commands.append(f"/^({_extended(word.keep)})/!s/.*//")
    if word.without:
        commands.append(f"/^({_extended(word.without)})/s/.*//")
    return ";".join(commands)


def stars() -> str:
    """Return the program for `sed -r` that does what `mask` of `privacy/lines.py` does."""
    marks = "|".join(
        dict.fromkeys(
            _either_case(re.sub(r"[][$.?(){}|*+^]", r"\\\g<0>", mark))
            for secret in SECRETS
            for mark in secret.marks
        )
    )
    ends = f"{KEY_ENDS}|-----BEGIN"
    commands = [
        f"\\~{KEY_BEGINS}~,\\~{KEY_ENDS}~{{",
        f"\\~{ends}~!s~{KEY_STAYS.replace('[', '[^', 1)}~*~g",
        "}",
    ]
    commands += [
        f"\\~{_plain(marks)}~!b",
        f"\\~^({'|'.join(OPTIONS)})~{{",
        f"\\~^{COMMAND_LINE}~!b",
        "}",
    ]
    commands += [f"s~{_plain(INNOCENT)}~\\1\\2{_HIDES}\\5\\6~gI"] * 2
    for number, secret in enumerate(SECRETS):
        if secret.where:
            commands += [
                f"\\~{_plain(secret.where)}~!be{number}",
                *_replacing(secret),
                f":e{number}",
            ]
        else:
            commands += _replacing(secret)
    commands.append(f"s~{_HIDES}~~g")
    return "\n".join(commands)


def _replacing(secret: Secret) -> Iterator[str]:
    """Yield the commands that put the stars."""
    before, (first, rest) = f"({_plain(secret.before)})", map(_plain, secret.value)
    if secret.unless:
        # sed has no lookahead: a sign that no text has stands before what stays, and no value
        # begins with it. Twice, for what was found the first time hides what begins in it.
        yield from [f"s~{before}({_plain(secret.unless)})~\\1{_KEEP}\\{1 + _groups(before)}~gI"] * 2
        first = first.replace("[^", f"[^{_KEEP[0]}")
    # How long a value is at most Python alone counts: for sed a count costs a copy of the pattern
    # each time.
    after = f"({_plain(secret.after)})" if secret.after else ""
    number = 1 + _groups(before) + _groups(f"({first}{rest})")
    if _groups(before) > 8 or (after and number > 9):
        raise ValueError(f"{secret.before}: sed refers to nine groups")
    yield f"s~{before}({first}{rest}){after}~\\1{STARS}{f'{chr(92)}{number}' if after else ''}~gI"
    if secret.unless:
        yield f"s~{_KEEP}~~g"


def _groups(pattern: str) -> int:
    """Count the groups of a pattern."""
    return len(re.findall(r"(?<!\\)\(", re.sub(r"\[\^?[^]]*\]", "", pattern)))


def _plain(pattern: str) -> str:
    """Return a pattern of Python's as one of POSIX for a command whose parts no slash parts."""
    return _extended(pattern).replace("\\/", "/")


def _either_case(text: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in text)


def _marks() -> Iterator[str]:
    """Yield a shell's patterns for texts that may hold a secret."""
    found = {mark for secret in SECRETS for mark in secret.marks}
    for mark in sorted(found):
        if not any(other != mark and other in mark for other in found):
            shown = re.sub(r"[\s$?*|(){}&;<>\"'#~`]", r"\\\g<0>", _either_case(mark))
            yield f"*{shown}*"


_HIDES = "\x01\x1f\x02"
_KEEP = "\x01\x1e\x02"  # the text may be binary, and hold any one of these
_MEANS_MORE = ".[](){}*+?|^$\\"
_CLASSES = {"s": "[:space:]", "w": "[:alnum:]_", "d": "0-9"}


def _extended(pattern: str) -> str:
    """Return a pattern of Python's as one of POSIX; ValueError where it has none."""
    found: List[str] = []
    inside = False  # of a bracket
    place = 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "\\":
            character = pattern[place]
            place += 1
            if character == "t" and inside:
                found.append("[:blank:]")
            elif character in _CLASSES:
                found.append(_CLASSES[character] if inside else f"[{_CLASSES[character]}]")
            elif character == "S" and not inside:
                found.append("[^[:space:]]")
            elif character.isalnum():
                raise ValueError(f"{pattern}: not for a shell")
            else:
                found.append(
                    f"\\{character}" if character in _MEANS_MORE and not inside else character
                )
            continue
        if character == "/" or (
            character == "(" and pattern[place : place + 1] == "?" and not inside
        ):
            if character == "(":
                raise ValueError(f"{pattern}: not for a shell")
            character = "\\/"
        elif character == "[":
            inside = True
        elif character == "]":
            inside = False
        found.append(character)
    return "".join(found)
