"""What to do: the remedies that checks name, in the words of the place where they are carried out.

A file is a place (a platform, or `guest` and `windows` for inside the guest) and imports `model`
and `_quoting` alone. To add one: write `def _move_disk(about, inventory)` and the like, generators
of `Step`; what the guest says goes into code through `_quoting` only; end with `ADVICE =
Advice(id=<the file's name>, name=…, words={action: generator})`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from guestcheck.advice._quoting import sentence
from guestcheck.advice._spared import spared
from guestcheck.discovery import names
from guestcheck.messages import words
from guestcheck.model.advice import Advice, Step
from guestcheck.model.check import Action, Result
from guestcheck.model.device import Inventory
from guestcheck.model.guard import guarded
from guestcheck.model.target import STOPS, Readiness, Reason

# What is done inside the guest comes first where it must be done before the machine is changed, and
# last where it is used after.
_IN_GUEST_FIRST = "guest"
_WINDOWS = "windows"
_INSIDE = {_IN_GUEST_FIRST: "linux.guest", _WINDOWS: "windows.guest"}
_DRIVERS = "windows-drivers"
_HERE = "in the guest"
_READY = "windows-ready"


def advise(
    results: Tuple[Result, ...], inventory: Inventory, ready: Tuple[Readiness, ...] = ()
) -> Dict[int, Tuple[Step, ...]]:
    """Word the actions of each result for this guest's platform, by the result's number; what is
    `ready` need not be made so.
    """
    windows = inventory.guest.windows is not None
    places = (_WINDOWS if windows else _IN_GUEST_FIRST, *inventory.advice)
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
    texts: Dict[str, Any] = {
        name: told.setdefault(value, value)
        for name, value in zip(Step._fields, step)
        if isinstance(value, (str, tuple))
    }
    same = step._replace(**texts)
    told[same] = same
    return same


def _remedy(
    result: Result, places: Tuple[str, ...], inventory: Inventory, ready: Tuple[Readiness, ...]
) -> Tuple[Step, ...]:
    actions = spared(result.actions, ready)
    # In Windows the driver comes first: without it the machine's definition may not be changed.
    ordered = (
        sorted(actions, key=lambda action: action.name != _DRIVERS)
        if inventory.guest.windows is not None
        else actions
    )
    return tuple(step for action in ordered for step in _steps(action, places, inventory))


_INITRAMFS = ("kernel", "tool", "image")


def repair(actions: Iterable[Action], inventory: Inventory) -> Tuple[Step, ...]:
    """Word what has to be done inside the guest, each thing once, and all modules of one initramfs
    together.
    """
    modules: Dict[Tuple[str, str, str], Dict[str, None]] = {}
    missing: Dict[Tuple[str, str, str], bool] = {}
    told: Dict[Tuple[str, Tuple[Tuple[str, str], ...]], None] = {}
    for action in actions:
        about = dict(action.about)
        if action.name == "prepare-driver":
            place = (about.get("kernel", ""), about.get("tool", ""), about.get("image", ""))
            modules.setdefault(place, {}).update(dict.fromkeys(about.pop("modules", "").split()))
            missing[place] = missing.get(place, False) or about.get("keep") != "yes"
            about = dict(zip(_INITRAMFS, place))
        told[action.name, tuple(about.items())] = None
    for name, pairs in list(told):
        if name == "prepare-driver":
            del told[name, pairs]
            about = dict(pairs)
            place = (about["kernel"], about["tool"], about["image"])
            about["modules"] = " ".join(modules[place])
            about["keep"] = "no" if missing[place] else "yes"
            told[name, tuple(about.items())] = None
    inside = _IN_GUEST_FIRST if inventory.guest.windows is None else _WINDOWS
    steps = [
        step
        for name, pairs in told
        for step in _steps(Action(name, dict(pairs)), (inside,), inventory)
    ]
    if inventory.platform:
        steps += [
            step
            for name, pairs in told
            if name == _READY
            for step in _on_the_host(dict(pairs), inventory)
        ]
    return tuple(dict.fromkeys(sorted(steps, key=lambda step: step.order)))


def without_repair(reasons: Iterable[Reason], inventory: Inventory) -> Iterator[Step]:
    """Yield for each reason that stops the guest, and that no action takes away, that no repair of
    it is known.
    """
    if inventory.guest.windows is not None:
        return  # what Windows needs has its own words
    for reason in reasons:
        if reason.weight == STOPS and not any(
            True for action in reason.actions for _ in _steps(action, (_IN_GUEST_FIRST,), inventory)
        ):
            yield Step(
                _HERE, f"No repair is known for this: {sentence(words(reason.says), reason.id)}."
            )


def _on_the_host(about: Dict[str, str], inventory: Inventory) -> Iterator[Step]:
    """Yield how this platform gives Windows the device by which it prepares a driver; where the
    platform is not known, that is too much to tell.
    """
    for place in inventory.advice:
        advice = load(place)
        wording = advice.words.get(_DRIVERS) if advice else None
        yield from wording(about, inventory) if wording else ()


def _steps(action: Action, places: Tuple[str, ...], inventory: Inventory) -> Iterator[Step]:
    worded: List[Step] = []
    windows = inventory.guest.windows is not None
    for_windows = action.name == _DRIVERS and not windows
    # Of another guest, or of one that is not known, Windows is told of its drivers alone: all else
    # would be said of a system that it is not.
    for place in (*places, _WINDOWS) if for_windows else places:
        advice = load(place)
        wording = advice.words.get(action.name) if advice else None
        if wording:
            steps = list(wording(action.about, inventory))
            worded += [_for_windows(step, place) for step in steps] if windows else steps
    if not worded:
        general = load("other")
        wording = general.words.get(action.name) if general else None
        worded = list(wording(action.about, inventory)) if wording else []
    yield from map(_marked, worded) if for_windows else worded


@lru_cache(maxsize=64)
def _marked(step: Step) -> Step:
    return step._replace(windows=True)


def _for_windows(step: Step, place: str) -> Step:
    """Return a step in the words that hold for a Windows guest: what hosts say of its initramfs and
    its names is Linux'.
    """
    from guestcheck.advice._quoting import DRIVER_FIRST, NAMES_CHANGE

    note = step.note.replace(DRIVER_FIRST, _BOOT_START).replace(
        NAMES_CHANGE, "The MAC address stays; to Windows it is another adapter all the same."
    )
    return step._replace(note=note, where=_HERE if place == _WINDOWS else step.where)


_BOOT_START = (
    "The guest boots from this disk: first see that the new driver starts at boot. If it does not "
    "boot, change it back: nothing on the disk was altered."
)


def places() -> Tuple[str, ...]:
    """Return the names of all places, sorted: the platforms, and inside a guest of each family."""
    import guestcheck.advice.hosts as hosts

    return tuple(sorted((*names(hosts), *_INSIDE)))


def module_of(place: str) -> str:
    """Return the full name of the module that holds the advice of a place."""
    return f"guestcheck.advice.{_INSIDE.get(place) or f'hosts.{place}'}"


@lru_cache(None)
def load(place: str) -> Optional[Advice]:
    """Return the advice of one place, None where there is no such file."""
    try:
        return import_module(module_of(place)).ADVICE  # type: ignore[no-any-return]
    except ModuleNotFoundError:
        return None
