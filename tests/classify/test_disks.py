"""A disk is what it hangs on: exact ids and bound drivers decide, names and models only support."""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from guestcheck.model.source import OK, Answer
from tests.makers import GIBIBYTE, disk, inventory, nic, part, pci, scsi, uname, verdicts, virtual

QEMU = {"vendor": "QEMU", "model": "QEMU HARDDISK"}
ATA = {"vendor": "ATA", "model": "QEMU HARDDISK"}
VMBUS_SCSI = "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f"
VMBUS_IDE = "32412632-86cb-44a2-9b5c-50d1417354f5"
GUID = "f8b3781a-1e82-4818-a1c3-63d806ec15bb"
PARTITIONS = (
    "0000:00:02.0 pci xhci_hcd 1b36:000d/1af4:1100 0c03",
    "usb1 usb usb",
    "1-1 usb usb 46f4:0001 QEMU QEMU USB HARDDRIVE",
)

# By case: the hypervisor's word, what /sys says, and "INTERFACE KIND DRIVER" of the disk.
CASES: Dict[str, Tuple[str, str, str]] = {
    "virtio-blk, transitional": (
        "kvm",
        disk(
            "vda",
            "0000:00:05.0 pci virtio-pci 1af4:1001/1af4:0002",
            "virtio0 virtio virtio_blk 2 9,32",
            vendor="0x1af4",
        ),
        "virtio-blk paravirtual virtio_blk",
    ),
    "virtio-blk, modern, class of its own": (
        "kvm",
        disk(
            "vda",
            "0000:01:00.0 pci virtio-pci 1af4:1042/1af4:1100 0180",
            "virtio0 virtio virtio_blk 2 9,32",
        ),
        "virtio-blk paravirtual virtio_blk",
    ),
    "virtio-blk over mmio": (
        "kvm",
        disk("vda", "LNRO0005:00 platform virtio-mmio", "virtio0 virtio virtio_blk 2 32"),
        "virtio-blk paravirtual virtio_blk",
    ),
    "virtio-blk over ccw": (
        "kvm",
        disk(
            "vda", "0.0.0003", "0.0.0001 ccw virtio_ccw 3832/02", "virtio1 virtio virtio_blk 2 32"
        ),
        "virtio-blk paravirtual virtio_blk",
    ),
    "virtio-blk where no hypervisor gives a name": (
        "vm-other",
        disk("vda", "0000:00:05.0 pci virtio-pci 1af4:1042", "virtio0 virtio virtio_blk 2 32"),
        "virtio-blk paravirtual virtio_blk",
    ),
    "virtio-scsi": (
        "kvm",
        disk(
            "sda",
            "0000:00:05.0 pci virtio-pci 1af4:1004/1af4:0008",
            "virtio0 virtio virtio_scsi 8 32",
            *scsi(2),
            **QEMU,
        ),
        "virtio-scsi paravirtual virtio_scsi",
    ),
    "virtio-scsi, modern, with a model that lies": (
        "kvm",
        disk(
            "sda",
            "0000:00:05.0 pci virtio-pci 1af4:1048",
            "virtio0 virtio virtio_scsi 8 32",
            *scsi(2),
            vendor="SEAGATE",
            model="ST4000NM0023",
        ),
        "virtio-scsi paravirtual virtio_scsi",
    ),
    "IDE on QEMU's pc": (
        "qemu",
        disk("sda", "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100 0101", "ata1", *scsi(), **ATA),
        "ide emulated ata_piix",
    ),
    "IDE with a model that lies": (
        "kvm",
        disk(
            "sda",
            "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100 0101",
            "ata1",
            *scsi(),
            vendor="ATA",
            model="Samsung SSD 870",
        ),
        "ide emulated ata_piix",
    ),
    "IDE of VMware": (
        "vmware",
        disk("sda", "0000:00:07.1 pci ata_piix 8086:7111/15ad:1976 0101", "ata1", *scsi()),
        "ide emulated ata_piix",
    ),
    "IDE with the old driver": (
        "kvm",
        disk("hda", "0000:00:01.1 pci PIIX_IDE 8086:7010 0101", "ide0 ide", "0.0 ide ide-gd"),
        "ide emulated PIIX_IDE",
    ),
    "SATA on q35": (
        "kvm",
        disk("sda", "0000:00:1f.2 pci ahci 8086:2922/1af4:1100 0106", "ata1", *scsi(), **ATA),
        "sata emulated ahci",
    ),
    "SATA of VirtualBox": (
        "oracle",
        disk("sda", "0000:00:0d.0 pci ahci 8086:2829 0106", "ata1", *scsi(2)),
        "sata emulated ahci",
    ),
    "SATA of VMware": (
        "vmware",
        disk("sda", "0000:02:03.0 pci ahci 15ad:07e0 0106", "ata1", *scsi(2)),
        "sata emulated ahci",
    ),
    "SATA of bhyve": (
        "bhyve",
        disk("sda", "0000:00:03.0 pci ahci 8086:2821 0106", "ata1", *scsi(2)),
        "sata emulated ahci",
    ),
    "SATA given to the guest": (
        "kvm",
        disk("sda", "0000:00:06.0 pci ahci 8086:a352/1028:085c 0106", "ata1", *scsi(2)),
        "sata passthrough ahci",
    ),
    "NVMe of QEMU": (
        "kvm",
        disk("nvme0n1", "0000:00:04.0 pci nvme 1b36:0010/1af4:1100 0108", "nvme0 nvme"),
        "nvme emulated nvme",
    ),
    "NVMe of QEMU with Intel's id": (
        "kvm",
        disk("nvme0n1", "0000:00:04.0 pci nvme 8086:5845/1af4:1100 0108", "nvme0 nvme"),
        "nvme emulated nvme",
    ),
    "NVMe given to the guest, by elimination": (
        "kvm",
        disk("nvme0n1", "0000:00:04.0 pci nvme 144d:a808/144d:a801 0108", "nvme0 nvme"),
        "nvme passthrough nvme",
    ),
    "NVMe of Amazon": (
        "amazon",
        disk("nvme0n1", "0000:00:04.0 pci nvme 1d0f:8061/1d0f:0000 0108", "nvme0 nvme"),
        "nvme passthrough nvme",
    ),
    "NVMe of Google": (
        "google",
        disk("nvme0n1", "0000:00:04.0 pci nvme 1ae0:001f 0108", "nvme0 nvme"),
        "nvme passthrough nvme",
    ),
    "NVMe of Azure below vmbus": (
        "microsoft",
        disk(
            "nvme0n1",
            f"{GUID} vmbus hv_pci 44c4f61d-4444-4400-9d52-802e27ede19f",
            "pcic05b:00",
            "c05b:00:00.0 pci nvme 1414:00a9 0108",
            "nvme0 nvme",
        ),
        "nvme passthrough nvme",
    ),
    "NVMe of VMware": (
        "vmware",
        disk("nvme0n1", "0000:0b:00.0 pci nvme 15ad:07f0 0108", "nvme0 nvme"),
        "nvme emulated nvme",
    ),
    "NVMe of a cloud that is not known": (
        "amazon",
        disk("nvme0n1", "0000:00:04.0 pci nvme 1d0f:9999 0108", "nvme0 nvme"),
        "nvme unknown nvme",
    ),
    "USB disk of QEMU": (
        "kvm",
        disk("sda", *PARTITIONS, "1-1:1.0 usb usb-storage", *scsi(2), **QEMU),
        "usb emulated usb-storage",
    ),
    "USB disk of QEMU with uas": (
        "kvm",
        disk("sda", *PARTITIONS, "1-1:1.0 usb uas", *scsi(2), **QEMU),
        "usb emulated uas",
    ),
    "USB disk of the host": (
        "kvm",
        disk(
            "sda",
            *PARTITIONS[:2],
            "1-1 usb usb 0781:5583 SanDisk Ultra Fit",
            "1-1:1.0 usb usb-storage",
            *scsi(2),
        ),
        "usb passthrough usb-storage",
    ),
    "SD card of QEMU": (
        "kvm",
        disk(
            "mmcblk0",
            "0000:00:04.0 pci sdhci-pci 1b36:0007/1af4:1100 0805",
            "mmc0 mmc_host",
            "mmc0:4567 mmc mmcblk",
        ),
        "sd-card emulated sdhci-pci",
    ),
    "SD card of a board": (
        "kvm",
        disk("mmcblk0", "3f300000.mmc platform bcm2835", "mmc0 mmc_host", "mmc0:4567 mmc mmcblk"),
        "sd-card unknown bcm2835",
    ),
    "LSI": (
        "kvm",
        disk("sda", "0000:00:04.0 pci sym53c8xx 1000:0012/1af4:1000 0100", *scsi(2), **QEMU),
        "lsi emulated sym53c8xx",
    ),
    "LSI of VMware": (
        "vmware",
        disk("sda", "0000:03:00.0 pci mptspi 1000:0030/15ad:1976", *scsi(2)),
        "lsi emulated mptspi",
    ),
    "LSI SAS of VMware": (
        "vmware",
        disk("sda", "0000:03:00.0 pci mptsas 1000:0054/15ad:1976 0107", *scsi(2)),
        "lsi-sas emulated mptsas",
    ),
    "MegaRAID of QEMU, by its disk": (
        "kvm",
        disk("sda", "0000:00:04.0 pci megaraid_sas 1000:0060/1000:1013 0104 04", *scsi(2), **QEMU),
        "megaraid emulated megaraid_sas",
    ),
    "MegaRAID of QEMU, by its revision": (
        "kvm",
        disk("sda", "0000:00:04.0 pci megaraid_sas 1000:0079/1000:9261 0104", *scsi(2)),
        "megaraid emulated megaraid_sas",
    ),
    "MegaRAID given to the guest, by its array": (
        "kvm",
        disk(
            "sda",
            "0000:00:04.0 pci megaraid_sas 1000:0060/1000:1013 0104 04",
            *scsi(2),
            vendor="LSI",
            model="MegaRAID SAS RMB",
        ),
        "megaraid passthrough megaraid_sas",
    ),
    "MegaRAID given to the guest, by its subsystem": (
        "kvm",
        disk(
            "sda",
            "0000:00:04.0 pci megaraid_sas 1000:0060/1028:1f0c 0104",
            *scsi(2),
            vendor="DELL",
            model="PERC 6/i",
        ),
        "megaraid passthrough megaraid_sas",
    ),
    "MegaRAID without any text": (
        "kvm",
        disk("sda", "0000:00:04.0 pci megaraid_sas 1000:0079/1000:9261 0104 05", *scsi(2)),
        "megaraid unknown megaraid_sas",
    ),
    "a RAID card that no hypervisor imitates": (
        "kvm",
        disk("sda", "0000:00:04.0 pci megaraid_sas 1000:005d/1028:1f47 0104", *scsi(2)),
        "scsi-hba passthrough megaraid_sas",
    ),
    "PVSCSI of VMware": (
        "vmware",
        disk("sda", "0000:03:00.0 pci vmw_pvscsi 15ad:07c0/15ad:07c0", *scsi(2)),
        "pvscsi paravirtual vmw_pvscsi",
    ),
    "PVSCSI of QEMU": (
        "kvm",
        disk("sda", "0000:03:00.0 pci vmw_pvscsi 15ad:07c0/15ad:07c0", *scsi(2), **QEMU),
        "pvscsi emulated vmw_pvscsi",
    ),
    "PVSCSI of nobody knows whom": (
        "vm-other",
        disk("sda", "0000:03:00.0 pci vmw_pvscsi 15ad:07c0", *scsi(2)),
        "pvscsi unknown vmw_pvscsi",
    ),
    "Hyper-V": (
        "microsoft",
        disk("sda", f"{GUID} vmbus hv_storvsc {VMBUS_SCSI}", *scsi()),
        "storvsc paravirtual hv_storvsc",
    ),
    "Hyper-V, boot disk of generation 1": (
        "microsoft",
        disk("sda", f"{GUID} vmbus hv_storvsc {VMBUS_IDE}", *scsi()),
        "storvsc paravirtual hv_storvsc",
    ),
    "Hyper-V without the ids": (
        "microsoft",
        disk("sda", f"{GUID} vmbus hv_storvsc", *scsi()),
        "storvsc paravirtual hv_storvsc",
    ),
    "Xen": ("xen", disk("xvda", "vbd-51712 xen vbd vbd"), "xen-blkfront paravirtual vbd"),
    "Xen, SCSI": (
        "xen",
        disk("sda", "vscsi-0 xen vscsi vscsi", *scsi()),
        "xen-scsifront paravirtual vscsi",
    ),
    "Xen, the emulated disk that was not unplugged": (
        "xen",
        disk("sda", "0000:00:01.1 pci ata_piix 8086:7010/5853:0001 0101", "ata1", *scsi(), **ATA),
        "ide emulated ata_piix",
    ),
    "PowerVM": (
        "powervm",
        disk("sda", "30000002 vio ibmvscsi v-scsi", *scsi()),
        "ibmvscsi paravirtual ibmvscsi",
    ),
    "DASD of z/VM": (
        "zvm",
        disk("dasda", "0.0.0001", "0.0.0200 ccw dasd-eckd 3990"),
        "dasd passthrough dasd-eckd",
    ),
    "FCP disk": (
        "zvm",
        disk("sda", "0.0.0001", "0.0.1900 ccw zfcp 1731/03", *scsi()),
        "zfcp passthrough zfcp",
    ),
    "a device of QEMU that the catalogue lacks": (
        "kvm",
        disk("sda", "0000:00:04.0 pci some_driver 1b36:00ff 0100", *scsi(2), **QEMU),
        "scsi-hba unknown some_driver",
    ),
    "a device that carries QEMU's mark": (
        "kvm",
        disk("sda", "0000:00:04.0 pci some_driver 1077:1016/1af4:1100 0100", *scsi(2)),
        "scsi-hba emulated some_driver",
    ),
    "bare metal, SATA": (
        "none",
        disk("sda", "0000:00:17.0 pci ahci 8086:a352/1028:085c 0106", "ata1", *scsi()),
        "sata physical ahci",
    ),
    "bare metal, a board with an id that hypervisors imitate": (
        "none",
        disk("sda", "0000:00:1f.2 pci ahci 8086:2922/1028:02b2 0106", "ata1", *scsi()),
        "sata physical ahci",
    ),
    "bare metal, NVMe": (
        "none",
        disk("nvme0n1", "0000:01:00.0 pci nvme 144d:a808/144d:a801 0108", "nvme0 nvme"),
        "nvme physical nvme",
    ),
    "bare metal, MegaRAID": (
        "none",
        disk("sda", "0000:00:04.0 pci megaraid_sas 1000:0060/1000:1013 0104", *scsi(2)),
        "megaraid physical megaraid_sas",
    ),
    "bare metal, USB": (
        "none",
        disk(
            "sda",
            "0000:00:14.0 pci xhci_hcd 8086:a36d 0c03",
            "usb1 usb usb",
            "1-1 usb usb 0781:5583 SanDisk Ultra Fit",
            "1-1:1.0 usb usb-storage",
            *scsi(2),
        ),
        "usb physical usb-storage",
    ),
    "bare metal, SD card": (
        "none",
        disk(
            "mmcblk0",
            "0000:00:1a.0 pci sdhci-pci 8086:a375 0805",
            "mmc0 mmc_host",
            "mmc0:4567 mmc mmcblk",
        ),
        "sd-card physical sdhci-pci",
    ),
}


@pytest.mark.parametrize(("vm", "tree", "expected"), CASES.values(), ids=CASES)
def test_a_disk_is_what_it_hangs_on(vm: str, tree: str, expected: str) -> None:
    found = inventory(tree, vm=vm)
    (one,) = found.disks or ()
    assert verdicts(found) == {one.name: expected}


@pytest.mark.parametrize(("vm", "tree", "expected"), CASES.values(), ids=CASES)
def test_a_verdict_carries_its_evidence_and_an_unknown_one_what_would_settle_it(
    vm: str, tree: str, expected: str
) -> None:
    (one,) = inventory(tree, vm=vm).disks or ()
    assert len(one.verdict.evidence) > 1
    assert all(hint.source and hint.says for hint in one.verdict.evidence)
    assert bool(one.verdict.settle) == (one.verdict.kind == "unknown")


@pytest.mark.parametrize(("vm", "tree", "expected"), CASES.values(), ids=CASES)
def test_without_any_word_of_a_hypervisor_only_its_own_devices_are_told(
    vm: str, tree: str, expected: str
) -> None:
    found = inventory(tree, vm=None)
    ((_, kind, _),) = (said.split() for said in verdicts(found).values())
    clouds = any(f"/vendor = 0x{vendor}" in tree for vendor in ("1d0f", "1ae0", "1414"))
    assert kind in ("paravirtual", "emulated", "unknown") or found.hypervisor is not None or clouds


def test_the_namespaces_of_a_multipath_nvme_are_found_by_their_hidden_path() -> None:
    nvme = "0000:00:04.0 pci nvme 1b36:0010/1af4:1100 0108"
    hidden = disk("nvme1c1n1", nvme, "nvme1 nvme", hidden=1)
    shown = disk("nvme1n1", "virtual", "nvme-subsystem", "nvme-subsys1 nvme-subsystem")
    assert verdicts(inventory(hidden, shown)) == {"nvme1n1": "nvme emulated nvme"}


def test_the_namespaces_of_a_multipath_nvme_are_found_by_the_subsystem() -> None:
    controller = (
        "/sys/class/nvme/nvme1 -> "
        "/sys/devices/pci0000:00/0000:00:04.0/nvme/nvme1\n/sys/devices/pci0000:00/"
        "0000:00:04.0/nvme/"
        "nvme1/subsystem -> /sys/class/nvme"
    )
    subsystem = (
        "/sys/class/nvme-subsystem/nvme-subsys1 -> "
        "/sys/devices/virtual/nvme-subsystem/nvme-subsys1\n"
        "/sys/class/nvme-subsystem/nvme-subsys1/./ : model nvme1 nvme1n1"
    )
    shown = disk("nvme1n1", "virtual", "nvme-subsystem", "nvme-subsys1 nvme-subsystem")
    found = inventory(
        pci("0000:00:04.0 pci nvme 1b36:0010/1af4:1100 0108"), controller, subsystem, shown
    )
    assert verdicts(found) == {"nvme1n1": "nvme emulated nvme"}


# What is listed and never judged, by the word under which it is.
IGNORED: Dict[str, str] = {
    "loop": virtual("loop0"),
    "zram": virtual("zram0"),
    "ram": virtual("ram0"),
    "nbd": virtual("nbd0"),
    "rom": disk(
        "sr0",
        "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100 0101",
        "ata2",
        *scsi(1, driver="sr"),
        model="QEMU DVD-ROM",
        device__type=5,
    ),
    "floppy": disk("fd0", "floppy.0 platform floppy"),
    "virtual": disk(
        "sdb",
        "pseudo_0 pseudo",
        "adapter0 pseudo scsi_debug",
        *scsi(7),
        vendor="Linux",
        model="scsi_debug",
    ),
    "iscsi": disk(
        "sdc",
        "platform",
        "host8 scsi",
        "session1",
        "session1 iscsi_session",
        "target8:0:0 scsi",
        "8:0:0:0 scsi sd",
        vendor="LIO-ORG",
    ),
    "fabrics": "/sys/class/nvme/nvme2/transport = tcp\n"
    + disk("nvme2n1", "virtual", "nvme-fabrics", "ctl", "nvme2 nvme"),
    "nullb": virtual("nullb0"),
}


@pytest.mark.parametrize(("word", "tree"), IGNORED.items(), ids=IGNORED)
@pytest.mark.parametrize("vm", ["kvm", "none", None])
def test_what_is_no_disk_of_the_machine_is_listed_and_not_judged(
    word: str, tree: str, vm: str
) -> None:
    found = inventory(tree, vm=vm)
    assert found.disks == ()
    assert [one.what for one in found.ignored] == [word]
    assert found.ignored[0].says


def test_partitions_and_what_is_built_on_them_are_neither_judged_nor_listed() -> None:
    way = ("0000:00:05.0 pci virtio-pci 1af4:1042", "virtio0 virtio virtio_blk 2 32")
    above = (
        virtual("dm-0", slaves=["md0"], dm__name="vg-root", dm__uuid="LVM-abc"),
        virtual("md0", slaves=["vda1"], md__level="raid1"),
    )
    found = inventory(disk("vda", *way), part("vda1", *way, of="vda"), *above)
    assert list(verdicts(found)) == ["vda"]
    assert found.ignored == ()


class TestStacks:
    FIRST = ("0000:00:05.0 pci virtio-pci 1af4:1042", "virtio0 virtio virtio_blk 2 32")
    SECOND = ("0000:00:06.0 pci virtio-pci 1af4:1042", "virtio1 virtio virtio_blk 2 32")

    def both(
        self, *more: str, **told: object
    ) -> List[Tuple[str, Tuple[str, ...], Tuple[str, ...]]]:
        found = inventory(
            disk("vda", *self.FIRST, dev="254:0"),
            disk("vdb", *self.SECOND, dev="254:16"),
            *more,
            **told,
        )  # type: ignore[arg-type]
        return [(one.name, one.roles, one.stack) for one in found.disks or ()]

    def test_lvm_on_luks_on_raid_over_two_disks_gives_both_their_role_and_a_line(self) -> None:
        tree = (
            part("vda1", *self.FIRST, of="vda", dev="254:1"),
            part("vdb1", *self.SECOND, of="vdb", dev="254:17"),
            virtual("md0", slaves=["vda1", "vdb1"], dev="9:0", md__level="raid1"),
            virtual(
                "dm-0",
                slaves=["md0"],
                dev="253:0",
                dm__name="luks-1",
                dm__uuid="CRYPT-LUKS2-0123-luks-1",
            ),
            virtual("dm-1", slaves=["dm-0"], dev="253:1", dm__name="vg-root", dm__uuid="LVM-abc"),
            virtual("dm-2", slaves=["dm-0"], dev="253:2", dm__name="vg-swap", dm__uuid="LVM-def"),
        )
        mounts = "27 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n"
        swaps = "Filename Type Size Used Priority\n/dev/dm-2 partition 100 0 -2\n"
        found = self.both(*tree, mounts=mounts, swaps=swaps)
        for name, roles, stack in found:
            assert roles == ("root", "swap")
            assert stack == (
                f"{name}1 → md0 raid1 → luks-1 crypt → vg-root lvm /",
                f"{name}1 → md0 raid1 → luks-1 crypt → vg-swap lvm swap",
            )

    def test_btrfs_whose_device_number_is_its_own_is_found_by_name(self) -> None:
        tree = part("vda2", *self.FIRST, of="vda", dev="254:2")
        mounts = "27 1 0:35 /@ / rw - btrfs /dev/vda2 rw\n28 27 0:35 /@home /home rw - btrfs /dev/vda2 rw\n"
        assert self.both(tree, mounts=mounts)[0] == ("vda", ("root", "data"), ("vda2 / /home",))

    def test_a_file_system_on_the_whole_disk(self) -> None:
        assert self.both(mounts="27 1 254:16 / /srv/data rw - xfs /dev/vdb rw\n")[1] == (
            "vdb",
            ("data",),
            ("vdb /srv/data",),
        )

    def test_boot_efi_and_a_blank_in_a_mount_point(self) -> None:
        tree = [part(f"vda{n}", *self.FIRST, of="vda", dev=f"254:{n}") for n in (1, 2, 3)]
        mounts = "".join(
            f"{n} 1 254:{n} / {where} rw - ext4 /dev/vda{n} rw\n"
            for n, where in ((1, "/boot/efi"), (2, "/boot"), (3, "/my\\040data"))
        )
        assert self.both(*tree, mounts=mounts)[0] == (
            "vda",
            ("boot", "efi", "data"),
            ("vda1 /boot/efi", "vda2 /boot", "vda3 /my data"),
        )

    def test_a_swap_partition_and_a_swap_file(self) -> None:
        tree = part("vda1", *self.FIRST, of="vda", dev="254:1")
        swaps = "Filename Type Size Used Priority\n/dev/vda1 partition 100 0 -2\n/swapfile file 100 0 -3\n"
        assert [roles for _, roles, _ in self.both(tree, swaps=swaps)] == [("swap",), ()]

    def test_file_systems_are_lsblk_s_to_tell(self) -> None:
        tree = part("vda1", *self.FIRST, of="vda", dev="254:1")
        lsblk = 'NAME="vda1" KNAME="vda1" TYPE="part" SIZE="10" FSTYPE="ext4" MOUNTPOINT="/"\n'
        assert self.both(tree, block=lsblk)[0] == ("vda", ("root",), ("vda1 ext4 /",))

    def test_many_mounts_are_counted(self) -> None:
        mounts = "".join(
            f"{n} 1 254:0 / /var/lib/pods/{n} rw - ext4 /dev/vda rw\n" for n in range(40)
        )
        assert self.both(mounts=mounts)[0][2] == (
            "vda /var/lib/pods/0 /var/lib/pods/1 and 38 more",
        )

    def test_devices_that_stand_on_each_other_end(self) -> None:
        ring = (
            virtual("dm-0", slaves=["dm-1", "vda"], dm__uuid="LVM-a"),
            virtual("dm-1", slaves=["dm-0"], dm__uuid="LVM-b"),
        )
        assert self.both(*ring)[0][0] == "vda"

    def test_the_root_among_many_volumes_is_found(self) -> None:
        volumes = [
            virtual(
                f"dm-{n}", slaves=["vda"], dev=f"253:{n}", dm__name=f"vg-lv{n}", dm__uuid=f"LVM-{n}"
            )
            for n in range(500)
        ]
        assert self.both(*volumes, mounts="27 1 253:499 / / rw - ext4 /dev/mapper/vg-lv499 rw\n")[
            0
        ][1] == ("root",)

    def test_devices_that_stand_on_all_below_them_end_soon(self) -> None:
        layers = [
            virtual(
                f"dm-{n}{m}",
                slaves=[f"dm-{n - 1}{k}" for k in range(8)] if n else ["vda"],
                dm__uuid="LVM-x",
            )
            for n in range(9)
            for m in range(8)
        ]
        name, _, stack = self.both(*layers)[0]
        assert name == "vda"
        assert len(stack) < 1000

    def test_many_devices_over_many_disks_end_soon(self) -> None:
        arrays = [
            virtual(f"md{n}", slaves=[f"md{m}" for m in range(n)] or ["vda"], md__level="linear")
            for n in range(14)
        ]
        assert self.both(*arrays)[0][0] == "vda"


class TestFacts:
    WAY = ("0000:00:05.0 pci virtio-pci 1af4:1042", "virtio0 virtio virtio_blk 2 9,13,32")

    def test_size_queues_discard_serial_and_address(self) -> None:
        (one,) = (
            inventory(
                disk(
                    "vda",
                    *self.WAY,
                    size=20 * GIBIBYTE,
                    queues=4,
                    discard=1024,
                    serial=" QLDISK0001 ",
                )
            ).disks
            or ()
        )
        assert (one.size_bytes, one.queues, one.discard, one.serial, one.address) == (
            20 * GIBIBYTE,
            4,
            True,
            "QLDISK0001",
            "0000:00:05.0",
        )

    def test_what_is_not_told_is_not_known(self) -> None:
        (one,) = inventory(disk("vda", *self.WAY)).disks or ()
        assert (one.queues, one.discard, one.serial, one.model, one.roles, one.stack) == (
            None,
            None,
            "",
            "",
            (),
            (),
        )

    @pytest.mark.parametrize(
        ("function", "features", "generation", "version_1"),
        [
            ("1af4:1001", "9", "legacy", False),
            ("1af4:1001", "9,32", "transitional", True),
            ("1af4:1042", "9,32", "modern", True),
            ("1af4:1001", "", None, None),
            ("1af4:1042", "", "modern", None),
        ],
    )
    def test_the_generation_is_told_by_id_and_feature_bit(
        self, function: str, features: str, generation: str, version_1: bool
    ) -> None:
        tree = disk(
            "vda",
            f"0000:00:05.0 pci virtio-pci {function}",
            f"virtio0 virtio virtio_blk 2 {features}",
        )
        (one,) = inventory(tree).disks or ()
        assert one.virtio is not None
        assert (one.virtio.generation, one.virtio.version_1, one.virtio.transport) == (
            generation,
            version_1,
            "pci",
        )

    @pytest.mark.parametrize(
        ("way", "transport", "address"),
        [
            (
                ("LNRO0005:00 platform virtio-mmio", "virtio0 virtio virtio_blk 2 32"),
                "mmio",
                "LNRO0005:00",
            ),
            (
                ("a000000.virtio_mmio platform virtio-mmio", "virtio0 virtio virtio_blk 2 32"),
                "mmio",
                "a000000.virtio_mmio",
            ),
            (
                (
                    "0.0.0003 css",
                    "0.0.0001 ccw virtio_ccw 3832/02",
                    "virtio1 virtio virtio_blk 2 32",
                ),
                "ccw",
                "0.0.0001",
            ),
        ],
    )
    def test_a_transport_other_than_pci_has_its_own_address(
        self, way: Tuple[str, ...], transport: str, address: str
    ) -> None:
        (one,) = inventory(disk("vda", *way)).disks or ()
        assert one.virtio is not None
        assert (one.virtio.transport, one.virtio.generation, one.address) == (
            transport,
            "modern",
            address,
        )

    def test_features_are_named(self) -> None:
        (one,) = inventory(disk("vda", *self.WAY)).disks or ()
        assert one.virtio is not None
        assert (one.virtio.features, one.virtio.bits) == (
            ("FLUSH", "DISCARD", "VERSION_1"),
            (9, 13, 32),
        )

    def test_a_controller_lists_its_disks_and_an_idle_one_none(self) -> None:
        way = ("0000:00:05.0 pci virtio-pci 1af4:1048", "virtio0 virtio virtio_scsi 8 32")
        trees = [disk(f"sd{letter}", *way, *scsi(2, f"0:{n}:0")) for n, letter in enumerate("ab")]
        found = inventory(
            *trees,
            pci("0000:00:01.1 pci ata_piix 8086:7010/1af4:1100 0101"),
            pci("0000:00:07.0 pci - 1000:0012 0100"),
        )
        assert {
            one.address: (one.verdict.interface, one.driver, one.disks)
            for one in found.controllers or ()
        } == {
            "0000:00:05.0": ("virtio-scsi", "virtio_scsi", ("sda", "sdb")),
            "0000:00:01.1": ("ide", "ata_piix", ()),
            "0000:00:07.0": ("lsi", "", ()),
        }

    def test_controllers_of_other_buses_are_listed(self) -> None:
        hyperv = inventory(
            disk("sda", f"{GUID} vmbus hv_storvsc {VMBUS_SCSI}", *scsi()), vm="microsoft"
        )
        mmio = inventory(
            disk("vda", "LNRO0005:00 platform virtio-mmio", "virtio0 virtio virtio_blk 2 32")
        )
        assert [
            (one.verdict.interface, one.disks)
            for one in (*(hyperv.controllers or ()), *(mmio.controllers or ()))
        ] == [
            ("storvsc", ("sda",)),
            ("virtio-blk", ("vda",)),
        ]

    def test_a_nic_is_no_storage_controller(self) -> None:
        assert (
            inventory(nic("eth0", "0000:00:03.0 pci e1000 8086:100e/1af4:1100")).controllers == ()
        )


class TestTextAlone:
    """Guests of which /sys was not read: what the tools' texts prove, and what they only suggest."""

    LSBLK = (
        'NAME="{0}" KNAME="{0}" TYPE="disk" SIZE="21474836480" VENDOR="{1}" MODEL="{2}" TRAN="{3}" '
        'SUBSYSTEMS="{4}"\n'
    )

    @pytest.mark.parametrize(
        ("name", "vendor", "model", "transport", "subsystems", "vm", "expected"),
        [
            ("vda", "0x1af4", "", "", "block:virtio:pci", "kvm", "virtio-blk paravirtual"),
            ("vda", "0x1af4", "", "", "", None, "virtio-blk paravirtual"),
            ("vda", "", "", "virtio", "", None, "virtio-blk paravirtual"),
            (
                "sda",
                "QEMU",
                "QEMU HARDDISK",
                "",
                "block:scsi:virtio:pci",
                None,
                "virtio-scsi paravirtual",
            ),
            (
                "sda",
                "Msft",
                "Virtual Disk",
                "",
                "block:scsi:vmbus:acpi",
                None,
                "storvsc paravirtual",
            ),
            ("xvda", "", "", "", "block:xen", None, "xen-blkfront paravirtual"),
            ("sda", "", "", "", "block:scsi:xen", None, "xen-scsifront paravirtual"),
            ("pmem0", "", "", "", "block:nd:virtio:pci", None, "virtio-pmem paravirtual"),
            ("sda", "", "", "", "block:vmbus:acpi", None, "- unknown"),
            ("sda", "ATA", "QEMU HARDDISK", "sata", "block:scsi:pci", "kvm", "sata emulated"),
            ("sda", "ATA", "QEMU HARDDISK", "ata", "block:scsi:pci", None, "ide emulated"),
            ("sda", "ATA", "VBOX HARDDISK", "sata", "", "oracle", "sata emulated"),
            ("sda", "ATA", "Samsung SSD 860", "sata", "block:scsi:pci", "kvm", "sata unknown"),
            ("sda", "ATA", "Samsung SSD 860", "sata", "block:scsi:pci", "none", "sata physical"),
            ("sda", "QEMU", "QEMU HARDDISK", "", "block:scsi:pci", "kvm", "- unknown"),
            ("sda", "QEMU", "QEMU HARDDISK", "", "", "kvm", "- unknown"),
            ("nvme0n1", "", "QEMU NVMe Ctrl", "nvme", "block:nvme:pci", None, "nvme unknown"),
            ("vda", "", "", "", "", None, "virtio-blk paravirtual"),
            ("xvda", "", "", "", "", None, "xen-blkfront paravirtual"),
            ("sda", "", "", "", "", None, "- unknown"),
            ("sda", "", "", "", "", "none", "- physical"),
            ("sda", "SanDisk", "Ultra", "usb", "block:scsi:usb:pci", "kvm", "usb unknown"),
            ("sda", "VMware", "Virtual disk", "spi", "", "vmware", "lsi emulated"),
            ("sda", "VMware", "Virtual disk", "spi", "", None, "scsi-hba unknown"),
            ("sda", "QEMU", "QEMU HARDDISK", "spi", "", "kvm", "scsi-hba unknown"),
            ("nvme0n1", "", "QEMU NVMe Ctrl", "nvme", "", "kvm", "nvme emulated"),
            ("nvme0n1", "", "Amazon Elastic Block Store", "nvme", "", "amazon", "nvme passthrough"),
            ("nvme0n1", "", "Amazon Elastic Block Store", "nvme", "", None, "nvme unknown"),
            ("nvme0n1", "", "Amazon Elastic Block Store", "nvme", "", "none", "nvme physical"),
            (
                "nvme0n1",
                "",
                "MSFT NVMe Accelerator v1.0",
                "",
                "block:nvme:pci:vmbus:acpi",
                "microsoft",
                "nvme passthrough",
            ),
            ("nvme0n1", "", "Samsung SSD 980", "nvme", "", "kvm", "nvme unknown"),
            ("vdisk", "", "", "", "", None, "virtio-blk unknown"),
        ],
    )
    def test_lsblk_alone(
        self,
        name: str,
        vendor: str,
        model: str,
        transport: str,
        subsystems: str,
        vm: str,
        expected: str,
    ) -> None:
        found = inventory(
            vm=vm, block=self.LSBLK.format(name, vendor, model, transport, subsystems)
        )
        assert verdicts(found) == {name: f"{expected} -"}

    @pytest.mark.parametrize(
        ("vendor", "model", "driver", "vm", "expected"),
        [
            ("QEMU", "QEMU HARDDISK", "virtio_scsi", "kvm", "virtio-scsi paravirtual"),
            ("QEMU", "QEMU HARDDISK", "virtio_scsi", None, "virtio-scsi paravirtual"),
            ("QEMU", "QEMU HARDDISK", "sym53c8xx", "kvm", "lsi emulated"),
            ("QEMU", "QEMU HARDDISK", "vmw_pvscsi", "kvm", "pvscsi emulated"),
            ("VMware", "Virtual disk", "vmw_pvscsi", "vmware", "pvscsi paravirtual"),
            ("VMware", "Virtual disk", "vmw_pvscsi", None, "pvscsi unknown"),
            ("Msft", "Virtual Disk", "storvsc", "microsoft", "storvsc paravirtual"),
            ("ATA", "QEMU HARDDISK", "ahci", "kvm", "sata emulated"),
            ("DELL", "PERC H730", "megaraid_sas", "kvm", "- unknown"),
            ("QEMU", "QEMU HARDDISK", "", "kvm", "- unknown"),
        ],
    )
    def test_lsscsi_alone(
        self, vendor: str, model: str, driver: str, vm: str, expected: str
    ) -> None:
        listed = Answer(
            "lsscsi", OK, f"[2:0:0:0]    disk    {vendor:<8} {model:<16} 2.5+  /dev/sda \n"
        )
        found = inventory(
            vm=vm, scsi=(listed, Answer("lsscsi -H", OK, f"[2]    {driver or '<NULL>'}\n"))
        )
        (said,) = verdicts(found).values()
        assert said.startswith(expected)

    def test_the_host_s_driver_is_the_disk_s_without_lsblk_too(self) -> None:
        scsi_text = (
            Answer(
                "lsscsi", OK, "[2:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sda \n"
            ),
            Answer("lsscsi -H", OK, "[2]    virtio_scsi\n"),
        )
        lsblk = self.LSBLK.format("sda", "QEMU", "QEMU HARDDISK", "", "")
        assert (
            verdicts(inventory(scsi=scsi_text))
            == verdicts(inventory(scsi=scsi_text, block=lsblk))
            == {"sda": "virtio-scsi paravirtual virtio_scsi"}
        )

    def test_udev_alone(self) -> None:
        udev = (
            "P: /devices/pci0000:00/0000:00:05.0/virtio0/block/vda\nN: vda\nE: "
            "DEVNAME=/dev/vda\nE: DEVTYPE=disk\nE: SUBSYSTEM=block\n\n"
            "P: /devices/pci0000:00/0000:00:05.0/virtio0/block/vda/vda1\nN: vda1\nE: "
            "DEVTYPE=partition\nE: SUBSYSTEM=block\n\n"
            "P: /devices/pci0000:00/0000:00:01.1/ata2/host1/target1:0:0/1:0:0:0/block/sr0\nN: "
            "sr0\nE: DEVTYPE=disk\nE: ID_CDROM=1\nE: SUBSYSTEM=block\n"
        )
        found = inventory(udev=udev)
        assert list(verdicts(found)) == ["vda"]
        assert [one.name for one in found.ignored] == ["sr0"]

    def test_no_disk_at_all_is_told_from_none_seen(self) -> None:
        assert inventory(block='{"blockdevices": []}').disks == ()
        assert inventory(system=uname()).disks is None


class TestAta:
    """lsscsi's vendor and udev's ID_BUS say ATA of IDE and of SATA alike."""

    DISK = "[0:0:0:0]    disk    ATA      {:<16} 2.5+  /dev/sda \n"
    UDEV = (
        "P: /devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda\n"
        "E: DEVTYPE=disk\nE: SUBSYSTEM=block\nE: ID_BUS=ata\nE: ID_MODEL=QEMU_HARDDISK\n"
    )
    IDE = "00:01.1 IDE interface [0101]: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II] [8086:7010]\n"
    AHCI = (
        "00:1f.2 SATA controller [0106]: Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA "
        "Controller [AHCI mode] [8086:2922]\n"
    )

    @pytest.mark.parametrize(
        ("lspci", "driver", "expected"),
        [
            ("", "", "ata emulated"),
            (IDE, "", "ide emulated"),
            (AHCI, "", "sata emulated"),
            (IDE + AHCI, "", "ata emulated"),
            (IDE + AHCI, "ahci", "sata emulated"),
            (IDE + AHCI, "ata_piix", "ide emulated"),
            (
                "00:01.1 IDE interface: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]\n",
                "",
                "ide emulated",
            ),
        ],
    )
    def test_the_controller_decides_which_of_the_two(
        self, lspci: str, driver: str, expected: str
    ) -> None:
        scsi = (
            Answer("lsscsi", OK, self.DISK.format("QEMU HARDDISK")),
            *([Answer("lsscsi -H", OK, f"[0]    {driver}\n")] if driver else []),
        )
        (said,) = verdicts(
            inventory(vm="kvm", scsi=scsi, **({"pci": lspci} if lspci else {}))
        ).values()
        assert said.startswith(expected)

    def test_a_real_drive_says_no_more(self) -> None:
        (disk,) = (
            inventory(
                vm="kvm", scsi=(Answer("lsscsi", OK, self.DISK.format("WDC WD180EDGZ-11")),)
            ).disks
            or ()
        )
        assert (disk.verdict.interface, disk.verdict.kind) == ("ata", "unknown")
        assert all("lsblk" not in hint.source for hint in disk.verdict.evidence)

    @pytest.mark.parametrize("vm", ["kvm", None])
    def test_udev_s_bus_is_no_ide(self, vm: str) -> None:
        (disk,) = inventory(vm=vm, udev=self.UDEV).disks or ()
        assert disk.verdict.interface in ("ata", "sata")
