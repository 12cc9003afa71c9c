"""Verdicts as results: the default kernel counts, others are worth a note, and what is not known of
it is open.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from guestcheck.messages import words
from guestcheck.model.action import PrepareDriver
from guestcheck.model.check import FAIL, NOTE, PASS, UNKNOWN, WARN
from guestcheck.model.hint import Hint
from guestcheck.model.target import BOOTS, DOES_NOT_BOOT, OPEN, STOPS, WARNS, Readiness, Reason
from guestcheck.model.target import UNKNOWN as OPEN_VERDICT
from guestcheck.readiness.results import as_results

REASONS = {BOOTS: (), DOES_NOT_BOOT: (STOPS,), OPEN_VERDICT: (OPEN,), "warned": (WARNS,)}


def one(
    verdict: str, kernel: str = "6.1", default: Optional[bool] = True, device: str = "sda"
) -> Readiness:
    reasons = tuple(
        Reason(
            "r",
            f"{weight} in {kernel}",
            (Hint("/etc/fstab, line 1", "x"),),
            weight,
            "root" if weight == OPEN else "",
        )
        for weight in REASONS[verdict]
    )
    return Readiness(
        "nvme",
        "disk",
        device,
        kernel,
        default,
        BOOTS if verdict == "warned" else verdict,
        reasons,
        (),
    )


def outcomes(*found: Readiness, every: bool = False) -> List[Tuple[str, str]]:
    told = as_results(found, every)
    assert {result.id for result in told} == {"readiness-nvme"}
    return [(result.outcome, words(result.summary)) for result in told]


@pytest.mark.parametrize(
    ("verdict", "outcome", "summary"),
    [
        (BOOTS, PASS, "sda on nvme, kernel 6.1: boots"),
        ("warned", WARN, "sda on nvme, kernel 6.1: boots, but warns in 6.1"),
        (DOES_NOT_BOOT, FAIL, "sda on nvme, kernel 6.1: does not boot: stops in 6.1"),
        (
            OPEN_VERDICT,
            UNKNOWN,
            "sda on nvme, kernel 6.1: unknown whether it boots: open in 6.1 (to find out: root)",
        ),
    ],
)
def test_a_verdict_is_an_outcome(verdict: str, outcome: str, summary: str) -> None:
    assert outcomes(one(verdict)) == [(outcome, summary)]


@pytest.mark.parametrize(
    ("verdict", "noted"),
    [(BOOTS, PASS), ("warned", PASS), (DOES_NOT_BOOT, NOTE), (OPEN_VERDICT, NOTE)],
)
def test_kernels_that_do_not_boot_by_default_are_worth_a_note(verdict: str, noted: str) -> None:
    assert sorted(
        outcome for outcome, _ in outcomes(one(BOOTS), one(verdict, "5.10", False))
    ) == sorted([PASS, noted])


def test_every_kernel_counts_where_that_is_asked() -> None:
    assert [
        outcome
        for outcome, _ in outcomes(one(BOOTS), one(DOES_NOT_BOOT, "5.10", False), every=True)
    ] == [FAIL, PASS]


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (BOOTS, BOOTS, PASS),
        (DOES_NOT_BOOT, DOES_NOT_BOOT, FAIL),
        (BOOTS, DOES_NOT_BOOT, UNKNOWN),
        (BOOTS, OPEN_VERDICT, UNKNOWN),
        (BOOTS, "warned", WARN),
    ],
)
def test_where_no_default_is_known_all_have_to_agree(first: str, second: str, outcome: str) -> None:
    told = outcomes(one(first, "6.1", None), one(second, "5.10", None))
    assert [ended for ended, _ in told] == [outcome]
    assert "kernel 6.1, 5.10" in told[0][1]


def test_what_mends_it_goes_with_it() -> None:
    action = PrepareDriver(("virtio_blk",))
    stopped = one(DOES_NOT_BOOT)
    stopped = stopped._replace(reasons=(stopped.reasons[0]._replace(actions=(action,)),))
    assert as_results((stopped,))[0].actions == (action,)


def test_many_kernels_and_devices_have_a_result_each() -> None:
    found = tuple(
        one(DOES_NOT_BOOT, f"6.{kernel}", kernel == 0, f"sd{device}")
        for device in range(200)
        for kernel in range(20)
    )
    assert len(outcomes(*found)) == len(found)
