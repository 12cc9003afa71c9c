"""The pages of what a policy itself finds, in the form of a check's: what is wrong; then Why, Fix and See."""

from __future__ import annotations

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
    READINESS: """The guest would not boot, or not have its network, on an interface that was asked for.

Why: A disk or card is moved, or an image is started, where only that interface is to be had.

Fix: The steps that stand with the finding; guestcheck preflight --target NAME --fix-script FILE writes them as a script.

See: docs/usage.md, "Would it boot there".""",
}


def why(id_: str) -> str:
    """Return why a finding of that id matters, in a paragraph."""
    return PAGES[id_].partition("Why: ")[2].partition("\n\n")[0]
