"""The repairs: guests that fail on the bus they are moved to, each for a reason of its own."""

from __future__ import annotations

from lab.truth.repair_variant import Repair, tools
from lab.truth.variant import CLOUD, Entry, Initramfs
from lab.truth.variants import CONF, FS, SHORT, dep

STOCK = Initramfs()
DEP = tools("dep")
# The smaller kernel's initramfs is made anew in a third of the time; it has no driver of IDE and
# AHCI.
NVME = Initramfs(drivers=("nvme", *FS))


def cloud(
    initramfs: Initramfs | None = STOCK, root: str = "UUID=@UUID@", options: str = ""
) -> Entry:
    """The cloud's kernel."""
    return Entry(CLOUD, initramfs, root, options)


def forbids(name: str, line: str, target: str = "virtio-blk", release: str = "bookworm") -> Repair:
    """A guest whose modprobe.d has `line`, and whose initramfs has a copy of it."""
    return Repair(
        name,
        "nvme",
        target,
        cloud(Initramfs(files=((CONF, f"{line}\n"),))),
        (*DEP, (CONF, f"{line}\n")),
        release=release,
    )


REPAIRS = (
    Repair("dep-nvme", "nvme", "virtio-blk", cloud(NVME), DEP),
    Repair("dep-nvme", "nvme", "virtio-scsi", cloud(NVME), DEP, release="trixie"),
    Repair("dep-nvme", "nvme", "virtio-blk", cloud(NVME), DEP, release="bullseye"),
    Repair("no-virtio_blk", "nvme", "virtio-blk", cloud(Initramfs(without=("virtio_blk",))), DEP),
    Repair("no-virtio_pci", "nvme", "virtio-scsi", cloud(Initramfs(without=("virtio_pci",))), DEP),
    Repair(
        "no-initramfs",
        "nvme",
        "virtio-blk",
        cloud(None, "/dev/nvme0n1p1", "init=/sbin/init quiet"),
        DEP,
    ),
    forbids("blacklist-conf", "blacklist virtio_blk"),
    forbids("blacklist-virtio_pci", "blacklist virtio-pci", "virtio-scsi"),
    forbids("install-false", "install virtio_blk /bin/false", release="bullseye"),
    Repair(
        "module_blacklist", "nvme", "virtio-blk", cloud(options="module_blacklist=virtio_blk"), DEP
    ),
    Repair(
        "modprobe.blacklist",
        "nvme",
        "virtio-scsi",
        cloud(options="modprobe.blacklist=floppy,virtio_scsi"),
        DEP,
    ),
    Repair("root-by-name", "nvme", "virtio-blk", cloud(root="/dev/nvme0n1p1"), DEP),
    Repair(
        "modules-left", "nvme", "virtio-blk", cloud(root="/dev/nvme0n1p1"), DEP, leaves_modules=True
    ),
    Repair(
        "root-by-id",
        "nvme",
        "virtio-blk",
        cloud(root="/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_GC0000LAB-part1"),
        DEP,
    ),
    Repair(
        "home-by-name",
        "nvme",
        "virtio-blk",
        cloud(),
        DEP,
        fstab=f"/dev/nvme0n1p1 /home ext4 {SHORT} 0 0\n",
    ),
    Repair(
        "all-at-once",
        "nvme",
        "virtio-blk",
        cloud(NVME, "/dev/nvme0n1p1", "module_blacklist=virtio_blk"),
        (*DEP, (CONF, "blacklist virtio_blk\n")),
    ),
    Repair("dep-ide", "ide", "virtio-blk", Entry(initramfs=dep("ide")), DEP),
    Repair("root-sda1", "ide", "virtio-blk", Entry(initramfs=dep("ide"), root="/dev/sda1"), DEP),
)
