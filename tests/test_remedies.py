"""`make remedies` takes every command of the advice, and says so where a program refuses one or is
missing.
"""

from __future__ import annotations

import shutil
from typing import Any, Dict, Iterator, Tuple

import pytest

from tools.remedies import __main__ as program
from tools.remedies import powershell, qemu, shell
from tools.remedies.actions import worded
from tools.remedies.commands import (
    OK,
    UNCHECKED,
    WRONG,
    Outcome,
    Plan,
    calls,
    commands,
    grouped,
    plans,
)


def test_the_catalogue_has_every_action_with_lines() -> None:
    found = {(plan.place, plan.action) for plan in plans()}
    for place in (
        "proxmox",
        "libvirt",
        "qemu",
        "openstack",
        "virtualbox",
        "hyperv",
        "guest",
        "windows",
    ):
        without = {action for at, action in worded() if at == place} - {
            action for at, action in found if at == place
        }
        assert without <= {"windows-drivers", "add-queues", "spread-disks", "unplug-emulated"}, (
            place,
            without,
        )


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (("a", "b"), ["a", "b"]),
        (("a \\", "  b \\", "  c"), ["a b c"]),
        (("Get-X |", "  Set-X"), ["Get-X | Set-X"]),
        (("$new = Add-X `", "  -Y"), ["$new = Add-X -Y"]),
        (("if ($x) {", "  Set-X", "}"), ["if ($x) { Set-X }"]),
        (("UPDATE a SET b=1", "  WHERE c=2;"), ["UPDATE a SET b=1 WHERE c=2;"]),
    ],
)
def test_lines_that_go_on_are_one_command(code: Tuple[str, ...], wanted: Any) -> None:
    assert list(commands(code)) == wanted
    assert tuple(line for lines in grouped(code) for line in lines) == code


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("openstack server stop X", ["openstack server stop X"]),
        (
            "until openstack server show X | grep -x Y; do sleep 5; done",
            ["openstack server show X"],
        ),
        ('test -n "$disk" && openstack a b', ["openstack a b"]),
        ("echo openstack a", []),
    ],
)
def test_calls_of_a_program_are_found_in_a_line(command: str, wanted: Any) -> None:
    assert [call.strip() for call in calls("openstack", command)] == wanted


def states(check: Any, place: str, *lines: str) -> Dict[str, str]:
    return {one.command: one.state for one in check((Plan(place, "move-disk", {}, (lines,)),))}


def test_a_shell_line_that_is_none_is_wrong() -> None:
    assert states(shell.check, "guest", "grep 'a")["grep 'a"] == WRONG
    assert states(shell.check, "guest", "grep a /etc/fstab")["grep a /etc/fstab"] == OK
    assert states(shell.check, "guest", "guestcheck preflight --target kvm --no-such-thing") == {
        "guestcheck preflight --target kvm --no-such-thing": WRONG
    }


@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="there is no QEMU here")
def test_a_device_that_qemu_does_not_know_is_wrong() -> None:
    assert states(qemu.check, "qemu", "-device virtio-blk-pci,drive=disk0") == {
        "-device virtio-blk-pci,drive=disk0": OK
    }
    assert states(qemu.check, "qemu", "-device virtio-blk-pci,drive=disk0,no-such=1") == {
        "-device virtio-blk-pci,drive=disk0,no-such=1": WRONG
    }


def test_a_missing_program_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("tools.remedies.powershell._BESIDE", "/nowhere")
    monkeypatch.delenv("PWSH", raising=False)
    assert states(powershell.check, "hyperv", "Start-VM -Name VM") == {
        "Start-VM -Name VM": UNCHECKED
    }


@pytest.mark.parametrize(("state", "code"), [(OK, 0), (WRONG, 1), (UNCHECKED, 0)])
def test_one_wrong_command_makes_it_fail(
    state: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(_: Tuple[Plan, ...]) -> Iterator[Outcome]:
        yield Outcome("qemu", "-device x", state, "why")

    monkeypatch.setattr(program, "CHECKS", (("qemu", check),))
    assert program.main([]) == code
    assert f"{state:<11} qemu: -device x  [why]" in capsys.readouterr().out
