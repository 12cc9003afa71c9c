"""What the disks and cards of a role have to be, held against what they are."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple, Union

from guestcheck.model.check import FAIL, PASS, SKIP, UNKNOWN, Result
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.device import Disk, Inventory, Nic, Verdict
from guestcheck.model.hint import Hint
from guestcheck.model.policy import Policy, Wanted
from guestcheck.policy.file import KIND, KINDS
from guestcheck.policy.pages import why

Device = Union[Disk, Nic]


def kinds(policy: Policy, inventory: Inventory) -> Iterator[Result]:
    """Yield a result for each device of each role that the policy speaks of."""
    for wanted in policy.wanted:
        hint = Hint(
            f"{policy.file}, line {wanted.line}", f"{wanted.role}: {' or '.join(wanted.any_of)}"
        )
        for result in _of(wanted, inventory):
            yield result._replace(evidence=(hint, *result.evidence))


def _of(wanted: Wanted, inventory: Inventory) -> Iterator[Result]:
    what = "network cards" if wanted.role == "every-nic" else "disks"
    devices: Optional[Tuple[Device, ...]] = (
        inventory.nics if wanted.role == "every-nic" else inventory.disks
    )
    if devices is None:
        yield _result(UNKNOWN, "guest", f"{wanted.role}: not known: the {what}")
        return
    mine = _with_role(wanted.role, devices)
    if not mine:
        yield _without(
            wanted, what, bool(devices), any(getattr(device, "roles", ()) for device in devices)
        )
    for device in mine:
        yield _judged(wanted, device)


def _with_role(role: str, devices: Tuple[Device, ...]) -> List[Device]:
    name = role.partition("-")[0]
    return [
        device
        for device in devices
        if name == "every" or (isinstance(device, Disk) and name in device.roles)
    ]


def _without(wanted: Wanted, what: str, some: bool, roles: bool) -> Result:
    if wanted.role == "root-disk" or (some and not roles):
        return _result(UNKNOWN, "guest", f"{wanted.role}: not known which disk that is")
    return _result(
        SKIP, "guest", f"{wanted.role}: there {'is no such disk' if some else f'are no {what}'}"
    )


def _judged(wanted: Wanted, device: Device) -> Result:
    verdict = device.verdict
    name = device.name or device.address
    role = wanted.role.partition("-")[0]
    said = (
        f"{name} ({role} {'disk' if isinstance(device, Disk) else 'card'})"
        if role != "every"
        else name
    )
    good = " or ".join(wanted.any_of)
    if verdict.kind in wanted.any_of or (
        verdict.interface in wanted.any_of and verdict.kind != UNKNOWN_KIND
    ):
        return _result(
            PASS, name, f"{said} is {_what(verdict)}, as the policy wants", verdict.evidence
        )
    if verdict.kind == UNKNOWN_KIND:
        settle = f" (to find out: {verdict.settle})" if verdict.settle else ""
        return _result(
            UNKNOWN,
            name,
            f"cannot tell what {said} is; the policy wants {good}{settle}",
            verdict.evidence,
        )
    if not verdict.interface and all(one not in KINDS for one in wanted.any_of):
        return _result(
            UNKNOWN,
            name,
            f"cannot tell the interface of {said}; the policy wants {good}",
            verdict.evidence,
        )
    return _result(
        FAIL, name, f"{said} is {_what(verdict)}; the policy wants {good}", verdict.evidence
    )


def _what(verdict: Verdict) -> str:
    return f"{verdict.kind} ({verdict.interface})" if verdict.interface else verdict.kind


def _result(outcome: str, subject: str, summary: str, evidence: Tuple[Hint, ...] = ()) -> Result:
    return Result(KIND, outcome, subject, summary, why(KIND), evidence)
