"""The variants of the truth table and the buses each is booted on."""

from __future__ import annotations

from lab.truth.variant import CLOUD, Entry, Initramfs, Variant

STOCK = Initramfs()
ALL = ("virtio-blk", "virtio-scsi", "ide", "sata", "nvme", "lsi", "megaraid", "pvscsi", "usb")
SOME = ("virtio-blk", "virtio-scsi", "ide", "nvme")
# What MODULES=dep finds on each bus, beside the file system's.
DEP = {
    "ide": ("ata_piix", "ata_generic", "sd_mod"),
    "sata": ("ahci", "sd_mod"),
    "virtio-blk": ("virtio_blk", "virtio_pci"),
    "virtio-scsi": ("virtio_scsi", "virtio_pci", "sd_mod"),
    "nvme": ("nvme",),
}
FS = ("ext4", "crc32c_generic", "crc32c_intel")
CONF = "etc/modprobe.d/lab.conf"


def one(initramfs: Initramfs | None = STOCK, root: str = "UUID=@UUID@", options: str = "", kernel: str = "full") -> tuple[Entry, ...]:
    """A menu of one entry."""
    return (Entry(kernel, initramfs, root, options),)


def dep(bus: str) -> Initramfs:
    """An initramfs as MODULES=dep makes it on `bus`."""
    return Initramfs(drivers=(*DEP[bus], *FS))


def mkinitramfs(modules: str, listed: str = "") -> Initramfs:
    """An initramfs that initramfs-tools makes with MODULES= and a list of modules."""
    files = (("etc/initramfs-tools/conf.d/lab", f"MODULES={modules}\nCOMPRESS=gzip\n"), ("etc/initramfs-tools/modules", listed.replace(" ", "\n") + "\n"))
    return Initramfs(made_by=("mkinitramfs", "-o", "@OUT@", "@VERSION@"), first=files)


def dracut(*words: str) -> Initramfs:
    """An initramfs that dracut makes."""
    made = ("dracut", "--force", "--gzip", "--kver", "@VERSION@", *words, "@OUT@")
    return Initramfs(made_by=made, packages=("dracut-core",))


DRACUT_WAITS = "rd.shell=0 rd.retry=15 rd.timeout=25"
SHORT = "defaults,x-systemd.device-timeout=20"

VARIANTS = (
    Variant("stock", targets=ALL),
    Variant("stock", targets=("virtio-blk", "ide"), release="trixie"),
    Variant("stock", targets=("virtio-blk", "ide"), release="bullseye"),
    *(Variant(f"dep-{bus}", one(dep(bus)), ("virtio-blk", "virtio-scsi", "ide", "sata", "nvme")) for bus in DEP),
    *(Variant("dep-ide", one(dep("ide")), ("virtio-blk", "ide"), release=release) for release in ("trixie", "bullseye")),
    *(Variant("dep-virtio-blk", one(dep("virtio-blk")), ("virtio-blk", "nvme"), release=release) for release in ("trixie", "bullseye")),
    *(Variant(f"no-{name}", one(Initramfs(without=(name,))), ("virtio-blk", "ide")) for name in ("virtio_blk", "virtio_pci", "virtio_ring")),
    Variant("no-sd_mod", one(Initramfs(without=("sd_mod",))), ("virtio-blk", "virtio-scsi")),
    Variant("no-ext4", one(Initramfs(without=("ext4",))), ("virtio-blk",)),
    Variant("no-initramfs", one(None), ("virtio-blk", "ide")),
    Variant("no-initramfs-by-name", one(None, "/dev/vda1"), ("virtio-blk",)),
    Variant("cloud-no-initramfs", one(None, "/dev/nvme0n1p1", kernel=CLOUD), ("nvme",)),
    Variant("cloud-no-initramfs-partuuid", one(None, "PARTUUID=6c616221-01", kernel=CLOUD), ("nvme", "virtio-blk")),
    Variant("other-initramfs", one(Initramfs(of=CLOUD)), ("virtio-blk", "ide")),
    Variant("cloud", one(kernel=CLOUD), ("virtio-blk", "virtio-scsi", "nvme", "ide", "sata")),
    Variant("cloud-beside-full", (Entry(CLOUD), Entry()), ("virtio-blk", "ide"), others=((1, "ide"),)),
    Variant("only-other-ready", (Entry(initramfs=dep("ide")), Entry(CLOUD)), ("virtio-blk",), others=((1, "virtio-blk"), (1, "ide"))),
    Variant("blacklist-conf", one(Initramfs(files=((CONF, "blacklist virtio_blk\n"),))), ("virtio-blk", "virtio-scsi")),
    Variant("blacklist-virtio_pci", one(Initramfs(files=((CONF, "blacklist virtio_pci\n"),))), ("virtio-blk",)),
    Variant("install-false", one(Initramfs(files=((CONF, "install virtio_blk /bin/false\n"),))), ("virtio-blk", "ide")),
    Variant("module_blacklist", one(options="module_blacklist=virtio_blk"), ("virtio-blk", "virtio-scsi")),
    Variant("modprobe.blacklist", one(options="modprobe.blacklist=virtio_blk"), ("virtio-blk", "virtio-scsi")),
    Variant("rd.driver.blacklist", one(options="rd.driver.blacklist=virtio_blk"), ("virtio-blk",)),
    Variant("root-label", one(root="LABEL=root"), ("virtio-blk", "ide")),
    Variant("root-partuuid", one(root="PARTUUID=6c616221-01"), ("virtio-blk", "nvme")),
    Variant("root-sda1", one(root="/dev/sda1"), SOME),
    Variant("root-vda1", one(root="/dev/vda1"), SOME),
    Variant("root-by-id-ata", one(root="/dev/disk/by-id/ata-QEMU_HARDDISK_GC0000LAB-part1"), ("virtio-blk", "nvme")),
    Variant("root-by-path-ide", one(root="/dev/disk/by-path/pci-0000:00:01.1-ata-1-part1"), ("virtio-blk", "nvme")),
    Variant("resume-sda2", one(options="resume=/dev/sda2"), ("virtio-blk", "ide")),
    Variant("home-by-name", fstab=f"/dev/sda1 /home ext4 {SHORT} 0 0\n", targets=("ide", "virtio-blk", "virtio-scsi", "nvme")),
    Variant("home-by-name-nofail", fstab=f"/dev/sda1 /home ext4 {SHORT},nofail 0 0\n", targets=("ide", "virtio-blk")),
    Variant("home-by-uuid", fstab=f"UUID=@UUID@ /home ext4 {SHORT} 0 0\n", targets=("virtio-blk",)),
    Variant("swap-by-name", fstab="/dev/sda2 none swap sw,x-systemd.device-timeout=20 0 0\n", targets=("virtio-blk",)),
    Variant("list-ide", one(mkinitramfs("list", "ata_piix ata_generic sd_mod ext4 crc32c_generic")), ("ide", "virtio-blk")),
    Variant("list-virtio", one(mkinitramfs("list", "virtio_blk virtio_pci ext4 crc32c_generic")), ("ide", "virtio-blk", "virtio-scsi")),
    Variant("dracut-generic", one(dracut("--no-hostonly"), options=DRACUT_WAITS), ("virtio-blk", "ide", "nvme")),
    Variant("dracut-no-virtio", one(dracut("--no-hostonly", "--omit-drivers", "virtio_blk virtio_scsi"), options=DRACUT_WAITS), ("virtio-blk", "sata")),
)
