"""Subsystems of the kernel between a disk or NIC and its bus, and the words that tools have for
them.

Names of devices are from the sources of Linux (drivers/*/bus code, Documentation/ABI), what makes
what there is in the interfaces' rows (`sole_maker`).
"""

from __future__ import annotations

from typing import Dict, Tuple

from guestcheck.model.device import Bus

PCI, VIRTIO, VMBUS, XEN, USB, VIO, CCW = "pci", "virtio", "vmbus", "xen", "usb", "vio", "ccw"
SCSI, NVME, MMC, MMC_HOST, PLATFORM = "scsi", "nvme", "mmc", "mmc_host", "platform"
BLOCK, NET = "block", "net"

BUSES: Tuple[Bus, ...] = (
    Bus(
        PCI,
        r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$",
        has_ids=True,
        attributes=(
            "vendor",
            "device",
            "subsystem_vendor",
            "subsystem_device",
            "class",
            "revision",
        ),
        enumerators=("PCI",),
    ),
    Bus(
        VIRTIO,
        r"virtio[0-9]+$",
        has_ids=True,
        attributes=("device", "vendor", "status", "features"),
    ),
    Bus(
        SCSI,
        r"(host[0-9]+|target[0-9]+:[0-9]+:[0-9]+|[0-9]+:[0-9]+:[0-9]+:[0-9]+)$",
        is_layer=True,
        enumerators=("SCSI",),
    ),
    Bus("iscsi_session", r"session[0-9]+$"),
    Bus(NVME, r"nvme[0-9]+$", is_layer=True, attributes=("model", "serial", "transport")),
    Bus(
        VMBUS,
        r"([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|vmbus_[0-9]+(_[0-9]+)?)$",
        has_ids=True,
        is_own=True,
        attributes=("class_id", "device_id"),
        enumerators=("VMBUS",),
    ),
    Bus(
        XEN,
        r"(vbd|vif|vscsi)-[0-9]+$",
        has_ids=True,
        is_own=True,
        attributes=("devtype", "nodename"),
        enumerators=("XENVBD", "XENVIF", "XENBUS", "XEN"),
    ),
    Bus(
        USB,
        r"(usb[0-9]+|[0-9]+-[0-9]+(\.[0-9]+)*(:[0-9]+\.[0-9]+)?)$",
        has_ids=True,
        attributes=("idVendor", "idProduct", "manufacturer", "product"),
        enumerators=("USB", "USBSTOR"),
    ),
    Bus(VIO, has_ids=True, is_own=True, attributes=("name", "modalias")),
    Bus(
        CCW,
        r"[0-9a-f]\.[0-9a-f]\.[0-9a-f]{4}$",
        has_ids=True,
        is_own=True,
        attributes=("cutype", "devtype"),
    ),
    Bus(MMC, r"mmc[0-9]+:[0-9a-f]{4}$", is_layer=True),
    Bus(MMC_HOST, r"mmc[0-9]+$"),
    Bus("ide", is_layer=True, enumerators=("IDE", "PCIIDE")),
    Bus(
        BLOCK,
        is_layer=True,
        attributes=(
            "size",
            "ro",
            "removable",
            "hidden",
            "partition",
            "queue/discard_max_bytes",
            "serial",
            "wwid",
        ),
    ),
    Bus(NET, attributes=("address", "operstate", "mtu", "type", "flags", "ifindex", "iflink")),
)
WITH_IDS = tuple(bus.id for bus in BUSES if bus.has_ids)
OWN = tuple(bus.id for bus in BUSES if bus.is_own)  # a device there is the hypervisor's
OTHERS = tuple(bus for bus in WITH_IDS if bus not in (PCI, VIRTIO))  # those have records apart
LAYERS = tuple(bus.id for bus in BUSES if bus.is_layer)
# Below these an address says where a disk or NIC is, if it is on no PCI function.
ADDRESSED = (*OWN, USB, PLATFORM)
ROOT_HUB = "usb"  # how the kernel calls the root of a USB tree: usb1
# Subsystems that lie below /sys/class.
CLASSES = (BLOCK, NET, NVME, "scsi_host", "virtio-ports", "nvme-subsystem")
# Drivers of layers between a disk and its controller: those of disks with the modules that have
# them, and others.
DISK_DRIVERS: Dict[str, str] = {"sd": "sd_mod", "sr": "sr_mod", "mmcblk": "mmc_block"}
LAYER_DRIVERS = (*DISK_DRIVERS, "usb", "uas-host")

# lsblk's TRAN that no interface's row has: what is behind them is not known by the word.
OTHER_TRANSPORTS = ("sas", "fc", "fcoe", "sbp", "srp")
# What lshw calls nodes of storage controllers.
LSHW_STORAGE = ("storage", "ide", "scsi", "sata", "nvme", "raid", "sas", "mmc", "ata")
