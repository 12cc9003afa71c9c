"""Would mdadm and LVM still take the disk: by which names their files permit, in the image for
root, and else in the guest's own.
"""

from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.readiness.making import EVERYTHING, machine, on, said, told

MODULES = f"{EVERYTHING} md_mod"
ROOT = "UUID=1 / ext4 defaults 0 1"


def judged(
    conf: str,
    target: str = "virtio-blk",
    root: str = "root=/dev/md0",
    inside: bool = True,
    **fields: Any,
) -> str:
    """Judge a guest, of which no disk is seen, by a mdadm.conf that the image has a copy of."""
    more = [told("mdadm_conf", "/etc/mdadm/mdadm.conf", conf), *fields.pop("more", ())]
    texts: Dict[str, str] = {"etc/mdadm/mdadm.conf": conf} if inside else {}
    asked: Dict[str, Any] = {"fstab": ROOT, "without": ("sysfs", "mounts"), **fields}
    return said(
        on(target, machine(MODULES, on_disk=MODULES, root=root, texts=texts, more=more, **asked))
    )


@pytest.mark.parametrize(
    ("conf", "target", "expected"),
    [
        ("DEVICE /dev/sda*\nARRAY /dev/md0 UUID=1\n", "virtio-blk", "does-not-boot: mdadm-by-name"),
        (
            "DEVICE /dev/sda1 /dev/disk/by-path/pci-0000:00:01.1-ata-1-part2\n",
            "virtio-blk",
            "does-not-boot: mdadm-by-name",
        ),
        (
            "DEVICE /dev/sda1 /dev/sdb1\n",
            "virtio-blk",
            "unknown: ?mdadm-by-name",
        ),  # whether sdb is moved too is not known
        ("DEVICE /dev/sda*\nDEVICE /dev/vda*\n", "virtio-blk", "boots"),
        ("DEVICE /dev/sd*\n", "virtio-scsi", "boots"),
        ("DEVICE partitions\nARRAY /dev/md0 UUID=1\n", "virtio-blk", "boots"),
        ("DEVICE /dev/[sv]d*\n", "virtio-blk", "boots"),
        (
            "DEVICE /dev/disk/by-path/pci-0000:00:01.1-ata-*\n",
            "virtio-blk",
            "does-not-boot: mdadm-by-name",
        ),
        ("DEVICE /dev/disk/by-id/virtio-*\n", "virtio-blk", "unknown: ?mdadm-by-name"),
        (
            "ARRAY /dev/md0 devices=/dev/sda1,/dev/sda2\n",
            "virtio-blk",
            "does-not-boot: mdadm-by-name",
        ),
        ("ARRAY /dev/md0 devices=/dev/vda1,/dev/vdb1\n", "virtio-blk", "boots"),
        ("ARRAY /dev/md0 UUID=1\n", "virtio-blk", "boots"),
    ],
)
def test_the_image_s_copy_decides_for_root(conf: str, target: str, expected: str) -> None:
    found = judged(conf, target)
    # The guest's own file says the same, which the next initramfs takes: that is said beside it.
    assert (
        found.replace(" !mdadm-by-name", "").replace(
            " ?mdadm-by-name ?mdadm-by-name", " ?mdadm-by-name"
        )
        == expected
    )


def test_root_by_a_uuid_lies_on_the_array_that_grub_loads_a_module_for() -> None:
    menu = "menuentry 'Linux' {\n insmod mdraid1x\n}\n"
    conf = "DEVICE /dev/sda*\nARRAY /dev/md0 UUID=1\n"
    grub = told("grub_modules", "/boot/grub/grub.cfg", menu)
    assert judged(conf, root="root=UUID=1", more=[grub]).startswith("does-not-boot: mdadm-by-name")
    assert judged(conf, root="root=UUID=1").startswith(
        "unknown: ?mdadm-by-name"
    )  # there is an array, and root may be on it


def test_a_guest_whose_root_is_seen_on_a_partition_is_warned_alone() -> None:
    assert judged("DEVICE /dev/sda*\n", root="root=UUID=1", without=()) == "boots: !mdadm-by-name"


def test_another_array_that_fstab_requires_stops_it() -> None:
    fstab = f"{ROOT}\n/dev/md1 /srv ext4 {{}} 0 2"
    assert judged(
        "DEVICE /dev/sda*\n", root="root=UUID=1", fstab=fstab.format("defaults"), without=()
    ).startswith("does-not-boot: mdadm-by-name")
    assert (
        judged("DEVICE /dev/sda*\n", root="root=UUID=1", fstab=fstab.format("nofail"), without=())
        == "boots: !mdadm-by-name"
    )


class TestLvm:
    FILTER = 'filter = [ "a|^/dev/sda.*|", "r|.*|" ]'

    def judged(
        self, conf: str, root: str, target: str = "virtio-blk", groups: bool = False, **fields: Any
    ) -> str:
        more = [told("lvm_conf", "/etc/lvm/lvm.conf", conf), *fields.pop("more", ())]
        more += (
            [told("lvm_groups", "/etc/lvm/backup/* /etc/lvm/archive/*", "/etc/lvm/backup/vg\n")]
            if groups
            else []
        )
        asked: Dict[str, Any] = {"fstab": ROOT, "without": ("sysfs", "mounts"), **fields}
        return said(
            on(target, machine(root=root, texts={"etc/lvm/lvm.conf": conf}, more=more, **asked))
        )

    def test_a_filter_in_the_image_stops_root_on_a_volume(self) -> None:
        assert self.judged(self.FILTER, "root=/dev/mapper/vg-root") == "does-not-boot: lvm-filter"
        # the same reason, open by itself
        fstab = "/dev/mapper/vg-root / ext4 x 0 1\n/dev/mapper/vg-home /home ext4 defaults 0 2"
        assert (
            self.judged(self.FILTER, "root=/dev/mapper/vg-root", fstab=fstab)
            == "does-not-boot: lvm-filter"
        )

    def test_root_by_a_uuid_may_lie_on_a_volume_where_there_is_a_group(self) -> None:
        assert self.judged(self.FILTER, "root=UUID=1", groups=True) == "unknown: ?lvm-filter"
        assert self.judged(self.FILTER, "root=UUID=1") == "boots"
        assert (
            self.judged(self.FILTER, "root=UUID=1", groups=True, without=()) == "boots"
        )  # it is seen on a partition

    def test_grub_s_modules_tell_that_it_does(self) -> None:
        grub = told("grub_modules", "/boot/grub/grub.cfg", "menuentry 'Linux' {\n insmod lvm\n}\n")
        assert self.judged(self.FILTER, "root=UUID=1", more=[grub]) == "does-not-boot: lvm-filter"

    @pytest.mark.parametrize(
        ("patterns", "target", "expected"),
        [
            (
                '"a|/dev/sda5$|", "r|.*|"',
                "virtio-scsi",
                "boots",
            ),  # any partition may be the volume's
            ('"a|/dev/vda5$|", "r|.*|"', "virtio-blk", "boots"),
            ('"a|/dev/disk/by-partuuid/|", "r|.*|"', "virtio-blk", "unknown: ?lvm-filter"),
            ('"a|/dev/disk/by-id/ata-X|", "r|.*|"', "virtio-blk", "does-not-boot: lvm-filter"),
            (
                '"a|(a*)*(b*)*(c*)*(d*)*(e*)*x|", "r|.*|"',
                "virtio-blk",
                "unknown: ?lvm-filter",
            ),  # which could take for ever to match
            ('"a|(|", "r|.*|"', "virtio-blk", "unknown: ?lvm-filter"),
            (
                '"a|^/dev/md|", "r|.*|"',
                "virtio-blk",
                "boots",
            ),  # the volume lies on an array, whose name stays
        ],
    )
    def test_patterns(self, patterns: str, target: str, expected: str) -> None:
        assert (
            self.judged(f"filter = [ {patterns} ]", "root=/dev/mapper/vg-root", target) == expected
        )
