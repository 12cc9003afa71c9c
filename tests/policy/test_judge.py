"""A policy makes findings count more or less, adds its own, and leaves out what is ignored until
its day; then it gives one verdict.
"""

from __future__ import annotations

from typing import List, Tuple

import pytest

from guestcheck.cli._policy import names
from guestcheck.messages import words
from guestcheck.model.check import ERROR, FAIL, NOTE, PASS, SKIP, UNKNOWN, WARN, Result
from guestcheck.model.device import EMULATED, PASSTHROUGH, Inventory, Verdict
from guestcheck.model.policy import Judgement, Policy
from guestcheck.policy import judge
from guestcheck.policy.file import load
from tests.makers import a_disk, a_nic, an_inventory

NAMES = names()
TODAY = "2026-06-15"
GUEST = an_inventory(
    disks=(a_disk("vda", roles=("root", "boot")), a_disk("sdb", "ide", EMULATED, roles=("data",))),
    nics=(a_nic("eth0"), a_nic("eth1", "vf", PASSTHROUGH)),
)


def policy(text: str) -> Policy:
    return load(f"version = 1\n{text}", "p.toml", NAMES)


def by(
    text: str, *results: Tuple[str, str, str], inventory: Inventory = GUEST
) -> Tuple[Tuple[Result, ...], Judgement]:
    return judge(
        policy(text),
        inventory,
        tuple(Result(*told, f"{told[0]} of {told[2]}") for told in results),
        TODAY,
    )


def outcomes(results: Tuple[Result, ...]) -> List[Tuple[str, str, str]]:
    return [(result.id, result.outcome, result.subject) for result in results]


EMULATED_DISK = ("disk-emulated", WARN, "sdb")
NO_AGENT = ("guest-agent-missing", NOTE, "guest")


def test_a_policy_that_asks_for_nothing_changes_nothing() -> None:
    results, judgement = by("", EMULATED_DISK, NO_AGENT)
    assert outcomes(results) == [EMULATED_DISK, NO_AGENT]
    assert (judgement.outcome, judgement.says) == (PASS, "no finding at fail")


@pytest.mark.parametrize("outcome", [FAIL, WARN, NOTE])
def test_what_must_pass_fails_by_any_finding_and_names_its_line(outcome: str) -> None:
    results, judgement = by(
        '[checks]\nmust-pass = ["disk-emulated"]', ("disk-emulated", outcome, "sdb")
    )
    assert outcomes(results) == [("disk-emulated", FAIL, "sdb")]
    assert results[0].evidence[-1] == ("p.toml, line 3", "disk-emulated must pass")
    assert (judgement.outcome, judgement.says) == (FAIL, "1 finding at fail: disk-emulated (sdb)")


@pytest.mark.parametrize(
    ("outcome", "verdict"), [(PASS, PASS), (SKIP, PASS), (UNKNOWN, UNKNOWN), (ERROR, UNKNOWN)]
)
def test_what_must_pass_and_could_not_be_told_leaves_the_verdict_open(
    outcome: str, verdict: str
) -> None:
    results, judgement = by(
        '[checks]\nmust-pass = ["disk-emulated"]', ("disk-emulated", outcome, "sdb")
    )
    assert outcomes(results) == [("disk-emulated", outcome, "sdb")]
    assert judgement.outcome == verdict


def test_what_could_not_be_told_elsewhere_counts_only_where_the_policy_is_strict() -> None:
    assert by("", ("disk-emulated", UNKNOWN, "sdb"))[1].outcome == PASS
    assert by("strict = true", ("disk-emulated", UNKNOWN, "sdb"))[1].outcome == UNKNOWN


def test_what_must_pass_and_was_not_run_leaves_it_open() -> None:
    results, judgement = by('[checks]\nmust-pass = ["disk-emulated"]', NO_AGENT)
    assert outcomes(results)[0] == ("policy-not-run", UNKNOWN, "disk-emulated")
    assert judgement.outcome == UNKNOWN


def test_a_severity_changes_findings_and_nothing_else() -> None:
    text = '[severity]\ndisk = "note"\ndisk-emulated = "fail"'
    results, judgement = by(
        text,
        EMULATED_DISK,
        ("disk-single-queue", WARN, "vda"),
        ("disk-discard-off", UNKNOWN, "vda"),
        ("disk-emulated", PASS, "vda"),
    )
    assert outcomes(results) == [
        ("disk-emulated", FAIL, "sdb"),
        ("disk-discard-off", UNKNOWN, "vda"),
        ("disk-single-queue", NOTE, "vda"),
        ("disk-emulated", PASS, "vda"),
    ]
    assert judgement.outcome == FAIL


@pytest.mark.parametrize(
    ("level", "verdict"), [("note", FAIL), ("warn", PASS), ("fail", PASS), ("never", PASS)]
)
def test_the_level_decides_what_counts(level: str, verdict: str) -> None:
    judgement = by(f'fail-on = "{level}"', NO_AGENT)[1]
    assert (judgement.outcome, judgement.fail_on) == (verdict, level)


class TestKinds:
    def test_each_device_of_a_role_is_held_against_it(self) -> None:
        results, judgement = by(
            '[kinds]\nroot-disk = "paravirtual"\nevery-disk = ["paravirtual"]\nevery-nic = '
            '["paravirtual", "passthrough"]'
        )
        assert outcomes(results) == [
            ("policy-kind", FAIL, "sdb"),
            ("policy-kind", PASS, "vda"),
            ("policy-kind", PASS, "vda"),
            ("policy-kind", PASS, "eth0"),
            ("policy-kind", PASS, "eth1"),
        ]
        assert results[0].summary == "sdb is emulated (ide); the policy wants paravirtual"
        assert results[0].evidence[0] == ("p.toml, line 4", "every-disk: paravirtual")
        assert judgement.outcome == FAIL

    def test_an_interface_may_be_wanted(self) -> None:
        assert by('[kinds]\nroot-disk = "virtio-blk"')[1].outcome == PASS
        assert (
            by('[kinds]\nroot-disk = ["virtio-scsi", "nvme"]')[0][0].summary
            == "vda (root disk) is paravirtual (virtio-blk); the policy wants virtio-scsi or nvme"
        )

    def test_what_is_not_known_is_not_guessed(self) -> None:
        unsure = an_inventory(
            disks=(a_disk("sda", "ide", "unknown", settle="lspci", roles=("root",)),), nics=None
        )
        for text in (
            'root-disk = "ide"',
            'root-disk = "emulated"',
            'every-nic = "paravirtual"',
            'swap-disk = "emulated"',
        ):
            results, judgement = by(f"[kinds]\n{text}", inventory=unsure)
            expected = SKIP if "swap" in text else UNKNOWN
            assert [result.outcome for result in results] == [expected], text
            assert judgement.outcome == (PASS if "swap" in text else UNKNOWN)

    @pytest.mark.parametrize("role", ["root-disk", "boot-disk", "swap-disk"])
    def test_a_role_that_no_disk_is_known_to_have_is_open_where_no_roles_are_known(
        self, role: str
    ) -> None:
        assert outcomes(
            by(f'[kinds]\n{role} = "paravirtual"', inventory=an_inventory(disks=(a_disk("vda"),)))[
                0
            ]
        ) == [("policy-kind", UNKNOWN, "guest")]

    def test_a_guest_without_cards_breaks_no_rule_for_cards(self) -> None:
        assert (
            by('[kinds]\nevery-nic = "paravirtual"', inventory=an_inventory(nics=()))[1].outcome
            == PASS
        )
        assert (
            by('[kinds]\nroot-disk = "paravirtual"', inventory=an_inventory(disks=()))[1].outcome
            == UNKNOWN
        )

    def test_a_kind_without_an_interface_is_no_answer_to_one(self) -> None:
        nameless = an_inventory(
            disks=(a_disk("vda", roles=("root",))._replace(verdict=Verdict("", "paravirtual")),)
        )
        assert by('[kinds]\nroot-disk = "virtio-blk"', inventory=nameless)[1].outcome == UNKNOWN


class TestIgnores:
    def text(self, until: str, check: str = "guest-agent-missing", subject: str = "") -> str:
        return (
            f'fail-on = "note"\n[[ignore]]\ncheck = "{check}"\nreason = "ticket 1"\nuntil '
            f"= {until}\n" + (f'subject = "{subject}"\n' if subject else "")
        )

    @pytest.mark.parametrize("until", [TODAY, "2030-01-01"])
    def test_it_holds_up_to_and_with_its_day(self, until: str) -> None:
        results, judgement = by(self.text(until), NO_AGENT)
        assert outcomes(results) == [("guest-agent-missing", SKIP, "guest")]
        assert words(results[0].summary).endswith(f"(ignored until {until})")
        assert results[0].evidence[-1] == ("p.toml, line 3", f"ignored until {until}: ticket 1")
        assert (judgement.outcome, judgement.says) == (
            PASS,
            "no finding at note or worse; 1 ignored",
        )
        assert [(one.result.outcome, one.ignore.reason) for one in judgement.accepted] == [
            (NOTE, "ticket 1")
        ]

    def test_the_day_after_it_is_a_finding_and_what_it_covered_counts(self) -> None:
        results, judgement = by(self.text("2026-06-14"), NO_AGENT)
        assert outcomes(results) == [
            ("policy-ignore-expired", FAIL, "guest-agent-missing"),
            NO_AGENT,
        ]
        assert (
            results[0].summary
            == "guest-agent-missing was to be ignored until 2026-06-14, which has passed"
        )
        assert judgement.outcome == FAIL
        assert judgement.accepted == ()

    def test_how_much_that_counts_is_the_policy_s_to_say(self) -> None:
        assert (
            by(self.text("2026-06-14") + '[severity]\npolicy-ignore-expired = "warn"', NO_AGENT)[0][
                0
            ].outcome
            == WARN
        )

    def test_what_it_does_not_find_is_a_note(self) -> None:
        results, _ = by(self.text("2030-01-01", "disk-emulated", "sdc"), EMULATED_DISK)
        assert outcomes(results) == [EMULATED_DISK, ("policy-ignore-unused", NOTE, "disk-emulated")]

    @pytest.mark.parametrize(
        ("subject", "held"),
        [
            ("sdb", True),
            ("sd*", True),
            ("*", True),
            ("sda", False),
            ("sd", False),
            ("sd?", False),
            ("sd[b]", False),
        ],
    )
    def test_it_covers_the_subject_that_it_names(self, subject: str, held: bool) -> None:
        results, _ = by(self.text("2030-01-01", "disk-emulated", subject), EMULATED_DISK)
        assert (outcomes(results)[0][1] == SKIP) == held

    def test_it_covers_what_the_policy_itself_finds(self) -> None:
        text = '[kinds]\nevery-disk = "paravirtual"\n' + self.text(
            "2030-01-01", "policy-kind", "sdb"
        ).replace('fail-on = "note"\n', "")
        assert by(text)[1].outcome == PASS

    def test_it_covers_what_must_pass_and_what_could_not_be_told(self) -> None:
        text = self.text("2030-01-01") + '[checks]\nmust-pass = ["guest-agent-missing"]'
        for outcome in (NOTE, UNKNOWN, ERROR):
            assert by(text, ("guest-agent-missing", outcome, "guest"))[1].outcome == PASS


def test_a_verdict_names_some_and_counts_the_rest() -> None:
    _, judgement = by(
        'fail-on = "warn"', *(("disk-emulated", WARN, f"sd{letter}") for letter in "abcdefgh")
    )
    assert judgement.says.startswith("8 findings at warn or worse: disk-emulated (sda), ")
    assert judgement.says.endswith("disk-emulated (sdf) and 2 more")
