"""What is to be renamed is a path and an option, wherever a hint says that it was read."""

from __future__ import annotations

import pytest

from guestcheck.model.action import NameByUuid
from guestcheck.model.hint import Hint
from guestcheck.readiness.linux.gone_names import by_uuid

DEVICE = "/dev/sda1"


@pytest.mark.parametrize(
    ("source", "file", "rebuild"),
    [
        ("/boot/grub/grub.cfg, 'Linux'", "/boot/grub/grub.cfg", False),
        (
            "/boot/loader/entries/arch.conf, 'Arch, fallback'",
            "/boot/loader/entries/arch.conf",
            False,
        ),
        ("/etc/default/grub, line 3", "/etc/default/grub", False),
        ("/etc/fstab, line 1", "/etc/fstab", False),
        ("/proc/cmdline", "/proc/cmdline", False),
        ("/etc/crypttab, line 2", "/etc/crypttab", True),
        ("/etc/initramfs-tools/conf.d/resume, line 1", "/etc/initramfs-tools/conf.d/resume", True),
        ("cryptroot/crypttab in /boot/initrd.img", "cryptroot/crypttab", True),
        ("conf/param.conf in /boot/initrd.img, line 1", "conf/param.conf", True),
    ],
)
def test_the_file_is_a_path(source: str, file: str, rebuild: bool) -> None:
    action = by_uuid(Hint(source, f"root={DEVICE}"), DEVICE)
    assert action == NameByUuid(DEVICE, file, "root", rebuild=rebuild)


@pytest.mark.parametrize(
    ("says", "option", "is_unit"),
    [
        (f"root={DEVICE}", "root", False),
        (f"rd.luks.name={DEVICE}=x", "rd.luks.name", False),
        (f"{DEVICE} / ext4 defaults 0 1", "", False),
        (f"What={DEVICE}", "", True),
        ("$(reboot)=x", "", False),
        ("a" * 40 + "=x", "", False),
    ],
)
def test_an_option_is_told_from_a_field_and_a_unit(says: str, option: str, is_unit: bool) -> None:
    action = by_uuid(Hint("/x", says), DEVICE)
    assert (action.option, action.is_unit) == (option, is_unit)
