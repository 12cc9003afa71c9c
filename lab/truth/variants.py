"""The variants of the truth table and the buses each is booted on."""

from __future__ import annotations

from dataclasses import replace

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


def one(
    initramfs: Initramfs | None = STOCK,
    root: str = "UUID=@UUID@",
    options: str = "",
    kernel: str = "full",
) -> tuple[Entry, ...]:
    """A menu of one entry."""
    return (Entry(kernel, initramfs, root, options),)


def dep(bus: str, packed: str = "", early: bool = False, modules_packed: str = "") -> Initramfs:
    """An initramfs with the modules that MODULES=dep finds on `bus`, packed as told."""
    return Initramfs(
        drivers=(*DEP[bus], *FS), packed=packed, early=early, modules_packed=modules_packed
    )


def mkinitramfs(modules: str, listed: str = "", made_on: str = "") -> Initramfs:
    """An initramfs that initramfs-tools makes with MODULES= and a list of modules; with `made_on`
    in a guest on that bus.
    """
    files = (
        ("etc/initramfs-tools/conf.d/lab", f"MODULES={modules}\nCOMPRESS=gzip\n"),
        ("etc/initramfs-tools/modules", listed.replace(" ", "\n") + "\n"),
    )
    return Initramfs(
        made_by=("mkinitramfs", "-o", "@OUT@", "@VERSION@"), first=files, made_on=made_on
    )


def dracut(*words: str, made_on: str = "") -> Initramfs:
    """An initramfs that dracut makes; with `made_on` in a guest on that bus."""
    made = ("dracut", "--force", "--gzip", "--kver", "@VERSION@", *words, "@OUT@")
    return Initramfs(made_by=made, packages=("dracut-core",), made_on=made_on)


def conf(text: str) -> tuple[Entry, ...]:
    """A menu of one entry, whose initramfs has a file of its own in modprobe.d."""
    return one(Initramfs(files=((CONF, text),)))


# dracut counts from its own start, which on a busy host is half a minute before udev's: less than
# this tells of the host.
DRACUT_WAITS = "rd.shell=0 rd.retry=60 rd.timeout=100"
SHORT = "defaults,x-systemd.device-timeout=20"

_FIRST = (
    Variant("stock", targets=ALL),
    Variant("stock", targets=("virtio-blk", "ide"), release="trixie"),
    Variant("stock", targets=("virtio-blk", "ide"), release="bullseye"),
    *(
        Variant(f"dep-{bus}", one(dep(bus)), ("virtio-blk", "virtio-scsi", "ide", "sata", "nvme"))
        for bus in DEP
    ),
    *(
        Variant("dep-ide", one(dep("ide")), ("virtio-blk", "ide"), release=release)
        for release in ("trixie", "bullseye")
    ),
    *(
        Variant("dep-virtio-blk", one(dep("virtio-blk")), ("virtio-blk", "nvme"), release=release)
        for release in ("trixie", "bullseye")
    ),
    *(
        Variant(
            f"no-{name}",
            one(Initramfs(without=(name,))),
            ("virtio-blk", "ide"),
            quick=name == "virtio_blk",
        )
        for name in ("virtio_blk", "virtio_pci", "virtio_ring")
    ),
    Variant("no-sd_mod", one(Initramfs(without=("sd_mod",))), ("virtio-blk", "virtio-scsi")),
    Variant("no-ext4", one(Initramfs(without=("ext4",))), ("virtio-blk",)),
    Variant("no-initramfs", one(None), ("virtio-blk", "ide"), quick=True),
    Variant("no-initramfs-by-name", one(None, "/dev/vda1"), ("virtio-blk",)),
    Variant("cloud-no-initramfs", one(None, "/dev/nvme0n1p1", kernel=CLOUD), ("nvme",)),
    Variant(
        "cloud-no-initramfs-partuuid",
        one(None, "PARTUUID=6c616221-01", kernel=CLOUD),
        ("nvme", "virtio-blk"),
        quick=True,
    ),
    Variant("other-initramfs", one(Initramfs(of=CLOUD)), ("virtio-blk", "ide")),
    Variant(
        "cloud",
        one(kernel=CLOUD),
        ("virtio-blk", "virtio-scsi", "nvme", "ide", "sata", "lsi", "megaraid", "pvscsi", "usb"),
    ),
    Variant(
        "cloud-beside-full", (Entry(CLOUD), Entry()), ("virtio-blk", "ide"), others=((1, "ide"),)
    ),
    Variant(
        "only-other-ready",
        (Entry(initramfs=dep("ide")), Entry(CLOUD)),
        ("virtio-blk",),
        others=((1, "virtio-blk"), (1, "ide")),
    ),
    Variant(
        "blacklist-conf",
        one(Initramfs(files=((CONF, "blacklist virtio_blk\n"),))),
        ("virtio-blk", "virtio-scsi"),
    ),
    Variant(
        "blacklist-virtio_pci",
        one(Initramfs(files=((CONF, "blacklist virtio_pci\n"),))),
        ("virtio-blk",),
    ),
    Variant(
        "install-false",
        one(Initramfs(files=((CONF, "install virtio_blk /bin/false\n"),))),
        ("virtio-blk", "ide"),
    ),
    Variant(
        "module_blacklist",
        one(options="module_blacklist=virtio_blk"),
        ("virtio-blk", "virtio-scsi"),
        quick=True,
    ),
    Variant(
        "modprobe.blacklist",
        one(options="modprobe.blacklist=virtio_blk"),
        ("virtio-blk", "virtio-scsi"),
    ),
    Variant("rd.driver.blacklist", one(options="rd.driver.blacklist=virtio_blk"), ("virtio-blk",)),
    Variant("root-label", one(root="LABEL=root"), ("virtio-blk", "ide"), quick=True),
    Variant("root-partuuid", one(root="PARTUUID=6c616221-01"), ("virtio-blk", "nvme")),
    Variant("root-sda1", one(root="/dev/sda1"), SOME),
    Variant("root-vda1", one(root="/dev/vda1"), SOME),
    Variant(
        "root-by-id-ata",
        one(root="/dev/disk/by-id/ata-QEMU_HARDDISK_GC0000LAB-part1"),
        ("virtio-blk", "nvme"),
    ),
    Variant(
        "root-by-path-ide",
        one(root="/dev/disk/by-path/pci-0000:00:01.1-ata-1-part1"),
        ("virtio-blk", "nvme", "virtio-scsi", "usb"),
    ),
    Variant("resume-sda2", one(options="resume=/dev/sda2"), ("virtio-blk", "ide")),
    Variant(
        "home-by-name",
        fstab=f"/dev/sda1 /home ext4 {SHORT} 0 0\n",
        targets=("ide", "virtio-blk", "virtio-scsi", "nvme"),
    ),
    Variant(
        "home-by-name-nofail",
        fstab=f"/dev/sda1 /home ext4 {SHORT},nofail 0 0\n",
        targets=("ide", "virtio-blk"),
    ),
    Variant("home-by-uuid", fstab=f"UUID=@UUID@ /home ext4 {SHORT} 0 0\n", targets=("virtio-blk",)),
    Variant(
        "swap-by-name",
        fstab="/dev/sda2 none swap sw,x-systemd.device-timeout=20 0 0\n",
        targets=("virtio-blk",),
    ),
    Variant(
        "list-ide",
        one(mkinitramfs("list", "ata_piix ata_generic sd_mod ext4 crc32c_generic")),
        ("ide", "virtio-blk"),
    ),
    Variant(
        "list-virtio",
        one(mkinitramfs("list", "virtio_blk virtio_pci ext4 crc32c_generic")),
        ("ide", "virtio-blk", "virtio-scsi"),
    ),
    Variant(
        "dracut-generic",
        one(dracut("--no-hostonly"), options=DRACUT_WAITS),
        ("virtio-blk", "ide", "nvme"),
    ),
    Variant(
        "dracut-no-virtio",
        one(
            dracut("--no-hostonly", "--omit-drivers", "virtio_blk virtio_scsi"),
            options=DRACUT_WAITS,
        ),
        ("virtio-blk", "sata"),
    ),
)

_BOTH = ("virtio-blk", "ide")
_BY_ID, _BY_PATH = "/dev/disk/by-id", "/dev/disk/by-path"
_NAMES = (
    Variant("root-by-id-virtio", one(root=f"{_BY_ID}/virtio-GC0000LAB-part1"), ("sata", "nvme")),
    Variant(
        "root-by-id-nvme",
        one(root=f"{_BY_ID}/nvme-QEMU_NVMe_Ctrl_GC0000LAB-part1"),
        ("virtio-blk", "ide"),
    ),
    Variant(
        "root-by-id-scsi",
        one(root=f"{_BY_ID}/scsi-0QEMU_QEMU_HARDDISK_GC0000LAB-part1"),
        ("virtio-blk", "nvme"),
    ),
    Variant(
        "root-by-path-virtio", one(root=f"{_BY_PATH}/pci-0000:00:02.0-part1"), ("nvme", "sata")
    ),
    Variant("root-nvme0n1p1", one(root="/dev/nvme0n1p1"), ("nvme", "sata")),
    Variant("root-hda1", one(root="/dev/hda1"), _BOTH),
    Variant(
        "resume-uuid-gone",
        one(options="resume=UUID=6c616220-6775-4573-a368-0000deadbeef"),
        ("virtio-blk",),
    ),
    Variant("resume-vda2", one(options="resume=/dev/vda2"), ("nvme",)),
    Variant("boot-by-name", fstab=f"/dev/sda1 /boot ext4 {SHORT} 0 0\n", targets=_BOTH),
    Variant(
        "boot-by-name-nofail",
        fstab=f"/dev/sda1 /boot ext4 {SHORT},nofail 0 0\n",
        targets=("virtio-blk", "nvme"),
    ),
    Variant(
        "home-by-name-noauto",
        fstab=f"/dev/sda1 /home ext4 {SHORT},noauto 0 0\n",
        targets=("virtio-blk",),
    ),
    Variant(
        "home-by-name-automount",
        fstab=f"/dev/sda1 /home ext4 {SHORT},x-systemd.automount 0 0\n",
        targets=("virtio-blk",),
    ),
    Variant(
        "home-by-id-ata",
        fstab=f"{_BY_ID}/ata-QEMU_HARDDISK_GC0000LAB-part1 /home ext4 {SHORT} 0 0\n",
        targets=("virtio-blk",),
    ),
    Variant(
        "swap-by-name-nofail",
        fstab="/dev/sda2 none swap sw,nofail,x-systemd.device-timeout=20 0 0\n",
        targets=("virtio-blk",),
    ),
)
_FORBIDDEN = (
    Variant(
        "blacklist-in-root-only", files=((CONF, "blacklist virtio_blk\n"),), targets=("virtio-blk",)
    ),
    Variant(
        "install-true-in-root-only",
        files=((CONF, "install virtio_pci /bin/true\n"),),
        targets=("virtio-blk",),
    ),
    Variant("install-true", conf("install virtio_pci /bin/true\n"), ("virtio-scsi", "sata")),
    Variant("install-true-of-dependency", conf("install virtio_ring /bin/true\n"), ("virtio-blk",)),
    Variant(
        "blacklist-of-dependency",
        conf("blacklist virtio_ring\nblacklist virtio\n"),
        ("virtio-blk",),
    ),
    Variant("blacklist-ahci", conf("blacklist ahci\n"), ("sata", "virtio-blk")),
    Variant("blacklist-nvme", conf("blacklist nvme\n"), ("nvme", "virtio-scsi")),
    Variant("module_blacklist-of-dependency", one(options="module_blacklist=virtio_ring"), _BOTH),
    Variant("module_blacklist-sd_mod", one(options="module_blacklist=sd_mod"), ("sata", "nvme")),
)
_PACKED = (
    *(Variant(f"dep-ide-{how}", one(dep("ide", packed=how)), _BOTH) for how in ("xz", "zstd")),
    *(
        Variant(f"dep-virtio-blk-{how}", one(dep("virtio-blk", packed=how)), _BOTH)
        for how in ("lz4", "bzip2")
    ),
    Variant("dep-ide-early-gzip", one(dep("ide", packed="gzip", early=True)), _BOTH, quick=True),
    Variant("dep-virtio-blk-early", one(dep("virtio-blk", early=True)), _BOTH),
    Variant("dep-virtio-blk-modules-xz", one(dep("virtio-blk", modules_packed="xz")), _BOTH),
)
_MADE = (
    *(
        Variant(f"made-dep-{bus}", one(mkinitramfs("dep", made_on=bus)), (bus, other))
        for bus, other in (("ide", "virtio-blk"), ("sata", "virtio-scsi"))
    ),
    Variant("made-dep-virtio-blk", one(mkinitramfs("dep", made_on="virtio-blk")), _BOTH),
    *(
        Variant(
            f"dracut-hostonly-{bus}",
            one(dracut("--hostonly", made_on=bus), options=DRACUT_WAITS),
            _BOTH,
        )
        for bus in _BOTH
    ),
)
_LVM, _LUKS = "/dev/mapper/lab-root", "/dev/mapper/lab_crypt"
_STACKED = (
    Variant("lvm", one(root=_LVM), ("virtio-blk", "ide", "nvme"), stack="lvm"),
    Variant(
        "lvm-dep-ide",
        one(Initramfs(drivers=(*DEP["ide"], *FS, "dm_mod")), _LVM),
        _BOTH,
        stack="lvm",
    ),
    Variant(
        "lvm-no-dm_mod", one(Initramfs(without=("dm_mod",)), _LVM), ("virtio-blk",), stack="lvm"
    ),
    Variant("luks", one(root=_LUKS), ("virtio-blk", "ide", "sata"), stack="luks"),
    Variant(
        "luks-no-virtio_blk",
        one(Initramfs(without=("virtio_blk",)), _LUKS),
        ("virtio-blk", "virtio-scsi"),
        stack="luks",
    ),
    Variant(
        "luks-no-dm_crypt",
        one(Initramfs(without=("dm_crypt",)), _LUKS),
        ("virtio-blk",),
        stack="luks",
    ),
)


def _elsewhere(release: str) -> tuple[Variant, ...]:
    """The same kinds on another release."""
    found = (
        Variant("no-virtio_blk", one(Initramfs(without=("virtio_blk",))), _BOTH),
        Variant("no-virtio_ring", one(Initramfs(without=("virtio_ring",))), ("virtio-blk",)),
        Variant("no-sd_mod", one(Initramfs(without=("sd_mod",))), ("sata",)),
        Variant("other-initramfs", one(Initramfs(of=CLOUD)), ("nvme",)),
        Variant("cloud", one(kernel=CLOUD), ("virtio-blk", "lsi")),
        Variant("blacklist-conf", conf("blacklist virtio_blk\n"), ("virtio-blk",)),
        Variant("root-sda1", one(root="/dev/sda1"), ("virtio-blk", "sata")),
        Variant("home-by-name", fstab=f"/dev/sda1 /home ext4 {SHORT} 0 0\n", targets=_BOTH),
        Variant(
            "list-virtio",
            one(mkinitramfs("list", "virtio_blk virtio_pci ext4 crc32c_generic")),
            _BOTH,
        ),
        Variant("no-initramfs", one(None), ("virtio-blk",)),
    )
    return tuple(replace(variant, release=release) for variant in found)


VARIANTS = (
    *_FIRST,
    *_NAMES,
    *_FORBIDDEN,
    *_PACKED,
    *_MADE,
    *_STACKED,
    *_elsewhere("trixie"),
    *_elsewhere("bullseye"),
)
