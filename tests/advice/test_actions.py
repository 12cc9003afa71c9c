"""Every type of action has words at a place, and a place has none for what is no action."""

from __future__ import annotations

import inspect
from typing import Any, Dict, Set, get_type_hints

import pytest

from guestcheck.advice import load, module_of, places, wording_of
from guestcheck.advice.script.fix_script import _STEPS as STEPS
from guestcheck.model import action as model
from guestcheck.model.action import Action, name_of, rebuilds, without_rebuild
from guestcheck.model.advice import Steps
from guestcheck.model.device import Inventory
from tools.remedies.actions import KINDS, made, worded

PLACES = places()
INSIDE = ("guest", "windows")
WORDED: Dict[str, Set[str]] = {
    name: {place for place, one in worded() if one == name} for name in KINDS
}


def module(place: str) -> Any:
    found = load(place)
    assert found
    return found


def test_every_type_of_the_module_is_an_action() -> None:
    types = {
        value
        for value in vars(model).values()
        if inspect.isclass(value)
        and issubclass(value, tuple)
        and value.__module__ == model.__name__
    }
    assert types == set(KINDS.values())


@pytest.mark.parametrize("name", KINDS)
def test_every_action_is_worded(name: str) -> None:
    """Of an unknown platform there are the words of the guest, of Windows and of `other` alone."""
    assert WORDED[name] & {*INSIDE, "other"}


@pytest.mark.parametrize("place", PLACES)
def test_each_public_function_of_a_place_words_the_action_of_its_name(place: str) -> None:
    functions = {
        name: value
        for name, value in vars(module(place)).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and get_type_hints(value).get("return") == Steps
    }
    assert functions
    by_function = {name_of(kind).replace("-", "_"): kind for kind in KINDS.values()}
    for name, function in functions.items():
        assert name in by_function, f"{place} has words for no action: {name}"
        first, second = inspect.signature(function, eval_str=False).parameters
        types = get_type_hints(function)
        assert types[first] is by_function[name]
        assert types[second] is Inventory


@pytest.mark.parametrize("place", PLACES)
def test_what_a_place_words_is_a_function_of_its_own_folder(place: str) -> None:
    """A name that was imported for another purpose words nothing."""
    folder = module_of(place).rpartition(".")[0]
    for kind in KINDS.values():
        wording: Any = wording_of(module(place), kind)
        assert wording is None or wording.__module__.startswith(folder)


def test_an_action_that_no_place_words_would_be_found() -> None:
    class NoSuchThing(tuple):
        pass

    assert [place for place in PLACES if wording_of(module(place), NoSuchThing)] == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KINDS)
def test_an_initramfs_that_serves_is_not_made_again_for_a_warning(name: str) -> None:
    action: Action = made(name, {})
    assert not rebuilds(without_rebuild(action))


@pytest.mark.parametrize("name", KINDS)
def test_what_has_a_rebuild_is_asked_for_it(name: str) -> None:
    """A type with this field that `rebuilds` does not know would leave an old initramfs."""
    action = made(name, {"rebuild": True})
    assert rebuilds(action) == ("rebuild" in action._fields)


def test_equal_fields_make_no_two_actions_one() -> None:
    from guestcheck.advice import _merged

    actions = (model.KeepTpm(), model.MountNofail(), model.KeepTpm())
    assert [type(one) for one in _merged(actions)] == [model.KeepTpm, model.MountNofail]


def test_all_modules_of_one_initramfs_are_one_action() -> None:
    from guestcheck.advice import _merged

    one = model.PrepareDriver(("virtio_pci",), "6.1", "dracut", keep=True)
    more = one._replace(modules=("virtio_blk", "virtio_pci"), keep=False)
    other = one._replace(kernel="6.2")
    assert _merged((one, model.KeepTpm(), more, other)) == (
        model.KeepTpm(),
        one._replace(modules=("virtio_pci", "virtio_blk"), keep=False),
        other,
    )


@pytest.mark.parametrize("kind", STEPS, ids=name_of)
def test_the_script_s_step_is_for_the_type_that_it_is_listed_by(kind: Any) -> None:
    function = STEPS[kind]
    first = next(iter(inspect.signature(function).parameters))
    assert get_type_hints(function)[first] is kind
