"""IDE on kernels that have the drivers before libata: piix built in takes the disk, and calls it
hda.
"""

from __future__ import annotations

from typing import Any

import pytest

from guestcheck.model.device import Inventory
from guestcheck.model.target import Readiness
from tests.readiness.making import grub, image, machine, on, said, told

OLD = "2.6.18-398.el5"
INITRD = f"/boot/initrd-{OLD}.img"


def guest(
    release: str = OLD,
    root: str = "UUID=1",
    builtin: str = "piix ide_disk ext3",
    inside: str = "sd_mod scsi_mod",
    **more: Any,
) -> Inventory:
    initrd = f"/boot/initrd-{release}.img"
    lists = [
        told(
            "modules_builtin",
            f"/lib/modules/{release}/modules.builtin",
            "".join(f"kernel/{name}.ko\n" for name in builtin.split()),
        ),
        told(
            "module_files",
            "/lib/modules/*",
            f"/lib/modules/{release}/kernel/ata_piix.ko\n/lib/modules/{release}/kernel/piix.ko\n",
        ),
        told("modules_dep", f"/lib/modules/{release}/modules.dep", "kernel/x.ko:\n"),
    ]
    made = image(inside, release=release)
    return machine(
        images={initrd: made},
        fstab="LABEL=/boot /boot ext3 defaults 1 2",
        menu=grub(f"{release} {initrd} root={root}"),
        more=lists,
        without=("sysfs", "mounts"),
        **more,
    )


def judged(inventory: Inventory, release: str, target: str = "ide") -> Readiness:
    from guestcheck.readiness import assess
    from tests.readiness.making import BY_ID

    return next(one for one in assess(inventory, (BY_ID[target],)) if one.kernel == release)


class TestBuiltIn:
    def test_needs_nothing_more(self) -> None:
        assert judged(guest(), OLD).verdict == "boots"

    def test_names_are_those_of_the_old_drivers(self) -> None:
        assert judged(guest(root="/dev/hda1"), OLD).verdict != "does-not-boot"
        assert "root-by-name" in said(judged(guest(root="/dev/vda1"), OLD))

    def test_other_buses_are_as_ever(self) -> None:
        assert judged(guest(root="/dev/hda1"), OLD, "virtio-blk").verdict == "does-not-boot"

    def test_its_disk_driver_has_to_be_there_too(self) -> None:
        assert judged(guest(builtin="piix ext3"), OLD).verdict == "does-not-boot"


@pytest.mark.parametrize(
    "inside", ["ata_piix libata scsi_mod scsi_common sd_mod piix ide_disk", "piix ide_disk"]
)
def test_where_both_are_modules_the_name_is_open(inside: str) -> None:
    assert "?old-ide-unsure" in said(judged(guest(builtin="ext3", inside=inside), OLD))


@pytest.mark.parametrize(
    "release", ["2.6.32-754.el6.x86_64", "3.10.0-1160.el7.x86_64", "6.1.0-13-amd64"]
)
def test_newer_kernels_have_libata(release: str) -> None:
    assert "old-ide-unsure" not in said(
        judged(guest(release, builtin="piix ide_disk ext3"), release)
    )
    assert judged(guest(release, builtin="piix ide_disk ext3"), release).verdict == "does-not-boot"


def test_the_usual_guest_is_not_concerned() -> None:
    assert said(on("ide", machine())) == "boots"
