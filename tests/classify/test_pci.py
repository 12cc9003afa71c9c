"""Every row of the catalogue is reached by its ids, in a guest of its hypervisor; elsewhere the
rules of elimination hold.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

import pytest

from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.catalogue.vf import VF_DRIVERS, VF_RANGES, VIRTUAL_FUNCTIONS
from guestcheck.classify.index import Context, Index
from guestcheck.classify.pci import is_network, is_storage, judge_function
from guestcheck.model.device import EMULATED, PARAVIRTUAL, PASSTHROUGH, PHYSICAL, UNKNOWN, Device
from guestcheck.model.guest import Guest, PciFunction

INDEX = Index()
# Types of the specification, and what the rows have further.
VIRTIO = {
    **{row.virtio: row.interface for row in (*STORAGE, *NETWORK) if row.virtio},
    1: "virtio-net",
    2: "virtio-blk",
    8: "virtio-scsi",
}
# Whose devices a vendor's are, in systemd-detect-virt's words; all others are met under KVM.
VENDORS = {
    "15ad": "vmware",
    "80ee": "oracle",
    "1414": "microsoft",
    "1d0f": "amazon",
    "1ae0": "google",
    "fb5d": "bhyve",
    "01de": "bhyve",
    "1ab8": "parallels",
}


def judge(
    identity: str,
    hypervisor: Optional[str],
    revision: str = "",
    address: str = "0000:03:00.2",
    **fields: str,
) -> Tuple[str, str]:
    main, _, subsystem = identity.partition("/")
    vendor, _, device = main.partition(":")
    function = PciFunction(address, vendor, device, subsystem, revision=revision, **fields)  # type: ignore[arg-type]
    context = Context(Guest("test"), hypervisor, INDEX, {function.address: function}, {})
    verdict = judge_function(function, context)
    assert bool(verdict.settle) == (verdict.kind == UNKNOWN)
    return verdict.interface, verdict.kind


def rows() -> Iterator[Tuple[Device, str]]:
    for row in (*STORAGE, *NETWORK):
        for identity in row.pci:
            yield row, identity


def home(row: Device, identity: str) -> str:
    subsystem = identity.partition("/")[2].partition(":")[0]
    return VENDORS.get(subsystem, VENDORS.get(identity[:4], "kvm"))


@pytest.mark.parametrize(
    ("row", "identity"),
    list(rows()),
    ids=lambda value: value if isinstance(value, str) else value.interface,
)
class TestCatalogue:
    def test_a_row_gives_its_interface_and_kind_in_a_guest_of_its_hypervisor(
        self, row: Device, identity: str
    ) -> None:
        hypervisor = home(row, identity)
        expected = row.kind_by.get(hypervisor, row.kind) if row.decides else UNKNOWN
        interface, kind = judge(identity, hypervisor, row.revision)
        assert (interface, kind) == (row.interface, expected)

    def test_a_row_gives_the_kind_that_it_names_for_another_hypervisor(
        self, row: Device, identity: str
    ) -> None:
        for hypervisor, kind in row.kind_by.items():
            assert judge(identity, hypervisor, row.revision) == (row.interface, kind)

    def test_a_row_is_physical_on_bare_metal(self, row: Device, identity: str) -> None:
        interface, kind = judge(identity, "none", row.revision)
        assert interface == row.interface
        assert kind == (PARAVIRTUAL if row.kind == PARAVIRTUAL else PHYSICAL)

    def test_a_row_is_no_real_card_s_verdict_where_nothing_is_known(
        self, row: Device, identity: str
    ) -> None:
        _, kind = judge(identity, None, row.revision)
        known = identity[:4] in VENDORS or identity[:4] in ("1af4", "1b36")
        assert kind in ((row.kind, UNKNOWN) if known else (EMULATED, UNKNOWN))


@pytest.mark.parametrize("identity", VIRTUAL_FUNCTIONS)
def test_a_virtual_function_is_passed_through_in_a_guest_and_physical_without_one(
    identity: str,
) -> None:
    kinds = [judge(identity, hypervisor)[1] for hypervisor in ("kvm", "none", None)]
    assert kinds == [PASSTHROUGH, PHYSICAL, UNKNOWN]


@pytest.mark.parametrize(
    ("identity", "address", "kind"),
    [
        ("15b3:1018", "1a65:00:02.0", PASSTHROUGH),  # over Hyper-V's VMBus
        ("15b3:101e", "0000:00:05.0", PASSTHROUGH),  # QEMU's pc
        ("15b3:1018", "0000:03:00.2", UNKNOWN),
        ("15b3:1018", "0001:00:00.0", UNKNOWN),  # s390x
        ("8086:10ca", "0000:00:05.0", UNKNOWN),  # QEMU imitates igb with its virtual functions
    ],
)
def test_a_card_s_virtual_function_on_bus_0_was_put_there(
    identity: str, address: str, kind: str
) -> None:
    assert judge(identity, None, address=address) == ("sriov-vf", kind)


def test_what_hyper_v_hands_through_has_a_domain_of_its_own() -> None:
    named = {"class_id": "020000", "vendor_name": "Microsoft Corporation"}
    assert judge(":", "microsoft", address="7870:00:00.0", **named) == ("pci-nic", PASSTHROUGH)
    assert judge(":", "microsoft", address="0000:00:0a.0", **named)[1] == UNKNOWN


@pytest.mark.parametrize("identity", [f"{start}01" for start in VF_RANGES])
def test_a_range_of_virtual_functions_holds_each_of_them(identity: str) -> None:
    assert judge(identity, "kvm") == ("sriov-vf", PASSTHROUGH)


@pytest.mark.parametrize("driver", sorted(VF_DRIVERS))
def test_a_driver_of_virtual_functions_alone_tells_one(driver: str) -> None:
    assert judge("ffff:0001", "kvm", driver=driver) == ("sriov-vf", PASSTHROUGH)


@pytest.mark.parametrize(
    ("number", "interface"),
    [(n, VIRTIO.get(n, "")) for n in range(1, 64)],
)
@pytest.mark.parametrize("hypervisor", ["kvm", "vm-other", "none", None])
def test_a_modern_virtio_id_is_its_type(
    number: int, interface: str, hypervisor: Optional[str]
) -> None:
    assert judge(f"1af4:{0x1040 + number:04x}", hypervisor) == (interface, PARAVIRTUAL)


@pytest.mark.parametrize(
    ("device", "interface"),
    [
        ("1000", "virtio-net"),
        ("1001", "virtio-blk"),
        ("1004", "virtio-scsi"),
        ("1002", ""),
        ("1005", ""),
    ],
)
def test_a_transitional_virtio_id_is_its_type(device: str, interface: str) -> None:
    assert judge(f"1af4:{device}", "kvm") == (interface, PARAVIRTUAL)


@pytest.mark.parametrize(
    ("identity", "class_id", "hypervisor", "expected"),
    [
        ("144d:a808/144d:a801", "010802", "kvm", ("nvme", PASSTHROUGH)),
        ("144d:a808/144d:a801", "010802", "microsoft", ("nvme", PASSTHROUGH)),
        ("144d:a808/144d:a801", "010802", "none", ("nvme", PHYSICAL)),
        ("144d:a808/144d:a801", "010802", None, ("nvme", UNKNOWN)),
        ("10de:2204", "030000", "kvm", ("", PASSTHROUGH)),
        ("ffff:0001/1af4:1100", "010000", "kvm", ("scsi-hba", EMULATED)),
        ("ffff:0001/15ad:0001", "020000", "vmware", ("pci-nic", EMULATED)),
        ("1b36:ffff", "010600", "kvm", ("sata", UNKNOWN)),
        ("15ad:ffff", "020000", "vmware", ("pci-nic", UNKNOWN)),
        ("1414:ffff", "010802", "microsoft", ("nvme", UNKNOWN)),
        ("1d0f:ffff", "020000", "amazon", ("pci-nic", UNKNOWN)),
        ("1af4:0fff", "010000", "kvm", ("scsi-hba", UNKNOWN)),
        ("1af4:1110", "050000", "kvm", ("", UNKNOWN)),
        ("8086:10d3/1028:0001", "020000", "kvm", ("e1000e", PASSTHROUGH)),
        ("8086:10d3", "020000", "kvm", ("e1000e", UNKNOWN)),
        ("", "", "kvm", ("", UNKNOWN)),
        ("zzzz:zzzz", "", "none", ("", PHYSICAL)),
    ],
)
def test_what_the_catalogue_lacks_is_told_by_elimination_or_not_at_all(
    identity: str, class_id: str, hypervisor: Optional[str], expected: Tuple[str, str]
) -> None:
    assert judge(identity, hypervisor, class_id=class_id) == expected


@pytest.mark.parametrize(
    ("identity", "class_id", "storage", "network"),
    [
        ("8086:7010", "010180", True, False),
        ("1af4:1001", "00ff00", True, False),
        ("1af4:1042", "018000", True, False),
        ("1af4:1041", "ffff00", False, True),
        ("8086:100e", "020000", False, True),
        ("15b3:1013", "020700", False, True),
        ("1b36:0007", "080501", True, False),
        ("1af4:1050", "030000", False, False),
        ("8086:1237", "060000", False, False),
        ("8086:7010", "", False, False),
    ],
)
def test_controllers_and_cards_are_known_by_class_or_as_virtio(
    identity: str, class_id: str, storage: bool, network: bool
) -> None:
    vendor, _, device = identity.partition(":")
    function = PciFunction("0000:00:05.0", vendor, device, class_id=class_id)
    assert (is_storage(function), is_network(function)) == (storage, network)
