"""Who makes what PCI ids show: vendors of virtual machines, the marks of imitations, and families of
hypervisors.

Ids are from pci.ids 2026.08.22 and the sources of QEMU, VirtualBox and Linux.
"""

from __future__ import annotations

from typing import Dict, FrozenSet

from guestcheck.catalogue.hypervisors import HYPERVISORS, PLATFORMS

VIRTIO_VENDOR = "1af4"
XEN_VENDOR = "5853"
QEMU_MARK = "1af4:1100"
# systemd-detect-virt's words for hypervisors whose devices QEMU, or a VMM of its kind, provides.
QEMU_FAMILY = ("kvm", "qemu", "amazon", "google", "vm-other")
# Vendors that make devices for virtual machines only; a device of theirs that the catalogue does
# not know is not hardware, and what else it is nobody told.
VIRTUAL_VENDORS: FrozenSet[str] = frozenset(
    (
        VIRTIO_VENDOR,
        *(vendor for row in HYPERVISORS for vendor in row.vendors),
        *(vendor for row in PLATFORMS for vendor in row.vendors),
    )
)
# Subsystem vendors by which a hypervisor marks the real devices that it imitates. QEMU's is 1af4
# with device 1100.
MARKS: Dict[str, str] = dict(
    (
        *(row.mark for row in HYPERVISORS if row.mark[0]),
        *(row.mark for row in PLATFORMS if row.mark[0]),
    )
)
# Subsystems that imitations have beside their hypervisor's mark: QEMU's tulip, VMware's and
# VirtualBox's PCnet, QEMU's and VirtualBox's Fusion adapters, QEMU's e100 models.
BORROWED: FrozenSet[str] = frozenset(
    {"103c:104f", "1022:2000", "1000:8000", "1000:1000", "8086:001e"}
)
# A virtual function has the bus of its card or the next ones (PCI Express 6.0, 9.2.1.2), and a
# plugged-in card is behind a port, so not on bus 0. These (ConnectX-3 to -7) are on such cards
# alone, and are imitated by nobody. s390x puts each function on a bus 0, in slot 0.
ON_PLUGGED_CARDS: FrozenSet[str] = frozenset(
    {"15b3:1004", "15b3:1014", "15b3:1016", "15b3:1018", "15b3:101a", "15b3:101c", "15b3:101e"}
)
# Hypervisors of desktops that are not known to hand PCI devices to guests: what is there they made,
# known or not.
HANDS_NOTHING_THROUGH = tuple(row.id for row in HYPERVISORS if row.hands_nothing_through)
