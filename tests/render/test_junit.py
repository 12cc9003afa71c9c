"""JUnit XML: it has the elements and attributes that Jenkins' junit-10.xsd allows and no others,
and its sums are right.
"""

from __future__ import annotations

from typing import Dict, Tuple
from xml.etree import ElementTree

import pytest

from guestcheck.model.check import ERROR, FAIL, NOTE, OUTCOMES, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.hint import Hint
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine.junit import render
from tests.makers import a_report, an_inventory

# Of each element what may be in it and which attributes it may have; those with a "!" it must have.
ALLOWED: Dict[str, Tuple[str, str]] = {
    "testsuites": ("testsuite", "name tests failures errors"),
    "testsuite": ("properties testcase", "name! tests! failures errors skipped timestamp hostname"),
    "properties": ("property", ""),
    "property": ("", "name! value!"),
    "testcase": ("skipped failure error system-out", "classname name!"),
    "skipped": ("", "message"),
    "failure": ("", "type message"),
    "error": ("", "type message"),
    "system-out": ("", ""),
}


def check(element: ElementTree.Element) -> None:
    children, attributes = ALLOWED[element.tag]
    assert {child.tag for child in element} <= set(children.split())
    assert set(element.attrib) <= set(attributes.replace("!", "").split())
    assert {name[:-1] for name in attributes.split() if name.endswith("!")} <= set(element.attrib)
    for child in element:
        check(child)


def of(*outcomes: str, **fields: object) -> ElementTree.Element:
    results = tuple(
        Result("disk-emulated", outcome, f"sd{number}", f"told {outcome}")
        for number, outcome in enumerate(outcomes)
    )
    return ElementTree.fromstring(
        render(a_report(an_inventory(), found=results)._replace(**fields), Sink())
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["note", "fail", "never"])
def test_every_report_is_well_formed_and_its_sums_are_right(report: Report, level: str) -> None:
    text = render(report._replace(fail_on=level), Sink())
    assert text.isascii()
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    root = ElementTree.fromstring(text)
    check(root)
    for holder in (root, *root):
        cases = list(holder.iter("testcase"))
        assert int(holder.attrib["tests"]) == len(cases)
        assert int(holder.attrib["failures"]) == len(list(holder.iter("failure")))
        assert int(holder.attrib["errors"]) == len(list(holder.iter("error")))
    assert len(list(root.iter("testcase"))) == len(report.results)


@pytest.mark.parametrize(
    ("outcome", "fields", "child"),
    [
        (FAIL, {}, "failure"),
        (WARN, {}, "system-out"),
        (WARN, {"fail_on": "warn"}, "failure"),
        (NOTE, {"fail_on": "note"}, "failure"),
        (FAIL, {"fail_on": "never"}, "system-out"),
        (PASS, {"fail_on": "note"}, ""),
        (SKIP, {}, "skipped"),
        (UNKNOWN, {}, "skipped"),
        (UNKNOWN, {"strict": True}, "error"),
        (UNKNOWN, {"preflight": True}, "error"),
        (ERROR, {}, "error"),
    ],
)
def test_an_outcome_becomes_what_the_exit_code_says(
    outcome: str, fields: Dict[str, object], child: str
) -> None:
    case = next(of(outcome, **fields).iter("testcase"))
    assert [one.tag for one in case] == ([child] if child else [])
    assert case.attrib == {"classname": "guestcheck.disk", "name": "disk-emulated: sd0"}


def test_what_a_policy_could_not_decide_is_an_error_there_alone() -> None:
    deciding = (Result("disk-emulated", UNKNOWN, "sd0", f"told {UNKNOWN}"),)
    root = of(UNKNOWN, UNKNOWN, judgement=Judgement("p.toml", "", UNKNOWN, "", "fail", deciding))
    assert [[one.tag for one in case] for case in root.iter("testcase")] == [["error"], ["skipped"]]


def test_results_of_one_check_on_one_device_have_names_that_stay() -> None:
    hints = tuple(
        (Hint("p.toml, line 3", f"{role}: paravirtual"),) for role in ("root-disk", "every-disk")
    )
    results = (
        *(
            Result(
                "readiness-nvme", outcome, "vda", f"vda on nvme, kernel {kernel}: told {outcome}"
            )
            for outcome, kernel in ((FAIL, "6.1"), (PASS, "6.2"))
        ),
        *(Result("policy-kind", FAIL, "vda", "told", "", hint) for hint in hints),
    )
    root = ElementTree.fromstring(render(a_report(an_inventory(), found=results), Sink()))
    assert [case.attrib["name"] for case in root.iter("testcase")] == [
        "policy-kind: vda: root-disk: paravirtual",
        "policy-kind: vda: every-disk: paravirtual",
        "readiness-nvme: vda: vda on nvme, kernel 6.1",
        "readiness-nvme: vda: vda on nvme, kernel 6.2",
    ]


def test_no_outcome_is_forgotten() -> None:
    assert len(list(of(*OUTCOMES).iter("testcase"))) == len(OUTCOMES)
