"""SARIF 2.1.0: for code scanning, as GitHub's and Azure DevOps', of repositories that build images.

By the OASIS standard of 2020. A result is placed where its evidence stands in a file of the guest
(etc/fstab, line 3), else at the guest by its name; what a policy ignores is there with a
suppression. Rule ids and fingerprints stay.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import chain
from json import dumps
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from guestcheck.messages import words
from guestcheck.model.advice import Step, for_guest
from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.policy import Accepted
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry, Listing
from guestcheck.render.escaping import plain, plain_code
from guestcheck.render.machine._pieces import joined
from guestcheck.render.sentences import sentence

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# Only what failed has a level.
_KINDS = {
    PASS: "pass",
    SKIP: "notApplicable",
    UNKNOWN: "open",
    ERROR: "review",
    NOTE: "fail",
    WARN: "fail",
    FAIL: "fail",
}
_LEVELS = {NOTE: "note", WARN: "warning", FAIL: "error"}
_PLACE = re.compile(r"(/[\w@.+/-]+|[\w@.+/-]+\.toml)(?:, line (\d+))?\Z", re.ASCII)
_HARMLESS = re.compile(r"[^A-Za-z0-9_.-]+")

Json = Dict[str, object]


def render(report: Report, sink: Sink) -> str:  # noqa: ARG001 (every format takes a sink)
    """Return the report as one SARIF log with one run, in ASCII."""
    head, tail = _dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [None]}).split("null")
    return joined((head, *_run_pieces(report, {}, 2), tail, "\n"))


def part(entry: Entry, sink: Sink) -> str:  # noqa: ARG001
    """Return one of several guests as a run of its own."""
    about: Json = {"automationDetails": {"id": f"guestcheck/{plain(entry.name)}"}}
    if entry.report:
        return joined(_run_pieces(entry.report, about, 0))
    return _dumped({**_failed_run([entry.error], entry.version), **about})


def whole(listing: Listing, parts: Iterable[str], sink: Sink) -> Iterator[str]:  # noqa: ARG001
    """Yield the log with the runs of several guests, and one of what was not judged."""
    yield f'{{\n "$schema": "{SCHEMA}",\n "version": "2.1.0",\n "runs": ['
    lost = [f"{gap.asked}: {gap.reason}" for gap in listing.gaps if gap.leaves_open]
    ours = (
        [
            _dumped(
                {**_failed_run(lost, listing.version), "automationDetails": {"id": "guestcheck/"}}
            )
        ]
        if lost
        else []
    )
    for number, text in enumerate(chain(parts, ours)):
        yield ("," if number else "") + "\n" + text
    yield "\n ]\n}\n"


def _failed_run(messages: Sequence[str], version: str) -> Json:
    notes = [{"level": "error", "message": {"text": plain(message)}} for message in messages]
    driver = {"name": "guestcheck", "version": plain(version)}
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": False, "toolExecutionNotifications": notes}],
        "results": [],
    }


def _dumped(told: Json) -> str:
    return dumps(told, indent=1).replace("\x7f", "\\u007f")


_NO_RESULTS = '\n "results": []'  # no text in JSON holds a line break, so this is the field itself


def _run_pieces(report: Report, about: Json, depth: int) -> Iterator[str]:
    """Yield a run as JSON, `depth` columns to the right; its results one by one, since all of them
    as objects take more memory than all else.
    """
    told = [*_results(report)]
    ids = [*dict.fromkeys(result.id for result, _, _ in told)]
    run = _dumped({**_run(report, told, ids), **about})
    start, field, end = run.partition(_NO_RESULTS)
    yield _moved(start, depth)
    yield _moved(field[:-1], depth)
    inner = depth + 2
    for number, (result, place, accepted) in enumerate(told):
        entry = _dumped(_entry(report, result, place, accepted, ids.index(result.id)))
        yield ("," if number else "") + "\n" + " " * inner + _moved(entry, inner)
    yield ("\n" + " " * (depth + 1) if told else "") + "]"
    yield _moved(end, depth)


def _moved(text: str, depth: int) -> str:
    return text.replace("\n", "\n" + " " * depth) if depth else text


def _run(
    report: Report, told: List[Tuple[Result, int, Optional[Accepted]]], ids: List[str]
) -> Json:
    whys = {result.id: result.why for result, _, _ in reversed(told) if result.why}
    driver: Json = {
        "name": "guestcheck",
        "version": plain(report.version),
        "rules": [_rule(id_, whys.get(id_, "")) for id_ in ids],
    }
    failed = [result for result, _, _ in told if result.outcome == ERROR]
    invocation: Json = {"executionSuccessful": not failed, "endTimeUtc": report.time}
    if failed:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": plain(words(result.summary))}}
            for result in failed
        ]
    return {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "GUEST": {"description": {"text": "The root of the guest's file system."}}
        },
        "results": [],
        "properties": {"verdict": sentence(report), "source": plain(report.inventory.guest.source)},
    }


def _results(report: Report) -> Iterator[Tuple[Result, int, Optional[Accepted]]]:
    """Yield each result, its number and, of what is ignored, as it was without the policy, why."""
    ignored = (
        {(one.result.id, one.result.subject): one for one in report.judgement.accepted}
        if report.judgement
        else {}
    )
    for number, result in enumerate(report.results):
        accepted = ignored.get((result.id, result.subject)) if result.outcome == SKIP else None
        yield (accepted.result if accepted else result), number, accepted


def _rule(id_: str, why: str) -> Json:
    rule: Json = {
        "id": id_,
        "shortDescription": {"text": id_.replace("-", " ")},
        "help": {"text": f"guestcheck explain {id_}"},
    }
    return {**rule, "fullDescription": {"text": why}} if why else rule


def _entry(
    report: Report, result: Result, number: int, accepted: Optional[Accepted], rule: int
) -> Json:
    lines = [line for step in for_guest(report.remedies.get(number, ())) for line in _lines(step)]
    text = (
        plain(words(result.summary))
        + ("." if lines else "")
        + "".join(f"\n{line}" for line in lines)
    )
    entry: Json = {
        "ruleId": result.id,
        "ruleIndex": rule,
        "kind": _KINDS[result.outcome],
        "level": _LEVELS.get(result.outcome, "none"),
        "message": {"text": text},
        "locations": [_location(report, result)],
        "partialFingerprints": {
            "guestcheck/v1": sha256(
                f"{result.id}\0{result.subject}".encode("utf-8", "replace")
            ).hexdigest()[:32]
        },
        "properties": {
            "outcome": result.outcome,
            "evidence": [f"{plain(hint.source)}: {plain(hint.says)}" for hint in result.evidence],
        },
    }
    if accepted:
        says = f"until {accepted.ignore.until}: {plain(accepted.ignore.reason)}"
        entry["suppressions"] = [{"kind": "external", "status": "accepted", "justification": says}]
    return entry


def _lines(step: Step) -> Iterator[str]:
    """Yield a step whole: what to do, the lines to type, and what to know before."""
    yield plain(f"{step.where}: {step.text}")
    yield from (f"    {plain_code(line)}" for line in step.code)
    if step.note:
        yield f"({plain(step.note)})"


def _location(report: Report, result: Result) -> Json:
    subject = plain(result.subject)
    location: Json = {
        "logicalLocations": [
            {
                "name": subject,
                "kind": "resource",
                "fullyQualifiedName": f"{result.id.partition('-')[0]}/{subject}",
            }
        ]
    }
    places = [
        found
        for found in (_PLACE.match(hint.source) for hint in result.evidence)
        if found and not found[1].startswith(("/sys", "/proc"))
    ]
    # A line tells more than a file, and one that has to be changed is what somebody looks for.
    best: List["re.Match[str]"] = sorted(places, key=lambda found: found[2] is None)
    if not best:
        guest = report.inventory.guest
        name = _HARMLESS.sub("-", guest.hostname or "guest").strip("-.")[:80] or "guest"
        location["physicalLocation"] = {"artifactLocation": {"uri": name}}
        return location
    inside = best[0][1].startswith("/")
    artifact: Json = {"uri": best[0][1].lstrip("/").replace("@", "%40")}
    if inside and not best[0][1].endswith(".toml"):
        artifact["uriBaseId"] = "GUEST"
    physical: Json = {"artifactLocation": artifact}
    if best[0][2]:
        physical["region"] = {"startLine": max(1, int(best[0][2]))}
    location["physicalLocation"] = physical
    return location
