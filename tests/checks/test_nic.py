"""Checks of network cards: each fires on what is bad, passes what is good, and says unknown where it was not seen."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from guestcheck.model.action import BindDriver, ChangeNic, InstallDriver, WindowsDrivers, name_of
from guestcheck.model.device import EMULATED, PASSTHROUGH, PHYSICAL, UNKNOWN, Virtio
from guestcheck.model.guest import PciFunction
from tests.makers import a_kernel, a_nic, an_inventory, outcomes, results


class TestEmulated:
    def test_an_emulated_card_is_reported_with_its_remedy(self) -> None:
        inventory = an_inventory(
            nics=(a_nic("ens3", "e1000", EMULATED, mac="52:54:00:12:34:56"),),
            kernels=(a_kernel(VIRTIO_NET="off"),),
        )
        (result,) = results("nic-emulated", inventory)
        assert (result.outcome, result.summary) == (
            "warn",
            "ens3 is emulated: e1000; virtio-net would be faster",
        )
        install, change, windows = result.actions
        assert isinstance(install, InstallDriver)
        assert change == ChangeNic("ens3", "52:54:00:12:34:56", "virtio-net")
        assert windows == WindowsDrivers("ens3", "nic", "virtio-net")

    def test_a_card_needs_nothing_in_the_initramfs(self) -> None:
        inventory = an_inventory(
            nics=(a_nic("ens3", "e1000", EMULATED),), kernels=(a_kernel(VIRTIO_NET="module"),)
        )
        assert [type(action) for action in results("nic-emulated", inventory)[0].actions] == [
            ChangeNic,
            WindowsDrivers,
        ]

    def test_a_card_without_an_interface_is_named_by_its_address(self) -> None:
        assert outcomes(
            "nic-emulated",
            an_inventory(nics=(a_nic("", "e1000", EMULATED, address="0000:00:03.0"),)),
        ) == ["warn 0000:00:03.0"]

    @pytest.mark.parametrize(
        ("interface", "kind"),
        [("virtio-net", "paravirtual"), ("sriov-vf", PASSTHROUGH), ("pci-nic", PHYSICAL)],
    )
    def test_others_pass(self, interface: str, kind: str) -> None:
        assert outcomes("nic-emulated", an_inventory(nics=(a_nic("x", interface, kind),))) == [
            "pass x"
        ]

    def test_what_was_not_seen_is_unknown_and_bare_metal_is_skipped(self) -> None:
        assert outcomes(
            "nic-emulated", an_inventory(nics=(a_nic("x", "", UNKNOWN, "lspci -nnk"),))
        ) == ["unknown x"]
        assert outcomes("nic-emulated", an_inventory(nics=None)) == ["unknown guest"]
        assert outcomes(
            "nic-emulated", an_inventory("none", nics=(a_nic("x", "pci-nic", PHYSICAL),))
        ) == ["skip guest"]


@pytest.mark.parametrize(
    ("version_1", "expected"), [(False, "note eth0"), (True, "pass eth0"), (None, "skip guest")]
)
def test_legacy_virtio_is_noted(version_1: Optional[bool], expected: str) -> None:
    found = Virtio("legacy", version_1, (), (), "pci")
    assert outcomes("nic-virtio-legacy", an_inventory(nics=(a_nic(virtio=found),))) == [expected]


@pytest.mark.parametrize(
    ("fields", "cpus", "expected", "action"),
    [
        ({"queues": 1, "max_queues": 4}, 2, "note eth0", "use-queues"),
        ({"queues": 1, "max_queues": 1}, 4, "note eth0", "add-queues"),
        ({"queues": 1}, 4, "note eth0", "add-queues"),
        ({"queues": 1, "max_queues": 4}, 1, "pass eth0", None),
        ({"queues": 1, "max_queues": 1}, 3, "pass eth0", None),
        ({"queues": 2, "max_queues": 4}, 4, "pass eth0", None),
        ({}, 4, "skip guest", None),
        ({"queues": 1, "interface": "vmxnet3"}, 8, "skip guest", None),
        ({"queues": 1}, None, "unknown guest", None),
    ],
)
def test_one_queue_for_many_processors_is_noted(
    fields: Any, cpus: Optional[int], expected: str, action: Optional[str]
) -> None:
    inventory = an_inventory(cpus=cpus, nics=(a_nic(**fields),))
    assert outcomes("nic-single-queue", inventory) == [expected]
    assert [
        name_of(type(one))
        for result in results("nic-single-queue", inventory)
        for one in result.actions
    ] == ([action] if action else [])


@pytest.mark.parametrize(
    ("fields", "bound", "expected"),
    [
        ({"name": "", "driver": ""}, "", "warn 0000:00:03.0"),
        ({"name": "", "driver": "vfio-pci"}, "vfio-pci", "note 0000:00:03.0"),
        ({"name": "", "driver": ""}, None, "skip guest"),
        ({"name": "ens3", "driver": "e1000"}, "e1000", "pass guest"),
    ],
)
def test_a_card_without_a_driver_is_reported(
    fields: Any, bound: Optional[str], expected: str
) -> None:
    function = PciFunction("0000:00:03.0", "8086", "100e", driver=bound)
    inventory = an_inventory(
        pci=(function,), nics=(a_nic(**fields, address="0000:00:03.0", modules=("e1000",)),)
    )
    assert outcomes("nic-driver-missing", inventory) == [expected]
    assert all(
        action == BindDriver("0000:00:03.0", "e1000")
        for result in results("nic-driver-missing", inventory)
        for action in result.actions
    )


def test_cards_that_were_not_seen_are_unknown() -> None:
    assert outcomes("nic-driver-missing", an_inventory(nics=None)) == ["unknown guest"]
