"""HTML: for a person with a browser, to keep or to hand on; one file without script, light and
dark, and fit to print.

Nothing is fetched: the page forbids itself everything but its own style. Text of the guest is
escaped. Its look may change.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Iterable, Iterator, List

from guestcheck.model.report import Report, Sink
from guestcheck.render.escaping import escaped, escaped_code
from guestcheck.render.page import parts as p
from guestcheck.render.page.kinds import difference_page, report_page, several_page
from guestcheck.render.people._html_style import HEAD, STYLE
from guestcheck.render.several import host_of

if TYPE_CHECKING:
    from guestcheck.model.comparison import Comparison
    from guestcheck.model.several import Entry, Listing

# The kinds, verdicts and outcomes that have a colour of their own in a table.
_COLOURED = (
    "fail",
    "error",
    "warn",
    "note",
    "paravirtual",
    "emulated",
    "passthrough",
    "unknown",
    "boots",
    "does-not-boot",
    "network-up",
    "network-lost",
)


# The element of a line, by its role.
_LINES = {
    p.HEAD: '<h3><span class="tag {tone}">{label}</span>{text}</h3>',
    p.BARE: '<h3><span class="tag {tone}">{label}</span>{text}</h3>',
    p.TITLE: '<h3 class="{tone}">{text}</h3>',
    p.REASON: "<p><b>{label}</b> {text}</p>",
    p.FIELD: "<dt>{label}</dt><dd>{text}</dd>",
    p.PLACE: '<p class="place">{text}</p>',
    p.CODE: "<pre>{text}</pre>",
    p.WHY: "<p>{text}</p>",
    p.STEP: "<p>{text}</p>",
}
_OTHERS = '<p class="dim">{text}</p>'


def render(report: Report, sink: Sink) -> str:
    """Return the report as one HTML document, in ASCII."""
    return paint(report_page(report, sink.verbose), sink)


def compared(comparison: Comparison, sink: Sink) -> str:
    """Return what two reports differ in as one HTML document."""
    return paint(difference_page(comparison), sink)


def part(entry: Entry, sink: Sink) -> str:
    """Return one of several guests as an article, to which the table above it leads."""
    host = host_of(entry.report)
    title = escaped(f"{entry.name}{f' ({host})' if host else ''}")
    body = (
        _body(report_page(entry.report, sink.verbose))
        if entry.report
        else [f'<p class="error">NOT JUDGED {escaped(entry.error)}</p>']
    )
    article = f'<article id="guest-{entry.number}"><h1>{title}</h1>'
    return "\n".join((article, *body, "</article>")) + "\n"


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield one page: a table of several guests, what was not judged, and an article for each
    guest.
    """
    page = several_page(listing, alone=False)
    yield "\n".join((_head(page), *_content(page))) + "\n"
    yield from parts
    yield "\n".join((_footer(page), *_END)) + "\n"


def paint(page: p.Page, sink: Sink) -> str:  # noqa: ARG001 (every painter takes a sink)
    """Return the page as one HTML document, in ASCII."""
    return "\n".join((_head(page), *_body(page), *_END)) + "\n"


_END = ("</body>", "</html>")


def _head(page: p.Page) -> str:
    values = {"style": STYLE, "version": escaped(page.made[0])}
    values["title"] = escaped(f"guestcheck: {page.name}")
    text = HEAD
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _body(page: p.Page) -> Iterator[str]:
    """Yield what is between the body's tags."""
    yield from _content(page)
    yield _footer(page)


def _content(page: p.Page) -> Iterator[str]:
    """Yield the page; what the policy says stands at the top."""
    yield f'<header><h1 class="{page.outcome}">{escaped(page.result or page.headline)}</h1>'
    if page.result:
        yield f"<p>{escaped(page.headline)}</p>"
    if page.pointer:
        yield f"<p>{escaped(page.pointer)}</p>"
    yield "</header>"
    for section in (*page.grounds, *page.sections):
        yield f"<section><h2>{escaped(section.title)}</h2>" if section.title else "<section>"
        for block in section.blocks:
            yield from _block(block)
        yield "</section>"


def _footer(page: p.Page) -> str:
    version, *others = page.made
    made = ", ".join(escaped(word) for word in (f"guestcheck {version}", *others) if word)
    return f"<footer>{made}</footer>"


def _block(block: p.Block) -> Iterable[str]:
    if isinstance(block, p.Account):
        return _account(block)
    if isinstance(block, p.Table):
        return _table(block)
    if isinstance(block, (p.Grid, p.Matrix)):
        note = block.note if isinstance(block, p.Grid) else ""
        return [
            *_table(p.as_table(block)),
            *([f'<p class="dim">{escaped(note)}</p>'] if note else []),
        ]
    if isinstance(block, p.Pairs):
        rows = (f"<dt>{escaped(label)}</dt><dd>{escaped(text)}</dd>" for label, text in block.rows)
        return ["<dl>", *rows, "</dl>"]
    if isinstance(block, p.Lines):
        return ["<ul>", *(f"<li>{escaped(text)}</li>" for text in block.texts), "</ul>"]
    return [f"<p>{escaped(block.text)}</p>"]


def _table(table: p.Table) -> List[str]:
    """Return a table; what is said of a row is a row beneath it."""
    table = p.fitted(table)
    heads = "".join(f'<th scope="col">{escaped(one.heading)}</th>' for one in table.columns)
    lines = ['<div class="wide"><table>', f"<thead><tr>{heads}</tr></thead>", "<tbody>"]
    for row in table.rows:
        cells = "".join(map(_cell, row.cells))
        lines.append(f'<tr class="above">{cells}</tr>' if row.more else f"<tr>{cells}</tr>")
        if row.more:
            more = "<br>".join(map(escaped, row.more))
            span = len(table.columns)
            lines.append(f'<tr class="more"><td colspan="{span}" class="dim">{more}</td></tr>')
    return [*lines, "</tbody></table></div>"]


def _cell(cell: p.Cell) -> str:
    text = escaped(cell.text)
    text = f'<a href="#{escaped(cell.link)}">{text}</a>' if cell.link else text
    return f'<td class="{cell.tone}">{text}</td>' if cell.tone in _COLOURED else f"<td>{text}</td>"


def _account(account: p.Account) -> Iterator[str]:
    at = f" at-{account.tone}" if account.tone else ""
    yield f'<section class="finding{at}">'
    for role, lines in groupby(account.lines, lambda line: line.role):
        elements = map(_line, lines)
        yield from ("<dl>", *elements, "</dl>") if role == p.FIELD else elements
    yield "</section>"


def _line(line: p.Said) -> str:
    text = (
        "\n".join(map(escaped_code, line.text.split("\n")))
        if line.role == p.CODE
        else escaped(line.text)
    )
    form = _LINES.get(line.role, _OTHERS)
    return form.format(text=text, label=escaped(line.label), tone=escaped(line.tone))
