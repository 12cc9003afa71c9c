"""The machines of the truth table: one for each bus, with the root on it and nothing else attached."""

from __future__ import annotations

from lab.guest import Guest
from lab.guests.parts import (
    ahci,
    device,
    ide,
    nvme,
    on_lsi,
    on_megasas,
    on_pvscsi,
    on_virtio_scsi,
    usb,
    virtio_blk,
)

# Named as preflight names its targets.
TARGETS = {
    guest.name: guest
    for guest in (
        Guest("virtio-blk", "pc", (virtio_blk(),)),
        Guest("virtio-scsi", "pc", (device("virtio-scsi-pci,id=s0"), on_virtio_scsi())),
        Guest("ide", "pc", (ide(),)),
        Guest("sata", "q35", (ahci(),)),
        Guest("nvme", "q35", (nvme(),)),
        Guest("lsi", "pc", (device("lsi53c895a,id=s0"), on_lsi("s0"))),
        Guest("megaraid", "pc", (device("megasas,id=s0"), on_megasas("s0"))),
        Guest("pvscsi", "pc", (device("pvscsi,id=s0"), on_pvscsi("s0"))),
        Guest("usb", "q35", (device("qemu-xhci,id=u0"), usb("u0"))),
    )
}
