"""`--policy FILE`: the file is read, and what the command line says besides comes before it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Optional

from guestcheck.errors import UsageError
from guestcheck.model.policy import Names, Policy

_LARGEST = 1 << 20
_LONGEST_SECONDS = 5.0  # for a pipe, as in --policy <(...)


def names() -> Names:
    """Return what a policy may speak of."""
    from guestcheck.catalogue.interfaces import INTERFACES
    from guestcheck.catalogue.rows import BUNDLES, TARGETS
    from guestcheck.checks import all_checks

    return Names(
        tuple(check.id for check in all_checks()),
        {
            **{target.id: (target.id,) for target in TARGETS},
            **{bundle.id: bundle.targets for bundle in BUNDLES},
        },
        frozenset(row.id for row in INTERFACES if row.device == "disk"),
        frozenset(row.id for row in INTERFACES if row.device == "nic"),
    )


def read_policy(path: str) -> Policy:
    """Return the policy in the file at `path`; raise UsageError where it cannot be read or
    something in it is wrong.
    """
    from guestcheck.unpack.stream import EnoughError
    from guestcheck.unpack.waiting import open_waiting

    try:
        with open_waiting(path, _LONGEST_SECONDS) as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read the policy {path}: {error.strerror}") from error
    except EnoughError as error:
        raise UsageError(f"cannot read the policy {path}: {error}") from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path}: larger than {_LARGEST} bytes: that is no policy")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8, and TOML is") from error
    from guestcheck.policy.file import load

    return load(text, path, names())


def chosen_policy(options: Namespace) -> Optional[Policy]:
    """Return the policy that the command line names, with its --fail-on and --strict; None where it
    names none.
    """
    if not options.policy:
        return None
    policy = read_policy(options.policy)
    return policy._replace(
        fail_on=options.fail_on or policy.fail_on,
        strict=getattr(options, "strict", False) or policy.strict,
    )


def add_policy(parser: ArgumentParser) -> None:
    """Add the option that names a policy."""
    group = parser.add_argument_group("policy")
    group.add_argument(
        "--policy",
        metavar="FILE",
        default="",
        help="what is wanted of the guest, as TOML (guestcheck policy init writes one)",
    )
