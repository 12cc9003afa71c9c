"""Facts: one name with everything below it, the same names always, and null for what is not known."""

from __future__ import annotations

import json
from typing import Any, Dict

from guestcheck.model.check import OUTCOMES
from guestcheck.model.device import EMULATED, KINDS
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine.facts import render
from tests.makers import a_disk, a_nic, a_report, an_inventory
from tests.render.conftest import REPORTS
from tests.render.test_preflight import report as with_readiness

NAMES = {
    "version",
    "time",
    "says",
    "hypervisor",
    "platform",
    "container",
    "virtual",
    "disks",
    "nics",
    "disk_kinds",
    "nic_kinds",
}
NAMES |= {"outcomes", "findings", "readiness", "policy"}


def facts(report: Report) -> Dict[str, Any]:
    text = render(report, Sink())
    assert text.isascii()
    assert "\x7f" not in text
    told = json.loads(text)
    assert set(told) == {"guestcheck"}
    found: Dict[str, Any] = told["guestcheck"]
    return found


def strings(value: Any) -> Any:
    if isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from strings(held)
    elif isinstance(value, str):
        yield value


def test_the_names_are_always_the_same_and_texts_are_plain() -> None:
    for report in REPORTS.values():
        told = facts(report)
        assert set(told) == NAMES
        assert set(told["outcomes"]) == set(OUTCOMES)
        assert set(told["disk_kinds"]) == set(told["nic_kinds"]) == set(KINDS)
        assert [text for text in strings(told) if not text.isprintable()] == []


def test_devices_are_found_by_name_and_by_kind() -> None:
    told = facts(
        a_report(
            an_inventory(
                disks=(a_disk("sda", "ide", EMULATED, roles=("root",)), a_disk()), nics=(a_nic(),)
            )
        )
    )
    assert told["disks"]["sda"] == {
        "kind": "emulated",
        "interface": "ide",
        "driver": None,
        "roles": ["root"],
    }
    assert (
        told["disk_kinds"]["emulated"],
        told["disk_kinds"]["paravirtual"],
        told["nic_kinds"]["paravirtual"],
    ) == (["sda"], ["vda"], ["eth0"])
    assert told["virtual"] is True


def test_what_is_not_known_is_null_and_what_is_none_is_empty() -> None:
    told = facts(REPORTS["nothing known"])
    assert (told["disks"], told["nics"], told["virtual"], told["policy"]) == (
        None,
        None,
        None,
        None,
    )
    assert facts(REPORTS["no guest"])["virtual"] is False
    assert facts(REPORTS["nothing there"])["disks"] == {}


def test_readiness_and_policy_are_facts_too() -> None:
    told = facts(
        with_readiness()._replace(judgement=Judgement("p.toml", "", "fail", "says", "fail"))
    )
    assert told["readiness"] == [
        {"target": "virtio-blk", "device": "sda", "verdicts": ["boots"]},
        {"target": "virtio-net", "device": "ens3", "verdicts": ["unknown"]},
    ]
    assert told["policy"] == {"file": "p.toml", "verdict": "fail", "ignored": 0}
