"""Named tuples that cost little to make: a program that has many types of them starts sooner.

`typing.NamedTuple` compiles a function for each type, a tenth of a millisecond; what a type checker
sees is just that. Other than those of `NamedTuple`, records of two types are never equal.
"""

from operator import itemgetter
from typing import TYPE_CHECKING, Any

__all__ = ("Record",)

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class Record(tuple):
        """A tuple whose annotations name its fields, in order; values of the class are defaults."""

        __slots__ = ()
        # Without annotations of its own: these would be inherited as fields.
        _fields = ()
        _field_defaults = {}

        def __init_subclass__(cls) -> None:
            cls._fields = tuple(getattr(cls, "__annotations__", ()))
            cls._field_defaults = {
                name: cls.__dict__[name] for name in cls._fields if name in cls.__dict__
            }
            for place, name in enumerate(cls._fields):
                setattr(cls, name, property(itemgetter(place)))

        def __new__(cls, *values: Any, **named: Any) -> "Record":
            """Make a record of values by place and by name, as a function with these arguments."""
            if len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields")
            wrong = named.keys() - set(cls._fields[len(values) :])
            if wrong:
                raise TypeError(f"{cls.__name__} takes no {', '.join(sorted(wrong))} here")
            whole = {**cls._field_defaults, **dict(zip(cls._fields, values)), **named}
            missing = [name for name in cls._fields if name not in whole]
            if missing:
                raise TypeError(f"{cls.__name__} lacks {', '.join(missing)}")
            return tuple.__new__(cls, [whole[name] for name in cls._fields])

        def _replace(self, **named: Any) -> "Record":
            return type(self)(**{**dict(zip(self._fields, self)), **named})

        def __getnewargs__(self) -> tuple:
            return tuple(self)

        def __eq__(self, other: object) -> bool:
            return type(self) is type(other) and tuple.__eq__(self, other)

        def __ne__(self, other: object) -> bool:
            return not self == other

        def __hash__(self) -> int:
            return hash((type(self), tuple(self)))

        def __repr__(self) -> str:
            pairs = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
            return f"{type(self).__name__}({pairs})"
