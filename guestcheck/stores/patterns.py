"""Patterns of paths: a star is anything but a slash, two are anything."""

from __future__ import annotations

from functools import lru_cache
from re import compile as compile_pattern
from re import escape
from typing import (
    Callable,
    NamedTuple,
    Optional,
    Tuple,
)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a path matches `pattern`; a star stands for anything but a slash,
    two for anything.
    """
    if "**" in pattern:
        parts = (
            escape(part).replace(r"\*", "*").replace("*", "[^/]*") for part in pattern.split("**")
        )
        match = compile_pattern("(?s:" + ".*".join(parts) + r")\Z").match
        return lambda path: match(path) is not None
    steps = [_part_matcher(part) for part in pattern.split("/")]
    if len(steps) == 1:
        return lambda path: "/" not in path and steps[0](path)

    def matches(path: str) -> bool:
        parts = path.split("/")
        return len(parts) == len(steps) and all(step(part) for step, part in zip(steps, parts))

    return matches


def _part_matcher(pattern: str) -> Callable[[str], bool]:
    """Match a name in linear time, whatever stars there are: regular expressions try every place
    for each of them.
    """
    first, *middle = pattern.split("*")
    if not middle:
        return pattern.__eq__
    last = middle.pop()

    def matches(name: str) -> bool:
        at, end = len(first), len(name) - len(last)
        if at > end or not (name.startswith(first) and name.endswith(last)):
            return False
        for piece in middle:
            at = name.find(piece, at, end) + len(piece)
            if at < len(piece):
                return False
        return True

    return matches


class Want(NamedTuple):
    """What is left of a pattern below some folder: a part for each further folder, and behind them
    what has two stars.
    """

    parts: Tuple[Callable[[str], bool], ...]
    rest: Optional[Callable[[str], bool]]
    before: str = ""

    def below(self, name: str) -> "Optional[Want]":
        """Return what is left of it in the folder `name`."""
        if not self.parts:
            return self._replace(before=f"{self.before}{name}/")
        goes_on = len(self.parts) > 1 or self.rest is not None
        return _shorter(self) if goes_on and self.parts[0](name) else None

    def takes(self, name: str) -> bool:
        """Tell whether the file `name` is wanted here."""
        if self.rest is not None:
            return not self.parts and self.rest(self.before + name)
        return len(self.parts) == 1 and self.parts[0](name)


@lru_cache(1024)
def _shorter(want: Want) -> Want:
    """Return what is left of a pattern behind its first part: one for all folders that match that,
    for there may be half a million.
    """
    return want._replace(parts=want.parts[1:])


def want_of(pattern: str) -> Want:
    """Return a pattern taken apart at its slashes."""
    parts = pattern.split("/")
    plain = next((number for number, part in enumerate(parts) if "**" in part), len(parts))
    return Want(
        tuple(_part_matcher(part) for part in parts[:plain]),
        matcher("/".join(parts[plain:])) if plain < len(parts) else None,
    )
