"""Encrypted devices that would not be opened: by their own device, their key's or their header's,
and who needs them.
"""

from __future__ import annotations

from typing import Any

import pytest

from guestcheck.model.action import NameByUuid
from guestcheck.model.target import Readiness
from tests.readiness.making import machine, on, said, told

ROOT = "UUID=1 / ext4 defaults 0 1\n"
MAPPED = f"{ROOT}/dev/mapper/data /srv ext4 defaults 0 2"


def judged(line: str, fstab: str = MAPPED, target: str = "virtio-blk", **fields: Any) -> Readiness:
    """Judge a guest, of which no disk is seen, by a line of crypttab and an fstab that needs the
    mapping `data`.
    """
    more = [told("crypttab", "/etc/crypttab", line + "\n"), *fields.pop("more", ())]
    return on(target, machine(fstab=fstab, more=more, **{"without": ("sysfs", "mounts"), **fields}))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("none luks", "boots"),
        ("/etc/key luks", "boots"),
        ("/dev/sda4 luks,keyfile-size=32", "does-not-boot: crypttab-by-name"),
        ("/key:/dev/sda4 luks", "does-not-boot: crypttab-by-name"),
        ("/key:UUID=5 luks", "boots"),
        (
            "/key:/dev/disk/by-path/pci-0000:00:01.1-ata-1-part4 luks",
            "does-not-boot: crypttab-by-name",
        ),
        (
            "/dev/disk/by-id/ata-X-part4:/key:10 luks,keyscript=passdev",
            "does-not-boot: crypttab-by-name",
        ),
        ("/etc/key luks,header=/dev/sda4", "does-not-boot: crypttab-by-name"),
        ("/etc/key luks,header=/h:/dev/sda4", "does-not-boot: crypttab-by-name"),
        ("/etc/key luks,header=/etc/header", "boots"),
        (
            "/key:/dev/disk/by-id/usb-Stick-0:0-part1 luks",
            "unknown: ?crypttab-by-name",
        ),  # a disk of its own, perhaps
        (
            "/key:/dev/sda4 luks,keyfile-timeout=5s",
            "unknown: ?crypttab-by-name",
        ),  # a passphrase is asked for
        ("/key luks,keyscript=/usr/local/sbin/fetch", "unknown: ?crypttab-by-name"),
        ("other luks,keyscript=decrypt_keyctl", "boots"),
        ("/dev/urandom swap,tmp", "boots"),
    ],
)
def test_the_key_and_the_header_are_devices_too(rest: str, expected: str) -> None:
    found = judged(f"data UUID=7 {rest}")
    assert said(found) == expected
    assert all(
        isinstance(action, NameByUuid) for reason in found.reasons for action in reason.actions
    )


def test_a_key_that_lies_on_a_file_system_of_its_own_needs_that() -> None:
    fstab = f"{MAPPED}\n/dev/sda4 /mnt/keys ext4 nofail 0 2"
    assert (
        said(judged("data UUID=7 /mnt/keys/data luks", fstab))
        == "does-not-boot: crypttab-by-name !fstab-by-name"
    )
    assert (
        said(
            judged("data UUID=7 /mnt/keys/data luks", f"{MAPPED}\nUUID=5 /mnt/keys ext4 nofail 0 2")
        )
        == "boots"
    )


class TestWhoNeedsIt:
    GONE = "data /dev/sda3 /etc/key luks"

    @pytest.mark.parametrize(
        ("options", "spec", "expected"),
        [
            ("defaults", "/dev/mapper/data", "does-not-boot: crypttab-by-name"),
            ("defaults", "/dev/disk/by-id/dm-name-data", "does-not-boot: crypttab-by-name"),
            ("nofail", "/dev/mapper/data", "boots: !crypttab-by-name"),
            ("_netdev", "/dev/mapper/data", "boots: !crypttab-by-name"),
            ("defaults", "/dev/mapper/vgd-srv", "unknown: ?crypttab-by-name"),
            ("defaults", "/dev/vgd/srv", "unknown: ?crypttab-by-name"),
            ("defaults", "UUID=9", "unknown: ?crypttab-by-name"),
            ("defaults", "LABEL=srv", "unknown: ?crypttab-by-name"),
            ("nofail", "UUID=9", "boots: !crypttab-by-name"),
            (
                "defaults",
                "PARTUUID=9",
                "boots: !crypttab-by-name",
            ),  # a partition lies on no mapping
        ],
    )
    def test_fstab_says(self, options: str, spec: str, expected: str) -> None:
        assert said(judged(self.GONE, f"{ROOT}{spec} /srv ext4 {options} 0 2")) == expected

    def test_nofail_in_crypttab_frees_the_boot_of_the_mapping_alone(self) -> None:
        assert said(judged(self.GONE + ",nofail")) == "does-not-boot: crypttab-by-name"

    def test_a_mapping_on_the_mapping_needs_it(self) -> None:
        lines = f"{self.GONE}\ninner /dev/mapper/data none luks"
        assert (
            said(judged(lines, f"{ROOT}/dev/mapper/inner /srv ext4 defaults 0 2"))
            == "does-not-boot: crypttab-by-name"
        )
        lines = f"{self.GONE}\ninner UUID=8 data luks,keyscript=decrypt_derived"
        assert (
            said(judged(lines, f"{ROOT}/dev/mapper/inner /srv ext4 defaults 0 2"))
            == "does-not-boot: crypttab-by-name"
        )

    def test_a_required_unit_needs_it(self) -> None:
        more = [
            told(
                "storage_units",
                "/etc/systemd/system/srv.mount",
                "[Mount]\nWhat=/dev/mapper/data\nWhere=/srv\n",
            ),
            told(
                "storage_units",
                "/etc/systemd/system/*.requires/*",
                "/etc/systemd/system/local-fs.target.requires/srv.mount\n",
            ),
        ]
        assert said(judged(self.GONE, ROOT, more=more)) == "does-not-boot: crypttab-by-name"

    def test_nothing_that_is_there_before_it_lies_on_it(self) -> None:
        fstab = f"{ROOT}UUID=2 /boot ext4 defaults 0 2\nUUID=3 /boot/efi vfat umask=0077 0 1"
        assert said(judged(self.GONE, fstab)) == "boots: !crypttab-by-name"
        assert (
            said(judged("swap /dev/sda3 /dev/urandom swap", f"{ROOT}UUID=9 /srv ext4 defaults 0 2"))
            == "boots: !crypttab-by-name"
        )


class TestRoot:
    ROOT = "root=/dev/mapper/root"

    @pytest.mark.parametrize(
        "rest",
        [
            "/dev/sda3:/key luks,keyscript=passdev",
            "/key:/dev/sda3 luks",
            "/cryptroot/key luks,header=/dev/sda3",
        ],
    )
    def test_the_image_s_table_decides(self, rest: str) -> None:
        texts = {"cryptroot/crypttab": f"root UUID=7 {rest}"}
        found = judged("other UUID=8 none", ROOT, root=self.ROOT, texts=texts)
        assert said(found) == "does-not-boot: crypttab-by-name"
        (action,) = found.reasons[0].actions
        assert isinstance(action, NameByUuid)
        assert action.file == "/etc/crypttab"

    def test_a_script_that_is_not_known_leaves_it_open(self) -> None:
        texts = {"cryptroot/crypttab": "root UUID=7 x luks,keyscript=/bin/fetch"}
        found = judged("other UUID=8 none", ROOT, root=self.ROOT, texts=texts)
        assert said(found) == "unknown: ?crypttab-by-name"
        assert found.reasons[0].actions == ()

    @pytest.mark.parametrize(
        ("word", "expected"),
        [
            ("rd.luks.key=/key:/dev/sda4", "unknown: ?root-key-by-name"),
            ("rd.luks.key=/key:UUID=4", "boots"),
            ("rd.luks.options=header=/dev/sda4", "does-not-boot: root-key-by-name"),
            (
                "rd.luks.data=7=/dev/disk/by-path/pci-0000:00:01.1-ata-1-part2",
                "does-not-boot: root-key-by-name",
            ),
        ],
    )
    def test_the_command_line_s_words_do_too(self, word: str, expected: str) -> None:
        found = judged(
            "other UUID=8 none",
            ROOT,
            root=f"{self.ROOT} rd.luks.name=7=root",
            options=word,
            generator="dracut",
        )
        assert said(found) == expected

    def test_a_key_in_the_tpm_warns(self) -> None:
        texts = {"etc/crypttab": "root UUID=7 - tpm2-device=auto"}
        found = judged(
            "root UUID=7 - tpm2-device=auto",
            ROOT,
            root=f"{self.ROOT} rd.luks.uuid=7",
            generator="dracut",
            texts=texts,
        )
        assert said(found) == "boots: !key-in-tpm"
