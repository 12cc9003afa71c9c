"""A guest for each reason that stops a Linux guest: its one kernel does not boot on the target, or
its NIC has no network there, for that reason.

`tests/readiness/making.py` holds that no reason stops that has none here.
"""

from __future__ import annotations

from typing import Any, Dict, Tuple

from guestcheck.catalogue.rows import BUNDLES, TARGETS
from guestcheck.model.source import Answer
from guestcheck.model.target import Target, chosen
from tests.readiness.making import (
    EVERYTHING,
    RELEASE,
    UNITS,
    a_card,
    addresses,
    ide_disk,
    ide_part,
    image,
    started,
    told,
)

INITRD, KERNEL = f"/boot/initrd.img-{RELEASE}", f"/boot/vmlinuz-{RELEASE}"
DEBIAN = told("system", "/etc/os-release", "ID=debian\nVERSION_ID=12\n")
GRUB = told("grub_files", "/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet"\n')
MAC = "52:54:00:12:34:56"
NETWORKD = "/etc/systemd/network/10-lan.network"
ROOT = "UUID=1 / ext4 defaults 0 1\n"
FIRST = (
    "/etc/systemd/network/05-a.network",
    "[Match]\nDriver=virtio_net\n[Network]\nLinkLocalAddressing=no\n",
)
ANY = (NETWORKD, "[Match]\nType=ether\n[Network]\nDHCP=yes\n")
DEVICES = (
    "VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=t10.ATA_QEMU_HARDDISK_QM00001 DEVNAME=/dev/sda2 "
    "PVID=abc PART=2\n"
)
LVM = {"etc/lvm/lvm.conf": "devices {\n use_devicesfile = 1\n}\n"}
LVM["etc/lvm/devices/system.devices"] = DEVICES
FILTER = 'devices {\n filter = [ "a|/dev/sda|", "r|.*|" ]\n}\n'
MDADM = "DEVICE /dev/sda*\nARRAY /dev/md0 UUID=1\n"
FORBIDDEN = "blacklist virtio_blk\n"
TINY = (
    "virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci jbd2 mbcache crc16"
)


# A whole image has hundreds of files; in one with fewer a lack proves nothing.
FILLER = tuple(f"usr/bin/program{number}" for number in range(60))
ENTRY = (
    f"title A\nversion {RELEASE}\nlinux /m/{RELEASE}/linux\ninitrd /m/{RELEASE}/initrd\n"
    "options root=PARTUUID=1\n"
)


def without(*modules: str) -> str:
    return " ".join(name for name in EVERYTHING.split() if name not in modules)


def debian(*more: Tuple[str, Answer], **fields: Any) -> Dict[str, Any]:
    return {"more": [DEBIAN, GRUB, *more], **fields}


def boot_files(*paths: str) -> Tuple[str, Answer]:
    return told("boot_files", "/boot/*", "".join(path + "\n" for path in paths))


def option(words: str, **fields: Any) -> Dict[str, Any]:
    return debian(options=f"ro {words}", **fields)


def nic(*files: Tuple[str, str], options: str = "ro") -> Dict[str, Any]:
    """Make a guest with a NIC, ens3 on e1000; NetworkManager starts where it has a file."""
    manager = any("NetworkManager" in path for path, _ in files)
    units = (unit for unit in UNITS if manager or unit != "NetworkManager")
    answers = [told("network_config", path, text) for path, text in files]
    devices = (ide_disk(), ide_part(), a_card("ens3", address=MAC))
    return debian(*answers, addresses(ens3=""), started(*units), devices=devices, options=options)


def tiny(modules: str) -> str:
    """Make what the reader writes of an image of tiny-initramfs, which has and lists modules."""
    rows = [f"100644 1 {name}.ko" for name in f"{modules} virtio_blk ext4".split()]
    listed = [f"|/{name}.ko" for name in modules.split()]
    rows += ["100755 9 init", "100644 9 modules", "text modules 9", *listed]
    return "\n".join(["image 900", "part 0 gzip", *rows, "whole", ""])


def targets(reason: str) -> Tuple[Target, ...]:
    """Return what the guest of a reason is moved to: of a platform all that it has."""
    return tuple(chosen([WORLDS_BY_REASON[reason][0]], TARGETS, BUNDLES))


# By reason: the target, and the guest as `recorded` takes it.
WORLDS_BY_REASON: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "boot-by-name": (
        "virtio-blk",
        option(
            "fips=1 boot=/dev/sda1", images={INITRD: image(generator="dracut", files=["x/fips.sh"])}
        ),
    ),
    "boot-menu-empty": (
        "virtio-blk",
        debian(boot_files("/boot/grub/grub.cfg", KERNEL, INITRD), menu="# nothing\n\n"),
    ),
    "config-by-driver": (
        "virtio-net",
        nic((NETWORKD, "[Match]\nDriver=e1000\n[Network]\nDHCP=yes\n")),
    ),
    "config-by-name": (
        "virtio-net",
        nic(
            (NETWORKD, "[Match]\nName=ens3\n[Network]\nAddress=10.0.0.2/24\n"),
            options="ro net.ifnames=0",
        ),
    ),
    "config-by-order": ("virtio-net", nic(FIRST, ANY)),
    "crypttab-by-name": (
        "virtio-blk",
        debian(
            told("crypttab", "/etc/crypttab", "data UUID=2 /dev/sda4 luks\n"),
            fstab=f"{ROOT}/dev/mapper/data /data ext4 defaults 0 2",
        ),
    ),
    "dependency-not-in-initramfs": ("virtio-blk", debian(modules=without("virtio_ring"))),
    "disks-not-scanned": ("virtio-scsi", option("scsi_mod.scan=none")),
    "driver-blacklisted": (
        "virtio-blk",
        debian(
            told("modprobe_conf", "/etc/modprobe.d/a.conf", FORBIDDEN),
            texts={"etc/modprobe.d/a.conf": FORBIDDEN},
        ),
    ),
    "driver-file-missing": (
        "virtio-net",
        {
            **nic((NETWORKD, "[Match]\nName=e*\n[Network]\nDHCP=yes\n")),
            "on_disk": without("virtio_net"),
            "builtin": "loop",
        },
    ),
    "driver-not-in-initramfs": ("virtio-blk", debian(modules=without("virtio_blk"))),
    "driver-not-in-kernel": ("virtio-blk", debian(lacking=("virtio_blk",))),
    "driver-not-loaded": (
        "virtio-blk",
        debian(images={INITRD: tiny(TINY)}),
    ),
    "fstab-by-name": ("virtio-blk", debian(fstab=f"{ROOT}/dev/sda2 /srv ext4 defaults 0 2")),
    "grub-root-by-number": (
        "virtio-blk",
        debian(
            menu=f"menuentry 'Linux' {{\n set root='ahci0,gpt2'\n linux {KERNEL} root=UUID=1 ro\n "
            f"initrd {INITRD}\n}}\n"
        ),
    ),
    "initramfs-does-not-open-root": (
        "virtio-blk",
        debian(
            root="root=/dev/mapper/vg-root",
            fstab="/dev/mapper/vg-root / ext4 x 0 1",
            images={INITRD: image(tools=(), files=FILLER)},
            without=("sysfs", "mounts"),
        ),
    ),
    "initramfs-file-missing": (
        "virtio-blk",
        debian(
            told("boot_entries", "/efi/loader/entries/a.conf", ENTRY),
            boot_files("/efi/loader/entries/a.conf", f"/efi/m/{RELEASE}/linux"),
            builtin=EVERYTHING,
            menu="\n",
            images={},
        ),
    ),
    "initramfs-of-another-kernel": (
        "virtio-blk",
        debian(images={INITRD: image(release="5.10.0-1-amd64")}),
    ),
    "initramfs-packing": (
        "virtio-blk",
        debian(
            told(
                "kernel_config",
                f"/boot/config-{RELEASE}",
                "CONFIG_VIRTIO_BLK=m\n# CONFIG_RD_ZSTD is not set\nCONFIG_RD_GZIP=y\n",
            ),
            images={INITRD: image().replace("gzip", "zstd")},
        ),
    ),
    "initramfs-stops": ("virtio-blk", option("break=premount")),
    "initramfs-waits": (
        "virtio-blk",
        debian(
            images={
                INITRD: image(
                    generator="dracut",
                    files=[r"lib/dracut/hooks/initqueue/finished/devexists-\x2fdev\x2fsda1.sh"],
                )
            }
        ),
    ),
    "kernel-file-damaged": (
        "virtio-blk",
        debian(
            boot_files("/boot/grub/grub.cfg", "/boot/grub", KERNEL, INITRD),
            told("kernel_files", KERNEL, "image 0\ntrouble it is empty\n"),
        ),
    ),
    "kernel-file-missing": (
        "virtio-blk",
        debian(boot_files("/boot/grub/grub.cfg", "/boot/grub", INITRD)),
    ),
    "lvm-devices-file": (
        "virtio-blk",
        debian(
            *(told("lvm_conf", f"/{name}", text) for name, text in LVM.items()),
            root="root=/dev/mapper/vg-root",
            texts=LVM,
        ),
    ),
    "lvm-filter": (
        "virtio-blk",
        debian(
            told("lvm_conf", "/etc/lvm/lvm.conf", FILTER),
            root="root=/dev/mapper/vg-root",
            texts={"etc/lvm/lvm.conf": FILTER},
        ),
    ),
    "mac-not-kept": (
        "gce",
        nic((NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nAddress=10.0.0.2/24\n")),
    ),
    "manager-leaves-card": (
        "virtio-net",
        nic(
            (
                "/etc/NetworkManager/system-connections/a.nmconnection",
                "[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n",
            ),
            (
                "/etc/NetworkManager/conf.d/a.conf",
                "[keyfile]\nunmanaged-devices=driver:virtio_net\n",
            ),
        ),
    ),
    "mdadm-by-name": (
        "virtio-blk",
        debian(
            told("mdadm_conf", "/etc/mdadm/mdadm.conf", MDADM),
            modules=f"{EVERYTHING} md_mod raid1",
            on_disk=f"{EVERYTHING} md_mod raid1",
            root="root=/dev/md0",
            texts={"etc/mdadm/mdadm.conf": MDADM},
            without=("sysfs", "mounts"),
        ),
    ),
    "no-initramfs": (
        "virtio-blk",
        debian(
            told("initramfs_tools", "x", "/usr/sbin/update-initramfs\n"),
            initrd="-",
            images={},
            root="root=PARTUUID=1",
        ),
    ),
    "root-by-name": (
        "virtio-blk",
        debian(root="root=/dev/sda1", fstab="/dev/sda1 / ext4 x 0 1"),
    ),
    "root-key-by-name": (
        "virtio-blk",
        debian(
            root="root=/dev/mapper/root rd.luks.name=7=root",
            options="rd.luks.options=header=/dev/sda4",
            generator="dracut",
            without=("sysfs", "mounts"),
        ),
    ),
    "root-needs-initramfs": (
        "virtio-blk",
        debian(
            told("initramfs_tools", "x", "/usr/sbin/update-initramfs\n"),
            initrd="-",
            images={},
            builtin="ext4 jbd2 mbcache crc16 virtio_blk virtio_pci",
        ),
    ),
    "root-not-understood": (
        "virtio-blk",
        debian(images={INITRD: tiny(f"{TINY} virtio_blk ext4")}, root="root=LABEL=root"),
    ),
    "share-of-host": ("virtio-blk", debian(fstab=f"{ROOT}share /mnt/s vboxsf defaults 0 0")),
    "swap-by-name": (
        "virtio-blk",
        debian(fstab=f"{ROOT}/dev/sda2 none swap sw,x-systemd.device-timeout=infinity 0 0"),
    ),
    "unit-by-name": (
        "virtio-blk",
        debian(
            told(
                "storage_units",
                "/etc/systemd/system/*.requires/*",
                "/etc/systemd/system/local-fs.target.requires/srv.mount\n",
            ),
            told(
                "storage_units",
                "/etc/systemd/system/srv.mount",
                "[Mount]\nWhat=/dev/sda3\nWhere=/srv\n",
            ),
        ),
    ),
}
