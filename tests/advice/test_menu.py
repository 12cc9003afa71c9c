"""The boot menu is written by the program that this distribution has, at the path that the firmware
reads; packages and services are those that exist.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import pytest

from guestcheck.advice.linux import packages as _packages
from guestcheck.advice.linux.boot_menu import menu
from guestcheck.model.device import Inventory
from guestcheck.model.guest_config import Entry, Setup
from tests.advice import acts

Make = Callable[..., Inventory]
BLS, GRUB2, EFI7 = (
    "/boot/loader/entries/a.conf",
    "/boot/grub2/grub.cfg",
    "/boot/efi/EFI/redhat/grub.cfg",
)


def read(file: str) -> Setup:
    """Make a guest's files of one entry in a boot menu."""
    return Setup(
        entries=(Entry("Linux", "6.1", "/vmlinuz", ("/initrd",), "root=/dev/sda1", file, True),)
    )


@pytest.mark.parametrize(
    ("guest", "file", "kind", "line"),
    [
        ({"os_id": "debian"}, "/boot/grub/grub.cfg", "grub", "update-grub"),
        (
            {"os_id": "debian", "initramfs_tool": "dracut"},
            "/boot/grub/grub.cfg",
            "grub",
            "update-grub",
        ),
        (
            {"os_id": "ubuntu", "os_like": ("debian",), "os_version": "25.10"},
            "/boot/grub/grub.cfg",
            "grub",
            "update-grub",
        ),
        (
            {"os_id": "linuxmint", "os_like": ("ubuntu", "debian")},
            "/boot/grub/grub.cfg",
            "grub",
            "update-grub",
        ),
        ({"os_id": "fedora", "os_version": "40"}, BLS, "grubby", ""),
        ({"os_id": "rhel", "os_version": "9.4"}, BLS, "grubby", ""),
        (
            {"os_id": "rocky", "os_like": ("rhel", "centos", "fedora"), "os_version": "8.9"},
            BLS,
            "grubby",
            "",
        ),
        ({"os_id": "amzn", "os_version": "2023"}, BLS, "grubby", ""),
        ({"os_id": "rhel", "os_version": "7.9"}, EFI7, "grub", f"grub2-mkconfig -o {EFI7}"),
        ({"os_id": "rhel", "os_version": "8.4"}, EFI7, "grub", f"grub2-mkconfig -o {EFI7}"),
        ({"os_id": "rhel", "os_version": "7.9"}, GRUB2, "grub", f"grub2-mkconfig -o {GRUB2}"),
        ({"os_id": "rhel", "os_version": "9.4"}, EFI7, "grub", f"grub2-mkconfig -o {GRUB2}"),
        (
            {"os_id": "fedora", "os_version": "36"},
            "/boot/efi/EFI/fedora/grub.cfg",
            "grub",
            f"grub2-mkconfig -o {GRUB2}",
        ),
        (
            {"os_id": "openEuler", "os_version": "22.03"},
            "/boot/efi/EFI/openEuler/grub.cfg",
            "grub",
            "grub2-mkconfig -o /boot/efi/EFI/openEuler/grub.cfg",
        ),
        ({"os_id": "centos", "os_version": "6"}, "/boot/grub/grub.conf", "file", ""),
        ({"os_id": "sles", "os_version": "15.5"}, GRUB2, "grub", f"grub2-mkconfig -o {GRUB2}"),
        ({"os_id": "arch"}, "/boot/grub/grub.cfg", "grub", "grub-mkconfig -o /boot/grub/grub.cfg"),
        (
            {"os_id": "alpine"},
            "/boot/grub/grub.cfg",
            "grub",
            "grub-mkconfig -o /boot/grub/grub.cfg",
        ),
        (
            {"os_id": "gentoo"},
            "/boot/grub/grub.cfg",
            "grub",
            "grub-mkconfig -o /boot/grub/grub.cfg",
        ),
        ({"os_id": "arch"}, "/boot/loader/entries/arch.conf", "entries", ""),
        ({"os_id": "debian"}, "/boot/efi/loader/entries/a.conf", "entries", ""),
        ({"os_id": "alpine"}, "/boot/extlinux.conf", "file", "update-extlinux"),
        ({"os_id": "debian"}, "/boot/extlinux/extlinux.conf", "file", "u-boot-update"),
        ({"os_id": "arch"}, "/boot/extlinux/extlinux.conf", "file", ""),
        ({"os_id": "slackware"}, "/etc/lilo.conf", "file", "lilo"),
        ({"os_id": "photon"}, GRUB2, "file", ""),
        ({"os_id": "nixos"}, "/boot/grub/grub.cfg", "file", ""),
        ({"os_id": "arch"}, "/boot/EFI/Linux/arch.efi", "unified", ""),
        ({"os_id": "rhel", "os_version": "9.4", "architecture": "s390x"}, BLS, "grubby", "zipl"),
        ({"os_id": "debian"}, "", "grub", "update-grub"),
        (
            {"os_id": "rhel", "os_version": "7.9", "firmware": "efi"},
            "",
            "grub",
            f"grub2-mkconfig -o {EFI7}",
        ),
        (
            {"os_id": "centos", "os_version": "7", "firmware": "efi"},
            "",
            "grub",
            "grub2-mkconfig -o /boot/efi/EFI/centos/grub.cfg",
        ),
        (
            {"os_id": "rhel", "os_version": "7.9", "firmware": "bios"},
            "",
            "grub",
            f"grub2-mkconfig -o {GRUB2}",
        ),
        ({"os_id": "rhel", "os_version": "9.4", "firmware": "efi"}, "", "grubby", ""),
        ({"os_id": "arch"}, "", "none", ""),
        ({}, "", "none", ""),
    ],
)
def test_who_writes_the_menu(
    guest: Dict[str, Any], file: str, kind: str, line: str, inventory: Make
) -> None:
    found = menu(inventory(setup=read(file) if file else Setup(), **guest))
    assert (found.kind, found.line) == (kind, line)
    words = "\n".join(
        line
        for action, about in (
            (
                "name-by-uuid",
                {"device": "/dev/sda1", "file": file or "/proc/cmdline", "option": "root"},
            ),
            ("add-option", {"option": "rootwait"}),
            ("drop-option", {"option": "break=premount"}),
            ("grub-by-uuid", {}),
            ("grub-by-search", {}),
            ("make-initramfs", {"kernel": "6.1"}),
        )
        for step in acts.say(
            "guest", action, about, inventory(setup=read(file) if file else Setup(), **guest)
        )
        for line in step.code
    )
    others = {
        "update-grub",
        "grub2-mkconfig",
        "grub-mkconfig",
        "grubby",
        "lilo",
        "zipl",
        "update-extlinux",
        "u-boot-update",
    }
    others -= {line.split(" ")[0], kind}
    assert not [name for name in others if name in words.split()]
    assert "editor" not in words


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("break=premount", "break=premount"),
        ("scsi_mod.scan=none", "scsi_mod.scan=none"),
        ("rd.break", "rd.break"),
        ("break=a;reboot", "OPTION"),
        ("--args=x", "OPTION"),
        ("break=a b", "OPTION"),
    ],
)
def test_an_option_is_taken_off_the_command_line(option: str, shown: str, inventory: Make) -> None:
    rhel = inventory(os_id="rhel", os_version="9.4")
    steps = acts.say("guest", "drop-option", {"option": option}, rhel)
    assert steps[0].code[0] == f"grubby --update-kernel=ALL --remove-args={shown}"
    # Elsewhere sed edits the files, once the word is known; else the operator does.
    debian = inventory(os_id="debian", setup=read("/boot/grub/grub.cfg"))
    steps = acts.say("guest", "drop-option", {"option": option}, debian)
    if shown == "OPTION":
        assert steps[0].text.startswith("By hand: take OPTION off ")
        assert steps[0].code == ("${EDITOR:-vi} /etc/default/grub", "update-grub")
    else:
        assert steps[0].text.startswith(f"Take {shown} off ")
        before = "\n".join(steps[0].code).partition("\nupdate-grub")[0]
        assert "sed -i -r" in before
        assert shown.replace(".", "\\.") in before
        assert "update-grub" in steps[0].code


@pytest.mark.parametrize(
    ("guest", "release", "packages"),
    [
        (
            {"os_id": "rhel", "os_version": "9.4"},
            "5.14.0-427.el9.x86_64",
            "kernel-modules kernel-modules-extra",
        ),
        (
            {"os_id": "fedora", "os_version": "40"},
            "6.8.5-301.fc40.x86_64",
            "kernel-modules kernel-modules-extra",
        ),
        (
            {"os_id": "amzn", "os_version": "2023"},
            "6.1.0-1.amzn2023.x86_64",
            "kernel-modules-extra",
        ),
        ({"os_id": "amzn", "os_version": "2"}, "5.10.0-1.amzn2.x86_64", ""),
        ({"os_id": "centos", "os_version": "7"}, "3.10.0-1160.el7.x86_64", ""),
        ({"os_id": "rhel", "os_version": "6.9"}, "2.6.32-754.el6.x86_64", ""),
        (
            {"os_id": "ol", "os_like": ("fedora",), "os_version": "9.3"},
            "5.15.0-200.el9uek.x86_64",
            "kernel-uek-modules kernel-uek-modules-extra",
        ),
        (
            {"os_id": "ol", "os_like": ("fedora",), "os_version": "8.9"},
            "5.4.17-2136.el8uek.x86_64",
            "",
        ),
        ({"os_id": "openEuler", "os_version": "22.03"}, "5.10.0-60.oe2203.x86_64", ""),
        ({"os_id": "kylin", "os_version": "V10"}, "4.19.90-52.ky10.x86_64", ""),
        ({"os_id": "photon", "os_version": "5.0"}, "6.1.10-8.ph5-esx", "linux"),
        ({"os_id": "gentoo"}, "6.6.30-gentoo", ""),
        ({"os_id": "nixos"}, "6.6.30", ""),
        ({"os_id": "unheard-of"}, "6.6.30", ""),
    ],
)
def test_no_kernel_package_is_named_that_is_not_there(
    guest: Dict[str, Any], release: str, packages: str, inventory: Make
) -> None:
    here = inventory(**guest)
    assert _packages.kernel_packages(here, release) == packages
    steps = acts.say("guest", "install-driver", {"kernel": release, "module": "virtio_blk"}, here)
    assert all(
        line.split(" ", 2)[-1].startswith(packages.split(" ")[0])
        for step in steps
        for line in step.code
        if "install" in line
    )


@pytest.mark.parametrize(
    ("system", "agent", "lines"),
    [
        (
            "alpine",
            "open-vm-tools",
            (
                "apk add open-vm-tools",
                "rc-update add open-vm-tools boot",
                "rc-service open-vm-tools start",
            ),
        ),
        (
            "alpine",
            "qemu-ga",
            (
                "apk add qemu-guest-agent",
                "rc-update add qemu-guest-agent",
                "rc-service qemu-guest-agent start",
            ),
        ),
        ("debian", "xe-guest-utilities", ()),
        ("debian", "virtualbox-guest-utils", ()),
        (
            "debian",
            "open-vm-tools",
            ("apt-get install open-vm-tools", "systemctl enable --now open-vm-tools"),
        ),
        (
            "photon",
            "open-vm-tools",
            ("tdnf install open-vm-tools", "systemctl enable --now vmtoolsd"),
        ),
        (
            "openEuler",
            "qemu-ga",
            ("dnf install qemu-guest-agent", "systemctl start qemu-guest-agent"),
        ),
        ("nixos", "qemu-ga", ("services.qemuGuest.enable = true;", "nixos-rebuild switch")),
        (
            "gentoo",
            "qemu-ga",
            (
                "emerge --ask app-emulation/qemu-guest-agent",
                "rc-update add qemu-guest-agent default",
                "rc-service qemu-guest-agent start",
            ),
        ),
    ],
)
def test_agents_by_distribution(
    system: str, agent: str, lines: Tuple[str, ...], inventory: Make
) -> None:
    steps = acts.say("guest", "run-agent", {"agent": agent}, inventory(os_id=system))
    assert tuple(line for step in steps for line in step.code) == lines
    assert "CD" in steps[0].text if not lines else True
