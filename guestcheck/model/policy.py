"""Results + Policy → Results: what somebody wants of their guests, and how one of them fares by
that.
"""

from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

from guestcheck.model.check import Result


class Names(NamedTuple):
    """What a policy may speak of: ids of checks, targets with what each stands for, interfaces of
    disks and of cards.
    """

    checks: Tuple[str, ...]
    targets: Dict[str, Tuple[str, ...]]
    disks: FrozenSet[str]
    nics: FrozenSet[str]

    @property
    def families(self) -> Tuple[str, ...]:
        """The families of the checks."""
        return tuple(dict.fromkeys(check.partition("-")[0] for check in self.checks))

    @property
    def readiness(self) -> Tuple[str, ...]:
        """The ids of what is said of readiness."""
        return tuple(
            f"readiness-{name}"
            for name, stands_for in self.targets.items()
            if stands_for == (name,)
        )


class Wanted(NamedTuple):
    """What the devices of one role have to be: `any_of` holds kinds (paravirtual) and interfaces
    (virtio-blk).
    """

    role: str
    any_of: Tuple[str, ...]
    line: int


class Ignore(NamedTuple):
    """A result that is accepted for a reason, up to and including the day `until` (2026-12-31);
    `subject` may hold stars.
    """

    check: str
    subject: str
    reason: str
    until: str
    line: int


class Policy(NamedTuple):
    """A policy file. `must_pass` has the line of each check, `severity` also the outcome that its
    findings count as.

    `targets` are the interfaces that the guest has to be ready for, with their line, `target_names`
    what the file names, platforms among them; with `every_kernel` each of its kernels, else the one
    that boots by default. `fail_on` and `strict` are those of the command line, None where the file
    does not say.
    """

    file: str
    title: str = ""
    must_pass: Dict[str, int] = {}
    severity: Dict[str, Tuple[str, int]] = {}
    wanted: Tuple[Wanted, ...] = ()
    targets: Dict[str, int] = {}
    target_names: Tuple[str, ...] = ()
    every_kernel: bool = False
    ignores: Tuple[Ignore, ...] = ()
    fail_on: Optional[str] = None
    strict: Optional[bool] = None


class Accepted(NamedTuple):
    """A result that the policy ignores, as it was without it."""

    result: Result
    ignore: Ignore


class Judgement(NamedTuple):
    """What a policy says of a guest: `outcome` is pass, fail or unknown; `says` is a sentence for
    people.

    `fail_on` is the level that was applied. `deciding` are the results that made it what it is.
    """

    file: str
    title: str
    outcome: str
    says: str
    fail_on: str
    deciding: Tuple[Result, ...] = ()
    accepted: Tuple[Accepted, ...] = ()
