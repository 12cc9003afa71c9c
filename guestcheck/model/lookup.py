"""Look-ups that are made once for all devices of a guest: a search for each of N devices takes N
times N steps.
"""

from typing import Callable, List, Tuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def kept(make: Callable[[T], R]) -> Callable[[T], R]:
    """Return `make` so that it remembers its last answer; it is made again when another object is
    asked for.

    >>> calls = []
    >>> counted = kept(lambda names: calls.append(names) or set(names))
    >>> names = ("sda", "sdb")
    >>> [name in counted(names) for name in ("sda", "sdz")], len(calls)
    ([True, False], 1)
    """
    last: List[Tuple[T, R]] = []

    def answer(of: T) -> R:
        # By identity: a comparison of two tuples of devices is a walk through all of them.
        if not last or last[0][0] is not of:
            last[:] = [(of, make(of))]
        return last[0][1]

    return answer
