"""Sentences that several formats say: what the devices are, how ready the guest is, what the policy
says, and why something is not shown.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue.families import WORDING
from guestcheck.messages import words
from guestcheck.model.check import FAIL, NOTE, PASS, UNKNOWN, WARN
from guestcheck.model.device import EMULATED, PARAVIRTUAL, Verdict
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.pasting import NOT_PASTED
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report
from guestcheck.model.source import ONLY_RUNNING, TEXTS
from guestcheck.model.target import BOOTS, NETWORK_UP, OPEN, STOPS, WARNS, Readiness
from guestcheck.model.target import UNKNOWN as UNKNOWN_VERDICT
from guestcheck.render.escaping import plain


def sentence(report: Report) -> str:
    """Return the report in a sentence: what the policy says, else what would become of the targets,
    else what the devices are.
    """
    if report.judgement:
        return verdict_line(report.judgement)
    return ready_sentence(report) if report.preflight else headline(report)


_READINESS = "readiness-"
_READY = (
    (FAIL, "NOT ready for"),
    (UNKNOWN, "not known whether ready for"),
    (WARN, "ready, with a warning, for"),
    (PASS, "ready for"),
)


def ready_sentence(report: Report) -> str:
    """Return in a sentence what would become of each target."""
    # Worst first: of several kernels the first decides; those that do not boot by default are
    # notes.
    outcomes: Dict[str, str] = {}
    for result in report.results:
        if result.id.startswith(_READINESS) and result.outcome != NOTE:
            target = result.id[len(_READINESS) :]
            outcomes.setdefault(f"{target} ({result.subject})", result.outcome)
    parts = []
    for outcome, label in _READY:
        names = [name for name, ended in outcomes.items() if ended == outcome]
        parts += [f"{label} {', '.join(names)}"] if names else []
    return plain(_sentence(parts or ["nothing was asked for"]))


def _sentence(parts: List[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def headline(report: Report) -> str:
    """Say the verdict in one line."""
    inventory = report.inventory
    if inventory.hypervisor == "none":
        return "This is no virtual machine: there is nothing to judge."
    said = _headline(report)
    part = read_in_part(report)
    return f"{said[:-1]}, as far as was read: {part}." if part else said


def read_in_part(report: Report) -> str:
    """Say which answer was too long to be read whole, "" where all were; what is behind that may be
    anything.
    """
    cut = [one for one in report.inventory.guest.cut if report.preflight or not one.deep]
    more = f" (and {len(cut) - 1} more)" if len(cut) > 1 else ""
    return plain(f"{cut[0].asked}: {cut[0].says}{more}") if cut else ""


def _headline(report: Report) -> str:
    inventory = report.inventory
    disks = [(disk.name, disk.verdict) for disk in inventory.disks or ()]
    nics = [(nic.name or nic.address, nic.verdict) for nic in inventory.nics or ()]
    lists = (("disks", inventory.disks), ("network cards", inventory.nics))
    missing = [what for what, read in lists if read is None]
    if not disks and not nics:
        return plain(_nothing_listed(report, missing))
    one = "network card" if not disks else "disk" if not nics else "disk or NIC"
    parts = _judged([*disks, *nics], one)
    if missing:
        parts.append(f"the {missing[0]} {unread(report, 2)}")
    return plain(_sentence(parts))


def _nothing_listed(report: Report, missing: List[str]) -> str:
    """Say why no device is listed; `missing` are those of which it is not known which there are."""
    if not missing:
        return "No disk and no network card was seen."
    known = report.inventory.hypervisor is not None
    on = f"This is a virtual machine, on {report.inventory.hypervisor_name}. " if known else ""
    return f"{on}The {' and '.join(missing)} {unread(report, 2)}."


def _judged(devices: List[Tuple[str, Verdict]], one: str) -> List[str]:
    """Say in a few words what `devices` are, each of which is called `one`."""
    many = {"disk": "disks", "network card": "network cards"}.get(one, "disks and NICs")
    count = len(devices)
    emulated = [f"{name} ({found.interface})" for name, found in devices if found.kind == EMULATED]
    unsure = [name for name, found in devices if found.kind == UNKNOWN_KIND]
    parts = []
    if emulated:
        verb = "is" if len(emulated) == 1 else "are"
        subject = f"{len(emulated)} of {count} {many} {verb}" if count > 1 else f"the only {one} is"
        parts.append(f"{subject} emulated: {some(emulated)}")
    if unsure:
        of = "" if emulated else f" of {count} {many}"
        subject = f"{len(unsure)}{of}" if count > 1 else f"what the only {one} is"
        parts.append(f"{subject} could not be told: {some(unsure)}")
    return parts or [_good(devices, one, many)]


def _good(devices: List[Tuple[str, Verdict]], one: str, many: str) -> str:
    """Say that no device is emulated."""
    if len(devices) == 1:
        return f"the only {one}, {devices[0][0]}, is {devices[0][1].kind}"
    if {verdict.kind for _, verdict in devices} == {PARAVIRTUAL}:
        return f"{len(devices)} {many}, all paravirtual"
    return f"none of {len(devices)} {many} is emulated"


def some(names: List[str]) -> str:
    """Join names; of many the first."""
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def policy_pairs(judgement: Judgement) -> List[Tuple[str, str]]:
    """Return what a policy leaves out, and why, as pairs of a label and a text."""
    title = [("Policy", f"{judgement.file}{': ' if judgement.title else ''}{judgement.title}")]
    ignored = [
        (
            f"Ignored until {one.ignore.until}",
            f"{words(one.result.summary)} "
            f"({one.result.id}, {one.result.outcome.upper()}): {one.ignore.reason}",
        )
        for one in judgement.accepted
    ]
    return [(label, plain(text)) for label, text in title + ignored]


def verdict_line(judgement: Judgement) -> str:
    """Return the verdict of a policy as the one line that comes last."""
    return plain(f"VERDICT: {judgement.outcome.upper()}, by {judgement.file}: {judgement.says}")


def started(one: Readiness) -> str:
    """Return what a verdict of readiness is on: a kernel, and whether it is the default one; of
    Windows there is but one.
    """
    return one.kernel + (WORDING[one.family].default if one.default else "")


def is_offline(report: Report) -> bool:
    """Tell whether the report is of files of a guest that does not run."""
    return any(gap.reason == ONLY_RUNNING for gap in report.gaps)


def unread(report: Report, number: int = 0) -> str:
    """Say why no disk or card is listed where it is not known which there are: the end of a
    sentence on `number` of them, by itself where that is 0.
    """
    if report.inventory.guest.origin == TEXTS:
        return NOT_PASTED if number == 0 else f"{'is' if number == 1 else 'are'} {NOT_PASTED}"
    return "can only be seen in the running guest" if is_offline(report) else "could not be read"


def none_of(report: Report) -> str:
    """Say that there is no such device; a text tells of no more than what stands in it."""
    return f"none {NOT_PASTED[4:]}" if report.inventory.guest.origin == TEXTS else "none"


def no_kernel(report: Report) -> str:
    """Say why no kernel is listed."""
    return NOT_PASTED if report.inventory.guest.origin == TEXTS else "none was seen"


def ready(one: Readiness) -> str:
    """Say whether a device is ready to be moved, and what decides that."""
    warned = [words(reason.says) for reason in one.reasons if reason.weight == WARNS]
    if one.verdict in (BOOTS, NETWORK_UP):
        return "yes" + (f", but {warned[0]}" if warned else "")
    weight = OPEN if one.verdict == UNKNOWN_VERDICT else STOPS
    first = next(reason for reason in one.reasons if reason.weight == weight)
    more = sum(1 for reason in one.reasons if reason.weight == weight) - 1
    rest = f" (and {more} more: guestcheck preflight --target {one.target})" if more else ""
    if weight == STOPS:
        return f"no, because {words(first.says)}{rest}"
    return f"unknown; to find out: {words(first.settle)}{rest}"


def size(number: Optional[int]) -> str:
    """Return a size in bytes as people write it.

    >>> size(21474836480), size(None)
    ('20 GiB', '')
    """
    if number is None:
        return ""
    amount = float(number)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            return (
                f"{amount:.0f} {unit}"
                if amount >= 10 or amount == int(amount)
                else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    return ""
