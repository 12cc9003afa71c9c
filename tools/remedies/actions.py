"""Actions of any type, made of the values that there are for their fields."""

from __future__ import annotations

from typing import (
    Any,
    Dict,
    List,
    Mapping,
    Tuple,
    Type,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from guestcheck.advice import load, places, wording_of
from guestcheck.model.action import Action, name_of

KINDS: Dict[str, Type[Any]] = {name_of(kind): kind for kind in get_args(Action)}
_BLANKS: Dict[Any, Any] = {str: "", bool: False, int: 0}


def made(name: str, values: Mapping[str, Any]) -> Any:
    """Return the action called `name`, with those of `values` that it has fields for; the others of
    its fields are blank.
    """
    kind = KINDS[name]
    types = get_type_hints(kind)
    blank = {field: _blank(types[field]) for field in kind._fields}
    given = {field: value for field, value in values.items() if field in types}
    return kind(**{**blank, **kind._field_defaults, **given})


def _blank(kind: Any) -> Any:
    if get_origin(kind) is tuple:
        return ()
    return None if get_origin(kind) is Union else _BLANKS[kind]


def worded() -> List[Tuple[str, str]]:
    """Return every place with the names of the actions that it has words for."""
    modules = ((place, load(place)) for place in places())
    return [
        (place, name)
        for place, module in modules
        for name, kind in KINDS.items()
        if module and wording_of(module, kind)
    ]
