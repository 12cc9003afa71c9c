"""For a person at a terminal: tables that fit 80 columns and use more, colour where the sink takes
it. Needs rich.

All text of the guest goes in as `Text`, never as markup.
"""

from __future__ import annotations

from io import StringIO
from typing import Iterator, List, Sequence, Tuple

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, SKIP, UNKNOWN, WARN
from guestcheck.model.device import EMULATED, PARAVIRTUAL, PASSTHROUGH, PHYSICAL, Disk, Nic
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.report import Report, Sink
from guestcheck.render import _words as words
from guestcheck.render._gaps import gap_rows
from guestcheck.render._words import plain
from guestcheck.render.people import text as text_format
from guestcheck.render.people.text import part as part  # several guests are a table of plain lines
from guestcheck.render.people.text import plain_code
from guestcheck.render.people.text import whole as whole

try:
    from rich.console import Group
except ImportError:  # before rich 10.10 it had another name; Debian 11 has 9.11
    from rich.console import RenderGroup as Group  # type: ignore[attr-defined,no-redef]

# Colours that a light and a dark terminal both show well.
_KINDS = {
    PARAVIRTUAL: "green",
    EMULATED: "bold yellow",
    PASSTHROUGH: "cyan",
    PHYSICAL: "default",
    UNKNOWN_KIND: "magenta",
}
_OUTCOMES = {
    FAIL: "bold red",
    WARN: "bold yellow",
    NOTE: "cyan",
    UNKNOWN: "magenta",
    ERROR: "bold red",
    PASS: "green",
    SKIP: "dim",
}
_STATES = {
    "built-in": "green",
    "module, loaded": "green",
    "off": "yellow",
    "absent": "yellow",
    "unknown": "magenta",
    "module, FILE MISSING": "bold red",
}


def _style(word: str) -> str:
    return _STATES.get(word.partition(";")[0], "default")


# From this width on the address and the controller get columns of their own.
_WIDE = 120


_MOST_LAID_OUT = (
    2000  # devices: rich takes a millisecond for each, and as many pages are read by a program
)


def render(report: Report, sink: Sink) -> str:
    """Return the report with escape codes for colour, if the sink takes them; one on very many
    devices as plain text.
    """
    if report.preflight:
        return text_format.render(report, sink)
    if len(report.inventory.disks or ()) + len(report.inventory.nics or ()) > _MOST_LAID_OUT:
        return text_format.render(report, sink)
    out = StringIO()
    console = Console(
        file=out,
        width=sink.width,
        force_terminal=sink.colour,
        color_system="standard" if sink.colour else None,
        no_color=not sink.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        safe_box=not sink.unicode,
        _environ={},  # rich would take COLUMNS=² for a number
    )
    show(report, sink, console)
    text = (
        "\n".join(line.rstrip() for line in out.getvalue().split("\n"))
        if not sink.colour
        else out.getvalue()
    )
    return text if sink.unicode else words.ascii_only(text)


def show(report: Report, sink: Sink, console: Console) -> None:
    """Print the report on `console`."""
    for piece in _parts(report, sink):
        console.print(piece)
    if report.judgement:
        # Not broken: programs look for it in the last line.
        console.print(Text(""))
        console.print(
            Text(words.verdict_line(report.judgement), style=_OUTCOMES[report.judgement.outcome]),
            soft_wrap=True,
        )


def _parts(report: Report, sink: Sink) -> Iterator[RenderableType]:
    inventory = report.inventory
    yield Text(
        words.headline(report),
        style="bold yellow" if "emulated:" in words.headline(report) else "bold",
    )
    if words.pointer(report):
        yield Text(words.pointer(report))
    yield from _section("Guest", _guest(report, sink))
    yield from _section(
        "Disks", _disks(report, sink) if inventory.disks else _absent(inventory.disks, report)
    )
    yield from _section(
        "Network cards", _nics(report, sink) if inventory.nics else _absent(inventory.nics, report)
    )
    idle = words.idle_controllers(inventory)
    if idle:
        yield from _section(words.controllers_title(inventory), _controllers(report))
    ignored = words.ignored_lines(inventory)
    if ignored:
        yield from _section("Not judged", Text("\n".join(ignored), style="dim"))
    if not words.is_windows(inventory):
        yield from _section("Kernels", _kernels(report, sink))
    yield from _section("Findings", _findings(report, sink))
    if report.gaps:
        yield from _section("Gaps", _gaps(report, sink))
    yield from _policy(report)


def _policy(report: Report) -> Iterator[RenderableType]:
    """Yield what the policy leaves out."""
    judgement = report.judgement
    if judgement is None:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in words.policy_lines(judgement):
        table.add_row(Text(label), Text(text))
    yield from _section("Policy", table)


def _section(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text("")
    yield Text(title, style="bold underline")
    yield Padding(body, (0, 0, 0, 2))


def _absent(devices: object, report: Report) -> Text:
    return Text(words.none_of(report) if devices is not None else words.unread(report), style="dim")


def _guest(report: Report, sink: Sink) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in words.guest_lines(report, sink.verbose):
        table.add_row(Text(label), Text(text))
    return table


def _table(*headings: str) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
    )
    for heading in headings:
        # Verdicts and names must stay whole; what may fold are the long texts.
        table.add_column(
            heading, no_wrap=heading not in ("Controller", "Roles", "Address"), overflow="fold"
        )
    return table


def _fill(
    headings: Sequence[str], rows: List[Tuple[Text, ...]], more: List[List[str]]
) -> RenderableType:
    """Lay out rows with the lines that belong to each beneath it; columns that hold nothing are
    left out.
    """
    kept = [place for place in range(len(headings)) if any(row[place].plain for row in rows)]
    table = _table(*(headings[place] for place in kept))
    for row in rows:
        table.add_row(*(row[place] for place in kept))
    if not any(more):
        return table
    detail = Table.grid(padding=(0, 1, 0, 0))
    detail.add_column(no_wrap=True)
    detail.add_column(overflow="fold")
    for row, extra in zip(rows, more):
        for number, line in enumerate(extra):
            detail.add_row(
                Text(row[0].plain if not number else "", style="bold"), Text(line, style="dim")
            )
    return Group(table, Text(""), detail)


def _disks(report: Report, sink: Sink) -> RenderableType:
    wide = sink.width >= _WIDE
    headings = [
        "Disk",
        "Size",
        "Kind",
        "Interface",
        "Driver",
        "Queues",
        "Trim",
        "Roles",
        *(("Address", "Controller") if wide else ()),
    ]
    disks = report.inventory.disks or ()
    rows = [_disk(disk, report, wide) for disk in disks]
    return _fill(
        headings,
        rows,
        words.more_once(
            [
                (
                    plain(disk.name),
                    words.disk_more(disk, wide) + words.ready_lines(report, disk.name),
                )
                for disk in disks
            ]
        ),
    )


def _disk(disk: Disk, report: Report, wide: bool) -> Tuple[Text, ...]:
    verdict = disk.verdict
    cells = [
        Text(plain(disk.name), style="bold"),
        Text(words.size(disk.size_bytes)),
        Text(verdict.kind, style=_KINDS[verdict.kind]),
        Text(verdict.interface),
        Text(plain(disk.driver)),
        Text(words.queues(disk.queues, report.inventory.guest.cpus)),
        Text(words.yes_no(disk.discard)),
        Text(", ".join(disk.roles)),
    ]
    return (
        (*cells, Text(plain(disk.address)), Text(plain(disk.controller))) if wide else tuple(cells)
    )


def _nics(report: Report, sink: Sink) -> RenderableType:
    wide = sink.width >= _WIDE
    headings = [
        "Card",
        "State",
        "Kind",
        "Interface",
        "Driver",
        "Queues",
        *(("Address", "Controller") if wide else ()),
    ]
    nics = report.inventory.nics or ()
    rows = [_nic(nic, report, wide) for nic in nics]
    return _fill(
        headings,
        rows,
        words.more_once(
            [
                (
                    plain(nic.name or nic.address),
                    words.nic_more(nic, wide) + words.ready_lines(report, nic.name),
                )
                for nic in nics
            ]
        ),
    )


def _nic(nic: Nic, report: Report, wide: bool) -> Tuple[Text, ...]:
    verdict = nic.verdict
    cells = [
        Text(plain(nic.name or nic.address), style="bold"),
        Text(plain(nic.state)),
        Text(verdict.kind, style=_KINDS[verdict.kind]),
        Text(verdict.interface),
        Text(plain(nic.driver)),
        Text(words.queues(nic.queues, report.inventory.guest.cpus)),
    ]
    return (*cells, Text(plain(nic.address)), Text(plain(nic.controller))) if wide else tuple(cells)


def _controllers(report: Report) -> Table:
    table = _table("Address", "Interface", "Kind", "Driver", "Controller")
    for one in words.idle_controllers(report.inventory):
        driver = (
            Text(plain(one.driver))
            if one.driver
            else Text("unknown", style="magenta")
            if one.driver is None
            else Text("none", style="bold yellow")
        )
        kind = one.verdict.kind
        table.add_row(
            Text(plain(one.address)),
            Text(one.verdict.interface),
            Text(kind, style=_KINDS[kind]),
            driver,
            Text(plain(one.name)),
        )
    return table


def _kernels(report: Report, sink: Sink) -> RenderableType:
    kernels = report.inventory.kernels
    if not kernels:
        return Text(words.no_kernel(report), style="dim")
    if sink.verbose:
        return Group(*(_kernel_in_full(report, number) for number in range(len(kernels))))
    # Two kernels side by side fit 80 columns, more of them need more.
    beside = kernels[: 2 if sink.width < _WIDE else 4]
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    table.add_column("Driver", no_wrap=True)
    for kernel in beside:
        table.add_column(Text(words.kernel_title(kernel)), overflow="fold")
    notes: List[str] = []
    for symbol in words.shown_symbols(report.inventory, False):
        states = [words.state_of(kernel, symbol) for kernel in beside]
        if not any(states):
            continue
        cells = [words.driver_word(state) for state in states]
        table.add_row(Text(symbol), *(Text(cell, style=_style(cell)) for cell in cells))
        notes += [
            plain(state.says)
            for state in states
            if state and state.state in ("off", "absent", "unknown") and state.says not in notes
        ]
    parts: List[RenderableType] = [table]
    if notes:
        parts.append(Text("\n".join(notes), style="dim"))
    if words.initramfs_unseen(report.inventory):
        parts.append(Text(words.INITRAMFS_UNSEEN, style="dim"))
    if len(kernels) > len(beside):
        parts.append(
            Text(f"and {len(kernels) - len(beside)} more kernels: -v shows them", style="dim")
        )
    return Group(*parts)


def _kernel_in_full(report: Report, number: int) -> RenderableType:
    kernel = (report.inventory.kernels or ())[number]
    table = _table("Driver", "State", "Says")
    table.columns[2].no_wrap = False
    for state in kernel.drivers:
        word = words.driver_word(state)
        table.add_row(
            Text(state.symbol), Text(word, style=_style(word)), Text(plain(state.says), style="dim")
        )
    return Group(Text(words.kernel_title(kernel), style="bold"), table, Text(""))


def _findings(report: Report, sink: Sink) -> RenderableType:
    found = words.groups(report, sink.verbose)
    if not found:
        return Text("none: nothing here should be changed", style="green")
    parts: List[RenderableType] = []
    for number, group in enumerate(found):
        if number:
            parts.append(Text(""))
        parts.append(_finding(group, report, sink))
    return Group(*parts)


def _finding(group: words.Group, report: Report, sink: Sink) -> Table:
    first = group.first
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, min_width=7)
    table.add_column(overflow="fold")
    label = Text(first.outcome.upper(), style=_OUTCOMES[first.outcome])
    for result in words.told(group, sink.verbose):
        table.add_row(
            label,
            Text(plain(result.summary), style="bold" if first.outcome not in (PASS, SKIP) else ""),
        )
        label = Text("")
        for hint in result.evidence if sink.verbose else ():
            table.add_row(label, Text(plain(f"evidence: {hint.source}: {hint.says}"), style="dim"))
    if first.outcome in (PASS, SKIP):
        return table
    if words.why_of(first):
        table.add_row(label, Text(first.why))
    for hint in () if sink.verbose else first.evidence[:2]:
        table.add_row(label, Text(plain(f"Evidence: {hint.source}: {hint.says}"), style="dim"))
    steps, left_out = words.shown_steps(group, report, sink.verbose)
    place = ""
    for step in steps:
        if step.where != place:
            place = step.where
            table.add_row(
                Text("     →" if sink.unicode else "     >", style="dim"),
                Text(words.place_title(step), style="bold cyan"),
            )
        table.add_row(label, Text(plain(step.text)))
        if step.code:
            table.add_row(
                label,
                Padding(
                    Text("\n".join(plain_code(line) for line in step.code), style="green"),
                    (0, 0, 0, 2),
                ),
            )
        if step.note:
            table.add_row(label, Text(plain(step.note), style="dim"))
    table.add_row(
        label,
        Text(
            f"More: {words.more_of(group)}" + (f"; {left_out}" if left_out else ""),
            style="dim italic",
        ),
    )
    return table


def _gaps(report: Report, sink: Sink) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=34)
    table.add_column(overflow="fold")
    for label, text in gap_rows(report, sink.verbose):
        table.add_row(Text(label), Text(text, style="dim"))
    return table
