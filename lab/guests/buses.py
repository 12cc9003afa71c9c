"""One guest for each disk bus, with the root on it, and in each a different network card."""

from __future__ import annotations

from lab.guest import Disk, Guest
from lab.guests.parts import (
    LEGACY,
    MICROVM,
    MICROVM_APPEND,
    MODERN,
    SD_DRIVERS,
    USB_DRIVERS,
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

ONLY_LEGACY = ",disable-modern=on,disable-legacy=off"
ONLY_MODERN = ",disable-modern=off,disable-legacy=on"
# QEMU's virtio-mmio speaks version 1 of the transport, which is legacy, unless it is told
# otherwise.
MMIO_BLK = virtio_blk(model="virtio-blk-device", also=(("virtio.transport", "mmio"),))
MMIO_NET = virtio_net(model="virtio-net-device", also=(("virtio.transport", "mmio"),))

GUESTS = (
    Guest("ide-e1000", "pc", (ide(), nic("e1000")), start="bios", quick=True),
    Guest("ahci-e1000e", "q35", (ahci(), nic("e1000e")), start="bios", quick=True),
    Guest(
        "virtio",
        "pc",
        (virtio_blk(), virtio_net()),
        start="bios",
        init="systemd",
        watched=True,
        quick=True,
    ),
    Guest(
        "virtio-legacy",
        "pc",
        (virtio_blk(ONLY_LEGACY, also=LEGACY), virtio_net(ONLY_LEGACY, also=LEGACY)),
    ),
    Guest(
        "virtio-modern",
        "q35",
        (
            device("pcie-root-port,id=rp1,chassis=1,slot=1"),
            device("pcie-root-port,id=rp2,chassis=2,slot=2"),
            virtio_blk(f",bus=rp1{ONLY_MODERN}", also=MODERN),
            virtio_net(f",bus=rp2{ONLY_MODERN}", also=MODERN),
        ),
        quick=True,
    ),
    Guest(
        "virtio-scsi-rtl8139",
        "pc",
        (device("virtio-scsi-pci,id=s0"), on_virtio_scsi(), nic("rtl8139")),
        quick=True,
    ),
    Guest(
        "virtio-scsi-q35-vmxnet3",
        "q35",
        (device("virtio-scsi-pci,id=s0"), on_virtio_scsi(), nic("vmxnet3")),
    ),
    Guest("lsi-pcnet", "pc", (device("lsi53c895a,id=s0"), on_lsi("s0"), nic("pcnet")), quick=True),
    Guest("megasas-ne2k", "pc", (device("megasas,id=s0"), on_megasas("s0"), nic("ne2k_pci"))),
    Guest(
        "megasas-gen2-82545em",
        "q35",
        (device("megasas-gen2,id=s0"), on_megasas("s0"), nic("e1000-82545em")),
    ),
    Guest("mptsas-i82551", "pc", (device("mptsas1068,id=s0"), on_mptsas("s0"), nic("i82551"))),
    Guest(
        "pvscsi-vmxnet3",
        "pc",
        (device("pvscsi,id=s0"), on_pvscsi("s0"), nic("vmxnet3")),
        quick=True,
    ),
    Guest("am53c974-tulip", "pc", (device("am53c974,id=s0"), on_am53c974("s0"), nic("tulip"))),
    Guest(
        "dc390-i82559er", "pc", (device("dc390,id=s0"), on_am53c974("s0", "dc390"), nic("i82559er"))
    ),
    Guest("nvme-virtio-net", "q35", (nvme(), virtio_net()), quick=True),
    Guest("nvme-igb", "q35", (nvme(), nic("igb"))),
    Guest("usb-ehci-e1000", "pc", (device("usb-ehci,id=u0"), usb("u0"), nic("e1000"))),
    Guest(
        "usb-xhci-usb-net",
        "q35",
        (device("qemu-xhci,id=u0,addr=0x10"), usb("u0"), nic("usb-net,bus=u0.0", "0000:00:10.0")),
        quick=True,
    ),
    Guest(
        "uas-82544gc",
        "q35",
        (
            device("qemu-xhci,id=u0,addr=0x10"),
            device("usb-uas,id=s0,bus=u0.0"),
            # UAS shows the serial of the USB device, not the disk's.
            Disk("scsi-hd,bus=s0.0", "usb", USB_DRIVERS, address="0000:00:10.0", on="usb-uas"),
            nic("e1000-82544gc"),
        ),
        fixture=True,
    ),
    Guest(
        "sd-card",
        "pc",
        (
            device("sdhci-pci"),
            # The card's serial is QEMU's own; none can be given.
            Disk("sd-card", "sd-card", SD_DRIVERS, serial="0xdeadbeef", on="sdhci-pci"),
        ),
    ),
    Guest(
        "microvm-blk",
        MICROVM,
        (MMIO_BLK, MMIO_NET),
        append=MICROVM_APPEND,
        quick=True,
    ),
    Guest(
        "microvm-scsi",
        MICROVM,
        (device("virtio-scsi-device,id=s0"), on_virtio_scsi(), MMIO_NET),
        append=MICROVM_APPEND,
    ),
)
