"""What to do: the remedies that checks name, in the words of the place where they are carried out.

A file is a place (a platform, or `guest` and `windows` for inside the guest) and imports `model`
and `_quoting` alone. To add one: give it its `NAME`, and write `def move_disk(about: MoveDisk,
inventory: Inventory) -> Steps` and the like, each called as the action of `model/action.py` that it
words. What the guest says goes into code through `_quoting` only.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Dict, Iterable, Iterator, List, Optional, Protocol, Tuple, Type

from guestcheck.advice._quoting import sentence
from guestcheck.advice._unneeded import drop_unneeded
from guestcheck.discovery import names, of_family
from guestcheck.messages import words
from guestcheck.model.action import (
    Action,
    PrepareDriver,
    WindowsDrivers,
    WindowsReady,
    name_of,
)
from guestcheck.model.advice import Step, Steps, Wording
from guestcheck.model.check import Result
from guestcheck.model.device import Inventory
from guestcheck.model.guard import guarded
from guestcheck.model.target import STOPS, Readiness, Reason

# What is done inside the guest comes first where it must be done before the machine is changed, and
# last where it is used after.
_IN_GUEST_FIRST = "guest"
_WINDOWS = "windows"
_INSIDE = {_IN_GUEST_FIRST: "linux.guest", _WINDOWS: "windows.guest"}
_HERE = "in the guest"
_ELSEWHERE = "other"  # what is said where a platform has no words


class Inside(Protocol):
    """The file `inside` in the folder of a family. `PLACE` is where steps inside the guest are
    worded; with `SAYS_NO_REPAIR` it is said where no repair is known.
    """

    PLACE: str
    SAYS_NO_REPAIR: bool

    def in_order(self, actions: Tuple[Action, ...]) -> Tuple[Action, ...]:
        """Return actions in the order in which they are done."""

    def adapted(self, step: Step, place: str) -> Step:
        """Return a step of a place as it is said of such a guest."""


def _inside(inventory: Inventory) -> Inside:
    family: Inside = of_family(__name__, inventory.family, "inside")
    return family


def advise(
    results: Tuple[Result, ...], inventory: Inventory, ready: Tuple[Readiness, ...] = ()
) -> Dict[int, Tuple[Step, ...]]:
    """Word the actions of each result for this guest's platform, by the result's number; what is
    `ready` need not be made so.
    """
    places = (_inside(inventory).PLACE, *inventory.advice)
    remedies = {}
    told: Dict[object, object] = {}
    for number, result in enumerate(results):
        steps = guarded(
            "advice",
            f"{result.id} of {result.subject}",
            lambda: _remedy(result, places, inventory, ready),  # noqa: B023
            (),
        )
        if steps:
            remedies[number] = tuple(_shared(step, told) for step in steps)
    return remedies


def _shared(step: Step, told: Dict[object, object]) -> Step:
    """Return a step that was worded before, or one whose texts are those of others, where they are
    the same: there may be thousands of devices.
    """
    known = told.get(step)
    if known is not None:
        return known  # type: ignore[return-value]
    where, text, code, note, windows, order = step
    share: Any = told.setdefault
    same = Step(
        share(where, where), share(text, text), share(code, code), share(note, note), windows, order
    )
    told[same] = same
    return same


def _remedy(
    result: Result, places: Tuple[str, ...], inventory: Inventory, ready: Tuple[Readiness, ...]
) -> Tuple[Step, ...]:
    actions = _inside(inventory).in_order(drop_unneeded(result.actions, ready))
    steps: List[Step] = []
    for action in actions:
        steps += _steps(action, places, inventory)
    return tuple(steps)


def repair(actions: Iterable[Action], inventory: Inventory) -> Tuple[Step, ...]:
    """Word what has to be done inside the guest, each thing once, and all modules of one initramfs
    together.
    """
    once = _merged(actions)
    place = _inside(inventory).PLACE
    steps = [step for action in once for step in _steps(action, (place,), inventory)]
    if inventory.platform:
        steps += [
            step
            for action in once
            if isinstance(action, WindowsReady)
            for step in _on_the_host(action, inventory)
        ]
    return tuple(dict.fromkeys(sorted(steps, key=lambda step: step.order)))


def _merged(actions: Iterable[Action]) -> Tuple[Action, ...]:
    """Return each action once; those that prepare one initramfs are one, and come last."""
    others: Dict[Action, None] = {}
    images: Dict[Tuple[str, str, str], PrepareDriver] = {}
    for action in actions:
        if isinstance(action, PrepareDriver):
            image = (action.kernel, action.tool, action.image)
            before = images.get(image)
            images[image] = _with(before, action) if before else action
        else:
            others[action] = None
    return (*others, *images.values())


def _with(before: PrepareDriver, more: PrepareDriver) -> PrepareDriver:
    modules = tuple(dict.fromkeys((*before.modules, *more.modules)))
    return before._replace(modules=modules, keep=before.keep and more.keep)


def without_repair(reasons: Iterable[Reason], inventory: Inventory) -> Iterator[Step]:
    """Yield for each reason that stops the guest, and that no action takes away, that no repair of
    it is known.
    """
    inside = _inside(inventory)
    for reason in reasons:
        if (
            inside.SAYS_NO_REPAIR
            and reason.weight == STOPS
            and not any(_steps(action, (inside.PLACE,), inventory) for action in reason.actions)
        ):
            yield Step(
                _HERE, f"No repair is known for this: {sentence(words(reason.says), reason.id)}."
            )


def _on_the_host(ready: WindowsReady, inventory: Inventory) -> Iterator[Step]:
    """Yield how this platform gives Windows the device by which it prepares a driver; where the
    platform is not known, that is too much to tell.
    """
    action = WindowsDrivers("", ready.kind, ready.to)
    for place in inventory.advice:
        yield from worded(place, action, inventory)


def _steps(action: Action, places: Tuple[str, ...], inventory: Inventory) -> List[Step]:
    steps: List[Step] = []
    inside = _inside(inventory)
    # Of a guest that is no Windows, or of an unknown one, Windows' place words its drivers alone:
    # all else would be said of a system that it is not.
    also = (_WINDOWS,) if isinstance(action, WindowsDrivers) and inside.PLACE != _WINDOWS else ()
    for place in (*places, *also):
        steps += [inside.adapted(step, place) for step in worded(place, action, inventory)]
    if not steps:
        steps = list(worded(_ELSEWHERE, action, inventory))
    return list(map(_marked, steps)) if also else steps


def worded(place: str, action: Action, inventory: Inventory) -> Steps:
    """Yield the steps that a place has for an action; none where it has no words for its type."""
    kind: Any = type(action)
    module, wording = _found(place, kind)
    return _laid_out(module, wording(action, inventory)) if wording else iter(())


@lru_cache(maxsize=1024)
def _found(place: str, kind: Any) -> Tuple[Optional[ModuleType], Optional[Wording]]:
    """Return the module of a place and its words for a type of action: there may be thousands of
    devices.
    """
    module = load(place)
    return module, wording_of(module, kind) if module else None


def wording_of(place: ModuleType, kind: Type[Action]) -> Optional[Wording]:
    """Return what words a type of action at a place: the function of its name."""
    return getattr(place, name_of(kind).replace("-", "_"), None)


def _laid_out(place: Optional[ModuleType], steps: Steps) -> Steps:
    """Return steps as the place lays them out, where it has a `laid_out`."""
    lay = getattr(place, "laid_out", None)
    return map(lay, steps) if lay else steps


@lru_cache(maxsize=64)
def _marked(step: Step) -> Step:
    return step._replace(windows=True)


def places() -> Tuple[str, ...]:
    """Return the names of all places, sorted: the platforms, and inside a guest of each family."""
    import guestcheck.advice.hosts as hosts

    return tuple(sorted((*names(hosts), *_INSIDE)))


def module_of(place: str) -> str:
    """Return the full name of the module that holds the advice of a place."""
    return f"guestcheck.advice.{_INSIDE.get(place) or f'hosts.{place}'}"


@lru_cache(None)
def load(place: str) -> Optional[ModuleType]:
    """Return the module with the words of one place, None where there is no such file."""
    try:
        return import_module(module_of(place))
    except ModuleNotFoundError:
        return None
