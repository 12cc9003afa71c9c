"""Names below /dev of which the first letter, the driver or the maker is not the usual one: none of
them is taken for harmless.
"""

from __future__ import annotations

from typing import Any

import pytest

from guestcheck.model.device import Inventory
from guestcheck.readiness.linux.device_names import GONE, STAYS, UNSURE, Move, move
from tests.makers import a_disk, an_inventory
from tests.readiness.making import BY_ID, RELEASE, ide_disk, ide_part, machine, on, said, told


def offline(**fields: Any) -> Inventory:
    """Make what a mounted root file system tells, from which no disk is seen."""
    return machine(without=("sysfs", "mounts"), **fields)


def alone(target: str, platform: str = "") -> Move:
    """Move the one disk of a running guest."""
    disks = (a_disk("sda", "ide", roles=("root",)),)
    return move(BY_ID[target]._replace(platform=platform), an_inventory(disks=disks), ())


LETTERS = [
    "/dev/sdb1",
    "/dev/sdc2",
    "/dev/vdb1",
    "/dev/xvde1",
    "/dev/xvda1",
    "/dev/hdc1",
    "/dev/nvme1n1p1",
    "/dev/mmcblk1p1",
    "8:17",
]


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("target", ["sd-card", "xen-blkfront", "virtio-blk", "nvme", "virtio-scsi"])
def test_what_root_names_is_what_moves(name: str, target: str) -> None:
    letters = {"8:17": "sd"}.get(name, name[len("/dev/") :])
    if letters.startswith(BY_ID[target].names):
        pytest.skip("the same driver gives the names there")
    found = on(target, offline(root=f"root={name}", fstab=f"{name} / ext4 defaults 0 1"))
    assert found.verdict == "does-not-boot"
    assert "root-by-name" in said(found)
    assert "other-disks-by-name" not in said(found)


def test_fstab_and_crypttab_name_it_too() -> None:
    table = "root /dev/sdb2 none luks"
    more = [told("crypttab", "/etc/crypttab", table + "\n")]
    inside = offline(root="root=/dev/mapper/root", texts={"cryptroot/crypttab": table}, more=more)
    assert said(on("virtio-blk", inside)).startswith("does-not-boot: crypttab-by-name")
    boot = offline(fstab="UUID=1 / ext4 x 0 1\n/dev/sdb1 /boot ext4 defaults 0 2")
    assert said(on("virtio-blk", boot)) == "does-not-boot: fstab-by-name"


def test_of_another_disk_it_is_not_known_whether_it_moves_too() -> None:
    fstab = "UUID=1 / ext4 x 0 1\n/dev/sdb1 /data ext4 {} 0 2"
    assert (
        said(on("virtio-blk", offline(fstab=fstab.format("defaults")))) == "unknown: ?fstab-by-name"
    )
    assert said(on("virtio-blk", offline(fstab=fstab.format("nofail")))) == "boots: !fstab-by-name"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("cciss/c0d0p2", GONE),
        ("ida/c0d0p2", GONE),
        ("rd/c0d0p2", GONE),
        ("i2o/hda2", GONE),
        ("ide/host0/bus0/target0/lun0/part2", GONE),
        ("fioa2", GONE),
        ("rssda2", GONE),
        ("pmem0p1", GONE),
        ("emcpowera2", UNSURE),
        ("rbd0p1", UNSURE),
        ("rbd/pool/image", UNSURE),
        ("nbd0p1", UNSURE),
        ("drbd0", UNSURE),
        ("dm-0", UNSURE),
        ("etherd/e0.0p1", UNSURE),
        ("mpath/mpath0p1", UNSURE),
        ("vx/dsk/rootdg/rootvol", UNSURE),
        ("mapper/isw_cabj-x_Volume0p1", UNSURE),
        ("mapper/ddf1_root1", UNSURE),
        ("mapper/unheardof", UNSURE),
        ("disk/azure/root-part1", GONE),
        ("disk/cloud/azure_resource-part1", GONE),
        ("disk/by-dname/root", UNSURE),
        ("disk/by-diskseq/1", UNSURE),
        ("disk/by-id/scsi-SATA_VBOX_HARDDISK_VB00-part2", GONE),
        ("disk/by-id/scsi-1ATA_QEMU_HARDDISK_QM1-part2", GONE),
        ("disk/by-id/google-data", GONE),
        ("disk/by-id/dm-uuid-DMRAID-isw_x", UNSURE),
        ("disk/by-id/dm-name-mpatha", UNSURE),
        ("disk/by-path/acpi-VMBUS:00-vmbus-0-lun-0-part1", GONE),
        ("disk/by-path/xen-vbd-51712-part1", GONE),
        ("sda2:/dev/sdb2", GONE),
        ("md0:/dev/nbd0", UNSURE),
        ("md0:/dev/md1", STAYS),
        ("md127p1", STAYS),
        ("md/root", STAYS),
        ("zvol/rpool/x", STAYS),
        ("bcache0", STAYS),
        ("vg/root", STAYS),
        ("mapper/vg-root", STAYS),
        ("virtio-ports/org.qemu.guest_agent.0", None),
        ("ttyS0", None),
        ("rtc0", None),
        ("nvme0", None),
    ],
)
def test_the_default_is_open(name: str, state: object) -> None:
    for target in ("virtio-blk", "virtio-scsi"):
        fate = alone(target).fate(f"/dev/{name}")
        if target == "virtio-scsi" and name.startswith("sda2"):
            continue
        assert (fate.state if fate else None) == state, target


@pytest.mark.parametrize(
    "name",
    ["/dev/emcpowera2", "/dev/nbd0p1", "/dev/mapper/pdc_root1", "/dev/disk/by-dname/root", "what"],
)
def test_a_root_by_a_name_that_is_not_understood_is_unknown(name: str) -> None:
    for inventory in (offline(root=f"root={name}"), machine(root=f"root={name}")):
        assert on("virtio-blk", inventory).verdict == "unknown"


@pytest.mark.parametrize(
    "root",
    ["ZFS=rpool/ROOT/x", "zfs:AUTO", "nfs:s:/x", "gpt-auto", "live:CDLABEL=x", "/dev/nfs", "tmpfs"],
)
def test_words_that_name_no_disk_are_understood(root: str) -> None:
    assert "root-not-understood" not in said(on("virtio-blk", offline(root=f"root={root}")))


class TestVolumeGroups:
    """A volume group may be called like a driver."""

    ROOT = "root=/dev/rd/root"

    def test_a_driver_s_name_alone_is_none(self) -> None:
        assert said(on("virtio-blk", offline(root=self.ROOT))) == "unknown: ?root-by-name"

    @pytest.mark.parametrize("path", ["/etc/lvm/backup/rd", "/etc/lvm/archive/rd_00003-1234.vg"])
    def test_lvm_s_backup_tells(self, path: str) -> None:
        more = [told("lvm_groups", "/etc/lvm/backup/* /etc/lvm/archive/*", path + "\n")]
        assert said(on("virtio-blk", offline(root=self.ROOT, more=more))) == "boots"

    @pytest.mark.parametrize("word", ["rd.lvm.lv=rd/root", "rd.lvm.vg=rd"])
    def test_the_command_line_tells(self, word: str) -> None:
        assert said(on("virtio-blk", offline(root=self.ROOT, options=word))) == "boots"


@pytest.mark.parametrize(
    ("word", "generator"),
    [
        ("rd.luks.name=0a=secret", "dracut"),
        ("cryptdevice=UUID=0a:secret", "mkinitcpio"),
        ("cryptopts=source=UUID=0a,target=secret", "initramfs-tools"),
        ("cryptroot=UUID=0a cryptdm=secret", "mkinitfs"),
    ],
)
def test_a_mapping_that_the_command_line_opens_is_understood(word: str, generator: str) -> None:
    # Each word is that of one tool: in the image of another nothing would open the device.
    texts = {"config": 'HOOKS="udev encrypt"'} if generator == "mkinitcpio" else {}
    assert (
        said(
            on(
                "virtio-blk",
                offline(
                    root="root=/dev/mapper/secret", options=word, generator=generator, texts=texts
                ),
            )
        )
        == "boots"
    )


class TestClouds:
    """A cloud builds a new machine, so each disk is moved."""

    FSTAB = "UUID=1 / ext4 defaults 0 1\n/dev/{} /data ext4 {} 0 2"

    def verdict(self, inventory: Inventory, target: str, platform: str) -> str:
        from guestcheck.readiness import assess

        return assess(inventory, (BY_ID[target]._replace(platform=platform),))[0].verdict

    @pytest.mark.parametrize("name", ["xvdf", "sdb1", "vdc", "hdd1"])
    def test_a_data_disk_by_its_old_name_is_gone(self, name: str) -> None:
        assert (
            self.verdict(offline(fstab=self.FSTAB.format(name, "defaults")), "nvme", "aws")
            == "does-not-boot"
        )
        assert (
            self.verdict(offline(fstab=self.FSTAB.format(name, "nofail")), "nvme", "aws") == "boots"
        )
        devices = (ide_disk(), ide_part(), ide_disk(name.rstrip("1")))
        assert (
            self.verdict(
                machine(fstab=self.FSTAB.format(name, "defaults"), devices=devices), "nvme", "aws"
            )
            == "does-not-boot"
        )

    def test_links_of_another_cloud_are_gone_and_its_own_are_not_sure(self) -> None:
        for name, cloud, target, others in (
            ("/dev/disk/azure/scsi1/lun0", "azure", "storvsc", ("aws", "nvme")),
            ("/dev/disk/by-id/google-data", "gce", "virtio-scsi", ("azure", "storvsc")),
        ):
            home, abroad = alone(target, cloud).fate(name), alone(others[1], others[0]).fate(name)
            assert home is not None
            assert abroad is not None
            assert (home.state, abroad.state) == (UNSURE, GONE)


def test_the_release_is_the_one_that_is_judged() -> None:
    assert on("virtio-blk", offline(root="root=/dev/sdb1")).kernel == RELEASE
