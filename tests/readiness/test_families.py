"""Root file systems as distributions lay them out, mounted somewhere and read from there; what is
judged is known from their own tools.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Sequence, Union

from guestcheck.catalogue.rows import TARGETS
from guestcheck.model.target import Readiness
from guestcheck.run import preflight
from guestcheck.sources.root import open_root
from tests.images import cpio
from tests.readiness.making import DEPENDENCIES

BY_ID = {target.id: target for target in TARGETS}
OLD_DISK = (
    "ext4",
    "jbd2",
    "mbcache",
    "crc16",
    "ata_piix",
    "libata",
    "scsi_mod",
    "scsi_common",
    "sd_mod",
)
EVERYTHING = tuple(DEPENDENCIES)

What = Union[str, bytes]


def kernel(release: str) -> Dict[str, What]:
    """Make a kernel's folder with every module there is."""
    top = f"usr/lib/modules/{release}"
    lines = [
        f"kernel/{name}.ko.zst: {' '.join(f'kernel/{one}.ko.zst' for one in needs.split())}\n"
        for name, needs in DEPENDENCIES.items()
    ]
    files: Dict[str, What] = {f"{top}/kernel/{name}.ko.zst": "" for name in EVERYTHING}
    return {
        **files,
        f"{top}/modules.dep": "".join(lines),
        f"{top}/modules.builtin": "kernel/fs/proc.ko\n",
    }


def image(release: str, modules: Sequence[str], *marks: str) -> bytes:
    """Make an initramfs of a kernel that holds `modules`, and files that tell what made it."""
    return cpio(
        {
            "init": b"x",
            **dict.fromkeys(marks, b"x"),
            **{f"usr/lib/modules/{release}/kernel/{name}.ko.zst": b"x" for name in modules},
        }
    )


def judged(top: Path, files: Dict[str, What], *targets: str) -> Dict[str, Readiness]:
    """Write `files` below `top`, and judge that root file system; by target and kernel."""
    for name, what in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(what if isinstance(what, bytes) else what.encode())
    (top / "lib").symlink_to("usr/lib")
    report = preflight(open_root(str(top)), [BY_ID[target] for target in targets])
    return {f"{one.target} {one.kernel}": one for one in report.readiness}


LINUX, LTS = "6.6.7-arch1-1", "6.1.68-1-lts"


def arch(**images: bytes) -> Dict[str, What]:
    """Make an Arch with two kernels, whose images and entries name no release."""
    marks = ("buildconfig", "init_functions", "usr/lib/systemd/systemd-udevd")
    entries = {
        f"boot/loader/entries/{name}.conf": f"linux /vmlinuz-{name}\ninitrd /intel-ucode.img\ninitrd "
        f"/initramfs-{name}.img\noptions root=UUID=1 rw\n"
        for name in ("linux", "linux-lts")
    }
    made: Dict[str, What] = {
        "boot/initramfs-linux.img": image(LINUX, OLD_DISK, *marks),
        "boot/initramfs-linux-fallback.img": image(LINUX, EVERYTHING, *marks),
        "boot/initramfs-linux-lts.img": image(LTS, EVERYTHING, *marks),
        "boot/vmlinuz-linux": "kernel",
        "boot/vmlinuz-linux-lts": "kernel",
        "boot/intel-ucode.img": cpio(
            {"kernel/x86/microcode/GenuineIntel.bin": b"x"}
        ),  # systemd-boot wants all that it names
        "boot/loader/loader.conf": "default linux.conf\n",
        "etc/fstab": "UUID=1 / ext4 rw 0 1\n",
        "usr/lib/systemd/systemd": "",
    }
    return {
        **kernel(LINUX),
        **kernel(LTS),
        **made,
        **entries,
        **{f"boot/{name}.img": what for name, what in images.items()},
    }


def test_arch_a_fallback_image_beside_it_does_not_speak_for_the_one_that_boots(
    tmp_path: Path,
) -> None:
    found = judged(tmp_path, arch(), "virtio-blk", "ide")
    assert found[f"virtio-blk {LINUX}"].default is True
    assert found[f"virtio-blk {LINUX}"].verdict == "does-not-boot"
    assert found[f"virtio-blk {LINUX}"].reasons[0].evidence[0].source == "/boot/initramfs-linux.img"
    assert found[f"virtio-blk {LTS}"].verdict == "boots"
    assert found[f"virtio-blk {LTS}"].default is False
    assert found[f"ide {LINUX}"].verdict == "boots"


def test_arch_an_image_of_a_kernel_that_is_gone_is_nobody_s(tmp_path: Path) -> None:
    stale = image(
        "6.5.1-arch1-1",
        EVERYTHING,
        "buildconfig",
        "init_functions",
        "usr/lib/systemd/systemd-udevd",
    )
    files = {name: what for name, what in arch().items() if "fallback" not in name}
    found = judged(tmp_path, {**files, "boot/initramfs-linux.img": stale}, "virtio-blk")
    assert found[f"virtio-blk {LINUX}"].verdict == "unknown"
    assert not any("6.5.1" in name for name in found)


SLES = "6.4.0-150600.21-default"


def test_suse_a_rule_that_names_a_card_by_its_address_keeps_the_name(tmp_path: Path) -> None:
    rule = (
        'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="52:54:00:12:34:56", '
        'ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
    )
    menu = (
        f"menuentry 'SLES' {{\n linux /boot/vmlinuz-{SLES} root=UUID=1 ${{extra_cmdline}} quiet\n "
        f"initrd /boot/initrd-{SLES}\n}}\n"
    )
    files = {
        **kernel(SLES),
        f"boot/initrd-{SLES}": image(SLES, EVERYTHING, "usr/lib/dracut/build-parameter.txt"),
        f"boot/vmlinuz-{SLES}": "kernel",
        "boot/grub2/grub.cfg": menu,
        "etc/fstab": "UUID=1 / ext4 defaults 0 1\n",
        "usr/lib/systemd/systemd": "",
        "etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
        "etc/systemd/system/multi-user.target.wants/wicked.service": "",
    }
    found = judged(
        tmp_path / "with",
        {**files, "etc/udev/rules.d/70-persistent-net.rules": rule},
        "virtio-net",
        "virtio-blk",
    )
    assert {name: one.verdict for name, one in found.items()} == {
        f"virtio-net {SLES}": "network-up",
        f"virtio-blk {SLES}": "boots",
    }
    assert (
        judged(tmp_path / "without", files, "virtio-net")[f"virtio-net {SLES}"].verdict == "unknown"
    )
