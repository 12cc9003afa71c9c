"""Virtio's numbers: device types, the PCI ids of transitional devices, and what feature bits mean.

From the virtio specification (1.4 draft, 15f488c), which also keeps the bits that only legacy
devices have; balloon bits 3 to 5 and vsock's transitional id are from Linux and QEMU. A modern PCI
id is 0x1040 plus the type.
"""

from __future__ import annotations

from typing import Dict

# The module of virtio's transport, and on which architectures (by the beginning of their name) it is
# another.
TRANSPORT = "virtio_pci"
PCI_DRIVERS = ("virtio-pci", "virtio_pci")  # what a function's driver is called, never an answer
OTHER_TRANSPORTS = ("virtio_mmio",)  # of machines without PCI
TRANSPORT_ON: Dict[str, str] = {"s390": "virtio_ccw"}
TRANSPORT_SYMBOL = "CONFIG_VIRTIO_PCI"
LEGACY_SYMBOL = "CONFIG_VIRTIO_PCI_LEGACY"

# fmt: off
TYPES: Dict[int, str] = {
    1: "net", 2: "block", 3: "console", 4: "entropy", 5: "balloon", 6: "iomem", 7: "rpmsg", 8: "scsi", 9: "9p",
    10: "mac80211-wlan", 11: "rproc-serial", 12: "caif", 13: "memory-balloon", 16: "gpu", 17: "rtc", 18: "input",
    19: "vsock", 20: "crypto", 21: "signal-distribution", 22: "pstore", 23: "iommu", 24: "mem", 25: "sound", 26: "fs",
    27: "pmem", 28: "rpmb", 29: "mac80211-hwsim", 30: "video-encoder", 31: "video-decoder", 32: "scmi",
    33: "nitro-secure-module", 34: "i2c", 35: "watchdog", 36: "can", 37: "dmabuf", 38: "parameter-server",
    39: "audio-policy", 40: "bluetooth", 41: "gpio", 42: "rdma", 43: "camera", 44: "ism", 45: "spi", 46: "tee",
    47: "cpu-balloon", 48: "media", 49: "usb",
}

TRANSITIONAL: Dict[str, int] = {
    "1000": 1, "1001": 2, "1002": 5, "1003": 3, "1004": 8, "1005": 4, "1009": 9,
    "1012": 19,  # vsock has no legacy form; early QEMU gave it this id by mistake
}

FEATURES: Dict[str, Dict[int, str]] = {
    "common": {
        24: "NOTIFY_ON_EMPTY", 27: "ANY_LAYOUT", 28: "INDIRECT_DESC", 29: "EVENT_IDX", 32: "VERSION_1",
        33: "ACCESS_PLATFORM", 34: "RING_PACKED", 35: "IN_ORDER", 36: "ORDER_PLATFORM", 37: "SR_IOV",
        38: "NOTIFICATION_DATA", 39: "NOTIF_CONFIG_DATA", 40: "RING_RESET", 41: "ADMIN_VQ", 43: "SUSPEND",
    },
    "block": {
        0: "BARRIER", 1: "SIZE_MAX", 2: "SEG_MAX", 4: "GEOMETRY", 5: "RO", 6: "BLK_SIZE", 7: "SCSI", 9: "FLUSH",
        10: "TOPOLOGY", 11: "CONFIG_WCE", 12: "MQ", 13: "DISCARD", 14: "WRITE_ZEROES", 15: "LIFETIME",
        16: "SECURE_ERASE", 17: "ZONED",
    },
    "net": {
        0: "CSUM", 1: "GUEST_CSUM", 2: "CTRL_GUEST_OFFLOADS", 3: "MTU", 5: "MAC", 6: "GSO", 7: "GUEST_TSO4",
        8: "GUEST_TSO6", 9: "GUEST_ECN", 10: "GUEST_UFO", 11: "HOST_TSO4", 12: "HOST_TSO6", 13: "HOST_ECN",
        14: "HOST_UFO", 15: "MRG_RXBUF", 16: "STATUS", 17: "CTRL_VQ", 18: "CTRL_RX", 19: "CTRL_VLAN",
        20: "CTRL_RX_EXTRA", 21: "GUEST_ANNOUNCE", 22: "MQ", 23: "CTRL_MAC_ADDR",
        50: "DEVICE_STATS", 51: "HASH_TUNNEL", 52: "VQ_NOTF_COAL", 53: "NOTF_COAL", 54: "GUEST_USO4",
        55: "GUEST_USO6", 56: "HOST_USO", 57: "HASH_REPORT", 59: "GUEST_HDRLEN", 60: "RSS", 61: "RSC_EXT",
        62: "STANDBY", 63: "SPEED_DUPLEX",
        64: "RSS_CONTEXT", 65: "GUEST_UDP_TUNNEL_GSO", 66: "GUEST_UDP_TUNNEL_GSO_CSUM", 67: "HOST_UDP_TUNNEL_GSO",
        68: "HOST_UDP_TUNNEL_GSO_CSUM", 69: "OUT_NET_HEADER", 70: "IPSEC",
    },
    "scsi": {0: "INOUT", 1: "HOTPLUG", 2: "CHANGE", 3: "T10_PI"},
    "balloon": {
        0: "MUST_TELL_HOST", 1: "STATS_VQ", 2: "DEFLATE_ON_OOM", 3: "FREE_PAGE_HINT", 4: "PAGE_POISON", 5: "REPORTING",
    },
    "console": {0: "SIZE", 1: "MULTIPORT", 2: "EMERG_WRITE"},
}
# fmt: on
