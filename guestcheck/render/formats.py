"""Which formats there are, and what a format's file gives; the defaults stand here alone.

A format is a file of `people/` or `machine/`, and its name is the format's.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
)

from guestcheck.discovery import names as files_of
from guestcheck.model.comparison import Comparison
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing


class FormatFile(Protocol):
    """What the file of a format has to define; mypy holds each file against it (see
    tests/render/typed_formats.py).

    The first line of its docstring says who reads the format. What else it may define is in
    `Format`.
    """

    def render(self, report: Report, sink: Sink) -> str:
        """Return the report as text. Pure: it opens nothing and looks at no stream."""


class SeveralFile(FormatFile, Protocol):
    """What the file of a format defines that can show several guests."""

    def part(self, entry: Entry, sink: Sink) -> str:
        """Return the text of one guest."""

    def whole(self, listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:
        """Yield the text of all from those of each."""


class Format(NamedTuple):
    """A format that was chosen.

    `part` and `whole` are None where it shows one guest alone, `compared` where it cannot show what
    two reports differ in (`guestcheck diff`). `exit_code`, `trouble` (which words an error and
    returns the exit code) and `code_of` (the exit code for several guests) are there where standard
    output is read by something with codes of its own. `read_by_others` is true where other users
    have to be able to read the file that is written.
    """

    name: str
    render: Callable[[Report, Sink], str]
    part: Optional[Callable[[Entry, Sink], str]] = None
    whole: Optional[Callable[[Listing, Iterable[str], Sink], Iterator[str]]] = None
    exit_code: Optional[Callable[[Report], int]] = None
    trouble: Optional[Callable[[str], Tuple[str, int]]] = None
    code_of: Optional[Callable[[Listing, Iterable[str]], int]] = None
    read_by_others: bool = False
    compared: Optional[Callable[[Comparison, Sink], str]] = None


def folders() -> Dict[str, str]:
    """Return by format the name of its module, sorted."""
    from guestcheck.render import machine, people

    packages: Tuple[ModuleType, ...] = (machine, people)
    found = {name: f"{one.__name__}.{name}" for one in packages for name in files_of(one)}
    return dict(sorted(found.items()))


def load(name: str) -> Format:
    """Import a format; no other is imported with it."""
    module = import_module(folders()[name])
    given: Dict[str, Any] = {
        field: getattr(module, field.upper() if field == "read_by_others" else field, default)
        for field, default in Format._field_defaults.items()
    }
    return Format(name, module.render, **given)


def comparing() -> List[str]:
    """Return the formats that can show what two reports differ in: all for people, which may need a
    library that is not here, and some for programs.
    """
    from guestcheck.render import machine, people

    return [*files_of(people), *(name for name in files_of(machine) if load(name).compared)]
