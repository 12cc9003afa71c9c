"""Boot menus as they are really written, units of packages, and images that a kernel cannot take,
each in a root file system.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from guestcheck.model.target import Readiness
from tests.readiness.test_families import EVERYTHING, What, image, judged, kernel

RELEASE = "6.1.0-18-amd64"
KERNEL, INITRD = f"/boot/vmlinuz-{RELEASE}", f"/boot/initrd.img-{RELEASE}"
MARKS = ("conf/initramfs.conf", "scripts/functions", "usr/lib/systemd/systemd-udevd")
GOOD, BAD = "root=UUID=1 ro", "root=/dev/sda1 ro"


def debian(menu: str = "", **more: What) -> Dict[str, What]:
    """Make a Debian that is ready for virtio; `more` are files with "__" for a slash."""
    files: Dict[str, What] = {
        "boot/grub/grub.cfg": menu or entry("a", GOOD),
        KERNEL[1:]: "kernel",
        INITRD[1:]: image(RELEASE, EVERYTHING, *MARKS),
        "etc/fstab": "UUID=1 / ext4 defaults 0 1\n",
        "usr/lib/systemd/systemd": "",
        "sbin/init": "",
    }
    return {
        **kernel(RELEASE),
        **files,
        **{name.replace("__", "/"): what for name, what in more.items()},
    }


def entry(title: str, options: str, load: str = KERNEL) -> str:
    return f"menuentry '{title}' {{\n linux {load} {options}\n initrd {INITRD}\n}}\n"


def on_virtio(top: Path, files: Dict[str, What], target: str = "virtio-blk") -> Readiness:
    return judged(top, files, target)[f"{target} {RELEASE}"]


@pytest.mark.parametrize(
    "menu",
    [
        f"set default=0; set timeout=3\nmenuentry 'a' {{ linux {KERNEL} {BAD}; "
        f"initrd {INITRD}; }}\n",
        f"menuentry 'a' {{\n linux {KERNEL} \\\n  {BAD}\n initrd {INITRD}\n}}\n",
        f"if true; then set default=1; fi\n{entry('a', GOOD)}{entry('b', BAD)}",
        f"menuentry 'a;b' {{ # {{\n linux {KERNEL} {BAD}\n initrd {INITRD}\n}}\n",
    ],
)
def test_a_menu_is_read_as_grub_reads_it(tmp_path: Path, menu: str) -> None:
    found = on_virtio(tmp_path, debian(menu))
    assert [reason.id for reason in found.reasons] == ["root-by-name"]


def test_what_stands_in_a_comment_is_no_option(tmp_path: Path) -> None:
    assert on_virtio(tmp_path, debian(entry("a", f"{GOOD} # {BAD}"))).verdict == "boots"


READS_CUSTOM = "source $prefix/custom.cfg\n"


@pytest.mark.parametrize(
    ("menu", "custom", "verdict"),
    [
        (f"set default=my\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "does-not-boot"),
        (f"set default=1\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "does-not-boot"),
        (
            f"set default=0\n{entry('a', GOOD)}{READS_CUSTOM}",
            f"set default=my\n{entry('my', BAD)}",
            "does-not-boot",
        ),
        (f"set default=my\n{entry('a', BAD)}{READS_CUSTOM}", entry("my", GOOD), "boots"),
        (f"set default=0\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "boots"),
        (f"set default=my\n{entry('a', GOOD)}", entry("my", BAD), "boots"),
        (f"set default=my\n{entry('a', GOOD)}source /boot/other.cfg\n", "", "unknown"),
    ],
)
def test_custom_cfg_counts_where_the_menu_reads_it(
    tmp_path: Path, menu: str, custom: str, verdict: str
) -> None:
    files = debian(menu, **({"boot__grub__custom.cfg": custom} if custom else {}))
    assert on_virtio(tmp_path, files).verdict == verdict


@pytest.mark.parametrize(
    ("disk", "verdict"),
    [("hd0,msdos1", "boots"), ("hd1,msdos1", "unknown"), ("ahci0,gpt2", "does-not-boot")],
)
def test_a_path_may_name_its_disk(tmp_path: Path, disk: str, verdict: str) -> None:
    menu = entry("a", GOOD, f"({disk}){KERNEL}")
    assert on_virtio(tmp_path, debian(menu)).verdict == verdict


def test_systemd_boot_wants_the_microcode_that_an_entry_names(tmp_path: Path) -> None:
    text = f"linux /vmlinuz-{RELEASE}\ninitrd /amd-ucode.img\ninitrd /initrd.img-{RELEASE}\noptions {GOOD}\n"
    files = debian(boot__loader__entries__a=text)
    files["boot/loader/entries/a.conf"] = files.pop("boot/loader/entries/a")
    files["boot/loader/loader.conf"] = "default a.conf\n"
    del files["boot/grub/grub.cfg"]
    found = on_virtio(tmp_path, files)
    assert "initramfs-file-missing" in {reason.id for reason in found.reasons}


MOUNT = "[Mount]\nWhat=/dev/sda3\nWhere=/data\n"
REQUIRED = "usr/lib/systemd/system/local-fs.target.requires/data.mount"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({"usr/lib/systemd/system/data.mount": MOUNT, REQUIRED: ""}, "does-not-boot"),
        ({"usr/lib/systemd/system/data.mount": MOUNT}, "boots"),
        (
            {
                "usr/lib/systemd/system/data.mount": MOUNT,
                REQUIRED: "",
                "etc/systemd/system/data.mount": "",
            },
            "boots",
        ),
        (
            {
                "etc/systemd/system/data.mount": MOUNT,
                "etc/systemd/system/local-fs.target.d/a.conf": "[Unit]\nRequires=data.mount\n",
            },
            "does-not-boot",
        ),
    ],
)
def test_units_of_packages_and_drop_ins(
    tmp_path: Path, files: Dict[str, What], verdict: str
) -> None:
    assert on_virtio(tmp_path, {**debian(), **files}).verdict == verdict
