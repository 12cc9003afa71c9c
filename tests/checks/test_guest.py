"""Checks of the guest as a whole: what it runs on is known, and its agent is there."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from guestcheck.model.action import RunAgent
from guestcheck.model.guest import Agent, Hint
from tests.makers import an_inventory, outcomes, results


@pytest.mark.parametrize(
    ("hypervisor", "expected"),
    [
        ("kvm", "pass guest"),
        ("none", "pass guest"),
        ("vm-other", "note guest"),
        (None, "unknown guest"),
    ],
)
def test_a_hypervisor_that_could_not_be_told_is_unknown(
    hypervisor: Optional[str], expected: str
) -> None:
    assert outcomes("guest-hypervisor-unknown", an_inventory(hypervisor)) == [expected]


def test_clues_that_disagree_are_named() -> None:
    (result,) = results(
        "guest-clues-disagree", an_inventory(disagreements=(Hint("lscpu (CPUID)", "Microsoft"),))
    )
    assert (result.outcome, result.summary) == (
        "note",
        "taken for KVM, but lscpu (CPUID) says Microsoft",
    )
    assert outcomes("guest-clues-disagree", an_inventory()) == ["pass guest"]


def ga(installed: Optional[bool] = True, running: Optional[bool] = True) -> Any:
    return (Agent("qemu-ga", installed, running, "/usr/sbin/qemu-ga"),)


@pytest.mark.parametrize(
    ("hypervisor", "platform", "agents", "channel", "expected"),
    [
        ("kvm", None, (), None, "note guest"),
        ("kvm", None, ga(), True, "pass guest"),
        ("kvm", None, ga(running=None), None, "pass guest"),
        ("kvm", None, ga(running=False), True, "note guest"),
        ("kvm", None, ga(running=None), False, "note guest"),
        ("kvm", None, None, None, "unknown guest"),
        ("kvm", "firecracker", (), None, "skip guest"),
        ("vmware", None, ga(), None, "note guest"),
        ("vmware", None, (Agent("open-vm-tools", True, True, "x"),), None, "pass guest"),
        ("microsoft", "azure", (Agent("waagent", True, None, "x"),), None, "pass guest"),
        ("google", "gce", (), None, "note guest"),
        ("amazon", "ec2", (), None, "skip guest"),
        ("apple", None, (), None, "skip guest"),
        ("none", None, (), None, "skip guest"),
        (None, None, (), None, "skip guest"),
    ],
)
def test_an_agent_that_is_missing_or_does_not_run_is_noted(
    hypervisor: Any, platform: Any, agents: Any, channel: Any, expected: str
) -> None:
    inventory = an_inventory(hypervisor, platform=platform, agents=agents, agent_channel=channel)
    assert outcomes("guest-agent-missing", inventory) == [expected]
    (result,) = results("guest-agent-missing", inventory)
    assert [type(action) for action in result.actions] == (
        [RunAgent] if expected.startswith("note") else []
    )
