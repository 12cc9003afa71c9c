"""What the checks know of drivers is what the catalogue says.

The checks may not read the catalogue, so the two are compared here.
"""

from __future__ import annotations

import pytest

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.catalogue.targets import BUNDLES, TARGETS
from guestcheck.checks.support import (
    _DISK_TARGETS,
    _NIC_TARGETS,
    DRIVERS,
    disk_target,
    main_module,
    nic_target,
)
from guestcheck.model.device import EMULATED
from guestcheck.model.target import Target
from tests.makers import an_inventory

KINDS = {row.id: row.kind for row in INTERFACES}
# Targets for which the checks prepare no driver, though they are not emulated.
NOT_RECOMMENDED = {
    "gve": "Google gives it to machine types that have it; no finding says to move a card to it",
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_a_target_has_its_drivers_or_no_check_recommends_it(target: Target) -> None:
    assert (target.id in DRIVERS) != (KINDS[target.id] == EMULATED or target.id in NOT_RECOMMENDED)


def test_no_reason_is_left_of_a_target_that_has_gone() -> None:
    assert set(NOT_RECOMMENDED) <= {target.id for target in TARGETS}
    assert set(DRIVERS) <= {target.id for target in TARGETS}


@pytest.mark.parametrize("hypervisor", [*_DISK_TARGETS, *_NIC_TARGETS, "kvm", "none", ""])
def test_what_a_check_recommends_has_its_drivers(hypervisor: str) -> None:
    for platform in ("", "proxmox", *(bundle.id for bundle in BUNDLES)):
        inventory = an_inventory(hypervisor, platform=platform)
        assert {disk_target(inventory), nic_target(inventory)} <= set(DRIVERS)


@pytest.mark.parametrize(
    "target", [target for target in TARGETS if target.id in DRIVERS], ids=lambda target: target.id
)
def test_its_modules_are_those_that_preflight_looks_for(target: Target) -> None:
    modules = DRIVERS[target.id][1]
    assert [need.modules for need in target.needs if not set(need.modules) & set(modules)] == []
    assert ("virtio_pci" in modules) == target.virtio
    further = {"virtio_pci", "nvme_core"}  # the transport of most guests; the layer beneath nvme
    assert set(modules) - further <= {module for need in target.needs for module in need.modules}


@pytest.mark.parametrize("target", DRIVERS)
def test_its_option_is_the_catalogue_s_and_builds_its_module(target: str) -> None:
    row = next(row for row in INTERFACES if row.id == target)
    symbol, _ = DRIVERS[target]
    assert symbol in row.symbols
    modules = next(found.modules for found in SYMBOLS if found.symbol == symbol)
    assert main_module(target) in modules
