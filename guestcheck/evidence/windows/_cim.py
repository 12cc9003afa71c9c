"""How the text of Windows' own database (CIM) is read: instances of classes and their properties.

The classes and their properties are Microsoft's (Win32 provider, Windows Storage Management API):
https://learn.microsoft.com/windows/win32/cimwin32prov/win32-provider. What is read is the same in
every language of Windows: ids, numbers and names of services; texts support.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, Optional, Tuple, TypeVar

from guestcheck.model.digits import number_of
from guestcheck.model.source import Answer, ReadInPartError

_T = TypeVar("_T")
Instance = Dict[str, Tuple[str, ...]]
_LINE = re.compile(r"([A-Za-z_]\w*)\s*[:=]\s?(.*)")
MOST_INSTANCES = 20_000  # instances, of whatever class


def instances(text: str) -> List[Instance]:
    """Read paragraphs of lines `Name : value`, as Format-List prints them too; a name that stands
    again has a further value.

    >>> instances("Name : vioscsi\\nHardwareID : A\\nHardwareID : B\\n\\nName : viostor\\n")
    [{'Name': ('vioscsi',), 'HardwareID': ('A', 'B')}, {'Name': ('viostor',)}]
    """
    found: List[Instance] = []
    current: Dict[str, List[str]] = {}
    for line in [*text.replace("\r", "").split("\n"), ""]:
        matched = _LINE.match(line.strip())
        if matched:
            current.setdefault(matched[1], []).append(matched[2].strip())
        elif not line.strip() and current:
            found.append({name: tuple(values) for name, values in current.items()})
            current = {}
            if len(found) >= MOST_INSTANCES:
                break
    return found


def saying_where_cut(parse: "Callable[[List[Answer]], _T]") -> "Callable[[List[Answer]], _T]":
    """Return `parse`, which then says so where an answer has more instances than are read."""

    def parsed(answers: List[Answer]) -> _T:
        found = parse(answers)
        for answer in answers:
            if _is_cut(answer.text):
                says = (
                    f"{answer.asked}: more than {MOST_INSTANCES} instances; the others were not "
                    "looked at"
                )
                raise ReadInPartError(says, found)
        return found

    return parsed


def _is_cut(text: str) -> bool:
    """Tell whether `instances` or `rows` leaves some of it out."""
    lines = text.count("\n")
    if text.lstrip("\ufeff").startswith(('"', "#TYPE")):
        return is_cut_table(text)
    if lines < MOST_INSTANCES:  # one line each at least
        return False
    count, inside = 0, False
    for line in text.replace("\r", "").split("\n"):
        matched = _LINE.match(line.strip())
        count += bool(matched) and not inside
        inside = bool(matched) or (inside and bool(line.strip()))
    return count > MOST_INSTANCES


def is_cut_table(csv_text: str) -> bool:
    """Tell whether `rows` leaves some of a table out."""
    return csv_text.count("\n") >= MOST_INSTANCES * 4


def instances_of(answers: List[Answer], name: str) -> Iterator[Instance]:
    """Yield the instances of the class `name`."""
    for answer in answers:
        if answer.asked == name:
            yield from instances(answer.text)


def first_of(answers: List[Answer], name: str) -> Instance:
    """Return the first instance of the class `name`, an empty one where there is none."""
    return next(instances_of(answers, name), {})


def text(instance: Instance, name: str) -> str:
    """Return the first value of a property, "" where it has none."""
    return instance.get(name, ("",))[0]


def number(instance: Instance, name: str) -> Optional[int]:
    """Return a property that is a number, None for what is none or beyond any sense."""
    value = text(instance, name)
    return number_of(value, 19)


def flag(instance: Instance, name: str) -> Optional[bool]:
    """Return a property that is True or False."""
    return {"true": True, "false": False}.get(text(instance, name).lower())


# The head of a report that CollectSystemInfo.ps1 writes in WinRE or WinPE.
OFFLINE_REPORT = re.compile(r"\ufeff?OS Name: ")


def rows(csv_text: str) -> List[Dict[str, str]]:
    """Read what Export-Csv wrote; a line that is cut off or has too few fields gives what it
    has.
    """
    import csv

    lines = csv_text.replace("\0", "").split("\n")
    if lines[:1] and lines[0].startswith("#TYPE"):
        del lines[0]
    try:
        return [
            {name: value or "" for name, value in row.items() if isinstance(name, str)}
            for row in csv.DictReader(lines[: MOST_INSTANCES * 4])
        ]
    except csv.Error as error:
        raise ValueError(str(error)) from error
