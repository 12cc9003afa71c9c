"""One odd device costs itself and not the report: what breaks at one becomes a gap that names the
bug, and the others are judged.

What parsers do not understand they say themselves (ValueError); this is for what nobody thought of.
A device that is left out so may be anything: the report says that it was read in part, and no check
passes by it. Tests set `STRICT`, so that bugs show.
"""

from __future__ import annotations

from typing import Callable, Iterable, List, Tuple, TypeVar, Union

from guestcheck.model.source import Cut, Gap

T = TypeVar("T")
R = TypeVar("R")
U = TypeVar("U")

STRICT = False
_MOST = 20
_gaps: List[Gap] = []
_left: List[int] = [0]  # how many more there were


def each(
    stage: str, things: Iterable[T], make: Callable[[T], R], name: Callable[[T], str]
) -> List[R]:
    """Return what `make` makes of each of `things`, those left out at which it breaks."""
    found: List[R] = []
    for one in things:
        try:
            found.append(make(one))
        except Exception as error:  # noqa: PERF203
            broke(stage, name(one), error)
    return found


def guarded(stage: str, what: str, make: Callable[[], R], otherwise: U) -> Union[R, U]:
    """Return what `make` makes, and `otherwise` where it breaks."""
    try:
        return make()
    except Exception as error:
        broke(stage, what, error)
        return otherwise


def broke(stage: str, what: str, error: Exception) -> None:
    """Note that a stage broke at something; raises the error where bugs are looked for."""
    if STRICT:
        raise error
    if len(_gaps) < _MOST:
        _gaps.append(
            Gap(stage, what[:200], bug(error), "what it is, and whatever else would be said of it")
        )
    else:
        _left[0] += 1


def culprits(works: Callable[[Tuple[T, ...]], bool], items: Tuple[T, ...]) -> List[T]:
    """Return those of `items` for which it does not work, found by halves; all, where they are more
    than a few. Without any it has to work.
    """
    found: List[T] = []
    while items and not works(items):
        if len(found) == _MOST:
            return [*found, *items]
        some = items
        while len(some) > 1:
            half = some[: len(some) // 2]
            some = some[len(some) // 2 :] if works(half) else half
        found += some
        items = tuple(item for item in items if item is not some[0])
    return found


def bug(error: Exception) -> str:
    """Name a bug by what was raised and where."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        f" in {trace.tb_frame.f_code.co_filename.rpartition('guestcheck/')[2]}, "
        f"line {trace.tb_lineno}"
        if trace
        else ""
    )
    return f"a bug: {type(error).__name__}{where}; please report this"


def troubles() -> Tuple[Gap, ...]:
    """Return what broke since the last time, and forget it."""
    found = tuple(_gaps)
    if _left[0]:
        found = (*found, Gap("bug", "more devices", f"{_left[0]} more broke", "what they are"))
    _gaps.clear()
    _left[0] = 0
    return found


def cuts() -> Tuple[Cut, ...]:
    """Return what broke so far as what was read in part."""
    return tuple(Cut(gap.asked, gap.reason, False) for gap in _gaps)
