"""The pages of results that are no check's, in the form of a check's: what a policy itself finds,
and what preflight says of each target.
"""

from __future__ import annotations

from typing import Dict

from guestcheck.model.policy import Names
from guestcheck.policy.file import EXPIRED, KIND, NOT_RUN, UNUSED

READINESS = "readiness"

PAGES = {
    KIND: """A disk or card is not of a kind that the policy wants for its role.

Why: Whoever wrote the policy wants devices of this role to be so, whatever else would work.

Fix: Change the device in the machine's definition, as the finding on it says, or the table [kinds] of the policy.

See: docs/policy.md.""",
    NOT_RUN: """A check that the policy says must pass was not run.

Why: --select or --ignore left it out, so nobody knows whether it would pass.

Fix: Leave it in, or take it out of checks.must-pass.

See: docs/policy.md.""",
    EXPIRED: """The day until which the policy ignores a result has passed.

Why: An exception was granted for a time; what it covered counts again from the day after.

Fix: Mend what was ignored, or look at it again and write a later day.

See: docs/policy.md.""",
    UNUSED: """The policy ignores something that was not found.

Why: It may be mended, and then the exception would hide its return; or the subject is misspelt.

Fix: Take the [[ignore]] out of the policy, or correct it.

See: docs/policy.md.""",
}

_READINESS = """{title}

Why: {why}

Fix: The steps that stand with the finding; guestcheck preflight --target {name} --fix-script FILE writes those of a Linux guest as a script.

See: docs/usage.md, "Would it boot there"; of Windows guests docs/windows.md."""
_DISK = (
    "A system disk is moved, or an image is started, where only this interface is to be had; "
    "without its driver at boot the guest stops there."
)
_CARD = (
    "A network card is changed, or an image is started, where only this interface is to be had; "
    "without its driver or its addresses nobody reaches the guest."
)


def other_pages(names: Names) -> Dict[str, str]:
    """Return the page of each id that a result can have and that is no check's."""
    return {**PAGES, **{id_: _readiness(id_.partition("-")[2], names) for id_ in names.readiness}}


def readiness_page() -> str:
    """Return the page on all targets."""
    title = "The guest would not boot, or not have its network, on an interface that was asked for."
    return _READINESS.format(
        title=title,
        why="A disk or card is moved, or an image is started, where only that interface is to be "
        "had.",
        name="NAME",
    )


def _readiness(target: str, names: Names) -> str:
    disk = target in names.disks
    title = (
        f"The guest would not boot from a disk on {target}."
        if disk
        else f"The guest would not have its network on a card of {target}."
    )
    return _READINESS.format(title=title, why=_DISK if disk else _CARD, name=target)


def why(id_: str) -> str:
    """Return why a finding of that id matters, in a paragraph."""
    return PAGES[id_].partition("Why: ")[2].partition("\n\n")[0]
