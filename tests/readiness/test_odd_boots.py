"""Odd ways to boot that once were taken for ordinary ones: branches of a menu, menus that read
others, options from elsewhere, and modules that nothing loads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.images import cpio
from tests.readiness.making import (
    EVERYTHING,
    RELEASE,
    a_card,
    dependencies,
    image,
    machine,
    on,
    said,
    started,
    told,
)
from tests.readiness.test_menus_read import BAD, GOOD, INITRD, KERNEL, debian, entry, on_virtio

LABEL = f"LINUX {KERNEL}\n INITRD {INITRD}\n"
SYSLINUX = "boot/syslinux/syslinux.cfg"


def of_syslinux(text: str) -> Dict[str, Any]:
    files = debian()
    del files["boot/grub/grub.cfg"]
    return {**files, SYSLINUX: text}


def branches(first: str, second: str) -> str:
    return (
        f"menuentry 'a' {{\n if [ x = y ]; then\n linux {KERNEL} {first}\n else\n"
        f" linux {KERNEL} {second}\n fi\n initrd {INITRD}\n}}\n"
    )


@pytest.mark.parametrize(
    ("menu", "verdict"),
    [
        (branches(GOOD, BAD), "unknown"),
        (branches(BAD, GOOD), "unknown"),
        (branches(f"{GOOD} panic=-1", GOOD), "boots"),
        (f"menuentry 'w' {{\n chainloader +1\n}}\n{entry('a', GOOD)}", "unknown"),
        (f"set default=1\nmenuentry 'w' {{\n chainloader +1\n}}\n{entry('a', GOOD)}", "boots"),
    ],
)
def test_the_menu_may_start_something_else(menu: str, verdict: str, tmp_path: Path) -> None:
    assert on_virtio(tmp_path, debian(menu)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"DEFAULT a\nLABEL a\n {LABEL} APPEND {GOOD}\n", "boots"),
        (f"DEFAULT a\nINCLUDE more.cfg\nLABEL a\n {LABEL} APPEND {GOOD}\n", "unknown"),
        (f"DEFAULT a\nMENU INCLUDE more.cfg\nLABEL a\n {LABEL} APPEND {GOOD}\n", "unknown"),
        (f"DEFAULT a\ninclude themes/x.cfg\nLABEL a\n {LABEL} APPEND {GOOD}\n", "boots"),
        (
            f"DEFAULT {KERNEL} initrd={INITRD} {BAD}\nLABEL a\n {LABEL} APPEND {GOOD}\n",
            "does-not-boot",
        ),
        (f"DEFAULT {KERNEL} initrd={INITRD} {GOOD}\nLABEL a\n {LABEL} APPEND {BAD}\n", "boots"),
        (f"DEFAULT a root=/dev/sda1\nLABEL a\n {LABEL} APPEND {GOOD}\n", "does-not-boot"),
    ],
)
def test_syslinux_reads_other_menus_and_command_lines(
    text: str, verdict: str, tmp_path: Path
) -> None:
    assert on_virtio(tmp_path, of_syslinux(text)).verdict == verdict


CONFIG = "# Linux/x86 6.1 Kernel Configuration\nCONFIG_VIRTIO=y\n"


@pytest.mark.parametrize(
    ("config", "options", "verdict"),
    [
        ('CONFIG_CMDLINE="root=/dev/sda1"\nCONFIG_CMDLINE_OVERRIDE=y\n', GOOD, "does-not-boot"),
        ('CONFIG_CMDLINE="root=/dev/sda1"\nCONFIG_CMDLINE_FORCE=y\n', GOOD, "does-not-boot"),
        ('CONFIG_CMDLINE="root=UUID=1"\nCONFIG_CMDLINE_OVERRIDE=y\n', BAD, "boots"),
        ('CONFIG_CMDLINE="root=/dev/sda1"\n', GOOD, "boots"),
        ('CONFIG_CMDLINE="root=/dev/sda1"\n', "ro", "does-not-boot"),
        ('CONFIG_CMDLINE=""\n', GOOD, "boots"),
        ('# CONFIG_CMDLINE_BOOL is not set\nCONFIG_CMDLINE="root=/dev/sda1"\n', GOOD, "boots"),
    ],
)
def test_a_command_line_is_built_into_the_kernel(
    config: str, options: str, verdict: str, tmp_path: Path
) -> None:
    files = debian(entry("a", options))
    release = KERNEL.rpartition("vmlinuz-")[2]
    files[f"boot/config-{release}"] = CONFIG + config
    assert on_virtio(tmp_path, files).verdict == verdict


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("bootconfig", "unknown: ?bootconfig-unread"),
        ("fromiso=/dev/sda1/x.iso", "unknown: ?option-by-name"),
        ("img_dev=/dev/sda3", "unknown: ?option-by-name"),
        ("live-media=/dev/sda", "unknown: ?option-by-name"),
        ("img_dev=/dev/vda3", "boots"),
        ("img_dev=/dev/disk/by-label/x", "boots"),
        ("inst.repo=hd:/dev/sda1", "boots"),
        ("vfio-pci.ids=8086:1,1AF4:1042", "unknown: ?driver-blacklisted"),
        ("vfio-pci.ids=8086:100e", "boots"),
    ],
)
def test_words_of_the_command_line(options: str, expected: str) -> None:
    found = said(on("virtio-blk", machine(options=f"ro {options}")))
    assert found == expected


INITRAMFS = f"/boot/initrd.img-{RELEASE}"
MODULES_DEP = f"usr/lib/modules/{RELEASE}/modules.dep"


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ((), "boots"),
        (("virtio_blk",), "unknown: ?module-unlisted"),
        (("virtio_pci",), "unknown: ?module-unlisted"),
        (("e1000",), "boots"),
    ],
)
def test_modprobe_finds_what_the_list_in_the_image_names(without: List[str], expected: str) -> None:
    made = image(texts={MODULES_DEP: dependencies(without)})
    assert said(on("virtio-blk", machine(images={INITRAMFS: made}))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("virtio_blk", "unknown: ?module-empty"),
        ("virtio_ring", "unknown: ?module-empty"),
        ("e1000", "boots"),
    ],
)
def test_an_empty_module_is_no_driver(name: str, expected: str) -> None:
    line = f" usr/lib/modules/{RELEASE}/kernel/{name}.ko.xz"
    made = image(EVERYTHING).replace(f"100644 1{line}", f"100644 0{line}")
    assert said(on("virtio-blk", machine(images={INITRAMFS: made}))) == expected


def test_an_image_with_an_empty_module_is_read(tmp_path: Path) -> None:
    release = KERNEL.rpartition("vmlinuz-")[2]
    folder = f"usr/lib/modules/{release}/kernel"
    modules = {f"{folder}/{name}.ko.zst": b"x" for name in EVERYTHING.split()}
    modules[f"{folder}/virtio_blk.ko.zst"] = b""
    files = debian()
    files[INITRD[1:]] = cpio({"init": b"x", "conf/initramfs.conf": b"x", **modules})
    found = on_virtio(tmp_path, files)
    assert [reason.id for reason in found.reasons] == ["module-empty"]


ETH0 = "auto eth0\niface eth0 inet dhcp\n"


@pytest.mark.parametrize(
    "word",
    [
        "single",
        "rescue",
        "emergency",
        "systemd.unit=rescue.target",
        "systemd.unit=emergency.target",
    ],
)
def test_single_user_mode_has_no_network(word: str) -> None:
    more = [told("network_config", "/etc/network/interfaces", ETH0), started("networking")]
    fields: Dict[str, Any] = {"devices": (a_card("eth0", mac="52:54:00:12:34:56"),), "more": more}
    plain = machine(options="ro net.ifnames=0", **fields)
    assert on("virtio-net", plain).verdict == "network-up"
    assert (
        on("virtio-net", machine(options=f"ro net.ifnames=0 {word}", **fields)).verdict == "unknown"
    )


NETWORK_MANAGER = "/etc/NetworkManager/system-connections/a.nmconnection"
PROFILE = "[connection]\ntype=ethernet\n[ethernet]\n{}\n[ipv4]\nmethod=auto\n"
NO_OTHER = told(
    "network_config", "/etc/NetworkManager/conf.d/x.conf", "[main]\nno-auto-default=*\n"
)


@pytest.mark.parametrize(
    ("asked", "text", "unit", "verdict"),
    [
        (NETWORK_MANAGER, PROFILE.format(""), "NetworkManager", "network-up"),
        (
            NETWORK_MANAGER,
            PROFILE.format("mac-address-denylist=52:54:00:12:34:56;"),
            "NetworkManager",
            "unknown",
        ),
        (
            NETWORK_MANAGER,
            PROFILE.format("mac-address-blacklist=52:54:00:12:34:56;"),
            "NetworkManager",
            "unknown",
        ),
        ("/etc/dhcpcd.conf", "hostname\n", "dhcpcd", "network-up"),
        ("/etc/dhcpcd.conf", "nodhcp\n", "dhcpcd", "network-lost|unknown"),
        ("/etc/dhcpcd.conf", "noipv4\n", "dhcpcd", "network-lost|unknown"),
    ],
)
def test_a_manager_that_takes_each_nic_may_leave_it_without_an_address(
    asked: str, text: str, unit: str, verdict: str
) -> None:
    more = [told("network_config", asked, text), NO_OTHER, started(unit)]
    card = (a_card("eth0", mac="52:54:00:12:34:56"),)
    found = on("virtio-net", machine(options="ro net.ifnames=0", devices=card, more=more))
    assert found.verdict in verdict.split("|"), said(found)
