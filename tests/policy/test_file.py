"""A policy file is taken as it is written, and what is wrong in it is told with line and key, all
at once.
"""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from jsonschema import Draft7Validator

from guestcheck.cli._policy import names
from guestcheck.model.policy import Ignore, Policy, Wanted
from guestcheck.policy._toml import parse
from guestcheck.policy.file import PolicyError, load, worded
from guestcheck.policy.schema import schema
from guestcheck.policy.template import TEMPLATE

NAMES = names()
FULL = """\
version = 1
title = "An image"
fail-on = "warn"
strict = true
[checks]
must-pass = ["disk-emulated", "kernel"]
[severity]
nic = "note"
nic-emulated = "fail"
policy-ignore-expired = "warn"
[kinds]
root-disk = "paravirtual"
every-nic = ["vmxnet3", "passthrough"]
[readiness]
targets = [
  "kvm",
  "nvme",
]
kernels = "every"
[[ignore]]
check = "guest-agent-missing"
reason = "later"
until = 2030-01-31
[[ignore]]
check = "readiness-nvme"
subject = "sd*"
reason = "never used"
until = "2030-02-01"
"""


def wrong(text: str) -> "list[str]":
    with pytest.raises(PolicyError) as error:
        load(text, "p.toml", NAMES)
    return [worded("p.toml", problem) for problem in error.value.problems]


def plain(values: Any) -> Any:
    """Return TOML's values as JSON has them: a day as text."""
    return json.loads(json.dumps(values, default=str))


def test_everything_is_taken() -> None:
    policy = load(FULL, "p.toml", NAMES)
    assert (policy.file, policy.title, policy.fail_on, policy.strict, policy.every_kernel) == (
        "p.toml",
        "An image",
        "warn",
        True,
        True,
    )
    assert policy.must_pass["disk-emulated"] == 6
    assert {id_.partition("-")[0] for id_ in policy.must_pass} == {"disk", "kernel"}
    assert policy.severity["nic-emulated"] == ("fail", 9)
    assert policy.severity["nic-single-queue"] == ("note", 8)
    assert policy.severity["policy-ignore-expired"] == ("warn", 10)
    assert policy.wanted == (
        Wanted("root-disk", ("paravirtual",), 12),
        Wanted("every-nic", ("vmxnet3", "passthrough"), 13),
    )
    assert policy.targets == {"virtio-blk": 16, "virtio-scsi": 16, "virtio-net": 16, "nvme": 17}
    assert policy.target_names == ("kvm", "nvme")
    assert policy.ignores == (
        Ignore("guest-agent-missing", "*", "later", "2030-01-31", 20),
        Ignore("readiness-nvme", "sd*", "never used", "2030-02-01", 24),
    )


def test_the_smallest_policy_asks_for_nothing() -> None:
    assert load("version = 1", "p.toml", NAMES) == Policy("p.toml")


def test_the_template_is_a_policy_and_so_is_what_stands_in_its_comments() -> None:
    assert load(TEMPLATE, "p.toml", NAMES).targets
    keys = (
        "disk-single-queue",
        "every-disk",
        "[[ignore]]",
        "check =",
        "subject =",
        "reason =",
        "until =",
    )
    everything = "\n".join(
        line[2:] if line.startswith(tuple(f"# {key}" for key in keys)) else line
        for line in TEMPLATE.split("\n")
    )
    policy = load(everything, "p.toml", NAMES)
    assert (len(policy.ignores), len(policy.wanted), "disk-single-queue" in policy.severity) == (
        1,
        3,
        True,
    )
    assert not [line for line in TEMPLATE.split("\n") if len(line) > 120]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = 2", "p.toml, line 1, version: this guestcheck reads policies of version 1"),
        ("version = true", "p.toml, line 1, version: this guestcheck reads policies of version 1"),
        (
            "title = 'x'",
            "p.toml, line 1: 'version = 1' is missing: it says which form of policy this is",
        ),
        ("version = 1\nchecks = 3", "p.toml, line 2, checks: a table is expected: [checks]"),
        (
            "version = 1\n\n[check]\n",
            "p.toml, line 3, check: there is no such key here; did you mean checks?",
        ),
        (
            "version = 1\n[checks]\nmust-pas = []",
            "p.toml, line 3, checks.must-pas: there is no such key here; did you mean must-pass?",
        ),
        (
            "version = 1\n[checks]\nmust-pass = []",
            "p.toml, line 3, checks.must-pass: the list is empty: leave the key out to ask "
            "for nothing",
        ),
        (
            "version = 1\n[checks]\nmust-pass = [\n'disk',\n'nic-emulatd']",
            "p.toml, line 5, checks.must-pass: nic-emulatd: there is no such check; did you "
            "mean nic-emulated?",
        ),
        (
            "version = 1\n[checks]\nmust-pass = [1]",
            "p.toml, line 3, checks.must-pass: a text in quotes is expected",
        ),
        (
            "version = 1\n[severity]\nnic-emulated = 'off'",
            'p.toml, line 3, severity.nic-emulated: one of "fail", "warn", "note" is '
            "expected; to leave a result out, use [[ignore]] with a reason and a date",
        ),
        (
            "version = 1\n[severity]\nnic-emulatd = 'fail'",
            "p.toml, line 3, severity.nic-emulatd: there is no such check; did you mean "
            "nic-emulated?",
        ),
        (
            "version = 1\n[kinds]\nevery-nics = 'x'",
            "p.toml, line 3, kinds.every-nics: there is no such key here; did you mean every-nic?",
        ),
        (
            "version = 1\n[kinds]\nevery-nic = ['virtio-blk']",
            "p.toml, line 3, kinds.every-nic: virtio-blk: no kind (paravirtual, passthrough, "
            "emulated, physical) and no interface of such a device"
            "; did you mean virtio-net?",
        ),
        (
            "version = 1\n[readiness]\ntargets = ['virtio-scs']",
            "p.toml, line 3, readiness.targets: virtio-scs: there is no such target; did you "
            "mean virtio-scsi?; guestcheck list targets names all",
        ),
        (
            "version = 1\n[readiness]\nkernels = 'every'",
            "p.toml, line 2, readiness: no targets are named",
        ),
        (
            "version = 1\n[readiness]\ntargets = ['kvm']\nkernels = 'all'",
            'p.toml, line 4, readiness.kernels: one of "default", "every" is expected',
        ),
        (
            "version = 1\n[[ignore]]\ncheck = 'nic-emulated'\nreason = 'x'",
            "p.toml, line 2, ignore: until is missing: every [[ignore]] has a check, a reason "
            "and the day until which it holds",
        ),
        (
            "version = 1\n[[ignore]]\ncheck = 'nic-emulated'\nreason = ' '\nuntil = 2030-01-01",
            "p.toml, line 4, ignore.reason: the reason is empty",
        ),
        (
            "version = 1\n[[ignore]]\ncheck = 'nic-emulated'\nreason = 'x'\nuntil = '1.2.2030'",
            "p.toml, line 5, ignore.until: a day is expected: 2026-12-31",
        ),
        (
            "version = 1\n[[ignore]]\ncheck='nic-emulated'\nreason='x'\nuntil=2030-01-01T00:00:00Z",
            "p.toml, line 5, ignore.until: a day is expected: 2026-12-31",
        ),
        (
            "version = 1\n[ignore]\ncheck = 'nic-emulated'",
            "p.toml, line 2, ignore: a list of tables is expected: [[ignore]]",
        ),
        (
            "version = 1\nfail-on = 'error'",
            'p.toml, line 2, fail-on: one of "note", "warn", "fail", "never" is expected',
        ),
        ("version = 1\nstrict = 'yes'", "p.toml, line 2, strict: true or false is expected"),
        ('version = 1\n"\\u001b[31m" = 1', "p.toml, line 2, ?[31m: there is no such key here"),
        ("version = 1\nx", "p.toml, line 2: = is missing behind the key"),
        (
            'version = 1\n"\\u001b[31m\\n" = 1\n"\\u001b[31m\\n" = 2',
            "p.toml, line 3: ?[31m? is there already, in line 2",
        ),
        (f"{'k' * 5000} = 1\n" * 2, f"p.toml, line 2: {'k' * 400}"),
    ],
    ids=lambda value: ascii(value)[-40:],
)
def test_what_is_wrong_is_told_with_line_and_key(text: str, says: str) -> None:
    assert wrong(text) == [says]


def test_a_check_that_must_pass_has_no_severity() -> None:
    said = wrong("version = 1\n[checks]\nmust-pass = ['disk']\n[severity]\ndisk-emulated = 'note'")
    assert said == [
        "p.toml, line 5, severity.disk-emulated: checks.must-pass has it too, in line 3, "
        "which makes it fail: take one of them away"
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = "version = 1\nfail_on = 'x'\n[kinds]\nroot-disk = 'virtual'\n[[ignore]]\n"
    assert len(wrong(text)) == 5
    with pytest.raises(
        PolicyError,
        match=r"p\.toml, line 2, fail_on: .* \(and 4 more: guestcheck policy check p\.toml\)",
    ):
        load(text, "p.toml", NAMES)


class TestSchema:
    form: Dict[str, Any] = json.loads(schema(NAMES))

    def test_it_is_one(self) -> None:
        Draft7Validator.check_schema(self.form)

    @pytest.mark.parametrize("text", [FULL, TEMPLATE, "version = 1"])
    def test_it_takes_what_is_a_policy(self, text: str) -> None:
        Draft7Validator(self.form).validate(plain(parse(text).values))

    @pytest.mark.parametrize(
        "text",
        [
            "title = 'x'",
            "version = 2",
            "version = 1\n[check]",
            "version = 1\n[checks]\nmust-pass = ['x']",
            "version = 1\n[severity]\nnic-emulated = 'off'",
            "version = 1\n[kinds]\nevery-nic = 'virtio-blk'",
            "version = 1\n[readiness]\nkernels = 'every'",
            "version = 1\n[[ignore]]\ncheck = 'nic-emulated'",
            "version = 1\nstrict = 'yes'",
        ],
    )
    def test_it_refuses_what_is_none(self, text: str) -> None:
        assert wrong(text)
        assert not Draft7Validator(self.form).is_valid(plain(parse(text).values))
