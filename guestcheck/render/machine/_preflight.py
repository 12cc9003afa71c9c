"""The JSON of `guestcheck preflight`, version 1: verdicts, their reasons with evidence, repairs,
and what was not examined. The JSON Schema ships as `guestcheck/render/preflight.schema.json`.
"""

from __future__ import annotations

from guestcheck.model.report import Report
from guestcheck.render.machine._pieces import dumps
from guestcheck.render.machine._verdicts import entry, judged, result_line

SCHEMA = "guestcheck.preflight/1"


def as_json(report: Report) -> str:
    """Return the verdicts as one JSON object, a verdict a line."""
    head = {
        "schema": SCHEMA,
        "tool": {"name": "guestcheck", "version": report.version},
        "time": report.time,
        "source": report.inventory.guest.source,
    }
    lines = [f"{dumps(name)}: {dumps(value)}" for name, value in head.items()]
    verdicts = ",\n ".join(
        dumps(entry(one, report.repairs.get(number, ())))
        for number, one in enumerate(report.readiness)
    )
    gaps = [
        {
            "question": gap.question,
            "asked": gap.asked,
            "reason": gap.reason,
            "leaves_open": gap.leaves_open,
        }
        for gap in report.gaps
    ]
    besides = dumps([entry(one, ()) for one in report.besides])
    lines += [f'"readiness": [\n {verdicts}\n]', f'"besides": {besides}', f'"gaps": {dumps(gaps)}']
    results = ",\n ".join(
        result_line(one, report.remedies.get(number, ()))
        for number, one in enumerate(report.results)
    )
    lines += [f'"results": [\n {results}\n]', f'"policy": {dumps(judged(report.judgement))}']
    return ("{\n" + ",\n".join(lines) + "\n}\n").replace("\x7f", "\\u007f")
