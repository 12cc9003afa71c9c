"""Which initramfs images are read: those of all kernels, or of the default one alone."""

from __future__ import annotations

from typing import Sequence, Tuple

from guestcheck.evidence import questions
from guestcheck.model.family import Family
from guestcheck.model.source import Initramfs, Question, Raw

Questions = Tuple[Question[object], ...]


def deep_questions(family: Family, images: Sequence[str]) -> Questions:
    """Return what a report asks further of a running guest with emulated devices; of the initramfs
    images only those that are named.
    """
    return tuple(
        question.asking(
            [
                ask._replace(named=tuple(images)) if isinstance(ask, Initramfs) else ask
                for ask in question.asks
            ]
        )
        for question in questions(family, deep=True)
        if question.deep
    )


def narrowed(raw: Raw, asked: Questions) -> Raw:
    """Leave out the images that were not asked for: a recording holds all, and its report is the
    one that the guest would have given.
    """
    words = {
        question.name: ask
        for question in asked
        for ask in question.asks
        if isinstance(ask, Initramfs) and ask.named
    }
    kept = {}
    for name, word in words.items():
        paths = word.chosen([answer.asked for answer in raw.answers.get(name, ())])
        kept[name] = tuple(answer for answer in raw.answers.get(name, ()) if answer.asked in paths)
    return raw._replace(answers={**raw.answers, **kept}) if kept else raw
