"""In every format a plan is whole: each step's sentence, each of its lines and its note are there,
or nothing of its place is.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Dict

import pytest

from guestcheck.model.device import EMULATED
from guestcheck.model.report import Report, Sink
from guestcheck.render.formats import load
from tests.makers import a_disk, a_nic, a_report, an_inventory

FORMATS = ("text", "terminal", "html", "markdown", "json", "junit", "sarif")
PLATFORMS = {
    "known": {"platform": "proxmox", "platform_name": "Proxmox VE", "advice": ("proxmox",)},
    "several": {"advice": ("libvirt", "qemu", "openstack", "proxmox")},
}


def report(platform: str) -> Report:
    fields: Dict[str, Any] = PLATFORMS[platform]
    return a_report(
        an_inventory(
            disks=(a_disk("sda", "sata", EMULATED),),
            nics=(a_nic(interface="e1000", kind=EMULATED),),
            **fields,
        )
    )


def words(text: str) -> str:
    """Return a text without what formats put around words: marks, escapes, line ends."""
    return re.sub(r"[\\\s]+", "", html.unescape(text))


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("format_", FORMATS)
def test_the_steps_of_a_platform_are_all_there(format_: str, platform: str) -> None:
    if format_ == "terminal":
        pytest.importorskip("rich")
    made = report(platform)
    shown = load(format_).render(made, Sink(400))
    if format_ in ("json", "sarif"):
        shown = " ".join(_texts(json.loads(shown)))
    seen = words(shown)
    steps = [step for several in made.remedies.values() for step in several if not step.windows]
    assert len({step.where for step in steps}) > 1
    missing = [
        part
        for step in steps
        for part in (step.text, step.note, *step.code)
        if words(part) not in seen
    ]
    assert not missing


@pytest.mark.parametrize(
    "warning",
    [
        "unused0",
        "qm shutdown",
        "--boot order",
        "qm snapshot",
        "way back",
        "virsh shutdown",
        "VM-before.xml",
        "SHUTOFF",
    ],
)
@pytest.mark.parametrize("format_", FORMATS)
def test_what_the_result_depends_on_is_not_left_out(format_: str, warning: str) -> None:
    if format_ == "terminal":
        pytest.importorskip("rich")
    inventory = report("several").inventory
    assert inventory.disks
    made = a_report(inventory._replace(disks=(inventory.disks[0]._replace(roles=("root",)),)))
    assert warning in load(format_).render(made, Sink(400))


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(one)
