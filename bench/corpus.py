"""Scores a folder of real captures against what is known of the machines that they are from.

    python bench/corpus.py CORPUS [-v]

A case is a folder with a `truth.json` and the captures, which are read in one run as pasted text. A
verdict that differs from the truth is wrong, unless the truth allows it; `unknown` is right where
the truth says that the captures do not settle it (and of a machine that is no guest, where nothing
tells so). The exit code is 1 where a verdict is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from guestcheck.errors import GuestcheckError
from guestcheck.model.device import UNKNOWN
from guestcheck.model.report import Report
from guestcheck.run import examine
from guestcheck.sources import open_source

RIGHT, WRONG, DECIDABLE, OPEN, MISSING, IGNORED = (
    "right",
    "wrong",
    "unknown, but decidable",
    "rightly unknown",
    "missing",
    "listed, not judged",
)
OUTCOMES = (RIGHT, OPEN, IGNORED, DECIDABLE, MISSING, WRONG)


class Said(NamedTuple):
    """What the report says of a device: by which names it goes, its verdict, and what that is."""

    what: str
    names: Tuple[str, ...]
    kind: str
    interface: str


class Judged(NamedTuple):
    """A device of the truth and what became of it."""

    case: str
    what: str
    id: str
    truth: str
    said: str
    outcome: str


def main() -> int:
    """Print the table, and each device that is not right."""
    parser = argparse.ArgumentParser(description="scores guestcheck on real captures")
    parser.add_argument("corpus", type=Path)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="also list what is rightly unknown"
    )
    parser.add_argument(
        "-k", metavar="TEXT", default="", help="only cases whose path has TEXT in it"
    )
    words = parser.parse_args()
    cases = [
        path.parent
        for path in sorted(words.corpus.rglob("truth.json"))
        if words.k in str(path.parent)
    ]
    judged: List[Judged] = []
    silent = 0
    for case in cases:
        name = str(case.relative_to(words.corpus))
        truth = json.loads((case / "truth.json").read_text())
        report = examined(case)
        silent += report is None
        judged += [judge(name, device, truth, report) for device in truth["devices"]]
        judged += hypervisor(name, truth, report)
    shown = (WRONG, MISSING, DECIDABLE, *((OPEN, IGNORED) if words.verbose else ()))
    for outcome in reversed(shown):
        for one in judged:
            if one.outcome == outcome:
                print(
                    f"{outcome}: {one.case} {one.what} {one.id}: {one.said or 'nothing'}, "
                    f"truth {one.truth}"
                )
    print(
        f"\n{len(cases)} cases, {len(judged)} things to say; of {silent} cases nothing can be said"
    )
    for outcome in OUTCOMES:
        print(f"{sum(one.outcome == outcome for one in judged):6} {outcome}")
    return 1 if any(one.outcome == WRONG for one in judged) else 0


def examined(case: Path) -> Optional[Report]:
    """Return the report on a case's captures; None where they tell of nothing."""
    paths = [str(path) for path in sorted(case.iterdir()) if path.name != "truth.json"]
    try:
        return examine(open_source(paths))
    except GuestcheckError:
        return None


def judge(
    case: str, device: Dict[str, Any], truth: Dict[str, Any], report: Optional[Report]
) -> Judged:
    """Say what became of one device of the truth."""
    said = find(device, said_of(report)) if report else None
    wanted = device["verdict"]
    alone = device.get("from_this_capture_alone")
    allowed = {wanted, *device.get("also_ok", ()), *([alone] if alone else ())}
    if device.get("arguable"):
        allowed |= (
            set(device["arguable"])
            if isinstance(device["arguable"], list)
            else {said.kind if said else wanted}
        )
    open_question = (
        alone == UNKNOWN
        or wanted == UNKNOWN
        or "unknown" in allowed
        or wanted == "physical"
        or str(truth["hypervisor"]).startswith("none")
    )
    row = Judged(case, device["what"], device["id"], "/".join(sorted(allowed)), "", MISSING)
    if said is None:
        return row._replace(outcome=OPEN if open_question else MISSING)
    row = row._replace(said=f"{said.kind} {said.interface}")
    if said.kind == "ignored":
        return row._replace(outcome=IGNORED)
    if said.kind == UNKNOWN:
        return row._replace(outcome=OPEN if open_question else DECIDABLE)
    return row._replace(outcome=RIGHT if said.kind in allowed else WRONG)


def find(device: Dict[str, Any], said: List[Said]) -> Optional[Said]:
    """Return what is said of a device: by its address or name; without one, by what it is, if there
    is but one such.
    """
    sort = {"storage-controller": ("controller",), "nic": ("nic",), "disk": ("disk", "ignored")}[
        device["what"]
    ]
    logical = device.get("logicalname", [])
    wanted = [device["id"], *([logical] if isinstance(logical, str) else logical)]
    keys = {plain(name) for name in wanted if name != "?"}
    for one in said:
        if one.what in sort and keys & {plain(name) for name in one.names}:
            return one
    same = [one for one in said if one.what in sort]
    return (
        same[0]
        if same
        and device["id"].startswith(("?", "virtio@"))
        and len({one.kind for one in same}) == 1
        else next((one for one in said if one.what == "ignored" and keys & set(one.names)), None)
    )


def plain(name: str) -> str:
    """Return an address without its first domain, a name without its folder."""
    name = name.lower()
    for start in ("pci@", "/dev/"):
        name = name[len(start) :] if name.startswith(start) else name
    return name[5:] if name.startswith("0000:") else name


def said_of(report: Report) -> List[Said]:
    """Return all that a report says of devices."""
    found = report.inventory
    return [
        *(
            Said("disk", (disk.name,), disk.verdict.kind, disk.verdict.interface)
            for disk in found.disks or ()
        ),
        *(
            Said("nic", (nic.name, nic.address), nic.verdict.kind, nic.verdict.interface)
            for nic in found.nics or ()
        ),
        *(
            Said("controller", (one.address,), one.verdict.kind, one.verdict.interface)
            for one in found.controllers or ()
        ),
        *(Said("ignored", (one.name,), "ignored", one.what) for one in found.ignored),
    ]


# How truths begin that name a hypervisor, and the words that are right for it.
_HYPERVISORS = {
    "VMware": ("vmware",),
    "VirtualBox": ("oracle",),
    "KVM": ("kvm", "qemu", "vm-other", "microsoft"),
    "QEMU": ("qemu", "kvm"),
    "Microsoft": ("microsoft",),
    "Hyper-V": ("microsoft",),
    "Xen": ("xen",),
    "AWS EC2 (Xen": ("xen",),
    "AWS EC2 (Nitro": ("amazon",),
    "Google": ("google",),
    "Parallels": ("parallels",),
    "none": ("none",),
}


def hypervisor(case: str, truth: Dict[str, Any], report: Optional[Report]) -> List[Judged]:
    """Say whether the hypervisor was told, of cases where it is known."""
    stated = str(truth["hypervisor"])
    right = next((words for start, words in _HYPERVISORS.items() if stated.startswith(start)), None)
    if right is None or report is None or "mixed" in stated or "bare-metal host" in stated:
        return []
    said = report.inventory.hypervisor
    plain_words = (*right, "vm-other") if right != ("none",) else right
    outcome = OPEN if said is None else RIGHT if said in plain_words else WRONG
    return [Judged(case, "hypervisor", stated[:40], "/".join(right), said or "", outcome)]


if __name__ == "__main__":
    sys.exit(main())
