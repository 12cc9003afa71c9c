"""Checks of installed kernels: whether each could take a faster disk or card, and which one boots next."""

from __future__ import annotations

from typing import Any, List, Optional

import pytest

from guestcheck.model.action import InstallDriver
from guestcheck.model.device import EMULATED
from tests.makers import a_disk, a_kernel, a_nic, an_inventory, outcomes, results

ALL = {"VIRTIO_BLK": "module", "SCSI_VIRTIO": "module", "VIRTIO_NET": "module"}
IDE = (a_disk("sda", "ide", EMULATED),)
E1000 = (a_nic("ens3", "e1000", EMULATED),)
SUBJECT = "kernel 6.1.0-13-amd64"


class TestDriverMissing:
    @pytest.mark.parametrize(
        ("states", "disks", "nics", "expected"),
        [
            (ALL, (), (), [f"pass {SUBJECT}"]),
            ({**ALL, "VIRTIO_BLK": "built-in"}, IDE, E1000, [f"pass {SUBJECT}"]),
            ({**ALL, "VIRTIO_BLK": "off"}, (), (), [f"note {SUBJECT}"]),
            ({**ALL, "VIRTIO_BLK": "off"}, IDE, (), [f"warn {SUBJECT}"]),
            ({**ALL, "SCSI_VIRTIO": "absent"}, IDE, (), [f"note {SUBJECT}"]),
            ({**ALL, "VIRTIO_NET": "absent"}, (), E1000, [f"warn {SUBJECT}"]),
            ({**ALL, "VIRTIO_NET": "unknown"}, (), (), [f"unknown {SUBJECT}"]),
            ({"VIRTIO_BLK": "module", "SCSI_VIRTIO": "module"}, (), (), [f"unknown {SUBJECT}"]),
        ],
    )
    def test_it_fires_where_a_driver_is_missing_and_harder_where_a_device_waits(
        self, states: Any, disks: Any, nics: Any, expected: List[str]
    ) -> None:
        assert (
            outcomes(
                "kernel-driver-missing",
                an_inventory(disks=disks, nics=nics, kernels=(a_kernel(**states),)),
            )
            == expected
        )

    def test_each_kernel_is_looked_at(self) -> None:
        kernels = (
            a_kernel("6.1", **ALL),
            a_kernel("5.10", running=False, default=False, **{**ALL, "VIRTIO_NET": "off"}),
        )
        assert outcomes("kernel-driver-missing", an_inventory(kernels=kernels)) == [
            "note kernel 5.10",
            "pass kernel 6.1",
        ]

    def test_the_hypervisor_s_own_drivers_matter(self) -> None:
        kernels = (a_kernel(VMWARE_PVSCSI="off", VMXNET3="module"),)
        (result,) = results(
            "kernel-driver-missing", an_inventory("vmware", disks=IDE, kernels=kernels)
        )
        assert (result.outcome, result.summary) == (
            "warn",
            "kernel 6.1.0-13-amd64 has no pvscsi driver: VMWARE_PVSCSI is off",
        )
        assert [one.module for one in result.actions if isinstance(one, InstallDriver)] == [
            "vmw_pvscsi"
        ]

    def test_what_was_not_seen_is_unknown_and_bare_metal_is_skipped(self) -> None:
        assert outcomes("kernel-driver-missing", an_inventory(kernels=None)) == ["unknown guest"]
        assert outcomes(
            "kernel-driver-missing", an_inventory("none", kernels=(a_kernel(VIRTIO_BLK="off"),))
        ) == ["skip guest"]


class TestModuleFileMissing:
    @pytest.mark.parametrize(
        ("file", "states", "expected"),
        [
            (False, {"VIRTIO_BLK": "module"}, f"warn {SUBJECT}"),
            (True, {"VIRTIO_BLK": "module"}, f"pass {SUBJECT}"),
            (None, {"VIRTIO_BLK": "module"}, "skip guest"),
            (False, {"VIRTIO_BLK": "built-in"}, "skip guest"),
            (False, {"E1000": "module"}, "skip guest"),
        ],
    )
    def test_a_module_without_its_file_is_reported(
        self, file: Optional[bool], states: Any, expected: str
    ) -> None:
        assert outcomes(
            "kernel-module-file-missing", an_inventory(kernels=(a_kernel(file=file, **states),))
        ) == [expected]

    def test_kernels_that_were_not_seen_are_unknown(self) -> None:
        assert outcomes("kernel-module-file-missing", an_inventory(kernels=None)) == [
            "unknown guest"
        ]


@pytest.mark.parametrize(
    ("kernels", "expected"),
    [
        ((a_kernel("6.1"),), "pass kernel 6.1"),
        ((a_kernel("6.6", running=False), a_kernel("6.1", default=False)), "note kernel 6.6"),
        ((a_kernel("6.1", default=False),), "skip guest"),
        ((a_kernel("6.1", running=False),), "skip guest"),
        ((), "skip guest"),
        (None, "unknown guest"),
    ],
)
def test_another_kernel_that_boots_by_default_is_noted(kernels: Any, expected: str) -> None:
    assert outcomes("kernel-default-not-running", an_inventory(kernels=kernels)) == [expected]
