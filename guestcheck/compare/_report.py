"""A report in its JSON form, which may come from anyone: what it holds of the expected type, and
None for all else.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Union

from guestcheck.errors import NoEvidenceError
from guestcheck.model.comparison import Value

SCHEMA = "guestcheck.report/1"
Json = Dict[str, object]

_LISTS = ("disks", "nics", "controllers", "kernels", "results", "gaps")
_LARGEST = 1 << 63


_SEVERAL = "guestcheck.guests/1"


# What is no difference, and of thousands of devices most of a report.
_NOT_COMPARED = ("remedy", "repairs", "evidence", "reasons")


def compared(data: Union[str, bytes]) -> Json:
    """Return the JSON value in `data` without what is not compared, let go of as it is read."""
    import json

    def kept(told: Json) -> Json:
        for name in _NOT_COMPARED:
            told.pop(name, None)
        return told

    return json.loads(data, object_hook=kept)  # type: ignore[no-any-return]


def read_report(data: bytes, name: str) -> Json:
    """Read the report that `data` holds; raise NoEvidenceError, which calls it `name`, where it
    holds none.
    """
    try:
        told = compared(data)
    except (ValueError, RecursionError) as error:
        raise NoEvidenceError(
            f"{name}: not a report that can be read ({_briefly(error)})"
        ) from error
    if isinstance(told, dict) and told.get("schema") == _SEVERAL:
        guests = told.get("guests")
        names = (
            [str(one.get("name")) for one in guests if isinstance(one, dict)]
            if isinstance(guests, list)
            else []
        )
        shown = ", ".join(ascii(one)[1:-1] for one in names[:20])
        raise NoEvidenceError(
            f"{name}: the reports of several guests, and one is needed; take one of them out "
            f"of it: {shown}"
        )
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise NoEvidenceError(f"{name}: not a report of the form {SCHEMA}")
    for field in _LISTS:
        held = told.get(field)
        if field not in told or (
            held is not None
            and (not isinstance(held, list) or not all(isinstance(entry, dict) for entry in held))
        ):
            raise NoEvidenceError(
                f"{name}: not a report of the form {SCHEMA}: its {field} are no list of objects"
            )
    if not isinstance(told.get("guest"), dict):
        raise NoEvidenceError(f"{name}: not a report of the form {SCHEMA}: its guest is no object")
    return told


def _briefly(error: Exception) -> str:
    said = str(error).split("\n", 1)[0]
    return f"{type(error).__name__}: {said}"[:100]


def entries(holder: Json, name: str) -> Optional[List[Json]]:
    """Return the objects in the list `name`; None where there is none."""
    held = holder.get(name)
    return [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else None


def text(held: object) -> Optional[str]:
    """Return a text, or None for anything else."""
    return held if isinstance(held, str) else None


def value(holder: Json, path: str) -> Value:
    """Return the value at `path` ("virtio.features"): a text, a number, yes or no, several texts,
    or None.
    """
    held: object = holder
    for step in path.split("."):
        held = held.get(step) if isinstance(held, dict) else None
    if isinstance(held, list):
        return tuple(entry for entry in held if isinstance(entry, str))
    if isinstance(held, int) and not isinstance(held, bool):
        return held if abs(held) < _LARGEST else None
    return held if isinstance(held, (str, bool)) else None
