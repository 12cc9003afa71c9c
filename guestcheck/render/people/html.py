"""HTML: for a person with a browser, to keep or to hand on; one file without script, light and
dark, and fit to print.

Nothing is fetched: the page forbids itself everything but its own style. Text of the guest is
escaped. Its look may change.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, Sequence

from guestcheck.model.advice import Step
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render._several import HEADINGS, cells, gap_lines, host_of, summary
from guestcheck.render.escaping import escaped, escaped_code
from guestcheck.render.page.parts import (
    Block,
    Finding,
    Grid,
    Lines,
    Matrix,
    Page,
    Pairs,
    Table,
    Verdict,
    as_table,
    fitted,
)
from guestcheck.render.page.report import page_of
from guestcheck.render.people._html_style import HEAD, STYLE

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
    return paint(page_of(report, sink.verbose), sink)


def paint(page: Page, sink: Sink) -> str:  # noqa: ARG001 (every painter takes a sink)
    """Return the page as one HTML document, in ASCII."""
    head = _head(page.made[0], f"guestcheck: {page.name}")
    return "\n".join((head, *_body(page), "</body>", "</html>")) + "\n"


def _head(version: str, title: str) -> str:
    return (
        HEAD.replace("{style}", STYLE)
        .replace("{version}", escaped(version))
        .replace("{title}", escaped(title))
    )


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as an article, to which the table above it leads."""
    host = host_of(entry.report)
    title = escaped(f"{entry.name}{f' ({host})' if host else ''}")
    body = (
        _body(page_of(entry.report, sink.verbose))
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
    yield "\n".join(_framed("Guests", _guests(listing))) + "\n"
    if listing.gaps:
        yield "\n".join(_framed("Not judged", _lines(tuple(gap_lines(listing))))) + "\n"
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
        name, *others = map(escaped, cells(row, listing.preflight))
        others_ = "".join(f"<td>{text}</td>" for text in others)
        lines.append(f'<tr><td><a href="#guest-{row.number}">{name}</a></td>{others_}</tr>')
    return [*lines, "</tbody></table></div>"]


def _body(page: Page) -> Iterator[str]:
    """Yield what is between the body's tags; what the policy says stands at the top."""
    yield f'<header><h1 class="{page.outcome}">{escaped(page.result or page.headline)}</h1>'
    if page.result:
        yield f"<p>{escaped(page.headline)}</p>"
    if page.pointer:
        yield f"<p>{escaped(page.pointer)}</p>"
    yield "</header>"
    for section in (*page.grounds, *page.sections):
        blocks = (line for block in section.blocks for line in _block(block))
        yield from _framed(section.title, blocks)
    version, time, source = page.made
    yield f"<footer>guestcheck {escaped(version)}, {escaped(time)}, {escaped(source)}</footer>"


def _framed(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<section><h2>{escaped(title)}</h2>" if title else "<section>"
    yield from lines
    yield "</section>"


def _block(block: Block) -> Iterable[str]:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, (Grid, Matrix)):
        note = block.note if isinstance(block, Grid) else ""
        return [
            *_table(as_table(block)),
            *([f'<p class="dim">{escaped(note)}</p>'] if note else []),
        ]
    if isinstance(block, Verdict):
        return _verdict(block)
    if isinstance(block, Pairs):
        rows = (f"<dt>{escaped(label)}</dt><dd>{escaped(text)}</dd>" for label, text in block.rows)
        return ["<dl>", *rows, "</dl>"]
    if isinstance(block, Lines):
        return _lines(block.texts)
    if isinstance(block, Finding):
        return _finding(block)
    return [f"<p>{escaped(block.text)}</p>"]


def _lines(texts: Sequence[str]) -> List[str]:
    return ["<ul>", *(f"<li>{escaped(text)}</li>" for text in texts), "</ul>"]


def _table(table: Table) -> List[str]:
    """Return a table; what is said of a row is a row beneath it."""
    table = fitted(table)
    heads = "".join(f'<th scope="col">{escaped(one.heading)}</th>' for one in table.columns)
    lines = ['<div class="wide"><table>', f"<thead><tr>{heads}</tr></thead>", "<tbody>"]
    for row in table.rows:
        cells_ = "".join(_cell(cell.text) for cell in row.cells)
        lines.append(f'<tr class="above">{cells_}</tr>' if row.more else f"<tr>{cells_}</tr>")
        if row.more:
            more = "<br>".join(map(escaped, row.more))
            span = len(table.columns)
            lines.append(f'<tr class="more"><td colspan="{span}" class="dim">{more}</td></tr>')
    return [*lines, "</tbody></table></div>"]


def _cell(text: str) -> str:
    return f'<td class="{text}">{text}</td>' if text in _COLOURED else f"<td>{escaped(text)}</td>"


def _verdict(verdict: Verdict) -> Iterator[str]:
    yield f'<section class="finding at-{verdict.tone}">'
    if verdict.title:
        yield f'<h3 class="{verdict.tone}">{escaped(verdict.title)}</h3>'
    for reason in verdict.reasons:
        yield f"<p><b>{escaped(reason.label)}</b> {escaped(reason.says)}</p>"
        for hint in reason.evidence:
            yield f'<p class="dim">Evidence: {escaped(hint.source)}: {escaped(hint.says)}</p>'
        if reason.settle:
            yield f'<p class="dim">would be settled by: {escaped(reason.settle)}</p>'
    yield from _steps(verdict.steps)
    yield "</section>"


def _finding(finding: Finding) -> Iterator[str]:
    outcome = finding.outcome
    yield f'<section class="finding at-{outcome}">'
    for head, _ in finding.heads:
        tag = f'<span class="tag {outcome}">{outcome.upper()}</span>'
        yield f"<h3>{tag}{escaped(head)}</h3>"
    if not finding.bare:
        yield from _advice(finding)
    yield "</section>"


def _advice(finding: Finding) -> Iterator[str]:
    if finding.why:
        yield f"<p>{escaped(finding.why)}</p>"
    for hint in finding.evidence:
        yield f'<p class="dim">Evidence: {escaped(hint.source)}: {escaped(hint.says)}</p>'
    yield from _steps(finding.steps)
    yield f'<p class="dim">More: {escaped(finding.more)}</p>'


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    place = ""
    for step in steps:
        if step.where != place:
            place = step.where
            yield f'<p class="place">{escaped(place)}</p>'
        yield f"<p>{escaped(step.text)}</p>"
        if step.code:
            yield "<pre>" + "\n".join(map(escaped_code, step.code)) + "</pre>"
        if step.note:
            yield f'<p class="dim">{escaped(step.note)}</p>'
