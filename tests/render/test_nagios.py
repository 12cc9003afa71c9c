"""A plugin's output: one line with status and numbers, the guest's text cannot add to either, and
the codes are Nagios'.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

import pytest

from guestcheck.errors import EXIT_FINDINGS, EXIT_OK
from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink
from guestcheck.render.machine.nagios import exit_code, render, trouble
from tests.cli.conftest import Run, recording, run  # noqa: F401 (fixtures)
from tests.makers import a_report, an_inventory

STATUS = re.compile(
    r"GUESTCHECK (OK|WARNING|CRITICAL|UNKNOWN) - [^|<>]+ \| (?:[a-z_]+=\d+;;;0(?:;\d+)?(?: |\Z))+\Z"
)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def of(*outcomes: str, **fields: object) -> Report:
    results = tuple(
        Result("disk-emulated", outcome, f"sd{number}", "told|<b>")
        for number, outcome in enumerate(outcomes)
    )
    return a_report(an_inventory(), found=results)._replace(**fields)  # type: ignore[arg-type]


def test_the_first_line_is_one_and_numbers_come_from_us(report: Report) -> None:
    text = render(report, Sink())
    first, *others = text[:-1].split("\n")
    assert STATUS.match(first), first
    assert first.split(" ")[1] == WORDS[exit_code(report)]
    assert text.isascii()
    assert not [line for line in others if "|" in line or "<" in line or not line.isprintable()]
    assert len(text) < 8192


@pytest.mark.parametrize(
    ("outcomes", "fields", "code"),
    [
        ((PASS, SKIP, NOTE), {}, 0),
        ((WARN,), {}, 1),
        ((WARN, FAIL), {}, 2),
        ((UNKNOWN,), {}, 0),
        ((UNKNOWN,), {"strict": True}, 3),
        ((UNKNOWN,), {"preflight": True}, 3),
        ((ERROR,), {"strict": True}, 3),
        ((UNKNOWN, WARN), {"strict": True}, 1),
    ],
)
def test_the_worst_outcome_is_the_code(
    outcomes: Tuple[str, ...], fields: Dict[str, object], code: int
) -> None:
    assert exit_code(of(*outcomes, **fields)) == code


@pytest.mark.parametrize(
    ("outcome", "deciding", "code"),
    [(PASS, (), 0), (FAIL, (WARN,), 1), (FAIL, (WARN, FAIL), 2), (UNKNOWN, (UNKNOWN,), 3)],
)
def test_a_policy_decides_where_there_is_one(
    outcome: str, deciding: Tuple[str, ...], code: int
) -> None:
    told = tuple(Result("x-y", one, "x", "x") for one in deciding)
    assert (
        exit_code(of(WARN, judgement=Judgement("p.toml", "", outcome, "says", "warn", told)))
        == code
    )


def test_a_guest_of_which_nothing_is_known_is_not_well() -> None:
    assert exit_code(a_report(an_inventory(disks=None, nics=None, kernels=None), found=())) == 3


def test_on_standard_output_its_code_is_the_program_s(run: Run, recording: str) -> None:  # noqa: F811
    done = run(recording, "-f", "nagios")
    assert (done.returncode, done.stderr, done.stdout.split(" ")[1]) == (1, "", "WARNING")
    assert run(recording, "-f", "nagios", "--select", "nic").returncode == 0


def test_in_a_file_it_leaves_the_exit_code_alone(
    run: Run,  # noqa: F811
    recording: str,  # noqa: F811
    tmp_path: "object",
) -> None:
    assert run(recording, "-f", f"nagios:{tmp_path}/x").returncode == EXIT_OK
    assert (
        run(recording, "-f", f"nagios:{tmp_path}/x", "--fail-on", "warn").returncode
        == EXIT_FINDINGS
    )


def test_what_goes_wrong_is_unknown_and_on_standard_output(run: Run) -> None:  # noqa: F811
    for words in (
        ("no-such-file",),
        ("preflight", "no-such-file", "--target", "kvm"),
        ("--policy", "/none"),
    ):
        done = run(*words, "-f", "nagios")
        assert (done.returncode, done.stderr, done.stdout.count("\n")) == (3, "", 1)
        assert done.stdout.startswith("GUESTCHECK UNKNOWN - ")


def test_an_error_cannot_add_numbers_either() -> None:
    assert trouble("a|b\n<c>") == ("GUESTCHECK UNKNOWN - a\\x7cb\\x0a\\x3cc\\x3e\n", 3)
