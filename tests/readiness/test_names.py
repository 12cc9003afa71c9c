"""Names of disks: which stay, which are gone after a move, and what that does to a boot."""

from __future__ import annotations

from typing import Any

import pytest

from guestcheck.messages import words
from guestcheck.model.action import NameByUuid
from guestcheck.model.device import Inventory
from guestcheck.readiness.linux.device_names import GONE, OTHER, STAYS, UNSURE, Move, move
from tests.makers import a_disk, an_inventory
from tests.readiness.making import (
    BY_ID,
    EVERYTHING,
    RELEASE,
    ide_disk,
    ide_part,
    image,
    machine,
    on,
    said,
    told,
)


def moved(target: str, *names: str, interface: str = "ide") -> Move:
    names = names or ("sda",)
    disks = tuple(
        a_disk(name, interface, roles=("root",) if not number else ())
        for number, name in enumerate(names)
    )
    return move(BY_ID[target], an_inventory(disks=disks), ())


@pytest.mark.parametrize(
    ("spec", "target", "state"),
    [
        ("UUID=1", "virtio-blk", STAYS),
        ("LABEL=root", "virtio-blk", STAYS),
        ("PARTUUID=1", "nvme", STAYS),
        ("/dev/disk/by-uuid/1", "virtio-blk", STAYS),
        ("/dev/disk/by-partlabel/x", "virtio-blk", STAYS),
        ("/dev/mapper/vg-root", "virtio-blk", STAYS),
        ("/dev/vg/root", "virtio-blk", STAYS),
        ("/dev/md0", "virtio-blk", STAYS),
        ("/dev/sda1", "virtio-blk", GONE),
        ("/dev/sda1", "nvme", GONE),
        ("/dev/sda1", "virtio-scsi", STAYS),
        ("/dev/hda1", "virtio-scsi", GONE),
        ("/dev/xvda1", "virtio-blk", GONE),
        ("/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001-part1", "virtio-scsi", GONE),
        ("/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001-part1", "virtio-blk", GONE),
        ("/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001-part1", "sata", UNSURE),
        ("/dev/disk/by-id/wwn-0x5000c500a0000001-part1", "virtio-scsi", UNSURE),
        ("/dev/disk/by-id/wwn-0x5000c500a0000001-part1", "virtio-blk", GONE),
        ("/dev/disk/by-id/dm-uuid-LVM-x", "virtio-blk", STAYS),
        ("/dev/disk/by-id/md-uuid-x", "virtio-blk", STAYS),
        ("/dev/disk/by-path/pci-0000:00:01.1-ata-1-part1", "virtio-blk", GONE),
        ("/dev/disk/by-path/pci-0000:00:01.1-ata-1-part1", "virtio-scsi", GONE),
        ("/dev/disk/by-path/pci-0000:00:05.0-scsi-0:0:0:0-part1", "virtio-scsi", UNSURE),
        ("ID=ata-QEMU_HARDDISK_QM00001-part1", "virtio-blk", GONE),
        ("ID=scsi-0QEMU_QEMU_HARDDISK_x", "virtio-scsi", UNSURE),
        ("tmpfs", "virtio-blk", None),
        ("server:/export", "virtio-blk", None),
        ("/dev/sr0", "virtio-blk", None),
        ("/dev/cdrom", "virtio-blk", None),
        ("", "virtio-blk", None),
    ],
)
def test_what_becomes_of_a_name(spec: str, target: str, state: object) -> None:
    fate = moved(target).fate(spec)
    assert (fate.state if fate else None) == state


def test_a_disk_that_stays_where_it_is_keeps_its_names() -> None:
    fate = moved("virtio-scsi", interface="virtio-scsi").fate(
        "/dev/disk/by-path/pci-0000:00:05.0-scsi-0:0:0:0"
    )
    assert fate is not None
    assert fate.state == STAYS


def test_of_several_disks_the_letters_are_not_sure() -> None:
    both = moved("virtio-scsi", "sda", "sdb")
    states = [fate.state for fate in (both.fate("/dev/sda1"), both.fate("/dev/sdb1")) if fate]
    assert states == [UNSURE, UNSURE]  # sda is moved alone, and sdb may be found first then
    hd = moved("virtio-blk", "hda", "hdb").fate("/dev/hdb1")
    assert hd is not None
    assert hd.state == OTHER


def test_a_link_to_a_disk_that_is_not_moved_is_another_disks() -> None:
    both = moved("virtio-blk", "sda", "sdb")
    names = (
        "/dev/disk/by-id/ata-A",
        "/dev/disk/by-id/ata-B-part1",
        "/dev/disk/by-id/ata-C",
        "/dev/disk/by-path/pci-0000:00:01.1-ata-2",
    )
    links = {names[0]: "sda", names[1]: "sdb"}
    assert [fate.state for fate in map(both._replace(links=links).fate, names) if fate] == [
        GONE,
        OTHER,
        UNSURE,
        UNSURE,
    ]


def test_links_are_taken_from_udev() -> None:
    database = (
        "P: /devices/x/block/sdb\nN: sdb\nS: disk/by-id/ata-B\nS: disk/by-path/p\nE: "
        "DEVNAME=/dev/sdb\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\n\n"
    )
    devices = (ide_disk(), ide_part(), ide_disk("sdb"))
    inventory = machine(devices=devices, more=[told("udev", "pyudev", database)])
    fate = move(BY_ID["nvme"], inventory, ()).fate("/dev/disk/by-id/ata-B")
    assert fate is not None
    assert fate.state == OTHER


class TestRoot:
    @pytest.mark.parametrize(
        "root", ["root=/dev/sda1", "root=/dev/disk/by-path/pci-0000:00:01.1-ata-1-part1"]
    )
    def test_by_a_name_that_is_gone_stops_it(self, root: str) -> None:
        found = on("virtio-blk", machine(root=root))
        assert said(found) == "does-not-boot: root-by-name"
        assert root in words(found.reasons[0].says)
        assert found.reasons[0].evidence[0].source.startswith("/boot/grub/grub.cfg")
        assert isinstance(found.reasons[0].actions[0], NameByUuid)

    def test_by_a_name_that_stays_does_not(self) -> None:
        assert said(on("virtio-scsi", machine(root="root=/dev/sda1"))) == "boots"

    def test_the_last_one_counts(self) -> None:
        assert said(on("virtio-blk", machine(root="root=/dev/sda1 root=UUID=1"))) == "boots"

    def test_that_is_not_known_leaves_it_open(self) -> None:
        assert said(on("virtio-blk", machine(root="quiet"))) == "unknown: ?root-unread"

    def test_can_stand_in_the_initramfs(self) -> None:
        texts = {"etc/cmdline.d/95root-dev.conf": " root=/dev/sda1 rootfstype=ext4"}
        assert (
            said(on("virtio-blk", machine(root="quiet", generator="dracut", texts=texts)))
            == "does-not-boot: root-by-name"
        )

    def test_by_a_name_of_multipath_is_open(self) -> None:
        assert (
            said(on("virtio-scsi", machine(root="root=/dev/mapper/mpatha-part1")))
            == "unknown: ?root-by-multipath"
        )

    def test_multipath_takes_no_virtio_disk_by_itself(self) -> None:
        root = "root=/dev/mapper/mpatha-part1"
        assert said(on("virtio-blk", machine(root=root))) == "does-not-boot: root-by-name"
        conf = told("multipath_conf", "/etc/multipath.conf", 'devnode "^(vd|sd)[a-z]"\n')
        assert (
            said(on("virtio-blk", machine(root=root, more=[conf]))) == "unknown: ?root-by-multipath"
        )
        texts = {"etc/multipath.conf": 'blacklist_exceptions {\n devnode "^vd"\n}'}
        assert (
            said(on("virtio-blk", machine(root=root, texts=texts))) == "unknown: ?root-by-multipath"
        )

    def test_that_an_encrypting_hook_opens_by_name_stops_it(self) -> None:
        root = "cryptdevice=/dev/sda2:root root=/dev/mapper/root"
        texts = {"config": 'HOOKS="udev encrypt"'}
        assert (
            said(on("virtio-blk", machine(root=root, generator="mkinitcpio", texts=texts)))
            == "does-not-boot: root-by-name"
        )

    @pytest.mark.parametrize(
        ("root", "target", "expected"),
        [
            ("root=801", "virtio-blk", "does-not-boot: root-by-name"),
            ("root=0x0801", "nvme", "does-not-boot: root-by-name"),
            ("root=8:1", "virtio-blk", "does-not-boot: root-by-name"),
            ("root=8:1", "virtio-scsi", "boots"),
            ("root=8:17", "virtio-scsi", "unknown: ?root-by-name"),
            ("root=/dev/block/8:1", "virtio-blk", "does-not-boot: root-by-name"),
            ("root=fd00", "virtio-blk", "unknown: ?root-by-name"),
            ("root=0302", "sata", "does-not-boot: root-by-name"),
            ("root=block:/dev/sda1", "virtio-blk", "does-not-boot: root-by-name"),
            ("root=UUID=1 mount.usr=/dev/sda3", "virtio-blk", "does-not-boot: root-by-name"),
            (
                "root=UUID=1 rootflags=subvol=@,device=/dev/sda2",
                "virtio-blk",
                "does-not-boot: root-by-name",
            ),
            ("root=UUID=1 rootflags=subvol=@", "virtio-blk", "boots"),
        ],
    )
    def test_by_a_number_or_with_other_devices_is_judged_too(
        self, root: str, target: str, expected: str
    ) -> None:
        assert said(on(target, machine(root=root))) == expected

    def test_on_a_bus_that_is_found_late_wants_rootwait_without_an_initramfs(self) -> None:
        alone = {
            "builtin": EVERYTHING + " xhci_pci ehci_pci usb_storage",
            "initrd": "-",
            "images": {},
        }
        assert (
            said(on("usb", machine(root="root=PARTUUID=1", **alone)))
            == "unknown: ?root-not-waited-for"
        )
        assert said(on("usb", machine(root="root=PARTUUID=1 rootwait", **alone))) == "boots"
        assert said(on("virtio-blk", machine(root="root=PARTUUID=1", **alone))) == "boots"


def image_alone(fstab: str, root: str = "root=/dev/sda1") -> Inventory:
    """Make what a mounted root file system tells, from which no disk is seen."""
    return machine(root=root, fstab=fstab, without=("sysfs", "mounts"))


def test_a_disk_that_a_file_names_is_another_than_the_first() -> None:
    assert said(on("virtio-scsi", image_alone("/dev/sda1 / ext4 defaults 0 1"))) == "boots"
    assert said(on("virtio-scsi", image_alone("/dev/sdb1 /data ext4 nofail 0 2"))).startswith(
        "unknown: ?root-by-name"
    )
    assert said(on("virtio-scsi", image_alone("/dev/sdb1 /mnt auto noauto 0 0"))).startswith(
        "boots"
    )
    assert said(on("virtio-blk", image_alone("/dev/sdb1 /data ext4 nofail 0 2"))).startswith(
        "does-not-boot: root-by-name"
    )


ROOT = "UUID=1 / ext4 defaults 0 1\n"


@pytest.mark.parametrize(
    "name",
    [
        "/dev/mapper/mpatha1",
        "/dev/mapper/mpathb-part2",
        "/dev/mapper/data1",
        "/dev/mapper/360000000000000000e00000000020001p1",
    ],
)
def test_multipath_s_names_are_by_wwid(name: str) -> None:
    conf = told(
        "multipath_conf",
        "/etc/multipath.conf",
        "multipaths {\n multipath {\n wwid 3600\n alias data\n }\n}\n",
    )
    assert (
        said(on("virtio-scsi", machine(fstab=f"{ROOT}{name} /data ext4 defaults 0 2", more=[conf])))
        == "unknown: ?fstab-by-name"
    )
    assert (
        said(on("virtio-scsi", machine(root=f"root={name}", more=[conf])))
        == "unknown: ?root-by-multipath"
    )
    assert (
        said(on("virtio-blk", machine(root=f"root={name}", more=[conf])))
        == "does-not-boot: root-by-name"
    )
    # Another disk than root's need not be moved, and keeps its paths then.
    assert (
        said(on("virtio-blk", machine(fstab=f"{ROOT}{name} /data ext4 defaults 0 2", more=[conf])))
        == "unknown: ?fstab-by-name"
    )
    assert (
        said(
            on(
                "virtio-blk",
                machine(fstab=f"{ROOT}/dev/mapper/vg-data1 /data ext4 defaults 0 2", more=[conf]),
            )
        )
        == "boots"
    )


class TestFstab:
    @pytest.mark.parametrize(
        "spec",
        [
            "/dev/sda2",
            "/dev/disk/by-id/ata-X-part2",
            "/dev/disk/by-path/pci-0000:00:01.1-ata-1-part2",
        ],
    )
    def test_a_line_without_nofail_stops_it(self, spec: str) -> None:
        found = on("virtio-blk", machine(fstab=f"# static\n{ROOT}{spec} /boot ext4 defaults 0 2"))
        assert said(found) == "does-not-boot: fstab-by-name"
        assert found.reasons[0].evidence[0] == (
            "/etc/fstab, line 3",
            f"{spec} /boot ext4 defaults 0 2",
        )

    @pytest.mark.parametrize(
        "option", ["nofail", "noauto", "x-systemd.automount", "defaults,nofail"]
    )
    def test_a_line_that_may_fail_warns(self, option: str) -> None:
        assert (
            said(on("virtio-blk", machine(fstab=f"{ROOT}/dev/sda2 /data ext4 {option} 0 2")))
            == "boots: !fstab-by-name"
        )

    @pytest.mark.parametrize(
        "line", ["/dev/sda2 none swap sw 0 0", "/dev/sda2 swap swap defaults 0 0"]
    )
    def test_swap_makes_it_wait(self, line: str) -> None:
        assert said(on("virtio-blk", machine(fstab=ROOT + line))) == "boots: !swap-by-name"

    def test_the_root_line_is_mounted_already(self) -> None:
        assert (
            said(on("virtio-blk", machine(fstab="/dev/sda1 / ext4 errors=remount-ro 0 1")))
            == "boots: !fstab-root-by-name"
        )

    @pytest.mark.parametrize(
        "line",
        [
            "UUID=2 /boot ext4 defaults 0 2",
            "tmpfs /tmp tmpfs x 0 0",
            "/srv/a /b none bind 0 0",
            "s:/e /n nfs x 0 0",
            "/dev/sr0 /m auto x 0 0",
        ],
    )
    def test_lines_that_stay_right_say_nothing(self, line: str) -> None:
        assert said(on("virtio-blk", machine(fstab=ROOT + line))) == "boots"

    def test_a_name_that_may_be_right_leaves_it_open(self) -> None:
        assert (
            said(
                on(
                    "virtio-scsi",
                    machine(
                        fstab=f"{ROOT}/dev/disk/by-id/wwn-0x5000-part2 /boot ext4 defaults 0 2"
                    ),
                )
            )
            == "unknown: ?fstab-by-name"
        )

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ("defaults 1 2", "does-not-boot: fstab-by-name"),
            ("noauto 1 2", "does-not-boot: fstab-by-name"),
            ("defaults 0 0", "unknown: ?fstab-by-name"),
            ("nofail 1 2", "boots: !fstab-by-name"),
            ("noauto 0 0", "boots: !fstab-by-name"),
        ],
    )
    def test_rc_sysinit_stops_where_a_file_system_with_a_check_is_missing(
        self, options: str, expected: str
    ) -> None:
        inventory = machine(
            fstab=f"{ROOT}/dev/sda3 /var ext4 {options}", init="/etc/rc.d/rc.sysinit"
        )
        assert said(on("virtio-blk", inventory)) == expected

    @pytest.mark.parametrize("init", ["/sbin/openrc", "/etc/init.d/rcS", ""])
    def test_without_systemd_what_comes_of_it_is_open(self, init: str) -> None:
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(fstab=f"{ROOT}/dev/sda2 /boot ext4 defaults 0 2", init=init),
                )
            )
            == "unknown: ?fstab-by-name"
        )

    def test_that_was_not_read_leaves_it_open(self) -> None:
        found = on("virtio-blk", machine(fstab=None))
        assert said(found) == "unknown: ?fstab-unread"
        assert "preflight" in words(found.reasons[0].settle)

    def test_names_of_disks_that_are_not_moved_warn(self) -> None:
        devices = (ide_disk(), ide_part(), ide_disk("hdb"))
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(fstab=f"{ROOT}/dev/hdb1 /data ext4 defaults 0 2", devices=devices),
                )
            )
            == "boots: !other-disks-by-name"
        )

    def test_the_name_of_a_disk_behind_one_that_leaves_is_not_sure(self) -> None:
        # The kernel gives sd names in order: without sda, sdb becomes sda.
        devices = (ide_disk(), ide_part(), ide_disk("sdb"))
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(fstab=f"{ROOT}/dev/sdb1 /data ext4 defaults 0 2", devices=devices),
                )
            )
            == "unknown: ?fstab-by-name"
        )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("systemd.mount-extra=/dev/sda3:/data", "does-not-boot: fstab-by-name"),
        ("systemd.mount-extra=/dev/sda3:/data:ext4", "does-not-boot: fstab-by-name"),
        ("rd.systemd.mount-extra=/dev/sda3:/data:ext4:ro", "does-not-boot: fstab-by-name"),
        ("systemd.mount-extra=/dev/sda3:/data:ext4:ro,nofail", "boots: !fstab-by-name"),
        ("systemd.mount-extra=UUID=3:/data:ext4:ro", "boots"),
        (
            "systemd.mount-extra=/dev/disk/by-path/pci-0000\\\\:00\\\\:01.1-ata-1-part3:/data",
            "does-not-boot: fstab-by-name",
        ),
        ("systemd.swap-extra=/dev/sda3", "boots: !swap-by-name"),
        ("systemd.mount-extra=", "boots"),
    ],
)
def test_lines_of_fstab_on_the_command_line_count(word: str, expected: str) -> None:
    # systemd knows these words since version 254.
    version = told(
        "systemd_version", "/usr/lib/systemd/*", "/usr/lib/systemd/libsystemd-shared-257.so\n"
    )
    assert said(on("virtio-blk", machine(options=f"ro {word}", more=[version]))) == expected
    assert said(on("virtio-blk", machine(options=f"ro {word}", init="/sbin/openrc"))) == "boots"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("sw", "boots: !swap-by-name"),
        ("sw,nofail", "boots: !swap-by-name"),
        ("sw,x-systemd.device-timeout=5", "boots: !swap-by-name"),
        ("sw,x-systemd.device-timeout=infinity", "does-not-boot: swap-by-name"),
        ("sw,x-systemd.device-timeout=0,nofail", "boots: !swap-by-name"),
    ],
)
def test_swap_may_be_waited_for_without_end(options: str, expected: str) -> None:
    assert (
        said(on("virtio-blk", machine(fstab=f"{ROOT}/dev/sda2 none swap {options} 0 0")))
        == expected
    )


def test_a_file_system_s_options_may_name_another_device() -> None:
    btrfs = "UUID=2 /srv btrfs device=/dev/sda3,device=UUID,compress 0 0"
    assert said(on("virtio-blk", machine(fstab=ROOT + btrfs))) == "does-not-boot: fstab-by-name"
    assert (
        said(on("virtio-blk", machine(fstab=f"{ROOT}UUID=2 /srv xfs nofail,logdev=/dev/sda3 0 0")))
        == "boots: !fstab-by-name"
    )


def test_resume_makes_it_wait() -> None:
    assert (
        said(
            on(
                "virtio-blk",
                machine(
                    generator="dracut", texts={"etc/cmdline.d/95resume.conf": " resume=/dev/sda5"}
                ),
            )
        )
        == "boots: !resume-by-name"
    )
    assert (
        said(on("virtio-blk", machine(options="ro resume=/dev/sda5"))) == "boots: !resume-by-name"
    )
    assert said(on("virtio-blk", machine(options="ro noresume resume=/dev/sda5"))) == "boots"
    assert (
        said(on("virtio-blk", machine(texts={"conf/conf.d/resume": "RESUME=/dev/sda5"})))
        == "boots: !resume-by-name"
    )
    assert said(on("virtio-blk", machine(texts={"conf/conf.d/resume": "RESUME=UUID=5"}))) == "boots"


class TestCrypttab:
    ROOT = "root=/dev/mapper/root"

    def outside(self, device: str) -> object:
        return told("crypttab", "/etc/crypttab", f"root {device} none luks\n")

    def test_the_initramfs_s_own_table_decides(self) -> None:
        texts = {
            "cryptroot/crypttab": "root /dev/disk/by-path/pci-0000:00:01.1-ata-1-part2 none luks"
        }
        found = on("virtio-blk", machine(root=self.ROOT, texts=texts))
        assert said(found) == "does-not-boot: crypttab-by-name"
        assert (
            found.reasons[0].evidence[0].source
            == f"cryptroot/crypttab in /boot/initrd.img-{RELEASE}, line 1"
        )

    def test_what_it_has_by_uuid_is_open_by_the_time_that_the_other_is_read(self) -> None:
        texts = {"cryptroot/crypttab": "root UUID=7 none luks"}
        inventory = machine(root=self.ROOT, texts=texts, more=[self.outside("/dev/sda2")])  # type: ignore[list-item]
        assert said(on("virtio-blk", inventory)) == "boots: !crypttab-by-name"

    def test_so_it_is_where_the_command_line_has_the_uuid(self) -> None:
        inventory = machine(
            root=self.ROOT + " rd.luks.uuid=7", generator="dracut", more=[self.outside("/dev/sda2")]
        )  # type: ignore[list-item]
        assert said(on("virtio-blk", inventory)) == "boots: !crypttab-by-name"

    def test_where_nothing_tells_what_the_initramfs_opens_it_is_unknown(self) -> None:
        inventory = machine(root=self.ROOT, more=[self.outside("/dev/sda2")])  # type: ignore[list-item]
        assert (
            said(on("virtio-blk", inventory))
            == "unknown: ?crypttab-by-name ?initramfs-does-not-open-root"
        )

    # The image that boots has its own table: without one nothing would open root.
    TABLE = {"cryptroot/crypttab": "root UUID=7 none luks"}

    def test_by_uuid_all_is_well(self) -> None:
        inventory = machine(
            root="root=/dev/mapper/root",
            texts=self.TABLE,
            more=[told("crypttab", "/etc/crypttab", "root UUID=7 none luks\n")],
        )
        assert said(on("virtio-blk", inventory)) == "boots"

    def test_the_mapper_has_to_be_in_the_initramfs(self) -> None:
        modules = EVERYTHING.replace("dm_crypt", "")
        inventory = machine(
            modules,
            root="root=/dev/mapper/root",
            texts=self.TABLE,
            more=[told("crypttab", "/etc/crypttab", "root UUID=7 none luks\n")],
        )
        assert said(on("virtio-blk", inventory)) == "does-not-boot: driver-not-in-initramfs"

    def test_what_fstab_mounts_from_it_stops_it(self) -> None:
        crypt = told("crypttab", "/etc/crypttab", "data /dev/sda3 /etc/key luks\n")
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(fstab=f"{ROOT}/dev/mapper/data /data ext4 defaults 0 2", more=[crypt]),
                )
            )
            == "does-not-boot: crypttab-by-name"
        )
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(fstab=f"{ROOT}/dev/mapper/data /data ext4 nofail 0 2", more=[crypt]),
                )
            )
            == "boots: !crypttab-by-name"
        )

    def test_swap_with_a_key_of_the_day_warns(self) -> None:
        crypt = told("crypttab", "/etc/crypttab", "swap /dev/sda3 /dev/urandom swap\n")
        found = on("virtio-blk", machine(more=[crypt]))
        assert said(found) == "boots: !crypttab-by-name"
        assert "makes a new swap area" in words(found.reasons[0].says)


class TestLvm:
    ROOT = "root=/dev/mapper/vg-root"

    def guest(
        self, conf: str = "", devices: str = "", inside: bool = True, **fields: Any
    ) -> Inventory:
        """Make a guest with the root file system on LVM, whose files are in the initramfs too, as
        Debian's hook copies them.
        """
        files = {
            name: text
            for name, text in (("lvm.conf", conf), ("devices/system.devices", devices))
            if text
        }
        more = [told("lvm_conf", f"/etc/lvm/{name}", text) for name, text in files.items()]
        texts = {f"etc/lvm/{name}": text for name, text in files.items()} if inside else {}
        return machine(**{"root": self.ROOT, "more": more, "texts": texts, **fields})

    @pytest.mark.parametrize(
        ("conf", "target", "expected"),
        [
            ('filter = [ "a|/dev/sda|", "r|.*|" ]', "virtio-blk", "does-not-boot: lvm-filter"),
            ('filter = [ "a|/dev/sda|", "r|.*|" ]', "virtio-scsi", "boots"),
            (
                'devices {\n global_filter = [\n  "a|^/dev/sd.*|",\n  "r|.*|"\n ]\n}',
                "virtio-blk",
                "does-not-boot: lvm-filter",
            ),
            ('filter = [ "a|^/dev/[sv]d|", "r|.*|" ]', "virtio-blk", "boots"),
            ('filter = [ "a|^/dev/nvme[0-9]+n1p.*|", "r|.*|" ]', "nvme", "boots"),
            (
                'filter = [ "a|^/dev/nvme[0-9]+n1p.*|", "r|.*|" ]',
                "virtio-blk",
                "does-not-boot: lvm-filter",
            ),
            ('filter = [ "r|/dev/cdrom|" ]', "virtio-blk", "boots"),
            ('# filter = [ "r|.*|" ]', "virtio-blk", "boots"),
        ],
    )
    def test_a_filter_that_takes_no_such_name_stops_it(
        self, conf: str, target: str, expected: str
    ) -> None:
        assert said(on(target, self.guest(conf))) == expected

    DEVICES = (
        "VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=t10.ATA_QEMU_HARDDISK_QM00001 DEVNAME=/dev/sda2 "
        "PVID=abc PART=2\n"
    )

    def test_a_devices_file_knows_the_old_disk_alone(self) -> None:
        assert (
            said(on("virtio-blk", self.guest("use_devicesfile = 1", self.DEVICES)))
            == "does-not-boot: lvm-devices-file"
        )
        assert said(on("virtio-blk", self.guest("", self.DEVICES))) == "unknown: ?lvm-devices-file"
        assert said(on("virtio-blk", self.guest("use_devicesfile = 0", self.DEVICES))) == "boots"
        newer = "PRODUCT_UUID=0a-1b\n" + self.DEVICES
        assert (
            said(on("virtio-blk", self.guest("use_devicesfile = 1", newer)))
            == "unknown: ?lvm-devices-file"
        )

    @pytest.mark.parametrize("devices", ["# Created by LVM\n", "VERSION=1.1.2\n"])
    def test_a_devices_file_without_a_device_has_lvm_see_none(self, devices: str) -> None:
        def verdict(conf: str) -> str:
            return said(on("virtio-blk", self.guest(conf, devices)))

        assert verdict("use_devicesfile = 1") == "does-not-boot: lvm-devices-file"
        assert verdict("") == "unknown: ?lvm-devices-file"
        assert verdict("use_devicesfile = 0") == "boots"
        other = 'use_devicesfile = 1\ndevicesfile = "other.devices"\n'
        assert verdict(other) == "unknown: ?lvm-devices-file"

    def test_what_is_not_in_the_initramfs_does_not_keep_the_root_file_system_away(self) -> None:
        conf = 'filter = [ "a|/dev/sda|", "r|.*|" ]'
        assert said(on("virtio-blk", self.guest(conf, inside=False))) == "boots: !lvm-filter-later"
        fstab = f"{ROOT}/dev/mapper/vg-home /home ext4 defaults 0 2"
        assert (
            said(on("virtio-blk", self.guest(conf, inside=False, fstab=fstab)))
            == "unknown: ?lvm-filter !lvm-filter-later"
        )

    def test_a_guest_without_volumes_is_not_concerned(self) -> None:
        assert (
            said(
                on(
                    "virtio-blk",
                    self.guest("use_devicesfile = 1", self.DEVICES, root="root=UUID=1"),
                )
            )
            == "boots"
        )

    def test_a_volume_found_by_name_is_looked_for_elsewhere(self) -> None:
        devices = "IDTYPE=devname IDNAME=/dev/sda2 DEVNAME=/dev/sda2 PVID=abc"
        assert said(on("virtio-blk", self.guest("use_devicesfile = 1", devices))) == "boots"


@pytest.mark.parametrize(
    ("question", "asked", "text", "expected"),
    [
        (
            "mdadm_conf",
            "/etc/mdadm/mdadm.conf",
            "DEVICE /dev/sda1 /dev/sda2\n",
            "boots: !mdadm-by-name",
        ),
        (
            "mdadm_conf",
            "/etc/mdadm/mdadm.conf",
            "DEVICE partitions\nARRAY /dev/md0 UUID=1\n",
            "boots",
        ),
        (
            "grub_files",
            "/boot/grub/device.map",
            "(hd0) /dev/disk/by-id/ata-QEMU_HARDDISK_QM00001\n",
            "boots: !device-map",
        ),
        (
            "grub_files",
            "/etc/default/grub",
            'GRUB_CMDLINE_LINUX="root=/dev/sda1 quiet"\n',
            "boots: !grub-defaults-by-name",
        ),
        (
            "grub_files",
            "/var/cache/debconf/config.dat",
            "Name: grub-pc/install_devices\nValue: /dev/sda\n",
            "boots: !grub-install-device",
        ),
        (
            "grub_files",
            "/etc/default/grub",
            "GRUB_DISABLE_LINUX_UUID=true\n",
            "boots: !grub-defaults-by-name",
        ),
        (
            "grub_files",
            "/etc/default/grub",
            'GRUB_DEVICE="/dev/sda1"\n',
            "boots: !grub-defaults-by-name",
        ),
        (
            "grub_files",
            "/etc/default/grub",
            'GRUB_CMDLINE_LINUX="quiet module_blacklist=foo,virtio-blk"\n',
            "boots: !grub-defaults-forbid",
        ),
        (
            "grub_files",
            "/etc/default/grub",
            'GRUB_CMDLINE_LINUX="module_blacklist=nvme"\n',
            "boots",
        ),
        (
            "resume_conf",
            "/etc/initramfs-tools/conf.d/resume",
            "RESUME=/dev/sda5\n",
            "boots: !resume-by-name-later",
        ),
        ("resume_conf", "/etc/initramfs-tools/conf.d/resume", "RESUME=UUID=5\n", "boots"),
        (
            "cloud_disks",
            "/etc/cloud/cloud.cfg.d/d.cfg",
            "fs_setup:\n - {device: /dev/vda, overwrite: true}\n",
            "boots: !cloud-init-disks",
        ),
        (
            "cloud_disks",
            "/etc/cloud/cloud.cfg.d/d.cfg",
            "mounts:\n - [ vdb, /data ]\n",
            "boots: !cloud-init-disks",
        ),
        (
            "cloud_disks",
            "/etc/cloud/cloud.cfg.d/d.cfg",
            "mounts:\n - [ ephemeral0, /data ]\n",
            "boots",
        ),
        (
            "cloud_disks",
            "/etc/cloud/cloud.cfg.d/d.cfg",
            "mounts:\n - [ /dev/sda2, /data ]\n",
            "boots: !cloud-init-disks",
        ),
    ],
)
def test_what_would_be_found_out_later_warns(
    question: str, asked: str, text: str, expected: str
) -> None:
    assert said(on("virtio-blk", machine(more=[told(question, asked, text)]))) == expected


def test_an_array_of_the_root_file_system_by_name_is_open() -> None:
    modules = EVERYTHING + " md_mod"
    conf = told("mdadm_conf", "/etc/mdadm.conf", "DEVICE /dev/sda1\n")
    assert (
        said(on("virtio-blk", machine(modules, root="root=/dev/md0", more=[conf])))
        == "unknown: ?mdadm-by-name"
    )


def test_several_disks_that_move_together_may_change_order() -> None:
    devices = (ide_disk(), ide_part(), ide_disk("sdb"))
    assert (
        said(on("virtio-blk", machine(devices=devices), disks=("sda", "sdb")))
        == "boots: !disks-change-order"
    )


def test_a_disk_without_the_root_file_system_needs_no_initramfs() -> None:
    devices = (ide_disk(), ide_part(), ide_disk("sdb"))
    modules = " ".join(name for name in EVERYTHING.split() if name != "virtio_blk")
    inventory = machine(modules, devices=devices)
    assert said(on("virtio-blk", inventory, disks=("sdb",))) == "boots"
    assert (
        said(on("virtio-blk", inventory, disks=("sda",)))
        == "does-not-boot: driver-not-in-initramfs"
    )


OVERLAY = "scripts/init-bottom/overlayroot"


@pytest.mark.parametrize(
    ("generator", "file", "options", "expected"),
    [
        ("dracut", "x/fips.sh", "fips=1 boot=/dev/sda1", "does-not-boot: boot-by-name"),
        ("dracut", "x/fips.sh", "fips=1 boot=UUID=2", "boots"),
        ("dracut", "x/fips.sh", "boot=/dev/sda1", "boots"),
        ("dracut", "x", "fips=1 boot=/dev/sda1", "unknown: ?boot-by-name"),
        ("dracut", "x", "ostree=/x boot=/dev/sda1", "unknown: ?boot-by-name"),
        ("initramfs-tools", "x", "boot=local", "boots"),
        ("initramfs-tools", OVERLAY, "overlayroot=/dev/sda3", "unknown: ?overlay-by-name"),
        (
            "initramfs-tools",
            OVERLAY,
            "overlayroot=device:dev=/dev/sda3,timeout=9",
            "unknown: ?overlay-by-name",
        ),
        ("initramfs-tools", OVERLAY, "overlayroot=device:dev=LABEL=rw", "boots"),
        ("initramfs-tools", OVERLAY, "overlayroot=tmpfs", "boots"),
        ("initramfs-tools", "x", "overlayroot=/dev/sda3", "boots"),
    ],
)
def test_further_words_that_name_a_disk(
    generator: str, file: str, options: str, expected: str
) -> None:
    made = image(generator=generator, files=[file])
    guest = machine(options=f"ro {options}", images={f"/boot/initrd.img-{RELEASE}": made})
    assert said(on("virtio-blk", guest)) == expected


@pytest.mark.parametrize("folder", ["by-label", "by-uuid"])
def test_a_link_for_what_is_on_a_multipath_device_may_be_gone(folder: str) -> None:
    guest = machine(root=f"root=/dev/disk/{folder}/dm-mpath-root")
    assert on("virtio-blk", guest).verdict == "unknown"
    assert on("virtio-blk", machine(root=f"root=/dev/disk/{folder}/root")).verdict == "boots"
