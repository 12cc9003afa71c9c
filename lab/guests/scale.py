"""Guests with a great many disks: what a report costs there."""

from __future__ import annotations

from lab.guest import Disk, Guest
from lab.guests.parts import device, on_virtio_scsi, virtio_blk, virtio_net


def _lun(number: int) -> Disk:
    return on_virtio_scsi(
        "s0", f",scsi-id={number // 100},lun={number % 100}", address="0000:00:10.0"
    )


# Under TCG udev takes some 0.4 s for each disk, so it is told to go before they appear.
LUNS = Guest(
    "luns-200",
    "pc",
    (
        virtio_blk(),
        device("virtio-scsi-pci,id=s0,addr=0x10"),
        *(_lun(number) for number in range(200)),
        virtio_net(),
    ),
    setup="""
udevadm control --exit
modprobe -a virtio_scsi sd_mod
for second in $(seq 60); do [ $(ls -d /sys/block/sd* | wc -l) = 200 ] && break; sleep 1; done
""",
    append="modprobe.blacklist=virtio_scsi",
    limit=500,
    memory=768,
)
DISKS = Guest(
    "virtio-blk-25",
    "pc",
    (*(virtio_blk() for _ in range(25)), virtio_net()),
    limit=400,
)
GUESTS = (LUNS, DISKS)
