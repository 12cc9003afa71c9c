"""A PowerShell script, for Windows guests from 7 and Server 2008 R2 on: `collect.ps1` with the
questions written into it.

Each word becomes a line of Questions, such as

    Ask-Cim 'windows_disks' 'Win32_DiskDrive' 'Index,Model,PNPDeviceID' '' 'root/cimv2' 30
"""

from __future__ import annotations

import re
from math import ceil
from pkgutil import get_data
from typing import Iterator, Sequence

from guestcheck import __version__
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import Ask, Cim, FirstOf, Listing, Question, Registry

FAMILY = WINDOWS
_REGISTRY_SECONDS = 30
_LISTING_SECONDS = 60


def make(questions: Sequence[Question[object]]) -> str:
    """Return the script that asks those of `questions` that are for Windows, its lines ended as
    Windows ends them.
    """
    data = get_data("guestcheck.collectors", "collect.ps1")
    assert data is not None  # it is part of the package
    script = (
        data.decode()
        .replace("@VERSION@", __version__)
        .replace("@QUESTIONS@", "\n".join(_lines(questions)))
    )
    return script.replace("\r", "").replace("\n", "\r\n")


def _lines(questions: Sequence[Question[object]]) -> Iterator[str]:
    for question in questions:
        if not re.fullmatch("[a-z_0-9]+", question.name):
            raise ValueError(f"{question.name}: no name for a line of a recording")
        yield from (f"    {line}" for ask in question.asks for line in _ask(question.name, ask))


def _ask(name: str, ask: Ask) -> Iterator[str]:
    for word in ask.words if isinstance(ask, FirstOf) else (ask,):
        if isinstance(word, Cim):
            told = (name, word.name, ",".join(word.properties), word.where, word.namespace)
            yield f"Ask-Cim {' '.join(map(quote, told))} {ceil(word.seconds)}"
        elif isinstance(word, Registry):
            values = "|".join(value or "@" for value in word.values)
            yield (
                f"Ask-Registry {quote(name)} {quote(word.key)} {word.depth} {quote(values)} {_REGISTRY_SECONDS}"
            )
        elif isinstance(word, Listing):
            yield f"Ask-Listing {quote(name)} {quote(word.pattern)} {_LISTING_SECONDS}"
        else:
            raise ValueError(f"{name}: a word that PowerShell is not put")


def quote(text: str) -> str:
    """Return `text` as PowerShell reads it literally; ValueError for what is not plain, for it
    knows more quotes than ASCII's.

    >>> quote("Name='QEMU-GA'")
    "'Name=''QEMU-GA'''"
    """
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ValueError(f"{text!r}: not for PowerShell")
    return "'" + text.replace("'", "''") + "'"
