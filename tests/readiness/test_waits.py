"""What an initramfs waits for beside the root file system, and what loads its drivers."""

from __future__ import annotations

import pytest

from guestcheck.messages import words
from guestcheck.model.action import GenericInitramfs
from tests.readiness.making import EVERYTHING, RELEASE, image, machine, on, said

INITRD = f"/boot/initramfs-{RELEASE}.img"


def hooked(*devices: str) -> str:
    """Assess a guest whose dracut image waits for `devices`."""
    files = [
        "usr/lib/dracut/hooks/initqueue/finished/devexists-"
        + device.replace("/", chr(92) + "x2f")
        + ".sh"
        for device in devices
    ]
    inventory = machine(initrd=INITRD, images={INITRD: image(generator="dracut", files=files)})
    return said(on("virtio-blk", inventory))


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("/dev/disk/by-uuid/0a-1b", "boots"),
        ("/dev/mapper/vg-root", "boots"),
        ("/dev/sda2", "does-not-boot: initramfs-waits"),
        ("/dev/disk/by-path/pci-0000:00:01.1-ata-1-part2", "does-not-boot: initramfs-waits"),
        ("/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001-part2", "does-not-boot: initramfs-waits"),
        ("/dev/disk/by-id/virtio-1", "unknown: ?initramfs-waits"),
    ],
)
def test_dracut_waits_for_the_names_of_the_machine_it_was_made_on(
    device: str, expected: str
) -> None:
    assert hooked("/dev/disk/by-uuid/2c-3d", device) == expected


def test_the_reason_names_the_hook_and_how_to_be_rid_of_it() -> None:
    files = (
        "var/lib/dracut/hooks/initqueue/finished/devexists-"
        + chr(92)
        + "x2fdev"
        + chr(92)
        + "x2fsda2.sh",
    )
    found = on(
        "virtio-blk",
        machine(initrd=INITRD, images={INITRD: image(generator="dracut", files=files)}),
    )
    assert "/dev/sda2" in words(found.reasons[0].says)
    assert found.reasons[0].evidence[0] == (INITRD, files[0])
    assert isinstance(found.reasons[0].actions[0], GenericInitramfs)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("/dev/sda3 /usr ext4 defaults 0 0", "unknown: ?initramfs-fstab"),
        ("/dev/sda3 /x ext4 nofail 0 0", "boots: !initramfs-fstab"),
        ("UUID=1 /x ext4 defaults 0 0\n# /dev/sda1 /y", "boots"),
    ],
)
def test_an_fstab_in_the_image_may_wait_too(row: str, expected: str) -> None:
    assert said(on("virtio-blk", machine(generator="dracut", texts={"etc/fstab": row}))) == expected


class TestMkinitcpio:
    def verdict(self, udev: bool, listed: str = "") -> str:
        texts = {"config": f'MODULES="{listed}"\nHOOKS=""'}
        images = {INITRD: image(generator="mkinitcpio", texts=texts, udev=udev)}
        return said(on("virtio-blk", machine(initrd=INITRD, images=images)))

    def test_with_udev_loads_by_alias(self) -> None:
        assert self.verdict(udev=True) == "boots"

    def test_without_udev_loads_what_is_named(self) -> None:
        assert (
            self.verdict(udev=False) == "unknown: ?initramfs-without-udev ?initramfs-without-udev"
        )
        assert self.verdict(udev=False, listed="virtio_blk") == "unknown: ?initramfs-without-udev"
        assert self.verdict(udev=False, listed="virtio-blk virtio_pci") == "boots"


@pytest.mark.parametrize(
    ("type_", "root"),
    [("zfs", "root=ZFS=rpool/ROOT"), ("reiserfs", "root=UUID=1"), ("bcachefs", "root=UUID=1")],
)
def test_the_root_file_system_s_own_driver_is_needed(type_: str, root: str) -> None:
    fstab = f"UUID=1 / {type_} defaults 0 1" if type_ != "zfs" else "tmpfs /tmp tmpfs x 0 0"
    on_disk = f"{EVERYTHING} {type_}"
    assert (
        said(on("virtio-blk", machine(EVERYTHING, on_disk=on_disk, fstab=fstab, root=root)))
        == "does-not-boot: driver-not-in-initramfs"
    )
