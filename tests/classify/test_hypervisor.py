"""The hypervisor is what the best clue names; clues that disagree are told; a container is a fact
apart; no clue is no guess.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from guestcheck.catalogue.hypervisors import HYPERVISORS, PLATFORMS
from guestcheck.classify.hypervisor import decide_hypervisor, decide_platform, match_dmi
from guestcheck.model.guest import BlockDevice, Clues, Guest, Hint, PciFunction, VirtioDevice
from guestcheck.model.source import OK, Answer
from tests.makers import answers, disk, inventory, lspci, nic, pci, uname

VIRTIO = (VirtioDevice("virtio0", 2, "", None, "virtio_blk", "pci", "0000:00:05.0", ""),)
QEMU_DMI = {"sys_vendor": "QEMU", "product_name": "Standard PC (Q35 + ICH9, 2009)"}


def guest(
    pci: Any = None,
    virtio: Any = None,
    block: Any = None,
    architecture: str = "x86_64",
    **clues: Any,
) -> Guest:
    return Guest(
        "test", architecture=architecture, clues=Clues(**clues), pci=pci, virtio=virtio, block=block
    )


# By case: what was seen, the word, and how many clues disagree.
CASES: Dict[str, Any] = {
    "systemd's word comes first": (guest(vm="kvm", dmi=QEMU_DMI), "kvm", 0),
    "KVM and QEMU are one family": (guest(vm="qemu", cpuid="KVM"), "qemu", 0),
    "DMI": (guest(dmi={"sys_vendor": "VMware, Inc."}), "vmware", 0),
    "DMI needs all pairs": (
        guest(dmi={"sys_vendor": "Microsoft Corporation", "product_name": "Surface Pro"}),
        None,
        0,
    ),
    "DMI of Hyper-V": (
        guest(dmi={"sys_vendor": "Microsoft Corporation", "product_name": "Virtual Machine"}),
        "microsoft",
        0,
    ),
    "the ACPI tables of Firecracker": (guest(acpi_oem="FIRECKFCVMFADT"), "kvm", 0),
    "/sys/hypervisor": (guest(sys_hypervisor="xen"), "xen", 0),
    "the device tree": (
        guest(
            devicetree=(Hint("/sys/firmware/devicetree/base/hypervisor/compatible", "linux,kvm"),)
        ),
        "kvm",
        0,
    ),
    "the machine virt of QEMU and others": (
        guest(devicetree=(Hint("/sys/firmware/devicetree/base/compatible", "linux,dummy-virt"),)),
        "vm-other",
        0,
    ),
    "a board's device tree": (
        guest(
            devicetree=(Hint("/sys/firmware/devicetree/base/compatible", "raspberrypi,4-model-b"),)
        ),
        None,
        0,
    ),
    "z/VM": (guest(sysinfo="VM00 Control Program: z/VM    7.3.0"), "zvm", 0),
    "KVM on s390x": (guest(sysinfo="VM00 Control Program: KVM/Linux"), "kvm", 0),
    "an LPAR": (guest(sysinfo="Manufacturer: IBM\nType: 3931"), None, 0),
    "lscpu's word": (guest(cpuid="VMware"), "vmware", 0),
    "a vendor that nobody knows": (guest(cpuid="Nobody"), "vm-other", 0),
    "the vmbus": (guest(vmbus=True), "microsoft", 0),
    "the Xen bus": (guest(xen_bus=True), "xen", 0),
    "a device of VMware alone": (
        guest(pci=(PciFunction("0000:00:0f.0", "15ad", "0740"),)),
        "vmware",
        0,
    ),
    "QEMU's mark on a device": (
        guest(pci=(PciFunction("0000:00:03.0", "8086", "100e", "1af4:1100"),)),
        "qemu",
        0,
    ),
    "virtio alone": (guest(virtio=VIRTIO), "vm-other", 0),
    "virtio by lspci alone": (
        guest(pci=(PciFunction("0000:00:03.0", "1af4", "1041"),)),
        "vm-other",
        0,
    ),
    "the processor's flag alone": (guest(cpu_flag=True), "vm-other", 0),
    "systemd sees none, the flag does": (guest(vm="none", cpu_flag=True), "vm-other", 1),
    "systemd sees none, the flag and DMI do": (
        guest(vm="none", cpu_flag=True, dmi=QEMU_DMI),
        "qemu",
        1,
    ),
    "systemd sees none, and so do the others": (
        guest(vm="none", cpu_flag=False, dmi={"sys_vendor": "Dell Inc."}),
        "none",
        0,
    ),
    "no flag and a maker's name": (
        guest(cpu_flag=False, dmi={"sys_vendor": "Dell Inc."}),
        "none",
        0,
    ),
    "no flag on a machine that has none": (
        guest(cpu_flag=False, dmi={"sys_vendor": "Ampere"}, architecture="aarch64"),
        None,
        0,
    ),
    "no flag and no DMI": (guest(cpu_flag=False), None, 0),
    "a maker's name alone": (guest(dmi={"sys_vendor": "Dell Inc."}), None, 0),
    "nothing": (guest(), None, 0),
    "QEMU that shows itself as Hyper-V": (
        guest(vm="kvm", cpuid="Microsoft", dmi=QEMU_DMI),
        "kvm",
        0,
    ),
    "QEMU that hides, with VMware's name": (
        guest(vm="vmware", pci=(PciFunction("0000:00:03.0", "8086", "100e", "1af4:1100"),)),
        "vmware",
        1,
    ),
    "Xen with QEMU's devices": (
        guest(vm="xen", sys_hypervisor="xen", pci=(PciFunction("0000:00:02.0", "5853", "0001"),)),
        "xen",
        0,
    ),
    "a dom0, or a board with a coprocessor": (
        guest(vm="none", xen_bus=True, virtio=VIRTIO),
        "none",
        2,
    ),
    "rpmsg on a board": (guest(virtio=(VIRTIO[0]._replace(type=7),)), None, 0),
    "EC2 on metal": (
        guest(
            vm="none", cpu_flag=False, dmi={"sys_vendor": "Amazon EC2", "product_name": "c5.metal"}
        ),
        "none",
        0,
    ),
    "EC2's metal within a guest's processor": (
        guest(cpu_flag=True, dmi={"sys_vendor": "Amazon EC2", "product_name": "c5.metal"}),
        "amazon",
        0,
    ),
    "EC2": (
        guest(
            vm="amazon", cpu_flag=True, dmi={"sys_vendor": "Amazon EC2", "product_name": "c5.large"}
        ),
        "amazon",
        0,
    ),
}


@pytest.mark.parametrize(("seen", "word", "against"), CASES.values(), ids=CASES)
def test_the_best_clue_names_the_hypervisor(seen: Guest, word: Optional[str], against: int) -> None:
    found = decide_hypervisor(seen)
    assert (found.id, len(found.disagreements)) == (word, against)
    assert bool(found.evidence) == (word is not None)
    assert found.name


@pytest.mark.parametrize(
    "row", [row for row in HYPERVISORS if row.cpuid or row.lscpu], ids=lambda row: row.id
)
def test_each_hypervisor_is_known_by_lscpu_s_name_for_it(row: Any) -> None:
    for text in (*row.cpuid, *row.lscpu):
        assert decide_hypervisor(guest(cpuid=text.strip())).id == row.id


@pytest.mark.parametrize(
    ("dmi", "blocks", "hypervisor", "platform"),
    [
        (
            {"sys_vendor": "OpenStack Foundation", "product_name": "OpenStack Nova"},
            (),
            "kvm",
            "openstack",
        ),
        ({"sys_vendor": "Amazon EC2"}, (), "amazon", "ec2"),
        ({"product_name": "Google Compute Engine"}, (), "google", "gce"),
        ({"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}, (), "microsoft", "azure"),
        ({"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}, (), "kvm", None),
        ({"sys_vendor": "Hetzner", "product_name": "vServer"}, (), "kvm", "hetzner"),
        ({"bios_vendor": "Proxmox distribution of EDK II"}, (), "kvm", "proxmox"),
        (QEMU_DMI, ("drive-scsi0",), "kvm", "proxmox"),
        (QEMU_DMI, ("", "drive-ide12"), "kvm", "proxmox"),
        (QEMU_DMI, ("drive-scsi0-0-0-0",), "kvm", None),
        (QEMU_DMI, ("drive-", "drive-scsi", "drive-9", "QM00001"), "kvm", None),
        (QEMU_DMI, (), "kvm", None),
        ({}, (), None, None),
    ],
)
def test_a_platform_is_named_by_a_mark_or_not_at_all(
    dmi: Dict[str, str], blocks: Any, hypervisor: str, platform: Optional[str]
) -> None:
    found = decide_platform(
        guest(dmi=dmi, block=[BlockDevice("sda", "disk", serial=serial) for serial in blocks]),
        hypervisor,
    )
    assert found.id == platform
    assert bool(found.evidence) == (platform is not None)


@pytest.mark.parametrize("row", PLATFORMS, ids=lambda row: row.id)
def test_each_platform_is_known_by_its_own_marks(row: Any) -> None:
    for pattern in row.dmi:
        pairs = dict(pair.split("=", 1) for pair in pattern.replace("*", " something").split("; "))
        oem = pairs.pop("acpi_oem", "")
        seen = guest(dmi=pairs, acpi_oem=oem)
        found = decide_platform(seen, row.hypervisors[0] if row.hypervisors else "kvm")
        assert found.id is not None
        if not any(
            other.dmi and match_dmi(other.dmi, {**pairs, "acpi_oem": oem})
            for other in PLATFORMS[: PLATFORMS.index(row)]
        ):
            assert found.id == row.id


class TestContainers:
    def test_a_container_does_not_hide_the_machine_beneath(self) -> None:
        detected = answers(
            "systemd-detect-virt --vm", "kvm\n", "systemd-detect-virt --container", "docker\n"
        )
        found = inventory(vm=None, detect_virt=detected, system=uname())
        assert (found.hypervisor, found.container) == ("kvm", "docker")

    @pytest.mark.parametrize(
        ("asked", "text", "container"),
        [
            ("/.dockerenv /run/.containerenv", "/.dockerenv\n", "docker"),
            ("/.dockerenv /run/.containerenv", "/run/.containerenv\n", "podman"),
            ("/run/systemd/container", "lxc\n", "lxc"),
            ("/proc/1/environ", "PATH=/bin\0container=podman\0", "podman"),
            ("/proc/1/environ", "PATH=/bin\0", None),
            ("/.dockerenv /run/.containerenv", "", None),
        ],
    )
    def test_a_container_is_known_by_its_marks_without_systemd(
        self, asked: str, text: str, container: Optional[str]
    ) -> None:
        found = inventory(vm=None, container=(Answer(asked, OK, text),), system=uname())
        assert (found.hypervisor, found.container) == (None, container)

    def test_no_container_is_none(self) -> None:
        detected = answers(
            "systemd-detect-virt --vm", "none\n", "systemd-detect-virt --container", "none\n"
        )
        assert inventory(vm=None, detect_virt=detected).container is None


class TestWhole:
    """From text to the word, with the devices that give it away."""

    @pytest.mark.parametrize(
        "word",
        [
            "Befehl nicht verstanden: virt",
            "<html>",
            "kvm; rm -rf",
            "\x1b[31mkvm",
            "x" * 400,
            "Gerät",
        ],
    )
    def test_what_is_no_word_names_no_hypervisor(self, word: str) -> None:
        assert inventory(vm=word, system=uname()).hypervisor is None

    def test_a_word_of_tomorrow_is_taken_as_it_is(self) -> None:
        assert inventory(vm="new-vmm2", system=uname()).hypervisor == "new-vmm2"

    def test_a_hypervisor_type_that_is_no_word_is_passed_over(self) -> None:
        found = inventory(
            vm=None, firmware=(Answer("/sys/hypervisor/type", OK, "two words\n"),), system=uname()
        )
        assert found.hypervisor is None

    def test_a_hyper_v_guest_is_known_by_its_bus(self) -> None:
        tree = nic(
            "eth0",
            "000d3a12-0000-0000-0000-000000000000 vmbus hv_netvsc "
            "f8615163-df3e-46c5-913f-f2d2f965ed0e",
        )
        assert (
            inventory(tree, vm=None, buses="/sys/bus/pci\n/sys/bus/vmbus\n").hypervisor
            == "microsoft"
        )

    def test_a_xen_guest_is_known_by_its_bus(self) -> None:
        assert inventory(disk("xvda", "vbd-51712 xen vbd vbd"), vm=None).hypervisor == "xen"

    def test_a_kernel_that_could_be_a_guest_of_hyper_v_is_not_therefore_one(self) -> None:
        tree = pci("0000:00:00.0 pci - 8086:1237 0600")
        assert (
            inventory(
                tree, vm=None, buses="/sys/bus/pci\n/sys/bus/vmbus\n/sys/bus/xen\n"
            ).hypervisor
            is None
        )

    def test_a_guest_of_which_only_lspci_is_known(self) -> None:
        assert (
            inventory(vm=None, pci=lspci("0000:00:03.0", "8086:100e/1af4:1100")).hypervisor
            == "qemu"
        )
