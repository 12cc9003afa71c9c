"""JUnit XML: for Jenkins, GitLab and other CI servers; a test suite a family of checks, a test case
a result.

There is no standard; it follows Jenkins' junit-10.xsd (xunit-plugin), which GitLab, GitHub's
actions and Azure Pipelines read too. Stable: the class name is "guestcheck." and the family, the
name is the check's id and its subject. What --fail-on counts is a failure; what could not be told
is an error where that would end with 3, else it is skipped.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, Iterator, List, Tuple

from guestcheck.messages import words
from guestcheck.model.advice import for_guest
from guestcheck.model.check import ERROR, FAIL, NOTE, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render.escaping import escaped, escaped_code
from guestcheck.render.machine._weight import counts, is_open
from guestcheck.render.sentences import sentence

Numbered = List[Tuple[int, Result]]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the report as one XML document, in ASCII."""
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', *_suites(report))) + "\n"


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001
    """Return one of several guests as a suite of its own."""
    report = entry.report
    if report is None:
        case = _trouble("judged", entry.error)
        return (
            f' <testsuite name="{escaped(entry.name)}" tests="1" failures="0" errors="1" '
            f'skipped="0">\n{case}\n </testsuite>\n'
        )
    numbered = list(enumerate(report.results))
    return "\n".join(_suite(report, entry.name, numbered, "")) + "\n"


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield the suites of several guests, and one of what was not judged."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="guestcheck">\n'
    yield from parts
    lost = [gap for gap in listing.gaps if gap.leaves_open]
    if lost:
        yield (
            f' <testsuite name="guestcheck: not judged" tests="{len(lost)}" failures="0" '
            f'errors="{len(lost)}" skipped="0">\n'
        )
        yield from (_trouble(gap.asked, gap.reason) + "\n" for gap in lost)
        yield " </testsuite>\n"
    yield "</testsuites>\n"


def _trouble(name: str, message: str) -> str:
    opening = f'  <testcase classname="guestcheck" name="{escaped(name)}">'
    return f'{opening}<error type="not judged" message="{escaped(message)}"/></testcase>'


def _suites(report: Report) -> Iterator[str]:
    families: Dict[str, Numbered] = {}
    for number, result in enumerate(report.results):
        families.setdefault(result.id.partition("-")[0], []).append((number, result))
    yield f'<testsuites name="guestcheck"{_sums(report, report.results)}>'
    for family, numbered in sorted(families.items()):
        yield from _suite(report, f"guestcheck.{family}", numbered, family)
    yield "</testsuites>"


def _sums(report: Report, results: Tuple[Result, ...]) -> str:
    sums = {
        "tests": len(results),
        "failures": sum(1 for result in results if _child(report, result) == "failure"),
        "errors": sum(1 for result in results if _child(report, result) == "error"),
    }
    return "".join(f' {name}="{count}"' for name, count in sums.items())


def _suite(report: Report, name: str, numbered: Numbered, family: str) -> Iterator[str]:
    guest = report.inventory.guest
    results = tuple(result for _, result in numbered)
    alike = Counter((result.id, result.subject) for result in results)
    skipped = sum(1 for result in results if _child(report, result) == "skipped")
    host = f' hostname="{escaped(guest.hostname)}"' if guest.hostname else ""
    yield (
        f' <testsuite name="{escaped(name)}"{_sums(report, results)} skipped="{skipped}" '
        f'timestamp="{report.time.rstrip("Z")}"{host}>'
    )
    yield "  <properties>"
    for label, value in (
        ("version", report.version),
        ("source", guest.source),
        ("verdict", sentence(report)),
    ):
        yield f'   <property name="guestcheck.{label}" value="{escaped(value)}"/>'
    yield "  </properties>"
    for number, result in numbered:
        yield from _case(
            report,
            family or result.id.partition("-")[0],
            number,
            result,
            alike[result.id, result.subject],
        )
    yield " </testsuite>"


def _case(report: Report, family: str, number: int, result: Result, alike: int) -> Iterator[str]:
    name = f"{result.id}: {result.subject}" + (f": {_besides(result)}" if alike > 1 else "")
    opening = f'  <testcase classname="guestcheck.{family}" name="{escaped(name)}"'
    child = _child(report, result)
    body = "\n".join(_lines(report, number, result))
    if child == "skipped":
        yield f'{opening}><skipped message="{escaped(words(result.summary))}"/></testcase>'
    elif child:
        yield (
            f'{opening}><{child} type="{result.outcome}" '
            f'message="{escaped(words(result.summary))}">{body}</{child}></testcase>'
        )
    elif result.outcome in (FAIL, WARN, NOTE):
        yield (
            f"{opening}><system-out>{result.outcome.upper()}: "
            f"{escaped(words(result.summary))}\n{body}</"
            "system-out></testcase>"
        )
    else:
        yield f"{opening}/>"


def _besides(result: Result) -> str:
    """Return what tells results of one check on one device apart and stays however they end: the
    kernel, else the rule.
    """
    if result.id.startswith("readiness-"):
        return words(result.summary).partition(": ")[0]
    return result.evidence[0].says if result.evidence else words(result.summary)


def _child(report: Report, result: Result) -> str:
    if counts(report, result):
        return "failure"
    if result.outcome in (UNKNOWN, ERROR):
        return "error" if result.outcome == ERROR or is_open(report, result) else "skipped"
    return "skipped" if result.outcome == SKIP else ""


def _lines(report: Report, number: int, result: Result) -> Iterator[str]:
    if result.why:
        yield f"Why: {escaped(result.why)}"
    for hint in result.evidence:
        yield f"Evidence: {escaped(hint.source)}: {escaped(hint.says)}"
    for step in for_guest(report.remedies.get(number, ())):
        yield f"{escaped(step.where)}: {escaped(step.text)}"
        yield from (f"    {escaped_code(line)}" for line in step.code)
        if step.note:
            yield f"({escaped(step.note)})"
