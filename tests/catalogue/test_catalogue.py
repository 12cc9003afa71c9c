"""The catalogue is consistent: ids are well formed and unambiguous, and every name it uses exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from guestcheck.advice import places
from guestcheck.catalogue.hypervisors import BARE_METAL, HYPERVISORS, PLATFORMS
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.rows import BUNDLES, TARGETS
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.catalogue.vf import VF_DRIVERS, VF_RANGES, VIRTUAL_FUNCTIONS
from guestcheck.catalogue.virtio import FEATURES, TRANSITIONAL, TYPES
from guestcheck.model.device import KINDS, PASSTHROUGH, PHYSICAL, Device
from guestcheck.model.target import chosen

DEVICES = STORAGE + NETWORK
FOLDER = Path(__file__).parents[2] / "guestcheck" / "catalogue"
BY_INTERFACE = {interface.id: interface for interface in INTERFACES}
BY_SYMBOL = {symbol.symbol: symbol for symbol in SYMBOLS}


def words(text: str) -> List[str]:
    return text.split()


DISKS = words(
    """virtio-blk virtio-scsi nvme sata ide ata lsi lsi-sas megaraid am53c974 buslogic pvscsi storvsc xen-blkfront
    xen-scsifront usb sd-card ufs virtio-pmem ibmvscsi ibmvfc dasd zfcp iscsi scsi-hba hv-fc"""
)
NICS = words(
    """virtio-net e1000 e1000e igb rtl8139 pcnet ne2k-pci i8255x tulip sungem lan9118 rocker usb-net vmxnet3 vmxnet
    pvrdma netvsc mana xen-netfront ena efa gve idpf ibmveth ibmvnic qeth sriov-vf pci-nic"""
)

# What may carry several interfaces, beside the interfaces themselves.
CARRIERS = {"", "virtio", "vmbus", "xen", "scsi", "usb"}

# Options that are nothing but a condition: menus, subsystems, vendors.
CONDITIONS = {
    f"CONFIG_{name}"
    for name in words(
        """ACPI ATA ATA_BMDMA ATA_SFF BLK_DEV BLOCK BRIDGE DASD DRM ETHERNET FUSE_FS FUSION HW_RANDOM HYPERVISOR_GUEST
    INET INFINIBAND INFINIBAND_USER_ACCESS IP_MULTICAST LIBNVDIMM MMC MMC_SDHCI NET NETDEVICES NET_CORE NET_SWITCHDEV
    NET_TULIP NET_VENDOR_8390 NET_VENDOR_AMAZON NET_VENDOR_AMD NET_VENDOR_DEC NET_VENDOR_GOOGLE NET_VENDOR_IBM
    NET_VENDOR_INTEL NET_VENDOR_MELLANOX NET_VENDOR_MICROSOFT NET_VENDOR_NATSEMI NET_VENDOR_REALTEK NET_VENDOR_ROCKER
    NET_VENDOR_SMSC NET_VENDOR_SUN PARAVIRT PCI PCI_MSI QDIO SCSI SCSI_FC_ATTRS SCSI_LOWLEVEL SCSI_UFSHCD TTY USB
    USB_EHCI_HCD USB_NET_DRIVERS USB_SUPPORT USB_USBNET VSOCKETS"""
    )
}

DETECT_VIRT = set(
    words(
        "kvm qemu amazon vmware microsoft oracle xen bhyve parallels apple google zvm powervm "
        "acrn qnx sre bochs none"
    )
)
DMI_FIELDS = set(
    words(
        """sys_vendor product_name product_version product_family product_sku bios_vendor bios_version board_vendor board_name
    chassis_vendor chassis_asset_tag acpi_oem"""
    )
)

PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}(/[0-9a-f]{4}:[0-9a-f]{4})?\Z")
USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}\Z")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
CCW = re.compile(r"[0-9a-f]{4}(/[0-9a-f]{2})?\Z")
MARKER = re.compile(r"([0-9a-f]{4}:[0-9a-f]{4}|/[0-9a-f]{4}(:[0-9a-f]{4})?)\Z")
RELEASE = re.compile(r"\d+\.\d+(\.\d+)?\Z")


def repeated(names: List[str]) -> List[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def test_interfaces_are_the_agreed_ones_and_once_each() -> None:
    assert {i.id for i in INTERFACES if i.device == "disk"} == set(DISKS)
    assert {i.id for i in INTERFACES if i.device == "nic"} == set(NICS)
    assert not repeated([i.id for i in INTERFACES])


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda i: i.id)
def test_interface_has_a_row_of_the_table(interface) -> None:
    assert interface.kind in set(KINDS) - {PHYSICAL}
    for column in ("name", "names", "compatibility", "performance", "limit", "hotplug"):
        text = getattr(interface, column)
        assert text, column
        assert text == text.strip().rstrip("."), column
        assert "\n" not in text, column
    assert not interface.notes.endswith(".")


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda i: i.id)
def test_interface_names_options_that_build_its_modules(interface) -> None:
    assert set(interface.symbols) <= set(BY_SYMBOL)
    built = {module for symbol in interface.symbols for module in BY_SYMBOL[symbol].modules}
    own_driver = {
        "sriov-vf",
        "pci-nic",
        "scsi-hba",
        "vmxnet",
    }  # the card's driver, or one out of the tree
    # qeth_l2 and qeth_l3 are layers of qeth, each with an option of its own that follows QETH.
    assert set(interface.modules) - built <= {"qeth_l2", "qeth_l3"}
    assert interface.modules or interface.id in own_driver


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda i: i.id)
def test_interface_has_devices(interface) -> None:
    assert [device for device in DEVICES if device.interface == interface.id] or interface.notes


@pytest.mark.parametrize("device", DEVICES, ids=lambda d: f"{d.interface}: {d.name}")
def test_device_is_well_formed(device: Device) -> None:
    expected = "disk" if device in STORAGE else "nic"
    assert BY_INTERFACE[device.interface].device == expected
    assert device.kind in set(KINDS) - {PHYSICAL}, (
        "that a machine is no guest is not the catalogue's to say"
    )
    assert set(device.kind_by) <= DETECT_VIRT - {"none"}
    assert set(device.kind_by.values()) <= set(KINDS)
    assert all(PCI.match(name) for name in device.pci)
    assert all(USB.match(name) for name in device.usb)
    assert all(GUID.match(name) for name in device.vmbus)
    assert all(CCW.match(name) for name in device.ccw)
    assert device.virtio == 0 or device.virtio in TYPES
    assert (
        device.pci
        or device.virtio
        or device.vmbus
        or device.xen
        or device.usb
        or device.vio
        or device.ccw
        or device.drivers
    )


@pytest.mark.parametrize("device", DEVICES, ids=lambda d: f"{d.interface}: {d.name}")
def test_what_decides_has_a_source(device: Device) -> None:
    identified = (
        device.pci
        or device.virtio
        or device.vmbus
        or device.xen
        or device.usb
        or device.vio
        or device.ccw
    )
    assert device.source or not device.decides or not identified


def test_names_of_devices_are_unique() -> None:
    assert not repeated([device.name for device in DEVICES])


@pytest.mark.parametrize("field", ["pci", "vmbus", "xen", "usb", "vio", "ccw"])
def test_no_id_is_claimed_twice(field: str) -> None:
    rows: Dict[str, List[Tuple[str, str]]] = {}
    for device in DEVICES:
        if device.decides:
            for name in getattr(device, field):
                rows.setdefault(name, []).append((device.interface, device.name))
    assert {name: claims for name, claims in rows.items() if len(claims) > 1} == {}


def test_a_virtio_type_is_claimed_once() -> None:
    assert not repeated([str(device.virtio) for device in DEVICES if device.virtio])


def test_virtio_ids_and_types_agree() -> None:
    for device in DEVICES:
        if device.virtio:
            modern = f"1af4:{0x1040 + device.virtio:04x}"
            legacy = [
                f"1af4:{name}" for name, kind in TRANSITIONAL.items() if kind == device.virtio
            ]
            assert set(device.pci) == {modern, *legacy}
            assert not device.ccw or device.ccw == (f"3832/{device.virtio:02x}",)


def test_a_subsystem_row_narrows_a_known_id() -> None:
    plain = {name for device in DEVICES for name in device.pci if "/" not in name} | set(
        VIRTUAL_FUNCTIONS
    )
    narrowed = {name.partition("/")[0] for device in DEVICES for name in device.pci if "/" in name}
    assert narrowed <= plain


def test_real_cards_with_the_ids_of_emulated_ones_are_left_open() -> None:
    # Cards that are sold, and that people do hand through: only the subsystem, the revision or the
    # disks' text tells.
    deciding = {
        name for device in DEVICES if device.decides and not device.revision for name in device.pci
    }
    assert not deciding & {
        "8086:10d3",
        "8086:10c9",
        "1000:0060",
        "1000:0079",
        "1000:0060/1000:1013",
        "1000:0079/1000:9261",
    }
    assert {"8086:10d3/8086:0000", "8086:10c9/1af4:1100"} <= deciding


def test_virtual_functions_are_well_formed_and_passthrough() -> None:
    assert all(USB.match(name) and text for name, text in VIRTUAL_FUNCTIONS.items())
    assert len(VIRTUAL_FUNCTIONS) > 140
    assert not [name for name in VIRTUAL_FUNCTIONS if name.startswith(VF_RANGES)]
    assert VF_DRIVERS
    for device in DEVICES:
        if set(device.pci) & set(VIRTUAL_FUNCTIONS):
            assert device.kind == PASSTHROUGH
            assert device.vf


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda s: s.symbol)
def test_symbol_is_well_formed(symbol) -> None:
    assert symbol.symbol.startswith("CONFIG_")
    assert symbol.serves in CARRIERS | set(BY_INTERFACE)
    assert set(symbol.parents) <= set(BY_SYMBOL) | CONDITIONS
    assert not repeated([symbol.symbol, *symbol.parents])
    assert all(RELEASE.match(release) for release in (symbol.since, symbol.until) if release)
    assert all("-" not in module for module in symbol.modules), (
        "modules are spelled as the kernel lists them, with _"
    )


def test_symbols_are_unique() -> None:
    assert not repeated([symbol.symbol for symbol in SYMBOLS])


def test_no_condition_is_left_over() -> None:
    assert {parent for symbol in SYMBOLS for parent in symbol.parents} >= CONDITIONS


def test_parents_come_to_an_end() -> None:
    def depth(name: str, seen: Tuple[str, ...] = ()) -> None:
        assert name not in seen, seen
        for parent in BY_SYMBOL[name].parents if name in BY_SYMBOL else ():
            depth(parent, (*seen, name))

    for symbol in SYMBOLS:
        depth(symbol.symbol)


def test_what_can_be_emulated_or_paravirtual_has_an_option() -> None:
    served = {symbol.serves for symbol in SYMBOLS}
    without = {interface.id for interface in INTERFACES} - served
    # hv-fc is served by storvsc's, and ata by those of ide and sata.
    assert without == {"scsi-hba", "pci-nic", "vmxnet", "hv-fc", "ata"}


@pytest.mark.parametrize("row", [*HYPERVISORS, *PLATFORMS], ids=lambda r: r.id)
def test_texts_of_machines_are_well_formed(row) -> None:
    for rule in row.dmi:
        for pair in rule.split("; "):
            field, mark, text = pair.partition("=")
            assert field in DMI_FIELDS
            assert text.rstrip("*"), mark
            assert "*" not in text[:-1], "only a trailing * has a meaning"
    assert row.advice
    assert set(row.advice) <= set(places())
    assert row.source


def test_hypervisors_are_systemds_words() -> None:
    assert {row.id for row in HYPERVISORS} <= DETECT_VIRT - {"none"}
    for field in ("id", "cpuid", "dmi", "pci"):
        values = [
            value
            for row in HYPERVISORS
            for value in ([row.id] if field == "id" else getattr(row, field))
        ]
        assert not repeated(values), field
    assert all(MARKER.match(name) for row in HYPERVISORS for name in row.pci)


def test_platforms_stand_on_known_hypervisors() -> None:
    assert not repeated([row.id for row in PLATFORMS])
    assert not repeated([rule for row in PLATFORMS for rule in row.dmi])
    known = {row.id for row in HYPERVISORS}
    assert all(set(row.hypervisors) <= known for row in PLATFORMS)
    assert [row.id for row in PLATFORMS if not row.dmi] == ["virtualbox"]  # known by a MAC address


def test_bare_metal_names_clouds_of_the_table() -> None:
    clouds = {
        pair.partition("=")[2] for row in PLATFORMS for rule in row.dmi for pair in rule.split("; ")
    }
    assert all(rule.partition("; ")[0].partition("=")[2] in clouds for rule in BARE_METAL)


def test_virtio_numbers_are_sound() -> None:
    assert set(TRANSITIONAL.values()) <= set(TYPES)
    assert set(FEATURES) == {"common", "block", "net", "scsi", "balloon", "console"}
    assert set(FEATURES) - {"common"} <= set(TYPES.values())
    assert not repeated(list(TYPES.values()))
    for group, bits in FEATURES.items():
        assert not repeated(list(bits.values())), group
        assert group == "common" or not set(bits) & set(FEATURES["common"]), (
            "bits 24 to 43 are common to all types"
        )


@pytest.mark.parametrize(
    "path", sorted(set(FOLDER.glob("*.py")) - {FOLDER / "rows.py"}), ids=lambda p: p.name
)
def test_files_hold_data_and_import_the_model_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(
            node,
            (
                ast.FunctionDef,
                ast.ClassDef,
                ast.Lambda,
                ast.For,
                ast.If,
                ast.ListComp,
                ast.DictComp,
            ),
        )
        assert not isinstance(node, ast.Import)
        if isinstance(node, ast.ImportFrom):
            assert node.module in (
                "__future__",
                "typing",
                "guestcheck.model.device",
                "guestcheck.model.target",
                "guestcheck.model.windows",
                "guestcheck.catalogue.interfaces",
            )


def test_targets_are_interfaces_with_modules_that_the_catalogue_knows() -> None:
    known = {module for symbol in SYMBOLS for module in symbol.modules}
    assert not repeated([target.id for target in TARGETS] + [bundle.id for bundle in BUNDLES])
    for target in TARGETS:
        row = BY_INTERFACE[target.id]
        assert row.device == target.kind
        modules = {module for need in target.needs for module in need.modules}
        assert modules <= known, target.id
        # What the interface's row asks of an initramfs, the target asks for; beside it only what
        # depends on the machine.
        assert set(row.modules) - {"8139too"} <= modules, target.id
        assert bool(target.names) == (target.kind == "disk")
        assert all(need.says for need in target.needs if need.each)


def test_a_cloud_is_more_than_its_interfaces() -> None:
    found = chosen(["kvm", "gce", "virtio-net", "aws"], TARGETS, BUNDLES)
    assert [(target.id, target.platform) for target in found] == [
        ("virtio-blk", ""),
        ("virtio-scsi", ""),
        ("virtio-net", ""),
        ("virtio-scsi", "gce"),
        ("virtio-net", "gce"),
        ("nvme", "aws"),
        ("ena", "aws"),
    ]
