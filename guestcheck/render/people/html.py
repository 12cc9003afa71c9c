"""HTML: for a person with a browser, to keep or to hand on; one file without script, light and
dark, and fit to print.

Nothing is fetched: the page forbids itself everything but its own style. Text of the guest is
escaped. Its look may change.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, Sequence, Tuple

from guestcheck.model.check import PASS, SKIP
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render import _words as words
from guestcheck.render._gaps import gap_rows
from guestcheck.render._several import HEADINGS, cells, gap_lines, host_of, summary
from guestcheck.render._weight import sentence
from guestcheck.render._xml import escaped, escaped_code

_STYLE = """
:root { color-scheme: light dark; --text: #1c1f23; --dim: #5b636d; --page: #fff; --box: #f4f5f7; --line: #d5d9de;
  --red: #b3261e; --amber: #8a5300; --green: #1b6e37; --blue: #1a5fb4; --violet: #7b3fa0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e6e9; --dim: #a3abb5; --page: #16181c; --box: #22262b; --line: #3a4048;
    --red: #ff8a80; --amber: #ffc266; --green: #7bd898; --blue: #8ab8ff; --violet: #d6a6f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
p, dl, ul { margin: .4rem 0; }
.dim, footer { color: var(--dim); font-size: .88rem; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .2rem 1rem; }
dt { color: var(--dim); max-width: 16rem; }
dd { margin: 0; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; }
td:first-child { font-weight: 600; }
tr.above td { border-bottom: 0; }
tr.more td { font-weight: 400; padding-top: 0; overflow-wrap: anywhere; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 4px; padding: .5rem .75rem; margin: .3rem 0;
  overflow-x: auto; font: .86rem/1.45 ui-monospace, monospace; }
.finding { margin: 1.2rem 0; padding: .1rem 0 .3rem 1rem; border-left: 4px solid var(--line); }
.finding h3 { font-size: 1rem; margin: .2rem 0; }
.place { margin: .7rem 0 0; font-weight: 600; }
.tag { margin-right: .6rem; }
.fail, .error, .does-not-boot, .network-lost { color: var(--red); }
.warn, .emulated { color: var(--amber); }
.pass, .paravirtual, .boots, .network-up { color: var(--green); }
.note, .passthrough { color: var(--blue); }
.unknown { color: var(--violet); }
.skip { color: var(--dim); }
.at-fail, .at-error { border-color: var(--red); }
.at-warn { border-color: var(--amber); }
.at-note { border-color: var(--blue); }
.at-unknown { border-color: var(--violet); }
footer { margin-top: 2.5rem; }
@media print {
  :root { color-scheme: light; --text: #000; --dim: #444; --page: #fff; --box: #f4f4f4; --line: #bbb;
    --red: #a00; --amber: #740; --green: #052; --blue: #037; --violet: #528; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  pre { white-space: pre-wrap; }
  .wide, pre { overflow: visible; }
  h2, h3, .place, thead, tr.above { break-after: avoid; }
  tr, pre { break-inside: avoid; }
}
"""
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="guestcheck {version}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>"""
# The kinds and verdicts that have a colour of their own.
_COLOURED = (
    "paravirtual",
    "emulated",
    "passthrough",
    "unknown",
    "boots",
    "does-not-boot",
    "network-up",
    "network-lost",
)


def render(report: Report, sink: Sink) -> str:
    """Return the report as one HTML document, in ASCII."""
    guest = report.inventory.guest
    head = _head(report.version, f"guestcheck: {guest.hostname or guest.source}")
    return "\n".join((head, *_body(report, sink), "</body>", "</html>")) + "\n"


def _head(version: str, title: str) -> str:
    return (
        _HEAD.replace("{style}", _STYLE)
        .replace("{version}", escaped(version))
        .replace("{title}", escaped(title))
    )


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as an article, to which the table above it leads."""
    host = host_of(entry.report)
    title = escaped(f"{entry.name}{f' ({host})' if host else ''}")
    body = (
        _body(entry.report, sink)
        if entry.report
        else [f'<p class="error">NOT JUDGED {escaped(entry.error)}</p>']
    )
    return (
        "\n".join((f'<article id="guest-{entry.number}"><h1>{title}</h1>', *body, "</article>"))
        + "\n"
    )


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield one page: a table of several guests, what was not judged, and an article for each
    guest.
    """
    yield _head(listing.version, f"guestcheck: {len(listing.rows)} guests") + "\n"
    yield f"<header><h1>{escaped(summary(listing))}</h1></header>\n"
    yield "\n".join(_section("Guests", _guests(listing))) + "\n"
    if listing.gaps:
        lines = ["<ul>", *(f"<li>{escaped(line)}</li>" for line in gap_lines(listing)), "</ul>"]
        yield "\n".join(_section("Not judged", lines)) + "\n"
    yield from parts
    yield (
        f"<footer>guestcheck {escaped(listing.version)}, {escaped(listing.time)},"
        f" {escaped(listing.source)}</footer>\n"
    )
    yield "</body>\n</html>\n"


def _guests(listing: Listing) -> List[str]:
    head = "".join(f'<th scope="col">{heading.capitalize()}</th>' for heading in HEADINGS)
    lines = [f'<div class="wide"><table><thead><tr>{head}</tr></thead>', "<tbody>"]
    for row in listing.rows:
        name, *others = map(escaped, cells(row))
        told = "".join(f"<td>{text}</td>" for text in others)
        lines.append(f'<tr><td><a href="#guest-{row.number}">{name}</a></td>{told}</tr>')
    return [*lines, "</tbody></table></div>"]


def _body(report: Report, sink: Sink) -> Iterator[str]:
    guest = report.inventory.guest
    outcome = report.judgement.outcome if report.judgement else ""
    yield f'<header><h1 class="{outcome}">{escaped(sentence(report))}</h1>'
    if report.judgement:
        yield f"<p>{escaped(words.headline(report))}</p>"
    if words.pointer(report):
        yield f"<p>{escaped(words.pointer(report))}</p>"
    yield "</header>"
    if report.judgement:
        yield from _section("Policy", _pairs(words.policy_lines(report.judgement)))
    yield from _section("Guest", _pairs(words.guest_lines(report, sink.verbose)))
    yield from _section("Disks", _disks(report))
    yield from _section("Network cards", _nics(report))
    idle = words.idle_controllers(report.inventory)
    if idle:
        rows = [
            (one.address, one.verdict.interface, one.verdict.kind, _driver(one.driver), one.name)
            for one in idle
        ]
        yield from _section(
            words.controllers_title(report.inventory),
            _table(("Address", "Interface", "Kind", "Driver", "Name"), rows),
        )
    ignored = words.ignored_lines(report.inventory)
    if ignored:
        yield from _section(
            "Not judged", ["<ul>", *(f"<li>{escaped(line)}</li>" for line in ignored), "</ul>"]
        )
    if report.preflight:
        verdicts = [
            (one.target, one.device, words.started(one), one.verdict) for one in report.readiness
        ]
        yield from _section(
            "Readiness",
            _table(
                ("Target", "Device", words.started_title(report.inventory), "Verdict"), verdicts
            ),
        )
    elif not words.is_windows(report.inventory):
        yield from _section("Kernels", _kernels(report, sink))
    yield from _section("Findings", _findings(report, sink))
    if report.gaps:
        yield from _section("Gaps", _pairs(gap_rows(report, sink.verbose)))
    yield (
        f"<footer>guestcheck {escaped(report.version)}, {escaped(report.time)},"
        f" {escaped(guest.source)}</footer>"
    )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"<section><h2>{escaped(title)}</h2>"
    yield from lines
    yield "</section>"


def _pairs(pairs: Sequence[Tuple[str, str]]) -> List[str]:
    return [
        "<dl>",
        *(f"<dt>{escaped(label)}</dt><dd>{escaped(text)}</dd>" for label, text in pairs),
        "</dl>",
    ]


def _table(
    headings: Sequence[str], rows: Sequence[Tuple[str, ...]], more: Sequence[Sequence[str]] = ()
) -> List[str]:
    """Return a table without its empty columns; `more` has, for each row, lines to be told beneath
    it.
    """
    kept = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    lines = [
        '<div class="wide"><table>',
        "<thead><tr>"
        + "".join(f'<th scope="col">{escaped(headings[place])}</th>' for place in kept)
        + "</tr></thead>",
        "<tbody>",
    ]
    for number, row in enumerate(rows):
        lines.append(
            ('<tr class="above">' if more and more[number] else "<tr>")
            + "".join(_cell(row[place]) for place in kept)
            + "</tr>"
        )
        if more and more[number]:
            told = "<br>".join(escaped(line) for line in more[number])
            lines.append(f'<tr class="more"><td colspan="{len(kept)}" class="dim">{told}</td></tr>')
    return [*lines, "</tbody></table></div>"]


def _cell(text: str) -> str:
    return f'<td class="{text}">{text}</td>' if text in _COLOURED else f"<td>{escaped(text)}</td>"


def _driver(driver: object) -> str:
    return "unknown" if driver is None else str(driver) or "none"


def _disks(report: Report) -> List[str]:
    disks, cpus = report.inventory.disks, report.inventory.guest.cpus
    if not disks:
        return [
            f"<p>{escaped(words.none_of(report) if disks is not None else words.unread(report))}</p>"
        ]
    rows = [
        (
            d.name,
            words.size(d.size_bytes),
            d.verdict.kind,
            d.verdict.interface,
            d.driver,
            words.queues(d.queues, cpus),
            words.yes_no(d.discard),
            ", ".join(d.roles),
        )
        for d in disks
    ]
    more = words.more_once([(d.name, words.disk_more(d) + _ready(report, d.name)) for d in disks])
    return _table(
        ("Disk", "Size", "Kind", "Interface", "Driver", "Queues", "Trim", "Roles"), rows, more
    )


def _nics(report: Report) -> List[str]:
    nics, cpus = report.inventory.nics, report.inventory.guest.cpus
    if not nics:
        return [
            f"<p>{escaped(words.none_of(report) if nics is not None else words.unread(report))}</p>"
        ]
    rows = [
        (
            n.name or n.address,
            n.state,
            n.verdict.kind,
            n.verdict.interface,
            n.driver,
            words.queues(n.queues, cpus),
        )
        for n in nics
    ]
    more = words.more_once(
        [(n.name or n.address, words.nic_more(n) + _ready(report, n.name)) for n in nics]
    )
    return _table(("Card", "State", "Kind", "Interface", "Driver", "Queues"), rows, more)


def _ready(report: Report, name: str) -> List[str]:
    return [] if report.preflight else words.ready_lines(report, name)


def _kernels(report: Report, sink: Sink) -> List[str]:
    kernels = report.inventory.kernels
    if not kernels:
        return [f"<p>{escaped(words.no_kernel(report))}</p>"]
    symbols = words.shown_symbols(report.inventory, sink.verbose)
    rows = [
        (symbol, *(words.driver_word(words.state_of(kernel, symbol)) for kernel in kernels))
        for symbol in symbols
    ]
    lines = _table(
        ("Option", *(words.kernel_title(kernel) for kernel in kernels)),
        [row for row in rows if any(row[1:])],
    )
    return [
        *lines,
        *(
            [f'<p class="dim">{escaped(words.INITRAMFS_UNSEEN)}</p>']
            if words.initramfs_unseen(report.inventory)
            else []
        ),
    ]


def _findings(report: Report, sink: Sink) -> List[str]:
    found = words.groups(report, sink.verbose)
    if not found:
        return ["<p>None: nothing here should be changed.</p>"]
    return [line for group in found for line in _finding(group, report, sink)]


def _finding(group: words.Group, report: Report, sink: Sink) -> Iterator[str]:
    first = group.first
    yield f'<section class="finding at-{first.outcome}">'
    for result in words.told(group, sink.verbose):
        yield (
            f'<h3><span class="tag {result.outcome}">{result.outcome.upper()}</'
            f"span>{escaped(result.summary)}</h3>"
        )
    if first.outcome not in (PASS, SKIP):
        if words.why_of(first):
            yield f"<p>{escaped(first.why)}</p>"
        for hint in first.evidence if sink.verbose else first.evidence[:2]:
            yield f'<p class="dim">Evidence: {escaped(hint.source)}: {escaped(hint.says)}</p>'
        steps, left_out = words.shown_steps(group, report, sink.verbose)
        place = ""
        for step in steps:
            if step.where != place:
                place = step.where
                yield f'<p class="place">{escaped(words.place_title(step))}</p>'
            yield f"<p>{escaped(step.text)}</p>"
            if step.code:
                yield "<pre>" + "\n".join(escaped_code(line) for line in step.code) + "</pre>"
            if step.note:
                yield f'<p class="dim">{escaped(step.note)}</p>'
        yield (
            f'<p class="dim">More: {escaped(words.more_of(group) + (f"; {left_out}" if left_out else ""))}</p>'
        )
    yield "</section>"
