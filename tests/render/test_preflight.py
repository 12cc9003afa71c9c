"""Preflight's JSON is what its schema says; and a report has the same form for what it says in
passing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

from jsonschema import Draft202012Validator

import guestcheck.render as package
from guestcheck.catalogue.rows import TARGETS
from guestcheck.model.report import Preflight, Report, Sink, as_report
from guestcheck.readiness import assess
from guestcheck.render.machine import json as json_format
from guestcheck.render.machine._preflight import SCHEMA
from guestcheck.render.people import terminal, text
from tests.makers import a_report
from tests.readiness.making import EVERYTHING, RELEASE, a_card, ide_disk, ide_part, machine, told

FOLDER = Path(package.__path__[0])


def schema(name: str) -> Dict[str, Any]:
    loaded: Dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def flight() -> Preflight:
    inventory = machine(
        "ext4 jbd2 mbcache crc16",
        fstab="/dev/sda1 / ext4 x 0 1",
        devices=(ide_disk(), ide_part(), a_card()),
    )
    return Preflight("0.0", "2026-01-01T00:00:00Z", inventory, assess(inventory, TARGETS), {}, ())


def test_what_comes_out_is_described() -> None:
    form = schema("preflight.schema.json")
    Draft202012Validator.check_schema(form)
    assert form["properties"]["schema"]["const"] == SCHEMA
    Draft202012Validator(form).validate(json.loads(json_format.render(as_report(flight()), Sink())))


def test_a_verdict_has_one_form() -> None:
    alone, report = schema("preflight.schema.json")["$defs"], schema("report.schema.json")["$defs"]
    assert {name: part for name, part in report.items() if name in alone} == alone


def test_text_is_ascii_where_nothing_else_can_be_shown() -> None:
    for as_table in (True, False):
        shown = as_report(flight())._replace(as_table=as_table)
        assert text.render(shown, Sink(80, unicode=False)).isascii()


def report(modules: str = EVERYTHING) -> Report:
    network = told(
        "network_config", "/etc/network/interfaces", "auto ens3\niface ens3 inet static\n"
    )
    inventory = machine(modules, devices=(ide_disk(), ide_part(), a_card()), more=[network])
    by_id = {target.id: target for target in TARGETS}
    return a_report(inventory)._replace(
        readiness=assess(inventory, (by_id["virtio-blk"], by_id["virtio-net"]))
    )


def test_a_report_says_in_a_line_whether_an_emulated_device_is_ready() -> None:
    for shown in (text.render(report(), Sink(200)), terminal.render(report(), Sink(200))):
        assert "ready to move to virtio-blk: yes" in shown
        assert (
            "ready to move to virtio-net: unknown; to find out: bind the configuration, or a "
            ".link file" in shown
        )
    broken = text.render(report("ext4 jbd2 mbcache crc16"), Sink(200))
    assert (
        "ready to move to virtio-blk: no, because virtio_pci is neither built in nor in the "
        "initramfs (and 1 more: guestcheck preflight" in broken
    )


def test_a_reports_json_has_it_too() -> None:
    told = json.loads(json_format.render(report(), Sink()))
    assert [
        (one["target"], one["device"], one["kernel"], one["verdict"]) for one in told["readiness"]
    ] == [
        ("virtio-blk", "sda", RELEASE, "boots"),
        ("virtio-net", "ens3", RELEASE, "unknown"),
    ]
    Draft202012Validator(schema("report.schema.json")).validate(told)
