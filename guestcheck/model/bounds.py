"""Raw: how much text is handed on to parsers, whatever source it comes from.

A question has a budget, and spends it alone: what one program prints without end costs that answer.
The largest real guest has 18,278 disks (sda to sdzzz): of so many `lsblk -J -O` prints 50 MB,
udev's database has 90 MB and what is read of /sys 60 MB. Other questions are answered in some MiB
at most: a configuration of GRUB with hundreds of entries, modules.dep. Sources have bounds of their
own for what they read; this one holds for all.
"""

from typing import Dict, List, Tuple

from guestcheck.model.source import (
    CUT,
    LONGEST_ANSWER,
    LONGEST_LISTING,
    MOST_LINES,
    MOST_TEXT,
    Answer,
    Raw,
)

# Questions that are answered with some lines for each device.
LISTINGS = frozenset(("block", "ip_links", "pci", "scsi", "sysfs", "udev"))
_LINES_OF_LISTINGS = 2_500_000
# What is in initramfs images is read, and bounded, by a reader of its own: each answer counts, and
# not all together.
_APART = ("initramfs",)
BEGINNING = (
    64 << 10
    # bytes that are kept of an answer that was cut for what all have together, or that a program
    # prints without end
)


def longest(question: str) -> int:
    """Return how many characters the answers to a question may have together."""
    return LONGEST_LISTING if question in LISTINGS else LONGEST_ANSWER


def bounded(raw: Raw) -> Raw:
    """Return `raw` with what is too long cut; the answers that are say so."""
    answers: Dict[str, Tuple[Answer, ...]] = {}
    for question, given in raw.answers.items():
        apart = question in _APART
        answers[question] = (
            tuple(_Left(question).take(answer) for answer in given)
            if apart
            else _Left(question).all(given)
        )
    return raw._replace(answers=_within(answers))


def _within(answers: Dict[str, Tuple[Answer, ...]]) -> Dict[str, Tuple[Answer, ...]]:
    """Return the answers with the longest of them cut, as long as all together are too long: what
    is short loses nothing by them.
    """
    sizes = {
        question: sum(len(answer.text) for answer in given)
        for question, given in answers.items()
        if question not in _APART
    }
    while sum(sizes.values()) > MOST_TEXT:
        question = max(sizes, key=lambda name: sizes[name])
        said = f"all answers together have more than {MOST_TEXT >> 20} MiB"
        answers[question] = tuple(
            _cut(answer, answer.text[:BEGINNING], said) for answer in answers[question]
        )
        del sizes[question]
    return answers


def _cut(answer: Answer, text: str, said: str) -> Answer:
    return (
        answer
        if len(text) == len(answer.text)
        else answer._replace(status=CUT, text=text, detail=said)
    )


class _Left:
    """How many characters and lines the answers to one question may still have."""

    def __init__(self, question: str) -> None:
        self._longest = self._text = longest(question)
        self._lines = _LINES_OF_LISTINGS if question in LISTINGS else MOST_LINES

    def all(self, answers: Tuple[Answer, ...]) -> Tuple[Answer, ...]:
        """Return the answers, cut where they are too long together: the longest are cut, so that
        the others are whole.
        """
        found = list(answers)
        for number in sorted(range(len(found)), key=lambda number: len(found[number].text)):
            found[number] = self.take(found[number])
        return tuple(found)

    def take(self, answer: Answer) -> Answer:
        """Return the answer, cut where it is too long, or where with those before it there is too
        much.
        """
        text = answer.text
        if not text:
            return answer
        said: List[str] = []
        if len(text) > self._text:
            text = text[: self._text]
            said = [f"{self._longest >> 20} MiB"]
        lines = text.count("\n")
        if lines > self._lines:
            text = first_lines(text, self._lines)
            said = [f"{self._lines} lines"]
            lines = self._lines
        self._text -= len(text)
        self._lines -= lines
        return answer._replace(status=CUT, text=text, detail=said[0]) if said else answer


def first_lines(text: str, most: int = MOST_LINES) -> str:
    """Return at most `most` lines of `text`."""
    if text.count("\n") <= most:
        return text
    return text[: len(text) - len(text.split("\n", most)[most])]
