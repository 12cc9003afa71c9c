"""Checks of disks: each fires on what is bad, passes what is good, and says unknown where it was not seen."""

from __future__ import annotations

from typing import List, Optional

import pytest

from guestcheck.model.action import (
    BindDriver,
    MoveDisk,
    PrepareDriver,
    Settle,
    UnplugEmulated,
    WindowsDrivers,
)
from guestcheck.model.device import (
    EMULATED,
    PASSTHROUGH,
    PHYSICAL,
    UNKNOWN,
    Controller,
    Verdict,
    Virtio,
)
from guestcheck.model.guest import Hint, PciFunction
from tests.makers import a_disk, a_kernel, an_inventory, outcomes, results


def virtio(*bits: int, generation: str = "transitional") -> Virtio:
    return Virtio(generation, (32 in bits) if bits else None, (), bits, "pci")


class TestEmulated:
    def test_an_emulated_disk_is_reported_with_its_remedy(self) -> None:
        inventory = an_inventory(
            disks=(a_disk("sda", "ide", EMULATED, controller="PIIX3", roles=("root",)),),
            kernels=(a_kernel(VIRTIO_BLK="module"),),
        )
        (result,) = results("disk-emulated", inventory)
        assert (result.outcome, result.summary) == (
            "warn",
            "sda is emulated: ide on PIIX3; virtio-blk would be faster",
        )
        prepare, move, windows = result.actions
        assert isinstance(prepare, PrepareDriver)
        assert move == MoveDisk("sda", "virtio-blk", bus="ide", is_root=True)
        assert windows == WindowsDrivers("sda", "disk", "virtio-blk")

    @pytest.mark.parametrize(
        ("interface", "bus"),
        [("ide", "ide"), ("sata", "sata"), ("usb", "usb"), ("lsi", "scsi"), ("megaraid", "scsi")],
    )
    def test_the_bus_is_named_as_hypervisors_name_it(self, interface: str, bus: str) -> None:
        (result,) = results(
            "disk-emulated", an_inventory(disks=(a_disk("sda", interface, EMULATED),))
        )
        assert [one.bus for one in result.actions if isinstance(one, MoveDisk)] == [bus]

    def test_emulated_nvme_is_but_a_note(self) -> None:
        assert outcomes(
            "disk-emulated", an_inventory(disks=(a_disk("nvme0n1", "nvme", EMULATED),))
        ) == ["note nvme0n1"]

    def test_on_xen_the_emulated_devices_are_to_be_unplugged(self) -> None:
        (result,) = results(
            "disk-emulated", an_inventory("xen", disks=(a_disk("sda", "ide", EMULATED),))
        )
        assert UnplugEmulated("sda") in result.actions

    @pytest.mark.parametrize(
        ("interface", "kind"),
        [("virtio-blk", "paravirtual"), ("nvme", PASSTHROUGH), ("sata", PHYSICAL)],
    )
    def test_others_pass(self, interface: str, kind: str) -> None:
        assert outcomes("disk-emulated", an_inventory(disks=(a_disk("x", interface, kind),))) == [
            "pass x"
        ]

    def test_an_unknown_one_is_unknown_and_says_what_would_settle_it(self) -> None:
        (result,) = results(
            "disk-emulated", an_inventory(disks=(a_disk("sda", "", UNKNOWN, "lspci -nnk"),))
        )
        assert (result.outcome, result.subject) == ("unknown", "sda")
        assert "lspci -nnk" in result.summary
        assert result.actions == (Settle("sda", "disk"),)

    def test_disks_that_were_not_seen_are_unknown_and_bare_metal_is_skipped(self) -> None:
        assert outcomes("disk-emulated", an_inventory(disks=None)) == ["unknown guest"]
        assert outcomes(
            "disk-emulated", an_inventory("none", disks=(a_disk("sda", "sata", PHYSICAL),))
        ) == ["skip guest"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (virtio(9), "note vda"),
        (virtio(9, 32), "pass vda"),
        (virtio(32, generation="modern"), "pass vda"),
        (virtio(), "skip guest"),
        (None, "skip guest"),
    ],
)
def test_legacy_virtio_is_noted(found: Optional[Virtio], expected: str) -> None:
    assert outcomes("disk-virtio-legacy", an_inventory(disks=(a_disk(virtio=found),))) == [expected]


@pytest.mark.parametrize(
    ("interface", "queues", "cpus", "expected"),
    [
        ("virtio-blk", 1, 4, "note x"),
        ("virtio-scsi", 1, 64, "note x"),
        ("virtio-blk", 1, 3, "pass x"),
        ("virtio-blk", 4, 4, "pass x"),
        ("virtio-blk", None, 8, "skip guest"),
        ("nvme", 1, 8, "skip guest"),
        ("virtio-blk", 1, None, "unknown guest"),
    ],
)
def test_one_queue_for_many_processors_is_noted(
    interface: str, queues: Optional[int], cpus: Optional[int], expected: str
) -> None:
    assert outcomes(
        "disk-single-queue", an_inventory(cpus=cpus, disks=(a_disk("x", interface, queues=queues),))
    ) == [expected]


@pytest.mark.parametrize(
    ("discard", "kind", "size", "expected"),
    [
        (False, "paravirtual", 9, "note x"),
        (False, EMULATED, 9, "note x"),
        (True, "paravirtual", 9, "pass x"),
        (None, "paravirtual", 9, "skip guest"),
        (False, PASSTHROUGH, 9, "skip guest"),
        (False, UNKNOWN, 9, "skip guest"),
        (False, "paravirtual", 0, "skip guest"),
        (False, "paravirtual", None, "skip guest"),
    ],
)
def test_a_disk_that_takes_no_discard_is_noted(
    discard: Optional[bool], kind: str, size: Optional[int], expected: str
) -> None:
    assert outcomes(
        "disk-discard-off",
        an_inventory(disks=(a_disk("x", "virtio-blk", kind, discard=discard, size_bytes=size),)),
    ) == [expected]


@pytest.mark.parametrize(
    ("interface", "found", "expected"),
    [
        ("virtio-blk", virtio(13, 32), "note x"),
        ("virtio-blk", virtio(9, 32), "pass x"),
        ("virtio-blk", virtio(), "skip guest"),
        ("virtio-blk", None, "skip guest"),
        ("virtio-scsi", virtio(1, 32), "skip guest"),
    ],
)
def test_a_disk_without_flush_is_noted(
    interface: str, found: Optional[Virtio], expected: str
) -> None:
    assert outcomes(
        "disk-flush-missing", an_inventory(disks=(a_disk("x", interface, virtio=found),))
    ) == [expected]


class TestSlots:
    def full(self, slots: int, disks: int, bus: str = "0000:00") -> List[str]:
        functions = tuple(
            PciFunction(f"{bus}:{slot:02x}.0", "1af4", "1042") for slot in range(slots)
        )
        found = tuple(a_disk(f"vd{n}", address=f"{bus}:{n:02x}.0") for n in range(disks))
        return outcomes("disk-slots-short", an_inventory(pci=functions, disks=found))

    @pytest.mark.parametrize(
        ("slots", "disks", "expected"),
        [
            (30, 20, "warn guest"),
            (28, 8, "warn guest"),
            (27, 8, "pass guest"),
            (32, 7, "pass guest"),
            (4, 1, "pass guest"),
            (32, 0, "skip guest"),
        ],
    )
    def test_it_is_short_where_many_disks_have_taken_nearly_all(
        self, slots: int, disks: int, expected: str
    ) -> None:
        assert self.full(slots, disks) == [expected]

    def test_disks_behind_bridges_do_not_count(self) -> None:
        assert self.full(30, 20, bus="0000:01") == ["pass guest"]

    def test_functions_of_one_slot_count_once(self) -> None:
        functions = tuple(
            PciFunction(f"0000:00:{n // 8:02x}.{n % 8}", "1af4", "1042") for n in range(64)
        )
        disks = tuple(a_disk(f"vd{n}", address=functions[n].address) for n in range(60))
        assert outcomes("disk-slots-short", an_inventory(pci=functions, disks=disks)) == [
            "pass guest"
        ]

    def test_without_pci_nothing_can_be_said(self) -> None:
        assert outcomes("disk-slots-short", an_inventory(pci=None, disks=(a_disk(),))) == [
            "unknown guest"
        ]


@pytest.mark.parametrize(
    ("driver", "expected"),
    [("", "warn 0000:00:07.0"), ("ahci", "pass 0000:00:07.0"), (None, "skip guest")],
)
def test_a_controller_without_a_driver_is_reported(driver: Optional[str], expected: str) -> None:
    controller = Controller(
        "0000:00:07.0",
        "LSI 53C895A",
        Verdict("lsi", EMULATED, (Hint("x", "y"),)),
        driver,
        modules=("sym53c8xx",),
    )
    inventory = an_inventory(controllers=(controller,))
    assert outcomes("disk-driver-missing", inventory) == [expected]
    actions = [
        action for result in results("disk-driver-missing", inventory) for action in result.actions
    ]
    assert actions == ([BindDriver("0000:00:07.0", "sym53c8xx")] if driver == "" else [])


def test_controllers_that_were_not_seen_are_unknown() -> None:
    assert outcomes("disk-driver-missing", an_inventory(controllers=None)) == ["unknown guest"]
