"""What the formats for people share: gaps and findings that say the same are told together."""

from __future__ import annotations

from guestcheck.model.check import PASS, UNKNOWN, Result
from guestcheck.model.source import ONLY_RUNNING, Gap
from guestcheck.render.page.findings import groups
from guestcheck.render.page.gaps import gap_lines
from guestcheck.render.sentences import headline, unread
from tests.makers import a_disk, a_report, an_inventory


def test_few_gaps_are_told_one_by_one() -> None:
    gaps = (
        Gap("block", "lsblk", "not there", "which disks there are"),
        Gap("pci", "lspci", "not there", ""),
    )
    assert gap_lines(gaps) == [
        ("lsblk", "not there; leaves open: which disks there are"),
        ("lspci", "not there"),
    ]


def test_many_gaps_of_one_reason_are_told_by_what_they_leave_open() -> None:
    gaps = tuple(
        Gap(name, name, ONLY_RUNNING, f"the {name}") for name in ("disks", "cards", "clock")
    )
    other = Gap("source", "/boot", "empty", "the default")
    assert gap_lines((*gaps, other)) == [
        (ONLY_RUNNING, "the disks; the cards; the clock"),
        ("/boot", "empty; leaves open: the default"),
    ]


def test_a_gap_that_leaves_nothing_open_is_never_lost() -> None:
    gaps = tuple(Gap("nic", f"ethtool eth{number}", "timeout", "") for number in range(4))
    assert len(gap_lines(gaps)) == 4


def test_checks_that_lack_one_fact_are_told_together() -> None:
    lacking = tuple(
        Result(name, UNKNOWN, "guest", "not known: the disks", "", (), ())
        for name in ("disk-emulated", "disk-virtio-legacy")
    )
    alone = Result("nic-emulated", UNKNOWN, "guest", "not known: the network cards", "", (), ())
    report = a_report(
        an_inventory(), found=(*lacking, alone, Result("x", PASS, "guest", "fine", "", (), ()))
    )
    assert [[result.summary for result in group.results] for group in groups(report, False)] == [
        [
            "not known: the disks; open: disk-emulated, disk-virtio-legacy",
            "not known: the network cards; open: nic-emulated",
        ],
    ]


def test_devices_that_cannot_be_seen_are_not_called_none() -> None:
    gaps = (Gap("block", "lsblk", ONLY_RUNNING, "which disks there are"),)
    offline = a_report(an_inventory(disks=None, nics=None), gaps)
    assert unread(offline) == "can only be seen in the running guest"
    assert (
        headline(offline)
        == "This is a virtual machine, on KVM. The disks and network cards can only be seen in "
        "the running guest."
    )
    assert (
        headline(a_report(an_inventory(None, disks=None, nics=None)))
        == "The disks and network cards could not be read."
    )
    assert "the network cards could not be read" in headline(
        a_report(an_inventory(disks=(a_disk("sda", "ide", "emulated"),), nics=None))
    )
