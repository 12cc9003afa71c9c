"""What is asked of a guest, and how the text that comes back becomes records. A file a family of
questions.

A file here imports `model` alone: a parser has only text. To add a question: define a `Question`
constant in a file of this folder (of `windows`, if only Windows has it); its `parse` takes the
answers that hold text and returns records or raises ValueError; a sample and the records it should
give go into `tests/evidence/`. Nothing else has to be told.
"""

from __future__ import annotations

from importlib import import_module
from typing import Dict, List, Tuple

from guestcheck.discovery import objects
from guestcheck.model.bounds import bounded
from guestcheck.model.family import LINUX, WINDOWS, Family
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    KILLED,
    OK,
    TIMEOUT,
    UNASKED,
    Answer,
    Cut,
    Evidence,
    Gap,
    Question,
    Raw,
    ReadInPartError,
)

_REASONS = {
    ABSENT: "not there",
    DENIED: "no permission",
    TIMEOUT: "did not end in time and was stopped",
    FAILED: "ended with an error",
    KILLED: "died by a signal",
    CUT: "too long; only the beginning was read",
    UNASKED: "cannot be asked of this source",
}
# Questions whose records tell themselves whether they are whole.
_SAYS_ITSELF = ("initramfs", "kernel_config")
_MOST_RECORDS = (
    200_000  # of one question: 18,278 disks (sda to sdzzz) with some partitions each are 100,000
)
_MOST_GAPS = 20  # of one question


# The folders with the questions of each family; those of the last part are deep without exception,
# and a report that does not ask them does not import them.
_FOLDERS: Dict[Family, Tuple[str, ...]] = {LINUX: ("linux", "linux.config"), WINDOWS: ("windows",)}
_DEEP_FOLDERS = ("linux.config",)


def questions(family: Family = LINUX, deep: bool = False) -> Tuple[Question[object], ...]:
    """Return every question that a guest of `family` is asked, by the names of their files; those
    that cost seconds only with `deep`.
    """
    packages = [
        import_module(f"guestcheck.evidence.{folder}")
        for folder in _FOLDERS[family]
        if deep or folder not in _DEEP_FOLDERS
    ]
    return tuple(
        question
        for package in packages
        for question in objects(package, Question, package.FIRST)
        if deep or not question.deep
    )


def read(raw: Raw, asked: Tuple[Question[object], ...], family: Family = LINUX) -> Evidence:
    """Parse all of `raw`; what is missing or not understood becomes a gap, never an exception."""
    raw = bounded(raw)
    given = {**raw.answers}
    raw.answers.clear()  # that of `bounded`, not the caller's
    records: Dict[str, object] = {}
    gaps: List[Gap] = [*raw.troubles]
    cut: List[Cut] = [
        Cut(gap.asked, gap.reason, False)
        for gap in raw.troubles
        if gap.leaves_open and _in_part(gap.reason)
    ][:_MOST_GAPS]
    taken = {question.name: question.taken for question in asked if question.taken}
    for question in asked:
        answers = given.pop(question.name, ())
        gaps += _trouble(question, answers)
        if question.name not in _SAYS_ITSELF:
            cut += [
                Cut(answer.asked, _reason(answer), question.deep)
                for answer in answers
                if answer.status == CUT
            ][:_MOST_GAPS]
        texts = [answer for answer in answers if answer.text or answer.status == OK]
        if not texts:
            if not question.quiet:
                gaps.append(_nothing(question, answers))
            continue
        try:
            found = question.parse(texts)
            if isinstance(found, tuple) and type(found) is tuple and len(found) > _MOST_RECORDS:
                said = f"more than {_MOST_RECORDS} were told of; the others were not looked at"
                gaps.append(Gap(question.name, texts[0].asked, said, question.without))
                cut.append(Cut(texts[0].asked, said, question.deep))
                found = found[:_MOST_RECORDS]
            records[question.name] = found
        except ReadInPartError as error:
            records[question.name] = error.records
            gaps.append(Gap(question.name, texts[0].asked, str(error), question.without))
            cut.append(Cut(texts[0].asked, str(error), question.deep))
        except ValueError as error:
            said = f"not understood: {error}" if str(error) else "not understood"
            gaps.append(Gap(question.name, texts[0].asked, said, question.without))
        except Exception as error:  # a bug in a parser must not cost the report; the gap names it
            said = f"the parser failed ({type(error).__name__}); please report this"
            gaps.append(Gap(question.name, texts[0].asked, said, question.without))
    if taken and _kernel_is_known(records):
        gaps = [
            gap._replace(leaves_open=f"{gap.leaves_open} ({taken[gap.question]})")
            if gap.leaves_open and gap.question in taken
            else gap
            for gap in gaps
        ]
    return Evidence(
        raw.source,
        records,
        tuple(dict.fromkeys(gaps)),
        any(question.deep for question in asked),
        raw.origin,
        tuple(cut),
        family,
    )


# How a source says that it read a part of what it holds: bounds.
_IN_PART = (
    "only its beginning was read",
    "only the beginning was read",
    "all texts together",
    "all its texts together",
    "read in part",
    "cut short",
    "not in time",
)


def _in_part(reason: str) -> bool:
    return any(words in reason for words in _IN_PART)


def _kernel_is_known(records: Dict[str, object]) -> bool:
    """Tell whether it is known which kernel runs: a pasted lspci tells of none."""
    system = records.get("system")
    return bool(getattr(system, "kernel", "") or getattr(system, "version", ""))


def _trouble(question: Question[object], answers: Tuple[Answer, ...]) -> List[Gap]:
    """Tell of single answers that ended badly, though others may have served."""
    bad = [
        a
        for a in answers
        if a.status in (DENIED, TIMEOUT, KILLED, CUT) or (a.status == FAILED and a.text)
    ]
    if question.quiet and not question.deep:
        bad = [a for a in bad if a.status != DENIED]
    gaps = [
        Gap(question.name, a.asked, _reason(a), "" if _served(answers) else question.without)
        for a in bad[:_MOST_GAPS]
    ]
    if len(bad) > _MOST_GAPS:
        left = len(bad) - _MOST_GAPS
        gaps.append(
            Gap(
                question.name,
                question.name,
                f"{left} more answers could not be read, or not whole",
                "" if _served(answers) else question.without,
            )
        )
    return gaps


def _nothing(question: Question[object], answers: Tuple[Answer, ...]) -> Gap:
    if not answers:
        return Gap(question.name, question.name, _REASONS[UNASKED], question.without)
    return Gap(question.name, answers[0].asked, _reason(answers[0]), question.without)


def _served(answers: Tuple[Answer, ...]) -> bool:
    return any(answer.status == OK for answer in answers)


def _reason(answer: Answer) -> str:
    if answer.status == UNASKED and answer.detail:
        return answer.detail
    said = _REASONS.get(answer.status, answer.status)
    return f"{said} ({answer.detail})" if answer.detail else said
