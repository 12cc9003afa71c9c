"""The catalogue by its ids, and what every verdict looks at."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.model.device import Device
from guestcheck.model.guest import Guest, PciFunction, VirtioDevice

# Types of virtio devices that are disks or hosts of disks, and NICs.
VIRTIO_DISKS = frozenset(row.virtio for row in STORAGE if row.virtio)
VIRTIO_NICS = frozenset(row.virtio for row in NETWORK if row.virtio)


class Index:
    """Rows of the catalogue by PCI id (with and without subsystem), virtio type, and the ids of
    other buses.
    """

    def __init__(self) -> None:
        self.pci: Dict[str, List[Device]] = {}
        self.virtio: Dict[int, Device] = {}
        self.vmbus: Dict[str, Device] = {}
        self.xen: Dict[str, Device] = {}
        self.usb: Dict[str, Device] = {}
        self.vio: List[Tuple[str, Device]] = []
        self.ccw: Dict[str, Device] = {}
        self.drivers: Dict[str, List[Device]] = {}
        for row in (*STORAGE, *NETWORK):
            self._add(row)

    def _add(self, row: Device) -> None:
        for pci in row.pci:
            self.pci.setdefault(pci, []).append(row)
        if row.virtio:
            self.virtio.setdefault(row.virtio, row)
        for guid in row.vmbus:
            self.vmbus.setdefault(guid.lower(), row)
        for kind in row.xen:
            self.xen.setdefault(kind, row)
        for usb in row.usb:
            self.usb.setdefault(usb, row)
        for name in row.vio:
            self.vio.append((name, row))
        for unit in row.ccw:
            self.ccw.setdefault(unit, row)
        for driver in row.drivers:
            self.drivers.setdefault(driver.replace("-", "_"), []).append(row)

    def rows(self, function: PciFunction) -> Tuple[Device, ...]:
        """Return the rows for a PCI function, those that name its subsystem first."""
        exact = (
            self.pci.get(f"{function.id}/{function.subsystem}", []) if function.subsystem else []
        )
        rows = (*exact, *self.pci.get(function.id, []))
        return tuple(row for row in rows if row.revision in ("", function.revision))


class Context(NamedTuple):
    """What a verdict looks at: the guest, the hypervisor's word (None: unknown, "none": no
    hypervisor), the catalogue.
    """

    guest: Guest
    hypervisor: Optional[str]
    catalogue: Index
    functions: Dict[str, PciFunction]
    virtio: Dict[str, VirtioDevice]

    @property
    def is_guest(self) -> Optional[bool]:
        """Whether this is a virtual machine; None where that is not known."""
        return None if self.hypervisor is None else self.hypervisor != "none"
