"""The JSON holds what its schema promises, of every guest, and reads back as it was meant."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import guestcheck.render as package
from guestcheck.classify import kernels
from guestcheck.model.check import OUTCOMES
from guestcheck.model.device import KINDS
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine import _pieces
from guestcheck.render.machine.json import SCHEMA, render
from tests.classify.test_disks import CASES as DISKS
from tests.classify.test_nics import CASES as NICS
from tests.examples import examples
from tests.makers import a_disk, a_report, an_inventory, inventory

DOCUMENT: Dict[str, Any] = json.loads(
    Path(package.__path__[0], "report.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(DOCUMENT)


def told(report: Report, **sink: Any) -> Dict[str, Any]:
    """Render, read back and check against the schema."""
    found = json.loads(render(report, Sink(**sink)))
    VALIDATOR.validate(found)
    return found  # type: ignore[no-any-return]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENT)
    assert DOCUMENT["$schema"].endswith("2020-12/schema")
    assert DOCUMENT["properties"]["schema"]["const"] == SCHEMA


def test_a_report_holds_what_the_schema_promises(report: Report) -> None:
    assert told(report)["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("vm", "tree", "expected"), [*DISKS.values(), *NICS.values()], ids=[*DISKS, *NICS]
)
def test_a_report_of_each_device_does_too(vm: str, tree: str, expected: str) -> None:
    found = told(a_report(inventory(tree, vm=vm)))
    interface, kind, _ = expected.split()
    (device,) = found["disks"] + found["nics"]
    assert (device["interface"] or "-", device["kind"]) == (interface, kind)


def objects(schema: Any, where: str = "report") -> Iterator[Any]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield pytest.param(schema, id=where)
        for key, value in schema.items():
            yield from objects(value, f"{where}.{key}")


@pytest.mark.parametrize("schema", list(objects(DOCUMENT)))
def test_the_schema_names_every_field_and_asks_for_it(schema: Dict[str, Any]) -> None:
    assert sorted(schema["required"]) == sorted(schema["properties"])
    assert all("description" in field or "$ref" in field for field in schema["properties"].values())


def test_the_schema_s_words_are_ours() -> None:
    definitions = DOCUMENT["$defs"]
    assert tuple(definitions["kind"]["enum"]) == KINDS
    assert set(definitions["result"]["properties"]["outcome"]["enum"]) == set(OUTCOMES)
    states = {kernels.BUILT_IN, kernels.MODULE, kernels.OFF, kernels.ABSENT, kernels.UNKNOWN}
    assert set(definitions["kernel_driver"]["properties"]["state"]["enum"]) == states


def strict(document: Any) -> Any:
    """Return the schema with every object closed."""
    if isinstance(document, dict):
        return {
            key: False if key == "additionalProperties" else strict(value)
            for key, value in document.items()
        }
    return [strict(one) for one in document] if isinstance(document, list) else document


def test_no_field_is_written_that_the_schema_does_not_name(report: Report) -> None:
    closed = jsonschema.Draft202012Validator(strict(DOCUMENT))
    assert [error.message for error in closed.iter_errors(json.loads(render(report, Sink())))] == []


def test_it_is_ascii_and_one_object_whatever_the_sink(report: Report) -> None:
    text = render(report, Sink())
    assert text == render(report, Sink(40, colour=True, unicode=False, verbose=True))
    assert text.isascii()
    assert text.endswith("}\n")
    assert not [
        character for character in text if not character.isprintable() and character != "\n"
    ]


def test_a_hostile_text_comes_back_whole(hostile: Report) -> None:
    found = told(hostile)
    first = hostile.inventory.disks[0]  # type: ignore[index]
    assert (found["disks"][0]["model"], found["disks"][0]["name"]) == (first.model, first.name)


@settings(max_examples=examples(100))
@given(st.text())
def test_any_text_comes_back_whole(text: str) -> None:
    found = told(a_report(an_inventory(disks=(a_disk(text, model=text, serial=text),))))
    assert found["disks"][0]["name"] == text
    assert found["disks"][0]["model"] == (text or None)


def test_unknown_is_null_and_none_is_empty() -> None:
    unknown = told(
        a_report(an_inventory(None, disks=None, nics=None, controllers=None, kernels=None))
    )
    nothing = told(a_report(an_inventory()))
    for name in ("disks", "nics", "controllers", "kernels"):
        assert (unknown[name], nothing[name]) == (None, [])


def test_results_carry_their_remedy() -> None:
    found = told(
        a_report(
            an_inventory(disks=(a_disk("sda", "ide", "emulated"), a_disk("sdb", "ide", "emulated")))
        )
    )
    emulated = [result for result in found["results"] if result["id"] == "disk-emulated"]
    assert [result["subject"] for result in emulated] == ["sda", "sdb"]
    assert all(step["where"] and step["text"] for result in emulated for step in result["remedy"])
    assert all(result["remedy"] for result in emulated)
    assert all(
        not result["remedy"] for result in found["results"] if result["outcome"] in ("pass", "skip")
    )


VALUES = [
    "",
    'a "b" \\ \x7f\x00\u2028 \udc80 \N{GRINNING FACE}',
    None,
    True,
    1,
    -(1 << 70),
    1.5,
    [],
    {},
    ("a", ("b",)),
    {"a": [{"b": None}], "c": {"d": [1, "e"]}},
]


OF_C = {name: getattr(json.encoder, name) for name in ("encode_basestring_ascii", "c_make_encoder")}


@pytest.mark.parametrize(
    "encoder",
    [OF_C, {**OF_C, "c_make_encoder": None}, {}, {**OF_C, "c_make_encoder": lambda: None}],
    ids=["in C", "None", "without", "made in another way"],
)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_one_encoder_for_all_writes_as_json_dumps(
    value: object, encoder: Dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pieces, "encoder", SimpleNamespace(**encoder))
    assert _pieces._writer()(value) == json.dumps(value)
