"""The JSON and its schema say the same: what comes out is described, and what is described comes
out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Sequence

import pytest
from jsonschema import Draft202012Validator

import guestcheck.render as package
from guestcheck.classify import kernels, virtio
from guestcheck.model.check import OUTCOMES
from guestcheck.model.device import KINDS
from guestcheck.model.report import Sink
from guestcheck.model.source import Question, Raw, Source
from guestcheck.render.machine.json import SCHEMA, render
from guestcheck.run import examine
from tests import makers

Json = Dict[str, Any]
FILE = Path(package.__path__[0]) / "report.schema.json"


class Known(Source):
    """A source whose answers are known."""

    name = "known"

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def gather(self, questions: Sequence[Question[object]]) -> Raw:  # noqa: ARG002
        return self.raw


@pytest.fixture
def schema() -> Json:
    told: Json = json.loads(FILE.read_text(encoding="utf-8"))
    return told


def objects(schema: Any) -> Iterator[Json]:
    """Yield every part of `schema` that describes an object."""
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_the_schema_is_one(schema: Json) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"]["const"] == SCHEMA


def test_every_described_field_is_always_there_and_others_may_come(schema: Json) -> None:
    for one in objects(schema):
        assert one["required"] == list(one["properties"])
        assert one["additionalProperties"] is True


def test_every_field_is_described(schema: Json) -> None:
    for one in objects(schema):
        for name, told in one["properties"].items():
            described = (
                told if "description" in told else schema["$defs"][told["$ref"].rpartition("/")[2]]
            )
            assert described.get("description"), name


def test_the_words_are_those_of_the_program(schema: Json) -> None:
    parts = schema["$defs"]
    assert tuple(parts["kind"]["enum"]) == KINDS
    assert set(parts["result"]["properties"]["outcome"]["enum"]) == set(OUTCOMES)
    states = {kernels.BUILT_IN, kernels.MODULE, kernels.OFF, kernels.ABSENT, kernels.UNKNOWN}
    assert set(parts["kernel_driver"]["properties"]["state"]["enum"]) == states
    generations = {virtio.LEGACY, virtio.TRANSITIONAL, virtio.MODERN, None}
    assert set(parts["virtio"]["properties"]["generation"]["enum"]) == generations


HOSTILE = "a\x1b[31m\x7f[bold]\x00é"
GUESTS: Dict[str, Raw] = {
    "virtio": makers.raw(
        makers.disk(
            "vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 9,32"
        ),
        makers.nic(
            "eth0", "0000:00:06.0 pci virtio-pci 1af4:1041", "virtio1 virtio virtio_net 1 32"
        ),
        vm="kvm",
    ),
    "emulated": makers.raw(
        makers.disk(
            "sda",
            "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100",
            *makers.scsi(),
            model=HOSTILE,
            serial=HOSTILE,
        ),
        makers.nic("eth0", "0000:00:02.0 pci e1000 8086:100e/1af4:1100"),
        vm="qemu",
    ),
    "a kernel alone": makers.raw(
        kernel_config="CONFIG_VIRTIO_BLK=m\n# CONFIG_SCSI is not set\n", system="ID=debian\n"
    ),
    "a PCI list alone": makers.raw(pci="00:05.0 0180: 1af4:1042 (rev 01)\n"),
}


@pytest.mark.parametrize("name", GUESTS)
def test_a_report_is_as_described_and_has_nothing_else(name: str, schema: Json) -> None:
    for one in objects(schema):
        one["additionalProperties"] = False
    told = render(examine(Known(GUESTS[name])), Sink())
    assert told.isascii()
    Draft202012Validator(schema).validate(json.loads(told))
