"""guestcheck's command line as data, from its own parsers: for man pages and completions."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser
from functools import cache
from typing import Iterator, List, NamedTuple, Tuple

import guestcheck.cli
from guestcheck.cli import parser_of
from guestcheck.discovery import modules

# What may stand in the place of a value.
FILES = "files"
FOLDERS = "folders"
ONE = "one"  # one of the words
LIST = "list"  # some of the words, with commas between
FORMAT = "format"  # one of the words, and then perhaps a colon and a file
FREE = "free"  # nobody knows


class Value(NamedTuple):
    """What may stand in one place."""

    kind: str = FREE
    words: Tuple[str, ...] = ()


class Option(NamedTuple):
    """An option, or where `flags` is empty a word with a place of its own."""

    flags: Tuple[str, ...]
    metavar: str  # "" where it takes no value
    help: str
    value: Value
    again: bool  # may be given again
    needed: bool


class Group(NamedTuple):
    """Options under one heading."""

    title: str
    options: Tuple[Option, ...]


class Command(NamedTuple):
    """A sub-command."""

    name: str
    summary: str
    groups: Tuple[Group, ...]
    epilog: str

    def options(self) -> Iterator[Option]:
        """Yield what has a flag."""
        return (option for group in self.groups for option in group.options if option.flags)

    def places(self) -> Iterator[Option]:
        """Yield what has none."""
        return (option for group in self.groups for option in group.options if not option.flags)


@cache
def commands() -> Tuple[Command, ...]:
    """Return every sub-command."""
    return tuple(
        _command(module.__name__.rpartition(".")[2])
        for module in modules(guestcheck.cli)
        if hasattr(module, "SUMMARY")
    )


def _command(name: str) -> Command:
    parser = parser_of(name)
    return Command(name, parser.description or "", tuple(_groups(parser)), parser.epilog or "")


def _groups(parser: ArgumentParser) -> Iterator[Group]:
    for group in parser._action_groups:
        options = tuple(
            _option(action) for action in group._group_actions if action.help != SUPPRESS
        )
        if options:
            yield Group(group.title or "options", options)


def _option(action: Action) -> Option:
    takes = action.nargs != 0
    metavar = (
        action.metavar
        if isinstance(action.metavar, str)
        else ""
        if action.metavar is None
        else " ".join(action.metavar)
    )
    if takes and not metavar:
        metavar = (
            "{" + ",".join(map(str, action.choices)) + "}"
            if action.choices
            else action.dest.upper()
        )
    return Option(
        flags=tuple(action.option_strings),
        metavar=metavar if takes else "",
        help=(action.help or "") % {"default": action.default, "prog": "guestcheck"},
        value=_value(action, metavar) if takes else Value(),
        again=action.nargs in ("*", "+") or type(action).__name__ == "_AppendAction",
        needed=action.required and action.nargs != "*",
    )


def _value(action: Action, metavar: str) -> Value:
    if action.choices:
        return Value(ONE, tuple(map(str, action.choices)))
    if metavar == "ID":
        return Value(ONE, tuple(_explained()))
    if metavar == "ID,...":
        return Value(LIST, tuple(_checks()))
    if metavar == "NAME,...":
        return Value(LIST, tuple(_targets()))
    if metavar.startswith("FORMAT"):
        return Value(FORMAT, tuple(_formats()))
    if metavar == "DIR":
        return Value(FOLDERS)
    if metavar in ("FILE", "SOURCE", "A", "B"):
        return Value(FILES)
    return Value()


def _checks() -> List[str]:
    from guestcheck.checks import all_checks

    found = [check.id for check in all_checks()]
    return [*dict.fromkeys(one.partition("-")[0] for one in found), *found]


def _explained() -> List[str]:
    from guestcheck.catalogue.interfaces import INTERFACES
    from guestcheck.checks import all_checks

    return [
        *(check.id for check in all_checks()),
        *dict.fromkeys(row.id for row in INTERFACES),
        "interfaces",
        "nic-interfaces",
    ]


def _targets() -> List[str]:
    from guestcheck.catalogue.rows import BUNDLES, TARGETS

    return [*(target.id for target in TARGETS), *(bundle.id for bundle in BUNDLES)]


def _formats() -> List[str]:
    from guestcheck.render.formats import folders

    return [*folders()]
