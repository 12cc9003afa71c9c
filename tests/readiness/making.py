"""Guests with kernels, an initramfs and files that name disks, each in a line or two: what is said
goes through the parsers, as a recording would.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from guestcheck.catalogue.rows import TARGETS
from guestcheck.classify import classify
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.model.device import Inventory
from guestcheck.model.source import OK, Answer, Raw
from guestcheck.model.target import STOPS, Readiness
from guestcheck.readiness import assess
from tests.makers import disk, nic, part, scsi

RELEASE = "6.1.0-13-amd64"
BY_ID = {target.id: target for target in TARGETS}

# modules.dep of Linux 6.1, as far as it matters here.
DEPENDENCIES: Dict[str, str] = {
    "virtio": "",
    "virtio_ring": "virtio",
    "virtio_pci_modern_dev": "",
    "virtio_pci_legacy_dev": "",
    "virtio_pci": "virtio_pci_legacy_dev virtio_pci_modern_dev virtio_ring virtio",
    "virtio_blk": "virtio_ring virtio",
    "virtio_scsi": "scsi_mod virtio_ring virtio",
    "virtio_net": "net_failover failover virtio_ring virtio",
    "net_failover": "failover",
    "failover": "",
    "scsi_common": "",
    "scsi_mod": "scsi_common",
    "sd_mod": "scsi_mod scsi_common",
    "libata": "scsi_mod scsi_common",
    "ata_piix": "libata scsi_mod scsi_common",
    "libahci": "libata scsi_mod scsi_common",
    "ahci": "libahci libata scsi_mod scsi_common",
    "nvme_core": "",
    "nvme": "nvme_core",
    "nvmem_core": "",
    "vmw_pvscsi": "scsi_mod scsi_common",
    "sym53c8xx": "scsi_mod scsi_common",
    "mptspi": "scsi_mod scsi_common",
    "ext4": "jbd2 mbcache crc16",
    "jbd2": "",
    "mbcache": "",
    "crc16": "",
    "dm_mod": "",
    "dm_crypt": "dm_mod",
    "e1000": "",
    "vmxnet3": "",
}
EVERYTHING = " ".join(DEPENDENCIES)
IDE = "0000:00:01.1 pci ata_piix 8086:7010"
MARKS = {
    "initramfs-tools": "conf/initramfs.conf",
    "dracut": "usr/lib/dracut/build-parameter.txt",
    "mkinitcpio": "buildconfig",
    "": "init",
}
MARKS.update(
    {
        "make-initrd": "lib/uevent/filters/rootdev",
        "genkernel": "etc/initrd.defaults",
        "booster": "etc/booster.init.yaml",
        "mkinitfs": "sbin/nlplug-findfs",
        "mkinitrd": "mkinitrd.config",
    }
)
TOOLS = ("lvm", "cryptsetup", "mdadm", "multipath")
# The ids of the reasons that stop a Linux guest: each has a guest whose printed repair is tried
# (tests/advice/worlds_by_reason.py).
STOPPING = frozenset(
    (
        "boot-by-name",
        "boot-menu-empty",
        "config-by-driver",
        "config-by-name",
        "config-by-order",
        "crypttab-by-name",
        "dependency-not-in-initramfs",
        "disks-not-scanned",
        "driver-blacklisted",
        "driver-file-missing",
        "driver-not-in-initramfs",
        "driver-not-in-kernel",
        "driver-not-loaded",
        "fstab-by-name",
        "grub-root-by-number",
        "initramfs-does-not-open-root",
        "initramfs-file-missing",
        "initramfs-of-another-kernel",
        "initramfs-packing",
        "initramfs-stops",
        "initramfs-waits",
        "kernel-file-damaged",
        "kernel-file-missing",
        "lvm-devices-file",
        "lvm-filter",
        "mac-not-kept",
        "manager-leaves-card",
        "mdadm-by-name",
        "no-initramfs",
        "root-by-name",
        "root-key-by-name",
        "root-needs-initramfs",
        "root-not-understood",
        "share-of-host",
        "swap-by-name",
        "unit-by-name",
    )
)


def image(
    modules: str = EVERYTHING,
    release: str = RELEASE,
    generator: str = "initramfs-tools",
    texts: Optional[Dict[str, str]] = None,
    end: str = "whole",
    files: Sequence[str] = (),
    udev: bool = True,
    tools: Sequence[str] = TOOLS,
) -> str:
    """Make what the reader of images writes of one that holds `modules`, `files`, and `tools` that
    open what is below root.
    """
    lines = ["image 1000", "part 0 gzip", f"100644 1 {MARKS[generator]}", "100755 1 init"]
    lines += ["100755 1 usr/bin/udevadm"] if generator == "mkinitcpio" and udev else []
    lines += [f"100755 1 usr/sbin/{name}" for name in tools]
    lines += [f"100644 1 {name.replace(chr(92), chr(92) + 'x5c')}" for name in files]
    lines += [f"100644 1 usr/lib/modules/{release}/kernel/{name}.ko.xz" for name in modules.split()]
    for name, text in (texts or {}).items():
        lines += [
            f"100644 1 {name}",
            f"text {name} {len(text)}",
            *(f"|{line}" for line in text.split("\n")),
        ]
    return "\n".join([*lines, end]) + "\n"


def grub(*entries: str, default: str = "0") -> str:
    """Make grub.cfg of entries "RELEASE INITRD OPTIONS", INITRD "-" for none."""
    text = f"set default={default}\n"
    for entry in entries:
        release, initrd, options = entry.split(" ", 2)
        load = f" initrd {initrd}\n" if initrd != "-" else ""
        text += (
            f"menuentry 'Linux {release}' {{\n linux /boot/vmlinuz-{release} {options}\n{load}}}\n"
        )
    return text


UNITS = (
    "systemd-networkd",
    "NetworkManager",
    "networking",
    "network",
    "wicked",
    "netctl",
    "dhcpcd",
    "connman",
)


def started(*units: str) -> Tuple[str, Answer]:
    """Make the answer that these units are enabled, and that netplan is installed."""
    links = "".join(
        f"/etc/systemd/system/multi-user.target.wants/{unit}.service\n" for unit in units
    )
    return told("network_managers", "/etc/systemd/system/*.wants/x", f"{links}/usr/sbin/netplan\n")


def addresses(**given: str) -> Tuple[str, Answer]:
    """Make the answer that says which addresses interfaces have, "" for none."""
    nics = ", ".join(
        f'"{name}": {{"addresses": [{address and chr(34) + address + chr(34)}]}}'
        for name, address in given.items()
    )
    return told("machine", "psutil", f'{{"cpus": 1, "memory": 1, "nics": {{{nics}}}}}')


def told(question: str, asked: str, text: str) -> Tuple[str, Answer]:
    """Make an answer to `question`."""
    return question, Answer(asked, OK, text)


def dependencies(without: Sequence[str] = ()) -> str:
    return "".join(
        f"kernel/{name}.ko.xz: {' '.join(f'kernel/{one}.ko.xz' for one in needs.split())}\n"
        for name, needs in DEPENDENCIES.items()
        if name not in without
    )


def machine(*modules: str, **more: Any) -> Inventory:
    """Judge the guest that `recorded` makes."""
    return classify(build(read(recorded(*modules, **more), questions(deep=True))))


def recorded(
    modules: str = EVERYTHING,
    *,
    on_disk: str = EVERYTHING,
    builtin: str = "",
    root: str = "root=UUID=1",
    options: str = "ro",
    fstab: Optional[str] = "UUID=1 / ext4 defaults 0 1",
    initrd: str = f"/boot/initrd.img-{RELEASE}",
    generator: str = "initramfs-tools",
    texts: Optional[Dict[str, str]] = None,
    init: str = "/usr/lib/systemd/systemd",
    images: Optional[Dict[str, str]] = None,
    entries: Sequence[str] = (),
    menu: str = "",
    devices: Sequence[str] = (),
    more: Sequence[Tuple[str, Answer]] = (),
    without: Sequence[str] = (),
    lacking: Sequence[str] = (),
) -> Raw:
    """Make a guest whose one disk is sda on IDE, with the root file system on sda1, and one kernel;
    `without` names questions left open, `lacking` modules that the kernel does not have; `menu` is
    the whole of grub.cfg.
    """
    entries = entries or (f"{RELEASE} {initrd} {root} {options}",)
    inside = (
        {
            initrd: image(
                " ".join(name for name in modules.split() if name not in lacking),
                generator=generator,
                texts=texts,
            )
        }
        if images is None
        else images
    )
    answers: List[Tuple[str, Answer]] = [
        told("sysfs", "/sys/class/block/*", "\n".join(devices or (ide_disk(), ide_part())) + "\n"),
        told("mounts", "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"),
        told("system", "/proc/sys/kernel/osrelease", RELEASE + "\n"),
        told("boot_entries", "/boot/grub/grub.cfg", menu or grub(*entries)),
        told("init_system", "/usr/lib/systemd/systemd", init + "\n"),
        told("modules_dep", f"/lib/modules/{RELEASE}/modules.dep", dependencies(lacking)),
        told(
            "modules_builtin",
            f"/lib/modules/{RELEASE}/modules.builtin",
            "".join(f"kernel/{name}.ko\n" for name in builtin.split()),
        ),
        told(
            "module_files",
            "/lib/modules/*",
            "".join(
                f"/lib/modules/{RELEASE}/kernel/{name}.ko.xz\n"
                for name in on_disk.split()
                if name not in lacking
            ),
        ),
        *(told("initramfs", path, text) for path, text in inside.items()),
        *([] if fstab is None else [told("fstab", "/etc/fstab", fstab + "\n")]),
        *more,
    ]
    found: Dict[str, Tuple[Answer, ...]] = {}
    for name, answer in answers:
        if name not in without:
            found[name] = (*found.get(name, ()), answer)
    return Raw("test", found)


def ide_disk(name: str = "sda") -> str:
    return disk(name, IDE, "ata1 ata -", *scsi(), dev="8:0", model="QEMU HARDDISK", vendor="ATA")


def ide_part(name: str = "sda1", of: str = "sda") -> str:
    return part(name, IDE, "ata1 ata -", *scsi(), of=of, dev="8:1")


def a_card(
    name: str = "ens3", driver: str = "e1000", identity: str = "8086:100e", **attributes: Any
) -> str:
    return nic(name, f"0000:00:03.0 pci {driver} {identity} 0200", **attributes)


def on(target: str, inventory: Inventory, **moved: Tuple[str, ...]) -> Readiness:
    """Assess one target and return the verdict on what boots by default."""
    found = assess(inventory, (BY_ID[target],), **moved)
    stops = {reason.id for one in found for reason in one.reasons if reason.weight == STOPS}
    assert inventory.guest.windows is not None or stops <= STOPPING, "no repair of it is tried"
    return next((one for one in found if one.default), found[0])


def said(one: Readiness) -> str:
    """Return "VERDICT: REASON, REASON" with the weight of those that do not stop it."""
    marks = {"stops": "", "open": "?", "warns": "!"}
    return (
        f"{one.verdict}: {' '.join(f'{marks[reason.weight]}{reason.id}' for reason in one.reasons)}"
    ).rstrip(": ")
