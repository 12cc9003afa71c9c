"""Raw: how much text is handed on to parsers, whatever source it comes from: an answer's length and lines, and those of all together.

The largest answers of real guests have some MiB: `udevadm info --export-db` of a thousand disks, `lspci -vvv` of thousands of functions, a
configuration of GRUB with hundreds of entries, modules.dep. Sources have bounds of their own for what they read; this one holds for all.
"""

from typing import Dict, List, Tuple

from guestcheck.model.source import CUT, LONGEST_ANSWER, MOST_LINES, MOST_TEXT, Answer, Raw

_MOST_ALL_LINES = 4 * MOST_LINES
# What is in initramfs images is read, and bounded, by a reader of its own: each answer counts, and not all together.
_APART = ("initramfs",)


def bounded(raw: Raw) -> Raw:
    """Return `raw` with what is too long cut; the answers that are say so."""
    left = _Left()
    answers: Dict[str, Tuple[Answer, ...]] = {}
    for question, given in raw.answers.items():
        answers[question] = tuple((_Left() if question in _APART else left).take(answer) for answer in given)
    return raw._replace(answers=answers)


class _Left:
    """How many characters and lines may still be taken."""

    def __init__(self) -> None:
        self._text, self._lines = MOST_TEXT, _MOST_ALL_LINES

    def take(self, answer: Answer) -> Answer:
        """Return the answer, cut where it is too long, or where with those before it there is too much."""
        if not answer.text:
            return answer
        said: List[str] = []
        text = answer.text
        if len(text) > LONGEST_ANSWER:
            text = text[:LONGEST_ANSWER]
            said.append(f"{LONGEST_ANSWER >> 20} MiB")
        if text.count("\n") > MOST_LINES:
            text = first_lines(text, MOST_LINES)
            said = [f"{MOST_LINES} lines"]
        if len(text) > self._text or text.count("\n") > self._lines:
            text = first_lines(text[: self._text], self._lines)
            said = [f"{len(text)} bytes, since all answers together have more than {MOST_TEXT >> 20} MiB or {_MOST_ALL_LINES} lines"]
        self._text -= len(text)
        self._lines -= text.count("\n")
        return answer._replace(status=CUT, text=text, detail=said[0]) if said else answer


def first_lines(text: str, most: int = MOST_LINES) -> str:
    """Return at most `most` lines of `text`."""
    if text.count("\n") <= most:
        return text
    return text[: len(text) - len(text.split("\n", most)[most])]
