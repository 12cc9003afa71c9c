"""Plain text: for a serial console, a log or a ticket; no colour, no control character, lines
within the width.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Iterable, Iterator, List, Sequence, Tuple

from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, SKIP, UNKNOWN, WARN
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render._gaps import gap_rows
from guestcheck.render._words import (
    INITRAMFS_UNSEEN,
    Group,
    ascii_only,
    controllers_title,
    disk_more,
    driver_word,
    groups,
    guest_lines,
    headline,
    idle_controllers,
    ignored_lines,
    initramfs_unseen,
    is_windows,
    kernel_title,
    more_of,
    more_once,
    nic_more,
    no_kernel,
    none_of,
    place_title,
    plain,
    pointer,
    policy_lines,
    queues,
    ready_lines,
    shown_steps,
    shown_symbols,
    size,
    state_of,
    told,
    unread,
    verdict_line,
    why_of,
    yes_no,
)

if TYPE_CHECKING:
    from guestcheck.model.several import Entry, Listing

_LABELS = {
    FAIL: "FAIL",
    WARN: "WARN",
    NOTE: "NOTE",
    UNKNOWN: "UNKNOWN",
    ERROR: "ERROR",
    PASS: "PASS",
    SKIP: "SKIP",
}


def render(report: Report, sink: Sink) -> str:
    """Return the report as plain text."""
    if report.preflight:
        from guestcheck.render._preflight import as_text

        return as_text(report, sink)
    text = "\n".join(_lines(report, sink)) + "\n"
    return text if sink.unicode else ascii_only(text)


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return nothing: of several guests a line each is shown."""
    return ""


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield a line for each of several guests."""
    from guestcheck.render._several import as_text

    yield as_text(listing, sink)


def _lines(report: Report, sink: Sink) -> Iterator[str]:
    inventory = report.inventory
    yield from _wrapped(headline(report), sink.width)
    if pointer(report):
        yield from _wrapped(pointer(report), sink.width)
    yield from ("", "GUEST")
    for label, words in guest_lines(report, sink.verbose):
        yield from _wrapped(words, sink.width, f"  {label:<11} ", " " * 14)
    yield from ("", "DISKS")
    yield from _disks(report, sink)
    yield from ("", "NETWORK CARDS")
    yield from _nics(report, sink)
    idle = idle_controllers(inventory)
    if idle:
        yield from ("", controllers_title(inventory).upper())
        for one in idle:
            driver = (
                f"driver {one.driver}"
                if one.driver
                else "driver unknown"
                if one.driver is None
                else "NO DRIVER"
            )
            cells = (one.address, one.verdict.interface, one.verdict.kind, driver, one.name)
            yield from _wrapped(
                "  ".join(plain(cell) for cell in cells if cell), sink.width, "  ", "    "
            )
    ignored = ignored_lines(inventory)
    if ignored:
        yield from ("", "NOT JUDGED")
        for line in ignored:
            yield from _wrapped(line, sink.width, "  ", "    ")
    if not is_windows(inventory):
        yield from ("", "KERNELS")
        yield from _kernels(report, sink)
    yield from ("", "FINDINGS")
    yield from _findings(report, sink)
    if report.gaps:
        yield from ("", "GAPS")
        for label, words in gap_rows(report, sink.verbose):
            yield from _wrapped(f"{label}: {words}", sink.width, "  ", "    ")
    if report.judgement:
        yield from policy_part(report.judgement, sink)


def policy_part(judgement: Judgement, sink: Sink) -> Iterator[str]:
    """Yield what a policy leaves out, and its verdict, which is the last line and is not broken:
    programs look for it.
    """
    yield from ("", "POLICY")
    for label, words in policy_lines(judgement):
        yield from _wrapped(f"{label}: {words}", sink.width, "  ", "    ")
    yield from ("", verdict_line(judgement))


def _wrapped(text: str, width: int, first: str = "", other: str = "") -> List[str]:
    return wrap(
        text, width, initial_indent=first, subsequent_indent=other or first, break_on_hyphens=False
    ) or [first.rstrip()]


def _table(rows: Sequence[Tuple[str, ...]]) -> List[str]:
    """Align columns; those that are empty but for their heading are left out."""
    kept = [column for column in range(len(rows[0])) if any(row[column] for row in rows[1:])]
    widths = [max(len(row[column]) for row in rows) for column in kept]
    return [
        "  " + "  ".join(f"{row[column]:<{wide}}" for column, wide in zip(kept, widths)).rstrip()
        for row in rows
    ]


def _disks(report: Report, sink: Sink) -> Iterator[str]:
    disks = report.inventory.disks
    if disks is None:
        yield f"  {unread(report)}"
        return
    if not disks:
        yield f"  {none_of(report)}"
        return
    cpus = report.inventory.guest.cpus
    rows = [("NAME", "SIZE", "KIND", "INTERFACE", "DRIVER", "QUEUES", "TRIM", "ROLES")]
    for d in disks:
        verdict = d.verdict
        rows.append(
            (
                plain(d.name),
                size(d.size_bytes),
                verdict.kind,
                verdict.interface,
                plain(d.driver),
                queues(d.queues, cpus),
                yes_no(d.discard),
                ",".join(d.roles),
            )
        )
    yield from _with_more(
        _table(rows),
        more_once(
            [(plain(disk.name), disk_more(disk) + ready_lines(report, disk.name)) for disk in disks]
        ),
        sink,
    )


def _nics(report: Report, sink: Sink) -> Iterator[str]:
    nics = report.inventory.nics
    if nics is None:
        yield f"  {unread(report)}"
        return
    if not nics:
        yield f"  {none_of(report)}"
        return
    cpus = report.inventory.guest.cpus
    rows = [("NAME", "STATE", "KIND", "INTERFACE", "DRIVER", "QUEUES")]
    rows += [
        (
            plain(n.name or n.address),
            plain(n.state),
            n.verdict.kind,
            n.verdict.interface,
            plain(n.driver),
            queues(n.queues, cpus),
        )
        for n in nics
    ]
    yield from _with_more(
        _table(rows),
        more_once(
            [
                (plain(nic.name or nic.address), nic_more(nic) + ready_lines(report, nic.name))
                for nic in nics
            ]
        ),
        sink,
    )


def _with_more(table: List[str], more: List[List[str]], sink: Sink) -> Iterator[str]:
    yield table[0]
    for row, lines in zip(table[1:], more):
        yield row
        for line in lines:
            yield from _wrapped(line, sink.width, "    ", "      ")


# So many drivers of which the same is said are told in one line.
_MANY_ALIKE = 3


def _kernels(report: Report, sink: Sink) -> Iterator[str]:
    kernels = report.inventory.kernels
    if not kernels:
        yield f"  {no_kernel(report)}"
        return
    for kernel in kernels:
        yield f"  {kernel_title(kernel)}"
        rows = [("", "", "")]
        for symbol in shown_symbols(report.inventory, sink.verbose):
            state = state_of(kernel, symbol)
            if state:
                why = (
                    state.says
                    if sink.verbose or state.state in ("off", "absent", "unknown")
                    else ""
                )
                rows.append((symbol, driver_word(state), plain(why)))
        alike = {row[1:] for row in rows[1:]}
        if len(rows) > _MANY_ALIKE and len(alike) == 1 and not sink.verbose and rows[1][2]:
            rows = [rows[0], ("all of these drivers", *rows[1][1:])]
        wide = max((len(row[0]) for row in rows), default=0)
        for symbol, word, why in rows[1:]:
            said = f"{word}{': ' if why else ''}{why}"
            if wide + 26 <= sink.width:
                yield from _wrapped(said, sink.width, f"    {symbol:<{wide}}  ", " " * (wide + 6))
            else:  # no room for a column beside the names
                yield f"    {symbol}"
                yield from _wrapped(said, sink.width, " " * 8)
    if initramfs_unseen(report.inventory):
        yield from _wrapped(INITRAMFS_UNSEEN, sink.width, "  ")


def _findings(report: Report, sink: Sink) -> Iterator[str]:
    found = groups(report, sink.verbose)
    if not found:
        yield "  none: nothing here should be changed"
    for number, group in enumerate(found):
        if number:
            yield ""
        yield from _finding(group, report, sink)


def _finding(group: Group, report: Report, sink: Sink) -> Iterator[str]:
    first = group.first
    head = f"  {_LABELS[first.outcome]:<8}"
    for result in told(group, sink.verbose):
        yield from _wrapped(plain(result.summary), sink.width, head, " " * 10)
        if sink.verbose:
            for hint in result.evidence:
                yield from _wrapped(
                    plain(f"evidence: {hint.source}: {hint.says}"), sink.width, " " * 12, " " * 14
                )
        head = " " * 10
    if first.outcome in (PASS, SKIP):
        return
    if why_of(first):
        yield from _wrapped(f"Why: {first.why}", sink.width, " " * 10)
    if not sink.verbose:
        for hint in first.evidence[:2]:
            yield from _wrapped(
                plain(f"Evidence: {hint.source}: {hint.says}"), sink.width, " " * 10, " " * 12
            )
    steps, left_out = shown_steps(group, report, sink.verbose)
    place = ""
    for step in steps:
        if step.where != place:
            place = step.where
            yield f"        > {place_title(step)}"
        yield from _wrapped(plain(step.text), sink.width, " " * 10)
        for line in step.code:
            yield f"              {plain_code(line)}"
        if step.note:
            yield from _wrapped(f"({plain(step.note)})", sink.width, " " * 10)
    more = more_of(group) + (f"; {left_out}" if left_out else "")
    yield from _wrapped(f"More: {more}", sink.width, " " * 10)


def plain_code(line: str) -> str:
    """Return a line of code as it is to be typed, its indentation kept."""
    return line[: len(line) - len(line.lstrip(" "))] + plain(line)
