"""The fields of the JSON report, read in its schema: a table for each object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from tools.pages.markdown import code, table, text

_SCHEMA = Path(__file__).resolve().parents[2] / "guestcheck" / "render" / "report.schema.json"
_WORDS = {"string": "text", "integer": "number", "boolean": "true or false"}

Json = Dict[str, Any]


def fields() -> str:
    """Return a section for the report and one for each object that it is made of."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    parts = [f"### report\n\n{text(schema['description'])}\n\n{_table(schema, schema)}"]
    parts += [
        f"### {name}\n\n{text(holder['description'])}\n\n{_table(holder, schema)}"
        for name, holder in schema["$defs"].items()
        if "properties" in holder
    ]
    return "\n".join(parts)


def _table(holder: Json, schema: Json) -> str:
    rows = [
        (code(name), _type(told, schema), text(_says(told, schema)))
        for name, told in holder["properties"].items()
    ]
    return table(("Field", "Type", "What it says"), rows)


def _says(told: Json, schema: Json) -> str:
    return str(
        told["description"] if "description" in told else _target(told, schema)["description"]
    )


def _target(told: Json, schema: Json) -> Json:
    found: Json = schema["$defs"][told["$ref"].rpartition("/")[2]]
    return found


def _type(told: Json, schema: Json) -> str:
    """Say the type of a field in words: "text or null", "list of disk"."""
    if "$ref" in told:
        target = _target(told, schema)
        name = told["$ref"].rpartition("/")[2]
        if "properties" not in target:
            return _type(target, schema)
        return f"[{name}](#{name})" + (" or null" if "null" in target["type"] else "")
    if "const" in told:
        return code(json.dumps(told["const"]))
    if "enum" in told:
        return ", ".join(code(json.dumps(value)) for value in told["enum"])
    kinds: List[str] = told["type"] if isinstance(told["type"], list) else [told["type"]]
    return " or ".join(_kind(kind, told, schema) for kind in kinds).replace(
        "true or false or", "true, false or"
    )


def _kind(kind: str, told: Json, schema: Json) -> str:
    if kind == "array":
        return f"list of {_type(told['items'], schema)}"
    if kind == "object":
        return "object: " + ", ".join(code(name) for name in told["properties"])
    return _WORDS.get(kind, kind)
