"""What a command line names: one guest or several, and which of them is meant."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.cli._source import open_named, opens, some
from guestcheck.errors import EXIT_NO_EVIDENCE, EXIT_OK, GuestcheckError, UsageError

if TYPE_CHECKING:
    from guestcheck.model.source import Gap, Source
    from guestcheck.sources._guest_nodes import Found, Guests


class Named(NamedTuple):
    """What a command line names: one guest, or `all` of several; `gaps` is what lies with the one
    and is not judged.
    """

    one: Callable[[], Source]
    gaps: Tuple[Gap, ...] = ()
    all: Optional[Guests] = None


def add_detail(parser: ArgumentParser) -> None:
    """Add the option that picks one of several guests."""
    group = next(group for group in parser._action_groups if group.title == "input")
    says = "of several guests, the whole report of this one: its name in the table"
    group.add_argument("--detail", metavar="GUEST", default="", help=says)


def guests_named(options: Namespace) -> Named:
    """Return what the command line names; raises UsageError where --detail names none of the
    guests.
    """
    from guestcheck.model.source import Gap

    if options.root or not options.source:
        if options.detail:
            raise UsageError("--detail names one of several guests, and this is one")
        return Named(lambda: open_named(options.source, options.root))
    from itertools import chain

    guests = opens(options.source)
    if options.detail:
        return _detail(guests, options.detail)
    first: List[Found] = []
    gaps: List[Gap] = []
    for found in guests:
        if isinstance(found, Gap):
            gaps.append(found)
            continue
        first.append(found)
        if len(first) == 2:
            return Named(first[0].open, (), chain(gaps, first, guests))
    if not first:
        raise NoGuestError(gaps)
    return Named(first[0].open, tuple(gaps))


def _detail(guests: Guests, name: str) -> Named:
    """Return the guest of this name; the end of a name, or its place, will do where it is only
    one's.
    """
    from guestcheck.model.source import Gap

    names: List[str] = []
    close: List[Found] = []
    for found in guests:
        if isinstance(found, Gap):
            continue
        if name in (found.name, found.place):
            return Named(found.open)
        names.append(found.name)
        if found.name.endswith(f"/{name.strip('/')}") or found.name.rstrip("/") == name.rstrip("/"):
            close = [*close, found][:2]
        del found
    if len(close) == 1:
        return Named(close[0].open)
    wrong = "several guests are called so" if close else "there is no such guest"
    raise UsageError(f"--detail {name}: {wrong}; there are: {some(names)}")


def with_gaps(code: int, gaps: Iterable[Gap]) -> int:
    """Return the exit code of the only guest: where another may be lost, it is not 0."""
    return EXIT_NO_EVIDENCE if code == EXIT_OK and any(gap.leaves_open for gap in gaps) else code


def names(options: Namespace) -> str:
    """Return the names of the guests, for --detail."""
    from guestcheck.sources._guest_nodes import Found

    return some([found.name for found in opens(options.source) if isinstance(found, Found)])


class NoGuestError(GuestcheckError):
    """Nothing here is a guest."""

    exit_code = EXIT_NO_EVIDENCE

    def __init__(self, gaps: Sequence[Gap]) -> None:
        said = "; ".join(f"{gap.asked}: {gap.reason}" for gap in gaps[:3])
        super().__init__(said or "there is no guest")
