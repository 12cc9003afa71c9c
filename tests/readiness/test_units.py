"""Units of the guest's own that name a disk: what the boot requires stops it, what it merely wants
does not.
"""

from __future__ import annotations

import pytest

from guestcheck.messages import words
from guestcheck.model.source import Answer
from tests.readiness.making import machine, on, said, told


def unit(name: str, text: str) -> "tuple[str, Answer]":
    return told("storage_units", f"/etc/systemd/system/{name}", text)


REQUIRED = told(
    "storage_units",
    "/etc/systemd/system/*.requires/*",
    "/etc/systemd/system/local-fs.target.requires/data.mount\n",
)
ELSEWHERE = told(
    "storage_units",
    "/etc/systemd/system/*.requires/*",
    "/etc/systemd/system/app.service.requires/data.mount\n",
)
MOUNT = unit("data.mount", "[Mount]\nWhat=/dev/sda3\nWhere=/data\n")


def test_a_mount_that_the_boot_requires_stops_it() -> None:
    found = on("virtio-blk", machine(more=[MOUNT, REQUIRED]))
    assert said(found) == "does-not-boot: unit-by-name"
    assert found.reasons[0].evidence[0] == (
        "/etc/systemd/system/data.mount, line 2",
        "What=/dev/sda3",
    )
    assert said(on("virtio-scsi", machine(more=[MOUNT, REQUIRED]))) == "boots"


def test_one_that_something_else_requires_or_wants_warns() -> None:
    assert said(on("virtio-blk", machine(more=[MOUNT]))) == "boots: !unit-by-name"
    assert said(on("virtio-blk", machine(more=[MOUNT, ELSEWHERE]))) == "boots: !unit-by-name"


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("a.swap", "What=/dev/sda5", "boots: !unit-by-name"),
        ("a.swap", "What=/dev/disk/by-uuid/1-2", "boots"),
        ("a.service", "BindsTo=dev-sda1.device", "boots: !unit-by-name"),
        (
            "a.service",
            "Requires=network.target "
            "dev-disk-by\\x2dpath-pci\\x2d0000:00:01.1\\x2data\\x2d1.device",
            "boots: !unit-by-name",
        ),
        ("a.service", "BindsTo=dev-vda1.device", "boots"),
        ("a.service", "Requires=dev-hugepages.mount", "boots"),
        ("a.service.d/b.conf", "BindsTo=dev-sda1.device", "boots: !unit-by-name"),
        ("a.mount", "What=server:/export", "boots"),
    ],
)
def test_what_names_a_disk(name: str, line: str, expected: str) -> None:
    assert said(on("virtio-blk", machine(more=[unit(name, f"[Unit]\n{line}\n")]))) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("local-fs.target.d/a.conf", "Requires=dev-sda4.device", "does-not-boot: unit-by-name"),
        ("sysinit.target.d/a.conf", "BindsTo=dev-sda4.device", "does-not-boot: unit-by-name"),
        ("multi-user.target.d/a.conf", "Requires=dev-sda4.device", "boots: !unit-by-name"),
        ("srv.mount.d/a.conf", "Requires=dev-sda4.device", "does-not-boot: unit-by-name"),
        ("opt.mount.d/a.conf", "Requires=dev-sda4.device", "boots: !unit-by-name"),
        ("local-fs.target.d/a.conf", "Requires=dev-vda4.device", "boots"),
    ],
)
def test_a_drop_in_counts_for_what_the_boot_needs(name: str, text: str, expected: str) -> None:
    fstab = "UUID=1 / ext4 defaults 0 1\nUUID=2 /srv ext4 defaults 0 2\nUUID=3 /opt ext4 nofail 0 2"
    assert (
        said(on("virtio-blk", machine(fstab=fstab, more=[unit(name, f"[Unit]\n{text}\n")])))
        == expected
    )


def test_a_device_may_be_linked_into_what_a_target_requires() -> None:
    links = (
        "/etc/systemd/system/local-fs.target.requires/dev-sda4.device\n/etc/systemd/system/"
        "app.service.requires/dev-sda5.device\n"
    )
    found = on(
        "virtio-blk",
        machine(more=[told("storage_units", "/etc/systemd/system/*.requires/*", links)]),
    )
    assert said(found) == "does-not-boot: unit-by-name"
    assert "/dev/sda4" in words(found.reasons[0].says)
