"""A report as a page: its sections, in their order."""

from __future__ import annotations

from typing import Iterator, List, Union

from guestcheck.catalogue.families import WORDING
from guestcheck.model.device import EMULATED, Disk, Nic
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report
from guestcheck.render.escaping import plain
from guestcheck.render.page.devices import controllers, disks, ignored, nics
from guestcheck.render.page.findings import findings, pointer
from guestcheck.render.page.gaps import gap_rows
from guestcheck.render.page.guest import guest_pairs
from guestcheck.render.page.kernels import kernels
from guestcheck.render.page.parts import Cell, Column, Page, Pairs, Row, Section, Table
from guestcheck.render.sentences import (
    headline,
    policy_pairs,
    ready_sentence,
    started,
    verdict_line,
)


def page_of(report: Report, verbose: bool) -> Page:
    """Lay out a report; of preflight's verdicts in a report's form a table."""
    inventory, judgement = report.inventory, report.judgement
    devices: List[Union[Disk, Nic]] = [*(inventory.disks or ()), *(inventory.nics or ())]
    emulated = any(one.verdict.kind == EMULATED for one in devices)
    return Page(
        ready_sentence(report) if report.preflight else headline(report),
        tuple(_sections(report, verbose)),
        verdict_line(judgement) if judgement else "",
        judgement.outcome if judgement else "",
        (_policy(judgement),) if judgement else (),
        pointer(report),
        EMULATED if emulated and inventory.hypervisor != "none" else "",
        inventory.guest.hostname or inventory.guest.source,
        (report.version, report.time, inventory.guest.source),
    )


def _sections(report: Report, verbose: bool) -> Iterator[Section]:
    yield Section("Guest", (Pairs(tuple(guest_pairs(report, verbose)), short=True),))
    yield Section("Disks", (disks(report),))
    yield Section("Network cards", (nics(report),))
    yield from controllers(report.inventory)
    yield from ignored(report.inventory)
    if report.preflight:
        yield Section("Readiness", (_readiness(report),))
    elif WORDING[report.inventory.family].has_kernels:
        yield Section("Kernels", kernels(report, verbose), detail=True)
    yield Section("Findings", tuple(findings(report, verbose)))
    if report.gaps:
        yield Section("Gaps", (Pairs(tuple(gap_rows(report, verbose))),))


def _readiness(report: Report) -> Table:
    rows = tuple(
        Row(
            (
                Cell(one.target),
                Cell(plain(one.device)),
                Cell(plain(started(one))),
                Cell(one.verdict, one.verdict),
            )
        )
        for one in report.readiness
    )
    system = WORDING[report.inventory.family].system
    return Table(tuple(map(Column, ("Target", "Device", system, "Verdict"))), rows)


def _policy(judgement: Judgement) -> Section:
    return Section("Policy", (Pairs(tuple(policy_pairs(judgement))),))
