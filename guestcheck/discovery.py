"""Open folders: what a file of the folder defines, the folder has. There is no list to keep."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Iterator, List, Sequence, Type, TypeVar

T = TypeVar("T")


def names(package: ModuleType) -> List[str]:
    """Return the names of the files in `package`, sorted."""
    folder = package.__path__[0]
    try:
        entries = os.listdir(folder)
    except OSError:  # inside a zip archive, where only the import system can list
        from pkgutil import iter_modules

        return sorted(
            module.name
            for module in iter_modules(package.__path__)
            if not module.ispkg and not module.name.startswith("_")
        )
    return sorted(
        entry[:-3] for entry in entries if entry.endswith(".py") and not entry.startswith("_")
    )


def modules(package: ModuleType, first: Sequence[str] = ()) -> Iterator[ModuleType]:
    """Import and yield each file of `package`: those named in `first`, then the others in the order
    of their names.
    """
    for name in [*first, *(name for name in names(package) if name not in first)]:
        yield import_module(f"{package.__name__}.{name}")


def objects(package: ModuleType, kind: Type[T], first: Sequence[str] = ()) -> Iterator[T]:
    """Yield each object of type `kind` that a file of `package` defines at its top level, in the
    order of `modules`.
    """
    for module in modules(package, first):
        for value in vars(module).values():
            if isinstance(value, kind):
                yield value


@lru_cache(maxsize=256)
def of_family(stage: str, family: str, file: str) -> Any:
    """Return the module that a stage has for a family of guests: `readiness/linux/moves.py`.

    The module has the same functions in the folder of each family; the caller names their types.
    """
    return import_module(f"{stage}.{family}.{file}")
