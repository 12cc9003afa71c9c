"""SARIF 2.1.0: what the standard's sections 3.13 to 3.52 demand of what is written here, and where
a result is placed.
"""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from jsonschema import Draft7Validator

from guestcheck.model.check import ERROR, FAIL, NOTE, OUTCOMES, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.hint import Hint
from guestcheck.model.policy import Accepted, Ignore, Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine.sarif import render
from tests.makers import a_report, an_inventory

TEXT = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "minLength": 1}},
}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "additionalProperties": False,
    "properties": {
        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9_.+/%-]+$"},
        "uriBaseId": {"const": "GUEST"},
    },
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["logicalLocations", "physicalLocation"],
    "properties": {
        "logicalLocations": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "kind": {"const": "resource"},
                    "fullyQualifiedName": {"type": "string"},
                },
            },
        },
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "artifactLocation": ARTIFACT,
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                },
            },
        },
    },
}
RESULT = {
    "type": "object",
    "required": [
        "ruleId",
        "ruleIndex",
        "kind",
        "level",
        "message",
        "locations",
        "partialFingerprints",
    ],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"const": "accepted"},
                    "justification": {"type": "string"},
                },
            },
        },
        "properties": {"type": "object"},
    },
    "if": {"properties": {"kind": {"const": "fail"}}},
    "then": {"properties": {"level": {"enum": ["note", "warning", "error"]}}},
    "else": {"properties": {"level": {"const": "none"}}},
}
RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
    },
}
FORM = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {"type": "array", "items": RULE},
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {"type": "object", "required": ["executionSuccessful"]},
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "originalUriBaseIds": {"type": "object"},
                    "results": {"type": "array", "items": RESULT},
                    "properties": {"type": "object"},
                },
            },
        },
    },
}


def run_of(report: Report) -> Dict[str, Any]:
    text = render(report, Sink())
    assert text.isascii()
    told = json.loads(text)
    # The results are written one by one, and laid out as the whole is.
    assert text == json.dumps(told, indent=1).replace("\x7f", "\\u007f") + "\n"
    Draft7Validator(FORM).validate(told)
    run: Dict[str, Any] = told["runs"][0]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    return run


def of(*results: Result, **fields: object) -> Dict[str, Any]:
    return run_of(a_report(an_inventory(), found=results)._replace(**fields))  # type: ignore[arg-type]


def test_every_report_is_sarif(report: Report) -> None:
    assert len(run_of(report)["results"]) == len(report.results)


@pytest.mark.parametrize(
    ("outcome", "kind", "level"),
    [
        (FAIL, "fail", "error"),
        (WARN, "fail", "warning"),
        (NOTE, "fail", "note"),
        (PASS, "pass", "none"),
        (SKIP, "notApplicable", "none"),
        (UNKNOWN, "open", "none"),
        (ERROR, "review", "none"),
    ],
)
def test_an_outcome_has_its_kind_and_level(outcome: str, kind: str, level: str) -> None:
    result = of(Result("x-y", outcome, "x", "x"))["results"][0]
    assert (result["kind"], result["level"]) == (kind, level)


def test_every_outcome_has_one() -> None:
    assert len(of(*(Result("x-y", outcome, "x", "x") for outcome in OUTCOMES))["results"]) == len(
        OUTCOMES
    )


@pytest.mark.parametrize(
    ("sources", "uri", "line", "base"),
    [
        (("/etc/fstab, line 3",), "etc/fstab", 3, "GUEST"),
        (("/boot/initrd.img-6.1", "/etc/fstab, line 3"), "etc/fstab", 3, "GUEST"),
        (("/boot/initrd.img-6.1",), "boot/initrd.img-6.1", None, "GUEST"),
        (("/sys/class/block/sda", "PCI 0000:00:01.1"), "guest", None, None),
        (("image.toml, line 12",), "image.toml", 12, None),
        (("/etc/a b, line 3",), "guest", None, None),
        (("/etc/\x1b, line 3", "/etc/<b>"), "guest", None, None),
    ],
)
def test_a_result_is_placed_where_its_evidence_stands(
    sources: Any, uri: str, line: Any, base: Any
) -> None:
    hints = tuple(Hint(source, "x") for source in sources)
    place = of(Result("x-y", FAIL, "sda", "x", "", hints))["results"][0]["locations"][0][
        "physicalLocation"
    ]
    assert (
        place["artifactLocation"]["uri"],
        place.get("region", {}).get("startLine"),
        place["artifactLocation"].get("uriBaseId"),
    ) == (uri, line, base)


def test_what_a_policy_ignores_is_there_with_a_suppression() -> None:
    found = Result("x-y", WARN, "sda", "as it was")
    judgement = Judgement(
        "p.toml",
        "",
        PASS,
        "",
        "fail",
        (),
        (Accepted(found, Ignore("x-y", "*", "later", "2030-01-01", 1)),),
    )
    result = of(Result("x-y", SKIP, "sda", "ignored"), judgement=judgement)["results"][0]
    assert (result["kind"], result["level"], result["message"]["text"]) == (
        "fail",
        "warning",
        "as it was",
    )
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "until 2030-01-01: later"}
    ]


def test_a_fingerprint_is_of_check_and_subject_alone() -> None:
    one, same, other = of(
        Result("x-y", FAIL, "sda", "a"),
        Result("x-y", WARN, "sda", "b"),
        Result("x-y", WARN, "sdb", "b"),
    )["results"]
    assert one["partialFingerprints"] == same["partialFingerprints"] != other["partialFingerprints"]
