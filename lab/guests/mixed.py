"""Guests with many devices at once, and with devices that are easily taken for something else."""

from __future__ import annotations

from lab.guest import Controller, Disk, Guest
from lab.guests.parts import (
    ahci,
    device,
    ide,
    nic,
    nvme,
    on_am53c974,
    on_lsi,
    on_megasas,
    on_mptsas,
    on_pvscsi,
    on_virtio_scsi,
    usb,
    virtio_blk,
    virtio_net,
)

CD_ON_IDE = Disk(
    "ide-cd,bus=ide.1", "ide", ("ata_piix",), backend="null-ro", on="PIIX", optional=True
)
CD_ON_SCSI = Disk(
    "scsi-cd,bus=s1.0", "virtio-scsi", ("virtio_scsi",), "paravirtual",
    backend="null-ro", on="virtio-scsi", optional=True,
)  # fmt: skip
FLOPPY = Disk("floppy", "floppy", serial="", on="the ISA controller", optional=True)

MIXED_PC = Guest(
    "mixed-pc",
    "pc",
    (
        virtio_blk(),
        ide(),
        CD_ON_IDE,
        device("lsi53c895a,id=s0"),
        on_lsi("s0"),
        device("virtio-scsi-pci,id=s1"),
        on_virtio_scsi("s1", ",lun=0"),
        on_virtio_scsi("s1", ",lun=1"),
        CD_ON_SCSI,
        device("megasas,id=s2"),
        on_megasas("s2"),
        nvme(),
        device("qemu-xhci,id=u0,addr=0x1c"),
        usb("u0"),
        nic("e1000"),
        nic("rtl8139"),
        nic("pcnet"),
        nic("i82551"),
        virtio_net(),
        nic("usb-net,bus=u0.0", "0000:00:1c.0"),
    ),
    quick=True,
    limit=400,
)
MIXED_Q35 = Guest(
    "mixed-q35",
    "q35",
    (
        ahci(),
        virtio_blk(),
        device("pvscsi,id=s0"),
        on_pvscsi("s0"),
        device("mptsas1068,id=s2"),
        on_mptsas("s2"),
        device("am53c974,id=s3"),
        on_am53c974("s3"),
        nvme(),
        nvme(),
        nic("e1000e"),
        nic("vmxnet3"),
        nic("tulip"),
        nic("ne2k_pci"),
        nic("i82559er"),
        nic("e1000-82544gc"),
        virtio_net(),
        virtio_net(),
    ),
    limit=400,
)
FAKE_NAMES = Guest(
    "fake-names",
    "pc",
    (
        ide("ide.0", ",model=Samsung SSD 870 EVO 1TB"),
        device("virtio-scsi-pci,id=s0"),
        on_virtio_scsi("s0", ",vendor=SEAGATE,product=ST4000NM0023,wwn=0x5000c50056d3a1b2"),
        nvme(",use-intel-id=on"),
        nic("e1000"),
    ),
    quick=True,
    note="hardware's names and ids on emulated devices",
)
NVME_SUBSYSTEM = Guest(
    "nvme-subsystem",
    "q35",
    (
        virtio_blk(),
        device("nvme-subsys,id=sub0,nqn=lab"),
        device("nvme,id=nv0,subsys=sub0,serial=GCSUBSYS"),
        # The namespace's own path in sysfs is a virtual one: the controller's is beside it.
        Disk("nvme-ns,bus=nv0", "nvme", ("nvme",), serial="GCSUBSYS", on="nvme-subsys"),
        virtio_net(),
    ),
    fixture=True,
)
REMOVABLE = Guest(
    "removable",
    "pc",
    (virtio_blk(), CD_ON_IDE, FLOPPY, virtio_net()),
    note="a CD-ROM and a floppy beside the disk",
)
ODD_TEXT = Guest(
    "odd-text",
    "pc",
    (
        virtio_blk(),
        Disk(
            "virtio-blk-pci,addr=0x10", "virtio-blk", ("virtio_blk",), "paravirtual",
            serial="", address="0000:00:10.0",
        ),
        Disk(
            "virtio-blk-pci,addr=0x11,serial=\x1b[31mré\t,,\"'", "virtio-blk", ("virtio_blk",), "paravirtual",
            serial="", address="0000:00:11.0",
        ),
        Disk(
            "nvme,addr=0x12,serial=<&>\x1b]0;x\x07 $(id)", "nvme", ("nvme",), serial="", address="0000:00:12.0",
        ),
        device("lsi53c895a,id=s0,addr=0x13"),
        Disk(
            "scsi-hd,bus=s0.0,vendor=\x1b[2J|,product=né\x01\x7f\\n%s{}|,serial=\xff`", "lsi", ("sym53c8xx",),
            serial="", address="0000:00:13.0", on="lsi53c895a",
        ),
        nic("e1000"),
    ),
    note="a disk without a serial, and texts with escapes, quotes and bytes above 127",
    fixture=True,
)  # fmt: skip
HELPERS = Guest(
    "helpers",
    "pc",
    (virtio_blk(), device("lsi53c895a,id=s0"), on_lsi("s0"), nvme(), nic("e1000"), virtio_net()),
    helpers_taken=True,
    releases=("bookworm",),
    limit=500,
    note="guestcheck with each helper removed in turn",
)
NO_DRIVER = Guest(
    "no-driver",
    "pc",
    (
        virtio_blk(),
        virtio_net(),
        Controller("lsi53c895a,addr=0x10", "lsi", "0000:00:10.0", ("",)),
        Controller("megasas,addr=0x11", "megaraid", "0000:00:11.0", ("",)),
        Controller("am53c974,addr=0x12", "am53c974", "0000:00:12.0", ("",)),
        Controller("rtl8139,addr=0x13", "rtl8139", "0000:00:13.0", ("",)),
        Controller("pcnet,addr=0x14", "pcnet", "0000:00:14.0", ("",)),
    ),
    kernel="cloud",
    releases=("bookworm",),
    quick=True,
    note="Debian's cloud kernel has no driver for these adapters and cards",
)
GUESTS = (MIXED_PC, MIXED_Q35, FAKE_NAMES, NVME_SUBSYSTEM, REMOVABLE, ODD_TEXT, HELPERS, NO_DRIVER)
