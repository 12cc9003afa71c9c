"""Prometheus' text format: every line can be read, no series stands twice, and promtool has nothing
to say against it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Dict, List

import pytest

from guestcheck.model.check import ERROR, FAIL, NOTE, OUTCOMES, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.device import EMULATED
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine.prometheus import render
from tests.makers import a_disk, a_nic, a_report, an_inventory

SERIES = re.compile(r'guestcheck_[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? -?\d+\Z')
PROMTOOL = shutil.which("promtool")


def series(report: Report) -> Dict[str, int]:
    lines = [
        line for line in render(report, Sink()).split("\n") if line and not line.startswith("#")
    ]
    return {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in lines}


def judged(*outcomes: str) -> Report:
    return a_report(
        an_inventory(),
        found=tuple(
            Result("disk-emulated", outcome, f"sd{number}", "x")
            for number, outcome in enumerate(outcomes)
        ),
    )


def test_every_line_can_be_read_and_stands_once(report: Report) -> None:
    text = render(report, Sink())
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    told: List[str] = []
    name = ""
    for line in lines:
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in told
            told.append(name)
        elif line.startswith("#"):
            assert line == f"# TYPE {name} gauge"
        else:
            assert SERIES.match(line), line
            assert re.match(r"[a-z_]+", line)[0] == name  # type: ignore[index]
    values = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(values) == len(set(values))


@pytest.mark.slow
@pytest.mark.skipif(not PROMTOOL, reason="promtool is not installed")
def test_promtool_finds_nothing(report: Report) -> None:
    told = report._replace(judgement=Judgement('p"\\.toml', "x", FAIL, "", "fail"))
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"],
        input=render(told, Sink()),
        encoding="utf-8",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ((PASS,), 0),
        ((SKIP, NOTE), 0),
        ((PASS, WARN), 1),
        ((WARN, UNKNOWN), 3),
        ((FAIL, UNKNOWN), 2),
        ((ERROR, PASS), 3),
        ((FAIL, WARN), 2),
    ],
)
def test_the_worst_result_is_the_status_of_a_check(outcomes: List[str], status: int) -> None:
    assert series(judged(*outcomes))['guestcheck_check_status{check="disk-emulated"}'] == status


def test_results_are_counted_by_outcome() -> None:
    found = series(judged(*OUTCOMES, FAIL))
    assert {
        outcome: found[f'guestcheck_results{{outcome="{outcome}"}}'] for outcome in OUTCOMES
    } == {**dict.fromkeys(OUTCOMES, 1), FAIL: 2}


def test_devices_are_counted_and_what_was_not_read_is_not_zero() -> None:
    found = series(
        a_report(an_inventory(disks=(a_disk("sda", "ide", EMULATED), a_disk()), nics=None))
    )
    assert found['guestcheck_devices{type="disk",kind="emulated"}'] == 1
    assert not [name for name in found if 'type="nic"' in name]
    assert (
        found[
            'guestcheck_device_info{device="vda",type="disk",kind="paravirtual",'
            'interface="virtio-blk",driver="",roles=""}'
        ]
        == 1
    )


def test_devices_of_one_name_are_one_series() -> None:
    assert (
        len(
            [
                name
                for name in series(a_report(an_inventory(nics=(a_nic("x"), a_nic("x")))))
                if "device_info" in name
            ]
        )
        == 1
    )


def test_a_policy_has_its_status() -> None:
    found = series(
        judged()._replace(judgement=Judgement("/etc/image.toml", "An image", UNKNOWN, "", "fail"))
    )
    assert found['guestcheck_policy_status{policy="image.toml",title="An image"}'] == 3
    assert found['guestcheck_policy_ignored{policy="image.toml"}'] == 0


def test_the_time_is_that_of_the_report() -> None:
    assert series(judged())["guestcheck_last_run_timestamp_seconds"] == 1767225600
