"""Would Windows boot: hives in many states, each judged as a mounted volume would be."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Optional

import pytest

from guestcheck.cli.preflight import asked
from guestcheck.messages import words
from guestcheck.model.report import Preflight
from guestcheck.model.target import (
    BOOTS,
    DOES_NOT_BOOT,
    NETWORK_LOST,
    NETWORK_UP,
    UNKNOWN,
    WARNS,
    Readiness,
)
from guestcheck.run import examine, preflight
from guestcheck.sources.root import open_root
from tests.hives import hive, log
from tests.readiness.windows_states import (
    CASES,
    DISK,
    SCSI,
    Change,
    State,
    filters,
    ids,
    program,
    service,
    services,
    windows,
)

pytest.importorskip("pyregf", reason="the extra guestcheck[windows] is not installed")


def mount(state: State, top: Path) -> Path:
    """Lay the volume out, in the case that Windows 10 has."""
    for folder in ("config", "drivers", "DriverStore/FileRepository"):
        (top / "Windows/System32" / folder).mkdir(parents=True, exist_ok=True)
    for name in ("SYSTEM", "SOFTWARE", "DRIVERS"):
        if state.get(name) is not None:
            data = (
                state[name]
                if isinstance(state[name], bytes)
                else hive(state[name], state.get("first", 1), 1)
            )
            (top / "Windows/System32/config" / name).write_bytes(data)
    for name, data in state.get("beside", {}).items():
        (top / "Windows/System32/config" / name).write_bytes(data)
    usual = program(0x14C if "'x86'" in repr(state["SYSTEM"]) else 0x8664)
    for file in state["files"]:
        (top / "Windows" / file).parent.mkdir(parents=True, exist_ok=True)
        (top / "Windows" / file).write_bytes(state.get("programs", {}).get(file, usual))
    return top


def judged(state: State, top: Path, target: str) -> Readiness:
    return report(state, top, target).readiness[0]


def report(state: State, top: Path, target: str) -> Preflight:
    return preflight(open_root(str(mount(state, top))), asked([target], False))


@pytest.mark.parametrize(("target", "expected", "reason", "build", "change"), CASES)
def test_a_state(
    target: str, expected: str, reason: str, build: int, change: Optional[Change], tmp_path: Path
) -> None:
    state = windows(build)
    if change:
        change(state)
    one = judged(state, tmp_path, target)
    assert (
        one.verdict,
        one.reasons if expected == BOOTS else reason in {why.id for why in one.reasons},
    ) == (expected, () if expected == BOOTS else True)
    assert all(why.settle for why in one.reasons if why.weight == "open")


def test_another_control_set_is_a_warning(tmp_path: Path) -> None:
    state = windows()
    state["SYSTEM"]["ControlSet002"] = deepcopy(state["SYSTEM"]["ControlSet001"])
    state["SYSTEM"]["ControlSet002"]["Services"]["viostor"]["StartOverride"] = {"0": 3}
    state["SYSTEM"]["Select"]["LastKnownGood"] = 2
    one = judged(state, tmp_path, "virtio-blk")
    assert (one.verdict, [why.id for why in one.reasons]) == (BOOTS, ["other-set-not-ready"])


def test_a_control_set_that_nobody_starts_with_is_a_warning_in_other_words(tmp_path: Path) -> None:
    state = windows()
    state["SYSTEM"]["ControlSet003"] = deepcopy(state["SYSTEM"]["ControlSet001"])
    for name in ("viostor", "pci"):
        state["SYSTEM"]["ControlSet003"]["Services"][name]["StartOverride"] = {"0": 3}
    one = judged(state, tmp_path, "virtio-blk")
    assert (one.verdict, [(why.id, why.weight) for why in one.reasons]) == (
        BOOTS,
        [("other-set-not-ready", WARNS)] * 2,
    )
    assert all(
        "with which Windows does not start unless Select is changed" in words(why.says)
        for why in one.reasons
    )


def test_what_is_demoted_is_said_once_though_it_is_a_filter_too(tmp_path: Path) -> None:
    state = windows()
    services(state)["partmgr"]["StartOverride"] = {"0": 3}
    assert [why.id for why in judged(state, tmp_path, "virtio-blk").reasons] == [
        "service-overridden"
    ]


def test_filters_that_nothing_is_said_of_are_named(tmp_path: Path) -> None:
    state = windows()
    filters(DISK, "UpperFilters", "acme*filt")(state)  # a name that cannot be looked up
    services(state)["vpci"] = {**service("vpci"), "StartOverride": {"0": 3}}
    one = judged(state, tmp_path, "nvme")
    assert one.verdict == BOOTS
    assert any(unseen.endswith("on the way to the disk: acme*filt") for unseen in one.not_examined)
    assert any("vpci" in unseen for unseen in one.not_examined)
    assert not any(
        "vpci" in unseen for unseen in judged(state, tmp_path, "virtio-blk").not_examined
    )


def test_a_filter_is_taken_out_of_the_class_that_names_it(tmp_path: Path) -> None:
    state = windows()
    filters(SCSI, "UpperFilters", "scsifilt")(state)
    steps = report(state, tmp_path, "virtio-blk").repairs[0]
    commands = [line for step in steps for line in step.code]
    assert (
        'reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}" '
        "/v UpperFilters" in commands
    )
    assert any("out of UpperFilters" in step.text and "scsifilt" in step.text for step in steps)


def test_a_dirty_hive_is_read_with_its_log(tmp_path: Path) -> None:
    state = windows()
    services(state)["viostor"]["Start"] = 3
    before = hive(state["SYSTEM"], 2, 1)
    services(state)["viostor"]["Start"] = 0
    after = hive(state["SYSTEM"], 2, 2)
    state.update(SYSTEM=before, beside={"SYSTEM.LOG1": log(before, after, 2)})
    assert judged(state, tmp_path, "virtio-blk").verdict == BOOTS
    broken = bytearray(log(before, after, 2))
    broken[-600] ^= 1  # a page that its hash does not hold for
    (tmp_path / "Windows/System32/config/SYSTEM.LOG1").write_bytes(bytes(broken))
    assert (
        preflight(open_root(str(tmp_path)), asked(["virtio-blk"], False)).readiness[0].verdict
        == UNKNOWN
    )


def test_static_addresses_stay_with_the_old_card(tmp_path: Path) -> None:
    for static, expected in ((True, NETWORK_LOST), (False, NETWORK_UP)):
        state = windows()
        control = state["SYSTEM"]["ControlSet001"]
        card, name = "{0A}", {"Name": "Ethernet", "PnPInstanceId": "PCI\\VEN_8086&DEV_100E\\3"}
        values: State = (
            {"EnableDHCP": 0, "IPAddress": ("192.0.2.7",)} if static else {"EnableDHCP": 1}
        )
        control["Services"]["Tcpip"] = {"Parameters": {"Interfaces": {card: values}}}
        control["Control"]["Network"] = {
            "{4D36E972-E325-11CE-BFC1-08002BE10318}": {card: {"Connection": name}}
        }
        control["Services"]["netkvm"] = service("netkvm", 3)
        for device in ("VEN_1AF4&DEV_1000", "VEN_1AF4&DEV_1041"):
            ids(state)["PCI"][device] = {"oem3.inf": b"\1\xff\0\0"}
        assert judged(state, tmp_path / expected, "virtio-net").verdict == expected


def test_the_plain_report_has_a_line_for_each_driver(tmp_path: Path) -> None:
    state = windows()
    services(state).pop("vioscsi")
    found = examine(open_root(str(mount(state, tmp_path))))
    assert {one.target: one.verdict for one in found.readiness} == {
        "virtio-blk": BOOTS,
        "virtio-scsi": DOES_NOT_BOOT,
    }


def test_what_stops_it_has_a_remedy(tmp_path: Path) -> None:
    for number, (target, expected, _, build, change) in enumerate(CASES):
        if expected == DOES_NOT_BOOT:
            state = windows(build)
            if change:
                change(state)
            steps = report(state, tmp_path / str(number), target).repairs.get(0, ())
            assert any("helper disk" in step.text for step in steps)
            assert not any("initramfs" in step.text or "udev" in step.text for step in steps)


@pytest.mark.parametrize("seed", range(25))
def test_a_damaged_hive_costs_no_traceback(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    state = windows()
    data = bytearray(hive(state["SYSTEM"]))
    for _ in range(chance.choice((1, 20, 400))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    state["SYSTEM"] = bytes(data[: chance.choice((len(data), len(data) // 2, 5000))])
    assert all(
        "parser failed" not in gap.reason for gap in report(state, tmp_path, "virtio-blk").gaps
    )


def test_a_card_has_its_driver_from_the_hive_of_drivers(tmp_path: Path) -> None:
    state = windows(19045)
    next(
        change
        for target, expected, _, build, change in CASES
        if (target, expected, build) == ("virtio-blk", BOOTS, 19045) and change
    )(state)
    state["DRIVERS"]["DriverDatabase"]["DeviceIds"]["VMBUS"] = {
        "{f8615163-df3e-46c5-913f-f2d2f965ed0e}": {"wnetvsc.inf": b"\1\xff\0\0"}
    }
    found = preflight(
        open_root(str(mount(state, tmp_path / "all"))), asked(["virtio-net", "netvsc"], False)
    ).readiness
    assert [(one.verdict, one.reasons) for one in found] == [(NETWORK_UP, ()), (NETWORK_UP, ())]
    state["DRIVERS"]["DriverDatabase"]["DeviceIds"].clear()
    state["files"].remove("System32/drivers/netkvm.sys")
    found = preflight(
        open_root(str(mount(state, tmp_path / "none"))), asked(["virtio-net", "netvsc"], False)
    ).readiness
    assert [one.verdict for one in found] == [NETWORK_LOST, UNKNOWN]


def test_half_of_the_states_do_not_boot() -> None:
    verdicts = [case[1] for case in CASES]
    assert len(verdicts) >= 30
    assert verdicts.count(DOES_NOT_BOOT) * 2 >= len(verdicts)
