"""Guests whose own kernel stacks something on the devices: volumes, encryption, RAID, bonds,
bridges, VLANs, queues.
"""

from __future__ import annotations

from lab.guest import Guest, Nic
from lab.guests.parts import device, ide, nic, on_virtio_scsi, virtio_blk, virtio_net

LVM = Guest(
    "lvm",
    "pc",
    (
        virtio_blk(),
        device("virtio-scsi-pci,id=s0"),
        on_virtio_scsi("s0", ",lun=0", "file"),
        on_virtio_scsi("s0", ",lun=1", "file"),
        virtio_net(),
    ),
    setup="""
vgcreate -qq data $(disk GC0001LAB) $(disk GC0002LAB)
lvcreate -qq -y -n striped -i 2 -l 50%FREE data
mke2fs -q /dev/data/striped && mount /dev/data/striped /mnt
udevadm settle
""",
    fixture=True,
)
LUKS = Guest(
    "luks",
    "pc",
    (virtio_blk(), virtio_blk(backend="file"), virtio_net()),
    setup="""
secret=$(disk GC0001LAB)
printf lab | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$secret" -
printf lab | cryptsetup open --key-file - "$secret" secret
mke2fs -q /dev/mapper/secret && mount /dev/mapper/secret /mnt
udevadm settle
""",
)
MDRAID = Guest(
    "mdraid",
    "pc",
    (virtio_blk(), virtio_blk(backend="file"), ide(backend="file"), nic("e1000")),
    setup="""
mdadm --create /dev/md0 --quiet --run --level=1 --raid-devices=2 --assume-clean $(disk GC0001LAB) $(disk GC0002LAB)
mke2fs -q /dev/md0 && mount /dev/md0 /mnt
udevadm settle
""",
    note="a mirror over a paravirtual and an emulated disk",
    fixture=True,
)
NETWORK = Guest(
    "bond-bridge-vlan",
    "pc",
    (
        virtio_blk(),
        # A bond gives its members one address, so these are known by where they are plugged in.
        Nic(
            "e1000,addr=0x10",
            "e1000",
            ("e1000",),
            address="0000:00:10.0",
            also=(("carries", "bond0"),),
        ),
        virtio_net(",addr=0x11", address="0000:00:11.0", also=(("carries", "bond0"),)),
        virtio_net(",addr=0x12", address="0000:00:12.0", also=(("carries", "br0"),)),
    ),
    setup="""
card() { ls -d /sys/bus/pci/devices/$1/net/* /sys/bus/pci/devices/$1/virtio*/net/* 2>/dev/null | sed 's,.*/,,'; }
ip link add bond0 type bond mode active-backup miimon 100
for slot in 0000:00:10.0 0000:00:11.0; do ip link set "$(card $slot)" master bond0; done
ip link add br0 type bridge
ip link set "$(card 0000:00:12.0)" master br0
ip link add link br0 name br0.5 type vlan id 5
ip link add veth0 type veth peer name veth1
for link in bond0 br0 br0.5; do ip link set $link up; done
""",
    fixture=True,
)
QUEUES = Guest(
    "queues",
    "pc",
    (
        virtio_blk(",num-queues=1", also=(("queues", 1),)),
        virtio_blk(",num-queues=2", also=(("queues", 2),)),
        virtio_net(",mq=on,vectors=6", queues=2, also=(("queues", 2), ("max_queues", 2))),
        virtio_net(also=(("queues", 1),)),
    ),
    smp="2",
    note="two processors; one disk and one card with a queue for each, one of each without",
    fixture=True,
)
DISCARD = Guest(
    "discard",
    "pc",
    (
        virtio_blk(also=(("discard", True),)),
        virtio_blk(",discard=off,write-zeroes=off", also=(("discard", False),)),
        device("virtio-scsi-pci,id=s0"),
        on_virtio_scsi("s0", ",lun=0", "file", also=(("discard", True),)),
        on_virtio_scsi("s0", ",lun=1,discard_granularity=0", also=(("discard", False),)),
        virtio_net(),
    ),
    note="discard on and off",
)
NO_UDEV = Guest(
    "no-udev",
    "pc",
    (
        device("virtio-scsi-pci,id=s0,addr=0x10"),
        # It is udev that reads a SCSI disk's serial for others.
        on_virtio_scsi(address="0000:00:10.0"),
        nic("rtl8139"),
    ),
    init="no-udev",
    note="a rescue shell: nothing has named or described the devices",
)
GUESTS = (LVM, LUKS, MDRAID, NETWORK, QUEUES, DISCARD, NO_UDEV)
