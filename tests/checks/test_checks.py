"""Every check has an id that stays, a page, and an end of its own: what one of them does stops no other."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

import pytest

from guestcheck.catalogue.rows import BY_ID, driver_of
from guestcheck.checks import all_checks, judge, page_of
from guestcheck.checks.support import (
    counted,
    disk_target,
    need,
    nic_target,
    prepare,
)
from guestcheck.model.action import Action, InstallDriver, PrepareDriver
from guestcheck.model.check import (
    ERROR,
    FAIL,
    NOTE,
    OUTCOMES,
    PASS,
    SKIP,
    UNKNOWN,
    WARN,
    CannotSayError,
    Check,
    Finding,
    Findings,
)
from guestcheck.model.device import EMULATED, Inventory
from tests.makers import a_disk, a_kernel, a_nic, an_inventory

_PREPARE = PrepareDriver(("virtio_pci", "virtio_blk"), "6.1.0-13-amd64", "dracut")
_INSTALL = InstallDriver("6.1.0-13-amd64", "virtio_blk", "CONFIG_VIRTIO_BLK")

# Ids are written into other people's command lines: none of these may go or change.
IDS = (
    "disk-discard-off",
    "disk-driver-build",
    "disk-driver-missing",
    "disk-emulated",
    "disk-flush-missing",
    "disk-offline",
    "disk-single-queue",
    "disk-slots-short",
    "disk-virtio-legacy",
    "guest-agent-missing",
    "guest-clues-disagree",
    "guest-device-problem",
    "guest-hypervisor-unknown",
    "kernel-default-not-running",
    "kernel-driver-missing",
    "kernel-module-file-missing",
    "nic-driver-missing",
    "nic-emulated",
    "nic-ghost-address",
    "nic-single-queue",
    "nic-virtio-legacy",
)
CHECKS = all_checks()


def test_ids_stay() -> None:
    assert set(IDS) <= {check.id for check in CHECKS}


def test_a_new_id_is_written_into_the_list_above() -> None:
    assert {check.id for check in CHECKS} <= set(IDS)
    assert len(CHECKS) == len({check.id for check in CHECKS})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
class TestPages:
    def test_the_id_is_the_address(self, check: Check) -> None:
        family, _, name = check.id.partition("-")
        assert check.run.__module__ == f"guestcheck.checks.{family}"
        assert check.run.__name__ == name.replace("-", "_")

    def test_a_page_says_what_is_wrong_why_and_what_to_do(self, check: Check) -> None:
        title, *sections = page_of(check).split("\n\n")
        assert title == check.title
        assert title.endswith(".")
        assert len(title) < 100
        assert [section.partition(":")[0] for section in sections] == ["Why", "Fix", "See"]
        assert all(len(section) > 15 for section in sections)

    def test_a_page_is_not_indented(self, check: Check) -> None:
        assert not [line for line in page_of(check).split("\n") if line != line.strip()]

    def test_the_reason_goes_with_each_result(self, check: Check) -> None:
        (result,) = judge(
            an_inventory(), (check._replace(run=lambda _: iter([Finding(WARN, "x", "x")])),)
        )
        assert result.why == re.sub(
            r"\s+", " ", page_of(check).split("Why: ")[1].split("\n\nFix:")[0]
        )


def inventories() -> Iterator[Tuple[str, Inventory]]:
    yield "empty", an_inventory()
    yield (
        "nothing known",
        an_inventory(
            None, disks=None, nics=None, controllers=None, kernels=None, pci=None, cpus=None
        ),
    )
    yield "no guest", an_inventory("none", disks=(a_disk("sda", "sata", "physical"),))
    for hypervisor in (
        "kvm",
        "vmware",
        "microsoft",
        "xen",
        "oracle",
        "amazon",
        "vm-other",
        "new-vmm",
        None,
    ):
        kernel = a_kernel(
            VIRTIO_BLK="module", SCSI_VIRTIO="off", VIRTIO_NET="absent", VMXNET3="unknown"
        )
        yield (
            f"emulated, {hypervisor}",
            an_inventory(
                hypervisor,
                disks=(a_disk("sda", "ide", EMULATED),),
                nics=(a_nic("ens3", "e1000", EMULATED),),
                kernels=(kernel,),
            ),
        )
        yield (
            f"unknown, {hypervisor}",
            an_inventory(
                hypervisor,
                disks=(a_disk("sda", "", "unknown", "lspci"),),
                nics=(a_nic("", "", "unknown", address="0000:00:03.0"),),
            ),
        )


CASES = dict(inventories())


@pytest.mark.parametrize("inventory", CASES.values(), ids=CASES)
class TestAll:
    def test_each_check_says_something(self, inventory: Inventory) -> None:
        assert {result.id for result in judge(inventory, CHECKS)} == set(IDS)

    def test_none_crashes_and_each_outcome_is_one_of_the_words(self, inventory: Inventory) -> None:
        found = judge(inventory, CHECKS)
        assert {result.outcome for result in found} <= set(OUTCOMES) - {ERROR}
        assert all(result.subject and result.summary for result in found)
        assert all(
            result.summary[0] != " "
            and not result.summary.endswith(".")
            and "  " not in result.summary
            for result in found
        )

    def test_the_worst_comes_first(self, inventory: Inventory) -> None:
        places = [OUTCOMES.index(result.outcome) for result in judge(inventory, CHECKS)]
        assert places == sorted(places)

    def test_a_finding_has_evidence(self, inventory: Inventory) -> None:
        assert [
            result.id
            for result in judge(inventory, CHECKS)
            if result.outcome in (FAIL, WARN, NOTE) and not result.evidence
        ] == []


class TestJudge:
    def check(self, name: str, run: object) -> Check:
        return Check(
            f"test-{name}",
            "A title.",
            "A title.\n\n    Why: It is\n    so.\n\n    Fix: Do.\n\n    See: x.\n    ",
            run,
        )  # type: ignore[arg-type]

    def test_one_that_crashes_ends_as_an_error_and_stops_no_other(self) -> None:
        def half(_: Inventory) -> Findings:
            yield Finding(PASS, "sda", "fine")
            raise ZeroDivisionError("odd")

        def whole(_: Inventory) -> Findings:
            yield Finding(WARN, "sdb", "bad")

        def early(_: Inventory) -> Findings:
            raise KeyError("x")

        found = judge(
            an_inventory(),
            (self.check("half", half), self.check("early", early), self.check("whole", whole)),
        )
        assert [(result.id, result.outcome, result.subject) for result in found] == [
            ("test-whole", WARN, "sdb"),
            ("test-half", ERROR, "guest"),
            ("test-early", ERROR, "guest"),
            ("test-half", PASS, "sda"),
        ]
        assert found[1].summary == "the check failed: ZeroDivisionError: odd"

    def test_one_that_lacks_a_fact_is_unknown_and_names_it(self) -> None:
        def lacking(of: Inventory) -> Findings:
            yield Finding(PASS, "x", f"{len(need(of.disks, 'the disks'))}")

        (result,) = judge(an_inventory(disks=None), (self.check("lacking", lacking),))
        assert (result.outcome, result.summary, result.why) == (UNKNOWN, "not known: the disks", "")

    def test_one_that_has_nothing_to_say_is_skipped(self) -> None:
        (result,) = judge(an_inventory(), (self.check("silent", lambda _: iter(())),))
        assert (result.outcome, result.subject) == (SKIP, "guest")


class TestSupport:
    def test_need_returns_what_is_there(self) -> None:
        assert need((), "x") == ()
        assert need(0, "x") == 0
        with pytest.raises(CannotSayError, match="the disks"):
            need(None, "the disks")

    @pytest.mark.parametrize(
        ("hypervisor", "platform", "disk", "nic"),
        [
            ("kvm", None, "virtio-blk", "virtio-net"),
            ("kvm", "proxmox", "virtio-scsi", "virtio-net"),
            ("vmware", None, "pvscsi", "vmxnet3"),
            ("microsoft", None, "storvsc", "netvsc"),
            ("xen", None, "xen-blkfront", "xen-netfront"),
            ("oracle", None, "virtio-scsi", "virtio-net"),
            ("amazon", "ec2", "nvme", "ena"),
            ("new-vmm", None, "virtio-blk", "virtio-net"),
            (None, None, "virtio-blk", "virtio-net"),
        ],
    )
    def test_a_device_goes_to_what_its_hypervisor_has(
        self, hypervisor: str, platform: str, disk: str, nic: str
    ) -> None:
        inventory = an_inventory(hypervisor, platform=platform)
        assert (disk_target(inventory), nic_target(inventory)) == (disk, nic)
        assert BY_ID[disk].best_on
        assert BY_ID[nic].best_on

    @pytest.mark.parametrize(
        ("state", "actions"),
        [
            ("module", [_PREPARE]),
            ("unknown", [_PREPARE]),
            ("off", [_INSTALL]),
            ("absent", [_INSTALL]),
            ("built-in", []),
        ],
    )
    def test_what_is_to_be_done_before_a_move_depends_on_the_kernel(
        self, state: str, actions: List[Action]
    ) -> None:
        inventory = an_inventory(kernels=(a_kernel(VIRTIO_BLK=state),), initramfs_tool="dracut")
        assert list(prepare(inventory, "virtio-blk")) == actions

    def test_the_kernel_that_boots_next_decides(self) -> None:
        kernels = (
            a_kernel("6.1", running=True, default=False, VIRTIO_BLK="built-in"),
            a_kernel("6.6", running=False, default=True, VIRTIO_BLK="off"),
        )
        (action,) = prepare(an_inventory(kernels=kernels), "virtio-blk")
        assert isinstance(action, InstallDriver)
        assert action.kernel == "6.6"

    @pytest.mark.parametrize(
        ("target", "module"),
        [
            ("virtio-blk", "virtio_blk"),
            ("xen-blkfront", "xen_blkfront"),
            ("vmxnet3", "vmxnet3"),
            ("netvsc", "hv_netvsc"),
            ("ena", "ena"),
        ],
    )
    def test_the_module_of_a_target_is_its_own(self, target: str, module: str) -> None:
        assert driver_of(BY_ID[target]) == module

    def test_layers_are_no_target_s_own_module(self) -> None:
        assert {driver_of(BY_ID[target]) for target in ("virtio-scsi", "nvme", "storvsc")} == {
            "virtio_scsi",
            "nvme",
            "hv_storvsc",
        }

    def test_words_are_counted(self) -> None:
        assert (counted(0, "disk"), counted(1, "disk"), counted(2, "disk")) == (
            "0 disks",
            "1 disk",
            "2 disks",
        )
